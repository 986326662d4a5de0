//! What the source audit established: findings, what was searched, and the facts the gates ask for.
//!
//! Plain data, also as it stands in JSON and in the ledger. It knows nothing of parsing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::model::facts::finding::{Confidence, Finding, FindingKind, TimerRole};
use crate::model::gate::Place;

/// A directory or file that was deliberately not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    pub reason: String,
    pub path: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct FileNote {
    pub path: String,
    pub note: String,
}

/// A file that could not be understood, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Unparsed {
    pub path: String,
    /// Line of the first syntax error, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    pub reason: String,
    /// Nothing is wrong with it: there is only no parser for what it holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub foreign: bool,
    /// Features whose names occur in it: for these, nothing found is not nothing there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
}

/// What the findings rest on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Searched {
    /// The root as it was named.
    pub root: String,
    /// The commit, when an earlier revision was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Files considered: code, pages, documents, and those that could not be read.
    pub files: usize,
    /// Code files parsed without an error.
    pub parsed: usize,
    pub python: usize,
    pub typescript: usize,
    pub documents: usize,
    /// Code that no parser here reads, such as notebooks: searched for names only.
    pub foreign: usize,
    /// Bytes of the files considered.
    pub bytes: u64,
    pub unparsed: Vec<Unparsed>,
    pub left_out: Vec<LeftOut>,
    pub notes: Vec<FileNote>,
    /// What could not be resolved and may hide something.
    pub unresolved: Vec<FileNote>,
}

/// Accepts findings of the audit: all conditions given must hold, and at least one must be given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Suppression {
    /// What the finding is, as `audit` names it.
    pub kind: Option<FindingKind>,
    /// The feature it is about.
    pub feature: Option<String>,
    /// A file relative to the source root; with a slash at the end everything below it.
    pub path: Option<String>,
    /// The function, class or name it is about.
    pub symbol: Option<String>,
    /// As `audit --format json` gives it.
    pub fingerprint: Option<String>,
    /// Why this is right. Required.
    pub reason: String,
    /// Last day on which it holds.
    #[schemars(with = "Option<String>")]
    pub expires: Option<jiff::civil::Date>,
}

/// What a request or a broadcast is for whose target the audit could not find out. All conditions given must hold,
/// and at least one must be given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// A file relative to the source root; with a slash at the end everything below it.
    pub path: Option<String>,
    /// The function that it stands in.
    pub symbol: Option<String>,
    /// As `audit --format json` gives it.
    pub fingerprint: Option<String>,
    /// The features that it asks, or whose messages it sends. Required: of what concerns none, say so by `suppress`.
    pub features: Vec<String>,
    /// How that is known. Required.
    pub reason: String,
    /// Last day on which it holds.
    #[schemars(with = "Option<String>")]
    pub expires: Option<jiff::civil::Date>,
}

/// A request or broadcast of unknown target that the configuration maps to features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mapped {
    pub finding: Finding,
    pub features: Vec<String>,
    pub reason: String,
    /// Last day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub expires: Option<jiff::civil::Date>,
}

/// A finding that the configuration accepts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suppressed {
    pub finding: Finding,
    pub reason: String,
    /// Last day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub expires: Option<jiff::civil::Date>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditReport {
    pub searched: Searched,
    /// Sorted by feature, kind, path, line.
    pub findings: Vec<Finding>,
    pub suppressed: Vec<Suppressed>,
    pub mapped: Vec<Mapped>,
    /// Suppressions and mappings that have expired or never applied, and why.
    pub warnings: Vec<String>,
    /// Every full URL path that a route of the tree serves.
    pub routes: Vec<String>,
    pub features: Vec<FeatureFacts>,
}

/// A timer of a feature and all features it serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimerFact {
    pub place: Place,
    pub symbol: String,
    pub role: TimerRole,
    pub serves: Vec<String>,
    /// Nothing ever starts it, or it does nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
    /// Whether it runs could not be found out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unclear: bool,
    /// The code that this hangs on, as a hash; empty where it surely runs.
    #[serde(skip)]
    pub basis: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointFact {
    pub route: Place,
    /// Full URL paths.
    pub paths: Vec<String>,
    pub views: Vec<Place>,
    /// Its view answers with an error whatever is asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
    /// Whether its view answers could not be found out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unclear: bool,
    /// Who may ask it, in words that can be compared, and what the answer hangs on.
    #[serde(skip)]
    pub basis: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HazardFact {
    pub kind: FindingKind,
    pub place: Place,
    pub reason: String,
    pub fingerprint: String,
}

/// Whether the application listens to a feature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Listening {
    /// No listener for one of its types was found.
    #[default]
    No,
    /// There is one, and it could not be shown that the application leads to it.
    Perhaps,
    /// The application leads to one.
    Yes,
}

/// Why the listeners of a feature hear nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deaf {
    /// The place that says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    pub reason: String,
    /// `false`: it could not be shown that they hear something.
    pub certain: bool,
}

/// An endpoint that the configuration does not name and that has to do with a feature all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BesideFact {
    pub route: Place,
    /// Full URL paths.
    pub paths: Vec<String>,
    pub view: String,
    /// It tells how the data fares, not what they are.
    pub health: bool,
    /// The lines that include the URLconf in which the route stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included_by: Vec<Place>,
    pub why: String,
}

/// A component and what it does for a feature, through hooks and services or by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PageFact {
    pub name: String,
    pub place: Place,
    pub polls: bool,
    /// It asks once.
    pub asks: bool,
    pub listens: bool,
}

/// What the gates ask about one feature.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeatureFacts {
    pub feature: String,
    /// Something of the feature was found at all.
    pub recognised: bool,
    /// A route, view, REST timer, poller or fetch of the feature was found.
    pub rest_recognised: bool,
    /// A timer on the server that sends or produces the feature's data.
    pub job_found: bool,
    /// A broadcast that can run: called by something, its imports there, its arguments right.
    pub broadcast_found: bool,
    /// Every broadcast of the feature hangs on a flag: in shadow mode there is nothing to compare.
    pub broadcast_gated_by_flag: bool,
    pub handler_found: bool,
    /// The imports of the feature's files lead somewhere.
    pub imports_resolve: bool,
    /// The feature's files parse, and no unparsed file mentions it.
    pub files_parse: bool,
    pub timers: Vec<TimerFact>,
    pub pollers: Vec<Place>,
    pub endpoints: Vec<EndpointFact>,
    /// Endpoints beside those that the configuration names: other names of the same data, and its health.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<BesideFact>,
    /// Pollers and requests of the feature's endpoints, those in tests not counted.
    pub callers_left: Vec<Place>,
    pub flag_reads: Vec<Place>,
    pub unrouted: Vec<Place>,
    /// Requests that repeat, and broadcasts, whose target could not be found out: they may be the feature's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unresolved: Vec<Place>,
    /// Pollers that are switched off where they stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disabled: Vec<Place>,
    /// URL paths of pollers to which the application is known to lead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub led: Vec<String>,
    /// Components of the application that have to do with the feature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<PageFact>,
    /// Whether a listener for the feature's messages is part of the application.
    #[serde(default)]
    pub listening: Listening,
    /// Why none of the listeners hears anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deaf: Option<Deaf>,
    pub hazards: Vec<HazardFact>,
    /// The producer, builder, handler and view files: evidence lapses when one of these changes.
    pub sources: Vec<String>,
    /// Files that mention the feature but could not be read or parsed.
    pub unsearched: Vec<String>,
    /// Files that name the feature and that no parser here reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign: Vec<String>,
}

/// Whether the REST code of a feature is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Cleanliness {
    /// These are still there.
    Left { findings: Vec<Finding> },
    /// Searched, and what the earlier audit saw is gone.
    Clean { gone: Vec<Finding> },
    /// Nothing was found, but that proves nothing.
    Unknown { reason: String },
}

/// What to delete of a feature's REST side, in an order in which nothing calls what is already gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeletionPlan {
    pub feature: String,
    /// In order: callers first.
    pub steps: Vec<PlanStep>,
    /// What only may belong to the feature's REST side: a person has to look.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub look_at: Vec<Finding>,
    /// What stands in the way, or must be decided first.
    pub warnings: Vec<Finding>,
    /// What looks as if it belonged to the feature's REST side but stays.
    pub keep: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanStep {
    pub title: String,
    /// Why this comes here.
    pub why: String,
    /// What breaks where it is done before the steps above it.
    #[serde(default)]
    pub breaks: String,
    pub places: Vec<Finding>,
}

impl AuditReport {
    /// The facts of a feature that was audited.
    pub fn feature(&self, name: &str) -> Option<&FeatureFacts> {
        self.features.iter().find(|facts| facts.feature == name)
    }

    /// Timers named as REST, pollers, routes, unrouted REST paths and flag reads of the feature that are still
    /// in the tree. Accepted (suppressed) findings do not count.
    pub fn left(&self, feature: &str) -> Vec<&Finding> {
        let of = self.findings.iter().filter(|finding| finding.feature.as_deref() == Some(feature));
        of.filter(|finding| match finding.kind {
            FindingKind::Timer => finding.timer_role == Some(TimerRole::Rest),
            FindingKind::RestRoute
            | FindingKind::RestView
            | FindingKind::Poller
            | FindingKind::Fetch
            | FindingKind::OneShotFetch
            | FindingKind::FlagRead => true,
            FindingKind::UnroutedUrl => !is_prose(&finding.path),
            _ => false,
        })
        .collect()
    }

    /// What an earlier audit saw of the feature's REST code and this one does not.
    pub fn gone<'e>(&self, feature: &str, earlier: &'e Self) -> Vec<&'e Finding> {
        let here: std::collections::HashSet<&str> =
            self.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
        let left = earlier.left(feature).into_iter();
        left.filter(|finding| !here.contains(finding.fingerprint.as_str())).collect()
    }

    /// Where the feature is not recognised at all: that may be only if it had no WebSocket side before, and if
    /// other features are still recognised.
    fn is_the_tree_of(&self, earlier: &Self, feature: &str) -> bool {
        let on_the_wire = |finding: &Finding| {
            matches!(
                finding.kind,
                FindingKind::Broadcast
                    | FindingKind::Builder
                    | FindingKind::Handler
                    | FindingKind::Subscription
            )
        };
        let own = earlier.findings.iter().filter(|finding| finding.feature.as_deref() == Some(feature));
        !own.into_iter().any(on_the_wire) && self.features.iter().any(|facts| facts.recognised)
    }

    /// Whether nothing of the feature's REST code is left, and whether that may be believed: only if an earlier
    /// audit recognised such code, and no file that mentions the feature stayed unread.
    pub fn cleanliness(&self, feature: &str, earlier: Option<&Self>) -> Cleanliness {
        let left = self.left(feature);
        if !left.is_empty() {
            return Cleanliness::Left { findings: left.into_iter().cloned().collect() };
        }
        let Some(facts) = self.feature(feature) else {
            return Cleanliness::Unknown {
                reason: format!("{feature} was not among the features searched for"),
            };
        };
        if let Some(path) = facts.unsearched.first() {
            let more = facts.unsearched.len() - 1;
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let reason = format!("{path}{more} mentions {feature} but could not be read or parsed");
            return Cleanliness::Unknown { reason };
        }
        if self.searched.parsed == 0 {
            return Cleanliness::Unknown { reason: "no source file was parsed".to_owned() };
        }
        let seen = earlier.and_then(|earlier| earlier.feature(feature).map(|facts| (earlier, facts)));
        match seen {
            None => Cleanliness::Unknown {
                reason: format!(
                    "no REST code of {feature} was found, and there is no earlier audit that saw any"
                ),
            },
            Some((_, facts)) if !facts.rest_recognised => Cleanliness::Unknown {
                reason: format!("no REST code of {feature} was found, neither now nor in the earlier audit"),
            },
            Some((earlier, _)) if !facts.recognised && !self.is_the_tree_of(earlier, feature) => {
                let reason = format!(
                    "nothing of {feature} is recognised any more, not even its WebSocket side: is this the same tree?"
                );
                Cleanliness::Unknown { reason }
            }
            Some((earlier, _)) => {
                Cleanliness::Clean { gone: self.gone(feature, earlier).into_iter().cloned().collect() }
            }
        }
    }
}

fn is_prose(path: &str) -> bool {
    [".md", ".mdx", ".rst", ".txt", ".adoc"].iter().any(|extension| path.ends_with(extension))
}
