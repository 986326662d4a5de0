//! The checklist as workflow commands: a readable log, and an annotation for each feature that is judged, the worst
//! first. GitHub shows ten of a step and drops the rest without a word: those that matter come first.

use std::cmp::Reverse;
use std::fmt::Write as _;

use crate::model::gate::Gate;
use crate::model::text::visible;
use crate::model::verdict::Verdict;
use crate::report::checklist::human::headline;
use crate::report::checklist::{ChecklistReport, FeatureDecision, Overall};
use crate::report::workflow::{annotated, data, lines, logged, property};

pub fn github(report: &ChecklistReport) -> String {
    let mut text =
        format!("thor-cutover checklist: {}, {}\n", report.verdict.as_str(), logged(&headline(report)));
    if let Some(source) = &report.source {
        let _ = writeln!(text, "{}", logged(&source.line()));
    }
    for feature in &report.features {
        text.push_str(&log(feature));
    }
    for warning in &report.warnings {
        let _ = writeln!(text, "! {}", logged(warning));
    }
    // A feature that claims nothing is no reason to draw anybody's eye.
    let mut judged: Vec<&FeatureDecision> =
        report.features.iter().filter(|feature| feature.judged && feature.verdict != Verdict::Go).collect();
    judged.sort_by_key(|feature| Reverse(feature.verdict));
    let shown = annotated(judged.len());
    for feature in &judged[..shown] {
        text.push_str(&annotation(feature));
    }
    if judged.is_empty() || shown < judged.len() {
        let level = match report.verdict {
            Overall::Go | Overall::NothingClaimed => "notice",
            Overall::Inconclusive => "warning",
            Overall::NoGo | Overall::Error => "error",
        };
        let title = property(&format!("thor-cutover checklist: {}", report.verdict.as_str()));
        let more = match judged.len() - shown {
            0 => String::new(),
            n => format!("; {n} more features are in the log"),
        };
        let _ = writeln!(text, "::{level} title={title}::{}", data(&format!("{}{more}", headline(report))));
    }
    text
}

/// A feature's gates in a group that the log folds; no line of it begins a command.
fn log(feature: &FeatureDecision) -> String {
    let judged = if feature.judged { "" } else { " (claims nothing, so not judged)" };
    let title = format!("{} {}{judged}", feature.verdict, visible(&feature.title()));
    let mut text = format!("::group::{}\n", data(&title));
    for row in &feature.gates {
        let Gate { code, verdict, value, threshold, fix, .. } = &row.gate;
        let _ = writeln!(
            text,
            "  {:12} {code}: {} (needed: {})",
            verdict.as_str(),
            logged(value),
            logged(threshold)
        );
        if !fix.is_empty() {
            let _ = writeln!(text, "  {:12} → {}", "", logged(fix));
        }
    }
    text.push_str("::endgroup::\n");
    text
}

/// One for the feature: its worst gate in full, at its place in the source, and the others by name.
fn annotation(feature: &FeatureDecision) -> String {
    let mut gates: Vec<&Gate> = feature.lacking().collect();
    gates.sort_by_key(|gate| Reverse(gate.verdict));
    let level = match feature.verdict {
        Verdict::NoGo | Verdict::Error => "error",
        Verdict::Inconclusive | Verdict::Go => "warning",
    };
    let worst = gates.first();
    let place = worst
        .and_then(|gate| gate.place.as_ref())
        .map(|place| format!("file={},line={},", property(&place.path), place.line))
        .unwrap_or_default();
    let title = property(&format!("{} {}: {}", feature.feature, feature.decision, feature.verdict));
    let mut message = worst.map_or_else(String::new, |gate| {
        let fix = if gate.fix.is_empty() { String::new() } else { format!(". To do: {}", gate.fix) };
        format!("{}: {} (needed: {}){fix}", gate.code, gate.value, gate.threshold)
    });
    let others: Vec<&str> = gates.iter().skip(1).map(|gate| gate.code.as_str()).collect();
    if !others.is_empty() {
        let _ = write!(message, "\nalso: {}", others.join(", "));
    }
    format!("::{level} {place}title={title}::{}\n", lines(&message))
}
