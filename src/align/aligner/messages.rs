//! The WebSocket's side: which message is ours, what it says, what is wrong with it by itself.

use std::borrow::Cow;

use crate::align::aligner::Aligner;
use crate::align::taken::Taken;
use crate::align::tally::Twin;
use crate::diff::compare::{broken_invariants, unchecked_invariants};
use crate::diff::field_table::{FieldTable, Side};
use crate::diff::normalise::{self, Batch};
use crate::diff::parsed_entity::parse_entity;
use crate::diff::template::{MessageTemplate, ParseToken, Wanted};
use crate::frames::{EntityReader, Sequence, Told};
use crate::json::cursor::{self, Malformed, offset, plain_text};
use crate::json::locate::locate;
use crate::json::pointer::Pointer;
use crate::model::feature::{Carries, WsSource};
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
        let Some(read) = self.read_message(kind, frame, token) else { return false };
        if self.connection.open_since().is_none() && self.tally.messages == 0 {
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
                let before = self.server_clock.tick(source, clock);
                self.count(source, sequence, at);
                let selected = &frame[span.0..span.1];
                if !EntityReader::concerns(&self.feature.ws[source]) {
                    let changed = self.apply(selected, whole, at);
                    // Of single entities each would need a clock of its own.
                    if let (Some(before), Some(clock), true) = (before, clock, whole && changed) {
                        self.server_clock.older_state(&self.feature.name, &before, clock, at);
                    }
                    return true;
                }
                if self.entities.waits_for_answer(&self.feature.ws[source]) {
                    return true;
                }
                match self.read_entities(source, kind, selected) {
                    Ok(text) => {
                        self.apply(&text, whole, at);
                    }
                    Err(malformed) => self.unreadable(None, Some(&malformed.0), at),
                }
                self.gone.clear();
            }
            Err(malformed) => {
                // Its type was readable, so it excuses nothing: the browser would have lost this update.
                self.unreadable(None, Some(&malformed.0), at);
            }
        }
        true
    }

    /// Takes an event of a server that is not Thor; whether it is this feature's. One without a type is only where every
    /// type is.
    pub(in crate::align) fn event(&mut self, kind: Option<&str>, event: &Payload<'_>, at: Nanos) -> bool {
        match kind {
            Some(kind) => self.message(kind, event, None, at),
            None => self.feature.ws.iter().any(WsSource::hears_all) && self.message("", event, None, at),
        }
    }

    /// Makes partial entities whole and tells which are gone.
    fn read_entities<'t>(
        &mut self,
        source: usize,
        kind: &str,
        selected: &'t str,
    ) -> Result<Cow<'t, str>, Malformed> {
        let Told { text, gone } = self.entities.take(&self.feature.ws[source], kind, selected)?;
        if let Cow::Owned(whole) = &text {
            normalise::read(&mut self.plan, Side::Ws, whole, &[], &mut self.batch)?;
        }
        self.gone = gone;
        Ok(text)
    }

    /// Follows the stream's own numbers.
    fn count(&mut self, source: usize, number: Option<&str>, at: Nanos) {
        if self.feature.ws[source].sequence.is_none() {
            return;
        }
        let Some(number) = number.and_then(|number| plain_text(number).parse().ok()) else {
            self.tally.unnumbered += 1;
            return;
        };
        let Some(hole) = self.places[source].sequence.take(number, at) else { return };
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

    pub(in crate::align) fn preparse_message(&mut self, kind: &str, text: &str) -> Option<ParseToken> {
        let sources = self.feature.ws.iter().zip(&mut self.places);
        let mut ours = sources.filter(|(source, _)| source.hears(kind));
        ours.find_map(|(_, places)| places.template.preparse(text))
    }

    /// Reads a message by the first of the sources of its type whose filters let it pass; `None`: there is none of
    /// its type.
    fn read_message<'t>(
        &mut self,
        kind: &str,
        frame: &'t Payload<'_>,
        token: Option<ParseToken>,
    ) -> Option<Result<Read<'t>, Malformed>> {
        let mut read = None;
        for (index, (source, places)) in self.feature.ws.iter().zip(&mut self.places).enumerate() {
            if !source.hears(kind) {
                continue;
            }
            match places.read(&mut self.plan, frame, token, &mut self.batch) {
                Ok(None) => read = Some(Ok(Read::Filtered)),
                Ok(Some(FoundMessage { span, clock, sequence })) => {
                    let whole = source.carries == Carries::Snapshot;
                    return Some(Ok(Read::Rows { span, whole, clock, source: index, sequence }));
                }
                Err(malformed) => return Some(Err(malformed)),
            }
        }
        read
    }

    /// Takes what a message says; whether that changed anything.
    pub(super) fn apply(&mut self, text: &str, whole: bool, at: Nanos) -> bool {
        self.tally.messages += 1;
        self.silence.word(at, &self.connection);
        self.stall = None;
        self.rhythm.take(at);
        self.check_rows(Side::Ws, text, &[], at);
        let written_from = self.connection.held_back(at, self.budget.push_delay);
        if whole && let Some(twin) = self.batch.twin {
            self.note_twin(Side::Ws, text, twin, &[]);
            return false;
        }
        if whole && self.batch.rows.len() * 10 < self.history.entities.len() * 7 {
            self.tally.partial_messages += 1;
        }
        let taken = Taken { batch: &self.batch, gone: &self.gone, whole };
        let applied = self.history.ws_says(&mut self.plan, text, taken, at, written_from);
        self.tally.duplicates += u64::from(!applied.changed);
        self.seeded.get_or_insert(at);
        self.last_order.ws = self.batch.order;
        if applied.changed {
            // What the screen shows from now on is held against an answer as fresh as itself.
            self.wish = Some(at);
            self.retry_pending();
        }
        applied.changed
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
            if side == Side::Ws && self.gone.contains(&index) {
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

/// Where a source's messages have what is needed of them.
#[derive(Debug)]
pub(super) struct Places {
    /// Of the entities, of what is filtered by, of the server's clock where there is one.
    pointers: Vec<Pointer>,
    /// What must stand there for the message to be ours.
    wanted: Vec<String>,
    /// Which of the pointers lead to the server's clock and to the message's number.
    clock: Option<usize>,
    number: Option<usize>,
    /// Whether what has nothing to select is no message of this source rather than a broken one.
    hears_all: bool,
    template: MessageTemplate,
    sequence: Sequence,
}

impl Places {
    pub fn of(source: &WsSource) -> Self {
        let filters = source.filter.keys().map(|name| name.parse().unwrap_or_default());
        let mut pointers: Vec<Pointer> = std::iter::once(source.select.clone()).chain(filters).collect();
        let mut also = |pointer: &Option<Pointer>| {
            pointer.clone().map(|pointer| {
                pointers.push(pointer);
                pointers.len() - 2
            })
        };
        let (clock, number) = (also(&source.clock), also(&source.sequence));
        Self {
            pointers,
            wanted: source.filter.values().map(ToString::to_string).collect(),
            clock,
            number,
            hears_all: source.hears_all(),
            template: MessageTemplate::default(),
            sequence: Sequence::default(),
        }
    }

    /// On another connection the stream counts anew.
    pub fn begin_anew(&mut self) {
        self.sequence.forget();
    }

    /// Reads a message's entities into `batch`. Returns where they are and what stands beside them, or `None` where the
    /// filters do not let it pass.
    fn read<'t>(
        &mut self,
        plan: &mut FieldTable,
        frame: &'t Payload<'_>,
        token: Option<ParseToken>,
        batch: &mut Batch,
    ) -> Result<Option<FoundMessage<'t>>, Malformed> {
        if let Some(fit) = self.template.fit(frame, token) {
            if !pass(&self.wanted, |index| fit.scalar(index)) {
                return Ok(None);
            }
            let (span, scalar) = (fit.span, |place: Option<usize>| fit.scalar(place?));
            let (clock, sequence) = (scalar(self.clock), scalar(self.number));
            normalise::read_match(plan, Side::Ws, fit, &[], batch)?;
            return Ok(Some(FoundMessage { span, clock, sequence }));
        }
        check(frame)?;
        let found = locate(frame, &self.pointers)?;
        let (selected, scalars) = (found[0], &found[1..]);
        if !pass(&self.wanted, |index| scalars[index]) {
            return Ok(None);
        }
        let Some((selected, start)) =
            selected.and_then(|selected| Some((selected, offset(frame, selected)?)))
        else {
            if self.hears_all {
                return Ok(None);
            }
            return Err(Malformed(format!("no {} in the message", self.pointers[0])));
        };
        normalise::read(plan, Side::Ws, selected, &[], batch)?;
        self.template.learn(plan, Side::Ws, frame, Wanted { selected, scalars, bound: &[] });
        let scalar = |place: Option<usize>| scalars[place?];
        let span = (start, start + selected.len());
        Ok(Some(FoundMessage { span, clock: scalar(self.clock), sequence: scalar(self.number) }))
    }
}

/// Whether the filters let pass what was found beside the entities.
fn pass<'t>(wanted: &[String], found: impl Fn(usize) -> Option<&'t str>) -> bool {
    let stands = |(index, wanted): (usize, &String)| {
        found(index).is_some_and(|found| plain_text(found) == wanted.as_str())
    };
    wanted.iter().enumerate().all(stands)
}

/// Whether a frame is JSON, unless that is known already.
pub(in crate::align) fn check(frame: &Payload<'_>) -> Result<(), Malformed> {
    if frame.is_json() == Some(true) { Ok(()) } else { cursor::validate(frame) }
}

/// Of a part of a text, in bytes.
type Span = (usize, usize);

/// What a message has for its source.
struct FoundMessage<'t> {
    /// Of the selected text in the message.
    span: Span,
    clock: Option<&'t str>,
    sequence: Option<&'t str>,
}

enum Read<'t> {
    Filtered,
    /// With the server's clock where it says so.
    Rows {
        /// Of the selected text in the message.
        span: Span,
        /// Whether it is the whole state.
        whole: bool,
        clock: Option<&'t str>,
        /// The stream's own number of it.
        sequence: Option<&'t str>,
        /// Which of the feature's sources it is.
        source: usize,
    },
}
