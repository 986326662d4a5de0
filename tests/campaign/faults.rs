//! The faults a world can have: each planted into the server's doings, with the finding it must lead to.
//!
//! Planting only says what was done. Whether anybody could see it is the oracle's word, in `truth`.

use std::rc::Rc;

use thor_cutover::model::outcome::Kind;

use super::cell::Cell;
use super::column::Side;
use super::dice::Dice;
use super::history::{Row, State};
use super::line::Line;
use super::track::Track;

mod stream;
mod values;

/// Every kind of fault, in the order of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    OffByACent,
    LastDigit,
    LastOf28Digits,
    WrongSign,
    WrongScale,
    BeyondTolerance,
    TextChanged,
    FlagFlipped,
    WrongZone,
    TypeDrift,
    StuckField,
    SwappedRows,
    SwappedFields,
    NullInWs,
    MissingFieldInWs,
    MissingFieldInRest,
    MissingEntityInWs,
    MissingEntityInRest,
    NeverLeavesWs,
    NeverLeavesRest,
    BrokenInvariant,
    WrongCountdown,
    NotANumber,
    Truncated,
    DuplicateKey,
    DroppedPush,
    StuckRow,
    SilentEntity,
    Stalled,
    LatePush,
    StaleRest,
    Reordered,
}

impl Fault {
    pub const ALL: [Self; 32] = [
        Self::OffByACent,
        Self::LastDigit,
        Self::LastOf28Digits,
        Self::WrongSign,
        Self::WrongScale,
        Self::BeyondTolerance,
        Self::TextChanged,
        Self::FlagFlipped,
        Self::WrongZone,
        Self::TypeDrift,
        Self::StuckField,
        Self::SwappedRows,
        Self::SwappedFields,
        Self::NullInWs,
        Self::MissingFieldInWs,
        Self::MissingFieldInRest,
        Self::MissingEntityInWs,
        Self::MissingEntityInRest,
        Self::NeverLeavesWs,
        Self::NeverLeavesRest,
        Self::BrokenInvariant,
        Self::WrongCountdown,
        Self::NotANumber,
        Self::Truncated,
        Self::DuplicateKey,
        Self::DroppedPush,
        Self::StuckRow,
        Self::SilentEntity,
        Self::Stalled,
        Self::LatePush,
        Self::StaleRest,
        Self::Reordered,
    ];

    /// How it must be visible to count as planted.
    pub fn sight(self) -> Sight {
        match self {
            Self::OffByACent
            | Self::LastDigit
            | Self::LastOf28Digits
            | Self::WrongSign
            | Self::WrongScale
            | Self::BeyondTolerance
            | Self::TextChanged
            | Self::FlagFlipped
            | Self::WrongZone
            | Self::TypeDrift
            | Self::StuckField
            | Self::SwappedRows
            | Self::SwappedFields
            | Self::NullInWs
            | Self::MissingFieldInWs
            | Self::MissingFieldInRest => Sight::Field,
            Self::MissingEntityInWs
            | Self::MissingEntityInRest
            | Self::NeverLeavesWs
            | Self::NeverLeavesRest => Sight::Presence,
            Self::BrokenInvariant => Sight::Inside,
            Self::WrongCountdown => Sight::Countdown,
            Self::NotANumber | Self::Truncated | Self::DuplicateKey => Sight::Text,
            Self::DroppedPush | Self::SilentEntity => Sight::Silence,
            Self::StuckRow => Sight::Unexplained,
            Self::Stalled => Sight::Stall,
            Self::LatePush => Sight::Later,
            Self::StaleRest => Sight::Earlier,
            Self::Reordered => Sight::Order,
        }
    }
}

/// What the oracle has to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// A sample that differs from its best version in the planted column only.
    Field,
    /// A sample whose entity is on one side only.
    Presence,
    /// A row that breaks its own formula.
    Inside,
    Countdown,
    /// A delivered message that is no clean JSON.
    Text,
    /// A sample unexplained while nothing at all was said about the entity.
    Silence,
    Unexplained,
    Stall,
    /// An unexplained sample that a later version equals.
    Later,
    /// An unexplained sample that an earlier version equals.
    Earlier,
    /// REST showed X then Y, the stream Y then X.
    Order,
}

/// What was done, and which finding must name it.
#[derive(Debug, Clone)]
pub struct Planted {
    pub fault: Fault,
    /// Kinds that name it rightly; the first is the one meant.
    pub kinds: Vec<Kind>,
    /// Entities it is about; none: the kind alone is enough.
    pub entities: Vec<usize>,
    /// Columns it is about; none: the entity is enough.
    pub columns: Vec<usize>,
    pub side: Side,
    /// In true time, nanoseconds of the run.
    pub span: (i64, i64),
    pub note: String,
}

/// Plants a fault into a track; `None` where the draw has no place for it.
pub fn plant(fault: Fault, track: &mut Track, line: &mut Line, dice: &mut Dice) -> Option<Planted> {
    match fault.sight() {
        Sight::Field | Sight::Presence | Sight::Inside | Sight::Countdown => {
            values::plant(fault, track, line.length, dice)
        }
        Sight::Text => values::spoil(fault, track, line.length, dice),
        _ => stream::plant(fault, track, line, dice),
    }
}

/// When a fault acts: always, from some time on, for a while, or for one turn of one entity.
fn span(track: &Track, length: i64, id: usize, dice: &mut Dice) -> (i64, i64) {
    match dice.below(4) {
        0 => (i64::MIN / 4, i64::MAX / 4),
        1 => (dice.between(length / 10, length * 7 / 10), i64::MAX / 4),
        2 => {
            let from = dice.between(length / 10, length * 7 / 10);
            (from, from + dice.between(length / 20, length / 3))
        }
        _ => one_turn(track, length, id, dice).unwrap_or((length / 4, i64::MAX / 4)),
    }
}

/// The life of one state of one entity, inside the run.
fn one_turn(track: &Track, length: i64, id: usize, dice: &mut Dice) -> Option<(i64, i64)> {
    let row = |turn: usize| track.history.turns[turn].state.get(&id);
    let starts: Vec<usize> = (1..track.history.turns.len())
        .filter(|&turn| track.history.turns[turn].at > 0 && row(turn) != row(turn - 1))
        .collect();
    if starts.is_empty() {
        return None;
    }
    let place = dice.below(starts.len() as u64) as usize;
    let from = track.history.turns[starts[place]].at;
    let to = starts.get(place + 1).map_or(length, |&turn| track.history.turns[turn].at);
    Some((from, to))
}

/// Rewrites one entity's row wherever a side says something about it within a span.
fn rewrite(track: &mut Track, side: Side, span: (i64, i64), id: usize, mut change: impl FnMut(&mut Row)) {
    let mut touch = |content: &mut Rc<State>| {
        if let Some(row) = content.get(&id) {
            let mut row = Row::clone(row);
            change(&mut row);
            Rc::make_mut(content).insert(id, Rc::new(row));
        }
    };
    match side {
        Side::Ws => {
            track
                .pushes
                .iter_mut()
                .filter(|push| (span.0..span.1).contains(&push.at))
                .for_each(|push| touch(&mut push.content));
        }
        Side::Rest => {
            track
                .samples
                .iter_mut()
                .filter(|sample| (span.0..span.1).contains(&sample.read))
                .for_each(|sample| touch(&mut sample.content));
        }
    }
}

fn decimal(cell: &Cell) -> Option<(i128, u32)> {
    match cell {
        Cell::Decimal { minor, scale } => Some((*minor, *scale)),
        _ => None,
    }
}
