//! The cutover as GitHub-flavoured Markdown: what the page says, without its charts.

use std::fmt::Write as _;

use super::{CutoverReport, DatedFinding, FeatureHistory};
use crate::report::markup::{escaped, gate_table, sides, sign};
use crate::report::page::finding::FindingView;
use crate::report::page::{minute, percent};

/// Runs of a feature that are listed; the newest.
const MAX_RUNS: usize = 30;
/// Fields of a finding that are listed.
const MAX_ROWS: usize = 12;

pub fn markdown(report: &CutoverReport) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "# The cutover of {}\n", escaped(&report.target));
    let revision = report.revision.as_deref().map_or("unknown".to_owned(), escaped);
    let source = report.source.as_ref().map_or("no source tree was read".to_owned(), |source| source.line());
    let _ = writeln!(
        text,
        "{} to {} UTC; revision {revision}; {source}.\n",
        minute(&report.from),
        minute(&report.to)
    );
    text.push_str("| feature | stage | flag | next decision | verdict | lacks | runs |\n|---|---|---|---|---|---|---|\n");
    for feature in &report.features {
        let standing = &feature.standing;
        let lacking: Vec<String> = standing.lacking().map(|gate| format!("`{}`", gate.code)).collect();
        let lacks = if lacking.is_empty() { "nothing".to_owned() } else { lacking.join(", ") };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} {} | {lacks} | {} |",
            escaped(&standing.feature),
            standing.stage.map_or("unknown", |stage| stage.as_str()),
            feature.flag,
            standing.decision,
            sign(standing.verdict),
            standing.verdict,
            feature.runs.len()
        );
    }
    let not_seen: Vec<String> = report.not_seen.iter().map(|said| format!("- {}\n", escaped(said))).collect();
    let of_features = report.features.iter().flat_map(|feature| {
        let name = escaped(&feature.standing.feature);
        feature.not_seen.iter().map(move |said| format!("- {name}: {}\n", escaped(said)))
    });
    let _ =
        write!(text, "\n## What was not seen\n\n{}{}\n", not_seen.concat(), of_features.collect::<String>());
    text.push_str("## Who did and said what\n\n");
    if report.events.is_empty() {
        text.push_str("Nobody has changed a flag or signed anything.\n\n");
    } else {
        text.push_str("| time | feature | what | entry |\n|---|---|---|---|\n");
        for event in &report.events {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                minute(&event.at),
                escaped(&event.features.join(", ")),
                escaped(&event.summary),
                escaped(&event.id)
            );
        }
        text.push('\n');
    }
    for feature in &report.features {
        of_feature(&mut text, feature);
    }
    for warning in &report.warnings {
        let _ = writeln!(text, "> **Warning:** {}\n", escaped(warning));
    }
    text
}

fn of_feature(text: &mut String, feature: &FeatureHistory) {
    let standing = &feature.standing;
    let _ = writeln!(text, "## {} {}\n", sign(standing.verdict), escaped(&standing.title()));
    gate_table(text, standing.gates.iter().map(|row| &row.gate));
    for finding in &feature.findings {
        found(text, finding);
    }
    if feature.more_findings > 0 {
        let _ = writeln!(text, "Findings that are not listed: {}.\n", feature.more_findings);
    }
    if !feature.runs.is_empty() {
        text.push_str("| run | verdict | flag | judged | the same | skew p99 | REST errors |\n|---|---|---|---|---|---|---|\n");
        for run in feature.runs.iter().rev().take(MAX_RUNS) {
            let skew = run.skew_p99_ms.map_or("–".to_owned(), |skew| format!("{skew:.0} ms"));
            let _ = writeln!(
                text,
                "| {} | {} {} | {} | {} | {} | {skew} | {} |",
                escaped(&run.id),
                sign(run.verdict),
                run.verdict,
                run.flag,
                run.judged,
                percent(run.match_rate()),
                run.rest_errors
            );
        }
        let more = feature.runs.len().saturating_sub(MAX_RUNS);
        let _ = writeln!(
            text,
            "{}",
            if more > 0 { format!("\nOlder runs that are not listed: {more}.\n") } else { String::new() }
        );
    }
    let code = match &feature.code {
        Some(code) => format!("code `{code}` ({} definitions)", feature.definitions),
        None => "no code was read".to_owned(),
    };
    let _ = writeln!(text, "Bound to {code}, rules `{}`.\n", escaped(&feature.rules));
}

fn found(text: &mut String, dated: &DatedFinding) {
    let view = FindingView::of(&dated.finding, dated.payloads.as_ref(), Some(dated.runs), minute(&dated.at));
    let _ = writeln!(text, "### `{}` {}\n", view.kind, escaped(&view.place));
    let _ = writeln!(text, "{} {}, last {}.\n", view.meaning, view.count, view.when);
    sides(text, &view, MAX_ROWS);
}
