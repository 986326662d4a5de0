//! Faults in when a side says it: lost, silent, late, stale, out of order.

use std::rc::Rc;

use super::super::column::Side;
use super::super::dice::Dice;
use super::super::history::State;
use super::super::line::{Blind, Cause, Line};
use super::super::shape::{MILLIS, SECOND};
use super::super::track::Track;
use super::{EVER, Fault, OF_ANOTHER_TIME, Planted, is_about, one_turn};

pub fn plant(fault: Fault, track: &mut Track, line: &mut Line, dice: &mut Dice) -> Option<Planted> {
    let id = dice.below(track.shape.ids.len() as u64) as usize;
    match fault {
        Fault::DroppedPush => dropped(track, line, id, dice),
        Fault::StuckRow => stuck_row(track, line, id, dice),
        Fault::SilentEntity => silent_entity(track, line, id, dice),
        Fault::Stalled => stalled(track, line, dice),
        Fault::StaleRest => stale(track, line, dice),
        Fault::Reordered => reordered(track, line, id, dice),
        _ => late(fault, track, line, id, dice),
    }
}

fn planted(
    fault: Fault,
    kinds: &[&'static str],
    entities: Vec<usize>,
    span: (i64, i64),
    note: String,
) -> Planted {
    Planted::new(fault, kinds, entities, span).noted(note)
}

/// Every message that carries one state of one entity is lost.
fn dropped(track: &mut Track, line: &Line, id: usize, dice: &mut Dice) -> Option<Planted> {
    let (from, to) = one_turn(track, line.length, id, dice)?;
    let snapshot = track.shape.is_snapshot();
    let before = track.pushes.len();
    track
        .pushes
        .retain(|push| !((from..to).contains(&push.at) && (snapshot || push.content.contains_key(&id))));
    let count = before - track.pushes.len();
    let entities = if snapshot { Vec::new() } else { vec![id] };
    let note = format!("{count} messages lost");
    (count > 0).then(|| planted(Fault::DroppedPush, &OF_ANOTHER_TIME, entities, (from, to), note))
}

/// The messages of one turn carry one entity as it was before.
fn stuck_row(track: &mut Track, line: &Line, id: usize, dice: &mut Dice) -> Option<Planted> {
    let (from, to) = one_turn(track, line.length, id, dice)?;
    let turn = track.history.turn_at(from);
    let old = Rc::clone(track.history.turns[turn.checked_sub(1)?].state.get(&id)?);
    track.history.turns[turn].state.get(&id)?;
    for push in track.pushes.iter_mut().filter(|push| (from..to).contains(&push.at)) {
        if push.content.contains_key(&id) {
            Rc::make_mut(&mut push.content).insert(id, Rc::clone(&old));
        }
    }
    let kinds = [&["value", "missing_in_ws", "missing_in_rest"][..], &OF_ANOTHER_TIME].concat();
    Some(planted(Fault::StuckRow, &kinds, vec![id], (from, to), String::new()))
}

/// From some time on nothing is said about one entity of an upsert stream.
fn silent_entity(track: &mut Track, line: &Line, id: usize, dice: &mut Dice) -> Option<Planted> {
    if track.shape.is_snapshot() {
        return None;
    }
    let from = dice.between(line.length / 5, line.length * 7 / 10);
    track.pushes.retain(|push| push.at < from || push.content.keys().ne([&id]));
    for push in track.pushes.iter_mut().filter(|push| push.at >= from && push.content.contains_key(&id)) {
        Rc::make_mut(&mut push.content).remove(&id);
    }
    Some(planted(Fault::SilentEntity, &OF_ANOTHER_TIME, vec![id], (from, line.length), String::new()))
}

/// The whole feature falls silent; it heals by itself, by a reconnect, or not at all.
fn stalled(track: &mut Track, line: &mut Line, dice: &mut Dice) -> Option<Planted> {
    if !track.shape.is_periodic() {
        return None;
    }
    let limit = track.shape.silence_limit();
    let from = dice.between(line.length / 5, line.length * 6 / 10);
    let lasts = limit * dice.between(15, 60) / 10 + track.shape.delay + 2 * track.shape.poll;
    let mut to = from + lasts;
    let heals = dice.below(3);
    if heals == 0 || to >= line.length {
        to = line.length;
    } else if heals == 1 {
        let gap = Blind {
            from: to,
            to: to + dice.between(1, 2_000) * MILLIS,
            cause: Cause::Closed { code: 1000, attempts: 0 },
        };
        if gap.to >= line.length || line.is_blind(from, gap.to) {
            return None;
        }
        line.cut(gap);
    }
    track.pushes.retain(|push| !(from..to).contains(&push.arrives));
    let note = format!("silent for {:.1} s", (to - from) as f64 / 1e9);
    let kinds = ["stalled", "dropped_push"];
    Some(planted(Fault::Stalled, &kinds, Vec::new(), (from, to), note))
}

/// Pushes arrive after D: all from some time on, or those of one turn and what queues behind them.
fn late(fault: Fault, track: &mut Track, line: &Line, id: usize, dice: &mut Dice) -> Option<Planted> {
    let beyond = dice.spread(100 * MILLIS, 10 * SECOND);
    let by = track.shape.delay + beyond;
    let span = if dice.chance(50) {
        (dice.between(line.length / 10, line.length * 6 / 10), EVER.1)
    } else {
        one_turn(track, line.length, id, dice)?
    };
    let mut arrived = i64::MIN;
    for push in &mut track.pushes {
        if (span.0..span.1).contains(&push.at) {
            push.arrives = push.arrives.max(push.at + by);
        }
        push.arrives = push.arrives.max(arrived);
        arrived = push.arrives;
    }
    let note = format!("{:.3} s beyond D", beyond as f64 / 1e9);
    Some(planted(fault, &OF_ANOTHER_TIME, Vec::new(), span, note))
}

/// Answers older than C: all for some time, or a single one.
fn stale(track: &mut Track, line: &Line, dice: &mut Dice) -> Option<Planted> {
    let beyond = dice.spread(100 * MILLIS, 20 * SECOND);
    let by = track.shape.staleness + beyond;
    let from = dice.between(line.length / 5, line.length * 9 / 10);
    let span = match dice.below(3) {
        0 => (from, line.length),
        1 => (from, from + line.length / 5),
        _ => (from, from + track.shape.poll),
    };
    let history = track.history.clone();
    let count = track.samples.iter().filter(|sample| (span.0..span.1).contains(&sample.sent)).count();
    track.spoil_rest(move |sample| {
        if !(span.0..span.1).contains(&sample.sent) {
            return;
        }
        sample.read = sample.sent - by;
        let state = history.state_at(sample.read);
        sample.content = match sample.asked {
            None => Rc::clone(state),
            Some(id) => {
                Rc::new(state.get(&id).map(|row| (id, Rc::clone(row))).into_iter().collect::<State>())
            }
        };
    });
    let note = format!("{count} answers {:.3} s beyond C", beyond as f64 / 1e9);
    let planted = planted(Fault::StaleRest, &OF_ANOTHER_TIME, Vec::new(), span, note);
    (count > 0).then_some(Planted { side: Side::Rest, ..planted })
}

/// The first message of a turn is overtaken by the first of the next one.
fn reordered(track: &mut Track, line: &Line, id: usize, dice: &mut Dice) -> Option<Planted> {
    let snapshot = track.shape.is_snapshot();
    let (_, next) = one_turn(track, line.length, id, dice)?;
    let about = |place: &usize| {
        let push = &track.pushes[*place];
        !push.lost && is_about(track, push, id)
    };
    let places: Vec<usize> = (0..track.pushes.len()).filter(about).collect();
    let second = places.iter().position(|place| track.pushes[*place].at >= next)?;
    let first = second.checked_sub(1)?;
    let (first, second) = (places[first], places[second]);
    let span = (track.pushes[first].at, track.pushes[second].at);
    if track.pushes[second].arrives >= line.length - MILLIS {
        return None;
    }
    // The older one comes again right after the newer one: on a socket that is how overtaking looks.
    let after = track.pushes[second].arrives + dice.between(1, 1_000);
    let mut older = track.pushes[first].clone();
    let was_first =
        track.pushes[..first].iter().rev().find(|push| snapshot || push.content.contains_key(&id));
    let alone = was_first.is_none_or(|push| push.turn != older.turn);
    older.arrives = after;
    if alone && dice.chance(50) {
        track.pushes.remove(first);
        track.pushes.insert(second, older);
    } else {
        track.pushes.insert(second + 1, older);
    }
    track.pushes.sort_by_key(|push| push.arrives);
    let entities = if snapshot { Vec::new() } else { vec![id] };
    Some(planted(Fault::Reordered, &OF_ANOTHER_TIME, entities, span, String::new()))
}
