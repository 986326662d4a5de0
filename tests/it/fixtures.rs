//! One folder a claim in `fixtures/`: a recording, and the report that a replay of it must give.
//!
//! `UPDATE=1 cargo test --test it fixtures::` writes `expected.json` anew; read the change before committing it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use thor_cutover::align::Engine;
use thor_cutover::judge::run::judge;
use thor_cutover::model::feature::in_force;
use thor_cutover::model::run::RunReport;
use thor_cutover::recording::Series;
use thor_cutover::settings::of_text;

fn claims() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut claims: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("recording.ndjson").is_file())
        .collect();
    claims.sort();
    claims
}

fn replay(claim: &Path) -> RunReport {
    let (header, mut series) = Series::open(&[claim.join("recording.ndjson")]).unwrap();
    let (features, thresholds) = match header.config {
        Some(config) => (config.features, config.thresholds),
        None => {
            let path = claim.join("thor-cutover.toml");
            let settings = of_text(&std::fs::read_to_string(&path).unwrap(), &path).unwrap();
            (settings.select(&header.features).unwrap(), settings.thresholds)
        }
    };
    let (features, _) = in_force(features, header.started_at.to_zoned(jiff::tz::TimeZone::UTC).date());
    let mut panel = Engine::new(&features);
    while let Some(observation) = series.next().unwrap() {
        panel.push(&observation);
    }
    judge(&features, &panel.finish(series.at()), &thresholds, series.end(), "")
}

/// What a claim is about: verdicts, outcomes, gates that do not pass, findings, kinds of note.
fn essence(report: &RunReport) -> Value {
    let features: Vec<Value> = report
        .features
        .iter()
        .map(|feature| {
            let gates: Vec<String> = feature
                .gates
                .iter()
                .filter(|gate| gate.verdict != thor_cutover::model::verdict::Verdict::Go)
                .map(|gate| format!("{}: {}, {}", gate.code, gate.verdict, gate.value))
                .collect();
            let findings: Vec<Value> = feature
                .findings
                .iter()
                .map(|finding| {
                    let it = &finding.difference;
                    json!({ "kind": it.kind, "entity": it.entity, "field": it.field, "rest": it.rest, "ws": it.ws, "count": finding.count })
                })
                .collect();
            let mut notes: Vec<&str> = feature.notes.iter().map(|note| note.kind.as_str()).collect();
            notes.sort_unstable();
            notes.dedup();
            json!({
                "feature": feature.feature,
                "verdict": feature.verdict,
                "outcomes": feature.outcomes,
                "filtered": feature.filtered,
                "transitions": feature.transitions,
                "not_passing": gates,
                "findings": findings,
                "notes": notes,
            })
        })
        .collect();
    json!({ "verdict": report.verdict, "features": features })
}

#[test]
fn every_claim_is_replayed_to_its_expected_report() {
    let claims = claims();
    assert!(!claims.is_empty());
    for claim in claims {
        let found = essence(&replay(&claim));
        let path = claim.join("expected.json");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, format!("{found:#}\n")).unwrap();
        }
        let expected: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(found, expected, "{}", claim.display());
    }
}
