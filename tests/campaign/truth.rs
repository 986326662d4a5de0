//! Whether a planted fault can be seen at all, and what a clean world owes.

use std::rc::Rc;

use thor_cutover::model::outcome::Kind;

use super::cell::Cell;
use super::column::Side;
use super::faults::{Planted, Sight};
use super::line::{Cause, Line};
use super::oracle::Oracle;
use super::track::{Sample, Track};

/// Proves the fault visible and widens the accepted kinds by what the wire cannot tell apart;
/// `None` where nobody could see it.
pub fn visible(mut planted: Planted, track: &Track, line: &Line) -> Option<Planted> {
    let oracle = Oracle::new(track, line);
    let ids: Vec<usize> = if planted.entities.is_empty() {
        (0..track.shape.ids.len()).collect()
    } else {
        planted.entities.clone()
    };
    let mut seen: Vec<(usize, &Sample)> = Vec::new();
    for &id in &ids {
        let found = oracle.unexplained(id).filter(|sample| shows(&oracle, &planted, id, sample));
        seen.extend(found.map(|sample| (id, sample)));
    }
    let proven = match planted.fault.sight() {
        Sight::Text => text_arrives(track, &planted),
        Sight::Inside => breaks_inside(&oracle, &planted),
        Sight::Countdown => {
            seen = countdowns(&oracle, &planted);
            !seen.is_empty()
        }
        _ => !seen.is_empty(),
    };
    if !proven {
        return None;
    }
    widen(&oracle, &mut planted, &seen);
    if planted.entities.is_empty() {
        let mut seen: Vec<usize> = seen.iter().map(|(id, _)| *id).collect();
        seen.sort_unstable();
        seen.dedup();
        if !matches!(planted.fault.sight(), Sight::Stall | Sight::Text) {
            planted.entities = seen;
        }
    }
    Some(planted)
}

/// Whether this unexplained sample shows the fault as its kind says it must be seen.
fn shows(oracle: &Oracle<'_>, planted: &Planted, id: usize, sample: &Sample) -> bool {
    let shape = &oracle.track.shape;
    let rest = sample.content.get(&id);
    let window = oracle.window(id, sample);
    let oldest = sample.sent - shape.staleness;
    let newest = sample.received + shape.delay;
    match planted.fault.sight() {
        Sight::Field => {
            let differing: Vec<Vec<usize>> =
                window.iter().filter_map(|push| oracle.differing(rest, push.content.get(&id))).collect();
            let fewest = differing.iter().map(Vec::len).min();
            let mut best = differing.iter().filter(|columns| Some(columns.len()) == fewest).peekable();
            best.peek().is_some()
                && best.all(|columns| columns.iter().all(|column| planted.columns.contains(column)))
        }
        Sight::Presence => window.iter().all(|push| push.content.contains_key(&id) != rest.is_some()),
        Sight::Silence => !oracle.says(id).any(|push| push.arrives > oldest && push.arrives <= newest),
        Sight::Unexplained => true,
        Sight::Stall => {
            let last = oracle.says(id).map(|push| push.arrives).filter(|at| *at <= oldest).max();
            let next = oracle.delivered.iter().map(|push| push.arrives).find(|at| *at > oldest);
            let clear = oracle.line.clear_since(newest);
            let cut = oracle.line.blinds.iter().map(|blind| blind.from).find(|from| *from > newest);
            let until = next.unwrap_or(i64::MAX).min(cut.unwrap_or(i64::MAX)).min(oracle.line.length);
            last.is_some_and(|last| {
                let since = last.max(clear);
                until - since > shape.silence_limit() * 12 / 10 && until > newest + shape.poll
            })
        }
        Sight::Later => oracle.says(id).any(|push| push.arrives > newest && oracle.agrees(id, sample, push)),
        Sight::Earlier => {
            oracle.says(id).any(|push| push.arrives <= oldest && oracle.agrees(id, sample, push))
        }
        Sight::Order => in_order_on_rest_only(oracle, id, sample),
        Sight::Text | Sight::Inside | Sight::Countdown => false,
    }
}

/// REST showed X before this sample's Y, and the stream showed Y before X but no more Y since.
fn in_order_on_rest_only(oracle: &Oracle<'_>, id: usize, sample: &Sample) -> bool {
    let oldest = sample.sent - oracle.track.shape.staleness;
    let before: Vec<_> = oracle.says(id).filter(|push| push.arrives <= oldest).collect();
    let Some((last, earlier)) = before.split_last() else { return false };
    let x_shown = |other: &Sample| {
        oracle.is_about(id, other) && other.received <= oldest && oracle.agrees(id, other, last)
    };
    earlier.iter().any(|push| oracle.agrees(id, sample, push)) && oracle.track.samples.iter().any(x_shown)
}

/// A spoilt message that reached us while connected.
fn text_arrives(track: &Track, planted: &Planted) -> bool {
    track.delivered().any(|push| push.garble.is_some() && (planted.span.0..planted.span.1).contains(&push.at))
}

/// A delivered row of the side that breaks its formula.
fn breaks_inside(oracle: &Oracle<'_>, planted: &Planted) -> bool {
    let (id, column) = (planted.entities[0], planted.columns[0]);
    let computes = |row: &Rc<Vec<Cell>>| matches!(row[column], Cell::Decimal { .. });
    match planted.side {
        Side::Ws => oracle.delivered.iter().any(|push| push.content.get(&id).is_some_and(computes)),
        Side::Rest => oracle.track.samples.iter().any(|sample| {
            let judged = oracle.is_about(id, sample) && oracle.on_clear_ground(id, sample);
            judged && sample.content.get(&id).is_some_and(computes)
        }),
    }
}

/// Samples whose countdown no version in the window can have counted down to, however late or stale.
fn countdowns<'w>(oracle: &Oracle<'w>, planted: &Planted) -> Vec<(usize, &'w Sample)> {
    let (id, column) = (planted.entities[0], planted.columns[0]);
    let slack = 4_000_000_i64;
    let shape = &oracle.track.shape;
    let wall = super::history::wall;
    // The instant the countdown ends, as a side says it: seconds left, added to when they were written.
    let end = |cell: &Cell, from: i64, to: i64| match cell {
        Cell::Until(end) => Some((*end - (to - from) / 1_000, *end + (to - from) / 1_000)),
        Cell::Decimal { minor, .. } => {
            let left = *minor as i64 * 1_000_000;
            Some((wall(from) + left, wall(to) + left))
        }
        _ => None,
    };
    let apart = |sample: &Sample| {
        let rest = end(&sample.content.get(&id)?[column], sample.sent - shape.staleness, sample.received)?;
        let window = oracle.window(id, sample);
        let apart = |push: &&super::track::Push| {
            let ws = push
                .content
                .get(&id)
                .and_then(|row| end(&row[column], push.arrives - shape.delay, push.arrives));
            ws.is_some_and(|ws| ws.0 > rest.1 + slack || ws.1 + slack < rest.0)
        };
        (oracle.is_pinned(id, sample) && window.iter().all(apart)).then_some(())
    };
    let judged = |sample: &&Sample| oracle.is_about(id, sample) && oracle.on_clear_ground(id, sample);
    let samples = oracle.track.samples.iter().filter(judged);
    samples.filter(|sample| apart(sample).is_some()).map(|sample| (id, sample)).collect()
}

/// Where the sample's entity is found again outside its window, the wire looks late or stale too.
fn widen(oracle: &Oracle<'_>, planted: &mut Planted, seen: &[(usize, &Sample)]) {
    if matches!(planted.fault.sight(), Sight::Text | Sight::Inside | Sight::Stall | Sight::Countdown) {
        return;
    }
    let mut also = std::collections::BTreeSet::new();
    for (id, sample) in seen {
        let oldest = sample.sent - oracle.track.shape.staleness;
        let newest = sample.received + oracle.track.shape.delay;
        let earlier = oracle.says(*id).any(|push| push.arrives <= oldest && oracle.agrees(*id, sample, push));
        let later = oracle.says(*id).any(|push| push.arrives > newest && oracle.agrees(*id, sample, push));
        match (earlier, later) {
            (true, true) => {
                also.extend([Kind::LateOrStale, Kind::WsLate, Kind::StaleRest]);
                false
            }
            (true, false) => also.insert(Kind::StaleRest),
            (false, true) => also.insert(Kind::WsLate),
            (false, false) => false,
        };
    }
    if planted.fault.sight() == Sight::Order {
        return;
    }
    // A wrong value beside none is a field that one side lacks.
    if planted.fault.sight() == Sight::Field {
        let is_none = |row: Option<&Rc<Vec<Cell>>>, column: usize| {
            row.is_some_and(|row| matches!(row[column], Cell::Null | Cell::Absent))
        };
        for (id, sample) in seen {
            for push in oracle.window(*id, sample) {
                for &column in &planted.columns {
                    let rest = is_none(sample.content.get(id), column);
                    let ws = is_none(push.content.get(id), column);
                    also.extend((rest && !ws).then_some(Kind::MissingInRest));
                    also.extend((ws && !rest).then_some(Kind::MissingInWs));
                }
            }
        }
    }
    // Where all that the stream said near the sample was at some time REST's word too, nothing wrong was said:
    // the wire looks like a push that never came. A stream that only tells changes may well have said nothing.
    let ever_shown = |id: usize, push: &super::track::Push| {
        let about = |sample: &&Sample| oracle.is_about(id, sample);
        oracle.track.samples.iter().filter(about).any(|sample| oracle.agrees(id, sample, push))
    };
    let all_shown = |(id, sample): &(usize, &Sample)| {
        let window = oracle.window(*id, sample);
        let spoke = !window.is_empty() || !oracle.track.shape.is_periodic();
        spoke && window.iter().all(|push| ever_shown(*id, push))
    };
    if matches!(planted.fault.sight(), Sight::Field | Sight::Presence) && seen.iter().any(all_shown) {
        also.insert(Kind::DroppedPush);
    }
    also.retain(|kind| !planted.kinds.contains(kind));
    planted.kinds.extend(also);
}

/// Whether a clean track shows so much that anything but GO would be timid.
pub fn shows_plenty(track: &Track, line: &Line) -> bool {
    let oracle = Oracle::new(track, line);
    let shape = &track.shape;
    let mut usable = 0;
    let mut touched = 0;
    let mut moves = 0;
    let mut seen: Vec<&Sample> = Vec::new();
    let mut last: std::collections::BTreeMap<Option<usize>, &Sample> = std::collections::BTreeMap::new();
    for sample in track.samples.iter().filter(|sample| sample.failed.is_none()) {
        let (oldest, newest) = (sample.sent - shape.staleness, sample.received + shape.delay);
        if sample.torn {
            return false;
        }
        let ids: Vec<usize> =
            sample.asked.map_or_else(|| sample.content.keys().copied().collect(), |id| vec![id]);
        if oldest > line.clear_since(0) && line.is_blind(oldest, newest) {
            touched += 1;
        }
        if newest >= line.length || !ids.iter().any(|id| oracle.on_clear_ground(*id, sample)) {
            continue;
        }
        usable += 1;
        let before = last.insert(sample.asked, sample);
        // Caches that flicker between two states show no new one.
        let is_new = seen.iter().all(|other| compared_differently(track, other, sample));
        seen.push(sample);
        moves += u64::from(before.is_some() && is_new);
    }
    // A stream slower than it declares proves less, even where it had nothing to tell.
    let pauses = oracle.delivered.iter().zip(oracle.delivered.iter().skip(1));
    let speaks = !shape.is_periodic()
        || pauses.map(|(one, next)| next.arrives - one.arrives).all(|pause| pause <= shape.silence_limit());
    let blinds = line.blinds.iter().filter(|blind| !matches!(blind.cause, Cause::Start)).count();
    let calm = shape.is_periodic() || blinds == 0;
    let asked =
        if shape.ids.len() > 1 && shape.form == super::shape::Form::Asked { shape.ids.len() } else { 1 };
    usable >= 30 * asked && moves >= 15 && touched * 10 <= usable && calm && speaks
}

fn compared_differently(track: &Track, one: &Sample, two: &Sample) -> bool {
    if Rc::ptr_eq(&one.content, &two.content) {
        return false;
    }
    one.content.len() != two.content.len()
        || one.content.iter().any(|(id, row)| match two.content.get(id) {
            None => true,
            Some(other) => {
                !Rc::ptr_eq(row, other)
                    && track.shape.compared().any(|(column, _)| row[column] != other[column])
            }
        })
}
