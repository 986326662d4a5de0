//! What an unexplained sample is called, and whether it counts by itself.

use std::time::Duration;

use crate::align::aligner::Aligner;
use crate::align::entity_history::EntityHistory;
use crate::align::explain::{Budget, says};
use crate::align::sample::Sample;
use crate::align::sampled::{Owed, holds, is_mixed, lacks};
use crate::align::unexplained::{ExtraEntity, Stream, Unexplained, UnexplainedRow};
use crate::align::version::Version;
use crate::diff::digest::{Digest, Key};
use crate::diff::field_table::{FieldTable, Side};
use crate::diff::normalise::Row;
use crate::model::feature::{Carries, Delivery};
use crate::model::outcome::{Kind, Outcome};
use crate::model::time::Nanos;

/// What stands on a screen for less than this is seen by nobody.
const BRIEF: Duration = Duration::from_millis(250);
/// Answers this close to each other tell how long a state stood between them.
const TOLD: Duration = Duration::from_secs(1);

impl Aligner {
    /// How an unexplained answer of a periodic stream stands; `None`: it counts by itself. Where some of its rows
    /// count and some do not, the others are left aside.
    fn stand(&mut self, mut unexplained: Unexplained) -> (Option<Owed>, Unexplained) {
        if self.feature.delivery() != Delivery::Periodic || unexplained.stalled {
            return (None, unexplained);
        }
        let skew = Duration::from_micros(self.tally.moved_skew.value_at_quantile(0.99));
        let hold = self.feature.silence_limit() + skew.min(self.budget.push_delay);
        let dues = self.dues_near(unexplained.sample.received, skew);
        let seen = self.seen_budget();
        let sample = &unexplained.sample;
        let (mut held, mut pinned, mut apart) = (Vec::new(), Vec::new(), Vec::new());
        let lacks = |extra: &ExtraEntity| {
            let entity = self.history.entities.get(&extra.key);
            extra.known.is_some()
                || entity.is_none_or(|entity| lacks(entity, sample.received, hold, &dues, seen))
        };
        let lacking: Vec<ExtraEntity> =
            unexplained.extra.iter().filter(|extra| lacks(extra)).cloned().collect();
        for row in &unexplained.rows {
            let Some(entity) = self.history.entities.get(&row.row.key) else {
                held.push(row.clone());
                continue;
            };
            let is_on_stream = entity.versions.iter().any(|version| version.digest.is_some());
            if row.known.is_some() || !is_on_stream {
                held.push(row.clone());
                continue;
            }
            let is_mixed = is_mixed(&mut self.plan, entity, &row.row, sample, self.budget);
            let only_counts_down =
                self.plan.has.countdown && is_said(&mut self.plan, entity, &row.row, sample, self.budget);
            if !(is_mixed && only_counts_down) && holds(entity, &row.row, sample, hold, &dues, seen) {
                held.push(row.clone());
            } else if self.sampled.pins.pins(&mut self.plan, entity, &row.row, sample, self.budget) {
                pinned.push(row.clone());
            } else if !is_mixed {
                apart.push(row.clone());
            }
        }
        for row in pinned.iter().chain(&apart) {
            let Some(entity) = self.history.entities.get(&row.row.key) else { continue };
            if let Some(place) = entity.period_of(row.row.digest, sample.received) {
                self.sampled.note_owed_state(row.row.key, entity.intervals[place].first);
            }
        }
        let owed = if !held.is_empty() || !lacking.is_empty() {
            unexplained.rows = held;
            unexplained.extra = lacking;
            None
        } else if !pinned.is_empty() {
            unexplained.rows = pinned;
            unexplained.extra.clear();
            Some(Owed::Pinned)
        } else if !apart.is_empty() {
            unexplained.rows = apart;
            unexplained.extra.clear();
            Some(Owed::Apart)
        } else {
            Some(Owed::Between)
        };
        (owed, unexplained)
    }

    /// When pushes near a time were due: those that came, and those that did not come to a regular stream. Each as
    /// the stretch in which it read the state, by the lateness that this run shows; none while that is not known.
    fn dues_near(&self, at: Nanos, skew: Duration) -> Vec<(Nanos, Nanos)> {
        if self.tally.moved_skew.len() < 5 {
            return Vec::new();
        }
        let reach = self.feature.silence_limit() + skew;
        let usual = self.sampled.rhythm.usual_pause().unwrap_or_default();
        let mut dues = Vec::new();
        let mut before: Option<Nanos> = None;
        let near = |arrival: &Nanos| *arrival + reach >= at && *arrival <= at + reach;
        for arrival in self.sampled.rhythm.arrivals().filter(near) {
            if let Some(mut due) = before.filter(|_| !usual.is_zero()) {
                due = due + usual;
                while due + usual / 2 < arrival {
                    dues.push(due);
                    due = due + usual;
                }
            }
            dues.push(arrival);
            before = Some(arrival);
        }
        dues.into_iter().map(|due| (due - skew, due)).collect()
    }

    /// The arrival before which no push came for more than one and a half intervals, around this time.
    fn hole_at(&self, at: Nanos) -> Option<Nanos> {
        let usual = self.sampled.rhythm.usual_pause().unwrap_or(self.feature.every());
        let limit = usual + usual / 2;
        let (before, next) = self.sampled.rhythm.around(at)?;
        next.is_none_or(|next| next.since(before) > limit).then_some(before)
    }

    /// Whether all that was due at `due` came with a push soon after, so that it only had to wait for it.
    fn waited_for_its_push(&self, unexplained: &Unexplained, outcome: &Outcome, due: Nanos) -> bool {
        if self.was_passed_over(unexplained) {
            return false;
        }
        let waited = if outcome.kind == Kind::WsLate {
            let excess = outcome.differences.iter().filter_map(|difference| difference.excess_ms).max();
            excess.map(Duration::from_millis)
        } else {
            self.carried_after(unexplained, due).map(|arrival| arrival.since(due))
        };
        // No longer than pushes let wait for each other in this run.
        let longest = self.sampled.rhythm.longest_pause().unwrap_or(self.feature.every());
        waited.is_some_and(|waited| waited <= self.feature.every().min(longest))
    }

    /// Whether a push came after REST had said it for so long that this push had to carry it.
    fn was_passed_over(&self, unexplained: &Unexplained) -> bool {
        if self.feature.carries() != Carries::Snapshot {
            return false;
        }
        let received = unexplained.sample.received;
        let since = |key: Key, digest: Option<Digest>| {
            let entity = self.history.entities.get(&key)?;
            match digest {
                Some(digest) => entity.period_of(digest, received).map(|place| entity.intervals[place].first),
                None => entity.absence_of(received).map(|absence| absence.first),
            }
        };
        unexplained.states().filter_map(|(key, digest)| since(key, digest)).any(|first| {
            let owed_from = first + self.budget.push_delay;
            self.sampled.rhythm.arrivals().any(|arrival| arrival > owed_from && arrival <= received)
        })
    }

    /// Whether all that is unexplained is a state of an on-change stream that REST was in for a moment, and that the
    /// push of the state after it overtook: a stream that puts changes together leaves it out, and nobody sees it.
    fn was_too_brief(&self, unexplained: &Unexplained) -> bool {
        let sample = &unexplained.sample;
        let loose = self.plan.has.loose;
        let skew = Duration::from_micros(self.tally.moved_skew.value_at_quantile(0.99));
        let soon = BRIEF + skew.min(self.budget.push_delay);
        let age = Duration::from_micros(self.tally.rest_age.value_at_quantile(0.99));
        let read = sample.sent - age.min(self.budget.rest_staleness);
        let is_brief = |row: &UnexplainedRow| {
            let entity = self.history.entities.get(&row.row.key)?;
            let place = entity.period_of(row.row.digest, sample.received)?;
            let interval = &entity.intervals[place];
            let before = &entity.intervals[place.checked_sub(1)?];
            let next = entity.intervals.get(place + 1)?;
            // Where REST is asked so often that it tells how long it was in the state, that is what counts.
            let at_most = next.first.since(before.last);
            let may_be_brief = at_most > TOLD || at_most <= BRIEF;
            let overtakes = |version: &Version| {
                version.from > read
                    && version.source == Side::Ws
                    && version.digest.is_some_and(|digest| {
                        let is = |other: Digest| digest.is_one_state(other, loose);
                        !is(row.row.digest) && !before.digest.is_some_and(is)
                    })
            };
            let overtaken = entity.window(read, interval.last + soon).any(overtakes);
            let seen_for = interval.last.since(interval.first);
            Some(row.known.is_none() && seen_for <= BRIEF && may_be_brief && overtaken)
        };
        self.feature.delivery() == Delivery::OnChange
            && unexplained.extra.is_empty()
            && !unexplained.rows.is_empty()
            && unexplained.rows.iter().all(|row| is_brief(row) == Some(true))
    }

    /// When all of an unexplained answer had come after `at`, entity by entity.
    fn carried_after(&self, unexplained: &Unexplained, at: Nanos) -> Option<Nanos> {
        let carried = unexplained.states().map(|(key, digest)| {
            let versions = &self.history.entities.get(&key)?.versions;
            let later = versions.partition_point(|version| version.from <= at);
            versions.range(later..).find(|version| version.digest == digest).map(|version| version.from)
        });
        carried.collect::<Option<Vec<Nanos>>>()?.into_iter().max()
    }

    /// Names the unexplained that has waited longest. `end`: the run is over, nothing more will come.
    pub(super) fn name_oldest(&mut self, end: Option<Nanos>) {
        let Some(unexplained) = self.queue.next_unexplained() else { return };
        self.sampled.judged(unexplained.sample.series);
        let terms = self.terms();
        let stalled = unexplained.stalled
            || self.stall.stalled_since().is_some_and(|since| since < unexplained.sample.received);
        let due = unexplained.sample.received + self.budget.push_delay;
        let overdue = end.map(|end| end.since(due)).filter(|overdue| *overdue < self.sampled.lag);
        let stream = Stream { stalled, last_word: self.stall.last_word(), overdue };
        if !stalled && self.was_too_brief(&unexplained) {
            self.settle(
                &unexplained.sample,
                Kind::NotComparable,
                Some("REST left it again before it could be pushed"),
            );
            return;
        }
        let states: Vec<(Key, Option<Digest>)> = unexplained.states().collect();
        let (owed, unexplained) = self.stand(unexplained);
        let mut outcome = unexplained.name(&mut self.plan, &self.history, terms, stream);
        if outcome.kind == Kind::WsLate {
            let excess = outcome.differences.iter().filter_map(|difference| difference.excess_ms).max();
            self.sampled.lag = self.sampled.lag.max(Duration::from_millis(excess.unwrap_or_default()));
        }
        let rows: Vec<Key> = unexplained.rows.iter().map(|row| row.row.key).collect();
        let is_late = matches!(outcome.kind, Kind::WsLate | Kind::LateOrStale);
        let is_stream_fault = matches!(outcome.kind, Kind::Stalled | Kind::MissedInGap);
        let is_periodic = self.feature.delivery() == Delivery::Periodic;
        if is_periodic && !is_stream_fault {
            let Sample { series, serial, received, .. } = unexplained.sample;
            for (key, digest) in states {
                self.sampled.stretches.take(key, (series, serial), received, digest, is_late);
            }
        }
        if is_periodic && is_late && self.waited_for_its_push(&unexplained, &outcome, due) {
            // A state of a sampled stream may wait for its push before it may be late.
            self.sampled.carried_later(&self.feature.name, &outcome, &rows);
            self.settle(&unexplained.sample, Kind::NotComparable, Some("carried by the push after it"));
            return;
        }
        if let (Some(owed), false) = (owed, is_stream_fault) {
            let gap = self.hole_at(unexplained.sample.received);
            self.sampled.take(&self.feature.name, &outcome, owed, gap, &rows);
            if let Some(deferred) = &mut self.deferred {
                deferred.push_back(outcome);
            }
            return;
        }
        if outcome.kind == Kind::MissedInGap {
            let wrong =
                outcome.differences.iter().filter_map(|difference| difference.wrong_ms).max().unwrap_or(0);
            self.tally.missed_in_gap = self.tally.missed_in_gap.max(Duration::from_millis(wrong));
        }
        outcome.differences.truncate(Outcome::MAX_DIFFERENCES);
        self.emit(outcome);
    }
}

/// Whether a version near the answer says by rule what it says, fields that fall with time left aside.
fn is_said(
    plan: &mut FieldTable,
    entity: &EntityHistory,
    row: &Row,
    sample: &Sample<'_>,
    budget: Budget,
) -> bool {
    let (earliest, latest) = budget.window(sample.sent, sample.received);
    entity.window(earliest, latest).any(|version| {
        let text = || Some(sample.text_of(row).into());
        says(plan, (entity, version), row.digest, text, sample.bound(), None) == Some(true)
    })
}
