//! Pushes that are of an answer's very moment, and fields that always differ by the same amount.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::align::entity_history::EntityHistory;
use crate::align::explain::Budget;
use crate::align::sample::Sample;
use crate::align::version::Version;
use crate::diff::bug_pattern;
use crate::diff::compare::{Times, differing};
use crate::diff::digest::Key;
use crate::diff::field_table::{FieldId, FieldTable, Role, Side};
use crate::diff::normalise::Row;
use crate::diff::parsed_entity::{ParsedEntity, parse_entity};
use crate::json::number;
use crate::model::outcome::Kind;
use crate::model::time::Nanos;

/// Versions near an answer that are looked at for one that pins it.
const PINS_LOOKED_AT: usize = 16;
/// Fields, and amounts of one, that are followed for a constant difference.
const MAX_OFFSETS: usize = 256;
/// A stretch of wrong answers that comes about by chance less often is none.
const CHANCE: f64 = 1e-4;
/// Fields whose moving together is counted.
const COMPANIONS: usize = 24;

/// What the fields of a run say of each other, and of the pushes near them.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    /// Of REST's moves: how often two fields moved in one, by their numbers.
    companions: Vec<u32>,
    /// Of each entity and field that alone differs: by how much, signed.
    offsets: HashMap<(Key, FieldId), Offsets>,
    /// Of each entity, the state of REST's of which the amounts were noted last.
    offsets_of: HashMap<Key, Nanos>,
    /// Of each entity and field: answers that no push near them equals in it, and one does in all others.
    never_equal: HashMap<(Key, FieldId), NeverEqual>,
}

/// Answers that no push near them equals in one field only.
#[derive(Debug, Clone, Copy, Default)]
struct NeverEqual {
    answers: u64,
    /// Of which series they are.
    series: u64,
    stretch: WrongStretch,
    longest: WrongStretch,
}

/// Such answers, one right after the other.
#[derive(Debug, Clone, Copy, Default)]
struct WrongStretch {
    answers: u64,
    /// Number of the last of them in its series.
    serial: u64,
    from: Nanos,
    to: Nanos,
    /// Of REST's value of the field, and of all that it says beside it.
    hashes: (u64, u64),
    /// How often the one moved, and the other.
    moves: (u64, u64),
}

impl NeverEqual {
    /// Takes an answer, by its series and its number there.
    fn take(&mut self, (series, serial): (u64, u64), received: Nanos, hashes: (u64, u64)) {
        self.answers += 1;
        self.series = series;
        let now = &mut self.stretch;
        if now.answers == 0 || serial != now.serial + 1 {
            *now = WrongStretch { from: received, hashes, ..WrongStretch::default() };
        }
        now.answers += 1;
        (now.serial, now.to) = (serial, received);
        now.moves.0 += u64::from(now.hashes.0 != hashes.0);
        now.moves.1 += u64::from(now.hashes.1 != hashes.1);
        now.hashes = hashes;
        if now.answers > self.longest.answers {
            self.longest = *now;
        }
    }

    /// Whether all answers of a stretch, and hardly any other of `all`, are wrong in a field that REST itself moved
    /// seldom meanwhile, while it moved others that every time were right. `pause`: between two pushes.
    fn is_wrong_stretch(&self, all: u64, pause: Duration) -> bool {
        let WrongStretch { answers, from, to, moves, .. } = self.longest;
        let outside = (self.answers - answers + 1) as f64 / (all.saturating_sub(answers) + 2) as f64;
        let by_chance = all as f64 * outside.min(1.0).powf(answers as f64);
        answers >= 8
            && moves.0 * 3 <= answers
            && moves.1 >= 3
            && to.since(from) >= pause * 4
            && by_chance < CHANCE
    }
}

/// By how much a field differs from the pushes near an answer.
#[derive(Debug, Clone, Default)]
struct Offsets {
    answers: u32,
    by_amount: HashMap<String, u32>,
}

impl Pins {
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

    /// Whether one push is of this answer's very moment: a field agrees that always moves together with the one that
    /// differs, or the difference is one that code makes and no market.
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
        let mut places: Vec<usize> = entity.window_places(earliest, latest).collect();
        places.sort_by_key(|&place| entity.versions[place].from.0.abs_diff(sample.received.0));
        places.truncate(PINS_LOOKED_AT);
        let any = (Nanos::ZERO, Nanos::MAX);
        let when = Times { rest: any, ws: any };
        let texts = |place: Option<usize>| -> Option<(&Version, String)> {
            let version = entity.versions.get(place?)?;
            Some((version, entity.text_of(version)?))
        };
        let mut amounts = BTreeSet::new();
        let (mut never, mut nearest): (Option<Vec<FieldId>>, usize) = (None, usize::MAX);
        let mut is_pin = false;
        for place in places {
            let Some((version, text)) = texts(Some(place)) else { continue };
            let Ok(ws) = parse_entity(plan, version.source, &text, &[]) else { continue };
            let differs: Vec<FieldId> = fields_between(plan, &rest, &ws, when);
            if differs.is_empty() {
                continue;
            }
            nearest = nearest.min(differs.len());
            never = Some(match never {
                None => differs.clone(),
                Some(known) => known.into_iter().filter(|field| differs.contains(field)).collect(),
            });
            if is_pin {
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
            let companions: Vec<FieldId> = agree
                .iter()
                .copied()
                .filter(|&pin| differs.iter().all(|&field| self.are_companions(pin, field)))
                .collect();
            let is_pinned = companions.into_iter().any(|pin| is_peculiar(plan, entity, place, pin, &ws));
            let is_incomplete = differing(plan, &rest, &ws, when).all(|(kind, _)| kind != Kind::Value);
            if is_incomplete
                || is_pinned
                || (!agree.is_empty()
                    && !is_of_rest(entity, version)
                    && bug_pattern::is_bug_pattern(plan, &differs, &rest, &ws))
            {
                is_pin = true;
            }
        }
        let never = never.filter(|never| never.len() == nearest).unwrap_or_default();
        for field in never {
            if self.never_equal.len() < MAX_OFFSETS || self.never_equal.contains_key(&(row.key, field)) {
                let hashes = hashes_around(plan, field, &rest);
                let known = self.never_equal.entry((row.key, field)).or_default();
                known.take((sample.series, sample.serial), sample.received, hashes);
            }
        }
        if is_pin {
            return true;
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

    /// Whether a field hardly ever equals a push near the answers of its series where all others do, although REST
    /// holds its value longer than that takes. `all`: answers of a series; `pace`: answers to a push.
    pub fn is_never_equal(
        &self,
        all: impl Fn(u64) -> u64,
        pace: f64,
        is_slow: impl Fn(Key, FieldId) -> bool,
    ) -> bool {
        let never = |((key, field), never): (&(Key, FieldId), &NeverEqual)| {
            never.answers >= 10 && never.answers * 20 >= all(never.series) * 19 && is_slow(*key, *field)
        };
        pace <= 20.0 && self.never_equal.iter().any(never)
    }

    /// Whether the stream was wrong in one field for a while. `all`: answers of a series; `pause`: between two pushes.
    pub fn has_wrong_stretch(&self, all: impl Fn(u64) -> u64, pause: Duration) -> bool {
        self.never_equal.values().any(|never| never.is_wrong_stretch(all(never.series), pause))
    }

    /// Whether a field always differs by the same amount from one of the pushes near it: no market does that.
    pub fn has_constant_offset(&self) -> bool {
        self.offsets.values().any(|offsets| {
            let most = offsets.by_amount.values().copied().max().unwrap_or(0);
            offsets.answers >= 10 && most * 20 >= offsets.answers * 19
        })
    }
}

/// Of REST's value of a field, and of the compared ones beside it, a double's noise left aside.
fn hashes_around(plan: &FieldTable, field: FieldId, rest: &ParsedEntity<'_>) -> (u64, u64) {
    let hash = |of: FieldId| {
        let Some(value) = rest.get(of) else { return 0 };
        match value.text.parse::<f64>() {
            Ok(number) => xxh3_64_with_seed(format!("{number:.9e}").as_bytes(), of as u64),
            Err(_) => xxh3_64_with_seed(value.text.as_bytes(), of as u64),
        }
    };
    let others = (0..plan.fields.len()).filter(|&of| of != field && plan.fields[of].is_compared());
    (hash(field), others.fold(0, |sum: u64, of| sum.wrapping_add(hash(of))))
}

/// By how much a field of REST's is above the stream's; `None` where they are no numbers.
fn offset(field: FieldId, rest: &ParsedEntity<'_>, ws: &ParsedEntity<'_>) -> Option<(FieldId, String)> {
    let (rest, ws) = (number::decimal(&rest.get(field)?.text)?, number::decimal(&ws.get(field)?.text)?);
    Some((field, number::plain(&(rest - ws))))
}

/// Whether REST has said the very state: a bar that opens has no volume, and that is no mistake of the code.
fn is_of_rest(entity: &EntityHistory, version: &Version) -> bool {
    version.digest.is_some() && entity.intervals.iter().any(|interval| interval.digest == version.digest)
}

/// Whether no other state near a version has this value in this field: one that comes again and again pins nothing.
fn is_peculiar(
    plan: &mut FieldTable,
    entity: &EntityHistory,
    place: usize,
    field: FieldId,
    ws: &ParsedEntity<'_>,
) -> bool {
    let end = (place + PINS_LOOKED_AT).min(entity.versions.len());
    let (mut runs, mut was_same) = (0, false);
    for version in entity.versions.range(place.saturating_sub(PINS_LOOKED_AT)..end) {
        let text = entity.text_of(version);
        let parsed = text.as_deref().and_then(|text| parse_entity(plan, version.source, text, &[]).ok());
        let is_same = parsed.is_some_and(|parsed| parsed.get(field) == ws.get(field));
        runs += u32::from(is_same && !was_same);
        was_same = is_same;
    }
    runs <= 1
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// An answer a second of which these are wrong in one field. `hashes`: what REST says in them.
    fn wrong(serials: impl Iterator<Item = u64>, hashes: impl Fn(u64) -> (u64, u64)) -> NeverEqual {
        let mut never = NeverEqual::default();
        for serial in serials {
            never.take((7, serial), Nanos(serial * SECOND), hashes(serial));
        }
        never
    }

    #[test]
    fn a_stretch_of_wrong_answers_is_told_from_chance_and_from_data_that_move_fast() {
        let pause = Duration::from_secs(1);
        let still = |serial| (1, serial / 4);
        assert!(wrong(40..68, still).is_wrong_stretch(200, pause));
        let scattered = (0..200).filter(|serial| serial % 7 < 2);
        assert!(!wrong(scattered, still).is_wrong_stretch(200, pause), "here and there");
        assert!(!wrong(40..68, |serial| (serial, serial)).is_wrong_stretch(200, pause), "it moves each time");
        assert!(!wrong(40..68, |_| (1, 1)).is_wrong_stretch(200, pause), "nothing that was right moved");
        assert!(!wrong(40..46, still).is_wrong_stretch(200, pause), "too few");
        assert!(!wrong(40..68, still).is_wrong_stretch(200, Duration::from_secs(10)), "two pushes");
    }
}
