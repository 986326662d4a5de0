//! Several observers and a reader at once: nothing lost, no deadlock, no half-made file.

use std::sync::Barrier;

use thor_cutover::evidence::Ledger;

use super::sample::{Run, at, store};

#[test]
fn two_observers_and_a_reader_at_once() {
    const RUNS: u32 = 40;
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let start = Barrier::new(3);
    std::thread::scope(|scope| {
        for observer in 0..2 {
            let (store, start) = (&store, &start);
            scope.spawn(move || {
                start.wait();
                for run in 0..RUNS {
                    let from = at(&format!("2026-11-23T14:{run:02}:00Z"));
                    let mut sample = Run::clean("positions", from, 30.0);
                    sample.circumstances.observer = observer;
                    let mut ledger = Ledger::open(store).unwrap();
                    assert_eq!(ledger.record_run(&sample.record()).unwrap().added, 1);
                }
            });
        }
        let (store, start) = (&store, &start);
        scope.spawn(move || {
            start.wait();
            let mut seen = 0;
            for _ in 0..RUNS {
                let runs = Ledger::open(store).unwrap().facts(at("2026-01-01T00:00:00Z")).unwrap().runs.len();
                assert!(runs >= seen, "{runs} after {seen}");
                seen = runs;
            }
        });
    });
    let ledger = Ledger::open(&store).unwrap();
    assert_eq!(ledger.entries().unwrap().len(), 2 * RUNS as usize);
    assert!(ledger.warnings().is_empty(), "nothing had to wait: {:?}", ledger.warnings());
}
