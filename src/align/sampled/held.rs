//! What REST held long enough that a push must have carried it, and what lies between two pushes.

use std::time::Duration;

use crate::align::entity_history::{EntityHistory, RestInterval};
use crate::align::explain::Budget;
use crate::align::sample::Sample;
use crate::diff::compare::differing;
use crate::diff::field_table::{FieldId, FieldTable, Side};
use crate::diff::normalise::Row;
use crate::diff::parsed_entity::parse_entity;
use crate::model::time::Nanos;

/// Equal answers in a row that make a held state; twice as many where states come back.
const HELD_SAMPLES: u32 = 3;
/// Equal answers in a row between which nothing else is believed to have been.
const DENSE_SAMPLES: u32 = 5;

/// Whether REST's row lies between two pushes: each of its fields is in the push before or in the one after.
pub fn is_mixed(
    plan: &mut FieldTable,
    entity: &EntityHistory,
    row: &Row,
    sample: &Sample<'_>,
    budget: Budget,
) -> bool {
    let Ok(rest) = parse_entity(plan, Side::Rest, sample.text_of(row), sample.bound()) else {
        return false;
    };
    let (earliest, latest) = budget.window(sample.sent, sample.received);
    let places = entity.window_places(earliest, latest);
    // The push after the window is the one that a state in between waits for.
    let with_next = places.start..(places.end + 1).min(entity.versions.len());
    let mut before: Option<Vec<FieldId>> = None;
    for version in entity.versions.range(with_next) {
        let differs = entity.text_of(version).and_then(|text| {
            let ws = parse_entity(plan, version.source, &text, &[]).ok()?;
            let when = budget.times(sample.sent, sample.received, version);
            Some(differing(plan, &rest, &ws, when).map(|(_, field)| field).collect::<Vec<_>>())
        });
        if let (Some(before), Some(now)) = (&before, &differs)
            && !before.iter().any(|field| now.contains(field))
        {
            return true;
        }
        before = differs;
    }
    false
}

/// Whether REST did not list an entity for so long that a push must have said so.
pub fn lacks(
    entity: &EntityHistory,
    received: Nanos,
    hold: Duration,
    dues: &[(Nanos, Nanos)],
    budget: Budget,
) -> bool {
    entity.absence_of(received).is_none_or(|absence| is_held(entity, absence, hold, dues, budget))
}

/// Whether REST held the row's state across a push's due time.
///
/// `hold`: what is long enough whenever pushes come; `dues`: when those near it read the state.
pub fn holds(
    entity: &EntityHistory,
    row: &Row,
    sample: &Sample<'_>,
    hold: Duration,
    dues: &[(Nanos, Nanos)],
    budget: Budget,
) -> bool {
    let interval = entity.period_of(row.digest, sample.received).map(|place| &entity.intervals[place]);
    interval.is_some_and(|interval| is_held(entity, interval, hold, dues, budget))
}

/// Whether REST held a state across a push's due time. A cache may be as old as C, so that its last answer proves
/// no more than what was before.
fn is_held(
    entity: &EntityHistory,
    interval: &RestInterval,
    hold: Duration,
    dues: &[(Nanos, Nanos)],
    budget: Budget,
) -> bool {
    let last = interval.last - budget.rest_staleness;
    let enough = if entity.motion.comes_back() { HELD_SAMPLES * 2 } else { HELD_SAMPLES };
    let is_long = last.since(interval.first) >= hold && interval.samples >= enough;
    // Answers out of one cache are one answer.
    let is_dense = interval.samples >= DENSE_SAMPLES && budget.rest_staleness * 4 <= hold;
    is_long || is_dense && dues.iter().any(|(from, to)| interval.first <= *from && *to <= last)
}
