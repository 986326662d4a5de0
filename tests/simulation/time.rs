//! Simulated time: the paused clock of the runtime, sleep of the machine, and a wall clock that somebody sets.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use thor_cutover::clock::TimeSource;
use tokio::time::Instant;

/// When every simulation begins by the wall clock: a Monday, 2026-03-02T15:00:00Z.
const EPOCH_SECOND: i128 = 1_772_463_600;
const SECOND: i128 = 1_000_000_000;

/// The clocks of one seed. They go on from one life of the process to the next.
#[derive(Debug, Default)]
pub struct SimTime(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What had passed when the present life began; sleep and pauses included.
    before: i128,
    began: Option<Instant>,
    /// What the wall clock was set by.
    wall: i128,
}

impl SimTime {
    /// A run's clock is handed down as a value and lives as long as the process, so this does too: some bytes a seed.
    pub fn forever() -> &'static Self {
        Box::leak(Box::default())
    }

    /// The present runtime's clock counts from now on.
    #[expect(clippy::disallowed_methods, reason = "simulated time enters here")]
    pub fn begin(&self) {
        self.lock().began = Some(Instant::now());
    }

    /// The present runtime is about to end.
    pub fn end(&self) {
        let now = self.now();
        let mut state = self.lock();
        (state.before, state.began) = (now, None);
    }

    /// Time in which nothing runs: between two lives, or while the machine sleeps.
    pub fn pass(&self, time: Duration) {
        self.lock().before += time.as_nanos() as i128;
    }

    /// Somebody sets the wall clock.
    pub fn set_wall(&self, seconds: i64) {
        self.lock().wall += i128::from(seconds) * SECOND;
    }

    /// Nanoseconds since the simulation's beginning.
    #[expect(clippy::disallowed_methods, reason = "simulated time enters here")]
    pub fn now(&self) -> i128 {
        let state = self.lock();
        let passed = state.began.map_or(0, |began| (Instant::now() - began).as_nanos() as i128);
        state.before + passed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TimeSource for SimTime {
    fn counter(&self) -> i128 {
        self.now()
    }

    fn wall(&self) -> Timestamp {
        let wall = EPOCH_SECOND * SECOND + self.now() + self.lock().wall;
        Timestamp::from_nanosecond(wall).unwrap_or(Timestamp::MAX)
    }
}
