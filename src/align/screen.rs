//! What stood on the screen when REST answered, and whether it was true.
//!
//! After the cutover a user sees the stream alone, so a state that stood on the screen has to have been true; it
//! is not enough that REST's answers can be explained by some state near them. An answer contradicts the screen
//! where REST says one thing before, during and after, the screen says another during, and REST never said that
//! other thing near it. Data that come and go between two answers do so for both samplers alike: REST shows as many
//! states that the screen never had, which is why its own flickers are counted beside, field by field (`RestField::flickers`).

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::align::contradiction::{Contradiction, Disagreement, differences, stood_still, stood_whole};
use crate::align::entity_history::{EntityHistory, RestField};
use crate::align::explain::Budget;
use crate::align::history::History;
use crate::align::screen_tally::FieldContradictions;
use crate::align::tally::Findings;
use crate::diff::compare::differing;
use crate::diff::digest::Key;
use crate::diff::field_table::{FieldId, FieldTable, Role, Side};
use crate::diff::normalise::{Batch, Row};
use crate::diff::parsed_entity::{Bound, parse_entity};
use crate::model::outcome::Kind;
use crate::model::time::Nanos;

/// Contradictions that wait for the next answer or for their time; the rest is only counted.
const MAX_WAITING: usize = 4_096;

/// Of one entity.
const MAX_OF_ONE: usize = 16;

/// One answer, to be held against what the screen shows, or has shown for a moment.
pub struct Look<'l> {
    pub text: &'l str,
    pub bound: &'l Bound<'l>,
    pub batch: &'l Batch,
    /// The answer lists every entity there is.
    pub whole: bool,
    /// Answers before it.
    pub earlier: u64,
    pub sent: Nanos,
    pub received: Nanos,
    /// Since when the stream's word is complete; entities of upserts have a time of their own.
    pub seeded: Option<Nanos>,
}

/// A row on the screen that REST never listed.
#[derive(Debug, Clone, Copy, Default)]
struct Phantom {
    newest: Nanos,
    times: u32,
    seconds: f64,
}

/// The answers that contradict the screen, and by how much.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    /// Contradictions that the next answer about the entity confirms or drops.
    unconfirmed: HashMap<Key, Vec<Contradiction>>,
    /// Confirmed ones, in the order of their time.
    confirmed: VecDeque<Contradiction>,
    /// Answers contradicted by the screen.
    contradicted: u64,
    counted: Option<Nanos>,
    /// Those of them in which a row stands on one side only, or the screen lacks a field.
    contradicted_rows: u64,
    counted_row: Option<Nanos>,
    /// By field, with the newest of those answers.
    by_field: Vec<(u64, Nanos)>,
    /// Since when the screen showed what contradicted an answer last, of each entity, if that went before an old answer
    /// could.
    brief: HashMap<Key, Nanos>,
    /// Rows that the screen had and REST never listed.
    phantoms: HashMap<Key, Phantom>,
    findings: Findings,
}

impl Screen {
    /// When [`Screen::judge`] has something to do.
    pub fn deadline(&self) -> Option<Nanos> {
        self.confirmed.front().map(|contradiction| contradiction.due)
    }

    /// Forgets what is unconfirmed: after a gap nobody knows what stood on the screen.
    pub fn blind(&mut self) {
        self.unconfirmed.clear();
    }

    /// Holds an answer against what is on the screen now. Called before the history takes the answer, so that the
    /// history still has what REST said before.
    pub fn look(&mut self, plan: &mut FieldTable, history: &History, budget: Budget, look: &Look<'_>) {
        let mut on_screen = 0;
        for (index, row) in look.batch.rows.iter().enumerate() {
            let entity = history.entities.get(&row.key);
            let values = look.batch.values(index);
            if !self.unconfirmed.is_empty() {
                self.confirm(row.key, Some(values), budget, look);
            }
            let Some(entity) = entity else { continue };
            on_screen += usize::from(entity.ws.digest.is_some());
            if entity.ws.digest == Some(row.digest) || self.unconfirmed.len() >= MAX_WAITING {
                continue;
            }
            self.note(plan, history, row, values, budget, look);
        }
        let has_extras = look.whole && history.current_entities() > on_screen;
        // A list that need not be whole says all the same that it does not list a row any more.
        let may_drop = look.bound.is_empty() && !self.unconfirmed.is_empty();
        if has_extras || may_drop {
            self.look_at_unlisted(history, has_extras, budget, look);
        }
    }

    /// `has_extras`: the screen has entities that the answer, which lists all there are, does not list.
    fn look_at_unlisted(&mut self, history: &History, has_extras: bool, budget: Budget, look: &Look<'_>) {
        let mut listed: Vec<Key> = look.batch.rows.iter().map(|row| row.key).collect();
        listed.sort_unstable();
        let absent: Vec<Key> =
            self.unconfirmed.keys().filter(|key| listed.binary_search(key).is_err()).copied().collect();
        for key in absent {
            self.confirm(key, None, budget, look);
        }
        if !has_extras {
            return;
        }
        for (key, entity) in &history.entities {
            let is_extra = entity.ws.digest.is_some() && listed.binary_search(key).is_err();
            let was_listed = entity.rest.digest.is_some();
            if is_extra && !was_listed && self.unconfirmed.len() < MAX_WAITING {
                self.begin(*key, entity, Disagreement::OnScreenOnly, "", budget, look);
            }
        }
    }

    /// A later answer about an entity: a contradiction stands where REST still says what it said, C after the screen
    /// began to say something else, so that no old answer can be what is seen.
    fn confirm(&mut self, key: Key, values: Option<&[u64]>, budget: Budget, look: &Look<'_>) {
        let Some(waiting) = self.unconfirmed.get_mut(&key) else { return };
        let mut due = Vec::new();
        waiting.retain_mut(|contradiction| {
            let stands = match (&mut contradiction.disagreement, values) {
                (Disagreement::Fields(fields), Some(values)) => {
                    fields.retain(|(field, rest)| values.get(*field).copied().unwrap_or(0) == *rest);
                    !fields.is_empty()
                }
                (Disagreement::Lacking(fields), Some(values)) => {
                    fields.retain(|(field, _)| values.get(*field).copied().unwrap_or(0) != 0);
                    !fields.is_empty()
                }
                (Disagreement::NotOnScreen, Some(_)) | (Disagreement::OnScreenOnly, None) => true,
                _ => false,
            };
            let is_late = look.received >= contradiction.shown_from + budget.rest_staleness;
            if stands && is_late {
                due.push(contradiction.clone());
            }
            stands && !is_late
        });
        if waiting.is_empty() {
            self.unconfirmed.remove(&key);
        }
        for contradiction in due {
            if self.confirmed.len() < MAX_WAITING {
                let place = self.confirmed.partition_point(|other| other.due <= contradiction.due);
                self.confirmed.insert(place, contradiction);
            }
        }
    }

    /// Notes an entity in which the screen disagrees, where REST has said the same since D before.
    fn note(
        &mut self,
        plan: &mut FieldTable,
        history: &History,
        row: &Row,
        values: &[u64],
        budget: Budget,
        look: &Look<'_>,
    ) {
        let Some(entity) = history.entities.get(&row.key) else { return };
        let text = &look.text[row.span.0 as usize..row.span.1 as usize];
        let Some(before) = entity.rest.digest else { return };
        if entity.ws.digest.is_none() {
            // A list that need not be whole does not say what it leaves out: a row that comes back to it was away.
            let was_listed = !look.bound.is_empty() || entity.rest.last_seen == look.earlier;
            let gone_at = entity.versions.back().map(|version| version.from - budget.push_delay);
            if was_listed && gone_at.is_some_and(|gone| entity.is_listed_since(gone)) {
                self.begin(row.key, entity, Disagreement::NotOnScreen, text, budget, look);
            }
            return;
        }
        let at = |values: &[u64], field: FieldId| values.get(field).copied().unwrap_or(0);
        let was_equal =
            |field: FieldId| before == row.digest || at(&entity.rest.values, field) == at(values, field);
        let Some(version) = entity.versions.back() else { return };
        let said_by = version.from - budget.push_delay;
        let has_said = |field: FieldId| entity.field_since.get(field).is_some_and(|since| *since <= said_by);
        let count = plan.fields.len();
        let differs = |field: FieldId| at(values, field) != at(&entity.ws.values, field);
        if entity.is_listed_since(said_by) {
            let is_lacking = |field: &FieldId| {
                plan.fields[*field].is_compared()
                    && at(&entity.ws.values, *field) == 0
                    && at(values, *field) != 0
                    && !has_lacked(history, *field)
            };
            let fields: Vec<(FieldId, u64)> = (0..count).filter(is_lacking).map(|field| (field, 0)).collect();
            if !fields.is_empty() {
                return self.begin(row.key, entity, Disagreement::Lacking(fields), text, budget, look);
            }
        }
        let mut fields: Vec<FieldId> = (0..count)
            .filter(|&field| {
                plan.fields[field].is_compared() && differs(field) && was_equal(field) && has_said(field)
            })
            .collect();
        let by_hash = fields.iter().all(|&field| matches!(plan.fields[field].role, Role::Strict));
        if !fields.is_empty() && (!by_hash || plan.is_noisy) {
            let Some(ws_text) = entity.text_of(version) else { return };
            let rest = parse_entity(plan, Side::Rest, text, look.bound);
            let ws = parse_entity(plan, version.source, &ws_text, &[]);
            let (Ok(rest), Ok(ws)) = (rest, ws) else { return };
            let times = budget.times(look.sent, look.received, version);
            let unequal: Vec<FieldId> = differing(plan, &rest, &ws, times).map(|(_, field)| field).collect();
            fields.retain(|field| unequal.contains(field));
        }
        if !fields.is_empty() {
            let fields = fields.into_iter().map(|field| (field, at(values, field))).collect();
            self.begin(row.key, entity, Disagreement::Fields(fields), text, budget, look);
        }
    }

    fn begin(
        &mut self,
        key: Key,
        entity: &EntityHistory,
        disagreement: Disagreement,
        text: &str,
        budget: Budget,
        look: &Look<'_>,
    ) {
        let seeded = look.seeded.or(entity.seeded);
        let Some(version) = entity.versions.back().filter(|version| version.source == Side::Ws) else {
            return;
        };
        // Only what the stream itself put on this connection's screen.
        if seeded.is_none_or(|seeded| seeded > look.sent) || version.from > look.sent {
            return;
        }
        let patience = budget.push_delay + budget.rest_staleness + Duration::from_secs(2);
        let waiting = self.unconfirmed.entry(key).or_default();
        if waiting.len() < MAX_OF_ONE {
            waiting.push(Contradiction {
                key,
                disagreement,
                shown_from: version.from,
                sent: look.sent,
                received: look.received,
                text: text.into(),
                due: look.received + patience,
            });
        }
    }

    /// Judges what is due by `now`. `skew`: the lateness that the run shows so far.
    pub fn judge(
        &mut self,
        plan: &mut FieldTable,
        history: &History,
        budget: Budget,
        feature: &str,
        skew: Duration,
        now: Nanos,
    ) {
        while self.confirmed.front().is_some_and(|contradiction| contradiction.due <= now) {
            let contradiction = self.confirmed.pop_front().expect("one is due");
            self.take(plan, history, budget, feature, skew, &contradiction);
        }
    }

    fn take(
        &mut self,
        plan: &mut FieldTable,
        history: &History,
        budget: Budget,
        feature: &str,
        skew: Duration,
        found: &Contradiction,
    ) {
        let Some(entity) = history.entities.get(&found.key) else { return };
        let after = entity.versions.partition_point(|version| version.from <= found.shown_from);
        let until = entity.versions.get(after).map_or(found.due, |next| next.from);
        if until <= found.received || !stood_still(entity, found, until, budget) {
            return;
        }
        let is_lacking =
            |fields: &[(FieldId, u64)]| fields.iter().any(|(field, _)| has_lacked(history, *field));
        if matches!(&found.disagreement, Disagreement::Lacking(fields) if is_lacking(fields)) {
            return;
        }
        if entity.intervals.is_empty() {
            let phantom = self.phantoms.entry(found.key).or_default();
            if phantom.newest != found.shown_from {
                *phantom = Phantom {
                    newest: found.shown_from,
                    times: phantom.times + 1,
                    seconds: phantom.seconds + until.since(found.shown_from).as_secs_f64(),
                };
            }
        }
        // What the run's own lateness or the age of REST's answers explains is no contradiction.
        let stay = until.since(found.shown_from);
        // A value may have been another one for as long as a cache hides; what is listed all the time is there.
        let is_value = matches!(found.disagreement, Disagreement::Fields(_));
        let lateness = if is_value { skew.max(budget.rest_staleness) } else { skew };
        let is_untimely = found.sent < found.shown_from + lateness || stay < budget.rest_staleness;
        if is_untimely && (entity.motion.comes_back() || !stood_whole(entity, found, budget)) {
            return;
        }
        // All answers of so short a time may be one, out of one cache.
        if is_untimely && self.brief.insert(found.key, found.shown_from) == Some(found.shown_from) {
            return;
        }
        if self.counted != Some(found.received) {
            self.counted = Some(found.received);
            self.contradicted += 1;
        }
        if !is_value && self.counted_row != Some(found.received) {
            self.counted_row = Some(found.received);
            self.contradicted_rows += 1;
        }
        if let Disagreement::Fields(fields) = &found.disagreement {
            for &(field, _) in fields {
                self.by_field.resize(self.by_field.len().max(field + 1), (0, Nanos::ZERO));
                let (count, newest) = &mut self.by_field[field];
                *count += u64::from(*newest != found.received);
                *newest = found.received;
            }
        }
        for difference in differences(plan, entity, found, budget) {
            self.findings.merge(feature, &difference, found.received);
        }
    }

    /// Answers that the screen contradicted.
    pub fn contradicted(&self) -> u64 {
        self.contradicted
    }

    /// Of the field that is contradicted most. `told`: what REST tells of each.
    pub fn worst_field(&self, told: &[RestField]) -> FieldContradictions {
        let flickers = |field: usize| told.get(field).map_or(0, |told| told.flickers);
        let all = self.by_field.iter().enumerate();
        let fields = all.map(|(field, &(contradicted, _))| FieldContradictions {
            contradicted,
            flickers: flickers(field),
        });
        fields.max_by_key(FieldContradictions::excess).unwrap_or_default()
    }

    /// Those of them in which a row stands on one side only.
    pub fn contradicted_rows(&self) -> u64 {
        self.contradicted_rows
    }

    /// Whether a row came on the screen again and again, and so long in all that answers at `rate` a second would
    /// have had to list it.
    pub fn has_phantom(&self, rate: f64) -> bool {
        self.phantoms.values().any(|phantom| phantom.times >= 3 && phantom.seconds * rate >= 5.0)
    }

    /// What the contradictions are; `rows`: only those in which a row stands on one side only.
    pub fn findings(&self, rows: bool) -> Findings {
        let mut findings = self.findings.clone();
        let is_row = |kind: Kind, is_field: bool| match kind {
            Kind::MissingInWs => true,
            Kind::MissingInRest => !is_field,
            _ => false,
        };
        findings.merged.retain(|(kind, _, field), _| !rows || is_row(*kind, field.is_some()));
        findings
    }
}

/// Whether some answer lacked a field, in whichever entity.
fn has_lacked(history: &History, field: FieldId) -> bool {
    history.rest_fields.get(field).is_some_and(|told| told.has_lacked)
}
