//! What has to hold of every seed, whatever happened to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use serde_json::Value;
use thor_cutover::commands;
use thor_cutover::environment::Environment;
use thor_cutover::evidence::{Ledger, LedgerPlace};
use thor_cutover::model::facts::ledger::{Entry, RunRecord};
use thor_cutover::model::observation::{End, Event, GapReason};
use thor_cutover::model::run::{FeatureReport, RunReport};
use thor_cutover::model::verdict::Verdict;
use thor_cutover::recording::{Reader, RecordingError, existing};

use crate::frames::number;
use crate::life::{Ended, Past, cli, unwritable};
use crate::plan::Beside;
use crate::world::{Delivered, MS, lock};

/// What a kill may cost of the recording: twice the time between two flushes, and a look.
const UNFLUSHED: i128 = 1_050 * MS;

/// What the clocks are looked at with, and then some: by then a clock that was set, or a sleep, is known.
const SETTLED: i128 = 1_000 * MS;

/// Without a sign of life for so long the machine slept.
const ASLEEP: i128 = 2_300 * MS;

/// A clock that was set by so many seconds or fewer may as well have drifted.
const DRIFT: i64 = 2;

const FORGOTTEN: &str = "the observer was not running";

/// Why a run may not begin, or end without an answer.
const REFUSALS: [&str; 4] =
    ["interrupted", "cannot connect to", "REST cannot be reached", "cannot write the recording"];

/// What one file of a recording says.
struct Part {
    life: usize,
    /// (channel, number, when by the run's clock)
    told: Vec<(String, Option<u64>, i128)>,
    gaps: Vec<GapReason>,
    end: Option<(i128, End)>,
}

/// The laws that do not hold, in words.
pub fn broken(past: &Past) -> Vec<String> {
    let mut broken = Vec::new();
    for (number, life) in past.lives.iter().enumerate() {
        if matches!(life.how, Ended::Hung) {
            broken.push(format!("life {number} hangs"));
        }
    }
    let parts = match parts(past, &mut broken) {
        Ok(parts) => parts,
        Err(error) => {
            broken.push(format!("the recording cannot be read: {error}"));
            Vec::new()
        }
    };
    recorded(past, &parts, &mut broken);
    answered(past, &mut broken);
    replayed(past, &mut broken);
    kept(past, &mut broken);
    broken
}

/// The worst of what the features came to, whatever else failed.
pub fn verdict(report: &RunReport) -> Verdict {
    let worst = |verdict: &Verdict| match verdict {
        Verdict::Error => 0,
        Verdict::NoGo => 1,
        Verdict::Inconclusive => 2,
        Verdict::Go => 3,
    };
    report.features.iter().map(|it| it.verdict).min_by_key(worst).unwrap_or(report.verdict)
}

/// The last life's report, where it has one.
pub fn last_report(past: &Past) -> Option<&RunReport> {
    match &past.lives.last()?.how {
        Ended::Answered(report, _) => Some(report),
        _ => None,
    }
}

/// Each file of the recording by itself, and that what it says of the socket is in order.
fn parts(past: &Past, broken: &mut Vec<String>) -> Result<Vec<Part>, RecordingError> {
    let mut parts = Vec::new();
    let mut is_open = false;
    let made = lock(&past.world.files).clone();
    for path in existing(&past.recording) {
        let (_, mut reader) = match Reader::open(&path) {
            Ok(opened) => opened,
            // a kill, or a full disk, before the first line was whole
            Err(RecordingError::NotBegun { .. }) => continue,
            Err(error) => return Err(error),
        };
        let life = made.get(&path).copied().unwrap_or_default();
        let mut part = Part { life, told: Vec::new(), gaps: Vec::new(), end: None };
        while let Some(observation) = reader.next()? {
            let at = i128::from(observation.at.0);
            let mut link = |opens: bool, was: bool, what: &str| {
                if is_open != was {
                    broken.push(format!(
                        "{what} at {at}, and the socket was {}",
                        if is_open { "open" } else { "closed" }
                    ));
                }
                is_open = opens;
            };
            match observation.event {
                Event::Opening => {}
                Event::Open => link(true, false, "open"),
                Event::Closed { ref reason, .. } if *reason == FORGOTTEN => is_open = false,
                Event::Closed { .. } => link(false, true, "closed"),
                Event::ConnectFailed { .. } => link(false, false, "a failed attempt"),
                Event::Message(text) => {
                    if !is_open {
                        broken.push(format!("a message at {at}, and the socket was closed"));
                    }
                    if let Some(number) = number(&text) {
                        part.told.push(("stream".to_owned(), Some(number), at));
                    }
                }
                Event::Rest(answer) => {
                    part.told.push((answer.feature.into_owned(), number(&answer.body), at))
                }
                Event::RestError { feature, .. } => part.told.push((feature.into_owned(), None, at)),
                Event::End(end) => part.end = Some((at, end)),
                Event::Gap { reason, .. } => part.gaps.push(reason),
                Event::Binary { .. } => {}
            }
        }
        parts.push(part);
    }
    Ok(parts)
}

/// What reached the client is in the recording: once, in order, with its time, up to the end.
fn recorded(past: &Past, parts: &[Part], broken: &mut Vec<String>) {
    let delivered = past.world.delivered();
    for (number, life) in past.lives.iter().enumerate() {
        let disk_failed = has_failed(past, number);
        let parts_of = || parts.iter().filter(|part| part.life == number);
        let mine: Vec<&Part> = parts_of().collect();
        let mut offset = None;
        let mut missing: Vec<&Delivered> = Vec::new();
        for channel in ["stream", "positions", "bars"] {
            let got: Vec<&Delivered> =
                delivered.iter().filter(|it| it.life == number && it.channel == channel).collect();
            let told: Vec<_> = mine.iter().flat_map(|part| &part.told).filter(|it| it.0 == channel).collect();
            for (index, (_, told, at)) in told.iter().enumerate() {
                match got.get(index) {
                    Some(got) if got.number == *told => {
                        let shift = at - got.at;
                        if *offset.get_or_insert(shift) != shift {
                            broken.push(format!(
                                "life {number}: {channel} {told:?} is stamped {} ns off",
                                shift - offset.unwrap_or(shift)
                            ));
                        }
                    }
                    other => {
                        broken.push(format!(
                            "life {number}: {channel} has {told:?} at {index}, and {other:?} was delivered"
                        ));
                        break;
                    }
                }
            }
            missing.extend(got.iter().skip(told.len()));
        }
        let known_until = match &life.how {
            Ended::Killed => Some(awake_before(past, life.ended, UNFLUSHED)),
            Ended::Answered(..) if !disk_failed => {
                let end = mine.iter().filter_map(|part| part.end).next_back();
                if end.is_none() {
                    broken.push(format!("life {number} answers, and its recording has no end"));
                }
                end.zip(offset).map(|((end, _), offset)| end - offset)
            }
            _ => None,
        };
        if let Some(until) = known_until.filter(|_| !disk_failed && life.began < life.ended) {
            let mine = |at: &i128| *at > life.began + SETTLED && *at < until - SETTLED;
            let sets = jumps(past).into_iter().filter(mine).count();
            let sleeps = lock(&past.world.sleeps).clone();
            let slept = sleeps.iter().filter(|(at, lasted)| *lasted > ASLEEP && mine(&(at + lasted))).count();
            for (reason, happened) in [(GapReason::ClockJump, sets), (GapReason::Suspended, slept)] {
                if happened > 0 && !parts_of().flat_map(|part| &part.gaps).any(|gap| *gap == reason) {
                    broken
                        .push(format!("life {number}: {happened} × {reason:?}, and the recording has none"));
                }
            }
        }
        if let Some(until) = known_until.filter(|_| !disk_failed)
            && let Some(lost) = missing.iter().find(|it| it.at < until)
        {
            broken.push(format!("life {number}: {lost:?} is not in the recording, which goes to {until}"));
        }
    }
}

/// When the wall clock was set by more than is drift; twice within one look is seen as one, of which this says nothing.
fn jumps(past: &Past) -> Vec<i128> {
    let sets = lock(&past.world.sets).clone();
    let is_alone = |at: i128| sets.iter().filter(|(other, _)| (other - at).abs() <= SETTLED).count() == 1;
    sets.iter().filter(|(at, by)| by.abs() > DRIFT && is_alone(*at)).map(|(at, _)| *at).collect()
}

/// The instant from which on the machine was awake for so long up to `end`.
fn awake_before(past: &Past, end: i128, awake: i128) -> i128 {
    let (mut from, mut left) = (end, awake);
    for (at, asleep) in lock(&past.world.sleeps).iter().rev().filter(|(at, _)| *at < end) {
        let since_it = from - (at + asleep);
        if since_it >= left {
            break;
        }
        (from, left) = (*at, left - since_it.max(0));
    }
    from - left
}

/// Exit codes and verdicts.
fn answered(past: &Past, broken: &mut Vec<String>) {
    let plan = &past.world.plan;
    let spoilt = lock(&past.world.thor).spoilt;
    for (number, life) in past.lives.iter().enumerate() {
        let mut say = |what: &dyn Debug| broken.push(format!("life {number}: {what:?}"));
        let report = match &life.how {
            Ended::Answered(report, _) => report,
            Ended::Refused(4, why) if REFUSALS.iter().any(|known| why.contains(known)) => continue,
            Ended::Killed | Ended::Hung => continue,
            Ended::Refused(code, why) => {
                say(&format!("exit {code}: {why}"));
                continue;
            }
        };
        if report.exit_code != report.verdict.exit_code() {
            say(&format!("exit {} of {:?}", report.exit_code, report.verdict));
        }
        if has_failed(past, number) && report.verdict != Verdict::Error {
            say(&"the disk failed, and nothing says so");
        }
        let worst = verdict(report);
        let is_seen = |since| since == 0 || (plan.is_calm_since(since) && since + 10_000 < plan.end());
        if plan.wrong.is_some_and(|(since, _)| is_seen(since)) && spoilt > 0 && worst == Verdict::Go {
            say(&"GO, and the values were wrong");
        }
        if plan.wrong.is_none() && !plan.is_late() && worst == Verdict::NoGo {
            say(&format!("NO-GO, and nothing was wrong: {}", findings(report)));
        }
        if !plan.is_undisturbed() {
            continue;
        }
        match plan.wrong {
            None if report.verdict != Verdict::Go => {
                say(&format!("undisturbed, and no GO: {}", gates(report)))
            }
            Some((0, wrong)) if report.verdict != Verdict::NoGo => {
                say(&format!("undisturbed and {wrong:?}, and no NO-GO: {}", gates(report)));
            }
            _ => {}
        }
    }
}

/// Whether the disk refused something in this life.
fn has_failed(past: &Past, life: usize) -> bool {
    lock(&past.world.disk_failed).contains(&life)
}

fn findings(report: &RunReport) -> String {
    let of = |feature: &FeatureReport| {
        let kinds: Vec<String> =
            feature.findings.iter().map(|it| format!("{:?}", it.difference)).take(2).collect();
        format!("{}: {} {}", feature.feature, gates_of(feature), kinds.join(", "))
    };
    report.features.iter().map(of).collect::<Vec<_>>().join("; ")
}

fn gates(report: &RunReport) -> String {
    report
        .features
        .iter()
        .map(|it| format!("{}: {}", it.feature, gates_of(it)))
        .collect::<Vec<_>>()
        .join("; ")
}

fn gates_of(feature: &FeatureReport) -> String {
    let failing = feature.gates.iter().filter(|gate| gate.verdict != Verdict::Go);
    failing
        .map(|gate| format!("{} {:?} {}", gate.code, gate.verdict, gate.value))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A replay of the recording says what the run said.
fn replayed(past: &Past, broken: &mut Vec<String>) {
    let files: Vec<PathBuf> = existing(&past.recording);
    if files.iter().all(|path| matches!(Reader::open(path), Err(RecordingError::NotBegun { .. }))) {
        return;
    }
    let words: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let mut call = vec!["replay", "--format", "json"];
    call.extend(words.iter().map(String::as_str));
    let again = commands::dispatch(&cli(&call), &Environment::default())
        .and_then(|answer| answer.render(thor_cutover::cli::Format::Json, &Environment::default()));
    let again: RunReport = match again {
        Ok(text) => serde_json::from_str(&text).expect("a report of ours"),
        Err(error) => {
            broken.push(format!("the recording cannot be replayed: {error}"));
            return;
        }
    };
    let Some(report) = last_report(past).filter(|_| !has_failed(past, past.lives.len() - 1)) else { return };
    // both have been through text, in which a number may lose its last bit
    let live: RunReport = through_text(report);
    let plain = |report: &RunReport| RunReport {
        schema: String::new(),
        verdict: Verdict::Go,
        exit_code: 0,
        warnings: Vec::new(),
        ..report.clone()
    };
    let (live, again) = (plain(&live), plain(&again));
    let tree = |report: &RunReport| serde_json::to_value(report).expect("a report of ours");
    if let Some(difference) = difference("", &tree(&live), &tree(&again)) {
        broken.push(format!("a replay says something else: {difference}"));
    }
}

fn through_text<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).expect("a report of ours");
    serde_json::from_str(&text).expect("a report of ours")
}

/// Where two reports differ first: the place, and both values.
fn difference(at: &str, one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            let member = |object: &serde_json::Map<String, Value>, name: &str| {
                object.get(name).cloned().unwrap_or_default()
            };
            names.into_iter().find_map(|name| {
                difference(&format!("{at}/{name}"), &member(one, name), &member(other, name))
            })
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            pairs
                .into_iter()
                .find_map(|(index, (one, other))| difference(&format!("{at}/{index}"), one, other))
        }
        _ => (one != other).then(|| format!("{at} is {one}, and {other} the other time")),
    }
}

/// The ledger has the run once, as it was last told; what it would not take waits, and is taken now.
fn kept(past: &Past, broken: &mut Vec<String>) {
    let plan = &past.world.plan;
    let place = LedgerPlace::from(&past.settings.evidence);
    if plan.beside == Some(Beside::Unwritable) {
        for folder in unwritable(&past.settings) {
            let _ = std::fs::remove_dir(folder);
        }
    }
    let is_kept = last_report(past).is_some_and(|report| report.verdict != Verdict::Error);
    if let Some(why) = waiting(past.folder.path()).filter(|_| is_kept) {
        broken.push(format!("{why}, and nobody was told"));
    }
    let runs = match taken(&place) {
        Ok(runs) => runs,
        Err(error) => return broken.push(format!("the ledger: {error}")),
    };
    overlapping(&runs, broken);
    if let Some(why) = waiting(past.folder.path()) {
        broken.push(format!("{why}, which has just been opened"));
    }
    let is_harmless = plan.ledger.is_none() && plan.beside != Some(Beside::Unwritable);
    for (number, life) in past.lives.iter().enumerate() {
        let age = life.ended - life.began;
        if matches!(life.how, Ended::Killed) && is_harmless && is_met(past, number) && runs.is_empty() {
            broken.push(format!("killed after {} ms, and nothing was kept", age / MS));
        }
    }
    let Some(Ended::Answered(report, hints)) = past.lives.last().map(|life| &life.how) else { return };
    let is_lost = report.verdict == Verdict::Error && !hints.iter().any(|hint| hint.contains("evidence"));
    let is_unkept = plan.beside == Some(Beside::Unwritable) && report.verdict == Verdict::Error;
    if is_lost && !has_failed(past, past.lives.len() - 1) && !is_unkept {
        broken.push(format!("an error that says nothing of the evidence: {hints:?}"));
    }
    if is_unkept {
        return;
    }
    let features = through_text(&report.features);
    let is_it = |run: &&RunRecord| run.reports == features;
    match runs.iter().filter(is_it).count() {
        1 => {}
        count => {
            let tree = |reports: &Vec<FeatureReport>| serde_json::to_value(reports).expect("reports of ours");
            let differing = runs.last().map(|run| difference("", &tree(&features), &tree(&run.reports)));
            broken.push(format!(
                "{count} of {} runs on the ledger are as the last one was told: {differing:?} ({:?})",
                runs.len(),
                runs.iter()
                    .map(|run| (&run.id, run.end, run.ended_at, run.reports.len()))
                    .collect::<Vec<_>>()
            ));
        }
    }
}

/// Whether a life lasted long enough to be kept while it went on: contact was made five seconds before its end.
fn is_met(past: &Past, number: usize) -> bool {
    let life = &past.lives[number];
    let delivered = past.world.delivered();
    let first =
        delivered.iter().find(|it| it.life == number && it.channel != "stream" && it.number.is_some());
    // looks are half a second apart, and no time passes for a machine that sleeps
    first.is_some_and(|first| first.at < awake_before(past, life.ended, 7_000 * MS))
}

/// The runs of a ledger, with what had to wait for it.
fn taken(place: &LedgerPlace) -> Result<Vec<RunRecord>, thor_cutover::evidence::LedgerError> {
    drop(Ledger::open(place)?);
    let mut ledger = Ledger::open(place)?;
    ledger.facts(jiff::Timestamp::MIN)?;
    let mut runs = Vec::new();
    for entry in ledger.entries()? {
        if let Entry::Run(run) = entry
            && let Entry::Run(whole) = ledger.entry(&run.id)?
        {
            runs.push(*whole);
        }
    }
    Ok(runs)
}

/// No second of a feature is evidence twice.
fn overlapping(runs: &[RunRecord], broken: &mut Vec<String>) {
    let mut windows: BTreeMap<&str, Vec<(jiff::Timestamp, jiff::Timestamp)>> = BTreeMap::new();
    for feature in runs.iter().flat_map(|run| &run.features) {
        let of = windows.entry(&feature.feature).or_default();
        of.extend(feature.windows.iter().map(|window| (window.from, window.to)));
    }
    for (feature, windows) in &mut windows {
        windows.sort_unstable();
        if let Some(pair) = windows.windows(2).find(|pair| pair[1].0 < pair[0].1) {
            broken.push(format!("{feature} has the same time twice: {pair:?}"));
        }
    }
}

/// What waits beside the ledger.
fn waiting(folder: &Path) -> Option<String> {
    let left = std::fs::metadata(folder.join("pending.ndjson")).map_or(0, |metadata| metadata.len());
    (left > 0).then(|| format!("{left} bytes wait beside the ledger"))
}
