//! What stood on the screen when REST answered, and whether it was true.
//!
//! After the cutover a user sees the stream alone, so a state that stood on the screen has to have been true; it
//! is not enough that REST's answers can be explained by some state near them. An answer contradicts the screen
//! where REST says one thing before, during and after, the screen says another during, and REST never said that
//! other thing near it. D and C are allowances for what is late; here the run is held to the skew that it shows.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::align::entity_history::EntityHistory;
use crate::align::explain::Budget;
use crate::align::history::History;
use crate::align::tally::{Findings, micros, skew_histogram};
use crate::diff::compare::{Times, compare, differing};
use crate::diff::field_table::{FieldId, FieldTable, Role, Side};
use crate::diff::normalise::{Batch, Digest, Key, Row};
use crate::diff::parsed_entity::{Bound, parse_entity};
use crate::model::outcome::{Difference, Kind, Persistence};
use crate::model::time::Nanos;

/// Contradictions that wait for the next answer or for their time; the rest is only counted.
const MAX_WAITING: usize = 4_096;

/// How the screen stood to one entity of an answer.
#[derive(Debug, Clone, PartialEq)]
enum Disagreement {
    /// Fields, with REST's hash of each.
    Fields(Vec<(FieldId, u64)>),
    /// REST lists the entity, the screen lacks it.
    NotOnScreen,
    /// The screen has the entity, REST does not list it.
    OnScreenOnly,
}

/// One entity of one answer in which the screen said something else.
#[derive(Debug, Clone)]
struct Contradiction {
    key: Key,
    disagreement: Disagreement,
    /// What the screen showed; `None` = no such entity.
    shown: Option<Digest>,
    shown_from: Nanos,
    sent: Nanos,
    received: Nanos,
    /// REST's text of the entity; empty where it lists none.
    text: Box<str>,
    /// When nothing that arrives can excuse it any more.
    due: Nanos,
}

/// One answer, held against the screen.
pub struct Look<'l> {
    pub text: &'l str,
    pub bound: &'l Bound<'l>,
    pub batch: &'l Batch,
    /// The answer lists every entity there is.
    pub whole: bool,
    pub sent: Nanos,
    pub received: Nanos,
    /// Since when the stream's word is complete; entities of upserts have a time of their own.
    pub seeded: Option<Nanos>,
}

/// The answers that contradict the screen, and by how much.
#[derive(Debug, Clone)]
pub struct Screen {
    /// Contradictions that the next answer about the entity confirms or drops.
    unconfirmed: HashMap<Key, Contradiction>,
    /// Confirmed ones, in the order of their time.
    confirmed: VecDeque<Contradiction>,
    /// How long the screen's state stood on both sides of the answer, of each contradicted answer, in microseconds.
    margins: Histogram<u64>,
    /// Answers contradicted by a screen state that came when REST's had stood for longer than D.
    beyond_delay: u64,
    counted: Option<Nanos>,
    findings: Findings,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            unconfirmed: HashMap::new(),
            confirmed: VecDeque::new(),
            margins: skew_histogram(),
            beyond_delay: 0,
            counted: None,
            findings: Findings::default(),
        }
    }
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
                self.confirm(row.key, Some(values));
            }
            let Some(entity) = entity else { continue };
            on_screen += usize::from(entity.ws.digest.is_some());
            if entity.ws.digest == Some(row.digest) || self.unconfirmed.len() >= MAX_WAITING {
                continue;
            }
            self.note(plan, entity, row, values, budget, look);
        }
        if look.whole && (history.current_entities() > on_screen || !self.unconfirmed.is_empty()) {
            self.look_at_extras(history, budget, look);
        }
    }

    fn look_at_extras(&mut self, history: &History, budget: Budget, look: &Look<'_>) {
        let mut listed: Vec<Key> = look.batch.rows.iter().map(|row| row.key).collect();
        listed.sort_unstable();
        let absent: Vec<Key> =
            self.unconfirmed.keys().filter(|key| listed.binary_search(key).is_err()).copied().collect();
        for key in absent {
            self.confirm(key, None);
        }
        for (key, entity) in &history.entities {
            let is_extra = entity.ws.digest.is_some() && listed.binary_search(key).is_err();
            let was_listed = entity.rest.digest.is_some();
            if is_extra && !was_listed && self.unconfirmed.len() < MAX_WAITING {
                self.begin(*key, entity, Disagreement::OnScreenOnly, "", budget, look);
            }
        }
    }

    /// The next answer about an entity: a contradiction stands where REST still says what it said.
    fn confirm(&mut self, key: Key, values: Option<&[u64]>) {
        let Some(mut contradiction) = self.unconfirmed.remove(&key) else { return };
        let stands = match (&mut contradiction.disagreement, values) {
            (Disagreement::Fields(fields), Some(values)) => {
                fields.retain(|(field, rest)| values.get(*field).copied().unwrap_or(0) == *rest);
                !fields.is_empty()
            }
            (Disagreement::NotOnScreen, Some(_)) | (Disagreement::OnScreenOnly, None) => true,
            _ => false,
        };
        if stands && self.confirmed.len() < MAX_WAITING {
            let place = self.confirmed.partition_point(|other| other.due <= contradiction.due);
            self.confirmed.insert(place, contradiction);
        }
    }

    /// Notes an entity in which the screen disagrees, where REST said the same before.
    fn note(
        &mut self,
        plan: &mut FieldTable,
        entity: &EntityHistory,
        row: &Row,
        values: &[u64],
        budget: Budget,
        look: &Look<'_>,
    ) {
        let text = &look.text[row.span.0 as usize..row.span.1 as usize];
        let Some(before) = entity.rest.digest else { return };
        if entity.ws.digest.is_none() {
            if !entity.versions.is_empty() {
                self.begin(row.key, entity, Disagreement::NotOnScreen, text, budget, look);
            }
            return;
        }
        let at = |values: &[u64], field: FieldId| values.get(field).copied().unwrap_or(0);
        let was_equal =
            |field: FieldId| before == row.digest || at(&entity.rest.values, field) == at(values, field);
        // What REST has only just left may still be on its way.
        let left = entity.intervals.back().map(|interval| interval.first);
        let Some(version) = entity.versions.back() else { return };
        let is_lag = |field: FieldId| {
            at(&entity.rest.previous, field) == at(&entity.ws.values, field)
                && left.is_some_and(|left| version.from <= left + budget.push_delay + budget.rest_staleness)
        };
        let count = plan.fields.len();
        let differs = |field: FieldId| at(values, field) != at(&entity.ws.values, field);
        let mut fields: Vec<FieldId> = (0..count)
            .filter(|&field| plan.fields[field].is_compared() && differs(field) && was_equal(field))
            .filter(|&field| !is_lag(field))
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
        self.unconfirmed.insert(
            key,
            Contradiction {
                key,
                disagreement,
                shown: version.digest,
                shown_from: version.from,
                sent: look.sent,
                received: look.received,
                text: text.into(),
                due: look.received + patience,
            },
        );
    }

    /// Judges what is due by `now`.
    pub fn judge(
        &mut self,
        plan: &mut FieldTable,
        history: &History,
        budget: Budget,
        feature: &str,
        now: Nanos,
    ) {
        while self.confirmed.front().is_some_and(|contradiction| contradiction.due <= now) {
            let contradiction = self.confirmed.pop_front().expect("one is due");
            self.take(plan, history, budget, feature, &contradiction);
        }
    }

    fn take(
        &mut self,
        plan: &mut FieldTable,
        history: &History,
        budget: Budget,
        feature: &str,
        found: &Contradiction,
    ) {
        let Some(entity) = history.entities.get(&found.key) else { return };
        let after = entity.versions.partition_point(|version| version.from <= found.shown_from);
        let until = entity.versions.get(after).map_or(found.due, |next| next.from);
        let allowance = budget.push_delay + budget.rest_staleness;
        let (near_from, near_to) = (found.shown_from - allowance, until + allowance);
        let says_so = |digest: Option<Digest>| match found.disagreement {
            Disagreement::OnScreenOnly => digest.is_some(),
            _ => digest == found.shown,
        };
        let said_near = entity.intervals.iter().any(|interval| {
            says_so(interval.digest) && interval.last >= near_from && interval.first <= near_to
        });
        if said_near || until <= found.received {
            return;
        }
        let stood_since = entity
            .intervals
            .iter()
            .rev()
            .find(|interval| interval.first <= found.received)
            .map(|interval| interval.first);
        let beyond_delay = stood_since.is_some_and(|since| since + budget.push_delay <= found.shown_from)
            // A row that REST never listed has no interval at all.
            || entity.intervals.is_empty();
        let margin = found.sent.since(found.shown_from).min(until.since(found.received));
        if self.counted != Some(found.received) {
            self.counted = Some(found.received);
            self.beyond_delay += u64::from(beyond_delay);
            if !beyond_delay {
                self.margins.saturating_record(micros(margin));
            }
        }
        for difference in differences(plan, entity, found, budget) {
            self.findings.merge(feature, &difference, found.received);
        }
    }

    /// Answers that the screen contradicted beyond `skew`, what this run shows of lateness.
    pub fn contradicted(&self, skew: Duration) -> u64 {
        self.beyond_delay + self.margins.count_between(micros(skew).max(1), u64::MAX)
    }

    pub fn findings(&self) -> &Findings {
        &self.findings
    }
}

fn differences(
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
        Disagreement::Fields(fields) => {
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
