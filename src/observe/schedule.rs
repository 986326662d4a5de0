//! When to poll and when to try again: pure arithmetic over instants, with seeded jitter.

use std::time::Duration;

use crate::model::time::Nanos;

/// The schedule polls no server more often than this.
pub const FLOOR: Duration = Duration::from_millis(50);

/// The ratio whose multiples spread most evenly over an interval.
const GOLDEN: f64 = 0.618_033_988_749_894_8;

/// Wishes for extra samples are granted at most this often, and at most two for each regular one.
pub const EXTRA_PAUSE: Duration = Duration::from_millis(500);

/// A small seeded generator; the seed is what makes runs of two observers not poll in step.
#[derive(Debug, Clone)]
pub struct Jitter(fastrand::Rng);

impl Jitter {
    pub fn seeded(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A seed for another one.
    pub fn seed(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// Uniform in `[0, 1)`.
    pub fn fraction(&mut self) -> f64 {
        self.0.f64()
    }
}

/// One feature's polls: time is cut into slots as long as `every`, and each has its poll somewhere in it. The
/// first is at `start`. The mean never drifts, and since the place moves on by the golden ratio from tick to tick it comes by every phase of
/// whatever period the server pushes in: no state that is lost again and again can hide between two polls.
/// Neighbours are 0.62 to 1.62 × `every` apart. A slot that passed while a poll was under way is left
/// out, not caught up on.
#[derive(Debug)]
pub struct Schedule {
    start: Nanos,
    every: Duration,
    /// The slot whose turn is next.
    slot: u64,
    /// Where in their slots the first and the newest poll are due, in `[0, 1)`.
    first: f64,
    phase: f64,
    /// When the server asked not to be polled before (429).
    not_before: Nanos,
    last_extra: Option<Nanos>,
}

impl Schedule {
    pub fn new(start: Nanos, every: Duration, mut jitter: Jitter) -> Self {
        let (every, first) = (every.max(FLOOR), jitter.fraction());
        Self { start, every, slot: 0, first, phase: first, not_before: Nanos::ZERO, last_extra: None }
    }

    /// The instant of the next regular poll, seen from `now`; the first is at once.
    pub fn next(&mut self, now: Nanos) -> Nanos {
        if self.slot == 0 {
            self.slot = 1;
            return self.start.max(self.not_before);
        }
        let present = now.since(self.start).as_secs_f64() / self.every.as_secs_f64() + self.first;
        self.slot = self.slot.max(present as u64);
        let mut due = self.place();
        if due <= now {
            due = self.place();
        }
        due.max(now + FLOOR).max(self.not_before)
    }

    /// The poll of the slot whose turn it is.
    fn place(&mut self) -> Nanos {
        self.phase = (self.phase + GOLDEN).fract();
        let slots = self.slot as f64 + self.phase - self.first;
        self.slot += 1;
        self.start + self.every.mul_f64(slots.max(0.0))
    }

    /// When a wish for a sample at `wanted` may be granted.
    pub fn extra(&self, wanted: Nanos) -> Nanos {
        let pause = EXTRA_PAUSE.max(self.every / 2);
        let earliest = self.last_extra.map_or(Nanos::ZERO, |last| last + pause);
        wanted.max(earliest).max(self.not_before)
    }

    /// Notes that an extra poll was made.
    pub fn extra_made(&mut self, now: Nanos) {
        self.last_extra = Some(now);
    }

    /// The server asked for a pause.
    pub fn pause_until(&mut self, until: Nanos) {
        self.not_before = self.not_before.max(until);
    }
}

/// Pauses between attempts to connect again: doubling from half a second to half a minute, halved at random so that
/// many observers do not come back together. Three lines of arithmetic on the run's own seed, which a crate would not
/// make shorter.
#[derive(Debug)]
pub struct Backoff {
    attempt: u32,
    jitter: Jitter,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(500);
    const LAST: Duration = Duration::from_secs(30);

    pub fn new(jitter: Jitter) -> Self {
        Self { attempt: 0, jitter }
    }

    pub fn pause(&mut self) -> Duration {
        let full = Self::FIRST.saturating_mul(1 << self.attempt.min(10)).min(Self::LAST);
        self.attempt += 1;
        full.mul_f64(0.5 + self.jitter.fraction() / 2.0)
    }

    /// The connection has proven itself.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn polls_do_not_drift_and_stay_in_their_slots() {
        let mut schedule = Schedule::new(Nanos(7), Duration::from_secs(1), Jitter::seeded(1));
        let mut now = schedule.next(Nanos(7));
        assert_eq!(now, Nanos(7));
        for k in 1..10_000u64 {
            // every answer takes 300 ms
            let next = schedule.next(now + Duration::from_millis(300));
            assert!((600..1_650).contains(&(next.since(now).as_millis())), "{now} {next}");
            assert!(next.0.abs_diff(7 + k * SECOND) < SECOND, "poll {k} at {next}");
            now = next;
        }
    }

    /// A state that recurs and lasts a sixth of the server's period is met within 40 polls, wherever
    /// it lies, even where the period is a multiple or a fraction of the interval.
    #[test]
    fn no_recurring_state_hides_between_two_polls() {
        for seed in 0..32 {
            for period in [SECOND / 2, SECOND, SECOND * 3 / 2, 2 * SECOND, 3 * SECOND] {
                let mut schedule = Schedule::new(Nanos::ZERO, Duration::from_secs(1), Jitter::seeded(seed));
                let mut now = Nanos::ZERO;
                let mut met = [false; 6];
                for _ in 0..40 {
                    now = schedule.next(now);
                    met[(now.0 % period * 6 / period) as usize] = true;
                }
                assert_eq!(met, [true; 6], "seed {seed}, period {period}");
            }
        }
    }

    #[test]
    fn a_slow_answer_skips_slots_instead_of_bunching_them() {
        let mut schedule = Schedule::new(Nanos::ZERO, Duration::from_secs(1), Jitter::seeded(1));
        schedule.next(Nanos::ZERO);
        let next = schedule.next(Nanos(5 * SECOND + SECOND / 2));
        assert!(next.0 > 5 * SECOND + SECOND / 2 && next.0 < 7 * SECOND, "{next}");
        let after = schedule.next(next);
        assert!(after.0 - next.0 > SECOND / 2 && after.0 - next.0 < 2 * SECOND, "{after}");
    }

    #[test]
    fn the_floor_and_a_request_to_wait_are_obeyed() {
        let mut schedule = Schedule::new(Nanos::ZERO, Duration::from_millis(1), Jitter::seeded(1));
        schedule.next(Nanos::ZERO);
        assert!(schedule.next(Nanos::ZERO) >= Nanos::ZERO + FLOOR);
        schedule.pause_until(Nanos(30 * SECOND));
        assert!(schedule.next(Nanos(SECOND)) >= Nanos(30 * SECOND));
        assert!(schedule.extra(Nanos(SECOND)) >= Nanos(30 * SECOND));
    }

    #[test]
    fn extra_samples_come_at_most_twice_a_second_and_two_for_each_regular_one() {
        for (every, pause) in [(10 * SECOND, 5 * SECOND), (SECOND / 10, SECOND / 2)] {
            let mut schedule = Schedule::new(Nanos::ZERO, Duration::from_nanos(every), Jitter::seeded(1));
            assert_eq!(schedule.extra(Nanos(5)), Nanos(5));
            schedule.extra_made(Nanos(5));
            assert_eq!(schedule.extra(Nanos(6)), Nanos(5 + pause));
        }
    }

    #[test]
    fn pauses_grow_to_their_cap_and_begin_anew() {
        let mut backoff = Backoff::new(Jitter::seeded(3));
        let pauses: Vec<_> = (0..40).map(|_| backoff.pause()).collect();
        assert!(pauses[0] <= Backoff::FIRST);
        assert!(pauses.iter().all(|pause| *pause >= Backoff::FIRST / 2 && *pause <= Backoff::LAST));
        assert!(pauses[39] >= Backoff::LAST / 2);
        backoff.reset();
        assert!(backoff.pause() <= Backoff::FIRST);
    }
}
