//! The two sides' words about one feature, entity by entity, and the ring of whole states.
//!
//! A message costs what it carries, not what the state holds: the state's digest is a sum, an entity that
//! changes is subtracted and added again.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::time::Duration;

use crate::align::entity_histories::{EntityHistories, MAX_ENTITIES};
use crate::align::entity_history::{EntityHistory, RestField, remembered};
use crate::align::entity_text::{MovedFields, countdown_jumps, moved_fields, name_of, says_the_same};
use crate::align::flash::{Flashes, Word};
use crate::align::returns::Returns;
use crate::align::taken::{Applied, Taken};
use crate::align::version::Version;
use crate::diff::digest::{Digest, Key, Wide, mix};
use crate::diff::field_table::{FieldTable, Side};
use crate::diff::normalise::Batch;
use crate::diff::parsed_entity::Bound;
use crate::diff::template::TextRing;
use crate::model::outcome::Entity;
use crate::model::time::Nanos;

/// How many whole states are remembered.
const STATES: usize = 32_768;

/// The whole state, current from `from`.
#[derive(Debug, Clone, Copy)]
pub struct State {
    pub from: Nanos,
    pub sum: Wide,
}

#[derive(Debug, Clone, Default)]
pub struct History {
    pub entities: EntityHistories,
    pub states: VecDeque<State>,
    /// Serial of `states[0]`.
    first_serial: u64,
    sum: u128,
    /// Entities that the stream has now.
    current_entities: u32,
    /// Messages taken.
    pub messages: u64,
    /// REST samples taken.
    pub samples: u64,
    /// When the newest sample was sent.
    rest_sent: Option<Nanos>,
    /// Entities refused for want of room.
    pub refused: u64,
    /// How often each field moved, by side.
    pub moves: [Vec<u64>; 2],
    pub flashes: Flashes,
    /// By field.
    pub rest_fields: Vec<RestField>,
    /// Whole states: how often each side moved, and to one of its last few.
    pub returns: [Returns; 2],
    /// Entities in which a sample and the stream disagree.
    pub(super) troubled: Vec<Key>,
}

/// What moved since the sample before.
#[derive(Debug, Clone)]
pub struct Moved {
    /// Whether any entity did.
    pub any: bool,
    /// How many entities in each field, what is hidden included; those beyond the end did not.
    pub fields: Vec<u64>,
}

impl History {
    /// Bytes held for texts; the bulk of what a feature costs.
    pub fn text_bytes(&self) -> usize {
        self.entities.values().map(EntityHistory::text_bytes).sum()
    }

    /// How many entities the stream has now.
    pub fn current_entities(&self) -> usize {
        self.current_entities as usize
    }

    pub fn next_serial(&self) -> u64 {
        self.first_serial + self.states.len() as u64
    }

    /// Takes a message's rows. `written_from`: see [`Version`].
    pub fn ws_says(
        &mut self,
        plan: &mut FieldTable,
        text: &str,
        Taken { batch, gone, whole }: Taken<'_>,
        at: Nanos,
        written_from: Option<Nanos>,
    ) -> Applied {
        self.messages += 1;
        let before = (self.sum, self.current_entities);
        let serial = self.next_serial();
        let room = remembered(self.entities.len());
        let counts_down = plan.has.countdown;
        let (mut jumped, mut moved) = (false, false);
        for (index, row) in batch.rows.iter().enumerate() {
            let row_text = &text[row.span.0 as usize..row.span.1 as usize];
            let name = || name_of(plan, Side::Ws, row_text, &[]);
            let Some(track) = track_of(&mut self.entities, row.key, name) else {
                self.refused += 1;
                continue;
            };
            track.ws.last_seen = self.messages;
            track.ws_word = Some(at);
            track.seeded.get_or_insert(at);
            let now = track.ws.digest;
            if gone.contains(&index) {
                if let Some(old) = now {
                    self.sum = self.sum.wrapping_sub(mix(row.key, old));
                    self.current_entities -= 1;
                    self.flashes.stream_moves(plan, row.key, track, None, at);
                }
                track.take_away(room, serial, at);
                moved = true;
                continue;
            }
            if now == Some(row.digest) && counts_down && countdown_jumps(plan, track, row_text, at) {
                // The same values but another end to count down to: a version of its own.
                jumped = true;
            } else if now == Some(row.digest) {
                if track.ws.hidden != row.hidden || counts_down {
                    track.tell_again(|texts| batch.keep(text, index, texts), at, written_from);
                    track.ws.take(row.hidden, batch.values(index), None);
                }
                continue;
            }
            match now {
                Some(old) => self.sum = self.sum.wrapping_sub(mix(row.key, old)),
                None => self.current_entities += 1,
            }
            self.sum = self.sum.wrapping_add(mix(row.key, row.digest));
            // Where REST lists some entities only, no answer can say that one was away, or bear out what was said of
            // one that it was not asked for.
            let is_listed = track.rest.digest.is_some();
            if whole || self.flashes.rest_lists_all || (now.is_some() && is_listed) {
                let word = Word { values: batch.values(index), text: row_text };
                self.flashes.stream_moves(plan, row.key, track, Some(word), at);
            }
            track.ws.previous.clone_from(&track.ws.values);
            track.ws.take(row.hidden, batch.values(index), Some(&mut self.moves[Side::Ws.index()]));
            track.push_version(room, |texts| Version {
                from: at,
                serial,
                digest: Some(row.digest),
                text: Some(batch.keep(text, index, texts)),
                source: Side::Ws,
                text_at: at,
                written_from,
                approx_hash: OnceCell::new(),
            });
            moved |= !(plan.is_noisy && says_the_same(plan, track));
        }
        if whole && self.current_entities as usize > batch.rows.len() - gone.len() {
            self.drop_unmet(plan, serial, at);
            moved = true;
        }
        let changed = before != (self.sum, self.current_entities) || self.states.is_empty();
        if changed || jumped {
            self.push_state(at);
        }
        if changed && moved {
            self.returns[Side::Ws.index()].take(self.sum);
        }
        Applied { changed }
    }

    fn drop_unmet(&mut self, plan: &mut FieldTable, serial: u64, at: Nanos) {
        let room = remembered(self.entities.len());
        for (key, track) in &mut self.entities {
            if track.ws.last_seen == self.messages {
                continue;
            }
            if let Some(old) = track.ws.digest {
                self.sum = self.sum.wrapping_sub(mix(*key, old));
                self.current_entities -= 1;
                self.flashes.stream_moves(plan, *key, track, None, at);
                track.take_away(room, serial, at);
            }
        }
    }

    /// Sets what an on-change stream would have said before its first word: REST's state, read in `read`,
    /// valid since `since`.
    pub fn baseline(
        &mut self,
        key: Key,
        digest: Digest,
        text: &str,
        values: &[u64],
        since: Nanos,
        read: (Nanos, Nanos),
    ) {
        let serial = self.next_serial();
        let room = remembered(self.entities.len());
        let Some(track) = self.entities.get_mut(&key) else { return };
        track.seeded = Some(since);
        let now = track.ws.digest;
        if now == Some(digest) {
            return;
        }
        match now {
            Some(old) => self.sum = self.sum.wrapping_sub(mix(key, old)),
            None => self.current_entities += 1,
        }
        self.sum = self.sum.wrapping_add(mix(key, digest));
        let from = track.versions.back().map_or(since, |last| since.max(last.from));
        track.ws.values = values.to_vec();
        track.push_version(room, |texts| Version {
            from,
            serial,
            digest: Some(digest),
            text: Some(texts.push(text)),
            source: Side::Rest,
            text_at: read.1,
            written_from: Some(read.0),
            approx_hash: OnceCell::new(),
        });
        self.push_state(read.1);
    }

    /// The other half of [`History::baseline`]: entities that a whole answer read at `at` does not list and the
    /// stream has not spoken of on this connection are gone. Returns those it had before.
    pub fn baseline_of_absent(&mut self, batch: &Batch, at: Nanos) -> Vec<Key> {
        let mut listed: Vec<Key> = batch.rows.iter().map(|row| row.key).collect();
        listed.sort_unstable();
        let mut gone: Vec<Key> = (self.entities.iter())
            .filter(|(key, track)| {
                track.seeded.is_none() && track.ws.digest.is_some() && listed.binary_search(key).is_err()
            })
            .map(|(key, _)| *key)
            .collect();
        gone.sort_unstable();
        for key in &gone {
            self.forget_entity(*key, at);
        }
        gone
    }

    /// An entity that REST no longer lists is no longer the stream's to keep up to date.
    pub fn forget_entity(&mut self, key: Key, at: Nanos) {
        let serial = self.next_serial();
        let room = remembered(self.entities.len());
        let Some(track) = self.entities.get_mut(&key) else { return };
        track.seeded = None;
        if let Some(old) = track.ws.digest {
            self.sum = self.sum.wrapping_sub(mix(key, old));
            self.current_entities -= 1;
            track.push_version(room, |_| Version::absent(at, serial, Side::Rest));
            self.push_state(at);
        }
    }

    fn push_state(&mut self, at: Nanos) {
        if self.states.len() == STATES {
            self.states.pop_front();
            self.first_serial += 1;
        }
        self.states.push_back(State { from: at, sum: self.sum.into() });
    }

    /// Takes a REST sample's rows; returns what moved. `whole`: REST lists everything here.
    pub fn rest_says(
        &mut self,
        plan: &mut FieldTable,
        text: &str,
        bound: &Bound<'_>,
        batch: &Batch,
        whole: bool,
        window: (Nanos, Nanos),
    ) -> Moved {
        self.samples += 1;
        let room = remembered(self.entities.len());
        let (mut moved, mut moves, mut hidden_moves) = (false, Vec::new(), Vec::new());
        // Where digests tell everything nobody asks for the text.
        let keeps = plan.forgives();
        let (sent, received) = window;
        let last_sent = self.rest_sent;
        for (index, row) in batch.rows.iter().enumerate() {
            let row_text = &text[row.span.0 as usize..row.span.1 as usize];
            let name = || name_of(plan, Side::Rest, row_text, bound);
            let Some(track) = track_of(&mut self.entities, row.key, name) else {
                self.refused += 1;
                continue;
            };
            if track.listed_run.is_none() || (bound.is_empty() && track.rest.last_seen + 1 < self.samples) {
                track.listed_run = Some(received);
            }
            track.rest.last_seen = self.samples;
            let before = track.rest.digest;
            // Hashes of fields tell a number's digits, and noise changes these: then the texts say what moved.
            let told_by_texts = plan.is_noisy && before.is_some_and(|before| before != row.digest);
            let moved_by_rule = if told_by_texts {
                moved_fields(plan, track, row_text, bound)
            } else {
                MovedFields::default()
            };
            if moved_by_rule.since_newest.as_ref().is_some_and(Vec::is_empty) {
                track.rest_repeats(sent, received);
                continue;
            }
            if before != Some(row.digest) {
                track.note_fields(batch.values(index), received, &moved_by_rule, &mut self.rest_fields);
                track.rest.previous.clone_from(&track.rest.values);
                track.rest.take(row.hidden, batch.values(index), Some(&mut moves));
            } else if track.rest.hidden != row.hidden {
                track.rest.take(row.hidden, batch.values(index), Some(&mut hidden_moves));
            }
            // An entity that turns up after the first sample was absent before: that is a move too.
            if track.intervals.is_empty() && whole && self.samples > 1 {
                track.rest_says(None, |_| None, Nanos::ZERO, Nanos::ZERO, room);
                track.rest_sent = last_sent;
            }
            let keep = |texts: &mut TextRing| keeps.then(|| batch.keep(text, index, texts));
            moved |= track.rest_says(Some(row.digest), keep, sent, received, room);
        }
        if whole && self.entities.len() > batch.rows.len() {
            for track in self.entities.values_mut() {
                if track.rest.last_seen != self.samples && !track.intervals.is_empty() {
                    track.rest.values.clear();
                    moved |= track.rest_says(None, |_| None, sent, received, room);
                }
            }
        }
        self.rest_sent = Some(sent);
        add(&mut self.moves[Side::Rest.index()], &moves);
        add(&mut moves, &hidden_moves);
        Moved { any: moved, fields: moves }
    }

    /// Forgets texts of versions replaced before `texts`, and everything ended before `states`. Returns the bytes
    /// held for the texts that are left.
    pub fn forget(&mut self, texts: Nanos, states: Nanos) -> usize {
        while self.states.len() > 1 && self.states[1].from < states {
            self.states.pop_front();
            self.first_serial += 1;
        }
        let mut bytes = 0;
        for track in self.entities.values_mut() {
            track.forget(texts, states);
            bytes += track.text_bytes();
        }
        self.entities.retain(|_, track| {
            let silent = |at: Option<Nanos>| at.is_none_or(|at| at < states);
            !silent(track.ws_word)
                || !silent(track.rest_sent)
                || track.ws.digest.is_some()
                || track.rest.digest.is_some()
        });
        bytes
    }

    /// Entities that REST listed from the first, or for longer than `patience`, and the stream never explained once.
    ///
    /// One that the stream never spoke of and that never moved is not covered, by contract, and not among them.
    pub fn never_explained(&self, patience: Duration) -> Vec<Entity> {
        let listed_long = |track: &EntityHistory| {
            let from_the_first = track.intervals.front().is_some_and(|first| first.digest.is_some());
            let first = track.intervals.iter().find(|period| period.digest.is_some());
            from_the_first
                || first.is_some_and(|first| {
                    self.rest_sent.is_some_and(|last| last.since(first.first) > patience)
                })
        };
        let owed = |track: &EntityHistory| track.ws_word.is_some() || track.intervals.len() > 1;
        let mut names: Vec<Entity> = self
            .entities
            .values()
            .filter(|track| {
                !track.explained && track.rest.digest.is_some() && owed(track) && listed_long(track)
            })
            .map(|track| track.name.clone())
            .collect();
        names.sort();
        names
    }

    /// Entities that REST lists and no message ever spoke of.
    pub fn never_told(&self) -> impl Iterator<Item = &Entity> {
        let entities = self.entities.values();
        entities
            .filter(|entity| entity.ws_word.is_none() && entity.rest.digest.is_some())
            .map(|entity| &entity.name)
    }

    /// Entities that the stream has and no answer ever listed.
    pub fn never_listed(&self) -> impl Iterator<Item = &Entity> {
        let entities = self.entities.values();
        entities
            .filter(|entity| entity.ws.digest.is_some() && entity.intervals.is_empty())
            .map(|entity| &entity.name)
    }

    /// A new connection: nothing the stream said before is known to be complete.
    pub fn unseed(&mut self) {
        for track in self.entities.values_mut() {
            track.seeded = None;
        }
    }
}

/// An entity's track, opened where there is none; `None` where there is no room for another.
fn track_of(
    entities: &mut EntityHistories,
    key: Key,
    name: impl FnOnce() -> Entity,
) -> Option<&mut EntityHistory> {
    let is_full = entities.len() >= MAX_ENTITIES;
    match entities.entry(key) {
        Entry::Occupied(track) => Some(track.into_mut()),
        Entry::Vacant(_) if is_full => None,
        Entry::Vacant(place) => Some(place.insert(EntityHistory::of(name()))),
    }
}

fn add(counts: &mut Vec<u64>, more: &[u64]) {
    counts.resize(counts.len().max(more.len()), 0);
    for (count, more) in counts.iter_mut().zip(more) {
        *count += more;
    }
}
