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
        let slack = slack(self.zoned);
        self.span.is_some_and(|(first, last)| {
            first.duration_since(to) <= slack && from.duration_since(last) <= slack
        })
    }
}

/// How far a time may be off: without a zone it is anybody's, and none is farther than 14 hours from UTC.
pub fn slack(zoned: bool) -> SignedDuration {
    SignedDuration::from_hours(if zoned { 0 } else { 14 })
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
