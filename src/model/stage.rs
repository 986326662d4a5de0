//! Where a feature stands in its cutover, and the decision that comes next.
//!
//! Stages are derived from facts and never stored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a feature has come, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// No broadcast, or no handler, in the source.
    NotIntegrated,
    /// Broadcast, flag off.
    Shadow,
    /// Flag on, REST kept.
    Live,
    /// Timer and endpoint gone.
    Removed,
    /// Nothing of the REST path left.
    Complete,
}

impl Stage {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotIntegrated => "not-integrated",
            Self::Shadow => "shadow",
            Self::Live => "live",
            Self::Removed => "removed",
            Self::Complete => "complete",
        }
    }

    /// The decision that leads out of this stage; for `complete`, the one that keeps it true.
    pub fn next(self) -> Decision {
        match self {
            Self::NotIntegrated => Decision::Shadow,
            Self::Shadow => Decision::Cutover,
            Self::Live => Decision::Delete,
            Self::Removed | Self::Complete => Decision::Complete,
        }
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a person wants to do next, and asks the checklist about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Is it integrated, so that it can be observed?
    Shadow,
    /// May the flag go on?
    Cutover,
    /// May the REST timer and the endpoint go?
    Delete,
    /// Is nothing left, and everything written down?
    Complete,
}

impl Decision {
    pub const ALL: [Self; 4] = [Self::Shadow, Self::Cutover, Self::Delete, Self::Complete];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Cutover => "cutover",
            Self::Delete => "delete",
            Self::Complete => "complete",
        }
    }

    /// The question in words, for headings.
    pub fn question(self) -> &'static str {
        match self {
            Self::Shadow => "is it integrated?",
            Self::Cutover => "may the flag go on?",
            Self::Delete => "may the REST timer and endpoint go?",
            Self::Complete => "is nothing left, and everything written down?",
        }
    }
}

impl std::fmt::Display for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
