//! What becomes of a sample: a match, an excuse, or something unexplained that waits for its name.

use std::time::Duration;

use crate::align::aligner::{Aligner, Matched};
use crate::align::explain::{self, Explanation, Terms};
use crate::align::sample::Sample;
use crate::align::tally;
use crate::align::unexplained::{ExtraEntity, Unexplained, UnexplainedRow};
use crate::align::version::VersionSpan;
use crate::diff::digest::{Digest, Key};
use crate::diff::normalise::Row;
use crate::model::feature::{Carries, Delivery};
use crate::model::outcome::{Kind, Outcome};
use crate::model::time::Nanos;

/// A message of more entities than this is held against pending samples without asking which of theirs it says.
const FEW: usize = 8;

impl Aligner {
    /// Whether one state explains the sample at once; if so it is settled.
    pub(super) fn try_match(&mut self, sample: &Sample<'_>) -> bool {
        if self.plan.has.countdown {
            return self.explain(sample, true);
        }
        let window = self.budget.window(sample.sent, sample.received);
        let from_serial = self.matched.get(&sample.series).map_or(0, |matched| matched.serial);
        let times = (sample.sent, sample.received);
        if let Some(found) = explain::whole(&self.history, sample.sum, window, times, from_serial) {
            self.note_explained(sample, &Explanation::default());
            self.matches(sample, found.serial, found.candidates, (found.skew, found.age));
            return true;
        }
        // Tolerances never show in digests, templated answers never in whole states.
        let closer = !sample.bound.is_empty() || self.plan.has.loose;
        closer && self.explain(sample, true)
    }

    /// The newest state, which the newest message made, may be what pending samples wait for.
    pub(super) fn retry_pending(&mut self) {
        let Some(state) = self.history.states.back() else { return };
        let (said, forgives) = (&self.batch.rows, self.plan.forgives());
        let says_a_row_of = |sample: &Sample<'_>| {
            let says = |row: &Row| {
                let equal = |new: &Row| new.key == row.key && (forgives || new.digest == row.digest);
                said.iter().any(equal)
            };
            said.len() > FEW || sample.rows.iter().any(says)
        };
        for (is_hopeful, sample) in self.queue.retry(state.sum.get(), says_a_row_of) {
            if !(is_hopeful && self.try_match(&sample)) {
                self.queue.wait(sample);
            }
        }
    }

    pub(super) fn terms(&self) -> Terms {
        Terms {
            budget: self.budget,
            snapshot: self.feature.carries() == Carries::Snapshot,
            seeded: self.connection.complete_since(),
        }
    }

    /// Holds the sample against the stream entity by entity. `only_match`: leave it where something is unexplained.
    pub(super) fn explain(&mut self, sample: &Sample<'_>, only_match: bool) -> bool {
        let terms = self.terms();
        let found = explain::sample(&mut self.plan, &self.history, sample, terms);
        let clean = found.unexplained.is_empty() && found.extra.is_empty();
        let uncertain = !(found.prehistory.is_empty() && found.forgotten.is_empty());
        let settled_early = clean && !uncertain && (found.one_state || !terms.snapshot);
        if only_match {
            if settled_early && found.explained > 0 {
                self.note_explained(sample, &found);
                self.matched_by_entities(sample);
            }
            return settled_early && found.explained > 0;
        }
        self.note_explained(sample, &found);
        let window = self.budget.window(sample.sent, sample.received);
        let mut unexplained_rows: Vec<UnexplainedRow> = Vec::new();
        let mut uncovered = 0usize;
        for &index in &found.prehistory {
            let row = &sample.rows[index];
            match self.prehistory(row.key, row.digest, sample) {
                Some(unexplained_row) => unexplained_rows.push(unexplained_row),
                None => uncovered += 1,
            }
        }
        unexplained_rows
            .extend(found.unexplained.iter().map(|&index| UnexplainedRow::unexplained(&sample.rows[index])));
        let differs = !unexplained_rows.is_empty() || !found.extra.is_empty();
        if differs && self.history.refused > 0 {
            self.settle(sample, Kind::NotCovered, Some("there are more entities than can be followed"));
        } else if differs {
            if let Some(reason) = self.connection.excuse(window.0, window.1) {
                let missed = self.missed_while_down(sample, &unexplained_rows);
                if missed.is_empty() {
                    self.settle(sample, Kind::Unaligned, Some(reason));
                } else {
                    self.suspect(sample.clone(), missed, Vec::new());
                }
            } else {
                if sample.moved {
                    self.stall.news(sample.received);
                }
                let extra = found.extra.into_iter().map(ExtraEntity::unexplained).collect();
                self.suspect(sample.clone(), unexplained_rows, extra);
            }
        } else if !found.forgotten.is_empty() {
            let reason = "what the stream said then was forgotten for want of room";
            self.settle(sample, Kind::NotCovered, Some(reason));
        } else if (uncovered > 0 && terms.snapshot)
            || (found.explained == 0 && (uncovered > 0 || !self.covered(sample.sent)))
        {
            let reason = if self.tally.messages == 0 {
                "the stream has not said anything yet"
            } else {
                "before the stream's first word about it"
            };
            self.settle(sample, Kind::NotCovered, Some(reason));
        } else if !found.one_state && terms.snapshot {
            self.sampled.judged(sample.series);
            self.settle(sample, Kind::Torn, None);
        } else {
            self.matched_by_entities(sample);
        }
        true
    }

    /// The rows that moved in REST while there was no connection: what a gap excuses from parity is a finding all the
    /// same, also where the next push heals it soon.
    fn missed_while_down(&self, sample: &Sample<'_>, rows: &[UnexplainedRow]) -> Vec<UnexplainedRow> {
        let (earliest, latest) = self.budget.window(sample.sent, sample.received);
        let Some((from, to)) = self.connection.down(earliest, latest) else { return Vec::new() };
        let moved_in_gap = |row: &&UnexplainedRow| {
            let Some(entity) = self.history.entities.get(&row.row.key) else { return false };
            let Some(place) = entity.period_of(row.row.digest, sample.received) else { return false };
            let interval = &entity.intervals[place];
            let moved_after = interval.other_sent.map(|sent| sent - self.budget.rest_staleness);
            interval.first >= from && moved_after.is_some_and(|after| after <= to)
        };
        rows.iter().filter(moved_in_gap).map(|row| UnexplainedRow::missed(&row.row)).collect()
    }

    /// Whether the stream's word was complete at everything this sample can have read.
    pub(super) fn covered(&self, sent: Nanos) -> bool {
        self.connection.complete_since().is_some_and(|seeded| self.budget.reads_after(seeded, sent))
    }

    /// An entity the stream has said nothing of since it opened: missed in a gap, silent, or simply not covered.
    pub(super) fn prehistory(
        &mut self,
        key: Key,
        digest: Digest,
        sample: &Sample<'_>,
    ) -> Option<UnexplainedRow> {
        let open = self.connection.open_since()?;
        let track = self.history.entities.get(&key)?;
        let moved_after = track
            .period_of(digest, sample.received)
            // Caches jump back: only a state read before all that this sample can have read bounds the move.
            .filter(|place| {
                let other = place.checked_sub(1).map(|before| track.intervals[before].last);
                other.is_some_and(|other| self.budget.reads_after(other, sample.sent))
            })
            .and_then(|place| track.intervals[place].other_sent)
            .map(|sent| sent - self.budget.rest_staleness);
        let row = sample.rows.iter().find(|row| row.key == key)?;
        if self.connection.has_reconnected() && track.versions.back().is_some() {
            return match moved_after {
                Some(moved) if moved > open => Some(UnexplainedRow::unexplained(row)),
                _ => Some(UnexplainedRow::missed(row)),
            };
        }
        // Entities of upserts count from their first event on; but one that moves and moves unheard is silent.
        let waited = sample.received.since(open.max(track.intervals.front()?.first));
        let silent = self.feature.carries() != Carries::Snapshot
            && track.seeded.is_none()
            && self.tally.messages > 0
            && waited > self.feature.silence_limit()
            && track.intervals.len() > 2
            && moved_after.is_some_and(|moved| moved > open);
        silent.then(|| UnexplainedRow::unexplained(row))
    }

    pub(super) fn matched_by_entities(&mut self, sample: &Sample<'_>) {
        let serial = self.history.next_serial().saturating_sub(1);
        let (earliest, latest) = self.budget.window(sample.sent, sample.received);
        let states = &self.history.states;
        let candidates = states.partition_point(|state| state.from <= latest)
            - states.partition_point(|state| state.from <= earliest).saturating_sub(1);
        let (mut skew, mut age) = (Duration::ZERO, Duration::ZERO);
        for row in sample.rows.iter() {
            let Some(track) = self.history.entities.get(&row.key) else { continue };
            let distance = |VersionSpan { version, until, .. }: VersionSpan<'_>| {
                let skew = explain::skew(version.from, until, (sample.sent, sample.received));
                (skew, sample.sent.since(until))
            };
            let near = || track.newest_in_window(earliest, latest);
            let equal = near().filter(|span| span.version.digest == Some(row.digest));
            let mut nearest = equal.map(distance).min();
            if nearest.is_none() && self.plan.forgives() {
                // Equal by rule only: what digests do not tell.
                let (plan, text) = (&mut self.plan, sample.text_of(row));
                let said = near().filter(|VersionSpan { version, .. }| {
                    let times = self.budget.times(sample.sent, sample.received, version);
                    let text = || Some(text.into());
                    explain::says(plan, (track, version), row.digest, text, sample.bound(), Some(times))
                        == Some(true)
                });
                nearest = said.map(distance).min();
            }
            let (skew_of_row, age_of_row) = nearest.unwrap_or_default();
            (skew, age) = (skew.max(skew_of_row), age.max(age_of_row));
        }
        self.matches(sample, serial, candidates as u32, (skew, age));
    }

    /// Remembers which entities the stream has explained at least once.
    fn note_explained(&mut self, sample: &Sample<'_>, found: &Explanation) {
        for (index, row) in sample.rows.iter().enumerate() {
            if let Some(track) = self.history.entities.get_mut(&row.key) {
                let in_doubt = [&found.prehistory, &found.forgotten, &found.unexplained];
                track.explained |= !in_doubt.iter().any(|rows| rows.contains(&index));
            }
        }
    }

    pub(super) fn matches(
        &mut self,
        sample: &Sample<'_>,
        serial: u64,
        candidates: u32,
        (skew, age): (Duration, Duration),
    ) {
        self.sampled.judged(sample.series);
        let before =
            self.matched.insert(sample.series, Matched { serial, sum: sample.sum, has_moved: false });
        // A number's noise changes the text and is no move.
        let moved =
            before.is_some_and(|before| before.sum != sample.sum && (before.has_moved || sample.moved));
        self.tally.transitions += u64::from(moved);
        self.tally.passed_over += before.map_or(0, |before| serial.saturating_sub(before.serial + 1));
        for key in self.history.heal(sample.received) {
            self.stale_since_gap(key, sample.received);
        }
        self.list_order.matched(sample.rows.len());
        self.suppressions.matched(&mut self.plan, &self.history, sample, self.budget);
        let terms = self.terms();
        self.tally.rest_age.saturating_record(tally::micros(age).max(1));
        if sample.moved {
            self.tally.moved_skew.saturating_record(tally::micros(skew).max(1));
            self.note_steps(sample);
        }
        self.injector.matched(&mut self.plan, &self.history, sample, terms, moved);
        let outcome = Outcome::of(Kind::Match, (sample.sent, sample.received));
        self.emit(Outcome { skew: Some(skew), candidates, ..outcome });
    }

    /// Whether the pushes that carried what this answer showed for the first time came when REST moved.
    fn note_steps(&mut self, sample: &Sample<'_>) {
        if self.feature.delivery() == Delivery::OnChange {
            return;
        }
        let Some(pause) = self.sampled.rhythm.median_pause() else { return };
        let (earliest, latest) = self.budget.window(sample.sent, sample.received);
        // All rows of an answer moved at one time as far as anybody knows: they are one step, by the worst of them.
        let mut step: Option<((Nanos, Nanos), Nanos)> = None;
        let distance = |((from, to), at): ((Nanos, Nanos), Nanos)| from.since(at).max(at.since(to));
        for row in sample.rows.iter() {
            let Some(entity) = self.history.entities.get(&row.key) else { continue };
            let Some(place) = entity.period_of(row.digest, sample.received) else { continue };
            let interval = &entity.intervals[place];
            let Some(from) = interval.other_sent.filter(|_| interval.first == sample.received) else {
                continue;
            };
            let mut nearest: Option<Nanos> = None;
            for VersionSpan { version, .. } in entity.newest_in_window(earliest, latest) {
                if !version.digest.is_some_and(|digest| digest.is_one_state(row.digest, self.plan.has.loose))
                {
                    continue;
                }
                let distance = |at: Nanos| at.0.abs_diff(interval.first.0);
                if nearest.is_none_or(|known| distance(version.from) <= distance(known)) {
                    nearest = Some(version.from);
                }
                if version.from <= interval.first {
                    break;
                }
            }
            if let Some(arrival) = nearest {
                let found = ((from, interval.first), arrival);
                step = Some(
                    step.map_or(found, |known| if distance(found) > distance(known) { found } else { known }),
                );
            }
        }
        if let Some((moved, arrival)) = step {
            self.sampled.steps.note(moved, arrival, pause);
        }
    }

    /// The screen showed an old state of the entity from after a connection gap until `end` or the stream's next word.
    pub(super) fn stale_since_gap(&mut self, key: Key, end: Nanos) {
        let Some(entity) = self.history.entities.get(&key) else { return };
        let Some(trouble) = entity.trouble else { return };
        let wrong = trouble.healed.unwrap_or(end).since(trouble.since);
        self.tally.findings.lengthen(Kind::MissedInGap, &entity.name, wrong);
        self.tally.missed_in_gap = self.tally.missed_in_gap.max(wrong);
    }

    pub(super) fn settle(&mut self, sample: &Sample<'_>, kind: Kind, reason: Option<&str>) {
        let first_due = self.connection.open_since().unwrap_or(Nanos::ZERO) + self.feature.silence_limit();
        if kind == Kind::NotCovered && sample.received <= first_due {
            self.tally.uncovered_before_due += 1;
        }
        let outcome = Outcome::of(kind, (sample.sent, sample.received));
        self.emit(Outcome { reason: reason.map(str::to_owned), ..outcome });
    }

    pub(super) fn suspect(&mut self, sample: Sample<'_>, rows: Vec<UnexplainedRow>, extra: Vec<ExtraEntity>) {
        let keys = rows.iter().map(|row| row.row.key).chain(extra.iter().map(|absence| absence.key));
        self.history.troubled(keys, sample.received);
        for row in rows.iter().filter(|row| row.known == Some(Kind::MissedInGap)) {
            if let Some(entity) = self.history.entities.get_mut(&row.row.key) {
                entity.missed_in_gap();
            }
        }
        self.wish.get_or_insert(self.clock.now());
        let settles = sample.received + self.budget.push_delay + self.horizon;
        let stalled = self.stall.stalled_since().is_some();
        let sample = sample.into_owned();
        self.queue.suspect(Unexplained { sample, rows, extra, settles, stalled });
        if self.queue.is_crowded() {
            self.name_oldest(None);
        }
    }
}
