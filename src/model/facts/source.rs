//! What the source tree says of each feature, as far as a decision asks: places by name, found or not found.

use std::collections::{BTreeMap, BTreeSet};

pub use crate::model::facts::audit::{Deaf, Listening, PageFact};
use crate::model::facts::finding::FindingKind;
use crate::model::facts::fingerprint::CodeFingerprint;
use crate::model::facts::ledger::{Polled, Seen};
use crate::model::gate::Place;

/// One searched source tree.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceFacts {
    /// Files looked at, and those of them that could be parsed.
    pub files: usize,
    pub parsed: usize,
    /// Files that belong to the search but could not be parsed.
    pub unparsed: Vec<String>,
    /// Requests and broadcasts of unknown target that are left, mapped to features, and findings that are accepted.
    pub unresolved: usize,
    pub mapped: usize,
    pub accepted: usize,
    /// Scripts and pages among them: without any, nothing can be said of who listens.
    pub scripts: usize,
    /// Every timer of the server, whatever it serves, by its name as `job_key` writes it, and its files.
    pub jobs: BTreeMap<String, BTreeSet<String>>,
    /// Every full URL path that a route serves, whatever it serves.
    pub routes: BTreeSet<String>,
    pub features: BTreeMap<String, FeatureSource>,
}

/// What was found of one feature.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureSource {
    /// Something of the feature was recognised: absence means nothing in a tree that was not understood.
    pub recognised: bool,
    /// Jobs or other code that makes the feature's data and is started by something.
    pub producers: Vec<Seen>,
    pub broadcasts: Vec<Seen>,
    /// Those of the broadcasts that only happen when the flag is on: shadow mode sees nothing of them.
    pub gated_broadcasts: Vec<Seen>,
    pub handlers: Vec<Seen>,
    /// Imports of modules that are not there, in the feature's files.
    pub missing_modules: Vec<Seen>,
    /// Files that mention the feature but could not be read or parsed.
    pub unsearched: Vec<String>,
    /// REST timers.
    pub timers: Vec<Timer>,
    /// Timers that make the feature's data, whether or not they run.
    pub producing: Vec<Seen>,
    /// Full URL paths.
    pub endpoints: Vec<Seen>,
    /// Those of them that answer with an error whatever is asked.
    pub refused: BTreeSet<String>,
    /// Timers that are there and never run, by their names.
    pub stopped: BTreeSet<String>,
    /// The timers and endpoints of which nobody could find out whether they run, or answer.
    pub unclear: BTreeSet<String>,
    /// What that hangs on, by the same names; of every endpoint who may ask it.
    pub bases: BTreeMap<String, String>,
    /// The views behind them.
    pub views: Vec<Seen>,
    pub pollers: Vec<Seen>,
    /// Pollers that are switched off where they stand.
    pub disabled: Vec<Seen>,
    /// What is polled, and how often.
    pub polled: Vec<Polled>,
    /// URL paths that only code polls to which nothing of the application leads.
    pub idle: BTreeSet<String>,
    /// Components that poll, ask or listen.
    pub pages: Vec<PageFact>,
    pub listening: Listening,
    /// Why none of the listeners hears anything.
    pub deaf: Option<Deaf>,
    /// Components that polled before and now neither ask nor listen.
    pub silent_pages: Vec<Seen>,
    /// Repeated requests and broadcasts whose target is not known: they may be the feature's.
    pub unresolved: Vec<Seen>,
    /// Files that name the feature and that nobody could read: there may be callers in them.
    pub unread: Vec<Seen>,
    /// Code that still asks the endpoints, pollers among it, tests not.
    pub callers: Vec<Seen>,
    /// REST paths of the feature that are still written in code though no route serves them.
    pub urls: Vec<Seen>,
    pub flag_reads: Vec<Seen>,
    pub hazards: Vec<Hazard>,
    /// Files of producer, builder, handler and view: evidence without a fingerprint lapses when they change.
    pub sources: BTreeSet<String>,
    /// The code that evidence is bound to.
    pub code: Option<CodeFingerprint>,
}

/// A job's name without what differs between a class and a registration: `MarketMetricsJob` is `market_metrics`.
pub fn job_key(name: &str) -> String {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let bare = ["job", "task"].iter().find_map(|end| plain.strip_suffix(end)).filter(|bare| !bare.is_empty());
    bare.map_or(plain.clone(), str::to_owned)
}

/// A timer and the features it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    pub seen: Seen,
    pub serves: BTreeSet<String>,
    /// The shortest interval that the source says, or the pause of the loop that runs it where that is longer; none
    /// where it says neither.
    pub fastest_ms: Option<u64>,
}

/// Something that would go wrong, with the name it can be accepted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    pub kind: FindingKind,
    pub place: Place,
    pub reason: String,
    pub fingerprint: String,
}
