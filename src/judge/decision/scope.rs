//! Which runs are evidence for a decision, and why the others are not.
//!
//! Evidence is bound to target, account, rules, the feature's code, flag state and the tool's judgment, and it
//! expires. A decision that was granted, or acted on in a commit, stops its clock: what was fresh when it was used
//! does not grow old.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::judge::decision::DecisionFacts;
use crate::judge::decision::revision::{BoundCode, covers};
use crate::model::facts::ledger::{
    ACCOUNT_KEY, EffectiveKey, FeatureRun, FlagState, Grant, HIDDEN_ACCOUNT, RunRecord, Window,
};
use crate::model::feature::Feature;
use crate::model::run::RunEnd;
use crate::model::stage::Decision;
use crate::model::text::cut;
use crate::model::thresholds::Thresholds;
use crate::model::verdict::Verdict;

/// One run as one feature sees it.
#[derive(Debug, Clone, Copy)]
pub struct SeenRun<'a> {
    pub run: &'a RunRecord,
    pub it: &'a FeatureRun,
    /// Its windows prove something: it passed, or would have but for being interrupted, by today's thresholds.
    pub passes: bool,
    /// When it ended: as it is dated, but not later than now or than what was written after it.
    pub ended_at: Timestamp,
}

impl<'a> SeenRun<'a> {
    fn of(run: &'a RunRecord, it: &'a FeatureRun, facts: &DecisionFacts<'_>) -> Self {
        let thresholds: &Thresholds = facts.thresholds;
        let clean = match it.verdict {
            Verdict::Go => true,
            Verdict::Inconclusive => {
                run.end == RunEnd::Interrupted
                    && !it.failing.is_empty()
                    && it.failing.iter().all(|gate| gate.code == INTERRUPTION)
            }
            Verdict::NoGo | Verdict::Error => false,
        };
        let enough = it.samples >= thresholds.min_samples && it.transitions >= thresholds.min_transitions;
        let later = written_later(facts, run).map(|later| later.started_at);
        let ended_at = later.fold(run.ended_at.min(facts.now), Timestamp::min);
        Self { run, it, passes: clean && enough, ended_at }
    }

    pub fn fails(&self) -> bool {
        self.it.verdict == Verdict::NoGo
    }
}

/// The run gate that an interruption alone makes inconclusive.
const INTERRUPTION: &str = "completed";

/// The runs of one feature, sorted out for one decision.
#[derive(Debug, Default)]
pub struct Scope<'a> {
    /// Bound to the same things as the decision, whatever the flag was, oldest first.
    pub bound: Vec<SeenRun<'a>>,
    /// Why runs do not count, with how many.
    pub excluded: Vec<(String, usize)>,
    /// When the decision was granted, if it was and the grant is bound to the same things; or acted on.
    pub granted_at: Option<Timestamp>,
}

impl<'a> Scope<'a> {
    pub fn of(facts: &DecisionFacts<'a>, feature: &Feature, decision: Decision) -> Self {
        let removed_at = facts.git.removed_at.get(&feature.name).copied();
        let granted_at = grant(facts, feature, decision)
            .map(|grant| grant.at)
            .or_else(|| removed_at.filter(|&at| decision == Decision::Delete && at <= facts.now));
        let reference = granted_at.unwrap_or(facts.now);
        let mut scope = Self { granted_at, ..Self::default() };
        for run in &facts.ledger.runs {
            let Some(it) = run.features.iter().find(|it| it.feature == feature.name) else { continue };
            match unbound(facts, feature, run, it, reference, granted_at.is_some()) {
                None => scope.bound.push(SeenRun::of(run, it, facts)),
                Some(why) => scope.exclude(why),
            }
        }
        if let Some(newest) = scope.bound.iter().rfind(|seen| account(seen.run).is_some()).copied() {
            let (alike, others) =
                scope.bound.iter().partition(|seen| of_another_account(seen.run, newest.run).is_none());
            let others: Vec<SeenRun<'a>> = others;
            scope.bound = alike;
            others
                .iter()
                .filter_map(|seen| of_another_account(seen.run, newest.run))
                .for_each(|why| scope.exclude(why));
        }
        scope
    }

    fn exclude(&mut self, why: String) {
        match self.excluded.iter_mut().find(|(known, _)| *known == why) {
            Some((_, count)) => *count += 1,
            None => self.excluded.push((why, 1)),
        }
    }

    /// The runs that were made while the flag was so.
    pub fn with_flag(&self, flag: FlagState) -> impl Iterator<Item = SeenRun<'a>> + '_ {
        self.bound.iter().copied().filter(move |seen| seen.it.flag == flag)
    }

    /// The end of the newest failing run up to `until`: what was watched before it proves nothing any more.
    pub fn failed_at(&self, until: Timestamp) -> Option<Timestamp> {
        self.bound
            .iter()
            .filter(|seen| seen.fails() && seen.ended_at <= until)
            .map(|seen| seen.ended_at)
            .max()
    }

    /// What was watched, passing, with the flag so, since the last failure.
    pub fn watched(&self, flag: FlagState, until: Timestamp) -> Vec<Window> {
        let since = self.failed_at(until);
        self.with_flag(flag)
            .filter(|seen| seen.passes)
            .flat_map(|seen| seen.it.windows.iter().copied())
            .map(|window| Window {
                from: since.map_or(window.from, |since| window.from.max(since)),
                ..window
            })
            .map(|window| Window { to: window.to.min(until), ..window })
            .filter(|window| window.from < window.to)
            .collect()
    }

    /// `1 of another revision, 2 expired`; empty where nothing was left out.
    pub fn left_out(&self) -> String {
        let parts: Vec<String> = self.excluded.iter().map(|(why, count)| format!("{count} {why}")).collect();
        parts.join(", ")
    }
}

/// The newest grant of the decision that is bound to the same rules, target and code.
///
/// A cutover's grant ends with the live stage: when the flag goes off again, unless to rehearse the rollback.
pub fn grant<'a>(facts: &DecisionFacts<'a>, feature: &Feature, decision: Decision) -> Option<&'a Grant> {
    let grant = facts.ledger.grants.iter().rfind(|grant| {
        grant.feature == feature.name
            && grant.decision == decision
            && grant.at <= facts.now
            && grant.target == facts.target
            && Some(&grant.rules) == facts.rules.get(&feature.name)
            && covers(facts, feature, (*grant).into()).is_ok()
    })?;
    let ended = decision == Decision::Cutover
        && facts.ledger.flag_changes.iter().any(|change| {
            let is_later = change.at > grant.at || change.written_after.is_some_and(|it| it >= grant.at);
            change.feature == feature.name && is_later && !change.on && !change.rehearsal
        });
    (!ended).then_some(grant)
}

/// The runs that are dated earlier although they were written later: the clock was set back in between.
fn written_later<'a>(facts: &DecisionFacts<'a>, run: &RunRecord) -> impl Iterator<Item = &'a RunRecord> {
    let (id, ended_at) = (run.id.clone(), run.ended_at);
    facts.ledger.runs.iter().filter(move |later| {
        later.id != id
            && later.ended_at < ended_at
            && later.written_after.is_some_and(|newest| newest >= ended_at)
    })
}

/// Why a run is no evidence for the decision; `None` where it is.
pub fn not_counted(
    facts: &DecisionFacts<'_>,
    feature: &Feature,
    decision: Decision,
    run: &RunRecord,
) -> Option<String> {
    let scope = Scope::of(facts, feature, decision);
    if scope.bound.iter().any(|seen| seen.run.id == run.id) {
        return None;
    }
    let it = run.features.iter().find(|it| it.feature == feature.name)?;
    let reference = scope.granted_at.unwrap_or(facts.now);
    let unbound = unbound(facts, feature, run, it, reference, scope.granted_at.is_some());
    let newest = || scope.bound.iter().rfind(|seen| account(seen.run).is_some());
    Some(
        unbound
            .or_else(|| of_another_account(run, newest()?.run))
            .unwrap_or_else(|| "of another account".to_owned()),
    )
}

/// Names the key that differs, both values, and where each comes from; of several the first.
fn other_rules(facts: &DecisionFacts<'_>, it: &FeatureRun) -> String {
    const SHOWN: usize = 60;
    let said = "judged by other rules".to_owned();
    let (Some(now), false) = (facts.keys.get(&it.feature), it.keys.is_empty()) else { return said };
    let names: BTreeSet<&String> = now.keys().chain(it.keys.keys()).collect();
    let differs =
        |name: &&String| now.get(*name).map(|key| &key.value) != it.keys.get(*name).map(|key| &key.value);
    let differing: Vec<&String> = names.into_iter().filter(differs).collect();
    let value = |key: Option<&EffectiveKey>| match key {
        Some(EffectiveKey { value, from }) if from.is_empty() => cut(value, SHOWN),
        Some(EffectiveKey { value, from }) => format!("{} ({from})", cut(value, SHOWN)),
        None => "not there".to_owned(),
    };
    let Some(first) = differing.first() else {
        // Account numbers are not shown: where all that is shown is the same, it is they that differ.
        let [now, then] = [now, &it.keys].map(|keys| keys.get(ACCOUNT_KEY));
        let is_hidden = |key: Option<&EffectiveKey>| key.is_some_and(|key| key.value == HIDDEN_ACCOUNT);
        return match is_hidden(now) && is_hidden(then) {
            true => format!("{said}: {ACCOUNT_KEY} was {}, is another one here: {}", value(then), value(now)),
            false => said,
        };
    };
    // The account stands in every path and filter that it pins: those are no causes of their own.
    let more = match differing.len() - 1 {
        0 => String::new(),
        _ if first.starts_with("backend.") => String::new(),
        n => format!(", and {n} more keys"),
    };
    format!("{said}: {first} was {}, is {} here{more}", value(it.keys.get(*first)), value(now.get(*first)))
}

/// The account of a run: as REST's answers named it, else as it was configured.
fn account(run: &RunRecord) -> Option<&str> {
    run.account_seen.as_deref().or(run.account.as_deref())
}

/// Why a run does not count beside the newest one, where it is of another account, or may be. A run that saw no
/// account, of a feature that has none, contradicts nobody.
fn of_another_account(run: &RunRecord, newest: &RunRecord) -> Option<String> {
    let (own, other) = (account(run)?, account(newest)?);
    if own == other {
        return None;
    }
    match (&run.key, &newest.key) {
        (Some(key), Some(newest)) if key != newest => Some(format!(
            "whose account cannot be compared: its pseudonyms were made under another key ({key}, the newest run's under {newest})"
        )),
        _ => Some(format!("of another account ({own}, the newest run of {other})")),
    }
}

/// Why an imported run does not count where signatures are asked for.
fn unsigned(facts: &DecisionFacts<'_>, run: &RunRecord) -> Option<String> {
    let imported = run.imported.as_ref().filter(|_| !facts.trusted_keys.is_empty())?;
    match &imported.signed_by {
        None => Some(format!("imported from {} without a trusted signature", imported.from)),
        Some(key) if facts.trusted_keys.contains(key) => None,
        Some(key) => Some(format!("imported from {}, signed by {key}, which is not trusted", imported.from)),
    }
}

fn unbound(
    facts: &DecisionFacts<'_>,
    feature: &Feature,
    run: &RunRecord,
    it: &FeatureRun,
    reference: Timestamp,
    granted: bool,
) -> Option<String> {
    if run.target != facts.target {
        return Some(format!("of another target ({})", run.target));
    }
    if Some(&it.rules) != facts.rules.get(&feature.name) {
        return Some(other_rules(facts, it));
    }
    if run.judging != facts.judging && !(granted && run.ended_at <= reference) {
        return Some("judged by another version of the tool".to_owned());
    }
    if let Some(why) = unsigned(facts, run) {
        return Some(why);
    }
    if let Some(end) = it.flag_end.filter(|end| *end != it.flag) {
        return Some(format!("whose flag went from {} to {} meanwhile", it.flag.as_str(), end.as_str()));
    }
    if let Err(why) = covers(facts, feature, BoundCode::of_run(run, it)) {
        return Some(why);
    }
    if let Err(why) = covers(facts, feature, BoundCode::of_run_end(run, it)) {
        return Some(format!("whose source changed meanwhile: at its end {why}"));
    }
    // whatever its date, a difference was seen
    if it.verdict != Verdict::NoGo {
        if run.started_at > facts.now {
            return Some("dated in the future".to_owned());
        }
        if written_later(facts, run).next().is_some() {
            return Some("dated later than a run that was written after it: a clock was set back".to_owned());
        }
    }
    let max_age = SignedDuration::try_from(facts.max_age).unwrap_or(SignedDuration::MAX);
    if reference.duration_since(run.ended_at) > max_age {
        return Some("expired".to_owned());
    }
    None
}
