//! A stream that says nothing while REST moves.
//!
//! The socket is open, REST shows news, and the feature's stream has been silent for longer than it may: from then on
//! the page would be wrong without anybody knowing.

use std::time::Duration;

use crate::align::connection_log::ConnectionLog;
use crate::model::feature::{Delivery, Feature};
use crate::model::time::Nanos;

/// Follows one feature's silence, and whether there was anything to say.
#[derive(Debug, Clone)]
pub struct StallWatch {
    silence: SilenceTimer,
    /// Longest silence of a stream that is well; `None` where silence is no sign, as nothing is due at any time.
    limit: Option<Duration>,
    /// From news to the end of the time that their push has: the tick that reads them, and D.
    patience: Duration,
    /// Since when REST shows news that the stream has not told.
    news: Option<Nanos>,
    /// Silent since, where the silence is beyond its limit and there were news.
    stalled_since: Option<Nanos>,
}

impl StallWatch {
    pub fn of(feature: &Feature) -> Self {
        let is_periodic = feature.delivery() == Delivery::Periodic;
        Self {
            silence: SilenceTimer::default(),
            limit: is_periodic.then(|| feature.silence_limit()),
            patience: feature.every() + feature.push_delay,
            news: None,
            stalled_since: None,
        }
    }

    /// Takes a message.
    pub fn word(&mut self, at: Nanos, link: &ConnectionLog) {
        self.silence.word(at, link);
        self.stalled_since = None;
    }

    /// Nothing could come from `at` on. Called before the log knows.
    pub fn link_lost(&mut self, at: Nanos, link: &ConnectionLog) {
        self.silence.link_lost(at, link);
    }

    /// REST moved to what the stream does not say. Of news upon news the first ones count.
    pub fn news(&mut self, at: Nanos) {
        // A cache may jump back to what the stream said or to what was before it: only news is owed.
        if self.news.is_none_or(|before| self.silence.last_word >= Some(before)) {
            self.news = Some(at);
        }
    }

    /// REST says what the stream says: what comes next is news of its own.
    pub fn no_news(&mut self) {
        self.news = None;
    }

    pub fn has_news(&self) -> bool {
        self.news.is_some()
    }

    /// When silence turns into a stall if nothing comes: only of periodic streams that have begun, while REST moves.
    pub fn due(&self, link: &ConnectionLog) -> Option<Nanos> {
        let limit = self.limit.filter(|_| self.stalled_since.is_none())?;
        let last = self.silence.last_word?;
        let news = self.news.filter(|news| *news > last)?;
        // After a quiet hour the first push still has its tick and its D to arrive in.
        Some(self.silence.reaches(limit, link)?.max(news + self.patience))
    }

    /// The silence is a stall.
    pub fn begin(&mut self, at: Nanos, link: &ConnectionLog) -> Stall {
        let since = self.silence.last_word.unwrap_or(at);
        self.stalled_since = Some(since);
        Stall {
            since,
            silent: self.silence.lasted(at, link).unwrap_or_default(),
            wrong: self.news.map(|news| at.since(news)),
        }
    }

    /// Silent since, while there is a stall.
    pub fn stalled_since(&self) -> Option<Nanos> {
        self.stalled_since
    }

    /// Arrival of the newest message.
    pub fn last_word(&self) -> Option<Nanos> {
        self.silence.last_word
    }

    /// The longest connected silence so far; `None` before the first word.
    pub fn longest_silence(&self, now: Nanos, link: &ConnectionLog) -> Option<Duration> {
        self.silence.longest(now, link)
    }
}

/// A stall that has just begun.
#[derive(Debug, Clone, Copy)]
pub struct Stall {
    /// Arrival of the last message.
    pub since: Nanos,
    /// Connected silence so far.
    pub silent: Duration,
    /// For how long REST has shown news.
    pub wrong: Option<Duration>,
}

/// Counts the connected silence of one feature's stream.
///
/// Each connection's silence counts by itself: a message may always have been lost in the gap between two.
#[derive(Debug, Clone, Default)]
struct SilenceTimer {
    last_word: Option<Nanos>,
    longest: Duration,
}

impl SilenceTimer {
    fn word(&mut self, at: Nanos, link: &ConnectionLog) {
        self.longest = self.longest.max(self.lasted(at, link).unwrap_or_default());
        self.last_word = Some(at);
    }

    fn link_lost(&mut self, at: Nanos, link: &ConnectionLog) {
        self.longest = self.longest.max(self.lasted(at, link).unwrap_or_default());
    }

    /// Connected silence up to `now`; `None` before the first word.
    fn lasted(&self, now: Nanos, link: &ConnectionLog) -> Option<Duration> {
        let last = self.last_word?;
        Some(link.open_since().map_or(Duration::ZERO, |open| now.since(open.max(last))))
    }

    /// When the silence reaches `limit` if nothing comes; `None` before the first word or while not connected.
    fn reaches(&self, limit: Duration, link: &ConnectionLog) -> Option<Nanos> {
        Some(link.open_since()?.max(self.last_word?) + limit)
    }

    fn longest(&self, now: Nanos, link: &ConnectionLog) -> Option<Duration> {
        self.last_word?;
        Some(self.longest.max(self.lasted(now, link).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn at(second: u64) -> Nanos {
        Nanos(second * SECOND)
    }

    /// A stream that may be silent for 3 s, with D = 2 s, connected since 0 and heard at 1 s.
    fn heard() -> (StallWatch, ConnectionLog) {
        let (mut link, mut watch) = (
            ConnectionLog::default(),
            StallWatch {
                silence: SilenceTimer::default(),
                limit: Some(Duration::from_secs(3)),
                patience: Duration::from_secs(2),
                news: None,
                stalled_since: None,
            },
        );
        link.open(at(0));
        watch.word(at(1), &link);
        (watch, link)
    }

    #[test]
    fn silence_is_a_stall_only_while_rest_shows_news() {
        let (mut watch, link) = heard();
        assert_eq!(watch.due(&link), None);
        watch.news(at(2));
        watch.news(at(3));
        assert_eq!(watch.due(&link), Some(at(4)), "the first news count");
        watch.no_news();
        assert_eq!(watch.due(&link), None);
        watch.news(at(9));
        assert_eq!(watch.due(&link), Some(at(11)), "a push has its D after a quiet time");
        let stall = watch.begin(at(11), &link);
        assert_eq!(
            (stall.since, stall.silent.as_secs(), stall.wrong.map(|wrong| wrong.as_secs())),
            (at(1), 10, Some(2))
        );
        assert_eq!(watch.due(&link), None, "one stall at a time");
        watch.word(at(12), &link);
        assert_eq!(watch.stalled_since(), None);
    }

    #[test]
    fn each_connection_is_silent_by_itself() {
        let (mut watch, mut link) = heard();
        watch.news(at(2));
        watch.link_lost(at(3), &link);
        link.close(at(3));
        assert_eq!(watch.due(&link), None);
        link.open(at(20));
        assert_eq!(watch.due(&link), Some(at(23)));
        assert_eq!(watch.longest_silence(at(21), &link), Some(Duration::from_secs(2)));
    }
}
