//! Which entity is which, and which versions of the WebSocket stood beside each REST sample.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::diff::field_table::FieldId;
use crate::json::cursor::Shape;
use crate::json::number;
use crate::model::time::Nanos;
use crate::propose::{Cell, EntityRow, MIN_SAMPLES, ProposalInput};

/// Fields tried as parts of a key.
const MAX_CANDIDATES: usize = 24;
/// Samples looked at.
const MAX_SAMPLES: usize = 5_000;
/// Versions compared with one sample.
const MAX_BESIDE: usize = 100;

/// What identifies an entity.
pub struct EntityKey {
    pub fields: Vec<FieldId>,
    /// Why it is proposed; `None` where the configuration's own key holds.
    pub evidence: Option<String>,
}

/// One entity of a REST answer, and the WebSocket's versions of it that can explain it.
pub struct SampleWithVersions<'i> {
    pub rest: &'i EntityRow,
    /// With the time at which each arrived.
    pub beside: Vec<(Nanos, &'i EntityRow)>,
    /// The one of them that has most in common with REST's word; of equals the one current at the answer.
    pub likeliest: &'i EntityRow,
    /// REST's word before this one about the same entity, and when it was received.
    pub before: Option<(&'i EntityRow, Nanos)>,
    pub sent: Nanos,
    pub received: Nanos,
}

type Name = Vec<String>;

fn name(row: &EntityRow, key: &[FieldId]) -> Option<Name> {
    key.iter().map(|field| row.get(*field).map(text)).collect()
}

/// One text for one value.
pub fn text(cell: &Cell) -> String {
    match number::is_number(cell.text.as_bytes()) {
        true => number::canonical(&cell.text).into_owned(),
        false => cell.text.to_string(),
    }
}

/// The configuration's key where it tells the entities apart, else one that does; `None` where nothing does.
pub fn key(intake: &ProposalInput) -> Option<EntityKey> {
    let declared: Option<Vec<FieldId>> = intake
        .feature
        .key
        .iter()
        .map(|pointer| intake.plan.fields.iter().position(|field| field.pointer == *pointer))
        .collect();
    if let Some(fields) = declared.filter(|fields| tells_apart(intake, fields)) {
        return Some(EntityKey { fields, evidence: None });
    }
    let fields = infer(intake)?;
    let names: BTreeSet<Name> = rest_rows(intake).filter_map(|row| name(row, &fields)).collect();
    let answers = intake.answers.len();
    let evidence = format!(
        "in every entity of both sides, none twice in one of {answers} answers; {} entities, such as {}",
        names.len(),
        names.first().map(|name| crate::model::text::cut(&format!("{name:?}"), 60)).unwrap_or_default()
    );
    Some(EntityKey { fields, evidence: Some(evidence) })
}

fn rest_rows(intake: &ProposalInput) -> impl Iterator<Item = &EntityRow> {
    intake.answers.iter().flat_map(|answer| &answer.rows)
}

fn ws_rows(intake: &ProposalInput) -> impl Iterator<Item = &EntityRow> {
    intake.messages.iter().flat_map(|message| &message.rows)
}

/// Whether every entity has the key, on both sides, and no list has one twice.
fn tells_apart(intake: &ProposalInput, key: &[FieldId]) -> bool {
    let lists = intake.answers.iter().map(|answer| &answer.rows);
    lists.chain(intake.messages.iter().map(|message| &message.rows)).all(|rows| {
        let mut met = BTreeSet::new();
        rows.iter().all(|row| name(row, key).is_some_and(|name| met.insert(name)))
    })
}

fn infer(intake: &ProposalInput) -> Option<Vec<FieldId>> {
    if intake.answers.is_empty() || intake.messages.is_empty() {
        return None;
    }
    let mut candidates: Vec<(bool, FieldId)> = (0..intake.plan.fields.len())
        .filter(|field| !intake.plan.fields[*field].pointer.is_root())
        .filter_map(|field| {
            let mut cells = rest_rows(intake).chain(ws_rows(intake)).map(|row| row.get(field));
            let first = cells.next()??;
            let is_number = |cell: &Cell| number::is_number(cell.text.as_bytes());
            let numbers = is_number(first);
            let fits = |cell: Option<&Cell>| {
                cell.is_some_and(|cell| {
                    let scalar = matches!(cell.shape, Shape::String | Shape::Number);
                    // a price with its point is no name
                    scalar && is_number(cell) == numbers && !(numbers && cell.text.contains(['.', 'e', 'E']))
                })
            };
            (fits(Some(first)) && cells.all(fits)).then_some((numbers, field))
        })
        .collect();
    // text before numbers, then as REST writes them
    candidates.sort_unstable();
    candidates.truncate(MAX_CANDIDATES);
    let singles = candidates.iter().map(|(number, field)| (*number, vec![*field]));
    let pairs = candidates.iter().enumerate().flat_map(|(at, (number, first))| {
        candidates[at + 1..].iter().map(move |(other, second)| (*number || *other, vec![*first, *second]))
    });
    let (_, mut key) = singles
        .chain(pairs)
        .find(|(numbers, key)| tells_apart(intake, key) && is_steady(intake, key, *numbers))?;
    let values = |field: &FieldId| {
        let texts: BTreeSet<String> = rest_rows(intake).filter_map(|row| row.get(*field)).map(text).collect();
        std::cmp::Reverse(texts.len())
    };
    // what tells most apart stands first, as people would write it
    key.sort_by_cached_key(values);
    Some(key)
}

/// Whether both sides speak of the same entities, and of no more as time passes.
fn is_steady(intake: &ProposalInput, key: &[FieldId], numbers: bool) -> bool {
    let of = |rows: &mut dyn Iterator<Item = &EntityRow>| -> BTreeSet<Name> {
        rows.filter_map(|row| name(row, key)).collect()
    };
    let (rest, ws) = (of(&mut rest_rows(intake)), of(&mut ws_rows(intake)));
    let shared = rest.intersection(&ws).count();
    let most = intake.answers.iter().map(|answer| answer.rows.len()).max().unwrap_or(0);
    let series: BTreeSet<&Vec<String>> = intake.answers.iter().map(|answer| &answer.bound).collect();
    let steady = rest.len() <= most.saturating_mul(series.len()).saturating_mul(2);
    let overlap = shared * 2 >= rest.len().min(ws.len()) && shared > 0;
    let proven =
        !numbers || (shared == rest.len().min(ws.len()) && intake.answers.len() as u64 >= MIN_SAMPLES);
    rest.len() > 1 && steady && overlap && proven
}

/// Each entity of each answer with the versions that can explain it by D and C, in the answers' order.
///
/// Only where every version that can explain it was seen; where C is so long that there are too few of these,
/// also what may be explained by a version from before the recording.
pub fn samples<'i>(intake: &'i ProposalInput, key: &[FieldId]) -> Vec<SampleWithVersions<'i>> {
    let covered = beside(intake, key, intake.feature.rest_staleness);
    match covered.len() as u64 >= MIN_SAMPLES {
        true => covered,
        false => beside(intake, key, Duration::ZERO),
    }
}

fn likeliest<'i>(
    rest: &EntityRow,
    beside: &[(Nanos, &'i EntityRow)],
    received: Nanos,
) -> Option<&'i EntityRow> {
    let common = |ws: &EntityRow| {
        let fields = rest.0.iter().zip(&ws.0);
        fields.filter(|(a, b)| a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| text(a) == text(b))).count()
    };
    let rank = |(at, ws): &&(Nanos, &EntityRow)| {
        let is_after = *at > received;
        let away = if is_after { at.since(received) } else { received.since(*at) };
        (common(ws), !is_after, std::cmp::Reverse(away))
    };
    beside.iter().max_by_key(rank).map(|(_, row)| *row)
}

fn beside<'i>(intake: &'i ProposalInput, key: &[FieldId], seeded: Duration) -> Vec<SampleWithVersions<'i>> {
    let mut versions: BTreeMap<Name, Vec<(Nanos, &EntityRow)>> = BTreeMap::new();
    for message in &intake.messages {
        for row in &message.rows {
            let Some(name) = name(row, key) else { continue };
            let versions = versions.entry(name).or_default();
            // the same again only extends a version
            if versions.last().is_none_or(|(_, last)| *last != row) {
                versions.push((message.at, row));
            }
        }
    }
    let (late, stale) = (intake.feature.push_delay, intake.feature.rest_staleness);
    let mut before: BTreeMap<Name, (&EntityRow, Nanos)> = BTreeMap::new();
    let mut samples = Vec::new();
    for answer in &intake.answers {
        let window_end = answer.received + late;
        let broken = intake.breaks.partition_point(|at| *at <= window_end);
        let broken = broken.checked_sub(1).map(|last| intake.breaks[last]);
        if window_end > intake.until || broken.is_some_and(|at| at + stale >= answer.sent) {
            continue;
        }
        for row in &answer.rows {
            if samples.len() == MAX_SAMPLES {
                return samples;
            }
            let Some(name) = name(row, key) else { continue };
            let known: &[(Nanos, &EntityRow)] = versions.get(&name).map_or(&[], Vec::as_slice);
            let end = known.partition_point(|(at, _)| *at <= window_end);
            // a version is current until the next one arrives
            let current = known.partition_point(|(at, _)| *at + stale <= answer.sent).saturating_sub(1);
            let unbroken = known.partition_point(|(at, _)| broken.is_some_and(|broken| *at <= broken));
            let start = current.max(unbroken);
            let beside: Vec<(Nanos, &EntityRow)> =
                known.get(start..end).unwrap_or_default().iter().copied().take(MAX_BESIDE).collect();
            let earlier = before.insert(name, (row, answer.received));
            let is_seeded = known.get(unbroken).is_some_and(|(first, _)| *first + seeded <= answer.sent);
            let likeliest = likeliest(row, &beside, answer.received).filter(|_| is_seeded);
            if let Some(likeliest) = likeliest {
                samples.push(SampleWithVersions {
                    rest: row,
                    beside,
                    likeliest,
                    before: earlier,
                    sent: answer.sent,
                    received: answer.received,
                });
            }
        }
    }
    samples
}
