//! The report of one observed (or replayed) run: the published shape of `shadow-diff --format json`,
//! and what the ledger keeps. A rename here breaks users: the schema test says so.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::pointer::Pointer;
use crate::model::gate::Gate;
use crate::model::observation::End;
use crate::model::outcome::{Difference, Entity, Kind, Payloads};
use crate::model::verdict::Verdict;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    pub schema: String,
    pub verdict: Verdict,
    pub exit_code: u8,
    /// How the run ended; an interrupted run is at best inconclusive.
    pub end: RunEnd,
    /// Length of the run in seconds of its own clock.
    pub seconds: f64,
    /// Digest of the effective configuration the judgment was made under.
    pub config_digest: String,
    /// The socket; where there are several, all of them together.
    pub connection: Connection,
    /// Those of `[sockets]`, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sockets: BTreeMap<String, Connection>,
    pub features: Vec<FeatureReport>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunEnd {
    Completed,
    Interrupted,
}

impl From<End> for RunEnd {
    fn from(end: End) -> Self {
        match end {
            End::Completed => Self::Completed,
            End::Interrupted => Self::Interrupted,
        }
    }
}

/// What a socket went through.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// Handshakes that succeeded.
    pub opened: u64,
    pub reconnects: u64,
    pub failed_attempts: u64,
    /// Frames in all, of every type.
    pub messages: u64,
    /// Frames that are not JSON objects with a readable type.
    pub bad_frames: u64,
    /// Messages whose type no observed feature listens to.
    pub other_types: u64,
    /// Types of messages that no observed feature listens to, and how often; the first 32.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, u64>,
    /// Names of the members of the first frame without a readable type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untyped_names: Vec<String>,
    /// Frames that are a list, where a message is expected to be an object.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub list_frames: u64,
    /// Binary frames that were not read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub binary_frames: u64,
    /// Close codes and how often.
    pub closes: BTreeMap<u16, u64>,
    pub gaps: Vec<GapReport>,
    /// Seconds during which the run was not connected, or blind.
    pub blind_seconds: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A stretch in which nothing could arrive. At most the first 100 are listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GapReport {
    /// Seconds since the run's start.
    pub from: f64,
    pub to: f64,
    pub reason: String,
}

/// Seconds since the run's start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stretch {
    pub from: f64,
    pub to: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeatureReport {
    pub feature: String,
    pub verdict: Verdict,
    /// REST samples that were judged or are pending.
    pub samples: u64,
    pub rest_errors: u64,
    /// Messages of the feature's types that passed its filter.
    pub messages: u64,
    /// Messages of its types for other accounts, symbols, markets.
    pub filtered: u64,
    pub outcomes: BTreeMap<Kind, u64>,
    /// Changes of compared fields seen on both sides.
    pub transitions: u64,
    /// The time that judged samples account for, without what lies too far between two of them; the first 256.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judged: Vec<Stretch>,
    /// Entities that REST listed throughout and no message spoke of, in order; the first 1000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<BTreeMap<String, String>>")]
    pub untold: Vec<Entity>,
    /// Required skew of matches, in milliseconds.
    pub skew_ms: Quantiles,
    /// Distinct candidate states per match: how strong the matches are. 1 is best.
    pub candidates: Quantiles,
    /// Longest silence of the stream while connected, in seconds; `None` before the first message.
    pub longest_silence: Option<f64>,
    /// 95 % upper bound of the failure rate from the clean samples, about 3/n; `None` without samples.
    pub failure_rate_bound: Option<f64>,
    pub self_check: SelfCheck,
    /// Compared fields: how often each moved on each side.
    pub fields: Vec<FieldReport>,
    pub gates: Vec<Gate>,
    pub findings: Vec<Finding>,
    /// Both sides whole, of the entities that differed last; the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differing: Vec<Differing>,
    pub notes: Vec<Note>,
    /// What rules hid, and how large it was.
    pub suppressed: Vec<Suppression>,
}

impl FeatureReport {
    /// Untold entities that a report names; a list of so many may go on behind its last one.
    pub const MAX_UNTOLD: usize = 1_000;
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quantiles {
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

/// Faults planted into copies of the run's own data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SelfCheck {
    pub plantable: u64,
    pub caught: u64,
    /// Kinds of fault, or fields, for which there was no place to plant.
    pub not_exercised: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FieldReport {
    pub field: Pointer,
    /// `both`, `rest_only`, `ws_only`, `ignored`, `derived`, `countdown`.
    pub role: String,
    pub moved_rest: u64,
    pub moved_ws: u64,
}

/// Identical differences, merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    #[serde(flatten)]
    pub difference: Difference,
    pub count: u64,
    /// Seconds since the run's start.
    pub first_at: f64,
    pub last_at: f64,
    /// Stable over runs: from feature, kind, entity and field.
    pub fingerprint: String,
}

/// What both sides said of an entity when it last differed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Differing {
    /// Seconds since the run's start.
    pub at: f64,
    #[serde(flatten)]
    pub payloads: Payloads,
}

/// Something worth knowing that does not decide: `type`, `scale`, `order`, `null`, `duplicate`, `volatile`…
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Pointer>,
    pub count: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The entities it is about, where it is about some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<BTreeMap<String, String>>")]
    pub entities: Vec<Entity>,
}

impl Note {
    /// A note about no entity in particular.
    pub fn of(kind: &str, field: Option<Pointer>, count: u64, detail: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), field, count, detail: detail.into(), entities: Vec::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suppression {
    pub field: Pointer,
    /// The rule's `compare`.
    pub rule: String,
    pub reason: String,
    /// Comparisons in which it hid a difference.
    pub count: u64,
    /// The largest difference it hid, in the field's unit; empty where it is not a number.
    pub largest: String,
    /// `thor-cutover.toml:12` or `built-in`.
    pub origin: String,
}
