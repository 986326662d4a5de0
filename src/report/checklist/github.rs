//! The checklist as workflow commands: GitHub shows each as an annotation, on file and line where there is one.

use std::fmt::Write as _;

use crate::model::text::visible;
use crate::model::verdict::Verdict;
use crate::report::checklist::human::headline;
use crate::report::checklist::{ChecklistReport, Overall};

pub fn github(report: &ChecklistReport) -> String {
    let mut text = String::new();
    for feature in &report.features {
        for gate in feature.lacking() {
            let level = match gate.verdict {
                _ if !feature.judged => "notice",
                Verdict::NoGo | Verdict::Error => "error",
                Verdict::Inconclusive | Verdict::Go => "warning",
            };
            let place = gate
                .place
                .as_ref()
                .map(|place| format!("file={},line={},", property(&place.path), place.line))
                .unwrap_or_default();
            let title = property(&format!(
                "{} {}: {} {}",
                feature.feature, feature.decision, gate.code, gate.verdict
            ));
            let fix = if gate.fix.is_empty() { String::new() } else { format!(". To do: {}", gate.fix) };
            let message = data(&format!("{} (needed: {}){fix}", gate.value, gate.threshold));
            let _ = writeln!(text, "::{level} {place}title={title}::{message}");
        }
    }
    let level = match report.verdict {
        Overall::Go | Overall::NothingClaimed => "notice",
        Overall::Inconclusive => "warning",
        Overall::NoGo | Overall::Error => "error",
    };
    let title = property(&format!("thor-cutover checklist: {}", report.verdict.as_str()));
    let _ = writeln!(text, "::{level} title={title}::{}", data(&headline(report)));
    text
}

/// A message as GitHub takes it; what could begin another command is escaped.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
