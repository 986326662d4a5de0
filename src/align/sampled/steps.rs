//! Whether pushes come when REST moves, or by a clock of their own.

use std::collections::HashMap;
use std::time::Duration;

use crate::align::rhythm::PushRhythm;
use crate::align::sampled::MAX_SERIES;
use crate::model::time::Nanos;

/// −ln of the chance from which on it is none: one in a thousand.
const SURPRISE: f64 = 7.0;
/// No chance is taken for smaller, however little of the time it is.
const LEAST_CHANCE: f64 = 0.05;

/// REST's moves that were carried, and whether the push came with them.
///
/// A move is seen between two answers. If data moved at any time, as many moves would be seen between two answers
/// without a push near them as these are of all the time; answers that are asked for because of a push are no
/// exception, since it is the time between them that counts.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    with_push: u32,
    without: u32,
    /// Ticks of the stream, come or due, after which REST moved before the next, and those after which it did again.
    moved: u32,
    moved_again: u32,
    /// Between two answers with a push near them, and between any two.
    near_a_push: Duration,
    all: Duration,
    series: HashMap<u64, SeriesInterval>,
}

/// Of one series of answers.
#[derive(Debug, Clone, Copy)]
struct SeriesInterval {
    sent: Nanos,
    /// The tick after which REST moved last, and whether it did more than once.
    tick: Option<(Nanos, bool)>,
    /// Between its last two answers, until the pushes near them are known.
    pending: Option<(Nanos, Nanos)>,
}

/// How near a push is near.
fn slack(pause: Duration) -> Duration {
    pause / 8
}

impl Steps {
    /// Takes an answer of a series; `moved`: whether REST did since the one before.
    pub fn answered(
        &mut self,
        series: u64,
        (sent, received): (Nanos, Nanos),
        moved: bool,
        rhythm: &PushRhythm,
    ) {
        if self.series.len() >= MAX_SERIES && !self.series.contains_key(&series) {
            return;
        }
        let known = self.series.entry(series).or_insert(SeriesInterval { sent, tick: None, pending: None });
        if let Some(pause) = rhythm.median_pause() {
            if let Some((from, to)) = known.pending {
                let lasted = to.since(from);
                self.all += lasted;
                if rhythm.has_arrival(from - slack(pause), to + slack(pause)) {
                    self.near_a_push += lasted;
                }
            }
            if let Some(tick) = rhythm.tick(received + slack(pause), pause).filter(|_| moved) {
                match known.tick {
                    Some((before, again)) if before == tick => {
                        self.moved_again += u32::from(!again);
                        known.tick = Some((tick, true));
                    }
                    _ => {
                        self.moved += 1;
                        known.tick = Some((tick, false));
                    }
                }
            }
        }
        known.pending = (known.sent < sent).then_some((known.sent, received));
        known.sent = sent;
    }

    /// Notes a move of REST's between `from` and `to` that a push of `arrival` carried; `pause`: the usual time
    /// between two pushes.
    pub fn note(&mut self, (from, to): (Nanos, Nanos), arrival: Nanos, pause: Duration) {
        if from <= arrival + slack(pause) && arrival <= to + slack(pause) {
            self.with_push += 1;
        } else {
            self.without += 1;
        }
    }

    /// Whether pushes come when the data move: then a state that no push carried was owed.
    pub fn are_with_pushes(&self) -> bool {
        let chance = self.near_a_push.as_secs_f64() / self.all.as_secs_f64().max(1e-9);
        let surprise = -f64::from(self.with_push) * chance.clamp(LEAST_CHANCE, 1.0).ln();
        // Of data that are faster than the pushes, those that are carried are the ones that moved right before one.
        let is_slow = self.moved_again * 3 <= self.moved;
        surprise >= SURPRISE && is_slow && self.without * 19 <= self.with_push
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// A push a second; answers every quarter of one and right after each push, which see a move the next time they
    /// can. `moved`: whether REST moved between two such times, of which the second is right after a push or not;
    /// `is_carried`: whether a push says so.
    fn world(moved: impl Fn(u64, bool) -> bool, is_carried: impl Fn(u64) -> bool) -> Steps {
        let (mut steps, mut rhythm) = (Steps::default(), PushRhythm::default());
        let pause = Duration::from_secs(1);
        let mut before = Nanos::ZERO;
        let mut count = 0;
        for second in 1..60 {
            let push = Nanos(second * SECOND);
            rhythm.take(push);
            for after in [5, 250, 500, 750] {
                let at = push + Duration::from_millis(after);
                let received = at + Duration::from_millis(2);
                count += 1;
                let moves = moved(count, after == 5);
                steps.answered(0, (at, received), moves, &rhythm);
                if moves && is_carried(count) {
                    steps.note((before, received), push, pause);
                }
                before = at;
            }
        }
        steps
    }

    #[test]
    fn moves_that_come_with_the_pushes_are_told_from_those_that_come_at_any_time() {
        let all = |_| true;
        assert!(world(|_, is_after_push| is_after_push, all).are_with_pushes());
        assert!(!world(|count, _| count % 3 == 0, all).are_with_pushes());
        // Every second push is lost.
        assert!(world(|_, is_after_push| is_after_push, |count| count % 8 == 1).are_with_pushes());
        // Faster than the pushes: what they carry is what moved right before them.
        assert!(!world(|_, _| true, |count| count % 4 == 1).are_with_pushes());
    }

    /// All that is asked is asked because of a push, so that each move is seen right after one: that says nothing.
    #[test]
    fn answers_that_are_asked_for_because_of_a_push_prove_nothing() {
        let (mut steps, mut rhythm) = (Steps::default(), PushRhythm::default());
        let mut before = Nanos::ZERO;
        for second in 1..400 {
            let push = Nanos(second * SECOND);
            rhythm.take(push);
            let at = push + Duration::from_millis(5);
            steps.answered(0, (at, at), true, &rhythm);
            steps.note((before, at), push, Duration::from_secs(1));
            before = at;
        }
        assert!(!steps.are_with_pushes());
    }
}
