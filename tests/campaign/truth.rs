//! What a world owes the judge, decided from the screen and from the true state over time alone.
//!
//! A person sits before a screen that only the stream feeds, and knows at every moment what was true. A fault
//! counts by how long it stood there and by how many answers of REST were at hand that said otherwise; how the
//! engine might find that out is not asked here.

use std::collections::{BTreeMap, BTreeSet};

use super::cell::Cell;
use super::column::Side;
use super::faults::{Fault, Planted};
use super::line::{Cause, Line};
use super::screen::{Screen, Wrong, Wrongness};
use super::shape::{Form, SECOND};
use super::track::{Sample, Track};

/// The only verdicts about a feature that are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owed {
    /// Correct, and rich enough to say so.
    Go,
    /// Correct, but it may well be too little to say so.
    NotNoGo,
    /// Nothing wrong was shown, and too little was: inconclusive.
    Inconclusive,
    /// A fault that stood on the screen beyond the skew of the run, in a rich run.
    NoGo,
    /// A fault that the wire shows, but not beyond doubt.
    NotGo,
    /// Something to be said by name in the report, whatever the verdict; or no-go.
    Named(&'static str),
    /// A fault that the wire hardly shows.
    Any,
}

/// How far the two sides of a world are apart without any fault.
#[derive(Debug, Clone, Copy)]
pub struct Skew {
    /// How old what stands on the screen gets.
    pub screen: i64,
    /// How old an answer gets, its way to us included.
    pub rest: i64,
    /// Share of answers whose state the screen never shows: what comes and goes between two pushes.
    pub unseen: f64,
}

/// What there is to be seen of a feature.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Answers that came, and requests that failed.
    pub answers: usize,
    pub failed: usize,
    /// Answers with the whole allowance before and after them in sight of the screen.
    pub usable: usize,
    /// Answers too near to the end that the screen had not yet shown.
    pub pending: usize,
    /// Changes between usable answers that the screen showed too.
    pub transitions: usize,
    /// Answers that met an entity while it stood wrong on the screen, or that were wrong themselves.
    pub wrong: usize,
    /// Answers that nothing on the screen agrees with, as far around them as the run's own skew reaches.
    pub contradicted: usize,
    /// Those among them with which nothing agrees as far as C and D reach beyond that skew.
    pub beyond_allowance: usize,
    /// Stretches in which an entity stood wrong, and answers within and on both sides said that it stood still.
    pub flickers: usize,
    /// Seconds during which at least one entity stood wrong.
    pub wrong_seconds: f64,
    pub torn: bool,
    /// Entities that the stream never told although they exist.
    pub untold: Vec<usize>,
    pub seen_wrong: BTreeSet<usize>,
    /// Whether what stood wrong was true at another time, or what REST said stood on the screen at another time:
    /// then it also looks like a late or lost push, or like a stale answer.
    pub is_of_another_time: bool,
}

impl Skew {
    /// Of a track as it is before any fault. `None` where the world itself is wrong.
    pub fn of(track: &Track, line: &Line) -> Option<Self> {
        let screen = Screen::new(track, line);
        let prompt = |sample: &&Sample| {
            sample.failed.is_none() && !sample.torn && !line.is_blind(sample.sent, sample.received)
        };
        let ages = track.samples.iter().filter(prompt);
        let rest = ages.map(|sample| sample.received - sample.read.min(sample.sent)).max().unwrap_or(0);
        let mut skew = Self { screen: screen.oldest()?, rest, unseen: 0.0 };
        let (mut clear, mut unseen) = (0, 0);
        for sample in track.samples.iter().filter(|sample| sample.failed.is_none()) {
            let (from, to) = (sample.received - skew.rest, sample.received + skew.screen);
            let ids: Vec<usize> =
                about(track, sample).into_iter().filter(|id| screen.is_clear(*id, from, to)).collect();
            clear += usize::from(!ids.is_empty());
            unseen += usize::from(ids.iter().any(|id| !screen.shows(*id, sample, from, to)));
        }
        skew.unseen = if clear == 0 { 0.0 } else { unseen as f64 / clear as f64 };
        Some(skew)
    }
}

/// Entities that an answer is about.
pub fn about(track: &Track, sample: &Sample) -> Vec<usize> {
    match sample.asked {
        None if track.shape.is_snapshot() => (0..track.shape.ids.len()).collect(),
        _ => sample.content.keys().copied().collect(),
    }
}

impl Evidence {
    /// `honest`: the same feature before its fault.
    pub fn of(track: &Track, honest: &Track, line: &Line, skew: &Skew) -> Self {
        let screen = Screen::new(track, line);
        let honest = Screen::new(honest, line);
        let shape = &track.shape;
        let late = (shape.delay - track.lag).max(0);
        let ids = 0..shape.ids.len();
        let wrong: Vec<Vec<Wrong>> = ids.clone().map(|id| screen.wrong(id, skew.screen + late)).collect();
        let mut found = Self {
            wrong_seconds: union_seconds(&wrong),
            untold: ids.filter(|id| screen.stays[*id].is_empty() && screen.exists(*id)).collect(),
            ..Self::default()
        };
        let mut last: BTreeMap<Option<usize>, &Sample> = BTreeMap::new();
        let mut flickers = BTreeSet::new();
        for (place, sample) in track.samples.iter().enumerate() {
            if sample.failed.is_some() {
                found.failed += 1;
                continue;
            }
            found.answers += 1;
            found.torn |= sample.torn;
            let read = (sample.received - skew.rest, sample.received);
            let allowance = (sample.sent - shape.staleness, sample.received + shape.delay);
            let (mut usable, mut is_wrong, mut pending) = (false, false, false);
            let (mut contradicted, mut beyond_allowance) = (false, false);
            for id in about(track, sample).into_iter().filter(|_| !sample.torn) {
                usable |= screen.is_clear(id, allowance.0, allowance.1);
                pending |= allowance.1 >= line.length
                    && !screen.between(id, allowance.0, line.length).is_empty()
                    && !screen.shows(id, sample, allowance.0, line.length);
                // A cache may be as old as it says; what was never true is wrong at any age.
                let invents = !screen.was_true(id, sample, i64::MIN / 4, read.1);
                let lies = invents || !screen.was_true(id, sample, allowance.0.min(read.0) - 1, read.1);
                let stretch = wrong[id].iter().find(|wrong| wrong.from <= read.0 && wrong.to > read.1);
                let differs = !screen.shows(id, sample, read.0, read.1);
                if screen.is_clear(id, read.0, read.1) && differs && (stretch.is_some() || lies) {
                    is_wrong = true;
                    found.seen_wrong.insert(id);
                }
                let near = (read.0, read.1 + skew.screen);
                let far = (allowance.0.min(read.0), near.1 + late);
                let (from, to) = match overlapping(&wrong[id], near) {
                    _ if invents => near,
                    _ if lies => far,
                    Some(Wrongness::Untrue | Wrongness::WentBack) => near,
                    Some(Wrongness::Overdue) => far,
                    None => continue,
                };
                // What comes and goes between two pushes is on no screen, with a fault or without.
                let is_due =
                    |from, to| lies || id >= honest.stays.len() || honest.shows(id, sample, from, to);
                let is_absent = |from, to| {
                    screen.is_clear(id, from, to) && is_due(from, to) && !screen.shows(id, sample, from, to)
                };
                if is_absent(from, to) {
                    contradicted = true;
                    beyond_allowance |= is_absent(far.0, far.1);
                    found.seen_wrong.insert(id);
                    let mut rows = screen.between(id, from, to).iter();
                    found.is_of_another_time |= lies
                        || screen.shows(id, sample, 0, line.length)
                        || rows.any(|stay| screen.was_ever_true(id, stay.row.as_ref()));
                }
                if let Some(stretch) = stretch.filter(|_| differs)
                    && stretch.how != Wrongness::Overdue
                    && screen.stood_still(id, stretch.from - skew.screen - skew.rest, stretch.to)
                    && brackets(&screen, id, place, stretch)
                {
                    flickers.insert((id, stretch.from));
                }
            }
            found.usable += usize::from(usable);
            found.pending += usize::from(pending);
            found.wrong += usize::from(is_wrong);
            found.contradicted += usize::from(contradicted);
            found.beyond_allowance += usize::from(beyond_allowance);
            if usable {
                let before = last.insert(sample.asked, sample);
                found.transitions +=
                    usize::from(before.is_some_and(|before| moved(&screen, before, sample, allowance)));
            }
        }
        found.flickers = flickers.len();
        found
    }

    /// Whether there is so much to be seen that a fault which stands there has to be called one.
    fn is_rich(&self, track: &Track, line: &Line) -> bool {
        let shape = &track.shape;
        let asked = if shape.form == Form::Asked { shape.ids.len() } else { 1 };
        self.usable >= 30 * asked
            && line.length >= 2 * (shape.staleness + shape.delay)
            && self.failed * 100 <= 15 * (self.answers + self.failed)
            && blind(line) * 12 <= line.length
            && !self.torn
    }
}

/// What a feature without a fault is owed.
/// `asks`: whether the engine gets the answers that it wishes for: at most two for each regular one.
pub fn owed_clean(track: &Track, line: &Line, skew: &Skew, found: &Evidence, asks: bool) -> Owed {
    let answers = found.answers * if asks { 3 } else { 1 };
    let shape = &track.shape;
    let moved = track.history.turns.iter().any(|turn| turn.at > 0);
    if answers < 30
        || line.length < 2 * (shape.staleness + shape.delay)
        || found.failed * 100 > 25 * (found.answers + found.failed)
        || track.delivered().next().is_none()
        || !moved
    {
        return Owed::Inconclusive;
    }
    let pauses = track.delivered().zip(track.delivered().skip(1));
    let speaks = !shape.is_periodic()
        || pauses.map(|(one, next)| next.arrives - one.arrives).all(|pause| pause <= shape.silence_limit());
    let blinds = line.blinds.iter().filter(|blind| !matches!(blind.cause, Cause::Start)).count();
    let calm = shape.is_periodic() || blinds == 0;
    let told = found.untold.is_empty();
    let is_rich = found.is_rich(track, line)
        && found.transitions >= 5
        && skew.unseen <= 0.05
        && found.usable * 100 >= 75 * found.answers
        && found.pending * 100 <= 5 * found.answers;
    if is_rich && speaks && calm && told && found.answers >= 30 { Owed::Go } else { Owed::NotNoGo }
}

/// What a feature with a fault is owed.
/// `asks`: whether the engine gets the answers that it wishes for, so that a short fault can be bracketed by two.
pub fn owed_faulty(
    planted: &Planted,
    track: &Track,
    line: &Line,
    skew: &Skew,
    found: &Evidence,
    asks: bool,
) -> Owed {
    let rich = found.is_rich(track, line);
    // Where states come and go between two pushes anyway, a wrong one may have been one of those.
    let comparable = skew.unseen <= 0.10;
    match planted.fault {
        Fault::TwinKeys => return Owed::Named("unique"),
        Fault::NeverTold if found.contradicted < 3 => return Owed::Named("never_told"),
        Fault::TwinLost | Fault::WrongAccount => return Owed::NotGo,
        Fault::NotANumber | Fault::Truncated if spoilt(track, planted) && rich => return Owed::NoGo,
        Fault::BrokenInvariant if breaks_inside(track, line, planted) && rich => return Owed::NoGo,
        Fault::WrongCountdown => {
            let count = countdowns(track, line, planted);
            return if count >= 3 && rich { Owed::NoGo } else { Owed::Any };
        }
        _ => {}
    }
    let proof = if asks { found.contradicted } else { found.beyond_allowance };
    if proof >= 3 && rich && comparable {
        return Owed::NoGo;
    }
    let share = |count: usize, percent: usize| count >= 3 && count * 100 >= percent * found.answers;
    let starved = found.pending * 100 > 15 * found.answers
        || (found.answers < 30 && !asks)
        || line.length < 2 * (track.shape.staleness + track.shape.delay);
    let shows = comparable && (proof >= 3 || (asks && found.flickers >= 3));
    let many = share(found.contradicted, 10) || share(found.flickers, 10) || share(found.wrong, 10);
    if shows || many || starved { Owed::NotGo } else { Owed::Any }
}

fn overlapping(wrong: &[Wrong], within: (i64, i64)) -> Option<Wrongness> {
    let mut here = wrong.iter().filter(|wrong| wrong.from <= within.1 && wrong.to > within.0);
    let first = here.next()?;
    let worse = here.find(|wrong| wrong.how != Wrongness::Overdue);
    Some(if first.how == Wrongness::Overdue { worse.map_or(first.how, |wrong| wrong.how) } else { first.how })
}

/// Whether the answers before and after a stretch say the same of an entity as the one within it.
fn brackets(screen: &Screen<'_>, id: usize, place: usize, stretch: &Wrong) -> bool {
    let samples = &screen.track.samples;
    let within = &samples[place];
    let good = |sample: &&Sample| {
        sample.failed.is_none() && !sample.torn && sample.asked.is_none_or(|asked| asked == id)
    };
    let before = samples[..place].iter().rev().filter(good).find(|sample| sample.received <= stretch.from);
    let after = samples[place + 1..].iter().filter(good).find(|sample| sample.sent >= stretch.to);
    let agrees = |other: Option<&Sample>| other.is_some_and(|other| screen.agree(id, within, other));
    agrees(before) && agrees(after)
}

/// Whether an answer says something new that the screen showed as well.
fn moved(screen: &Screen<'_>, before: &Sample, sample: &Sample, allowance: (i64, i64)) -> bool {
    about(screen.track, sample).into_iter().any(|id| {
        !screen.agree(id, before, sample)
            && before.content.contains_key(&id) == sample.content.contains_key(&id)
            && screen.shows(id, sample, allowance.0, allowance.1)
    })
}

fn union_seconds(wrong: &[Vec<Wrong>]) -> f64 {
    let mut all: Vec<(i64, i64)> = wrong.iter().flatten().map(|wrong| (wrong.from, wrong.to)).collect();
    all.sort_unstable();
    let (mut sum, mut up_to) = (0, i64::MIN);
    for (from, to) in all {
        sum += (to - from.max(up_to)).max(0);
        up_to = up_to.max(to);
    }
    sum as f64 / SECOND as f64
}

fn blind(line: &Line) -> i64 {
    line.blinds.iter().map(|blind| (blind.to - blind.from.max(0)).max(0)).sum()
}

/// Three spoilt messages, or one that was the last word for long.
fn spoilt(track: &Track, planted: &Planted) -> bool {
    let here = |push: &&super::track::Push| {
        push.garble.is_some() && (planted.span.0..planted.span.1).contains(&push.at)
    };
    track.delivered().filter(here).count() >= 1
}

/// A row on the screen, or in an answer, that breaks its own formula.
fn breaks_inside(track: &Track, line: &Line, planted: &Planted) -> bool {
    let (id, column) = (planted.entities[0], planted.columns[0]);
    let is_off = |row: &Vec<Cell>| matches!(row[column], Cell::Decimal { .. });
    match planted.side {
        Side::Ws => track.delivered().any(|push| push.content.get(&id).is_some_and(|row| is_off(row))),
        Side::Rest => {
            let screen = Screen::new(track, line);
            let seen = |sample: &&Sample| {
                let allowance = (sample.sent - track.shape.staleness, sample.received + track.shape.delay);
                sample.failed.is_none()
                    && sample.content.get(&id).is_some_and(|row| is_off(row))
                    && screen.is_clear(id, allowance.0, allowance.1)
            };
            track.samples.iter().filter(seen).count() >= 3
        }
    }
}

/// Answers whose countdown nothing on the screen can have counted down to, however late or stale.
fn countdowns(track: &Track, line: &Line, planted: &Planted) -> usize {
    let (id, column) = (planted.entities[0], planted.columns[0]);
    let slack = 4_000_000_i64;
    let shape = &track.shape;
    let wall = super::history::wall;
    // The instant the countdown ends, as a side says it: seconds left, added to when they were written.
    let end = |cell: &Cell, from: i64, to: i64| match cell {
        Cell::Until(end) => Some((*end - (to - from) / 1_000, *end + (to - from) / 1_000)),
        Cell::Decimal { minor, .. } => {
            let left = *minor as i64 * 1_000_000;
            Some((wall(from) + left, wall(to) + left))
        }
        _ => None,
    };
    let screen = Screen::new(track, line);
    let is_apart = |sample: &&Sample| {
        let (from, to) = (sample.sent - shape.staleness, sample.received + shape.delay);
        let Some(row) = sample.content.get(&id) else { return false };
        let Some(rest) = end(&row[column], from, sample.received) else { return false };
        let apart = |stay: &super::screen::Stay| {
            let ws = stay.row.as_ref().and_then(|row| end(&row[column], stay.from - shape.delay, stay.from));
            ws.is_some_and(|ws| ws.0 > rest.1 + slack || ws.1 + slack < rest.0)
        };
        sample.failed.is_none()
            && !sample.torn
            && screen.is_clear(id, from, to)
            && screen.between(id, from, to).iter().all(apart)
    };
    track.samples.iter().filter(is_apart).count()
}
