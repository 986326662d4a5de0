//! REST's side: an answer becomes a sample, the first one a baseline where the stream has none.

use std::borrow::Cow;

use crate::align::aligner::Aligner;
use crate::align::sample::Sample;
use crate::align::screen::Look;
use crate::align::tally;
use crate::align::unexplained::{ExtraEntity, UnexplainedRow};
use crate::diff::digest::{Key, mix};
use crate::diff::field_table::Side;
use crate::diff::normalise::Batch;
use crate::diff::template::ParseToken;
use crate::model::feature::{Carries, Delivery};
use crate::model::observation::RestAnswer;
use crate::model::outcome::{Difference, Kind};
use crate::model::rest_cause::RestCause;
use crate::model::time::Nanos;

/// Distinct words of REST errors that are counted apart.
const MAX_WORDS: usize = 16;

impl Aligner {
    pub(super) fn rest_error(&mut self, cause: RestCause, error: &str) {
        self.tally.rest_errors += 1;
        *self.tally.rest_errors_by_cause.entry(cause).or_default() += 1;
        let is_known = self.tally.rest_error_words.contains_key(error);
        let words = if is_known || self.tally.rest_error_words.len() < MAX_WORDS { error } else { "others" };
        let words = crate::model::text::cut(words, Difference::MAX_TEXT);
        *self.tally.rest_error_words.entry(words).or_default() += 1;
        self.tally.last_rest_error = Some(crate::model::text::cut(error, Difference::MAX_TEXT));
    }

    pub(super) fn answer(&mut self, answer: &RestAnswer<'_>, token: Option<ParseToken>, at: Nanos) {
        self.wish = None;
        if !(200..300).contains(&answer.status) {
            return self.rest_error(RestCause::of_status(answer.status), &format!("HTTP {}", answer.status));
        }
        match self.answers.read(&mut self.plan, answer, token, &mut self.batch) {
            Ok(selected) => {
                self.check_rows(Side::Rest, selected, &answer.bound, at);
                if let Some(twin) = self.batch.twin {
                    self.note_twin(Side::Rest, selected, twin, &answer.bound);
                }
                let batch = std::mem::take(&mut self.batch);
                self.sample(answer, selected, &batch, at);
                self.batch = batch;
            }
            Err(unusable) => self.rest_error(unusable.cause, &unusable.why),
        }
    }

    pub(super) fn sample(&mut self, answer: &RestAnswer<'_>, text: &str, batch: &Batch, at: Nanos) {
        self.tally.rest_answers += 1;
        let sent = answer.sent.min(at);
        self.tally.sampled = Some((self.tally.sampled.map_or(at, |(first, _)| first), at));
        if batch.twin.is_some() {
            // Without a key that tells its entities apart nothing in it can be held against anything.
            self.tally.outcomes.entry(Kind::NotCovered).and_modify(|count| *count += 1).or_insert(1);
            return;
        }
        let whole = answer.bound.is_empty()
            && (self.feature.carries() == Carries::Snapshot || self.feature.rest.complete);
        let seeded =
            if self.feature.carries() == Carries::Snapshot { self.connection.complete_since() } else { None };
        let earlier = self.history.samples;
        let look = Look { text, bound: &answer.bound, batch, whole, earlier, sent, received: at, seeded };
        if self.connection.open_since().is_some_and(|open| open <= sent) {
            let seen = self.seen_budget();
            self.screen.look(&mut self.plan, &self.history, seen, &look);
        }
        let patience = self.budget.push_delay + self.budget.rest_staleness;
        self.history.flashes.answer(&mut self.plan, &look, patience);
        let series = series(&answer.bound);
        let moved = self.history.rest_says(&mut self.plan, text, &answer.bound, batch, whole, (sent, at));
        self.rest_moves.answer(series, (sent, at), moved.any);
        self.unsaid.hear(Side::Rest, at);
        if moved.any {
            self.follow_moves(batch, (sent, at));
            if let Some(matched) = self.matched.get_mut(&series) {
                matched.has_moved = true;
            }
        }
        let serial = self.sampled.answered(series, (sent, at), moved.any);
        let pair = self.volatile.sample(series, sent, at, &moved.fields);
        self.list_order.rest_lists(batch.order);
        let (missed, vanished) = self.set_baseline(answer, text, batch, whole, (sent, at));
        let sum = batch.rows.iter().fold(0u128, |sum, row| sum.wrapping_add(mix(row.key, row.digest)));
        if pair {
            self.wish = Some(at);
        }
        if whole {
            self.history.returns[Side::Rest.index()].take(sum);
        }
        let sample = Sample {
            sent,
            received: at,
            text: text.into(),
            rows: batch.rows.as_slice().into(),
            sum,
            bound: answer.bound.as_slice().into(),
            series,
            serial,
            whole,
            moved: moved.any,
        };
        if !missed.is_empty() || !vanished.is_empty() {
            let rows = missed.into_iter().map(|index| UnexplainedRow::missed(&sample.rows[index])).collect();
            self.suspect(sample, rows, vanished.into_iter().map(ExtraEntity::missed).collect());
        } else if !self.try_match(&sample) {
            self.queue.wait(sample);
        }
        self.forget_unlisted(batch, sent, at);
        if self.stall.has_news() && !self.is_behind(at) {
            self.stall.no_news();
        }
        self.begin_stall(at);
    }

    /// Takes what has just moved in REST: its order, and which fields moved together.
    fn follow_moves(&mut self, batch: &Batch, (sent, at): (Nanos, Nanos)) {
        self.order.answer(&self.history, batch, self.budget, (sent, at));
        if self.feature.delivery() == Delivery::OnChange {
            return;
        }
        for row in &batch.rows {
            let Some(entity) = self.history.entities.get(&row.key) else { continue };
            let is_new = entity.intervals.back().is_some_and(|interval| interval.first == at);
            if is_new {
                self.unsaid.take(&self.plan, row.key, entity, Side::Rest, at);
            }
            if is_new && !entity.rest.previous.is_empty() {
                self.sampled.pins.note_move(&entity.rest.previous, &entity.rest.values);
            }
        }
    }

    /// For on-change streams: REST's first word after a connection is what the stream starts from.
    ///
    /// Returns the rows that moved and the entities that went while the connection was down, as nobody pushed
    /// them again.
    pub(super) fn set_baseline(
        &mut self,
        answer: &RestAnswer<'_>,
        text: &str,
        batch: &Batch,
        whole: bool,
        (sent, at): (Nanos, Nanos),
    ) -> (Vec<usize>, Vec<Key>) {
        let mut missed = Vec::new();
        let Some(open) = self.connection.open_since() else { return (missed, Vec::new()) };
        let may_begin = self.budget.reads_after(open, sent) && !self.connection.has_said_all();
        if self.feature.delivery() != Delivery::OnChange || !may_begin {
            return (missed, Vec::new());
        }
        let again = self.connection.has_reconnected();
        let read = (sent - self.budget.rest_staleness, at);
        for (index, row) in batch.rows.iter().enumerate() {
            let Some(track) = self.history.entities.get(&row.key) else { continue };
            if track.seeded.is_some() {
                continue;
            }
            let said = track.versions.back().is_some();
            if again && said && track.ws.digest != Some(row.digest) {
                missed.push(index);
            }
            let row_text = &text[row.span.0 as usize..row.span.1 as usize];
            // Bound values are part of the entity, so the text alone would not compare as one.
            let owned = with_bound(row_text, &answer.bound);
            if self.feature.carries() == Carries::Merge {
                self.messages.begin_with(&owned);
            }
            self.history.baseline(row.key, row.digest, &owned, batch.values(index), at, read);
            self.queue.hope();
        }
        self.merge_early(at);
        let vanished = if whole { self.history.baseline_of_absent(batch, at) } else { Vec::new() };
        // What was before this answer was read is not known: another cache may still show it.
        self.connection.told_whole(at);
        (missed, vanished)
    }

    /// Upserts: what REST has not listed for C + D is not the stream's to keep up to date.
    pub(super) fn forget_unlisted(&mut self, batch: &Batch, sent: Nanos, at: Nanos) {
        if self.feature.carries() == Carries::Snapshot
            || self.feature.rest.complete
            || !self.feature.rest.for_each.is_empty()
        {
            return;
        }
        if self.history.entities.len() <= batch.rows.len() {
            return;
        }
        let limit = self.budget.rest_staleness + self.budget.push_delay;
        let mut gone: Vec<Key> = self
            .history
            .entities
            .iter()
            .filter(|(_, track)| track.ws.digest.is_some())
            .filter(|(_, track)| track.rest_sent.is_some_and(|listed| sent.since(listed) > limit))
            // One that came back is in an event before it is in an answer.
            .filter(|(_, track)| track.ws_word.is_none_or(|word| sent.since(word) > limit))
            .map(|(key, _)| *key)
            .collect();
        gone.sort_unstable();
        for key in gone {
            if let Some(entity) = self.history.entities.get(&key)
                && self.tally.left_behind.len() < tally::MAX_NAMED
            {
                self.tally.left_behind.insert(entity.name.clone());
            }
            self.history.forget_entity(key, at);
        }
    }
}

fn series(bound: &[(Cow<'_, str>, Cow<'_, str>)]) -> u64 {
    bound.iter().fold(0, |series, (name, value)| {
        xxhash_rust::xxh3::xxh3_64_with_seed(format!("{name}={value}").as_bytes(), series)
    })
}

/// An entity's text with the values that stood in the path as members.
fn with_bound<'t>(text: &'t str, bound: &[(Cow<'_, str>, Cow<'_, str>)]) -> Cow<'t, str> {
    let Some(rest) = text.strip_prefix('{').filter(|_| !bound.is_empty()) else { return Cow::Borrowed(text) };
    let members: Vec<String> = bound
        .iter()
        .map(|(name, value)| {
            format!("{}:{}", serde_json::Value::from(name.as_ref()), serde_json::Value::from(value.as_ref()))
        })
        .collect();
    let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
    Cow::Owned(format!("{{{}{comma}{rest}", members.join(",")))
}
