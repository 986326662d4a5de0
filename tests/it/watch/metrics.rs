//! What Prometheus sees: read by a parser that is not ours, equal to what the ledger says, and enough for the dashboard
//! and the alerts that are handed out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use thor_cutover::model::rest_cause::RestCause;
use thor_cutover::model::verdict::Verdict;
use thor_cutover::watch::metrics::{FeatureMetrics, RunMetrics, ServiceMetrics, Spread, WindowMetrics};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Everything that can be shown, once.
fn full() -> ServiceMetrics {
    let mut skew = Spread::default();
    skew.add(0.02, 7);
    let feature = FeatureMetrics {
        feature: "a \"quoted\" \\ name".to_owned(),
        verdict: Some(Verdict::NoGo),
        samples: 12,
        messages: 13,
        transitions: 3,
        findings: 1,
        judged_seconds: 59.5,
        outcomes: BTreeMap::from([("match", 11), ("value", 1)]),
        rest_errors: BTreeMap::from([(RestCause::Status(429), 2)]),
        gates: vec![("parity".to_owned(), Verdict::NoGo)],
        delay: skew.clone(),
        skew,
    };
    let run = RunMetrics {
        reconnects: 1,
        failed_attempts: 2,
        bad_frames: 3,
        gaps: 4,
        blind_seconds: 1.5,
        features: vec![feature],
    };
    let window = WindowMetrics { is_open: true, kept_at: Some(5), failures: 6, queued: 7, run: Some(run) };
    ServiceMetrics {
        windows: BTreeMap::from([(("main".to_owned(), "us".to_owned()), window)]),
        next_opening: Some(8),
        is_evidence_waiting: true,
        unstored: Some(9),
        given_up: 1,
        hindered: 0,
        memory: Some(1 << 20),
    }
}

/// Each sample as the other parser reads it; `None` where that is not there.
#[expect(clippy::print_stderr, clippy::disallowed_macros, reason = "a skipped check is said aloud")]
pub fn read_elsewhere(exposition: &str) -> Option<Vec<Value>> {
    let python = root().join(".venv/bin/python");
    let import = ["-c", "import prometheus_client"];
    let is_there = Command::new(&python).args(import).stderr(Stdio::null()).status();
    if !is_there.is_ok_and(|status| status.success()) {
        let why =
            "SKIPPED: no prometheus_client in .venv; .venv/bin/pip install -r tests/readers/requirements.txt";
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "with CI=true nothing is skipped. {why}"
        );
        eprintln!("{why}");
        return None;
    }
    let reader = root().join("tests/readers/read_metrics.py");
    let output = assert_cmd::Command::new(&python).arg(reader).write_stdin(exposition).output().unwrap();
    assert!(output.status.success(), "{}\n{exposition}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// The value of a sample, by its name and some of its labels.
pub fn value(samples: &[Value], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let is_it = |sample: &&Value| {
        sample["name"] == name && labels.iter().all(|(label, value)| sample["labels"][label] == *value)
    };
    samples.iter().find(is_it)?["value"].as_f64()
}

#[test]
fn a_parser_that_is_not_ours_reads_every_sample() {
    let Some(samples) = read_elsewhere(&full().exposition().unwrap()) else { return };
    let feature = ("feature", "a \"quoted\" \\ name");
    for (name, labels, expected) in [
        ("thor_cutover_samples_total", vec![feature, ("session", "us")], 12.0),
        ("thor_cutover_outcomes", vec![feature, ("kind", "value")], 1.0),
        ("thor_cutover_rest_errors_total", vec![feature, ("cause", "http_429")], 2.0),
        ("thor_cutover_verdict", vec![feature], 2.0),
        ("thor_cutover_gate", vec![("gate", "parity")], 2.0),
        ("thor_cutover_skew_seconds_count", vec![feature], 7.0),
        ("thor_cutover_skew_seconds_bucket", vec![feature, ("le", "0.01")], 0.0),
        ("thor_cutover_skew_seconds_bucket", vec![feature, ("le", "0.05")], 7.0),
        ("thor_cutover_window_failures_total", vec![("target", "main")], 6.0),
        ("thor_cutover_windows_open", vec![], 1.0),
    ] {
        assert_eq!(value(&samples, name, &labels), Some(expected), "{name} {labels:?}");
    }
}

#[test]
fn every_metric_of_the_dashboard_and_of_the_alerts_is_there() {
    let exposition = full().exposition().unwrap();
    let there: BTreeSet<&str> = exposition
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    for file in ["docs/deploy/alerts.yml", "docs/deploy/grafana.json"] {
        let text = fs_err::read_to_string(root().join(file)).unwrap();
        let asked: BTreeSet<&str> = text
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .filter(|word| word.starts_with("thor_cutover_"))
            .collect();
        assert!(asked.len() > 5, "{file} asks for {asked:?}");
        let missing: Vec<_> = asked.difference(&there).collect();
        assert!(missing.is_empty(), "{file} asks for {missing:?}, which nobody shows");
    }
    let dashboard = fs_err::read_to_string(root().join("docs/deploy/grafana.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let ids: BTreeSet<u64> =
        dashboard["panels"].as_array().unwrap().iter().map(|it| it["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), dashboard["panels"].as_array().unwrap().len());
}

/// Where promtool is installed; the rules are checked by a parser of ours nowhere.
#[test]
#[expect(clippy::print_stderr, clippy::disallowed_macros, reason = "a skipped check is said aloud")]
fn promtool_takes_the_alerts() {
    let program = std::env::var_os("PROMTOOL").unwrap_or_else(|| "promtool".into());
    let checked =
        Command::new(&program).args(["check", "rules"]).arg(root().join("docs/deploy/alerts.yml")).output();
    match checked {
        Ok(output) => assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(_) => eprintln!("SKIPPED: no promtool; apt-get install prometheus, or PROMTOOL=its path"),
    }
}
