//! What one feature's run amounts to: counts, merged findings, distributions. Bounded, whatever the run's length.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::align::explain::milliseconds;
use crate::align::screen_tally::ScreenTally;
use crate::diff::field_table::{FieldTable, Side};
use crate::json::number;
use crate::json::pointer::Pointer;
use crate::model::outcome::{Difference, Entity, Kind, Outcome, Payloads, Persistence};
use crate::model::rest_cause::RestCause;
use crate::model::run::{Differing, FieldReport, Finding, Note, Quantiles, SelfCheck, Stretch, Suppression};
use crate::model::time::Nanos;

/// Distinct findings kept; further ones are only counted.
pub const MAX_FINDINGS: usize = 500;

/// The first entity that stood twice in one payload.
#[derive(Debug, Clone, PartialEq)]
pub struct Twin {
    pub is_rest: bool,
    pub entity: Entity,
}

/// Entities named in one note.
pub const MAX_NAMED: usize = 50;

/// Entities of which both sides are kept whole: those that differed last.
pub const MAX_DIFFERING: usize = 8;

/// Differences merged by kind, entity and field.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    pub merged: BTreeMap<(Kind, Entity, Option<Pointer>), Finding>,
    /// Differences beyond [`MAX_FINDINGS`] distinct ones.
    pub not_kept: u64,
}

impl Findings {
    /// Merges a difference seen at `at`.
    pub fn merge(&mut self, feature: &str, difference: &Difference, at: Nanos) {
        let key = (difference.kind, difference.entity.clone(), difference.field.clone());
        let at = at.as_secs_f64();
        if let Some(finding) = self.merged.get_mut(&key) {
            finding.count += 1;
            finding.last_at = at;
            let known = &mut finding.difference;
            known.wrong_ms = known.wrong_ms.max(difference.wrong_ms);
            known.excess_ms = known.excess_ms.max(difference.excess_ms);
            if difference.persistence == Persistence::Confirmed {
                known.persistence = difference.persistence;
            }
            known.passes_with = larger(known.passes_with.take(), difference.passes_with.as_deref());
            return;
        }
        if self.merged.len() >= MAX_FINDINGS {
            self.not_kept += 1;
            return;
        }
        let fingerprint = fingerprint(feature, difference);
        let finding =
            Finding { difference: difference.clone(), count: 1, first_at: at, last_at: at, fingerprint };
        self.merged.insert(key, finding);
    }

    /// What is known of an entity lasted longer than was known when it was named.
    pub fn lengthen(&mut self, kind: Kind, entity: &Entity, wrong: Duration) {
        let of_entity = self.merged.iter_mut().filter(|((known, of, _), _)| *known == kind && of == entity);
        for (_, finding) in of_entity {
            let known = &mut finding.difference.wrong_ms;
            *known = (*known).max(Some(whole_ms(wrong)));
        }
    }

    /// Takes over what others found, as far as there is room.
    pub fn absorb(&mut self, others: &Self) {
        for (key, finding) in &others.merged {
            if let Some(known) = self.merged.get_mut(key) {
                known.count += finding.count;
                known.first_at = known.first_at.min(finding.first_at);
                known.last_at = known.last_at.max(finding.last_at);
            } else if self.merged.len() < MAX_FINDINGS {
                self.merged.insert(key.clone(), finding.clone());
            } else {
                self.not_kept += 1;
            }
        }
        self.not_kept += others.not_kept;
    }
}

/// The tolerance that would have hidden both: the larger one; none where one of them cannot be hidden.
fn larger(known: Option<String>, other: Option<&str>) -> Option<String> {
    let (known, other) = (known?, other?);
    let (a, b) = (number::decimal(&known)?, number::decimal(other)?);
    if b > a { Some(other.to_owned()) } else { Some(known) }
}

/// Everything the run gates need of one feature.
#[derive(Debug, Clone)]
pub struct Tally {
    pub outcomes: BTreeMap<Kind, u64>,
    pub findings: Findings,
    /// The newest last.
    pub differing: Vec<Differing>,
    /// Entities that REST listed long enough and the stream never explained once.
    pub never_explained: Vec<Entity>,
    pub rest_answers: u64,
    pub rest_errors: u64,
    /// The newest REST error, for the fix.
    pub last_rest_error: Option<String>,
    pub messages: u64,
    /// When the newest message arrived.
    pub last_message: Option<Nanos>,
    pub filtered: u64,
    pub transitions: u64,
    pub duplicates: u64,
    /// Whole payloads in which two rows have the same key, and the first such key.
    pub twins: u64,
    pub twin: Option<Twin>,
    /// Entities that REST no longer lists and the stream never took away; at most [`MAX_NAMED`].
    pub left_behind: std::collections::BTreeSet<Entity>,
    /// Snapshots that carry far fewer entities than are known.
    pub partial_messages: u64,
    /// Answers that came before the stream's first message was due.
    pub uncovered_before_due: u64,
    /// Entities in which a name stood twice.
    pub written_twice: u64,
    /// Messages without the number that they should have.
    pub unnumbered: u64,
    /// How often an entity was passed over because [`MAX_ENTITIES`] others are followed.
    pub refused: u64,
    /// Stretches of missing numbers in which REST moved.
    pub moved_in_sequence_gap: u64,
    /// Pushed states that no sample showed.
    pub passed_over: u64,
    /// Microseconds, of every match.
    pub skew: Histogram<u64>,
    /// The same of the answers that showed something new: what the run says of lateness.
    pub moved_skew: Histogram<u64>,
    /// In microseconds, of matched answers: how long ago the stream had left what they say.
    pub rest_age: Histogram<u64>,
    pub candidates: Histogram<u64>,
    pub longest_silence: Option<Duration>,
    pub self_check: SelfCheck,
    pub fields: Vec<FieldReport>,
    pub notes: Vec<Note>,
    pub suppressed: Vec<Suppression>,
    /// Seconds the screen would have been wrong after connection gaps.
    pub missed_in_gap: Duration,
    /// What fell between two pushes of a periodic stream.
    pub comparable: Comparable,
    pub screen: ScreenTally,
    pub rest_errors_by_cause: BTreeMap<RestCause, u64>,
    /// What was said of REST errors, each with its count.
    pub rest_error_words: BTreeMap<String, u64>,
    /// When the first and the last REST sample were received.
    pub sampled: Option<(Nanos, Nanos)>,
    /// Entities that REST listed throughout and no message spoke of, in order; at most [`FeatureReport::MAX_UNTOLD`](crate::model::run::FeatureReport::MAX_UNTOLD).
    pub untold: Vec<Entity>,
    /// The time that judged samples account for.
    pub judged_time: Vec<Stretch>,
    /// Samples still waiting for their window to close, or unexplained ones for their name.
    pub open_samples: u64,
    /// Those of them that nothing explains and nothing excuses, so that only their name is missing.
    pub suspected: u64,
    /// Sum of bytes held, for the bound on memory.
    pub held_bytes: usize,
}

/// Answers of a periodic stream that no push explains and none owed.
#[derive(Debug, Clone, Default)]
pub struct Comparable {
    pub between: u64,
    /// Why the run proves nothing for them, if it does not.
    pub inconclusive: Option<String>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            outcomes: BTreeMap::new(),
            findings: Findings::default(),
            differing: Vec::new(),
            never_explained: Vec::new(),
            rest_answers: 0,
            rest_errors: 0,
            last_rest_error: None,
            messages: 0,
            last_message: None,
            filtered: 0,
            transitions: 0,
            duplicates: 0,
            twins: 0,
            twin: None,
            left_behind: Default::default(),
            partial_messages: 0,
            uncovered_before_due: 0,
            written_twice: 0,
            unnumbered: 0,
            refused: 0,
            moved_in_sequence_gap: 0,
            passed_over: 0,
            skew: skew_histogram(),
            moved_skew: skew_histogram(),
            rest_age: skew_histogram(),
            candidates: skew_histogram(),
            longest_silence: None,
            self_check: SelfCheck::default(),
            fields: Vec::new(),
            notes: Vec::new(),
            suppressed: Vec::new(),
            missed_in_gap: Duration::ZERO,
            comparable: Comparable::default(),
            screen: ScreenTally::default(),
            rest_errors_by_cause: BTreeMap::new(),
            rest_error_words: BTreeMap::new(),
            sampled: None,
            untold: Vec::new(),
            judged_time: Vec::new(),
            open_samples: 0,
            suspected: 0,
            held_bytes: 0,
        }
    }
}

impl Tally {
    pub fn count(&self, kind: Kind) -> u64 {
        self.outcomes.get(&kind).copied().unwrap_or(0)
    }

    /// Whether the stream's snapshots mostly carry only some of the entities.
    pub fn is_partial(&self) -> bool {
        self.partial_messages * 2 > self.messages
    }

    /// Samples that were judged on their content.
    pub fn judged(&self) -> u64 {
        self.outcomes.iter().filter(|(kind, _)| kind.is_judged()).map(|(_, count)| count).sum()
    }

    /// Counts an outcome and merges its differences.
    pub fn take(&mut self, feature: &str, outcome: &Outcome) {
        *self.outcomes.entry(outcome.kind).or_default() += 1;
        if outcome.kind == Kind::Match {
            self.skew.saturating_record(micros(outcome.skew.unwrap_or_default()).max(1));
            self.candidates.saturating_record(u64::from(outcome.candidates.max(1)));
        }
        for difference in &outcome.differences {
            self.findings.merge(feature, difference, outcome.window.1);
        }
        // the most severe one is to be the newest
        for payloads in outcome.payloads.iter().rev() {
            self.keep_whole(payloads, outcome.window.1);
        }
    }

    /// Keeps both sides of an entity that differed.
    pub fn keep_whole(&mut self, payloads: &Payloads, at: Nanos) {
        self.differing.retain(|known| known.payloads.entity != payloads.entity);
        if self.differing.len() == MAX_DIFFERING {
            self.differing.remove(0);
        }
        self.differing.push(Differing { at: at.as_secs_f64(), payloads: payloads.clone() });
    }

    /// Milliseconds.
    pub fn skew_ms(&self) -> Quantiles {
        let at = |quantile| match self.skew.value_at_quantile(quantile) {
            0 | 1 => 0.0,
            micros => micros as f64 / 1000.0,
        };
        if self.skew.is_empty() {
            Quantiles::default()
        } else {
            Quantiles { p50: at(0.5), p99: at(0.99), max: at(1.0) }
        }
    }

    pub fn candidate_counts(&self) -> Quantiles {
        let at = |quantile| self.candidates.value_at_quantile(quantile) as f64;
        if self.candidates.is_empty() {
            Quantiles::default()
        } else {
            Quantiles { p50: at(0.5), p99: at(0.99), max: at(1.0) }
        }
    }
}

/// A histogram of microseconds up to a day; its floor of 1 stands for none.
pub fn skew_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 86_400_000_000, 2).expect("the bounds are constants in range")
}

/// A duration as whole microseconds.
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Stable over runs and versions: from feature, kind, entity and field.
fn fingerprint(feature: &str, difference: &Difference) -> String {
    let mut text = format!("{feature}\n{}\n", difference.kind);
    for (pointer, value) in &difference.entity {
        text.push_str(&format!("{pointer}={value}\n"));
    }
    if let Some(field) = &difference.field {
        text.push_str(&field.to_string());
    }
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()))
}

/// The fields of a plan, as the report lists them; `moves`: how often each moved, by side.
pub fn field_reports(plan: &FieldTable, moves: &[Vec<u64>; 2]) -> Vec<FieldReport> {
    let moved = |side: Side, id: usize| moves[side.index()].get(id).copied().unwrap_or(0);
    (plan.fields.iter().enumerate())
        .map(|(id, field)| FieldReport {
            field: field.pointer.clone(),
            role: field.role_name().to_owned(),
            moved_rest: moved(Side::Rest, id),
            moved_ws: moved(Side::Ws, id),
        })
        .collect()
}

/// Notes that follow from how the two sides wrote their fields.
pub fn notation_notes(plan: &FieldTable) -> Vec<Note> {
    let mut notes = Vec::new();
    for field in plan.fields.iter().filter(|field| field.is_compared()) {
        let [rest, ws] = field.seen;
        if rest.present == 0 || ws.present == 0 {
            continue;
        }
        let mut note = |kind: &str, count: u64, detail: String| {
            if count > 0 {
                notes.push(Note::of(kind, Some(field.pointer.clone()), count, detail));
            }
        };
        let text_here_number_there =
            rest.as_number_text.min(ws.as_number).max(rest.as_number.min(ws.as_number_text));
        let detail = if rest.as_number_text > 0 {
            "REST sends a string, the WebSocket a number"
        } else {
            "REST sends a number, the WebSocket a string"
        };
        note("type", text_here_number_there, detail.to_owned());
        if text_here_number_there == 0 && rest.padded.min(1) != ws.padded.min(1) {
            note("scale", rest.padded.max(ws.padded), "one side pads its fraction with zeros".to_owned());
        }
        note("noise", rest.noisy.max(ws.noisy), "a double's noise in the last digits".to_owned());
        let mixed = rest.naive.min(ws.aware).max(rest.aware.min(ws.naive));
        note("type", mixed, "one side's time names no zone; it is read as UTC".to_owned());
    }
    for field in &plan.fields {
        let [rest, ws] = field.seen;
        let (null, absent_on) = if rest.null > 0 && ws.present == 0 {
            (rest.null, "the WebSocket")
        } else if ws.null > 0 && rest.present == 0 {
            (ws.null, "REST")
        } else {
            (0, "")
        };
        if null > 0 && field.is_compared() {
            notes.push(Note::of(
                "null",
                Some(field.pointer.clone()),
                null,
                format!("null here, absent from {absent_on}"),
            ));
        }
    }
    notes
}

/// A duration as whole milliseconds.
pub fn whole_ms(duration: Duration) -> u64 {
    milliseconds(duration).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entities_that_differed_last_are_kept_whole_and_no_more() {
        let mut tally = Tally::default();
        for n in 0..20u64 {
            // each entity differs twice in a row, the most severe one stands first in its outcome
            let entity = |n: u64| Entity::from([(Pointer::root().join("symbol"), (n / 2).to_string())]);
            let payloads = |n| Payloads { entity: entity(n), ..Payloads::default() };
            tally.take(
                "positions",
                &Outcome {
                    kind: Kind::Value,
                    window: (Nanos(n), Nanos(n * 1_000_000_000)),
                    skew: None,
                    candidates: 0,
                    differences: Vec::new(),
                    payloads: vec![payloads(n), payloads(1_000)],
                    reason: None,
                },
            );
        }
        assert_eq!(tally.differing.len(), MAX_DIFFERING);
        let newest = tally.differing.last().expect("some are kept");
        assert_eq!((newest.at, newest.payloads.entity.values().next().unwrap().as_str()), (19.0, "9"));
        let distinct: std::collections::BTreeSet<_> =
            tally.differing.iter().map(|differing| &differing.payloads.entity).collect();
        assert_eq!(distinct.len(), MAX_DIFFERING);
    }
}
