//! The one place that reads clocks. Time enters here, once, and goes down as values.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use crate::model::time::Nanos;
use crate::system;

/// Where a clock takes its time from.
pub trait TimeSource: Debug + Sync {
    /// Nanoseconds since some instant before; they never go back.
    fn counter(&self) -> i128;
    /// Wall-clock time, which somebody may set.
    fn wall(&self) -> jiff::Timestamp;
}

/// The clocks of the machine.
#[derive(Debug, Clone, Copy)]
pub struct MachineTime;

/// A run's monotonic clock, and the wall clock at its start.
///
/// Where the system can tell, the time that the machine sleeps counts: a run that was suspended for an hour
/// is an hour older, and what it was blind for is a gap on its own clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    source: &'static dyn TimeSource,
    /// The counter's reading at the run's start; before the counter's own start for a run that is older
    /// than the machine's.
    origin: i128,
    started_at: jiff::Timestamp,
}

impl Clock {
    pub fn start() -> Self {
        Self::start_by(&MachineTime)
    }

    /// The clock of a run that begins now.
    pub fn start_by(source: &'static dyn TimeSource) -> Self {
        Self { source, origin: source.counter(), started_at: source.wall() }
    }

    /// The clock of a run that began at `started_at` by the wall clock and goes on now.
    pub fn resumed(source: &'static dyn TimeSource, started_at: jiff::Timestamp) -> Self {
        let age = source.wall().as_nanosecond() - started_at.as_nanosecond();
        Self { source, origin: source.counter() - age.max(0), started_at }
    }

    /// The same run's clock, which is past `at` by now whatever the wall clock says: that one may have been set back
    /// while nobody was looking.
    #[must_use]
    pub fn past(self, at: Nanos) -> Self {
        Self { origin: self.origin.min(self.source.counter() - i128::from(at.0)), ..self }
    }

    /// Nanoseconds since the run's start.
    pub fn now(&self) -> Nanos {
        Nanos(u64::try_from(self.source.counter() - self.origin).unwrap_or(0))
    }

    /// The run's instant as one that timers understand. They do not count sleep, so ask anew after it.
    #[expect(clippy::disallowed_methods, reason = "the clock is where time enters")]
    pub fn instant(&self, at: Nanos) -> tokio::time::Instant {
        let now = self.now();
        tokio::time::Instant::now() + Duration::from_nanos(at.0.saturating_sub(now.0))
    }

    pub fn started_at(&self) -> jiff::Timestamp {
        self.started_at
    }

    /// Wall-clock time where the run takes its own from.
    pub fn wall_now(&self) -> jiff::Timestamp {
        self.source.wall()
    }

    /// The machine's wall-clock time, for evidence and expiry.
    pub fn wall() -> jiff::Timestamp {
        MachineTime.wall()
    }
}

impl TimeSource for MachineTime {
    /// It goes on while the machine sleeps where the system has such a clock; else that is the system's choice.
    #[expect(clippy::disallowed_methods, reason = "the clock is where time enters")]
    fn counter(&self) -> i128 {
        static ORIGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        system::boot_time().unwrap_or_else(|| {
            let origin = ORIGIN.get_or_init(Instant::now);
            i128::try_from(origin.elapsed().as_nanos()).unwrap_or(i128::MAX)
        })
    }

    #[expect(clippy::disallowed_methods, reason = "the clock is where time enters")]
    fn wall(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_starts_at_zero_and_a_resumed_one_where_it_was() {
        let clock = Clock::start();
        let begun = clock.now();
        assert!(begun.0 < 1_000_000_000, "{begun}");
        std::thread::sleep(Duration::from_millis(20));
        assert!(clock.now().since(begun) >= Duration::from_millis(20));
        assert!(clock.instant(Nanos::ZERO) <= clock.instant(clock.now() + Duration::from_secs(1)));

        let hour_ago = clock.started_at() - Duration::from_secs(3600);
        let resumed = Clock::resumed(&MachineTime, hour_ago);
        assert_eq!(resumed.started_at(), hour_ago);
        assert!((3600..3660).contains(&(resumed.now().0 / 1_000_000_000)), "{}", resumed.now());
        assert_eq!(resumed.past(Nanos(1_000_000_000)).origin, resumed.origin, "it was past that anyway");

        let tomorrow = Clock::resumed(&MachineTime, clock.started_at() + Duration::from_secs(86_400));
        assert!(tomorrow.now().0 < 1_000_000_000, "{}", tomorrow.now());
        assert!((9..60).contains(&(tomorrow.past(Nanos(9_000_000_000)).now().0 / 1_000_000_000)));
    }
}
