//! The WebSocket's side: which message is ours, what it says, what is wrong with it by itself.

use std::borrow::Cow;

use crate::align::aligner::Aligner;
use crate::align::aligner::message_reader::{EarlyPart, Numbering, Read};
use crate::align::taken::Taken;
use crate::align::tally::Twin;
use crate::diff::compare::{broken_invariants, unchecked_invariants};
use crate::diff::field_table::Side;
use crate::diff::normalise;
use crate::diff::parsed_entity::parse_entity;
use crate::diff::template::ParseToken;
use crate::model::observation::Payload;
use crate::model::outcome::{Difference, Entity, Kind, Outcome};
use crate::model::time::Nanos;

impl Aligner {
    /// Takes a message of this outer type, if it is one of this feature's; whether it is.
    pub(in crate::align) fn message(
        &mut self,
        kind: &str,
        frame: &Payload<'_>,
        token: Option<ParseToken>,
        at: Nanos,
    ) -> bool {
        let read = self.messages.read(&mut self.plan, kind, frame, token, &mut self.batch);
        let Some(read) = read else { return false };
        if self.connection.open_since().is_none() && !self.connection.is_opening() && self.tally.messages == 0
        {
            // A recording by hand may begin in the middle of a connection.
            self.connection.open(at);
        }
        match read {
            Ok(Read::Filtered) => self.tally.filtered += 1,
            Ok(Read::Rows { span, whole, clock, source, sequence }) => {
                let lacks_key = !self.feature.key.is_empty()
                    && !self.batch.rows.is_empty()
                    && self.batch.rows.iter().all(|row| row.key == 0);
                if lacks_key {
                    let key: Vec<String> = self.feature.key.iter().map(ToString::to_string).collect();
                    self.unreadable(None, Some(&format!("lacks {}", key.join(", "))), at);
                    return true;
                }
                let before = self.order.server_clock.tick(source, clock);
                self.count(source, sequence, at);
                let selected = &frame[span.0..span.1];
                if self.messages.waits_for_answer(source) {
                    self.tally.messages += 1;
                    let (kind, selected) = (kind.to_owned(), selected.to_owned());
                    self.messages.keep_early(EarlyPart { source, kind, selected });
                    return true;
                }
                let changed = match self.messages.has_parts(source) {
                    true => self.merge(source, kind, selected, whole, at),
                    false => self.apply(selected, whole, at),
                };
                // Of single entities each would need a clock of its own.
                if let (Some(before), Some(clock), true) = (before, clock, whole && changed) {
                    self.order.server_clock.older_state(&self.feature.name, &before, clock, at);
                }
            }
            Err(malformed) => {
                // Its type was readable, so it excuses nothing: the browser would have lost this update.
                self.unreadable(None, Some(&malformed.0), at);
            }
        }
        true
    }

    /// Takes a message that carries parts of entities, or what these are merged into, or takes some away; whether that
    /// changed anything.
    fn merge(&mut self, source: usize, kind: &str, selected: &str, whole: bool, at: Nanos) -> bool {
        let changed = match self.messages.make_whole(&mut self.plan, source, kind, selected, &mut self.batch)
        {
            Ok(text) => self.apply(&text, whole, at),
            Err(malformed) => {
                self.unreadable(None, Some(&malformed.0), at);
                false
            }
        };
        self.messages.forget_removals();
        changed
    }

    /// Takes the parts that came before REST told what they are parts of.
    pub(super) fn merge_early(&mut self, at: Nanos) {
        for part in self.messages.answered() {
            // Counted when it came.
            self.tally.messages -= 1;
            // What takes rows away is not made whole: its rows are read here, as those of any message were.
            match normalise::read(&mut self.plan, Side::Ws, &part.selected, &[], &mut self.batch) {
                Ok(()) => {
                    self.merge(part.source, &part.kind, &part.selected, false, at);
                }
                Err(malformed) => self.unreadable(None, Some(&malformed.0), at),
            }
        }
    }

    /// Takes an event of a server that is not Thor; whether it is this feature's. One without a type is only where every
    /// type is.
    pub(in crate::align) fn event(&mut self, kind: Option<&str>, event: &Payload<'_>, at: Nanos) -> bool {
        match kind {
            Some(kind) => self.message(kind, event, None, at),
            None => self.messages.hear_all() && self.message("", event, None, at),
        }
    }

    /// Follows the stream's own numbers.
    fn count(&mut self, source: usize, number: Option<&str>, at: Nanos) {
        let hole = match self.messages.count(source, number, at) {
            Numbering::Missing(hole) => hole,
            Numbering::Unnumbered => {
                self.tally.unnumbered += 1;
                return;
            }
            Numbering::Followed => return,
        };
        let kind = Kind::SequenceGap;
        // A message that came shortly before may still have been on its way to REST.
        let has_moved = self.rest_moves.any_within(hole.since + self.budget.rest_staleness, at);
        self.tally.moved_in_sequence_gap += u64::from(has_moved);
        let meanwhile = if has_moved { ", and REST moved meanwhile" } else { "" };
        let text = format!(
            "{} of its messages missing between {} and {}{meanwhile}",
            hole.missing(),
            hole.before,
            hole.after
        );
        let difference = Difference {
            field: self.feature.ws[source].sequence.clone(),
            ws: Some(text),
            ..Difference::of(kind, Entity::new())
        };
        self.emit(Outcome::of(kind, (hole.since, at)).with_difference(difference));
    }

    /// Takes what a message says; whether that changed anything.
    pub(super) fn apply(&mut self, text: &str, whole: bool, at: Nanos) -> bool {
        self.tally.messages += 1;
        self.stall.word(at, &self.connection);
        self.sampled.rhythm.take(at);
        self.check_rows(Side::Ws, text, &[], at);
        let written_from = self.connection.held_back(at, self.budget.push_delay);
        if whole && let Some(twin) = self.batch.twin {
            self.note_twin(Side::Ws, text, twin, &[]);
            return false;
        }
        if whole && self.batch.rows.len() * 10 < self.history.entities.len() * 7 {
            self.tally.partial_messages += 1;
        }
        let taken = Taken { batch: &self.batch, gone: self.messages.removals(), whole };
        let applied = self.history.ws_says(&mut self.plan, text, taken, at, written_from);
        self.tally.duplicates += u64::from(!applied.changed);
        self.connection.told_whole(at);
        if whole {
            self.connection.said_all();
        }
        self.list_order.stream_lists(self.batch.order);
        self.unsaid.hear(Side::Ws, at);
        if applied.changed {
            self.follow_words(at);
            // What the screen shows from now on is held against an answer as fresh as itself.
            self.wish = Some(at);
            self.retry_pending();
        }
        applied.changed
    }

    /// Takes what the message moved.
    fn follow_words(&mut self, at: Nanos) {
        for row in &self.batch.rows {
            let Some(entity) = self.history.entities.get(&row.key) else { continue };
            if entity.versions.back().is_some_and(|version| version.from == at) {
                self.unsaid.take(&self.plan, row.key, entity, Side::Ws, at);
            }
        }
    }

    /// Two rows of one key in a whole payload: the key is not one, so nothing can be held against anything.
    pub(super) fn note_twin(
        &mut self,
        side: Side,
        text: &str,
        row: usize,
        bound: &[(Cow<'_, str>, Cow<'_, str>)],
    ) {
        self.tally.twins += 1;
        if self.tally.twin.is_none() {
            let (from, to) = self.batch.rows[row].span;
            let text = &text[from as usize..to as usize];
            let entity = crate::align::entity_text::name_of(&mut self.plan, side, text, bound);
            self.tally.twin = Some(Twin { is_rest: side == Side::Rest, entity });
        }
    }

    /// Looks at each row that is new for what is wrong with it by itself.
    pub(super) fn check_rows(
        &mut self,
        side: Side,
        text: &str,
        bound: &[(Cow<'_, str>, Cow<'_, str>)],
        at: Nanos,
    ) {
        self.tally.written_twice += self.batch.rows.iter().filter(|row| row.duplicate_name).count() as u64;
        if !self.plan.has.derived {
            return;
        }
        let batch = std::mem::take(&mut self.batch);
        for (index, row) in batch.rows.iter().enumerate() {
            if side == Side::Ws && self.messages.takes_away(index) {
                continue;
            }
            let track = self.history.entities.get(&row.key);
            let known = track.is_some_and(|track| match side {
                Side::Rest => track.rest.digest == Some(row.digest) && track.rest.hidden == row.hidden,
                Side::Ws => track.ws.digest == Some(row.digest) && track.ws.hidden == row.hidden,
            });
            if known {
                continue;
            }
            let row_text = &text[row.span.0 as usize..row.span.1 as usize];
            let Ok(taken) = parse_entity(&mut self.plan, side, row_text, bound) else { continue };
            let wrong = broken_invariants(&self.plan, side, &taken);
            for field in unchecked_invariants(&self.plan, &taken) {
                self.plan.fields[field].crossed = true;
            }
            if wrong.is_empty() {
                continue;
            }
            let entity = crate::align::entity_text::name_of(&mut self.plan, side, row_text, bound);
            for difference in wrong {
                let kind = difference.kind;
                let difference = Difference {
                    field: Some(self.plan.fields[difference.field].pointer.clone()),
                    rest: difference.rest,
                    ws: difference.ws,
                    passes_with: difference.passes_with,
                    ..Difference::of(kind, entity.clone())
                };
                self.emit(Outcome::of(kind, (at, at)).with_difference(difference));
            }
        }
        self.batch = batch;
    }

    pub(super) fn unreadable(&mut self, rest: Option<&str>, ws: Option<&str>, at: Nanos) {
        let text = |said: Option<&str>| said.map(|said| crate::model::text::cut(said, Difference::MAX_TEXT));
        let kind = Kind::Unreadable;
        let difference = Difference { rest: text(rest), ws: text(ws), ..Difference::of(kind, Entity::new()) };
        self.emit(Outcome::of(kind, (at, at)).with_difference(difference));
    }
}
