//! What an unexplained entity is called.
//!
//! Asked once the horizon has passed, when later events and later samples are known. Nothing here acquits.

use std::time::Duration;

use crate::align::explain::{Budget, Without};
use crate::align::track::{Period, Track, Version};
use crate::diff::normalise::Digest;
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
}

/// Names why `digest`, shown by REST in a sample sent and received at `sample`, is unexplained.
pub fn present(track: Option<&Track>, digest: Digest, sample: (Nanos, Nanos), scene: Scene) -> Class {
    let Some(track) = track else { return Class::plain(Kind::MissingInWs) };
    let (earliest, latest) = scene.budget.window(sample.0, sample.1);
    let same = |version: &Version| version.digest == Some(digest) && scene.without != version.digest;
    // The right state was current and still did not explain it: what differs is a field that falls with time.
    if track.window(earliest, latest).any(same) {
        return Class::plain(Kind::Value);
    }
    let later = track.versions.iter().find(|version| version.from > latest && same(version));
    let older = track.spans().rev().find(|(version, until)| *until <= earliest && same(version));
    let late = later.map(|version| version.from.since(latest));
    let stale = older.map(|(_, until)| earliest.since(until));

    let place = track.period_of(digest, sample.1);
    let earlier: Vec<&Period> = track.periods.range(..place.unwrap_or(track.periods.len())).collect();
    if let Some((version, _)) = older {
        if overtaken(track, version, digest, &earlier) {
            return Class { kind: Kind::Reordered, excess: stale };
        }
        if let Some(class) = recurring(track, digest, &earlier, place, late, stale, latest) {
            return match class.kind {
                Kind::WsLate => class,
                // What a silent stream did not say again is the silence, not a push that went missing.
                _ if scene.stalled => Class::plain(Kind::Stalled),
                // Never said since REST came back to it.
                Kind::DroppedPush => unsaid(track, sample, place, (earliest, latest), scene),
                _ => class,
            };
        }
        // The stream took the entity away, and REST lists it to this day.
        let gone = track.versions.back().is_some_and(|last| last.digest.is_none());
        if gone && late.is_none() && place.is_some_and(|place| place + 1 == track.periods.len()) {
            return Class::plain(Kind::MissingInWs);
        }
        return match late {
            Some(late) => Class { kind: Kind::LateOrStale, excess: stale.map(|stale| stale.max(late)) },
            None => Class { kind: Kind::StaleRest, excess: stale },
        };
    }
    if late.is_some() {
        return Class { kind: Kind::WsLate, excess: late };
    }
    if scene.stalled {
        return Class::plain(Kind::Stalled);
    }
    unsaid(track, sample, place, (earliest, latest), scene)
}

/// REST showed X, then Y; the WebSocket Y, then X.
fn overtaken(track: &Track, y: &Version, digest: Digest, earlier: &[&Period]) -> bool {
    let shown_before = |wanted: Option<Digest>| earlier.iter().position(|period| period.digest == wanted);
    if shown_before(Some(digest)).is_some() {
        return false;
    }
    track.versions.iter().filter(|x| x.serial > y.serial && x.digest != Some(digest)).any(|x| {
        x.digest.is_some()
            && shown_before(x.digest).is_some()
            && !track.versions.iter().any(|before| before.serial < y.serial && before.digest == x.digest)
    })
}

/// REST came back to a state it had shown before: the older version belongs to the earlier showing.
fn recurring(
    track: &Track,
    digest: Digest,
    earlier: &[&Period],
    place: Option<usize>,
    late: Option<Duration>,
    stale: Option<Duration>,
    latest: Nanos,
) -> Option<Class> {
    let (previous, before) = earlier.split_last()?;
    if previous.digest == Some(digest) || !before.iter().any(|period| period.digest == Some(digest)) {
        return None;
    }
    if let Some(late) = late {
        return Some(Class { kind: Kind::WsLate, excess: Some(late) });
    }
    // REST went back to what the stream had said all along, and the stream never moved: REST flickered.
    let stream = track.version_at(latest).map(|version| (version.serial, version.digest));
    let next = place.and_then(|place| track.periods.get(place + 1));
    let flickered = stream.zip(next).is_some_and(|((serial, digest), next)| {
        next.digest == digest && track.versions.back().is_some_and(|last| last.serial == serial)
    });
    let kind = if flickered { Kind::StaleRest } else { Kind::DroppedPush };
    Some(Class { kind, excess: if flickered { stale } else { None } })
}

/// No event ever carried the state: dropped on the way, or wrong in what was sent?
fn unsaid(
    track: &Track,
    sample: (Nanos, Nanos),
    place: Option<usize>,
    window: (Nanos, Nanos),
    scene: Scene,
) -> Class {
    let period = place.map(|place| &track.periods[place]);
    let rest_showed = |digest: Option<Digest>| track.periods.iter().any(|period| period.digest == digest);
    let versions: Vec<&Version> = track.window(window.0, window.1).collect();
    let says_absent = versions.last().is_none_or(|last| last.digest.is_none());
    // The stream spoke of the entity after a push of this state was due, and still said something else.
    let due = period.map_or(sample.1, |period| period.first) + scene.budget.push_delay;
    let insists = scene.last_word.is_some_and(|word| word > due)
        && versions.last().is_some_and(|last| {
            track
                .version_at(scene.last_word.unwrap_or_default())
                .is_some_and(|then| then.serial == last.serial)
        });
    if says_absent {
        let new_in_rest = period.is_some_and(|period| period.other_sent.is_some()) && rest_showed(None);
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
    let answered = track.versions.iter().any(|version| version.from > during.0 && version.from <= during.1);
    let known = versions.iter().all(|version| rest_showed(version.digest));
    if insists || (answered && !known) {
        return Class::plain(Kind::Value);
    }
    Class::plain(Kind::DroppedPush)
}

/// Names why the stream has an entity that a whole REST sample lacks.
pub fn absent(track: &Track, sample: (Nanos, Nanos), scene: Scene) -> Class {
    let (earliest, latest) = scene.budget.window(sample.0, sample.1);
    let later = track.versions.iter().find(|version| version.from > latest && version.digest.is_none());
    if let Some(later) = later {
        return Class { kind: Kind::WsLate, excess: Some(later.from.since(latest)) };
    }
    let first_from = track.versions.front().map(|first| first.from);
    if first_from.is_some_and(|from| from <= earliest)
        && track.spans().any(|(version, until)| version.digest.is_none() && until <= earliest)
    {
        return Class { kind: Kind::StaleRest, excess: None };
    }
    if scene.stalled {
        return Class::plain(Kind::Stalled);
    }
    let left_rest = track.periods.iter().any(|period| period.digest.is_some());
    let due =
        track.periods.back().filter(|period| period.digest.is_none()).map_or(sample.1, |period| period.first)
            + scene.budget.push_delay;
    let insists = scene.last_word.is_some_and(|word| word > due);
    Class::plain(if left_rest && !insists { Kind::DroppedPush } else { Kind::MissingInRest })
}
