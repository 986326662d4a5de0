//! One field over all samples: does it agree, and if not, is the way it differs known?

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bigdecimal::BigDecimal;

use crate::diff::field_table::{FieldId, Side};
use crate::json::cursor::Shape;
use crate::json::instant;
use crate::json::number;
use crate::json::number::Tolerance;
use crate::json::pointer::Pointer;
use crate::model::feature::Compare;
use crate::model::proposal::{Noticed, Proposal, ProposedRule};
use crate::propose::join::{SampleWithVersions, text};
use crate::propose::{Cell, MIN_SAMPLES, ProposalInput, above_positions};

/// Two reads closer than this see the same state.
const BACK_TO_BACK: Duration = Duration::from_millis(50);
/// Back-to-back reads that must differ, all of them, before a field is called volatile.
const PAIRS: u64 = 3;
/// Different distances wanted before one side is said to round.
const RESIDUES: usize = 3;
/// How far a countdown's own fall may be from the time that passed.
pub const COUNTDOWN_SLACK: f64 = 2.0;

/// Which side has which field, and how often.
pub struct Presence {
    /// Entities with the field and an example, by field and [`Side::index`].
    met: BTreeMap<FieldId, [(u64, Option<Cell>); 2]>,
    entities: [u64; 2],
}

pub fn presence(intake: &ProposalInput) -> Presence {
    let mut presence = Presence { met: BTreeMap::new(), entities: [0; 2] };
    let rest = intake.answers.iter().flat_map(|answer| &answer.rows).map(|row| (Side::Rest, row));
    let ws = intake.messages.iter().flat_map(|message| &message.rows).map(|row| (Side::Ws, row));
    for (side, row) in rest.chain(ws) {
        presence.entities[side.index()] += 1;
        for (field, cell) in row.0.iter().enumerate() {
            if let Some(cell) = cell {
                let (count, example) = &mut presence.met.entry(field).or_default()[side.index()];
                *count += 1;
                example.get_or_insert_with(|| cell.clone());
            }
        }
    }
    presence
}

impl Presence {
    fn count(&self, field: FieldId, side: Side) -> u64 {
        self.met.get(&field).map_or(0, |met| met[side.index()].0)
    }

    /// Fields that this side has and the other never.
    pub fn only(&self, side: Side) -> impl Iterator<Item = FieldId> + '_ {
        self.met
            .keys()
            .copied()
            .filter(move |field| self.count(*field, side) > 0 && self.count(*field, side.other()) == 0)
    }

    pub fn both(&self) -> impl Iterator<Item = FieldId> + '_ {
        self.met
            .keys()
            .copied()
            .filter(|field| self.count(*field, Side::Rest) > 0 && self.count(*field, Side::Ws) > 0)
    }

    /// As evidence.
    pub fn told(&self, field: FieldId) -> String {
        let side = |side: Side| format!("{} of {}", self.count(field, side), self.entities[side.index()]);
        let example =
            self.met.get(&field).and_then(|met| met.iter().find_map(|(_, example)| example.as_ref()));
        format!(
            "REST {}, WebSocket {}; such as {}",
            side(Side::Rest),
            side(Side::Ws),
            example.map(Cell::shown).unwrap_or_default()
        )
    }
}

/// What became of a field.
pub enum FieldOutcome {
    Agrees(Noticed),
    Rule(ProposedRule),
    Unexplained(Noticed),
    /// Never on both sides of one sample.
    Nothing,
}

impl FieldOutcome {
    pub fn enter(self, proposal: &mut Proposal) {
        match self {
            Self::Agrees(noticed) => proposal.agreeing.push(noticed),
            Self::Rule(rule) => proposal.rules.push(rule),
            Self::Unexplained(noticed) => proposal.unexplained.push(noticed),
            Self::Nothing => {}
        }
    }
}

/// What all samples say about one field.
#[derive(Default)]
struct Count<'i> {
    /// Samples with a value on both sides.
    both: u64,
    /// On one side only.
    one: u64,
    equal: u64,
    same_instant: u64,
    example: Option<(&'i Cell, &'i Cell)>,
    odd: Option<(&'i Cell, &'i Cell)>,
    /// The largest distance; `None` once a value was no number.
    distance: Option<BigDecimal>,
    /// Some of the distances: what rounds leaves now this, now that.
    residues: BTreeSet<BigDecimal>,
    /// Most digits after the point, by side.
    digits: [usize; 2],
    successive: u64,
    moved: u64,
    fell_with_time: u64,
    /// How far it fell in all, and how much time passed.
    fell: f64,
    passed: f64,
    pairs: u64,
    pairs_moved: u64,
}

pub fn look_at(field: FieldId, pointer: &Pointer, samples: &[SampleWithVersions<'_>]) -> FieldOutcome {
    let count = count(field, samples);
    let evidence = |count: u64, of: u64, pair: Option<(&Cell, &Cell)>| {
        let shown = pair.map(|(rest, ws)| format!(": REST {}, WebSocket {}", rest.shown(), ws.shown()));
        format!("{count} of {of} samples{}", shown.unwrap_or_default())
    };
    let noticed = |evidence| Noticed { field: pointer.clone(), evidence };
    if count.both == 0 {
        return FieldOutcome::Nothing;
    }
    if count.equal == count.both && count.one == 0 {
        return FieldOutcome::Agrees(noticed(evidence(count.equal, count.both, count.example)));
    }
    if count.equal == count.both {
        let told = format!("on one side only in {} of {} samples", count.one, count.both + count.one);
        return FieldOutcome::Unexplained(noticed(told));
    }
    let differs = count.both - count.equal;
    let rule = explanation(&count).filter(|_| {
        // a rule on a position in a list would be about whatever stands there
        count.both >= MIN_SAMPLES && above_positions(pointer).as_ref() == Some(pointer)
    });
    match rule {
        Some((compare, reason, why)) => FieldOutcome::Rule(ProposedRule {
            rest: pointer.clone(),
            ws: pointer.clone(),
            compare,
            reason,
            evidence: format!("{why}; differs in {}", evidence(differs, count.both, count.odd)),
        }),
        None => FieldOutcome::Unexplained(noticed(format!(
            "differs in {}",
            evidence(differs, count.both, count.odd)
        ))),
    }
}

fn count<'i>(field: FieldId, samples: &[SampleWithVersions<'i>]) -> Count<'i> {
    let mut count = Count { distance: Some(BigDecimal::from(0)), ..Count::default() };
    for sample in samples {
        let (rest, ws) = match (sample.rest.get(field), sample.likeliest.get(field)) {
            (None, None) => continue,
            (None, Some(_)) => {
                count.one += 1;
                continue;
            }
            (Some(rest), ws) => {
                count.succession(field, rest, sample);
                let Some(ws) = ws else {
                    count.one += 1;
                    continue;
                };
                (rest, ws)
            }
        };
        count.both += 1;
        for (side, cell) in [(Side::Rest, rest), (Side::Ws, ws)] {
            let digits = &mut count.digits[side.index()];
            *digits = (*digits).max(digits_after_the_point(cell));
        }
        let apart = number::distance(&rest.text, &ws.text);
        if text(rest) == text(ws) {
            count.equal += 1;
            count.same_instant += 1;
            count.example.get_or_insert((rest, ws));
        } else {
            let point = |cell: &Cell| instant::parse(&cell.text).map(|at| at.nanoseconds);
            count.same_instant += u64::from(point(rest).is_some() && point(rest) == point(ws));
            count.odd.get_or_insert((rest, ws));
            if let Some(apart) = apart.as_ref().filter(|_| count.residues.len() < RESIDUES) {
                count.residues.insert(apart.clone());
            }
        }
        count.distance = count.distance.take().zip(apart).map(|(largest, apart)| largest.max(apart));
    }
    count
}

impl Count<'_> {
    /// How the field went on from REST's answer before.
    fn succession(&mut self, field: FieldId, rest: &Cell, sample: &SampleWithVersions<'_>) {
        let Some((before, at)) = sample.before else { return };
        let Some(before) = before.get(field) else { return };
        let moved = text(before) != text(rest);
        self.successive += 1;
        self.moved += u64::from(moved);
        if sample.sent.since(at) < BACK_TO_BACK {
            self.pairs += 1;
            self.pairs_moved += u64::from(moved);
        }
        if let (Some(before), Some(now)) = (seconds(before), seconds(rest)) {
            let passed = sample.received.since(at).as_secs_f64();
            self.fell_with_time += u64::from((before - now - passed).abs() <= COUNTDOWN_SLACK);
            self.fell += before - now;
            self.passed += passed;
        }
    }
}

/// A cell's value as seconds that may fall; roughly is good enough here.
pub fn seconds(cell: &Cell) -> Option<f64> {
    cell.text.parse::<f64>().ok().filter(|value| value.is_finite())
}

fn digits_after_the_point(cell: &Cell) -> usize {
    // a decimal in a string keeps its zeros, a float has none to keep
    let written = if cell.shape == Shape::String { cell.text.to_string() } else { text(cell) };
    written.split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

/// The rule under which all samples agree, the reason it would carry, and why it is proposed.
fn explanation(count: &Count<'_>) -> Option<(Compare, Option<String>, String)> {
    if count.same_instant == count.both {
        let why = "the same point in time in another notation".to_owned();
        return Some((Compare::Instant { tolerance: Duration::ZERO }, None, why));
    }
    let [rest, ws] = count.digits;
    let coarser = rest.min(ws);
    let scale = u32::try_from(coarser).unwrap_or(u32::MAX);
    let step = BigDecimal::new(1.into(), i64::from(scale));
    // one distance only is an offset, and that is a fault
    let varies = count.residues.len() >= RESIDUES;
    if rest != ws && varies && scale <= 30 && count.distance.as_ref().is_some_and(|largest| *largest < step) {
        let (who, finer) = if ws < rest { ("the WebSocket", "REST") } else { ("REST", "the WebSocket") };
        let plural = if coarser == 1 { "" } else { "s" };
        let why = format!("{who} has {coarser} digit{plural} after the point, {finer} {}", rest.max(ws));
        let reason = format!("{who} rounds to {coarser} digit{plural}");
        return Some((Compare::Decimal { tolerance: Tolerance::Scale(scale) }, Some(reason), why));
    }
    let falls = count.distance.is_some()
        && count.successive >= MIN_SAMPLES
        && count.fell_with_time == count.successive
        && count.fell > COUNTDOWN_SLACK
        && (count.fell - count.passed).abs() <= count.passed / 10.0 + COUNTDOWN_SLACK;
    if falls {
        let why = format!("falls as time passes in {} of {} successive reads", count.moved, count.successive);
        let reason = "counts down between the two reads".to_owned();
        return Some((Compare::Countdown { tolerance: Duration::from_secs(2) }, Some(reason), why));
    }
    let is_time = count.odd.is_some_and(|(rest, ws)| {
        let is_time =
            |cell: &Cell| !number::is_number(cell.text.as_bytes()) && instant::parse(&cell.text).is_some();
        is_time(rest) && is_time(ws)
    });
    let always_moves = count.successive >= MIN_SAMPLES && count.moved == count.successive;
    let is_volatile = count.pairs >= PAIRS && count.pairs_moved == count.pairs;
    if is_volatile || (is_time && always_moves) {
        let why = match is_volatile {
            true => format!(
                "differs between two REST reads made back to back, {} of {}",
                count.pairs, count.pairs
            ),
            false => {
                format!("a time that is another one in each of {} successive REST reads", count.successive)
            }
        };
        return Some((Compare::Ignore, Some("differs on every read".to_owned()), why));
    }
    None
}
