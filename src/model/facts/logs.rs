//! What log files say of the WebSocket path.

use jiff::Timestamp;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogFacts {
    /// Files that were read, with their number of lines.
    pub files: Vec<(String, usize)>,
    pub errors: Vec<LogError>,
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
