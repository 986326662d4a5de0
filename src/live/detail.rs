//! The newest difference of a feature: in three lines, or in full with both sides whole. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::live::focus::Focus;
use crate::live::list;
use crate::live::render::fit;
use crate::live::theme::Theme;
use crate::model::run::{FeatureReport, Finding};
use crate::model::text::{clock_face, visible};
use crate::model::time::Nanos;
use crate::report::run::differences;

/// Lines of a diff beyond which nobody reads on.
const MAX_DIFF_LINES: usize = 400;

/// Fills the area with the difference, as far down as the keys have scrolled.
pub fn render(feature: &FeatureReport, focus: &Focus, theme: Theme, area: Rect, buffer: &mut Buffer) {
    let chosen = if focus.is_list {
        let findings = list::ordered(feature);
        findings.get(focus.finding(findings.len())).copied()
    } else {
        None
    };
    let lines = match chosen {
        Some(finding) => of_finding(feature, finding, theme, area.width, "finding"),
        None => lines(feature, theme, area.width),
    };
    let deepest = lines.len().saturating_sub(usize::from(area.height));
    let scroll = u16::try_from(focus.scroll.min(deepest)).unwrap_or(u16::MAX);
    Paragraph::new(lines).scroll((scroll, 0)).render(area, buffer);
}

/// In full.
pub fn lines(feature: &FeatureReport, theme: Theme, width: u16) -> Vec<Line<'static>> {
    let name = visible(&feature.feature);
    let Some(finding) = differences::newest(feature) else {
        return vec![Line::styled(format!("{name}: no difference so far"), theme.good())];
    };
    of_finding(feature, finding, theme, width, "newest difference")
}

/// One finding in full; `lead` says which.
fn of_finding(
    feature: &FeatureReport,
    finding: &Finding,
    theme: Theme,
    width: u16,
    lead: &str,
) -> Vec<Line<'static>> {
    let width = usize::from(width);
    let name = visible(&feature.feature);
    let mut lines = headline(finding, theme, width, &format!("{name}: {lead}"));
    for text in std::iter::once(differences::sides(feature, finding))
        .chain(differences::circumstances(feature, finding))
    {
        lines.extend(
            wrapped(&text, width.saturating_sub(2)).into_iter().map(|text| Line::raw(format!("  {text}"))),
        );
    }
    lines.push(Line::default());
    for line in differences::unified(feature, finding, MAX_DIFF_LINES) {
        let style = theme.line(line.mark);
        lines.extend(wrapped(&line.text, width).into_iter().map(|text| Line::styled(text, style)));
    }
    lines
}

/// In as few lines as tell it.
pub fn summary(feature: &FeatureReport, theme: Theme, width: u16) -> Vec<Line<'static>> {
    let Some(finding) = differences::newest(feature) else {
        return vec![Line::styled("no difference so far", theme.good())];
    };
    let width = usize::from(width);
    let mut lines = headline(finding, theme, width, "newest difference");
    lines.truncate(2);
    lines.push(Line::raw(format!(
        "  {}",
        fit(&differences::sides(feature, finding), width.saturating_sub(2))
    )));
    let known = packed(&differences::circumstances(feature, finding), width.saturating_sub(2));
    lines.extend(known.into_iter().map(|text| Line::styled(format!("  {text}"), theme.faint())));
    lines
}

/// When, what kind, where; on two lines where one is too narrow.
fn headline(finding: &Finding, theme: Theme, width: usize, lead: &str) -> Vec<Line<'static>> {
    let lead = format!("{lead} at {}: ", clock_face(Nanos::from_secs_f64(finding.last_at)));
    let kind = finding.difference.kind;
    let style = if kind.blocks() { theme.bad() } else { theme.attention() };
    let place = differences::place(finding);
    let used = lead.width() + kind.as_str().width() + 2;
    let mut first = vec![Span::raw(lead), Span::styled(kind.as_str(), style)];
    if used + place.width() <= width {
        first.push(Span::raw(format!("  {place}")));
        return vec![Line::from(first)];
    }
    let mut lines = vec![Line::from(first)];
    lines.extend(
        wrapped(&place, width.saturating_sub(2)).into_iter().map(|text| Line::raw(format!("  {text}"))),
    );
    lines
}

/// As many phrases on a line as there is room for.
fn packed(phrases: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for phrase in phrases {
        match lines.last_mut() {
            Some(line) if line.width() + 2 + phrase.width() <= width => {
                line.push_str("; ");
                line.push_str(phrase);
            }
            _ => lines.push(fit(phrase, width)),
        }
    }
    lines
}

/// Lines of so many columns, broken between words where there are any; nothing but a space is lost.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let columns = c.width().unwrap_or(0);
        if used + columns > width {
            let full = lines.last_mut().map(std::mem::take).unwrap_or_default();
            // indented text has no word before its first one
            let space = full.rfind(' ').filter(|at| !full[..*at].trim().is_empty());
            let (line, carried) = match space {
                Some(at) if c != ' ' => (full[..at].to_owned(), full[at + 1..].to_owned()),
                _ => (full, String::new()),
            };
            used = carried.width();
            lines.pop();
            lines.push(line);
            lines.push(carried);
            if c == ' ' {
                continue;
            }
        }
        used += columns;
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_loses_nothing_and_never_hangs() {
        assert_eq!(wrapped("", 10), [""]);
        assert_eq!(wrapped("abcdefghij", 8), ["abcdefgh", "ij"]);
        assert_eq!(wrapped("日本語日本語", 9), ["日本語日", "本語"]);
        assert_eq!(wrapped("abcdefghijk", 0).concat(), "abcdefghijk");
        assert_eq!(wrapped("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("  abcdefghijklm no", 10), ["  abcdefgh", "ijklm no"]);
    }
}
