//! From a recording to suggestions for a feature's contract: key, one-sided fields, names that differ, rules.
//!
//! Takes observations in, bounded in number and bytes, and looks at them when all are in. It judges nothing:
//! a difference that no suggestion explains is listed as such, since it may be a fault.

mod fields;
mod join;
mod names;

use crate::diff::field_table::{FieldId, FieldTable, Side};
use crate::diff::parsed_entity::parse_entity;
use crate::frames::for_each_event;
use crate::json::cursor::{self, Cursor, Malformed, Shape, plain_text};
use crate::json::locate::locate;
use crate::json::pointer::Pointer;
use crate::model::feature::{Compare, Feature};
use crate::model::observation::{Event, Observation, RestAnswer};
use crate::model::proposal::{Noticed, Proposal, ProposedKey};
use crate::model::time::Nanos;

/// More than this tells nothing new.
const MAX_ANSWERS: usize = 500;
const MAX_MESSAGES: usize = 20_000;
const MAX_BREAKS: usize = 1000;
/// Entities times fields: a hostile recording makes many of both.
const MAX_CELLS: usize = 4_000_000;
/// Of the payloads of one feature that are looked at.
const MAX_BYTES: usize = 8 << 20;
/// Samples that a suggestion needs.
const MIN_SAMPLES: u64 = 5;

/// An object that one side lacks is named as a whole from this many fields on.
const WHOLE: usize = 4;

/// A scalar as it stood in a payload; never null.
#[derive(Debug, Clone, PartialEq)]
struct Cell {
    shape: Shape,
    text: Box<str>,
}

impl Cell {
    /// For people, short.
    fn shown(&self) -> String {
        let text = crate::model::text::cut(&self.text, 40);
        if self.shape == Shape::String { serde_json::Value::from(text).to_string() } else { text }
    }
}

/// One entity of one payload, by field.
#[derive(Debug, Clone, Default, PartialEq)]
struct EntityRow(Vec<Option<Cell>>);

impl EntityRow {
    fn get(&self, field: FieldId) -> Option<&Cell> {
        self.0.get(field).and_then(Option::as_ref)
    }
}

#[derive(Debug)]
struct RecordedAnswer {
    sent: Nanos,
    received: Nanos,
    rows: Vec<EntityRow>,
    /// Answers for other values of a templated path list other entities.
    bound: Vec<String>,
}

#[derive(Debug)]
struct Message {
    at: Nanos,
    rows: Vec<EntityRow>,
}

/// Collects what a recording says about one feature.
#[derive(Debug)]
pub struct ProposalInput {
    feature: Feature,
    plan: FieldTable,
    answers: Vec<RecordedAnswer>,
    messages: Vec<Message>,
    answers_recorded: u64,
    messages_recorded: u64,
    bytes: usize,
    cells: usize,
    /// Nothing more is taken in: what came later would stand beside versions that are too old.
    full: bool,
    /// Up to when everything was taken in.
    until: Nanos,
    /// Where something may have been missed: no version from before explains an answer after it.
    breaks: Vec<Nanos>,
}

impl ProposalInput {
    pub fn new(feature: &Feature) -> Self {
        // Names that are known to differ stay so; everything else is looked at as if nothing were declared.
        let mut bare = feature.clone();
        bare.rules.retain(|rule| rule.rest != rule.ws);
        bare.key.clear();
        bare.rest_only.clear();
        bare.ws_only.clear();
        Self {
            feature: feature.clone(),
            plan: FieldTable::new(&bare),
            answers: Vec::new(),
            messages: Vec::new(),
            answers_recorded: 0,
            messages_recorded: 0,
            bytes: 0,
            cells: 0,
            full: false,
            until: Nanos::ZERO,
            breaks: Vec::new(),
        }
    }

    pub fn push(&mut self, observation: &Observation<'_>) {
        let is_of_socket = !matches!(
            observation.event,
            Event::Gap { .. } | Event::Rest(_) | Event::RestError { .. } | Event::End(_)
        );
        if is_of_socket && observation.socket.as_deref() != self.feature.socket.as_deref() {
            return;
        }
        match &observation.event {
            Event::Closed { .. } | Event::Gap { .. } if !self.full => self.breaks.push(observation.at),
            Event::Message(text) => self.message(text, observation.at),
            Event::Rest(answer) if answer.feature == self.feature.name.as_str() => {
                self.answer(answer, observation.at);
            }
            _ => {}
        }
        self.full |= self.answers.len() == MAX_ANSWERS
            || self.messages.len() == MAX_MESSAGES
            || self.breaks.len() == MAX_BREAKS
            || self.bytes > MAX_BYTES
            || self.cells > MAX_CELLS;
        if !self.full {
            self.until = observation.at;
        }
    }

    fn answer(&mut self, answer: &RestAnswer<'_>, at: Nanos) {
        if !(200..300).contains(&answer.status) {
            return;
        }
        if self.full {
            self.answers_recorded += 1;
            return;
        }
        if cursor::validate(&answer.body).is_err() {
            return;
        }
        let Ok(found) = locate(&answer.body, &[&self.feature.rest.select]) else { return };
        let Some(selected) = found[0] else { return };
        self.answers_recorded += 1;
        if let Ok(rows) = rows(&mut self.plan, Side::Rest, selected, &answer.bound, &mut self.cells) {
            self.bytes += selected.len();
            let bound = answer.bound.iter().map(|(_, value)| value.to_string()).collect();
            self.answers.push(RecordedAnswer { sent: answer.sent.min(at), received: at, rows, bound });
        }
    }

    fn message(&mut self, text: &str, at: Nanos) {
        let routing = self.feature.routing.clone();
        // What is no JSON suggests nothing.
        let _ = for_each_event(&routing, text, |kind, event| {
            if let Some(kind) = kind {
                self.event(kind, event, at);
            }
        });
    }

    fn event(&mut self, kind: &str, text: &str, at: Nanos) {
        let sources = self.feature.ws.iter();
        let ours: Vec<_> = sources.filter(|source| source.hears(kind)).collect();
        if ours.is_empty() {
            return;
        }
        if self.full {
            self.messages_recorded += 1;
            return;
        }
        let selected = ours.into_iter().find_map(|source| {
            let filters: Vec<Pointer> =
                source.filter.keys().map(|name| name.parse().unwrap_or_default()).collect();
            let pointers: Vec<&Pointer> = std::iter::once(&source.select).chain(&filters).collect();
            let found = locate(text, &pointers).ok()?;
            let mut passes = source.filter.values().zip(&found[1..]);
            passes
                .all(|(wanted, found)| found.is_some_and(|found| plain_text(found) == wanted.as_str()))
                .then_some(found[0]?)
        });
        let Some(selected) = selected else { return };
        self.messages_recorded += 1;
        if let Ok(rows) = rows(&mut self.plan, Side::Ws, selected, &[], &mut self.cells) {
            self.bytes += selected.len();
            self.messages.push(Message { at, rows });
        }
    }

    /// What all of it suggests.
    pub fn propose(&self) -> Proposal {
        let counted = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let mut proposal = Proposal {
            feature: self.feature.name.clone(),
            answers: counted(self.answers.len()),
            answers_recorded: self.answers_recorded,
            messages: counted(self.messages.len()),
            messages_recorded: self.messages_recorded,
            ..Proposal::default()
        };
        let Some(key) = join::key(self) else {
            return proposal;
        };
        proposal.key = key.evidence.as_ref().map(|evidence| ProposedKey {
            fields: key.fields.iter().map(|field| self.pointer(*field).clone()).collect(),
            evidence: evidence.clone(),
        });
        let samples = join::samples(self, &key.fields);
        proposal.samples = counted(samples.len());
        let presence = fields::presence(self);
        let renamed = names::pairs(self, &presence, &samples);
        let is_renamed =
            |field: &FieldId| renamed.iter().any(|pair| pair.rest == *field || pair.ws == *field);
        let sided = |side: Side, listed: &[Pointer]| {
            let lonely: Vec<FieldId> = presence.only(side).filter(|field| !is_renamed(field)).collect();
            let mut noticed: Vec<Noticed> = Vec::new();
            for field in lonely.iter().copied() {
                let Some(pointer) = above_positions(self.pointer(field)) else { continue };
                let pointer = self.whole_object(&pointer, &lonely).unwrap_or(pointer);
                let known = listed.iter().any(|listed| listed.covers(&pointer))
                    || self.is_ruled(&pointer)
                    || noticed.iter().any(|noticed| noticed.field == pointer);
                // Without the other side's word everything would be one-sided.
                if !known && !self.answers.is_empty() && !self.messages.is_empty() {
                    noticed.push(Noticed { field: pointer, evidence: presence.told(field) });
                }
            }
            noticed
        };
        proposal.rest_only = sided(Side::Rest, &self.feature.rest_only);
        proposal.ws_only = sided(Side::Ws, &self.feature.ws_only);
        proposal.rules = renamed.iter().map(|pair| pair.rule(self)).collect();
        for field in presence.both().filter(|field| !key.fields.contains(field)) {
            let pointer = self.pointer(field);
            if !pointer.is_root() && !self.is_ruled(pointer) {
                fields::look_at(field, pointer, &samples).enter(&mut proposal);
            }
        }
        proposal
    }

    fn pointer(&self, field: FieldId) -> &Pointer {
        &self.plan.fields[field].pointer
    }

    /// The outermost object around a field that the other side lacks altogether, where it has several fields.
    fn whole_object(&self, pointer: &Pointer, lonely: &[FieldId]) -> Option<Pointer> {
        (1..pointer.tokens().len()).find_map(|length| {
            let above = Pointer::from_tokens(pointer.tokens()[..length].iter().cloned());
            let below = |field: &FieldId| above.covers(self.pointer(*field));
            let within = (0..self.plan.fields.len()).filter(below).count();
            (within >= WHOLE && within == lonely.iter().filter(|field| below(field)).count()).then_some(above)
        })
    }

    /// Whether the configuration says how it is compared; a mere other name says nothing about that.
    fn is_ruled(&self, pointer: &Pointer) -> bool {
        self.feature.rules.iter().any(|rule| {
            let plain = Compare::Decimal { tolerance: Default::default() };
            rule.rest.covers(pointer) && (rule.rest == rule.ws || rule.compare != plain)
        })
    }
}

/// The entities of a selected text: an array of them, or one; null is none.
fn rows(
    plan: &mut FieldTable,
    side: Side,
    text: &str,
    bound: &crate::diff::parsed_entity::Bound<'_>,
    cells: &mut usize,
) -> Result<Vec<EntityRow>, Malformed> {
    let mut cursor = Cursor::new(text);
    let mut texts = Vec::new();
    match cursor.shape()? {
        Shape::Null => {}
        Shape::Array => {
            cursor.enter();
            while cursor.element(texts.is_empty())? {
                texts.push(cursor.skip()?);
            }
        }
        _ => texts.push(text),
    }
    let mut rows = Vec::new();
    for text in texts {
        *cells += plan.fields.len().max(1);
        if *cells > MAX_CELLS {
            return Err(Malformed("more entities than are looked at".to_owned()));
        }
        let taken = parse_entity(plan, side, text, bound)?;
        let cell = |field| {
            taken.get(field).map(|value| Cell { shape: value.shape, text: value.text.as_ref().into() })
        };
        rows.push(EntityRow((0..plan.fields.len()).map(cell).collect()));
    }
    Ok(rows)
}

/// The pointer up to its first position in an array: lists grow and shrink, their name stays.
fn above_positions(pointer: &Pointer) -> Option<Pointer> {
    let is_position = |token: &String| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
    let above =
        Pointer::from_tokens(pointer.tokens().iter().take_while(|token| !is_position(token)).cloned());
    (!above.is_root()).then_some(above)
}
