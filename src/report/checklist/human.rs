//! The checklist as a person reads it in a terminal: what is judged in full, the rest in a few lines.

use std::fmt::Write as _;

use crate::model::text::visible;
use crate::model::verdict::Verdict;
use crate::report::checklist::{ChecklistReport, FeatureDecision, Overall};
use crate::report::palette;
use crate::report::table::{lines, paragraph, table};

pub fn human(report: &ChecklistReport, width: usize) -> String {
    let mut text = String::new();
    text.push_str(&paragraph(width, &format!("{}: ", word(report.verdict)), 2, &headline(report)));
    let revision = report
        .revision
        .as_deref()
        .map_or("unknown revision".to_owned(), |it| format!("revision {}", visible(it)));
    let source = match &report.source {
        Some(source) => source.line(),
        None if report.waived.is_some() => "no source tree".to_owned(),
        None => "no source tree of Thor was found".to_owned(),
    };
    text.push_str(&paragraph(width, "", 2, &palette::faint(&format!("{revision}, {source}")).to_string()));
    text.push('\n');
    for feature in report.features.iter().filter(|it| it.judged) {
        text.push_str(&in_full(feature, width));
    }
    let others: Vec<&FeatureDecision> = report.features.iter().filter(|it| !it.judged).collect();
    if !others.is_empty() {
        let _ = writeln!(text, "{}", palette::heading("Claiming nothing, so not judged; what comes next:"));
        for feature in others {
            text.push_str(&in_short(feature, width));
        }
        text.push('\n');
    }
    for warning in &report.warnings {
        text.push_str(&paragraph(width, &palette::attention("! ").to_string(), 2, &visible(warning)));
    }
    text
}

pub fn word(verdict: Overall) -> String {
    let verdict = match verdict {
        Overall::Go => Verdict::Go,
        Overall::Inconclusive => Verdict::Inconclusive,
        Overall::NoGo => Verdict::NoGo,
        Overall::Error => Verdict::Error,
        Overall::NothingClaimed => return palette::heading("NOTHING CLAIMED").to_string(),
    };
    palette::verdict(verdict).to_string()
}

/// An instant in RFC 3339 without parts of a second; the JSON has them.
fn whole_seconds(at: &str) -> String {
    at.split_once('.').map_or_else(|| visible(at), |(whole, _)| format!("{}Z", visible(whole)))
}

/// What the verdict is about, in one line.
pub fn headline(report: &ChecklistReport) -> String {
    let judged = report.features.iter().filter(|it| it.judged).count();
    let about = match (report.verdict, report.asked.as_str()) {
        (Overall::NothingClaimed, _) => "no flag is on, and nothing is known to be gone".to_owned(),
        (_, "claimed") => {
            let claim = if judged == 1 { "claims" } else { "claim" };
            format!("{judged} of {} features {claim} something", report.features.len())
        }
        (_, "next") => match report.features.as_slice() {
            [one] => format!("the next decision of {}", visible(&one.feature)),
            _ => "the next decision of each feature".to_owned(),
        },
        (_, decision) => format!("the decision `{decision}`"),
    };
    match &report.waived {
        Some(waived) => format!("{about}; {}", visible(&waived.line())),
        None => about,
    }
}

fn stage(feature: &FeatureDecision) -> String {
    feature.stage.map_or("stage unknown".to_owned(), |stage| format!("stage {stage}"))
}

fn in_full(feature: &FeatureDecision, width: usize) -> String {
    let mut text = String::new();
    let claimed = if feature.claimed { ", already acted on" } else { "" };
    let _ = writeln!(
        text,
        "{} {}",
        palette::verdict(feature.verdict),
        palette::heading(&visible(&feature.title()))
    );
    let _ = writeln!(text, "{}", palette::faint(&format!("{}{claimed}", stage(feature))));
    if !feature.gone.is_empty() {
        text.push_str(&paragraph(width, "claimed: ", 9, &visible(&feature.gone.join(", "))));
    }
    if let Some(verified) = &feature.verified {
        let gap =
            verified.after_gap_seconds.map(|gap| format!(", after a gap of {gap:.0} s")).unwrap_or_default();
        let stretch = format!(
            "from {} through {}{gap}",
            whole_seconds(&verified.verified_from),
            whole_seconds(&verified.verified_through)
        );
        text.push_str(&paragraph(width, "verified: ", 10, &stretch));
    }
    let mut rows = table(width, ["Gate", "Verdict", "Measured", "Needed"]);
    for row in &feature.gates {
        let gate = &row.gate;
        rows.add_row([
            gate.code.clone(),
            palette::verdict(gate.verdict).to_string(),
            visible(&gate.value),
            visible(&gate.threshold),
        ]);
    }
    text.push_str(&lines(&rows));
    text.push_str(&fixes(feature, width));
    for note in &feature.notes {
        text.push_str(&paragraph(width, "note: ", 6, &visible(note)));
    }
    text.push('\n');
    text
}

/// What to do, each thing once, with the gates that it is for.
fn fixes(feature: &FeatureDecision, width: usize) -> String {
    let mut fixes: Vec<(&str, Vec<&str>)> = Vec::new();
    for gate in feature.lacking().filter(|gate| !gate.fix.is_empty()) {
        match fixes.iter_mut().find(|(fix, _)| *fix == gate.fix) {
            Some((_, codes)) => codes.push(&gate.code),
            None => fixes.push((&gate.fix, vec![&gate.code])),
        }
    }
    let mut text = String::new();
    for (fix, codes) in fixes {
        let first = format!("{} ", palette::attention("→"));
        text.push_str(&paragraph(width, &first, 2, &visible(&format!("{}: {fix}", codes.join(", ")))));
    }
    text
}

fn in_short(feature: &FeatureDecision, width: usize) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "  {} ({}) → {}",
        palette::heading(&visible(&feature.feature)),
        stage(feature),
        format_args!("{}: {}", feature.decision, feature.decision.question())
    );
    let lacking: Vec<&str> = feature.lacking().map(|gate| gate.code.as_str()).collect();
    if lacking.is_empty() {
        text.push_str("    lacks nothing\n");
    } else {
        text.push_str(&paragraph(width, "    lacks ", 10, &lacking.join(", ")));
    }
    if let Some(gate) = feature.lacking().find(|gate| !gate.fix.is_empty()) {
        text.push_str(&paragraph(width, "    first ", 10, &visible(&gate.fix)));
    }
    for note in &feature.notes {
        text.push_str(&paragraph(width, "    note  ", 10, &visible(note)));
    }
    text
}
