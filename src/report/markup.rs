//! What every Markdown of ours shares: text that stays text, and a sign for a verdict.

use std::fmt::Write as _;

use crate::model::gate::Gate;
use crate::model::text::visible;
use crate::model::verdict::Verdict;
use crate::report::page::finding::FindingView;

pub fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Go => "✅",
        Verdict::NoGo => "❌",
        Verdict::Inconclusive => "❔",
        Verdict::Error => "⚠️",
    }
}

/// Gates as a table, a row each.
pub fn gate_table<'g>(text: &mut String, gates: impl IntoIterator<Item = &'g Gate>) {
    text.push_str("| gate | verdict | measured | needed | what to do |\n|---|---|---|---|---|\n");
    for gate in gates {
        let _ = writeln!(
            text,
            "| `{}` | {} {} | {} | {} | {} |",
            gate.code,
            sign(gate.verdict),
            gate.verdict,
            escaped(&gate.value),
            escaped(&gate.threshold),
            escaped(&gate.fix)
        );
    }
    text.push('\n');
}

/// Both sides of a finding as a table; what differs is bold.
pub fn sides(text: &mut String, view: &FindingView, limit: usize) {
    text.push_str("| field | REST said | WebSocket said |\n|---|---|---|\n");
    let said = |value: &Option<String>| value.as_deref().map_or("*nothing*".to_owned(), escaped);
    for row in view.rows.iter().take(limit) {
        let bold = if row.differs { "**" } else { "" };
        let _ = writeln!(
            text,
            "| {bold}{}{bold} | {} | {} |",
            escaped(&row.field),
            said(&row.rest),
            said(&row.ws)
        );
    }
    text.push('\n');
}

/// Text that stays text: no markup, no HTML, no new cell, no link, no mention.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' => safe.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => {
                safe.push('\\');
                safe.push(c);
            }
            other => safe.push(other),
        }
    }
    safe
}
