//! Two versions of the tool on one ledger at once.

use std::path::Path;
use std::time::Duration;

use thor_cutover::evidence::Ledger;
use thor_cutover::model::facts::ledger::Entry;

use super::{observe, run, spawn, thor};
use crate::control::tool::{Said, Tool};

const NEWER: &str = "was written by a newer thor-cutover (its version is 3, this one knows up to 2)";

/// What the next version may do to the ledger: other tables, another number.
fn upgrade(store: &Path) {
    let connection = rusqlite::Connection::open(store).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    let sql = "BEGIN IMMEDIATE; ALTER TABLE entry ADD COLUMN next TEXT; PRAGMA user_version = 3; COMMIT;";
    connection.execute_batch(sql).unwrap();
}

fn database(tool: &Tool) -> std::path::PathBuf {
    tool.path().join(".thor-cutover/evidence.db")
}

#[test]
fn a_ledger_of_a_newer_version_is_refused_by_everybody_and_left_alone() {
    let tool = Tool::with_flags_off();
    tool.ledger().append(&[run(0)]).unwrap();
    upgrade(&database(&tool));
    let before = std::fs::read(database(&tool)).unwrap();
    let asked: [&[&str]; 8] = [
        &["checklist", "account_balance"],
        &["evidence", "list"],
        &["evidence", "prune", "--older-than", "1d", "--yes"],
        &["evidence", "verify"],
        &["report", "--format", "markdown"],
        &["sign-off", "account_balance", "--by", "Ada", "--role", "lead", "--note", "looked"],
        &["enable", "account_balance", "--force", "--reason", "newer"],
        &["shadow-diff", "account_balance", "--for", "60s"],
    ];
    for words in asked {
        let refused = tool.run(words).exits(4);
        assert!(refused.err.contains(NEWER), "{words:?}: {}", refused.err);
        assert!(
            refused.err.contains("hint: use the thor-cutover that wrote it"),
            "{words:?}: {}",
            refused.err
        );
        assert_eq!(refused.out, "", "{words:?}: no verdict");
    }
    assert!(tool.read(".env").contains("BALANCE=false"), "nothing was switched");
    // a rollback is never refused, and waits for whoever can write it down
    let rolled_back = tool.run(&["rollback", "account_balance"]).exits(0);
    let told = rolled_back.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains(NEWER) && told.contains("pending.ndjson"), "{told}");
    assert_eq!(std::fs::read(database(&tool)).unwrap(), before);
}

/// The older one has it open when the newer one brings it up to date: it writes nothing into tables that it does not know.
#[test]
fn a_ledger_that_is_upgraded_under_a_run_takes_no_more_of_it() {
    let (tool, thor) = (Tool::new(), thor());
    let child = spawn(observe(&tool, &thor, &["--for", "9s"]));
    // from its fifth second on the run has the ledger open
    super::wait_until("the run is kept for the first time", || {
        let read = Ledger::read(&tool.store()).ok().flatten();
        read.is_some_and(|mut ledger| ledger.entries().is_ok_and(|entries| !entries.is_empty()))
    });
    upgrade(&database(&tool));
    let rows = |connection: &rusqlite::Connection| -> String {
        connection.query_row("SELECT group_concat(body) FROM entry", [], |row| row.get(0)).unwrap()
    };
    let connection = rusqlite::Connection::open(database(&tool)).unwrap();
    let before = rows(&connection);
    let ended = Said::of(child.wait_with_output().unwrap()).exits(4);
    assert!(ended.err.contains(NEWER), "{}", ended.err);
    assert!(ended.err.contains("the evidence is safe in"), "{}", ended.err);
    assert_eq!(rows(&connection), before, "what is there was written by who knows the tables");
    assert!(tool.read(".thor-cutover/pending.ndjson").lines().count() >= 1);
}

/// Four that bring an older one up to date at once: one of them does it, and all of them are on it.
#[test]
fn an_older_ledger_is_brought_up_to_date_once_however_many_come() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ledger-of-version-1/evidence.db");
    for round in 0..10 {
        let tool = Tool::with_flags_off();
        tool.write(".thor-cutover/.gitignore", "*\n");
        std::fs::copy(&fixture, database(&tool)).unwrap();
        let sign = |name: &str| {
            spawn(tool.command(&[
                "sign-off",
                "positions",
                "--by",
                name,
                "--role",
                "lead",
                "--note",
                "looked",
            ]))
        };
        let children: Vec<_> = ["Ada", "Bob", "Cy", "Di"].map(sign).into_iter().collect();
        for child in children {
            Said::of(child.wait_with_output().unwrap()).exits(0);
        }
        let mut ledger = Ledger::open(&tool.store()).unwrap();
        let (entries, links) = ledger.whole().unwrap();
        assert_eq!((entries.len(), links.len()), (7, 7), "round {round}");
        let signed = entries.iter().filter(|it| matches!(it.entry, Entry::SignOff(_))).count();
        assert_eq!(signed, 4, "round {round}");
    }
}
