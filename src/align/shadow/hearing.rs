//! The WebSocket's side: which message is ours, what it says, what is wrong with it by itself.

use std::borrow::Cow;

use crate::align::shadow::Shadow;
use crate::diff::compare::{FieldDifference, broken_invariants, take_apart};
use crate::diff::instant;
use crate::diff::locate::locate;
use crate::diff::normalise::{self, Batch};
use crate::diff::plan::{Role, Side};
use crate::diff::walk::{self, Malformed, plain_text, same_type};
use crate::model::feature::{Carries, WsSource};
use crate::model::observation::Frame;
use crate::model::outcome::{Difference, Entity, Kind, Outcome, Persistence};
use crate::model::pointer::Pointer;
use crate::model::time::Nanos;

impl Shadow {
    /// Takes a message whose outer type is one of this feature's.
    pub(in crate::align) fn message(&mut self, kind: &str, frame: &Frame<'_>, at: Nanos) {
        if self.link.open_since().is_none() && self.tally.messages == 0 {
            // A recording by hand may begin in the middle of a connection.
            self.link.open(at);
        }
        match check(frame).and_then(|()| self.read_message(kind, frame)) {
            Ok(Read::NotOurs) => {}
            Ok(Read::Filtered) => self.tally.filtered += 1,
            Ok(Read::Rows { span, whole, clock }) => {
                self.tick(clock);
                self.apply(&frame[span.0..span.1], whole, at);
            }
            Err(malformed) => {
                // Its type was readable, so it excuses nothing: the browser would have lost this update.
                self.unreadable(None, Some(&malformed.0), at);
            }
        }
    }

    fn read_message(&mut self, kind: &str, text: &str) -> Result<Read, Malformed> {
        let mut read = Read::NotOurs;
        for (source, place) in self.feature.ws.iter().zip(&self.places) {
            if !source.types.iter().any(|name| same_type(name, kind)) {
                continue;
            }
            let found = locate(text, &place.pointers)?;
            let passes = place
                .wanted
                .iter()
                .zip(&found[2..])
                .all(|(wanted, found)| found.is_some_and(|found| plain_text(found) == wanted.as_str()));
            if !passes {
                read = Read::Filtered;
                continue;
            }
            let Some(selected) = found[0] else {
                return Err(Malformed(format!("no {} in a message of type {kind:?}", source.select)));
            };
            let start = selected.as_ptr() as usize - text.as_ptr() as usize;
            normalise::read(&mut self.plan, Side::Ws, selected, &[], &mut self.batch)?;
            let clock =
                source.clock.as_ref().and(found[1]).and_then(|text| instant::parse(&plain_text(text)));
            return Ok(Read::Rows {
                span: (start, start + selected.len()),
                whole: source.carries == Carries::Snapshot,
                clock: clock.map(|clock| clock.nanoseconds),
            });
        }
        Ok(read)
    }

    /// Follows the server's own clock: only where it steps back is a reordering the stream's fault for certain.
    fn tick(&mut self, clock: Option<i128>) {
        if let Some(clock) = clock {
            self.tally.clock_steps_back += u64::from(self.server_clock.is_some_and(|last| clock < last));
            self.server_clock = Some(clock);
        }
    }

    pub(super) fn apply(&mut self, text: &str, whole: bool, at: Nanos) {
        self.tally.messages += 1;
        self.silence.word(at, &self.link);
        self.stall = None;
        let batch = std::mem::take(&mut self.batch);
        self.check_rows(Side::Ws, text, &batch, &[], at);
        let written_from = self.link.held_back(at, self.budget.push_delay);
        let applied = self.book.ws_says(&mut self.plan, text, &batch, whole, at, written_from);
        self.tally.duplicates += u64::from(!applied.changed);
        self.seeded.get_or_insert(at);
        self.last_order.0 = batch.order;
        self.batch = batch;
        if applied.changed {
            self.retry_pending();
        }
    }

    /// Looks at each row that is new for what is wrong with it by itself.
    pub(super) fn check_rows(
        &mut self,
        side: Side,
        text: &str,
        batch: &Batch,
        bound: &[(Cow<'_, str>, Cow<'_, str>)],
        at: Nanos,
    ) {
        let derived = self.plan.has(|role| matches!(role, Role::Derived(_)));
        for row in &batch.rows {
            if !derived && !row.duplicate_name {
                continue;
            }
            let track = self.book.tracks.get(&row.key);
            let known = track.is_some_and(|track| match side {
                Side::Rest => track.rest_now() == Some(row.digest) && track.rest_hidden == row.hidden,
                Side::Ws => track.ws_now() == Some(row.digest) && track.ws_hidden == row.hidden,
            });
            if known {
                continue;
            }
            let row_text = &text[row.span.0 as usize..row.span.1 as usize];
            let Ok(taken) = take_apart(&mut self.plan, side, row_text, bound) else { continue };
            let mut wrong = broken_invariants(&self.plan, side, &taken);
            if let Some(field) = taken.duplicate {
                let said = taken.get(field).map(|value| format!("{} (name written twice)", value.to_json()));
                let (rest, ws) = if side == Side::Rest { (said, None) } else { (None, said) };
                wrong.push(FieldDifference { kind: Kind::Unreadable, field, rest, ws, passes_with: None });
            }
            let entity = crate::align::book::name_of(&mut self.plan, side, row_text, bound);
            for difference in wrong {
                let kind = difference.kind;
                let difference = Difference {
                    kind,
                    entity: entity.clone(),
                    field: Some(self.plan.fields[difference.field].pointer.clone()),
                    rest: difference.rest,
                    ws: difference.ws,
                    excess_ms: None,
                    wrong_ms: None,
                    passes_with: difference.passes_with,
                    nearest_ms: None,
                    persistence: Persistence::Unknown,
                };
                self.emit(Outcome {
                    kind,
                    window: (at, at),
                    skew: None,
                    candidates: 0,
                    differences: vec![difference],
                    payloads: Vec::new(),
                    reason: None,
                });
            }
        }
    }

    pub(super) fn unreadable(&mut self, rest: Option<&str>, ws: Option<&str>, at: Nanos) {
        let text = |said: Option<&str>| said.map(|said| crate::diff::crop(said, Difference::MAX_TEXT));
        let difference = Difference {
            kind: Kind::Unreadable,
            entity: Entity::new(),
            field: None,
            rest: text(rest),
            ws: text(ws),
            excess_ms: None,
            wrong_ms: None,
            passes_with: None,
            nearest_ms: None,
            persistence: Persistence::Unknown,
        };
        self.emit(Outcome {
            kind: Kind::Unreadable,
            window: (at, at),
            skew: None,
            candidates: 0,
            differences: vec![difference],
            payloads: Vec::new(),
            reason: None,
        });
    }
}

/// Where a source's messages have what is needed of them.
#[derive(Debug)]
pub(super) struct Places {
    /// Of the entities, of the server's clock (else the entities again), of what is filtered by.
    pointers: Vec<Pointer>,
    /// What must stand there for the message to be ours.
    wanted: Vec<String>,
}

impl Places {
    pub fn of(source: &WsSource) -> Self {
        let clock = source.clock.as_ref().unwrap_or(&source.select);
        let filters = source.filter.keys().map(|name| name.parse().unwrap_or_default());
        let pointers = [&source.select, clock].into_iter().cloned().chain(filters).collect();
        Self { pointers, wanted: source.filter.values().map(ToString::to_string).collect() }
    }
}

/// Whether a frame is JSON, unless that is known already.
pub(in crate::align) fn check(frame: &Frame<'_>) -> Result<(), Malformed> {
    if frame.is_json() == Some(true) { Ok(()) } else { walk::validate(frame) }
}

enum Read {
    NotOurs,
    Filtered,
    /// Ours, with the server's clock in nanoseconds since 1970 where it says so.
    Rows {
        /// Of the selected text in the message.
        span: (usize, usize),
        /// Whether it is the whole state.
        whole: bool,
        clock: Option<i128>,
    },
}
