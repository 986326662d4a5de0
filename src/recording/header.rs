//! The first line of a recording: what was observed, where, and by which configuration it is judged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::feature::Feature;
use crate::model::thresholds::Thresholds;

/// The format written, and the newest one read.
pub const FORMAT: u32 = 1;

/// Only the format's number is required: a header written by hand or by a converter may be short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    #[serde(rename = "thor_cutover_recording")]
    pub format: u32,
    /// Wall-clock time of `t = 0`.
    #[serde(default)]
    pub started_at: jiff::Timestamp,
    #[serde(default)]
    pub features: Vec<String>,
    /// Without credentials.
    #[serde(default)]
    pub rest_url: String,
    #[serde(default)]
    pub ws_url: String,
    /// Of each further socket, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sockets: BTreeMap<String, String>,
    /// What pushes, of each socket that is no WebSocket: `sse` or `command`; `""`: of the one of `[socket]`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub transports: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Config>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_digest: Option<String>,
    /// Program and version that wrote it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tool: String,
    /// The process that observed, so that a run that is resumed keeps its identity in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observer: Option<u32>,
    /// Which part of a recording that was rotated by size, from 1; its times go on from the part before.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub part: u32,
}

/// The effective configuration: everything the judgment depends on besides the observations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    pub features: Vec<Feature>,
    #[serde(default)]
    pub thresholds: Thresholds,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            format: FORMAT,
            started_at: jiff::Timestamp::UNIX_EPOCH,
            features: Vec::new(),
            rest_url: String::new(),
            ws_url: String::new(),
            sockets: BTreeMap::new(),
            transports: BTreeMap::new(),
            config: None,
            config_digest: None,
            tool: String::new(),
            observer: None,
            part: first(),
        }
    }
}

fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_first(part: &u32) -> bool {
    *part == first()
}
