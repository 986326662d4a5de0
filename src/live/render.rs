//! A view, drawn: what stands at the top, a row or two for each feature, and what the chosen one lacks. Pure.

use std::borrow::Cow;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, Row as TableRow, Sparkline, Table, Widget};

use crate::live::focus::Focus;
use crate::live::header::{connection, keys, title};
use crate::live::list;
use crate::live::theme::Theme;
use crate::live::view::{FeatureRow, LinkView, Truth, View};
use crate::live::{charts, detail};
use crate::model::gate::Gate;
use crate::model::outcome::{Kind, blocking};
use crate::model::run::FeatureReport;
use crate::model::text::visible;
use crate::model::verdict::Verdict;
use crate::report::palette::word;

/// From this width on each feature needs one line only.
const WIDE: u16 = 130;
/// The lines of what happened that are kept in sight; more on a high screen.
const SAID: usize = 3;
const SAID_ON_HIGH: usize = 8;
const HIGH: u16 = 40;

/// Everything that is on the screen.
pub struct Picture<'v> {
    pub view: &'v View,
    pub focus: &'v Focus,
    pub theme: Theme,
}

impl Widget for Picture<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let Self { view, focus, theme } = self;
        let [header, body, footer] =
            Layout::vertical([Constraint::Length(2), Constraint::Fill(1), Constraint::Length(1)]).areas(area);
        Paragraph::new(vec![title(view, focus, theme, area.width), connection(view, theme, area.width)])
            .render(header, buffer);
        Paragraph::new(keys(focus, theme)).render(footer, buffer);
        let chosen = focus.feature(view.report.features.len());
        let Some(feature) = view.report.features.get(chosen) else { return };
        if focus.is_help {
            Paragraph::new(list::help(theme)).render(body, buffer);
            return;
        }
        if focus.is_list && !focus.is_detail {
            list::render(feature, focus, theme, body, buffer);
            return;
        }
        if focus.is_detail {
            detail::render(feature, focus, theme, body, buffer);
            return;
        }
        let sight = if body.height >= HIGH { SAID_ON_HIGH } else { SAID };
        let said = &view.said[view.said.len().saturating_sub(sight)..];
        let lines_each = lines_each(body, view.rows.len());
        let table = u16::try_from(view.rows.len()).unwrap_or(u16::MAX).saturating_mul(lines_each) + 1;
        let [features, panel, events] = Layout::vertical([
            Constraint::Max(table),
            Constraint::Fill(1),
            Constraint::Length(u16::try_from(said.len()).unwrap_or_default()),
        ])
        .areas(body);
        rows(view, chosen, lines_each, theme, features, buffer);
        what_lacks(view, chosen, theme, panel, buffer);
        let said: Vec<Line<'_>> =
            said.iter().map(|line| Line::styled(line.as_str(), theme.faint())).collect();
        Paragraph::new(said).render(events, buffer);
    }
}

/// Two lines a feature where one has no room for everything and the height allows for it.
fn lines_each(body: Rect, features: usize) -> u16 {
    let fits = usize::from(body.height) >= features * 2 + 8;
    if body.width < WIDE && fits { 2 } else { 1 }
}

/// One column: its title, width, and what stands in it.
type Column =
    (&'static str, Constraint, Alignment, for<'v> fn(&'v FeatureReport, &'v FeatureRow, Theme) -> Span<'v>);

const NARROW: [Column; 7] = [
    ("feature", Constraint::Fill(1), Alignment::Left, name),
    ("truth", Constraint::Length(9), Alignment::Left, truth),
    ("verdict", Constraint::Length(12), Alignment::Left, verdict),
    ("match", Constraint::Length(7), Alignment::Right, matched),
    ("changes", Constraint::Length(9), Alignment::Right, changes),
    ("skew p99", Constraint::Length(8), Alignment::Right, skew),
    ("last/every", Constraint::Length(11), Alignment::Right, age),
];

/// Below this width two columns go, so that the features keep their names.
const TIGHT_BELOW: u16 = 76;

const TIGHT: [Column; 5] = [
    ("feature", Constraint::Fill(1), Alignment::Left, name),
    ("verdict", Constraint::Length(12), Alignment::Left, verdict),
    ("match", Constraint::Length(7), Alignment::Right, matched),
    ("changes", Constraint::Length(7), Alignment::Right, changes),
    ("last/every", Constraint::Length(10), Alignment::Right, age),
];

const BROAD: [Column; 10] = [
    ("feature", Constraint::Length(20), Alignment::Left, name),
    ("truth", Constraint::Length(9), Alignment::Left, truth),
    ("verdict", Constraint::Length(12), Alignment::Left, verdict),
    ("messages", Constraint::Length(11), Alignment::Right, messages),
    ("samples", Constraint::Length(10), Alignment::Right, samples),
    ("errors", Constraint::Length(7), Alignment::Right, errors),
    ("match", Constraint::Length(7), Alignment::Right, matched),
    ("changes", Constraint::Length(9), Alignment::Right, changes),
    ("skew p99", Constraint::Length(9), Alignment::Right, skew),
    ("last/every", Constraint::Length(11), Alignment::Right, age),
];

fn rows(view: &View, chosen: usize, lines_each: u16, theme: Theme, area: Rect, buffer: &mut Buffer) {
    let is_wide = area.width >= WIDE;
    let columns: &[Column] = match area.width {
        WIDE.. => &BROAD,
        ..TIGHT_BELOW => &TIGHT,
        _ => &NARROW,
    };
    let used: u16 =
        columns.iter().map(|(_, width, ..)| if let Constraint::Length(l) = width { l + 1 } else { 0 }).sum();
    let [table, arrivals] = if is_wide {
        Layout::horizontal([Constraint::Length(used + 2), Constraint::Fill(1)]).areas(area)
    } else {
        [area, Rect::default()]
    };
    let head = columns.iter().map(|(title, _, side, _)| Line::styled(*title, theme.faint()).alignment(*side));
    let marker = |is_chosen: bool| if is_chosen { "▸" } else { " " };
    let body = view.report.features.iter().zip(&view.rows).enumerate().map(|(index, (feature, row))| {
        let cells =
            columns.iter().map(|(.., side, cell)| Line::from(cell(feature, row, theme)).alignment(*side));
        let cells = std::iter::once(Line::raw(marker(index == chosen))).chain(cells).map(Cell::from);
        TableRow::new(cells).height(lines_each)
    });
    let widths = std::iter::once(Constraint::Length(1)).chain(columns.iter().map(|(_, width, ..)| *width));
    Table::new(body, widths)
        .header(TableRow::new(std::iter::once(Line::raw("")).chain(head).map(Cell::from)))
        .column_spacing(1)
        .render(table, buffer);
    if is_wide {
        Paragraph::new(Line::styled("  messages/s", theme.faint())).render(row_of(arrivals, 0), buffer);
    }
    let widest = view.report.features.iter().map(|feature| counts(feature).len()).max().unwrap_or(0);
    let widest = u16::try_from(widest).unwrap_or(u16::MAX);
    for (index, (feature, row)) in view.report.features.iter().zip(&view.rows).enumerate() {
        let top = u16::try_from(index).unwrap_or(u16::MAX).saturating_mul(lines_each).saturating_add(1);
        if is_wide {
            spark(row, row_of(inset(arrivals, 2), top), theme, buffer);
        } else if lines_each == 2 {
            let line = row_of(inset(area, 2), top + 1);
            let [text, chart] =
                Layout::horizontal([Constraint::Length(widest), Constraint::Fill(1)]).areas(line);
            Paragraph::new(Span::styled(counts(feature), theme.faint())).render(text, buffer);
            spark(row, chart, theme, buffer);
        }
    }
}

fn inset(area: Rect, columns: u16) -> Rect {
    let by = columns.min(area.width);
    Rect { x: area.x + by, width: area.width - by, ..area }
}

/// One line of an area; empty below its end.
fn row_of(area: Rect, line: u16) -> Rect {
    let height = u16::from(line < area.height);
    Rect { y: area.y.saturating_add(line.min(area.height)), height, ..area }
}

/// Fewer bars than these show nothing.
const LEAST_BARS: u16 = 12;
/// Columns of what the highest bar stands for.
const SCALE: u16 = 8;

/// The newest seconds, as many as there is room for, at the right; and how much the highest of them is.
fn spark(row: &FeatureRow, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let [bars, scale] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(SCALE)]).areas(area);
    if bars.width < LEAST_BARS {
        return;
    }
    let room = usize::from(bars.width);
    let newest = &row.arrivals[row.arrivals.len().saturating_sub(room)..];
    // the newest at the right, also where they are few
    let mut newest = newest.to_vec();
    newest.splice(..0, std::iter::repeat_n(0, room - newest.len()));
    Sparkline::default().data(&newest).style(theme.good()).render(bars, buffer);
    let highest = newest.iter().max().copied().unwrap_or(0);
    let scale_text = fit(&format!(" ≤{}/s", grouped(highest)), usize::from(SCALE));
    Paragraph::new(Span::styled(scale_text, theme.faint())).render(scale, buffer);
}

fn name<'v>(feature: &'v FeatureReport, _: &'v FeatureRow, theme: Theme) -> Span<'v> {
    Span::styled(visible(&feature.feature), theme.heading())
}

fn truth<'v>(_: &'v FeatureReport, row: &'v FeatureRow, _: Theme) -> Span<'v> {
    Span::raw(match row.truth {
        Truth::Rest => "REST",
        Truth::WebSocket => "WebSocket",
    })
}

fn verdict<'v>(feature: &'v FeatureReport, row: &'v FeatureRow, theme: Theme) -> Span<'v> {
    let is_open = feature.verdict == Verdict::Inconclusive && row.suspected > 0;
    let said =
        if is_open { format!("{} suspected", row.suspected).into() } else { word(feature.verdict).into() };
    Span::styled::<Cow<'v, str>, _>(said, theme.verdict(feature.verdict))
}

fn messages<'v>(feature: &'v FeatureReport, _: &'v FeatureRow, _: Theme) -> Span<'v> {
    Span::raw(grouped(feature.messages))
}

fn samples<'v>(feature: &'v FeatureReport, _: &'v FeatureRow, _: Theme) -> Span<'v> {
    Span::raw(grouped(feature.samples))
}

/// Of REST.
fn errors<'v>(feature: &'v FeatureReport, _: &'v FeatureRow, theme: Theme) -> Span<'v> {
    match feature.rest_errors {
        0 => Span::styled("–", theme.faint()),
        errors => Span::styled(grouped(errors), theme.attention()),
    }
}

/// What has no column of its own where there is little room.
fn counts(feature: &FeatureReport) -> String {
    let errors = match feature.rest_errors {
        0 => String::new(),
        errors => format!(", {}", counted(errors, "REST error")),
    };
    format!("{}, {}{errors}  ", counted(feature.messages, "message"), counted(feature.samples, "sample"))
}

/// Of the samples that were judged on their content.
fn matched<'v>(feature: &'v FeatureReport, _: &'v FeatureRow, theme: Theme) -> Span<'v> {
    let count = |kind: Kind| feature.outcomes.get(&kind).copied().unwrap_or(0);
    let differing = blocking(&feature.outcomes);
    let matches = count(Kind::Match);
    match matches + differing + count(Kind::Torn) {
        0 => Span::styled("–", theme.faint()),
        judged if matches == judged => Span::raw("100 %"),
        // never rounded up to all
        judged => {
            let share = (matches as f64 / judged as f64 * 1000.0).floor() / 10.0;
            Span::styled(format!("{share:.1} %"), theme.bad())
        }
    }
}

fn changes<'v>(feature: &'v FeatureReport, _: &'v FeatureRow, _: Theme) -> Span<'v> {
    Span::raw(grouped(feature.transitions))
}

fn skew<'v>(feature: &'v FeatureReport, _: &'v FeatureRow, _: Theme) -> Span<'v> {
    Span::raw(match feature.skew_ms.p99 {
        // of no match there is none
        _ if !feature.outcomes.contains_key(&Kind::Match) => "–".to_owned(),
        short if short < 9_999.5 => format!("{short:.0} ms"),
        long => format!("{:.0} s", long / 1000.0),
    })
}

fn age<'v>(_: &'v FeatureReport, row: &'v FeatureRow, theme: Theme) -> Span<'v> {
    let every = seconds(row.every);
    match row.age {
        None => Span::styled(format!("none/{every}"), theme.faint()),
        Some(age) => {
            let style = match row.silence_limit {
                Some(limit) if age > limit => theme.bad(),
                Some(_) if age > row.every * 2 => theme.attention(),
                _ => Style::new(),
            };
            let age = if age < Duration::from_secs(100) {
                format!("{:.1}s", age.as_secs_f64())
            } else {
                seconds(age)
            };
            Span::styled(format!("{age}/{every}"), style)
        }
    }
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{}ms", duration.as_millis()),
        long @ 600.. => format!("{}m", long / 60),
        short => format!("{short}s"),
    }
}

/// What stands against a GO of the feature, and its newest difference, side by side where there is room; below,
/// what the other features lack.
fn what_lacks(view: &View, chosen: usize, theme: Theme, area: Rect, buffer: &mut Buffer) {
    let Some(feature) = view.report.features.get(chosen) else { return };
    let [rule, rest] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    heading(view, chosen, theme, rule, buffer);
    let drawn = charts::height(rest);
    let [rest, chart] = Layout::vertical([Constraint::Fill(1), Constraint::Length(drawn)]).areas(rest);
    if let Some(row) = view.rows.get(chosen).filter(|_| drawn > 0) {
        charts::render(row, theme, chart, buffer);
    }
    let is_wide = area.width >= WIDE;
    let [left, right] = if is_wide {
        Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).spacing(2).areas(rest)
    } else {
        [rest, Rect::default()]
    };
    let difference = if is_wide {
        Paragraph::new(detail::lines(feature, theme, right.width)).render(right, buffer);
        Vec::new()
    } else {
        detail::summary(feature, theme, left.width)
    };
    let room = left.height.saturating_sub(u16::try_from(difference.len()).unwrap_or_default() + 1);
    let mut lines = open_gates(feature, theme, Rect { height: room.max(2), ..left });
    lines.push(Line::default());
    if !difference.is_empty() {
        lines.extend(difference);
        lines.push(Line::default());
    }
    lines.extend(others(view, chosen, theme, usize::from(left.width)));
    let used = u16::try_from(lines.len() + 1).unwrap_or(u16::MAX);
    Paragraph::new(lines).render(left, buffer);
    // where there is room for a list it stands there without being asked for
    if left.height >= used.saturating_add(6) && !feature.findings.is_empty() {
        let below = Rect { y: left.y + used, height: left.height - used, ..left };
        list::render(feature, &Focus::default(), theme, below, buffer);
    }
}

/// A line for each other feature that is not GO.
fn others(view: &View, chosen: usize, theme: Theme, width: usize) -> Vec<Line<'_>> {
    let open = |feature: &FeatureReport| {
        let codes: Vec<&str> = feature
            .gates
            .iter()
            .filter(|gate| gate.verdict != Verdict::Go)
            .map(|gate| gate.code.as_str())
            .collect();
        (!codes.is_empty()).then(|| format!("{} lacks {}", visible(&feature.feature), codes.join(", ")))
    };
    let features = view.report.features.iter().enumerate().filter(|(index, _)| *index != chosen);
    features
        .filter_map(|(_, feature)| Some(Line::styled(fit(&open(feature)?, width), theme.faint())))
        .collect()
}

fn heading(view: &View, chosen: usize, theme: Theme, area: Rect, buffer: &mut Buffer) {
    let Some(feature) = view.report.features.get(chosen) else { return };
    let open = feature.gates.iter().filter(|gate| gate.verdict != Verdict::Go).count();
    let said = match open {
        0 if feature.verdict != Verdict::Go => {
            let suspected = view.rows.get(chosen).map_or(0, |row| row.suspected);
            match (&view.link, suspected) {
                (LinkView::Down { .. }, _) => "no GO while the WebSocket is down".to_owned(),
                (_, 0) => "every gate holds, and yet it is no GO at this moment".to_owned(),
                (_, suspected) => {
                    let samples = counted(suspected, "sample");
                    format!("no GO while {samples} cannot be explained")
                }
            }
        }
        0 => "nothing is missing for GO so far".to_owned(),
        1 => "1 gate is missing for GO".to_owned(),
        open => format!("{open} gates are missing for GO"),
    };
    let text = format!("── {}: {said} ", visible(&feature.feature));
    let line = "─".repeat(usize::from(area.width).saturating_sub(text.chars().count()));
    Paragraph::new(Line::styled(format!("{text}{line}"), theme.heading())).render(area, buffer);
}

fn open_gates<'v>(feature: &'v FeatureReport, theme: Theme, area: Rect) -> Vec<Line<'v>> {
    let mut open: Vec<&Gate> = feature.gates.iter().filter(|gate| gate.verdict != Verdict::Go).collect();
    open.sort_by_key(|gate| std::cmp::Reverse(gate.verdict));
    if open.is_empty() {
        let text = match feature.gates.len() {
            1 => "its gate holds".to_owned(),
            many => format!("all {many} gates hold"),
        };
        return vec![Line::styled(text, theme.good())];
    }
    let room = usize::from(area.height);
    let shown = if open.len() > room { room.saturating_sub(1) } else { open.len() };
    let value_width = usize::from(area.width).saturating_sub(2 + 21 + 2) / 2;
    let mut lines: Vec<Line<'v>> = open[..shown]
        .iter()
        .map(|gate| {
            let mark = match gate.verdict {
                Verdict::NoGo => "✗ ",
                Verdict::Error => "! ",
                Verdict::Inconclusive | Verdict::Go => "· ",
            };
            let value = fit(&visible(&gate.value), value_width);
            let threshold = fit(&visible(&gate.threshold), value_width);
            Line::from(vec![
                Span::styled(mark, theme.verdict(gate.verdict)),
                Span::raw(format!("{:<21}{value:<value_width$}  ", gate.code)),
                Span::styled(threshold, theme.faint()),
            ])
        })
        .collect();
    if shown < open.len() {
        lines.push(Line::styled(format!("  … and {} more", open.len() - shown), theme.faint()));
    }
    lines
}

/// The text in at most this many columns, with `…` where it is cut.
pub fn fit(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    if width > 0 {
        short.push('…');
    }
    short
}

/// `1 frame`, `12,345 frames`.
pub(super) fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// `12,345`.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
