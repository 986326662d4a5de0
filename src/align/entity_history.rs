//! One entity on both sides: the versions the WebSocket gave it, the states REST showed of it.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::ops::Range;

use crate::align::entity_text::MovedFields;
use crate::align::order::Placed;
use crate::align::troubles::Trouble;
use crate::align::version::{Version, VersionSpan};
use crate::diff::digest::Digest;
use crate::diff::field_table::Side;
use crate::diff::prefetch::prefetch;
use crate::diff::template::{TextId, TextRing};
use crate::model::outcome::Entity;
use crate::model::time::Nanos;

/// How many superseded states are remembered on each side: of one entity, of a feature's entities together, and
/// of one however many there are.
const REMEMBERED: usize = 2048;
const REMEMBERED_TOGETHER: usize = 16_384;
const REMEMBERED_AT_LEAST: usize = 64;
/// How many states back a return to an earlier one is looked for.
const RETURNS_AFTER: usize = 8;

/// How many states of each of so many entities are remembered: a power of two, as the memory comes in these.
pub fn remembered(entities: usize) -> usize {
    let share = REMEMBERED_TOGETHER / entities.max(1);
    (1 << share.max(1).ilog2()).clamp(REMEMBERED_AT_LEAST, REMEMBERED)
}

/// A run of REST samples that showed the same state.
#[derive(Debug, Clone)]
pub struct RestInterval {
    pub digest: Option<Digest>,
    /// When the last sample with another state was sent; `None` for the first state seen.
    pub other_sent: Option<Nanos>,
    /// Received, of its first sample.
    pub first: Nanos,
    /// Received, of its last sample so far.
    pub last: Nanos,
    /// Samples in it.
    pub samples: u32,
    /// What its first sample said, held as long as a version may be compared with it, if digests do not tell.
    pub text: Option<TextId>,
    /// Of its text, as with [`Version`].
    pub approx_hash: OnceCell<NonZeroU64>,
}

/// What one side says of an entity now: all that the next message or sample is compared with if all is well.
#[derive(Debug, Clone, Default)]
pub struct CurrentState {
    /// `None` = absent or never said.
    pub digest: Option<Digest>,
    /// Of what is not compared.
    pub hidden: u64,
    /// Of each field.
    pub values: Vec<u64>,
    /// Of each field, in the state before this one.
    pub previous: Vec<u64>,
    /// Serial of the last message or sample that spoke of it.
    pub last_seen: u64,
}

/// What a message touches is together, and what a sample touches.
#[derive(Debug, Clone, Default)]
#[repr(C)]
pub struct EntityHistory {
    pub ws: CurrentState,
    pub versions: VecDeque<Version>,
    pub ws_texts: TextRing,
    /// Arrival of the last message that spoke of it.
    pub ws_word: Option<Nanos>,
    /// Since when the stream's word about it is complete on the present connection.
    pub seeded: Option<Nanos>,
    pub rest: CurrentState,
    pub intervals: VecDeque<RestInterval>,
    pub rest_texts: TextRing,
    pub rest_sent: Option<Nanos>,
    /// Since when REST lists it, as received.
    pub listed_since: Option<Nanos>,
    /// Whether an answer lacked it.
    pub was_unlisted: bool,
    /// Since when every answer that can have listed it did.
    pub listed_run: Option<Nanos>,
    /// Since when REST says of each field what it says, as received.
    pub field_since: Vec<Nanos>,
    pub trouble: Option<Trouble>,
    /// Whether versions were forgotten for want of room.
    is_crowded: bool,
    /// Whether the stream ever explained a REST sample of it.
    pub explained: bool,
    pub name: Entity,
    pub motion: Motion,
    /// Where REST's last move stands in the stream's order.
    pub placed: Option<Placed>,
}

/// How much REST's word about an entity moves: what tells data that move faster than they are pushed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Motion {
    /// Answers that spoke of it.
    pub answers: u32,
    /// Answers that showed another state than the one before.
    pub moves: u32,
    /// Moves to a state that REST had left a short while before.
    pub returns: u32,
    /// States of which REST took a field back the next time it was asked.
    pub flickers: u32,
    /// Times that REST did not list it any more.
    pub vanishings: u32,
}

/// What REST tells of a field, of whichever entity.
#[derive(Debug, Clone, Copy, Default)]
pub struct RestField {
    /// How often it left a value for the one before at once.
    pub flickers: u64,
    /// Whether some answer lacked it.
    pub has_lacked: bool,
}

impl Motion {
    /// More than one move in ten goes back to a state that REST had left.
    pub fn comes_back(&self) -> bool {
        self.returns * 10 > self.moves
    }
}

impl CurrentState {
    /// Takes what a row says besides its digest. `moves`: of each field, where that is to be counted.
    pub fn take(&mut self, hidden: u64, values: &[u64], moves: Option<&mut Vec<u64>>) {
        self.hidden = hidden;
        if let Some(moves) = moves
            && !self.values.is_empty()
        {
            // A row has a place for every field known so far: never fewer than one before it.
            self.values.resize(values.len(), 0);
            moves.resize(moves.len().max(values.len()), 0);
            for ((count, old), new) in moves.iter_mut().zip(&self.values).zip(values) {
                *count += u64::from(old != new);
            }
        }
        self.values.clear();
        self.values.extend_from_slice(values);
    }
}

impl EntityHistory {
    pub fn of(name: Entity) -> Self {
        Self { name, ..Self::default() }
    }

    /// The version that was current at `at`.
    pub fn version_at(&self, at: Nanos) -> Option<&Version> {
        let after = self.versions.partition_point(|version| version.from <= at);
        after.checked_sub(1).map(|index| &self.versions[index])
    }

    /// Each version with the instant at which the next one replaced it.
    pub fn spans(&self) -> impl DoubleEndedIterator<Item = (&Version, Nanos)> {
        let count = self.versions.len();
        (0..count).map(move |index| {
            let until = self.versions.get(index + 1).map_or(Nanos::MAX, |next| next.from);
            (&self.versions[index], until)
        })
    }

    /// Versions that can explain something read in `[earliest, latest]`: arrived by `latest`, replaced after `earliest`.
    pub fn window(&self, earliest: Nanos, latest: Nanos) -> impl DoubleEndedIterator<Item = &Version> {
        self.versions.range(self.window_places(earliest, latest))
    }

    /// Where the versions of a [window](Self::window) are among all.
    pub fn window_places(&self, earliest: Nanos, latest: Nanos) -> Range<usize> {
        // The version at `start` is replaced after `earliest` because the next one comes after it.
        let start = self.versions.partition_point(|version| version.from <= earliest).saturating_sub(1);
        let end = self.versions.partition_point(|version| version.from <= latest);
        start.min(end)..end
    }

    /// The versions of a [window](Self::window), the newest first: those near its end are found without a search.
    pub fn newest_in_window(&self, earliest: Nanos, latest: Nanos) -> impl Iterator<Item = VersionSpan<'_>> {
        let (mut until, mut next_serial) = (Nanos::MAX, u64::MAX);
        self.versions
            .iter()
            .rev()
            .map(move |version| VersionSpan {
                version,
                until: std::mem::replace(&mut until, version.from),
                next_serial: std::mem::replace(&mut next_serial, version.serial),
            })
            .take_while(move |span| span.until > earliest)
            .filter(move |span| span.version.from <= latest)
    }

    /// A version's text, unless it is gone.
    pub fn text_of(&self, version: &Version) -> Option<String> {
        self.ws_texts.get(version.text?)
    }

    /// Before this, versions were forgotten for want of room: what they said is not known any more.
    pub fn crowded_until(&self) -> Nanos {
        match self.versions.front() {
            Some(first) if self.is_crowded => first.from,
            _ => Nanos::ZERO,
        }
    }

    /// Takes another version. `room`: [`remembered`].
    pub fn push_version(&mut self, room: usize, version: impl FnOnce(&mut TextRing) -> Version) {
        self.is_crowded |= make_room(room, &mut self.versions, &mut self.ws_texts, |version| version.text);
        let version = version(&mut self.ws_texts);
        self.ws.digest = version.digest;
        self.versions.push_back(version);
        prefetch_next(&self.versions);
    }

    /// The stream takes it away.
    pub fn take_away(&mut self, room: usize, serial: u64, at: Nanos) {
        if self.ws.digest.is_some() || self.versions.is_empty() {
            self.ws.previous.clone_from(&self.ws.values);
            self.ws.values.clear();
            self.push_version(room, |_| Version::absent(at, serial, Side::Ws));
        }
    }

    /// The present version as a later message put it.
    pub fn tell_again(
        &mut self,
        text: impl FnOnce(&mut TextRing) -> TextId,
        at: Nanos,
        written_from: Option<Nanos>,
    ) {
        let Some(version) = self.versions.back_mut() else { return };
        if let Some(text) = version.text {
            self.ws_texts.take_back(text);
        }
        version.text = Some(text(&mut self.ws_texts));
        version.source = Side::Ws;
        version.text_at = at;
        version.written_from = written_from;
        version.approx_hash = OnceCell::new();
    }

    /// Takes REST's word, `text` where it is kept; returns whether it moved (its first word is no move). `room`:
    /// [`remembered`].
    pub fn rest_says(
        &mut self,
        digest: Option<Digest>,
        text: impl FnOnce(&mut TextRing) -> Option<TextId>,
        sent: Nanos,
        received: Nanos,
        room: usize,
    ) -> bool {
        let moved = !self.intervals.is_empty() && self.rest.digest != digest;
        match self.intervals.back_mut() {
            Some(period) if !moved => {
                period.last = received;
                period.samples = period.samples.saturating_add(1);
            }
            _ => {
                make_room(room, &mut self.intervals, &mut self.rest_texts, |period| period.text);
                let other_sent = if moved { self.rest_sent } else { None };
                let text = text(&mut self.rest_texts);
                self.rest.digest = digest;
                if digest.is_none() {
                    self.motion.vanishings += u32::from(self.listed_since.is_some());
                    self.was_unlisted = true;
                } else {
                    self.listed_since.get_or_insert(received);
                }
                self.intervals.push_back(RestInterval {
                    digest,
                    other_sent,
                    first: received,
                    last: received,
                    samples: 1,
                    text,
                    approx_hash: OnceCell::new(),
                });
                prefetch_next(&self.intervals);
            }
        }
        self.rest_sent = Some(sent);
        self.motion.answers = self.motion.answers.saturating_add(1);
        if moved {
            let before = self.intervals.iter().rev().skip(2).take(RETURNS_AFTER);
            let returns = before.into_iter().any(|interval| interval.digest == digest);
            self.motion.moves = self.motion.moves.saturating_add(1);
            self.motion.returns = self.motion.returns.saturating_add(u32::from(returns));
        }
        moved
    }

    /// Notes which fields REST moves to `values`, and in which of them it left one state for the one before at once.
    ///
    /// `by_rule`: which of them moved, where that is known better than by hash. `told`: what REST tells of each field.
    pub fn note_fields(
        &mut self,
        values: &[u64],
        received: Nanos,
        by_rule: &MovedFields,
        told: &mut Vec<RestField>,
    ) {
        let at = |of: &[u64], field: usize| of.get(field).copied().unwrap_or(0);
        self.field_since.resize(values.len().max(self.field_since.len()), received);
        told.resize(values.len().max(told.len()), RestField::default());
        let at_once = self.intervals.back().is_some_and(|interval| interval.samples == 1);
        let mut returns = false;
        for (field, value) in values.iter().enumerate() {
            told[field].has_lacked |= *value == 0;
            let is_first = self.rest.values.is_empty();
            let is_noise = by_rule.since_newest.as_ref().is_some_and(|moved| !moved.contains(&field));
            if is_first || (at(&self.rest.values, field) != *value && !is_noise) {
                self.field_since[field] = received;
                let is_back = match &by_rule.since_earlier {
                    Some(differs) => !differs.contains(&field),
                    None => at(&self.rest.previous, field) == *value,
                };
                let is_flicker = at_once && is_back && !self.rest.previous.is_empty();
                told[field].flickers += u64::from(is_flicker);
                returns |= is_flicker;
            }
        }
        self.motion.flickers = self.motion.flickers.saturating_add(u32::from(returns));
    }

    /// REST says again what it said before, if in other digits.
    pub fn rest_repeats(&mut self, sent: Nanos, received: Nanos) {
        if let Some(interval) = self.intervals.back_mut() {
            interval.last = received;
            interval.samples = interval.samples.saturating_add(1);
        }
        self.rest_sent = Some(sent);
        self.motion.answers = self.motion.answers.saturating_add(1);
    }

    /// The period in which a sample received at `received` was. Its digest is another one where only a number's
    /// noise differs.
    pub fn period_of(&self, digest: Digest, received: Nanos) -> Option<usize> {
        let holds = |period: &RestInterval| period.first <= received && received <= period.last;
        let same = |period: &RestInterval| holds(period) && period.digest == Some(digest);
        self.intervals
            .iter()
            .rposition(same)
            .or_else(|| self.intervals.iter().rposition(|period| holds(period) && period.digest.is_some()))
    }

    /// When the last answer so far was sent that showed the state which REST moved to at `first`.
    pub fn last_sent(&self, first: Nanos) -> Option<Nanos> {
        let place = self.intervals.iter().rposition(|period| period.first == first)?;
        self.intervals.get(place + 1).map_or(self.rest_sent, |next| next.other_sent)
    }

    /// The period in which a sample received at `received` did not list the entity.
    pub fn absence_of(&self, received: Nanos) -> Option<&RestInterval> {
        self.intervals
            .iter()
            .rev()
            .find(|period| period.first <= received && received <= period.last && period.digest.is_none())
    }

    /// Whether every answer since lists it that can.
    pub fn is_listed_since(&self, at: Nanos) -> bool {
        self.listed_run.is_some_and(|since| since <= at)
    }

    /// Forgets texts of versions replaced before `texts`, and versions and intervals ended before `states`.
    pub fn forget(&mut self, texts: Nanos, states: Nanos) {
        // Mostly there is nothing to forget.
        if self.versions.get(1).is_some_and(|next| next.from < texts) {
            let first = self.versions.partition_point(|version| version.from < texts) - 1;
            self.ws_texts.forget_before(self.versions.range(first..).find_map(|version| version.text));
        }
        if self.intervals.front().is_some_and(|first| first.last < texts) {
            let first = self.intervals.partition_point(|period| period.last < texts);
            self.rest_texts.forget_before(self.intervals.range(first..).find_map(|period| period.text));
        }
        while self.versions.len() > 1 && self.versions[1].from < states {
            self.versions.pop_front();
        }
        while self.intervals.len() > 1 && self.intervals[0].last < states {
            self.intervals.pop_front();
        }
    }

    /// Bytes held for texts on both sides.
    pub fn text_bytes(&self) -> usize {
        self.ws_texts.held() + self.rest_texts.held()
    }
}

/// Where the next state goes once the ring is full: in the place of the oldest.
fn prefetch_next<S>(states: &VecDeque<S>) {
    if let Some(oldest) = states.front() {
        prefetch(oldest, size_of::<S>());
    }
}

/// Forgets the oldest states where there is no room for another, and their texts with them; whether there was none.
fn make_room<S>(
    room: usize,
    states: &mut VecDeque<S>,
    texts: &mut TextRing,
    text: impl Fn(&S) -> Option<TextId>,
) -> bool {
    if states.len() < room {
        return false;
    }
    while states.len() >= room {
        states.pop_front();
    }
    if texts.has_grown() {
        texts.forget_before(states.iter().find_map(text));
    }
    true
}
