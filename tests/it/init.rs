//! Claims about `init --from`: it proposes what a recording shows, hides nothing, and survives any recording.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use thor_cutover::commands::init::accepted;
use thor_cutover::contract::built_in;
use thor_cutover::emulator::{Emulator, Fault, FaultSide, Options, PASSWORD, PlayedFeature, USER};
use thor_cutover::model::observation::{Event, Observation, RestAnswer};
use thor_cutover::model::time::Nanos;
use thor_cutover::propose::ProposalInput;
use thor_cutover::report::proposal;
use thor_cutover::settings::of_text;

fn run(folder: &Path, words: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_thor-cutover"))
        .args(words.split_whitespace())
        .current_dir(folder)
        .env_clear()
        .env("THOR_USER", USER)
        .env("THOR_PASSWORD", PASSWORD)
        .output()
        .unwrap()
}

#[track_caller]
fn exits(output: &Output, code: i32) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{}\n{said}", String::from_utf8_lossy(&output.stdout));
    assert!(!said.contains("panicked"), "{said}");
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/proposals")
}

/// The part of a written file that the recording gave.
fn proposed(folder: &Path) -> String {
    let text = fs_err::read_to_string(folder.join("thor-cutover.toml")).unwrap();
    text[text.find("# Proposed from").unwrap()..].to_owned()
}

/// The file with the proposals accepted and the rest as `init` wrote it.
fn accept(folder: &Path) {
    let path = folder.join("thor-cutover.toml");
    let text = fs_err::read_to_string(&path).unwrap();
    let (head, proposals) = text.split_at(text.find("# Proposed from").unwrap());
    fs_err::write(&path, format!("{head}{}", accepted(proposals))).unwrap();
}

/// One folder a claim: a recording, and the proposals as committed. `UPDATE=1` writes them anew.
#[test]
fn each_fixture_gives_its_proposals_and_they_are_accepted_by_every_command() {
    for entry in fs_err::read_dir(fixtures()).unwrap() {
        let claim = entry.unwrap().path();
        let folder = tempfile::tempdir().unwrap();
        fs_err::copy(claim.join("recording.ndjson"), folder.path().join("recording.ndjson")).unwrap();
        exits(&run(folder.path(), "init --yes --from recording.ndjson"), 0);
        let text = proposed(folder.path());
        let expected = claim.join("proposed.toml");
        if std::env::var_os("UPDATE").is_some() {
            fs_err::write(&expected, &text).unwrap();
        }
        let committed = fs_err::read_to_string(&expected).unwrap_or_default().replace("\r\n", "\n");
        assert_eq!(text, committed, "{}; UPDATE=1 writes it anew", claim.display());
        assert!(
            text.lines().all(|line| line.is_empty() || line.starts_with('#')),
            "something holds:\n{text}"
        );
        exits(&run(folder.path(), "status"), 0);
        accept(folder.path());
        exits(&run(folder.path(), "status"), 0);
    }
}

#[test]
fn a_constant_offset_is_never_proposed_away() {
    let text =
        fs_err::read_to_string(fixtures().join("a-recording-names-what-differs/proposed.toml")).unwrap();
    let rules = &text[..text.find("# Differ, and no rule is proposed").expect("a part of its own")];
    assert!(!rules.contains("/pl_percent"), "one cent is one cent:\n{text}");
}

/// Records four seconds of the emulator under a configuration that knows nothing of one-sided fields.
fn record(folder: &Path, faults: Vec<Fault>) {
    let tick = Duration::from_millis(100);
    let emulator = Emulator::start(Options { faults, tick, ..Options::default() }).unwrap();
    let text = format!(
        "contract = \"thor-a\"\n[backend]\nrest_url = \"{}\"\n[features.positions]\nkey = [\"/symbol\"]\n\
         rest_only = []\npush_delay = \"1s\"\nrest_staleness = \"300ms\"\n",
        emulator.rest_url()
    );
    fs_err::write(folder.join("bare.toml"), text).unwrap();
    let words =
        "shadow-diff positions --config bare.toml --for 7s --every 100ms --no-evidence --record run.ndjson";
    // Under `/symbol` alone a share and an option on it are one entity: that is the key's fault, and no verdict.
    exits(&run(folder, words), 3);
}

#[test]
fn what_is_proposed_from_a_sound_thor_makes_its_recording_go() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), Vec::new());
    let output = run(folder.path(), "init --yes --from run.ndjson --format json");
    exits(&output, 0);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema: Value = serde_json::from_slice(&run(folder.path(), "schema init").stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(wrong, Vec::<String>::new());
    let found = &report["proposals"][0];
    assert_eq!(found["key"]["fields"], json!(["/symbol", "/asset_type"]), "{found:#}");
    assert_eq!(found["unexplained"], json!([]), "{found:#}");
    let one_sided: Vec<&Value> =
        found["rest_only"].as_array().unwrap().iter().map(|noticed| &noticed["field"]).collect();
    assert_eq!(one_sided, ["/description", "/id"]);
    accept(folder.path());
    let replay = run(folder.path(), "replay --config thor-cutover.toml run.ndjson --format json");
    let report: Value = serde_json::from_slice(&replay.stdout).unwrap();
    assert_eq!(report["features"][0]["findings"], json!([]));
    exits(&replay, 0);
}

#[test]
fn a_cent_too_much_is_unexplained_and_accepting_everything_does_not_hide_it() {
    let folder = tempfile::tempdir().unwrap();
    let fault = Fault::Value {
        feature: PlayedFeature::Positions,
        side: FaultSide::WebSocket,
        entity: None,
        field: "/mark_price".to_owned(),
    };
    record(folder.path(), vec![fault]);
    exits(&run(folder.path(), "init --yes --from run.ndjson"), 0);
    let text = proposed(folder.path());
    let differ = &text[text.find("# Differ, and no rule is proposed").unwrap_or_else(|| panic!("{text}"))..];
    assert!(differ.contains("/mark_price  differs in"), "{text}");
    accept(folder.path());
    let replay = run(folder.path(), "replay --config thor-cutover.toml run.ndjson");
    exits(&replay, 1);
    assert!(String::from_utf8_lossy(&replay.stdout).contains("/mark_price"));
}

#[test]
fn a_hostile_or_broken_recording_writes_nothing() {
    let header = |more: Value| {
        let mut header = json!({"thor_cutover_recording": 1, "features": ["positions"]});
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        header.to_string()
    };
    let mut evil = serde_json::to_value(built_in("thor-a")).unwrap();
    evil[0]["name"] = "x]\n[backend".into();
    let mut nowhere = serde_json::to_value(built_in("thor-a")).unwrap();
    nowhere[0]["name"] = "my_own".into();
    nowhere[0]["rest"]["path"] = "not a path".into();
    for (why, text, code) in [
        ("empty", String::new(), 4),
        ("no recording", "{}\n".to_owned(), 4),
        ("newer", "{\"thor_cutover_recording\":99}\n".to_owned(), 4),
        (
            "damaged in the middle",
            format!("{}\nnot json\n{{\"t\":1,\"link\":\"open\"}}\n", header(json!({}))),
            4,
        ),
        ("a feature nobody knows", header(json!({"features": ["orders"]})) + "\n", 2),
        ("a feature with a hostile name", header(json!({"config": {"features": evil}})) + "\n", 4),
        ("a feature that cannot be", header(json!({"config": {"features": nowhere}})) + "\n", 4),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("run.ndjson"), text).unwrap();
        let output = run(folder.path(), "init --yes --from run.ndjson");
        assert_eq!(output.status.code(), Some(code), "{why}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!folder.path().join("thor-cutover.toml").exists(), "{why}");
    }
    let folder = tempfile::tempdir().unwrap();
    exits(&run(folder.path(), "init --yes --from nowhere.ndjson"), 4);
}

#[test]
fn a_recording_of_a_million_fields_and_entities_is_bounded_work() {
    let feature = &built_in("thor-a")[1];
    let mut intake = ProposalInput::new(feature);
    let wide: String = (0..4000).map(|field| format!("\"f{field}\":{field},")).collect();
    let many = "{\"f1\":1},".repeat(50_000);
    let list = format!("[{{{}\"z\":0}},{many}{{}}]", wide);
    for second in 0..20u64 {
        let at = Nanos::ZERO + Duration::from_secs(second);
        let message = format!("{{\"type\":\"positions\",\"data\":{{\"positions\":{list}}}}}");
        intake.push(&Observation::of(at, Event::Message(message.into())));
        let (feature, body) = ("positions".into(), format!("{{\"positions\":{list}}}").into());
        let answer = RestAnswer { feature, sent: at, status: 200, body, bound: Vec::new() };
        intake.push(&Observation::of(at, Event::Rest(answer)));
    }
    assert_eq!(intake.propose().count(), 0);
}

#[test]
fn it_never_overwrites_and_says_when_a_recording_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs_err::read(fixtures().join("a-recording-names-what-differs/recording.ndjson")).unwrap();
    fs_err::write(folder.path().join("run.ndjson"), &whole[..whole.len() - 40]).unwrap();
    let output = run(folder.path(), "init --yes --from run.ndjson");
    exits(&output, 0);
    assert!(String::from_utf8_lossy(&output.stderr).contains("torn"));
    let text = fs_err::read_to_string(folder.path().join("thor-cutover.toml")).unwrap();
    exits(&run(folder.path(), "init --yes --from run.ndjson"), 2);
    assert_eq!(fs_err::read_to_string(folder.path().join("thor-cutover.toml")).unwrap(), text);
}

/// Names that make trouble, and some that Thor has.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "symbol",
            "asset_type",
            "id",
            "quantity",
            "mark_price",
            "pnl",
            "a/b",
            "~",
            "",
            "#",
            "\"]\n[x]",
            "'''",
            "0",
            "\u{202e}",
            "\\u0000",
            "avg_price",
            "unrealized_pl",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

fn payload() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0u32..9, 0u32..99).prop_map(|(whole, cents)| Value::from(format!("{whole}.{cents:02}"))),
        Just(Value::from("2026-01-12T14:30:00Z")),
        any::<String>().prop_map(Value::from),
    ];
    let object = scalar.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map(name(), inner, 0..6).prop_map(|map| json!(map)),
        ]
    });
    proptest::collection::vec(object, 0..4).prop_map(Value::from)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn whatever_was_recorded_what_is_proposed_is_a_configuration(
        lists in proptest::collection::vec((any::<bool>(), payload()), 0..24),
        repeat in 1usize..8,
        which in 0usize..4,
    ) {
        let features = built_in("thor-a");
        let feature = &features[which];
        let mut intake = ProposalInput::new(feature);
        let mut at = Nanos::ZERO;
        for (is_rest, list) in std::iter::repeat_n(&lists, repeat).flatten() {
            at = at + Duration::from_millis(700);
            let wrapped = |pointer: &thor_cutover::json::pointer::Pointer| {
                pointer.tokens().iter().rev().fold(list.clone(), |inner, token| json!({token.as_str(): inner}))
            };
            let event = if *is_rest {
                let body = wrapped(&feature.rest.select).to_string().into();
                let name = feature.name.as_str().into();
                Event::Rest(RestAnswer { feature: name, sent: at, status: 200, body, bound: Vec::new() })
            } else {
                let mut message = wrapped(&feature.ws[0].select);
                message["type"] = feature.ws[0].types[0].as_str().into();
                Event::Message(message.to_string().into())
            };
            intake.push(&Observation::of(at, event));
        }
        let found = intake.propose();
        let text = proposal::heading("x\ny") + &proposal::toml(&found, feature, Some(feature));
        prop_assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#')), "{}", text);
        let accepted = accepted(&text);
        prop_assert!(of_text(&accepted, Path::new("t.toml")).is_ok(), "{:?}\n{}", of_text(&accepted, Path::new("t.toml")).err(), accepted);
        let alone = format!("contract = \"none\"\n{}", self::accepted(&proposal::toml(&found, feature, None)));
        prop_assert!(of_text(&alone, Path::new("t.toml")).is_ok(), "{:?}\n{}", of_text(&alone, Path::new("t.toml")).err(), alone);
    }
}
