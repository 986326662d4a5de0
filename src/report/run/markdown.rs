//! A run's report as GitHub-flavoured Markdown, for a pull request or a job's summary.

use std::fmt::Write as _;

use crate::model::outcome::blocking;
use crate::model::run::{FeatureReport, RunEnd, RunReport};
use crate::model::text::capital;
use crate::model::verdict::Verdict;
use crate::report::markup::{escaped, gate_table, sides, sign};
use crate::report::page::finding::FindingView;
use crate::report::run::differences::payloads;
use crate::report::run::words::{bound, connection, notes, skew_p99};

/// Findings of a feature that are listed; the JSON has all.
const MAX_FINDINGS: usize = 8;
/// Fields of one of them.
const MAX_ROWS: usize = 16;

pub fn markdown(command: &str, report: &RunReport) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "# {} thor-cutover {command}: {}\n", sign(report.verdict), report.verdict);
    let end = match report.end {
        RunEnd::Completed => "",
        RunEnd::Interrupted => ", interrupted",
    };
    let _ = write!(text, "{:.1} s{end}", report.seconds);
    let said = connection(&report.connection);
    let said = if said.is_empty() { String::new() } else { format!("; {}", said.join(", ")) };
    let _ = writeln!(text, "{}.\n", escaped(&said));
    text.push_str("| feature | verdict | samples | messages | changes | skew p99 | differ |\n|---|---|---|---|---|---|---|\n");
    for feature in &report.features {
        let _ = writeln!(
            text,
            "| {} | {} {} | {} | {} | {} | {} | {} |",
            escaped(&feature.feature),
            sign(feature.verdict),
            feature.verdict,
            feature.samples,
            feature.messages,
            feature.transitions,
            skew_p99(feature),
            blocking(&feature.outcomes)
        );
    }
    text.push('\n');
    for feature in &report.features {
        of_feature(&mut text, feature);
    }
    for warning in &report.warnings {
        let _ = writeln!(text, "> **Warning:** {}\n", escaped(warning));
    }
    text
}

fn of_feature(text: &mut String, feature: &FeatureReport) {
    let _ =
        writeln!(text, "## {} {}: {}\n", sign(feature.verdict), escaped(&feature.feature), feature.verdict);
    if let Some(bound) = bound(feature) {
        let _ = writeln!(text, "{}\n", escaped(&bound));
    }
    let open: Vec<_> = feature.gates.iter().filter(|gate| gate.verdict != Verdict::Go).collect();
    if !open.is_empty() {
        gate_table(text, open);
    }
    let findings: Vec<_> = feature.findings.iter().filter(|it| it.difference.kind.blocks()).collect();
    for finding in findings.iter().take(MAX_FINDINGS) {
        let view = FindingView::of(finding, payloads(feature, finding), None, String::new());
        let _ = writeln!(
            text,
            "### `{}` {}\n\n{} {}.\n",
            view.kind,
            escaped(&view.place),
            view.meaning,
            capital(&view.count)
        );
        sides(text, &view, MAX_ROWS);
    }
    if findings.len() > MAX_FINDINGS {
        let _ = writeln!(text, "… and {} more, all in the JSON.\n", findings.len() - MAX_FINDINGS);
    }
    let notes = notes(feature);
    if !notes.is_empty() {
        let s = if notes.len() == 1 { "" } else { "s" };
        let _ = writeln!(text, "<details><summary>{} note{s}</summary>\n", notes.len());
        notes.iter().for_each(|note| text.push_str(&format!("- {}\n", escaped(note))));
        text.push_str("\n</details>\n\n");
    }
}
