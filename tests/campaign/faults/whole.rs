//! Faults of a stream as a whole: whom it tells, whom it is about, in what shape, for how long.

use std::rc::Rc;

use super::super::cell::Cell;
use super::super::column::{Side, Sort};
use super::super::dice::Dice;
use super::super::history::State;
use super::super::track::{Garble, Track};
use super::values::columns_of;
use super::{EVER, Fault, Planted, rewrite};

pub fn plant(fault: Fault, track: &mut Track, length: i64, dice: &mut Dice) -> Option<Planted> {
    match fault {
        Fault::NeverTold => never_told(track, dice),
        Fault::DeadFromMiddle => dead_from_middle(track, length, dice),
        Fault::WrongAccount => wrong_account(track),
        Fault::Keyless => keyless(track, length, dice),
        Fault::RenamedField => renamed_field(track, length, dice),
        Fault::TwinKeys => twins_in_sight(track).then(|| Planted::new(fault, &[], vec![0, 1], EVER)),
        _ => {
            rewrite(track, Side::Ws, EVER, |state: &mut State| {
                state.remove(&1);
            });
            twins_in_sight(track).then(|| Planted::new(fault, &[], vec![0, 1], EVER))
        }
    }
}

/// Both rows of the one key are in most answers.
fn twins_in_sight(track: &Track) -> bool {
    let both = |sample: &&super::super::track::Sample| {
        sample.content.contains_key(&0) && sample.content.contains_key(&1)
    };
    track.samples.iter().filter(both).count() * 10 >= track.samples.len() * 6
}

/// One entity of an upsert stream is in no message.
fn never_told(track: &mut Track, dice: &mut Dice) -> Option<Planted> {
    let id = dice.below(track.shape.ids.len() as u64) as usize;
    let listed = track.samples.iter().filter(|sample| {
        sample.failed.is_none()
            && sample.asked.is_none_or(|asked| asked == id)
            && sample.content.contains_key(&id)
    });
    if listed.count() < 10 {
        return None;
    }
    for push in &mut track.pushes {
        Rc::make_mut(&mut push.content).remove(&id);
    }
    track.pushes.retain(|push| !push.content.is_empty());
    let kinds = ["dropped_push", "missing_in_ws", "stalled", "never_told"];
    (!track.pushes.is_empty()).then(|| Planted::new(Fault::NeverTold, &kinds, vec![id], EVER))
}

/// The stream dies, and D is so large that nothing after it is ever due.
fn dead_from_middle(track: &mut Track, length: i64, dice: &mut Dice) -> Option<Planted> {
    let from = dice.between(length * 50 / 100, length * 70 / 100);
    let staleness = track.shape.staleness;
    track.shape.set_budgets((length - from).max(track.shape.delay), staleness);
    track.pushes.retain(|push| push.arrives < from);
    (!track.pushes.is_empty()).then(|| Planted::new(Fault::DeadFromMiddle, &[], Vec::new(), (from, length)))
}

/// REST answers for another account.
fn wrong_account(track: &mut Track) -> Option<Planted> {
    let number = |sort| matches!(sort, Sort::Money | Sort::Price | Sort::Quantity);
    let columns = columns_of(track, number, true);
    let others = columns.clone();
    rewrite(track, Side::Rest, EVER, move |state: &mut State| {
        for row in state.values_mut() {
            for column in &others {
                if let Cell::Decimal { minor, .. } = &mut Rc::make_mut(row)[*column] {
                    *minor = *minor / 3 + 1_234_567;
                }
            }
        }
    });
    Some(Planted { side: Side::Rest, ..Planted::new(Fault::WrongAccount, &[], Vec::new(), EVER) })
}

/// From the start or from some time on no entity has its key.
fn keyless(track: &mut Track, length: i64, dice: &mut Dice) -> Option<Planted> {
    let span = if dice.chance(40) { EVER } else { (dice.between(length / 5, length / 2), EVER.1) };
    for push in track.pushes.iter_mut().filter(|push| (span.0..span.1).contains(&push.at)) {
        push.garble = Some(Garble::Keyless);
    }
    Some(Planted::new(Fault::Keyless, &[], Vec::new(), span))
}

/// From the start or from some time on a field stands one level deeper.
fn renamed_field(track: &mut Track, length: i64, dice: &mut Dice) -> Option<Planted> {
    let number = |sort| matches!(sort, Sort::Money | Sort::Price | Sort::Quantity);
    let column = *dice.pick(&columns_of(track, number, true));
    let span = if dice.chance(40) { EVER } else { (dice.between(length / 5, length / 2), EVER.1) };
    rewrite(track, Side::Ws, span, move |state: &mut State| {
        state.values_mut().for_each(|row| Rc::make_mut(row)[column] = Cell::Absent);
    });
    for push in track.pushes.iter_mut().filter(|push| (span.0..span.1).contains(&push.at)) {
        push.garble = Some(Garble::Renamed(column));
    }
    let kinds = ["missing_in_ws", "value", "missing_in_rest"];
    let planted = Planted::new(Fault::RenamedField, &kinds, Vec::new(), span);
    Some(Planted { columns: vec![column], ..planted })
}
