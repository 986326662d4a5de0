//! Runs as an observer would leave them, made through the same public functions.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use thor_cutover::evidence::{Circumstances, record};
use thor_cutover::model::facts::ledger::{FlagState, Revision, RunRecord};
use thor_cutover::model::gate::Gate;
use thor_cutover::model::outcome::{Difference, Kind, Persistence};
use thor_cutover::model::run::{
    Connection, FeatureReport, FieldReport, Finding, GapReport, Quantiles, RunEnd, RunReport, SelfCheck,
    Stretch,
};
use thor_cutover::model::verdict::Verdict;

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp written in a test")
}

pub fn store(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("evidence.db").display())
}

/// A run to be varied, then recorded.
#[derive(Clone)]
pub struct Run {
    pub report: RunReport,
    pub circumstances: Circumstances,
}

impl Run {
    /// A clean run of one feature.
    pub fn clean(feature: &str, from: Timestamp, seconds: f64) -> Self {
        let report = RunReport {
            schema: "thor-cutover/shadow-diff/1".to_owned(),
            verdict: Verdict::Go,
            exit_code: 0,
            end: RunEnd::Completed,
            seconds,
            config_digest: "config".to_owned(),
            connection: Connection { opened: 1, messages: 100, ..Connection::default() },
            sockets: std::collections::BTreeMap::new(),
            features: vec![clean_feature(feature, seconds)],
            warnings: Vec::new(),
        };
        let circumstances = Circumstances {
            started_at: from,
            target: "http://localhost:8000".to_owned(),
            account: Some("account-1".to_owned()),
            key: Some("key-1".to_owned()),
            by: None,
            revision: Some(Revision { commit: "r1".to_owned(), dirty: Vec::new() }),
            code: BTreeMap::new(),
            judging: thor_cutover::judge::JUDGING,
            flags: BTreeMap::from([(feature.to_owned(), FlagState::Off)]),
            rules: BTreeMap::from([(feature.to_owned(), "rules-1".to_owned())]),
            keys: BTreeMap::new(),
            observer: 7,
        };
        Self { report, circumstances }
    }

    pub fn flag(mut self, state: FlagState) -> Self {
        for flag in self.circumstances.flags.values_mut() {
            *flag = state;
        }
        self
    }

    pub fn verdict(mut self, verdict: Verdict) -> Self {
        self.report.verdict = verdict;
        self.report.exit_code = verdict.exit_code();
        self.report.features[0].verdict = verdict;
        self
    }

    /// One cent off in `/cash`, three times.
    pub fn divergent(mut self) -> Self {
        let feature = &mut self.report.features[0];
        feature.outcomes.insert(Kind::Value, 3);
        feature.gates[0] = gate("parity", Verdict::NoGo, "3 of 120");
        feature.findings.push(Finding {
            difference: Difference {
                kind: Kind::Value,
                entity: BTreeMap::new(),
                field: Some("/cash".parse().expect("a pointer")),
                rest: Some("1.00".to_owned()),
                ws: Some("1.01".to_owned()),
                excess_ms: None,
                wrong_ms: None,
                passes_with: Some("0.01".to_owned()),
                nearest_ms: Some(3),
                persistence: Persistence::Confirmed,
            },
            count: 3,
            first_at: 1.0,
            last_at: 2.0,
            fingerprint: "f00d".to_owned(),
        });
        self.verdict(Verdict::NoGo)
    }

    pub fn gap(mut self, from: f64, to: f64) -> Self {
        self.report.connection.gaps.push(GapReport { from, to, reason: "closed 1006".to_owned() });
        self.report.connection.reconnects += 1;
        self.report.connection.blind_seconds += to - from;
        self
    }

    pub fn record(&self) -> RunRecord {
        record(&self.report, &self.circumstances)
    }
}

fn gate(code: &str, verdict: Verdict, value: &str) -> Gate {
    Gate {
        code: code.to_owned(),
        verdict,
        value: value.to_owned(),
        threshold: "0".to_owned(),
        n: 120,
        fix: String::new(),
        waived: false,
        place: None,
    }
}

fn clean_feature(feature: &str, seconds: f64) -> FeatureReport {
    let field = |name: &str, role: &str, moved: u64| FieldReport {
        field: name.parse().expect("a pointer"),
        role: role.to_owned(),
        moved_rest: moved,
        moved_ws: if role == "both" { moved } else { 0 },
    };
    FeatureReport {
        feature: feature.to_owned(),
        verdict: Verdict::Go,
        samples: 120,
        rest_errors: 0,
        messages: 118,
        filtered: 0,
        outcomes: BTreeMap::from([(Kind::Match, 120)]),
        transitions: 98,
        judged: vec![Stretch { from: 0.0, to: seconds }],
        untold: Vec::new(),
        skew_ms: Quantiles { p50: 12.0, p99: 80.0, max: 95.0 },
        candidates: Quantiles { p50: 1.0, p99: 2.0, max: 2.0 },
        longest_silence: Some(1.2),
        failure_rate_bound: Some(0.025),
        self_check: SelfCheck { plantable: 40, caught: 40, not_exercised: Vec::new() },
        fields: vec![field("/cash", "both", 98), field("/equity", "both", 40)],
        gates: vec![gate("parity", Verdict::Go, "0 of 120"), gate("samples", Verdict::Go, "120")],
        findings: Vec::new(),
        differing: Vec::new(),
        notes: Vec::new(),
        suppressed: Vec::new(),
    }
}
