//! A replay says what the run said.

use serde_json::Value;
use thor_cutover::emulator::{Emulator, Fault, FaultSide, PlayedFeature};

use super::{json, observe, stderr, stdout, thor, thor_cutover};

/// The report without the line that names the command.
fn body(mut report: Value) -> Value {
    assert!(report["schema"].as_str().unwrap().starts_with("thor-cutover/"));
    report["schema"] = Value::Null;
    report
}

fn recorded(emulator: &Emulator, file: &str) -> (tempfile::TempDir, Value, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["account_balance", "positions", "--for", "8s", "--every", "150ms", "--format", "json"];
    let output = observe(emulator, folder.path(), &[&arguments[..], &["--record", file]].concat());
    (folder, body(json(&output)), output.status.code())
}

#[test]
fn a_replay_equals_its_run_plain_and_compressed() {
    let wrong = Fault::Value {
        feature: PlayedFeature::Positions,
        side: FaultSide::Rest,
        entity: Some("SPY".to_owned()),
        field: "/mark_price".to_owned(),
    };
    for (faults, file) in [(Vec::new(), "run.ndjson.zst"), (vec![wrong], "run.ndjson")] {
        let (folder, live, code) = recorded(&thor(faults), file);
        let output = thor_cutover(folder.path()).args(["replay", file, "--format", "json"]).output().unwrap();
        assert_eq!(body(json(&output)), live);
        assert_eq!(output.status.code(), code);
        let human = thor_cutover(folder.path()).args(["replay", file]).output().unwrap();
        assert!(stdout(&human).contains("verdict: "), "{}", stderr(&human));
    }
}

#[test]
fn one_feature_of_a_recording_can_be_judged_alone() {
    let (folder, live, _) = recorded(&thor(Vec::new()), "run.ndjson");
    let replay = |arguments: &[&str]| {
        thor_cutover(folder.path())
            .args(["replay", "run.ndjson", "--format", "json"])
            .args(arguments)
            .output()
            .unwrap()
    };
    let one = json(&replay(&["--feature", "positions"]));
    assert_eq!(one["features"], Value::Array(vec![live["features"][1].clone()]));
    let output = replay(&["--feature", "position"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean `positions`?"), "{}", stderr(&output));
}

#[test]
fn another_configuration_judges_differently_only_when_it_is_named() {
    let (folder, live, _) = recorded(&thor(Vec::new()), "run.ndjson");
    std::fs::write(folder.path().join("strict.toml"), "[thresholds]\nmin_samples = 100000\n").unwrap();
    let replay = |arguments: &[&str]| {
        let mut command = thor_cutover(folder.path());
        command.args(["replay", "run.ndjson", "--format", "json"]).args(arguments).output().unwrap()
    };
    assert_eq!(live["verdict"], "go");
    assert_eq!(json(&replay(&["--config", "strict.toml"]))["verdict"], "inconclusive");
    let named_by_variable = thor_cutover(folder.path())
        .env("THOR_CUTOVER_CONFIG", "strict.toml")
        .args(["replay", "run.ndjson", "--format", "json"])
        .output()
        .unwrap();
    assert_eq!(json(&named_by_variable)["verdict"], "go");
}

/// The file names the account in clear, the recording has a pseudonym in its place.
#[test]
fn the_file_that_a_recording_was_made_by_judges_it_the_same() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let file = "[backend]\naccount_id = \"PAPER-1-4C1D22AB\"\n";
    std::fs::write(path("thor-cutover.toml"), file).unwrap();
    let words =
        ["account_balance", "--for", "8s", "--every", "150ms", "--format", "json", "--record", "run.ndjson"];
    let live = json(&observe(&emulator, folder.path(), &words));
    assert_eq!(live["verdict"], "go", "{live:#}");
    let outcomes = |report: &Value| {
        let feature = &report["features"][0];
        (report["verdict"].clone(), feature["outcomes"].clone(), feature["filtered"].clone())
    };
    let replay = || {
        let words = ["replay", "run.ndjson", "--config", "thor-cutover.toml", "--format", "json"];
        let output = thor_cutover(folder.path()).args(words).output().unwrap();
        assert!(!(stdout(&output) + &stderr(&output)).contains("4C1D22AB"), "{}", stderr(&output));
        json(&output)
    };
    let again = replay();
    assert_eq!(outcomes(&again), outcomes(&live));
    assert_eq!(again["warnings"], live["warnings"]);

    let key = path(".thor-cutover/key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let without = replay();
    assert_eq!(outcomes(&without), outcomes(&live));
    assert!(without["warnings"].to_string().contains("its key is not here"), "{without:#}");
    assert!(!key.exists(), "a replay makes no key");

    std::fs::write(&key, kept.iter().map(|byte| !byte).collect::<Vec<u8>>()).unwrap();
    let foreign = replay();
    assert_ne!(foreign["verdict"], "go");
    assert!(foreign["warnings"].to_string().contains("another key"), "{foreign:#}");
}

#[test]
fn a_recording_by_hand_is_judged_under_the_built_in_contract() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from(
        "{\"thor_cutover_recording\":1,\"features\":[\"account_balance\"]}\n{\"t\":1,\"link\":\"open\"}\n",
    );
    for second in 1..=30u64 {
        let (at, cash) = (second * 1_000_000_000, 1000 + second);
        let data = format!(
            "{{\"account_id\":\"a\",\"net_liquidation\":1.0,\"equity\":1.0,\"cash\":{cash}.5,\"buying_power\":1.0,\"day_trade_bp\":1.0}}"
        );
        text.push_str(&format!("{{\"t\":{at},\"ws\":{{\"type\":\"account_balance\",\"data\":{data}}}}}\n"));
        let (sent, at) = (at + 400_000_000, at + 500_000_000);
        text.push_str(&format!(
            "{{\"t\":{at},\"rest\":{{\"feature\":\"account_balance\",\"sent\":{sent},\"status\":200,\"body\":{data}}}}}\n"
        ));
    }
    text.push_str("{\"t\":35000000000,\"end\":\"completed\"}\n");
    std::fs::write(folder.path().join("hand.ndjson"), text).unwrap();
    let output =
        thor_cutover(folder.path()).args(["replay", "hand.ndjson", "--format", "json"]).output().unwrap();
    let report = json(&output);
    assert_eq!(report["features"].as_array().unwrap().len(), 1);
    assert_eq!(report["features"][0]["samples"], 30, "{report:#}");
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert!(!folder.path().join(".thor-cutover").exists(), "replay writes nothing");
}

#[test]
fn what_cannot_be_read_is_exit_4_with_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let replay = |text: &str| {
        std::fs::write(folder.path().join("x.ndjson"), text).unwrap();
        let output = thor_cutover(folder.path()).args(["replay", "x.ndjson"]).output().unwrap();
        assert_eq!(output.status.code(), Some(4));
        stderr(&output)
    };
    assert!(replay("hello").contains("not a recording"));
    assert!(replay("{\"thor_cutover_recording\":9}\n").contains("format 9"));
    let damaged = replay("{\"thor_cutover_recording\":1}\n{\"t\":1,\"ws\":}\n{\"t\":2,\"link\":\"open\"}\n");
    assert!(damaged.contains("x.ndjson:2"), "{damaged}");
}
