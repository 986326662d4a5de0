//! Writes a recording as it happens: what is flushed survives a kill.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::observation::{End, Event, Observation};
use crate::model::time::Nanos;
use crate::recording::disk::{Disk, MachineDisk};
use crate::recording::error::RecordingError;
use crate::recording::header::Header;
use crate::recording::print;

/// At most twice this much of a run is lost when the process is killed: what was written since the last flush,
/// which comes with the first line or look after this time.
const FLUSH_EVERY: Duration = Duration::from_millis(500);

/// An open recording.
pub struct Writer {
    path: PathBuf,
    sink: Sink,
    line: Vec<u8>,
    flushed_at: Nanos,
    written: u64,
}

type File = BufWriter<Box<dyn Write + Send>>;

enum Sink {
    Plain(File),
    Zstd(Box<zstd::stream::write::Encoder<'static, File>>),
}

impl Writer {
    /// Starts a recording with its header; a file that exists is replaced. `.zst` compresses.
    ///
    /// # Errors
    /// [`RecordingError::Write`] where the file cannot be made or written.
    pub fn create(path: &Path, header: &Header) -> Result<Self, RecordingError> {
        Self::create_on(&MachineDisk, path, header)
    }

    /// The same on a certain disk.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn create_on(disk: &dyn Disk, path: &Path, header: &Header) -> Result<Self, RecordingError> {
        let failed = |source| RecordingError::Write { path: path.to_owned(), source };
        let file = BufWriter::new(disk.create(path).map_err(failed)?);
        let sink = if path.extension().is_some_and(|extension| extension == "zst") {
            Sink::Zstd(Box::new(zstd::stream::write::Encoder::new(file, 0).map_err(failed)?))
        } else {
            Sink::Plain(file)
        };
        let mut line = serde_json::to_vec(header).map_err(|error| failed(error.into()))?;
        line.push(b'\n');
        let mut writer = Self { path: path.to_owned(), sink, line, flushed_at: Nanos::ZERO, written: 0 };
        writer.put_line()?;
        writer.flush(Nanos::ZERO)?;
        Ok(writer)
    }

    /// Appends one observation; what is a second old by the observations' own clock is flushed.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn write(&mut self, observation: &Observation<'_>) -> Result<(), RecordingError> {
        self.line.clear();
        print::line(&mut self.line, observation);
        self.put_line()?;
        self.flush_if_due(observation.at)
    }

    /// [`Writer::flush`] where the last one is long enough ago; to be called while nothing arrives.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn flush_if_due(&mut self, now: Nanos) -> Result<(), RecordingError> {
        if now.since(self.flushed_at) >= FLUSH_EVERY { self.flush(now) } else { Ok(()) }
    }

    /// Hands everything so far to the operating system.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn flush(&mut self, now: Nanos) -> Result<(), RecordingError> {
        self.flushed_at = now;
        match &mut self.sink {
            Sink::Plain(file) => file.flush(),
            Sink::Zstd(encoder) => encoder.flush(),
        }
        .map_err(|source| RecordingError::Write { path: self.path.clone(), source })
    }

    /// Writes the end line at `at` and closes the file.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn finish(mut self, at: Nanos, end: End) -> Result<(), RecordingError> {
        self.write(&Observation::of(at, Event::End(end)))?;
        self.close()
    }

    /// Closes the file without an end line: for a part that another part follows.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn close(self) -> Result<(), RecordingError> {
        let path = self.path;
        match self.sink {
            Sink::Plain(mut file) => file.flush(),
            Sink::Zstd(encoder) => encoder.finish().and_then(|mut file| file.flush()),
        }
        .map_err(|source| RecordingError::Write { path, source })
    }

    /// Bytes written so far, before compression.
    pub fn written(&self) -> u64 {
        self.written
    }

    fn put_line(&mut self) -> Result<(), RecordingError> {
        self.written += self.line.len() as u64;
        match &mut self.sink {
            Sink::Plain(file) => file.write_all(&self.line),
            Sink::Zstd(encoder) => encoder.write_all(&self.line),
        }
        .map_err(|source| RecordingError::Write { path: self.path.clone(), source })
    }
}
