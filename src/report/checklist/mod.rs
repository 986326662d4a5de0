//! The published shape of `checklist --format json`. A rename here breaks users: the schema test says so.

pub mod github;
pub mod human;
pub mod junit;
pub mod markdown;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::judge::decision::{Asked, Decided};
use crate::model::gate::Gate;
use crate::model::stage::{Decision, Stage};
use crate::model::verdict::Verdict;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChecklistReport {
    pub schema: String,
    pub verdict: Overall,
    pub exit_code: u8,
    /// What was asked: `claimed`, `next`, or a decision.
    pub asked: String,
    /// Backend revision the decision is about; `null` where it is not known.
    pub revision: Option<String>,
    /// The searched source tree; `null` where none was found.
    pub source: Option<SearchedFiles>,
    /// What passes only because the configuration says that there is no source tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<Waived>,
    pub features: Vec<FeatureDecision>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// The worst verdict of what was asked; nothing claimed is not `go`.
// Not `Verdict`: no gate may say `nothing-claimed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Overall {
    Go,
    Inconclusive,
    NoGo,
    Error,
    NothingClaimed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Searched")]
pub struct SearchedFiles {
    pub files: usize,
    pub parsed: usize,
    /// Files that could not be read or parsed as they should, or that no parser here reads and that name a feature.
    #[serde(default)]
    pub unparsed: usize,
    /// Repeated requests and broadcasts whose target is not known.
    #[serde(default)]
    pub unresolved: usize,
    /// Those that the configuration maps to features.
    #[serde(default)]
    pub mapped: usize,
    /// Findings that the configuration accepts.
    #[serde(default)]
    pub accepted: usize,
}

impl SearchedFiles {
    /// `81 source files searched, 1 target unknown, 2 findings accepted`
    pub fn line(&self) -> String {
        let counted = |count: usize, one: &str, many: &str| match count {
            0 => String::new(),
            1 => format!(", 1 {one}"),
            count => format!(", {count} {many}"),
        };
        [
            format!("{} source files searched", self.files),
            counted(self.unparsed, "not read as it should", "not read as they should"),
            counted(self.unresolved, "target unknown", "targets unknown"),
            counted(self.mapped, "mapped by the configuration", "mapped by the configuration"),
            counted(self.accepted, "finding accepted", "findings accepted"),
        ]
        .concat()
    }
}

/// Gates that pass without having been measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waived {
    /// How many of the gates of the judged features.
    pub gates: usize,
    /// `[source] none` of the configuration.
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeatureDecision {
    pub feature: String,
    /// `null` where no source tree was searched.
    pub stage: Option<Stage>,
    pub decision: Decision,
    /// Somebody already acted on the decision: the flag is on, or a timer or endpoint is gone.
    pub claimed: bool,
    /// Whether it enters the overall verdict.
    pub judged: bool,
    pub verdict: Verdict,
    pub gates: Vec<GateRow>,
    /// Timers and endpoints that an earlier audit saw and that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<String>,
    /// How far the feature is verified without a break.
    pub verified: Option<VerifiedStretch>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GateRow {
    #[serde(flatten)]
    pub gate: Gate,
    /// Stable over runs: from feature, decision and code.
    pub fingerprint: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedStretch {
    /// Instants in UTC, RFC 3339.
    pub verified_from: String,
    pub verified_through: String,
    /// Seconds of session time that were not watched right before it; `null` if it begins with the evidence.
    pub after_gap_seconds: Option<f64>,
}

impl Overall {
    pub fn exit_code(self) -> u8 {
        match self {
            Self::NothingClaimed => 0,
            Self::Go => Verdict::Go.exit_code(),
            Self::Inconclusive => Verdict::Inconclusive.exit_code(),
            Self::NoGo => Verdict::NoGo.exit_code(),
            Self::Error => Verdict::Error.exit_code(),
        }
    }

    /// `None`: nothing was judged.
    pub fn verdict(self) -> Option<Verdict> {
        match self {
            Self::NothingClaimed => None,
            Self::Go => Some(Verdict::Go),
            Self::Inconclusive => Some(Verdict::Inconclusive),
            Self::NoGo => Some(Verdict::NoGo),
            Self::Error => Some(Verdict::Error),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::NothingClaimed => "nothing-claimed",
            Self::Go => "go",
            Self::Inconclusive => "inconclusive",
            Self::NoGo => "no-go",
            Self::Error => "error",
        }
    }
}

impl From<Option<Verdict>> for Overall {
    fn from(worst: Option<Verdict>) -> Self {
        match worst {
            None => Self::NothingClaimed,
            Some(Verdict::Go) => Self::Go,
            Some(Verdict::Inconclusive) => Self::Inconclusive,
            Some(Verdict::NoGo) => Self::NoGo,
            Some(Verdict::Error) => Self::Error,
        }
    }
}

impl ChecklistReport {
    /// Of `claimed` only what is claimed is judged, and what was taken away unless somebody can say that it never was
    /// there; of anything else, everything.
    pub fn of(
        decided: Vec<Decided>,
        asked: Asked,
        revision: Option<String>,
        source: Option<SearchedFiles>,
    ) -> Self {
        let judged = |it: &Decided| it.claimed || it.doubtful || asked != Asked::Claimed;
        let verdict =
            Overall::from(Verdict::worst(decided.iter().filter(|it| judged(it)).map(|it| it.verdict)));
        Self {
            schema: "thor-cutover/checklist/1".to_owned(),
            verdict,
            exit_code: verdict.exit_code(),
            asked: match asked {
                Asked::Claimed => "claimed".to_owned(),
                Asked::Next => "next".to_owned(),
                Asked::This(decision) => decision.to_string(),
            },
            revision,
            source,
            waived: None,
            features: decided.into_iter().map(|it| (judged(&it), it)).map(FeatureDecision::from).collect(),
            warnings: Vec::new(),
        }
    }
}

impl ChecklistReport {
    /// Says how much was waived, and why: never silent.
    pub fn waive(&mut self, reason: Option<&str>) {
        let judged = self.features.iter().filter(|feature| feature.judged);
        let gates = judged.flat_map(|it| &it.gates).filter(|row| row.gate.waived).count();
        self.waived = reason.map(|reason| Waived { gates, reason: reason.to_owned() });
    }
}

impl Waived {
    /// `3 gates waived, no source tree: …`
    pub fn line(&self) -> String {
        let s = if self.gates == 1 { "" } else { "s" };
        format!("{} gate{s} waived, no source tree: {}", self.gates, self.reason)
    }
}

impl From<(bool, Decided)> for FeatureDecision {
    fn from((judged, decided): (bool, Decided)) -> Self {
        let fingerprint = |gate: &Gate| {
            let about = [&decided.feature, decided.decision.as_str(), &gate.code].join("\u{1f}");
            format!("{:016x}", xxhash_rust::xxh3::xxh3_64(about.as_bytes()))
        };
        let gates = decided
            .gates
            .iter()
            .map(|gate| GateRow { gate: gate.clone(), fingerprint: fingerprint(gate) })
            .collect();
        Self {
            feature: decided.feature,
            stage: decided.stage,
            decision: decided.decision,
            claimed: decided.claimed,
            judged,
            verdict: decided.verdict,
            gates,
            gone: decided.gone,
            verified: decided.verified.map(|it| VerifiedStretch {
                verified_from: it.from.to_string(),
                verified_through: it.through.to_string(),
                after_gap_seconds: it.after_gap,
            }),
            notes: decided.notes,
        }
    }
}

impl FeatureDecision {
    /// `positions, delete: may the REST timer and endpoint go?`
    pub fn title(&self) -> String {
        format!("{}, {}: {}", self.feature, self.decision, self.decision.question())
    }

    /// The gates that do not pass.
    pub fn lacking(&self) -> impl Iterator<Item = &Gate> {
        self.gates.iter().map(|row| &row.gate).filter(|gate| gate.verdict != Verdict::Go)
    }
}
