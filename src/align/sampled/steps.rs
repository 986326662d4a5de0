//! Whether pushes come when REST moves, or by a clock of their own.

use std::time::Duration;

use crate::model::time::Nanos;

/// −ln of the chance from which on it is none: one in a thousand.
const SURPRISE: f64 = 7.0;
/// A step whose push would have met it by chance this often says nothing.
const TELLS_NOTHING: f64 = 0.9;

/// REST's moves that were carried, and whether the push came with them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Steps {
    with_push: u32,
    without: u32,
    /// How unlikely it is that a clock of its own met all of `with_push`: −ln of the chance.
    surprise: f64,
}

impl Steps {
    /// Notes a move of REST's between `from` and `to` that a push of `arrival` carried; `pause`: the usual time
    /// between two pushes.
    pub fn note(&mut self, (from, to): (Nanos, Nanos), arrival: Nanos, pause: Duration) {
        let slack = pause / 8;
        let chance = (to.since(from) + slack * 2).as_secs_f64() / pause.as_secs_f64().max(1e-9);
        if chance >= TELLS_NOTHING {
            return;
        }
        if from <= arrival + slack && arrival <= to + slack {
            self.with_push += 1;
            self.surprise -= chance.ln();
        } else {
            self.without += 1;
        }
    }

    /// Whether pushes come when the data move: then a state that no push carried was owed.
    pub fn are_with_pushes(&self) -> bool {
        self.surprise >= SURPRISE && self.without * 19 <= self.with_push
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// Moves once a second, seen within a tenth of one, and pushes `late` after each, in parts of a second.
    fn moves(late: impl Fn(u64) -> u64) -> Steps {
        let mut steps = Steps::default();
        for second in 1..40 {
            let at = second * SECOND;
            let seen = (Nanos(at - SECOND / 20), Nanos(at + SECOND / 20));
            steps.note(seen, Nanos(at + late(second)), Duration::from_secs(1));
        }
        steps
    }

    #[test]
    fn pushes_that_come_with_the_moves_are_told_from_those_that_come_at_any_time() {
        assert!(moves(|_| SECOND / 10).are_with_pushes());
        assert!(!moves(|second| second * 7 % 10 * SECOND / 10).are_with_pushes());
    }

    #[test]
    fn a_push_that_any_time_would_have_met_says_nothing() {
        let mut steps = Steps::default();
        for second in 1..400 {
            let at = second * SECOND;
            steps.note((Nanos(at - SECOND), Nanos(at)), Nanos(at), Duration::from_secs(1));
        }
        assert!(!steps.are_with_pushes());
    }
}
