//! When files of recordings are brought to the store: as soon as one is whole, one errand at a time, and again after a
//! pause where that failed.

use jiff::Timestamp;

use crate::watch::retry::Retry;

/// What waits for the store, and when to try.
#[derive(Debug, Default)]
pub(super) struct StoreQueue {
    waiting: Option<Retry>,
    /// Something became whole since the errand began that is under way.
    has_more: bool,
    was_last_tried: bool,
}

/// What is to be done before the service ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LastTry {
    Now,
    UnderWay,
    Over,
}

impl StoreQueue {
    pub fn add(&mut self, now: Timestamp) {
        match &self.waiting {
            None => self.waiting = Some(Retry::now(now)),
            Some(retry) => self.has_more |= retry.is_under_way,
        }
    }

    /// An errand ended; `is_done`: with all that was whole when it began.
    pub fn tried(&mut self, now: Timestamp, is_done: bool) {
        let has_more = std::mem::take(&mut self.has_more);
        match (is_done, &mut self.waiting) {
            (true, waiting) => *waiting = has_more.then(|| Retry::now(now)),
            (false, Some(retry)) => retry.failed(now),
            (false, None) => {}
        }
    }

    /// Whether an errand is due; then it is under way.
    pub fn take(&mut self, now: Timestamp) -> bool {
        match &mut self.waiting {
            Some(retry) if retry.is_due(now) => {
                retry.is_under_way = true;
                true
            }
            _ => false,
        }
    }

    /// Whatever the pause: one more errand, whose end is waited for.
    pub fn take_last(&mut self) -> LastTry {
        match &mut self.waiting {
            Some(retry) if retry.is_under_way => LastTry::UnderWay,
            Some(retry) if !self.was_last_tried => {
                retry.is_under_way = true;
                self.was_last_tried = true;
                LastTry::Now
            }
            _ => LastTry::Over,
        }
    }

    pub fn waiting(&self) -> Option<&Retry> {
        self.waiting.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn one_errand_at_a_time_and_what_came_meanwhile_is_another() {
        let mut queue = StoreQueue::default();
        assert!(!queue.take(at(0)), "nothing waits");
        queue.add(at(1));
        queue.add(at(1));
        assert!(queue.take(at(1)));
        assert!(!queue.take(at(2)), "it is under way");
        queue.add(at(3));
        queue.tried(at(4), true);
        assert!(queue.take(at(4)));
        queue.tried(at(5), true);
        assert!(!queue.take(at(1000)));
    }

    #[test]
    fn what_failed_is_tried_after_a_pause_and_once_more_at_the_end() {
        let mut queue = StoreQueue::default();
        queue.add(at(0));
        assert!(queue.take(at(0)));
        queue.tried(at(1), false);
        queue.add(at(2));
        assert!(!queue.take(at(5)), "another file does not hurry it");
        assert!(queue.take(at(6)));
        assert_eq!(queue.take_last(), LastTry::UnderWay);
        queue.tried(at(7), false);
        assert_eq!(queue.take_last(), LastTry::Now);
        queue.tried(at(8), false);
        assert_eq!(queue.take_last(), LastTry::Over);
    }
}
