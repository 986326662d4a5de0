//! What a run's record says, and who may read what is kept.

use std::ffi::OsString;

use thor_cutover::evidence::{command_line, target_of};
use thor_cutover::model::run::Stretch;

use super::sample::{Run, at};

const START: &str = "2026-11-23T14:30:00Z";

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
fn time_in_which_nothing_was_judged_is_no_observed_time() {
    let mut run = Run::clean("positions", at(START), 100.0).gap(10.0, 12.0);
    let stretch = |from, to| Stretch { from, to };
    run.report.features[0].judged = vec![stretch(1.0, 20.0), stretch(66.0, 99.0)];
    let seconds: Vec<(i64, i64)> = run.record().features[0]
        .windows
        .iter()
        .map(|w| (w.from.as_second() - at(START).as_second(), w.to.as_second() - at(START).as_second()))
        .collect();
    assert_eq!(seconds, [(1, 10), (12, 20), (66, 99)]);
    run.report.features[0].judged.clear();
    assert!(run.record().features[0].windows.is_empty());
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

#[test]
fn nor_are_they_part_of_the_command_line() {
    let words = [
        "/opt/bin/thor-cutover",
        "shadow-diff",
        "--rest-url=http://me:secret@thor:8000/api?token=hush#x",
        "--evidence",
        "postgres://ada:secret@db/thor?password=hush",
        "--flags-url",
        "not a url",
        "it's",
    ];
    let said = command_line(&words.map(OsString::from));
    assert_eq!(
        said,
        "thor-cutover shadow-diff --rest-url=http://thor:8000/api --evidence postgres://db/thor --flags-url \
         'not a url' 'it'\\''s'"
    );
}

#[cfg(unix)]
#[test]
fn every_file_of_the_ledger_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    use jiff::Timestamp;
    use thor_cutover::evidence::{Kept, Ledger, keep};
    use thor_cutover::model::facts::ledger::Entry;

    use super::sample::store;

    let folder = tempfile::tempdir().unwrap();
    let run = Entry::Run(Box::new(Run::clean("positions", at(START), 60.0).record()));
    let kept = keep(&store(folder.path()), &[run], Timestamp::MAX).unwrap();
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
