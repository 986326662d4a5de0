//! The published shape of `status --format json`, and how a person reads it.

use std::fmt::Write as _;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cli::Format;
use crate::environment::Environment;
use crate::error::Result;
use crate::model::facts::flags::{FlagDisagreement, FlagSource, FlagStatement, StatementKind};
use crate::model::facts::ledger;
use crate::model::gate::Gate;
use crate::model::stage::{Decision, Stage};
use crate::model::text::{cut, visible};
use crate::model::verdict::Verdict;
use crate::report::table::{lines, paragraph, table};
use crate::report::{Answer, palette, unsupported};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatusReport {
    pub schema: String,
    pub exit_code: u8,
    pub mode: Mode,
    /// Features whose backend flag is on.
    pub live: usize,
    /// Features in all.
    pub of: usize,
    pub contract: String,
    /// The configuration file, if there is one.
    pub config: Option<String>,
    pub rest_url: String,
    /// The source tree that was searched; `null`: none was, or it is none of Thor's.
    pub source: Option<String>,
    /// Why no stage is known, where none is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stage_reason: String,
    pub features: Vec<FeatureStatus>,
    /// Where flags were looked for.
    pub sources: Vec<FlagSource>,
    pub warnings: Vec<String>,
    /// The command to type next.
    pub next: String,
    /// Why that one.
    pub next_reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// No feature is on.
    Shadow,
    /// Some are.
    Partial,
    /// All are.
    Full,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeatureStatus {
    pub feature: String,
    pub order: u32,
    /// `null` where no source tree was searched; the report's `stage_reason` says why.
    pub stage: Option<Stage>,
    /// Whether the backend's flag is on, by the strongest source.
    pub on: bool,
    pub backend: FlagReading,
    /// `null` where the feature has no frontend flag.
    pub frontend: Option<FlagReading>,
    /// Every statement, strongest first.
    pub flags: Vec<FlagStatement>,
    pub disagreements: Vec<FlagDisagreement>,
    /// `null` where the ledger holds none that could still count.
    pub evidence: Option<NewestEvidence>,
    /// The decision that comes next, as `checklist` would be asked.
    pub decision: Decision,
    pub verdict: Verdict,
    /// The gates of that decision that do not hold.
    pub missing: Vec<Gate>,
    /// The command to type next for this feature.
    pub next: String,
}

impl FeatureStatus {
    /// Whether the screen is fed by the WebSocket: the flag is on, or REST is gone so that it need not be.
    pub fn is_switched(&self) -> bool {
        self.on || matches!(self.stage, Some(Stage::Removed | Stage::Complete))
    }
}

/// A flag as its program will read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FlagState")]
pub struct FlagReading {
    pub name: String,
    pub on: bool,
    /// Who is believed; `null`: nobody speaks of it, which is off.
    pub source: Option<String>,
}

/// The newest run of the ledger in which the feature was judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NewestEvidence {
    /// The run's id.
    pub run: String,
    pub verdict: Verdict,
    /// When the run ended, UTC.
    pub at: String,
    /// How long ago that is.
    pub age_seconds: i64,
    /// The backend's flag during the run.
    pub flag: ledger::FlagState,
    /// Why it does not count for the next decision; `null` where it does.
    pub not_counted: Option<String>,
}

/// `status`, ready to be rendered.
#[derive(Debug)]
pub struct StatusAnswer {
    pub report: StatusReport,
    pub again_after: Option<Duration>,
}

impl Answer for StatusAnswer {
    fn exit_code(&self) -> u8 {
        self.report.exit_code
    }

    fn render(&self, format: Format, environment: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(human(&self.report, environment.width())),
            Format::Json => {
                let json = serde_json::to_string_pretty(&self.report).map_err(anyhow::Error::new)?;
                Ok(json + "\n")
            }
            other => Err(unsupported("status", other)),
        }
    }

    fn again_after(&self) -> Option<Duration> {
        self.again_after
    }
}

fn human(report: &StatusReport, width: usize) -> String {
    let mut text = String::new();
    let switched = report.features.iter().filter(|feature| feature.is_switched()).count();
    let mode = match report.mode {
        Mode::Shadow => palette::heading("SHADOW").to_string(),
        Mode::Partial => palette::attention(&format!("PARTIAL {switched}/{}", report.of)).to_string(),
        Mode::Full => palette::good("FULL").to_string(),
    };
    let what = match report.mode {
        Mode::Shadow if report.of == 0 => "no feature is configured".to_owned(),
        Mode::Shadow if report.of == 1 => "the one feature is not switched to the WebSocket".to_owned(),
        Mode::Shadow => format!("none of {} features is switched to the WebSocket", report.of),
        Mode::Partial if switched == 1 => {
            format!("1 of {} features is switched to the WebSocket", report.of)
        }
        Mode::Partial => format!("{switched} of {} features are switched to the WebSocket", report.of),
        Mode::Full if report.of == 1 => "the one feature is switched to the WebSocket".to_owned(),
        Mode::Full => format!("all {} features are switched to the WebSocket", report.of),
    };
    let _ = writeln!(text, "{mode}: {what}");
    let config = report.config.as_deref().map_or("no thor-cutover.toml".to_owned(), visible);
    let tree = report.source.as_deref().map(|tree| format!(", tree {}", visible(tree))).unwrap_or_default();
    let place = format!("contract {}, {}, {}{tree}", report.contract, config, visible(&report.rest_url));
    let _ = writeln!(text, "{}\n", palette::faint(&place));
    text.push_str(&features_table(report, width));
    text.push_str(&missing(report, width));
    text.push_str(&statements(report, width));
    text.push_str(&disagreements(report, width));
    if !report.warnings.is_empty() {
        let _ = writeln!(text, "{}", palette::heading("Warnings"));
        for warning in &report.warnings {
            text.push_str(&paragraph(width, &palette::attention("! ").to_string(), 2, &visible(warning)));
        }
        text.push('\n');
    }
    if !report.stage_reason.is_empty() && !report.features.is_empty() {
        text.push_str(&paragraph(width, "Stage unknown: ", 15, &visible(&report.stage_reason)));
    }
    if let Some(line) = absent(report, width) {
        let _ = writeln!(text, "{}", palette::faint(&line));
    }
    let _ = writeln!(text, "{} {}", palette::heading("Next:"), report.next);
    text.push_str(&paragraph(width, "      ", 6, &report.next_reason));
    text
}

fn features_table(report: &StatusReport, width: usize) -> String {
    if report.features.is_empty() {
        return String::new();
    }
    let mut rows = table(width, ["Feature", "Backend", "Frontend", "Stage", "Evidence"]);
    for feature in &report.features {
        let flag = |state: &FlagReading| match (state.on, &state.source) {
            (true, _) => palette::good("on").to_string(),
            (false, Some(_)) => "off".to_owned(),
            (false, None) => palette::faint("unset").to_string(),
        };
        let evidence = match &feature.evidence {
            None => palette::faint("none").to_string(),
            Some(newest) => format!("{} {}", palette::verdict(newest.verdict), ago(newest.age_seconds)),
        };
        let stage =
            feature.stage.map_or_else(|| palette::faint("unknown").to_string(), |stage| stage.to_string());
        rows.add_row([
            feature.feature.clone(),
            flag(&feature.backend),
            feature.frontend.as_ref().map_or_else(|| palette::faint("-").to_string(), flag),
            stage,
            evidence,
        ]);
    }
    lines(&rows) + "\n"
}

/// An age as a person says it: one number, rounded down.
fn ago(seconds: i64) -> String {
    match seconds {
        ..0 => "ahead of now".to_owned(),
        0..60 => format!("{seconds}s ago"),
        60..3_600 => format!("{}m ago", seconds / 60),
        3_600..172_800 => format!("{}h ago", seconds / 3_600),
        _ => format!("{}d ago", seconds / 86_400),
    }
}

/// How many gates are named of each feature; `checklist` tells of all.
const GATES_NAMED: usize = 4;

/// What the next decision of each feature lacks; features that lack the same share a line.
fn missing(report: &StatusReport, width: usize) -> String {
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for feature in &report.features {
        let lacks = format!("{}: {}", feature.decision, lacking(feature));
        match said.iter_mut().find(|(known, _)| *known == lacks) {
            Some((_, names)) => names.push(&feature.feature),
            None => said.push((lacks, vec![&feature.feature])),
        }
    }
    let mut text = String::new();
    for (lacks, names) in said {
        let who = if names.len() == report.features.len() && names.len() > 1 {
            "all".to_owned()
        } else {
            names.join(", ")
        };
        text.push_str(&paragraph(width, "  ", 4, &format!("{who}, {}", visible(&lacks))));
    }
    for feature in &report.features {
        if let Some(why) = feature.evidence.as_ref().and_then(|newest| newest.not_counted.as_ref()) {
            let line = format!("the newest evidence of {} does not count: {}", feature.feature, visible(why));
            text.push_str(&paragraph(width, "  ", 4, &line));
        }
    }
    if !text.is_empty() {
        text.insert_str(0, &format!("{}\n", palette::heading("Next decisions")));
        text.push('\n');
    }
    text
}

/// `GO`, or the gates that do not hold, the worst first.
fn lacking(feature: &FeatureStatus) -> String {
    let mut gates: Vec<&Gate> = feature.missing.iter().collect();
    if gates.is_empty() {
        return palette::word(feature.verdict).to_owned();
    }
    gates.sort_by_key(|gate| std::cmp::Reverse(gate.verdict));
    let named: Vec<&str> = gates.iter().take(GATES_NAMED).map(|gate| gate.code.as_str()).collect();
    let more = match gates.len() - named.len() {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!("{}, for want of {}{more}", palette::word(feature.verdict), named.join(", "))
}

/// Who says what; a statement's doubt stands under it.
fn statements(report: &StatusReport, width: usize) -> String {
    let mut said: Vec<&FlagStatement> = Vec::new();
    for statement in report.features.iter().flat_map(|feature| &feature.flags) {
        if !said.contains(&statement) {
            said.push(statement);
        }
    }
    if said.is_empty() {
        return "No source speaks of any flag: to Thor, all of them are off.\n\n".to_owned();
    }
    let mut rows = table(width, ["Flag", "As written", "Is", "Says who"]);
    for statement in &said {
        let raw = statement
            .raw
            .as_deref()
            .map_or_else(|| palette::faint("(silent)").to_string(), |raw| cut(&visible(raw), 16));
        let is = if statement.on { palette::good("on") } else { "off".into() };
        let source = visible(&statement.source);
        let who = match statement.kind {
            StatementKind::Declared => source,
            StatementKind::Served => format!("served by {source}"),
            StatementKind::Observed => "the newest evidence".to_owned(),
        };
        rows.add_row([statement.name.clone(), raw, is.to_string(), who]);
    }
    let mut text = lines(&rows) + "\n";
    for statement in said {
        if let Some(warning) = &statement.warning {
            let warning = format!("{}: {} {}", visible(&statement.source), statement.name, visible(warning));
            text.push_str(&paragraph(width, &palette::attention("! ").to_string(), 2, &warning));
        }
    }
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
    text
}

fn disagreements(report: &StatusReport, width: usize) -> String {
    let mut text = String::new();
    for feature in &report.features {
        for disagreement in &feature.disagreements {
            let message = format!("{}: {}", feature.feature, visible(&disagreement.message));
            text.push_str(&paragraph(width, &palette::attention("! ").to_string(), 2, &message));
            text.push_str(&paragraph(width, "  fix: ", 7, &disagreement.fix));
        }
    }
    if !text.is_empty() {
        text.insert_str(0, &format!("{}\n", palette::heading("Disagreements")));
        text.push('\n');
    }
    text
}

/// The files that are not there, the plainest names first; a long list is cut.
fn absent(report: &StatusReport, width: usize) -> Option<String> {
    let mut absent: Vec<String> =
        report.sources.iter().filter(|source| !source.found).map(|source| visible(&source.name)).collect();
    absent.sort_by_key(|name| (!name.ends_with(".env"), name.len()));
    let more = absent.split_off(absent.len().min(3)).len();
    if absent.is_empty() {
        return None;
    }
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(paragraph(width, "", 11, &format!("Not there: {}{more}", absent.join(", "))).trim_end().to_owned())
}
