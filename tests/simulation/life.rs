//! The lives of one seed: `shadow-diff` as it is, from its arguments to its answer, in a world of the plan's.

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use clap::Parser as _;
use tempfile::TempDir;
use thor_cutover::cli::{Cli, Command, ShadowDiffArgs};
use thor_cutover::commands::shadow_diff::Call;
use thor_cutover::commands::shadow_diff::outside::Outside;
use thor_cutover::commands::shadow_diff::signals::Signals;
use thor_cutover::commands::shadow_diff::stop_rule::RunLength;
use thor_cutover::commands::shadow_diff::until_close::Close;
use thor_cutover::environment::Environment;
use thor_cutover::model::run::RunReport;
use thor_cutover::report::Answer as _;
use thor_cutover::settings::{self, Settings};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{sleep, timeout};

use crate::disk::{DiskCounts, SimDisk};
use crate::laws;
use crate::network::SimNetwork;
use crate::plan::{Beside, ClockFault, Death, Ms, Plan};
use crate::stores::SimStores;
use crate::thor;
use crate::world::{MS, World, lock};

/// What a life may take beyond what it is to observe: contact, farewell, evidence.
const LONGEST: Duration = Duration::from_secs(60);

const CONFIGURATION: &str = r#"
contract = "none"
[backend]
rest_url = "http://thor.sim:8000"
ws_url = "ws://thor.sim:8000/ws/"
connect_timeout = "2s"
request_timeout = "3s"
[recording]
identifiers = []
[source]
none = "a simulation"
[evidence]
store = "sqlite:evidence.db"
[features.positions]
order = 1
key = ["/symbol"]
rest = { path = "/api/positions", select = "/results", every = "1s" }
ws = { types = ["positions"], select = "/data/rows", carries = "snapshot", delivery = "periodic", every = "1s" }
[features.bars]
order = 2
key = ["/symbol"]
rest = { path = "/api/bars", select = "/bars", every = "1s" }
ws = { types = ["bar"], select = "/data", carries = "upsert", delivery = "on_change" }
"#;

/// How a life ended.
#[derive(Debug)]
pub enum Ended {
    Killed,
    /// Without an answer: the exit code and why.
    Refused(u8, String),
    Answered(Box<RunReport>, Vec<String>),
    Hung,
}

#[derive(Debug)]
pub struct Life {
    pub began: i128,
    pub ended: i128,
    pub steps: u64,
    pub how: Ended,
}

/// Everything that is left of one seed.
pub struct Past {
    pub world: Arc<World>,
    pub lives: Vec<Life>,
    pub folder: TempDir,
    pub recording: PathBuf,
    pub settings: Settings,
}

/// Lives through a plan.
pub fn live(plan: Plan) -> Past {
    let folder = folder();
    std::fs::write(folder.path().join("thor-cutover.toml"), CONFIGURATION).expect("a configuration");
    let name = if plan.is_compressed { "run.ndjson.zst" } else { "run.ndjson" };
    let recording = folder.path().join(name);
    let environment = Environment { folder: folder.path().to_owned(), ..Environment::default() };
    let cli = cli(&["shadow-diff"]);
    let mut options = cli.global.clone();
    options.config = Some(folder.path().join("thor-cutover.toml"));
    let settings = settings::load(&options, &environment).expect("a configuration of ours");
    if let Some(beside) = plan.beside {
        lay(beside, &settings);
    }
    let world = World::of(plan);
    let outside = Outside {
        time: world.time,
        network: Arc::new(SimNetwork(Arc::clone(&world))),
        disk: Arc::new(SimDisk { world: Arc::clone(&world), counts: Arc::new(DiskCounts::default()) }),
        stores: Arc::new(SimStores {
            fault: world.plan.ledger,
            opened: AtomicU64::new(0),
            appended: Arc::default(),
        }),
    };
    let mut lives = Vec::new();
    for number in 0..world.plan.lives.len() {
        let Command::ShadowDiff(arguments) = &cli.command else { unreachable!("it was asked for") };
        let arguments = ShadowDiffArgs {
            record: Some(recording.clone()),
            resume: number > 0,
            rotate: world.plan.rotate,
            every: Some(Duration::from_millis(world.plan.every)),
            ..arguments.clone()
        };
        let features = settings.select(&[]).expect("both features");
        let call = Call {
            cli: &cli,
            arguments: &arguments,
            environment: &environment,
            settings: &settings,
            features: &features,
        };
        lives.push(life(&world, number, &call, &outside));
        world.time.pass(Duration::from_millis(world.plan.pause));
    }
    Past { world, lives, folder, recording, settings }
}

pub fn cli(words: &[&str]) -> Cli {
    let words = ["thor-cutover", "--quiet"].iter().chain(words);
    Cli::try_parse_from(words).expect("a command line of ours")
}

/// Memory where there is some under a name: nothing here is about a real disk.
fn folder() -> TempDir {
    let memory = std::path::Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder")
}

/// What lies beside the ledger before the first life.
fn lay(beside: Beside, settings: &Settings) {
    let folder = &settings.evidence.folder;
    let done = match beside {
        Beside::Torn => std::fs::write(folder.join("pending.ndjson"), "{\"kind\":\"run\",\"id\":\"torn"),
        Beside::Unwritable => unwritable(settings).iter().try_for_each(std::fs::create_dir),
    };
    done.expect("beside the ledger");
}

/// The files where evidence could wait, as folders.
pub fn unwritable(settings: &Settings) -> Vec<PathBuf> {
    let name = |n| if n == 1 { "pending.ndjson".to_owned() } else { format!("pending.{n}.ndjson") };
    (1..=8).map(|n| settings.evidence.folder.join(name(n))).collect()
}

fn life(world: &Arc<World>, number: usize, call: &Call<'_>, outside: &Outside) -> Life {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let (interrupt, interrupts) = unbounded_channel();
    let began = world.time.now();
    let how = runtime.block_on(async {
        world.time.begin();
        world.begin_life(number, interrupt);
        tokio::spawn(thor::trade(Arc::clone(world)));
        tokio::spawn(fate(Arc::clone(world), began));
        let length = Duration::from_secs(world.plan.seconds);
        let signals = Signals::told_by(interrupts);
        let close = world.plan.is_by_wall.then(|| {
            let opens = outside.time.wall();
            Close { opens, at: opens + length, said: String::new() }
        });
        let wish = if close.is_some() { RunLength::Decided } else { RunLength::For(length) };
        let run = call.observe_now(wish, close, None, signals, None, outside);
        let lived = tokio::select! {
            biased;
            () = world.killed.notified() => Ended::Killed,
            done = timeout(length + LONGEST, counted(world, run)) => match done {
                Err(_) => Ended::Hung,
                Ok(Ok(answer)) => {
                    let hints = answer.hints();
                    Ended::Answered(Box::new(answer.report), hints)
                }
                Ok(Err(error)) => Ended::Refused(error.exit_code(), error.to_string()),
            },
        };
        world.time.end();
        if world.is_dead.load(Ordering::Relaxed) { Ended::Killed } else { lived }
    });
    // a kill leaves nobody who could write
    drop(runtime);
    let life = Life { began, ended: world.time.now(), steps: world.steps(), how };
    world.say(&format!("life {number} ends: {}", told(&life.how)));
    life
}

fn told(how: &Ended) -> String {
    match how {
        // whether the evidence was kept is told by threads, which have no order
        Ended::Answered(report, _) => format!("{:?}", laws::verdict(report)),
        other => format!("{other:?}"),
    }
}

/// The run, each of its polls a step.
async fn counted<T>(world: &World, run: impl Future<Output = T>) -> T {
    let mut run = pin!(run);
    std::future::poll_fn(|cx| {
        world.step();
        match run.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(done),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// What happens in this life, in order of its time.
async fn fate(world: Arc<World>, began: i128) {
    let since = |at: Ms| i128::from(at) * MS;
    enum Event {
        Weather(crate::plan::Weather),
        Clock(ClockFault),
        Interrupt,
        Kill,
    }
    let plan = &world.plan;
    let mut events: Vec<(i128, Event)> = Vec::new();
    events.extend(plan.weather.iter().map(|(at, it)| (since(*at), Event::Weather(*it))));
    events.extend(plan.clocks.iter().map(|(at, it)| (since(*at), Event::Clock(*it))));
    // what was due in an earlier life has happened
    events.retain(|(at, _)| *at >= began);
    match plan.lives[world.life()] {
        Death::Interrupt(at) => events.push((began + since(at), Event::Interrupt)),
        Death::Impatience(first, second) => {
            events.extend([first, second].map(|at| (began + since(at), Event::Interrupt)));
        }
        Death::Kill(at) => events.push((began + since(at), Event::Kill)),
        Death::Old | Death::InterruptAtStep(_) | Death::ImpatienceAtStep(..) | Death::KillAtStep(_) => {}
    }
    events.sort_by_key(|(at, _)| *at);
    for (at, event) in events {
        let left = u64::try_from(at - world.time.now()).unwrap_or(0);
        sleep(Duration::from_nanos(left)).await;
        match event {
            Event::Weather(weather) => world.change(weather),
            Event::Clock(ClockFault::Set(seconds)) => {
                world.say(&format!("the clock is set by {seconds} s"));
                lock(&world.sets).push((world.time.now(), seconds));
                world.time.set_wall(seconds);
            }
            Event::Clock(ClockFault::Sleep(ms)) => {
                world.say(&format!("the machine sleeps for {ms} ms"));
                lock(&world.sleeps).push((world.time.now(), i128::from(ms) * MS));
                world.time.pass(Duration::from_millis(ms));
            }
            Event::Interrupt => world.interrupt(),
            Event::Kill => world.kill(),
        }
    }
}
