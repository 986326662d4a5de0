//! A clock that is set back by a day. What a clock that was ahead left is a file like any other, so none has to be set: the
//! day is added to what is there, and the tool is asked now.

use std::time::Duration;

use jiff::SignedDuration;
use thor_cutover::clock::Clock;
use thor_cutover::evidence::Ledger;
use thor_cutover::model::facts::ledger::Entry;

use super::{bytes, observe, runs, spawn, thor, wait_until};
use crate::control::tool::{Said, Tool};
use crate::ledger::sample::Run;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Killed, the clock set back, and gone on with: times go on from where they were, and what was between is a gap.
#[test]
fn a_run_is_gone_on_with_after_the_clock_was_set_back() {
    const RECORDED: [&str; 4] = ["--record", "run.ndjson", "--format", "json"];
    let (tool, thor) = (Tool::new(), thor());
    let recording = tool.path().join("run.ndjson");
    let mut child =
        spawn(observe(&tool, &thor, &[&RECORDED[..], &["--for", "60s", "--no-evidence"]].concat()));
    wait_until("some seconds are recorded", || bytes(&recording) > 60_000);
    child.kill().unwrap();
    child.wait().unwrap();
    let text = tool.read("run.ndjson");
    let begun: jiff::Timestamp = {
        let header: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        header["started_at"].as_str().unwrap().parse().unwrap()
    };
    std::fs::write(&recording, text.replacen(&begun.to_string(), &(begun + DAY).to_string(), 1)).unwrap();

    let output = observe(&tool, &thor, &[&RECORDED[..], &["--for", "6s", "--resume"]].concat()).output();
    let resumed = Said::of(output.unwrap()).exits(0);
    assert!(resumed.err.contains("the clock was set back since"), "{}", resumed.err);
    let report = resumed.json();
    assert_eq!(report["connection"]["gaps"].as_array().unwrap().len(), 1, "{report:#}");
    let again = tool.run(&["replay", "run.ndjson", "run.2.ndjson", "--format", "json"]).exits(0).json();
    assert_eq!(again["features"], report["features"]);

    // by the clock that it began with it is dated tomorrow, and no evidence of today's
    assert_eq!(runs(&tool)[0].started_at, begun + DAY);
}

/// What is written while the ledger is ahead says so, and what was seen then is not passed over by what is dated later.
#[test]
fn a_ledger_that_is_ahead_of_the_clock_is_said_and_keeps_its_order() {
    let tool = Tool::with_flags_off();
    let mut ledger = tool.ledger();
    let ahead = Run::clean("account_balance", Clock::wall() + DAY, 30.0).record();
    ledger.append(&[Entry::Run(Box::new(ahead.clone()))]).unwrap();
    drop(ledger);

    let enabled = tool.run(&["enable", "account_balance", "--force", "--reason", "a clock"]).exits(0);
    let entries = tool.entries();
    let change = entries.iter().find_map(|it| match it {
        Entry::FlagChange(change) => Some(change),
        _ => None,
    });
    let change = change.unwrap_or_else(|| panic!("no change: {entries:?} {}", enabled.out));
    assert!(change.at < ahead.ended_at);
    assert_eq!(change.written_after.map(|it| it.as_millisecond()), Some(ahead.ended_at.as_millisecond()));

    let thor = thor();
    let output = observe(&tool, &thor, &["--for", "8s", "--format", "json"]).output().unwrap();
    let observed = Said::of(output);
    assert!(observed.err.contains("still to come: a clock was set back"), "{}", observed.err);
    let kept = runs(&tool);
    let own = kept.iter().find(|it| it.id != ahead.id).expect("the run of now");
    assert_eq!(own.written_after.map(|it| it.as_millisecond()), Some(ahead.ended_at.as_millisecond()));
    assert_eq!(kept.iter().find(|it| it.id == ahead.id).unwrap().written_after, None);
}

/// Clocks of two machines are never quite the same.
#[test]
fn a_minute_ahead_is_nothing_to_talk_about() {
    let tool = Tool::with_flags_off();
    let run = Run::clean("account_balance", Clock::wall() + Duration::from_secs(60), 30.0).record();
    tool.ledger().append(&[Entry::Run(Box::new(run))]).unwrap();
    tool.run(&["rollback", "account_balance"]).exits(0);
    let entries = Ledger::read(&tool.store()).unwrap().unwrap().entries().unwrap();
    let is_marked = |it: &Entry| matches!(it, Entry::FlagChange(change) if change.written_after.is_some());
    assert!(!entries.iter().any(is_marked), "{entries:?}");
}
