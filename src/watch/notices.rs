//! What is told to whoever does not look: a difference that is new, a verdict that changed, a session that ended. And
//! how much of it: a stream that is wrong in everything must not fill a mailbox.
//!
//! A notice names target, session, feature, kind and field. Values, entities and accounts stay in the reports.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::run::{FeatureReport, RunReport};
use crate::model::verdict::Verdict;
use crate::watch::calendar::WindowKey;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The published shape of what a command gets on stdin, or a URL by POST.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    pub schema: String,
    #[schemars(with = "String")]
    pub at: Timestamp,
    pub event: NoticeKind,
    /// One sentence for people.
    pub text: String,
    pub target: String,
    pub session: String,
    /// None where it is about the whole session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,
    /// The feature's verdict so far; of a session that ended the worst one.
    pub verdict: Verdict,
    /// Of a finding, as reports have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Notices that were left out before this one, because there were too many within an hour.
    pub left_out: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    Finding,
    Verdict,
    SessionEnd,
}

/// What was told already.
#[derive(Debug)]
pub struct NoticeBook {
    per_hour: usize,
    windows: BTreeMap<WindowKey, ToldOfWindow>,
    /// When the notices of the last hour were given out.
    given: VecDeque<Timestamp>,
    left_out: u64,
}

#[derive(Debug, Default)]
struct ToldOfWindow {
    verdicts: BTreeMap<String, Verdict>,
    findings: BTreeSet<String>,
}

impl NoticeBook {
    /// At most `per_hour` notices of findings and verdicts are given out within an hour; ends of sessions always are.
    pub fn new(per_hour: usize) -> Self {
        Self { per_hour, windows: BTreeMap::new(), given: VecDeque::new(), left_out: 0 }
    }

    /// What is new in a window that stands like this.
    pub fn look(&mut self, now: Timestamp, key: &WindowKey, report: &RunReport) -> Vec<Notice> {
        let told = self.windows.entry(key.clone()).or_default();
        let mut fresh = Vec::new();
        for feature in &report.features {
            for finding in &feature.findings {
                if told.findings.insert(finding.fingerprint.clone()) {
                    let field = finding.difference.field.as_ref().map(|field| format!(" in {field}"));
                    let text = format!(
                        "{}: REST and WebSocket differ: {}{}",
                        feature.feature,
                        finding.difference.kind,
                        field.unwrap_or_default()
                    );
                    let notice = notice(now, key, NoticeKind::Finding, text, Some(feature), feature.verdict);
                    fresh.push(Notice { fingerprint: Some(finding.fingerprint.clone()), ..notice });
                }
            }
            // before anything is known, nothing is decided
            let before = told.verdicts.insert(feature.feature.clone(), feature.verdict);
            let before = before.unwrap_or(Verdict::Inconclusive);
            if before != feature.verdict {
                let text = format!("{}: {}, {before} before", feature.feature, feature.verdict);
                fresh.push(notice(now, key, NoticeKind::Verdict, text, Some(feature), feature.verdict));
            }
        }
        fresh.into_iter().filter_map(|notice| self.admit(now, notice)).collect()
    }

    /// That a window ended; `is_kept`: its evidence is on the ledger or beside it.
    pub fn ended(&mut self, now: Timestamp, key: &WindowKey, report: &RunReport, is_kept: bool) -> Notice {
        self.windows.remove(key);
        let verdicts: Vec<String> =
            report.features.iter().map(|it| format!("{} {}", it.feature, it.verdict)).collect();
        let kept = if is_kept { "" } else { "; the evidence could NOT be kept" };
        let text = format!("{} ended: {}{kept}", key.session, verdicts.join(", "));
        let notice = notice(now, key, NoticeKind::SessionEnd, text, None, report.verdict);
        Notice { left_out: std::mem::take(&mut self.left_out), ..notice }
    }

    fn admit(&mut self, now: Timestamp, notice: Notice) -> Option<Notice> {
        while self.given.front().is_some_and(|at| now.duration_since(*at) >= HOUR) {
            self.given.pop_front();
        }
        if self.given.len() >= self.per_hour {
            self.left_out += 1;
            return None;
        }
        self.given.push_back(now);
        Some(Notice { left_out: std::mem::take(&mut self.left_out), ..notice })
    }
}

fn notice(
    at: Timestamp,
    key: &WindowKey,
    event: NoticeKind,
    text: String,
    feature: Option<&FeatureReport>,
    verdict: Verdict,
) -> Notice {
    Notice {
        schema: "thor-cutover/notice/1".to_owned(),
        at,
        event,
        text,
        target: key.target.clone(),
        session: key.session.clone(),
        feature: feature.map(|feature| feature.feature.clone()),
        verdict,
        fingerprint: None,
        left_out: 0,
    }
}
