//! One recording in several files: rotated by size, or gone on with after an interruption.
//!
//! `run.ndjson.zst` is followed by `run.2.ndjson.zst`, and so on. Each part has the run's header with its
//! number; times go on from one to the next.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::observation::{End, Observation};
use crate::model::time::Nanos;
use crate::recording::disk::{Disk, MachineDisk};
use crate::recording::error::RecordingError;
use crate::recording::header::Header;
use crate::recording::writer::Writer;

/// More parts than this are not looked for.
const MAX_PARTS: u32 = 100_000;

/// A recording that begins another file when one is full.
pub struct Parts {
    disk: Arc<dyn Disk>,
    base: PathBuf,
    header: Header,
    /// Bytes of lines in one file, before compression.
    size: Option<u64>,
    writer: Writer,
}

impl Parts {
    /// Starts with the part that the header names; `base` is the name of the first.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn create(base: &Path, header: Header, size: Option<u64>) -> Result<Self, RecordingError> {
        Self::create_on(Arc::new(MachineDisk), base, header, size)
    }

    /// The same on a certain disk.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn create_on(
        disk: Arc<dyn Disk>,
        base: &Path,
        header: Header,
        size: Option<u64>,
    ) -> Result<Self, RecordingError> {
        let writer = Writer::create_on(&*disk, &path(base, header.part), &header)?;
        Ok(Self { disk, base: base.to_owned(), header, size, writer })
    }

    /// Appends one observation, to a new file where this one is full.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn write(&mut self, observation: &Observation<'_>) -> Result<(), RecordingError> {
        if self.size.is_some_and(|size| self.writer.written() >= size) {
            self.header.part += 1;
            let next = Writer::create_on(&*self.disk, &path(&self.base, self.header.part), &self.header)?;
            std::mem::replace(&mut self.writer, next).close()?;
        }
        self.writer.write(observation)
    }

    /// Hands everything so far to the operating system, where the last time is long enough ago.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn flush_if_due(&mut self, now: Nanos) -> Result<(), RecordingError> {
        self.writer.flush_if_due(now)
    }

    /// Writes the end line and closes the last file.
    ///
    /// # Errors
    /// [`RecordingError::Write`].
    pub fn finish(self, at: Nanos, end: End) -> Result<(), RecordingError> {
        self.writer.finish(at, end)
    }
}

/// The file of a part: the first is `base` itself.
fn path(base: &Path, part: u32) -> PathBuf {
    if part <= 1 {
        return base.to_owned();
    }
    let name = base.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let plain = name.strip_suffix(".zst").unwrap_or(&name);
    let at = plain.rfind('.').filter(|at| *at > 0).unwrap_or(plain.len());
    base.with_file_name(format!("{}.{part}{}", &name[..at], &name[at..]))
}

/// The first file of the recording that a file of this name would be a later part of; `None` of a name without a number.
pub fn first_of(part: &Path) -> Option<PathBuf> {
    let name = part.file_name()?.to_str()?;
    let plain = name.strip_suffix(".zst").unwrap_or(name);
    let number = |text: &str| text.parse::<u32>().ok().filter(|it| *it > 1 && it.to_string() == text);
    let (rest, last) = plain.rsplit_once('.').filter(|(rest, _)| !rest.is_empty())?;
    let ending = &name[plain.len()..];
    if let Some(number) = number(last) {
        let base = part.with_file_name(format!("{rest}{ending}"));
        return (path(&base, number) == part).then_some(base);
    }
    let (stem, number) = rest.rsplit_once('.').and_then(|(stem, text)| Some((stem, number(text)?)))?;
    let base = part.with_file_name(format!("{stem}.{last}{ending}"));
    (path(&base, number) == part).then_some(base)
}

/// The parts of a recording that are there, in order; none where there is no first.
pub fn existing(base: &Path) -> Vec<PathBuf> {
    (1..MAX_PARTS).map(|part| path(base, part)).take_while(|path| path.exists()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_numbered_before_the_extension() {
        for (base, second) in [
            ("run.ndjson", "run.2.ndjson"),
            ("a/run.ndjson.zst", "a/run.2.ndjson.zst"),
            ("my.run.ndjson", "my.run.2.ndjson"),
            ("run.zst", "run.2.zst"),
            ("run", "run.2"),
            (".hidden", ".hidden.2"),
        ] {
            assert_eq!(path(Path::new(base), 1), Path::new(base));
            assert_eq!(path(Path::new(base), 2), Path::new(second));
            assert_eq!(first_of(Path::new(second)).as_deref(), Some(Path::new(base)));
            assert_eq!(first_of(Path::new(base)), None);
        }
    }
}
