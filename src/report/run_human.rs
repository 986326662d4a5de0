//! A run's report for people: the verdict of each feature, what does not pass, what differs, what to do.

use std::fmt::Write as _;

use colored::Colorize as _;
use comfy_table::Cell;

use crate::model::gate::Gate;
use crate::model::outcome::Kind;
use crate::model::run::{FeatureReport, Finding, Note, RunEnd, RunReport};
use crate::model::verdict::Verdict;
use crate::report::close;
use crate::report::palette;
use crate::report::run_diff;
use crate::report::table::{lines, paragraph, table};
use crate::report::text::{cut, visible};

/// Findings shown for one feature; the JSON has all.
const FINDINGS: usize = 8;
const NOTES: usize = 12;

/// The whole answer.
pub fn render(command: &str, report: &RunReport, is_verbose: bool) -> String {
    let mut out = String::new();
    let end = match report.end {
        RunEnd::Completed => "completed",
        RunEnd::Interrupted => "interrupted",
    };
    line(&mut out, format_args!("{command}: {:.1} s, {end}\n", report.seconds));
    out.push_str(&summary(report));
    connection(&mut out, report);
    for feature in &report.features {
        of_feature(&mut out, feature, is_verbose);
    }
    for warning in &report.warnings {
        line(&mut out, format_args!("warning: {}", visible(warning)));
    }
    line(&mut out, format_args!("\nverdict: {}", palette::verdict(report.verdict)));
    out
}

fn summary(report: &RunReport) -> String {
    let mut table =
        table(["feature", "verdict", "samples", "messages", "changes", "skew p99", "differences"]);
    for feature in &report.features {
        let differences: u64 =
            feature.outcomes.iter().filter(|(kind, _)| kind.blocks()).map(|(_, count)| count).sum();
        table.add_row([
            Cell::new(visible(&feature.feature)),
            Cell::new(palette::verdict(feature.verdict)),
            Cell::new(feature.samples),
            Cell::new(feature.messages),
            Cell::new(feature.transitions),
            Cell::new(format!("{:.0} ms", feature.skew_ms.p99)),
            Cell::new(differences),
        ]);
    }
    lines(&table)
}

fn connection(out: &mut String, report: &RunReport) {
    let connection = &report.connection;
    let mut said = Vec::new();
    for (count, what) in [
        (connection.reconnects, "reconnects"),
        (connection.failed_attempts, "failed attempts to connect"),
        (connection.bad_frames, "unreadable frames"),
    ] {
        if count > 0 {
            said.push(format!("{count} {what}"));
        }
    }
    if connection.blind_seconds > 0.0 {
        said.push(format!("{:.1} s blind", connection.blind_seconds));
    }
    let closes: Vec<_> = connection.closes.iter().map(|(code, count)| format!("{count} × {code}")).collect();
    if !closes.is_empty() {
        said.push(format!("closed {}", closes.join(", ")));
    }
    if !said.is_empty() {
        line(out, format_args!("connection: {}", said.join(", ")));
    }
    for (code, meaning) in connection.closes.keys().filter_map(|code| Some((code, close::meaning(*code)?))) {
        line(out, format_args!("  {code}: {meaning}"));
    }
}

fn of_feature(out: &mut String, feature: &FeatureReport, is_verbose: bool) {
    line(out, format_args!("\n{}  {}", visible(&feature.feature).bold(), palette::verdict(feature.verdict)));
    line(out, format_args!("{}", outcomes(feature)));
    let open: Vec<&Gate> =
        feature.gates.iter().filter(|gate| is_verbose || gate.verdict != Verdict::Go).collect();
    if !open.is_empty() {
        let mut table = table(["gate", "verdict", "measured", "asked for"]);
        for gate in &open {
            table.add_row([
                Cell::new(&gate.code),
                Cell::new(palette::verdict(gate.verdict)),
                Cell::new(shown(&gate.value)),
                Cell::new(shown(&gate.threshold)),
            ]);
        }
        out.push_str(&lines(&table));
        for gate in open.iter().filter(|gate| !gate.fix.is_empty()) {
            let first = format!("  {}: ", gate.code);
            out.push_str(&paragraph(&first, first.len(), &visible(&gate.fix)));
        }
    }
    if feature.verdict == Verdict::Go
        && let Some(bound) = feature.failure_rate_bound
    {
        line(
            out,
            format_args!(
                "  all {} gates hold; with 95 % confidence fewer than {:.2} % of samples would differ",
                feature.gates.len(),
                bound * 100.0
            ),
        );
    }
    findings(out, feature);
    notes(out, feature);
}

fn outcomes(feature: &FeatureReport) -> String {
    let mut parts: Vec<_> = feature
        .outcomes
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    if feature.rest_errors > 0 {
        parts.push(format!("{} {}", Kind::RestError, feature.rest_errors));
    }
    if feature.filtered > 0 {
        parts.push(format!("filtered {}", feature.filtered));
    }
    if parts.is_empty() {
        parts.push("nothing was judged".to_owned());
    }
    format!("  {}", parts.join(" · "))
}

fn findings(out: &mut String, feature: &FeatureReport) {
    for finding in feature.findings.iter().take(FINDINGS) {
        line(out, format_args!("{}", told(finding)));
    }
    if feature.findings.len() > FINDINGS {
        line(out, format_args!("  … and {} more, all in --format json", feature.findings.len() - FINDINGS));
    }
    let newest = feature
        .findings
        .iter()
        .filter(|finding| finding.difference.kind.blocks())
        .max_by(|a, b| a.last_at.total_cmp(&b.last_at));
    if let Some(diff) = newest.and_then(|newest| run_diff::unified(feature, newest)) {
        line(out, format_args!("{diff}"));
    }
}

/// What differs, where, how often; what each side says; what follows from it.
fn told(finding: &Finding) -> String {
    let difference = &finding.difference;
    let kind = difference.kind.to_string();
    let kind = if difference.kind.blocks() { kind.red() } else { kind.yellow() };
    let mut text = format!("  {kind}");
    if let Some(field) = &difference.field {
        let _ = write!(text, "  {}", visible(&field.to_string()));
    }
    if !difference.entity.is_empty() {
        let _ = write!(text, "  of {}", run_diff::entity(&difference.entity));
    }
    if finding.count > 1 {
        let _ = write!(text, "  ({}×)", finding.count);
    }
    let said = |value: &Option<String>| value.as_deref().map_or_else(|| "says nothing".to_owned(), shown);
    let _ = write!(text, "\n      REST {} · WebSocket {}", said(&difference.rest), said(&difference.ws));
    let mut rest = Vec::new();
    if let Some(excess) = difference.excess_ms {
        rest.push(format!("{:.1} s beyond what is declared", excess as f64 / 1000.0));
    }
    if let Some(wrong) = difference.wrong_ms {
        rest.push(format!("the screen would have been wrong for {:.1} s", wrong as f64 / 1000.0));
    }
    if let Some(passes) = &difference.passes_with {
        rest.push(format!("a tolerance of {} would hide it", shown(passes)));
    }
    if !rest.is_empty() {
        let _ = write!(text, "\n      {}", rest.join("; "));
    }
    text
}

fn notes(out: &mut String, feature: &FeatureReport) {
    let said = |note: &Note| {
        let mut text = format!("  note: {}", visible(&note.kind));
        if let Some(field) = &note.field {
            let _ = write!(text, " {}", visible(&field.to_string()));
        }
        if note.count > 1 {
            let _ = write!(text, " ({}×)", note.count);
        }
        if !note.detail.is_empty() {
            let _ = write!(text, ": {}", shown(&note.detail));
        }
        text
    };
    for note in feature.notes.iter().take(NOTES) {
        line(out, format_args!("{}", said(note)));
    }
    if feature.notes.len() > NOTES {
        line(out, format_args!("  … and {} more notes, all in --format json", feature.notes.len() - NOTES));
    }
}

fn shown(text: &str) -> String {
    cut(&visible(text), 160)
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a String cannot fail");
    out.push('\n');
}
