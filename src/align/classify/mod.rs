//! What an unexplained entity is called.
//!
//! Asked once the horizon has passed, when later events and later samples are known. Nothing here acquits.

mod dropped;
mod stale;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::num::NonZeroU64;
use std::time::Duration;

use crate::align::entity_history::{EntityHistory, RestInterval};
use crate::align::explain::{self, Budget, Without};
use crate::align::version::Version;
use crate::diff::compare;
use crate::diff::digest::Digest;
use crate::diff::field_table::{FieldTable, Side};
use crate::diff::parsed_entity::{Bound, parse_entity};
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
pub struct ClassifyContext {
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
pub struct SampledEntity<'s> {
    pub digest: Digest,
    pub text: &'s str,
    pub bound: &'s Bound<'s>,
    pub sent: Nanos,
    pub received: Nanos,
}

/// Names why what REST showed of an entity is unexplained.
pub fn present(
    plan: &mut FieldTable,
    track: Option<&EntityHistory>,
    shown: SampledEntity<'_>,
    scene: ClassifyContext,
) -> Class {
    let Some(track) = track else { return Class::plain(Kind::MissingInWs) };
    let case = Classification::new(plan, track, shown, scene);
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
        if late.is_none() && !scene.stalled && case.lags_behind(plan, place) {
            return Class { kind: Kind::StaleRest, excess: Some(stale) };
        }
        if let Some(class) = case.recurring(late, stale) {
            return match class.kind {
                Kind::WsLate => class,
                // What a silent stream did not say again is the silence, not a push that went missing.
                _ if scene.stalled => Class::plain(Kind::Stalled),
                // Never said since REST came back to it.
                Kind::DroppedPush => case.dropped(plan),
                _ => class,
            };
        }
        // The stream took the entity away, and REST lists it to this day.
        let gone = track.versions.back().is_some_and(|last| last.digest.is_none());
        if gone && late.is_none() && case.place.is_some_and(|place| place + 1 == track.intervals.len()) {
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
    case.dropped(plan)
}

/// One unexplained entity of one sample, with everything both sides said of it.
struct Classification<'c> {
    track: &'c EntityHistory,
    shown: SampledEntity<'c>,
    scene: ClassifyContext,
    /// `[a − C, b + D]`.
    earliest: Nanos,
    latest: Nanos,
    /// Of each version: whether it says by rule what REST showed, fields that fall with time left aside.
    says: Vec<bool>,
    /// The REST period the sample is in.
    place: Option<usize>,
}

impl<'c> Classification<'c> {
    fn new(
        plan: &mut FieldTable,
        track: &'c EntityHistory,
        shown: SampledEntity<'c>,
        scene: ClassifyContext,
    ) -> Self {
        let (earliest, latest) = scene.budget.window(shown.sent, shown.received);
        let approx_hash = OnceCell::new();
        let text = || Some(Cow::Borrowed(shown.text));
        let said = Said { digest: shown.digest, text: &text, approx_hash: &approx_hash };
        let says = |version: &Version| {
            let is_left_out = scene.without.is_some() && scene.without == version.digest;
            !is_left_out && says(plan, (track, version), said, shown.bound)
        };
        let says = track.versions.iter().map(says).collect();
        let place = track.period_of(shown.digest, shown.received);
        Self { track, shown, scene, earliest, latest, says, place }
    }

    /// Whether REST showed in a period what a version says.
    fn showed(&self, plan: &mut FieldTable, period: &RestInterval, version: &Version) -> bool {
        let Some(digest) = period.digest else { return version.digest.is_none() };
        let text = || self.track.rest_texts.get(period.text?).map(Cow::Owned);
        let said = Said { digest, text: &text, approx_hash: &period.approx_hash };
        says(plan, (self.track, version), said, self.shown.bound)
    }

    /// Whether a version says what REST showed at any time.
    fn ever_showed(&self, plan: &mut FieldTable, version: &Version) -> bool {
        self.track.intervals.iter().any(|period| self.showed(plan, period, version))
    }

    fn in_window(&self) -> impl Iterator<Item = (usize, &'c Version)> + use<'c> {
        let versions = &self.track.versions;
        let places = self.track.window_places(self.earliest, self.latest);
        places.map(move |place| (place, &versions[place]))
    }

    /// When the version at this place was replaced.
    fn until(&self, place: usize) -> Nanos {
        self.track.versions.get(place + 1).map_or(Nanos::MAX, |next| next.from)
    }

    /// How much too late an event said it. One that came when REST had returned to the state is that return's.
    fn late(&self) -> Option<Duration> {
        let is_event = |place: usize| self.track.versions[place].source == Side::Ws;
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
    fn was_never_left(&self, plan: &mut FieldTable, place: usize) -> bool {
        self.track.versions[place].source == Side::Rest
            && !self.in_window().any(|(_, version)| self.ever_showed(plan, version))
    }
}

/// Names why the stream has an entity that a whole REST sample lacks.
pub fn absent(track: &EntityHistory, sample: (Nanos, Nanos), scene: ClassifyContext) -> Class {
    let (earliest, latest) = scene.budget.window(sample.0, sample.1);
    if !track.intervals.iter().any(|period| period.digest.is_some()) {
        return Class::plain(Kind::MissingInRest);
    }
    let returned = returned_to(track, None, sample.1, scene.budget);
    let late = (track.versions.iter())
        .find(|version| version.from > latest && version.digest.is_none() && version.source == Side::Ws)
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
    let period = track.intervals.back().filter(|period| period.digest.is_none());
    let due = period.map_or(sample.1, |period| period.first) + scene.budget.push_delay;
    let insists = scene.last_word.is_some_and(|word| word > due);
    Class::plain(if insists { Kind::MissingInRest } else { Kind::DroppedPush })
}

/// Fetches a text, unless it is gone.
type Text<'s> = &'s dyn Fn() -> Option<Cow<'s, str>>;

/// What REST said of the entity.
#[derive(Clone, Copy)]
struct Said<'s> {
    digest: Digest,
    text: Text<'s>,
    approx_hash: &'s OnceCell<NonZeroU64>,
}

/// Whether a version says by rule what REST said, fields that fall with time left aside.
///
/// Where numbers carry noise only texts can tell, and there may be thousands of pairs: their approximate hashes go first.
fn says(
    plan: &mut FieldTable,
    (track, version): (&EntityHistory, &Version),
    rest: Said<'_>,
    bound: &Bound<'_>,
) -> bool {
    let Some(digest) = version.digest else { return false };
    let is_same = digest.strict == rest.digest.strict;
    if !is_same && plan.is_noisy {
        let text = || track.text_of(version).map(Cow::Owned);
        let ws = approx_hash(plan, &version.approx_hash, version.source, &text, &[]);
        if ws.is_none() || ws != approx_hash(plan, rest.approx_hash, Side::Rest, rest.text, bound) {
            return false;
        }
    }
    explain::says(plan, (track, version), rest.digest, rest.text, bound, None).unwrap_or(is_same)
}

/// The approx_hash of a text, which may be known although the text is gone.
fn approx_hash(
    plan: &mut FieldTable,
    known: &OnceCell<NonZeroU64>,
    side: Side,
    text: Text<'_>,
    bound: &Bound<'_>,
) -> Option<NonZeroU64> {
    if known.get().is_none() {
        let text = text()?;
        let taken = parse_entity(plan, side, &text, bound).ok()?;
        let _ = known.set(compare::approx_hash(plan, &taken));
    }
    known.get().copied()
}

/// From when on REST may have shown this state again, after it had left it for longer than a cache accounts for.
fn returned_to(
    track: &EntityHistory,
    digest: Option<Digest>,
    received: Nanos,
    budget: Budget,
) -> Option<Nanos> {
    let after = track.intervals.partition_point(|period| period.last < received);
    let mut left = None;
    for period in track.intervals.range(after..) {
        if period.digest != digest {
            left = left.or((period.first > received).then_some(period.first));
        } else if left.is_some_and(|left| period.first > left + budget.rest_staleness) {
            return Some(period.other_sent.map_or(period.first, |other| other - budget.rest_staleness));
        }
    }
    None
}
