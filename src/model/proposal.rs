//! What a recording suggests for a feature's contract, each with its evidence. A person accepts; nothing here
//! holds by itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::pointer::Pointer;
use crate::model::feature::Compare;

/// The suggestions for one feature.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Proposal {
    pub feature: String,
    /// REST answers looked at, and how many the recording has.
    pub answers: u64,
    pub answers_recorded: u64,
    /// The feature's messages looked at, and how many the recording has.
    pub messages: u64,
    pub messages_recorded: u64,
    /// Entities of REST answers that some version of the WebSocket stood beside.
    pub samples: u64,
    /// What identifies an entity, where the recorded configuration's key does not.
    pub key: Option<ProposedKey>,
    pub rest_only: Vec<Noticed>,
    pub ws_only: Vec<Noticed>,
    /// Names that differ, and fields that need more than the default comparison.
    pub rules: Vec<ProposedRule>,
    /// Fields that agreed in every sample without a rule of their own.
    pub agreeing: Vec<Noticed>,
    /// Differences for which no rule is proposed: they may be faults.
    pub unexplained: Vec<Noticed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProposedKey {
    pub fields: Vec<Pointer>,
    pub evidence: String,
}

/// A field, and what was seen of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Noticed {
    pub field: Pointer,
    pub evidence: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProposedRule {
    pub rest: Pointer,
    pub ws: Pointer,
    pub compare: Compare,
    /// Needed where the rule forgives.
    pub reason: Option<String>,
    pub evidence: String,
}

impl Proposal {
    /// How many things a person may accept.
    pub fn count(&self) -> usize {
        usize::from(self.key.is_some()) + self.rest_only.len() + self.ws_only.len() + self.rules.len()
    }
}
