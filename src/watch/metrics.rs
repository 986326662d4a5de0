//! What the service shows of itself to Prometheus, as OpenMetrics: a value, and its text.
//!
//! Each window shows the run it is, or the last one it was: counters begin anew with each window, as they do with each
//! process, so that what is shown when a run ends is what its report says. Labels are names of the configuration, kinds
//! and gates: bounded, and never an account, an entity or a server's words.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::model::rest_cause::RestCause;
use crate::model::run::RunReport;
use crate::model::verdict::Verdict;

/// The media type of [`ServiceMetrics::exposition`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the histograms' buckets, in seconds.
pub const BUCKETS: [f64; 11] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Everything that is shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ServiceMetrics {
    /// By target and session.
    pub windows: BTreeMap<(String, String), WindowMetrics>,
    /// Seconds since 1970; none where no session is due.
    pub next_opening: Option<i64>,
    /// Whether evidence waits beside the ledger.
    pub is_evidence_waiting: bool,
    /// Whole files of recordings that are not in the store; none where there is no store.
    pub unstored: Option<u64>,
    pub given_up: u64,
    /// Windows whose session is open and that cannot be observed, try after try.
    pub hindered: u64,
    /// Bytes; none where the system does not say.
    pub memory: Option<u64>,
}

/// A window as it stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WindowMetrics {
    pub is_open: bool,
    /// When its evidence was kept last, in seconds since 1970; before the first time, when the window opened first.
    pub kept_at: Option<i64>,
    pub failures: u64,
    /// Arrivals of the last batch: how far judging is behind.
    pub queued: u64,
    pub run: Option<RunMetrics>,
}

/// A run as far as it is shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunMetrics {
    pub reconnects: u64,
    pub failed_attempts: u64,
    pub bad_frames: u64,
    pub gaps: u64,
    pub blind_seconds: f64,
    pub features: Vec<FeatureMetrics>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureMetrics {
    pub feature: String,
    pub verdict: Option<Verdict>,
    pub samples: u64,
    pub messages: u64,
    pub transitions: u64,
    pub findings: u64,
    pub judged_seconds: f64,
    /// By kind.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// By cause.
    pub rest_errors: BTreeMap<RestCause, u64>,
    /// By code.
    pub gates: Vec<(String, Verdict)>,
    pub skew: Spread,
    pub delay: Spread,
}

/// A distribution in seconds, in [`BUCKETS`] and one for what is beyond.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spread {
    pub sum: f64,
    pub counts: [u64; BUCKETS.len() + 1],
}

impl Spread {
    /// Counts `count` values of so many seconds.
    pub fn add(&mut self, seconds: f64, count: u64) {
        let bucket = BUCKETS.partition_point(|upper| *upper < seconds);
        self.counts[bucket] += count;
        self.sum += seconds * count as f64;
    }
}

impl RunMetrics {
    /// What a report says; distributions and causes stand in the tally alone.
    pub fn of(report: &RunReport) -> Self {
        let feature = |it: &crate::model::run::FeatureReport| FeatureMetrics {
            feature: it.feature.clone(),
            verdict: Some(it.verdict),
            samples: it.samples,
            messages: it.messages,
            transitions: it.transitions,
            findings: it.findings.len() as u64,
            judged_seconds: it.judged.iter().fold(0.0, |all, stretch| all + stretch.to - stretch.from),
            outcomes: it.outcomes.iter().map(|(kind, count)| (kind.as_str(), *count)).collect(),
            rest_errors: BTreeMap::new(),
            gates: it.gates.iter().map(|gate| (gate.code.clone(), gate.verdict)).collect(),
            skew: Spread::default(),
            delay: Spread::default(),
        };
        Self {
            reconnects: report.connection.reconnects,
            failed_attempts: report.connection.failed_attempts,
            bad_frames: report.connection.bad_frames,
            gaps: report.connection.gaps.len() as u64,
            blind_seconds: report.connection.blind_seconds,
            features: report.features.iter().map(feature).collect(),
        }
    }
}

type Labels = Vec<(&'static str, String)>;

impl ServiceMetrics {
    /// The text that is scraped.
    ///
    /// # Errors
    /// None: writing to a text cannot fail.
    pub fn exposition(self) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("thor_cutover");
        registry.register_collector(Box::new(self));
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

impl Collector for ServiceMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.of_service(&mut encoder)?;
        let windows = || self.windows.iter().map(|((target, session), it)| (labels(target, session), it));
        let of_windows = |read: fn(&WindowMetrics) -> Option<f64>| {
            windows().filter_map(|(labels, it)| Some((labels, read(it)?))).collect::<Vec<_>>()
        };
        gauges(
            &mut encoder,
            "window_open",
            "Whether the window is being observed",
            &of_windows(|it| Some(f64::from(u8::from(it.is_open)))),
        )?;
        gauges(
            &mut encoder,
            "evidence_kept_timestamp_seconds",
            "When the window's evidence was kept last, or when it opened first where it never was",
            &of_windows(|it| it.kept_at.map(|at| at as f64)),
        )?;
        gauges(
            &mut encoder,
            "queue_arrivals",
            "Arrivals that were judged in one go last: how far judging is behind",
            &of_windows(|it| Some(it.queued as f64)),
        )?;
        let counted = |read: fn(&WindowMetrics) -> Option<u64>| {
            windows().filter_map(|(labels, it)| Some((labels, read(it)?))).collect::<Vec<_>>()
        };
        counters(
            &mut encoder,
            "window_failures",
            "How often the window could not be observed and was tried again",
            &counted(|it| Some(it.failures)),
        )?;
        counters(
            &mut encoder,
            "reconnects",
            "Reconnects of the window's sockets",
            &counted(|it| Some(it.run.as_ref()?.reconnects)),
        )?;
        counters(
            &mut encoder,
            "failed_connects",
            "Attempts to connect that failed",
            &counted(|it| Some(it.run.as_ref()?.failed_attempts)),
        )?;
        counters(
            &mut encoder,
            "bad_frames",
            "Frames that could not be read",
            &counted(|it| Some(it.run.as_ref()?.bad_frames)),
        )?;
        counters(
            &mut encoder,
            "gaps",
            "Stretches in which nothing could arrive",
            &counted(|it| Some(it.run.as_ref()?.gaps)),
        )?;
        gauges(
            &mut encoder,
            "blind_seconds",
            "Seconds of the window in which nothing could arrive",
            &of_windows(|it| Some(it.run.as_ref()?.blind_seconds)),
        )?;
        self.of_features(&mut encoder)
    }
}

impl ServiceMetrics {
    fn of_service(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let open = self.windows.values().filter(|window| window.is_open).count();
        let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
        gauges(encoder, "build", "The program's version", &[(version, 1.0)])?;
        gauges(encoder, "windows_open", "Windows that are being observed", &[(Vec::new(), open as f64)])?;
        let waits = f64::from(u8::from(self.is_evidence_waiting));
        gauges(
            encoder,
            "evidence_waiting",
            "Whether evidence waits beside the ledger",
            &[(Vec::new(), waits)],
        )?;
        let unstored: Vec<(Labels, f64)> =
            self.unstored.iter().map(|count| (Vec::new(), *count as f64)).collect();
        gauges(
            encoder,
            "recordings_waiting",
            "Files of recordings that are whole and not in the store",
            &unstored,
        )?;
        gauges(
            encoder,
            "targets_given_up",
            "Targets that only a person can bring back",
            &[(Vec::new(), self.given_up as f64)],
        )?;
        let next: Vec<(Labels, f64)> = self.next_opening.iter().map(|at| (Vec::new(), *at as f64)).collect();
        gauges(encoder, "next_opening_timestamp_seconds", "When the next session opens", &next)?;
        let memory: Vec<(Labels, f64)> =
            self.memory.iter().map(|bytes| (Vec::new(), *bytes as f64)).collect();
        gauges(encoder, "resident_memory_bytes", "Memory that the process has", &memory)
    }

    fn of_features(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut features: Vec<(Labels, &FeatureMetrics)> = Vec::new();
        for ((target, session), window) in &self.windows {
            for it in window.run.iter().flat_map(|run| &run.features) {
                let mut labels = labels(target, session);
                labels.push(("feature", it.feature.clone()));
                features.push((labels, it));
            }
        }
        let each = |read: fn(&FeatureMetrics) -> u64| {
            features.iter().map(|(labels, it)| (labels.clone(), read(it))).collect::<Vec<_>>()
        };
        counters(encoder, "samples", "REST samples that were judged or are pending", &each(|it| it.samples))?;
        counters(encoder, "messages", "Messages of the feature", &each(|it| it.messages))?;
        counters(
            encoder,
            "transitions",
            "Changes of compared fields seen on both sides",
            &each(|it| it.transitions),
        )?;
        let findings: Vec<_> =
            features.iter().map(|(labels, it)| (labels.clone(), it.findings as f64)).collect();
        gauges(encoder, "findings", "Distinct differences", &findings)?;
        let judged: Vec<_> =
            features.iter().map(|(labels, it)| (labels.clone(), it.judged_seconds)).collect();
        gauges(encoder, "judged_seconds", "Time that judged samples account for", &judged)?;
        let with = |labels: &Labels, name: &'static str, value: &str| {
            let mut labels = labels.clone();
            labels.push((name, value.to_owned()));
            labels
        };
        let mut outcomes = Vec::new();
        let mut errors = Vec::new();
        let (mut verdicts, mut gates) = (Vec::new(), Vec::new());
        for (labels, it) in &features {
            outcomes
                .extend(it.outcomes.iter().map(|(kind, count)| (with(labels, "kind", kind), *count as f64)));
            errors.extend(
                it.rest_errors
                    .iter()
                    .map(|(cause, count)| (with(labels, "cause", &cause.to_string()), *count)),
            );
            verdicts.extend(it.verdict.map(|verdict| (labels.clone(), rank(verdict))));
            gates.extend(it.gates.iter().map(|(code, verdict)| (with(labels, "gate", code), rank(*verdict))));
        }
        gauges(
            encoder,
            "outcomes",
            "What became of the samples: some are named anew as more is known",
            &outcomes,
        )?;
        counters(encoder, "rest_errors", "REST requests that brought no usable answer", &errors)?;
        gauges(encoder, "verdict", "Verdict so far: 0 go, 1 inconclusive, 2 no-go, 3 error", &verdicts)?;
        gauges(encoder, "gate", "Each gate so far: 0 go, 1 inconclusive, 2 no-go, 3 error", &gates)?;
        let skew: Vec<_> = features.iter().map(|(labels, it)| (labels, &it.skew)).collect();
        histograms(
            encoder,
            "skew_seconds",
            "How far REST and WebSocket had to be moved against each other",
            &skew,
        )?;
        let delay: Vec<_> = features.iter().map(|(labels, it)| (labels, &it.delay)).collect();
        histograms(encoder, "delay_seconds", "The same, of answers that showed something new", &delay)
    }
}

fn labels(target: &str, session: &str) -> Labels {
    vec![("target", target.to_owned()), ("session", session.to_owned())]
}

/// As verdicts are ordered: the larger, the worse.
fn rank(verdict: Verdict) -> f64 {
    match verdict {
        Verdict::Go => 0.0,
        Verdict::Inconclusive => 1.0,
        Verdict::NoGo => 2.0,
        Verdict::Error => 3.0,
    }
}

fn described<'e>(
    encoder: &'e mut DescriptorEncoder<'_>,
    name: &'e str,
    help: &str,
    kind: MetricType,
) -> Result<MetricEncoder<'e>, fmt::Error> {
    encoder.encode_descriptor(name, help, None, kind)
}

fn gauges(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: &[(Labels, f64)],
) -> fmt::Result {
    if values.is_empty() {
        return Ok(());
    }
    let mut metric = described(encoder, name, help, MetricType::Gauge)?;
    values.iter().try_for_each(|(labels, value)| {
        ConstGauge::new(*value).encode(metric.encode_family(&labels.as_slice())?)
    })
}

fn counters(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: &[(Labels, u64)],
) -> fmt::Result {
    if values.is_empty() {
        return Ok(());
    }
    let mut metric = described(encoder, name, help, MetricType::Counter)?;
    values.iter().try_for_each(|(labels, value)| {
        ConstCounter::new(*value).encode(metric.encode_family(&labels.as_slice())?)
    })
}

fn histograms(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: &[(&Labels, &Spread)],
) -> fmt::Result {
    if values.is_empty() {
        return Ok(());
    }
    let mut metric = described(encoder, name, help, MetricType::Histogram)?;
    values.iter().try_for_each(|(labels, spread)| {
        let uppers = BUCKETS.into_iter().chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = uppers.zip(spread.counts).collect();
        let count = spread.counts.iter().sum();
        metric
            .encode_family(&labels.as_slice())?
            .encode_histogram::<NoLabelSet>(spread.sum, count, &buckets, None)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_counts_each_value_once() {
        let mut spread = Spread::default();
        for (seconds, count) in [(0.0, 3), (0.001, 1), (0.3, 2), (60.0, 1)] {
            spread.add(seconds, count);
        }
        assert_eq!(spread.counts, [4, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1]);
        assert!((spread.sum - 60.601).abs() < 1e-9);
    }
}
