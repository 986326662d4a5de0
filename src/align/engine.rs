//! The machines of several features behind their sockets: each message's type is read once.

use crate::align::aligner::Aligner;
use crate::align::aligner::check;
use crate::align::observed_socket::{ObservedSocket, together};
use crate::align::tally::Tally;
use crate::diff::template::{ParseToken, Preparse};
use crate::frames::for_each_event;
use crate::json::cursor;
use crate::model::feature::Feature;
use crate::model::observation::{Event, Observation, Payload};
use crate::model::outcome::Outcome;
use crate::model::run::Connection;
use crate::model::time::Nanos;

#[derive(Debug)]
pub struct Engine {
    aligners: Vec<Aligner>,
    sockets: Vec<ObservedSocket>,
    /// Which of them carries each aligner's feature.
    carriers: Vec<usize>,
    /// Whether there is one, whose frames are read in Thor's way alone.
    is_plain: bool,
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
    /// All sockets together.
    pub connection: Connection,
    /// Each of them by its name.
    pub sockets: Vec<(Option<String>, Connection)>,
    /// In the order of the features.
    pub features: Vec<Tally>,
    pub ended: Nanos,
}

impl EngineTally {
    /// What the socket of a feature went through.
    pub fn connection_of(&self, feature: &Feature) -> &Connection {
        let mut sockets = self.sockets.iter();
        sockets
            .find(|(name, _)| *name == feature.socket)
            .map_or(&self.connection, |(_, connection)| connection)
    }
}

impl Engine {
    pub fn new(features: &[Feature]) -> Self {
        let mut sockets: Vec<ObservedSocket> = Vec::new();
        let mut carriers = Vec::new();
        for feature in features {
            let known = sockets.iter().position(|socket| socket.name == feature.socket);
            let index = known.unwrap_or_else(|| {
                sockets.push(ObservedSocket::of(feature.socket.clone()));
                sockets.len() - 1
            });
            sockets[index].carry(&feature.routing);
            carriers.push(index);
        }
        Self {
            is_plain: sockets.len() == 1 && sockets[0].is_plain(),
            sockets,
            carriers,
            aligners: features.iter().map(Aligner::new).collect(),
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
        match &observation.event {
            Event::Gap { .. } | Event::Rest(_) | Event::RestError { .. } | Event::End(_) => {
                self.sockets.iter_mut().for_each(|socket| socket.note(&observation.event, at));
                for aligner in &mut self.aligners {
                    aligner.other(&observation.event, token, at);
                }
            }
            event => {
                let name = observation.socket.as_deref();
                let of_name = self.sockets.iter().position(|socket| socket.name.as_deref() == name);
                // What no feature looks at is of no interest to any.
                if let Some(socket) = of_name {
                    self.of_socket(socket, event, token, at);
                }
            }
        }
        if observation.known_from() < at {
            // What was due while nobody could know is settled now that the gap is known.
            self.settle_until(at);
        }
    }

    /// Takes what happened to one socket.
    fn of_socket(&mut self, socket: usize, event: &Event<'_>, token: Option<ParseToken>, at: Nanos) {
        self.sockets[socket].note(event, at);
        if let Event::Message(frame) = event {
            self.sockets[socket].count_frame();
            if self.sockets[socket].is_plain() {
                match cursor::message_type(frame) {
                    Some(kind) => self.message(socket, &kind, frame, token, at),
                    None => self.bad_frame(socket, event, at),
                }
            } else {
                self.routed(socket, event, frame, at);
            }
            return;
        }
        if matches!(event, Event::Binary { .. }) {
            self.sockets[socket].binary_frame();
        }
        self.aligners_of(socket).for_each(|aligner| aligner.other(event, token, at));
    }

    fn aligners_of(&mut self, socket: usize) -> impl Iterator<Item = &mut Aligner> {
        let carried = self.aligners.iter_mut().zip(&self.carriers);
        carried.filter(move |(_, carrier)| **carrier == socket).map(|(aligner, _)| aligner)
    }

    fn message(
        &mut self,
        socket: usize,
        kind: &str,
        frame: &Payload<'_>,
        token: Option<ParseToken>,
        at: Nanos,
    ) {
        let mut heard = false;
        for aligner in self.aligners_of(socket) {
            heard |= aligner.message(kind, frame, token, at);
        }
        if !heard {
            if check(frame).is_ok() {
                self.sockets[socket].other_type(Some(kind));
            } else {
                self.sockets[socket].bad_frame();
            }
        }
    }

    /// A frame of a server that is not Thor. What is JSON without a type excuses nothing: a page would pass over it.
    fn routed(&mut self, socket: usize, event: &Event<'_>, frame: &Payload<'_>, at: Nanos) {
        let mut heard = false;
        let mut unheard = Vec::new();
        let mut is_readable = true;
        for routing in self.sockets[socket].routings() {
            let mut ours: Vec<&mut Aligner> = (self.aligners.iter_mut().zip(&self.carriers))
                .filter(|(aligner, carrier)| **carrier == socket && aligner.feature().routing == *routing)
                .map(|(aligner, _)| aligner)
                .collect();
            let read = for_each_event(routing, frame, |kind, message| {
                let payload = Payload::known(message.into(), true);
                let mut is_ours = false;
                for aligner in &mut ours {
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
            self.bad_frame(socket, event, at);
        } else if !heard {
            if unheard.contains(&None) {
                self.sockets[socket].note_untyped(frame);
            }
            let kind = unheard.into_iter().flatten().find(|kind| !kind.is_empty());
            self.sockets[socket].other_type(kind.as_deref());
        }
    }

    fn bad_frame(&mut self, socket: usize, event: &Event<'_>, at: Nanos) {
        self.sockets[socket].bad_frame();
        if let Event::Message(frame) = event {
            self.sockets[socket].note_untyped(frame);
        }
        self.aligners_of(socket).for_each(|aligner| aligner.other(event, None, at));
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
        let sockets: Vec<(Option<String>, Connection)> =
            self.sockets.iter().map(|socket| (socket.name.clone(), socket.so_far(self.now))).collect();
        EngineTally {
            connection: together(sockets.iter().map(|(_, connection)| connection)),
            sockets,
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
        let now = self.now;
        let sockets: Vec<(Option<String>, Connection)> =
            self.sockets.into_iter().map(|socket| socket.finish(now)).collect();
        let features = self.aligners.into_iter().map(tally).collect();
        let connection = together(sockets.iter().map(|(_, connection)| connection));
        EngineTally { connection, sockets, features, ended: now }
    }
}
