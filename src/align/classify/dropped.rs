//! The stream never said it: a push that was dropped, or a value that is wrong in what was sent?

use std::time::Duration;

use crate::align::classify::{Class, Classification};
use crate::align::version::Version;
use crate::diff::bug_pattern;
use crate::diff::compare::{Times, differing};
use crate::diff::field_table::{FieldId, FieldTable, Side};
use crate::diff::parsed_entity::{ParsedEntity, parse_entity};
use crate::model::outcome::Kind;

/// So many states of the stream without one that polling missed: it does not miss any.
const MANY_STATES: usize = 8;
/// The newest states of the window that are looked at for a name. Only floods have more, and there a state that
/// is like another one by chance is soon found.
const LOOKED_AT: usize = 256;

impl Classification<'_> {
    /// No event ever carried the state: dropped on the way, or wrong in what was sent?
    pub(super) fn dropped(&self, plan: &mut FieldTable) -> Class {
        let Self { track, shown, scene, .. } = self;
        let period = self.place.map(|place| &track.intervals[place]);
        let versions: Vec<(usize, &Version)> = self.in_window().collect();
        // Where both sides know of an absence, what was said of the entity while it was there is what counts.
        let is_absence_shared = versions.iter().any(|(_, version)| version.digest.is_some())
            && track.intervals.iter().any(|period| period.digest.is_none() && period.last >= self.earliest);
        let last = versions
            .iter()
            .rev()
            .map(|(_, last)| *last)
            .find(|last| last.digest.is_some() || !is_absence_shared);
        // The stream spoke of the entity after a push of this state was due, and still said something else.
        let due = period.map_or(shown.received, |period| period.first) + scene.budget.push_delay;
        let insists = scene.last_word.is_some_and(|word| {
            word > due
                && last
                    .is_some_and(|last| track.version_at(word).is_some_and(|then| then.serial == last.serial))
        });
        if last.is_none_or(|last| last.digest.is_none()) {
            let new_in_rest = period.is_some_and(|period| period.other_sent.is_some())
                && track.intervals.iter().any(|period| period.digest.is_none());
            let snapshot_came = scene.snapshot && scene.last_word.is_some_and(|word| word > due);
            return Class::plain(if new_in_rest && !snapshot_came {
                Kind::DroppedPush
            } else {
                Kind::MissingInWs
            });
        }
        let Some(moved_after) = period.and_then(|period| period.other_sent) else {
            return Class::plain(Kind::Value);
        };
        let during = (moved_after - scene.budget.rest_staleness, due);
        let answered =
            track.versions.iter().any(|version| version.from > during.0 && version.from <= during.1);
        if insists {
            return Class::plain(Kind::Value);
        }
        if let Some(overdue) = scene.overdue {
            return Class { kind: Kind::WsLate, excess: Some(overdue) };
        }
        if answered && self.is_misreported(plan, &versions) {
            return Class::plain(Kind::Value);
        }
        Class::plain(Kind::DroppedPush)
    }

    /// Whether the window holds this state told wrong, rather than other states told right.
    ///
    /// It does where more versions are none of REST's states than polling misses anyway, where none of REST's last
    /// states was ever said, or where one version differs from the sample by a bug pattern, or in no more than half as many
    /// fields as a push changes.
    /// Where no step is known: where REST had to show it, since it was alone in the window, or lasted.
    fn is_misreported(&self, plan: &mut FieldTable, versions: &[(usize, &Version)]) -> bool {
        let versions = &versions[versions.len().saturating_sub(LOOKED_AT)..];
        let unshown: Vec<(usize, &Version)> =
            versions.iter().filter(|(_, version)| !self.ever_showed(plan, version)).copied().collect();
        if unshown.is_empty() {
            return false;
        }
        let (missed, count) = self.missed_lately(plan);
        // one alone may be the one in a while that polling misses
        let are_many = (unshown.len() > 1 || (missed == 0 && count >= MANY_STATES))
            && unshown.len() * count > 2 * missed * versions.len()
            || self.never_agreed_lately(plan);
        let lasts = self.scene.budget.push_delay + self.scene.budget.rest_staleness + self.pace();
        unshown.iter().any(|&(place, version)| {
            if self.is_bug_pattern(plan, version) {
                return true;
            }
            let is_small = self.differs_less_than_a_step(plan, place);
            let had_to_show = versions.len() == 1 || self.until(place).since(version.from) > lasts;
            are_many || is_small.unwrap_or(had_to_show)
        })
    }

    /// How many of the stream's states before the window REST never showed, as polling is slower, and of how many.
    fn missed_lately(&self, plan: &mut FieldTable) -> (usize, usize) {
        const LATELY: usize = 16;
        let begin = self.in_window().next().map_or(0, |(place, _)| place);
        let lately = begin.saturating_sub(LATELY)..begin;
        let count = lately.len();
        let missed = lately.filter(|&place| {
            let version = &self.track.versions[place];
            !self.ever_showed(plan, version)
        });
        (missed.count(), count)
    }

    /// Whether the stream said none of the last states that REST showed before this one.
    fn never_agreed_lately(&self, plan: &mut FieldTable) -> bool {
        const LATELY: usize = 4;
        let end = self.place.unwrap_or(self.track.intervals.len());
        let mut lately = self.track.intervals.range(end.saturating_sub(LATELY)..end).peekable();
        lately.peek().is_some()
            && lately
                .all(|period| !self.track.versions.iter().any(|version| self.showed(plan, period, version)))
    }

    /// The usual time between two samples of the entity.
    fn pace(&self) -> Duration {
        let intervals = &self.track.intervals;
        let moves = intervals.iter().zip(intervals.iter().skip(1));
        moves.map(|(one, next)| next.first.since(one.last)).max().unwrap_or_default()
    }

    /// Whether it is in at most half as many fields as the stream's steps to and from that version; `None` where no
    /// step is known. A field that one side lacks is no step of the market.
    fn differs_less_than_a_step(&self, plan: &mut FieldTable, place: usize) -> Option<bool> {
        let versions = &self.track.versions;
        let from_rest = self.differing(plan, (Side::Rest, self.shown.text), &versions[place])?;
        if !from_rest.is_empty() && from_rest.iter().all(|kind| *kind != Kind::Value) {
            return Some(true);
        }
        let steps = [place.checked_sub(1), Some(place)].into_iter().flatten().filter_map(|before| {
            let (before, after) = (versions.get(before)?, versions.get(before + 1)?);
            self.differing(plan, (before.source, &self.track.text_of(before)?), after)
        });
        let step = steps.map(|fields| fields.len()).min()?;
        Some(2 * from_rest.len() <= step)
    }

    /// Whether a version differs from the sample as code goes wrong and no market moves.
    fn is_bug_pattern(&self, plan: &mut FieldTable, version: &Version) -> bool {
        let judged = self.apart(plan, (Side::Rest, self.shown.text), version, |plan, fields, rest, ws| {
            let fields: Vec<FieldId> = fields.iter().map(|(_, field)| *field).collect();
            bug_pattern::is_bug_pattern(plan, &fields, rest, ws)
        });
        judged.unwrap_or(false)
    }

    /// How a version differs from a text of this entity, a kind a field.
    fn differing(&self, plan: &mut FieldTable, said: (Side, &str), version: &Version) -> Option<Vec<Kind>> {
        self.apart(plan, said, version, |_, fields, _, _| fields.iter().map(|(kind, _)| *kind).collect())
    }

    /// A text of this entity and a version, taken apart, with the fields in which they differ; `None` where a text
    /// is gone or cannot be read.
    fn apart<T>(
        &self,
        plan: &mut FieldTable,
        (side, text): (Side, &str),
        version: &Version,
        judge: impl FnOnce(&FieldTable, &[(Kind, FieldId)], &ParsedEntity<'_>, &ParsedEntity<'_>) -> T,
    ) -> Option<T> {
        let bound = if side == Side::Rest { self.shown.bound } else { &[] };
        let one = parse_entity(plan, side, text, bound).ok()?;
        let told = self.track.text_of(version)?;
        let other = parse_entity(plan, version.source, &told, &[]).ok()?;
        let when = (self.earliest, self.latest);
        let fields: Vec<(Kind, FieldId)> =
            differing(plan, &one, &other, Times { rest: when, ws: when }).collect();
        Some(judge(plan, &fields, &one, &other))
    }
}
