//! What the ledger holds: entries that are appended and never edited.
//!
//! Plain data. The judge reads it, `evidence/` stores it; nothing here knows a database, git or a clock.
//! Only a run is ever replaced, by a longer record of the same run.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::origin::{
    ACCOUNT_KEY, ChainHead, EffectiveKey, HIDDEN_ACCOUNT, Imported, RecordingDigest, RecordingPart, RunBy,
};
pub use super::seen::{Polled, Seen};
use crate::json::pointer::Pointer;
use crate::model::facts::fingerprint::CodeFingerprint;
use crate::model::outcome::{Entity, Kind};
use crate::model::run::{FeatureReport, RunEnd};
use crate::model::stage::{Decision, Stage};
use crate::model::verdict::Verdict;

/// One line of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    Run(Box<RunRecord>),
    SignOff(SignOff),
    Revocation(Revocation),
    FlagChange(FlagChange),
    Grant(Grant),
    Baseline(Baseline),
    Archive(Archive),
    Checkpoint(Checkpoint),
}

/// The backend's source at one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// Full commit id, or whatever `--revision` said.
    pub commit: String,
    /// Files that differed from the commit when it was looked at, relative to the root of the checkout.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dirty: Vec<String>,
}

impl Revision {
    /// The first 12 characters of the commit, with `+` where files differed.
    pub fn short(&self) -> String {
        let head: String = self.commit.chars().take(12).collect();
        if self.dirty.is_empty() { head } else { format!("{head}+") }
    }
}

/// Whether a flag was on while something was observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlagState {
    On,
    Off,
    #[default]
    Unknown,
}

impl FlagState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Unknown => "unknown",
        }
    }
}

/// One observed run: what it is bound to, and what each feature proved in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    pub id: String,
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    #[schemars(with = "String")]
    pub ended_at: Timestamp,
    pub end: RunEnd,
    /// REST URL of the backend, without credentials, query and trailing slash.
    pub target: String,
    /// Pseudonym of the account that was configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Pseudonyms of the accounts in REST's answers, in order, joined by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_seen: Option<String>,
    /// Fingerprint of the key of the pseudonyms: those made with another key cannot be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The source's revision when the run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// The same when it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision_end: Option<Revision>,
    /// Who observed, where, and by which command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<RunBy>,
    /// The recording of the run, where one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordingDigest>,
    /// Version of the tool's judgment: another one would perhaps have judged otherwise.
    pub judging: u32,
    /// The tool's own version.
    pub tool: String,
    pub incidents: Incidents,
    pub features: Vec<FeatureRun>,
    /// The full reports; the ledger keeps them apart and leaves them out where only facts are asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<FeatureReport>,
    /// How the newest entry was dated that was there when this was written, where that is later than the clock was:
    /// what is dated in between happened before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub written_after: Option<Timestamp>,
    /// Set where the entry came out of another ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

/// What the run's connection went through.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Incidents {
    pub reconnects: u64,
    pub failed_attempts: u64,
    pub bad_frames: u64,
    /// Seconds during which nothing could arrive.
    pub blind_seconds: f64,
}

/// What one run says of one feature, small enough to read a month of it at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeatureRun {
    pub feature: String,
    /// Digest of the rules the feature was judged by.
    pub rules: String,
    /// What those rules are made of, key by key; empty in records of before they were kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, EffectiveKey>,
    /// The backend's flag when the run began.
    pub flag: FlagState,
    /// The same when it ended; a run that is still going on has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag_end: Option<FlagState>,
    /// The code behind it when the run began; none where no source tree was named, or the entry is older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeFingerprint>,
    /// The code when the run ended, if it is another one by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_end: Option<CodeFingerprint>,
    pub verdict: Verdict,
    pub samples: u64,
    pub rest_errors: u64,
    pub messages: u64,
    pub transitions: u64,
    pub outcomes: BTreeMap<Kind, u64>,
    /// Run gates that did not pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<FailedGate>,
    /// The first few differences, named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<NamedFinding>,
    /// What was observed, without the gaps, in order of time.
    pub windows: Vec<Window>,
    /// Entities that REST listed throughout and no message spoke of, in order; the first 1000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<BTreeMap<String, String>>")]
    pub untold: Vec<Entity>,
    /// Compared fields that moved on both sides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Pointer>,
    /// Compared fields that did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmoved: Vec<Pointer>,
    /// Fields that REST alone has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rest_only: Vec<Pointer>,
}

/// A run gate that did not pass, as the run said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailedGate {
    pub code: String,
    pub verdict: Verdict,
    pub value: String,
}

/// A difference, short: kind, field and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamedFinding {
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Pointer>,
    pub count: u64,
    pub fingerprint: String,
}

/// A stretch of wall-clock time in which the feature was watched without a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    #[schemars(with = "String")]
    pub from: Timestamp,
    #[schemars(with = "String")]
    pub to: Timestamp,
}

/// A person's word for a gate that no machine can judge, or for things accepted by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignOff {
    pub id: String,
    #[schemars(with = "String")]
    pub at: Timestamp,
    pub feature: String,
    pub gate: ManualGate,
    pub by: String,
    pub role: String,
    pub note: String,
    /// Fields (`/cash`) and hazards accepted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepts: Vec<String>,
    /// Where the feature stood when it was signed, as far as that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// For `release`: the tag that contains the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// The code that was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeFingerprint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

/// Gates that only a person can pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ManualGate {
    /// The deletion itself: someone stands for it.
    SignOff,
    /// The documentation says WebSocket.
    Documentation,
    /// A release was tagged.
    Release,
    /// The team was told.
    Team,
}

impl ManualGate {
    pub const ALL: [Self; 4] = [Self::SignOff, Self::Documentation, Self::Release, Self::Team];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignOff => "sign-off",
            Self::Documentation => "documentation",
            Self::Release => "release",
            Self::Team => "team",
        }
    }
}

/// Takes a sign-off back. The sign-off stays readable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Revocation {
    pub id: String,
    #[schemars(with = "String")]
    pub at: Timestamp,
    pub feature: String,
    /// The sign-off's id.
    pub sign_off: String,
    pub by: String,
    pub note: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

/// `enable` or `rollback` edited env files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlagChange {
    pub id: String,
    #[schemars(with = "String")]
    pub at: Timestamp,
    pub feature: String,
    /// What the flag became.
    pub on: bool,
    pub files: Vec<String>,
    /// Why it was done without GO, or out of order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced: Option<String>,
    /// A rollback made in order to come back.
    #[serde(default)]
    pub rehearsal: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// As a run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub written_after: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

/// A decision was GO and was used. From then on its evidence no longer grows old; it still lapses with
/// revision and rules, and a later failing run still counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Grant {
    pub id: String,
    #[schemars(with = "String")]
    pub at: Timestamp,
    pub feature: String,
    pub decision: Decision,
    pub rules: String,
    pub target: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// The code that the decision was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeFingerprint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

/// What an audit saw of a feature's REST path, so that its absence later means "gone".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Baseline {
    /// From the content, so that seeing the same again adds nothing.
    pub id: String,
    #[schemars(with = "String")]
    pub at: Timestamp,
    pub feature: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    pub timers: Vec<Seen>,
    /// The timers that made the data: REST and the stream stand still without them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub producers: Vec<Seen>,
    /// How often each of them ran, in milliseconds, where the source said it: less often later is a claim.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub paces: BTreeMap<String, u64>,
    pub endpoints: Vec<Seen>,
    /// The timers and endpoints of which it was not known then, either, whether they run or answer; none where nobody
    /// asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unclear: Option<BTreeSet<String>>,
    /// What that hung on, and who might ask each endpoint: where it is something else by now, it is no longer the same
    /// that is not known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bases: BTreeMap<String, String>,
    /// Every timer of the tree: one that came new may be an old one under another name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub jobs: BTreeSet<String>,
    /// The views behind them: one that stays without a route is not gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<Seen>,
    /// What pages polled, and how often: less often later, or not at all, is a claim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub polled: Vec<Polled>,
    /// The components that polled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<Seen>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

/// The ledger was written to a file outside of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Archive {
    pub id: String,
    #[schemars(with = "String")]
    pub at: Timestamp,
    pub file: String,
    pub entries: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

/// Old runs were removed on purpose: their links stay in the chains, their content is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Checkpoint {
    pub id: String,
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Ids of the runs that went.
    pub removed: Vec<String>,
    /// How far each chain was when they went.
    pub chains: Vec<ChainHead>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
}

/// What a decision needs of the ledger, oldest first; runs without their full reports.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LedgerFacts {
    pub runs: Vec<RunRecord>,
    /// Runs that are too old to be evidence of anything, and were left where they are.
    pub older_runs: u64,
    pub sign_offs: Vec<SignOff>,
    pub revocations: Vec<Revocation>,
    pub flag_changes: Vec<FlagChange>,
    pub grants: Vec<Grant>,
    pub baselines: Vec<Baseline>,
    pub archives: Vec<Archive>,
}

impl LedgerFacts {
    /// Entries sorted by kind; their order is kept.
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut facts = Self::default();
        for entry in entries {
            match entry {
                Entry::Run(run) => facts.runs.push(*run),
                Entry::SignOff(it) => facts.sign_offs.push(it),
                Entry::Revocation(it) => facts.revocations.push(it),
                Entry::FlagChange(it) => facts.flag_changes.push(it),
                Entry::Grant(it) => facts.grants.push(it),
                Entry::Baseline(it) => facts.baselines.push(it),
                Entry::Archive(it) => facts.archives.push(it),
                Entry::Checkpoint(_) => {}
            }
        }
        facts
    }
}
