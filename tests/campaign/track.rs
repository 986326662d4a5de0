//! What the server did with the truth of one feature: its pushes, and its answers to the poller.
//!
//! Everything drawn here is inside the declared budgets: a push arrives at most D after its state became
//! true, an answer is at most C older than the reading of it.

use std::rc::Rc;

use super::column::Side;
use super::dice::Dice;
use super::history::{History, State};
use super::line::Line;
use super::poller::Poller;
use super::shape::{Form, MILLIS, Pace, Shape};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Change,
    Tick,
    Again,
}

/// What a fault did to the text of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Garble {
    /// Cut after so many percent of its bytes.
    Cut(u8),
    /// A number is `NaN`.
    NotANumber,
    /// A member of an entity is there twice, the second time as the content has it: (entity, column).
    Twice(usize, usize),
    /// No entity has its key.
    Keyless,
    /// A column under another name.
    Renamed(usize),
}

impl Garble {
    /// Whether a page still makes something of the message.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Twice(..) | Self::Renamed(_))
    }
}

/// One message of the feature.
#[derive(Debug, Clone)]
pub struct Push {
    pub why: Why,
    /// When its content was true.
    pub at: i64,
    pub sent: i64,
    pub arrives: i64,
    pub turn: usize,
    /// The whole state, or the entities it carries.
    pub content: Rc<State>,
    pub garble: Option<Garble>,
    pub lost: bool,
}

/// One REST answer.
#[derive(Debug, Clone)]
pub struct Sample {
    /// a and b.
    pub sent: i64,
    pub received: i64,
    /// When the content was true; staleness is already in it.
    pub read: i64,
    pub content: Rc<State>,
    /// The one entity asked for.
    pub asked: Option<usize>,
    pub failed: Option<&'static str>,
    pub torn: bool,
}

/// What a fault does to an answer.
pub type RestFault = Rc<dyn Fn(&mut Sample)>;

#[derive(Clone)]
pub struct Track {
    pub shape: Shape,
    pub history: History,
    /// In order of arrival.
    pub pushes: Vec<Push>,
    /// In order of receipt.
    pub samples: Vec<Sample>,
    pub poller: Poller,
    pub rest_fault: Option<RestFault>,
    /// The longest that a push took before any fault.
    pub lag: i64,
    /// Trait names, for the trace.
    pub habits: Vec<String>,
}

/// How far behind the truth a side is.
#[derive(Debug, Clone, Copy)]
pub enum Lag {
    None,
    Fixed(i64),
    Any,
    /// Nothing or all of the budget.
    Extreme,
    /// Several workers, each with a cache of its own: (workers, lifetime).
    Workers(usize, i64),
}

impl Lag {
    pub fn draw(budget: i64, workers: bool, dice: &mut Dice) -> Self {
        match dice.below(if workers { 6 } else { 5 }) {
            0 => Self::None,
            1 | 2 => Self::Fixed(dice.between(0, budget / 3)),
            3 => Self::Any,
            4 => Self::Extreme,
            _ => Self::Workers(dice.between(1, 4) as usize, budget),
        }
    }

    pub fn within(self, budget: i64, dice: &mut Dice) -> i64 {
        match self {
            Self::None | Self::Workers(..) => 0,
            Self::Fixed(lag) => (lag + dice.between(0, budget / 10)).min(budget),
            Self::Any => dice.between(0, budget * 3 / 4),
            Self::Extreme => *dice.pick(&[0, budget]),
        }
    }
}

impl Track {
    /// `failing`: a stretch in which so many per cent of the requests fail.
    pub fn draw(
        shape: Shape,
        line: &Line,
        frozen: bool,
        failing: Option<(i64, i64, u64)>,
        dice: &mut Dice,
    ) -> Self {
        let history = History::draw(&shape, line.length, frozen, &mut dice.fork("history"));
        let mut poller = Poller::draw(&shape, &mut dice.fork("poller"));
        poller.failing = failing;
        let mut track = Self {
            shape,
            history,
            pushes: Vec::new(),
            samples: Vec::new(),
            habits: vec![poller.habit()],
            poller,
            rest_fault: None,
            lag: 0,
        };
        track.push_all(&mut dice.fork("pushes"));
        track.lose(line);
        track.keep_talking(line);
        let prompt = |push: &&Push| !push.lost && !line.is_blind(push.at, push.arrives);
        let lags = track.pushes.iter().filter(prompt).map(|push| push.arrives - push.at);
        track.lag = lags.max().unwrap_or(0);
        track.sample_all(line, &mut dice.fork("samples"));
        track
    }

    /// Asks REST at `sent`, as the schedule or the engine wants it.
    pub fn answer(&self, line: &Line, sent: i64, asked: Option<usize>) -> Sample {
        let mut sample = self.poller.answer(&self.history, line, sent, asked);
        if let Some(fault) = &self.rest_fault {
            fault(&mut sample);
        }
        sample
    }

    /// What REST is asked for in one poll.
    pub fn asked(&self) -> Vec<Option<usize>> {
        match self.shape.form {
            Form::Asked => (0..self.shape.ids.len()).map(Some).collect(),
            _ => vec![None],
        }
    }

    /// Spoils all answers, those still to be asked for too.
    pub fn spoil_rest(&mut self, fault: impl Fn(&mut Sample) + 'static) {
        self.samples.iter_mut().for_each(&fault);
        self.rest_fault = Some(Rc::new(fault));
    }

    /// Marks what the connection loses, and holds back what came while the machine slept.
    pub fn lose(&mut self, line: &Line) {
        for push in &mut self.pushes {
            push.lost = line.loses(push.sent, push.arrives) || push.arrives > line.length;
            push.arrives = line.held(push.arrives);
        }
        self.pushes.sort_by_key(|push| push.arrives);
    }

    pub fn delivered(&self) -> impl Iterator<Item = &Push> {
        self.pushes.iter().filter(|push| !push.lost)
    }

    fn push_all(&mut self, dice: &mut Dice) {
        let shape = &self.shape;
        let periodic = shape.is_periodic();
        let lag = Lag::draw(shape.delay, false, dice);
        let again = *dice.pick(&[0, 0, 5, 30]);
        self.habits.push(format!("push {lag:?}"));
        let mut planned: Vec<(i64, Why, usize, Option<usize>)> = Vec::new();
        if shape.pace == Pace::Free || !periodic {
            for (turn, change) in self.history.turns.iter().enumerate().skip(1) {
                plan(shape, &self.history, Why::Change, change.at, turn, &change.touched, &mut planned);
            }
        }
        if periodic {
            for at in &self.history.ticks {
                let turn = self.history.turn_at(*at);
                let all: Vec<usize> = self.history.turns[turn].state.keys().copied().collect();
                plan(shape, &self.history, Why::Tick, *at, turn, &all, &mut planned);
            }
        }
        planned.sort_by_key(|(at, _, turn, _)| (*at, *turn));
        let together = !shape.flat && dice.chance(40);
        let mut arrived = i64::MIN;
        let mut left = i64::MIN;
        for (at, why, turn, entity) in planned {
            arrived = (at + lag.within(shape.delay, dice)).max(arrived);
            let state = &self.history.turns[turn].state;
            let content = match entity {
                None => Rc::clone(state),
                Some(_) if together && why == Why::Tick => Rc::clone(state),
                Some(id) => Rc::new(State::from([(id, Rc::clone(&state[&id]))])),
            };
            let sent = dice.between(at.max(left), arrived);
            left = sent;
            let push = Push { why, at, sent, arrives: arrived, turn, content, garble: None, lost: false };
            if dice.chance(again) && arrived + MILLIS <= at + shape.delay {
                let mut copy = push.clone();
                copy.why = Why::Again;
                copy.sent = arrived;
                left = arrived;
                self.pushes.push(push);
                arrived += dice.between(0, MILLIS);
                copy.arrives = arrived;
                self.pushes.push(copy);
            } else {
                self.pushes.push(push);
            }
        }
    }

    /// A periodic stream that keeps its promise is never silent for long while connected.
    fn keep_talking(&mut self, line: &Line) {
        if !self.shape.is_periodic() {
            return;
        }
        let limit = self.shape.silence_limit();
        for (from, to) in line.clear() {
            let mut since = from;
            while since < to {
                let next = self.pushes.iter().position(|push| !push.lost && push.arrives > since);
                let until = next.map_or(to, |next| self.pushes[next].arrives).min(to);
                if until - since <= limit * 9 / 10 {
                    since = until;
                    continue;
                }
                since += limit * 45 / 100;
                let turn = self.history.turn_at(since);
                let (at, turn) = match next.map(|next| &self.pushes[next]) {
                    Some(next) if next.turn <= turn => (since.min(next.at), next.turn),
                    _ => (since, turn),
                };
                self.insert(since, at, turn);
            }
        }
    }

    fn insert(&mut self, arrives: i64, at: i64, turn: usize) {
        let state = &self.history.turns[turn].state;
        let content = if self.shape.flat && self.shape.form != Form::Single {
            let Some((id, row)) = state.iter().next() else { return };
            Rc::new(State::from([(*id, Rc::clone(row))]))
        } else {
            Rc::clone(state)
        };
        let place = self.pushes.partition_point(|push| push.arrives <= arrives);
        let (why, sent) = (Why::Tick, arrives);
        let push = Push { why, at, sent, arrives, turn, content, garble: None, lost: false };
        self.pushes.insert(place, push);
    }

    fn sample_all(&mut self, line: &Line, dice: &mut Dice) {
        let begin = dice.between(0, self.shape.poll.min(3_000 * MILLIS));
        let stop = if dice.chance(85) { line.length - self.shape.delay } else { line.length };
        let mut due = begin;
        let mut sent = begin;
        while sent < stop && self.samples.len() < 1_200 {
            for asked in self.asked() {
                if line.sleeps(sent) {
                    continue;
                }
                let mut sample = self.poller.answer(&self.history, line, sent, asked);
                // Never reached at all is the tool's error, not evidence.
                if self.samples.is_empty() {
                    sample.failed = None;
                }
                sent = sample.received.max(sent) + dice.between(0, MILLIS);
                if sample.received < line.length {
                    self.samples.push(sample);
                }
            }
            due += self.shape.poll * dice.between(60, 140) / 100;
            if due < sent {
                due = sent;
            }
            sent = due;
        }
    }

    /// Whether a column says the same on both sides, as written.
    pub fn same(&self, column: usize, rest: &super::cell::Cell, ws: &super::cell::Cell) -> bool {
        let column = &self.shape.columns[column];
        super::cell::same(
            column.compare.as_ref(),
            &column.dress(Side::Rest).worn(rest),
            &column.dress(Side::Ws).worn(ws),
        )
    }
}

/// Snapshots are one message; upserts one for each entity, in any order.
fn plan(
    shape: &Shape,
    history: &History,
    why: Why,
    at: i64,
    turn: usize,
    entities: &[usize],
    planned: &mut Vec<(i64, Why, usize, Option<usize>)>,
) {
    if shape.is_snapshot() {
        planned.push((at, why, turn, None));
        return;
    }
    let state = &history.turns[turn].state;
    planned.extend(entities.iter().filter(|id| state.contains_key(id)).map(|id| (at, why, turn, Some(*id))));
}
