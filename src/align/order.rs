//! In which order the two sides went through the same states.
//!
//! REST showed X, then Y. If the stream carried Y, then X, the screen showed the older state last, although each
//! came within its window. So the states that an entity goes through in REST must have a monotone explanation:
//! one version each, inside its window, never going back. The earliest version that is still possible is kept,
//! which finds such an explanation wherever there is one; states that come again are therefore no break.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use crate::align::entity_history::EntityHistory;
use crate::align::entity_text::are_one_state;
use crate::align::explain::Budget;
use crate::align::history::History;
use crate::align::server_clock::ServerClock;
use crate::align::tally::Findings;
use crate::align::version::Version;
use crate::diff::digest::{Digest, Key};
use crate::diff::field_table::FieldTable;
use crate::diff::normalise::Batch;
use crate::model::outcome::{Difference, Kind, Outcome, Persistence};
use crate::model::time::Nanos;

/// Moves that wait for their window to close; beyond that the oldest is judged early.
const MAX_WAITING: usize = 65_536;

/// Versions before and after one among which its state is looked for again.
const NEAR: usize = 64;

/// A move of one entity in REST, waiting for late pushes.
#[derive(Debug, Clone, Copy)]
struct Move {
    key: Key,
    digest: Digest,
    sent: Nanos,
    received: Nanos,
    due: Nanos,
}

/// The version that explains the last state REST moved to.
#[derive(Debug, Clone, Copy)]
pub struct Placed {
    /// Arrival of the version.
    from: Nanos,
    /// When REST's answer was received.
    received: Nanos,
    digest: Digest,
}

/// The order of one feature's states.
#[derive(Debug, Clone, Default)]
pub struct Order {
    waiting: VecDeque<Move>,
    /// Breaks that cannot be states that came again: both occur once near them, on both sides.
    pub certain_breaks: u64,
    /// Breaks of states that occur once, if answers are no older than this run shows; and moves that were placed.
    pub likely_breaks: u64,
    placed: u64,
    /// Answers that went back within C to a state REST had left: REST's own doing.
    pub rest_flips: u64,
    pub findings: Findings,
    /// Since when the connection is the same: what a gap swallowed has no order.
    since: Nanos,
    pub server_clock: ServerClock,
}

impl Order {
    /// Forgets what came before a gap.
    pub fn blind(&mut self, until: Nanos) {
        self.waiting.clear();
        self.since = until;
    }

    /// A new connection: its first message may be an old one.
    pub fn begin_anew(&mut self, at: Nanos) {
        self.blind(at);
        self.server_clock.restart();
    }

    /// Whether a periodic stream's breaks are proof: two, or one where REST never comes back to a state.
    pub fn is_broken(&self, history: &History) -> bool {
        let returns = history.entities.values().any(|entity| entity.motion.returns > 0);
        let is_likely = self.likely_breaks >= 5 && self.likely_breaks * 10 >= self.placed;
        is_likely || self.certain_breaks >= if returns { 2 } else { 1 }
    }

    pub fn deadline(&self) -> Option<Nanos> {
        self.waiting.front().map(|moved| moved.due)
    }

    /// Takes an answer that the history has just taken.
    pub fn answer(
        &mut self,
        history: &History,
        batch: &Batch,
        budget: Budget,
        (sent, received): (Nanos, Nanos),
    ) {
        for row in &batch.rows {
            let Some(entity) = history.entities.get(&row.key) else { continue };
            let is_new = entity.intervals.len() > 1
                && entity.intervals.back().is_some_and(|interval| interval.first == received);
            if !is_new {
                continue;
            }
            if flips(entity, row.digest, received, budget) {
                self.rest_flips += 1;
                continue;
            }
            if sent < self.since + budget.rest_staleness {
                continue;
            }
            let due = received + budget.push_delay;
            self.waiting.push_back(Move { key: row.key, digest: row.digest, sent, received, due });
        }
    }

    /// Places what is due by `now`; `age`: how old answers get in this run; outcomes are the breaks, which the caller counts where they are certain.
    pub fn judge(
        &mut self,
        plan: &mut FieldTable,
        history: &mut History,
        budget: Budget,
        age: Duration,
        feature: &str,
        now: Nanos,
    ) -> Vec<Outcome> {
        let mut broken = Vec::new();
        while self.waiting.front().is_some_and(|moved| moved.due <= now || self.waiting.len() > MAX_WAITING) {
            let moved = self.waiting.pop_front().expect("one is due");
            let Some(entity) = history.entities.get_mut(&moved.key) else { continue };
            self.placed += 1;
            if let Some(Break { once, is_by_contract }) = place(plan, entity, moved, budget, age, self.since)
            {
                let is_certain = once && is_by_contract;
                self.certain_breaks += u64::from(is_certain);
                self.likely_breaks += u64::from(once);
                let difference = Difference {
                    rest: Some("moved on to this state".to_owned()),
                    ws: Some("carried it before the state that REST had left for it".to_owned()),
                    persistence: Persistence::Confirmed,
                    ..Difference::of(Kind::Reordered, entity.name.clone())
                };
                if once {
                    self.findings.merge(feature, &difference, moved.received);
                }
                if is_by_contract {
                    let outcome = Outcome::of(Kind::Reordered, (moved.sent, moved.received));
                    broken.push(outcome.with_difference(difference));
                }
            }
        }
        broken
    }
}

/// Whether REST returns within C to a state that it had left: two caches, not two states of the world.
fn flips(entity: &EntityHistory, digest: Digest, received: Nanos, budget: Budget) -> bool {
    let reach = received - budget.rest_staleness;
    entity
        .intervals
        .iter()
        .rev()
        .skip(1)
        .take_while(|interval| interval.last >= reach)
        .any(|interval| interval.digest == Some(digest))
}

/// A move whose state the stream only carried before the one that REST had left for it.
#[derive(Debug, Clone, Copy)]
struct Break {
    /// Both states occur once on each side, so that none of them can have come again.
    once: bool,
    /// Also if answers may be as old as C.
    is_by_contract: bool,
}

/// How often something begins to hold.
fn runs(holds: impl Iterator<Item = bool>) -> usize {
    let mut before = false;
    holds.filter(|&holds| !std::mem::replace(&mut before, holds) && holds).count()
}

/// Whether the states of two versions, or what the rules take for them, stand more than once among those remembered:
/// digests tell digits apart that are the same number.
fn comes_again(plan: &mut FieldTable, entity: &EntityHistory, one: Nanos, other: Nanos) -> bool {
    let at = |from: Nanos| entity.versions.iter().position(|version| version.from == from);
    let (Some(one), Some(other)) = (at(one), at(other)) else { return false };
    let versions = &entity.versions;
    if are_one_state(plan, entity, &versions[one], &versions[other]) {
        return true;
    }
    [one, other].into_iter().any(|place| {
        let near = place.saturating_sub(NEAR)..(place + NEAR).min(versions.len());
        let is_same = |version| are_one_state(plan, entity, version, &versions[place]);
        runs(versions.range(near).map(is_same)) > 1
    })
}

/// When the earliest version came that is the state and not before the floor; if there is none, the newest before it.
/// A stream in order has it right after the floor, so that the search begins there.
fn earliest_from(
    floor: Nanos,
    versions: &VecDeque<Version>,
    window: Range<usize>,
    is_it: impl Fn(&&Version) -> bool,
) -> Option<Nanos> {
    let floor = versions.partition_point(|version| version.from < floor).clamp(window.start, window.end);
    let later = versions.range(floor..window.end).find(&is_it);
    let found = later.or_else(|| versions.range(window.start..floor).rev().find(&is_it));
    found.map(|version| version.from)
}

/// Places a move at the earliest version that is still possible; `Some` if there was only an earlier one.
fn place(
    plan: &mut FieldTable,
    entity: &mut EntityHistory,
    moved: Move,
    budget: Budget,
    age: Duration,
    since: Nanos,
) -> Option<Break> {
    entity.placed = entity.placed.filter(|placed| placed.from >= since);
    let (earliest, latest) = budget.window(moved.sent, moved.received);
    let shown_until = entity.last_sent(moved.received).unwrap_or(moved.sent);
    let before = entity.placed.filter(|placed| placed.received <= shown_until - age);
    let floor = before.map_or(Nanos::ZERO, |placed| placed.from);
    let has_loose = plan.has.loose;
    let window = entity.window_places(earliest, latest);
    let chosen = earliest_from(floor, &entity.versions, window, |version| {
        version.digest.is_some_and(|digest| digest.is_one_state(moved.digest, has_loose))
    })?;
    let breaks = chosen < floor;
    let previous = entity.placed;
    entity.placed = Some(Placed { from: chosen, received: moved.received, digest: moved.digest });
    if !breaks || (plan.forgives() && comes_again(plan, entity, chosen, floor)) {
        return None;
    }
    let is_same =
        |one: Option<Digest>, other: Digest| one.is_some_and(|one| one.is_one_state(other, has_loose));
    let once = |digest: Digest| {
        let said = entity.versions.iter().map(|version| is_same(version.digest, digest));
        let shown = entity.intervals.iter().map(|interval| is_same(interval.digest, digest));
        runs(said) == 1 && runs(shown) == 1
    };
    Some(Break {
        once: once(moved.digest) && previous.is_some_and(|placed| once(placed.digest)),
        is_by_contract: before.is_some_and(|placed| placed.received <= shown_until - budget.rest_staleness),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::earliest_from;
    use crate::align::version::Version;
    use crate::diff::field_table::Side;
    use crate::model::time::Nanos;

    proptest! {
        #[test]
        fn a_move_is_placed_as_early_as_possible_and_never_before_the_floor_without_need(
            versions in prop::collection::vec((0u64..4, any::<bool>()), 0..24),
            floor in 0u64..40,
            (start, length) in (0usize..24, 0usize..24),
        ) {
            let mut at = 0;
            let versions: VecDeque<Version> = versions
                .into_iter()
                .map(|(pause, is_it)| {
                    at += pause;
                    Version::absent(Nanos(at), u64::from(is_it), Side::Ws)
                })
                .collect();
            let start = start.min(versions.len());
            let window = start..(start + length).min(versions.len());
            let fitting: Vec<Nanos> =
                versions.range(window.clone()).filter(|it| it.serial == 1).map(|it| it.from).collect();
            let floor = Nanos(floor);
            let later = fitting.iter().filter(|from| **from >= floor).min();
            let earlier = fitting.iter().filter(|from| **from < floor).max();
            prop_assert_eq!(
                earliest_from(floor, &versions, window, |it| it.serial == 1),
                later.or(earlier).copied()
            );
        }
    }
}
