//! How REST's answers, the skew and the messages of a feature went over the last minutes: charts with their axes, where
//! the screen has room for them. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Paragraph, Widget};

use crate::live::theme::Theme;
use crate::live::view::FeatureRow;
use crate::model::text::clock_face;
use crate::model::time::Nanos;

/// Lines of which the charts take a third; with fewer, what is missing for GO needs them all.
const LEAST_HEIGHT: u16 = 26;
/// Columns from which on two charts stand side by side.
const TWO_FROM: u16 = 110;
/// A run of some seconds is drawn on an axis of so many.
const LEAST_SPAN: f64 = 30.0;

/// Lines that the charts take of so many; none where they would be in the way.
pub fn height(of: Rect) -> u16 {
    if of.height < LEAST_HEIGHT { 0 } else { (of.height / 3).clamp(9, 14) }
}

pub fn render(row: &FeatureRow, theme: Theme, area: Rect, buffer: &mut Buffer) {
    let span = DrawnSpan::of(row);
    if area.width < TWO_FROM {
        times(row, span, theme, area, buffer);
        return;
    }
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).spacing(2).areas(area);
    times(row, span, theme, left, buffer);
    rates(row, span, theme, right, buffer);
}

/// Seconds of the run's clock between which is drawn.
#[derive(Clone, Copy)]
struct DrawnSpan {
    from: f64,
    to: f64,
}

impl DrawnSpan {
    fn of(row: &FeatureRow) -> Self {
        let to = row.second as f64;
        let from = (to - row.arrivals.len().saturating_sub(1) as f64).max(0.0);
        Self { from, to: to.max(from + LEAST_SPAN) }
    }

    fn axis(self, theme: Theme) -> Axis<'static> {
        let face = |second: f64| clock_face(Nanos::from_secs_f64(second));
        let middle = f64::midpoint(self.from, self.to);
        let labels = [self.from, middle, self.to].map(|second| Span::styled(face(second), theme.faint()));
        Axis::default().bounds([self.from, self.to]).labels(labels).style(theme.faint())
    }
}

/// How long REST took to answer, and how far matches had to be moved.
fn times(row: &FeatureRow, span: DrawnSpan, theme: Theme, area: Rect, buffer: &mut Buffer) {
    let highest = row.latency.iter().chain(&row.skew).map(|(_, ms)| *ms).fold(0.0, f64::max);
    let (unit, divisor) = if highest >= 10_000.0 { ("s", 1000.0) } else { ("ms", 1.0) };
    let scaled =
        |points: &[(f64, f64)]| points.iter().map(|(at, ms)| (*at, ms / divisor)).collect::<Vec<_>>();
    let (latency, skew) = (scaled(&row.latency), scaled(&row.skew));
    let title = Line::from(vec![
        Span::styled(format!("{unit}   "), theme.faint()),
        Span::styled("• slowest REST answer of a second   ", theme.good()),
        Span::styled("─ skew p99 so far", theme.attention()),
    ]);
    let sets = vec![
        set(&latency, Marker::Dot, GraphType::Scatter, theme.good()),
        set(&skew, Marker::Braille, GraphType::Line, theme.attention()),
    ];
    let top = Top { value: nice(highest / divisor, 10.0), unit };
    chart(title, sets, span, &top, theme, area, buffer);
}

fn rates(row: &FeatureRow, span: DrawnSpan, theme: Theme, area: Rect, buffer: &mut Buffer) {
    let first = row.second as f64 - row.arrivals.len().saturating_sub(1) as f64;
    let points: Vec<(f64, f64)> =
        row.arrivals.iter().enumerate().map(|(at, count)| (first + at as f64, *count as f64)).collect();
    let highest = points.iter().map(|(_, count)| *count).fold(0.0, f64::max);
    let title = Line::from(vec![
        Span::styled("1/s  ", theme.faint()),
        Span::styled("─ WebSocket messages of the feature in each second", theme.good()),
    ]);
    let sets = vec![set(&points, Marker::Braille, GraphType::Line, theme.good())];
    chart(title, sets, span, &Top { value: nice(highest, 5.0), unit: "" }, theme, area, buffer);
}

fn set(points: &[(f64, f64)], marker: Marker, kind: GraphType, style: Style) -> Dataset<'_> {
    Dataset::default().data(points).marker(marker).graph_type(kind).style(style)
}

/// Where the upright axis ends.
struct Top {
    value: f64,
    unit: &'static str,
}

fn chart(
    title: Line<'_>,
    sets: Vec<Dataset<'_>>,
    span: DrawnSpan,
    top: &Top,
    theme: Theme,
    area: Rect,
    buffer: &mut Buffer,
) {
    let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    Paragraph::new(title).render(head, buffer);
    let label =
        |value: f64| Span::styled(format!("{value} {}", top.unit).trim_end().to_owned(), theme.faint());
    let labels = [label(0.0), label(top.value / 2.0), label(top.value)];
    let upright = Axis::default().bounds([0.0, top.value]).labels(labels).style(theme.faint());
    Chart::new(sets).x_axis(span.axis(theme)).y_axis(upright).legend_position(None).render(body, buffer);
}

/// The next of 1, 2, 5, 10, 20, 50… that is not below the value, nor below `least`.
fn nice(value: f64, least: f64) -> f64 {
    let value = value.max(least);
    let decade = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * decade).find(|top| *top >= value).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number_that_nothing_exceeds() {
        for (value, top) in
            [(0.0, 10.0), (10.0, 10.0), (10.1, 20.0), (49.0, 50.0), (730.0, 1000.0), (1e6, 1e6)]
        {
            assert_eq!(nice(value, 10.0), top, "{value}");
        }
        assert_eq!(nice(f64::NAN, 10.0), 10.0);
    }
}
