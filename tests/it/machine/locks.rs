//! Locks that others hold, as a slow file server or a process that was stopped would: waited for, then said, nothing lost.

use std::time::{Duration, Instant};

use thor_cutover::evidence::pending_path;
use thor_cutover::model::facts::ledger::Entry;

use super::{export, observe, run, runs, spawn, thor, waiting};
use crate::control::tool::{Said, Tool};

const SIGN: [&str; 8] =
    ["sign-off", "account_balance", "--by", "Ada", "--role", "lead", "--note", "looked at it"];

fn hold(tool: &Tool) -> rusqlite::Connection {
    drop(tool.ledger());
    let holder = rusqlite::Connection::open(tool.path().join(".thor-cutover/evidence.db")).unwrap();
    holder.execute_batch("PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE; DELETE FROM entry;").unwrap();
    holder
}

#[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn a_lock_that_is_given_back_is_waited_for() {
    let tool = Tool::with_flags_off();
    let holder = hold(&tool);
    let child = spawn(tool.command(&SIGN));
    std::thread::sleep(Duration::from_secs(2));
    drop(holder);
    Said::of(child.wait_with_output().unwrap()).exits(0);
    assert!(matches!(&tool.entries()[..], [Entry::SignOff(_)]));
}

#[test]
fn a_lock_that_is_never_given_back_is_an_error_and_no_verdict() {
    let tool = Tool::with_flags_off();
    let file = export(&tool, 3);
    let holder = hold(&tool);
    let asked: [&[&str]; 5] = [
        &SIGN,
        &["checklist", "account_balance"],
        &["evidence", "list"],
        &["evidence", "import", &file],
        &["report", "--format", "markdown"],
    ];
    for words in asked {
        let begun = now();
        let refused = tool.run(words).exits(4);
        assert!(refused.err.contains("locked by another program; waited 5s"), "{words:?}: {}", refused.err);
        assert!(refused.err.contains("hint: see who holds it"), "{words:?}: {}", refused.err);
        assert!(begun.elapsed() < Duration::from_secs(20), "{words:?} took {:?}", begun.elapsed());
    }
    drop(holder);
    assert_eq!(tool.entries(), []);
}

#[test]
fn a_run_that_ends_while_the_ledger_is_locked_waits_beside_it_and_counts_once() {
    let (tool, thor) = (Tool::new(), thor());
    drop(tool.ledger());
    let child = spawn(observe(&tool, &thor, &["--for", "8s"]));
    std::thread::sleep(Duration::from_secs(3));
    let holder = hold(&tool);
    let ended = Said::of(child.wait_with_output().unwrap()).exits(4);
    assert!(ended.err.contains("locked by another program"), "{}", ended.err);
    assert!(ended.err.contains("the evidence is safe in"), "{}", ended.err);
    drop(holder);
    let listed = tool.run(&["evidence", "list", "--format", "json"]).exits(0).json();
    assert_eq!(listed["entries"].as_array().unwrap().len(), 1, "it counts while it waits: {listed:#}");
    assert_eq!(runs(&tool).len(), 1);
    assert_eq!(runs(&tool).len(), 1, "merged once");
}

/// Ledger and spool in the hands of a process that does nothing: nobody hangs, and what was kept is kept.
#[test]
fn nobody_waits_for_a_process_that_holds_what_waits() {
    let tool = Tool::with_flags_off();
    let ledger = hold(&tool);
    let spool = std::fs::File::options().append(true).create(true).open(pending_path(&tool.store())).unwrap();
    std::io::Write::write_all(&mut &spool, waiting(0).as_bytes()).unwrap();
    spool.lock().unwrap();

    let begun = now();
    let rolled_back = tool.run(&["rollback", "account_balance"]).exits(0);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(rolled_back.out.contains("pending.2.ndjson"), "{}", rolled_back.out);
    drop(ledger);
    let begun = now();
    let signed = tool.run(&SIGN);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(signed.code, 0, "{}{}", signed.out, signed.err);
    spool.unlock().unwrap();

    let entries = tool.entries();
    let of = |kind: &str| entries.iter().filter(|it| it.kind() == kind).count();
    assert_eq!((of("run"), of("flag_change"), of("sign_off")), (1, 1, 1), "{entries:?}");
    assert_eq!(entries.iter().filter(|it| it.id() == run(0).id()).count(), 1);
}
