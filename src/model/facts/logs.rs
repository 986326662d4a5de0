//! What log files say of the WebSocket path.

use jiff::{SignedDuration, Timestamp};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogFacts {
    pub files: Vec<LogFile>,
    pub errors: Vec<LogError>,
}

/// A file that was read to its end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogFile {
    pub name: String,
    pub lines: usize,
    /// From the earliest to the latest time that its lines tell; `None`: none tells one.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Whether each of these times named its zone.
    pub zoned: bool,
}

impl LogFile {
    /// Whether it was written to during a time.
    pub fn touches(&self, from: Timestamp, to: Timestamp) -> bool {
        self.span.is_some_and(|span| may_touch(span, self.zoned, (from, to)))
    }
}

/// Whether two stretches of time may have a moment in common. A time without a zone is anybody's, and none is farther
/// than 14 hours from UTC.
fn may_touch(written: (Timestamp, Timestamp), zoned: bool, (from, to): (Timestamp, Timestamp)) -> bool {
    let slack = SignedDuration::from_hours(if zoned { 0 } else { 14 });
    written.0.duration_since(to) <= slack && from.duration_since(written.1) <= slack
}

/// One line that tells of an error.
#[derive(Debug, Clone, PartialEq)]
pub struct LogError {
    pub file: String,
    /// 1-based.
    pub line: usize,
    /// When, if the line says so. A time without a zone is read as UTC.
    pub at: Option<Timestamp>,
    /// Whether the line named its zone; without one the time may be hours off.
    pub zoned: bool,
    pub text: String,
    /// The feature it names; errors that name none are everybody's.
    pub feature: Option<String>,
}

impl LogError {
    /// Whether it may be of a time: one that does not say when it was may be of any.
    pub fn touches(&self, from: Timestamp, to: Timestamp) -> bool {
        self.at.is_none_or(|at| may_touch((at, at), self.zoned, (from, to)))
    }
}
