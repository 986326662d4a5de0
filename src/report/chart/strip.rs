//! One run's samples along its time: a row a kind of outcome, blocks where there were any.

use plotters::prelude::*;

use super::ink::{Ink, draw, label};
use crate::model::text::clock_face;
use crate::model::time::Nanos;

/// Units of the drawing.
const WIDTH: u32 = 720;
const ROW: u32 = 26;
const NAMES: u32 = 96;
const AXIS: u32 = 28;

/// A stretch in seconds since the run's start.
pub type StripStretch = std::ops::Range<f64>;

/// A row: its name, its ink, and where there was something.
#[derive(Debug, Clone, PartialEq)]
pub struct StripRow {
    pub name: &'static str,
    pub ink: Ink,
    pub stretches: Vec<StripStretch>,
}

/// The rows, the first on top, over a run of so many seconds; gaps of the connection lie behind them.
pub fn svg(rows: &[StripRow], gaps: &[StripStretch], length: f64, said: &str) -> String {
    let length = length.max(1.0);
    let height = ROW * rows.len().max(1) as u32 + AXIS;
    draw((WIDTH, height), said, |canvas| {
        let (names, field) = canvas.split_horizontally(NAMES);
        for (at, row) in rows.iter().enumerate() {
            let y = (at as u32 * ROW + ROW / 2) as i32 - 6;
            names.draw(&Text::new(row.name, (0, y), label(Ink::Text)))?;
        }
        let mut chart = ChartBuilder::on(&field)
            .x_label_area_size(AXIS)
            .margin_right(24)
            .build_cartesian_2d(0.0..length, 0.0..rows.len().max(1) as f64)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(0)
            .x_labels(8)
            .x_label_formatter(&|x| clock_face(Nanos::from_secs_f64(*x)))
            .label_style(label(Ink::Text))
            .axis_style(Ink::Grid.color())
            .bold_line_style(Ink::Grid.color())
            .light_line_style(TRANSPARENT)
            .draw()?;
        let least = length / f64::from(WIDTH - NAMES) * 2.0;
        let block = |it: &StripStretch, low: f64, high: f64, ink: Ink| {
            let end = it.end.max(it.start + least).min(length);
            Rectangle::new([(it.start.min(end), low), (end, high)], ink.color().filled())
        };
        chart.draw_series(gaps.iter().map(|gap| block(gap, 0.0, rows.len().max(1) as f64, Ink::Gap)))?;
        for (at, row) in rows.iter().enumerate() {
            let low = (rows.len() - 1 - at) as f64;
            chart.draw_series(row.stretches.iter().map(|it| block(it, low + 0.2, low + 0.8, row.ink)))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_names_and_blocks_and_a_gap_lies_behind() {
        let row = StripRow { name: "differs", ink: Ink::NoGo, stretches: vec![3.0..3.1, 8.0..9.0] };
        let svg = svg(&[row], &[4.0..5.0], 10.0, "samples");
        assert!(svg.contains("differs"), "{svg}");
        assert_eq!(svg.matches("f-no-go").count(), 2, "{svg}");
        assert_eq!(svg.matches("f-gap").count(), 1, "{svg}");
        assert!(svg.contains("0:0"), "the axis reads like a clock: {svg}");
    }
}
