//! The run in plain lines, for pipes and logs: one for each finding that is new, one a minute. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::model::run::{FeatureReport, RunReport};
use crate::model::text::counted;
use crate::model::text::{clock_face, visible};
use crate::model::time::Nanos;
use crate::report::run::differences;

/// How often a line says how it stands.
const EVERY: Duration = Duration::from_secs(60);
/// The same in the log of a service, which somebody reads afterwards.
const EVERY_OF_SERVICE: Duration = Duration::from_secs(1_800);
/// Findings told of one feature; a stream that is wrong in everything must not fill a log.
const FINDINGS: usize = 20;

#[derive(Debug)]
pub struct Plain {
    every: Duration,
    told: BTreeSet<String>,
    /// How many of each feature.
    counts: Vec<usize>,
    stood_at: Nanos,
}

impl Default for Plain {
    fn default() -> Self {
        Self { every: EVERY, told: BTreeSet::new(), counts: Vec::new(), stood_at: Nanos::default() }
    }
}

impl Plain {
    /// Those of a service that observes for weeks.
    pub fn of_service() -> Self {
        Self { every: EVERY_OF_SERVICE, ..Self::default() }
    }

    /// What is new at `now`.
    pub fn lines(&mut self, now: Nanos, report: &RunReport) -> Vec<String> {
        let mut lines = Vec::new();
        self.counts.resize(report.features.len(), 0);
        for (feature, count) in report.features.iter().zip(&mut self.counts) {
            for finding in &feature.findings {
                if *count > FINDINGS || !self.told.insert(finding.fingerprint.clone()) {
                    continue;
                }
                *count += 1;
                let name = visible(&feature.feature);
                lines.push(if *count > FINDINGS {
                    format!("{}  {name}: further findings are counted, not told", clock_face(now))
                } else {
                    format!(
                        "{}  {name}: {}  {}: {}",
                        clock_face(now),
                        finding.difference.kind,
                        differences::place(finding),
                        differences::sides(feature, finding)
                    )
                });
            }
        }
        if now.since(self.stood_at) >= self.every {
            self.stood_at = now;
            let features: Vec<_> = report.features.iter().map(standing).collect();
            lines.push(format!("{}  {}", clock_face(now), features.join(" · ")));
        }
        lines
    }
}

fn standing(feature: &FeatureReport) -> String {
    let errors = match feature.rest_errors {
        0 => String::new(),
        errors => format!(", {}", counted(errors, "REST error", "REST errors")),
    };
    format!(
        "{} {} ({}, {}, {}{errors})",
        visible(&feature.feature),
        feature.verdict,
        counted(feature.samples, "sample", "samples"),
        counted(feature.messages, "message", "messages"),
        counted(feature.transitions, "change", "changes")
    )
}
