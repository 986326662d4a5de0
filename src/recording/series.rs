//! Several recordings in order as one run: the parts of a rotated one, or a session in pieces.
//!
//! Parts go on with their times. Separate recordings are moved to their place by their wall-clock start;
//! between them the socket counts as closed, since nobody was looking.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use crate::diff::template::{ParseToken, Preparse};
use crate::model::observation::{End, Event, Observation};
use crate::model::time::{Nanos, nanos};
use crate::recording::error::RecordingError;
use crate::recording::header::Header;
use crate::recording::parse::{Tokenise, untokenised};
use crate::recording::reader::Reader;

/// One or more recordings, read as a stream.
pub struct Series {
    readers: Vec<(Header, Reader)>,
    current: usize,
    /// What is added to the current recording's times.
    shift: Duration,
    at: Nanos,
    /// Sockets that are open, by their names.
    open: BTreeSet<Option<String>>,
    /// Sockets whose end between two recordings is still to be told.
    ending: Vec<Option<String>>,
    /// What was passed over when the files were opened.
    passed_over: Vec<String>,
}

impl Series {
    /// Opens all of them, in order of their time where all are dated; the header is the first one's. A file beside
    /// others that was cut off before its header was whole is passed over: a kill leaves it where one part follows
    /// another.
    ///
    /// # Errors
    /// [`RecordingError`]: one cannot be read, or they were made under different configurations.
    pub fn open(paths: &[PathBuf]) -> Result<(Header, Self), RecordingError> {
        let (mut readers, mut passed_over) = (Vec::new(), Vec::new());
        for path in paths {
            match Reader::open(path) {
                Ok(opened) => readers.push(opened),
                Err(error @ RecordingError::NotBegun { .. }) if paths.len() > 1 => {
                    passed_over.push(error.to_string());
                }
                Err(error) => return Err(error),
            }
        }
        if readers.iter().all(|(header, _)| is_dated(header)) {
            // a shell sorts run.10 before run.2
            readers.sort_by_key(|(header, _)| (header.started_at, header.part));
        }
        let Some((first, _)) = readers.first() else {
            let why = match passed_over.is_empty() {
                true => "no file was named",
                false => "each of its files was cut off before its first line was whole",
            };
            let why = why.to_owned();
            return Err(RecordingError::NotOne { path: PathBuf::new(), why });
        };
        let header = first.clone();
        Ok((
            header,
            Self {
                readers,
                current: 0,
                shift: Duration::ZERO,
                at: Nanos::ZERO,
                open: BTreeSet::new(),
                ending: Vec::new(),
                passed_over,
            },
        ))
    }

    /// Refuses recordings that were made under different configurations. Not asked where one
    /// configuration is given for all of them.
    ///
    /// # Errors
    /// [`RecordingError::Mixed`].
    pub fn check_one_config(&self) -> Result<(), RecordingError> {
        let mut rest = self.readers.iter();
        let Some((first, first_reader)) = rest.next() else { return Ok(()) };
        match rest.find(|(header, _)| header.config != first.config) {
            None => Ok(()),
            Some((_, reader)) => Err(RecordingError::Mixed {
                path: reader.path().to_owned(),
                other: first_reader.path().to_owned(),
                why: "they were recorded under different configurations".to_owned(),
            }),
        }
    }

    /// The next observation of the run; an end line that another recording follows is passed over.
    ///
    /// # Errors
    /// As [`Reader::next`]; [`RecordingError::Mixed`] where two recordings overlap in time.
    #[expect(clippy::should_implement_trait, reason = "it lends a line, which an Iterator cannot")]
    pub fn next(&mut self) -> Result<Option<Observation<'_>>, RecordingError> {
        Ok(self.next_tokenised(untokenised)?.map(|(observation, _)| observation))
    }

    fn next_tokenised(
        &mut self,
        tokenise: impl Tokenise,
    ) -> Result<Option<(Observation<'_>, Option<ParseToken>)>, RecordingError> {
        loop {
            if let Some(socket) = self.ending.pop() {
                let reason = Cow::Borrowed("the recording ended here, the next one begins later");
                let event = Event::Closed { code: 1006, reason };
                let socket = socket.map(Cow::Owned);
                return Ok(Some((Observation { at: self.at, event, socket }, None)));
            }
            let is_last = self.current + 1 == self.readers.len();
            let recording = &mut self.readers[self.current].1;
            let has_line = recording.fill()?;
            if has_line && (is_last || !recording.is_at_end_line()) {
                break;
            }
            if has_line {
                self.at = recording.take(untokenised)?.0.at + self.shift;
                continue;
            }
            if is_last {
                return Ok(None);
            }
            if self.go_on()? {
                self.ending = std::mem::take(&mut self.open).into_iter().collect();
            }
        }
        let (mut observation, token) = self.readers[self.current].1.take(tokenise)?;
        match observation.event {
            Event::Opening | Event::Open => {
                self.open.insert(observation.socket.as_deref().map(str::to_owned));
            }
            Event::Closed { .. } | Event::ConnectFailed { .. } => {
                self.open.remove(&observation.socket.as_deref().map(str::to_owned));
            }
            _ => {}
        }
        put_off(&mut observation, self.shift);
        self.at = observation.at;
        Ok(Some((observation, token)))
    }

    /// Gives `judge` all the run's observations in order, in batches: it tokenises a whole batch before it is given the
    /// first of it.
    ///
    /// # Errors
    /// As [`Series::next`], after the observations before are given.
    pub fn for_each<J: Preparse>(
        &mut self,
        judge: &mut J,
        mut give: impl FnMut(&mut J, &Observation<'_>, Option<ParseToken>),
    ) -> Result<(), RecordingError> {
        while self.batch(judge, &mut give)? {}
        Ok(())
    }

    /// One batch of [`Self::for_each`]; false after the last.
    fn batch<J: Preparse>(
        &mut self,
        judge: &mut J,
        give: &mut impl FnMut(&mut J, &Observation<'_>, Option<ParseToken>),
    ) -> Result<bool, RecordingError> {
        if self.current + 1 < self.readers.len() {
            let next =
                self.next_tokenised(|text: &str, feature: Option<&str>| judge.preparse(text, feature))?;
            return Ok(next.inspect(|(observation, token)| give(judge, observation, *token)).is_some());
        }
        let Self { readers, current, shift, at, .. } = self;
        readers[*current].1.batch(judge, |judge, mut observation, token| {
            put_off(&mut observation, *shift);
            *at = observation.at;
            give(judge, &observation, token);
        })
    }

    /// How the run ended: as its last recording did; one without an end line was interrupted.
    pub fn end(&self) -> End {
        self.readers.last().and_then(|(_, reader)| reader.end()).unwrap_or(End::Interrupted)
    }

    /// Time of the last observation read.
    pub fn at(&self) -> Nanos {
        self.at
    }

    /// What was read past.
    pub fn warnings(&self) -> Vec<String> {
        let read = self.readers.iter().flat_map(|(_, reader)| reader.warnings());
        self.passed_over.iter().chain(read).cloned().collect()
    }

    /// The number of the part that would go on with it; a file that was passed over is begun again.
    pub fn next_part(&self) -> u32 {
        u32::try_from(self.readers.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Moves to the next recording; true where the time between the two counts as closed connections.
    fn go_on(&mut self) -> Result<bool, RecordingError> {
        let (before, other) = {
            let (header, reader) = &self.readers[self.current];
            (header.clone(), reader.path().to_owned())
        };
        self.current += 1;
        let (header, reader) = &self.readers[self.current];
        if header.started_at == before.started_at && header.part == before.part + 1 {
            return Ok(false);
        }
        let start = header.started_at.as_nanosecond() - self.readers[0].0.started_at.as_nanosecond();
        self.shift = match u64::try_from(start) {
            _ if !is_dated(header) => Duration::from_nanos(self.at.0),
            Ok(start) if start >= self.at.0 => Duration::from_nanos(start),
            _ => {
                return Err(RecordingError::Mixed {
                    path: reader.path().to_owned(),
                    other,
                    why: format!("the second starts at {}, before the first ends", header.started_at),
                });
            }
        };
        debug_assert!(nanos(self.shift) >= self.at.0);
        Ok(true)
    }
}

fn put_off(observation: &mut Observation<'_>, shift: Duration) {
    observation.at = observation.at + shift;
    match &mut observation.event {
        Event::Rest(answer) => answer.sent = answer.sent + shift,
        Event::RestError { sent, .. } => *sent = *sent + shift,
        _ => {}
    }
}

fn is_dated(header: &Header) -> bool {
    header.started_at != jiff::Timestamp::UNIX_EPOCH
}
