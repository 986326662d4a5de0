//! A gate's row: what it measured, against what, and what to do about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::verdict::Verdict;

/// The result of one gate for one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// Stable kebab-case code, such as `transitions-covered`.
    pub code: String,
    pub verdict: Verdict,
    /// What was measured, in words a person reads: `98`, `0 of 120`, `no message seen`.
    pub value: String,
    /// What it was held against.
    pub threshold: String,
    /// How many observations stand behind the value.
    pub n: u64,
    /// What to do next; empty where the gate passes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fix: String,
    /// There is nothing to ask it of, as the configuration says; it passes without having been measured.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waived: bool,
    /// A source place the gate is about, for annotations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// A line of a file, relative to the root that was searched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    pub path: String,
    /// 1-based.
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}
