//! The stream said it, but before: overtaken on its way, a market that came back to it, or REST that is behind.

use std::time::Duration;

use crate::align::classify::{Class, Classification};
use crate::align::explain;
use crate::diff::compare::Times;
use crate::diff::field_table::{FieldTable, Side};
use crate::model::outcome::Kind;
use crate::model::time::Nanos;

/// Messages this close to each other may have changed places on their way.
const AT_ONCE: Duration = Duration::from_millis(5);

impl Classification<'_> {
    /// The first of the intervals of this state that caches tore apart, the sample's among them.
    fn first_showing(&self) -> Option<usize> {
        let intervals = &self.track.intervals;
        let mut first = self.place?;
        for place in (0..first).rev() {
            if intervals[first].first.since(intervals[place].last) > self.scene.budget.rest_staleness {
                break;
            }
            if intervals[place].digest == Some(self.shown.digest) {
                first = place;
            }
        }
        Some(first)
    }

    /// REST showed X, then Y; the WebSocket Y, then X.
    ///
    /// Y's push belongs to this showing if it came after the last sample that cannot have been Y yet, and X is
    /// a state that REST had left: one that it came back to while the stream said so was true once more, unless
    /// both were said at once.
    pub(super) fn overtaken(&self, plan: &mut FieldTable, y: usize) -> bool {
        let intervals = &self.track.intervals;
        let Some(first) = self.first_showing() else { return false };
        let Some(other_sent) = intervals[first].other_sent else { return false };
        if self.track.versions[y].from < other_sent - self.scene.budget.rest_staleness {
            return false;
        }
        let settled = intervals[first].first + self.scene.budget.rest_staleness;
        let were_said_at_once = self.until(y) <= self.track.versions[y].from + AT_ONCE;
        let after = y + 1..self.track.versions.len();
        after.filter(|&x| self.track.versions[x].from <= self.latest && !self.says[x]).any(|x| {
            let version = &self.track.versions[x];
            let replaced = self.until(x) + self.scene.budget.rest_staleness;
            version.digest.is_some()
                && intervals.range(..first).any(|period| self.showed(plan, period, version))
                && (were_said_at_once
                    || !intervals
                        .range(first + 1..)
                        .filter(|period| period.last > settled && period.first <= replaced)
                        .any(|period| self.showed(plan, period, version)))
        })
    }

    /// Whether REST shows an older state because it is behind, not because the market came back to it: its countdown
    /// reads as it did then, REST only later gets to what the stream had said, or this stream never comes back to a
    /// state.
    pub(super) fn lags_behind(&self, plan: &mut FieldTable, y: usize) -> bool {
        const MIN_VERSIONS: usize = 12;
        let versions = &self.track.versions;
        let version = &versions[y];
        let then = (version.from - self.scene.budget.push_delay, self.until(y));
        let mut reads_as_of = |when: (Nanos, Nanos)| {
            let ws = self.scene.budget.times(when.0, when.1, version).ws;
            let times = Some(Times { rest: when, ws });
            let text = || Some(self.shown.text.into());
            explain::says(plan, (self.track, version), self.shown.digest, text, self.shown.bound, times)
        };
        if reads_as_of((self.earliest, self.shown.received)) == Some(false) && reads_as_of(then) == Some(true)
        {
            return true;
        }
        let next = self.place.and_then(|place| self.track.intervals.get(place + 1));
        let said_before = versions.partition_point(|version| version.from <= self.earliest);
        next.is_some_and(|next| {
            let mut between = versions.range((y + 1).min(said_before)..said_before);
            between.any(|version| version.source == Side::Ws && self.showed(plan, next, version))
        }) || (versions.len() >= MIN_VERSIONS && !self.stream_comes_back())
    }

    /// Whether the stream ever came back to a state.
    fn stream_comes_back(&self) -> bool {
        let versions = &self.track.versions;
        let before = |place: usize| versions.range(place.saturating_sub(4)..place.saturating_sub(1));
        (2..versions.len()).any(|place| {
            let digest = versions[place].digest;
            digest.is_some() && before(place).any(|other| other.digest == digest)
        })
    }

    /// REST came back to a state it had shown before: the older version belongs to the earlier showing.
    pub(super) fn recurring(&self, late: Option<Duration>, stale: Duration) -> Option<Class> {
        let digest = Some(self.shown.digest);
        let intervals = &self.track.intervals;
        let count = self.place.unwrap_or(intervals.len());
        let previous = intervals.get(count.checked_sub(1)?)?;
        if previous.digest == digest || !intervals.range(..count - 1).any(|period| period.digest == digest) {
            return None;
        }
        if let Some(late) = late {
            return Some(Class { kind: Kind::WsLate, excess: Some(late) });
        }
        // REST went back to what the stream had said all along, and the stream never moved: REST flickered.
        let stream = self.track.version_at(self.latest).map(|version| (version.serial, version.digest));
        let next = self.place.and_then(|place| intervals.get(place + 1));
        let flickered = stream.zip(next).is_some_and(|((serial, digest), next)| {
            next.digest == digest && self.track.versions.back().is_some_and(|last| last.serial == serial)
        });
        let kind = if flickered { Kind::StaleRest } else { Kind::DroppedPush };
        Some(Class { kind, excess: flickered.then_some(stale) })
    }
}
