//! What an entity's text says besides its digest: its name, and what digests cannot tell.

use std::borrow::Cow;

use crate::align::entity_history::EntityHistory;
use crate::align::version::Version;
use crate::diff::compare::{Times, countdowns_follow, differing};
use crate::diff::field_table::{FieldId, FieldTable, Role, Side};
use crate::diff::parsed_entity::{Bound, parse_entity};
use crate::model::outcome::Entity;
use crate::model::time::Nanos;

/// The key fields of an entity, by REST's names, as people read them.
pub fn name_of(plan: &mut FieldTable, side: Side, text: &str, bound: &Bound<'_>) -> Entity {
    let Ok(taken) = parse_entity(plan, side, text, bound) else { return Entity::new() };
    plan.fields
        .iter()
        .enumerate()
        .filter(|(_, field)| field.role == Role::Key)
        .map(|(id, field)| {
            let text = taken.get(id).map_or(Cow::Borrowed("null"), |value| value.text.clone());
            (field.pointer.clone(), crate::model::text::cut(&text, 120))
        })
        .collect()
}

/// The compared fields in which REST says something else than before, and not only in other digits. `None` where the
/// text of the state before is gone.
#[derive(Debug, Default)]
pub struct MovedFields {
    /// Than in its newest state.
    pub since_newest: Option<Vec<FieldId>>,
    /// Than in the state before that one; looked at only where it moved since the newest.
    pub since_earlier: Option<Vec<FieldId>>,
}

/// What REST moves to with this text.
pub fn moved_fields(
    plan: &mut FieldTable,
    track: &EntityHistory,
    text: &str,
    bound: &Bound<'_>,
) -> MovedFields {
    let Ok(now) = parse_entity(plan, Side::Rest, text, bound) else { return MovedFields::default() };
    let any = (Nanos::ZERO, Nanos::MAX);
    let mut since = |back: usize| -> Option<Vec<FieldId>> {
        let before = track.rest_texts.get(track.intervals.iter().rev().nth(back)?.text?)?;
        let before = parse_entity(plan, Side::Rest, &before, bound).ok()?;
        Some(differing(plan, &before, &now, Times { rest: any, ws: any }).map(|(_, field)| field).collect())
    };
    let since_newest = since(0);
    let is_noise = since_newest.as_ref().is_some_and(Vec::is_empty);
    MovedFields { since_earlier: if is_noise { None } else { since(1) }, since_newest }
}

/// Whether a message counts down to another end than the entity's present version does.
pub fn countdown_jumps(plan: &mut FieldTable, track: &EntityHistory, text: &str, at: Nanos) -> bool {
    let Some(version) = track.versions.back() else { return false };
    let Some(old_text) = track.text_of(version) else { return false };
    let Ok(old) = parse_entity(plan, version.source, &old_text, &[]) else { return false };
    let Ok(new) = parse_entity(plan, Side::Ws, text, &[]) else { return false };
    let old_read = (version.written_from.unwrap_or(version.text_at), version.text_at);
    !countdowns_follow(plan, (&old, old_read), (&new, (at, at)))
}

/// Whether the stream's newest version says in other digits what the one before it said.
pub fn says_the_same(plan: &mut FieldTable, track: &EntityHistory) -> bool {
    let mut newest = track.versions.iter().rev();
    let (Some(now), Some(before)) = (newest.next(), newest.next()) else { return false };
    are_one_state(plan, track, before, now)
}

/// Whether two texts of the stream's are one state by the rules, in whatever digits.
pub fn are_one_state(plan: &mut FieldTable, track: &EntityHistory, one: &Version, other: &Version) -> bool {
    let (Some(one_text), Some(other_text)) = (track.text_of(one), track.text_of(other)) else { return false };
    let (Ok(one), Ok(other)) =
        (parse_entity(plan, one.source, &one_text, &[]), parse_entity(plan, other.source, &other_text, &[]))
    else {
        return false;
    };
    let any = (Nanos::ZERO, Nanos::MAX);
    differing(plan, &one, &other, Times { rest: any, ws: any }).next().is_none()
}
