//! The fault campaign: seeded worlds in virtual time, judged by the engine, compared with what a screen showed.
//!
//! `campaign --worlds N [--seed S] [--only FAULT|clean]` runs N worlds, half of them clean; `--seed S` alone tells
//! the story of one; `--write DIR` writes the failing ones, or that one, as recordings; `--stats` tells how the clean
//! ones look. Without arguments a hundred or two, for every test run.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use thor_cutover::model::thresholds::Thresholds;
use thor_cutover::recording::{Config, Header, Writer};

#[path = "campaign/mod.rs"]
mod campaign;

use campaign::clean_stats::CleanStats;
use campaign::faults::Fault;
use campaign::matrix::Matrix;
use campaign::score::{Score, score};
use campaign::world::World;
use campaign::{trace, trial};

const USAGE: &str = "usage: campaign [--worlds N] [--seed FIRST] [--only FAULT|clean] [--write DIR] [--stats] \
[--list N]\n       campaign --seed SEED [--only FAULT|clean] [--wide] [--write DIR]";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Only {
    Clean,
    Fault(Fault),
}

struct Plan {
    worlds: Option<u64>,
    seed: Option<u64>,
    only: Option<Only>,
    write: Option<PathBuf>,
    stats: bool,
    /// Failing seeds listed of one kind.
    list: usize,
    /// Characters of a payload that a story shows.
    width: usize,
}

/// Worlds of a run without arguments.
const FEW: u64 = 160;
/// Failing worlds that are written.
const WRITTEN: u64 = 50;

fn main() -> ExitCode {
    let plan = match read(std::env::args().skip(1)) {
        Ok(plan) => plan,
        Err(error) => {
            say(&format!("{error}\n{USAGE}\n"));
            return ExitCode::from(2);
        }
    };
    if let (Some(seed), None) = (plan.seed, plan.worlds) {
        return one(&plan, seed);
    }
    let (matrix, stats) = campaign(&plan);
    if plan.stats {
        say(&stats.text());
    }
    say(&matrix.text(plan.list));
    if matrix.broken().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(plan: &Plan, seed: u64) -> ExitCode {
    let world = draw(plan.only.unwrap_or(Only::Fault(kind(seed))), seed);
    let judged = trial::run(&world, true);
    say(&trace::tell(&world, &judged, plan.width));
    if let Some(folder) = &plan.write {
        match write(&world, &judged, folder) {
            Ok(path) => say(&format!("{}\n", path.display())),
            Err(error) => {
                say(&format!("{error}\n"));
                return ExitCode::from(4);
            }
        }
    }
    ExitCode::SUCCESS
}

/// The kind planted for a seed: all kinds in turn.
fn kind(seed: u64) -> Fault {
    Fault::ALL[(seed % Fault::ALL.len() as u64) as usize]
}

fn draw(only: Only, seed: u64) -> World {
    match only {
        Only::Clean => World::clean(seed),
        Only::Fault(fault) => World::faulty(seed, fault),
    }
}

fn campaign(plan: &Plan) -> (Matrix, CleanStats) {
    let matrix = Mutex::new(Matrix::default());
    let stats = Mutex::new(CleanStats::default());
    let next = AtomicU64::new(0);
    let written = AtomicU64::new(0);
    let worlds = plan.worlds.unwrap_or(FEW);
    let first = plan.seed.unwrap_or(1);
    std::panic::set_hook(Box::new(|_| {}));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut mine = CleanStats::default();
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= worlds {
                        break;
                    }
                    let (only, seed) = match plan.only {
                        Some(only) => (only, first + place),
                        // Even places are clean worlds, odd ones faulty.
                        None if place.is_multiple_of(2) => (Only::Clean, first + place / 2),
                        None => (Only::Fault(kind(first + place / 2)), first + place / 2),
                    };
                    if let Some(world) = judge(only, seed, plan, &matrix, &written)
                        && plan.stats
                    {
                        mine.add(&world);
                    }
                }
                lock(&stats).merge(mine);
            });
        }
    });
    let whole = |poisoned: std::sync::PoisonError<_>| poisoned.into_inner();
    (
        matrix.into_inner().unwrap_or_else(whole),
        stats.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner),
    )
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn judge(only: Only, seed: u64, plan: &Plan, matrix: &Mutex<Matrix>, written: &AtomicU64) -> Option<World> {
    let tried = std::panic::catch_unwind(|| {
        let world = draw(only, seed);
        let judged = trial::run(&world, plan.write.is_some());
        let score = score(&world, &judged.report);
        (world, judged, score)
    });
    match tried {
        Ok((world, judged, score)) => {
            lock(matrix).add(&world, &judged.report, judged.granted, &score);
            let fails = score > Score::Unseen;
            if let Some(folder) = plan.write.as_ref().filter(|_| fails)
                && written.fetch_add(1, Ordering::Relaxed) < WRITTEN
                && let Err(error) = write(&world, &judged, folder)
            {
                lock(matrix).add_panic(seed, "write", &error.to_string());
            }
            Some(world)
        }
        Err(payload) => {
            let text = payload
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let what = match only {
                Only::Clean => "clean".to_owned(),
                Only::Fault(fault) => format!("{fault:?}"),
            };
            lock(matrix).add_panic(seed, &what, &text.unwrap_or_default());
            None
        }
    }
}

/// Writes what the engine was given as a recording that `replay` judges the same way.
fn write(world: &World, judged: &trial::Judged, folder: &Path) -> anyhow::Result<PathBuf> {
    fs_err::create_dir_all(folder)?;
    let kind = match &world.truth.planted {
        Some((_, planted)) => format!("{:?}", planted.fault),
        None => "clean".to_owned(),
    };
    let path = folder.join(format!("{kind}-{}.ndjson", world.seed));
    let features = world.features();
    let header = Header {
        features: features.iter().map(|feature| feature.name.clone()).collect(),
        started_at: jiff::Timestamp::from_second(campaign::cell::EPOCH_SECOND)?,
        config: Some(Config { features, thresholds: Thresholds::default() }),
        ..Header::default()
    };
    let mut writer = Writer::create(&path, &header)?;
    for scene in &judged.heard {
        writer.write(&scene.observation)?;
    }
    writer.close()?;
    Ok(path)
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Plan, String> {
    let mut plan =
        Plan { worlds: None, seed: None, only: None, write: None, stats: false, list: 12, width: 240 };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("not a number: {text}"));
        match argument.as_str() {
            "--worlds" => plan.worlds = Some(number(value()?)?),
            "--seed" => plan.seed = Some(number(value()?)?),
            "--list" => plan.list = number(value()?)? as usize,
            "--write" => plan.write = Some(value()?.into()),
            "--stats" => plan.stats = true,
            "--wide" => plan.width = usize::MAX,
            "--only" => {
                let name = value()?;
                let fault = Fault::ALL.iter().find(|fault| format!("{fault:?}") == name);
                plan.only = match (name.as_str(), fault) {
                    ("clean", _) => Some(Only::Clean),
                    (_, Some(fault)) => Some(Only::Fault(*fault)),
                    _ => return Err(format!("no such fault: {name} (clean, or one of {:?})", Fault::ALL)),
                };
            }
            // What test runners pass to every test binary.
            "--nocapture" | "--quiet" | "-q" | "--test-threads=1" => {}
            other => return Err(format!("unknown argument {other}")),
        }
    }
    Ok(plan)
}

fn say(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
