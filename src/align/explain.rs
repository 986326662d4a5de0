//! Can the stream's versions explain a REST sample?
//!
//! Version i, current on [r_i, r_{i+1}), can explain a sample sent at a and received at b iff
//! r_i − D ≤ b and r_{i+1} > a − C (D = push delay, C = REST staleness).

use std::borrow::Cow;
use std::time::Duration;

use crate::align::entity_history::EntityHistory;
use crate::align::history::History;
use crate::align::sample::Sample;
use crate::align::version::{Version, VersionSpan};
use crate::diff::compare::{Times, differing};
use crate::diff::digest::{Digest, Key, Wide};
use crate::diff::field_table::{FieldTable, Role, Side};
use crate::diff::normalise::Row;
use crate::diff::parsed_entity::{Bound, parse_entity};
use crate::model::outcome::Kind;
use crate::model::time::{Nanos, nanos};

/// D and C of a feature.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    pub push_delay: Duration,
    pub rest_staleness: Duration,
}

impl Budget {
    /// `[a − C, b + D]`: what may explain a sample arrived by its end and was replaced after its start.
    pub fn window(&self, sent: Nanos, received: Nanos) -> (Nanos, Nanos) {
        (sent - self.rest_staleness, received + self.push_delay)
    }

    /// Whether everything a sample can have read (from a − C on) is at or after `since`. Not the same as a
    /// comparison with the window's start, which cannot lie before the run's.
    pub fn reads_after(&self, since: Nanos, sent: Nanos) -> bool {
        since + self.rest_staleness <= sent
    }

    /// When a sample and the text of a version can have been written.
    pub fn times(&self, sent: Nanos, received: Nanos, version: &Version) -> Times {
        let written_from = version.written_from.unwrap_or(version.text_at - self.push_delay);
        Times { rest: (sent - self.rest_staleness, received), ws: (written_from, version.text_at) }
    }
}

/// A whole state that explains a sample.
#[derive(Debug, Clone, Copy)]
pub struct WholeMatch {
    pub serial: u64,
    /// Distinct states that could have.
    pub candidates: u32,
    /// How far the two sides had to be moved against each other.
    pub skew: Duration,
    /// How much of that is the answer's age: it says what the stream had already left.
    pub age: Duration,
}

/// The smallest matching state that is not before `from_serial`, else the newest before it.
pub fn whole(
    history: &History,
    sum: u128,
    window: (Nanos, Nanos),
    sample: (Nanos, Nanos),
    from_serial: u64,
) -> Option<WholeMatch> {
    let states = &history.states;
    let first_serial = history.next_serial() - states.len() as u64;
    let start = states.partition_point(|state| state.from <= window.0).saturating_sub(1);
    let end = states.partition_point(|state| state.from <= window.1);
    let sum = Wide::from(sum);
    let matching = |index: &usize| states[*index].sum == sum;
    let resume = usize::try_from(from_serial.saturating_sub(first_serial))
        .unwrap_or(usize::MAX)
        .clamp(start, end.max(start));
    let index = (resume..end).find(matching).or_else(|| (start..resume.min(end)).rev().find(matching))?;
    let until = states.get(index + 1).map_or(Nanos::MAX, |next| next.from);
    Some(WholeMatch {
        serial: first_serial + index as u64,
        candidates: distinct(states.range(start..end).map(|state| state.sum)),
        skew: skew(states[index].from, until, sample),
        age: sample.0.since(until),
    })
}

/// Distinct values among the candidates; beyond 64 candidates their number itself, which is close enough to "weak".
fn distinct(sums: impl ExactSizeIterator<Item = Wide>) -> u32 {
    if sums.len() > 64 {
        return u32::try_from(sums.len()).unwrap_or(u32::MAX);
    }
    let mut sums: Vec<Wide> = sums.collect();
    sums.sort_unstable();
    sums.dedup();
    sums.len() as u32
}

/// Zero where the version was current during the request, else the distance.
pub fn skew(from: Nanos, until: Nanos, (sent, received): (Nanos, Nanos)) -> Duration {
    if from > received { from.since(received) } else { sent.since(until) }
}

/// One entity of a sample held against the stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// Versions of the serial ranges that were added say it.
    Explained,
    /// The stream had not yet said its first word about it when the window began.
    Prehistory,
    /// What could explain it was forgotten for want of room.
    Forgotten,
    Unexplained,
}

/// Versions with this digest are taken as never sent: the self-check's way to drop a push.
pub type Without = Option<Digest>;

/// A row of a sample, and what is to be known of both to hold it against the stream.
#[derive(Debug, Clone, Copy)]
pub struct RowCase<'c> {
    pub row: &'c Row,
    pub text: &'c str,
    pub bound: &'c Bound<'c>,
    /// When the sample was sent and received.
    pub sample: (Nanos, Nanos),
    pub budget: Budget,
    /// When the stream's word about the entity became complete; `None` if it has not.
    pub since: Option<Nanos>,
    pub without: Without,
}

/// Holds one row against its entity's versions. `ranges` takes the serials of all that say it; without it one will do.
pub fn entity(
    plan: &mut FieldTable,
    track: Option<&EntityHistory>,
    case: &RowCase<'_>,
    mut ranges: Option<&mut Vec<(u64, u64)>>,
) -> Standing {
    let RowCase { row, sample, budget, without, .. } = *case;
    let (earliest, latest) = budget.window(sample.0, sample.1);
    let (mut explained, mut forgotten) = (false, false);
    if let Some(track) = track {
        for VersionSpan { version, next_serial, .. } in track.newest_in_window(earliest, latest) {
            if without.is_some() && version.digest == without {
                continue;
            }
            let times = budget.times(sample.0, sample.1, version);
            let text = || Some(case.text.into());
            match (says(plan, (track, version), row.digest, text, case.bound, Some(times)), &mut ranges) {
                (Some(true), Some(ranges)) => {
                    explained = true;
                    ranges.push((version.serial, next_serial));
                }
                (Some(true), None) => return Standing::Explained,
                (Some(false), _) => {}
                (None, _) => forgotten = true,
            }
        }
        forgotten |= !budget.reads_after(track.crowded_until(), sample.0);
    }
    if explained {
        return Standing::Explained;
    }
    match case.since {
        Some(since) if budget.reads_after(since, sample.0) => {
            if forgotten {
                Standing::Forgotten
            } else {
                Standing::Unexplained
            }
        }
        _ => Standing::Prehistory,
    }
}

/// Whether a version says by rule what REST said; `None` where only the texts could tell and one is gone.
///
/// `times`: when both were written, for fields that fall with time; without it these are not looked at.
pub fn says<'t>(
    plan: &mut FieldTable,
    (track, version): (&EntityHistory, &Version),
    rest_digest: Digest,
    rest_text: impl FnOnce() -> Option<Cow<'t, str>>,
    bound: &Bound<'_>,
    times: Option<Times>,
) -> Option<bool> {
    let Some(digest) = version.digest else { return Some(false) };
    let equal = digest.strict == rest_digest.strict && digest.loose == rest_digest.loose;
    if equal && (times.is_none() || !plan.has.countdown) {
        return Some(true);
    }
    // Unequal strict digests can still be equal where a number carries a double's noise.
    if digest.strict != rest_digest.strict && !plan.is_noisy {
        return Some(false);
    }
    let (rest_text, ws_text) = (rest_text()?, track.text_of(version)?);
    let rest = parse_entity(plan, Side::Rest, &rest_text, bound);
    let ws = parse_entity(plan, version.source, &ws_text, &[]);
    let (Ok(rest), Ok(ws)) = (rest, ws) else { return Some(false) };
    let when = times.unwrap_or(Times { rest: (Nanos::ZERO, Nanos::MAX), ws: (Nanos::ZERO, Nanos::MAX) });
    let is_time = |field: usize| times.is_none() && is_countdown(plan.fields[field].role);
    Some(differing(plan, &rest, &ws, when).all(|(kind, field)| kind == Kind::Value && is_time(field)))
}

fn is_countdown(role: Role) -> bool {
    matches!(role, Role::Countdown(_))
}

/// A sample held against the stream entity by entity.
#[derive(Debug, Clone, Default)]
pub struct Explanation {
    pub explained: usize,
    /// Rows (by index) before the stream's first word.
    pub prehistory: Vec<usize>,
    /// Rows of which it is forgotten what could explain them.
    pub forgotten: Vec<usize>,
    /// Rows that no version explains.
    pub unexplained: Vec<usize>,
    /// Entities the stream has and the sample lacks.
    pub extra: Vec<Key>,
    /// Whether one state explains all that is explained, where each message is the whole state.
    pub one_state: bool,
}

/// What `explain` needs to know of the feature besides its history.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub budget: Budget,
    /// Each message is the whole state.
    pub snapshot: bool,
    /// For snapshots: since when the stream's word is complete.
    pub seeded: Option<Nanos>,
}

/// Holds a whole sample against the history.
pub fn sample(plan: &mut FieldTable, history: &History, sample: &Sample<'_>, terms: Terms) -> Explanation {
    let mut explanation = Explanation { one_state: true, ..Explanation::default() };
    let window = terms.budget.window(sample.sent, sample.received);
    let (mut ranges, mut common): (Vec<(u64, u64)>, Option<Vec<(u64, u64)>>) = (Vec::new(), None);
    for (index, row) in sample.rows.iter().enumerate() {
        let track = history.entities.get(&row.key);
        let case = RowCase {
            row,
            text: sample.text_of(row),
            bound: sample.bound(),
            sample: (sample.sent, sample.received),
            budget: terms.budget,
            since: if terms.snapshot { terms.seeded } else { track.and_then(|track| track.seeded) },
            without: None,
        };
        ranges.clear();
        // Only the entities of a snapshot have to be of one state.
        match entity(plan, track, &case, terms.snapshot.then_some(&mut ranges)) {
            Standing::Explained => {
                explanation.explained += 1;
                if terms.snapshot {
                    common = Some(match common {
                        None => std::mem::take(&mut ranges),
                        Some(common) => intersect(&common, &ranges),
                    });
                }
            }
            Standing::Prehistory => explanation.prehistory.push(index),
            Standing::Forgotten => explanation.forgotten.push(index),
            Standing::Unexplained => explanation.unexplained.push(index),
        }
    }
    if sample.whole {
        extra(history, sample, terms, window, &mut explanation);
    }
    explanation.one_state = common.is_none_or(|common| !common.is_empty());
    explanation
}

/// Entities that every version in the window has and the sample lacks.
fn extra(
    history: &History,
    sample: &Sample<'_>,
    terms: Terms,
    window: (Nanos, Nanos),
    explanation: &mut Explanation,
) {
    let mut listed: Vec<Key> = sample.rows.iter().map(|row| row.key).collect();
    listed.sort_unstable();
    for (key, track) in &history.entities {
        if listed.binary_search(key).is_ok() {
            continue;
        }
        let since = if terms.snapshot { terms.seeded } else { track.seeded };
        let known = since.map(|since| since.max(track.crowded_until()));
        let complete = known.is_some_and(|known| terms.budget.reads_after(known, sample.sent));
        let mut versions = track.window(window.0, window.1).peekable();
        // Before its first version the entity was absent, if the stream's word was complete then.
        let began_inside = track.versions.front().is_some_and(|first| first.from > window.0);
        if complete
            && !began_inside
            && versions.peek().is_some()
            && versions.all(|version| version.digest.is_some())
        {
            explanation.extra.push(*key);
        }
    }
    explanation.extra.sort_unstable();
}

fn intersect(a: &[(u64, u64)], b: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut both = Vec::new();
    for &(a_from, a_to) in a {
        for &(b_from, b_to) in b {
            let (from, to) = (a_from.max(b_from), a_to.min(b_to));
            if from < to {
                both.push((from, to));
            }
        }
    }
    both
}

/// Nanoseconds of a duration as f64 milliseconds.
pub fn milliseconds(duration: Duration) -> f64 {
    nanos(duration) as f64 / 1e6
}
