//! No false go: silence, a frozen market and a run cut short prove nothing. And a replay says what the run said.

use serde_json::{Value, json};

use super::{Backend, Run, Tool};

#[track_caller]
fn gate(report: &Value, code: &str) -> Value {
    let gates = report["gates"].as_array().unwrap();
    gates
        .iter()
        .find(|gate| gate["code"] == code)
        .unwrap_or_else(|| panic!("no gate {code}: {report:#}"))
        .clone()
}

#[track_caller]
fn assert_inconclusive(run: &Run, feature: &str, code: &str) {
    let report = run.feature(feature);
    assert_eq!(report["verdict"], "inconclusive", "{report:#}");
    let gate = gate(&report, code);
    assert_eq!(gate["verdict"], "inconclusive", "{gate}");
    assert!(!gate["fix"].as_str().unwrap().is_empty(), "says what is missing: {gate}");
}

#[test]
fn a_run_without_a_single_message_is_inconclusive() {
    let backend =
        Backend::start(&["--tick", "0.3", "--frozen", "--fault", "silent_feature:feature=positions"]);
    let run = Tool::quick(&backend).shadow_diff("positions", 6).exits(3);
    assert_inconclusive(&run, "positions", "contract-seen");
}

#[test]
fn a_market_that_moves_without_a_single_message_is_never_go() {
    let backend = Backend::start(&["--tick", "0.3", "--fault", "silent_feature:feature=positions"]);
    let run = Tool::quick(&backend).shadow_diff("positions", 6);
    assert!(run.code == 1 || run.code == 3, "exit {}: {}", run.code, run.stdout);
    assert_eq!(gate(&run.feature("positions"), "contract-seen")["verdict"], "inconclusive");
}

#[test]
fn a_frozen_market_is_inconclusive_for_every_feature() {
    let backend = Backend::start(&["--tick", "0.3", "--frozen"]);
    let run = Tool::quick(&backend).shadow_diff("", 6).exits(3);
    for feature in ["account_balance", "positions", "intraday", "global_market"] {
        assert_inconclusive(&run, feature, "transitions-covered");
    }
}

#[test]
fn one_symbol_whose_bars_never_come_is_never_go() {
    let backend = Backend::start(&[
        "--tick",
        "0.3",
        "--bar-ticks",
        "2",
        "--fault",
        "entity_missing:feature=intraday,entity=ES",
    ]);
    let run = Tool::quick(&backend).shadow_diff("intraday", 12);
    assert!(run.code == 1 || run.code == 3, "exit {}: {}", run.code, run.stdout);
}

#[test]
fn a_replay_says_what_the_run_said() {
    let backend = Backend::start(&[
        "--tick",
        "0.3",
        "--market-ticks",
        "2",
        "--bar-ticks",
        "2",
        "--fault",
        "value_off_by_cent:every=2",
    ]);
    let tool = Tool::quick(&backend);
    for name in ["run.ndjson", "run.ndjson.zst"] {
        let live = tool
            .run(&format!("shadow-diff --for 6s --every 100ms --no-evidence --format json --record {name}"))
            .exits(1);
        let replayed = tool.run(&format!("replay {name} --format json")).exits(1);
        assert_eq!(without_header(replayed.json()), without_header(live.json()));
    }
    let text = std::fs::read_to_string(tool.path("run.ndjson")).unwrap();
    for secret in [backend.said("account_id"), backend.said("password"), "eyJ"] {
        assert!(!text.contains(secret), "{secret} in the recording");
    }
}

/// A report without what names the command that made it.
fn without_header(mut report: Value) -> Value {
    report.as_object_mut().unwrap().insert("schema".to_owned(), json!("either"));
    report
}
