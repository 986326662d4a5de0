//! A ledger that cannot be trusted is a clear error with exit 4.

use std::path::{Path, PathBuf};

use thor_cutover::error::Error;
use thor_cutover::evidence::{Ledger, LedgerError, LedgerPlace};
use thor_cutover::model::facts::ledger::Entry;

use super::sample::{Run, at, store};

/// A ledger with 60 runs, closed.
fn filled(folder: &Path) -> PathBuf {
    let mut ledger = Ledger::open(&store(folder)).unwrap();
    let entries: Vec<Entry> = (0..60)
        .map(|n| {
            Entry::Run(Box::new(
                Run::clean("positions", at(&format!("2026-11-23T14:{n:02}:00Z")), 30.0).record(),
            ))
        })
        .collect();
    assert_eq!(ledger.append(&entries).unwrap().added, 60);
    ledger.path().to_owned()
}

/// Opens and reads everything, as a decision does.
fn read(folder: &Path) -> Result<usize, LedgerError> {
    let place = LedgerPlace::from(&store(folder)).within(std::time::Duration::from_millis(50));
    let mut ledger = Ledger::open(place)?;
    ledger.facts(at("2026-01-01T00:00:00Z")).map(|facts| facts.runs.len())
}

fn refused(folder: &Path, word: &str) {
    let error = read(folder).expect_err("an untrustworthy ledger");
    assert!(error.to_string().contains(word), "{error}");
    let error = Error::from(error);
    assert_eq!(error.exit_code(), 4);
    assert!(error.hint.is_some());
}

#[test]
fn a_healthy_one_is_read() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    assert_eq!(read(folder.path()).unwrap(), 60);
}

#[test]
fn truncated_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let whole = std::fs::read(&path).unwrap();
    for keep in [0, 7, 99, 100, 4096, 4100, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        std::fs::write(&path, &whole[..keep]).unwrap();
        let error = read(folder.path()).expect_err("a truncated ledger");
        assert!(
            matches!(error, LedgerError::Damaged { .. } | LedgerError::Foreign { .. }),
            "{keep} bytes: {error}"
        );
        assert_eq!(Error::from(error).exit_code(), 4);
    }
}

/// Flips one byte at many places: either it is noticed, or what is read is what was written.
#[test]
fn corrupted_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let whole = std::fs::read(&path).unwrap();
    let before = Ledger::open(&store(folder.path())).unwrap().facts(at("2026-01-01T00:00:00Z")).unwrap();
    let mut noticed = 0;
    for place in (0..whole.len()).step_by(1511) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x41;
        std::fs::write(&path, &bytes).unwrap();
        for leftover in ["evidence.db-wal", "evidence.db-shm"] {
            let _ = std::fs::remove_file(folder.path().join(leftover));
        }
        let read = Ledger::open(&store(folder.path())).and_then(|mut l| l.facts(at("2026-01-01T00:00:00Z")));
        match read {
            Ok(facts) => assert_eq!(facts.runs, before.runs, "byte {place} changed what is read"),
            Err(_) => noticed += 1,
        }
    }
    assert!(noticed > 20, "only {noticed} noticed: the test reached nothing");
}

#[test]
fn an_edited_row_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let connection = rusqlite::Connection::open(&path).unwrap();
    let changed = connection
        .execute(
            "UPDATE entry SET body = replace(body, '\"samples\":120', '\"samples\":999') WHERE rowid = 3",
            [],
        )
        .unwrap();
    assert_eq!(changed, 1);
    drop(connection);
    refused(folder.path(), "digest");
}

#[test]
fn of_a_newer_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    refused(folder.path(), "newer thor-cutover");
}

#[test]
fn of_another_program() {
    let folder = tempfile::tempdir().unwrap();
    rusqlite::Connection::open(folder.path().join("evidence.db"))
        .unwrap()
        .execute_batch("CREATE TABLE theirs (a)")
        .unwrap();
    refused(folder.path(), "another program");
    std::fs::write(folder.path().join("evidence.db"), "{\"not\":\"a database at all\"}").unwrap();
    refused(folder.path(), "does not begin as an SQLite database");
}

#[test]
fn a_folder_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("evidence.db")).unwrap();
    refused(folder.path(), "not a file");
}

#[cfg(unix)]
#[test]
fn read_only_or_writable_by_everybody() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::Permissions::from_mode;
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    std::fs::set_permissions(&path, mode(0o400)).unwrap();
    refused(folder.path(), "cannot be written");
    let mut reader = Ledger::read(&store(folder.path())).unwrap().expect("a ledger");
    assert_eq!(
        reader.facts(at("2026-01-01T00:00:00Z")).unwrap().runs.len(),
        60,
        "it may be read all the same"
    );
    drop(reader);
    std::fs::set_permissions(&path, mode(0o666)).unwrap();
    refused(folder.path(), "may be written by everybody");
}

#[test]
fn locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let holder = rusqlite::Connection::open(&path).unwrap();
    holder.execute_batch("PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE; DELETE FROM entry;").unwrap();
    refused(folder.path(), "locked by another program");
    drop(holder);
    assert_eq!(read(folder.path()).unwrap(), 60);
}

#[test]
fn another_kind_of_store_is_a_usage_error() {
    let error = Error::from(Ledger::open("mysql://db/evidence").expect_err("of no kind that is known"));
    assert_eq!(error.exit_code(), 2);
}
