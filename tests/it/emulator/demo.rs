//! `demo` as a newcomer types it: it works, it is quick, it names the planted fault, it leaves nothing behind.

use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use thor_cutover::clock::Clock;
use thor_cutover::model::time::Nanos;

/// Runs it in an empty folder, with an environment that would lead every command elsewhere.
fn demo(format: &str) -> (Output, Duration, Vec<String>) {
    let home = tempfile::tempdir().unwrap();
    let clock = Clock::start();
    let output = Command::new(env!("CARGO_BIN_EXE_thor-cutover"))
        .current_dir(home.path())
        .env_clear()
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .env("THOR_CUTOVER_REST_URL", "http://127.0.0.1:9")
        .env("THOR_CUTOVER_EVIDENCE", format!("sqlite:{}/elsewhere.db", home.path().display()))
        .env("WS_FEATURE_POSITIONS", "true")
        .args(["demo", "-q", "--format", format])
        .output()
        .unwrap();
    let took = clock.now().since(Nanos::ZERO);
    let left = std::fs::read_dir(home.path()).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    (output, took, left)
}

#[test]
fn it_finds_its_fault_under_thirty_seconds_and_leaves_nothing_behind() {
    let (output, took, left) = demo("json");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert_eq!(left, Vec::<String>::new());
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = schemars::schema_for!(thor_cutover::report::demo::DemoAnswer);
    jsonschema::validate(schema.as_value(), &answer).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(answer["verdict"], "worked");
    assert_eq!(answer["found"]["field"], "/mark_price");
    let number =
        |side: &str| -> f64 { answer["found"][side].as_str().unwrap().trim_matches('"').parse().unwrap() };
    assert!((number("ws") - number("rest") - 0.01).abs() < 1e-9, "{}", answer["found"]);
    assert_eq!(answer["accused"], Value::Array(Vec::new()));
    assert_eq!(answer["verdicts"]["positions"], "no-go");
    for sound in ["account_balance", "intraday", "global_market"] {
        assert_eq!(answer["verdicts"][sound], "go", "{sound}");
    }
    let steps = answer["steps"].as_array().unwrap();
    let commands: Vec<&str> = steps.iter().map(|step| step["command"].as_str().unwrap()).collect();
    assert_eq!(
        commands,
        [
            "thor-cutover status",
            "thor-cutover shadow-diff --for 12s --every 250ms",
            "thor-cutover checklist positions"
        ]
    );
    assert_eq!(steps.iter().map(|step| step["exit_code"].as_i64().unwrap()).collect::<Vec<_>>(), [0, 1, 1]);
    assert_eq!(steps[0]["answer"]["mode"], "shadow", "the user's own flags are not the demo's");
}

#[test]
fn a_person_reads_the_field_both_values_and_what_to_type_next() {
    let (output, _, _) = demo("human");
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let seen = text
        .lines()
        .find(|line| line.contains("NO-GO /mark_price of SPY"))
        .unwrap_or_else(|| panic!("{text}"));
    assert!(seen.contains("REST says \"45") && seen.contains("WebSocket says 45"), "{seen}");
    for words in [
        "$ thor-cutover status",
        "$ thor-cutover shadow-diff",
        "$ thor-cutover checklist",
        "What to type next",
    ] {
        assert!(text.contains(words), "{words}");
    }
    assert!(!text.contains('\u{1b}'), "no colour into a pipe");
}
