//! The emulator's state behind one lock: the world and its past, the planted faults, the counters.
//!
//! Locked for moments only, never across an await.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::broadcast::{self, Frame, Outbox};
use super::dice::Dice;
use super::fault::{Fault, Planted, PlayedFeature};
use super::world::{Pace, World, WorldStep};
use super::{Options, tokens};
use crate::clock::Clock;
use crate::model::time::Nanos;

/// What the emulator has done, for tests and for the demo's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    pub ticks: u64,
    /// Requests of each feature's endpoints that got past authentication.
    pub rest: BTreeMap<PlayedFeature, u64>,
    /// Answers with a planted 500.
    pub rest_failed: u64,
    /// Requests refused with 401.
    pub unauthorized: u64,
    pub logins: u64,
    pub refreshes: u64,
    pub handshakes: u64,
    pub handshakes_refused: u64,
    /// Frames handed to the sockets, by feature.
    pub sent: BTreeMap<PlayedFeature, u64>,
    /// Messages that a fault kept back.
    pub withheld: u64,
    /// Messages about somebody else's account or market.
    pub foreign: u64,
    /// Thor pings received.
    pub pings: u64,
    /// Sockets closed because they read too slowly for the emulator's own buffer.
    pub overrun: u64,
}

#[derive(Debug)]
pub(super) struct EmulatorState {
    pub clock: Clock,
    pub options: Options,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// The newest last; older ones only while a planted `StaleRest` wants them.
    worlds: VecDeque<(Nanos, Arc<World>)>,
    planted: Vec<Planted>,
    counters: Counters,
    generation: u64,
}

/// How one REST request is to be answered.
pub(super) struct RestPlan {
    pub world: Arc<World>,
    pub planted: Vec<Planted>,
    pub delay: Duration,
    pub fails: bool,
}

impl EmulatorState {
    pub fn new(options: Options) -> Self {
        let clock = Clock::start();
        let pace = Pace { bar: options.bar_ticks, market: options.market_ticks };
        let world = World::new(options.seed, options.dialect, pace, options.holdings, clock.started_at());
        let planted = options.faults.iter().cloned().map(|fault| Planted::new(fault, Nanos::ZERO)).collect();
        let inner = Inner {
            worlds: VecDeque::from([(Nanos::ZERO, Arc::new(world))]),
            planted,
            counters: Counters::default(),
            generation: 0,
        };
        Self { clock, options, inner: Mutex::new(inner) }
    }

    /// A panic elsewhere leaves whole values behind: each is replaced, never half-written.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn plant(&self, fault: Fault) {
        let planted = Planted::new(fault, self.clock.now());
        self.inner().planted.push(planted);
    }

    pub fn clear(&self) {
        self.inner().planted.clear();
    }

    pub fn expire_tokens(&self) {
        self.inner().generation += 1;
    }

    pub fn counters(&self) -> Counters {
        self.inner().counters.clone()
    }

    pub fn count(&self, count: impl FnOnce(&mut Counters)) {
        count(&mut self.inner().counters);
    }

    pub fn issue_access(&self) -> String {
        let generation = self.inner().generation;
        tokens::issue(tokens::TokenKind::Access, generation, Clock::wall(), self.options.access_lifetime)
    }

    pub fn access_is_good(&self, token: &str) -> bool {
        let generation = self.inner().generation;
        tokens::is_good(token, tokens::TokenKind::Access, generation, Clock::wall())
    }

    /// One step of the market, REST first, then what it sends.
    pub fn tick(&self, outbox: &mut Outbox) {
        let (now, wall) = (self.clock.now(), Clock::wall());
        let mut inner = self.inner();
        inner.counters.ticks += 1;
        let mut world = World::clone(inner.newest());
        let frozen = inner.planted.iter().any(|planted| planted.fault == Fault::Frozen);
        let step = if frozen { WorldStep::default() } else { world.step(wall) };
        let world = Arc::new(world);
        inner.remember(now, Arc::clone(&world));
        let timing = (now, self.options.tick);
        for message in broadcast::messages(&world, &step, wall) {
            let frames = outbox.take(message, &inner.planted, timing);
            inner.counters.withheld += u64::from(frames == 0);
        }
        if inner.planted.iter().any(|planted| planted.fault == Fault::Foreign) {
            for message in broadcast::foreign(&world, wall) {
                inner.counters.foreign += outbox.take(message, &[], timing) as u64;
            }
        }
        for planted in &mut inner.planted {
            if let Fault::Close { code, after } = planted.fault
                && !planted.spent
                && planted.reached(after, now)
            {
                planted.spent = true;
                outbox.put(now, Frame::Close(code));
            }
        }
    }

    /// Counts a request for a feature and says how to answer it.
    pub fn rest(&self, feature: PlayedFeature) -> RestPlan {
        let now = self.clock.now();
        let mut inner = self.inner();
        *inner.counters.rest.entry(feature).or_default() += 1;
        let ordinal: u64 = inner.counters.rest.values().sum();
        let mut plan = RestPlan {
            world: Arc::clone(inner.newest()),
            planted: inner.planted.clone(),
            delay: Duration::ZERO,
            fails: false,
        };
        for planted in &plan.planted {
            match planted.fault {
                Fault::StaleRest { feature: of, by } if of == feature => plan.world = inner.at(now - by),
                Fault::SlowRest { feature: of, by } if of == feature => plan.delay += by,
                Fault::RestErrors { percent } => {
                    plan.fails |= Dice::new(self.options.seed ^ ordinal).chance(percent);
                }
                _ => {}
            }
        }
        inner.counters.rest_failed += u64::from(plan.fails);
        plan
    }

    /// The newest world, for endpoints that belong to no feature.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(self.inner().newest())
    }

    pub fn is_mute(&self) -> bool {
        let now = self.clock.now();
        let mute =
            |planted: &Planted| matches!(planted.fault, Fault::Mute { after } if planted.reached(after, now));
        self.inner().planted.iter().any(mute)
    }

    /// The status that a planted fault answers handshakes with.
    pub fn handshake_status(&self) -> Option<u16> {
        self.inner().planted.iter().find_map(|planted| match planted.fault {
            Fault::Handshake { status } => Some(status),
            _ => None,
        })
    }
}

impl Inner {
    fn newest(&self) -> &Arc<World> {
        let (_, world) = self.worlds.back().expect("the first world is never dropped without a successor");
        world
    }

    /// The world of then, or the oldest that is known.
    fn at(&self, then: Nanos) -> Arc<World> {
        let past = self.worlds.iter().rev().find(|(since, _)| *since <= then);
        Arc::clone(past.map_or_else(|| self.newest(), |(_, world)| world))
    }

    fn remember(&mut self, now: Nanos, world: Arc<World>) {
        let oldest = self.planted.iter().filter_map(|planted| match planted.fault {
            Fault::StaleRest { by, .. } => Some(now - by),
            _ => None,
        });
        let wanted = oldest.min().unwrap_or(Nanos::MAX);
        self.worlds.push_back((now, world));
        while self.worlds.len() > 1 && self.worlds[1].0 <= wanted {
            self.worlds.pop_front();
        }
    }
}
