//! Reads a recording as a stream: little more than one line in memory at a time.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::diff::template::{BATCH_BYTES, BATCH_LEN, ParseToken, Preparse};
use crate::model::observation::{End, Event, Observation};
use crate::model::time::Nanos;
use crate::recording::error::RecordingError;
use crate::recording::header::{FORMAT, Header};
use crate::recording::line_reader::LineReader;
use crate::recording::parse::{self, Tokenise, untokenised};

/// How a header begins that this program wrote.
const HEADER: &[u8] = b"{\"thor_cutover_recording\"";

/// An open recording, read from its first observation to its last.
pub struct Reader {
    path: PathBuf,
    source: LineReader,
    /// Lines read so far.
    number: u64,
    /// Those of the present batch, with their numbers.
    lines: Vec<(u64, Range<usize>)>,
    /// What is wrong with one of them, until those before it are had.
    failed: Option<RecordingError>,
    progress: Progress,
    done: bool,
    warnings: Vec<String>,
}

/// How far a recording is read.
#[derive(Default)]
struct Progress {
    at: Nanos,
    end: Option<End>,
}

impl Reader {
    /// Opens a recording and reads its header; `.zst` decompresses.
    ///
    /// # Errors
    /// [`RecordingError`]: unreadable, no header, a header that was cut off, or a newer format.
    pub fn open(path: &Path) -> Result<(Header, Self), RecordingError> {
        let failed = |source| RecordingError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let source = if path.extension().is_some_and(|extension| extension == "zst") {
            LineReader::in_thread(zstd::stream::read::Decoder::new(file).map_err(failed)?)
        } else {
            LineReader::of(file)
        };
        let mut reader = Self {
            path: path.to_owned(),
            source,
            number: 0,
            lines: Vec::new(),
            failed: None,
            progress: Progress::default(),
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
        if self.fill()? { Ok(Some(self.take(untokenised)?.0)) } else { Ok(None) }
    }

    /// How the run ended, once everything is read; `None` = it was interrupted without a word.
    pub fn end(&self) -> Option<End> {
        self.progress.end
    }

    /// Time of the last observation read.
    pub fn at(&self) -> Nanos {
        self.progress.at
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
        struct FormatVersion {
            thor_cutover_recording: u32,
        }
        let refused = |why: String| RecordingError::NotOne { path: self.path.clone(), why };
        let is_whole = match self.source.next_line() {
            Ok(is_whole) => is_whole,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => false,
            Err(source) => return Err(RecordingError::Read { path: self.path.clone(), source }),
        };
        self.number += 1;
        let begins = self.source.line();
        if !is_whole && is_cut_off(begins) {
            return Err(RecordingError::NotBegun { path: self.path.clone() });
        }
        let FormatVersion { thor_cutover_recording: found } = serde_json::from_slice(begins)
            .map_err(|_| refused("its first line has no \"thor_cutover_recording\"".to_owned()))?;
        if found > FORMAT {
            return Err(RecordingError::Newer { path: self.path.clone(), found });
        }
        serde_json::from_slice(self.source.line())
            .map_err(|error| refused(format!("its header is wrong: {error}")))
    }

    /// The observation on the line read last.
    pub(super) fn take(
        &mut self,
        tokenise: impl Tokenise,
    ) -> Result<(Observation<'_>, Option<ParseToken>), RecordingError> {
        self.progress.observation(&self.path, self.number, self.source.line(), tokenise)
    }

    /// Reads the next batch: every line is tokenised by `judge` before it is given the first; false after the last.
    pub(super) fn batch<J: Preparse>(
        &mut self,
        judge: &mut J,
        mut give: impl FnMut(&mut J, Observation<'_>, Option<ParseToken>),
    ) -> Result<bool, RecordingError> {
        self.turn_to_batch();
        if self.lines.is_empty() {
            let has_line = self.fill()?;
            if has_line {
                let (observation, token) =
                    self.take(|text: &str, feature: Option<&str>| judge.preparse(text, feature))?;
                give(judge, observation, token);
            }
            return Ok(has_line);
        }
        let mut observations = [const { None }; BATCH_LEN];
        for ((number, place), observation) in self.lines.iter().zip(&mut observations) {
            let tokenise = |text: &str, feature: Option<&str>| judge.preparse(text, feature);
            match self.progress.observation(&self.path, *number, self.source.at(place), tokenise) {
                Ok(read) => *observation = Some(read),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        for (observation, token) in observations.into_iter().flatten() {
            give(judge, observation, token);
        }
        Ok(true)
    }

    /// Collects the next batch: lines that are not blank and end in the current block.
    fn turn_to_batch(&mut self) {
        self.lines.clear();
        let mut bytes = 0;
        while self.failed.is_none()
            && bytes < BATCH_BYTES
            && self.lines.len() < BATCH_LEN
            && let Some(place) = self.source.next_here()
        {
            self.number += 1;
            bytes += place.len();
            if !is_blank(self.source.at(&place)) {
                self.lines.push((self.number, place));
            }
        }
    }

    /// Whether the line read last ends the recording.
    pub(super) fn is_at_end_line(&self) -> bool {
        self.source.line().len() < 100
            && std::str::from_utf8(self.source.line())
                .ok()
                .and_then(|line| parse::observation(line, untokenised).ok())
                .is_some_and(|(observation, _)| matches!(observation.event, Event::End(_)))
    }

    /// Reads the next line that holds something; false at the end.
    pub(super) fn fill(&mut self) -> Result<bool, RecordingError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        while !self.done {
            let is_whole = match self.source.next_line() {
                Ok(is_whole) => is_whole,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => false,
                Err(source) => return Err(RecordingError::Read { path: self.path.clone(), source }),
            };
            self.done = !is_whole;
            self.number += 1;
            if is_blank(self.source.line()) {
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
        self.source.line().contains(&0) || is_unfinished(self.source.line())
    }
}

impl Progress {
    /// The observation on a line.
    fn observation<'l>(
        &mut self,
        path: &Path,
        number: u64,
        line: &'l [u8],
        tokenise: impl Tokenise,
    ) -> Result<(Observation<'l>, Option<ParseToken>), RecordingError> {
        let broken = |why: String| RecordingError::Line { path: path.to_owned(), line: number, why };
        if self.end.is_some() {
            return Err(broken("it stands after the end line".to_owned()));
        }
        let line = std::str::from_utf8(line).map_err(|error| broken(error.to_string()))?;
        let (observation, token) =
            parse::observation(line, tokenise).map_err(|error| broken(error.to_string()))?;
        if observation.at < self.at {
            let (path, line) = (path.to_owned(), number);
            return Err(RecordingError::Backwards { path, line, before: self.at, after: observation.at });
        }
        self.at = observation.at;
        if let Event::End(end) = observation.event {
            self.end = Some(end);
        }
        Ok((observation, token))
    }
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// Whether it is the beginning of a header and no more.
fn is_cut_off(line: &[u8]) -> bool {
    let common = line.len().min(HEADER.len());
    line[..common] == HEADER[..common] && is_unfinished(line)
}

/// Whether a line stops in the middle, be it of a character.
fn is_unfinished(line: &[u8]) -> bool {
    match std::str::from_utf8(line) {
        Ok(line) => parse::is_torn(line),
        Err(error) => error.error_len().is_none(),
    }
}
