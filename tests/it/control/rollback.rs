//! `rollback` is never refused, is quick, and leaves its trace even where the ledger would not take it.

use std::time::{Duration, Instant};

use thor_cutover::model::facts::ledger::Entry;

use super::tool::Tool;

fn with_flags_on() -> Tool {
    let tool = Tool::new();
    tool.write(".env", "WS_FEATURE_ACCOUNT_BALANCE=true\n");
    tool.write("thor-frontend/.env", "VITE_WS_FEATURE_ACCOUNT_BALANCE=true\n");
    tool
}

fn is_off(tool: &Tool) -> bool {
    tool.read(".env") == "WS_FEATURE_ACCOUNT_BALANCE=false\n"
        && tool.read("thor-frontend/.env") == "VITE_WS_FEATURE_ACCOUNT_BALANCE=false\n"
}

#[test]
fn it_switches_both_sides_off_and_is_on_the_ledger() {
    let tool = with_flags_on();
    tool.run(&["rollback", "account_balance", "--rehearsal"]).exits(0);
    assert!(is_off(&tool));
    let entries = tool.entries();
    let [Entry::FlagChange(change)] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((change.on, change.rehearsal), (false, true));
    tool.run(&["rollback", "account_balance"]).exits(0);
    assert_eq!(tool.entries().len(), 2, "off already: the second rollback is on the ledger as well");
}

#[test]
fn it_does_not_wait_for_a_ledger_that_is_locked() {
    let tool = with_flags_on();
    let path = tool.ledger().path().to_owned();
    let holder = rusqlite::Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let said = tool.run(&["rollback", "account_balance"]).exits(0);
    assert!(is_off(&tool));
    assert!(said.out.contains("pending.ndjson"), "{}", said.out);
    drop(holder);
    assert_eq!(tool.entries().len(), 1, "merged when the ledger was opened next");
}

#[test]
fn neither_a_damaged_ledger_nor_a_broken_configuration_stops_it() {
    let tool = with_flags_on();
    tool.write(".thor-cutover/evidence.db", "not a database, but long enough to look at");
    tool.write("thor-cutover.toml", "[backend\nrest_url = 7");
    let said = tool.run(&["rollback", "account_balance"]).exits(0);
    assert!(is_off(&tool));
    assert!(said.out.contains("configuration was passed over"), "{}", said.out);
    assert!(tool.path().join(".thor-cutover/pending.ndjson").exists());
}

#[test]
fn no_place_for_a_ledger_does_not_stop_it() {
    let tool = with_flags_on();
    tool.write(".thor-cutover", "a file where the folder should be");
    let said = tool.run(&["rollback", "account_balance"]).exits(0);
    assert!(is_off(&tool));
    assert!(said.out.contains("on no ledger"), "{}", said.out);
}

#[test]
fn a_file_that_cannot_be_edited_keeps_no_other_from_being_edited() {
    let tool = with_flags_on();
    std::fs::remove_file(tool.path().join(".env")).unwrap();
    std::fs::create_dir(tool.path().join(".env")).unwrap();
    let said = tool.run(&["rollback", "account_balance"]).exits(4);
    assert_eq!(tool.read("thor-frontend/.env"), "VITE_WS_FEATURE_ACCOUNT_BALANCE=false\n");
    assert!(said.out.contains("edit it by hand"), "{}", said.out);
}

#[test]
fn a_misspelt_feature_is_a_usage_error_with_the_nearest_name() {
    let tool = with_flags_on();
    let said = tool.run(&["rollback", "acount_balance"]).exits(2);
    assert!(said.err.contains("account_balance"), "{}", said.err);
    assert!(!is_off(&tool));
}

#[test]
fn it_takes_less_than_a_tenth_of_a_second() {
    let tool = with_flags_on();
    drop(tool.ledger());
    let best = (0..10)
        .map(|_| {
            tool.write(".env", "WS_FEATURE_ACCOUNT_BALANCE=true\n");
            #[expect(clippy::disallowed_methods, reason = "a test that takes the time")]
            let start = Instant::now();
            tool.run(&["rollback", "account_balance"]).exits(0);
            start.elapsed()
        })
        .min()
        .unwrap();
    assert!(best < Duration::from_millis(100), "{best:?}");
}
