//! The audit as workflow commands. Hazards become annotations on file and line; what is merely there does not:
//! GitHub shows few of them, and those should matter.

use std::fmt::Write as _;

use crate::model::facts::audit::{Cleanliness, Finding};
use crate::model::text::visible;
use crate::report::audit::human::outcome;
use crate::report::audit::sarif::{Level, level};
use crate::report::audit::{AuditAnswer, AuditVerdict};

pub fn github(answer: &AuditAnswer) -> String {
    let mut text = String::new();
    for feature in answer.since.iter().flat_map(|since| &since.features) {
        if feature.verdict != AuditVerdict::NoGo {
            continue;
        }
        if let Cleanliness::Left { findings } = &feature.cleanliness {
            for finding in findings {
                let title = format!("{} {}: still there", feature.feature, finding.kind);
                annotation(&mut text, "error", Some(finding), &title, &outcome(feature));
            }
        }
    }
    for finding in answer.findings.iter().filter(|finding| finding.kind.is_hazard()) {
        let command = match level(finding) {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let feature = finding.feature.as_deref().map_or(String::new(), |feature| format!("{feature} "));
        let title = format!("{feature}{}", finding.kind);
        annotation(
            &mut text,
            command,
            Some(finding),
            &title,
            &format!("{}: {}", finding.symbol, finding.reason),
        );
    }
    for file in answer.searched.unparsed.iter().filter(|file| !file.mentions.is_empty()) {
        let title = format!("thor-cutover audit: {} was not read as it should", file.path);
        annotation(&mut text, "warning", None, &title, &file.reason);
    }
    let title = format!("thor-cutover audit: {}", answer.verdict.as_str());
    annotation(&mut text, "notice", None, &title, &answer.searched_line());
    text
}

fn annotation(text: &mut String, command: &str, finding: Option<&Finding>, title: &str, message: &str) {
    let place = finding
        .map(|finding| format!("file={},line={},", property(&finding.path), finding.line))
        .unwrap_or_default();
    let _ = writeln!(text, "::{command} {place}title={}::{}", property(title), data(message));
}

/// A message as GitHub takes it; what could begin another command is escaped.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
