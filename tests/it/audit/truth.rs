//! Every finding on the fixture trees held against a list written from the source by hand: precision and recall
//! for each kind, printed, and 100 % of both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use super::{audit_at, fixture};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Truth {
    #[expect(dead_code, reason = "for readers of the file")]
    about: String,
    findings: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: String,
    feature: Option<String>,
    path: String,
    at: String,
    #[serde(default = "first")]
    nth: usize,
}

fn first() -> usize {
    1
}

/// Kind, feature, path, line.
type Key = (String, String, String, usize);

fn truth(root: &Path) -> BTreeSet<Key> {
    let text = std::fs::read_to_string(root.join("expected.json")).expect("the truth is there");
    let truth: Truth = serde_json::from_str(&text).expect("the truth is JSON of this form");
    truth
        .findings
        .into_iter()
        .map(|row| {
            let source = std::fs::read_to_string(root.join(&row.path)).expect("a file of the fixture");
            let lines = source.lines().enumerate().filter(|(_, line)| line.contains(&row.at));
            let line = lines.map(|(index, _)| index + 1).nth(row.nth - 1);
            let line = line.unwrap_or_else(|| panic!("{} has no {:?} number {}", row.path, row.at, row.nth));
            (row.kind, row.feature.unwrap_or_default(), row.path, line)
        })
        .collect()
}

fn found(root: &Path, state: &str) -> BTreeSet<Key> {
    let report = audit_at(root, state);
    let key = |finding: &thor_cutover::model::facts::audit::Finding| {
        let feature = finding.feature.clone().unwrap_or_default();
        (finding.kind.code().to_owned(), feature, finding.path.clone(), finding.line)
    };
    report.findings.iter().map(key).collect()
}

#[expect(clippy::disallowed_macros, reason = "the table is what the test is asked to show")]
fn compare(root: &Path, state: &str) {
    let (truth, found) = (truth(root), found(root, state));
    let mut kinds: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (kind, ..) in &truth {
        kinds.entry(kind).or_default()[0] += 1;
    }
    for key in &found {
        let counts = kinds.entry(&key.0).or_default();
        counts[1] += 1;
        counts[2] += usize::from(truth.contains(key));
    }
    let mut table = format!(
        "state {state}\n{:<28} {:>5} {:>5} {:>10} {:>7}\n",
        "kind", "true", "found", "precision", "recall"
    );
    let percent =
        |part: usize, whole: usize| if whole == 0 { 100.0 } else { 100.0 * part as f64 / whole as f64 };
    for (kind, [all, found, right]) in &kinds {
        let (precision, recall) = (percent(*right, *found), percent(*right, *all));
        writeln!(table, "{kind:<28} {all:>5} {found:>5} {precision:>8.1} % {recall:>5.1} %")
            .expect("a string takes it");
    }
    println!("{table}");
    let places: BTreeSet<(&str, usize)> =
        truth.iter().map(|(_, _, path, line)| (path.as_str(), *line)).collect();
    println!("{} findings on {} true places", found.len(), places.len());
    let list = |keys: Vec<&Key>| keys.iter().map(|key| format!("  {key:?}\n")).collect::<String>();
    let wrong = list(found.difference(&truth).collect());
    let missed = list(truth.difference(&found).collect());
    assert!(wrong.is_empty() && missed.is_empty(), "{table}\nnot true:\n{wrong}\nmissed:\n{missed}");
    assert!(found.len() < 8 * places.len(), "{} findings on {} places", found.len(), places.len());
}

#[test]
fn state_a_is_found_as_it_is() {
    compare(&fixture("a"), "a");
}

#[test]
fn state_b_is_found_as_it_is() {
    compare(&fixture("b"), "b");
}

#[test]
fn shapes_once_mistaken_are_found_as_they_are() {
    compare(&fixture("shapes"), "b");
}

/// Trees written to be hard, and listed by hand before the audit was asked. A list does not name everything that the
/// audit may say of a place; what it names is found, and no poller is found that it does not name.
#[test]
fn trees_written_by_an_adversary_are_found_as_they_are() {
    let names = [
        "aliases",
        "contexts",
        "monorepo",
        "generated",
        "classes",
        "registries",
        "entities",
        "streams",
        "plain",
        "effects",
        "hexagons",
        "epics",
        "ordinary",
    ];
    for name in names {
        let root = fixture("unseen").join(name);
        let report = audit_at(&root, "a");
        let (truth, found) = (truth(&root), found(&root, "a"));
        let missed: Vec<&Key> = truth.difference(&found).collect();
        let recall = 1.0 - missed.len() as f64 / truth.len() as f64;
        assert!(recall >= 0.95, "{name}: recall {recall:.3}: {missed:#?}");
        let is_alarm =
            |key: &&Key| matches!(key.0.as_str(), "poller" | "handler-missing" | "unresolved-request");
        let wrong: Vec<&Key> = found.difference(&truth).filter(is_alarm).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
        let sure = |kind: &str| {
            let mut all = report.findings.iter().filter(|it| it.kind.code() == kind);
            all.any(|it| it.confidence.0 > 0.9)
        };
        assert!(!sure("unrouted-url"), "{name}: {:#?}", report.findings);
        assert!(report.searched.unparsed.is_empty(), "{name}: {:?}", report.searched.unparsed);
        // None of their views refuses all that reads it.
        let refused = report.findings.iter().find(|it| it.kind.code() == "rest-route" && it.inert);
        assert!(refused.is_none(), "{name}: {refused:#?}");
        let places: BTreeSet<(&str, usize)> =
            truth.iter().map(|(_, _, path, line)| (path.as_str(), *line)).collect();
        assert!(
            found.len() <= 8 * places.len(),
            "{name}: {} findings on {} places",
            found.len(),
            places.len()
        );
    }
}

/// The same trees under other names: files, classes, functions and hooks that no contract fixes. What is found
/// must not change.
const RENAMED: [(&str, &str); 30] = [
    ("broadcast_to_websocket_sync", "shout_now"),
    ("broadcast_to_websocket_async", "shout_later"),
    ("useWebSocketMessage", "useWireEvent"),
    ("useWsMessage", "useWireEvent"),
    ("WebSocketFeatureFlags", "Switches"),
    ("useWebSocketEnabled", "useSwitch"),
    ("FEATURE_FLAGS", "SWITCHES"),
    ("register_all_jobs", "enlist"),
    ("relay", "convey"),
    ("publish_quote", "tell_quote"),
    ("MarketDataConsumer", "FrontDoorConsumer"),
    ("ThorConsumer", "FrontDoorConsumer"),
    ("ActAndPos", "ledgers"),
    ("FutureTrading", "boards"),
    ("GlobalMarkets", "places"),
    ("LiveData", "streams"),
    ("thor_project", "core_site"),
    ("thor-backend", "srv"),
    ("thor-frontend", "ui"),
    ("backend", "srv"),
    ("useBalance", "useMoney"),
    ("fetchBalance", "askMoney"),
    ("accountService", "desk"),
    ("usePolling", "useAgain"),
    ("fetchSession", "askBar"),
    ("marketsService", "placesDesk"),
    ("TickProvider", "BeatProvider"),
    ("useTick", "useBeat"),
    ("build_global_markets_tick", "compose"),
    ("positions_payload", "rows_payload"),
];

fn renamed(from: &Path, to: &Path) {
    let rename = |text: &str| RENAMED.iter().fold(text.to_owned(), |text, (old, new)| text.replace(old, new));
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder of the fixture").flatten() {
        let target = to.join(rename(&entry.file_name().to_string_lossy()));
        if entry.path().is_dir() {
            renamed(&entry.path(), &target);
        } else {
            let text = std::fs::read_to_string(entry.path()).expect("a text of the fixture");
            std::fs::write(target, rename(&text)).expect("a file");
        }
    }
}

#[test]
fn names_that_no_contract_fixes_do_not_matter() {
    for state in ["a", "b"] {
        let folder = tempfile::tempdir().expect("a folder");
        renamed(&fixture(state), folder.path());
        compare(folder.path(), state);
    }
}
