//! What every Markdown of ours shares: text that stays text, and a sign for a verdict.

use crate::model::text::visible;
use crate::model::verdict::Verdict;

pub fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Go => "✅",
        Verdict::NoGo => "❌",
        Verdict::Inconclusive => "❔",
        Verdict::Error => "⚠️",
    }
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
