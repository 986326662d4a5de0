//! The moving market, pure: the same seed and the same steps give the same state.
//!
//! Knows no clock, no network and no JSON. Wall time comes in with each step and only ever becomes a
//! timestamp; it never steers what moves.

pub mod book;
pub mod exchanges;
pub mod tape;

use jiff::Timestamp;

use crate::emulator::dice::Dice;
use book::{Account, Position};
use exchanges::{Market, Turn};
use tape::{Bar, Tape};

/// Which of the two states of Thor is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    #[default]
    A,
    B,
}

/// How often the slower things happen, in steps.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Steps from one closed bar to the next; a world's minute.
    pub bar: u32,
    /// Steps from one market status change to the next.
    pub market: u32,
}

/// Everything the backend knows at one instant.
#[derive(Debug, Clone)]
pub struct World {
    dice: Dice,
    pace: Pace,
    steps: u64,
    pub dialect: Dialect,
    /// The account the streams are about.
    pub account: Account,
    /// Somebody else's, at rest.
    pub other_account: Account,
    /// Of `account`, sorted by symbol and asset type.
    pub positions: Vec<Position>,
    pub tape: Tape,
    /// In Thor's sort order.
    pub markets: Vec<Market>,
    /// When the last step happened.
    pub stepped_at: Timestamp,
}

/// What one step changed, besides account and positions, which every step changes.
#[derive(Debug, Clone, Default)]
pub struct WorldStep {
    pub closed_bars: Vec<Bar>,
    /// Index into [`World::markets`].
    pub turned_market: Option<usize>,
}

impl World {
    /// A world at rest with `holdings` positions (six are named, the rest are numbered).
    pub fn new(seed: u64, dialect: Dialect, pace: Pace, holdings: usize, now: Timestamp) -> Self {
        let positions = book::holdings(holdings);
        let mut account = book::main_account();
        account.revalue(&positions);
        Self {
            dice: Dice::new(seed),
            pace,
            steps: 0,
            dialect,
            account,
            other_account: book::other_account(),
            positions,
            tape: Tape::new(now),
            markets: exchanges::opening(dialect, now),
            stepped_at: now,
        }
    }

    /// One tick of the market.
    pub fn step(&mut self, now: Timestamp) -> WorldStep {
        self.steps += 1;
        self.stepped_at = now;
        book::trade(&mut self.positions, &mut self.dice);
        self.account.drift(&mut self.dice);
        self.account.revalue(&self.positions);
        self.tape.trade(&mut self.dice);
        let due = |every: u32| self.steps.is_multiple_of(u64::from(every.max(1)));
        let closed_bars = if due(self.pace.bar) { self.tape.close() } else { Vec::new() };
        let turned_market = due(self.pace.market).then(|| {
            let turn = Turn { dialect: self.dialect, now };
            exchanges::turn_one(&mut self.markets, turn, &mut self.dice)
        });
        WorldStep { closed_bars, turned_market }
    }

    pub fn steps(&self) -> u64 {
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(seed: u64, steps: usize, now: Timestamp) -> World {
        let mut world = World::new(seed, Dialect::A, Pace { bar: 4, market: 2 }, 6, now);
        for _ in 0..steps {
            world.step(now);
        }
        world
    }

    #[test]
    fn a_seed_is_a_world_whatever_the_time_of_day() {
        let morning = "2026-11-23T14:30:00Z".parse().unwrap();
        let evening = "2026-11-23T21:00:00Z".parse().unwrap();
        let (one, same, other) = (played(7, 200, morning), played(7, 200, evening), played(8, 200, morning));
        assert_eq!(one.positions, same.positions);
        assert_eq!(one.account, same.account);
        assert_ne!(one.positions, other.positions);
        let states = |world: &World| world.markets.iter().map(|market| market.state).collect::<Vec<_>>();
        assert_eq!(states(&one), states(&same));
    }

    #[test]
    fn everything_that_is_compared_moves_in_a_few_steps() {
        let now = "2026-11-23T14:30:00Z".parse().unwrap();
        let (start, next, later) = (played(1, 0, now), played(1, 1, now), played(1, 40, now));
        assert_ne!(start.account.net_liq, later.account.net_liq);
        assert_ne!(start.account.cash, later.account.cash);
        assert!(start.positions.iter().zip(&next.positions).all(|(a, b)| a.mark_price != b.mark_price));
        assert!(start.positions.iter().zip(&later.positions).any(|(a, b)| a.quantity != b.quantity));
        assert_ne!(start.tape.newest("ES"), later.tape.newest("ES"));
        assert!(start.markets.iter().zip(&later.markets).any(|(a, b)| a.state != b.state));
    }

    #[test]
    fn the_account_is_worth_what_it_holds() {
        let world = played(3, 500, "2026-11-23T14:30:00Z".parse().unwrap());
        let held = world.positions.iter().fold(world.account.cash, |sum, each| sum.add(each.market_value()));
        assert_eq!(world.account.net_liq, held);
    }
}
