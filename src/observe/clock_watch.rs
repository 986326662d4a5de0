//! Keeps an eye on the clocks: says that the process runs, and when somebody sets the wall clock.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::clock::Clock;
use crate::model::observation::GapReason;
use crate::model::time::Nanos;
use crate::observe::queue::{Arrived, BEAT, Queue};
use crate::observe::stop::Stop;

/// A wall clock that moved this far against the run's clock between two looks was set.
const JUMP: Duration = Duration::from_secs(2);

/// What both clocks said at one moment.
#[derive(Debug, Clone, Copy)]
struct ClockReading {
    run: Nanos,
    wall: jiff::Timestamp,
}

/// Looks at both clocks until told to stop. A machine that slept is found out by the queue.
pub async fn watch(clock: Clock, queue: Arc<Queue>, mut stop: Stop) {
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = ClockReading { run: clock.now(), wall: clock.wall_now() };
    loop {
        tokio::select! {
            biased;
            () = stop.asked() => return,
            _ = beat.tick() => {}
        }
        queue.beat();
        let reading = ClockReading { run: clock.now(), wall: clock.wall_now() };
        if was_set(last, reading) {
            // the run's own clock did not notice: nothing was missed, but wall times before and after
            // cannot be compared
            queue.push(Arrived::Gap { reason: GapReason::ClockJump, lasted: Nanos::ZERO });
        }
        last = reading;
    }
}

fn was_set(before: ClockReading, after: ClockReading) -> bool {
    let passed = i128::from(after.run.0) - i128::from(before.run.0);
    let shown = after.wall.as_nanosecond() - before.wall.as_nanosecond();
    (shown - passed).unsigned_abs() > JUMP.as_nanos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(run_ms: i64, wall_ms: i64) -> ClockReading {
        let wall = jiff::Timestamp::from_millisecond(1_700_000_000_000 + wall_ms).unwrap();
        ClockReading { run: Nanos(u64::try_from(run_ms).unwrap() * 1_000_000), wall }
    }

    #[test]
    fn a_clock_that_is_set_is_told_from_one_that_drifts_or_slept() {
        assert!(!was_set(at(0, 0), at(250, 250)));
        assert!(!was_set(at(0, 0), at(250, 1900)), "an ordinary correction");
        assert!(!was_set(at(0, 0), at(3_600_000, 3_600_000)), "both clocks count sleep");
        assert!(was_set(at(0, 0), at(250, 3_600_250)));
        assert!(was_set(at(0, 10_000), at(250, 250)));
    }
}
