//! One measure of many runs over the weeks: a mark a run, shaped and inked by the run's verdict.

use plotters::prelude::*;

use super::ink::{DrawingFailure, Ink, draw, label};
use super::{day, seconds};
use crate::model::verdict::Verdict;

/// Units of the drawing; as wide as a narrow screen, so that its letters are never smaller than they are meant.
const SIZE: (u32, u32) = (340, 170);

/// One run's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesPoint {
    pub at: jiff::Timestamp,
    pub value: f64,
    pub verdict: Verdict,
}

/// A measure: its points in order of time, between two instants.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSeries<'s> {
    pub points: &'s [SeriesPoint],
    pub from: jiff::Timestamp,
    pub to: jiff::Timestamp,
    /// `%`, ` ms`: behind each number of the axis.
    pub unit: &'static str,
    /// The least and the largest value that the axis has in any case.
    pub range: (f64, f64),
    /// What the chart shows, in a sentence.
    pub said: String,
}

impl RunSeries<'_> {
    pub fn svg(&self) -> String {
        draw(SIZE, &self.said, |canvas| {
            let (from, to) = (seconds(self.from), seconds(self.to).max(seconds(self.from) + 3600.0));
            let values = || self.points.iter().map(|point| point.value);
            let (low, high) = (values().fold(self.range.0, f64::min), values().fold(self.range.1, f64::max));
            // a mark at the edge is whole
            let (room, side) = ((high - low) * 0.08, (to - from) * 0.03);
            let mut chart = ChartBuilder::on(canvas)
                .margin(8)
                .x_label_area_size(24)
                .y_label_area_size(52)
                .build_cartesian_2d(from - side..to + side, low - room..high + room)?;
            chart
                .configure_mesh()
                .disable_x_mesh()
                .x_labels(3)
                .y_labels(4)
                .x_label_formatter(&|x| day(*x, to - from))
                .y_label_formatter(&|y| format!("{}{}", number(*y, high - low), self.unit))
                .label_style(label(Ink::Text))
                .axis_style(Ink::Grid.color())
                .bold_line_style(Ink::Grid.color())
                .light_line_style(TRANSPARENT)
                .draw()?;
            let at = |point: &SeriesPoint| (seconds(point.at), point.value);
            chart.draw_series(LineSeries::new(self.points.iter().map(at), Ink::Line.color()))?;
            self.marks(|point| {
                let style = Ink::from(point.verdict).color();
                chart
                    .draw_series(match point.verdict {
                        Verdict::Go => vec![Circle::new(at(point), 3, style.filled()).into_dyn()],
                        Verdict::NoGo => {
                            vec![Cross::new(at(point), 5, style.stroke_width(3)).into_dyn()]
                        }
                        _ => vec![TriangleMarker::new(at(point), 5, style.filled()).into_dyn()],
                    })
                    .map(drop)
            })
        })
    }

    fn marks(
        &self,
        mut mark: impl FnMut(&SeriesPoint) -> Result<(), DrawingFailure>,
    ) -> Result<(), DrawingFailure> {
        self.points.iter().try_for_each(&mut mark)
    }
}

/// As many digits as tell the axis's labels apart.
fn number(value: f64, range: f64) -> String {
    let digits = if range >= 8.0 {
        0
    } else if range >= 0.8 {
        1
    } else {
        2
    };
    // no minus before a zero
    let text = format!("{value:.digits$}");
    if text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.') {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_has_a_mark_of_its_verdict_and_the_axis_its_unit() {
        let at = |text: &str| text.parse().unwrap();
        let points = [
            SeriesPoint { at: at("2026-11-02T15:00:00Z"), value: 100.0, verdict: Verdict::Go },
            SeriesPoint { at: at("2026-11-09T15:00:00Z"), value: 91.5, verdict: Verdict::NoGo },
        ];
        let series = RunSeries {
            points: &points,
            from: at("2026-11-01T00:00:00Z"),
            to: at("2026-11-28T00:00:00Z"),
            unit: " %",
            range: (90.0, 100.0),
            said: "match rate".to_owned(),
        };
        let svg = series.svg();
        assert_eq!(svg.matches("f-go").count(), 1, "{svg}");
        assert_eq!(svg.matches("s-no-go").count(), 2, "a cross is two lines: {svg}");
        assert!(svg.contains("100 %") && svg.contains("Nov 1"), "{svg}");
        let none = RunSeries { points: &[], ..series }.svg();
        assert!(none.contains("</svg>"), "nothing to show is no failure");
    }

    #[test]
    fn an_axis_has_as_many_digits_as_it_needs() {
        assert_eq!(number(97.5, 10.0), "98");
        assert_eq!(number(0.25, 0.5), "0.25");
        assert_eq!(number(-0.001, 2.0), "0.0");
    }
}
