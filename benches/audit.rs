//! The speed of the source audit: 5,000 files, made from the fixture trees, read and audited from disk.
//!
//! `cargo bench --bench audit` prints files, megabytes and megabytes a second. `AUDIT_FILES=20000` makes a larger
//! tree, `AUDIT_TREE=DIR` measures a tree of your own.

use std::path::{Path, PathBuf};
use std::time::Instant;

use thor_cutover::audit::{AuditOptions, FeatureNames, SourceTree, audit};

#[expect(clippy::disallowed_macros, reason = "a benchmark's answer is what it prints")]
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn main() {
    let wanted = setting("AUDIT_FILES").and_then(|text| text.parse().ok()).unwrap_or(5000);
    let (root, made) = match setting("AUDIT_TREE") {
        Some(tree) => (PathBuf::from(tree), None),
        None => {
            let folder = tempfile::tempdir().expect("a temporary folder");
            grow(folder.path(), wanted);
            (folder.path().to_path_buf(), Some(folder))
        }
    };
    let mut best = f64::INFINITY;
    for round in 1..=3 {
        let start = Instant::now();
        let tree = SourceTree::read(&root, &[]).expect("the tree is there");
        let read = start.elapsed().as_secs_f64();
        let report = audit(&tree, &names(), &AuditOptions::thor());
        let whole = start.elapsed().as_secs_f64();
        best = best.min(whole);
        let megabytes = report.searched.bytes as f64 / 1e6;
        println!(
            "round {round}: {} files, {megabytes:.1} MB, {} findings: read {read:.2} s, whole {whole:.2} s, \
             {:.1} MB/s, {:.0} files/s",
            report.searched.files,
            report.findings.len(),
            megabytes / whole,
            report.searched.files as f64 / whole
        );
    }
    println!("best of 3: {best:.2} s (goal: under 3 s for 5,000 files on two cores)");
    drop(made);
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no command line of its own")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn names() -> Vec<FeatureNames> {
    let row = |feature: &str, kind: &str, endpoint: &str| FeatureNames {
        feature: feature.to_owned(),
        ws_types: vec![kind.to_owned()],
        endpoints: vec![endpoint.to_owned()],
        timers: vec!["MarketMetricsJob".to_owned()],
        flag: format!("WS_FEATURE_{}", feature.to_uppercase()),
        frontend_flag: Some(format!("VITE_WS_FEATURE_{}", feature.to_uppercase())),
        words: Vec::new(),
    };
    vec![
        row("account_balance", "account_balance", "/api/accounts/balance/"),
        row("positions", "positions", "/api/actandpos/positions"),
        row("intraday", "intraday_bar", "/api/session"),
        row("global_market", "market_status", "/api/global-markets/markets/"),
    ]
}

/// One whole Thor, and around it the rest of a large repository: modules that call each other, pages, components.
fn grow(root: &Path, wanted: usize) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/thor-source/a");
    let mut files = copy(&fixture, root);
    let mut number = 0;
    while files < wanted {
        let area = number / 50;
        if number % 2 == 0 {
            write(&root.join(format!("thor-backend/area{area}/module{number}.py")), &python(number));
        } else {
            write(&root.join(format!("thor-frontend/src/area{area}/Page{number}.tsx")), &typescript(number));
        }
        number += 1;
        files += 1;
    }
}

fn copy(from: &Path, to: &Path) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(from).expect("a folder of the fixture").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            files += copy(&entry.path(), &target);
        } else {
            write(&target, &std::fs::read_to_string(entry.path()).expect("a text of the fixture"));
            files += 1;
        }
    }
    files
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

/// About five kilobytes of ordinary Python, with calls into the module before it.
fn python(number: usize) -> String {
    let before = number.saturating_sub(2);
    let mut text = format!(
        "\"\"\"Module {number}.\"\"\"\nimport logging\nfrom datetime import datetime\n\n\
         from area{}.module{before} import Service{before}\n\nlogger = logging.getLogger(__name__)\nLIMIT = {number}\n\n\n\
         class Service{number}:\n    name = \"service_{number}\"\n\n    def __init__(self, client, limit=LIMIT):\n        \
         self.client = client\n        self.limit = limit\n        self.other = Service{before}(client)\n",
        before / 50
    );
    for method in 0..16 {
        text.push_str(&format!(
            "\n    def step_{method}(self, rows, *, strict=False):\n        \"\"\"Step {method}.\"\"\"\n        \
             total = 0\n        for row in rows:\n            if row.get(\"kind\") == \"k{method}\" and not strict:\n                \
             total += row[\"value\"] * {method}\n        try:\n            self.client.post(f\"/internal/{{self.name}}/{method}\", \
             {{\"total\": total, \"at\": datetime.now().isoformat()}})\n        except ValueError as error:\n            \
             logger.warning(\"step {method}: %s\", error)\n        return self.other.step_{method}(rows, strict=strict) if total else None\n"
        ));
    }
    text
}

/// About five kilobytes of ordinary TSX.
fn typescript(number: usize) -> String {
    let before = number.saturating_sub(2);
    let mut text = format!(
        "import {{ useEffect, useMemo, useState }} from 'react'\nimport api from '@/lib/api'\n\
         import {{ Page{before} }} from '@/area{}/Page{before}'\n\nexport interface Row{number} {{ id: number; label: string }}\n",
        before / 50
    );
    for part in 0..8 {
        text.push_str(&format!(
            "\nfunction Part{part}({{ rows, onPick }}: {{ rows: Row{number}[]; onPick: (id: number) => void }}) {{\n  \
             const [open, setOpen] = useState(false)\n  const total = useMemo(() => rows.reduce((sum, row) => sum + row.id, {part}), [rows])\n  \
             useEffect(() => {{\n    if (!open) return\n    api.get(`/reports/{number}/${{total}}`).then(() => setOpen(false))\n  }}, [open, total])\n  \
             return (\n    <ul className=\"part-{part}\" onClick={{() => setOpen(true)}}>\n      {{rows.map((row) => (\n        \
             <li key={{row.id}} onClick={{() => onPick(row.id)}}>{{row.label ?? '—'}}</li>\n      ))}}\n    </ul>\n  )\n}}\n"
        ));
    }
    text.push_str(&format!(
        "\nexport function Page{number}() {{\n  const [rows] = useState<Row{number}[]>([])\n  return (\n    <section>\n      \
         <Part0 rows={{rows}} onPick={{console.log}} />\n      <Page{before} />\n    </section>\n  )\n}}\n"
    ));
    text
}
