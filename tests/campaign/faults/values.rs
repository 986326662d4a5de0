//! Faults in what a side says: wrong values, absent fields and entities, text that is no clean JSON.

use std::rc::Rc;

use thor_cutover::json::number::Tolerance;
use thor_cutover::model::feature::Compare;

use super::super::cell::Cell;
use super::super::column::{Column, Side, Sort};
use super::super::dice::Dice;
use super::super::history::{State, wall};
use super::super::shape::SECOND;
use super::super::track::{Garble, Track};
use super::{EVER, Fault, OF_ANOTHER_TIME, Planted, decimal, one_turn, rewrite, row_of, span};

pub fn plant(fault: Fault, track: &mut Track, length: i64, dice: &mut Dice) -> Option<Planted> {
    let id = dice.below(track.shape.ids.len() as u64) as usize;
    match fault {
        Fault::MissingEntityInWs | Fault::MissingEntityInRest => {
            absent_entity(fault, track, length, id, dice)
        }
        Fault::NeverLeavesWs | Fault::NeverLeavesRest => never_leaves(fault, track, length, id, dice),
        Fault::SwappedRows => swapped_rows(track, length, id, dice),
        Fault::StuckField => stuck_field(track, length, id, dice),
        Fault::WrongCountdown => wrong_countdown(track, length, id, dice),
        _ => wrong_cell(fault, track, length, id, dice),
    }
}

/// Columns of some sorts, compared ones unless the fault is about others.
pub fn columns_of(track: &Track, sorts: impl Fn(Sort) -> bool, exact: bool) -> Vec<usize> {
    let exactly = |compare: &Option<Compare>| {
        !exact || matches!(compare, None | Some(Compare::Decimal { tolerance: Tolerance::None }))
    };
    let fits = |(_, column): &(usize, &Column)| sorts(column.sort) && exactly(&column.compare);
    track.shape.compared().filter(fits).map(|(index, _)| index).collect()
}

fn wrong_cell(fault: Fault, track: &mut Track, length: i64, id: usize, dice: &mut Dice) -> Option<Planted> {
    let number = |sort| matches!(sort, Sort::Money | Sort::Price | Sort::Quantity | Sort::Maybe);
    let candidates = match fault {
        Fault::OffByACent | Fault::SwappedFields | Fault::TypeDrift => {
            columns_of(track, |sort| sort == Sort::Money, true)
        }
        Fault::LastDigit => columns_of(track, |sort| matches!(sort, Sort::Price | Sort::Quantity), true),
        Fault::LastOf28Digits => columns_of(track, |sort| sort == Sort::Wide, true),
        Fault::WrongSign | Fault::WrongScale | Fault::NotANumber => columns_of(track, number, true),
        Fault::BeyondTolerance => columns_of(track, |sort| sort == Sort::Coarse, false),
        Fault::TextChanged => columns_of(track, |sort| matches!(sort, Sort::Status | Sort::Label), false),
        Fault::FlagFlipped => columns_of(track, |sort| sort == Sort::Flag, false),
        Fault::WrongZone => columns_of(track, |sort| sort == Sort::Stamp, false),
        Fault::BrokenInvariant | Fault::DerivedWrong | Fault::DerivedAbsent => {
            let gains = track.shape.columns.iter().enumerate();
            gains
                .filter(|(_, column)| matches!(column.sort, Sort::Gain { .. }))
                .map(|(index, _)| index)
                .collect()
        }
        _ => columns_of(track, |sort| sort != Sort::Tags, false),
    };
    if candidates.is_empty() {
        return None;
    }
    let column = *dice.pick(&candidates);
    let side = match fault {
        Fault::NullInWs | Fault::MissingFieldInWs | Fault::DerivedWrong | Fault::DerivedAbsent => Side::Ws,
        Fault::MissingFieldInRest => Side::Rest,
        _ => *dice.pick(&[Side::Ws, Side::Ws, Side::Rest]),
    };
    let span = span(track, length, id, dice);
    let mut columns = vec![column];
    let flavour = dice.next();
    if fault == Fault::SwappedFields {
        let others: Vec<usize> = candidates.iter().copied().filter(|other| *other != column).collect();
        if others.is_empty() {
            return None;
        }
        columns.push(*dice.pick(&others));
    }
    let span = if fault == Fault::DerivedAbsent { EVER } else { span };
    let other = columns.get(1).copied();
    let change = move |row: &mut super::super::history::Row| match other {
        Some(other) => row.swap(column, other),
        None => row[column] = wrong(fault, &row[column], flavour),
    };
    rewrite(track, side, span, row_of(id, change));
    let kinds: &[&'static str] = match fault {
        // Some entity's value or null: a wrong value beside none is a field that one side lacks.
        Fault::NullInWs | Fault::MissingFieldInWs | Fault::DerivedAbsent => &["missing_in_ws"],
        Fault::MissingFieldInRest => &["missing_in_rest"],
        Fault::BrokenInvariant => &["invariant"],
        Fault::DerivedWrong => &["value", "invariant"],
        _ if track.shape.columns[column].sort == Sort::Maybe || fault == Fault::SwappedFields => {
            &["value", "missing_in_ws", "missing_in_rest"]
        }
        _ => &["value"],
    };
    Some(Planted { columns, side, ..Planted::new(fault, kinds, vec![id], span) })
}

/// A cell as the fault makes it; unchanged where the fault does not apply to it.
pub fn wrong(fault: Fault, cell: &Cell, flavour: u64) -> Cell {
    let up = flavour.is_multiple_of(2);
    match (fault, cell) {
        (Fault::NullInWs, _) => Cell::Null,
        (Fault::MissingFieldInWs | Fault::MissingFieldInRest | Fault::DerivedAbsent, _) => Cell::Absent,
        (Fault::BrokenInvariant | Fault::DerivedWrong, _) => {
            Cell::Decimal { minor: if up { 100 } else { -2 }, scale: 2 }
        }
        (Fault::OffByACent | Fault::LastDigit | Fault::LastOf28Digits, Cell::Decimal { minor, scale }) => {
            Cell::Decimal { minor: if up { minor + 1 } else { minor - 1 }, scale: *scale }
        }
        (Fault::WrongSign, Cell::Decimal { minor, scale }) => Cell::Decimal { minor: -minor, scale: *scale },
        (Fault::WrongScale, Cell::Decimal { minor, scale }) => {
            Cell::Decimal { minor: minor * 100, scale: *scale }
        }
        (Fault::BeyondTolerance, Cell::Decimal { minor, scale }) => {
            Cell::Decimal { minor: if up { minor + 20_000 } else { minor - 20_000 }, scale: *scale }
        }
        (Fault::TextChanged, Cell::Text(text)) if up => Cell::Text(text.to_lowercase() + " "),
        (Fault::TextChanged, Cell::Text(_)) => Cell::Text("UNKNOWN".to_owned()),
        (Fault::FlagFlipped, Cell::Flag(flag)) => Cell::Flag(!flag),
        (Fault::WrongZone, Cell::Instant(micros)) => {
            Cell::Instant(micros + if up { 3_600_000_000 } else { -3_600_000_000 })
        }
        (Fault::TypeDrift, Cell::Decimal { minor, scale }) => drifted(*minor, *scale, flavour),
        _ => cell.clone(),
    }
}

/// A money value that changed with its type: grouped text, cut to an integer, through a 32-bit float.
fn drifted(minor: i128, scale: u32, flavour: u64) -> Cell {
    let text = super::super::cell::fixed(minor, scale);
    match flavour % 3 {
        0 => Cell::Text(format!("${text}")),
        1 => Cell::Decimal { minor: minor / 10_i128.pow(scale), scale: 0 },
        _ => {
            let narrow = format!("{:.6}", text.parse::<f32>().unwrap_or(0.0));
            let minor = narrow.replace('.', "").parse().unwrap_or(minor);
            Cell::Decimal { minor, scale: 6 }
        }
    }
}

fn stuck_field(track: &mut Track, length: i64, id: usize, dice: &mut Dice) -> Option<Planted> {
    let candidates = columns_of(track, |sort| sort != Sort::Tags, false);
    let column = *dice.pick(&candidates);
    let span = (dice.between(length / 10, length * 7 / 10), EVER.1);
    let held = track.history.state_at(span.0).get(&id)?[column].clone();
    let note = format!("holds {held:?}");
    rewrite(track, Side::Ws, span, row_of(id, move |row| row[column] = held.clone()));
    let kinds = [&["value", "missing_in_ws", "missing_in_rest"][..], &OF_ANOTHER_TIME].concat();
    Some(
        Planted { columns: vec![column], ..Planted::new(Fault::StuckField, &kinds, vec![id], span) }
            .noted(note),
    )
}

fn swapped_rows(track: &mut Track, length: i64, id: usize, dice: &mut Dice) -> Option<Planted> {
    let candidates = columns_of(track, |sort| sort != Sort::Tags, false);
    let column = *dice.pick(&candidates);
    let other = dice.below(track.shape.ids.len() as u64) as usize;
    if other == id || !track.shape.is_snapshot() {
        return None;
    }
    let side = *dice.pick(&[Side::Ws, Side::Rest]);
    let span = span(track, length, id, dice);
    rewrite(track, side, span, move |state| {
        if let (Some(one), Some(two)) = (state.get(&id), state.get(&other)) {
            let (mut one, mut two) = (Vec::clone(one), Vec::clone(two));
            std::mem::swap(&mut one[column], &mut two[column]);
            state.insert(id, Rc::new(one));
            state.insert(other, Rc::new(two));
        }
    });
    let kinds = ["value", "missing_in_ws", "missing_in_rest"];
    let planted = Planted::new(Fault::SwappedRows, &kinds, vec![id, other], span);
    Some(Planted { columns: vec![column], side, ..planted })
}

fn absent_entity(
    fault: Fault,
    track: &mut Track,
    length: i64,
    id: usize,
    dice: &mut Dice,
) -> Option<Planted> {
    let span = span(track, length, id, dice);
    let (side, kind) = match fault {
        Fault::MissingEntityInWs => (Side::Ws, "missing_in_ws"),
        _ => (Side::Rest, "missing_in_rest"),
    };
    rewrite(track, side, span, move |state: &mut State| {
        state.remove(&id);
    });
    Some(Planted { side, ..Planted::new(fault, &[kind], vec![id], span) })
}

/// An entity that is gone but one side goes on listing it as it was.
fn never_leaves(fault: Fault, track: &mut Track, length: i64, id: usize, dice: &mut Dice) -> Option<Planted> {
    let turns = &track.history.turns;
    let leaves: Vec<usize> = (1..turns.len())
        .filter(|&turn| {
            turns[turn].at > 0
                && turns[turn - 1].state.contains_key(&id)
                && !turns[turn].state.contains_key(&id)
        })
        .collect();
    if leaves.is_empty() {
        return None;
    }
    let left = *dice.pick(&leaves);
    let back = (left..turns.len()).find(|&turn| turns[turn].state.contains_key(&id));
    let span = (turns[left].at, back.map_or(length, |turn| turns[turn].at));
    let row = Rc::clone(&turns[left - 1].state[&id]);
    let (side, kind) = match fault {
        Fault::NeverLeavesWs => (Side::Ws, "missing_in_rest"),
        _ => (Side::Rest, "missing_in_ws"),
    };
    rewrite(track, side, span, move |state: &mut State| {
        state.insert(id, Rc::clone(&row));
    });
    // Listing what was is also showing an older state.
    let kinds = [&[kind, "extra_push"][..], &OF_ANOTHER_TIME].concat();
    Some(Planted { side, ..Planted::new(fault, &kinds, vec![id], span) })
}

/// A countdown that stands still, or is off by minutes.
fn wrong_countdown(track: &mut Track, length: i64, id: usize, dice: &mut Dice) -> Option<Planted> {
    let column = track.shape.columns.iter().position(|column| column.sort == Sort::Countdown)?;
    let slack = (track.shape.delay + track.shape.staleness + 10 * SECOND) / 1_000;
    let off = slack + dice.between(20, 7_200) * 1_000_000;
    let frozen = dice.chance(40);
    let side = *dice.pick(&[Side::Ws, Side::Rest]);
    let span = span(track, length, id, dice);
    let begins = wall(span.0.max(0));
    let change = move |row: &mut super::super::history::Row| {
        if let Cell::Until(end) = row[column] {
            // It stands still at what was right when the fault began.
            let held = i128::from((end - begins).div_euclid(1_000_000));
            row[column] =
                if frozen { Cell::Decimal { minor: held, scale: 0 } } else { Cell::Until(end + off) };
        }
    };
    rewrite(track, side, span, row_of(id, change));
    let note = if frozen { "stands still".to_owned() } else { format!("off by {} s", off / 1_000_000) };
    let planted = Planted::new(Fault::WrongCountdown, &["value"], vec![id], span);
    Some(Planted { columns: vec![column], side, ..planted }.noted(note))
}

/// Messages whose text no client could read rightly.
pub fn spoil(fault: Fault, track: &mut Track, length: i64, dice: &mut Dice) -> Option<Planted> {
    let id = dice.below(track.shape.ids.len() as u64) as usize;
    let candidates =
        columns_of(track, |sort| matches!(sort, Sort::Money | Sort::Price | Sort::Quantity), true);
    if candidates.is_empty() {
        return None;
    }
    let column = *dice.pick(&candidates);
    let span =
        if dice.chance(50) { one_turn(track, length, id, dice)? } else { span(track, length, id, dice) };
    let cut = Garble::Cut(dice.between(55, 95) as u8);
    let mut spoilt = 0;
    for push in &mut track.pushes {
        let here = (span.0..span.1).contains(&push.at) && !push.lost;
        if !here || push.content.get(&id).is_none_or(|row| decimal(&row[column]).is_none()) {
            continue;
        }
        let change = |cell: Cell, push: &mut super::super::track::Push| {
            let state: &mut State = Rc::make_mut(&mut push.content);
            state.entry(id).and_modify(|row| Rc::make_mut(row)[column] = cell);
        };
        match fault {
            Fault::NotANumber => {
                change(Cell::NotANumber, push);
                push.garble = Some(Garble::NotANumber);
            }
            Fault::Truncated => push.garble = Some(cut),
            // Of a name written twice the last counts: here it is the wrong one.
            _ => {
                change(wrong(Fault::OffByACent, &push.content[&id][column], 0), push);
                push.garble = Some(Garble::Twice(id, column));
            }
        }
        spoilt += 1;
    }
    let kinds: &[&'static str] = match fault {
        Fault::WrittenTwice => &["value", "unreadable"],
        _ => &["unreadable"],
    };
    (spoilt > 0).then(|| Planted::new(fault, kinds, Vec::new(), span).noted(format!("{spoilt} messages")))
}
