//! The findings of a feature as a list to choose from, and what the keys do. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget};

use crate::live::focus::Focus;
use crate::live::render::fit;
use crate::live::theme::Theme;
use crate::model::run::{FeatureReport, Finding};
use crate::model::text::{clock_face, visible};
use crate::model::time::Nanos;
use crate::report::run::differences;

/// Those that block first, then in the order of their first: what is new does not move what is chosen.
pub fn ordered(feature: &FeatureReport) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = feature.findings.iter().collect();
    findings.sort_by(|a, b| {
        let blocks = |finding: &Finding| finding.difference.kind.blocks();
        blocks(b).cmp(&blocks(a)).then(a.first_at.total_cmp(&b.first_at))
    });
    findings
}

/// The list, so far down that the chosen one is in sight.
pub fn render(feature: &FeatureReport, focus: &Focus, theme: Theme, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    let findings = ordered(feature);
    let name = visible(&feature.feature);
    let title = match findings.len() {
        0 => format!("{name}: no finding so far"),
        1 => format!("{name}: 1 finding"),
        many => format!("{name}: {many} findings"),
    };
    let mut lines = vec![Line::styled(title, theme.heading())];
    let chosen = focus.finding(findings.len());
    for (at, finding) in findings.iter().enumerate() {
        lines.extend(rows(feature, finding, at == chosen, theme, width));
    }
    let bottom = 1 + (chosen + 1) * ROWS;
    let above = bottom.saturating_sub(usize::from(area.height));
    Paragraph::new(lines).scroll((u16::try_from(above).unwrap_or(u16::MAX), 0)).render(area, buffer);
}

/// Lines of one finding.
const ROWS: usize = 2;

fn rows(
    feature: &FeatureReport,
    finding: &Finding,
    is_chosen: bool,
    theme: Theme,
    width: usize,
) -> [Line<'static>; ROWS] {
    let kind = finding.difference.kind;
    let style = if kind.blocks() { theme.bad() } else { theme.attention() };
    let at = clock_face(Nanos::from_secs_f64(finding.last_at));
    let marker = if is_chosen { "▸ " } else { "  " };
    let room = width.saturating_sub(marker.len() + kind.as_str().len() + at.len() + 4);
    let place = Style::new().add_modifier(if is_chosen { Modifier::BOLD } else { Modifier::empty() });
    [
        Line::from(vec![
            Span::raw(marker),
            Span::styled(kind.as_str(), style),
            Span::styled(format!("  {}  ", fit(&differences::place(finding), room)), place),
            Span::styled(at, theme.faint()),
        ]),
        Line::styled(
            format!("    {}", fit(&differences::sides(feature, finding), width.saturating_sub(4))),
            theme.faint(),
        ),
    ]
}

/// What each key does, and what the words of the view mean.
pub fn help(theme: Theme) -> Vec<Line<'static>> {
    let mut lines = vec![Line::styled("What the keys do", theme.heading())];
    for (key, what) in [
        ("f", "go on to the next feature; the list shows its findings alone"),
        ("l", "list the findings of the feature; ↑↓ choose, Enter shows both sides whole"),
        ("d", "the newest difference in full, or back"),
        ("↑↓ PgUp PgDn", "choose or scroll"),
        ("Esc", "back"),
        ("q, Ctrl-C", "end the run and keep its evidence; Ctrl-C again: at once"),
    ] {
        lines.push(Line::from(vec![Span::raw(format!("  {key:<14}")), Span::styled(what, theme.faint())]));
    }
    lines.push(Line::default());
    lines.push(Line::styled("What is shown", theme.heading()));
    for (word, what) in [
        ("truth", "what the page shows now: REST, or the WebSocket where the flag is on"),
        ("match", "of the judged samples, those that say the same"),
        ("changes", "changes of the data that both sides showed"),
        ("skew p99", "how far 99 of 100 matches had to be moved against each other"),
        ("last/every", "since the last message / how often one is promised"),
        ("suspected", "nothing explains them yet; their name comes when nothing can excuse them"),
        ("bars", "messages in each of the last seconds, the newest at the right; ≤6/s: the highest"),
        ("charts", "on a high screen: the last minutes of the feature, time of the run to the right"),
    ] {
        lines.push(Line::from(vec![Span::raw(format!("  {word:<14}")), Span::styled(what, theme.faint())]));
    }
    lines
}
