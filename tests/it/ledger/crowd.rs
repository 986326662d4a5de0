//! Eight observers and four checklists on one ledger, the server killed and started again twice: nothing is lost,
//! nothing is there twice.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use thor_cutover::evidence::{Kept, Ledger, LedgerError, LedgerPlace, keep};
use thor_cutover::model::facts::ledger::Entry;

use super::sample::{Run, at, store};
use super::server::{PASSWORD, Server};

const OBSERVERS: u32 = 8;
const CHECKLISTS: usize = 4;
const RUNS: u32 = 30;

fn run(observer: u32, minute: u32, seconds: f64) -> Entry {
    let mut run = Run::clean("positions", at(&format!("2026-11-23T14:{minute:02}:00Z")), seconds);
    run.circumstances.observer = observer;
    Entry::Run(Box::new(run.record()))
}

/// What was seen of the crowd besides what is on the ledger in the end.
#[derive(Debug, Default)]
struct Seen {
    recorded: AtomicUsize,
    spooled: AtomicUsize,
    read: AtomicUsize,
    unreachable: AtomicUsize,
}

/// Everybody at once, each machine with a folder of its own; `disturb` does what it does meanwhile.
fn crowd(place: impl Fn(&str) -> LedgerPlace + Sync, disturb: impl FnOnce()) -> Seen {
    let seen = Seen::default();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (place, seen, over) = (&place, &seen, &over);
        let observers: Vec<_> = (0..OBSERVERS)
            .map(|observer| {
                scope.spawn(move || {
                    let place = place(&format!("observer-{observer}")).within(Duration::from_secs(10));
                    for minute in 0..RUNS {
                        // as a run keeps itself: a shorter record first, then the longer one
                        for seconds in [20.0, 30.0] {
                            match keep(&place, &[run(observer, minute, seconds)], Timestamp::MAX).unwrap() {
                                Kept::Recorded { .. } => {
                                    seen.recorded.fetch_add(1, Ordering::Relaxed);
                                }
                                Kept::Spooled { why, .. } => {
                                    assert!(matches!(why, LedgerError::Unreachable { .. }), "{why}");
                                    seen.spooled.fetch_add(1, Ordering::Relaxed);
                                    std::thread::sleep(Duration::from_millis(200));
                                }
                            }
                        }
                        std::thread::sleep(Duration::from_millis(40));
                    }
                })
            })
            .collect();
        for _ in 0..CHECKLISTS {
            scope.spawn(move || {
                let mut most = 0;
                while !over.load(Ordering::Relaxed) {
                    let read = Ledger::read(place("checklist")).and_then(|ledger| {
                        ledger.map(|mut it| it.facts(at("2026-01-01T00:00:00Z"))).transpose()
                    });
                    match read {
                        Ok(facts) => {
                            let runs = facts.map_or(0, |facts| facts.runs.len());
                            assert!(runs >= most, "{runs} after {most}: a run was lost");
                            most = runs;
                            seen.read.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(LedgerError::Unreachable { .. }) => {
                            seen.unreachable.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(other) => panic!("a whole ledger was called something else: {other}"),
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
        }
        disturb();
        for observer in observers {
            observer.join().unwrap();
        }
        over.store(true, Ordering::Relaxed);
    });
    // the next time that each machine has something to say, what waited there is merged
    for observer in 0..OBSERVERS {
        Ledger::open(place(&format!("observer-{observer}"))).unwrap();
    }
    seen
}

fn each_run_is_there_once(mut ledger: Ledger) {
    let entries = ledger.entries().unwrap();
    let ids: BTreeSet<&str> = entries.iter().map(Entry::id).collect();
    assert_eq!((entries.len(), ids.len()), ((OBSERVERS * RUNS) as usize, (OBSERVERS * RUNS) as usize));
    for entry in &entries {
        let Entry::Run(run) = entry else { panic!("only runs were kept") };
        assert_eq!(run.ended_at.duration_since(run.started_at).as_secs(), 30, "the longer record");
        let Entry::Run(whole) = ledger.entry(&run.id).unwrap() else { panic!("a run") };
        assert_eq!(whole.reports.len(), 1);
    }
    let (_, links) = ledger.whole().unwrap();
    let writers: BTreeSet<&str> = links.iter().map(|link| link.writer.as_str()).collect();
    assert_eq!(writers.len(), OBSERVERS as usize);
    assert!(
        links.len() <= (2 * OBSERVERS * RUNS) as usize,
        "{} links: something was written twice",
        links.len()
    );
}

#[test]
fn postgres_killed_twice_loses_nothing_and_has_nothing_twice() {
    let server = Server::start();
    let database = server.database();
    let folder = tempfile::tempdir().unwrap();
    let place = |machine: &str| {
        let mut place = LedgerPlace::from(&database.url());
        place.password = Some(SecretString::from(PASSWORD));
        place.folder = folder.path().join(machine);
        place.writer = machine.to_owned();
        place
    };
    let seen = crowd(place, || {
        // in the middle of it, whatever the machine's speed
        for runs in [40, 120] {
            let written = || {
                let ledger = Ledger::read(place("watch")).unwrap();
                ledger.map_or(0, |mut ledger| ledger.entries().unwrap().len())
            };
            while written() < runs {
                std::thread::sleep(Duration::from_millis(10));
            }
            server.kill();
            std::thread::sleep(Duration::from_millis(500));
            server.run();
        }
    });
    let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
    assert!(count(&seen.spooled) > 0 && count(&seen.unreachable) > 0, "nobody noticed the kill: {seen:?}");
    // how much went straight in is the machine's affair
    assert!(count(&seen.recorded) > 0 && count(&seen.read) > 0, "nothing went straight in: {seen:?}");
    each_run_is_there_once(Ledger::open(place("desk")).unwrap());
    let said = format!("the crowd on PostgreSQL: {seen:?}\n");
    std::io::Write::write_all(&mut std::io::stderr(), said.as_bytes()).unwrap();
}

fn in_file(folder: &Path, machine: &str) -> LedgerPlace {
    let mut place = LedgerPlace::from(&store(folder));
    place.writer = machine.to_owned();
    place
}

#[test]
fn sqlite_has_each_run_once_too() {
    let folder = tempfile::tempdir().unwrap();
    let place = |machine: &str| in_file(folder.path(), machine);
    let seen = crowd(place, || {});
    assert_eq!(seen.spooled.load(Ordering::Relaxed), 0, "{seen:?}");
    each_run_is_there_once(Ledger::open(place("desk")).unwrap());
}

/// A file has no server that could be killed, so the observers are: all eight at once, twice, whatever they were
/// writing; then each begins again from its first run.
#[test]
fn sqlite_whose_observers_are_killed_twice_has_each_run_once() {
    const STEP: &str = "THOR_CUTOVER_TEST_OBSERVER";
    if let Some(said) = std::env::var_os(STEP).and_then(|said| said.into_string().ok()) {
        let (observer, folder) = said.split_once(' ').unwrap();
        let place =
            in_file(Path::new(folder), &format!("observer-{observer}")).within(Duration::from_secs(20));
        for minute in 0..RUNS {
            for seconds in [20.0, 30.0] {
                let kept =
                    keep(&place, &[run(observer.parse().unwrap(), minute, seconds)], Timestamp::MAX).unwrap();
                assert!(matches!(kept, Kept::Recorded { .. }), "{kept:?}");
            }
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let observers = || -> Vec<std::process::Child> {
        let observer = |number: u32| {
            std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "ledger::crowd::sqlite_whose_observers_are_killed_twice_has_each_run_once"])
                .env(STEP, format!("{number} {}", folder.path().display()))
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        };
        (0..OBSERVERS).map(observer).collect()
    };
    let written = || {
        let read = Ledger::read(in_file(folder.path(), "checklist")).unwrap();
        read.map_or(0, |mut ledger| ledger.facts(at("2026-01-01T00:00:00Z")).unwrap().runs.len())
    };
    let mut killed_at = Vec::new();
    for _ in 0..2 {
        let mut running = observers();
        let before = written();
        while written() < before + 20 {
            std::thread::sleep(Duration::from_millis(10));
        }
        for child in &mut running {
            child.kill().unwrap();
        }
        for child in &mut running {
            child.wait().unwrap();
        }
        killed_at.push(written());
    }
    assert!(killed_at.iter().all(|&runs| runs > 0 && runs < (OBSERVERS * RUNS) as usize), "{killed_at:?}");
    for mut child in observers() {
        assert!(child.wait().unwrap().success());
    }
    each_run_is_there_once(Ledger::open(in_file(folder.path(), "desk")).unwrap());
}
