//! Evidence the ledger would not take waits beside it and is merged at the next run.

#[cfg(target_os = "linux")]
use std::io::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use thor_cutover::evidence::{Kept, Ledger, LedgerError, LedgerPlace, keep, pending_path, to_line};
use thor_cutover::model::facts::ledger::Entry;

use super::sample::{Run, at, store};

const SHORT: Duration = Duration::from_millis(50);

fn entry(minute: u32) -> Entry {
    Entry::Run(Box::new(
        Run::clean("positions", at(&format!("2026-11-23T14:{minute:02}:00Z")), 30.0).record(),
    ))
}

#[test]
fn while_locked_evidence_waits_then_is_merged_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = Ledger::open(&store(folder.path())).unwrap().path().to_owned();
    let holder = rusqlite::Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    for minute in 0..2 {
        let kept =
            keep(LedgerPlace::from(&store(folder.path())).within(SHORT), &[entry(minute)], Timestamp::MAX)
                .unwrap();
        assert!(matches!(kept, Kept::Spooled { why: LedgerError::Locked { .. }, .. }), "{kept:?}");
    }
    drop(holder);
    let mut ledger = Ledger::open(&store(folder.path())).unwrap();
    assert_eq!(ledger.entries().unwrap().len(), 2);
    assert!(ledger.warnings()[0].contains("merged 2 entries"), "{:?}", ledger.warnings());
    let Entry::Run(run) = ledger.entry(entry(0).id()).unwrap() else { panic!("a run") };
    assert_eq!(run.reports.len(), 1, "the full report waited too");
    let again = Ledger::open(&store(folder.path())).unwrap();
    assert!(again.warnings().is_empty());
}

#[test]
fn a_torn_last_line_is_kept_apart_and_said() {
    let folder = tempfile::tempdir().unwrap();
    drop(Ledger::open(&store(folder.path())).unwrap());
    let whole = to_line(&entry(0));
    let torn = &to_line(&entry(1))[..100];
    std::fs::write(pending_path(&store(folder.path())), format!("{whole}{torn}")).unwrap();
    let mut ledger = Ledger::open(&store(folder.path())).unwrap();
    assert_eq!(ledger.entries().unwrap(), [without_reports(entry(0))]);
    assert!(ledger.warnings().iter().any(|w| w.contains("cannot be read")), "{:?}", ledger.warnings());
    let apart = std::fs::read_to_string(folder.path().join("pending.unreadable")).unwrap();
    assert_eq!(apart.trim_end(), torn);
}

#[test]
fn a_damaged_ledger_spools_and_stays_damaged() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("evidence.db"), "garbage garbage garbage").unwrap();
    let kept =
        keep(LedgerPlace::from(&store(folder.path())).within(SHORT), &[entry(0)], Timestamp::MAX).unwrap();
    let Kept::Spooled { path, why } = kept else { panic!("{kept:?}") };
    assert!(matches!(why, LedgerError::Damaged { .. }));
    assert_eq!(std::fs::read_to_string(path).unwrap(), to_line(&entry(0)));
    assert_eq!(
        std::fs::read_to_string(folder.path().join("evidence.db")).unwrap(),
        "garbage garbage garbage"
    );
}

/// A file system of 1 MiB, filled to the last block, in a mount namespace of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_spools_into_the_reserve() {
    const STEP: &str = "THOR_CUTOVER_TEST_FULL_DISK";
    if let Some(folder) = std::env::var_os(STEP) {
        return on_the_full_disk(std::path::Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=1m tmpfs \"$1\" && exec \"$2\" --exact --nocapture ledger::spool::a_full_disk_spools_into_the_reserve";
    let output = std::process::Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", script, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .env(STEP, folder.path())
        .output();
    match output {
        Ok(output) if output.status.success() => {
            assert!(
                String::from_utf8_lossy(&output.stdout).contains("full disk: held"),
                "the inner test ran"
            );
        }
        Ok(output)
            if String::from_utf8_lossy(&output.stdout).contains("panicked")
                || String::from_utf8_lossy(&output.stderr).contains("panicked") =>
        {
            panic!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
        }
        other => {
            writeln!(std::io::stderr(), "SKIPPED: no mount namespace here, so no full disk: {other:?}")
                .unwrap();
        }
    }
}

#[cfg(target_os = "linux")]
fn on_the_full_disk(folder: &std::path::Path) {
    let store = store(folder);
    drop(Ledger::open(&store).unwrap());
    let mut filler = std::fs::File::create(folder.join("filler")).unwrap();
    while filler.write_all(&[0; 1024]).is_ok() {}
    let kept = keep(LedgerPlace::from(&store).within(SHORT), &[entry(0)], Timestamp::MAX).unwrap();
    assert!(matches!(kept, Kept::Spooled { why: LedgerError::Full { .. }, .. }), "{kept:?}");
    std::fs::remove_file(folder.join("filler")).unwrap();
    let mut ledger = Ledger::open(&store).unwrap();
    assert_eq!(ledger.entries().unwrap(), [without_reports(entry(0))]);
    std::io::stdout().write_all(b"full disk: held\n").unwrap();
}

fn without_reports(entry: Entry) -> Entry {
    let Entry::Run(mut run) = entry else { return entry };
    run.reports.clear();
    Entry::Run(run)
}
