//! The four verdicts, worst first, and the exit codes a script tells them apart by.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Ordered so that `max` is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Go,
    Inconclusive,
    NoGo,
    /// The tool could not do its work; never a statement about Thor.
    Error,
}

impl Verdict {
    /// The exit code, the same in every output format. 2 (usage, configuration) is not a verdict.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Go => 0,
            Self::NoGo => 1,
            Self::Inconclusive => 3,
            Self::Error => 4,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::NoGo => "no-go",
            Self::Inconclusive => "inconclusive",
            Self::Error => "error",
        }
    }

    /// The worst of several; `None` of none: nothing judged is not `go`.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Option<Self> {
        verdicts.into_iter().max()
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
