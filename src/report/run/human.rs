//! A run's report for people: the verdict of each feature, what does not pass, what differs, what to do.

use std::fmt::Write as _;

use colored::Colorize as _;
use comfy_table::Cell;

use crate::model::gate::Gate;
use crate::model::outcome::{Entity, Kind, blocking};
use crate::model::run::{FeatureReport, Finding, Note, RunEnd, RunReport};
use crate::model::text::{cut, visible};
use crate::model::verdict::Verdict;
use crate::report::close;
use crate::report::palette;
use crate::report::run::differences;
use crate::report::table::{lines, paragraph, table};

/// Findings shown for one feature; the JSON has all.
const FINDINGS: usize = 8;
const NOTES: usize = 12;
/// Lines of the newest difference, both sides whole; the JSON has all.
const DIFF_LINES: usize = 24;

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
    let mut table = table(["feature", "verdict", "samples", "messages", "changes", "skew p99", "differ"]);
    // seven columns and the longest verdict fit 80 columns only side by side
    table.column_iter_mut().for_each(|column| {
        column.set_padding((1, 0));
    });
    for feature in &report.features {
        let differences = blocking(&feature.outcomes);
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
    let alike = alike(&feature.findings);
    for group in alike.iter().take(FINDINGS) {
        told(out, feature, group);
    }
    if alike.len() > FINDINGS {
        line(out, format_args!("  … and {} more, all in --format json", alike.len() - FINDINGS));
    }
    let newest = differences::newest(feature).filter(|newest| newest.difference.kind.blocks());
    for diff in newest.iter().flat_map(|newest| differences::unified(feature, newest, DIFF_LINES)) {
        line(out, format_args!("  {}", diff.colored()));
    }
}

/// Findings of one kind in one field: of many entities, one stands for all. In the order of their first.
fn alike(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let is_alike = |known: &&Finding| {
            known.difference.kind == finding.difference.kind
                && known.difference.field == finding.difference.field
        };
        match groups.iter_mut().find(|group| group.first().is_some_and(is_alike)) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// What differs, where, how often; what each side says; what follows from it.
fn told(out: &mut String, feature: &FeatureReport, group: &[&Finding]) {
    let [finding, others @ ..] = group else { return };
    let kind = finding.difference.kind.to_string();
    let kind = if finding.difference.kind.blocks() { kind.red() } else { kind.yellow() };
    let more = match others.len() {
        0 => String::new(),
        more => {
            let count: u64 = others.iter().map(|finding| finding.count).sum();
            let entities = if more == 1 { "entity" } else { "entities" };
            format!("  and of {more} more {entities} ({count}×)")
        }
    };
    line(out, format_args!("  {kind}  {}{more}", differences::place(finding)));
    line(out, format_args!("      {}", differences::sides(feature, finding)));
    let known = differences::circumstances(feature, finding);
    if !known.is_empty() {
        out.push_str(&paragraph("      ", 6, &known.join("; ")));
    }
}

/// Entities named in a note.
const NAMED: usize = 5;

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
        let name = |entity: &Entity| entity.values().map(String::as_str).collect::<Vec<_>>().join(" ");
        let names: Vec<String> = note.entities.iter().take(NAMED).map(name).collect();
        if !names.is_empty() {
            let more = if note.entities.len() > NAMED { ", …" } else { "" };
            let _ = write!(text, " ({}{more})", shown(&names.join(", ")));
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
