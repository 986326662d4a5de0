//! Recordings in parts: rotated by size, gone on with after a kill.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use thor_cutover::evidence::Ledger;

use super::{against, json, observe, stderr, thor, thor_cutover};

const RUN: [&str; 7] = ["account_balance", "--every", "100ms", "--format", "json", "--record", "run.ndjson"];

fn replay(folder: &Path) -> Value {
    // as a shell would sort them
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("run"))
        .collect();
    files.sort();
    let output = thor_cutover(folder).arg("replay").args(&files).args(["--format", "json"]).output().unwrap();
    body(json(&output))
}

fn body(mut report: Value) -> Value {
    report["schema"] = Value::Null;
    report
}

#[test]
fn a_rotated_recording_replays_as_one_run() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let output =
        observe(&emulator, folder.path(), &[&RUN[..], &["--for", "8s", "--rotate", "30KB"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(folder.path().join("run.3.ndjson").exists());
    let largest = std::fs::metadata(folder.path().join("run.2.ndjson")).unwrap().len();
    assert!((30_000..60_000).contains(&largest), "{largest}");
    assert_eq!(replay(folder.path()), body(json(&output)));

    let again = observe(&emulator, folder.path(), &[&RUN[..], &["--for", "1s"]].concat());
    assert_eq!(again.status.code(), Some(2), "{}", stderr(&again));
    assert!(stderr(&again).contains("run.2.ndjson"), "{}", stderr(&again));
}

#[test]
fn a_killed_run_goes_on_where_it_was_with_its_evidence() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let mut first = against(&emulator, folder.path());
    first.arg("shadow-diff").args(RUN).args(["--for", "60s"]).timeout(Duration::from_secs(6));
    assert_eq!(first.output().unwrap().status.code(), None, "it was killed");

    let output = observe(&emulator, folder.path(), &[&RUN[..], &["--for", "6s", "--resume"]].concat());
    let report = json(&output);
    assert!(stderr(&output).contains("resuming run.ndjson after"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert!(report["seconds"].as_f64().unwrap() > 10.0, "{report:#}");
    assert_eq!(report["connection"]["gaps"].as_array().unwrap().len(), 1, "{report:#}");
    assert!(report["features"][0]["samples"].as_u64().unwrap() > 60, "{report:#}");
    assert_eq!(replay(folder.path()), body(report));

    let store = format!("sqlite:{}", folder.path().join(".thor-cutover/evidence.db").display());
    let facts = Ledger::open(&store).unwrap().facts(jiff::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(facts.runs.len(), 1);
    assert_eq!(facts.runs[0].features[0].windows.len(), 2, "{:#?}", facts.runs[0].features[0].windows);
}

#[test]
fn a_recording_under_other_rules_is_not_resumed() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    observe(&emulator, folder.path(), &[&RUN[..], &["--for", "1s"]].concat());
    std::fs::write(
        folder.path().join("thor-cutover.toml"),
        "[features.account_balance]\npush_delay = \"9s\"\n",
    )
    .unwrap();
    let output = observe(&emulator, folder.path(), &[&RUN[..], &["--for", "1s", "--resume"]].concat());
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("another configuration"), "{}", stderr(&output));
}

#[test]
fn resuming_what_never_began_begins_it() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let output = observe(&emulator, folder.path(), &[&RUN[..], &["--for", "2s", "--resume"]].concat());
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", stderr(&output));
    assert_eq!(replay(folder.path()), body(json(&output)));
}
