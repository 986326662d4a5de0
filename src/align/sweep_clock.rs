//! The feature's clock, and when what is out of memory is swept out.

use std::time::Duration;

use crate::model::time::{Nanos, nanos};

/// How often what is out of memory is swept out, in observation time.
pub const SWEEP: Duration = Duration::from_secs(1);

/// Time as the observations tell it; it never goes back.
#[derive(Debug, Clone, Copy, Default)]
pub struct SweepClock {
    now: Nanos,
    swept: Nanos,
}

impl SweepClock {
    pub fn now(&self) -> Nanos {
        self.now
    }

    /// Moves on to `now`; returns the instant to sweep for, if one has come.
    ///
    /// That is always a whole multiple of [`SWEEP`], so that what is remembered when something is named does not depend
    /// on how often anybody looked at the clock.
    #[must_use]
    pub fn advance(&mut self, now: Nanos) -> Option<Nanos> {
        self.now = self.now.max(now);
        if now < self.swept + SWEEP {
            return None;
        }
        self.swept = Nanos(now.0 - now.0 % nanos(SWEEP));
        Some(self.swept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweeps_fall_on_whole_seconds_however_often_one_looks() {
        let mut clock = SweepClock::default();
        let swept: Vec<u64> = [400, 999, 1_300, 1_900, 1_200, 4_700]
            .into_iter()
            .filter_map(|at| Some(clock.advance(Nanos(at * 1_000_000))?.0))
            .collect();
        assert_eq!(swept, [1_000_000_000, 4_000_000_000]);
        assert_eq!(clock.now(), Nanos(4_700_000_000));
    }
}
