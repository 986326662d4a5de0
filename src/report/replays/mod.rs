//! The answer of `replay` where each recording is judged by itself: of all of them, of one shard, of all shards merged.

mod github;
mod human;
mod junit;
mod markdown;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::cli::{EACH, Format};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::model::run::{FeatureReport, RunReport};
use crate::model::shard::Shard;
use crate::model::text::{counted, visible};
use crate::model::verdict::Verdict;
use crate::report::run::differences;
use crate::report::{Answer, unsupported};

/// What [`ReplayedEach::schema`] says.
pub const SCHEMA: &str = "thor-cutover/replay-each/2";

/// The published shape of `replay --each`, `--shard` and `--merge` with `--format json`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReplayedEach {
    pub schema: String,
    /// The worst of its runs'; of none, inconclusive.
    pub verdict: Verdict,
    pub exit_code: u8,
    /// All recordings, those of other shards included.
    pub list: RecordingList,
    /// Which part of the list the runs are; without it, all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    pub judged: JudgedBy,
    /// In the order of the recordings' names.
    pub runs: Vec<ReplayedRun>,
}

/// What two shards must have in common to be of one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordingList {
    pub count: u64,
    /// SHA-256, in hex, of the recordings' names and of how many files and bytes each has.
    pub digest: String,
}

/// What two shards must have in common to be judged alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JudgedBy {
    /// Program and version.
    pub tool: String,
    /// Version of the judgment.
    pub judging: u32,
    /// Digest of the configuration that `--config` named; without it, each recording's own decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The only features that were judged; none: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
}

/// How large a recording is, as it lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordingSize {
    pub files: u64,
    pub bytes: u64,
}

/// One recording's judgment.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ReplayedRun {
    /// Path without the folder that all recordings have in common.
    pub recording: String,
    /// Files that it consists of.
    pub files: u64,
    /// Bytes of all of them, as they lie there; none of what is not there.
    pub bytes: u64,
    pub verdict: Verdict,
    /// As `replay` of this recording alone says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<RunReport>")]
    pub report: Option<Box<RawValue>>,
    /// Why there is no report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The answer, and of each run what a person reads of it.
pub struct EachAnswer {
    printed: ReplayedEach,
    /// One for each run.
    lines: Vec<RunLine>,
    is_verbose: bool,
    hints: Vec<String>,
}

/// One run in a line.
#[derive(Debug, Clone)]
pub struct RunLine {
    verdict: Verdict,
    seconds: f64,
    samples: u64,
    /// Each feature's verdict.
    features: Vec<(String, Verdict)>,
    /// What decides it, where it is not GO.
    why: String,
}

impl ReplayedRun {
    pub fn size(&self) -> RecordingSize {
        RecordingSize { files: self.files, bytes: self.bytes }
    }

    /// The run's row, and its line.
    ///
    /// # Errors
    /// The report cannot be printed.
    pub fn of(
        recording: String,
        RecordingSize { files, bytes }: RecordingSize,
        judged: std::result::Result<RunReport, Error>,
    ) -> Result<(Self, RunLine)> {
        Ok(match judged {
            Ok(report) => {
                let line = RunLine::of(&report);
                let raw = serde_json::value::to_raw_value(&report).map_err(Error::failed)?;
                let verdict = report.verdict;
                (Self { recording, files, bytes, verdict, report: Some(raw), error: None }, line)
            }
            Err(error) => {
                let said = match &error.hint {
                    Some(hint) => format!("{error}; {hint}"),
                    None => error.to_string(),
                };
                let line = RunLine::failed(&said);
                let verdict = Verdict::Error;
                (Self { recording, files, bytes, verdict, report: None, error: Some(visible(&said)) }, line)
            }
        })
    }
}

impl RunLine {
    pub fn of(report: &RunReport) -> Self {
        let worst = report.features.iter().max_by_key(|feature| feature.verdict);
        Self {
            verdict: report.verdict,
            seconds: report.seconds,
            samples: report.features.iter().map(|feature| feature.samples).sum(),
            features: report.features.iter().map(|it| (visible(&it.feature), it.verdict)).collect(),
            why: match worst {
                Some(feature) if feature.verdict == report.verdict => why(feature),
                _ => report.warnings.first().map(|warning| visible(warning)).unwrap_or_default(),
            },
        }
    }

    pub fn failed(error: &str) -> Self {
        let why = visible(error);
        Self { verdict: Verdict::Error, seconds: 0.0, samples: 0, features: Vec::new(), why }
    }

    /// `account_balance GO, positions NO-GO`, by whatever a verdict is shown as.
    fn verdicts<T: std::fmt::Display>(&self, shown: impl Fn(Verdict) -> T) -> String {
        let features = self.features.iter();
        features.map(|(name, verdict)| format!("{name} {}", shown(*verdict))).collect::<Vec<_>>().join(", ")
    }
}

/// The first difference, else the first gate that does not pass.
fn why(feature: &FeatureReport) -> String {
    if feature.verdict == Verdict::Go {
        return String::new();
    }
    let name = visible(&feature.feature);
    let finding = feature.findings.iter().find(|it| it.difference.kind.blocks());
    if let Some(finding) = finding.filter(|_| feature.verdict == Verdict::NoGo) {
        return format!("{name}: {} {}", finding.difference.kind, differences::place(finding));
    }
    let gate = feature.gates.iter().find(|gate| gate.verdict == feature.verdict);
    gate.map_or(name.clone(), |gate| {
        visible(&format!("{name}: {}: {} (needed: {})", gate.code, gate.value, gate.threshold))
    })
}

impl EachAnswer {
    pub fn new(
        list: RecordingList,
        shard: Option<Shard>,
        judged: JudgedBy,
        runs: Vec<(ReplayedRun, RunLine)>,
        is_verbose: bool,
    ) -> Self {
        let (runs, lines): (Vec<_>, Vec<_>) = runs.into_iter().unzip();
        let verdict = Verdict::worst(lines.iter().map(|line: &RunLine| line.verdict));
        // nothing judged is not go
        let verdict = verdict.unwrap_or(Verdict::Inconclusive);
        let schema = SCHEMA.to_owned();
        let exit_code = verdict.exit_code();
        let printed = ReplayedEach { schema, verdict, exit_code, list, shard, judged, runs };
        Self { printed, lines, is_verbose, hints: Vec::new() }
    }

    /// A line for stderr after the answer.
    pub fn hint(&mut self, line: String) {
        self.hints.push(line);
    }

    fn runs(&self) -> impl Iterator<Item = (&ReplayedRun, &RunLine)> {
        self.printed.runs.iter().zip(&self.lines)
    }

    /// `40 recordings`, `part 3/16: 3 of 40 recordings`.
    fn scope(&self) -> String {
        let all = counted(self.printed.list.count, "recording", "recordings");
        match self.printed.shard {
            Some(shard) => format!("part {shard}: {} of {all}", self.lines.len()),
            None => format!("{all}, each by itself"),
        }
    }
}

impl Answer for EachAnswer {
    fn exit_code(&self) -> u8 {
        self.printed.exit_code
    }

    fn render(&self, format: Format, environment: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(human::human(self, environment.width())),
            Format::Json => {
                let text = serde_json::to_string_pretty(&self.printed).map_err(Error::failed)?;
                Ok(text + "\n")
            }
            Format::Markdown => Ok(markdown::markdown(self)),
            Format::Junit => junit::junit(self),
            Format::Github => Ok(github::github(self)),
            other => Err(unsupported(EACH, other)),
        }
    }

    fn hints(&self) -> Vec<String> {
        self.hints.clone()
    }
}
