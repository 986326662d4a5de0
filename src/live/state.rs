//! What the view shows and the report does not know: the link's present state, arrivals a second, what happened.

use std::collections::VecDeque;
use std::time::Duration;

use crate::live::view::{Ends, FeatureRow, Left, LinkView, RunState, Subject, View, so_far};
use crate::model::observation::{Event, Observation};
use crate::model::outcome::Kind;
use crate::model::run::RunReport;
use crate::model::text::{clock_face, cut, visible};
use crate::model::time::Nanos;
use crate::report::close;

/// Seconds of arrivals that are remembered: as many as the widest sparkline shows.
const SECONDS: usize = 240;
/// Lines of what happened that are remembered.
const SAID: usize = 50;
/// A close reason or an error may be long.
const REASON: usize = 120;

#[derive(Debug)]
pub struct LiveState {
    subject: Subject,
    link: LinkSince,
    said: VecDeque<String>,
    arrivals: Vec<Arrivals>,
    /// Of each feature: REST's slowest answer in each second, and the skew as it was known in each.
    latency: Vec<VecDeque<(u64, f64)>>,
    skew: Vec<VecDeque<(u64, f64)>>,
}

/// Keeps the highest of each second, as far back as the charts go.
fn keep_highest(points: &mut VecDeque<(u64, f64)>, second: u64, value: f64) {
    match points.back_mut() {
        Some((last, highest)) if *last == second => *highest = highest.max(value),
        _ => points.push_back((second, value)),
    }
    while points.front().is_some_and(|(first, _)| second.saturating_sub(*first) >= SECONDS as u64) {
        points.pop_front();
    }
}

fn drawn(points: &VecDeque<(u64, f64)>) -> Vec<(f64, f64)> {
    points.iter().map(|(second, value)| (*second as f64, *value)).collect()
}

/// The link's state with the instant it began at.
#[derive(Debug)]
enum LinkSince {
    Connecting,
    Open(Nanos),
    Down(Nanos, String),
}

/// Messages a second.
#[derive(Debug, Clone, Default)]
struct Arrivals {
    /// `None` before the first look: what a resumed run took over did not arrive in its first second.
    total: Option<u64>,
    /// The second of the newest bucket.
    second: u64,
    buckets: VecDeque<u64>,
}

impl Arrivals {
    /// `total` messages were there by `now`.
    fn reach(&mut self, total: u64, now: Nanos) {
        let second = second_of(now);
        let passed = second.saturating_sub(self.second);
        if self.buckets.is_empty() {
            self.buckets.push_back(0);
        } else {
            let fresh = usize::try_from(passed).unwrap_or(SECONDS).min(SECONDS);
            self.buckets.extend(std::iter::repeat_n(0, fresh));
        }
        self.second = second;
        while self.buckets.len() > SECONDS {
            self.buckets.pop_front();
        }
        if let Some(newest) = self.buckets.back_mut() {
            *newest += self.total.map_or(0, |before| total.saturating_sub(before));
        }
        self.total = Some(total);
    }
}

impl LiveState {
    pub fn new(subject: Subject) -> Self {
        let count = subject.features.len();
        Self {
            subject,
            link: LinkSince::Connecting,
            said: VecDeque::new(),
            arrivals: vec![Arrivals::default(); count],
            latency: vec![VecDeque::new(); count],
            skew: vec![VecDeque::new(); count],
        }
    }

    /// Follows the link; returns what is worth a line.
    pub fn note(&mut self, observation: &Observation<'_>) -> Option<String> {
        let at = observation.at;
        if let Event::Rest(answer) = &observation.event
            && let Some(index) = self.subject.features.iter().position(|it| it.name == answer.feature)
        {
            let took = at.since(answer.sent).as_secs_f64() * 1000.0;
            keep_highest(&mut self.latency[index], second_of(at), took);
        }
        let named =
            observation.socket.as_ref().map_or_else(String::new, |name| format!(" {}", visible(name)));
        let line = match &observation.event {
            Event::Open => {
                let was_down = matches!(self.link, LinkSince::Down(..));
                self.link = LinkSince::Open(at);
                was_down.then(|| format!("WebSocket{named} connected again"))?
            }
            Event::Closed { code, reason } => {
                let said = if reason.is_empty() { close::meaning(*code).unwrap_or_default() } else { reason };
                let why = format!("{code} {}", cut(&visible(said), REASON)).trim_end().to_owned();
                self.down(at, &why);
                format!("WebSocket{named} closed: {why}")
            }
            Event::ConnectFailed { reason } => {
                let why = cut(&visible(reason), REASON);
                self.down(at, &why);
                format!("WebSocket{named} not connected: {why}")
            }
            Event::Gap { reason, lasted } => format!("blind for {lasted}: {}", reason.as_str()),
            _ => return None,
        };
        let line = format!("{}  {line}", clock_face(at));
        if self.said.len() == SAID {
            self.said.pop_front();
        }
        self.said.push_back(line.clone());
        Some(line)
    }

    fn down(&mut self, at: Nanos, why: &str) {
        let since = if let LinkSince::Down(since, _) = self.link { since } else { at };
        self.link = LinkSince::Down(since, why.to_owned());
    }

    /// Counts what has arrived by `now`.
    pub fn beat(&mut self, now: Nanos, report: &RunReport) {
        for (arrivals, feature) in self.arrivals.iter_mut().zip(&report.features) {
            arrivals.reach(feature.messages, now);
        }
        for (skew, feature) in self.skew.iter_mut().zip(&report.features) {
            if feature.outcomes.contains_key(&Kind::Match) {
                let second = second_of(now);
                // the newest word on a second counts, which may be a lower one
                skew.retain(|(earlier, _)| *earlier != second);
                keep_highest(skew, second, feature.skew_ms.p99);
            }
        }
    }

    /// Everything that happened, as far as it is remembered.
    pub fn said(&self) -> impl Iterator<Item = &str> {
        self.said.iter().map(String::as_str)
    }

    pub(super) fn so_far(&self, standing: RunState<'_>) -> RunReport {
        so_far(standing.report, matches!(self.link, LinkSince::Down(..)), standing.suspected)
    }

    pub fn view(&self, now: Nanos, standing: RunState<'_>) -> View {
        let row = |(index, watched): (usize, &crate::live::view::WatchedFeature)| FeatureRow {
            truth: watched.truth,
            every: watched.every,
            silence_limit: watched.silence_limit,
            suspected: standing.suspected.get(index).copied().unwrap_or(0),
            age: standing.last_messages.get(index).copied().flatten().map(|last| now.since(last)),
            second: self.arrivals[index].second,
            arrivals: self.arrivals[index].buckets.iter().copied().collect(),
            latency: drawn(&self.latency[index]),
            skew: drawn(&self.skew[index]),
        };
        let left = |end: Nanos| whole_seconds(end.since(now));
        View {
            target: visible(&self.subject.target),
            report: self.so_far(standing),
            link: match &self.link {
                LinkSince::Connecting => LinkView::Connecting,
                LinkSince::Open(since) => LinkView::Open { since: now.since(*since) },
                LinkSince::Down(since, why) => LinkView::Down { since: now.since(*since), why: why.clone() },
            },
            elapsed: now.since(self.subject.begun),
            left: match standing.ends {
                Ends::At(end) => Left::Exactly(left(end)),
                Ends::AtMost(end) => Left::AtMost(left(end)),
            },
            rows: self.subject.features.iter().enumerate().map(row).collect(),
            said: self.said.iter().cloned().collect(),
        }
    }
}

fn second_of(at: Nanos) -> u64 {
    at.0 / 1_000_000_000
}

/// Rounded up: a run with half a second left is not over.
fn whole_seconds(left: Duration) -> Duration {
    Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn observed(at: u64, event: Event<'static>) -> Observation<'static> {
        Observation::of(Nanos(at * SECOND), event)
    }

    #[test]
    fn arrivals_fall_into_their_second_and_silence_leaves_zeros() {
        let mut arrivals = Arrivals::default();
        arrivals.reach(100_000, Nanos(SECOND / 4));
        arrivals.reach(100_003, Nanos(SECOND / 2));
        arrivals.reach(100_005, Nanos(SECOND));
        arrivals.reach(100_006, Nanos(4 * SECOND));
        assert_eq!(arrivals.buckets, [3, 2, 0, 0, 1]);
        arrivals.reach(100_007, Nanos(10_000 * SECOND));
        assert_eq!((arrivals.buckets.len(), arrivals.buckets.back()), (SECONDS, Some(&1)));
    }

    #[test]
    fn the_link_is_followed_and_told() {
        let mut pulse = LiveState::new(Subject::default());
        assert_eq!(pulse.note(&observed(1, Event::Open)), None);
        let reason = "\u{1b}[2J".into();
        let closed = pulse.note(&observed(5, Event::Closed { code: 1011, reason }));
        assert_eq!(closed.as_deref(), Some("0:05  WebSocket closed: 1011 \\u{1b}[2J"));
        let failed = Event::ConnectFailed { reason: "refused".into() };
        assert!(pulse.note(&observed(6, failed)).unwrap().contains("not connected: refused"));
        assert!(matches!(&pulse.link, LinkSince::Down(since, _) if *since == Nanos(5 * SECOND)));
        assert!(pulse.note(&observed(7, Event::Open)).unwrap().contains("again"));
        assert_eq!(pulse.said().count(), 3);
    }

    #[test]
    fn a_server_that_refuses_for_hours_costs_no_memory() {
        let mut pulse = LiveState::new(Subject::default());
        for second in 0..10_000 {
            pulse.note(&observed(second, Event::ConnectFailed { reason: "refused".into() }));
        }
        assert_eq!(pulse.said().count(), SAID);
    }
}
