//! The one place that reads clocks. Time enters here, once, and goes down as values.

use std::time::{Duration, Instant};

use crate::model::time::Nanos;
use crate::system;

/// A run's monotonic clock, and the wall clock at its start.
///
/// Where the system can tell, the time that the machine sleeps counts: a run that was suspended for an hour
/// is an hour older, and what it was blind for is a gap on its own clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// The counter's reading at the run's start; before the counter's own start for a run that is older
    /// than the machine's.
    origin: i128,
    started_at: jiff::Timestamp,
}

impl Clock {
    pub fn start() -> Self {
        Self { origin: counter(), started_at: Self::wall() }
    }

    /// The clock of a run that began at `started_at` by the wall clock and goes on now.
    pub fn resumed(started_at: jiff::Timestamp) -> Self {
        let age = Self::wall().as_nanosecond() - started_at.as_nanosecond();
        Self { origin: counter() - age.max(0), started_at }
    }

    /// The same run's clock, which is past `at` by now whatever the wall clock says: that one may have been set back
    /// while nobody was looking.
    #[must_use]
    pub fn past(self, at: Nanos) -> Self {
        Self { origin: self.origin.min(counter() - i128::from(at.0)), ..self }
    }

    /// Nanoseconds since the run's start.
    pub fn now(&self) -> Nanos {
        Nanos(u64::try_from(counter() - self.origin).unwrap_or(0))
    }

    /// The run's instant as one that timers understand. They do not count sleep, so ask anew after it.
    #[expect(clippy::disallowed_methods, reason = "the clock is where time enters")]
    pub fn instant(&self, at: Nanos) -> Instant {
        let now = self.now();
        Instant::now() + Duration::from_nanos(at.0.saturating_sub(now.0))
    }

    pub fn started_at(&self) -> jiff::Timestamp {
        self.started_at
    }

    /// Wall-clock time, for evidence and expiry.
    #[expect(clippy::disallowed_methods, reason = "the clock is where time enters")]
    pub fn wall() -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

/// Nanoseconds since some instant before. They go on while the machine sleeps where the system has such a clock; else
/// that is its own choice.
#[expect(clippy::disallowed_methods, reason = "the clock is where time enters")]
fn counter() -> i128 {
    static ORIGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    system::boot_time().unwrap_or_else(|| {
        let origin = ORIGIN.get_or_init(Instant::now);
        i128::try_from(origin.elapsed().as_nanos()).unwrap_or(i128::MAX)
    })
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
        let resumed = Clock::resumed(hour_ago);
        assert_eq!(resumed.started_at(), hour_ago);
        assert!((3600..3660).contains(&(resumed.now().0 / 1_000_000_000)), "{}", resumed.now());
        assert_eq!(resumed.past(Nanos(1_000_000_000)).origin, resumed.origin, "it was past that anyway");

        let tomorrow = Clock::resumed(clock.started_at() + Duration::from_secs(86_400));
        assert!(tomorrow.now().0 < 1_000_000_000, "{}", tomorrow.now());
        assert!((9..60).contains(&(tomorrow.past(Nanos(9_000_000_000)).now().0 / 1_000_000_000)));
    }
}
