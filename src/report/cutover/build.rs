//! From facts to the report: what each run measured, what people did, what was not seen. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::{CutoverReport, DatedFinding, FeatureHistory, OwnRule, RunHistory, SessionWatched};
use crate::judge::decision::sessions::{coverage, occurrences, union};
use crate::judge::decision::{Decided, DecisionFacts, scope::not_counted};
use crate::model::facts::fingerprint::CodeFingerprint;
use crate::model::facts::ledger::{Entry, FeatureRun, FlagState, LedgerFacts, RunRecord};
use crate::model::feature::Feature;
use crate::model::outcome::{Entity, Kind, blocking};
use crate::model::run::RunEnd;
use crate::model::session::Session;
use crate::model::text::{counted, hex};
use crate::report::checklist::{FeatureDecision, SearchedFiles};
use crate::report::ledger::EntrySummary;
use crate::report::run::differences::payloads;
use crate::report::run::words;

/// What a report is made from.
pub struct Material<'a> {
    pub facts: &'a DecisionFacts<'a>,
    /// Runs with their full reports, everything else, over the time that is told of.
    pub history: &'a LedgerFacts,
    pub decided: Vec<(&'a Feature, Decided)>,
    pub flags: &'a BTreeMap<String, FlagState>,
    /// By feature, of the source tree as it stands.
    pub code: BTreeMap<String, CodeFingerprint>,
    /// The built-in contract: what it says needs no mention.
    pub contract: &'a str,
    pub ledger: Option<String>,
    pub source: Option<SearchedFiles>,
    /// Nothing older is told.
    pub since: Option<Timestamp>,
    pub warnings: Vec<String>,
}

/// Findings that are listed of a feature, with both sides whole.
const MAX_DATED: usize = 8;
/// Entities or fields that are named in one sentence.
const MAX_NAMES: usize = 12;
/// Runs of a feature; a month of sessions with some tries has fewer.
const MAX_RUNS: usize = 400;

/// The report.
pub fn cutover(material: Material<'_>) -> CutoverReport {
    let Material { facts, history, .. } = &material;
    let now = facts.now;
    let ours: Vec<&RunRecord> = history.runs.iter().filter(|run| run.target == facts.target).collect();
    let events = events(history);
    let first = ours.iter().map(|run| run.started_at).chain(events.iter().map(Entry::at)).min();
    let from = first.unwrap_or(now).max(material.since.unwrap_or(Timestamp::MIN)).min(now);
    let features: Vec<FeatureHistory> = material
        .decided
        .iter()
        .map(|(feature, decided)| of_feature(&material, feature, decided, &ours, from))
        .collect();
    CutoverReport {
        schema: "thor-cutover/report/1".to_owned(),
        exit_code: 0,
        made_at: shown(now),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        target: facts.target.to_owned(),
        ledger: material.ledger.clone(),
        revision: facts.git.head.as_ref().map(|head| head.short()),
        source: material.source.clone(),
        from: shown(from),
        to: shown(now),
        not_seen: not_seen(&material, &ours),
        features,
        events: events.iter().rev().map(EntrySummary::of).collect(),
        warnings: material.warnings.clone(),
    }
}

/// To the second: what is finer is in the ledger.
fn shown(at: Timestamp) -> String {
    at.round(jiff::Unit::Second).unwrap_or(at).to_string()
}

/// What people and commands did, oldest first.
fn events(history: &LedgerFacts) -> Vec<Entry> {
    let mut events: Vec<Entry> = Vec::new();
    events.extend(history.flag_changes.iter().cloned().map(Entry::FlagChange));
    events.extend(history.sign_offs.iter().cloned().map(Entry::SignOff));
    events.extend(history.revocations.iter().cloned().map(Entry::Revocation));
    events.extend(history.grants.iter().cloned().map(Entry::Grant));
    events.extend(history.archives.iter().cloned().map(Entry::Archive));
    events.sort_by_key(Entry::at);
    events
}

fn of_feature(
    material: &Material<'_>,
    feature: &Feature,
    decided: &Decided,
    ours: &[&RunRecord],
    from: Timestamp,
) -> FeatureHistory {
    let facts = material.facts;
    let own: Vec<(&RunRecord, &FeatureRun)> = ours
        .iter()
        .filter_map(|run| Some((*run, run.features.iter().find(|it| it.feature == feature.name)?)))
        .collect();
    let shown_runs = &own[own.len().saturating_sub(MAX_RUNS)..];
    let runs: Vec<RunHistory> = shown_runs
        .iter()
        .map(|(run, it)| RunHistory {
            not_counted: not_counted(facts, feature, decided.decision, run),
            ..of_run(run, it)
        })
        .collect();
    let (findings, more_findings) = findings(&feature.name, &own);
    let sessions = sessions(facts.sessions, feature, &own, from, facts.now);
    let keys = facts.keys.get(&feature.name);
    let code = material.code.get(&feature.name);
    FeatureHistory {
        not_seen: not_seen_of(&own, &sessions, &runs, facts.thresholds.session_coverage),
        standing: FeatureDecision::from((true, decided.clone())),
        flag: material.flags.get(&feature.name).copied().unwrap_or_default().as_str().to_owned(),
        runs,
        findings,
        more_findings,
        sessions,
        rules: facts.rules.get(&feature.name).cloned().unwrap_or_default(),
        own_rules: keys
            .into_iter()
            .flatten()
            .filter(|(_, key)| is_own(&key.from, material.contract))
            .map(|(name, key)| OwnRule {
                key: name.clone(),
                value: key.value.clone(),
                from: key.from.clone(),
            })
            .collect(),
        code: code.map(digest),
        definitions: code.map_or(0, |code| code.definitions.len()),
    }
}

/// Whether a key was written by somebody here: neither by the contract nor by nobody.
fn is_own(from: &str, contract: &str) -> bool {
    !matches!(from, "" | "by default") && from.split(':').next() != Some(contract)
}

/// One digest over all definitions, to tell two states of the code apart at a glance.
fn digest(code: &CodeFingerprint) -> String {
    let mut digest = Sha256::new();
    for definition in &code.definitions {
        digest.update(format!("{}\n{}\n{}\n", definition.path, definition.name, definition.hash));
    }
    hex(&digest.finalize()[..6])
}

fn of_run(run: &RunRecord, it: &FeatureRun) -> RunHistory {
    let count = |wanted: fn(Kind) -> bool| {
        it.outcomes.iter().filter(|(kind, _)| wanted(**kind)).map(|(_, count)| count).sum()
    };
    let report = run.reports.iter().find(|report| report.feature == it.feature);
    let matching: u64 = count(|kind| matches!(kind, Kind::Match | Kind::Torn));
    let flag = match it.flag_end.filter(|end| *end != it.flag) {
        None => it.flag.as_str().to_owned(),
        Some(end) => format!("{}, then {}", it.flag.as_str(), end.as_str()),
    };
    RunHistory {
        id: run.id.clone(),
        started_at: shown(run.started_at),
        ended_at: shown(run.ended_at),
        verdict: it.verdict,
        flag,
        judged: count(Kind::is_judged),
        matching,
        differing: blocking(&it.outcomes),
        rest_errors: it.rest_errors,
        requests: it.samples + it.rest_errors,
        transitions: it.transitions,
        skew_p99_ms: report.filter(|_| matching > 0).map(|report| report.skew_ms.p99),
        failing: it.failing.iter().map(|gate| gate.code.clone()).collect(),
        interrupted: run.end == RunEnd::Interrupted,
        not_counted: None,
        by: run.by.as_ref().map(|by| format!("{}@{}", by.user, by.host)),
        revision: run.revision.as_ref().map(|revision| revision.short()),
        tool: run.tool.clone(),
    }
}

/// Of each kind, entity and field the newest, with both sides; and how many more there are.
fn findings(feature: &str, own: &[(&RunRecord, &FeatureRun)]) -> (Vec<DatedFinding>, usize) {
    let mut newest: BTreeMap<&str, DatedFinding> = BTreeMap::new();
    for (run, _) in own {
        let Some(report) = run.reports.iter().find(|report| report.feature == feature) else { continue };
        for finding in report.findings.iter().filter(|finding| finding.difference.kind.blocks()) {
            let runs = newest.get(finding.fingerprint.as_str()).map_or(0, |known| known.runs) + 1;
            let at = run.started_at.saturating_add(SignedDuration::from_secs_f64(finding.last_at));
            let dated = DatedFinding {
                run: run.id.clone(),
                at: shown(at.unwrap_or(run.ended_at)),
                runs,
                finding: finding.clone(),
                payloads: payloads(report, finding).cloned(),
            };
            newest.insert(&finding.fingerprint, dated);
        }
    }
    let mut findings: Vec<DatedFinding> = newest.into_values().collect();
    findings.sort_by(|a, b| (&b.at, &a.finding.fingerprint).cmp(&(&a.at, &b.finding.fingerprint)));
    // ninety entities that differ in one field are one thing to look at: each kind and field comes first once
    let mut seen = BTreeSet::new();
    let (mut first, others): (Vec<_>, Vec<_>) = findings.into_iter().partition(|dated| {
        let difference = &dated.finding.difference;
        seen.insert((difference.kind, difference.field.clone()))
    });
    first.extend(others);
    let more = first.len().saturating_sub(MAX_DATED);
    first.truncate(MAX_DATED);
    (first, more)
}

fn sessions(
    sessions: &[Session],
    feature: &Feature,
    own: &[(&RunRecord, &FeatureRun)],
    from: Timestamp,
    now: Timestamp,
) -> Vec<SessionWatched> {
    let of_it: Vec<&Session> =
        sessions.iter().filter(|session| session.features.contains(&feature.name)).collect();
    let watched = union(own.iter().flat_map(|(_, it)| it.windows.iter().copied()).collect());
    // a time zone that nobody knows has been refused when the configuration was read
    let days = occurrences(&of_it, from, now).unwrap_or_default();
    coverage(&days, &watched, now)
        .into_iter()
        .map(|it| SessionWatched {
            name: it.occurrence.name,
            open: shown(it.occurrence.open),
            close: shown(it.occurrence.close),
            share: it.share,
        })
        .collect()
}

/// Each once, in order.
fn named(names: impl Iterator<Item = String>) -> String {
    let names: BTreeSet<String> = names.collect();
    words::named(&names.into_iter().collect::<Vec<_>>(), MAX_NAMES)
}

/// What no run of the feature has seen, in sentences. `full`: the share of a session from which it counts as watched.
fn not_seen_of(
    own: &[(&RunRecord, &FeatureRun)],
    sessions: &[SessionWatched],
    runs: &[RunHistory],
    full: f64,
) -> Vec<String> {
    let mut said = Vec::new();
    if own.is_empty() {
        said.push("No run has observed this feature on this backend.".to_owned());
        return said;
    }
    let in_part = sessions.iter().filter(|it| it.share > 0.0 && it.share < full).count();
    let unseen = sessions.iter().filter(|it| it.share <= 0.0).count();
    if sessions.is_empty() {
        said.push("No market session of this feature has been open since the first evidence, so that none could be counted.".to_owned());
    } else if unseen + in_part > 0 {
        said.push(format!(
            "Of {} since the first evidence, {} not watched at all and {} watched in part.",
            counted(sessions.len(), "market session", "market sessions"),
            was(unseen),
            was(in_part),
        ));
    }
    let moved: BTreeSet<String> =
        own.iter().flat_map(|(_, it)| it.moved.iter().map(ToString::to_string)).collect();
    let unmoved = |it: &FeatureRun| it.unmoved.iter().map(ToString::to_string).collect::<Vec<_>>();
    let never: Vec<String> =
        own.iter().flat_map(|(_, it)| unmoved(it)).filter(|field| !moved.contains(field)).collect();
    if !never.is_empty() {
        let one = never.iter().collect::<BTreeSet<_>>().len() == 1;
        said.push(format!(
            "{} never moved on both sides: whether a change arrives was not seen. {}.",
            if one { "One field" } else { "Some fields" },
            named(never.into_iter())
        ));
    }
    let rest_only = named(own.iter().flat_map(|(_, it)| it.rest_only.iter().map(ToString::to_string)));
    if !rest_only.is_empty() {
        said.push(format!("Only REST has these fields; without REST nobody has them: {rest_only}."));
    }
    let told: BTreeSet<&Entity> = untold_in_all(own);
    if !told.is_empty() {
        let name = |entity: &&Entity| entity.values().cloned().collect::<Vec<_>>().join(" ");
        said.push(format!(
            "REST listed them and no message ever spoke of them: {}.",
            named(told.iter().map(name))
        ));
    }
    let interrupted = runs.iter().filter(|run| run.interrupted).count();
    if interrupted > 0 {
        said.push(format!("{} interrupted.", sentence(interrupted)));
    }
    let others = runs.iter().filter(|run| run.not_counted.is_some()).count();
    if others > 0 {
        let reason = runs.iter().rev().find_map(|run| run.not_counted.clone()).unwrap_or_default();
        said.push(format!(
            "{} not count for the next decision; the newest of them: {reason}.",
            match others {
                1 => "One run does".to_owned(),
                many => format!("{many} runs do"),
            }
        ));
    }
    said
}

fn was(count: usize) -> String {
    match count {
        0 => "none was".to_owned(),
        1 => "1 was".to_owned(),
        many => format!("{many} were"),
    }
}

fn sentence(count: usize) -> String {
    match count {
        1 => "One run was".to_owned(),
        many => format!("{many} runs were"),
    }
}

/// Entities that no run has a message of.
fn untold_in_all<'r>(own: &[(&'r RunRecord, &'r FeatureRun)]) -> BTreeSet<&'r Entity> {
    let mut runs = own.iter().filter(|(_, it)| it.samples > 0).map(|(_, it)| it.untold.iter().collect());
    let Some(first) = runs.next() else { return BTreeSet::new() };
    runs.fold(first, |known: BTreeSet<&Entity>, next: BTreeSet<&Entity>| {
        known.intersection(&next).copied().collect()
    })
}

fn not_seen(material: &Material<'_>, ours: &[&RunRecord]) -> Vec<String> {
    let mut said = Vec::new();
    let others = material.history.runs.len() - ours.len();
    if others > 0 {
        said.push(format!("{} of other backends are left out.", counted(others, "run", "runs")));
    }
    if material.history.older_runs > 0 {
        said.push(format!(
            "{} older than the time told here.",
            match material.history.older_runs {
                1 => "One run is".to_owned(),
                many => format!("{many} runs are"),
            }
        ));
    }
    let blind: f64 = ours.iter().map(|run| run.incidents.blind_seconds).sum();
    let reconnects: u64 = ours.iter().map(|run| run.incidents.reconnects).sum();
    if blind >= 1.0 || reconnects > 0 {
        let times = match reconnects {
            1 => "once".to_owned(),
            many => format!("{many} times"),
        };
        said.push(format!(
            "The connection was opened again {times}, and for {blind:.0} s in all nothing could be seen."
        ));
    }
    if material.source.is_none() {
        let why = material.facts.no_source.map(|why| format!(" ({why})")).unwrap_or_default();
        said.push(format!("No source tree was read{why}: what is in the code was not looked at."));
    }
    if ours.is_empty() {
        said.push("No run of this backend is on the ledger: nothing has been observed.".to_owned());
    }
    said
}
