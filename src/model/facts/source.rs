//! What the source tree says of each feature, as far as a decision asks: places by name, found or not found.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::facts::fingerprint::CodeFingerprint;
use crate::model::facts::ledger::Seen;
use crate::model::gate::Place;

/// One searched source tree.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceFacts {
    /// Files looked at, and those of them that could be parsed.
    pub files: usize,
    pub parsed: usize,
    /// Files that belong to the search but could not be parsed.
    pub unparsed: Vec<String>,
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
    /// Full URL paths.
    pub endpoints: Vec<Seen>,
    /// The views behind them.
    pub views: Vec<Seen>,
    pub pollers: Vec<Seen>,
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

/// A timer and the features it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    pub seen: Seen,
    pub serves: BTreeSet<String>,
}

/// Something that would go wrong, with the name it can be accepted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// Kebab-case kind, such as `handler-missing`.
    pub kind: String,
    pub place: Place,
    pub reason: String,
    pub fingerprint: String,
}
