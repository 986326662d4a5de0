//! Where a feature stands, and what the tree and the flags claim of it. Derived, never stored.

use std::collections::BTreeSet;

use crate::judge::decision::{DecisionFacts, claims};
use crate::model::facts::ledger::{Baseline, FlagState};
use crate::model::feature::Feature;
use crate::model::stage::{Decision, Stage};

/// A feature's standing.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureStanding {
    /// `None` where no source tree was searched.
    pub stage: Option<Stage>,
    /// The decision that comes next.
    pub next: Decision,
    /// The decision that somebody already acted on; none if nobody did.
    pub claim: Option<Decision>,
    /// Timers and endpoints that an earlier audit saw and that are not there now.
    pub gone: Vec<String>,
    /// Timers and endpoints of the configuration that are not there, and of which nobody can say whether they ever
    /// were.
    pub untold: Vec<String>,
    /// What cannot be known, said to the reader.
    pub notes: Vec<String>,
}

pub fn standing(facts: &DecisionFacts<'_>, feature: &Feature) -> FeatureStanding {
    let flag = facts.flag(feature);
    let on = flag.claimed;
    let Some(whole) = facts.source else {
        let next = if on { Decision::Delete } else { Decision::Cutover };
        return FeatureStanding {
            stage: None,
            next,
            claim: on.then_some(Decision::Cutover),
            gone: Vec::new(),
            untold: Vec::new(),
            notes: Vec::new(),
        };
    };
    let source = whole.features.get(&feature.name).cloned().unwrap_or_default();
    let now: BTreeSet<&str> = source
        .timers
        .iter()
        .map(|timer| timer.seen.name.as_str())
        .chain(source.endpoints.iter().map(|seen| seen.name.as_str()))
        .collect();
    let baselines: Vec<&Baseline> =
        facts.ledger.baselines.iter().chain(facts.since).filter(|it| it.feature == feature.name).collect();
    let mut gone = claims::gone(whole, &source, &baselines);
    let endpoint_gone = gone.iter().any(|name| name.starts_with('/'));
    let removed_now = !gone.is_empty() && now.is_empty();
    gone.extend(claims::silenced(facts.source, facts.since, &source, feature, &baselines));
    let (untold, notes) = absent(facts, feature, claims::absent(whole, feature, &baselines));
    // A timer that other features share says nothing of this one's REST side.
    let own_timer = !feature.timers.is_empty()
        && feature.timers.iter().any(|timer| {
            !facts.features.iter().any(|it| it.name != feature.name && it.timers.contains(timer))
        });
    let removed = removed_now && (endpoint_gone || own_timer);
    let left = !source.views.is_empty()
        || !source.pollers.is_empty()
        || !source.callers.is_empty()
        || !source.urls.is_empty()
        || !source.flag_reads.is_empty();
    let stage = if removed && !left {
        Stage::Complete
    } else if removed {
        Stage::Removed
    } else if source.broadcasts.is_empty() || source.handlers.is_empty() {
        Stage::NotIntegrated
    } else if flag.backend == FlagState::On {
        Stage::Live
    } else {
        Stage::Shadow
    };
    let claim = if gone.is_empty() { on.then_some(Decision::Cutover) } else { Some(Decision::Delete) };
    FeatureStanding { stage: Some(stage), next: stage.next(), claim, gone, untold, notes }
}

/// Which of the absent names nobody can tell of, and what is to be said of all of them.
fn absent(facts: &DecisionFacts<'_>, feature: &Feature, absent: Vec<String>) -> (Vec<String>, Vec<String>) {
    let (untold, never): (Vec<String>, Vec<String>) =
        absent.into_iter().partition(|name| facts.untold.contains_key(name));
    let mut notes = Vec::new();
    if let Some(why) = untold.last().and_then(|name| facts.untold.get(name)) {
        notes.push(format!(
            "{} not in the source, and nobody can say whether it ever was: no earlier audit saw it, and {why}",
            untold.join(", ")
        ));
    }
    if !never.is_empty() {
        notes.push(format!(
            "{} not in the source, and not in its history either: correct `timers` and `endpoints` of {} in the \
             configuration",
            never.join(", "),
            feature.name
        ));
    }
    (untold, notes)
}
