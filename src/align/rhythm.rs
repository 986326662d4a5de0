//! When the messages of a feature came, and how far apart they usually are.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::time::Nanos;

/// Arrivals remembered.
const REMEMBERED: usize = 512;
/// Messages that come within this of each other are one push.
const BURST: Duration = Duration::from_millis(20);
/// The median is taken anew after an eighth as many pushes as it is of.
const MEDIAN_AGE: usize = 8;

/// The newest arrivals, in order of time.
#[derive(Debug, Clone, Default)]
pub struct PushRhythm {
    arrivals: VecDeque<Nanos>,
    median: Option<Duration>,
    /// Arrivals since the median was taken.
    since_median: usize,
}

impl PushRhythm {
    pub fn take(&mut self, at: Nanos) {
        if self.arrivals.len() == REMEMBERED {
            self.arrivals.pop_front();
        }
        self.arrivals.push_back(at);
        self.since_median += 1;
        if self.since_median * MEDIAN_AGE >= self.arrivals.len() {
            self.since_median = 0;
            self.median = self.take_median();
        }
    }

    pub fn arrivals(&self) -> impl DoubleEndedIterator<Item = Nanos> + '_ {
        self.arrivals.iter().copied()
    }

    /// The arrival at or before `at`, and the one after it.
    pub fn around(&self, at: Nanos) -> Option<(Nanos, Option<Nanos>)> {
        let after = self.arrivals.partition_point(|arrival| *arrival <= at);
        let before = *self.arrivals.get(after.checked_sub(1)?)?;
        Some((before, self.arrivals.get(after).copied()))
    }

    pub fn has_arrival(&self, from: Nanos, to: Nanos) -> bool {
        let first = self.arrivals.partition_point(|arrival| *arrival < from);
        self.arrivals.get(first).is_some_and(|arrival| *arrival <= to)
    }

    /// When the newest push up to `at` came or, where some after it are lost, was due.
    pub fn tick(&self, at: Nanos, pause: Duration) -> Option<Nanos> {
        let (before, _) = self.around(at)?;
        let ticks = at.since(before).as_nanos() / pause.as_nanos().max(1);
        Some(before + pause * u32::try_from(ticks).unwrap_or(u32::MAX))
    }

    /// Between pushes, in nanoseconds; messages that come in one burst, entity by entity, are one.
    fn pauses(&self) -> impl Iterator<Item = u64> + '_ {
        let mut begun: Option<Nanos> = None;
        self.arrivals.iter().filter_map(move |&at| match begun {
            Some(from) if at.since(from) < BURST => None,
            _ => begun.replace(at).map(|from| at.0 - from.0),
        })
    }

    pub fn longest_pause(&self) -> Option<Duration> {
        self.pauses().max().map(Duration::from_nanos)
    }

    /// The median time between two pushes, however regular; `None` before the third. As of a few pushes ago.
    pub fn median_pause(&self) -> Option<Duration> {
        self.median
    }

    fn take_median(&self) -> Option<Duration> {
        let mut pauses: Vec<u64> = self.pauses().collect();
        let middle = pauses.len() / 2;
        if pauses.len() < 2 {
            return None;
        }
        let (_, median, _) = pauses.select_nth_unstable(middle);
        Some(Duration::from_nanos(*median)).filter(|median| !median.is_zero())
    }

    /// The usual time between two pushes; `None` where pushes come when they please, so that nobody can say that one
    /// did not come.
    pub fn usual_pause(&self) -> Option<Duration> {
        let mut pauses: Vec<u64> = self.pauses().collect();
        pauses.sort_unstable();
        let usual = *pauses.get(pauses.len() / 2).filter(|usual| **usual > 0)?;
        // A push that did not come makes a pause of two.
        let is_regular = |pause: &&u64| {
            let beyond = **pause % usual;
            **pause * 10 >= usual * 7 && beyond.min(usual - beyond) * 10 <= usual * 3
        };
        let regular = pauses.iter().filter(is_regular).count();
        (regular * 5 >= pauses.len() * 4).then_some(Duration::from_nanos(usual))
    }

    /// Pushes that did not come among those remembered: late ones come all the same, lost ones do not.
    pub fn missing_pushes(&self) -> u64 {
        let Some(usual) = self.usual_pause() else { return 0 };
        let usual = u64::try_from(usual.as_nanos()).unwrap_or(u64::MAX);
        let pauses: Vec<u64> = self.pauses().collect();
        let span: u64 = pauses.iter().sum();
        ((span + usual / 2) / usual).saturating_sub(pauses.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(milliseconds: &[u64]) -> PushRhythm {
        let mut rhythm = PushRhythm::default();
        milliseconds.iter().for_each(|at| rhythm.take(Nanos(at * 1_000_000)));
        rhythm
    }

    #[test]
    fn a_burst_is_one_push_and_a_lost_one_is_missing() {
        let rhythm = of(&[0, 5, 1_000, 1_004, 1_009, 2_000, 4_000, 5_000, 6_010]);
        assert_eq!(rhythm.usual_pause(), Some(Duration::from_secs(1)));
        assert_eq!(rhythm.missing_pushes(), 1);
        assert_eq!(rhythm.longest_pause(), Some(Duration::from_secs(2)));
        assert_eq!(
            rhythm.around(Nanos(3_000_000_000)),
            Some((Nanos(2_000_000_000), Some(Nanos(4_000_000_000))))
        );
        assert_eq!(rhythm.around(Nanos(9_000_000_000)), Some((Nanos(6_010_000_000), None)));
    }

    #[test]
    fn a_push_that_is_lost_was_due() {
        let rhythm = of(&[0, 1_000, 2_000, 5_000]);
        let tick = |at: u64| rhythm.tick(Nanos(at * 1_000_000), Duration::from_secs(1)).map(|tick| tick.0);
        assert_eq!(tick(1_900), Some(1_000_000_000));
        assert_eq!(tick(4_100), Some(4_000_000_000));
    }

    #[test]
    fn pushes_that_come_when_they_please_have_no_usual_pause() {
        let rhythm = of(&[0, 100, 1_700, 2_000, 5_500, 5_900, 7_000, 12_000]);
        assert_eq!((rhythm.usual_pause(), rhythm.missing_pushes()), (None, 0));
        assert!(rhythm.median_pause().is_some());
        assert_eq!(of(&[0, 100]).median_pause(), None);
    }

    #[test]
    fn the_median_follows_a_change_of_pace() {
        let slow: Vec<u64> = (0..600).map(|push| push * 1_000).collect();
        let quick = (0..600).map(|push| 600_000 + push * 100);
        let all: Vec<u64> = slow.iter().copied().chain(quick).collect();
        assert_eq!(of(&slow).median_pause(), Some(Duration::from_secs(1)));
        assert_eq!(of(&all).median_pause(), Some(Duration::from_millis(100)));
    }
}
