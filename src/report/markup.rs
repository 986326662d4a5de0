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
            "| {} | {} {} | {} | {} | {} |",
            code(&gate.code),
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

/// A word of ours in backticks; what could end them is text that stays text.
pub fn code(text: &str) -> String {
    let is_plain = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "`|\\".contains(c));
    if is_plain { format!("`{}`", visible(text)) } else { escaped(text) }
}

/// Text that stays text, also at a line's beginning: no markup, no HTML, no new cell, no link, no mention.
pub fn escaped(text: &str) -> String {
    let shown = visible(text);
    let inner = shown.trim();
    let begins = shown.len() - shown.trim_start().len();
    let marker = marker(inner);
    let mut safe = String::with_capacity(shown.len());
    spaces(&mut safe, &shown[..begins]);
    for (at, c) in inner.char_indices() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // Names and addresses are looked for in what is shown: a space without width parts them.
            '@' => safe.push_str("&#64;&#8203;"),
            ':' if inner[at..].starts_with("://") => safe.push_str("&#58;"),
            '.' if is_www(&inner.as_bytes()[..at]) => safe.push_str("&#46;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => safe.extend(['\\', c]),
            c if marker == Some(at) => safe.extend(['\\', c]),
            other => safe.push(other),
        }
    }
    spaces(&mut safe, &shown[(begins + inner.len()).min(shown.len())..]);
    safe
}

/// Where the character stands by which a text would begin a list, or be a rule; a number's sign and point are none.
fn marker(text: &str) -> Option<usize> {
    if text.chars().all(|c| c == '-' || c.is_whitespace()) {
        return Some(0);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = text[digits..].chars();
    let is_one = matches!((digits, rest.next()), (0, Some('-' | '+')) | (1.., Some('.' | ')')));
    (is_one && rest.next().is_none_or(char::is_whitespace)).then_some(digits)
}

fn is_www(before: &[u8]) -> bool {
    before.last_chunk::<3>().is_some_and(|last| last.eq_ignore_ascii_case(b"www"))
}

/// Blanks at either end: as they stand they would make a block of code, or unmake what is bold.
fn spaces(safe: &mut String, blanks: &str) {
    for blank in blanks.chars() {
        let _ = write!(safe, "&#{};", u32::from(blank));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_text_is_no_markup_wherever_it_stands() {
        for (text, safe) in [
            ("- a", "\\- a"),
            ("---", "\\---"),
            ("-", "\\-"),
            ("-5.00", "-5.00"),
            ("--source", "--source"),
            ("12. a", "12\\. a"),
            ("1) a 2) b", "1\\) a 2) b"),
            ("now. Then", "now. Then"),
            ("1.5", "1.5"),
            ("    a ", "&#32;&#32;&#32;&#32;a&#32;"),
            ("see http://a.example", "see http&#58;//a.example"),
            ("www.a.example", "www&#46;a.example"),
            ("12:30: a@b.example", "12:30: a&#64;&#8203;b.example"),
            ("<b>$a$</b>\n", "&lt;b&gt;\\$a\\$&lt;/b&gt;\\\\u{a}"),
        ] {
            assert_eq!(escaped(text), safe, "{text:?}");
        }
    }

    #[test]
    fn what_would_end_the_backticks_is_in_none() {
        assert_eq!(code("dropped-push"), "`dropped-push`");
        assert_eq!(code("src/a.py:17"), "`src/a.py:17`");
        assert_eq!(code("a`b"), "a\\`b");
        assert_eq!(code("a\\|b"), "a\\\\\\|b");
        assert_eq!(code("\u{1b}[2J"), "`\\u{1b}[2J`");
    }
}
