//! One world: a server's truth, what it said on both sides, and every observation of it in arrival order.

use std::borrow::Cow;

use thor_cutover::model::feature::Feature;
use thor_cutover::model::observation::{End, Event, Observation, RestAnswer};
use thor_cutover::model::time::Nanos;

use super::cell::quoted;
use super::dice::Dice;
use super::faults::{Fault, Planted, plant};
use super::line::{Cause, Line};
use super::oracle::Oracle;
use super::render::{Hand, body, message};
use super::shape::{Form, MILLIS, SECOND, Shape};
use super::track::Track;
use super::truth::{shows_plenty, visible};

/// What the world owes the judge.
#[derive(Debug, Clone)]
pub enum Truth {
    /// Correct. With plenty of evidence only GO is right.
    Clean {
        plenty: bool,
    },
    /// Correct as far as anybody can tell, but it must not be GO: what is missing, and gates that may say so.
    Starved(Starved),
    Faulty {
        feature: usize,
        planted: Planted,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starved {
    Frozen,
    NeverStarts,
    CutShort,
    TooShort,
}

/// What an observation is about, for the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Line,
    Noise,
    Push { feature: usize, index: usize },
    Sample { feature: usize, index: usize },
}

pub struct Scene {
    pub observation: Observation<'static>,
    pub about: About,
}

pub struct World {
    pub seed: u64,
    pub tracks: Vec<Track>,
    pub line: Line,
    pub truth: Truth,
    pub end: End,
    pub scenes: Vec<Scene>,
    /// Draws thrown away before this one showed the fault.
    pub attempts: u64,
}

/// Draws of one seed before the campaign gives up on it; a fault kind needs some dozens at worst.
const MOST_ATTEMPTS: u64 = 3_000;

impl World {
    pub fn features(&self) -> Vec<Feature> {
        self.tracks.iter().map(|track| track.shape.feature.clone()).collect()
    }

    pub fn ended(&self) -> Nanos {
        Nanos(self.line.length as u64)
    }

    pub fn clean(seed: u64) -> Self {
        let dice = Dice::new(seed).fork("clean");
        let starved = match dice.fork("starved").below(20) {
            0 => Some(Starved::Frozen),
            1 => Some(Starved::NeverStarts),
            2 => Some(Starved::CutShort),
            3 => Some(Starved::TooShort),
            _ => None,
        };
        let (line, mut tracks) = stage(&dice, starved);
        // Asked entity by entity, four polls are many answers.
        let many = |track: &Track| track.samples.len() >= 10;
        let starved = starved.filter(|starved| *starved != Starved::TooShort || !tracks.iter().any(many));
        if starved == Some(Starved::NeverStarts) {
            tracks.iter_mut().for_each(|track| track.pushes.clear());
        }
        let truth = match starved {
            Some(starved) => Truth::Starved(starved),
            None => Truth::Clean { plenty: tracks.iter().all(|track| shows_plenty(track, &line)) },
        };
        let end = if starved == Some(Starved::CutShort) { End::Interrupted } else { End::Completed };
        for track in &tracks {
            if let Some(contradiction) = Oracle::new(track, &line).contradiction() {
                panic!("the campaign's own fault: clean world {seed} is not clean: {contradiction}");
            }
        }
        let scenes = scenes(&tracks, &line, end, &mut dice.fork("text"));
        Self { seed, tracks, line, truth, end, scenes, attempts: 1 }
    }

    /// A world with a fault of a kind, redrawn until the oracle sees it.
    pub fn faulty(seed: u64, fault: Fault) -> Self {
        let of_seed = Dice::new(seed).fork("faulty");
        for attempt in 0..MOST_ATTEMPTS {
            let dice = of_seed.fork(&format!("attempt {attempt}"));
            let (mut line, mut tracks) = stage(&dice, None);
            let feature = dice.fork("which").below(tracks.len() as u64) as usize;
            let track = &mut tracks[feature];
            let Some(planted) = plant(fault, track, &mut line, &mut dice.fork("fault")) else { continue };
            tracks.iter_mut().for_each(|track| track.lose(&line));
            let Some(planted) = visible(planted, &tracks[feature], &line) else { continue };
            let truth = Truth::Faulty { feature, planted };
            let scenes = scenes(&tracks, &line, End::Completed, &mut dice.fork("text"));
            return Self { seed, tracks, line, truth, end: End::Completed, scenes, attempts: attempt + 1 };
        }
        panic!(
            "the campaign's own fault: {fault:?} found no visible place in {MOST_ATTEMPTS} draws of {seed}"
        );
    }
}

/// The line and the correct doings of one to three features.
fn stage(dice: &Dice, starved: Option<Starved>) -> (Line, Vec<Track>) {
    const NAMES: [&str; 3] = ["positions", "account_balance", "intraday.bar"];
    let mut draw = dice.fork("stage");
    let count = *draw.pick(&[1, 1, 1, 2, 3]);
    let mut shapes: Vec<Shape> =
        NAMES.iter().take(count).map(|name| Shape::draw(name, &mut dice.fork(name))).collect();
    if starved == Some(Starved::NeverStarts) {
        // An on-change stream that never speaks while REST moves is a dropped push, not a lack of evidence.
        let periodic = thor_cutover::model::feature::Delivery::Periodic;
        shapes.iter_mut().flat_map(|shape| &mut shape.feature.ws).for_each(|ws| ws.delivery = periodic);
    }
    if starved == Some(Starved::TooShort) {
        for shape in &mut shapes {
            shape.poll = shape.poll.max(SECOND);
            shape.feature.rest.every = std::time::Duration::from_nanos(shape.poll as u64);
        }
    }
    let polls = if starved == Some(Starved::TooShort) { 4 } else { draw.spread(15, 180) };
    let slowest = shapes.iter().map(|shape| shape.poll).max().unwrap_or(SECOND);
    let quickest =
        shapes.iter().map(|shape| shape.every.min(shape.calm).min(shape.poll)).min().unwrap_or(SECOND);
    let rows: i64 = shapes.iter().map(|shape| shape.ids.len() as i64).sum();
    let budget = shapes.iter().map(|shape| shape.delay + shape.staleness).max().unwrap_or(0);
    let most = quickest * (6_000 / rows.max(1)).clamp(60, 500);
    let mut length = (slowest * polls).clamp(2 * SECOND, most.max(8 * SECOND));
    if starved != Some(Starved::TooShort) {
        length = length.max((budget * 3).min(most * 4));
    }
    let line = Line::draw(length, &mut dice.fork("line"));
    let frozen = starved == Some(Starved::Frozen);
    let tracks = shapes
        .into_iter()
        .map(|shape| {
            let mut dice = dice.fork(&format!("track {}", shape.feature.name));
            Track::draw(shape, &line, frozen, &mut dice)
        })
        .collect();
    (line, tracks)
}

fn at(nanos: i64) -> Nanos {
    Nanos(nanos.max(0) as u64)
}

/// Every observation, in arrival order; ties in any order that keeps each side's own.
fn scenes(tracks: &[Track], line: &Line, end: End, dice: &mut Dice) -> Vec<Scene> {
    let mut scenes = Vec::new();
    connection(line, &mut scenes, dice);
    for (feature, track) in tracks.iter().enumerate() {
        let ws_hand = Hand::draw(dice);
        let rest_hand = Hand::draw(dice);
        for (index, push) in track.pushes.iter().enumerate().filter(|(_, push)| !push.lost) {
            let text = message(track, push, &ws_hand, false, dice);
            let about = About::Push { feature, index };
            scenes.push(scene(push.arrives, Event::Message(text.into()), about));
            if track.shape.account.is_some() && dice.chance(15) {
                let mut other = push.clone();
                other.garble = None;
                other.content = std::rc::Rc::clone(&dice.pick(&track.history.turns).state);
                if track.shape.flat && track.shape.form != Form::Single {
                    let some = other.content.iter().next().map(|(id, row)| (*id, row.clone()));
                    other.content = std::rc::Rc::new(some.into_iter().collect());
                }
                let text = message(track, &other, &ws_hand, true, dice);
                scenes.push(scene(push.arrives, Event::Message(text.into()), About::Noise));
            }
        }
        for (index, sample) in track.samples.iter().enumerate() {
            let name = Cow::Owned(track.shape.feature.name.clone());
            let sent = at(sample.sent);
            let event = match sample.failed {
                Some(error) => Event::RestError { feature: name, sent, error: Cow::Borrowed(error) },
                None => Event::Rest(RestAnswer {
                    feature: name,
                    sent,
                    status: 200,
                    body: body(track, sample, &rest_hand, dice).into(),
                    bound: sample
                        .asked
                        .map(|id| {
                            let variable = track.shape.feature.key[0].tokens()[0].clone();
                            (Cow::Owned(variable), Cow::Owned(track.shape.ids[id][0].clone()))
                        })
                        .into_iter()
                        .collect(),
                }),
            };
            scenes.push(scene(sample.received, event, About::Sample { feature, index }));
        }
    }
    noise(tracks, line, &mut scenes, dice);
    scenes.sort_by_key(|scene| scene.observation.at);
    if end == End::Completed || dice.chance(50) {
        scenes.push(scene(line.length, Event::End(end), About::Line));
    }
    scenes
}

fn scene(time: i64, event: Event<'static>, about: About) -> Scene {
    Scene { observation: Observation { at: at(time), event }, about }
}

fn connection(line: &Line, scenes: &mut Vec<Scene>, dice: &mut Dice) {
    for blind in &line.blinds {
        match blind.cause {
            Cause::Start => scenes.push(scene(blind.to, Event::Open, About::Line)),
            Cause::Closed { code, attempts } => {
                let reason = Cow::Borrowed("");
                scenes.push(scene(blind.from, Event::Closed { code, reason }, About::Line));
                for attempt in 0..i64::from(attempts) {
                    let time =
                        blind.from + (blind.to - blind.from) * (attempt + 1) / (i64::from(attempts) + 1);
                    let reason = Cow::Borrowed("connection refused");
                    scenes.push(scene(time, Event::ConnectFailed { reason }, About::Line));
                }
                scenes.push(scene(blind.to, Event::Open, About::Line));
            }
            Cause::Slept(reason) => {
                let lasted = Nanos((blind.to - blind.from) as u64);
                scenes.push(scene(blind.to, Event::Gap { reason, lasted }, About::Line));
            }
            Cause::Overflow => {
                let reason = thor_cutover::model::observation::GapReason::QueueOverflow;
                let lasted = Nanos((blind.to - blind.from) as u64);
                scenes.push(scene(blind.to, Event::Gap { reason, lasted }, About::Line));
            }
            Cause::Garbage => {
                let frames = ["not json", "{\"type\":", "[1,2]", "{\"data\":{}}", "", "{\"type\":7}"];
                let text = *dice.pick(&frames);
                scenes.push(scene(blind.from, Event::Message(text.into()), About::Line));
            }
        }
    }
}

/// Other traffic of the socket: other types, pongs, our type's name where it must not route.
fn noise(tracks: &[Track], line: &Line, scenes: &mut Vec<Scene>, dice: &mut Dice) {
    let percent = *dice.pick(&[0, 5, 20]);
    let ours = &tracks[0].shape.feature.ws[0].types[0];
    let count = scenes.len() as u64 * percent / 100;
    for _ in 0..count {
        let time = dice.between(0, line.length - MILLIS);
        if line.is_blind(time, time) {
            continue;
        }
        let text = match dice.below(5) {
            0 => "{\"type\":\"heartbeat\"}".to_owned(),
            1 => "{\"type\":\"pong\",\"timestamp\":1}".to_owned(),
            2 => format!(
                "{{\"type\":\"quote_tick\",\"data\":{{\"type\":{},\"cash\":1.0}}}}",
                quoted(ours, false)
            ),
            3 => format!("{{\"data\":{{\"type\":{}}},\"type\":\"market_data\"}}", quoted(ours, false)),
            _ => "{\"type\":\"schwab_health\",\"data\":{\"connections\":[]}}".to_owned(),
        };
        scenes.push(scene(time, Event::Message(text.into()), About::Noise));
    }
}
