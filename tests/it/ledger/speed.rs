//! A month of evidence is read and decided on in the time of a prompt.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use thor_cutover::evidence::Ledger;
use thor_cutover::model::facts::ledger::Entry;

use super::sample::{Run, at};
use super::stores::Fresh;

/// 22 sessions, each watched in runs of ten minutes, four features a run.
fn month() -> Vec<Entry> {
    let mut entries = Vec::new();
    for day in 0..22 {
        for part in 0..39 {
            let from = at("2026-11-01T14:30:00Z") + SignedDuration::from_secs(day * 86_400 + part * 600);
            let mut run = Run::clean("positions", from, 595.0);
            let one = run.report.features[0].clone();
            for name in ["account_balance", "intraday", "global_market"] {
                let mut other = one.clone();
                other.feature = name.to_owned();
                run.report.features.push(other);
            }
            entries.push(Entry::Run(Box::new(run.record())));
        }
    }
    entries
}

/// The best of five readings, as a checklist reads: opened, the chains checked, every run taken apart.
fn read_quickly(fresh: &Fresh, name: &str) {
    let entries = month();
    fresh.open().append(&entries).unwrap();
    let best = (0..5)
        .map(|_| {
            #[expect(clippy::disallowed_methods, reason = "a test that takes the time")]
            let start = Instant::now();
            let mut ledger = Ledger::read(fresh.place("reader")).unwrap().expect("a ledger");
            let facts = ledger.facts(at("2026-01-01T00:00:00Z")).unwrap();
            assert_eq!(facts.runs.len(), 22 * 39);
            start.elapsed()
        })
        .min()
        .unwrap();
    // The goal is 50 ms, of a server 100 ms, for the whole command in a release build; this one is not optimised.
    assert!(best < Duration::from_millis(1500), "{best:?}");
    let said = format!("{name}: {} runs of 4 features: {best:?}\n", entries.len());
    std::io::Write::write_all(&mut std::io::stderr(), said.as_bytes()).unwrap();
}

mod sqlite {
    #[test]
    fn a_month_of_evidence_is_read_quickly() {
        let fresh = super::Fresh::sqlite();
        super::read_quickly(&fresh, "sqlite");
        let bytes = std::fs::metadata(fresh.folder().join("evidence.db")).unwrap().len();
        assert!(bytes < 8 * 1024 * 1024, "{bytes} bytes");
    }
}

mod postgres {
    #[test]
    fn a_month_of_evidence_is_read_quickly() {
        super::read_quickly(&super::Fresh::postgres(), "postgres");
    }
}
