//! The machines of several features behind one socket: each message's type is read once.

use std::time::Duration;

use crate::align::shadow::Shadow;
use crate::align::shadow::check;
use crate::align::tally::Tally;
use crate::diff::template::{ParseToken, Preparse};
use crate::json::cursor;
use crate::model::feature::Feature;
use crate::model::observation::{Event, Observation, Payload};
use crate::model::outcome::Outcome;
use crate::model::run::{Connection, GapReport};
use crate::model::time::Nanos;

/// Gaps listed in the report; further ones are only counted.
const LISTED_GAPS: usize = 100;

#[derive(Debug)]
pub struct Panel {
    shadows: Vec<Shadow>,
    connection: Connection,
    down_since: Option<Nanos>,
    now: Nanos,
}

impl Preparse for Panel {
    fn preparse(&mut self, text: &str, feature: Option<&str>) -> Option<ParseToken> {
        match feature {
            Some(name) => {
                let shadow = self.shadows.iter_mut().find(|shadow| shadow.feature().name == name)?;
                shadow.preparse_answer(text)
            }
            None => {
                let kind = cursor::message_type(text)?;
                self.shadows.iter_mut().find_map(|shadow| shadow.preparse_message(&kind, text))
            }
        }
    }
}

/// What a whole run amounts to.
#[derive(Debug, Clone, Default)]
pub struct PanelTally {
    pub connection: Connection,
    /// In the order of the features.
    pub features: Vec<Tally>,
    pub ended: Nanos,
}

impl Panel {
    pub fn new(features: &[Feature]) -> Self {
        Self {
            shadows: features.iter().map(Shadow::new).collect(),
            connection: Connection::default(),
            down_since: None,
            now: Nanos::ZERO,
        }
    }

    /// Outcomes with the index of their feature.
    pub fn push(&mut self, observation: &Observation<'_>) -> Vec<(usize, Outcome)> {
        self.push_tokenised(observation, None)
    }

    /// [`Panel::push`] where the observation's text may have been tokenised ahead.
    pub fn push_tokenised(
        &mut self,
        observation: &Observation<'_>,
        token: Option<ParseToken>,
    ) -> Vec<(usize, Outcome)> {
        let at = observation.at;
        self.settle_until(observation.known_from());
        self.now = self.now.max(at);
        self.note_connection(&observation.event, at);
        if let Event::Message(frame) = &observation.event {
            self.connection.messages += 1;
            match cursor::message_type(frame) {
                Some(kind) => self.message(&kind, frame, token, at),
                None => self.bad_frame(&observation.event, at),
            }
        } else {
            if matches!(observation.event, Event::Binary { .. }) {
                self.connection.messages += 1;
                self.connection.bad_frames += 1;
            }
            for shadow in &mut self.shadows {
                shadow.other(&observation.event, token, at);
            }
        }
        if observation.known_from() < at {
            // What was due while nobody could know is settled now that the gap is known.
            self.settle_until(at);
        }
        self.take_settled()
    }

    fn message(&mut self, kind: &str, frame: &Payload<'_>, token: Option<ParseToken>, at: Nanos) {
        let mut heard = false;
        for shadow in &mut self.shadows {
            heard |= shadow.message(kind, frame, token, at);
        }
        if !heard {
            if check(frame).is_ok() {
                self.connection.other_types += 1;
            } else {
                self.connection.bad_frames += 1;
            }
        }
    }

    fn bad_frame(&mut self, event: &Event<'_>, at: Nanos) {
        self.connection.bad_frames += 1;
        for shadow in &mut self.shadows {
            shadow.other(event, None, at);
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
    pub fn advance(&mut self, now: Nanos) -> Vec<(usize, Outcome)> {
        self.now = self.now.max(now);
        self.settle_until(now);
        self.take_settled()
    }

    fn settle_until(&mut self, now: Nanos) {
        for shadow in &mut self.shadows {
            shadow.settle_until(now);
        }
    }

    fn take_settled(&mut self) -> Vec<(usize, Outcome)> {
        let mut outcomes = Vec::new();
        for (index, shadow) in self.shadows.iter_mut().enumerate().filter(|(_, shadow)| shadow.has_settled())
        {
            outcomes.extend(shadow.drain().map(|outcome| (index, outcome)));
        }
        outcomes
    }

    /// When to call [`Panel::advance`] next.
    pub fn deadline(&self) -> Option<Nanos> {
        self.shadows.iter().filter_map(Shadow::deadline).min()
    }

    /// The earliest wish for a fresh REST sample, with the index of its feature.
    pub fn wants_sample(&self) -> Option<(usize, Nanos)> {
        let wishes = self
            .shadows
            .iter()
            .enumerate()
            .filter_map(|(index, shadow)| Some((index, shadow.wants_sample()?)));
        wishes.min_by_key(|(_, at)| *at)
    }

    /// What is known so far, for the live view and for deciding whether a run may stop.
    pub fn tally(&self) -> PanelTally {
        let mut connection = self.connection.clone();
        if let Some(from) = self.down_since {
            connection.blind_seconds += self.now.since(from).as_secs_f64();
        }
        PanelTally { connection, features: self.shadows.iter().map(Shadow::tally).collect(), ended: self.now }
    }

    /// Ends the run.
    pub fn finish(mut self, end: Nanos) -> PanelTally {
        self.now = self.now.max(end);
        if let Some(from) = self.down_since.take() {
            self.gap(from, self.now, "the connection was down");
        }
        let features = self.shadows.into_iter().map(|shadow| shadow.finish(end)).collect();
        PanelTally { connection: self.connection, features, ended: self.now }
    }
}
