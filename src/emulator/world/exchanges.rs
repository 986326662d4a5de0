//! The markets of the world and their status, which changes a few times a day (here: every few steps).

use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::Dialect;
use crate::emulator::dice::Dice;
use crate::emulator::fixed::Fixed;

/// What never changes about a market.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Listing {
    pub key: &'static str,
    pub country: &'static str,
    pub display_name: &'static str,
    pub time_zone: &'static str,
    /// Local time, `09:30:00`.
    pub opens: &'static str,
    pub closes: &'static str,
    pub currency: &'static str,
    pub weight: Fixed,
}

/// A market and the state it is in.
#[derive(Debug, Clone, PartialEq)]
pub struct Market {
    pub id: u32,
    pub listing: &'static Listing,
    pub is_active: bool,
    pub state: ExchangeState,
    pub status_changed_at: Timestamp,
    pub created_at: Timestamp,
    pub next_open_at: Timestamp,
    pub next_close_at: Timestamp,
}

/// Thor's computed state. The stored `status` knows two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeState {
    Closed,
    PreOpen,
    Open,
    PreClose,
}

impl ExchangeState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "CLOSED",
            Self::PreOpen => "PREOPEN",
            Self::Open => "OPEN",
            Self::PreClose => "PRECLOSE",
        }
    }

    fn next(self, dialect: Dialect) -> Self {
        match (dialect, self) {
            (Dialect::A, Self::Closed) => Self::PreOpen,
            (Dialect::A, Self::PreOpen) | (Dialect::B, Self::Closed | Self::PreOpen) => Self::Open,
            (Dialect::A, Self::Open) => Self::PreClose,
            (Dialect::A, Self::PreClose) | (Dialect::B, Self::Open | Self::PreClose) => Self::Closed,
        }
    }
}

impl Market {
    pub fn is_open(&self) -> bool {
        matches!(self.state, ExchangeState::Open | ExchangeState::PreClose)
    }

    /// The stored status: OPEN or CLOSED.
    pub fn status(&self) -> &'static str {
        if self.is_open() { "OPEN" } else { "CLOSED" }
    }

    pub fn next_transition(&self) -> Timestamp {
        if self.is_open() { self.next_close_at } else { self.next_open_at }
    }
}

/// The circumstances of a status change.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    pub dialect: Dialect,
    pub now: Timestamp,
}

/// Moves one active market to its next state; returns its index.
pub fn turn_one(markets: &mut [Market], turn: Turn, dice: &mut Dice) -> usize {
    let active: Vec<usize> = (0..markets.len()).filter(|&index| markets[index].is_active).collect();
    let index = *dice.pick(&active);
    let market = &mut markets[index];
    market.state = market.state.next(turn.dialect);
    market.status_changed_at = turn.now;
    let soon = after(turn.now, dice.between(1_800, 20_000));
    let later = after(soon, dice.between(20_000, 60_000));
    (market.next_close_at, market.next_open_at) =
        if market.is_open() { (soon, later) } else { (later, soon) };
    index
}

/// The markets as a fresh database has them; state B also lists an inactive one.
pub fn opening(dialect: Dialect, now: Timestamp) -> Vec<Market> {
    LISTINGS
        .iter()
        .zip(0_u32..)
        .map(|(listing, order)| {
            let (soon, later) = (after(now, i64::from(order + 3) * 3_600), after(now, 20 * 3_600));
            let open = order % 2 == 0;
            Market {
                id: order + 1,
                listing,
                is_active: !(dialect == Dialect::B && listing.key == "mexican"),
                state: if open { ExchangeState::Open } else { ExchangeState::Closed },
                status_changed_at: now - 2.hours(),
                created_at: now - 720.hours(),
                next_open_at: if open { later } else { soon },
                next_close_at: if open { soon } else { later },
            }
        })
        .collect()
}

/// `seconds` later, on the full second.
fn after(moment: Timestamp, seconds: i64) -> Timestamp {
    let full = Timestamp::from_second(moment.as_second()).unwrap_or(moment);
    full.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(full)
}

#[rustfmt::skip]
static LISTINGS: [Listing; 9] = [
    listing("tokyo", "Japan", "Tokyo", "Asia/Tokyo", ["09:00:00", "15:00:00"], "JPY", 25),
    listing("shanghai", "China", "Shanghai", "Asia/Shanghai", ["09:30:00", "15:00:00"], "CNY", 10),
    listing("bombay", "India", "Bombay", "Asia/Kolkata", ["09:15:00", "15:30:00"], "INR", 5),
    listing("frankfurt", "Germany", "Frankfurt", "Europe/Berlin", ["09:00:00", "17:30:00"], "EUR", 20),
    listing("london", "United Kingdom", "London", "Europe/London", ["08:00:00", "16:30:00"], "GBP", 5),
    listing("pre_usa", "Pre_USA", "Pre USA", "America/New_York", ["08:30:00", "17:00:00"], "USD", 5),
    listing("usa", "USA", "New York", "America/New_York", ["09:30:00", "16:00:00"], "USD", 25),
    listing("toronto", "Canada", "Toronto", "America/Toronto", ["09:30:00", "16:00:00"], "CAD", 3),
    listing("mexican", "Mexico", "Mexican", "America/Mexico_City", ["08:30:00", "15:00:00"], "MXN", 2),
];

const fn listing(
    key: &'static str,
    country: &'static str,
    display_name: &'static str,
    time_zone: &'static str,
    [opens, closes]: [&'static str; 2],
    currency: &'static str,
    weight_percent: i64,
) -> Listing {
    let weight = Fixed::cents(weight_percent);
    Listing { key, country, display_name, time_zone, opens, closes, currency, weight }
}
