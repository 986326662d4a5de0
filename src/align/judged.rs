//! The time that a run's answers account for.
//!
//! An answer that failed, waited or was not covered proves nothing, and neither does the time around it: what a run
//! may be evidence of reaches from one judged answer to the next, and no farther than answers are usually apart.

use std::time::Duration;

use crate::model::feature::Feature;
use crate::model::run::Stretch;
use crate::model::time::Nanos;

/// Stretches told apart; what lies apart beyond these is not claimed.
const MAX_STRETCHES: usize = 256;
/// However slow the sources are.
const LONGEST_REACH: Duration = Duration::from_secs(60);

/// Stretches of judged answers, in order of time, each farther than the reach from the next.
#[derive(Debug, Clone)]
pub struct JudgedTime {
    stretches: Vec<(Nanos, Nanos)>,
    reach: Duration,
}

impl JudgedTime {
    /// Answers up to max(3 × `every`, `every` + 5 s) apart account for the time between them, `every` being the
    /// shorter one of the two sources' intervals.
    pub fn of(feature: &Feature) -> Self {
        let every = feature.every().min(feature.rest.every);
        let reach = (every * 3).max(every + Duration::from_secs(5)).min(LONGEST_REACH);
        Self { stretches: Vec::new(), reach }
    }

    /// Takes an answer that was judged; answers may come in any order.
    pub fn take(&mut self, sent: Nanos, received: Nanos) {
        let reach = self.reach;
        // Mostly it is the newest one, and close to the one before.
        if let Some(last) = self.stretches.last_mut()
            && sent >= last.0
            && sent <= last.1 + reach
        {
            last.1 = last.1.max(received);
            return;
        }
        let first = self.stretches.partition_point(|stretch| stretch.1 + reach < sent);
        let end = self.stretches.partition_point(|stretch| stretch.0 <= received + reach);
        if first < end {
            let (from, to) = (self.stretches[first].0.min(sent), self.stretches[end - 1].1.max(received));
            self.stretches.splice(first..end, [(from, to)]);
        } else if self.stretches.len() < MAX_STRETCHES {
            self.stretches.insert(first, (sent, received));
        }
    }

    /// The stretches, in seconds since the run's start.
    pub fn stretches(&self) -> Vec<Stretch> {
        let stretches = self.stretches.iter();
        stretches.map(|(from, to)| Stretch { from: from.as_secs_f64(), to: to.as_secs_f64() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn judged(at: &[u64]) -> Vec<(f64, f64)> {
        let mut judged = JudgedTime { stretches: Vec::new(), reach: Duration::from_secs(6) };
        for at in at {
            judged.take(Nanos(at * SECOND), Nanos(at * SECOND));
        }
        judged.stretches().iter().map(|stretch| (stretch.from, stretch.to)).collect()
    }

    #[test]
    fn time_between_answers_too_far_apart_is_not_claimed() {
        assert_eq!(judged(&[0, 1, 2, 8, 15, 16]), [(0.0, 8.0), (15.0, 16.0)]);
        assert_eq!(judged(&[]), []);
    }

    proptest! {
        /// By another way: sort, and cut wherever two answers are too far apart.
        #[test]
        fn the_order_in_which_answers_are_settled_does_not_matter(mut at in prop::collection::vec(0u64..400, 0..60)) {
            let taken = judged(&at);
            at.sort_unstable();
            let mut cut: Vec<(f64, f64)> = Vec::new();
            for at in at {
                let at = at as f64;
                match cut.last_mut() {
                    Some(last) if at - last.1 <= 6.0 => last.1 = at,
                    _ => cut.push((at, at)),
                }
            }
            prop_assert_eq!(taken, cut);
        }
    }
}
