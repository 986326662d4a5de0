//! Unexplained answers of a periodic stream: two samplers of one world.
//!
//! A periodic stream samples, as REST does; between two pushes a state may come and go that nobody owes. So an
//! answer that no push explains is a finding by itself only if REST held its state across a push's due time, or if
//! other fields of one push pin it to that moment. The rest is kept here, with the names it would get, until the
//! run as a whole says which it is: data that move with the pushes, or faster.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use crate::align::entity_history::{EntityHistory, Version};
use crate::align::explain::Budget;
use crate::align::history::History;
use crate::align::sample::Sample;
use crate::align::tally::{Findings, MAX_DIFFERING};
use crate::diff::bug_pattern;
use crate::diff::compare::{Times, differing};
use crate::diff::field_table::{FieldId, FieldTable, Role, Side};
use crate::diff::normalise::{Key, Row};
use crate::diff::parsed_entity::{ParsedEntity, parse_entity};
use crate::json::number;
use crate::model::outcome::{Kind, Outcome, Payloads};
use crate::model::time::Nanos;

/// Versions near an answer that are looked at for one that pins it.
const PINS_LOOKED_AT: usize = 16;
/// Equal answers in a row that make a held state; twice as many where states come back.
const HELD_SAMPLES: u32 = 3;
/// Fields, and amounts of one, that are followed for a constant difference.
const MAX_OFFSETS: usize = 256;
/// Equal answers in a row between which nothing else is believed to have been.
const DENSE_SAMPLES: u32 = 5;
/// Fields whose moving together is counted.
const COMPANIONS: usize = 24;
/// Unexplained answers that the run's own numbers must make unlikely before they count against the stream.
const FREE_MOVEMENT: f64 = 0.2;

/// Why an unexplained answer of a periodic stream counts, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owed {
    /// The other fields of one push are those of this very moment.
    Pinned,
    /// A field of it is in neither of the pushes around it: owed where pushes come when the data move.
    Apart,
    /// Part of it is in the push before and the rest in the one after.
    Between,
}

/// The answers of a run that fell between two pushes.
#[derive(Debug, Clone, Default)]
pub struct Sampled {
    /// Answers that no push explains and none owed.
    pub between: u64,
    /// Answers with a field that differs in a push that is otherwise of their moment.
    pub pinned: u64,
    kinds: BTreeMap<Kind, u64>,
    findings: Findings,
    /// Those of `between` that are [`Owed::Apart`].
    apart_kinds: BTreeMap<Kind, u64>,
    apart_findings: Findings,
    pinned_kinds: BTreeMap<Kind, u64>,
    pinned_findings: Findings,
    /// States of REST's that are apart or pinned, by entity and when they were first seen.
    owed_states: BTreeSet<(Key, Nanos)>,
    /// Answers whose state only a push beyond D carried, with the names they would get.
    carried_later: u64,
    late_findings: Findings,
    /// REST's moves that were carried, and whether the push came with them.
    steps: Steps,
    /// Of each entity, the state of REST's of which the amounts were noted last.
    offsets_of: HashMap<Key, Nanos>,
    /// Of each entity and field that alone differs: by how much, signed.
    offsets: HashMap<(Key, FieldId), Offsets>,
    /// Both sides whole, of the entities that differed last.
    payloads: VecDeque<(Owed, Nanos, Payloads)>,
    /// Pushes that did not come, by the arrival of the one before, with unexplained answers inside.
    holes: BTreeSet<Nanos>,
    in_holes: u64,
    /// Answers at most half an interval after the one before, and how many of them moved.
    pub close: u64,
    pub close_moved: u64,
    /// Of REST's moves: how often two fields moved in one, by their numbers.
    companions: Vec<u32>,
    /// Rows that no push explains, of each entity.
    rows: HashMap<Key, u32>,
}

/// Whether pushes come when REST moves, or by a clock of their own.
#[derive(Debug, Clone, Copy, Default)]
struct Steps {
    with_push: u32,
    without: u32,
    /// How unlikely it is that a clock of its own met all of `with_push`: −ln of the chance.
    surprise: f64,
}

/// By how much a field differs from the pushes near an answer.
#[derive(Debug, Clone, Default)]
struct Offsets {
    answers: u32,
    by_amount: HashMap<String, u32>,
}

/// What else is known of a run.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Answers that were explained.
    pub matched: u64,
    /// Answers that count against the stream by themselves.
    pub counts: u64,
    /// Answers to a push, by the declared cadence.
    pub pace: f64,
    /// Pushes that did not come, by the usual time between two.
    pub missing_pushes: u64,
}

/// What a run says of its unexplained answers as a whole.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// They count against the stream.
    pub blocks: bool,
    /// Those count that are in neither of the pushes around them.
    pub apart_blocks: bool,
    /// Everything that moved was carried, and too late.
    pub is_late: bool,
    /// Why they prove nothing either way, if they do.
    pub inconclusive: Option<String>,
}

impl Sampled {
    /// Takes an unexplained answer with the name it would get. `gap`: the pushes around it, if one is missing there.
    pub fn take(&mut self, feature: &str, outcome: &Outcome, owed: Owed, gap: Option<Nanos>, rows: &[Key]) {
        let mut buckets = match owed {
            Owed::Pinned => {
                self.pinned += 1;
                vec![(&mut self.pinned_kinds, &mut self.pinned_findings)]
            }
            Owed::Apart => {
                self.between += 1;
                vec![(&mut self.kinds, &mut self.findings), (&mut self.apart_kinds, &mut self.apart_findings)]
            }
            Owed::Between => {
                self.between += 1;
                vec![(&mut self.kinds, &mut self.findings)]
            }
        };
        for (kinds, findings) in &mut buckets {
            *kinds.entry(outcome.kind).or_default() += 1;
            for difference in &outcome.differences {
                findings.merge(feature, difference, outcome.window.1);
            }
        }
        for payloads in outcome.payloads.iter().rev() {
            if self.payloads.len() == MAX_DIFFERING {
                self.payloads.pop_front();
            }
            self.payloads.push_back((owed, outcome.window.1, payloads.clone()));
        }
        if owed != Owed::Pinned {
            for key in rows {
                *self.rows.entry(*key).or_default() += 1;
            }
            if let Some(since) = gap {
                self.holes.insert(since);
                self.in_holes += 1;
            }
        }
    }

    /// Notes rows whose state only a later push carried: no finding, but a sign of how freely the data move.
    pub fn carried_later(&mut self, feature: &str, outcome: &Outcome, rows: impl Iterator<Item = Key>) {
        self.carried_later += 1;
        for difference in &outcome.differences {
            self.late_findings.merge(feature, difference, outcome.window.1);
        }
        for key in rows {
            *self.rows.entry(key).or_default() += 1;
        }
    }

    /// Notes a state of REST's that no push and no two pushes together explain.
    pub fn note_owed_state(&mut self, key: Key, first: Nanos) {
        if self.owed_states.len() < MAX_OFFSETS {
            self.owed_states.insert((key, first));
        }
    }

    /// Notes a move of REST's between `from` and `to` that a push of `arrival` carried; `pause`: the usual time
    /// between two pushes.
    pub fn note_step(&mut self, (from, to): (Nanos, Nanos), arrival: Nanos, pause: Duration) {
        let slack = pause / 8;
        let chance = (to.since(from) + slack * 2).as_secs_f64() / pause.as_secs_f64().max(1e-9);
        if chance >= 0.9 {
            return;
        }
        if from <= arrival + slack && arrival <= to + slack {
            self.steps.with_push += 1;
            self.steps.surprise -= chance.ln();
        } else {
            self.steps.without += 1;
        }
    }

    /// Whether pushes come when the data move: then a state that no push carried was owed.
    fn is_in_step(&self) -> bool {
        let Steps { with_push, without, surprise } = self.steps;
        surprise >= 7.0 && without * 19 <= with_push
    }

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
        let start = entity.versions.partition_point(|version| version.from <= earliest).saturating_sub(1);
        let end = entity.versions.partition_point(|version| version.from <= latest);
        let mut before: Option<Vec<FieldId>> = None;
        for version in entity.versions.range(start.min(end)..end.saturating_add(1).min(entity.versions.len()))
        {
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
    pub fn lacks(entity: &EntityHistory, received: Nanos, hold: Duration, dues: &[(Nanos, Nanos)]) -> bool {
        let Some(absence) = entity.absence_of(received) else { return true };
        let comes_back = entity.motion.returns * 10 > entity.motion.moves;
        let enough = if comes_back { HELD_SAMPLES * 2 } else { HELD_SAMPLES };
        let is_long = absence.last.since(absence.first) >= hold && absence.samples >= enough;
        let is_dense = absence.samples >= DENSE_SAMPLES;
        is_long || is_dense && dues.iter().any(|(from, to)| absence.first <= *from && *to <= absence.last)
    }

    /// Notes which fields REST moved together.
    pub fn note_move(&mut self, before: &[u64], now: &[u64]) {
        let count = now.len().min(COMPANIONS);
        self.companions.resize(COMPANIONS * COMPANIONS, 0);
        let moved = |field: usize| before.get(field).copied().unwrap_or(0) != now[field];
        for a in (0..count).filter(|&field| moved(field)) {
            for b in (0..count).filter(|&field| moved(field)) {
                self.companions[a * COMPANIONS + b] += 1;
            }
        }
    }

    /// Whether two fields always move together: at least five times, and hardly ever alone.
    fn are_companions(&self, a: FieldId, b: FieldId) -> bool {
        if a.max(b) >= COMPANIONS || self.companions.is_empty() {
            return false;
        }
        let at = |a: usize, b: usize| self.companions[a * COMPANIONS + b];
        let (both, alone) = (at(a, b), at(a, a).max(at(b, b)) - at(a, b));
        both >= 5 && alone * 20 <= both
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
    ) -> bool {
        let held = |first: Nanos, last: Nanos| last.since(first) >= hold;
        if let Some(place) = entity.period_of(row.digest, sample.received) {
            let interval = &entity.intervals[place];
            let comes_back = entity.motion.returns * 10 > entity.motion.moves;
            let enough = if comes_back { HELD_SAMPLES * 2 } else { HELD_SAMPLES };
            if held(interval.first, interval.last) && interval.samples >= enough {
                return true;
            }
            let is_dense = interval.samples >= DENSE_SAMPLES;
            if is_dense && dues.iter().any(|(from, to)| interval.first <= *from && *to <= interval.last) {
                return true;
            }
        }
        false
    }

    /// Whether one push is of this answer's very moment: two or more of its moving fields agree, or one that always
    /// moves together with the field that differs, or the difference is one that code makes and no market.
    pub fn pins(
        &mut self,
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
        let start = entity.versions.partition_point(|version| version.from <= earliest).saturating_sub(1);
        let end = entity.versions.partition_point(|version| version.from <= latest);
        let mut places: Vec<usize> = (start.min(end)..end).collect();
        places.sort_by_key(|&place| entity.versions[place].from.0.abs_diff(sample.received.0));
        places.truncate(PINS_LOOKED_AT);
        let any = (Nanos::ZERO, Nanos::MAX);
        let when = Times { rest: any, ws: any };
        let texts = |place: Option<usize>| -> Option<(&Version, String)> {
            let version = entity.versions.get(place?)?;
            Some((version, entity.text_of(version)?))
        };
        let mut amounts = BTreeSet::new();
        for place in places {
            let Some((version, text)) = texts(Some(place)) else { continue };
            let Ok(ws) = parse_entity(plan, version.source, &text, &[]) else { continue };
            let differs: Vec<FieldId> = fields_between(plan, &rest, &ws, when);
            if differs.is_empty() {
                continue;
            }
            if let [field] = differs[..] {
                amounts.extend(offset(field, &rest, &ws));
            }
            let mut moved: Option<Vec<FieldId>> = None;
            for neighbour in [place.checked_sub(1), Some(place + 1)] {
                let Some((neighbour, text)) = texts(neighbour) else { continue };
                let Ok(other) = parse_entity(plan, neighbour.source, &text, &[]) else { continue };
                let fields = fields_between(plan, &other, &ws, when);
                moved = Some(match moved {
                    None => fields,
                    Some(known) => known.into_iter().filter(|field| fields.contains(field)).collect(),
                });
            }
            let moved = moved.unwrap_or_default();
            let agree: Vec<FieldId> =
                moved.iter().copied().filter(|field| !differs.contains(field)).collect();
            let is_companion = |pin: FieldId| differs.iter().all(|&field| self.are_companions(pin, field));
            let is_incomplete = differing(plan, &rest, &ws, when).all(|(kind, _)| kind != Kind::Value);
            if is_incomplete
                || agree.len() >= 2 && differs.len() <= agree.len()
                || agree.iter().any(|&pin| is_companion(pin))
                || (!agree.is_empty() && bug_pattern::is_bug_pattern(plan, &differs, &rest, &ws))
            {
                return true;
            }
        }
        // A state that stands still differs by one amount as often as it is asked for.
        let state = entity.period_of(row.digest, sample.received).map(|place| entity.intervals[place].first);
        if state.is_none_or(|state| self.offsets_of.insert(row.key, state) != Some(state)) {
            self.note_offsets(row.key, amounts);
        }
        false
    }

    fn note_offsets(&mut self, key: Key, amounts: BTreeSet<(FieldId, String)>) {
        let fields: BTreeSet<FieldId> = amounts.iter().map(|(field, _)| *field).collect();
        for field in fields {
            let is_known = self.offsets.contains_key(&(key, field));
            if is_known || self.offsets.len() < MAX_OFFSETS {
                self.offsets.entry((key, field)).or_default().answers += 1;
            }
        }
        for (field, amount) in amounts {
            if let Some(offsets) = self.offsets.get_mut(&(key, field))
                && (offsets.by_amount.len() < MAX_OFFSETS || offsets.by_amount.contains_key(&amount))
            {
                *offsets.by_amount.entry(amount).or_default() += 1;
            }
        }
    }

    /// What the unexplained answers mean.
    pub fn reading(&self, history: &History, run: &Run) -> Reading {
        let Run { matched, counts, pace, .. } = *run;
        let all = matched + counts + self.between + self.pinned;
        let inconclusive = |why: String| Reading { inconclusive: Some(why), ..Reading::default() };
        if counts == 0 && self.between == 0 && self.carried_later >= 10 && matched * 20 <= self.carried_later
        {
            // Whatever moved came too late, and not only where it had to wait for its push.
            return Reading { is_late: true, ..Reading::default() };
        }
        if self.is_in_step() && self.owed_states.len() >= 2 {
            return Reading { apart_blocks: true, ..Reading::default() };
        }
        if self.between == 0 {
            return Reading::default();
        }
        if matched * 10 <= all * 3 && self.is_constant() {
            return Reading { blocks: true, ..Reading::default() };
        }
        let holes = self.holes.len() as u64;
        let are_real = run.missing_pushes >= holes;
        if holes >= 2 && are_real && self.in_holes * 20 >= self.between * 19 {
            return Reading { blocks: true, ..Reading::default() };
        }
        let is_slow = self.close >= 5 && self.close_moved * 10 <= self.close;
        if all >= 10 && matched * 20 <= all && is_slow {
            return Reading { blocks: true, ..Reading::default() };
        }
        let Freedom { expected, unexplained, moves, returns } = self.freedom(history, pace);
        let distinct = returns * 10.0 <= moves;
        let late = [Kind::StaleRest, Kind::WsLate, Kind::LateOrStale];
        let late: u64 = late.iter().filter_map(|kind| self.kinds.get(kind)).sum();
        if distinct && moves >= 5.0 && late >= 10 && late * 3 >= self.between * 2 {
            // State after state that stands once on each side, and each at the wrong time.
            return Reading { blocks: true, ..Reading::default() };
        }
        if distinct && expected >= 6.0 && unexplained <= FREE_MOVEMENT * expected {
            // The data move with the pushes, so an answer without its push is a fault; one alone may be chance.
            if self.between > 1 {
                return Reading { blocks: true, ..Reading::default() };
            }
        }
        let fields: BTreeSet<String> = (self.findings.merged.keys())
            .filter_map(|(_, _, field)| field.as_ref().map(ToString::to_string))
            .take(3)
            .collect();
        let fields = fields.into_iter().collect::<Vec<_>>().join(", ");
        let said = format!(
            "{} of {all} answers fell between two pushes of {}",
            self.between,
            if fields.is_empty() { "the feature" } else { &fields }
        );
        if self.between * 5 > all {
            return inconclusive(said);
        }
        if holes == 1 && are_real && self.in_holes == self.between {
            return inconclusive(format!("{said}, where one push did not come"));
        }
        if unexplained >= 3.0 && unexplained > 3.0 * expected + 3.0 {
            return inconclusive(format!("{said}, more than data that move freely would"));
        }
        Reading::default()
    }

    /// Whether a field always differs by the same amount from one of the pushes near it: no market does that.
    fn is_constant(&self) -> bool {
        self.offsets.values().any(|offsets| {
            let most = offsets.by_amount.values().copied().max().unwrap_or(0);
            offsets.answers >= 10 && most * 20 >= offsets.answers * 19
        })
    }

    /// How often answers would fall between two pushes if the data moved as often as they do and at any time.
    /// `pace`: answers to a push.
    fn freedom(&self, history: &History, pace: f64) -> Freedom {
        let mut freedom = Freedom::default();
        for (key, entity) in &history.entities {
            let motion = entity.motion;
            let unexplained = f64::from(self.rows.get(key).copied().unwrap_or(0));
            freedom.unexplained += unexplained;
            if motion.answers < 2 || motion.moves == 0 {
                continue;
            }
            let answers = f64::from(motion.answers - 1);
            let share = (f64::from(motion.moves) / answers).min(1.0 - 0.5 / answers);
            // Moves per push, if they come at any time: P(none between two answers) = e^-rate.
            let rate = -(1.0 - share).ln() * pace;
            let missed = 1.0 - 2.0 * (1.0 - (-rate).exp()) / rate + (-rate).exp();
            freedom.expected += answers * missed.max(0.0);
            freedom.moves += f64::from(motion.moves);
            freedom.returns += f64::from(motion.returns);
        }
        freedom
    }

    /// What counts against the stream after all, as kinds and findings. `reading`: of the whole run.
    pub fn counted(&self, reading: &Reading) -> Vec<(&BTreeMap<Kind, u64>, &Findings)> {
        let mut counted = Vec::new();
        // Where most of what is unexplained is not pinned, chance pins some.
        let pins_block = self.pinned >= 2 && self.between <= self.pinned;
        if pins_block || (self.pinned > 0 && (reading.blocks || reading.apart_blocks)) {
            counted.push((&self.pinned_kinds, &self.pinned_findings));
        }
        if reading.blocks {
            counted.push((&self.kinds, &self.findings));
        } else if reading.apart_blocks {
            counted.push((&self.apart_kinds, &self.apart_findings));
        }
        counted
    }

    /// Answers that came too late, with what they said, where that counts.
    pub fn late(&self) -> (u64, &Findings) {
        (self.carried_later, &self.late_findings)
    }

    /// Both sides whole, of what counts against the stream after all.
    pub fn counted_payloads(&self, reading: &Reading) -> impl Iterator<Item = (Nanos, &Payloads)> {
        let counts = !self.counted(reading).is_empty();
        let &Reading { blocks, apart_blocks, .. } = reading;
        self.payloads
            .iter()
            .filter(move |(owed, ..)| match owed {
                Owed::Pinned => counts,
                Owed::Apart => blocks || apart_blocks,
                Owed::Between => blocks,
            })
            .map(|(_, at, payloads)| (*at, payloads))
    }
}

/// By how much a field of REST's is above the stream's; `None` where they are no numbers.
fn offset(field: FieldId, rest: &ParsedEntity<'_>, ws: &ParsedEntity<'_>) -> Option<(FieldId, String)> {
    let (rest, ws) = (number::decimal(&rest.get(field)?.text)?, number::decimal(&ws.get(field)?.text)?);
    Some((field, number::plain(&(rest - ws))))
}

/// What free movement would do, and what was seen.
#[derive(Debug, Clone, Copy, Default)]
struct Freedom {
    expected: f64,
    unexplained: f64,
    moves: f64,
    returns: f64,
}

/// The compared fields in which two texts of an entity differ.
fn fields_between(
    plan: &FieldTable,
    one: &ParsedEntity<'_>,
    other: &ParsedEntity<'_>,
    when: Times,
) -> Vec<FieldId> {
    differing(plan, one, other, when)
        .map(|(_, field)| field)
        .filter(|&field| !matches!(plan.fields[field].role, Role::Countdown(_)))
        .collect()
}
