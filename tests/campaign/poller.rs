//! How REST answers: at what age, how quickly, from how many caches, how often not at all.
//!
//! An answer is a function of the instant at which it was asked for, so that the engine may ask at any time and
//! a world stays the same world.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::dice::Dice;
use super::history::{History, State};
use super::line::Line;
use super::shape::{Form, MILLIS, Shape};
use super::track::{Lag, Sample};

#[derive(Debug, Clone)]
pub struct Poller {
    lag: Lag,
    /// C.
    budget: i64,
    latency: i64,
    torn: bool,
    /// Per cent of requests that fail.
    pub errors: u64,
    /// A stretch in which so many per cent fail: (from, to, per cent).
    pub failing: Option<(i64, i64, u64)>,
    dice: Dice,
}

const FAILURES: [&str; 4] =
    ["timeout", "503 Service Unavailable", "500 Internal Server Error", "HTML, not JSON"];

impl Poller {
    pub fn draw(shape: &Shape, dice: &mut Dice) -> Self {
        Self {
            lag: Lag::draw(shape.staleness, true, dice),
            budget: shape.staleness,
            latency: *dice.pick(&[2, 5, 20, 80, 300]) * MILLIS,
            torn: shape.form == Form::Rows && dice.chance(6),
            errors: *dice.pick(&[0, 0, 0, 2, 8]),
            failing: None,
            dice: dice.fork("answers"),
        }
    }

    pub fn habit(&self) -> String {
        let torn = if self.torn { ", torn reads" } else { "" };
        format!("rest {:?} latency {} ms, {} % errors{torn}", self.lag, self.latency / MILLIS, self.errors)
    }

    pub fn answer(&self, history: &History, line: &Line, sent: i64, asked: Option<usize>) -> Sample {
        let mut dice = self.dice.fork(&format!("{sent} {asked:?}"));
        let received = sent + dice.spread(self.latency / 4, self.latency * 2);
        let at = dice.between(sent, received);
        let read = match self.lag {
            Lag::Workers(workers, lifetime) => self.cached(workers, lifetime, at, &mut dice),
            _ => at - self.lag.within(self.budget, &mut dice),
        };
        let torn = self.torn && dice.chance(10);
        let content =
            if torn { row_by_row(history, sent, received, &mut dice) } else { at_once(history, read, asked) };
        let errors = match self.failing {
            Some((from, to, percent)) if (from..to).contains(&sent) => percent,
            _ => self.errors,
        };
        let failed = dice.chance(errors).then(|| *dice.pick(&FAILURES));
        Sample { sent, received: line.held(received), read, content: Rc::new(content), asked, failed, torn }
    }

    /// The instant a cached answer was read: a random worker, whose cache lives for `lifetime`.
    fn cached(&self, workers: usize, lifetime: i64, at: i64, dice: &mut Dice) -> i64 {
        let worker = dice.below(workers as u64);
        let phase = self.dice.fork(&format!("worker {worker}")).between(0, lifetime);
        if lifetime == 0 { at } else { at - (at + phase).rem_euclid(lifetime) }
    }
}

fn at_once(history: &History, read: i64, asked: Option<usize>) -> State {
    let state = history.state_at(read);
    match asked {
        None => (**state).clone(),
        Some(id) => state.get(&id).map(|row| (id, Rc::clone(row))).into_iter().collect(),
    }
}

/// Each row read at another instant of the answer's span.
fn row_by_row(history: &History, sent: i64, received: i64, dice: &mut Dice) -> State {
    let ids: BTreeSet<usize> = history.turns.iter().flat_map(|turn| turn.state.keys().copied()).collect();
    let read = |id: usize, at: i64| history.state_at(at).get(&id).map(|row| (id, Rc::clone(row)));
    ids.into_iter().filter_map(|id| read(id, dice.between(sent, received))).collect()
}
