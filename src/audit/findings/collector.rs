//! Gathers findings and gives each its fingerprint.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use crate::model::facts::audit::{Confidence, Finding, FindingKind, TimerRole};
use crate::model::gate::Place;
use crate::model::text::hex;

#[derive(Default)]
pub(in crate::audit) struct Collector {
    list: Vec<Finding>,
}

impl FromIterator<Self> for Collector {
    fn from_iter<I: IntoIterator<Item = Self>>(parts: I) -> Self {
        Self { list: parts.into_iter().flat_map(|part| part.list).collect() }
    }
}

/// A finding being written.
pub(in crate::audit) struct Draft(Finding);

impl Draft {
    pub fn new(
        kind: FindingKind,
        place: Place,
        symbol: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self(Finding {
            kind,
            feature: None,
            path: place.path,
            line: place.line,
            symbol: symbol.into(),
            reason: reason.into(),
            confidence: Confidence::CERTAIN,
            endpoints: Vec::new(),
            interval_ms: Vec::new(),
            basis: String::new(),
            beat_ms: Vec::new(),
            timer_role: None,
            inert: false,
            unclear: false,
            related: Vec::new(),
            fingerprint: String::new(),
        })
    }

    pub fn feature(mut self, feature: Option<String>) -> Self {
        self.0.feature = feature;
        self
    }

    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.0.confidence = confidence;
        self
    }

    pub fn endpoints(mut self, endpoints: Vec<String>) -> Self {
        self.0.endpoints = endpoints;
        self
    }

    pub fn interval_ms(mut self, interval: Vec<u64>) -> Self {
        self.0.interval_ms = interval;
        self
    }

    pub fn beat_ms(mut self, beat: Vec<u64>) -> Self {
        self.0.beat_ms = beat;
        self
    }

    pub fn basis(mut self, basis: String) -> Self {
        self.0.basis = basis;
        self
    }

    pub fn role(mut self, role: TimerRole) -> Self {
        self.0.timer_role = Some(role);
        self
    }

    pub fn inert(mut self, inert: bool) -> Self {
        self.0.inert = inert;
        self
    }

    pub fn unclear(mut self, unclear: bool) -> Self {
        self.0.unclear = unclear;
        self
    }

    pub fn related(mut self, mut related: Vec<Place>) -> Self {
        related.sort();
        related.dedup();
        related.retain(|place| place.path != self.0.path || place.line != self.0.line);
        self.0.related = related;
        self
    }
}

impl Collector {
    pub fn push(&mut self, draft: Draft) {
        self.list.push(draft.0);
    }

    /// The findings so far of a feature.
    pub fn of_feature(&self, feature: &str) -> Vec<&Finding> {
        self.list.iter().filter(|finding| finding.feature.as_deref() == Some(feature)).collect()
    }

    /// Sorted, each place and feature once a kind, with fingerprints.
    pub fn finish(self) -> Vec<Finding> {
        let mut list = self.list;
        list.sort_by(|a, b| {
            key(a)
                .cmp(&key(b))
                .then_with(|| b.confidence.0.total_cmp(&a.confidence.0))
                .then_with(|| a.symbol.cmp(&b.symbol))
        });
        list.dedup_by(|next, kept| {
            // Of several routes in one line each fares by itself.
            let fare = |it: &Finding| (it.inert, it.unclear);
            let alike = next.kind != FindingKind::RestRoute || fare(next) == fare(kept);
            let same = key(next) == key(kept)
                && alike
                && (next.symbol == kept.symbol || !tells_types_apart(next.kind));
            if same {
                kept.endpoints.append(&mut next.endpoints);
                kept.endpoints.sort();
                kept.endpoints.dedup();
            }
            same
        });
        let mut counts: HashMap<String, u32> = HashMap::new();
        for finding in &mut list {
            let count = counts.entry(about(finding)).or_default();
            finding.fingerprint = fingerprint(finding, *count);
            *count += 1;
        }
        list
    }
}

fn about(finding: &Finding) -> String {
    let feature = finding.feature.as_deref().unwrap_or("");
    format!("{}\n{feature}\n{}\n{}", finding.kind.code(), finding.path, finding.symbol)
}

/// The fingerprint of the `nth` of the findings that are about the same, counted from 0.
pub(in crate::audit) fn fingerprint(finding: &Finding, nth: u32) -> String {
    let digest = Sha256::digest(format!("{}\n{nth}", about(finding)));
    hex(&digest[..8])
}

/// What the findings are sorted by, and what is the same for findings of one place.
fn key(finding: &Finding) -> (bool, Option<&str>, FindingKind, &str, usize) {
    (finding.feature.is_none(), finding.feature.as_deref(), finding.kind, &finding.path, finding.line)
}

/// Several message types at one place are several findings; several names of one route are not.
fn tells_types_apart(kind: FindingKind) -> bool {
    matches!(
        kind,
        FindingKind::Broadcast
            | FindingKind::Builder
            | FindingKind::Subscription
            | FindingKind::HandlerMissing
            | FindingKind::ListenerWithoutSender
            | FindingKind::MissingName
            | FindingKind::UnroutedUrl
            | FindingKind::Timer
            | FindingKind::VolatileField
    )
}
