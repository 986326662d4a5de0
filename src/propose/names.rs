//! Fields with two names: one only in REST, one only on the WebSocket, and the same value in every sample.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::diff::field_table::{FieldId, Side};
use crate::json::instant;
use crate::json::number::Tolerance;
use crate::model::feature::Compare;
use crate::model::proposal::ProposedRule;
use crate::model::time::Nanos;
use crate::propose::fields::{COUNTDOWN_SLACK, Presence, seconds};
use crate::propose::join::{SampleWithVersions, text};
use crate::propose::{Cell, MIN_SAMPLES, ProposalInput, above_positions};

/// Fields of one side that are tried: hostile payloads have thousands.
const MAX_TRIED: usize = 48;
/// A value with this many letters or digits, or this many values, do not agree by chance.
const TELLING: usize = 4;

/// The same thing under two names.
pub struct Pair<'i> {
    pub rest: FieldId,
    pub ws: FieldId,
    how: Agreement,
    agree: u64,
    values: usize,
    likeness: f64,
    example: (&'i Cell, &'i Cell),
    /// Another name fits the values as well: the names decided.
    rivals: Vec<FieldId>,
}

/// In which way all samples agree; the plainest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Agreement {
    Value,
    Instant,
    /// Both fall as time passes.
    Countdown,
}

/// The best partners, each field in one pair at most.
pub fn pairs<'i>(
    intake: &ProposalInput,
    presence: &Presence,
    samples: &[SampleWithVersions<'i>],
) -> Vec<Pair<'i>> {
    let tried = |side| -> Vec<FieldId> {
        presence
            .only(side)
            .filter(|field| {
                let pointer = intake.pointer(*field);
                above_positions(pointer).as_ref() == Some(pointer) && !intake.is_ruled(pointer)
            })
            .take(MAX_TRIED)
            .collect()
    };
    let (rest, ws) = (tried(Side::Rest), tried(Side::Ws));
    let mut all: Vec<Pair<'i>> = rest
        .iter()
        .flat_map(|rest| ws.iter().map(move |ws| (*rest, *ws)))
        .filter_map(|(rest, ws)| pair(intake, rest, ws, samples))
        .collect();
    all.sort_by(|a, b| {
        let rank = |pair: &Pair<'_>| (pair.agree, std::cmp::Reverse(pair.how), pair.values);
        rank(b)
            .cmp(&rank(a))
            .then(b.likeness.total_cmp(&a.likeness))
            .then((a.rest, a.ws).cmp(&(b.rest, b.ws)))
    });
    let mut chosen: Vec<Pair<'i>> = Vec::new();
    for pair in all {
        match chosen.iter_mut().find(|known| known.rest == pair.rest || known.ws == pair.ws) {
            Some(known) => known.rivals.push(if known.rest == pair.rest { pair.ws } else { pair.rest }),
            None => chosen.push(pair),
        }
    }
    chosen
}

/// The two fields as a pair, where no sample contradicts it and the values could not agree by chance.
fn pair<'i>(
    intake: &ProposalInput,
    rest: FieldId,
    ws: FieldId,
    samples: &[SampleWithVersions<'i>],
) -> Option<Pair<'i>> {
    let last = |field| intake.pointer(field).tokens().last();
    let same_last = last(rest) == last(ws);
    let mut agree = 0;
    let mut how = Agreement::Value;
    let mut values = BTreeSet::new();
    let mut example = None;
    for sample in samples {
        let Some(left) = sample.rest.get(rest) else { continue };
        let beside = sample.beside.iter().filter_map(|(at, row)| Some((*at, row.get(ws)?)));
        let ways = beside.clone().filter_map(|(at, right)| Some((way(sample, left, at, right)?, right)));
        let Some((found, right)) = ways.min_by_key(|(how, _)| *how) else {
            if beside.count() == 0 {
                continue;
            }
            return None;
        };
        how = how.max(found);
        agree += 1;
        example.get_or_insert((left, right));
        values.insert(text(left));
    }
    // anything near zero would fall as another does: a countdown needs the name, too
    if how == Agreement::Countdown && (!same_last || values.len() < 2) {
        return None;
    }
    let telling = values.len() > 1
        && values.iter().any(|value| value.bytes().filter(u8::is_ascii_alphanumeric).count() >= TELLING)
        || values.len() > TELLING
        || values.iter().any(|value| value.len() > 2 * TELLING);
    let example = example.filter(|_| agree >= MIN_SAMPLES && telling)?;
    let likeness = strsim::jaro_winkler(
        &intake.pointer(rest).to_string().to_lowercase(),
        &intake.pointer(ws).to_string().to_lowercase(),
    );
    Some(Pair { rest, ws, how, agree, values: values.len(), likeness, example, rivals: Vec::new() })
}

/// How two values agree, if they do.
fn way(sample: &SampleWithVersions<'_>, rest: &Cell, arrived: Nanos, ws: &Cell) -> Option<Agreement> {
    if text(rest) == text(ws) {
        return Some(Agreement::Value);
    }
    let point = |cell: &Cell| instant::parse(&cell.text).map(|at| at.nanoseconds);
    if point(rest).is_some() && point(rest) == point(ws) {
        return Some(Agreement::Instant);
    }
    let passed = sample.received.as_secs_f64() - arrived.as_secs_f64();
    let apart = seconds(ws)? - seconds(rest)? - passed;
    (apart.abs() <= COUNTDOWN_SLACK).then_some(Agreement::Countdown)
}

impl Pair<'_> {
    pub fn rule(&self, intake: &ProposalInput) -> ProposedRule {
        let (rest, ws) = self.example;
        let mut evidence = format!(
            "{} of {} samples, {} values: REST {}, WebSocket {}",
            self.agree,
            self.agree,
            self.values,
            rest.shown(),
            ws.shown()
        );
        if !self.rivals.is_empty() {
            let rivals: Vec<String> =
                self.rivals.iter().map(|field| intake.pointer(*field).to_string()).collect();
            evidence.push_str(&format!("; {} would fit as well: look twice", rivals.join(", ")));
        }
        let (compare, reason) = match self.how {
            Agreement::Value => (Compare::Decimal { tolerance: Tolerance::None }, None),
            Agreement::Instant => (Compare::Instant { tolerance: Duration::ZERO }, None),
            Agreement::Countdown => {
                let reason = "counts down between the two reads".to_owned();
                (Compare::Countdown { tolerance: Duration::from_secs(2) }, Some(reason))
            }
        };
        ProposedRule {
            rest: intake.pointer(self.rest).clone(),
            ws: intake.pointer(self.ws).clone(),
            compare,
            reason,
            evidence,
        }
    }
}
