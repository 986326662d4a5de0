//! What everything of one seed shares: the plan, the clocks, the weather, and a log of what the client got.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use tokio::sync::{Notify, broadcast, mpsc};

use crate::plan::{Death, Ms, Plan, Weather};
use crate::thor::Thor;
use crate::time::SimTime;
use crate::wire::Wire;

/// Nanoseconds of a millisecond.
pub const MS: i128 = 1_000_000;

/// Steps of a life beyond which it only spins: a hundred times what the longest takes.
const MAX_STEPS: u64 = 20_000_000;

/// Something that reached the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    pub life: usize,
    /// On the simulation's clock.
    pub at: i128,
    /// `stream`, or the feature that was polled.
    pub channel: &'static str,
    /// The number that the server gave it; `None` of an exchange that brought no data.
    pub number: Option<u64>,
}

/// What the server does to its clients at the moment.
#[derive(Debug, Default, Clone)]
pub struct Sky {
    until: BTreeMap<&'static str, i128>,
    pub handshake: u16,
    pub rest_status: u16,
    pub cut: usize,
}

impl Sky {
    pub fn is(&self, what: &str, now: i128) -> bool {
        self.until.get(what).is_some_and(|until| now < *until)
    }

    pub fn until(&self, what: &str) -> i128 {
        self.until.get(what).copied().unwrap_or(0)
    }
}

pub struct World {
    pub plan: Plan,
    pub time: &'static SimTime,
    pub thor: Mutex<Thor>,
    pub sky: Mutex<Sky>,
    pub wires: Mutex<Vec<Arc<Mutex<Wire>>>>,
    /// The files of the recording, and which life made each.
    pub files: Mutex<BTreeMap<PathBuf, usize>>,
    /// What the server says to every socket.
    pub hub: broadcast::Sender<Said>,
    pub killed: Notify,
    pub is_dead: AtomicBool,
    /// The lives in which the disk refused something.
    pub disk_failed: Mutex<BTreeSet<usize>>,
    /// When the machine fell asleep, and for how long.
    pub sleeps: Mutex<Vec<(i128, i128)>>,
    /// When somebody set the wall clock, and by how many seconds.
    pub sets: Mutex<Vec<(i128, i64)>>,
    life: AtomicU64,
    steps: AtomicU64,
    delivered: Mutex<Vec<Delivered>>,
    log: Mutex<String>,
    interrupt: Mutex<Option<mpsc::UnboundedSender<()>>>,
}

/// What the server says.
#[derive(Debug, Clone)]
pub enum Said {
    Text(String),
    Close(u16),
}

impl World {
    pub fn of(plan: Plan) -> Arc<Self> {
        Arc::new(Self {
            time: SimTime::forever(),
            thor: Mutex::new(Thor::of(&plan)),
            sky: Mutex::default(),
            wires: Mutex::default(),
            files: Mutex::default(),
            hub: broadcast::channel(4_096).0,
            killed: Notify::new(),
            is_dead: AtomicBool::new(false),
            disk_failed: Mutex::default(),
            sleeps: Mutex::default(),
            sets: Mutex::default(),
            life: AtomicU64::new(0),
            steps: AtomicU64::new(0),
            delivered: Mutex::default(),
            log: Mutex::default(),
            interrupt: Mutex::new(None),
            plan,
        })
    }

    /// A new life begins; what interrupts it is sent there.
    pub fn begin_life(&self, life: usize, interrupt: mpsc::UnboundedSender<()>) {
        self.life.store(life as u64, Ordering::Relaxed);
        self.steps.store(0, Ordering::Relaxed);
        self.is_dead.store(false, Ordering::Relaxed);
        // a kill that came when the life before was over anyway
        let _ = self.killed.notified().now_or_never();
        *lock(&self.interrupt) = Some(interrupt);
        lock(&self.wires).clear();
    }

    pub fn life(&self) -> usize {
        self.life.load(Ordering::Relaxed) as usize
    }

    /// Something goes on that waits now and then: a life may end at each of these.
    pub fn step(&self) {
        let step = self.steps.fetch_add(1, Ordering::Relaxed) + 1;
        assert!(step < MAX_STEPS, "seed {}: life {} spins", self.plan.seed, self.life());
        match self.plan.lives[self.life()] {
            Death::InterruptAtStep(at) if at == step => self.interrupt(),
            Death::ImpatienceAtStep(first, second) if step == first || step == second => self.interrupt(),
            Death::KillAtStep(at) if at == step => self.kill(),
            _ => {}
        }
    }

    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    pub fn interrupt(&self) {
        self.say("interrupted");
        if let Some(interrupt) = &*lock(&self.interrupt) {
            // a life that is over needs no word
            let _ = interrupt.send(());
        }
    }

    pub fn kill(&self) {
        self.say("killed");
        self.is_dead.store(true, Ordering::Relaxed);
        self.killed.notify_one();
    }

    pub fn deliver(&self, channel: &'static str, number: Option<u64>) {
        let at = self.time.now();
        let life = self.life();
        self.say(&format!("{channel} {number:?}"));
        lock(&self.delivered).push(Delivered { life, at, channel, number });
    }

    pub fn delivered(&self) -> Vec<Delivered> {
        lock(&self.delivered).clone()
    }

    pub fn say(&self, what: &str) {
        let _ = writeln!(lock(&self.log), "{} {}: {what}", self.life(), self.time.now());
    }

    pub fn log(&self) -> String {
        lock(&self.log).clone()
    }

    /// The weather changes.
    pub fn change(&self, weather: Weather) {
        self.say(&format!("{weather:?}"));
        let now = self.time.now();
        let lasting = |what: &'static str, ms: Ms| {
            lock(&self.sky).until.insert(what, now + i128::from(ms) * MS);
        };
        let wires = lock(&self.wires).clone();
        let sockets = || wires.iter().filter(|wire| lock(wire).is_socket);
        match weather {
            Weather::Reset => wires.iter().for_each(|wire| lock(wire).reset()),
            Weather::HalfClose => sockets().for_each(|wire| lock(wire).half_close()),
            // nobody may be listening
            Weather::Close(code) => drop(self.hub.send(Said::Close(code))),
            Weather::Stall(ms) | Weather::LongStall(ms) => lasting("stall", ms),
            Weather::BlackHole => sockets().for_each(|wire| lock(wire).swallow()),
            Weather::Refuse(ms) => lasting("refuse", ms),
            Weather::Unreachable(ms) => lasting("unreachable", ms),
            Weather::Handshake(ms, status) => {
                lock(&self.sky).handshake = status;
                lasting("handshake", ms);
            }
            Weather::Garbage(ms) => lasting("garbage", ms),
            Weather::RestStatus(ms, status) => {
                lock(&self.sky).rest_status = status;
                lasting("rest-status", ms);
            }
            Weather::RestPage(ms) => lasting("rest-page", ms),
            Weather::RestCut(ms, at) => {
                lock(&self.sky).cut = at;
                lasting("rest-cut", ms);
            }
            Weather::RestHang(ms) => lasting("rest-hang", ms),
        }
    }
}

/// A panic elsewhere is told there.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
