//! A run's report as workflow commands: a readable log, and an annotation for each feature that is not GO, the worst
//! first.

use std::cmp::Reverse;
use std::fmt::Write as _;

use crate::model::gate::Gate;
use crate::model::run::{FeatureReport, RunReport};
use crate::model::text::counted;
use crate::model::verdict::Verdict;
use crate::report::run::differences;
use crate::report::workflow::{annotated, data, level, lines, logged, property};

/// Findings that one annotation names.
const MAX_FINDINGS: usize = 3;

pub fn github(command: &str, report: &RunReport) -> String {
    let mut text = format!("thor-cutover {command}: {}, {:.1} s\n", report.verdict, report.seconds);
    for feature in &report.features {
        let title = format!(
            "{} {}: {}",
            feature.verdict,
            feature.feature,
            counted(feature.samples, "sample", "samples")
        );
        let _ = writeln!(text, "::group::{}", data(&title));
        for Gate { code, verdict, value, threshold, fix, .. } in &feature.gates {
            let (code, value, threshold) = (logged(code), logged(value), logged(threshold));
            let _ = writeln!(text, "  {verdict:12} {code}: {value} (needed: {threshold})");
            if !fix.is_empty() {
                let _ = writeln!(text, "  {:12} → {}", "", logged(fix));
            }
        }
        text.push_str("::endgroup::\n");
    }
    for warning in &report.warnings {
        let _ = writeln!(text, "! {}", logged(warning));
    }
    let mut open: Vec<&FeatureReport> =
        report.features.iter().filter(|feature| feature.verdict != Verdict::Go).collect();
    open.sort_by_key(|feature| Reverse(feature.verdict));
    let shown = annotated(open.len());
    open[..shown].iter().for_each(|feature| text.push_str(&annotation(command, feature)));
    let is_told = open.iter().any(|feature| feature.verdict == report.verdict);
    if !is_told || shown < open.len() {
        let title = property(&format!("thor-cutover {command}: {}", report.verdict));
        let more = match open.len() - shown {
            0 => report.warnings.join("\n"),
            n => format!("{n} more features are in the log"),
        };
        let _ = writeln!(text, "::{} title={title}::{}", level(report.verdict), lines(&more));
    }
    text
}

fn annotation(command: &str, feature: &FeatureReport) -> String {
    let mut gates: Vec<&Gate> = feature.gates.iter().filter(|gate| gate.verdict != Verdict::Go).collect();
    gates.sort_by_key(|gate| Reverse(gate.verdict));
    let mut message = gates.first().map_or_else(String::new, |gate| {
        let fix = if gate.fix.is_empty() { String::new() } else { format!(". To do: {}", gate.fix) };
        format!("{}: {} (needed: {}){fix}", gate.code, gate.value, gate.threshold)
    });
    for finding in feature.findings.iter().filter(|it| it.difference.kind.blocks()).take(MAX_FINDINGS) {
        let (place, sides) = (differences::place(finding), differences::sides(feature, finding));
        let _ = write!(message, "\n{} {place}: {sides}", finding.difference.kind);
    }
    let others: Vec<&str> = gates.iter().skip(1).map(|gate| gate.code.as_str()).collect();
    if !others.is_empty() {
        let _ = write!(message, "\nalso: {}", others.join(", "));
    }
    let title = property(&format!("{command} {}: {}", feature.feature, feature.verdict));
    format!("::{} title={title}::{}\n", level(feature.verdict), lines(&message))
}
