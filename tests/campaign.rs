//! The fault campaign: seeded worlds in virtual time, judged by the engine, compared with their truth.
//!
//! `campaign --worlds N [--from S]` runs N clean and N faulty worlds; `--seed S` tells one world's story
//! (`--fault` for the faulty one of that number). Without arguments a few hundred of each, for every test run.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

#[path = "campaign/mod.rs"]
mod campaign;

use campaign::faults::Fault;
use campaign::matrix::Matrix;
use campaign::world::World;
use campaign::{trace, trial};

const USAGE: &str =
    "usage: campaign [--worlds N] [--from SEED] [--fault KIND] | --seed SEED [--clean] [--wide]";

struct Plan {
    worlds: u64,
    from: u64,
    only: Option<Fault>,
    seed: Option<u64>,
    clean: bool,
    /// Characters of a payload that a trace shows.
    width: usize,
}

fn main() -> ExitCode {
    let plan = match read(std::env::args().skip(1)) {
        Ok(plan) => plan,
        Err(error) => {
            say(&format!("{error}\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    if let Some(seed) = plan.seed {
        let world = if plan.clean { World::clean(seed) } else { World::faulty(seed, kind(&plan, seed)) };
        let judged = trial::run(&world);
        say(&trace::tell(&world, &judged, plan.width));
        return ExitCode::SUCCESS;
    }
    let matrix = campaign(&plan);
    say(&matrix.text());
    if matrix.passes() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Worlds that once went wrong, as (seed, clean): a countdown heard after a sleep, one that no answer contradicted,
/// an entity of thousands of noisy states that took minutes to name.
const REMEMBERED: [(u64, bool); 4] = [(1875, true), (2020, true), (8405, false), (2441, false)];

/// The kind planted for a seed: all kinds in turn.
fn kind(plan: &Plan, seed: u64) -> Fault {
    plan.only.unwrap_or(Fault::ALL[(seed % Fault::ALL.len() as u64) as usize])
}

fn campaign(plan: &Plan) -> Matrix {
    let matrix = Mutex::new(Matrix::default());
    let next = AtomicU64::new(0);
    std::panic::set_hook(Box::new(|_| {}));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    // Even places are clean worlds, odd ones faulty; the remembered ones come after them.
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let (seed, clean) = if place < plan.worlds * 2 {
                        (plan.from + place / 2, place.is_multiple_of(2))
                    } else {
                        let remembered = REMEMBERED.get((place - plan.worlds * 2) as usize);
                        let Some(world) = remembered.filter(|_| plan.only.is_none()) else { break };
                        *world
                    };
                    one(plan, seed, clean, &matrix);
                }
            });
        }
    });
    matrix.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn one(plan: &Plan, seed: u64, clean: bool, matrix: &Mutex<Matrix>) {
    let tried = std::panic::catch_unwind(|| {
        let world = if clean { World::clean(seed) } else { World::faulty(seed, kind(plan, seed)) };
        let judged = trial::run(&world);
        let score = trial::score(&world, &judged.report);
        (world, judged, score)
    });
    let mut matrix = matrix.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    match tried {
        Ok((world, judged, score)) => matrix.add(&world, &judged.report, &score),
        Err(payload) => {
            let text = payload
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let side = if clean { " --clean" } else { "" };
            matrix.add_panic(seed, &format!("{side} {}", text.unwrap_or_default()));
        }
    }
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Plan, String> {
    let mut plan = Plan { worlds: 300, from: 1, only: None, seed: None, clean: false, width: 240 };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("not a number: {text}"));
        match argument.as_str() {
            "--worlds" => plan.worlds = number(value()?)?,
            "--from" => plan.from = number(value()?)?,
            "--seed" => plan.seed = Some(number(value()?)?),
            "--clean" => plan.clean = true,
            "--wide" => plan.width = usize::MAX,
            "--fault" => {
                let name = value()?;
                let found = Fault::ALL.into_iter().find(|fault| format!("{fault:?}") == name);
                plan.only =
                    Some(found.ok_or_else(|| format!("no such fault: {name} (of {:?})", Fault::ALL))?);
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
