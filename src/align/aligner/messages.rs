//! The WebSocket's side: which message is ours, what it says, what is wrong with it by itself.

use std::borrow::Cow;

use crate::align::aligner::Aligner;
use crate::align::tally::Twin;
use crate::diff::compare::{broken_invariants, unchecked_invariants};
use crate::diff::field_table::{FieldTable, Side};
use crate::diff::normalise::{self, Batch};
use crate::diff::parsed_entity::parse_entity;
use crate::diff::template::{MessageTemplate, ParseToken, Wanted};
use crate::json::cursor::{self, Malformed, has_type, offset, plain_text};
use crate::json::instant;
use crate::json::locate::locate;
use crate::json::pointer::Pointer;
use crate::model::feature::{Carries, WsSource};
use crate::model::observation::Payload;
use crate::model::outcome::{Difference, Entity, Kind, Outcome};
use crate::model::time::Nanos;

/// Arrivals remembered, to see where a push did not come.
const ARRIVALS: usize = 512;

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
            Ok(Read::Rows { span, whole, clock }) => {
                let lacks_key = !self.feature.key.is_empty()
                    && !self.batch.rows.is_empty()
                    && self.batch.rows.iter().all(|row| row.key == 0);
                if lacks_key {
                    let key: Vec<String> = self.feature.key.iter().map(ToString::to_string).collect();
                    self.unreadable(None, Some(&format!("lacks {}", key.join(", "))), at);
                    return true;
                }
                self.tick(clock);
                self.apply(&frame[span.0..span.1], whole, at);
            }
            Err(malformed) => {
                // Its type was readable, so it excuses nothing: the browser would have lost this update.
                self.unreadable(None, Some(&malformed.0), at);
            }
        }
        true
    }

    pub(in crate::align) fn preparse_message(&mut self, kind: &str, text: &str) -> Option<ParseToken> {
        let sources = self.feature.ws.iter().zip(&mut self.places);
        let mut ours = sources.filter(|(source, _)| has_type(&source.types, kind));
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
        for (source, places) in self.feature.ws.iter().zip(&mut self.places) {
            if !has_type(&source.types, kind) {
                continue;
            }
            match places.read(&mut self.plan, frame, token, &mut self.batch) {
                Ok(None) => read = Some(Ok(Read::Filtered)),
                Ok(Some((span, clock))) => {
                    return Some(Ok(Read::Rows { span, whole: source.carries == Carries::Snapshot, clock }));
                }
                Err(malformed) => return Some(Err(malformed)),
            }
        }
        read
    }

    /// Follows the server's own clock: only where it steps back is a reordering the stream's fault for certain.
    fn tick(&mut self, clock: Option<&str>) {
        let Some(clock) = clock else { return };
        // Of texts in the notation that Thor uses the later one sorts later: only a step back has to be read.
        let in_one_notation = clock.len() == self.server_clock.len() && clock.ends_with('"');
        if !in_one_notation || *clock < *self.server_clock {
            let read = |text: &str| instant::parse(&plain_text(text)).map(|instant| instant.nanoseconds);
            let Some(now) = read(clock) else { return };
            self.tally.clock_steps_back += u64::from(read(&self.server_clock).is_some_and(|last| now < last));
        }
        self.server_clock.clear();
        self.server_clock.push_str(clock);
    }

    pub(super) fn apply(&mut self, text: &str, whole: bool, at: Nanos) {
        self.tally.messages += 1;
        self.silence.word(at, &self.connection);
        self.stall = None;
        if self.arrivals.len() == ARRIVALS {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back(at);
        self.check_rows(Side::Ws, text, &[], at);
        let written_from = self.connection.held_back(at, self.budget.push_delay);
        if whole && let Some(twin) = self.batch.twin {
            self.note_twin(Side::Ws, text, twin, &[]);
            return;
        }
        if whole && self.batch.rows.len() * 10 < self.history.entities.len() * 7 {
            self.tally.partial_messages += 1;
        }
        let applied = self.history.ws_says(&mut self.plan, text, &self.batch, whole, at, written_from);
        self.tally.duplicates += u64::from(!applied.changed);
        self.seeded.get_or_insert(at);
        self.last_order.ws = self.batch.order;
        if applied.changed {
            // What the screen shows from now on is held against an answer as fresh as itself.
            self.wish = Some(at);
            self.retry_pending();
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
        for row in &batch.rows {
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
    template: MessageTemplate,
}

impl Places {
    pub fn of(source: &WsSource) -> Self {
        let filters = source.filter.keys().map(|name| name.parse().unwrap_or_default());
        let pointers = std::iter::once(source.select.clone()).chain(filters).chain(source.clock.clone());
        Self {
            pointers: pointers.collect(),
            wanted: source.filter.values().map(ToString::to_string).collect(),
            template: MessageTemplate::default(),
        }
    }

    /// Reads a message's entities into `batch`. Returns the span of the selected text and the server's clock, or
    /// `None` where the filters do not let it pass.
    fn read<'t>(
        &mut self,
        plan: &mut FieldTable,
        frame: &'t Payload<'_>,
        token: Option<ParseToken>,
        batch: &mut Batch,
    ) -> Result<Option<(Span, Option<&'t str>)>, Malformed> {
        let clock = self.wanted.len();
        if let Some(fit) = self.template.fit(frame, token) {
            if !pass(&self.wanted, |index| fit.scalar(index)) {
                return Ok(None);
            }
            let (span, clock) = (fit.span, fit.scalar(clock));
            normalise::read_match(plan, Side::Ws, fit, &[], batch)?;
            return Ok(Some((span, clock)));
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
            return Err(Malformed(format!("no {} in the message", self.pointers[0])));
        };
        normalise::read(plan, Side::Ws, selected, &[], batch)?;
        self.template.learn(plan, Side::Ws, frame, Wanted { selected, scalars, bound: &[] });
        Ok(Some(((start, start + selected.len()), scalars.get(clock).copied().flatten())))
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

enum Read<'t> {
    Filtered,
    /// With the server's clock where it says so.
    Rows {
        /// Of the selected text in the message.
        span: Span,
        /// Whether it is the whole state.
        whole: bool,
        clock: Option<&'t str>,
    },
}
