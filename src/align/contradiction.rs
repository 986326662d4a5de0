//! One entity of one answer in which the screen said something else.

use crate::align::entity_history::EntityHistory;
use crate::align::explain::Budget;
use crate::diff::compare::{Times, compare};
use crate::diff::digest::Key;
use crate::diff::field_table::{FieldId, FieldTable, Side};
use crate::diff::parsed_entity::parse_entity;
use crate::model::outcome::{Difference, Kind, Persistence};
use crate::model::time::Nanos;

/// How the screen stood to one entity of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Disagreement {
    /// Fields, with REST's hash of each.
    Fields(Vec<(FieldId, u64)>),
    /// Fields that the screen lacks and no answer so far did, with 0: no old answer can be the reason.
    Lacking(Vec<(FieldId, u64)>),
    /// REST lists the entity, the screen lacks it.
    NotOnScreen,
    /// The screen has the entity, REST does not list it.
    OnScreenOnly,
}

/// One entity of one answer in which the screen said something else.
#[derive(Debug, Clone)]
pub(super) struct Contradiction {
    pub key: Key,
    pub disagreement: Disagreement,
    pub shown_from: Nanos,
    pub sent: Nanos,
    pub received: Nanos,
    /// REST's text of the entity; empty where it lists none.
    pub text: Box<str>,
    /// When nothing that arrives can excuse it any more.
    pub due: Nanos,
}

/// Whether REST listed a row, or did not, from D before the screen's state came until it was gone again, so that
/// neither a late push nor an old answer can be what is seen. Of fields that is known already.
pub(super) fn stood_still(
    entity: &EntityHistory,
    found: &Contradiction,
    until: Nanos,
    budget: Budget,
) -> bool {
    let (from, to) = (found.shown_from - budget.push_delay, until + budget.rest_staleness);
    let listed_near = |is_listed: bool| {
        let mut near =
            entity.intervals.iter().filter(|interval| interval.last >= from && interval.first <= to);
        near.any(|interval| interval.digest.is_some() == is_listed)
    };
    match found.disagreement {
        Disagreement::Fields(_) | Disagreement::Lacking(_) => true,
        Disagreement::OnScreenOnly => !listed_near(true),
        Disagreement::NotOnScreen => {
            !listed_near(false) && entity.intervals.front().is_some_and(|first| first.first <= from)
        }
    }
}

/// Whether REST said the entity whole from D before the screen's state came until C after it: what returns in every
/// field at once is no chance.
pub(super) fn stood_whole(entity: &EntityHistory, found: &Contradiction, budget: Budget) -> bool {
    let (from, to) = (found.shown_from - budget.push_delay, found.shown_from + budget.rest_staleness);
    let interval = entity.intervals.iter().rev().find(|interval| interval.first <= found.received);
    interval.is_some_and(|interval| {
        interval.digest.is_some() && interval.first <= from && interval.last >= to.max(found.received)
    })
}

pub(super) fn differences(
    plan: &mut FieldTable,
    entity: &EntityHistory,
    found: &Contradiction,
    budget: Budget,
) -> Vec<Difference> {
    let name = entity.name.clone();
    let whole = |kind, rest: Option<&str>, ws: Option<&str>| Difference {
        rest: rest.map(str::to_owned),
        ws: ws.map(str::to_owned),
        persistence: Persistence::Confirmed,
        ..Difference::of(kind, name.clone())
    };
    match &found.disagreement {
        Disagreement::NotOnScreen => vec![whole(Kind::MissingInWs, Some("present"), None)],
        Disagreement::OnScreenOnly => vec![whole(Kind::MissingInRest, None, Some("present"))],
        Disagreement::Fields(fields) | Disagreement::Lacking(fields) => {
            let version = entity.versions.iter().find(|version| version.from == found.shown_from);
            let texts = version.and_then(|version| Some((version, entity.text_of(version)?)));
            let Some((version, ws_text)) = texts else { return vec![whole(Kind::Value, None, None)] };
            let rest = parse_entity(plan, Side::Rest, &found.text, &[]);
            let ws = parse_entity(plan, version.source, &ws_text, &[]);
            let (Ok(rest), Ok(ws)) = (rest, ws) else { return Vec::new() };
            let times: Times = budget.times(found.sent, found.received, version);
            let compared = compare(plan, &rest, &ws, times).differences;
            compared
                .into_iter()
                .filter(|difference| fields.iter().any(|(field, _)| *field == difference.field))
                .map(|difference| Difference {
                    field: Some(plan.fields[difference.field].pointer.clone()),
                    rest: difference.rest,
                    ws: difference.ws,
                    passes_with: difference.passes_with,
                    persistence: Persistence::Confirmed,
                    ..Difference::of(difference.kind, name.clone())
                })
                .collect()
        }
    }
}
