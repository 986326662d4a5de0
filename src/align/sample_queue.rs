//! Samples that wait: for a late push that may yet explain them, then for their name.

use std::collections::VecDeque;

use crate::align::explain::Budget;
use crate::align::sample::Sample;
use crate::align::unexplained::Unexplained;
use crate::model::time::Nanos;

/// Unexplained samples that wait for their name at once; the oldest is named early when there are more.
const MAX_UNEXPLAINED: usize = 256;

/// Two queues, each in the order of time.
#[derive(Debug, Default)]
pub struct SampleQueue {
    /// Waiting for b + D.
    pending: VecDeque<Sample<'static>>,
    all_hopeful: bool,
    unexplained: VecDeque<Unexplained>,
}

impl SampleQueue {
    /// A sample that no state explains yet.
    pub fn wait(&mut self, sample: Sample<'_>) {
        self.pending.push_back(sample.into_owned());
    }

    /// A sample that nothing explained in time.
    pub fn suspect(&mut self, unexplained: Unexplained) {
        self.unexplained.push_back(unexplained);
    }

    /// Whether the oldest unexplained sample has to be named before its time.
    pub fn is_crowded(&self) -> bool {
        self.unexplained.len() > MAX_UNEXPLAINED
    }

    /// When the oldest pending sample can wait no longer.
    pub fn pending_due(&self, budget: Budget) -> Option<Nanos> {
        self.pending.front().map(|sample| budget.window(sample.sent, sample.received).1)
    }

    /// When the oldest unexplained sample gets its name.
    pub fn naming_due(&self) -> Option<Nanos> {
        self.unexplained.front().map(|unexplained| unexplained.settles)
    }

    pub fn next_pending(&mut self) -> Option<Sample<'static>> {
        self.pending.pop_front()
    }

    pub fn next_unexplained(&mut self) -> Option<Unexplained> {
        self.unexplained.pop_front()
    }

    /// Something else than a message may explain any of them: all are tried with the next.
    pub fn hope(&mut self) {
        self.all_hopeful = true;
    }

    /// All pending samples, if a state with this sum may explain one of them, or what a message says one of some entities
    /// only: what it does not explain is to wait again.
    pub fn retry(
        &mut self,
        sum: u128,
        says_a_row_of: impl Fn(&Sample<'_>) -> bool,
    ) -> Vec<(bool, Sample<'static>)> {
        let all = std::mem::take(&mut self.all_hopeful);
        let is_hopeful = |sample: &Sample<'_>| {
            sample.sum == sum || (!sample.bound.is_empty() && (all || says_a_row_of(sample)))
        };
        if !self.pending.iter().any(is_hopeful) {
            return Vec::new();
        }
        self.pending.drain(..).map(|sample| (is_hopeful(&sample), sample)).collect()
    }

    /// Samples without an outcome yet.
    pub fn len(&self) -> usize {
        self.pending.len() + self.unexplained.len()
    }

    /// Unexplained samples without a name yet.
    pub fn suspected(&self) -> usize {
        self.unexplained.len()
    }

    /// Bytes of the pending samples' texts.
    pub fn text_bytes(&self) -> usize {
        self.pending.iter().map(|sample| sample.text.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::time::Duration;

    use super::*;

    fn sample(second: u64, sum: u128) -> Sample<'static> {
        let at = Nanos(second * 1_000_000_000);
        Sample {
            sent: at,
            received: at,
            text: Cow::Borrowed("[]"),
            rows: Cow::Borrowed(&[]),
            sum,
            bound: Cow::Borrowed(&[]),
            series: 0,
            serial: second,
            whole: true,
            moved: false,
        }
    }

    #[test]
    fn pending_samples_are_retried_where_the_state_may_be_theirs() {
        let mut queue = SampleQueue::default();
        (1..4).for_each(|second| queue.wait(sample(second, u128::from(second))));
        let budget = Budget { push_delay: Duration::from_secs(2), rest_staleness: Duration::ZERO };
        assert_eq!(queue.pending_due(budget), Some(Nanos(3_000_000_000)));
        assert!(queue.retry(9, |_| true).is_empty());
        assert_eq!(queue.len(), 3);
        let hopeful = |retried: Vec<(bool, Sample<'_>)>| -> Vec<bool> {
            retried.into_iter().map(|(hopeful, _)| hopeful).collect()
        };
        assert_eq!(hopeful(queue.retry(2, |_| false)), [false, true, false]);
        assert_eq!((queue.len(), queue.text_bytes()), (0, 0));
    }

    #[test]
    fn samples_of_some_entities_are_retried_where_a_message_says_what_one_of_theirs_is() {
        let bound = [(Cow::Borrowed("symbol"), Cow::Borrowed("ES"))];
        let mut queue = SampleQueue::default();
        let wait = |queue: &mut SampleQueue| {
            (1..3).for_each(|second| {
                queue.wait(Sample { bound: bound.to_vec().into(), ..sample(second, u128::from(second)) });
            });
        };
        wait(&mut queue);
        assert!(queue.retry(9, |_| false).is_empty());
        let hopeful = |retried: Vec<(bool, Sample<'_>)>| -> Vec<bool> {
            retried.into_iter().map(|(hopeful, _)| hopeful).collect()
        };
        assert_eq!(hopeful(queue.retry(9, |sample| sample.serial == 2)), [false, true]);
        wait(&mut queue);
        queue.hope();
        assert_eq!(hopeful(queue.retry(9, |_| false)), [true, true]);
        wait(&mut queue);
        assert!(queue.retry(9, |_| false).is_empty(), "only once");
    }

    #[test]
    fn the_oldest_is_named_early_when_there_are_too_many() {
        let mut queue = SampleQueue::default();
        for second in 0..=MAX_UNEXPLAINED as u64 {
            assert!(!queue.is_crowded());
            let (rows, extra) = (Vec::new(), Vec::new());
            queue.suspect(Unexplained {
                sample: sample(second, 0),
                rows,
                extra,
                settles: Nanos(second),
                stalled: false,
            });
        }
        assert!(queue.is_crowded());
        assert_eq!(queue.next_unexplained().map(|unexplained| unexplained.settles), Some(Nanos(0)));
        assert_eq!((queue.naming_due(), queue.suspected()), (Some(Nanos(1)), MAX_UNEXPLAINED));
    }
}
