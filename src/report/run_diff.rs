//! The newest difference as a unified diff: what REST says of the entity against what the WebSocket says.

use std::fmt::Write as _;

use colored::Colorize as _;
use similar::{ChangeTag, TextDiff};

use crate::model::outcome::Entity;
use crate::model::run::{FeatureReport, Finding};
use crate::report::text::visible;

/// The entity's differing fields side by side, its key as context. `None` where no field is named.
pub fn unified(feature: &FeatureReport, newest: &Finding) -> Option<String> {
    newest.difference.field.as_ref()?;
    let entity = &newest.difference.entity;
    let of_entity: Vec<&Finding> = feature
        .findings
        .iter()
        .filter(|finding| finding.difference.entity == *entity && finding.last_at >= newest.last_at)
        .collect();
    let (rest, ws) = (document(&of_entity, true), document(&of_entity, false));
    let diff = TextDiff::from_lines(&rest, &ws);
    let mut out = format!(
        "  {}\n  {}\n",
        "--- REST".red(),
        format!("+++ WebSocket ({:.1} s into the run)", newest.last_at).green()
    );
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        let _ = writeln!(out, "  {}", hunk.header().to_string().cyan());
        for change in hunk.iter_changes() {
            let text = change.value().trim_end_matches('\n');
            let line = match change.tag() {
                ChangeTag::Delete => format!("-{text}").red(),
                ChangeTag::Insert => format!("+{text}").green(),
                ChangeTag::Equal => format!(" {text}").normal(),
            };
            let _ = writeln!(out, "  {line}");
        }
    }
    Some(out.trim_end().to_owned())
}

/// An entity in words: `/symbol=SPY, /asset_type=EQ`.
pub fn entity(entity: &Entity) -> String {
    let parts: Vec<_> = entity
        .iter()
        .map(|(field, value)| format!("{}={}", visible(&field.to_string()), visible(value)))
        .collect();
    parts.join(", ")
}

fn document(findings: &[&Finding], is_rest: bool) -> String {
    let mut out = String::from("{\n");
    if let Some(first) = findings.first() {
        for (field, value) in &first.difference.entity {
            let _ = writeln!(out, "  {}: {}", visible(&field.to_string()), visible(value));
        }
    }
    for finding in findings {
        let difference = &finding.difference;
        let value = if is_rest { &difference.rest } else { &difference.ws };
        if let (Some(field), Some(value)) = (&difference.field, value) {
            let _ = writeln!(out, "  {}: {}", visible(&field.to_string()), visible(value));
        }
    }
    out.push_str("}\n");
    out
}
