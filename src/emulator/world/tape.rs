//! Index futures: ticks into an open bar, and the newest closed bar that REST can show.

use jiff::{Timestamp, ToSpan as _};

use crate::emulator::dice::Dice;
use crate::emulator::fixed::Fixed;

/// The country whose session carries the futures.
pub const COUNTRY: &str = "USA";

/// Symbol, tick size and opening price, both with four decimals.
const FUTURES: [(&str, i64, i64); 2] = [("ES", 2_500, 50_002_500), ("YM", 10_000, 385_120_000)];

/// One minute of one future. Prices have four decimals.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    pub symbol: &'static str,
    pub minute: Timestamp,
    pub open: Fixed,
    pub high: Fixed,
    pub low: Fixed,
    pub close: Fixed,
    /// Thor adds the feed's cumulative volume at every tick.
    pub volume: i64,
    /// Only one of the futures has one; the other's is null.
    pub spread: Option<Fixed>,
}

/// Open and closed bar of each future.
#[derive(Debug, Clone)]
pub struct Tape {
    closed: Vec<Bar>,
    open: Vec<Bar>,
}

impl Tape {
    /// The bar before the first step opens at the minute of `now`.
    pub fn new(now: Timestamp) -> Self {
        let minute = Timestamp::from_second(now.as_second().div_euclid(60) * 60).unwrap_or(now);
        let closed: Vec<Bar> = FUTURES
            .iter()
            .map(|&(symbol, size, price)| {
                let price = Fixed::new(price, 4);
                let spread = (symbol == "ES").then_some(Fixed::new(size, 4));
                Bar {
                    symbol,
                    minute,
                    open: price,
                    high: price,
                    low: price,
                    close: price,
                    volume: 1_000,
                    spread,
                }
            })
            .collect();
        let open = closed.iter().map(Bar::next).collect();
        Self { closed, open }
    }

    /// One tick of each future into its open bar.
    pub fn trade(&mut self, dice: &mut Dice) {
        for (bar, (_, size, _)) in self.open.iter_mut().zip(FUTURES) {
            let price = bar.close.plus(*dice.pick(&[-2, -1, 1, 2]) * size);
            let lowest = Fixed::new(price.mantissa().max(size), 4);
            bar.trade(lowest, dice.between(1, 900));
        }
    }

    /// Ends the minute; returns its bars, one for each future.
    pub fn close(&mut self) -> Vec<Bar> {
        let next = self.open.iter().map(Bar::next).collect();
        self.closed = std::mem::replace(&mut self.open, next);
        self.closed.clone()
    }

    /// The newest closed bar of a future.
    pub fn newest(&self, symbol: &str) -> Option<&Bar> {
        self.closed.iter().find(|bar| bar.symbol.eq_ignore_ascii_case(symbol))
    }
}

impl Bar {
    fn trade(&mut self, price: Fixed, volume: i64) {
        let (high, low) =
            (self.high.mantissa().max(price.mantissa()), self.low.mantissa().min(price.mantissa()));
        self.high = Fixed::new(high, 4);
        self.low = Fixed::new(low, 4);
        self.close = price;
        self.volume += volume;
    }

    /// The minute after this one, before its first tick.
    fn next(&self) -> Self {
        Self {
            minute: self.minute.checked_add(1.minute()).unwrap_or(self.minute),
            open: self.close,
            high: self.close,
            low: self.close,
            volume: 0,
            ..self.clone()
        }
    }
}
