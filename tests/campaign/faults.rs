//! The faults a world can have: each planted into the server's doings, with the names it may be given.
//!
//! Planting only says what was done. Whether anybody could see it is the screen's word, in `truth`.

use std::rc::Rc;

use super::cell::Cell;
use super::column::{Side, Sort};
use super::dice::Dice;
use super::history::{Row, State};
use super::line::Line;
use super::shape::{Form, Shape};
use super::track::{Push, Track};

mod pushes;
mod stream;
mod values;
mod whole;

macro_rules! faults {
    ($($name:ident),* $(,)?) => {
        /// Every kind of fault, in the order of the matrix.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault { $($name),* }

        impl Fault {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

faults! {
    // What a side says.
    OffByACent, LastDigit, LastOf28Digits, WrongSign, WrongScale, BeyondTolerance, TextChanged, FlagFlipped,
    WrongZone, TypeDrift, StuckField, SwappedRows, SwappedFields, NullInWs, MissingFieldInWs,
    MissingFieldInRest, MissingEntityInWs, MissingEntityInRest, NeverLeavesWs, NeverLeavesRest,
    BrokenInvariant, DerivedWrong, DerivedAbsent, WrongCountdown, NotANumber, Truncated, WrittenTwice,
    // When it says it.
    DroppedPush, StuckRow, SilentEntity, Stalled, LatePush, StaleRest, Reordered,
    // Only some of the pushes.
    TwoBroadcasters, EveryKthWrong, PhantomRow, LostRow, FlickerNull, FlickerValue, FlickerRow, SwapsInsideD,
    Conflating,
    // The stream as a whole.
    NeverTold, DeadFromMiddle, LateInShortRun, WrongAccount, Keyless, RenamedField, TwinKeys, TwinLost,
}

/// What was done, and how it may be called.
#[derive(Debug, Clone)]
pub struct Planted {
    pub fault: Fault,
    /// Kinds of findings that name it rightly; none: any.
    pub kinds: Vec<&'static str>,
    /// Entities it is about; none: the kind alone is enough.
    pub entities: Vec<usize>,
    /// Columns it is about; none: the entity is enough.
    pub columns: Vec<usize>,
    pub side: Side,
    /// In true time, nanoseconds of the run.
    pub span: (i64, i64),
    pub note: String,
}

pub const EVER: (i64, i64) = (i64::MIN / 4, i64::MAX / 4);

/// How a state of another time looks: as if its successor had been lost, or had come too late or too early.
pub const OF_ANOTHER_TIME: [&str; 6] =
    ["dropped_push", "ws_late", "stale_rest", "late_or_stale", "reordered", "stalled"];

impl Planted {
    pub fn new(fault: Fault, kinds: &[&'static str], entities: Vec<usize>, span: (i64, i64)) -> Self {
        let (columns, side, note) = (Vec::new(), Side::Ws, String::new());
        Self { fault, kinds: kinds.to_vec(), entities, columns, side, span, note }
    }

    fn noted(self, note: String) -> Self {
        Self { note, ..self }
    }
}

/// Bends a drawn shape so that a fault finds a place in it.
pub fn prepare(fault: Fault, shape: &mut Shape) {
    match fault {
        // A run as long as a minute or two, a cache of two minutes, and a stream that is late meanwhile.
        Fault::LateInShortRun => shape.set_budgets(shape.delay, 120 * super::shape::SECOND),
        Fault::TwinKeys | Fault::TwinLost if shape.form == Form::Rows && shape.ids.len() > 1 => {
            shape.ids[1] = shape.ids[0].clone();
        }
        _ => {}
    }
}

/// Whether a fault can be planted into such a feature at all.
pub fn fits(fault: Fault, shape: &Shape) -> bool {
    let upsert = !shape.is_snapshot();
    let has = |wanted: fn(Sort) -> bool| shape.columns.iter().any(|column| wanted(column.sort));
    let several = shape.ids.len() > 1;
    match fault {
        Fault::MissingEntityInWs
        | Fault::MissingEntityInRest
        | Fault::NeverLeavesWs
        | Fault::NeverLeavesRest
        | Fault::PhantomRow
        | Fault::LostRow
        | Fault::FlickerRow => shape.form == Form::Rows,
        Fault::TwinKeys | Fault::TwinLost => shape.form == Form::Rows && several,
        Fault::SilentEntity | Fault::NeverTold => upsert && several,
        Fault::SwappedRows => several && shape.is_snapshot(),
        Fault::Keyless => shape.form != Form::Single,
        Fault::Stalled => shape.is_periodic(),
        Fault::Conflating => !shape.is_periodic(),
        Fault::BrokenInvariant => has(|sort| matches!(sort, Sort::Gain { .. })) && !shape.derives_plainly(),
        Fault::DerivedWrong => shape.derives_plainly(),
        Fault::DerivedAbsent => has(|sort| matches!(sort, Sort::Gain { .. })),
        Fault::WrongCountdown => has(|sort| sort == Sort::Countdown),
        Fault::LastOf28Digits => has(|sort| sort == Sort::Wide),
        Fault::BeyondTolerance => has(|sort| sort == Sort::Coarse),
        Fault::FlagFlipped => has(|sort| sort == Sort::Flag),
        Fault::WrongZone => has(|sort| sort == Sort::Stamp),
        Fault::LateInShortRun => !matches!(shape.form, Form::Asked),
        _ => true,
    }
}

/// Plants a fault into a track; `None` where the draw has no place for it.
pub fn plant(fault: Fault, track: &mut Track, line: &mut Line, dice: &mut Dice) -> Option<Planted> {
    match fault {
        Fault::DroppedPush
        | Fault::StuckRow
        | Fault::SilentEntity
        | Fault::Stalled
        | Fault::LatePush
        | Fault::LateInShortRun
        | Fault::StaleRest
        | Fault::Reordered => stream::plant(fault, track, line, dice),
        Fault::TwoBroadcasters
        | Fault::EveryKthWrong
        | Fault::PhantomRow
        | Fault::LostRow
        | Fault::FlickerNull
        | Fault::FlickerValue
        | Fault::FlickerRow
        | Fault::SwapsInsideD
        | Fault::Conflating => pushes::plant(fault, track, line.length, dice),
        Fault::NeverTold
        | Fault::DeadFromMiddle
        | Fault::WrongAccount
        | Fault::Keyless
        | Fault::RenamedField
        | Fault::TwinKeys
        | Fault::TwinLost => whole::plant(fault, track, line.length, dice),
        Fault::NotANumber | Fault::Truncated | Fault::WrittenTwice => {
            values::spoil(fault, track, line.length, dice)
        }
        _ => values::plant(fault, track, line.length, dice),
    }
}

/// When a fault acts: always, from some time on, for a while, or for one turn of one entity.
fn span(track: &Track, length: i64, id: usize, dice: &mut Dice) -> (i64, i64) {
    match dice.below(5) {
        0 => EVER,
        1 | 2 => (dice.between(length / 10, length * 6 / 10), EVER.1),
        3 => {
            let from = dice.between(length / 10, length * 6 / 10);
            (from, from + dice.between(length / 10, length / 3))
        }
        _ => one_turn(track, length, id, dice).unwrap_or((length / 4, EVER.1)),
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

/// Rewrites what a side says wherever it says it within a span.
fn rewrite(track: &mut Track, side: Side, span: (i64, i64), change: impl Fn(&mut State) + 'static) {
    match side {
        Side::Ws => {
            let pushes = track.pushes.iter_mut().filter(|push| (span.0..span.1).contains(&push.at));
            pushes.for_each(|push| change(Rc::make_mut(&mut push.content)));
        }
        Side::Rest => track.spoil_rest(move |sample| {
            if (span.0..span.1).contains(&sample.read) {
                change(Rc::make_mut(&mut sample.content));
            }
        }),
    }
}

/// Rewrites one entity's row, where it is there.
fn row_of(id: usize, change: impl Fn(&mut Row) + 'static) -> impl Fn(&mut State) + 'static {
    move |state| {
        if let Some(row) = state.get_mut(&id) {
            change(Rc::make_mut(row));
        }
    }
}

/// Whether a message says something about an entity.
fn is_about(track: &Track, push: &Push, id: usize) -> bool {
    track.shape.is_snapshot() || push.content.contains_key(&id)
}

fn decimal(cell: &Cell) -> Option<(i128, u32)> {
    match cell {
        Cell::Decimal { minor, scale } => Some((*minor, *scale)),
        _ => None,
    }
}
