//! Faults of some of the pushes only: what the next push heals, so that the right ones speak for the wrong ones.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::cell::Cell;
use super::super::column::Sort;
use super::super::dice::Dice;
use super::super::history::State;
use super::super::shape::MILLIS;
use super::super::track::{Push, Track, Why};
use super::values::{columns_of, wrong};
use super::{EVER, Fault, OF_ANOTHER_TIME, Planted, is_about, span};

const VALUE: [&str; 4] = ["value", "missing_in_ws", "missing_in_rest", "unjustified"];

pub fn plant(fault: Fault, track: &mut Track, length: i64, dice: &mut Dice) -> Option<Planted> {
    let id = dice.below(track.shape.ids.len() as u64) as usize;
    match fault {
        Fault::TwoBroadcasters => two_broadcasters(track, length, dice),
        Fault::EveryKthWrong => every_kth_wrong(track, length, id, dice),
        Fault::PhantomRow => phantom_row(track, dice),
        Fault::LostRow => lost_row(track, length, id, dice),
        Fault::SwapsInsideD => swaps(track, dice),
        Fault::Conflating => conflating(track, length, dice),
        _ => flicker(fault, track, id, dice),
    }
}

/// A second broadcaster whose cache is old sends every other message.
fn two_broadcasters(track: &mut Track, length: i64, dice: &mut Dice) -> Option<Planted> {
    let age = track.shape.every.max(track.shape.calm) * dice.between(2, 12);
    let share = *dice.pick(&[50, 50, 30, 15]);
    let span = if dice.chance(50) { EVER } else { (dice.between(length / 10, length / 2), EVER.1) };
    let mut count = 0;
    for push in track.pushes.iter_mut().filter(|push| (span.0..span.1).contains(&push.at)) {
        if !dice.chance(share) {
            continue;
        }
        let old = track.history.state_at(push.at - age);
        let content: State = match track.shape.is_snapshot() {
            true => (**old).clone(),
            false => {
                push.content.keys().filter_map(|id| old.get(id).map(|row| (*id, Rc::clone(row)))).collect()
            }
        };
        if !content.is_empty() || track.shape.is_snapshot() {
            count += 1;
            push.content = Rc::new(content);
        }
    }
    let kinds = [&VALUE[..], &["extra_push", "torn"], &OF_ANOTHER_TIME].concat();
    let note = format!("{count} of {} messages are {} ms old", track.pushes.len(), age / MILLIS);
    (count > 0).then(|| Planted::new(Fault::TwoBroadcasters, &kinds, Vec::new(), span).noted(note))
}

/// Places of every k-th message about an entity within a span.
fn every_kth(track: &Track, id: usize, span: (i64, i64), k: usize) -> Vec<usize> {
    let about = |place: &usize| {
        let push = &track.pushes[*place];
        is_about(track, push, id) && push.content.contains_key(&id) && (span.0..span.1).contains(&push.at)
    };
    (0..track.pushes.len()).filter(about).skip(k / 2).step_by(k).collect()
}

fn every_kth_wrong(track: &mut Track, length: i64, id: usize, dice: &mut Dice) -> Option<Planted> {
    let number = |sort| matches!(sort, Sort::Money | Sort::Price | Sort::Quantity | Sort::Status);
    let candidates = columns_of(track, number, true);
    let column = *dice.pick(&candidates);
    let k = dice.between(2, 5) as usize;
    let constant = dice.chance(50);
    let flavour = dice.next();
    let span = if dice.chance(60) { EVER } else { span(track, length, id, dice) };
    let places = every_kth(track, id, span, k);
    for place in &places {
        let state: &mut State = Rc::make_mut(&mut track.pushes[*place].content);
        state.entry(id).and_modify(|row| {
            let row = Rc::make_mut(row);
            row[column] = match &row[column] {
                Cell::Text(_) => Cell::Text("UNKNOWN".to_owned()),
                Cell::Decimal { scale, .. } if constant => {
                    Cell::Decimal { minor: 10_i128.pow(*scale), scale: *scale }
                }
                cell => wrong(Fault::OffByACent, cell, flavour),
            };
        });
    }
    let kinds = [&VALUE[..], &["extra_push", "dropped_push"]].concat();
    let note = format!("every {k}th: {} messages", places.len());
    let planted = Planted::new(Fault::EveryKthWrong, &kinds, vec![id], span).noted(note);
    (!places.is_empty()).then_some(Planted { columns: vec![column], ..planted })
}

/// A row that REST never has.
fn phantom_row(track: &mut Track, dice: &mut Dice) -> Option<Planted> {
    let ghost = track.shape.ids.len();
    let text = if track.shape.numeric_keys { "999983" } else { "GHOST" };
    let mut key = track.shape.ids.first()?.clone();
    *key.first_mut()? = text.to_owned();
    track.shape.ids.push(key);
    let k = dice.between(1, 4) as usize;
    let mut count = 0;
    for push in track.pushes.iter_mut().skip(k / 2).step_by(k) {
        let Some(row) = push.content.values().next().cloned() else { continue };
        Rc::make_mut(&mut push.content).insert(ghost, row);
        count += 1;
    }
    let kinds = ["missing_in_rest", "extra_push", "unjustified"];
    let note = format!("every {k}th: {count} messages");
    (count > 0).then(|| Planted::new(Fault::PhantomRow, &kinds, vec![ghost], EVER).noted(note))
}

/// A row that only some messages lack.
fn lost_row(track: &mut Track, length: i64, id: usize, dice: &mut Dice) -> Option<Planted> {
    let k = dice.between(2, 5) as usize;
    let span = if dice.chance(60) { EVER } else { span(track, length, id, dice) };
    let places = every_kth(track, id, span, k);
    for place in &places {
        Rc::make_mut(&mut track.pushes[*place].content).remove(&id);
    }
    let kinds = ["missing_in_ws", "unjustified", "dropped_push"];
    let note = format!("every {k}th: {} messages", places.len());
    (!places.is_empty()).then(|| Planted::new(Fault::LostRow, &kinds, vec![id], span).noted(note))
}

/// Between two right messages a wrong one, for some tenths of a second.
fn flicker(fault: Fault, track: &mut Track, id: usize, dice: &mut Dice) -> Option<Planted> {
    let number = |sort| matches!(sort, Sort::Money | Sort::Price | Sort::Quantity);
    let column = *dice.pick(&columns_of(track, number, true));
    let share = *dice.pick(&[20, 40, 80]);
    let lasts = dice.between(50, 400) * MILLIS;
    let places: Vec<usize> =
        (0..track.pushes.len()).filter(|place| track.pushes[*place].content.contains_key(&id)).collect();
    let mut added: Vec<Push> = Vec::new();
    for place in places {
        let push = &track.pushes[place];
        let next = track.pushes.get(place + 1).map_or(i64::MAX, |next| next.arrives);
        let from = push.arrives + dice.between(10, 200) * MILLIS;
        if !dice.chance(share) || from + lasts + MILLIS >= next {
            continue;
        }
        let (mut bad, mut good) = (push.clone(), push.clone());
        (bad.sent, bad.arrives, good.sent, good.arrives) = (from, from, from + lasts, from + lasts);
        (bad.why, good.why) = (Why::Again, Why::Again);
        let state: &mut State = Rc::make_mut(&mut bad.content);
        match fault {
            Fault::FlickerRow => {
                state.remove(&id);
            }
            Fault::FlickerNull => {
                state.entry(id).and_modify(|row| Rc::make_mut(row)[column] = Cell::Null);
            }
            _ => {
                state.entry(id).and_modify(|row| {
                    let row = Rc::make_mut(row);
                    row[column] = wrong(Fault::WrongScale, &row[column].clone(), 0);
                });
            }
        }
        added.extend([bad, good]);
    }
    let note = format!("{} times for {} ms", added.len() / 2, lasts / MILLIS);
    let some = !added.is_empty();
    track.pushes.extend(added);
    track.pushes.sort_by_key(|push| push.arrives);
    let kinds = [&VALUE[..], &["extra_push"]].concat();
    let columns = if fault == Fault::FlickerRow { Vec::new() } else { vec![column] };
    some.then(|| Planted { columns, ..Planted::new(fault, &kinds, vec![id], EVER) }.noted(note))
}

/// Some messages are delivered after their successor, no later than D.
fn swaps(track: &mut Track, dice: &mut Dice) -> Option<Planted> {
    let share = *dice.pick(&[10, 25, 40]);
    let (delay, snapshot) = (track.shape.delay, track.shape.is_snapshot());
    let mut count = 0;
    let mut place = 0;
    while place < track.pushes.len() {
        let one = &track.pushes[place];
        let same = |other: &&Push| snapshot || other.content.keys().eq(one.content.keys());
        let mut later = track.pushes[place + 1..].iter().filter(same);
        let (next, after) = (later.next(), later.next());
        place += 1;
        let Some(next) = next.filter(|next| next.turn != one.turn && dice.chance(share)) else { continue };
        let latest = (one.at + delay).min(after.map_or(i64::MAX, |after| after.arrives) - MILLIS);
        if next.arrives + MILLIS > latest {
            continue;
        }
        let arrives = dice.between(next.arrives + MILLIS, latest);
        track.pushes[place - 1].arrives = arrives;
        count += 1;
        // Its successor is not swapped as well: it would be in order again.
        place += 1;
    }
    track.pushes.sort_by_key(|push| push.arrives);
    let kinds = [&OF_ANOTHER_TIME[..], &["value", "unjustified"]].concat();
    let note = format!("{count} messages");
    (count > 0).then(|| Planted::new(Fault::SwapsInsideD, &kinds, Vec::new(), EVER).noted(note))
}

/// A stream that says to tell each change tells the newest one now and then.
fn conflating(track: &mut Track, length: i64, dice: &mut Dice) -> Option<Planted> {
    let every = track.shape.calm.max(track.shape.delay) * dice.between(2, 6);
    let snapshot = track.shape.is_snapshot();
    let mut newest: BTreeMap<(i64, Option<usize>), Push> = BTreeMap::new();
    let before = track.pushes.len();
    for push in track.pushes.drain(..) {
        let whose = if snapshot { None } else { push.content.keys().next().copied() };
        newest.insert((push.at.div_euclid(every), whose), push);
    }
    for ((slot, _), mut push) in newest {
        push.at = (slot + 1) * every;
        push.sent = push.at;
        push.arrives = push.at + dice.between(1, 30) * MILLIS;
        if push.arrives < length {
            track.pushes.push(push);
        }
    }
    track.pushes.sort_by_key(|push| push.arrives);
    let kinds = [&OF_ANOTHER_TIME[..], &VALUE].concat();
    let note = format!("{} of {before} messages left, one in {} ms", track.pushes.len(), every / MILLIS);
    Some(Planted::new(Fault::Conflating, &kinds, Vec::new(), EVER).noted(note))
}
