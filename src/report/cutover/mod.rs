//! The published shape of `report --format json`: the whole cutover as the ledger and the decisions tell it. The page
//! and the Markdown say the same. A rename here breaks users: the schema test says so.

mod build;
mod human;
pub mod markdown;
pub mod page;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::build::{Material, cutover};
use crate::cli::Format;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::model::outcome::Payloads;
use crate::model::run::Finding;
use crate::model::verdict::Verdict;
use crate::report::checklist::{FeatureDecision, SearchedFiles};
use crate::report::ledger::EntrySummary;
use crate::report::{Answer, unsupported};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CutoverReport {
    pub schema: String,
    pub exit_code: u8,
    /// When it was made; UTC, RFC 3339, as every instant here.
    pub made_at: String,
    pub tool: String,
    /// The backend that it is about.
    pub target: String,
    /// `null` where there is none yet.
    pub ledger: Option<String>,
    /// Revision of the source tree; `null` where it is not known.
    pub revision: Option<String>,
    /// The searched source tree; `null` where none was found.
    pub source: Option<SearchedFiles>,
    /// The time that it tells of.
    pub from: String,
    pub to: String,
    pub features: Vec<FeatureHistory>,
    /// What people and commands did, newest first: flag changes, sign-offs, decisions that were used.
    pub events: Vec<EntrySummary>,
    /// What was not seen, whatever feature it is about.
    pub not_seen: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A feature over the weeks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeatureHistory {
    /// Where it stands, and what its next decision lacks.
    pub standing: FeatureDecision,
    /// Whether the backend's flag is on, by what is declared.
    pub flag: String,
    /// Oldest first.
    pub runs: Vec<RunHistory>,
    /// The newest first; one of each kind, entity and field.
    pub findings: Vec<DatedFinding>,
    /// Findings that are not listed for want of room.
    pub more_findings: usize,
    pub sessions: Vec<SessionWatched>,
    pub not_seen: Vec<String>,
    /// Digest of the rules in force.
    pub rules: String,
    /// Keys of those rules that are not as the contract has them: key, value, where it is written.
    pub own_rules: Vec<OwnRule>,
    /// Digest of the code that the evidence is bound to now; `null` where no source tree was read.
    pub code: Option<String>,
    /// How many definitions stand behind that digest.
    pub definitions: usize,
}

/// A rule that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwnRule {
    pub key: String,
    pub value: String,
    pub from: String,
}

/// One run of a feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunHistory {
    pub id: String,
    pub started_at: String,
    pub ended_at: String,
    pub verdict: Verdict,
    /// `on`, `off`, `unknown`, or `off, then on`.
    pub flag: String,
    /// Judged samples.
    pub judged: u64,
    pub matching: u64,
    /// Samples that make the run no-go.
    pub differing: u64,
    pub rest_errors: u64,
    /// REST requests that were answered or failed.
    pub requests: u64,
    pub transitions: u64,
    /// In milliseconds; `null` where nothing matched, or the full report is not there any more.
    pub skew_p99_ms: Option<f64>,
    /// Codes of the run's gates that did not pass.
    pub failing: Vec<String>,
    pub interrupted: bool,
    /// Why it is no evidence for the next decision; `null` where it is.
    pub not_counted: Option<String>,
    pub by: Option<String>,
    pub revision: Option<String>,
    pub tool: String,
}

impl RunHistory {
    /// Percent of the judged samples.
    pub fn match_rate(&self) -> Option<f64> {
        (self.judged > 0).then(|| self.matching as f64 / self.judged as f64 * 100.0)
    }

    /// Percent of the requests.
    pub fn error_rate(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.rest_errors as f64 / self.requests as f64 * 100.0)
    }
}

/// A difference, when it was seen last, and both sides whole where they are known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatedFinding {
    pub run: String,
    /// When it was seen last.
    pub at: String,
    /// In how many runs.
    pub runs: usize,
    #[serde(flatten)]
    pub finding: Finding,
    pub payloads: Option<Payloads>,
}

/// A market session on one day, and how much of it was judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionWatched {
    pub name: String,
    pub open: String,
    pub close: String,
    /// 0 to 1.
    pub share: f64,
}

/// `report`, ready to be rendered.
#[derive(Debug)]
pub struct CutoverAnswer(pub CutoverReport);

impl Answer for CutoverAnswer {
    fn exit_code(&self) -> u8 {
        self.0.exit_code
    }

    fn render(&self, format: Format, environment: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(human::human(&self.0, environment.width())),
            Format::Json => {
                let text = serde_json::to_string_pretty(&self.0).map_err(Error::failed)?;
                Ok(text + "\n")
            }
            Format::Markdown => Ok(markdown::markdown(&self.0)),
            Format::Html => page::html(&self.0),
            other => Err(unsupported("report", other)),
        }
    }

    fn hints(&self) -> Vec<String> {
        Vec::new()
    }
}
