//! The weeks of a cutover: a lane a feature, with the market's sessions behind, runs, flag changes, and who signed.

use jiff::Timestamp;
use plotters::prelude::*;

use super::ink::{Ink, draw, label};
use super::{day, seconds};
use crate::model::verdict::Verdict;

/// Units of the drawing.
const WIDTH: u32 = 960;
const LANE: u32 = 54;
/// Room for the names of the features, and for the axis.
const NAMES: u32 = 140;
const AXIS: u32 = 30;
/// No run is narrower, in units: a minute of a month would not be seen.
const LEAST_WIDTH: f64 = 3.0;

/// A stretch of a lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaneStretch {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// What happened at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    FlagOn,
    FlagOff,
    Signed,
    Revoked,
}

/// What a lane shows of one feature.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lane {
    pub name: String,
    pub sessions: Vec<LaneStretch>,
    pub runs: Vec<(LaneStretch, Verdict)>,
    pub happenings: Vec<(Timestamp, Happening)>,
}

/// The lanes between two instants; `said` is what the chart shows, in a sentence.
pub fn svg(lanes: &[Lane], from: Timestamp, to: Timestamp, said: &str) -> String {
    let height = LANE * lanes.len().max(1) as u32 + AXIS;
    let (from, to) = (seconds(from), seconds(to).max(seconds(from) + 3600.0));
    draw((WIDTH, height), said, |canvas| {
        let (names, field) = canvas.split_horizontally(NAMES);
        for (at, lane) in lanes.iter().enumerate() {
            let y = (at as u32 * LANE + LANE / 2) as i32 - 6;
            names.draw(&Text::new(lane.name.clone(), (0, y), label(Ink::Text)))?;
        }
        let side = (to - from) * 0.01;
        let mut chart = ChartBuilder::on(&field)
            .x_label_area_size(AXIS)
            .margin_right(10)
            .build_cartesian_2d(from - side..to + side, 0.0..lanes.len().max(1) as f64)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(0)
            .x_labels(9)
            .x_label_formatter(&|x| day(*x, to - from))
            .label_style(label(Ink::Text))
            .axis_style(Ink::Grid.color())
            .bold_line_style(Ink::Grid.color())
            .light_line_style(TRANSPARENT)
            .draw()?;
        let least = (to - from) / f64::from(WIDTH - NAMES) * LEAST_WIDTH;
        for (at, lane) in lanes.iter().enumerate() {
            let bottom = (lanes.len() - 1 - at) as f64;
            let block = |stretch: &LaneStretch, low: f64, high: f64, ink: Ink| {
                let (start, end) = (seconds(stretch.from).max(from), seconds(stretch.to).min(to));
                let end = end.max(start + least);
                Rectangle::new([(start, bottom + low), (end, bottom + high)], ink.color().filled())
            };
            chart.draw_series(lane.sessions.iter().map(|it| block(it, 0.08, 0.92, Ink::Band)))?;
            // the worse, the taller: the verdict can be told without its colour
            let tall = |verdict: Verdict| match verdict {
                Verdict::Go => 0.44,
                Verdict::Inconclusive => 0.26,
                Verdict::NoGo | Verdict::Error => 0.7,
            };
            chart.draw_series(
                lane.runs.iter().map(|(it, verdict)| block(it, 0.08, tall(*verdict), Ink::from(*verdict))),
            )?;
            for (instant, happening) in &lane.happenings {
                let x = seconds(*instant);
                let place = (x, bottom + 0.74);
                let person = Ink::Person.color();
                match happening {
                    Happening::FlagOn | Happening::FlagOff => {
                        let word = if *happening == Happening::FlagOn { "on" } else { "off" };
                        let pole = [(x, bottom + 0.08), (x, bottom + 0.95)];
                        chart.draw_series([PathElement::new(pole, person.stroke_width(2))])?;
                        chart.draw_series([Text::new(
                            word,
                            (x + least, bottom + 0.98),
                            label(Ink::Person),
                        )])?;
                    }
                    Happening::Signed => {
                        chart.draw_series([Circle::new(place, 5, person.stroke_width(2))])?;
                    }
                    Happening::Revoked => {
                        chart.draw_series([Cross::new(place, 5, person.stroke_width(2))])?;
                    }
                }
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_shows_its_runs_its_sessions_and_what_people_did() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let stretch = LaneStretch { from: at("2026-11-23T14:30:00Z"), to: at("2026-11-23T21:00:00Z") };
        let lane = Lane {
            name: "a<b".to_owned(),
            sessions: vec![stretch],
            runs: vec![(stretch, Verdict::Go), (stretch, Verdict::NoGo)],
            happenings: vec![
                (stretch.to, Happening::FlagOn),
                (stretch.to, Happening::FlagOff),
                (stretch.to, Happening::Signed),
                (stretch.to, Happening::Revoked),
            ],
        };
        let svg = svg(&[lane], at("2026-11-01T00:00:00Z"), at("2026-11-28T00:00:00Z"), "weeks");
        for mark in ["f-band", "f-go", "f-no-go", ">\non", ">\noff", "<circle", "a&lt;b"] {
            assert!(svg.contains(mark), "{mark}: {svg}");
        }
    }
}
