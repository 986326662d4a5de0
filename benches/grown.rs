//! A large repository around one whole Thor: fifty files an area, half a Django app, half a folder of React.
//!
//! Made to be like what is found, not to be quick: about six kilobytes a file, pages that ask only what a route of
//! their area serves, one poller and one job an area, every page mounted, every import there. Most files are
//! what most files are: helpers that neither ask nor serve anything.

use std::fmt::Write as _;
use std::path::Path;

const AREA: usize = 50;
/// Views, endpoints and request functions an area.
const ENDPOINTS: usize = 12;

/// Writes at least `wanted` files below `root`: the fixture's, then whole areas until there are enough.
pub fn grow(root: &Path, wanted: usize) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/thor-source/a");
    let mut files = copy(&fixture, root) + 1;
    let (mut included, mut mounted) = (String::new(), String::from("import { lazy } from 'react'\n\n"));
    let mut area = 0;
    while files < wanted {
        let folders = (
            root.join(format!("thor-backend/area{area}")),
            root.join(format!("thor-frontend/src/area{area}")),
        );
        for place in 0..AREA {
            let (folder, (name, text)) = match place % 2 {
                0 => (&folders.0, backend(area, place / 2)),
                _ => (&folders.1, frontend(area, place / 2)),
            };
            put(&folder.join(name), &text);
            files += 1;
        }
        put_line(
            &mut included,
            format_args!("urlpatterns += [path(\"api/area{area}/\", include(\"area{area}.urls\"))]"),
        );
        for page in PAGES {
            put_line(
                &mut mounted,
                format_args!(
                    "export const Area{area}Page{page} = lazy(() => import('./area{area}/Page{page}'))"
                ),
            );
        }
        area += 1;
    }
    append(&root.join("thor-backend/thor_project/urls.py"), &included);
    put(&root.join("thor-frontend/src/pages.tsx"), &mounted);
    append(&root.join("thor-frontend/src/main.tsx"), "\nexport * from './pages'\n");
}

/// Which of an area's frontend files are pages.
const PAGES: std::ops::Range<usize> = 4..12;

fn backend(area: usize, place: usize) -> (String, String) {
    match place {
        0 => ("urls.py".to_owned(), urls()),
        1 => ("views.py".to_owned(), views(area)),
        2 => ("models.py".to_owned(), models(area)),
        3 => ("jobs.py".to_owned(), jobs(area)),
        _ => (format!("module{place}.py"), module(area, place)),
    }
}

fn frontend(area: usize, place: usize) -> (String, String) {
    match place {
        0 => ("api.ts".to_owned(), requests(area)),
        1 => ("hooks.ts".to_owned(), hooks(area)),
        _ if PAGES.contains(&place) => (format!("Page{place}.tsx"), page(area, place)),
        _ if place.is_multiple_of(3) => (format!("format{place}.ts"), format_helpers(area, place)),
        _ => (format!("Card{place}.tsx"), card(area, place)),
    }
}

fn urls() -> String {
    let mut text = String::from("from django.urls import path\n\nfrom . import views\n\nurlpatterns = [\n");
    for index in 0..ENDPOINTS {
        put_line(
            &mut text,
            format_args!("    path(\"rows{index}/\", views.rows{index}, name=\"rows{index}\"),"),
        );
    }
    text + "]\n"
}

fn views(area: usize) -> String {
    let mut text = format!(
        "\"\"\"What area {area} answers.\"\"\"\nimport logging\n\nfrom django.http import JsonResponse\n\n\
         from .models import Row0\nfrom .module4 import Service4\n\nlogger = logging.getLogger(__name__)\n"
    );
    for index in 0..ENDPOINTS {
        let _ = write!(
            text,
            "\n\ndef rows{index}(request):\n    \"\"\"The rows of kind {index}, newest first.\"\"\"\n    \
             limit = min(int(request.GET.get(\"limit\", {limit})), 500)\n    \
             rows = Row0.objects.filter(kind={index}, owner=request.user).order_by(\"-created\")[:limit]\n    \
             service = Service4(rows, limit=limit)\n    try:\n        body = [row.as_dict() for row in service.select(rows, strict=True)]\n    \
             except KeyError as error:\n        logger.warning(\"rows{index}: %s\", error)\n        \
             return JsonResponse({{\"error\": str(error)}}, status=400)\n    \
             return JsonResponse({{\"rows\": body, \"count\": len(body), \"kind\": \"k{index}\"}})\n",
            limit = 20 + index
        );
    }
    text
}

fn models(area: usize) -> String {
    let mut text = format!("\"\"\"The tables of area {area}.\"\"\"\nfrom django.db import models\n");
    for index in 0..7 {
        let _ = write!(
            text,
            "\n\nclass Row{index}(models.Model):\n    \"\"\"One row of kind {index}.\"\"\"\n\n    \
             KINDS = [(\"open\", \"Open\"), (\"closed\", \"Closed\"), (\"held\", \"Held\")]\n\n    \
             owner = models.ForeignKey(\"auth.User\", on_delete=models.CASCADE, related_name=\"area{area}_rows{index}\")\n    \
             kind = models.IntegerField(default={index}, db_index=True)\n    \
             label = models.CharField(max_length=80, blank=True, choices=KINDS)\n    \
             amount = models.DecimalField(max_digits=18, decimal_places=4, default=0)\n    \
             created = models.DateTimeField(auto_now_add=True)\n\n    \
             class Meta:\n        ordering = [\"-created\"]\n        indexes = [models.Index(fields=[\"owner\", \"kind\"])]\n\n    \
             def as_dict(self):\n        return {{\n            \"id\": self.pk,\n            \"label\": self.label or \"row\",\n            \
             \"amount\": float(self.amount),\n            \"open\": self.label == \"open\" and self.kind > 0,\n        }}\n"
        );
    }
    text
}

fn jobs(area: usize) -> String {
    let mut text = module(area, 3);
    let _ = write!(
        text,
        "\n\nclass Area{area}Job:\n    name = \"area{area}\"\n    interval_seconds = 300\n\n    def run(self, context):\n        \
         return Service3([], limit=5).select([], strict=False)\n\n\ndef register(registry):\n    registry.register(Area{area}Job())\n"
    );
    text
}

/// Service code as most backends are made of: it computes, logs and calls the module before it.
fn module(area: usize, place: usize) -> String {
    let before = if place > 4 { place - 1 } else { 4 };
    let import = if place > 4 {
        format!("from .module{before} import Service{before}, ratio{before}\n")
    } else {
        String::new()
    };
    let mut text = format!(
        "\"\"\"Service {place} of area {area}.\"\"\"\nfrom __future__ import annotations\n\nimport logging\n\
         from collections import defaultdict\nfrom datetime import datetime, timedelta\nfrom typing import Any\n\n{import}\n\
         logger = logging.getLogger(__name__)\nLIMIT = {limit}\nLABELS = {{\"open\": 1, \"closed\": 2, \"held\": 3}}\n\n\n\
         def ratio{place}(part: float, whole: float, *, digits: int = 2) -> float:\n    \"\"\"The share, zero of nothing.\"\"\"\n    \
         return round(part / whole, digits) if whole else 0.0\n\n\n\
         class Service{place}:\n    \"\"\"Selects and sums the rows it is given.\"\"\"\n\n    kind = \"service_{place}\"\n\n    \
         def __init__(self, rows, limit: int = LIMIT):\n        self.rows = list(rows)\n        self.limit = limit\n        \
         self.seen: dict[str, datetime] = {{}}\n\n    \
         def select(self, rows, *, strict=False):\n        return [row for row in rows if not strict or row.label in LABELS][: self.limit]\n",
        limit = 100 + place
    );
    for method in 0..(8 + (area + place) % 7) {
        let _ = match method % 5 {
            0 => write!(
                text,
                "\n    def total_{method}(self, rows: list[dict[str, Any]], *, strict: bool = False) -> float:\n        \
                 \"\"\"The sum of kind {method}; strict drops what is not known.\"\"\"\n        total = 0.0\n        \
                 for index, row in enumerate(rows):\n            if row.get(\"kind\") == \"k{method}\" and not strict:\n                \
                 total += row[\"value\"] * {method} - index\n            elif row.get(\"kind\") in (\"a\", \"b\"):\n                \
                 total -= float(row.get(\"value\") or 0)\n        logger.debug(\"total_{method}: %.2f of %d rows\", total, len(rows))\n        \
                 return total if total > 0 else -1.0\n"
            ),
            1 => write!(
                text,
                "\n    def grouped_{method}(self, rows):\n        # One list a day, the newest day last.\n        groups = defaultdict(list)\n        \
                 for row in rows:\n            day = (row[\"at\"] - timedelta(hours={method})).date()\n            groups[day].append(row)\n        \
                 return {{str(day): sorted(found, key=lambda row: row[\"at\"]) for day, found in sorted(groups.items())}}\n"
            ),
            2 => write!(
                text,
                "\n    def parsed_{method}(self, text: str, default: float | None = None):\n        try:\n            \
                 head, _, tail = text.partition(\":\")\n            value = float(tail.strip().replace(\",\", \".\"))\n        \
                 except (ValueError, AttributeError) as error:\n            logger.warning(\"parsed_{method}: %s: %s\", text, error)\n            \
                 return default\n        finally:\n            self.seen[text] = datetime.now()\n        \
                 return {{\"head\": head.lower(), \"value\": value, \"label\": f\"{{head}}-{{value:.2f}}\"}}\n"
            ),
            3 => write!(
                text,
                "\n    @staticmethod\n    def merged_{method}(left: dict, right: dict, prefix=\"row\") -> dict:\n        merged = {{**left, \"prefix\": prefix}}\n        \
                 while right:\n            key, value = right.popitem()\n            if key in merged and merged[key] != value:\n                \
                 merged[f\"{{prefix}}_{{key}}\"] = value\n                continue\n            merged[key] = value\n        return merged\n"
            ),
            _ => write!(
                text,
                "\n    def report_{method}(self, rows, since=None):\n        since = since or datetime.now() - timedelta(days={method})\n        \
                 lines = [\n            \"%s %8.2f %s\" % (row[\"label\"], row[\"value\"], \"new\" if row[\"at\"] > since else \"old\")\n            \
                 for row in rows[: self.limit]\n        ]\n        if not lines:\n            return \"nothing since \" + since.isoformat()\n        \
                 return \"\\n\".join(lines) + f\"\\n{{len(lines)}} rows, share {{ratio{place}(len(lines), len(self.rows) or 1)}}\"\n"
            ),
        };
    }
    if place > 4 {
        let _ = write!(
            text,
            "\n    def before(self, rows):\n        other = Service{before}(rows, limit=self.limit)\n        \
             return ratio{before}(len(other.select(rows)), len(rows)), other.total_0(rows)\n"
        );
    }
    text
}

fn requests(area: usize) -> String {
    let mut text = format!("import api, {{ getJson }} from '@/lib/api'\n\nexport const AREA = {area}\n");
    for index in 0..ENDPOINTS {
        let _ = write!(
            text,
            "\nexport interface Row{index} {{\n  id: number\n  label: string\n  amount: number\n  open?: boolean\n}}\n\n\
             export async function fetchRows{index}(limit = 50): Promise<Row{index}[]> {{\n  \
             const body = await getJson<{{ rows: Row{index}[]; count: number }}>(`/area{area}/rows{index}/?limit=${{limit}}`)\n  \
             return body.rows.filter((row) => row.open !== false)\n}}\n\n\
             export async function saveRow{index}(row: Partial<Row{index}>) {{\n  \
             const {{ data }} = await api.post<Row{index}>('/area{area}/rows{index}/', row)\n  return {{ ...row, ...data }}\n}}\n"
        );
    }
    text
}

fn hooks(area: usize) -> String {
    let mut text = String::from(
        "import { useCallback, useEffect, useState } from 'react'\n\nimport * as requests from './api'\n",
    );
    for index in 0..ENDPOINTS {
        // One of them polls, as in a typical area.
        let often = if index == 0 {
            format!(
                "\n    const timer = setInterval(load, 30_000 + {area})\n    return () => clearInterval(timer)"
            )
        } else {
            String::new()
        };
        let _ = write!(
            text,
            "\nexport function useRows{index}(limit = {limit}) {{\n  const [rows, setRows] = useState<requests.Row{index}[]>([])\n  \
             const [error, setError] = useState<string | null>(null)\n  const load = useCallback(async () => {{\n    try {{\n      \
             setRows(await requests.fetchRows{index}(limit))\n      setError(null)\n    }} catch (reason) {{\n      \
             setError(reason instanceof Error ? reason.message : String(reason))\n    }}\n  }}, [limit])\n  useEffect(() => {{\n    \
             void load(){often}\n  }}, [load])\n  return {{ rows, error, reload: load }} as const\n}}\n",
            limit = 10 + index
        );
    }
    text
}

fn page(area: usize, place: usize) -> String {
    let mut text = format!(
        "import {{ useMemo, useState }} from 'react'\n\nimport {{ saveRow{one}, type Row{one} }} from './api'\nimport {{ Card13 }} from './Card13'\n\
         import {{ money12, sortedBy12 }} from './format12'\nimport {{ useRows{one}, useRows{two} }} from './hooks'\n",
        one = place - 4,
        two = place - 3
    );
    for part in 0..(4 + (area + place) % 4) {
        let _ = write!(
            text,
            "\ninterface Part{part}Props {{\n  rows: Row{one}[]\n  onPick: (id: number) => void\n  title?: string\n}}\n\n\
             function Part{part}({{ rows, onPick, title = 'Part {part}' }}: Part{part}Props) {{\n  const [open, setOpen] = useState(false)\n  \
             const [filter, setFilter] = useState('')\n  \
             const shown = useMemo(() => sortedBy12(rows, 'amount').filter((row) => row.label.includes(filter)), [rows, filter])\n  \
             const total = shown.reduce((sum, row) => sum + row.amount, {part})\n  if (!rows.length) return <p className=\"empty\">No rows yet</p>\n  \
             return (\n    <section className={{`part part-{part} ${{open ? 'open' : 'closed'}}`}} aria-label={{title}}>\n      \
             <header onClick={{() => setOpen((before) => !before)}}>\n        <h3>{{title}}</h3>\n        <span>{{money12(total)}}</span>\n      </header>\n      \
             <input value={{filter}} placeholder=\"Filter\" onChange={{(event) => setFilter(event.target.value)}} />\n      {{open && (\n        <ul>\n          \
             {{shown.map((row) => (\n            <li key={{row.id}} onClick={{() => onPick(row.id)}}>\n              {{row.label ?? '—'}} <b>{{row.amount.toFixed(2)}}</b>\n            \
             </li>\n          ))}}\n        </ul>\n      )}}\n    </section>\n  )\n}}\n",
            one = place - 4
        );
    }
    let _ = write!(
        text,
        "\nexport default function Page{place}() {{\n  const {{ rows, error, reload }} = useRows{one}()\n  const others = useRows{two}(5)\n  \
         const [picked, setPicked] = useState<number | null>(null)\n  const save = async () => {{\n    \
         await saveRow{one}({{ id: picked ?? 0, label: 'picked' }})\n    await reload()\n  }}\n  return (\n    <main>\n      \
         {{error ? <p role=\"alert\">{{error}}</p> : null}}\n      <Part0 rows={{rows}} onPick={{setPicked}} />\n      \
         <Part1 rows={{rows}} onPick={{setPicked}} title=\"Again\" />\n      <Card13 label=\"others\" value={{others.rows.length}} />\n      \
         <button type=\"button\" disabled={{picked === null}} onClick={{save}}>Save</button>\n    </main>\n  )\n}}\n",
        one = place - 4,
        two = place - 3
    );
    text
}

fn format_helpers(area: usize, place: usize) -> String {
    let mut text = format!(
        "const FORMAT = new Intl.NumberFormat('en', {{ maximumFractionDigits: 2 }})\n\n\
         export function money{place}(value: number | null | undefined, sign = '$'): string {{\n  \
         if (value == null || Number.isNaN(value)) return '—'\n  return `${{value < 0 ? '-' : ''}}${{sign}}${{FORMAT.format(Math.abs(value))}}`\n}}\n\n\
         export function sortedBy{place}<T, K extends keyof T>(rows: readonly T[], key: K, down = true): T[] {{\n  \
         return [...rows].sort((a, b) => (a[key] === b[key] ? 0 : (a[key] > b[key]) === down ? -1 : 1))\n}}\n"
    );
    for helper in 0..(10 + area % 5) {
        let _ = match helper % 3 {
            0 => write!(
                text,
                "\n/** A span of time in words, `{helper}` parts at most. */\nexport function span{helper}(seconds: number): string {{\n  \
                 const units: Array<[string, number]> = [['d', 86400], ['h', 3600], ['m', 60], ['s', 1]]\n  const parts: string[] = []\n  \
                 let rest = Math.max(0, Math.round(seconds))\n  for (const [unit, size] of units) {{\n    const count = Math.floor(rest / size)\n    \
                 if (count > 0 && parts.length < {helper} + 1) parts.push(`${{count}}${{unit}}`)\n    rest -= count * size\n  }}\n  \
                 return parts.join(' ') || '0s'\n}}\n"
            ),
            1 => write!(
                text,
                "\nexport const grouped{helper} = <T extends {{ label: string }}>(rows: T[], size = {helper}) => {{\n  \
                 const groups = new Map<string, T[]>()\n  rows.forEach((row, index) => {{\n    const key = row.label.slice(0, size).toLowerCase() || `row-${{index}}`\n    \
                 const known = groups.get(key)\n    if (known) known.push(row)\n    else groups.set(key, [row])\n  }})\n  \
                 return Object.fromEntries([...groups].filter(([, found]) => found.length >= 1))\n}}\n"
            ),
            _ => write!(
                text,
                "\nexport type Shape{helper} = {{ kind: 'line'; points: number[] }} | {{ kind: 'bar'; from: number; to: number }}\n\n\
                 export function extent{helper}(shape: Shape{helper}): [number, number] {{\n  switch (shape.kind) {{\n    case 'line': {{\n      \
                 const {{ points }} = shape\n      return [Math.min(...points), Math.max(...points)]\n    }}\n    case 'bar':\n      \
                 return shape.from <= shape.to ? [shape.from, shape.to] : [shape.to, shape.from]\n    default:\n      throw new Error('unknown shape')\n  }}\n}}\n"
            ),
        };
    }
    text
}

/// Components that show what they are given.
fn card(area: usize, place: usize) -> String {
    let mut text = String::from(
        "import { memo, useEffect, useRef, type ReactNode } from 'react'\n\nimport { money12, span0 } from './format12'\n",
    );
    for part in 0..(5 + (area + place) % 5) {
        let _ = write!(
            text,
            "\nexport interface Face{part}Props {{\n  label: string\n  value: number | null\n  trend?: 'up' | 'down'\n  children?: ReactNode\n}}\n\n\
             export const Face{part} = memo(function Face{part}({{ label, value, trend, children }}: Face{part}Props) {{\n  \
             const box = useRef<HTMLDivElement>(null)\n  useEffect(() => {{\n    if (!box.current || value === null) return\n    \
             box.current.dataset.value = String(value)\n    box.current.classList.toggle('face-{part}', value > {part})\n  }}, [value])\n  \
             const style = {{ color: trend === 'up' ? 'green' : trend === 'down' ? 'red' : undefined, padding: {part} * 4 }}\n  return (\n    \
             <div ref={{box}} style={{style}} className=\"face\" title={{`${{label}}: ${{money12(value)}}`}}>\n      <dt>{{label}}</dt>\n      \
             <dd>{{value === null ? <em>none</em> : money12(value)}}</dd>\n      {{children ?? <small>{{span0((value ?? 0) * 60)}}</small>}}\n    </div>\n  )\n}})\n"
        );
    }
    let _ = write!(
        text,
        "\nexport function Card{place}({{ label, value }}: {{ label: string; value: number }}) {{\n  return (\n    <dl>\n      \
         <Face0 label={{label}} value={{value}} trend={{value > 0 ? 'up' : 'down'}} />\n      <Face1 label=\"twice\" value={{value * 2}}>\n        \
         <i>{{label.toUpperCase()}}</i>\n      </Face1>\n    </dl>\n  )\n}}\n"
    );
    text
}

fn copy(from: &Path, to: &Path) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(from).expect("a folder of the fixture").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            files += copy(&entry.path(), &target);
        } else {
            put(&target, &std::fs::read_to_string(entry.path()).expect("a text of the fixture"));
            files += 1;
        }
    }
    files
}

fn put(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

fn append(path: &Path, more: &str) {
    let text = std::fs::read_to_string(path).expect("a text of the fixture");
    put(path, &(text + more));
}

fn put_line(text: &mut String, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{line}");
}
