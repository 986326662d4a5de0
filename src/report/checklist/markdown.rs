//! The checklist as GitHub-flavoured Markdown, for a pull request or a job's summary.

use std::fmt::Write as _;

use crate::report::checklist::human::headline;
use crate::report::checklist::{ChecklistReport, FeatureDecision, Overall};
use crate::report::markup::{self, escaped, gate_table};

pub fn markdown(report: &ChecklistReport) -> String {
    let mut text = String::new();
    let _ =
        writeln!(text, "# {} thor-cutover checklist: {}\n", sign(report.verdict), report.verdict.as_str());
    let revision = report.revision.as_deref().map_or("unknown".to_owned(), escaped);
    let source = match &report.source {
        Some(source) => source.line(),
        None if report.waived.is_some() => "**no source tree**".to_owned(),
        None => "**no source tree of Thor was found**".to_owned(),
    };
    let _ = writeln!(text, "{}; revision {revision}; {source}.\n", escaped(&headline(report)));
    for feature in report.features.iter().filter(|it| it.judged) {
        text.push_str(&in_full(feature));
    }
    let others: Vec<&FeatureDecision> = report.features.iter().filter(|it| !it.judged).collect();
    if !others.is_empty() {
        text.push_str("## Claiming nothing, so not judged\n\n| feature | stage | next decision | lacks |\n|---|---|---|---|\n");
        for feature in others {
            let lacking: Vec<String> = feature.lacking().map(|gate| format!("`{}`", gate.code)).collect();
            let stage = feature.stage.map_or("unknown", |stage| stage.as_str());
            let lacks = if lacking.is_empty() { "nothing".to_owned() } else { lacking.join(", ") };
            let _ = writeln!(
                text,
                "| {} | {stage} | {} | {lacks} |",
                escaped(&feature.feature),
                feature.decision
            );
        }
        text.push('\n');
    }
    for warning in &report.warnings {
        let _ = writeln!(text, "> **Warning:** {}\n", escaped(warning));
    }
    text
}

fn in_full(feature: &FeatureDecision) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "## {} {}\n", markup::sign(feature.verdict), escaped(&feature.title()));
    let stage = feature.stage.map_or("unknown", |stage| stage.as_str());
    let _ = write!(text, "Verdict **{}**, stage {stage}.", feature.verdict);
    if feature.claimed {
        text.push_str(" Already acted on.");
    }
    if !feature.gone.is_empty() {
        let gone: Vec<String> = feature.gone.iter().map(|name| escaped(name)).collect();
        let _ = write!(text, " Claimed: {}.", gone.join(", "));
    }
    if let Some(verified) = &feature.verified {
        let _ =
            write!(text, " Verified from {} through {}.", verified.verified_from, verified.verified_through);
    }
    text.push_str("\n\n");
    gate_table(&mut text, feature.gates.iter().map(|row| &row.gate));
    for note in &feature.notes {
        let _ = writeln!(text, "- {}", escaped(note));
    }
    if !feature.notes.is_empty() {
        text.push('\n');
    }
    text
}

fn sign(verdict: Overall) -> &'static str {
    verdict.verdict().map_or("➖", markup::sign)
}
