//! One field of a feature: what it holds, how it moves, how each side writes it, by which rule it is compared.

use thor_cutover::json::number::Tolerance;
use thor_cutover::json::pointer::Pointer;
use thor_cutover::model::feature::{Compare, Origin, Rule};

use super::cell::{Cell, Dress, EPOCH_SECOND, InstantDress, NumberDress, rounded};
use super::dice::Dice;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Rest,
    Ws,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Money,
    Price,
    Quantity,
    /// 28 significant digits, text on both sides.
    Wide,
    /// Grows with every change, so that no two states are equal.
    Serial,
    Status,
    Label,
    Flag,
    /// A decimal or null.
    Maybe,
    /// A decimal that one side rounds, under a tolerance.
    Coarse,
    Stamp,
    Countdown,
    /// The time of reading: another one in every answer; ignored by rule.
    Now,
    /// A price read anew for every answer; ignored by rule.
    Live,
    /// `(mark - average) * quantity` of the three columns named.
    Gain {
        mark: usize,
        average: usize,
        quantity: usize,
    },
    /// A number on one side and its text on the other, compared as text.
    Code,
    /// A list of labels, the same on both sides.
    Tags,
    /// The account the message is about.
    Account,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    Both,
    Only(Side),
}

#[derive(Debug, Clone)]
pub struct Column {
    pub sort: Sort,
    pub rest: Pointer,
    pub ws: Pointer,
    pub sides: Sides,
    pub compare: Option<Compare>,
    pub reason: Option<String>,
    pub rest_dress: Dress,
    pub ws_dress: Dress,
    /// How likely it moves when its row does, in percent.
    pub restless: u64,
}

const STATUSES: [&str; 5] = ["OPEN", "CLOSED", "PREOPEN", "PRECLOSE", "HOLIDAY_CLOSED"];
const LABELS: [&str; 7] =
    ["Tokyo", "Zürich", "São Paulo", "AT&T <INC>", "say \"hi\"\\", "東京 📈", "a/b~c\tinc"];

impl Column {
    pub fn dress(&self, side: Side) -> &Dress {
        match side {
            Side::Rest => &self.rest_dress,
            Side::Ws => &self.ws_dress,
        }
    }

    pub fn pointer(&self, side: Side) -> &Pointer {
        match side {
            Side::Rest => &self.rest,
            Side::Ws => &self.ws,
        }
    }

    pub fn on(&self, side: Side) -> bool {
        self.sides == Sides::Both || self.sides == Sides::Only(side)
    }

    /// Whether its value takes part in saying that two states are the same.
    pub fn is_compared(&self) -> bool {
        self.sides == Sides::Both
            && !matches!(
                self.compare,
                Some(Compare::Ignore | Compare::Countdown { .. } | Compare::Derived { .. })
            )
    }

    /// Whether changing it is a change of state at all.
    pub fn is_state(&self) -> bool {
        self.is_compared() || self.sort == Sort::Countdown
    }

    pub fn rule(&self) -> Option<Rule> {
        let renamed = self.rest != self.ws;
        let compare = match (&self.compare, renamed) {
            (None, false) => return None,
            (None, true) => match self.sort {
                Sort::Label | Sort::Status => Compare::Text,
                Sort::Flag | Sort::Tags => Compare::Exact,
                _ => Compare::Decimal { tolerance: Tolerance::None },
            },
            (Some(compare), _) => compare.clone(),
        };
        Some(Rule {
            rest: self.rest.clone(),
            ws: self.ws.clone(),
            compare,
            reason: self.reason.clone(),
            expires: None,
            origin: Origin::BuiltIn,
        })
    }

    pub fn first(&self, dice: &mut Dice) -> Cell {
        let decimal = |minor: i64, scale: u32| Cell::Decimal { minor: i128::from(minor), scale };
        match self.sort {
            Sort::Money => decimal(dice.between(-20_000_000, 20_000_000), 2),
            Sort::Price => decimal(dice.between(1_000_000, 900_000_000), 6),
            Sort::Coarse => decimal(dice.between(-900_000_000, 900_000_000), 6),
            Sort::Quantity => decimal(dice.between(-50_000_000, 50_000_000), 4),
            Sort::Wide => {
                let minor = (0..27)
                    .fold(dice.between(1, 9) as i128, |minor, _| minor * 10 + i128::from(dice.below(10)));
                Cell::Decimal { minor, scale: 18 }
            }
            Sort::Serial => decimal(dice.between(1, 100_000), 0),
            Sort::Status => Cell::Text((*dice.pick(&STATUSES)).to_owned()),
            Sort::Label | Sort::Tags => Cell::Text((*dice.pick(&LABELS)).to_owned()),
            Sort::Flag => Cell::Flag(dice.chance(50)),
            Sort::Maybe if dice.chance(40) => Cell::Null,
            Sort::Maybe => decimal(dice.between(-999_999, 999_999), 2),
            Sort::Stamp => Cell::Instant((EPOCH_SECOND - dice.between(0, 90_000)) * 1_000_000),
            Sort::Countdown => Cell::Until((EPOCH_SECOND + dice.between(3_600, 200_000)) * 1_000_000),
            Sort::Code => decimal(dice.between(0, 99), 0),
            Sort::Now | Sort::Live | Sort::Gain { .. } | Sort::Account => Cell::Null,
        }
    }

    /// Another value of the same column; never the one it had.
    pub fn moved(&self, from: &Cell, at_micros: i64, dice: &mut Dice) -> Cell {
        match (self.sort, from) {
            (Sort::Serial, Cell::Decimal { minor, scale }) => {
                Cell::Decimal { minor: minor + i128::from(dice.between(1, 9)), scale: *scale }
            }
            (Sort::Maybe, Cell::Null) => {
                Cell::Decimal { minor: i128::from(dice.between(-999_999, 999_999)), scale: 2 }
            }
            (Sort::Maybe, _) if dice.chance(30) => Cell::Null,
            (Sort::Wide, Cell::Decimal { minor, scale }) => {
                Cell::Decimal { minor: minor + i128::from(dice.spread(1, 1_000_000_000)), scale: *scale }
            }
            (Sort::Coarse, Cell::Decimal { minor, scale }) => {
                // Beyond every tolerance in use: a smaller step would be no change to the rule.
                let step = dice.spread(30_000, 9_000_000);
                Cell::Decimal {
                    minor: minor + i128::from(if dice.chance(50) { step } else { -step }),
                    scale: *scale,
                }
            }
            (_, Cell::Decimal { minor, scale }) => {
                let step = i128::from(dice.spread(1, 10_i64.pow((*scale).min(6)) * 3));
                let moved = if dice.chance(50) && *minor > step { minor - step } else { minor + step };
                Cell::Decimal { minor: moved, scale: *scale }
            }
            (Sort::Status, Cell::Text(was)) => another(&STATUSES, was, dice),
            (Sort::Label | Sort::Tags, Cell::Text(was)) => another(&LABELS, was, dice),
            (_, Cell::Flag(flag)) => Cell::Flag(!flag),
            (Sort::Stamp, Cell::Instant(was)) => {
                Cell::Instant(((at_micros / 1_000_000) * 1_000_000).max(was + 1_000_000))
            }
            (Sort::Countdown, Cell::Until(was)) => Cell::Until(was + dice.between(600, 90_000) * 1_000_000),
            (_, other) => other.clone(),
        }
    }
}

fn another(texts: &[&str], was: &str, dice: &mut Dice) -> Cell {
    let others: Vec<&&str> = texts.iter().filter(|text| **text != was).collect();
    Cell::Text((**dice.pick(&others)).to_owned())
}

/// `(mark - average) * quantity` in cents, half away from zero; `None` where an input is no number.
pub fn gain(mark: &Cell, average: &Cell, quantity: &Cell) -> Option<Cell> {
    match (mark, average, quantity) {
        (
            Cell::Decimal { minor: mark, scale: 6 },
            Cell::Decimal { minor: average, scale: 6 },
            Cell::Decimal { minor: quantity, scale: 4 },
        ) => Some(Cell::Decimal { minor: rounded((mark - average) * quantity, 10, 2), scale: 2 }),
        _ => None,
    }
}

/// The ways of writing a column, for one side; what both sides must agree on is settled here.
pub fn dresses(sort: Sort, dice: &mut Dice) -> (Dress, Dress) {
    use NumberDress as N;
    let number = |dice: &mut Dice, choices: &[N]| *dice.pick(choices);
    let instant = |dice: &mut Dice| {
        *dice.pick(&[
            InstantDress::Naive,
            InstantDress::Zulu,
            InstantDress::PlusZero,
            InstantDress::Offset(-5),
            InstantDress::Offset(9),
            InstantDress::EpochSeconds,
            InstantDress::EpochMillis,
        ])
    };
    let mut dress = |choices: &[N]| Dress {
        number: number(dice, choices),
        instant: instant(dice),
        escaped: dice.chance(50),
        absent_null: dice.chance(50),
    };
    match sort {
        Sort::Wide => (dress(&[N::Text]), dress(&[N::Text])),
        Sort::Serial => {
            (dress(&[N::Plain, N::Text, N::Float]), dress(&[N::Plain, N::Plain, N::Text, N::Float]))
        }
        Sort::Code => (dress(&[N::Plain]), dress(&[N::Text, N::Plain])),
        Sort::Coarse => (dress(&[N::Text, N::Float]), dress(&[N::Rounded(2)])),
        Sort::Quantity | Sort::Price | Sort::Money | Sort::Maybe => (
            dress(&[N::Text, N::Text, N::Text, N::Float, N::Plain, N::TrimmedText, N::Noisy]),
            dress(&[N::Float, N::Float, N::Float, N::Plain, N::Text, N::Fixed, N::Noisy, N::Exponent]),
        ),
        _ => (dress(&[N::Text, N::Float]), dress(&[N::Float, N::Text])),
    }
}
