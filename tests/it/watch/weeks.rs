//! Five weeks of sessions in seconds: weekends, a holiday, changes of the clocks, a night session, a crash a day, a full
//! disk, a ledger that is dead for an hour, other rules. Every judged minute is on the ledger once, and the checklist
//! says what it says of single runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::civil::{Date, Weekday, date};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use thor_cutover::commands::watch::journal::observer;
use thor_cutover::contract::digest_one;
use thor_cutover::evidence::{Ledger, LedgerPlace, RunEnding, keep, record};
use thor_cutover::judge::JUDGING;
use thor_cutover::judge::decision::{Asked, DecisionFacts, decide};
use thor_cutover::model::facts::flags::FlagFacts;
use thor_cutover::model::facts::git::GitFacts;
use thor_cutover::model::facts::ledger::{Entry, FlagState, LedgerFacts, RunRecord, Window};
use thor_cutover::model::observation::End;
use thor_cutover::model::run::RunEnd;
use thor_cutover::model::stage::Decision;
use thor_cutover::model::verdict::Verdict;
use thor_cutover::settings::{Settings, of_text};

use super::simulation::{Observed, ObservedPiece, Script, SimulatedRun, Simulation, Trouble, circumstances};

/// `D` of both features.
fn settings(push_delay: &str, holiday: Date) -> Settings {
    let text = format!(
        r#"
contract = "none"
[recording]
identifiers = []
[source]
none = "a market of the tests"
[[session]]
name = "us"
time_zone = "America/New_York"
open = "09:30"
close = "16:00"
holidays = ["{holiday}"]
features = ["balance", "market"]
[[session]]
name = "london"
time_zone = "Europe/London"
open = "08:00"
close = "16:30"
features = ["market"]
[[session]]
name = "night"
time_zone = "America/New_York"
open = "18:00"
close = "03:00"
days = ["mon", "tue", "wed", "thu", "sat"]
features = ["market"]
[features.balance]
order = 1
key = []
push_delay = "{push_delay}"
rest = {{ path = "/balance", select = "", every = "30s" }}
ws = {{ types = ["balance"], select = "/data", carries = "snapshot", delivery = "periodic", every = "30s" }}
[features.market]
order = 2
key = []
push_delay = "{push_delay}"
rest = {{ path = "/market", select = "", every = "30s" }}
ws = {{ types = ["market"], select = "/data", carries = "snapshot", delivery = "periodic", every = "30s" }}
"#
    );
    of_text(&text, Path::new("thor-cutover.toml")).unwrap()
}

fn utc(day: Date, hour: i8, minute: i8) -> Timestamp {
    day.at(hour, minute, 0, 0).in_tz("UTC").unwrap().timestamp()
}

/// The sessions of a feature, day by day: said once more, by other means than the program's.
fn sessions(feature: &str, from: Date, days: i64, holiday: Date) -> Vec<(Timestamp, Timestamp)> {
    let mut sessions = Vec::new();
    for day in (-1..=days).map(|offset| from.saturating_add(offset.days())) {
        let is_weekday = !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let next = day.tomorrow().unwrap();
        let at = |day: Date, hour, minute, zone| day.at(hour, minute, 0, 0).in_tz(zone).unwrap().timestamp();
        if is_weekday && day != holiday {
            sessions.push((at(day, 9, 30, "America/New_York"), at(day, 16, 0, "America/New_York")));
        }
        if feature == "market" {
            if is_weekday {
                sessions.push((at(day, 8, 0, "Europe/London"), at(day, 16, 30, "Europe/London")));
            }
            if !matches!(day.weekday(), Weekday::Friday | Weekday::Sunday) {
                sessions.push((at(day, 18, 0, "America/New_York"), at(next, 3, 0, "America/New_York")));
            }
        }
    }
    sessions
}

fn runs(place: &LedgerPlace) -> Vec<RunRecord> {
    let mut ledger = Ledger::open(place).unwrap();
    ledger.facts(Timestamp::MIN).unwrap().runs
}

/// What a ledger says of a feature as of a moment, gate by gate.
fn verdicts(
    facts: &LedgerFacts,
    settings: &Settings,
    decision: Decision,
    now: Timestamp,
) -> Vec<(String, Verdict)> {
    let rules: BTreeMap<String, String> =
        settings.features.iter().map(|it| (it.name.clone(), digest_one(it))).collect();
    let until_now = facts.runs.iter().filter(|run| run.ended_at <= now).cloned();
    let facts = LedgerFacts { runs: until_now.collect(), ..LedgerFacts::default() };
    let decided = DecisionFacts {
        features: &settings.features,
        ledger: &facts,
        flags: &FlagFacts::default(),
        disagreements: &BTreeMap::new(),
        source: None,
        no_source: Some("a market of the tests"),
        untold: &BTreeMap::new(),
        since: &[],
        git: &GitFacts::default(),
        logs: None,
        sessions: &settings.sessions,
        thresholds: &settings.thresholds,
        max_age: Duration::from_secs(14 * 86_400),
        trusted_keys: &[],
        target: "http://localhost:8000",
        rules: &rules,
        keys: &BTreeMap::new(),
        judging: JUDGING,
        now,
    };
    let mut verdicts = Vec::new();
    for feature in &settings.features {
        let decided = decide(&decided, feature, Asked::This(decision));
        verdicts.push((feature.name.clone(), decided.verdict));
        verdicts.extend(
            decided.gates.into_iter().map(|it| (format!("{} {}", feature.name, it.code), it.verdict)),
        );
    }
    verdicts
}

/// The same stretches observed by one process a window that never crashed, only lost its connection.
fn single_runs(folder: &Path, observed: &Observed, script: &Script<'_>) -> LedgerPlace {
    let place = LedgerPlace::from(&format!("sqlite:{}", folder.join("single.db").display()));
    for ((key, piece), ObservedPiece { features: names, stretches }) in observed {
        let settings = match (script.reload, piece) {
            (Some((at, other)), piece) if *piece > 0 || key.opens >= at => other,
            _ => script.settings,
        };
        let features = settings.select(names).unwrap();
        let started_at = stretches[0].0;
        let mut run = SimulatedRun::new(features.clone(), settings, started_at);
        let closes = stretches.last().unwrap().1;
        let delay = SignedDuration::try_from(features[0].push_delay).unwrap();
        let mut end = None;
        for (index, (from, to)) in stretches.iter().enumerate() {
            if index > 0 {
                run.unplug(None);
            }
            run.open(*from, None);
            let is_last = index + 1 == stretches.len();
            let completed = is_last && ended_in_order(key, *to, script, delay);
            run.feed(*to, if completed { closes - delay } else { *to }, None);
            if is_last {
                end = Some(if completed { (Some(*to), End::Completed) } else { (None, End::Interrupted) });
            }
        }
        let (at, end) = end.unwrap();
        let begun = circumstances(&features, started_at, observer(key, 1));
        let mut record = record(&run.finish(at, end, None), &begun);
        let flags = features.iter().map(|it| (it.name.clone(), FlagState::Off)).collect();
        RunEnding { flags, ..RunEnding::default() }.add_to(&mut record);
        keep(&place, &[Entry::Run(Box::new(record))], Timestamp::MAX).unwrap();
    }
    place
}

/// Whether a stretch ended because its session did, or the configuration was read anew.
fn ended_in_order(
    key: &thor_cutover::watch::WindowKey,
    at: Timestamp,
    script: &Script<'_>,
    delay: SignedDuration,
) -> bool {
    let closed = at - delay;
    let is_reload = script.reload.is_some_and(|(reload, _)| reload == closed);
    let mut closes = ["balance", "market"]
        .iter()
        .flat_map(|feature| sessions(feature, key.opens.in_tz("UTC").unwrap().date(), 2, date(1999, 1, 1)));
    is_reload || closes.any(|(_, close)| close == closed)
}

fn union(mut windows: Vec<Window>) -> Vec<Window> {
    windows.sort_by_key(|window| window.from);
    let mut union: Vec<Window> = Vec::new();
    for window in windows {
        match union.last_mut() {
            Some(last) if window.from <= last.to => last.to = last.to.max(window.to),
            _ => union.push(window),
        }
    }
    union
}

fn length(windows: &[Window]) -> f64 {
    windows.iter().map(|window| window.to.duration_since(window.from).as_secs_f64()).sum()
}

/// Five weeks from a Monday on.
fn weeks(monday: Date, holiday: Date, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = (settings("2s", holiday), settings("3s", holiday));
    let day = |offset: i64| monday.saturating_add(offset.days());
    let (from, to) = (utc(monday, 0, 0), utc(day(35), 0, 0));
    let mut random = fastrand::Rng::with_seed(seed);
    let mut troubles: Vec<(Timestamp, Timestamp, Trouble)> = (0..35)
        .map(|offset| {
            let at = utc(day(offset), 0, 0) + SignedDuration::from_mins(random.i64(1..1_380));
            (at, at + SignedDuration::from_mins(random.i64(1..40)), Trouble::Crash)
        })
        .collect();
    let is_far = |at: Timestamp, crash: &(Timestamp, Timestamp, Trouble)| {
        crash.1 < at - SignedDuration::from_hours(1) || crash.0 > at + SignedDuration::from_hours(3)
    };
    // the disk is full in an afternoon, and the ledger is dead for an hour in which a window closes
    let (full, dead, reload) = (utc(day(9), 17, 0), utc(day(16), 15, 45), utc(day(23), 18, 0));
    troubles.retain(|crash| is_far(full, crash) && is_far(dead, crash) && is_far(reload, crash));
    assert!(troubles.len() >= 32);
    troubles.push((full, full + SignedDuration::from_mins(75), Trouble::DiskFull));
    troubles.push((dead, dead + SignedDuration::from_hours(1), Trouble::LedgerDead));
    let script = Script { settings: &before, reload: Some((reload, &after)), from, to, troubles: &troubles };
    let (place, observed) = Simulation::play(folder.path(), &script);
    let kept = runs(&place);

    // one window of evidence a session and feature; two on the day on which the rules changed
    let mut begun: Vec<(Timestamp, Vec<String>)> =
        observed.values().map(|piece| (piece.stretches[0].0, piece.features.clone())).collect();
    let features = |run: &RunRecord| run.features.iter().map(|it| it.feature.clone()).collect();
    let mut on_ledger: Vec<(Timestamp, Vec<String>)> =
        kept.iter().map(|run| (run.started_at, features(run))).collect();
    begun.sort();
    on_ledger.sort();
    assert_eq!(on_ledger, begun);
    let split: Vec<_> = observed.keys().filter(|(_, piece)| *piece > 0).collect();
    assert!(split.iter().all(|(key, piece)| *piece == 1
        && key.opens < reload
        && reload < key.opens + SignedDuration::from_hours(14)));
    assert_eq!(split.len(), 2, "the rules changed while New York was open: {split:?}");

    for feature in ["balance", "market"] {
        let windows: Vec<Window> = kept
            .iter()
            .flat_map(|run| {
                run.features.iter().filter(|it| it.feature == feature).flat_map(|it| it.windows.clone())
            })
            .collect();
        let merged = union(windows.clone());
        let (sum, once) = (length(&windows), length(&merged));
        assert!((sum - once).abs() < 0.001, "{feature}: {sum} s are kept, {once} s of them once");
        let sessions = sessions(feature, monday, 35, holiday);
        let minute = SignedDuration::from_mins(1);
        let (mut covered, mut missing) = (0u32, Vec::new());
        let mut at = from;
        while at < to {
            let next = at + minute;
            let near = minute + minute;
            let is_open = sessions.iter().any(|(open, close)| *open + near <= at && next + near <= *close);
            let is_closed = sessions.iter().all(|(open, close)| next <= *open || *close + near <= at);
            let is_troubled = troubles.iter().any(|(from, to, kind)| {
                *kind != Trouble::LedgerDead && *from - near <= next && at <= *to + near
            });
            let is_kept = merged.iter().any(|window| window.from <= at && next <= window.to);
            let is_touched = merged.iter().any(|window| window.from < next && at < window.to);
            let is_seam = reload - near <= next && at <= reload + near;
            assert!(!(is_closed && is_touched), "{feature} was observed at {at}, when no market was open");
            if is_open && !is_troubled && !is_seam {
                if is_kept { covered += 1 } else { missing.push(at) }
            }
            at = next;
        }
        assert!(
            missing.is_empty(),
            "{feature}: {} minutes are lost, such as {:?}",
            missing.len(),
            &missing[..missing.len().min(5)]
        );
        assert!(covered > if feature == "balance" { 8_000 } else { 20_000 }, "{feature}: {covered} minutes");
    }

    let single = single_runs(folder.path(), &observed, &script);
    let alone = runs(&single);
    let told = |runs: &[RunRecord]| {
        let mut told: Vec<String> = runs
            .iter()
            .map(|run| {
                let features: Vec<_> = run
                    .features
                    .iter()
                    .map(|it| (&it.feature, it.verdict, it.samples, &it.outcomes, &it.failing, &it.windows))
                    .collect();
                // one that was killed ends with its last observation, or when it was kept last
                let ended = (run.end == RunEnd::Completed).then_some(run.ended_at);
                format!("{} {ended:?} {features:?}", run.started_at)
            })
            .collect();
        told.sort();
        told
    };
    let (watched, single_told) = (told(&kept), told(&alone));
    for (watched, single) in watched.iter().zip(&single_told) {
        assert_eq!(watched, single);
    }
    assert_eq!(watched.len(), single_told.len());

    let facts = |place: &LedgerPlace| Ledger::open(place).unwrap().facts(Timestamp::MIN).unwrap();
    let (ours, theirs) = (facts(&place), facts(&single));
    let mut go = 0;
    for offset in 1..=35 {
        let now = utc(day(offset), 0, 0);
        let settings = if now < reload { &before } else { &after };
        for decision in [Decision::Cutover, Decision::Delete] {
            let (watched, single) =
                (verdicts(&ours, settings, decision, now), verdicts(&theirs, settings, decision, now));
            assert_eq!(watched, single, "{decision} on {now}");
            let covered = |feature: &str| {
                watched.contains(&(format!("{feature} sessions-covered"), Verdict::Go))
                    && watched.contains(&(format!("{feature} parity"), Verdict::Go))
            };
            go += usize::from(decision == Decision::Cutover && covered("balance") && covered("market"));
        }
    }
    assert!(go >= 20, "full sessions were covered on {go} days only");
}

#[test]
fn five_weeks_of_autumn_with_both_changes_of_the_clocks() {
    // London goes back on 25 October, New York on 1 November
    weeks(date(2026, 10, 12), date(2026, 11, 11), 7);
}

#[test]
fn five_weeks_of_spring_with_both_changes_of_the_clocks() {
    // New York goes forward on 14 March, London on 28 March
    weeks(date(2027, 3, 1), date(2027, 3, 26), 11);
}
