//! What an unexplained entity is called.
//!
//! Asked once the horizon has passed, when later events and later samples are known. Nothing here acquits.

use std::time::Duration;

use crate::align::explain::{self, Budget, Without};
use crate::align::track::{Period, Track, Version};
use crate::diff::compare::{Bound, Times, differing, take_apart};
use crate::diff::normalise::Digest;
use crate::diff::plan::{Plan, Side};
use crate::model::outcome::Kind;
use crate::model::time::Nanos;

/// A name for a disagreement, with how far beyond D or C it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    pub kind: Kind,
    pub excess: Option<Duration>,
}

impl Class {
    fn plain(kind: Kind) -> Self {
        Self { kind, excess: None }
    }
}

/// What the namer may look at besides the entity itself.
#[derive(Debug, Clone, Copy)]
pub struct Scene {
    pub budget: Budget,
    pub snapshot: bool,
    /// The stream was silent beyond its limit from before the state appeared.
    pub stalled: bool,
    /// The last message that spoke of the entity (for snapshots: any message of the feature).
    pub last_word: Option<Nanos>,
    pub without: Without,
    /// How long a push has been overdue at the end of the run, where this stream's pushes have come that late.
    pub overdue: Option<Duration>,
}

/// One entity as a REST sample showed it.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'s> {
    pub digest: Digest,
    pub text: &'s str,
    pub bound: &'s Bound<'s>,
    pub sent: Nanos,
    pub received: Nanos,
}

/// Names why what REST showed of an entity is unexplained.
pub fn present(plan: &mut Plan, track: Option<&Track>, shown: Shown<'_>, scene: Scene) -> Class {
    let Some(track) = track else { return Class::plain(Kind::MissingInWs) };
    let case = Case::new(plan, track, shown, scene);
    // The right state was current and still did not explain it: what differs is a field that falls with time.
    if case.in_window().any(|(place, _)| case.says[place]) {
        return Class::plain(Kind::Value);
    }
    let late = case.late();
    if let Some((place, until)) = case.older() {
        let stale = case.earliest.since(until);
        if case.overtaken(plan, place) {
            return Class { kind: Kind::Reordered, excess: Some(stale) };
        }
        if let Some(class) = case.recurring(late, stale) {
            return match class.kind {
                Kind::WsLate => class,
                // What a silent stream did not say again is the silence, not a push that went missing.
                _ if scene.stalled => Class::plain(Kind::Stalled),
                // Never said since REST came back to it.
                Kind::DroppedPush => case.unsaid(plan),
                _ => class,
            };
        }
        // The stream took the entity away, and REST lists it to this day.
        let gone = track.versions.back().is_some_and(|last| last.digest.is_none());
        if gone && late.is_none() && case.place.is_some_and(|place| place + 1 == track.periods.len()) {
            return Class::plain(Kind::MissingInWs);
        }
        return match late {
            Some(late) => Class { kind: Kind::LateOrStale, excess: Some(stale.max(late)) },
            None if case.was_never_left(plan, place) => Class::plain(Kind::Value),
            None => Class { kind: Kind::StaleRest, excess: Some(stale) },
        };
    }
    if late.is_some() {
        return Class { kind: Kind::WsLate, excess: late };
    }
    if scene.stalled {
        return Class::plain(Kind::Stalled);
    }
    case.unsaid(plan)
}

/// One unexplained entity of one sample, with everything both sides said of it.
struct Case<'c> {
    track: &'c Track,
    shown: Shown<'c>,
    scene: Scene,
    /// `[a − C, b + D]`.
    earliest: Nanos,
    latest: Nanos,
    /// Of each version: whether it says by rule what REST showed, fields that fall with time left aside.
    says: Vec<bool>,
    /// The REST period the sample is in.
    place: Option<usize>,
}

impl<'c> Case<'c> {
    fn new(plan: &mut Plan, track: &'c Track, shown: Shown<'c>, scene: Scene) -> Self {
        let (earliest, latest) = scene.budget.window(shown.sent, shown.received);
        let says = |version: &Version| {
            let is_left_out = scene.without.is_some() && scene.without == version.digest;
            !is_left_out && says(plan, version, (shown.digest, Some(shown.text)), shown.bound)
        };
        let says = track.versions.iter().map(says).collect();
        let place = track.period_of(shown.digest, shown.received);
        Self { track, shown, scene, earliest, latest, says, place }
    }

    /// Whether REST showed in a period what a version says.
    fn showed(&self, plan: &mut Plan, period: &Period, version: &Version) -> bool {
        let Some(digest) = period.digest else { return version.digest.is_none() };
        says(plan, version, (digest, period.text.as_deref()), self.shown.bound)
    }

    /// Whether a version says what REST showed at any time.
    fn ever_showed(&self, plan: &mut Plan, version: &Version) -> bool {
        self.track.periods.iter().any(|period| self.showed(plan, period, version))
    }

    fn in_window(&self) -> impl Iterator<Item = (usize, &'c Version)> + use<'c> {
        let versions = &self.track.versions;
        let start = versions.partition_point(|version| version.from <= self.earliest).saturating_sub(1);
        let end = versions.partition_point(|version| version.from <= self.latest);
        (start.min(end)..end).map(move |place| (place, &versions[place]))
    }

    /// When the version at this place was replaced.
    fn until(&self, place: usize) -> Nanos {
        self.track.versions.get(place + 1).map_or(Nanos::MAX, |next| next.from)
    }

    /// How much too late an event said it. One that came when REST had returned to the state is that return's.
    fn late(&self) -> Option<Duration> {
        let is_event = |place: usize| self.track.versions[place].told_by == Side::Ws;
        let place = (0..self.track.versions.len()).find(|&place| {
            self.track.versions[place].from > self.latest && self.says[place] && is_event(place)
        })?;
        let from = self.track.versions[place].from;
        let digest = Some(self.shown.digest);
        let returned = returned_to(self.track, digest, self.shown.received, self.scene.budget);
        returned.is_none_or(|returned| from < returned).then(|| from.since(self.latest))
    }

    /// The newest version before the window that said it, and when it was replaced.
    fn older(&self) -> Option<(usize, Nanos)> {
        (0..self.track.versions.len())
            .rev()
            .find(|&place| self.says[place] && self.until(place) <= self.earliest)
            .map(|place| (place, self.until(place)))
    }

    /// Whether the state is but the baseline that REST itself gave, REST still is where it was, and what the
    /// stream says instead was never true.
    fn was_never_left(&self, plan: &mut Plan, place: usize) -> bool {
        self.track.versions[place].told_by == Side::Rest
            && !self.in_window().any(|(_, version)| self.ever_showed(plan, version))
    }

    /// The first of the periods of this state that caches tore apart, the sample's among them.
    fn first_showing(&self) -> Option<usize> {
        let periods = &self.track.periods;
        let mut first = self.place?;
        for place in (0..first).rev() {
            if periods[first].first.since(periods[place].last) > self.scene.budget.rest_staleness {
                break;
            }
            if periods[place].digest == Some(self.shown.digest) {
                first = place;
            }
        }
        Some(first)
    }

    /// REST showed X, then Y; the WebSocket Y, then X.
    ///
    /// Y's push belongs to this showing if it came after the last sample that cannot have been Y yet, and X is
    /// a state that REST had left for good: one that it came back to was true once more.
    fn overtaken(&self, plan: &mut Plan, y: usize) -> bool {
        let periods = &self.track.periods;
        let Some(first) = self.first_showing() else { return false };
        let Some(other_sent) = periods[first].other_sent else { return false };
        if self.track.versions[y].from < other_sent - self.scene.budget.rest_staleness {
            return false;
        }
        let settled = periods[first].first + self.scene.budget.rest_staleness;
        let after = y + 1..self.track.versions.len();
        after.filter(|&x| self.track.versions[x].from <= self.latest && !self.says[x]).any(|x| {
            let version = &self.track.versions[x];
            version.digest.is_some()
                && periods.range(..first).any(|period| self.showed(plan, period, version))
                && !periods
                    .range(first + 1..)
                    .filter(|period| period.last > settled)
                    .any(|period| self.showed(plan, period, version))
        })
    }

    /// REST came back to a state it had shown before: the older version belongs to the earlier showing.
    fn recurring(&self, late: Option<Duration>, stale: Duration) -> Option<Class> {
        let digest = Some(self.shown.digest);
        let periods = &self.track.periods;
        let count = self.place.unwrap_or(periods.len());
        let previous = periods.get(count.checked_sub(1)?)?;
        if previous.digest == digest || !periods.range(..count - 1).any(|period| period.digest == digest) {
            return None;
        }
        if let Some(late) = late {
            return Some(Class { kind: Kind::WsLate, excess: Some(late) });
        }
        // REST went back to what the stream had said all along, and the stream never moved: REST flickered.
        let stream = self.track.version_at(self.latest).map(|version| (version.serial, version.digest));
        let next = self.place.and_then(|place| periods.get(place + 1));
        let flickered = stream.zip(next).is_some_and(|((serial, digest), next)| {
            next.digest == digest && self.track.versions.back().is_some_and(|last| last.serial == serial)
        });
        let kind = if flickered { Kind::StaleRest } else { Kind::DroppedPush };
        Some(Class { kind, excess: flickered.then_some(stale) })
    }

    /// No event ever carried the state: dropped on the way, or wrong in what was sent?
    fn unsaid(&self, plan: &mut Plan) -> Class {
        let Self { track, shown, scene, .. } = self;
        let period = self.place.map(|place| &track.periods[place]);
        let versions: Vec<(usize, &Version)> = self.in_window().collect();
        let last = versions.last().map(|(_, last)| *last);
        // The stream spoke of the entity after a push of this state was due, and still said something else.
        let due = period.map_or(shown.received, |period| period.first) + scene.budget.push_delay;
        let insists = scene.last_word.is_some_and(|word| {
            word > due
                && last
                    .is_some_and(|last| track.version_at(word).is_some_and(|then| then.serial == last.serial))
        });
        if last.is_none_or(|last| last.digest.is_none()) {
            let new_in_rest = period.is_some_and(|period| period.other_sent.is_some())
                && track.periods.iter().any(|period| period.digest.is_none());
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
    /// states was ever said, or where one version differs from the sample in fewer fields than a push changes.
    /// Where no step is known: where REST had to show it, since it was alone in the window, or lasted.
    fn is_misreported(&self, plan: &mut Plan, versions: &[(usize, &Version)]) -> bool {
        let unshown: Vec<(usize, &Version)> =
            versions.iter().filter(|(_, version)| !self.ever_showed(plan, version)).copied().collect();
        if unshown.is_empty() {
            return false;
        }
        let (missed, count) = self.missed_lately(plan);
        let are_many = unshown.len() * count > 2 * missed * versions.len() || self.never_agreed_lately(plan);
        let lasts = self.scene.budget.push_delay + self.scene.budget.rest_staleness + self.pace();
        unshown.iter().any(|&(place, version)| {
            let is_small = self.differs_less_than_a_step(plan, place);
            let had_to_show = versions.len() == 1 || self.until(place).since(version.from) > lasts;
            are_many || is_small.unwrap_or(had_to_show)
        })
    }

    /// How many of the stream's states before the window REST never showed, as polling is slower, and of how many.
    fn missed_lately(&self, plan: &mut Plan) -> (usize, usize) {
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
    fn never_agreed_lately(&self, plan: &mut Plan) -> bool {
        const LATELY: usize = 4;
        let end = self.place.unwrap_or(self.track.periods.len());
        let mut lately = self.track.periods.range(end.saturating_sub(LATELY)..end).peekable();
        lately.peek().is_some()
            && lately
                .all(|period| !self.track.versions.iter().any(|version| self.showed(plan, period, version)))
    }

    /// The usual time between two samples of the entity.
    fn pace(&self) -> Duration {
        let periods = &self.track.periods;
        let moves = periods.iter().zip(periods.iter().skip(1));
        moves.map(|(one, next)| next.first.since(one.last)).max().unwrap_or_default()
    }

    /// `None` where the step is not known. A field that one side lacks is no step of the market.
    fn differs_less_than_a_step(&self, plan: &mut Plan, place: usize) -> Option<bool> {
        let versions = &self.track.versions;
        let from_rest = self.differing(plan, (Side::Rest, self.shown.text), &versions[place])?;
        if !from_rest.is_empty() && from_rest.iter().all(|kind| *kind != Kind::Value) {
            return Some(true);
        }
        let neighbours = [place.checked_sub(1), Some(place + 1)];
        let steps = neighbours.into_iter().flatten().filter_map(|other| {
            let other = versions.get(other)?;
            self.differing(plan, (other.told_by, other.text.as_deref()?), &versions[place])
        });
        steps.map(|kinds| kinds.len()).min().map(|step| from_rest.len() < step)
    }

    /// How a version differs from a text of this entity, a kind a field.
    fn differing(&self, plan: &mut Plan, (side, text): (Side, &str), version: &Version) -> Option<Vec<Kind>> {
        let bound = if side == Side::Rest { self.shown.bound } else { &[] };
        let one = take_apart(plan, side, text, bound).ok()?;
        let other = take_apart(plan, version.told_by, version.text.as_deref()?, &[]).ok()?;
        let when = (self.earliest, self.latest);
        let times = Times { rest: when, ws: when };
        Some(differing(plan, &one, &other, times).map(|(kind, _)| kind).collect())
    }
}

/// Names why the stream has an entity that a whole REST sample lacks.
pub fn absent(track: &Track, sample: (Nanos, Nanos), scene: Scene) -> Class {
    let (earliest, latest) = scene.budget.window(sample.0, sample.1);
    if !track.periods.iter().any(|period| period.digest.is_some()) {
        return Class::plain(Kind::MissingInRest);
    }
    let returned = returned_to(track, None, sample.1, scene.budget);
    let late = (track.versions.iter())
        .find(|version| version.from > latest && version.digest.is_none() && version.told_by == Side::Ws)
        .filter(|version| returned.is_none_or(|returned| version.from < returned))
        .map(|version| version.from.since(latest));
    let stale = track
        .spans()
        .rev()
        .find(|(version, until)| version.digest.is_none() && *until <= earliest)
        .map(|(_, until)| earliest.since(until));
    match (late, stale) {
        (Some(late), Some(stale)) => return Class { kind: Kind::LateOrStale, excess: Some(late.max(stale)) },
        (Some(late), None) => return Class { kind: Kind::WsLate, excess: Some(late) },
        (None, Some(stale)) => return Class { kind: Kind::StaleRest, excess: Some(stale) },
        (None, None) => {}
    }
    if scene.stalled {
        return Class::plain(Kind::Stalled);
    }
    let period = track.periods.back().filter(|period| period.digest.is_none());
    let due = period.map_or(sample.1, |period| period.first) + scene.budget.push_delay;
    let insists = scene.last_word.is_some_and(|word| word > due);
    Class::plain(if insists { Kind::MissingInRest } else { Kind::DroppedPush })
}

/// Whether a version says by rule what REST said, fields that fall with time left aside.
fn says(plan: &mut Plan, version: &Version, rest: (Digest, Option<&str>), bound: &Bound<'_>) -> bool {
    explain::says(plan, version, rest, bound, None)
        .unwrap_or_else(|| version.digest.is_some_and(|digest| digest.strict == rest.0.strict))
}

/// From when on REST may have shown this state again, after it had left it for longer than a cache accounts for.
fn returned_to(track: &Track, digest: Option<Digest>, received: Nanos, budget: Budget) -> Option<Nanos> {
    let after = track.periods.partition_point(|period| period.last < received);
    let mut left = None;
    for period in track.periods.range(after..) {
        if period.digest != digest {
            left = left.or((period.first > received).then_some(period.first));
        } else if left.is_some_and(|left| period.first > left + budget.rest_staleness) {
            return Some(period.other_sent.map_or(period.first, |other| other - budget.rest_staleness));
        }
    }
    None
}
