//! What an audit saw, as the ledger remembers it: a named thing and its place, a URL path that pages poll.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::gate::Place;

/// A URL path that pages ask again and again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Polled {
    pub endpoint: String,
    /// The shortest interval that the source says; none where it says none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fastest_ms: Option<u64>,
    /// Every poller of it is kept for when the WebSocket is down.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
    /// Of none of its pollers it is known whether it asks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unclear: bool,
    /// The application is known to lead to a poller of it: where it no longer does, that is a claim.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub led: bool,
    pub place: Place,
}

/// A named thing and where it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Seen {
    pub name: String,
    pub place: Place,
}
