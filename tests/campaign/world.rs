//! One world: a server's truth, what it said on both sides, and every observation of it in arrival order.

use std::borrow::Cow;

use thor_cutover::model::feature::Feature;
use thor_cutover::model::observation::{End, Event, Observation, RestAnswer};
use thor_cutover::model::rest_cause::RestCause;
use thor_cutover::model::time::Nanos;

use super::cell::quoted;
use super::dice::Dice;
use super::faults::{Fault, OF_ANOTHER_TIME, Planted, fits, plant, prepare};
use super::line::{Cause, Line};
use super::render::{Hand, body, message};
use super::shape::{Form, MILLIS, SECOND, Shape};
use super::track::{Garble, Sample, Track};
use super::truth::{Evidence, Owed, Skew, owed_clean, owed_faulty};

/// What is wrong with a world, and what each of its features is owed.
pub struct Truth {
    /// The feature with the fault.
    pub planted: Option<(usize, Planted)>,
    pub starved: Option<Starved>,
    pub owed: Vec<Owed>,
    pub skews: Vec<Skew>,
    pub evidence: Vec<Evidence>,
}

/// Too little to judge by, though nothing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starved {
    Frozen,
    NeverStarts,
    CutShort,
    TooShort,
    Sparse,
    RestFailing,
}

/// What an observation is about, for the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Line,
    Noise,
    Push {
        feature: usize,
        index: usize,
    },
    Sample {
        feature: usize,
        index: usize,
    },
    /// An answer that the engine asked for.
    Wish {
        feature: usize,
    },
}

#[derive(Clone)]
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
    /// Whether the engine's wishes for answers are granted, as they are live and not in a replay.
    pub grants: bool,
    rest_hands: Vec<Hand>,
    /// Draws thrown away before this one showed the fault.
    pub attempts: u64,
}

/// Draws of one seed before the campaign takes a fault that hardly shows, or gives up where none has a place.
const MANY_ATTEMPTS: u64 = 60;
const MOST_ATTEMPTS: u64 = 600;

impl World {
    pub fn features(&self) -> Vec<Feature> {
        self.tracks.iter().map(|track| track.shape.feature.clone()).collect()
    }

    pub fn ended(&self) -> Nanos {
        Nanos(self.line.length as u64)
    }

    pub fn clean(seed: u64) -> Self {
        let dice = Dice::new(seed).fork("clean");
        let starved = match dice.fork("starved").below(40) {
            0 => Some(Starved::Frozen),
            1 => Some(Starved::NeverStarts),
            2 => Some(Starved::CutShort),
            3 => Some(Starved::TooShort),
            4 => Some(Starved::Sparse),
            5 => Some(Starved::RestFailing),
            _ => None,
        };
        let (line, mut tracks) = stage(&dice, starved, None);
        let mut traits = dice.fork("traits");
        if starved == Some(Starved::NeverStarts) {
            tracks.iter_mut().for_each(|track| track.pushes.clear());
        } else if traits.chance(4) {
            tracks.iter_mut().for_each(|track| write_twice(track, &mut traits));
        }
        let skews: Vec<Skew> = tracks
            .iter()
            .map(|track| {
                Skew::of(track, &line).unwrap_or_else(|| {
                    panic!("the campaign's own fault: the screen of clean world {seed} shows what never was")
                })
            })
            .collect();
        let evidence: Vec<Evidence> =
            tracks.iter().zip(&skews).map(|(track, skew)| Evidence::of(track, track, &line, skew)).collect();
        let owed: Vec<Owed> = (0..tracks.len())
            .map(|place| {
                let (track, found) = (&tracks[place], &evidence[place]);
                assert!(
                    found.wrong + found.contradicted == 0,
                    "the campaign's own fault: clean world {seed} has something wrong: {found:?}"
                );
                match (starved, owed_clean(track, &line, &skews[place], found, grants(&dice))) {
                    (Some(Starved::CutShort), _) => Owed::Inconclusive,
                    (_, owed) => owed,
                }
            })
            .collect();
        let end = if starved == Some(Starved::CutShort) { End::Interrupted } else { End::Completed };
        let truth = Truth { planted: None, starved, owed, skews, evidence };
        Self::told(seed, &dice, line, tracks, truth, end, 1)
    }

    /// A world with a fault of a kind, redrawn until it has a place; mostly until it shows.
    pub fn faulty(seed: u64, fault: Fault) -> Self {
        let of_seed = Dice::new(seed).fork("faulty");
        let must_show = of_seed.fork("must show").chance(85);
        for attempt in 0..MOST_ATTEMPTS {
            let dice = of_seed.fork(&format!("attempt {attempt}"));
            let (mut line, mut tracks) = stage(&dice, None, Some(fault));
            if !fits(fault, &tracks[0].shape) {
                continue;
            }
            let Some(skews) = tracks.iter().map(|track| Skew::of(track, &line)).collect::<Option<Vec<_>>>()
            else {
                panic!("the campaign's own fault: world {seed}, draw {attempt}, is wrong before its fault")
            };
            let honest = tracks[0].clone();
            let grants = grants(&dice);
            let planted = plant(fault, &mut tracks[0], &mut line, &mut dice.fork("fault"));
            let Some(mut planted) = planted else { continue };
            tracks.iter_mut().for_each(|track| track.lose(&line));
            let evidence: Vec<Evidence> = (0..tracks.len())
                .map(|place| {
                    let honest = if place == 0 { &honest } else { &tracks[place] };
                    Evidence::of(&tracks[place], honest, &line, &skews[place])
                })
                .collect();
            let mut owed: Vec<Owed> = (0..tracks.len())
                .map(|place| owed_clean(&tracks[place], &line, &skews[place], &evidence[place], grants))
                .collect();
            owed[0] = owed_faulty(&planted, &tracks[0], &line, &skews[0], &evidence[0], grants);
            if owed[0] == Owed::Any && must_show && attempt < MANY_ATTEMPTS {
                continue;
            }
            if evidence[0].is_of_another_time && !planted.kinds.is_empty() {
                planted.kinds.extend(OF_ANOTHER_TIME);
            }
            let truth = Truth { planted: Some((0, planted)), starved: None, owed, skews, evidence };
            return Self::told(seed, &dice, line, tracks, truth, End::Completed, attempt + 1);
        }
        panic!("the campaign's own fault: {fault:?} found no place in {MOST_ATTEMPTS} draws of {seed}");
    }

    fn told(
        seed: u64,
        dice: &Dice,
        line: Line,
        tracks: Vec<Track>,
        truth: Truth,
        end: End,
        attempts: u64,
    ) -> Self {
        let mut text = dice.fork("text");
        let hands: Vec<(Hand, Hand)> =
            tracks.iter().map(|_| (Hand::draw(&mut text), Hand::draw(&mut text))).collect();
        let scenes = scenes(&tracks, &hands, &line, end, &mut text);
        let grants = grants(dice);
        let rest_hands = hands.into_iter().map(|(_, rest)| rest).collect();
        Self { seed, tracks, line, truth, end, scenes, grants, rest_hands, attempts }
    }

    /// The answers to a poll of a feature at `sent`, which the engine wished for.
    pub fn answers(&self, feature: usize, sent: i64) -> Vec<Scene> {
        let track = &self.tracks[feature];
        let mut dice = Dice::new(self.seed).fork(&format!("wish {feature} {sent}"));
        let mut at = sent;
        let mut scenes = Vec::new();
        for asked in track.asked() {
            let sample = track.answer(&self.line, at, asked);
            at = sample.received;
            if sample.received < self.line.length {
                let event = answer(track, &sample, &self.rest_hands[feature], &mut dice);
                scenes.push(scene(sample.received, event, About::Wish { feature }));
            }
        }
        scenes
    }
}

/// Live runs ask when they wish, replays of what others recorded cannot.
fn grants(dice: &Dice) -> bool {
    dice.fork("grants").chance(80)
}

/// Some messages have a name twice, with the same value in the end.
fn write_twice(track: &mut Track, dice: &mut Dice) {
    let Some((column, _)) =
        track.shape.compared().find(|(_, column)| column.sort == super::column::Sort::Money)
    else {
        return;
    };
    for push in &mut track.pushes {
        if let Some(id) = push.content.keys().next().filter(|_| dice.chance(30)) {
            push.garble = Some(Garble::Twice(*id, column));
        }
    }
}

/// The line and the correct doings of one to three features.
fn stage(dice: &Dice, starved: Option<Starved>, fault: Option<Fault>) -> (Line, Vec<Track>) {
    const NAMES: [&str; 3] = ["positions", "account_balance", "intraday.bar"];
    let mut draw = dice.fork("stage");
    let count = *draw.pick(&[1, 1, 1, 1, 1, 1, 2, 3]);
    let mut shapes: Vec<Shape> =
        NAMES.iter().take(count).map(|name| Shape::draw(name, &mut dice.fork(name))).collect();
    if let Some(fault) = fault {
        prepare(fault, &mut shapes[0]);
    }
    let polls = match starved {
        Some(Starved::TooShort) => {
            for shape in &mut shapes {
                shape.set_poll(shape.poll.max(SECOND));
            }
            4
        }
        Some(Starved::Sparse) => draw.between(8, 24),
        _ if fault == Some(Fault::LateInShortRun) => draw.between(35, 80),
        _ if draw.chance(12) => draw.between(12, 40),
        _ => draw.between(45, 100),
    };
    let slowest = shapes.iter().map(|shape| shape.poll).max().unwrap_or(SECOND);
    let pace = |shape: &Shape| shape.every.min(shape.calm).max(20 * MILLIS);
    let quickest = shapes.iter().map(|shape| pace(shape).min(shape.poll)).min().unwrap_or(SECOND);
    let rows: i64 = shapes.iter().map(|shape| shape.ids.len() as i64).sum();
    let budget = shapes.iter().map(|shape| shape.delay + shape.staleness).max().unwrap_or(0);
    let mut length = slowest * polls;
    if !matches!(starved, Some(Starved::TooShort | Starved::Sparse)) {
        // A minute, where that is no thousands of messages.
        length = length.max((60 * SECOND).min(quickest * 300));
        if fault != Some(Fault::LateInShortRun) && draw.chance(92) {
            length = length.max(budget * 5 / 2);
        }
        length = length.min((quickest * (20_000 / rows)).max(slowest * 45)).min(slowest * 600);
    }
    let line = Line::draw(length, &mut dice.fork("line"));
    let frozen = starved == Some(Starved::Frozen);
    let tracks = shapes
        .into_iter()
        .map(|shape| {
            let mut dice = dice.fork(&format!("track {}", shape.feature.name));
            let failing = (starved == Some(Starved::RestFailing)).then(|| {
                let from = if dice.chance(50) { 0 } else { length / 5 };
                (from, length, dice.between(55, 95) as u64)
            });
            Track::draw(shape, &line, frozen, failing, &mut dice)
        })
        .collect();
    (line, tracks)
}

fn at(nanos: i64) -> Nanos {
    Nanos(nanos.max(0) as u64)
}

/// Every observation, in arrival order; ties in any order that keeps each side's own.
fn scenes(tracks: &[Track], hands: &[(Hand, Hand)], line: &Line, end: End, dice: &mut Dice) -> Vec<Scene> {
    let mut scenes = Vec::new();
    connection(line, &mut scenes, dice);
    for (feature, track) in tracks.iter().enumerate() {
        let (ws_hand, rest_hand) = &hands[feature];
        for (index, push) in track.pushes.iter().enumerate().filter(|(_, push)| !push.lost) {
            let text = message(track, push, ws_hand, false, dice);
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
                let text = message(track, &other, ws_hand, true, dice);
                scenes.push(scene(push.arrives, Event::Message(text.into()), About::Noise));
            }
        }
        for (index, sample) in track.samples.iter().enumerate() {
            let event = answer(track, sample, rest_hand, dice);
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

fn answer(track: &Track, sample: &Sample, hand: &Hand, dice: &mut Dice) -> Event<'static> {
    let feature = Cow::Owned(track.shape.feature.name.clone());
    let sent = at(sample.sent);
    if let Some(error) = sample.failed {
        return Event::RestError { feature, sent, cause: RestCause::Other, error: Cow::Borrowed(error) };
    }
    let bound = sample.asked.map(|id| {
        let variable = track.shape.feature.key[0].tokens()[0].clone();
        (Cow::Owned(variable), Cow::Owned(track.shape.ids[id][0].clone()))
    });
    let body = body(track, sample, hand, dice).into();
    Event::Rest(RestAnswer { feature, sent, status: 200, body, bound: bound.into_iter().collect() })
}

fn scene(time: i64, event: Event<'static>, about: About) -> Scene {
    Scene { observation: Observation::of(at(time), event), about }
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
