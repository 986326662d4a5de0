//! One picture of a run: the report so far and what the report does not say. A value; drawing it needs nothing else.

use std::time::Duration;

use crate::model::feature::{Delivery, Feature};
use crate::model::run::RunReport;
use crate::model::time::Nanos;
use crate::model::verdict::Verdict;

/// What is watched, known before anything arrives.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// Where: `http://localhost:8000`.
    pub target: String,
    /// When the run, or this piece of a resumed one, begins.
    pub begun: Nanos,
    pub features: Vec<WatchedFeature>,
}

/// One feature that is watched.
#[derive(Debug, Clone)]
pub struct WatchedFeature {
    pub name: String,
    pub truth: Truth,
    /// Its declared cadence.
    pub every: Duration,
    /// Silence beyond it is suspicious; `None` of streams that only speak when something changes.
    pub silence_limit: Option<Duration>,
}

impl WatchedFeature {
    pub fn new(feature: &Feature, truth: Truth) -> Self {
        let is_periodic = feature.delivery() == Delivery::Periodic;
        Self {
            name: feature.name.clone(),
            truth,
            every: feature.every(),
            silence_limit: is_periodic.then(|| feature.silence_limit()),
        }
    }
}

/// Which side a user's page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// The flag is off, or nobody says it is on.
    Rest,
    WebSocket,
}

/// The state of a run, as the observer hands it to the view at every look.
#[derive(Debug, Clone, Copy)]
pub struct RunState<'a> {
    pub report: &'a RunReport,
    /// When the newest message of each feature arrived.
    pub last_messages: &'a [Option<Nanos>],
    /// Samples of each feature that nothing explains so far: their name comes later.
    pub suspected: &'a [u64],
    pub ends: Ends,
}

/// When a run ends if nothing ends it sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    At(Nanos),
    /// Sooner, once everything is decided.
    AtMost(Nanos),
}

#[derive(Debug, Clone)]
pub struct View {
    pub target: String,
    pub report: RunReport,
    pub link: LinkView,
    /// Of this run; a resumed one counts from where it goes on.
    pub elapsed: Duration,
    pub left: Left,
    /// In the order of the report's features.
    pub rows: Vec<FeatureRow>,
    /// What happened, the newest last; safe to show.
    pub said: Vec<String>,
}

/// What the report does not say of a feature.
#[derive(Debug, Clone)]
pub struct FeatureRow {
    pub truth: Truth,
    pub every: Duration,
    pub silence_limit: Option<Duration>,
    /// Samples that nothing explains so far.
    pub suspected: u64,
    /// Since the last message; `None` before the first one.
    pub age: Option<Duration>,
    /// The second of the run's clock that the newest of the arrivals are of.
    pub second: u64,
    /// Messages in each of the last seconds, the newest last.
    pub arrivals: Vec<u64>,
    /// REST's slowest answer in each of the last seconds that had one: the second, milliseconds.
    pub latency: Vec<(f64, f64)>,
    /// The skew's 99th percentile as it was known in each of the last seconds: the second, milliseconds.
    pub skew: Vec<(f64, f64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    Exactly(Duration),
    AtMost(Duration),
}

/// The one socket's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LinkView {
    #[default]
    Connecting,
    Open {
        since: Duration,
    },
    Down {
        since: Duration,
        why: String,
    },
}

/// The report as far as it may be shown: nothing is go while the socket is down or something is suspected.
pub fn so_far(report: &RunReport, is_down: bool, suspected: &[u64]) -> RunReport {
    let mut report = report.clone();
    for (index, feature) in report.features.iter_mut().enumerate() {
        let is_suspected = suspected.get(index).is_some_and(|count| *count > 0);
        if feature.verdict == Verdict::Go && (is_down || is_suspected) {
            feature.verdict = Verdict::Inconclusive;
        }
    }
    let worst = Verdict::worst(report.features.iter().map(|feature| feature.verdict));
    report.verdict = worst.map_or(report.verdict, |worst| worst.max(report.verdict));
    report
}
