//! A run's report for people: the verdict of each feature, what does not pass, what differs, what to do.

use std::fmt::Write as _;

use colored::Colorize as _;
use comfy_table::Cell;

use crate::model::gate::Gate;
use crate::model::outcome::blocking;
use crate::model::run::{FeatureReport, Finding, RunEnd, RunReport};
use crate::model::text::{cut, visible};
use crate::model::verdict::Verdict;
use crate::report::close;
use crate::report::palette;
use crate::report::run::{differences, words};
use crate::report::table::{lines, paragraph, table};

/// Findings shown for one feature; the JSON has all.
const FINDINGS: usize = 8;
/// Lines of the newest difference, both sides whole; the JSON has all.
const DIFF_LINES: usize = 24;

/// The whole answer; what a person reads last, the summary and what to do next, stands last.
pub fn render(command: &str, report: &RunReport, is_verbose: bool, width: usize) -> String {
    let mut out = String::new();
    let end = match report.end {
        RunEnd::Completed => "completed",
        RunEnd::Interrupted => "interrupted",
    };
    if report.features.is_empty() {
        line(&mut out, format_args!("{command}: not begun"));
    } else {
        line(&mut out, format_args!("{command}: {:.1} s, {end}", report.seconds));
    }
    connection(&mut out, report, width);
    for feature in &report.features {
        of_feature(&mut out, feature, is_verbose, width);
    }
    out.push('\n');
    for warning in &report.warnings {
        out.push_str(&paragraph(width, "warning: ", 9, &visible(warning)));
    }
    if !report.features.is_empty() {
        out.push_str(&summary(report, width));
    }
    line(&mut out, format_args!("\nverdict: {}", palette::verdict(report.verdict)));
    out.push_str(&paragraph(width, "next: ", 6, &next(command, report)));
    out
}

/// The one command that leads on from here.
fn next(command: &str, report: &RunReport) -> String {
    let of = |verdict: Verdict| report.features.iter().find(|feature| feature.verdict == verdict);
    let name = |feature: Option<&FeatureReport>| {
        feature.map(|feature| format!(" {}", visible(&feature.feature))).unwrap_or_default()
    };
    match report.verdict {
        Verdict::Go if command == "replay" => {
            format!(
                "thor-cutover shadow-diff{}    (a replay is no evidence, a run is)",
                name(of(Verdict::Go))
            )
        }
        Verdict::Go => {
            format!("thor-cutover checklist{}    (what the flag still needs besides)", name(of(Verdict::Go)))
        }
        Verdict::NoGo => format!(
            "mend what is named above, then thor-cutover shadow-diff{}; the flag stays off until then",
            name(of(Verdict::NoGo))
        ),
        Verdict::Inconclusive if report.features.is_empty() => {
            "thor-cutover shadow-diff --until-close, without --no-wait: it waits for the market".to_owned()
        }
        Verdict::Inconclusive => {
            let worst = of(Verdict::Inconclusive);
            let gates = worst.into_iter().flat_map(|feature| &feature.gates);
            let fix =
                gates.filter(|gate| gate.verdict == Verdict::Inconclusive).find(|gate| !gate.fix.is_empty());
            match fix {
                Some(gate) => visible(&gate.fix),
                None => format!("thor-cutover shadow-diff{} once more, for longer", name(worst)),
            }
        }
        Verdict::Error => "thor-cutover doctor".to_owned(),
    }
}

fn summary(report: &RunReport, width: usize) -> String {
    let mut table =
        table(width, ["feature", "verdict", "samples", "messages", "changes", "skew p99", "differ"]);
    // seven columns and the longest verdict fit 80 columns only side by side
    table.column_iter_mut().for_each(|column| {
        column.set_padding((1, 0));
    });
    for feature in &report.features {
        table.add_row([
            Cell::new(visible(&feature.feature)),
            Cell::new(palette::verdict(feature.verdict)),
            Cell::new(feature.samples),
            Cell::new(feature.messages),
            Cell::new(feature.transitions),
            Cell::new(words::skew_p99(feature)),
            Cell::new(blocking(&feature.outcomes)),
        ]);
    }
    lines(&table)
}

fn connection(out: &mut String, report: &RunReport, width: usize) {
    let said = words::connection(&report.connection);
    if !said.is_empty() {
        out.push_str(&paragraph(width, "connection: ", 12, &said.join(", ")));
    }
    let codes = report.connection.closes.keys();
    for (code, meaning) in codes.filter_map(|code| Some((code, close::meaning(*code)?))) {
        out.push_str(&paragraph(width, &format!("  {code}: "), 8, meaning));
    }
}

fn of_feature(out: &mut String, feature: &FeatureReport, is_verbose: bool, width: usize) {
    line(out, format_args!("\n{}  {}", visible(&feature.feature).bold(), palette::verdict(feature.verdict)));
    out.push_str(&paragraph(width, "  ", 2, &words::outcomes(feature)));
    let open: Vec<&Gate> =
        feature.gates.iter().filter(|gate| is_verbose || gate.verdict != Verdict::Go).collect();
    if !open.is_empty() {
        let mut table = table(width, ["gate", "verdict", "measured", "asked for"]);
        for gate in &open {
            table.add_row([
                Cell::new(visible(&gate.code)),
                Cell::new(palette::verdict(gate.verdict)),
                Cell::new(shown(&gate.value)),
                Cell::new(shown(&gate.threshold)),
            ]);
        }
        out.push_str(&lines(&table));
        for gate in open.iter().filter(|gate| !gate.fix.is_empty()) {
            out.push_str(&paragraph(width, &format!("  {}: ", visible(&gate.code)), 4, &visible(&gate.fix)));
        }
    }
    if let Some(bound) = words::bound(feature) {
        out.push_str(&paragraph(width, "  ", 2, &bound));
    }
    findings(out, feature, width);
    notes(out, feature, is_verbose, width);
}

fn findings(out: &mut String, feature: &FeatureReport, width: usize) {
    let alike = alike(&feature.findings);
    for group in alike.iter().take(FINDINGS) {
        told(out, feature, group, width);
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
fn told(out: &mut String, feature: &FeatureReport, group: &[&Finding], width: usize) {
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
        out.push_str(&paragraph(width, "      ", 6, &known.join("; ")));
    }
}

/// Folded into a line unless they were asked for.
fn notes(out: &mut String, feature: &FeatureReport, is_verbose: bool, width: usize) {
    let notes = words::notes(feature);
    match notes.len() {
        0 => {}
        1 => out.push_str(&paragraph(width, "  note: ", 8, &visible(&notes[0]))),
        _ if is_verbose => {
            notes.iter().for_each(|note| out.push_str(&paragraph(width, "  note: ", 8, &visible(note))));
        }
        _ => {
            for note in words::notes_on_entities(feature) {
                out.push_str(&paragraph(width, "  note: ", 8, &visible(&note)));
            }
            let kinds = words::kinds_of_notes(feature);
            if !kinds.is_empty() {
                let kinds = format!("{} (-v shows them)", visible(&kinds));
                out.push_str(&paragraph(width, "  notes: ", 9, &kinds));
            }
        }
    }
}

fn shown(text: &str) -> String {
    cut(&visible(text), 160)
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a String cannot fail");
    out.push('\n');
}
