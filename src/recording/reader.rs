//! Reads a recording as a stream: little more than one line in memory at a time.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::observation::{End, Event, Nobody, Observation, Recognise};
use crate::model::time::Nanos;
use crate::recording::ahead::Ahead;
use crate::recording::error::RecordingError;
use crate::recording::header::{FORMAT, Header};
use crate::recording::parse;

/// An open recording, read from its first observation to its last.
pub struct Reader {
    path: PathBuf,
    source: Ahead,
    number: u64,
    at: Nanos,
    end: Option<End>,
    done: bool,
    warnings: Vec<String>,
}

impl Reader {
    /// Opens a recording and reads its header; `.zst` decompresses.
    ///
    /// # Errors
    /// [`RecordingError`]: unreadable, no header, or a newer format.
    pub fn open(path: &Path) -> Result<(Header, Self), RecordingError> {
        let failed = |source| RecordingError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let source = if path.extension().is_some_and(|extension| extension == "zst") {
            Ahead::in_thread(zstd::stream::read::Decoder::new(file).map_err(failed)?)
        } else {
            Ahead::of(file)
        };
        let mut reader = Self {
            path: path.to_owned(),
            source,
            number: 0,
            at: Nanos::ZERO,
            end: None,
            done: false,
            warnings: Vec::new(),
        };
        let header = reader.header()?;
        Ok((header, reader))
    }

    /// The next observation, borrowed from the line it stands on; `None` after the last.
    ///
    /// # Errors
    /// [`RecordingError`] where a line before the last is damaged, or time goes back.
    #[expect(clippy::should_implement_trait, reason = "it lends its line, which an Iterator cannot")]
    pub fn next(&mut self) -> Result<Option<Observation<'_>>, RecordingError> {
        if self.fill()? { self.take(&mut Nobody).map(Some) } else { Ok(None) }
    }

    /// How the run ended, once everything is read; `None` = it was interrupted without a word.
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// Time of the last observation read.
    pub fn at(&self) -> Nanos {
        self.at
    }

    /// What was read past.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn header(&mut self) -> Result<Header, RecordingError> {
        #[derive(serde::Deserialize)]
        struct Format {
            thor_cutover_recording: u32,
        }
        let refused = |why: String| RecordingError::NotOne { path: self.path.clone(), why };
        match self.source.next_line() {
            Ok(_) => self.number += 1,
            Err(source) => return Err(RecordingError::Read { path: self.path.clone(), source }),
        }
        let Format { thor_cutover_recording: found } = serde_json::from_slice(self.source.line())
            .map_err(|_| refused("its first line has no \"thor_cutover_recording\"".to_owned()))?;
        if found > FORMAT {
            return Err(RecordingError::Newer { path: self.path.clone(), found });
        }
        serde_json::from_slice(self.source.line())
            .map_err(|error| refused(format!("its header is wrong: {error}")))
    }

    /// The observation on the line read last. `reader`: who gets it next.
    pub(super) fn take(&mut self, reader: &mut impl Recognise) -> Result<Observation<'_>, RecordingError> {
        if self.end.is_some() {
            return Err(self.broken("it stands after the end line"));
        }
        let parsed = match std::str::from_utf8(self.source.line()) {
            Ok(line) => parse::observation(line, reader).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let observation = match parsed {
            Ok(observation) => observation,
            Err(why) => {
                return Err(RecordingError::Line { path: self.path.clone(), line: self.number, why });
            }
        };
        if observation.at < self.at {
            let (path, line) = (self.path.clone(), self.number);
            return Err(RecordingError::Backwards { path, line, before: self.at, after: observation.at });
        }
        self.at = observation.at;
        if let Event::End(end) = observation.event {
            self.end = Some(end);
        }
        Ok(observation)
    }

    /// Whether the line read last ends the recording.
    pub(super) fn is_at_end_line(&self) -> bool {
        self.source.line().len() < 100
            && std::str::from_utf8(self.source.line())
                .ok()
                .and_then(|line| parse::observation(line, &mut Nobody).ok())
                .is_some_and(|observation| matches!(observation.event, Event::End(_)))
    }

    /// Reads the next line that holds something; false at the end.
    pub(super) fn fill(&mut self) -> Result<bool, RecordingError> {
        while !self.done {
            let is_whole = match self.source.next_line() {
                Ok(is_whole) => is_whole,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => false,
                Err(source) => return Err(RecordingError::Read { path: self.path.clone(), source }),
            };
            self.done = !is_whole;
            self.number += 1;
            if self.source.line().iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            if self.done && self.is_torn() {
                self.warnings.push(format!(
                    "{}:{}: the last line is torn ({} bytes) and was read past: the recording was cut off",
                    self.path.display(),
                    self.number,
                    self.source.line().len(),
                ));
                return Ok(false);
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Whether the last line, which has no line feed, stopped in the middle of its writing.
    fn is_torn(&self) -> bool {
        // a file system may fill up with zeros what was never written
        self.source.line().contains(&0)
            || match std::str::from_utf8(self.source.line()) {
                Ok(line) => parse::is_torn(line),
                Err(error) => error.error_len().is_none(),
            }
    }

    fn broken(&self, why: impl std::fmt::Display) -> RecordingError {
        RecordingError::Line { path: self.path.clone(), line: self.number, why: why.to_string() }
    }
}
