//! What a run says of a clean backend, of a broken one, and of one that says nothing.

use std::time::Duration;

use thor_cutover::emulator::{Emulator, Fault, FaultSide, Options, PlayedFeature};
use thor_cutover::evidence::Ledger;
use thor_cutover::model::verdict::Verdict;

use super::{json, observe, stderr, stdout, thor};

const SHORT: [&str; 4] = ["--for", "8s", "--every", "100ms"];

#[test]
fn a_clean_backend_is_go_and_leaves_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/thor-source/b");
    let features = ["account_balance", "positions", "--source", source];
    let output = observe(&thor(Vec::new()), folder.path(), &[&features, &SHORT[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("verdict: GO"), "{}", stdout(&output));
    let store = format!("sqlite:{}", folder.path().join(".thor-cutover/evidence.db").display());
    let facts = Ledger::open(&store).unwrap().facts(jiff::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(facts.runs.len(), 1);
    let kept: Vec<_> =
        facts.runs[0].features.iter().map(|feature| (feature.feature.as_str(), feature.verdict)).collect();
    assert_eq!(kept, [("account_balance", Verdict::Go), ("positions", Verdict::Go)]);
    let code = facts.runs[0].features[1].code.as_ref().expect("the tree was named");
    assert!(code.definitions.iter().any(|it| it.name == "PositionsPushJob.run" && it.hash.len() == 32));
}

#[test]
fn a_cent_is_a_no_go_with_its_field_and_both_values() {
    let cent = Fault::Value {
        feature: PlayedFeature::AccountBalance,
        side: FaultSide::WebSocket,
        entity: None,
        field: "/cash".to_owned(),
    };
    let emulator = thor(vec![cent]);
    let folder = tempfile::tempdir().unwrap();
    let arguments = [&["account_balance", "--no-evidence"], &SHORT[..]].concat();
    let output = observe(&emulator, folder.path(), &arguments);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{said}{}", stderr(&output));
    for part in [
        "verdict: NO-GO",
        "value",
        "/cash",
        "--- REST",
        "+++ WebSocket",
        "- /cash: ",
        "+ /cash: ",
        "the same",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    assert!(!folder.path().join(".thor-cutover").exists(), "nothing was to be kept");

    let output = observe(&emulator, folder.path(), &[&arguments[..], &["--format", "json"]].concat());
    let report = json(&output);
    assert_eq!((&report["verdict"], &report["exit_code"]), (&"no-go".into(), &1.into()));
    let finding = &report["features"][0]["findings"][0];
    assert_eq!((&finding["kind"], &finding["field"]), (&"value".into(), &"/cash".into()));
    assert_ne!(finding["rest"], finding["ws"]);
}

#[test]
fn silence_is_never_go() {
    let silent = |feature| Fault::Silent { feature, after: Duration::ZERO };
    let emulator = thor(vec![silent(PlayedFeature::AccountBalance), silent(PlayedFeature::Positions)]);
    let folder = tempfile::tempdir().unwrap();
    let output = observe(&emulator, folder.path(), &[&["account_balance", "positions"], &SHORT[..]].concat());
    assert!(matches!(output.status.code(), Some(1 | 3)), "{}", stdout(&output));
}

#[test]
fn a_frozen_market_is_never_go() {
    let emulator =
        Emulator::start(Options { tick: Duration::from_secs(3600), ..Options::default() }).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let output = observe(&emulator, folder.path(), &[&["account_balance"], &SHORT[..]].concat());
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
}

#[test]
fn account_numbers_are_neither_recorded_nor_shown_unless_asked_for() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let common = ["account_balance", "--for", "3s", "--every", "200ms", "--record", "run.ndjson"];
        let output = observe(&emulator, folder.path(), &[&common[..], arguments].concat());
        let recorded = std::fs::read_to_string(folder.path().join("run.ndjson")).unwrap();
        (stdout(&output) + &stderr(&output), recorded)
    };
    let (_, clear) = run(&["--keep-identifiers", "--no-evidence"]);
    let number = clear.split("\"account_id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(!number.starts_with("acct-"));
    let (said, hidden) = run(&[]);
    assert!(
        hidden.contains("\"account_id\":\"acct-") && !hidden.contains(&number),
        "{number} is in {hidden}"
    );
    assert!(!said.contains(&number), "{said}");
    let pseudonym = |recorded: &str| recorded.split("\"account_id\":\"").nth(1).unwrap()[..17].to_owned();
    let first = pseudonym(&hidden);
    assert_eq!(pseudonym(&run(&[]).1), first, "the store's key is kept");
}
