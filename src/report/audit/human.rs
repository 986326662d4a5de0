//! The audit as a person reads it: one table a feature, hazards marked, what was searched at the end.

use std::fmt::Write as _;

use crate::model::facts::audit::{BesideFact, Cleanliness, DeletionPlan, FeatureFacts, Finding};
use crate::model::text::visible;
use crate::report::audit::{AuditAnswer, FeatureSince, Since, doubt};
use crate::report::palette;
use crate::report::table::{lines, paragraph, table};

pub fn human(answer: &AuditAnswer, width: usize) -> String {
    let mut text = String::new();
    if let Some(since) = &answer.since {
        text.push_str(&compared(since, width));
    }
    for facts in &answer.features {
        let own: Vec<&Finding> = answer.of_feature(Some(&facts.feature)).collect();
        text.push_str(&group(&facts.feature, &own, width));
        for line in beside(facts) {
            text.push_str(&paragraph(width, "  ", 2, &visible(&line)));
        }
    }
    let others: Vec<&Finding> = answer.of_feature(None).collect();
    if !others.is_empty() {
        text.push_str(&group("no feature, or several at once", &others, width));
    }
    text.push_str(&searched(answer, width));
    text
}

/// Endpoints that the configuration does not name, one a line.
pub fn beside(facts: &FeatureFacts) -> Vec<String> {
    let line = |it: &BesideFact| {
        let what = if it.health { "tells of its health" } else { "beside what is configured" };
        let through: Vec<String> = it.included_by.iter().map(ToString::to_string).collect();
        let through =
            if through.is_empty() { String::new() } else { format!(", included by {}", through.join(", ")) };
        format!("{what}: {} ({}{through}; view {}): {}", it.paths.join(", "), it.route, it.view, it.why)
    };
    facts.beside.iter().map(line).collect()
}

fn group(title: &str, findings: &[&Finding], width: usize) -> String {
    let mut text = String::new();
    let hazards = findings.iter().filter(|finding| finding.kind.is_hazard()).count();
    let counted = match findings.len() {
        0 => "nothing found".to_owned(),
        all => format!("{all} finding{}, {hazards} of them hazard{}", s(all), s(hazards)),
    };
    let _ = writeln!(text, "{}  {}", palette::heading(&visible(title)), palette::faint(&counted));
    if findings.is_empty() {
        text.push('\n');
        return text;
    }
    let mut rows = table(width, ["what", "where and why"]);
    for finding in findings {
        let kind = finding.kind.code();
        let kind =
            if finding.kind.is_hazard() { palette::attention(kind).to_string() } else { kind.to_owned() };
        let place = format!("{}:{}", finding.path, finding.line);
        let why = format!("{}: {}{}", finding.symbol, finding.reason, doubt(finding));
        rows.add_row([kind, format!("{}\n{}", visible(&place), visible(&why))]);
    }
    text.push_str(&lines(&rows));
    text.push('\n');
    text
}

fn compared(since: &Since, width: usize) -> String {
    let mut text = String::new();
    let commit = since
        .commit
        .as_deref()
        .map_or(String::new(), |commit| format!(" ({})", &commit[..commit.len().min(12)]));
    let _ = writeln!(text, "{}", palette::heading(&format!("since {}{commit}", visible(&since.revision))));
    for feature in &since.features {
        let verdict =
            feature.verdict.verdict().map_or("-".to_owned(), |verdict| palette::verdict(verdict).to_string());
        text.push_str(&paragraph(
            width,
            &format!("{verdict} {}: ", visible(&feature.feature)),
            2,
            &visible(&outcome(feature)),
        ));
    }
    text.push('\n');
    text
}

/// What became of a feature's REST code, in a sentence.
pub fn outcome(feature: &FeatureSince) -> String {
    match &feature.cleanliness {
        Cleanliness::Left { findings } if feature.gone.is_empty() && !feature.claimed.is_empty() => {
            format!(
                "{} places of its REST code are left, but: {}",
                findings.len(),
                feature.claimed.join("; ")
            )
        }
        Cleanliness::Left { findings } if feature.gone.is_empty() => {
            format!("untouched: {} places of its REST code", findings.len())
        }
        Cleanliness::Left { findings } => {
            let places: Vec<String> = findings
                .iter()
                .take(5)
                .map(|finding| format!("{} {}:{}", finding.kind, finding.path, finding.line))
                .collect();
            let more = findings.len().saturating_sub(5);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            format!(
                "{} places are gone, {} are left: {}{more}",
                feature.gone.len(),
                findings.len(),
                places.join(", ")
            )
        }
        Cleanliness::Clean { gone } => format!("clean: {} places are gone, none is left", gone.len()),
        Cleanliness::Unknown { reason } => format!("unknown: {reason}"),
    }
}

fn searched(answer: &AuditAnswer, width: usize) -> String {
    let mut text = String::new();
    let root = visible(&answer.searched.root);
    let first = format!("{} ", palette::heading("searched"));
    text.push_str(&paragraph(width, &first, 2, &format!("{root}: {}", answer.searched_line())));
    for file in &answer.searched.unparsed {
        let line = file.line.map_or(String::new(), |line| format!(":{line}"));
        let mentions = match file.mentions.as_slice() {
            [] => String::new(),
            names => format!("; it mentions {}", names.join(", ")),
        };
        let what = format!("{}{line}: {}{mentions}", file.path, file.reason);
        text.push_str(&paragraph(width, &palette::attention("! ").to_string(), 2, &visible(&what)));
    }
    for note in &answer.searched.notes {
        text.push_str(&paragraph(width, "  ", 2, &visible(&format!("{}: {}", note.path, note.note))));
    }
    for note in &answer.searched.unresolved {
        text.push_str(&paragraph(width, "? ", 2, &visible(&format!("{}: {}", note.path, note.note))));
    }
    text.push_str(&left_out(answer, width));
    for mapped in &answer.mapped {
        let finding = &mapped.finding;
        let of = mapped.features.join(", ");
        let what =
            format!("mapped to {of}: {} {}:{}: {}", finding.kind, finding.path, finding.line, mapped.reason);
        text.push_str(&paragraph(width, "  ", 2, &visible(&what)));
    }
    for suppressed in &answer.suppressed {
        let finding = &suppressed.finding;
        let what =
            format!("accepted: {} {}:{}: {}", finding.kind, finding.path, finding.line, suppressed.reason);
        text.push_str(&paragraph(width, "  ", 2, &visible(&what)));
    }
    for warning in &answer.warnings {
        text.push_str(&paragraph(width, &palette::attention("! ").to_string(), 2, &visible(warning)));
    }
    text
}

/// Left out, by reason.
fn left_out(answer: &AuditAnswer, width: usize) -> String {
    let mut text = String::new();
    let mut rest = answer.searched.left_out.as_slice();
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|other| other.reason == first.reason).count();
        let paths: Vec<&str> = rest[..count].iter().take(3).map(|it| it.path.as_str()).collect();
        let more = if count > 3 { format!(" and {} more", count - 3) } else { String::new() };
        let what = format!("left out, {}: {}{more}", first.reason, paths.join(", "));
        text.push_str(&paragraph(width, "  ", 2, &visible(&what)));
        rest = &rest[count..];
    }
    text
}

/// The deletion plan as a checklist.
pub fn plan(plan: &DeletionPlan, width: usize) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}",
        palette::heading(&format!("deleting the REST side of {}", visible(&plan.feature)))
    );
    if plan.steps.is_empty() {
        text.push_str("nothing to delete was found\n");
    }
    for (number, step) in plan.steps.iter().enumerate() {
        text.push_str(&paragraph(
            width,
            &format!("\n{}. {}", number + 1, palette::heading(&step.title)),
            3,
            "",
        ));
        text.push_str(&paragraph(width, "   ", 3, &step.why));
        text.push_str(&paragraph(width, "   ", 3, &format!("done first: {}", step.breaks)));
        for finding in &step.places {
            text.push_str(&paragraph(width, "   [ ] ", 7, &visible(&line(finding))));
        }
    }
    let apart = [("look at these", &plan.look_at), ("first decide", &plan.warnings), ("keep", &plan.keep)];
    for (title, findings) in apart {
        if !findings.is_empty() {
            let _ = writeln!(text, "\n{}", palette::heading(title));
        }
        for finding in findings {
            text.push_str(&paragraph(
                width,
                &palette::attention("! ").to_string(),
                2,
                &visible(&line(finding)),
            ));
        }
    }
    text
}

/// `path:line kind symbol: reason`
pub fn line(finding: &Finding) -> String {
    format!("{}:{} {} {}: {}", finding.path, finding.line, finding.kind, finding.symbol, finding.reason)
}

fn s(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
