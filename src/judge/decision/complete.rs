//! `complete`: is nothing of the REST path left, and everything written down?

use crate::judge::decision::scope::{Scope, SeenRun};
use crate::judge::decision::shadow::{files_parse, places, source_found};
use crate::judge::decision::{DecisionFacts, DecisionRow, delete, listed, summary, unknown};
use crate::judge::gates::{self, Description};
use crate::model::facts::ledger::{self, ManualGate, SignOff};
use crate::model::facts::logs::{LogError, LogFile};
use crate::model::facts::source::FeatureSource;
use crate::model::feature::Feature;
use crate::model::gate::{Gate, Place};
use crate::model::stage::{Decision, Stage};
use crate::model::text::counted;
use crate::model::verdict::Verdict;

pub(super) fn gates(facts: &DecisionFacts<'_>, feature: &Feature) -> Vec<Gate> {
    let scope = Scope::of(facts, feature, Decision::Delete);
    let mut rows =
        vec![summary(&gates::DELETE_HELD, &delete::gates(facts, feature), ""), source_found(facts, feature)];
    rows.extend(nothing_left(facts, feature));
    rows.push(logs(facts, feature, &scope));
    rows.push(manual(facts, feature, &gates::DOCUMENTATION_UPDATED, ManualGate::Documentation));
    rows.push(released(facts, feature));
    rows.push(manual(facts, feature, &gates::TEAM_INFORMED, ManualGate::Team));
    rows.push(archived(facts, &scope));
    rows
}

fn nothing_left(facts: &DecisionFacts<'_>, feature: &Feature) -> Vec<Gate> {
    let Some(source) = facts.source.and_then(|source| source.features.get(&feature.name)) else {
        return Vec::new();
    };
    let timers: Vec<ledger::Seen> = source.timers.iter().map(|timer| timer.seen.clone()).collect();
    let urls: Vec<ledger::Seen> = source.callers.iter().chain(&source.urls).cloned().collect();
    let endpoints: Vec<ledger::Seen> = source.endpoints.iter().chain(&source.views).cloned().collect();
    let searched = facts.source.map_or(0, |it| it.parsed);
    let gone = |description: &Description, left: &[ledger::Seen], fix: &str| {
        let verdict = if left.is_empty() { Verdict::Go } else { Verdict::NoGo };
        let value = if left.is_empty() {
            format!("none in {}", counted(searched, "file", "files"))
        } else {
            places(left)
        };
        DecisionRow::new(description, verdict, value)
            .against("none")
            .n(left.len())
            .at(left.first().map(|it| &it.place))
            .fix(fix)
    };
    vec![
        files_parse(facts, source),
        resolved(source),
        gone(&gates::TIMERS_GONE, &timers, "remove the timer and its registration"),
        gone(&gates::POLLERS_GONE, &source.pollers, "remove the poller"),
        gone(&gates::ENDPOINTS_GONE, &endpoints, "remove the route and its view"),
        gone(&gates::URLS_GONE, &urls, "remove what still names the path"),
        gone(&gates::FLAG_READS_GONE, &source.flag_reads, "remove the flag and the branch for REST"),
    ]
}

/// What may ask anything may ask this feature.
fn resolved(source: &FeatureSource) -> Gate {
    let unknown = unknown::of(source);
    let said: Vec<String> = unknown.iter().map(|it| it.to_string()).collect();
    let verdict = if unknown.is_empty() { Verdict::Go } else { Verdict::Inconclusive };
    let value = if unknown.is_empty() { places(&[]) } else { said.join("; and ") };
    let row = DecisionRow::new(&gates::REQUESTS_RESOLVED, verdict, value)
        .against("none unknown")
        .n(unknown.iter().map(|it| it.seen.len()).sum())
        .at(unknown.iter().flat_map(|it| it.seen).next().map(|it| &it.place));
    match unknown.first() {
        Some(first) => row.fix(first.fix),
        None => row.fix(""),
    }
}

/// The logs gate, for decisions that do not demand logs but judge those that are given.
pub(super) fn logs_if_given(facts: &DecisionFacts<'_>, feature: &Feature, scope: &Scope<'_>) -> Option<Gate> {
    facts.logs.map(|_| logs(facts, feature, scope))
}

fn logs(facts: &DecisionFacts<'_>, feature: &Feature, scope: &Scope<'_>) -> Gate {
    let threshold = "no error in the observed time";
    let Some(logs) = facts.logs else {
        return DecisionRow::new(&gates::LOGS_CLEAN, Verdict::Inconclusive, "no logs given").against(threshold).fix(
            "give the backend's log with --log-file FILE and the browser console's with --console-log FILE",
        );
    };
    let lines: usize = logs.files.iter().map(|file| file.lines).sum();
    let observed = |error: &&LogError| {
        let inside = |seen: &SeenRun<'_>| error.touches(seen.run.started_at, seen.run.ended_at);
        error.at.is_none() || scope.bound.iter().any(inside)
    };
    let ours = |error: &&LogError| error.feature.as_ref().is_none_or(|it| *it == feature.name);
    let errors: Vec<&LogError> = logs.errors.iter().filter(ours).filter(observed).collect();
    let (verdict, value) = match (errors.as_slice(), lines) {
        ([], 0) => (
            Verdict::Inconclusive,
            match logs.files.len() {
                1 => "1 file, and it is empty".to_owned(),
                files => format!("{files} files, all empty"),
            },
        ),
        ([], _) => {
            let none = format!(
                "0 errors in {} of {}",
                counted(lines, "line", "lines"),
                counted(logs.files.len(), "file", "files")
            );
            match unlogged(&logs.files, scope) {
                None => (Verdict::Go, none),
                Some(why) => (Verdict::Inconclusive, format!("{none}, but {why}")),
            }
        }
        (errors, _) => {
            let named: Vec<String> =
                errors.iter().map(|it| format!("{}:{}: {}", it.file, it.line, it.text)).collect();
            (Verdict::NoGo, format!("{}: {}", counted(errors.len(), "error", "errors"), listed(&named)))
        }
    };
    let place = errors.first().map(|it| Place { path: it.file.clone(), line: it.line });
    let fix = match verdict {
        Verdict::NoGo => "repair what the log tells of, then observe again",
        _ => "give the backend's logs of the whole observed time, with a time in each line",
    };
    DecisionRow::new(&gates::LOGS_CLEAN, verdict, value)
        .against(threshold)
        .n(lines)
        .at(place.as_ref())
        .fix(fix)
}

/// Why logs that tell of no error say nothing of a run: they were not written while it was observed.
fn unlogged(files: &[LogFile], scope: &Scope<'_>) -> Option<String> {
    if files.iter().all(|file| file.span.is_none()) {
        return Some("no line says when it was written".to_owned());
    }
    let is_logged =
        |seen: &&SeenRun<'_>| files.iter().any(|file| file.touches(seen.run.started_at, seen.run.ended_at));
    let silent: Vec<_> = scope.bound.iter().filter(|seen| !is_logged(seen)).collect();
    let newest = silent.last()?;
    let of = match scope.bound.len() {
        1 => "the observed run".to_owned(),
        all => format!("{} of {all} observed runs", silent.len()),
    };
    Some(format!("none was written during {of}, the newest of {:.0}", newest.run.started_at))
}

/// The newest standing sign-off of a manual gate, made when REST was already gone.
fn signed<'a>(
    facts: &DecisionFacts<'a>,
    feature: &Feature,
    gate: ManualGate,
) -> Result<&'a SignOff, &'static str> {
    let of_gate: Vec<&SignOff> =
        delete::standing_sign_offs(facts, feature).filter(|it| it.gate == gate).collect();
    // Without a tree no stage is known, when it is signed as little as now.
    let after = |it: &&&SignOff| {
        matches!(it.stage, Some(Stage::Removed | Stage::Complete)) || facts.no_source.is_some()
    };
    match of_gate.iter().rev().find(after) {
        Some(sign_off) => Ok(sign_off),
        None if of_gate.is_empty() => Err("nobody"),
        None => Err("signed before REST was gone"),
    }
}

fn manual(facts: &DecisionFacts<'_>, feature: &Feature, description: &Description, gate: ManualGate) -> Gate {
    let (verdict, value) = match signed(facts, feature, gate) {
        Ok(it) => (Verdict::Go, format!("{}, {}: {}", it.by, it.role, it.note)),
        Err(why) => (Verdict::Inconclusive, why.to_owned()),
    };
    DecisionRow::new(description, verdict, value).against("a person's word").fix(format!(
        "thor-cutover sign-off {} --gate {} --by NAME --role ROLE --note NOTE",
        feature.name,
        gate.as_str()
    ))
}

/// The tag is looked up each time: a tag that was moved or deleted no longer contains the work.
fn released(facts: &DecisionFacts<'_>, feature: &Feature) -> Gate {
    let (verdict, value) = match signed(facts, feature, ManualGate::Release) {
        Err(why) => (Verdict::Inconclusive, why.to_owned()),
        Ok(SignOff { tag: None, .. }) => (Verdict::Inconclusive, "signed without a tag".to_owned()),
        Ok(SignOff { tag: Some(tag), revision, .. }) => match (facts.git.tags.get(tag), revision) {
            (Some(found), Some(revision)) if found.contains.contains(&revision.commit) => {
                (Verdict::Go, format!("{tag} contains {}", revision.short()))
            }
            (Some(_), Some(revision)) => {
                (Verdict::NoGo, format!("{tag} does not contain {}", revision.short()))
            }
            (None, _) => (Verdict::Inconclusive, format!("no tag {tag} in this checkout")),
            (_, None) => (Verdict::Inconclusive, format!("{tag}, of no known revision")),
        },
    };
    DecisionRow::new(&gates::RELEASE_TAGGED, verdict, value).against("a tag that contains the work").fix(format!(
        "tag the release, then: thor-cutover sign-off {} --gate release --tag TAG --by NAME --role ROLE --note NOTE",
        feature.name
    ))
}

fn archived(facts: &DecisionFacts<'_>, scope: &Scope<'_>) -> Gate {
    let last = scope.bound.iter().map(|seen| seen.run.ended_at).max();
    let newest = facts.ledger.archives.iter().rfind(|it| it.at <= facts.now);
    let (verdict, value) = match (newest, last) {
        (Some(archive), Some(last)) if archive.at >= last => {
            (Verdict::Go, format!("{} ({})", archive.file, counted(archive.entries, "entry", "entries")))
        }
        (Some(archive), Some(last)) => {
            (Verdict::Inconclusive, format!("{} is older than the last run, of {last}", archive.file))
        }
        (_, None) => (Verdict::Inconclusive, "no evidence to archive".to_owned()),
        (None, _) => (Verdict::Inconclusive, "never exported".to_owned()),
    };
    DecisionRow::new(&gates::EVIDENCE_ARCHIVED, verdict, value)
        .against("exported after the last run")
        .n(facts.ledger.archives.len())
        .fix("thor-cutover evidence export FILE")
}
