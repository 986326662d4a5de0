//! How healthy streams look, class by class: what thresholds have to leave alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use thor_cutover::model::feature::Delivery;

use super::screen::Screen;
use super::shape::MILLIS;
use super::truth::about;
use super::world::World;

/// One measure of many worlds, to be told as quantiles.
#[derive(Default)]
struct Measure(Vec<f64>);

impl Measure {
    fn text(&self) -> String {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| sorted.get((sorted.len().saturating_sub(1) as f64 * share) as usize);
        let [low, middle, high, most] =
            [0.05, 0.5, 0.95, 1.0].map(|share| at(share).copied().unwrap_or(f64::NAN));
        format!("{low:.0}/{middle:.0}/{high:.0}/{most:.0}")
    }
}

#[derive(Default)]
pub struct CleanStats(BTreeMap<String, BTreeMap<&'static str, Measure>>);

impl CleanStats {
    /// Takes the measures of a clean world's features.
    pub fn add(&mut self, world: &World) {
        if world.truth.planted.is_some() || world.truth.starved.is_some() {
            return;
        }
        for (place, track) in world.tracks.iter().enumerate() {
            let shape = &track.shape;
            let (skew, found) = (&world.truth.skews[place], &world.truth.evidence[place]);
            if found.usable < 30 {
                continue;
            }
            let delivery =
                if shape.feature.delivery() == Delivery::OnChange { "on-change" } else { "periodic" };
            let carries = if shape.is_snapshot() { "snapshot" } else { "upsert" };
            let class = format!(
                "{carries} {delivery} {:?}, calm/every {}",
                shape.pace,
                ratio(shape.calm, shape.every)
            );
            let screen = Screen::new(track, &world.line);
            let usable: Vec<_> =
                track.samples.iter().filter(|sample| sample.failed.is_none() && !sample.torn).collect();
            let (mut held, mut answers, mut stays, mut unsaid, mut never, mut unseen) = (0, 0, 0, 0, 0, 0);
            for id in 0..shape.ids.len() {
                let mine: Vec<_> =
                    usable.iter().copied().filter(|sample| about(track, sample).contains(&id)).collect();
                for three in mine.windows(3) {
                    answers += 1;
                    held += i32::from(
                        screen.agree(id, three[0], three[1]) && screen.agree(id, three[1], three[2]),
                    );
                }
                for sample in &mine {
                    let (from, to) = (sample.received - skew.rest, sample.received + skew.screen);
                    let clear = screen.is_clear(id, from, to);
                    unseen += i32::from(clear && !screen.shows(id, sample, from, to));
                }
                let inside = mine.first().zip(mine.last());
                for stay in screen.stays[id].iter().filter(|stay| {
                    inside.is_some_and(|(first, last)| stay.from > first.received && stay.to < last.sent)
                }) {
                    stays += 1;
                    let says = |sample: &&super::track::Sample| {
                        screen.same(sample.content.get(&id), stay.row.as_ref())
                    };
                    let near = |sample: &&super::track::Sample| {
                        sample.received >= stay.from - skew.screen && sample.sent <= stay.to + skew.rest
                    };
                    unsaid += i32::from(!mine.iter().copied().filter(near).any(|sample| says(&sample)));
                    never += i32::from(!mine.iter().any(says));
                }
            }
            let percent = |part: i32, of: i32| f64::from(part) * 100.0 / f64::from(of.max(1));
            let row = self.0.entry(class).or_default();
            let mut put = |name, value: f64| row.entry(name).or_default().0.push(value);
            put("held answers %", percent(held, answers));
            put("answers never shown near %", percent(unseen, answers));
            put("pushes unsaid under own skew %", percent(unsaid, stays));
            put("pushes REST never said %", percent(never, stays));
            put("age on screen ms", (skew.screen / MILLIS) as f64);
            put("lag ms", (track.lag / MILLIS) as f64);
        }
    }

    pub fn merge(&mut self, other: Self) {
        for (class, measures) in other.0 {
            let row = self.0.entry(class).or_default();
            for (name, measure) in measures {
                row.entry(name).or_default().0.extend(measure.0);
            }
        }
    }

    pub fn text(&self) -> String {
        let mut out =
            String::from("clean features with 30 usable answers; p5/p50/p95/max over the features\n");
        for (class, measures) in &self.0 {
            let count = measures.values().next().map_or(0, |measure| measure.0.len());
            let _ = writeln!(out, "{class} (n {count})");
            for (name, measure) in measures {
                let _ = writeln!(out, "    {name:<34} {}", measure.text());
            }
        }
        out
    }
}

fn ratio(calm: i64, every: i64) -> &'static str {
    match calm * 100 / every.max(1) {
        ..=60 => "<= 0.6",
        61..=120 => "<= 1.2",
        121..=250 => "<= 2.5",
        251..=500 => "<= 5",
        _ => "> 5",
    }
}
