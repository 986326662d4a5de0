//! How a frame is taken apart into events, and what says of which type an event is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::pointer::Pointer;

/// In a list of types: whatever the type, and also where there is none.
pub const ANY_TYPE: &str = "*";

/// Thor's way by default: one event a frame, its type at `/type`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Routing {
    /// Where an event says of which type it is; the whole event: it does not.
    #[serde(rename = "type")]
    pub kind: Pointer,
    /// The list of events in a frame; `*` stands for each element of a list on the way. `None`: a frame is one event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<Pointer>,
    /// Where a string holds JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parse: Option<Pointer>,
}

impl Default for Routing {
    fn default() -> Self {
        Self { kind: Pointer::root().join("type"), each: None, parse: None }
    }
}

impl Routing {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether events are told apart by their type at all.
    pub fn has_types(&self) -> bool {
        !self.kind.is_root()
    }
}
