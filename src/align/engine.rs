//! The machines of several features behind one socket: each message's type is read once.

use std::time::Duration;

use crate::align::aligner::Aligner;
use crate::align::aligner::check;
use crate::align::tally::Tally;
use crate::diff::template::{ParseToken, Preparse};
use crate::frames::for_each_event;
use crate::json::cursor;
use crate::model::feature::Feature;
use crate::model::observation::{Event, Observation, Payload};
use crate::model::outcome::Outcome;
use crate::model::routing::Routing;
use crate::model::run::{Connection, GapReport};
use crate::model::text;
use crate::model::time::Nanos;

/// Types of other messages that are counted by name, and names listed of a frame without a type.
const LISTED_TYPES: usize = 32;
const LISTED_NAMES: usize = 12;
/// Gaps listed in the report; further ones are only counted.
const LISTED_GAPS: usize = 100;

#[derive(Debug)]
pub struct Engine {
    aligners: Vec<Aligner>,
    /// Each way in which frames are read.
    routings: Vec<Routing>,
    /// Whether that is Thor's way alone.
    is_plain: bool,
    connection: Connection,
    down_since: Option<Nanos>,
    now: Nanos,
}

impl Preparse for Engine {
    fn preparse(&mut self, text: &str, feature: Option<&str>) -> Option<ParseToken> {
        match feature {
            Some(name) => {
                let aligner = self.aligners.iter_mut().find(|aligner| aligner.feature().name == name)?;
                aligner.preparse_answer(text)
            }
            None if !self.is_plain => None,
            None => {
                let kind = cursor::message_type(text)?;
                self.aligners.iter_mut().find_map(|aligner| aligner.preparse_message(&kind, text))
            }
        }
    }
}

/// What a whole run amounts to.
#[derive(Debug, Clone, Default)]
pub struct EngineTally {
    pub connection: Connection,
    /// In the order of the features.
    pub features: Vec<Tally>,
    pub ended: Nanos,
}

impl Engine {
    pub fn new(features: &[Feature]) -> Self {
        let mut routings: Vec<Routing> = Vec::new();
        for feature in features {
            if !routings.contains(&feature.routing) {
                routings.push(feature.routing.clone());
            }
        }
        Self {
            is_plain: routings.iter().all(Routing::is_default),
            routings,
            aligners: features.iter().map(Aligner::new).collect(),
            connection: Connection::default(),
            down_since: None,
            now: Nanos::ZERO,
        }
    }

    /// Keeps outcomes until they are polled, as [`Aligner::with_outcomes`] does.
    pub fn with_outcomes(mut self) -> Self {
        self.aligners = self.aligners.into_iter().map(Aligner::with_outcomes).collect();
        self
    }

    /// Keeps what only the run as a whole decides too, as [`Aligner::with_deferred`] does.
    pub fn with_deferred(mut self) -> Self {
        self.aligners = self.aligners.into_iter().map(Aligner::with_deferred).collect();
        self
    }

    /// The next answer that only the run as a whole will decide, with the index of its feature.
    pub fn poll_deferred(&mut self) -> Option<(usize, Outcome)> {
        let mut aligners = self.aligners.iter_mut().enumerate();
        aligners.find_map(|(index, aligner)| Some((index, aligner.poll_deferred()?)))
    }

    /// The next settled outcome, with the index of its feature.
    pub fn poll_outcome(&mut self) -> Option<(usize, Outcome)> {
        let mut aligners = self.aligners.iter_mut().enumerate();
        aligners.find_map(|(index, aligner)| Some((index, aligner.poll_outcome()?)))
    }

    /// Takes one observation.
    pub fn push(&mut self, observation: &Observation<'_>) {
        self.push_preparsed(observation, None);
    }

    /// [`Self::push`] where the observation's text may have been tokenised ahead, by [`Preparse::preparse`].
    pub fn push_preparsed(&mut self, observation: &Observation<'_>, token: Option<ParseToken>) {
        let at = observation.at;
        self.settle_until(observation.known_from());
        self.now = self.now.max(at);
        self.note_connection(&observation.event, at);
        if let Event::Message(frame) = &observation.event {
            self.connection.messages += 1;
            if self.is_plain {
                match cursor::message_type(frame) {
                    Some(kind) => self.message(&kind, frame, token, at),
                    None => self.bad_frame(&observation.event, at),
                }
            } else {
                self.routed(&observation.event, frame, at);
            }
        } else {
            if matches!(observation.event, Event::Binary { .. }) {
                self.connection.messages += 1;
                self.connection.bad_frames += 1;
                self.connection.binary_frames += 1;
            }
            for aligner in &mut self.aligners {
                aligner.other(&observation.event, token, at);
            }
        }
        if observation.known_from() < at {
            // What was due while nobody could know is settled now that the gap is known.
            self.settle_until(at);
        }
    }

    fn message(&mut self, kind: &str, frame: &Payload<'_>, token: Option<ParseToken>, at: Nanos) {
        let mut heard = false;
        for aligner in &mut self.aligners {
            heard |= aligner.message(kind, frame, token, at);
        }
        if !heard {
            if check(frame).is_ok() {
                self.other_type(kind);
            } else {
                self.connection.bad_frames += 1;
            }
        }
    }

    fn other_type(&mut self, kind: &str) {
        self.connection.other_types += 1;
        let types = &mut self.connection.types;
        if types.len() < LISTED_TYPES || types.contains_key(kind) {
            *types.entry(text::cut(kind, 64)).or_default() += 1;
        }
    }

    /// A frame of a server that is not Thor. What is JSON without a type excuses nothing: a page would pass over it.
    fn routed(&mut self, event: &Event<'_>, frame: &Payload<'_>, at: Nanos) {
        let mut heard = false;
        let mut unheard = Vec::new();
        let mut is_readable = true;
        for routing in &self.routings {
            let aligners = &mut self.aligners;
            let read = for_each_event(routing, frame, |kind, message| {
                let payload = Payload::known(message.into(), true);
                let mut is_ours = false;
                for aligner in aligners.iter_mut().filter(|aligner| aligner.feature().routing == *routing) {
                    is_ours |= aligner.event(kind, &payload, at);
                }
                heard |= is_ours;
                if !is_ours {
                    unheard.push(kind.map(str::to_owned));
                }
            });
            is_readable &= read.is_ok();
        }
        if !is_readable {
            self.bad_frame(event, at);
        } else if !heard {
            if unheard.contains(&None) {
                self.note_untyped(frame);
            }
            match unheard.into_iter().flatten().find(|kind| !kind.is_empty()) {
                Some(kind) => self.other_type(&kind),
                None => self.connection.other_types += 1,
            }
        }
    }

    fn note_untyped(&mut self, frame: &str) {
        self.connection.list_frames += u64::from(frame.trim_start().starts_with('['));
        if self.connection.untyped_names.is_empty() {
            self.connection.untyped_names =
                cursor::member_names(frame, LISTED_NAMES).iter().map(|name| text::cut(name, 64)).collect();
        }
    }

    fn bad_frame(&mut self, event: &Event<'_>, at: Nanos) {
        self.connection.bad_frames += 1;
        if let Event::Message(frame) = event {
            self.note_untyped(frame);
        }
        for aligner in &mut self.aligners {
            aligner.other(event, None, at);
        }
    }

    fn note_connection(&mut self, event: &Event<'_>, at: Nanos) {
        match event {
            Event::Open => {
                self.connection.reconnects += u64::from(self.connection.opened > 0);
                self.connection.opened += 1;
                if let Some(from) = self.down_since.take() {
                    self.gap(from, at, "the connection was down");
                }
            }
            Event::Closed { code, .. } => {
                *self.connection.closes.entry(*code).or_default() += 1;
                self.down_since.get_or_insert(at);
            }
            Event::ConnectFailed { .. } => self.connection.failed_attempts += 1,
            Event::Gap { lasted, reason } => {
                self.gap(at - Duration::from_nanos(lasted.0), at, reason.as_str());
            }
            _ => {}
        }
    }

    fn gap(&mut self, from: Nanos, to: Nanos, reason: &str) {
        self.connection.blind_seconds += to.since(from).as_secs_f64();
        if self.connection.gaps.len() < LISTED_GAPS {
            self.connection.gaps.push(GapReport {
                from: from.as_secs_f64(),
                to: to.as_secs_f64(),
                reason: reason.to_owned(),
            });
        }
    }

    /// Lets windows close up to `now`.
    pub fn advance(&mut self, now: Nanos) {
        self.now = self.now.max(now);
        self.settle_until(now);
    }

    fn settle_until(&mut self, now: Nanos) {
        for aligner in &mut self.aligners {
            aligner.settle_until(now);
        }
    }

    /// When to call [`Engine::advance`] next.
    pub fn deadline(&self) -> Option<Nanos> {
        self.aligners.iter().filter_map(Aligner::deadline).min()
    }

    /// The earliest wish for a fresh REST sample, with the index of its feature.
    pub fn wants_sample(&self) -> Option<(usize, Nanos)> {
        let wishes = self
            .aligners
            .iter()
            .enumerate()
            .filter_map(|(index, aligner)| Some((index, aligner.wants_sample()?)));
        wishes.min_by_key(|(_, at)| *at)
    }

    /// What is known so far, for the live view and for deciding whether a run may stop.
    pub fn tally(&self) -> EngineTally {
        let mut connection = self.connection.clone();
        if let Some(from) = self.down_since {
            connection.blind_seconds += self.now.since(from).as_secs_f64();
        }
        EngineTally {
            connection,
            features: self.aligners.iter().map(Aligner::tally).collect(),
            ended: self.now,
        }
    }

    /// Ends the run; `last` takes what is polled for the last time.
    pub fn finish_after(mut self, end: Nanos, last: impl FnOnce(&mut Self)) -> EngineTally {
        for aligner in &mut self.aligners {
            aligner.close(end);
        }
        last(&mut self);
        self.ended(end, |aligner| aligner.tally())
    }

    /// Ends the run.
    pub fn finish(self, end: Nanos) -> EngineTally {
        self.ended(end, |aligner| aligner.finish(end))
    }

    fn ended(mut self, end: Nanos, tally: impl FnMut(Aligner) -> Tally) -> EngineTally {
        self.now = self.now.max(end);
        if let Some(from) = self.down_since.take() {
            self.gap(from, self.now, "the connection was down");
        }
        let features = self.aligners.into_iter().map(tally).collect();
        EngineTally { connection: self.connection, features, ended: self.now }
    }
}
