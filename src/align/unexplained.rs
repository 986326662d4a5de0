//! An unexplained sample, waiting for its name.

use std::time::Duration;

use crate::align::classify::{self, Class, ClassifyContext, SampledEntity};
use crate::align::entity_history::EntityHistory;
use crate::align::entity_text::name_of;
use crate::align::explain::Terms;
use crate::align::history::History;
use crate::align::payload;
use crate::align::sample::Sample;
use crate::align::tally::whole_ms;
use crate::align::version::Version;
use crate::diff::compare::{FieldDifference, compare};
use crate::diff::digest::{Digest, Key};
use crate::diff::field_table::{FieldTable, Side};
use crate::diff::normalise::Row;
use crate::diff::parsed_entity::{ParsedEntity, parse_entity};
use crate::model::outcome::{Difference, Entity, Kind, Outcome, Payloads, Persistence};
use crate::model::time::Nanos;

/// Fields listed for a difference that is about the stream rather than about a value.
const FIELDS_OF_A_STREAM_FAULT: usize = 4;

/// One row that nothing explained.
#[derive(Debug, Clone)]
pub struct UnexplainedRow {
    pub row: Row,
    /// Where the name is known already.
    pub known: Option<Kind>,
}

impl UnexplainedRow {
    pub fn unexplained(row: &Row) -> Self {
        Self { row: *row, known: None }
    }

    /// REST moved while the connection was down; reconnecting replays nothing.
    pub fn missed(row: &Row) -> Self {
        Self { row: *row, known: Some(Kind::MissedInGap) }
    }
}

/// An entity the stream has and the sample lacks.
#[derive(Debug, Clone)]
pub struct ExtraEntity {
    pub key: Key,
    /// Where the name is known already.
    pub known: Option<Kind>,
}

impl ExtraEntity {
    pub fn unexplained(key: Key) -> Self {
        Self { key, known: None }
    }

    /// REST dropped it while the connection was down.
    pub fn missed(key: Key) -> Self {
        Self { key, known: Some(Kind::MissedInGap) }
    }
}

#[derive(Debug, Clone)]
pub struct Unexplained {
    pub sample: Sample<'static>,
    pub rows: Vec<UnexplainedRow>,
    pub extra: Vec<ExtraEntity>,
    pub settles: Nanos,
    pub stalled: bool,
}

/// How the stream stood when the name was given.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    /// Silent beyond its limit since before the sample.
    pub stalled: bool,
    pub last_word: Option<Nanos>,
    /// See [`ClassifyContext::overdue`].
    pub overdue: Option<Duration>,
}

impl Unexplained {
    /// Gives the sample its name and says what differs.
    pub fn name(&self, plan: &mut FieldTable, history: &History, terms: Terms, stream: Stream) -> Outcome {
        let mut found = Found::default();
        for unexplained_row in &self.rows {
            let track = history.entities.get(&unexplained_row.row.key);
            let scene = self.scene(terms, track, stream);
            let class = match unexplained_row.known {
                Some(kind) => Class { kind, excess: None },
                None => {
                    let shown = SampledEntity {
                        digest: unexplained_row.row.digest,
                        text: self.sample.text_of(&unexplained_row.row),
                        bound: self.sample.bound(),
                        sent: self.sample.sent,
                        received: self.sample.received,
                    };
                    classify::present(plan, track, shown, scene)
                }
            };
            self.differences(plan, track, unexplained_row, class, terms, &mut found);
        }
        for ExtraEntity { key, known } in &self.extra {
            let Some(track) = history.entities.get(key) else { continue };
            let class = match known {
                Some(kind) => Class { kind: *kind, excess: None },
                None => classify::absent(track, self.window(), self.scene(terms, Some(track), stream)),
            };
            found.payloads.extend(self.told_by_ws(plan, track, terms));
            found.differences.push(Difference {
                ws: Some("present".to_owned()),
                excess_ms: class.excess.map(whole_ms),
                wrong_ms: self.wrong(Some(track), None).map(whole_ms),
                persistence: self.persistence(Some(track)),
                ..Difference::of(class.kind, track.name.clone())
            });
        }
        let Found { mut differences, mut payloads } = found;
        differences.sort_by_key(|difference| severity(difference.kind));
        let kind = differences.first().map_or(Kind::Value, |difference| difference.kind);
        differences.truncate(Outcome::MAX_DIFFERENCES);
        let rank = |payloads: &Payloads| {
            differences.iter().position(|difference| difference.entity == payloads.entity)
        };
        payloads.retain(|payloads| rank(payloads).is_some());
        payloads.sort_by_key(|payloads| rank(payloads));
        payloads.truncate(Outcome::MAX_PAYLOADS);
        Outcome { differences, payloads, ..Outcome::of(kind, self.window()) }
    }

    /// What of each entity is unexplained; `None` = that the sample lacks it.
    pub fn states(&self) -> impl Iterator<Item = (Key, Option<Digest>)> {
        let rows = self.rows.iter().map(|row| (row.row.key, Some(row.row.digest)));
        rows.chain(self.extra.iter().map(|extra| (extra.key, None)))
    }

    fn window(&self) -> (Nanos, Nanos) {
        (self.sample.sent, self.sample.received)
    }

    fn scene(&self, terms: Terms, track: Option<&EntityHistory>, stream: Stream) -> ClassifyContext {
        let last_word = if terms.snapshot { stream.last_word } else { track.and_then(|track| track.ws_word) };
        ClassifyContext {
            budget: terms.budget,
            snapshot: terms.snapshot,
            stalled: stream.stalled,
            last_word,
            without: None,
            overdue: stream.overdue,
        }
    }

    fn differences(
        &self,
        plan: &mut FieldTable,
        track: Option<&EntityHistory>,
        unexplained_row: &UnexplainedRow,
        class: Class,
        terms: Terms,
        found: &mut Found,
    ) {
        let row = &unexplained_row.row;
        let text = self.sample.text_of(row);
        let entity = match track {
            Some(track) => track.name.clone(),
            None => name_of(plan, Side::Rest, text, self.sample.bound()),
        };
        let about = |kind, entity: Entity| Difference {
            rest: Some("present".to_owned()),
            excess_ms: class.excess.map(whole_ms),
            wrong_ms: self.wrong(track, Some(row.digest)).map(whole_ms),
            persistence: self.persistence(track),
            ..Difference::of(kind, entity)
        };
        // payloads beyond those that are kept are not even made
        let wants_payloads = found.payloads.len() < Outcome::MAX_PAYLOADS * 4;
        let was_missed = unexplained_row.known == Some(Kind::MissedInGap);
        let nearest = track.and_then(|track| nearest(plan, &self.sample, row, track, terms, was_missed));
        let Some(Nearest { from, fields, payloads }) = nearest.filter(|near| !near.fields.is_empty()) else {
            if let (true, Ok(rest)) =
                (wants_payloads, parse_entity(plan, Side::Rest, text, self.sample.bound()))
            {
                found.payloads.push(payload::alone(plan, &entity, Side::Rest, &rest));
            }
            found.differences.push(about(class.kind, entity));
            return;
        };
        if wants_payloads {
            found.payloads.push(payloads);
        }
        let by_value = class.kind == Kind::Value;
        let limit = if by_value { Outcome::MAX_DIFFERENCES } else { FIELDS_OF_A_STREAM_FAULT };
        for field in fields.into_iter().take(limit) {
            let kind = if by_value { field.kind } else { class.kind };
            found.differences.push(Difference {
                field: Some(plan.fields[field.field].pointer.clone()),
                rest: field.rest,
                ws: field.ws,
                passes_with: if by_value { field.passes_with } else { None },
                nearest_ms: Some(
                    (i128::from(from.0) - i128::from(self.sample.received.0)) as i64 / 1_000_000,
                ),
                ..about(kind, entity.clone())
            });
        }
    }

    /// The stream's word about an entity that REST does not list.
    fn told_by_ws(&self, plan: &mut FieldTable, track: &EntityHistory, terms: Terms) -> Option<Payloads> {
        let window = terms.budget.window(self.sample.sent, self.sample.received);
        let with_text = |version| Some((version, track.text_of(version)?));
        let (version, text) = track.window(window.0, window.1).rev().find_map(with_text)?;
        let taken = parse_entity(plan, version.source, &text, &[]).ok()?;
        Some(payload::alone(plan, &track.name, Side::Ws, &taken))
    }

    /// What fresh samples said since.
    fn persistence(&self, track: Option<&EntityHistory>) -> Persistence {
        match track.and_then(|track| track.trouble) {
            Some(trouble) if trouble.last > self.sample.received => Persistence::Confirmed,
            Some(trouble) if trouble.healed.is_some() => Persistence::Transient,
            _ => Persistence::Unknown,
        }
    }

    /// How long the screen would have shown the wrong state: from when REST showed it until the two agreed again.
    fn wrong(&self, track: Option<&EntityHistory>, digest: Option<Digest>) -> Option<Duration> {
        let track = track?;
        let trouble = track.trouble?;
        let shown = digest
            .and_then(|digest| track.period_of(digest, self.sample.received))
            .map(|place| track.intervals[place].first);
        let since = shown.unwrap_or(trouble.since).min(trouble.since);
        Some(trouble.healed.unwrap_or(trouble.last).since(since))
    }
}

/// What was found in one sample.
#[derive(Default)]
struct Found {
    differences: Vec<Difference>,
    payloads: Vec<Payloads>,
}

/// A version held against the sample.
struct Nearest {
    from: Nanos,
    fields: Vec<FieldDifference>,
    payloads: Payloads,
}

/// The version near the sample that differs in the fewest fields, those fields, and both sides whole.
fn nearest<'t>(
    plan: &mut FieldTable,
    sample: &Sample<'_>,
    row: &Row,
    track: &'t EntityHistory,
    terms: Terms,
    was_missed: bool,
) -> Option<Nearest> {
    let rest = parse_entity(plan, Side::Rest, sample.text_of(row), sample.bound()).ok()?;
    let window = terms.budget.window(sample.sent, sample.received);
    let with_text = |version: &'t Version| Some((version, track.text_of(version)?));
    let mut candidates: Vec<(&Version, String)> =
        track.window(window.0, window.1).filter_map(with_text).collect();
    if was_missed {
        // What the screen showed when the connection went, not what a later push made of it.
        candidates
            .retain(|(version, _)| version.from <= sample.received && version.digest != Some(row.digest));
    }
    if candidates.is_empty() {
        candidates.extend(track.versions.iter().rev().find_map(with_text));
    }
    // A burst has many candidates; those around the sample are enough to name a field.
    if candidates.len() > 64 {
        candidates.sort_by_key(|(version, _)| version.from.0.abs_diff(sample.received.0));
        candidates.truncate(64);
    }
    let mut best: Option<((usize, u64), Nanos, Vec<FieldDifference>, ParsedEntity<'_>)> = None;
    for (version, text) in &candidates {
        let Ok(ws) = parse_entity(plan, version.source, text, &[]) else { continue };
        let times = terms.budget.times(sample.sent, sample.received, version);
        let fields = compare(plan, &rest, &ws, times).differences;
        let rank = (fields.len(), version.from.0.abs_diff(sample.received.0));
        if best.as_ref().is_none_or(|(known, ..)| rank < *known) {
            best = Some((rank, version.from, fields, ws));
        }
    }
    best.map(|(_, from, fields, ws)| {
        let payloads = payload::both(plan, &track.name, &rest, &ws, &fields);
        Nearest { from, fields, payloads }
    })
}

/// Which kind names a sample in which several entities differ in several ways.
fn severity(kind: Kind) -> usize {
    const ORDER: [Kind; 12] = [
        Kind::Unreadable,
        Kind::MissingInWs,
        Kind::MissingInRest,
        Kind::Value,
        Kind::Invariant,
        Kind::DroppedPush,
        Kind::Stalled,
        Kind::Reordered,
        Kind::WsLate,
        Kind::StaleRest,
        Kind::LateOrStale,
        Kind::MissedInGap,
    ];
    ORDER.iter().position(|known| *known == kind).unwrap_or(ORDER.len())
}
