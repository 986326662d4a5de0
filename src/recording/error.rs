//! What can be wrong with a recording, and what to do about it.

use std::path::PathBuf;

use crate::recording::header::FORMAT;

#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("cannot read the recording {path}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write the recording {path}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{path} is not a recording: {why}")]
    NotOne { path: PathBuf, why: String },
    #[error("{path} was cut off before its first line was whole: nothing is recorded in it")]
    NotBegun { path: PathBuf },
    #[error("{path} was recorded in format {found}, this tool reads formats up to {FORMAT}")]
    Newer { path: PathBuf, found: u32 },
    #[error("{path}:{line}: not an observation: {why}")]
    Line { path: PathBuf, line: u64, why: String },
    #[error("{path}:{line}: time goes back, from {before} to {after}")]
    Backwards {
        path: PathBuf,
        line: u64,
        before: crate::model::time::Nanos,
        after: crate::model::time::Nanos,
    },
    #[error("{path} is not a HAR that can be read: {why}")]
    Har { path: PathBuf, why: String },
    #[error("{path} and {other} cannot be one run: {why}")]
    Mixed { path: PathBuf, other: PathBuf, why: String },
}

impl RecordingError {
    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read { .. } => "check that the path is right and readable; .zst means zstd-compressed",
            Self::Write { .. } => "check the folder, its permissions and the free space",
            Self::NotOne { .. } => {
                "its first line has to be a header such as {\"thor_cutover_recording\":1}; `shadow-diff --record` makes one"
            }
            Self::NotBegun { .. } => "remove it; whoever wrote it was killed at that moment",
            Self::Newer { .. } => "install the version of thor-cutover that recorded it, or a newer one",
            Self::Line { .. } | Self::Backwards { .. } => {
                "a line is damaged in the middle of the file, so nothing after it can be trusted; cut the file before it to judge the part that is whole"
            }
            Self::Har { .. } => {
                "a browser makes one: developer tools, network, \"Save all as HAR with content\""
            }
            Self::Mixed { .. } => "replay them one by one, or judge all of them under one --config",
        }
    }
}

impl From<RecordingError> for crate::error::Error {
    fn from(error: RecordingError) -> Self {
        let hint = error.hint();
        Self::failed(error).hint(hint)
    }
}
