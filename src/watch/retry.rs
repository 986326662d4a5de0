//! What is tried again, and after which pause.

use std::time::Duration;

use jiff::Timestamp;

/// The pause before a failed window is opened again; it doubles with each failure.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// And at most this: a server that comes back is observed within a minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    pub at: Timestamp,
    failures: u32,
    /// Handed out, and not answered yet.
    pub is_under_way: bool,
}

impl Retry {
    pub fn now(now: Timestamp) -> Self {
        Self { at: now, failures: 0, is_under_way: false }
    }

    pub fn failed(&mut self, now: Timestamp) {
        self.at = after(now, pause(self.failures));
        self.failures = self.failures.saturating_add(1);
        self.is_under_way = false;
    }

    pub fn is_due(&self, now: Timestamp) -> bool {
        !self.is_under_way && self.at <= now
    }
}

pub(super) fn pause(failures: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE)
}

pub(super) fn after(now: Timestamp, pause: Duration) -> Timestamp {
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}
