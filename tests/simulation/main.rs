//! The simulation of the shell: `shadow-diff` as it is, observing a small Thor by a network in memory, in simulated
//! time, with faults of network, disk, clocks, ledger and signals wherever it waits. One seed is one fate.
//!
//! `simulation [--seeds N] [--from K] [--list N]` lives through N seeds; `--seed S` tells the story of one. Without
//! arguments some dozens, for every test run.

mod disk;
mod frames;
mod laws;
mod life;
mod network;
mod plan;
mod stores;
mod tally;
mod thor;
mod time;
mod wire;
mod world;

#[path = "../campaign/dice.rs"]
#[allow(dead_code, reason = "the campaign draws more")]
mod dice;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::life::Past;
use crate::plan::Plan;
use crate::tally::Tally;
use crate::world::lock;

const USAGE: &str = "usage: simulation [--seeds N] [--from FIRST] [--list N]\n       simulation --seed SEED";

/// Seeds of a run without arguments: half a minute without optimisation, on two cores.
const FEW: u64 = 80;

/// Seeds of each run that are lived through twice, and have to leave the same.
const TWICE: u64 = 12;

/// Seeds that once broke a law, and what they found.
const FOUND: &[(u64, &str)] = &[
    (1, "the run waited for the very end of a window, at which there is nothing to do yet, and spun"),
    (253, "of a machine that slept the run woke first, and closed windows before it knew of the sleep"),
    (12304, "no fault: a law counted a clock that was set twice within one look as two jumps"),
    (12457, "no fault: a law counted time asleep as time in which evidence has to be kept"),
];

/// A seed that takes longer than this by a real clock hangs where no simulated one sees it.
const STUCK: Duration = Duration::from_secs(300);

struct Call {
    seeds: Option<u64>,
    from: u64,
    seed: Option<u64>,
    /// Broken seeds that are listed.
    list: usize,
}

fn main() -> ExitCode {
    let call = match read(std::env::args().skip(1)) {
        Ok(call) => call,
        Err(error) => {
            say(&format!("{error}\n{USAGE}\n"));
            return ExitCode::from(2);
        }
    };
    match call.seed {
        Some(seed) => story(seed),
        None => all(&call),
    }
}

/// Everything that happened to one seed.
fn story(seed: u64) -> ExitCode {
    let past = life::live(Plan::of(seed));
    let broken = laws::broken(&past);
    say(&format!("{:#?}\n{}", past.world.plan, past.world.log()));
    for life in &past.lives {
        say(&format!("{:?}\n", life.how));
    }
    broken.iter().for_each(|law| say(&format!("BROKEN: {law}\n")));
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn all(call: &Call) -> ExitCode {
    let seeds = call.seeds.unwrap_or(FEW);
    let found = FOUND.iter().map(|(seed, _)| *seed);
    let queue: Vec<u64> = found.chain(call.from..call.from.saturating_add(seeds)).collect();
    let (next, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let (tally, broken) = (Mutex::new(Tally::default()), Mutex::new(BTreeMap::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let running: Vec<Mutex<Option<u64>>> = (0..threads).map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        let workers: Vec<_> = running
            .iter()
            .map(|mine| {
                let work = || {
                    while let Some(seed) = queue.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                        *lock(mine) = Some(*seed);
                        let is_twice = *seed < call.from.saturating_add(TWICE);
                        let laws = tried(*seed, is_twice, &tally);
                        if !laws.is_empty() {
                            lock(&broken).insert(*seed, laws);
                        }
                    }
                };
                scope.spawn(work)
            })
            .collect();
        scope.spawn(|| look_after(&running, &over));
        for worker in workers {
            let _ = worker.join();
        }
        over.store(true, Ordering::Relaxed);
    });
    say(&lock(&tally).text());
    let broken = lock(&broken);
    for (seed, laws) in broken.iter().take(call.list) {
        laws.iter().for_each(|law| say(&format!("seed {seed}: {law}\n")));
    }
    say(&format!("{} seeds, {} broke a law\n", queue.len(), broken.len()));
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The laws that a seed breaks.
fn tried(seed: u64, is_twice: bool, tally: &Mutex<Tally>) -> Vec<String> {
    let once = || {
        let past = life::live(Plan::of(seed));
        let broken = laws::broken(&past);
        (left(&past), broken, past)
    };
    let done = std::panic::catch_unwind(|| {
        let (first, mut broken, past) = once();
        if is_twice && first != once().0 {
            broken.push("the second time something else happened".to_owned());
        }
        (past, broken)
    });
    match done {
        Ok((past, broken)) => {
            lock(tally).add(&past);
            broken
        }
        Err(panic) => {
            let told = panic.downcast_ref::<String>().cloned();
            let told = told.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            vec![format!("panic: {}", told.unwrap_or_default())]
        }
    }
}

/// What one seed leaves: its log, its recording, its last report.
fn left(past: &Past) -> (String, Vec<Vec<u8>>, String) {
    let files = thor_cutover::recording::existing(&past.recording);
    let bytes = files.iter().map(|path| std::fs::read(path).unwrap_or_default()).collect();
    let folder = past.folder.path().display().to_string();
    (
        past.world.log().replace(&folder, ""),
        bytes,
        format!("{:?}", laws::last_report(past).map(|report| &report.features)),
    )
}

/// Ends everything where a seed does not end, and says which.
fn look_after(running: &[Mutex<Option<u64>>], over: &AtomicBool) {
    let every = Duration::from_millis(200);
    let mut known: Vec<(Option<u64>, Duration)> = vec![(None, Duration::ZERO); running.len()];
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(every);
        for (seed, known) in running.iter().zip(&mut known) {
            let seed = *lock(seed);
            *known = if known.0 == seed { (seed, known.1 + every) } else { (seed, Duration::ZERO) };
            if let (Some(seed), true) = (seed, known.1 > STUCK) {
                say(&format!("seed {seed} does not end\n"));
                std::process::abort();
            }
        }
    }
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Call, String> {
    let mut call = Call { seeds: None, from: 1, seed: None, list: 20 };
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let text = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
            text.parse::<u64>().map_err(|_| format!("not a number: {text}"))
        };
        match argument.as_str() {
            "--seeds" => call.seeds = Some(number()?),
            "--from" => call.from = number()?,
            "--seed" => call.seed = Some(number()?),
            "--list" => call.list = number()? as usize,
            // What test runners pass to every test binary.
            "--nocapture" | "--quiet" | "-q" | "--test-threads=1" => {}
            other => return Err(format!("unknown argument {other}")),
        }
    }
    Ok(call)
}

fn say(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
