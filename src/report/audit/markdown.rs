//! The audit as GitHub-flavoured Markdown; the deletion plan as a task list.

use std::fmt::Write as _;

use crate::model::facts::audit::{DeletionPlan, Finding};
use crate::report::audit::human::{beside, outcome};
use crate::report::audit::{AuditAnswer, doubt};
use crate::report::markup::{code, escaped};

pub fn markdown(answer: &AuditAnswer) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "# thor-cutover audit\n\n{}.\n", escaped(&answer.searched_line()));
    if let Some(since) = &answer.since {
        let _ =
            writeln!(text, "## Since {}\n\n| feature | verdict | |\n|---|---|---|", escaped(&since.revision));
        for feature in &since.features {
            let _ = writeln!(
                text,
                "| {} | {} | {} |",
                escaped(&feature.feature),
                feature.verdict.as_str(),
                escaped(&outcome(feature))
            );
        }
        text.push('\n');
    }
    for facts in &answer.features {
        let own: Vec<&Finding> = answer.of_feature(Some(&facts.feature)).collect();
        group(&mut text, &facts.feature, &own);
        for line in beside(facts) {
            let _ = writeln!(text, "- {}", escaped(&line));
        }
        if !facts.beside.is_empty() {
            text.push('\n');
        }
    }
    let others: Vec<&Finding> = answer.of_feature(None).collect();
    group(&mut text, "no feature, or several at once", &others);
    for file in &answer.searched.unparsed {
        let _ = writeln!(text, "> **Not parsed:** {}: {}\n", code(&file.path), escaped(&file.reason));
    }
    for mapped in &answer.mapped {
        let (of, reason) = (escaped(&mapped.features.join(", ")), escaped(&mapped.reason));
        let _ = writeln!(text, "> **Mapped to {of}:** {}: {reason}\n", item(&mapped.finding));
    }
    for accepted in &answer.suppressed {
        let _ =
            writeln!(text, "> **Accepted:** {}: {}\n", item(&accepted.finding), escaped(&accepted.reason));
    }
    for warning in &answer.warnings {
        let _ = writeln!(text, "> **Warning:** {}\n", escaped(warning));
    }
    text
}

fn group(text: &mut String, title: &str, findings: &[&Finding]) {
    let _ = writeln!(text, "## {}\n", escaped(title));
    if findings.is_empty() {
        text.push_str("Nothing found.\n\n");
        return;
    }
    text.push_str("| kind | where | what | why |\n|---|---|---|---|\n");
    for finding in findings {
        let mark = if finding.kind.is_hazard() { "⚠ " } else { "" };
        let _ = writeln!(
            text,
            "| {mark}{} | {} | {} | {}{} |",
            finding.kind,
            place(finding),
            escaped(&finding.symbol),
            escaped(&finding.reason),
            doubt(finding)
        );
    }
    text.push('\n');
}

/// The deletion plan as a task list for an issue or a pull request.
pub fn plan(plan: &DeletionPlan) -> String {
    let mut text = format!("# Deleting the REST side of {}\n\n", escaped(&plan.feature));
    if plan.steps.is_empty() {
        text.push_str("Nothing to delete was found.\n");
    }
    for (number, step) in plan.steps.iter().enumerate() {
        let (title, why, breaks) = (escaped(&step.title), escaped(&step.why), escaped(&step.breaks));
        let _ = writeln!(text, "## {}. {title}\n\n{why}. Done first: {breaks}.\n", number + 1);
        for finding in &step.places {
            let _ = writeln!(text, "- [ ] {}", item(finding));
        }
        text.push('\n');
    }
    let apart = [("Look at these", &plan.look_at), ("First decide", &plan.warnings), ("Keep", &plan.keep)];
    for (title, findings) in apart {
        if !findings.is_empty() {
            let _ = writeln!(text, "## {title}\n");
            for finding in findings {
                let _ = writeln!(text, "- {}", item(finding));
            }
            text.push('\n');
        }
    }
    text
}

fn item(finding: &Finding) -> String {
    format!("{} {} {}: {}", place(finding), finding.kind, escaped(&finding.symbol), escaped(&finding.reason))
}

fn place(finding: &Finding) -> String {
    code(&format!("{}:{}", finding.path, finding.line))
}
