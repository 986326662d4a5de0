//! The machine by itself, one event at a time.

use jiff::civil::{Weekday, time};
use jiff::{SignedDuration, Timestamp};
use thor_cutover::model::session::Session;
use thor_cutover::watch::{
    Action, CloseOrder, Hindrance, Scheduler, TargetPlan, WatchEvent, WindowEnding, WindowKey,
};

fn at(text: &str) -> Timestamp {
    format!("2026-11-23T{text}Z").parse().unwrap()
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// A target with one session, Monday 14:00 to 15:00.
fn target(name: &str, digest: &str) -> TargetPlan {
    let session = Session {
        name: "hour".to_owned(),
        time_zone: "UTC".to_owned(),
        open: time(14, 0, 0, 0),
        close: time(15, 0, 0, 0),
        days: vec![Weekday::Monday],
        holidays: Vec::new(),
        holidays_until: None,
        early_close: Default::default(),
        features: vec!["a".to_owned()],
    };
    TargetPlan {
        name: name.to_owned(),
        features: vec!["a".to_owned()],
        sessions: vec![session],
        digest: digest.to_owned(),
    }
}

fn key(target: &str) -> WindowKey {
    WindowKey { target: target.to_owned(), session: "hour".to_owned(), opens: at("14:00:00") }
}

/// Everything that is to be done now, but for looking through recordings.
fn actions(machine: &mut Scheduler, now: Timestamp) -> Vec<Action> {
    let all = std::iter::from_fn(|| machine.poll(now));
    all.filter(|action| *action != Action::Prune).collect()
}

fn opened(machine: &mut Scheduler, now: Timestamp) -> Vec<String> {
    let target = |action| match action {
        Action::Open(due) => due.key.target,
        other => panic!("{other:?} on {now}"),
    };
    actions(machine, now).into_iter().map(target).collect()
}

fn fail(machine: &mut Scheduler, now: Timestamp, target: &str, why: Hindrance) {
    let how = WindowEnding::Failed(why);
    machine.handle(now, WatchEvent::Ended { key: key(target), how, is_kept: true });
}

#[test]
fn it_sleeps_until_the_session_opens_and_after_it_closed() {
    let mut machine = Scheduler::new(vec![target("main", "1")], at("13:00:00"));
    assert_eq!(actions(&mut machine, at("13:00:00")), []);
    assert_eq!(machine.wake_at(at("13:00:00")), at("14:00:00"));
    assert_eq!(actions(&mut machine, at("13:59:59")), []);
    assert_eq!(opened(&mut machine, at("14:00:00")), ["main"]);
    assert_eq!(actions(&mut machine, at("14:30:00")), []);
    let ended = WatchEvent::Ended { key: key("main"), how: WindowEnding::Completed, is_kept: true };
    machine.handle(at("15:00:02"), ended);
    assert_eq!(actions(&mut machine, at("15:00:02")), []);
    assert!(machine.next_opening(at("15:00:02")).unwrap().key.opens > at("15:00:02") + seconds(6 * 86_400));
}

#[test]
fn a_failure_is_tried_again_after_a_pause_that_grows_to_a_minute() {
    let mut machine = Scheduler::new(vec![target("main", "1")], at("14:00:00"));
    let mut now = at("14:00:00");
    assert_eq!(opened(&mut machine, now), ["main"]);
    let mut pauses = Vec::new();
    for _ in 0..7 {
        fail(&mut machine, now, "main", Hindrance::Passing);
        assert_eq!(actions(&mut machine, now), []);
        let wake = machine.wake_at(now);
        pauses.push(wake.duration_since(now).as_secs());
        now = wake;
        assert_eq!(opened(&mut machine, now), ["main"]);
    }
    assert_eq!(pauses, [5, 10, 20, 40, 60, 60, 60]);
    assert_eq!((machine.hindered(), machine.is_trying_again()), (0, false), "it is being observed");
    fail(&mut machine, now, "main", Hindrance::Passing);
    assert_eq!((machine.hindered(), machine.is_trying_again()), (1, true));
    assert_eq!(actions(&mut machine, now), []);
    now = machine.wake_at(now);
    assert_eq!(opened(&mut machine, now), ["main"]);
    // one that was up for a while has begun anew
    now += seconds(400);
    fail(&mut machine, now, "main", Hindrance::Passing);
    assert_eq!(actions(&mut machine, now), []);
    assert_eq!(machine.wake_at(now), now + seconds(5));
    assert_eq!((machine.hindered(), machine.is_trying_again()), (0, true), "a hiccup");
    // and none is opened after the close
    now = at("14:59:58");
    assert_eq!(opened(&mut machine, now), ["main"]);
    fail(&mut machine, now, "main", Hindrance::Passing);
    assert_eq!(machine.opens_again(&key("main")), None, "nor is that said");
    assert_eq!(actions(&mut machine, at("15:00:10")), []);
}

#[test]
fn credentials_are_tried_three_times_and_other_targets_go_on() {
    let mut machine = Scheduler::new(vec![target("one", "1"), target("two", "1")], at("14:00:00"));
    assert_eq!(opened(&mut machine, at("14:00:00")), ["one", "two"]);
    for (refused, again) in [("14:00:01", "14:01:01"), ("14:01:02", "14:11:02")] {
        fail(&mut machine, at(refused), "one", Hindrance::Refused);
        assert_eq!(machine.opens_again(&key("one")), Some(at(again)));
        assert_eq!(machine.hindered(), 1, "one refusal is enough");
        assert_eq!(opened(&mut machine, at(again)), ["one"]);
    }
    fail(&mut machine, at("14:11:03"), "one", Hindrance::Refused);
    assert_eq!(machine.given_up().collect::<Vec<_>>(), ["one"]);
    assert_eq!(actions(&mut machine, at("14:59:00")), []);
    // what only a person can change is not tried again at all, and with the last target the service ends
    fail(&mut machine, at("14:59:01"), "two", Hindrance::Lasting);
    assert_eq!(actions(&mut machine, at("14:59:01")), [Action::Exit { in_order: false }]);
}

#[test]
fn a_configuration_that_is_another_one_opens_another_window_and_the_same_one_does_not() {
    let mut machine = Scheduler::new(vec![target("one", "1"), target("two", "1")], at("14:00:00"));
    assert_eq!(opened(&mut machine, at("14:00:00")), ["one", "two"]);
    machine.handle(at("14:10:00"), WatchEvent::Reloaded(vec![target("one", "1"), target("two", "2")]));
    let close = |target: &str| Action::Close { key: key(target), by: CloseOrder::Other };
    assert_eq!(actions(&mut machine, at("14:10:00")), [close("two")]);
    // the old window polls to its end before the new one begins
    assert_eq!(actions(&mut machine, at("14:10:01")), []);
    let ended = WatchEvent::Ended { key: key("two"), how: WindowEnding::Completed, is_kept: true };
    machine.handle(at("14:10:02"), ended);
    assert_eq!(opened(&mut machine, at("14:10:02")), ["two"]);
    // a target that is gone is closed and stays closed, and one that was given up is tried with the new configuration
    fail(&mut machine, at("14:11:00"), "two", Hindrance::Lasting);
    machine.handle(at("14:20:00"), WatchEvent::Reloaded(vec![target("two", "2")]));
    let told = actions(&mut machine, at("14:20:00"));
    assert!(
        matches!(told.as_slice(), [one, Action::Open(due)] if *one == close("one") && due.key == key("two")),
        "{told:?}"
    );
    let ended = WatchEvent::Ended { key: key("one"), how: WindowEnding::Completed, is_kept: true };
    machine.handle(at("14:20:02"), ended);
    assert_eq!(actions(&mut machine, at("14:20:02")), []);
}

#[test]
fn a_flag_that_is_flipped_opens_another_window_of_its_feature_and_of_no_other() {
    let mut machine = Scheduler::new(vec![target("one", "1"), target("two", "1")], at("14:00:00"));
    assert_eq!(opened(&mut machine, at("14:00:00")), ["one", "two"]);
    let flipped = |target: &str, feature: &str| WatchEvent::Flipped {
        target: target.to_owned(),
        features: vec![feature.to_owned()],
    };
    machine.handle(at("14:10:00"), flipped("one", "another"));
    assert_eq!(actions(&mut machine, at("14:10:00")), []);
    machine.handle(at("14:10:01"), flipped("one", "a"));
    let close = Action::Close { key: key("one"), by: CloseOrder::Other };
    assert_eq!(actions(&mut machine, at("14:10:01")), [close]);
    let ended = WatchEvent::Ended { key: key("one"), how: WindowEnding::Completed, is_kept: true };
    machine.handle(at("14:10:03"), ended);
    assert_eq!(opened(&mut machine, at("14:10:03")), ["one"]);
}

#[test]
fn what_a_crash_left_is_gone_on_with_where_its_session_is_open_and_settled_elsewhere() {
    let yesterday = WindowKey { opens: at("14:00:00") - seconds(7 * 86_400), ..key("main") };
    let mut machine = Scheduler::new(vec![target("main", "1")], at("14:30:00"));
    machine.handle(at("14:30:00"), WatchEvent::Left(key("main")));
    machine.handle(at("14:30:00"), WatchEvent::Left(yesterday.clone()));
    let told = actions(&mut machine, at("14:30:00"));
    let settle = |key: &WindowKey| Action::Settle(key.clone());
    assert!(
        matches!(told.as_slice(), [Action::Open(due), other] if due.key == key("main") && *other == settle(&yesterday)),
        "{told:?}"
    );
    machine.handle(at("14:30:01"), WatchEvent::Settled { key: yesterday.clone(), is_kept: false });
    assert_eq!(actions(&mut machine, at("14:30:02")), []);
    assert_eq!(actions(&mut machine, at("14:30:06")), [settle(&yesterday)]);
    machine.handle(at("14:30:07"), WatchEvent::Settled { key: yesterday, is_kept: true });
    // the one that is gone on with fails until its session is over: then what is on disk is what there is
    let how = WindowEnding::Failed(Hindrance::Passing);
    machine.handle(at("14:59:59"), WatchEvent::Ended { key: key("main"), how, is_kept: false });
    assert_eq!(actions(&mut machine, at("15:00:00")), [settle(&key("main"))]);
}

#[test]
fn evidence_that_waits_beside_a_ledger_is_brought_in_as_soon_as_that_answers() {
    let mut machine = Scheduler::new(vec![target("main", "1")], at("16:00:00"));
    assert!(!machine.is_evidence_waiting());
    machine.handle(at("16:00:00"), WatchEvent::Spooled { target: "main".to_owned() });
    assert!(machine.is_evidence_waiting());
    assert_eq!(actions(&mut machine, at("16:00:01")), []);
    let merge = Action::Merge { target: "main".to_owned() };
    assert_eq!(actions(&mut machine, at("16:00:05")), std::slice::from_ref(&merge));
    assert_eq!(actions(&mut machine, at("16:05:00")), [], "it is under way");
    machine.handle(at("16:05:00"), WatchEvent::Merged { target: "main".to_owned(), is_done: false });
    assert_eq!(actions(&mut machine, at("16:05:10")), [merge]);
    machine.handle(at("16:05:11"), WatchEvent::Merged { target: "main".to_owned(), is_done: true });
    assert_eq!(actions(&mut machine, at("17:00:00")), []);
    assert!(!machine.is_evidence_waiting());
}

#[test]
fn a_signal_closes_what_is_open_and_then_it_is_over() {
    let mut machine = Scheduler::new(vec![target("one", "1"), target("two", "1")], at("14:00:00"));
    assert_eq!(opened(&mut machine, at("14:00:00")), ["one", "two"]);
    fail(&mut machine, at("14:00:01"), "two", Hindrance::Passing);
    machine.handle(at("14:00:02"), WatchEvent::Stop);
    let close = Action::Close { key: key("one"), by: CloseOrder::Stop };
    assert_eq!(actions(&mut machine, at("14:00:02")), [close]);
    assert_eq!(actions(&mut machine, at("14:00:20")), [], "nothing is opened any more");
    machine.handle(
        at("14:00:21"),
        WatchEvent::Ended { key: key("one"), how: WindowEnding::Completed, is_kept: true },
    );
    assert_eq!(actions(&mut machine, at("14:00:21")), [Action::Exit { in_order: true }]);
    assert_eq!(actions(&mut machine, at("14:00:22")), []);
}

/// As on a disk that is full for the ledger and for what waits beside it: only the recording has it.
#[test]
fn evidence_that_could_be_kept_nowhere_waits_until_its_recording_is_judged() {
    let mut machine = Scheduler::new(vec![target("main", "1")], at("14:00:00"));
    assert_eq!(opened(&mut machine, at("14:00:00")), ["main"]);
    let (how, key) = (WindowEnding::Completed, key("main"));
    machine.handle(at("15:00:00"), WatchEvent::Ended { key: key.clone(), how, is_kept: false });
    assert!(machine.is_evidence_waiting());
    assert_eq!(actions(&mut machine, at("15:00:01")), [Action::Settle(key.clone())]);
    machine.handle(at("15:00:02"), WatchEvent::Settled { key: key.clone(), is_kept: false });
    assert!(machine.is_evidence_waiting());
    machine.handle(at("15:00:09"), WatchEvent::Settled { key, is_kept: true });
    assert!(!machine.is_evidence_waiting());
}
