//! The answer of `audit` as data: what its JSON is, and what the other forms are made from.

pub mod github;
pub mod human;
pub mod markdown;
pub mod sarif;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::model::facts::audit::{
    AuditReport, Cleanliness, DeletionPlan, FeatureFacts, Finding, Mapped, Searched, Suppressed,
};
use crate::model::text::counted;
use crate::model::verdict::Verdict;

pub const SCHEMA: &str = "thor-cutover/audit/1";

/// `audit --format json`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AuditAnswer {
    pub schema: &'static str,
    /// `nothing-claimed` for a mere search; with `--since`: `go` where what was there is gone, `no-go` where a
    /// part of it is left, `inconclusive` where nothing can be said.
    pub verdict: AuditVerdict,
    pub exit_code: u8,
    pub searched: Searched,
    /// Sorted by feature, kind, path, line.
    pub findings: Vec<Finding>,
    /// Findings that the configuration accepts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<Suppressed>,
    /// Requests and broadcasts of unknown target that the configuration maps to features.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mapped: Vec<Mapped>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The facts that the gates ask for.
    pub features: Vec<FeatureFacts>,
    /// With `--since`: the comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// With `--plan`: what to delete, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<DeletionPlan>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
// Not `Verdict`: no gate may say `nothing-claimed`, and an audit that fails has no report to say `error` in.
pub enum AuditVerdict {
    Go,
    NoGo,
    Inconclusive,
    NothingClaimed,
}

impl AuditVerdict {
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Go | Self::NothingClaimed => 0,
            Self::NoGo => 1,
            Self::Inconclusive => 3,
        }
    }

    /// As the other verdicts are shown; a mere search has none.
    pub fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Go => Some(Verdict::Go),
            Self::NoGo => Some(Verdict::NoGo),
            Self::Inconclusive => Some(Verdict::Inconclusive),
            Self::NothingClaimed => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::NoGo => "no-go",
            Self::Inconclusive => "inconclusive",
            Self::NothingClaimed => "nothing-claimed",
        }
    }
}

/// What became of the REST code since an earlier revision.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Since {
    /// As it was asked for.
    pub revision: String,
    pub commit: Option<String>,
    pub features: Vec<FeatureSince>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FeatureSince {
    pub feature: String,
    pub verdict: AuditVerdict,
    /// What the earlier revision had and this tree does not.
    pub gone: Vec<Finding>,
    /// What this tree claims to have retired, in the words of `checklist`: gone, switched off, slowed, refusing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claimed: Vec<String>,
    #[serde(flatten)]
    pub cleanliness: Cleanliness,
}

impl AuditAnswer {
    /// Compares where there is something to compare with. Without a feature named only those from which something
    /// is gone are judged: the others claim nothing.
    pub fn of(
        report: AuditReport,
        earlier: Option<(&str, &AuditReport)>,
        named: &[String],
        claimed: &BTreeMap<String, Vec<String>>,
    ) -> Self {
        let since = earlier.map(|(revision, earlier)| Since {
            revision: revision.to_owned(),
            commit: earlier.searched.revision.clone(),
            features: report
                .features
                .iter()
                .map(|facts| {
                    let claimed = claimed.get(&facts.feature).cloned().unwrap_or_default();
                    compared(&report, earlier, &facts.feature, named.contains(&facts.feature), claimed)
                })
                .collect(),
        });
        let verdicts = since.iter().flat_map(|since| &since.features).map(|feature| feature.verdict);
        let verdict = verdicts.fold(AuditVerdict::NothingClaimed, worse);
        Self {
            schema: SCHEMA,
            verdict,
            exit_code: verdict.exit_code(),
            searched: report.searched,
            findings: report.findings,
            suppressed: report.suppressed,
            mapped: report.mapped,
            warnings: report.warnings,
            features: report.features,
            since,
            plan: None,
        }
    }

    /// Leaves only these features; no name leaves all.
    pub fn only(&mut self, named: &[String]) {
        if named.is_empty() {
            return;
        }
        let wanted = |feature: &str| named.iter().any(|name| name == feature);
        // What may be any feature's may be one of these.
        let concerned = |finding: &Finding| match &finding.feature {
            Some(feature) => wanted(feature),
            None => finding.kind.may_be_anybodys(),
        };
        self.findings.retain(concerned);
        self.suppressed.retain(|it| concerned(&it.finding));
        self.mapped.retain(|it| it.features.iter().any(|feature| wanted(feature)));
        self.features.retain(|facts| wanted(&facts.feature));
        if let Some(since) = &mut self.since {
            since.features.retain(|feature| wanted(&feature.feature));
        }
    }

    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self).map_err(Error::failed)? + "\n")
    }

    /// The findings of a feature, or those of none.
    pub fn of_feature<'a>(&'a self, feature: Option<&'a str>) -> impl Iterator<Item = &'a Finding> {
        self.findings.iter().filter(move |finding| finding.feature.as_deref() == feature)
    }

    /// `81 files: 78 parsed (50 Python, 28 TypeScript), 3 documents; 1 of unknown target; 2 accepted`
    pub fn searched_line(&self) -> String {
        let it = &self.searched;
        let unparsed = match it.unparsed.len() {
            0 => String::new(),
            count => format!(", {count} not parsed as they should"),
        };
        let foreign = match it.foreign {
            0 => String::new(),
            count => format!(", {count} of other languages"),
        };
        let unknown = self.findings.iter().filter(|finding| finding.kind.is_of_unknown_target()).count();
        let said = [
            (unknown, "of unknown target"),
            (self.mapped.len(), "mapped by the configuration"),
            (self.suppressed.len(), "accepted"),
        ];
        let said = said.iter().filter(|(count, _)| *count > 0);
        let said: String = said.map(|(count, what)| format!("; {count} {what}")).collect();
        format!(
            "{}: {} parsed ({} Python, {} TypeScript){unparsed}{foreign}, {}{said}",
            counted(it.files, "file", "files"),
            it.parsed,
            it.python,
            it.typescript,
            counted(it.documents, "document", "documents")
        )
    }
}

fn compared(
    report: &AuditReport,
    earlier: &AuditReport,
    feature: &str,
    named: bool,
    claimed: Vec<String>,
) -> FeatureSince {
    let gone: Vec<Finding> = report.gone(feature, earlier).into_iter().cloned().collect();
    let cleanliness = report.cleanliness(feature, Some(earlier));
    let verdict = match &cleanliness {
        _ if gone.is_empty() && claimed.is_empty() && !named => AuditVerdict::NothingClaimed,
        Cleanliness::Left { .. } => AuditVerdict::NoGo,
        Cleanliness::Clean { .. } => AuditVerdict::Go,
        Cleanliness::Unknown { .. } => AuditVerdict::Inconclusive,
    };
    FeatureSince { feature: feature.to_owned(), verdict, gone, claimed, cleanliness }
}

fn worse(one: AuditVerdict, other: AuditVerdict) -> AuditVerdict {
    let rank = |verdict| match verdict {
        AuditVerdict::NothingClaimed => 0,
        AuditVerdict::Go => 1,
        AuditVerdict::Inconclusive => 2,
        AuditVerdict::NoGo => 3,
    };
    if rank(one) >= rank(other) { one } else { other }
}

/// How sure a finding is, where that needs saying.
pub fn doubt(finding: &Finding) -> &'static str {
    match finding.confidence.0 {
        sure if sure >= 0.9 => "",
        likely if likely >= 0.7 => " (likely)",
        _ => " (possible)",
    }
}
