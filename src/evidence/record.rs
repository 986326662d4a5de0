//! From a finished run's report to what the ledger keeps of it. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::line::id;
use crate::model::facts::fingerprint::CodeFingerprint;
use crate::model::facts::ledger::{
    EffectiveKey, FailedGate, FeatureRun, FlagState, Incidents, NamedFinding, RecordingDigest, Revision,
    RunBy, RunRecord, Window,
};
use crate::model::run::{Connection, FeatureReport, RunReport, Stretch};
use crate::model::verdict::Verdict;

/// What a run is bound to, besides what it saw.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Circumstances {
    pub started_at: Timestamp,
    /// REST URL of the backend, as [`target_of`] writes it.
    pub target: String,
    /// Pseudonym of the account that was configured.
    pub account: Option<String>,
    /// Fingerprint of the key of its pseudonyms.
    pub key: Option<String>,
    pub by: Option<RunBy>,
    pub revision: Option<Revision>,
    /// The code behind each feature, taken when the run began.
    pub code: BTreeMap<String, CodeFingerprint>,
    /// Version of the tool's judgment.
    pub judging: u32,
    /// By feature; one that is not named is unknown.
    pub flags: BTreeMap<String, FlagState>,
    /// Digest of the effective rules, by feature.
    pub rules: BTreeMap<String, String>,
    /// What those rules are made of, by feature.
    pub keys: BTreeMap<String, BTreeMap<String, EffectiveKey>>,
    /// Tells apart observers that start at the same instant: the process id.
    pub observer: u32,
}

impl Circumstances {
    /// What two windows have in common that are evidence of the same: everything but when and by whom they were
    /// observed, and in which revision, which the code's fingerprint stands for.
    pub fn binding(&self) -> String {
        let Self { target, account, key, code, judging, flags, rules, .. } = self;
        serde_json::to_string(&(target, account, key, code, judging, flags, rules))
            .expect("texts and numbers under names")
    }
}

/// What is known of a run only when it ends, or so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RunEnding {
    /// Accounts that REST's answers were about, as pseudonyms.
    pub account_seen: Option<String>,
    pub revision: Option<Revision>,
    /// By feature, where it may be another one than at the beginning.
    pub code: BTreeMap<String, CodeFingerprint>,
    /// By feature.
    pub flags: BTreeMap<String, FlagState>,
    pub recording: Option<RecordingDigest>,
}

impl RunEnding {
    /// Adds to a record what the end brought.
    pub fn add_to(mut self, run: &mut RunRecord) {
        run.account_seen = self.account_seen;
        run.revision_end = self.revision;
        run.recording = self.recording;
        for feature in &mut run.features {
            feature.flag_end = self.flags.get(&feature.feature).copied();
            feature.code_end =
                self.code.remove(&feature.feature).filter(|end| feature.code.as_ref() != Some(end));
        }
    }
}

/// A command line as it may be kept: URLs without user, password, query and fragment.
pub fn command_line(arguments: &[std::ffi::OsString]) -> String {
    let shown = |argument: &std::ffi::OsString| {
        let text = argument.to_string_lossy();
        let (option, value) = match text.split_once('=') {
            Some((option, value)) if option.starts_with('-') => (format!("{option}="), value),
            _ => (String::new(), text.as_ref()),
        };
        let value = match url::Url::parse(value) {
            Ok(url) if value.contains("://") => target_of(&url),
            _ => value.to_owned(),
        };
        let needs_quotes = value.is_empty() || value.contains([' ', '"', '\'', '$', '*', ';', '&', '|']);
        if needs_quotes { format!("{option}'{}'", value.replace('\'', "'\\''")) } else { option + &value }
    };
    let mut words: Vec<String> = arguments.iter().map(shown).collect();
    if let Some(program) = words.first_mut() {
        *program = "thor-cutover".to_owned();
    }
    words.join(" ")
}

/// The backend's address as evidence names it: no credentials, query, fragment or slash at the end.
pub fn target_of(rest_url: &url::Url) -> String {
    let mut url = rest_url.clone();
    // Both setters refuse only addresses that cannot have credentials in the first place.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// What the ledger keeps of a run. Called again for a longer report of the same run, it keeps the same id.
pub fn record(report: &RunReport, circumstances: &Circumstances) -> RunRecord {
    let started_at = circumstances.started_at;
    let target = circumstances.target.clone();
    let connected = connected(report.seconds, &report.connection);
    RunRecord {
        id: id(started_at, &["run", &target, &circumstances.observer.to_string()]),
        started_at,
        ended_at: after(started_at, report.seconds),
        end: report.end,
        target,
        account: circumstances.account.clone(),
        account_seen: None,
        key: circumstances.key.clone(),
        revision: circumstances.revision.clone(),
        revision_end: None,
        by: circumstances.by.clone(),
        recording: None,
        judging: circumstances.judging,
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        incidents: Incidents {
            reconnects: report.connection.reconnects,
            failed_attempts: report.connection.failed_attempts,
            bad_frames: report.connection.bad_frames,
            blind_seconds: report.connection.blind_seconds,
        },
        features: report
            .features
            .iter()
            .map(|feature| of_feature(feature, &connected, circumstances))
            .collect(),
        reports: report.features.clone(),
        written_after: None,
        imported: None,
    }
}

fn of_feature(report: &FeatureReport, connected: &[Stretch], circumstances: &Circumstances) -> FeatureRun {
    let compared = || report.fields.iter().filter(|field| field.role == "both");
    let moved_both = |moved_rest: u64, moved_ws: u64| moved_rest > 0 && moved_ws > 0;
    FeatureRun {
        feature: report.feature.clone(),
        rules: circumstances.rules.get(&report.feature).cloned().unwrap_or_default(),
        keys: circumstances.keys.get(&report.feature).cloned().unwrap_or_default(),
        flag: circumstances.flags.get(&report.feature).copied().unwrap_or_default(),
        code: circumstances.code.get(&report.feature).cloned(),
        flag_end: None,
        code_end: None,
        verdict: report.verdict,
        samples: report.samples,
        rest_errors: report.rest_errors,
        messages: report.messages,
        transitions: report.transitions,
        outcomes: report.outcomes.clone(),
        failing: report
            .gates
            .iter()
            .filter(|gate| gate.verdict != Verdict::Go)
            .map(|gate| FailedGate {
                code: gate.code.clone(),
                verdict: gate.verdict,
                value: gate.value.clone(),
            })
            .collect(),
        findings: report
            .findings
            .iter()
            .take(5)
            .map(|finding| NamedFinding {
                kind: finding.difference.kind,
                field: finding.difference.field.clone(),
                count: finding.count,
                fingerprint: finding.fingerprint.clone(),
            })
            .collect(),
        windows: windows(&report.judged, connected, circumstances.started_at),
        untold: report.untold.clone(),
        moved: compared().filter(|f| moved_both(f.moved_rest, f.moved_ws)).map(|f| f.field.clone()).collect(),
        unmoved: compared()
            .filter(|f| !moved_both(f.moved_rest, f.moved_ws))
            .map(|f| f.field.clone())
            .collect(),
        rest_only: report.fields.iter().filter(|f| f.role == "rest_only").map(|f| f.field.clone()).collect(),
    }
}

/// What was judged while connected. Both in order of time.
fn windows(judged: &[Stretch], connected: &[Stretch], started_at: Timestamp) -> Vec<Window> {
    let common = |a: &Stretch| {
        let a = *a;
        connected.iter().map(move |b| Stretch { from: a.from.max(b.from), to: a.to.min(b.to) })
    };
    judged
        .iter()
        .flat_map(common)
        .filter(|stretch| stretch.from < stretch.to)
        .map(|stretch| Window { from: after(started_at, stretch.from), to: after(started_at, stretch.to) })
        .collect()
}

/// The run's time without its gaps. Where more gaps happened than are listed, nothing after the last listed
/// one is claimed.
fn connected(seconds: f64, connection: &Connection) -> Vec<Stretch> {
    const LISTED: usize = 100;
    let mut gaps: Vec<(f64, f64)> = connection.gaps.iter().map(|gap| (gap.from, gap.to)).collect();
    gaps.sort_by(|a, b| a.0.total_cmp(&b.0));
    if gaps.len() >= LISTED {
        let last = gaps.last().map_or(0.0, |gap| gap.0);
        gaps.push((last, seconds));
    }
    let mut connected = Vec::new();
    let mut from = 0.0_f64;
    for (gap_from, gap_to) in gaps.into_iter().chain([(seconds, seconds)]) {
        let to = gap_from.min(seconds);
        if to > from {
            connected.push(Stretch { from, to });
        }
        from = from.max(gap_to);
    }
    connected
}

fn after(start: Timestamp, seconds: f64) -> Timestamp {
    let duration = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default();
    let duration = SignedDuration::try_from(duration).unwrap_or_default();
    let at = start.checked_add(duration).unwrap_or(start);
    // The ledger orders by milliseconds, and a run must not seem to end before its own last window.
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
