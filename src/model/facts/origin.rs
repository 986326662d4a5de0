//! Where what the ledger holds came from: who observed, the recording, the file it was imported
//! from, the chain it is a link of.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who made a run, where and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunBy {
    pub user: String,
    pub host: String,
    /// The command line, URLs without credentials and queries.
    pub command: String,
}

/// A recording by its content, so that a verdict can be derived from it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordingDigest {
    /// The parts in their order: file name, SHA-256 in hexadecimal.
    pub parts: Vec<RecordingPart>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordingPart {
    pub file: String,
    pub sha256: String,
}

/// Where an entry came from, if not from this ledger's own observers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Imported {
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The file's name.
    pub from: String,
    /// The public key whose signature the file bore, in minisign's form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
}

/// How long one writer's chain is, and the hash of its last link, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChainHead {
    pub writer: String,
    pub length: u64,
    pub head: String,
}

/// The key of the account that everything else is pinned to.
pub const ACCOUNT_KEY: &str = "backend.account_id";

/// What stands for an account number that may not be shown.
pub const HIDDEN_ACCOUNT: &str = "(the account)";

/// A key of the effective configuration. Account numbers and secrets are left out of its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EffectiveKey {
    /// As JSON.
    pub value: String,
    /// A file and line, a variable, an option, or the contract.
    pub from: String,
}
