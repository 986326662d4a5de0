//! What goes in comes out: facts, full reports, windows, the longer record of the same run.

use thor_cutover::evidence::{Kept, Ledger, keep, target_of};
use thor_cutover::model::facts::ledger::{Entry, Imported};
use thor_cutover::model::run::RunEnd;

use super::sample::{Run, at, store};

const START: &str = "2026-11-23T14:30:00Z";

#[test]
fn a_run_is_read_back_as_it_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::clean("positions", at(START), 600.0).divergent().record();
    let mut ledger = Ledger::open(&store(folder.path())).unwrap();
    assert_eq!(ledger.record_run(&run).unwrap().added, 1);

    let facts = ledger.facts(at(START)).unwrap();
    let mut without_reports = run.clone();
    without_reports.reports.clear();
    assert_eq!(facts.runs, [without_reports]);
    assert_eq!(ledger.entry(&run.id[..20]).unwrap(), Entry::Run(Box::new(run.clone())));
    assert!(ledger.facts(at("2026-11-24T00:00:00Z")).unwrap().runs.is_empty(), "older runs are left out");
    assert_eq!(ledger.record_run(&run).unwrap().known, 1, "the same run again adds nothing");
}

#[test]
fn a_longer_record_of_the_same_run_replaces_the_shorter_one_and_never_the_reverse() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(&store(folder.path())).unwrap();
    let mut minute = Run::clean("positions", at(START), 60.0);
    minute.report.end = RunEnd::Interrupted;
    let whole = Run::clean("positions", at(START), 600.0).record();
    ledger.record_run(&minute.record()).unwrap();
    assert_eq!(ledger.record_run(&whole).unwrap().replaced, 1);
    assert_eq!(ledger.record_run(&minute.record()).unwrap().known, 1);
    let Entry::Run(kept) = ledger.entry(&whole.id).unwrap() else { panic!("a run") };
    assert_eq!(kept.ended_at, at("2026-11-23T14:40:00Z"));
    assert_eq!(kept.reports.len(), 1, "the shorter run's report went with it");
}

#[test]
fn what_was_imported_does_not_replace_what_was_seen_here() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(&store(folder.path())).unwrap();
    ledger.record_run(&Run::clean("positions", at(START), 60.0).record()).unwrap();
    let mut other = Entry::Run(Box::new(Run::clean("positions", at(START), 600.0).record()));
    other.mark_imported(&Imported { at: at(START), from: "ci.ndjson".to_owned() });
    assert_eq!(ledger.append(&[other]).unwrap().known, 1);
    assert_eq!(ledger.facts(at(START)).unwrap().runs[0].ended_at, at("2026-11-23T14:31:00Z"));
}

#[test]
fn gaps_are_cut_out_of_the_observed_time() {
    let run =
        Run::clean("positions", at(START), 100.0).gap(10.0, 20.0).gap(15.0, 30.0).gap(95.0, 120.0).record();
    let seconds: Vec<(i64, i64)> = run.features[0]
        .windows
        .iter()
        .map(|w| (w.from.as_second() - at(START).as_second(), w.to.as_second() - at(START).as_second()))
        .collect();
    assert_eq!(seconds, [(0, 10), (30, 95)]);
}

#[test]
fn nothing_is_claimed_after_the_last_gap_that_is_listed() {
    let mut run = Run::clean("positions", at(START), 1000.0);
    for gap in 0..100 {
        run = run.gap(f64::from(gap) * 2.0 + 1.0, f64::from(gap) * 2.0 + 2.0);
    }
    let record = run.record();
    let last = record.features[0].windows.last().unwrap();
    assert_eq!(last.to.as_second() - at(START).as_second(), 199);
}

#[test]
fn credentials_are_no_part_of_the_target() {
    let url = "https://me:secret@thor.example:8443/base/?token=x#y".parse().unwrap();
    assert_eq!(target_of(&url), "https://thor.example:8443/base");
}

#[cfg(unix)]
#[test]
fn every_file_of_the_ledger_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let run = Entry::Run(Box::new(Run::clean("positions", at(START), 60.0).record()));
    let kept = keep(&store(folder.path()), &[run], Ledger::PATIENCE).unwrap();
    assert!(matches!(kept, Kept::Recorded { .. }));
    let _open = Ledger::open(&store(folder.path())).unwrap();
    let mut seen = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o177, 0, "{:?}", file.path());
        seen += 1;
    }
    assert!(seen >= 3, "the database, its log and its index: {seen}");
}
