//! The truth of one feature: which state the server was in, when.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::cell::{Cell, EPOCH_SECOND};
use super::column::Sort;
use super::dice::Dice;
use super::shape::{Form, MILLIS, Pace, SECOND, Shape};

/// Cells in the order of the shape's columns.
pub type Row = Vec<Cell>;
/// Entities by their number in the shape.
pub type State = BTreeMap<usize, Rc<Row>>;

/// The state from one instant on.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Nanoseconds of the run's clock; negative before the run.
    pub at: i64,
    pub state: Rc<State>,
    /// Entities that changed, appeared or vanished.
    pub touched: Vec<usize>,
}

#[derive(Debug, Clone)]
pub struct History {
    pub turns: Vec<Turn>,
    /// Ticks of the server's job.
    pub ticks: Vec<i64>,
}

/// Microseconds since 1970 at an instant of the run.
pub fn wall(at: i64) -> i64 {
    EPOCH_SECOND * 1_000_000 + at.div_euclid(1_000)
}

impl History {
    /// Number of the turn that holds at `at`.
    pub fn turn_at(&self, at: i64) -> usize {
        self.turns.partition_point(|turn| turn.at <= at).saturating_sub(1)
    }

    pub fn state_at(&self, at: i64) -> &Rc<State> {
        &self.turns[self.turn_at(at)].state
    }

    /// The turns of a whole run of `length`, with enough of a past for stale answers.
    pub fn draw(shape: &Shape, length: i64, frozen: bool, dice: &mut Dice) -> Self {
        let begin = -(shape.staleness + shape.delay + 2 * shape.every + SECOND);
        let ticks = ticks(shape, begin, length, dice);
        let mut state = State::new();
        for id in 0..shape.ids.len() {
            if shape.form == Form::Single || dice.chance(90) {
                state.insert(id, Rc::new(shape.columns.iter().map(|column| column.first(dice)).collect()));
            }
        }
        let mut turns = vec![Turn { at: begin - SECOND, state: Rc::new(state.clone()), touched: Vec::new() }];
        let habits = Habits::draw(shape, dice);
        let mut at = begin;
        let mut tick = 0;
        while !frozen && turns.len() < 4_000 {
            at = match shape.pace {
                Pace::Job => {
                    let Some(next) = ticks.get(tick) else { break };
                    tick += 1;
                    if !dice.chance(habits.moves_at_tick) {
                        continue;
                    }
                    *next
                }
                Pace::Free | Pace::Sampled => at + habits.pause(shape, dice),
            };
            if at > length {
                break;
            }
            let touched = if turns.len() > 2 && dice.chance(habits.recurs) {
                revert(&mut state, &turns, dice)
            } else {
                habits.change(shape, &mut state, at, dice)
            };
            if !touched.is_empty() {
                turns.push(Turn { at, state: Rc::new(state.clone()), touched });
            }
        }
        Self { turns, ticks }
    }
}

/// Every `every`, give or take a quarter, now and then one left out.
fn ticks(shape: &Shape, begin: i64, length: i64, dice: &mut Dice) -> Vec<i64> {
    let skips = dice.chance(20);
    let mut ticks = Vec::new();
    let mut at = begin;
    while at < length && ticks.len() < 8_000 {
        let step = shape.every * dice.between(80, 115) / 100;
        at += if skips && dice.chance(4) { step * 2 } else { step };
        ticks.push(at);
    }
    ticks
}

/// Back to the state two turns ago: A-B-A.
fn revert(state: &mut State, turns: &[Turn], dice: &mut Dice) -> Vec<usize> {
    let back = dice.between(2, 3.min(turns.len() as i64)) as usize;
    let old = &turns[turns.len() - back].state;
    let touched: Vec<usize> = state
        .keys()
        .chain(old.keys())
        .copied()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .filter(|id| state.get(id) != old.get(id))
        .collect();
    *state = (**old).clone();
    touched
}

/// How this market behaves.
struct Habits {
    moves_at_tick: u64,
    recurs: u64,
    bursts: u64,
    comes_and_goes: u64,
    rows_at_once: u64,
    sleepy: u64,
}

impl Habits {
    fn draw(shape: &Shape, dice: &mut Dice) -> Self {
        let serial = shape.columns.iter().any(|column| column.sort == Sort::Serial && column.is_compared());
        Self {
            moves_at_tick: *dice.pick(&[100, 100, 80, 40, 20]),
            recurs: if serial { 0 } else { *dice.pick(&[0, 0, 15, 60]) },
            bursts: *dice.pick(&[0, 0, 0, 10, 40]),
            comes_and_goes: if shape.form == Form::Single { 0 } else { *dice.pick(&[0, 0, 5, 20]) },
            rows_at_once: *dice.pick(&[1, 2, 60]),
            sleepy: *dice.pick(&[0, 0, 0, 3]),
        }
    }

    fn pause(&self, shape: &Shape, dice: &mut Dice) -> i64 {
        if dice.chance(self.bursts) {
            return dice.between(1, 30) * MILLIS + dice.between(0, 999);
        }
        if dice.chance(self.sleepy) {
            return shape.calm * dice.between(10, 40);
        }
        (shape.calm * dice.between(20, 200) / 100).max(MILLIS) + dice.between(0, 999_999)
    }

    /// Changes some entities; returns which.
    fn change(&self, shape: &Shape, state: &mut State, at: i64, dice: &mut Dice) -> Vec<usize> {
        if dice.chance(self.comes_and_goes) {
            let id = dice.below(shape.ids.len() as u64) as usize;
            if state.remove(&id).is_none() {
                let row = shape.columns.iter().map(|column| column.first(dice)).collect();
                state.insert(id, Rc::new(row));
            }
            return vec![id];
        }
        let mut present: Vec<usize> = state.keys().copied().collect();
        dice.shuffle(&mut present);
        present.truncate(dice.between(1, self.rows_at_once as i64) as usize);
        present.sort_unstable();
        present.retain(|id| {
            let row = state.get_mut(id).expect("the entity was just listed");
            stir(shape, Rc::make_mut(row), at, dice)
        });
        present
    }
}

/// Moves some cells of a row; whether any did.
fn stir(shape: &Shape, row: &mut Row, at: i64, dice: &mut Dice) -> bool {
    let before = row.clone();
    for (index, column) in shape.columns.iter().enumerate() {
        let moves = column.sort == Sort::Serial || dice.chance(column.restless);
        if column.is_state() && moves {
            row[index] = column.moved(&before[index], wall(at), dice);
        }
    }
    *row != before
}
