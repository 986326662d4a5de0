//! What all pages share: how text of strangers becomes text of a page, and how a finding is laid out. A page is one
//! file: its style is inside, it has no script, and it asks nobody for anything.

pub mod finding;

use std::fmt::{self, Write};

use askama::filters::Escaper;

use crate::model::text::visible;
use crate::model::verdict::Verdict;
use crate::report::palette;

/// How a template writes any text: what a terminal must not get is spelled out, what a page would take for markup
/// is escaped. `src/report/page/askama.toml` makes it the default of every template.
#[derive(Debug, Clone, Copy)]
pub struct Untrusted;

impl Escaper for Untrusted {
    fn write_escaped_str<W: Write>(&self, mut out: W, text: &str) -> fmt::Result {
        for c in visible(text).chars() {
            match c {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                other => out.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// Prose as markup: escaped, and an option such as `--source` is broken nowhere, since a browser would break it at its
/// hyphens.
pub fn prose(text: &str) -> String {
    let mut markup = String::with_capacity(text.len());
    for piece in text.split_inclusive(' ') {
        let is_option = piece.starts_with("--");
        markup.push_str(if is_option { "<span class=\"whole\">" } else { "" });
        Untrusted.write_escaped_str(&mut markup, piece).expect("writing to a String cannot fail");
        markup.push_str(if is_option { "</span>" } else { "" });
    }
    markup
}

/// `NO-GO`; a template hands over what it has by reference.
pub fn word(verdict: &Verdict) -> &'static str {
    palette::word(*verdict)
}

/// `2026-11-23 14:40` of an instant in RFC 3339; the page says once that it is UTC.
pub fn minute(at: &str) -> String {
    at.get(..16).unwrap_or(at).replace('T', " ")
}

/// `96.4 %`, `100 %`, `–` where nothing was measured.
pub fn percent(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        // 99.96 % is not all of them
        Some(value) if value > 99.9 && value < 100.0 => "99.9 %".to_owned(),
        Some(value) if value.fract() == 0.0 => format!("{value:.0} %"),
        Some(value) => format!("{value:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_strangers_stays_text() {
        let mut out = String::new();
        Untrusted.write_escaped_str(&mut out, "</style><script>'\u{202e}\"&\u{1b}[2J").unwrap();
        assert_eq!(out, "&lt;/style&gt;&lt;script&gt;&#39;\\u{202e}&quot;&amp;\\u{1b}[2J");
    }

    #[test]
    fn an_option_in_prose_is_whole_and_prose_of_strangers_is_text_too() {
        assert_eq!(prose("name it by --source DIR"), "name it by <span class=\"whole\">--source </span>DIR");
        assert_eq!(prose("<b> --<i>"), "&lt;b&gt; <span class=\"whole\">--&lt;i&gt;</span>");
    }

    #[test]
    fn a_share_that_is_not_the_whole_never_reads_as_the_whole() {
        assert_eq!(percent(Some(100.0)), "100 %");
        assert_eq!(percent(Some(99.996)), "99.9 %");
        assert_eq!(percent(Some(96.44)), "96.4 %");
        assert_eq!(percent(None), "–");
    }
}
