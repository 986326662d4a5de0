//! The decision gates: may the flag go on, may the timer go, is nothing left?
//!
//! Pure: facts in, rows out. The same facts give the same rows; `now` is one of the facts.

pub mod claims;
mod complete;
mod cutover;
mod delete;
mod evidence;
pub mod flags;
pub mod rehearsal;
pub mod revision;
pub mod scope;
pub mod sessions;
mod shadow;
pub mod stage;
mod unknown;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::judge::gates::Description;
use crate::model::facts::flags::{FlagDisagreement, FlagFacts};
use crate::model::facts::git::GitFacts;
use crate::model::facts::ledger::{Baseline, EffectiveKey, LedgerFacts};
use crate::model::facts::logs::LogFacts;
use crate::model::facts::source::SourceFacts;
use crate::model::feature::Feature;
use crate::model::gate::{Gate, Place};
use crate::model::session::Session;
use crate::model::stage::{Decision, Stage};
use crate::model::thresholds::Thresholds;
use crate::model::verdict::Verdict;

use self::flags::FlagView;
use self::sessions::Verified;

/// Everything a decision is made from.
#[derive(Debug, Clone, Copy)]
pub struct DecisionFacts<'a> {
    /// All of them, in the order of the cutover.
    pub features: &'a [Feature],
    pub ledger: &'a LedgerFacts,
    pub flags: &'a FlagFacts,
    /// What contradicts what about the flags, by feature.
    pub disagreements: &'a BTreeMap<String, Vec<FlagDisagreement>>,
    /// `None`: no source tree of Thor was found.
    pub source: Option<&'a SourceFacts>,
    /// Why there is no tree to search, where the configuration says so: what is asked of the source is waived.
    pub no_source: Option<&'a str>,
    /// What an audit of an earlier revision saw, when asked to look back.
    pub since: &'a [Baseline],
    /// Timers and endpoints that are absent, that no baseline saw, and of which nobody can say whether they ever were
    /// there; why. Others that are absent never were.
    pub untold: &'a BTreeMap<String, String>,
    pub git: &'a GitFacts,
    /// `None`: no logs were given.
    pub logs: Option<&'a LogFacts>,
    pub sessions: &'a [Session],
    pub thresholds: &'a Thresholds,
    /// After this long evidence expires.
    pub max_age: Duration,
    /// Public keys whose signature makes imported runs count; none: no signature is asked for.
    pub trusted_keys: &'a [String],
    /// As `evidence::target_of` writes it.
    pub target: &'a str,
    /// Digest of the effective rules, by feature.
    pub rules: &'a BTreeMap<String, String>,
    /// What those rules are made of, by feature and key.
    pub keys: &'a BTreeMap<String, BTreeMap<String, EffectiveKey>>,
    /// Version of the tool's judgment.
    pub judging: u32,
    pub now: Timestamp,
}

impl DecisionFacts<'_> {
    pub fn flag(&self, feature: &Feature) -> FlagView {
        FlagView::of(self.flags, feature)
    }
}

/// One feature, decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub feature: String,
    /// `None` where no source tree was searched.
    pub stage: Option<Stage>,
    pub decision: Decision,
    /// Somebody already acted on it: the flag is on, or a timer or endpoint is gone.
    pub claimed: bool,
    pub verdict: Verdict,
    pub gates: Vec<Gate>,
    /// Timers and endpoints that are gone.
    pub gone: Vec<String>,
    /// Nobody claims anything, but nobody can say either whether something was taken away.
    pub doubtful: bool,
    pub verified: Option<Verified>,
    pub notes: Vec<String>,
}

/// Which decision is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// What was already acted on; for a feature that claims nothing, its next decision, not claimed.
    Claimed,
    Next,
    This(Decision),
}

/// Decides on one feature.
pub fn decide(facts: &DecisionFacts<'_>, feature: &Feature, asked: Asked) -> Decided {
    let standing = stage::standing(facts, feature);
    let doubtful = standing.claim.is_none() && !standing.untold.is_empty();
    let decision = match asked {
        Asked::This(decision) => decision,
        Asked::Next => standing.next,
        Asked::Claimed if doubtful => Decision::Delete,
        Asked::Claimed => standing.claim.unwrap_or(standing.next),
    };
    // Nobody asks for the deletion, only whether there was one.
    let only_whether = doubtful && asked == Asked::Claimed;
    let gates = if only_whether {
        vec![delete::removals_known(facts, feature)]
    } else {
        gates(facts, feature, decision)
    };
    Decided {
        feature: feature.name.clone(),
        stage: standing.stage,
        decision,
        claimed: standing.claim == Some(decision),
        verdict: Verdict::worst(gates.iter().map(|gate| gate.verdict)).unwrap_or(Verdict::Inconclusive),
        verified: if only_whether { None } else { evidence::verified(facts, feature, decision) },
        gates,
        gone: standing.gone,
        doubtful,
        notes: standing.notes,
    }
}

/// The rows of one decision.
pub fn gates(facts: &DecisionFacts<'_>, feature: &Feature, decision: Decision) -> Vec<Gate> {
    match decision {
        Decision::Shadow => shadow::gates(facts, feature),
        Decision::Cutover => cutover::gates(facts, feature),
        Decision::Delete => delete::gates(facts, feature),
        Decision::Complete => complete::gates(facts, feature),
    }
}

/// A row in the making.
struct DecisionRow {
    gate: Gate,
}

impl DecisionRow {
    fn new(description: &Description, verdict: Verdict, value: impl Into<String>) -> Self {
        Self {
            gate: Gate {
                code: description.code.to_owned(),
                verdict,
                value: value.into(),
                threshold: String::new(),
                n: 0,
                fix: String::new(),
                waived: false,
                place: None,
            },
        }
    }

    /// What cannot be asked of a source that is not there: waived where the configuration says why, open elsewhere.
    fn without_source(facts: &DecisionFacts<'_>, description: &Description, value: &str) -> Self {
        let Some(reason) = facts.no_source else {
            return Self::new(description, Verdict::Inconclusive, value);
        };
        let mut row = Self::new(description, Verdict::Go, format!("waived: {reason}"));
        row.gate.waived = true;
        row
    }

    fn against(mut self, threshold: impl Into<String>) -> Self {
        self.gate.threshold = threshold.into();
        self
    }

    fn n(mut self, n: usize) -> Self {
        self.gate.n = n as u64;
        self
    }

    fn at(mut self, place: Option<&Place>) -> Self {
        self.gate.place = place.cloned();
        self
    }

    /// The fix, where one is needed.
    fn fix(mut self, fix: impl Into<String>) -> Gate {
        if self.gate.verdict != Verdict::Go {
            self.gate.fix = fix.into();
        }
        self.gate
    }
}

/// One row for a whole earlier decision: the worst of its gates, naming those that do not pass.
fn summary(description: &Description, gates: &[Gate], fix: &str) -> Gate {
    let verdict = Verdict::worst(gates.iter().map(|gate| gate.verdict)).unwrap_or(Verdict::Inconclusive);
    let failing: Vec<&Gate> = gates.iter().filter(|gate| gate.verdict != Verdict::Go).collect();
    let value = match failing.as_slice() {
        [] => match gates {
            [only] if only.waived => only.value.clone(),
            _ => format!("all {} gates pass", gates.len()),
        },
        some => {
            some.iter().map(|gate| format!("{}: {}", gate.code, gate.value)).collect::<Vec<_>>().join("; ")
        }
    };
    let first = failing.iter().find(|gate| gate.verdict == verdict).map_or(fix, |gate| gate.fix.as_str());
    let place = failing.iter().find_map(|gate| gate.place.as_ref());
    let mut row = DecisionRow::new(description, verdict, value).against("all pass").n(gates.len()).at(place);
    row.gate.waived = !gates.is_empty() && gates.iter().all(|gate| gate.waived);
    row.fix(first)
}

/// Names in a row, at most five of them.
fn listed<T: AsRef<str>>(names: &[T]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len() {
        0 => "none".to_owned(),
        n if n > SHOWN => format!("{}, and {} more", shown.join(", "), n - SHOWN),
        _ => shown.join(", "),
    }
}
