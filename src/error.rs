//! Errors of the edge: what kind, what was tried, what to do. Mapped to exit codes here and nowhere else.

use std::fmt;

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The call or the configuration: exit 2.
    Usage,
    /// Could not reach, log in, read or write: exit 4, never a verdict.
    Failed,
}

/// An error as a person reads it: message, causes, and a hint apart from both.
#[derive(Debug)]
pub struct Error {
    pub kind: ErrorKind,
    pub source: anyhow::Error,
    pub hint: Option<String>,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn usage(message: impl fmt::Display) -> Self {
        Self { kind: ErrorKind::Usage, source: anyhow::anyhow!("{message}"), hint: None }
    }

    pub fn failed(source: impl Into<anyhow::Error>) -> Self {
        Self { kind: ErrorKind::Failed, source: source.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    pub fn exit_code(&self) -> u8 {
        match self.kind {
            ErrorKind::Usage => 2,
            ErrorKind::Failed => 4,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.source)
    }
}

impl std::error::Error for Error {}

impl From<anyhow::Error> for Error {
    /// An error without a kind is a failure of the tool: never a usage error by accident.
    fn from(source: anyhow::Error) -> Self {
        Self::failed(source)
    }
}

/// The nearest of `known` to a word that is not among them, for "did you mean".
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 3))
        .min()
        .map(|(_, candidate)| candidate)
}
