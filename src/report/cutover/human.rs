//! The report in a terminal: where each feature stands, in a few lines; the page has the rest.

use std::fmt::Write as _;

use super::{CutoverReport, FeatureHistory};
use crate::model::text::visible;
use crate::report::page::minute;
use crate::report::palette;
use crate::report::table::{lines, paragraph, table};

pub fn human(report: &CutoverReport, width: usize) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", palette::heading(&format!("The cutover of {}", visible(&report.target))));
    let span = format!("{} to {} UTC", minute(&report.from), minute(&report.to));
    let _ = writeln!(text, "{}\n", palette::faint(&span));
    let mut rows = table(width, ["Feature", "Stage", "Flag", "Next decision", "Verdict", "Runs", "Findings"]);
    for feature in &report.features {
        let standing = &feature.standing;
        rows.add_row([
            visible(&standing.feature),
            standing.stage.map_or("unknown", |stage| stage.as_str()).to_owned(),
            feature.flag.clone(),
            standing.decision.to_string(),
            match standing.lacking().count() {
                0 => palette::verdict(standing.verdict).to_string(),
                lacking => format!("{}, lacks\u{a0}{lacking}", palette::verdict(standing.verdict)),
            },
            feature.runs.len().to_string(),
            findings(feature).to_string(),
        ]);
    }
    text.push_str(&lines(&rows));
    if !report.not_seen.is_empty() {
        text.push('\n');
    }
    for said in &report.not_seen {
        text.push_str(&paragraph(width, "not seen: ", 10, &visible(said)));
    }
    for warning in &report.warnings {
        text.push_str(&paragraph(width, &palette::attention("! ").to_string(), 2, &visible(warning)));
    }
    let _ = writeln!(
        text,
        "\nthe whole of it on one page:\n  thor-cutover report --format html --output cutover.html"
    );
    text
}

fn findings(feature: &FeatureHistory) -> usize {
    feature.findings.len() + feature.more_findings
}
