//! What became of a REST sample, and what the stream did by itself.
//!
//! An [`Outcome`] is emitted once, when it is settled: it is never revised. Counts of outcomes and the
//! merged findings are kept in the tally, so that a day costs no more memory than a minute.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::pointer::Pointer;
use crate::model::time::Nanos;

/// The kinds of outcome, in the words of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Explained by a version inside its window.
    Match,
    /// A compared field has another value.
    Value,
    MissingInWs,
    MissingInRest,
    /// REST moved to a state that no event ever carried although the connection lived.
    DroppedPush,
    /// The socket is open, REST moves, the feature is silent beyond its limit.
    Stalled,
    /// REST showed X then Y, the WebSocket Y then X.
    Reordered,
    WsLate,
    StaleRest,
    LateOrStale,
    /// A `derived` field breaks its own formula inside one source.
    Invariant,
    /// A message of the feature that no client could parse although its type is readable.
    Unreadable,
    /// Every entity explained, but by different versions.
    Torn,
    /// A connection gap, an overflow or an unreadable frame in the sample's window.
    Unaligned,
    /// REST moved while the connection was down; reconnecting replays nothing.
    MissedInGap,
    /// Before the stream's first word about it.
    NotCovered,
    /// On a periodic stream: fell between two pushes, and no push owed it.
    NotComparable,
    /// By the stream's own numbers a message did not come.
    SequenceGap,
    /// Still inside its window when the run ended.
    Pending,
    RestError,
}

/// How many of these outcomes make the run no-go.
pub fn blocking(outcomes: &BTreeMap<Kind, u64>) -> u64 {
    outcomes.iter().filter(|(kind, _)| kind.blocks()).map(|(_, count)| count).sum()
}

impl Kind {
    /// Whether a sample of this kind was judged on its content.
    pub fn is_judged(self) -> bool {
        self.blocks() || matches!(self, Self::Match | Self::Torn)
    }

    /// Whether it makes the run no-go.
    pub fn blocks(self) -> bool {
        matches!(
            self,
            Self::Value
                | Self::MissingInWs
                | Self::MissingInRest
                | Self::DroppedPush
                | Self::Stalled
                | Self::Reordered
                | Self::WsLate
                | Self::StaleRest
                | Self::LateOrStale
                | Self::Invariant
                | Self::Unreadable
        )
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Value => "value",
            Self::MissingInWs => "missing_in_ws",
            Self::MissingInRest => "missing_in_rest",
            Self::DroppedPush => "dropped_push",
            Self::Stalled => "stalled",
            Self::Reordered => "reordered",
            Self::WsLate => "ws_late",
            Self::StaleRest => "stale_rest",
            Self::LateOrStale => "late_or_stale",
            Self::Invariant => "invariant",
            Self::Unreadable => "unreadable",
            Self::Torn => "torn",
            Self::Unaligned => "unaligned",
            Self::MissedInGap => "missed_in_gap",
            Self::NotCovered => "not_covered",
            Self::NotComparable => "not_comparable",
            Self::SequenceGap => "sequence_gap",
            Self::Pending => "pending",
            Self::RestError => "rest_error",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// One settled fact about one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub kind: Kind,
    /// The REST sample it is about, as (sent, received); for a stall: (silent since, noticed).
    pub window: (Nanos, Nanos),
    /// For a match: how far REST and WebSocket had to be moved against each other, zero if not at all.
    pub skew: Option<Duration>,
    /// For a match: how many distinct states could have matched; 1 is the strongest.
    pub candidates: u32,
    /// For a blocking outcome: what differs, at most [`Outcome::MAX_DIFFERENCES`].
    pub differences: Vec<Difference>,
    /// For a blocking outcome: both sides whole, of the first [`Outcome::MAX_PAYLOADS`] entities that differ.
    pub payloads: Vec<Payloads>,
    /// For `unaligned`, `not_covered`, `rest_error`: why.
    pub reason: Option<String>,
}

impl Outcome {
    /// A settled fact of which nothing but its kind and its time is known.
    pub fn of(kind: Kind, window: (Nanos, Nanos)) -> Self {
        Self {
            kind,
            window,
            skew: None,
            candidates: 0,
            differences: Vec::new(),
            payloads: Vec::new(),
            reason: None,
        }
    }

    pub fn with_difference(mut self, difference: Difference) -> Self {
        self.differences.push(difference);
        self
    }

    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    pub const MAX_DIFFERENCES: usize = 32;
    pub const MAX_PAYLOADS: usize = 4;
}

/// The identity of one entity: pointer and text of each key field. Empty where the feature is one entity.
pub type Entity = BTreeMap<Pointer, String>;

/// One difference, as a person reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    pub kind: Kind,
    #[schemars(with = "BTreeMap<String, String>")]
    pub entity: Entity,
    /// `None` where the whole entity is meant.
    pub field: Option<Pointer>,
    /// What REST says, as JSON text, cut at [`Difference::MAX_TEXT`] bytes; `None` = absent.
    pub rest: Option<String>,
    /// What the WebSocket's nearest version says.
    pub ws: Option<String>,
    /// How far beyond D or C, for lateness and staleness.
    pub excess_ms: Option<u64>,
    /// How long the screen would have shown the wrong state had the timer been deleted.
    pub wrong_ms: Option<u64>,
    /// The smallest tolerance that would have passed, for numbers.
    pub passes_with: Option<String>,
    /// How long after (+) or before (−) the sample the nearest version arrived.
    pub nearest_ms: Option<i64>,
    pub persistence: Persistence,
}

impl Difference {
    /// A difference about a whole entity, of which neither side's word is known yet.
    pub fn of(kind: Kind, entity: Entity) -> Self {
        Self {
            kind,
            entity,
            field: None,
            rest: None,
            ws: None,
            excess_ms: None,
            wrong_ms: None,
            passes_with: None,
            nearest_ms: None,
            persistence: Persistence::Unknown,
        }
    }

    pub const MAX_TEXT: usize = 200;
}

/// What both sides said of one entity that differs: fields by REST's name, values as JSON text. Values that are
/// equal under the rules read alike. Where one side has no such entity, it has no fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Payloads {
    #[schemars(with = "BTreeMap<String, String>")]
    pub entity: Entity,
    #[schemars(with = "BTreeMap<String, String>")]
    pub rest: BTreeMap<Pointer, String>,
    /// The nearest version.
    #[schemars(with = "BTreeMap<String, String>")]
    pub ws: BTreeMap<Pointer, String>,
    /// Fields for which there was no room; never one that differs while others are kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

impl Payloads {
    /// Kept of one side, names not counted exactly.
    pub const MAX_BYTES: usize = 8 << 10;
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What fresh samples said of a difference; they label it, they never acquit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Persistence {
    /// A later sample matched again.
    Transient,
    /// The next sample differed as well.
    Confirmed,
    /// No later sample inside the horizon.
    Unknown,
}
