//! The kinds of mistakes that once led to a green light, each as a change of a tree for which everything else is
//! proven, with what is asked, the exit code that is right, and the gate that says so. The ninth kind, evidence that
//! outlives its code, is in `fingerprint::edits`.

use super::whole_life::{FEATURE, Thor};

const BALANCE: &str = "frontend/src/Balance.tsx";
const MORE: &str = "frontend/src/More.tsx";
const DELETE: &[&str] = &[FEATURE, "--decision", "delete"];
const SHADOW: &[&str] = &[FEATURE, "--decision", "shadow"];
const CLAIMED: &[&str] = &[];

struct Row {
    what: &'static str,
    file: &'static str,
    /// What is replaced, and by what; the whole file where nothing is.
    edit: (&'static str, &'static str),
    asked: &'static [&'static str],
    exit: i32,
    /// The gate that decides, its verdict, and a part of what it says.
    gate: Option<(&'static str, &'static str, &'static str)>,
}

const fn row(
    what: &'static str,
    file: &'static str,
    edit: (&'static str, &'static str),
    (asked, exit): (&'static [&'static str], i32),
    gate: Option<(&'static str, &'static str, &'static str)>,
) -> Row {
    Row { what, file, edit, asked, exit, gate }
}

/// A page that asks every second for what `$URL` says, shown beside the one that listens.
macro_rules! page {
    ($before:literal, $inside:literal, $asks:literal) => {
        concat!(
            "import { createContext, useContext, useEffect, useMemo } from \"react\";\nimport { helper } from \"elsewhere\";\n",
            "import { createRoot } from \"react-dom/client\";\n",
            $before,
            "\nexport function More() {\n  ",
            $inside,
            "\n  useEffect(() => {\n    const timer = setInterval(async () => { ",
            $asks,
            " }, 1000);\n    return () => clearInterval(timer);\n  }, []);\n  return <i>{helper.name}</i>;\n}\n",
            "createRoot(document.getElementById(\"more\")!).render(<More />);\n"
        )
    };
}

const CALLER: Option<(&str, &str, &str)> = Some(("callers-gone", "no-go", "frontend/src/More.tsx:"));

/// Where the flag is on, two sessions are live and proven, and no page asks any more: the deletion is GO.
const PROVEN: &[Row] = &[
    row("nothing", MORE, ("", "export const more = 1;\n"), (DELETE, 0), Some(("callers-gone", "go", "none"))),
    row(
        "1: an address in a memo",
        MORE,
        (
            "",
            page!(
                "const getUrl = () => \"/api/accounts/balance/\";",
                "const url = useMemo(() => getUrl(), []);",
                "await fetch(url);"
            ),
        ),
        (DELETE, 1),
        CALLER,
    ),
    row(
        "1: an address in a context",
        MORE,
        (
            "",
            page!(
                "const Urls = createContext({ balance: \"/api/accounts/balance/\" });",
                "const urls = useContext(Urls);",
                "await fetch(urls.balance);"
            ),
        ),
        (DELETE, 1),
        CALLER,
    ),
    row(
        "1: a helper with several returns",
        MORE,
        (
            "",
            page!(
                "function url() {\n  if (window.name) return window.name;\n  if (location.hash) return `${location.hash}/api/x/`;\n  return \"/api/accounts/balance/\";\n}",
                "",
                "await fetch(url());"
            ),
        ),
        (DELETE, 1),
        CALLER,
    ),
    row(
        "1: a list of candidates",
        MORE,
        (
            "",
            page!(
                "const urls = [import.meta.env.VITE_URL, \"/api/accounts/balance/\"];",
                "",
                "for (const url of urls) { const r = await fetch(url); if (r.ok) break; }"
            ),
        ),
        (DELETE, 1),
        CALLER,
    ),
    row(
        "1: the environment first",
        MORE,
        (
            "",
            page!(
                "const url = import.meta.env.VITE_URL || \"/api/accounts/balance/\";",
                "",
                "await fetch(url);"
            ),
        ),
        (DELETE, 1),
        CALLER,
    ),
    row(
        "1: an address that nobody can find out",
        MORE,
        ("", page!("", "", "await fetch(helper(location.hash));")),
        (DELETE, 3),
        Some(("callers-gone", "inconclusive", "which may ask anything")),
    ),
    row(
        "2: the page neither asks nor listens",
        BALANCE,
        ("  useWebSocketMessage(\"account_balance\", (data: { cash: number }) => setCash(data.cash));\n", ""),
        (DELETE, 1),
        Some(("listener-reachable", "no-go", "")),
    ),
    row(
        "6: a bare ampersand in a text",
        BALANCE,
        ("<span>{cash}</span>", "<span>Profit & Loss {cash}</span>"),
        (DELETE, 0),
        None,
    ),
    row(
        "6: the same, when it is asked whether files parse",
        BALANCE,
        ("<span>{cash}</span>", "<span>Profit & Loss {cash}</span>"),
        (SHADOW, 0),
        Some(("files-parse", "go", "all parse")),
    ),
    row(
        "8: a stream that beats",
        MORE,
        (
            "",
            "import axios from \"axios\";\nimport { interval, switchMap } from \"rxjs\";\ninterval(1000).pipe(switchMap(() => axios.get(\"/api/accounts/balance/\"))).subscribe();\n",
        ),
        (DELETE, 1),
        CALLER,
    ),
    row(
        "8: a module of the feature that is not there",
        "backend/realtime/jobs.py",
        (
            "from thor.models import Account\n",
            "from realtime.nowhere import nothing\nfrom thor.models import Account\n",
        ),
        (SHADOW, 1),
        Some(("imports-resolve", "no-go", "realtime.nowhere")),
    ),
];

const POLLER_GONE: Option<(&str, &str, &str)> = Some(("sessions-covered", "", ""));

/// Where the flag is on, and REST is still asked: whoever takes polling away now is ahead of the evidence. Where
/// nothing is left that contradicts, what is missing is the evidence alone: inconclusive.
const ENABLED: &[Row] = &[
    row("nothing", MORE, ("", "export const more = 1;\n"), (CLAIMED, 0), None),
    row(
        "3: the timer is taken out",
        BALANCE,
        (
            "    const timer = setInterval(async () => {\n      const answer = await api.get(\"/accounts/balance/\");\n      setCash(answer.data.cash);\n    }, 1000);\n    return () => clearInterval(timer);\n",
            "",
        ),
        (CLAIMED, 3),
        POLLER_GONE,
    ),
    row("3: asked once", BALANCE, ("setInterval(", "setTimeout("), (CLAIMED, 1), POLLER_GONE),
    row("3: slowed below the stream", BALANCE, (", 1000)", ", 3_600_000)"), (CLAIMED, 1), POLLER_GONE),
    row(
        "3: behind a condition that is never true",
        BALANCE,
        ("    const timer", "    if (true) return;\n    const timer"),
        (CLAIMED, 1),
        POLLER_GONE,
    ),
    row(
        "3: left before it begins",
        BALANCE,
        ("    const timer", "    return;\n    const timer"),
        (CLAIMED, 1),
        POLLER_GONE,
    ),
    row(
        "3: what it runs leaves before it asks",
        BALANCE,
        ("      const answer", "      return;\n      const answer"),
        (CLAIMED, 1),
        POLLER_GONE,
    ),
    row(
        "3: nothing shows the page that polls",
        "frontend/src/main.tsx",
        (
            "",
            "import { createRoot } from \"react-dom/client\";\ncreateRoot(document.getElementById(\"root\")!).render(<b />);\n",
        ),
        (CLAIMED, 1),
        POLLER_GONE,
    ),
    row(
        "3: the job runs once a day",
        "backend/realtime/register.py",
        ("interval_seconds=10)", "interval_seconds=86_400)"),
        (CLAIMED, 1),
        POLLER_GONE,
    ),
    row(
        "3: the job runs more often",
        "backend/realtime/register.py",
        ("MarketMetricsJob(interval_seconds=10)", "MarketMetricsJob(interval_seconds=9)"),
        (CLAIMED, 0),
        None,
    ),
    row(
        "5: the configuration no longer names the timer",
        "thor-cutover.toml",
        ("[features.positions]", "[features.account_balance]\ntimers = []\n[features.positions]"),
        (CLAIMED, 0),
        None,
    ),
    row(
        "5: the job is registered in other words",
        "backend/realtime/register.py",
        (
            "    registry.register(MarketMetricsJob(interval_seconds=10))",
            "    registry.register(InlineJob(\"market_metrics\", 10.0, MarketMetricsJob(10).run))",
        ),
        (CLAIMED, 0),
        None,
    ),
    row(
        "5: the timer is really gone",
        "backend/realtime/register.py",
        ("    registry.register(MarketMetricsJob(interval_seconds=10))\n", ""),
        (CLAIMED, 1),
        POLLER_GONE,
    ),
];

fn hold(thor: &Thor, rows: &[Row], wrong: &mut Vec<String>) {
    for Row { what, file, edit: (from, to), asked, exit, gate } in rows {
        let before = std::fs::read_to_string(thor.tool.path().join(file)).ok();
        let text = before.as_deref().unwrap_or_default();
        assert!(text.contains(from), "{what}: {file} has no {from:?}");
        let after = if from.is_empty() { (*to).to_owned() } else { text.replacen(from, to, 1) };
        thor.tool.write(file, &after);
        let said = thor.checklist(&[asked, &["--format", "json"][..]].concat());
        let gates = said.json()["features"].as_array().into_iter().flatten().find_map(|feature| {
            (feature["feature"] == FEATURE).then(|| feature["gates"].as_array().cloned()).flatten()
        });
        let found = gate.and_then(|(code, ..)| gates.iter().flatten().find(|it| it["code"] == code));
        let holds = gate.is_none_or(|(_, verdict, part)| {
            found.is_some_and(|it| {
                let right = if verdict.is_empty() { it["verdict"] != "go" } else { it["verdict"] == verdict };
                right && it["value"].as_str().is_some_and(|value| value.contains(part))
            })
        });
        if said.code != *exit || !holds {
            let lacking: Vec<_> = gates.iter().flatten().filter(|it| it["verdict"] != "go").collect();
            wrong.push(format!("{what}: exit {}, {found:?}, {lacking:#?}", said.code));
        }
        match before {
            Some(before) => drop(thor.tool.write(file, &before)),
            None => std::fs::remove_file(thor.tool.path().join(file)).expect("it was written"),
        }
    }
}

#[test]
fn each_kind_of_mistake_has_its_answer() {
    let mut wrong = Vec::new();
    let thor = Thor::new();
    thor.enable();
    thor.checklist(&[]).exits(0);
    hold(&thor, ENABLED, &mut wrong);
    thor.prove();
    hold(&thor, PROVEN, &mut wrong);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Findings of `audit`: symbol and confidence of those of a kind.
fn audited(thor: &Thor, kind: &str) -> Vec<(String, f64)> {
    let said = thor.tool.run(&["audit", "--format", "json"]).exits(0).json();
    let findings = said["findings"].as_array().expect("findings").iter().filter(|it| it["kind"] == kind);
    let of = |it: &serde_json::Value| {
        let symbol = it["symbol"].as_str().expect("text").to_owned();
        (symbol, it["confidence"].as_f64().expect("a number"))
    };
    findings.map(of).collect()
}

#[test]
fn what_makes_the_data_is_no_step_of_the_plan() {
    let thor = Thor::new();
    let said = thor.tool.run(&["audit", "--plan", FEATURE, "--format", "json"]).exits(0).json();
    let steps = said["plan"]["steps"].to_string();
    assert!(!steps.contains("AccountBalanceJob"), "{steps}");
    assert!(steps.contains("Balance.tsx") && steps.contains("/api/accounts/balance/"), "{steps}");
}

#[test]
fn a_path_that_is_served_is_not_called_unserved() {
    let thor = Thor::new();
    for (asks, found) in [
        (
            "const api = axios.create({ baseURL: (() => { const own = trim(import.meta.env.VITE_API); return own || \"/api\"; })() });\napi.get(\"/flags/\");\n",
            None,
        ),
        ("fetch(`/api/flags/${location.search}`);\n", None),
        ("const loc = window.location;\nfetch(`/api/accounts/balance/${loc.search}`);\n", None),
        ("export function useIt() { const loc = useLocation(); fetch(`/api/flags/${loc.search}`); }\n", None),
        // What nobody serves, and what only may be.
        ("fetch(\"/api/nothing/\");\n", Some(true)),
        ("fetch(`/api/nothing/${window.name}/`);\n", Some(false)),
    ] {
        thor.tool.write(
            MORE,
            &format!("import axios from \"axios\";\nconst trim = (text: string) => text;\n{asks}"),
        );
        let unserved = audited(&thor, "unrouted-url");
        let certain = unserved.first().map(|(_, confidence)| *confidence > 0.9);
        assert_eq!(certain, found, "{asks}: {unserved:?}");
    }
}

#[test]
fn components_that_only_call_a_polling_hook_are_named() {
    let thor = Thor::new();
    let hook = "import axios from \"axios\";\nimport { useEffect } from \"react\";\nexport function useMoney() {\n  useEffect(() => { const id = setInterval(() => axios.get(\"/api/accounts/balance/\"), 1000); return () => clearInterval(id); }, []);\n}\n";
    thor.tool.write("frontend/src/money.ts", hook);
    let shown = "import { createRoot } from \"react-dom/client\";\nimport { useMoney } from \"./money\";\nexport function More() { useMoney(); return null; }\ncreateRoot(document.body).render(<More />);\n";
    thor.tool.write(MORE, shown);
    let users = audited(&thor, "poller-user");
    assert!(users.iter().any(|(name, _)| name == "More"), "{users:?}");
}

/// A pause of at least half a second says nothing of how often something runs.
#[test]
fn a_floor_of_a_pause_is_no_interval() {
    let thor = Thor::new();
    let engine = "import time\n\n\ndef beat(registry, ctx):\n    while True:\n        due = registry.run_due(ctx)\n        time.sleep(max(0.5, due))\n";
    thor.tool.write("backend/realtime/beat.py", engine);
    let said = thor.tool.run(&["audit", "--format", "json"]).exits(0).json();
    let beat = said["findings"].as_array().expect("findings").iter().find(|it| it["symbol"] == "beat");
    let beat = beat.unwrap_or_else(|| panic!("a timer: {:#}", said["findings"]));
    let reason = beat["reason"].as_str().expect("text");
    assert!(!reason.contains("every 0.5 s") && beat.get("interval_ms").is_none(), "{beat:#}");
}
