//! The published shapes of `evidence` and `sign-off`: entries of the ledger, one or many.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cli::Format;
use crate::environment::Environment;
use crate::error::Result;
use crate::model::facts::ledger::{Entry, RunRecord};
use crate::model::text::counted;
use crate::model::text::visible;
use crate::report::table::{lines, paragraph, table};
use crate::report::{Answer, palette, unsupported};

/// One line about an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EntrySummary {
    pub id: String,
    pub kind: String,
    /// UTC, RFC 3339; of a run its end.
    pub at: String,
    pub features: Vec<String>,
    pub summary: String,
    /// `user@host` of a run's observer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The tool's version that observed a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    pub imported: bool,
    /// Of a change of a flag where it went, for whoever draws it; in words it stands in the summary.
    #[serde(skip)]
    pub flag_on: Option<bool>,
}

/// One entry with everything it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EntryReport {
    pub schema: String,
    pub exit_code: u8,
    pub line: EntrySummary,
    pub entry: Entry,
}

/// What `evidence list`, `export`, `import`, `copy`, `verify`, `key` and `prune` did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceReport {
    pub schema: String,
    pub exit_code: u8,
    /// `list`, `export`, `import`, `copy`, `verify`, `prune`, `key-export`, `key-import`, `key-fingerprint` or
    /// `signing-key`.
    pub action: String,
    /// `null` where there is no ledger yet.
    pub ledger: Option<String>,
    /// Entries listed; for `prune`, those that go.
    pub entries: Vec<EntrySummary>,
    /// For `verify`: the runs that were looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<VerifiedRun>,
    /// What was done, in words.
    pub said: Vec<String>,
    pub warnings: Vec<String>,
}

/// Whether a run's recording still says what the ledger says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedRun {
    pub id: String,
    pub features: Vec<String>,
    pub verification: Verification,
    pub why: String,
}

/// From the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verification {
    Verified,
    NotVerifiable,
    Differs,
}

impl Verification {
    fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::NotVerifiable => "not verifiable",
            Self::Differs => "differs",
        }
    }
}

impl EntrySummary {
    pub fn of(entry: &Entry) -> Self {
        let run = match entry {
            Entry::Run(run) => Some(run),
            _ => None,
        };
        Self {
            by: run.and_then(|run| run.by.as_ref()).map(|by| format!("{}@{}", by.user, by.host)),
            tool: run.map(|run| run.tool.clone()),
            id: entry.id().to_owned(),
            kind: entry.kind().to_owned(),
            at: entry.at().to_string(),
            features: entry.features().into_iter().map(str::to_owned).collect(),
            summary: summary(entry),
            imported: entry.imported().is_some(),
            flag_on: match entry {
                Entry::FlagChange(it) => Some(it.on),
                _ => None,
            },
        }
    }
}

fn summary(entry: &Entry) -> String {
    let on = |on: bool| if on { "on" } else { "off" };
    match entry {
        Entry::Run(run) => run_summary(run),
        Entry::SignOff(it) => {
            let accepts = if it.accepts.is_empty() {
                String::new()
            } else {
                format!(", accepts {}", it.accepts.join(" "))
            };
            format!("{} by {}, {}: {}{accepts}", it.gate.as_str(), it.by, it.role, it.note)
        }
        Entry::Revocation(it) => format!("takes back {}, by {}: {}", it.sign_off, it.by, it.note),
        Entry::FlagChange(it) => {
            let forced = it.forced.as_ref().map(|why| format!(", forced: {why}")).unwrap_or_default();
            let rehearsal = if it.rehearsal { ", rehearsal" } else { "" };
            format!("flag {}{forced}{rehearsal}", on(it.on))
        }
        Entry::Grant(it) => format!("GO for {} was used", it.decision),
        Entry::Baseline(it) => {
            format!(
                "an audit saw {} and {}",
                counted(it.timers.len(), "timer", "timers"),
                counted(it.endpoints.len(), "endpoint", "endpoints")
            )
        }
        Entry::Archive(it) => format!("{} exported to {}", counted(it.entries, "entry", "entries"), it.file),
        Entry::Checkpoint(it) => format!("{} pruned", counted(it.removed.len(), "run was", "runs were")),
    }
}

fn run_summary(run: &RunRecord) -> String {
    let verdicts: Vec<String> = run
        .features
        .iter()
        .map(|it| {
            let flag = match it.flag_end.filter(|end| *end != it.flag) {
                None => format!("flag {}", it.flag.as_str()),
                Some(end) => format!("flag went from {} to {}", it.flag.as_str(), end.as_str()),
            };
            format!("{} {} ({flag})", it.feature, it.verdict)
        })
        .collect();
    let seconds = run.ended_at.duration_since(run.started_at).as_secs();
    let by = run.by.as_ref().map(|by| format!(", by {}@{}", by.user, by.host)).unwrap_or_default();
    format!("{seconds} s: {}{by}", verdicts.join(", "))
}

impl EntryReport {
    pub fn of(command: &str, entry: &Entry) -> Self {
        Self {
            schema: format!("thor-cutover/{command}/1"),
            exit_code: 0,
            line: EntrySummary::of(entry),
            entry: entry.clone(),
        }
    }
}

#[derive(Debug)]
pub struct EntryAnswer {
    pub command: &'static str,
    pub report: EntryReport,
}

impl Answer for EntryAnswer {
    fn exit_code(&self) -> u8 {
        self.report.exit_code
    }

    fn render(&self, format: Format, environment: &Environment) -> Result<String> {
        match format {
            Format::Human => self.human(environment.width()),
            Format::Json => json(&self.report),
            other => Err(unsupported(self.command, other)),
        }
    }
}

impl EntryAnswer {
    fn human(&self, width: usize) -> Result<String> {
        let EntrySummary { id, kind, at, features, summary, .. } = &self.report.line;
        let mut text = format!("{} {}\n", palette::heading(&visible(id)), kind.replace('_', " "));
        let _ = writeln!(text, "{} UTC {}", minute(at), visible(&features.join(", ")));
        text.push_str(&paragraph(width, "", 0, &visible(summary)));
        if self.command == "sign-off" {
            // who has signed, or taken it back, wants to see what that means
            let feature = features.first().map(|feature| visible(feature)).unwrap_or_default();
            text.push_str(&paragraph(width, "next: ", 6, &format!("thor-cutover checklist {feature}")));
        }
        if self.command == "evidence" {
            text.push('\n');
            for line in json(&self.report.entry)?.lines() {
                text.push_str(&visible(line));
                text.push('\n');
            }
        }
        Ok(text)
    }
}

#[derive(Debug)]
pub struct EvidenceAnswer(pub EvidenceReport);

impl Answer for EvidenceAnswer {
    fn exit_code(&self) -> u8 {
        self.0.exit_code
    }

    fn render(&self, format: Format, environment: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(human(&self.0, environment.width())),
            Format::Json => json(&self.0),
            other => Err(unsupported("evidence", other)),
        }
    }
}

fn human(report: &EvidenceReport, width: usize) -> String {
    let mut text = String::new();
    if !report.entries.is_empty() {
        let mut rows = table(width, ["Time (UTC)", "Kind", "What", "Id"]);
        for entry in &report.entries {
            let imported = if entry.imported { " (imported)" } else { "" };
            let about = match entry.kind.as_str() {
                "run" | "archive" | "checkpoint" => String::new(),
                _ => format!("{}: ", entry.features.join(", ")),
            };
            rows.add_row([
                minute(&entry.at),
                entry.kind.replace('_', " "),
                visible(&format!("{about}{}{imported}", entry.summary)),
                visible(&entry.id),
            ]);
        }
        text.push_str(&lines(&rows));
    }
    for run in &report.runs {
        let (id, features) = (visible(&run.id), visible(&run.features.join(", ")));
        let line = format!("{id} {features}: {}: {}", run.verification.as_str(), visible(&run.why));
        text.push_str(&paragraph(width, "", 0, &line));
    }
    for said in &report.said {
        text.push_str(&paragraph(width, "", 0, &visible(said)));
    }
    for warning in &report.warnings {
        text.push_str(&paragraph(width, &palette::attention("! ").to_string(), 2, &visible(warning)));
    }
    text
}

/// `2026-11-23 14:40`; the seconds are in the id.
fn minute(at: &str) -> String {
    at.get(..16).unwrap_or(at).replace('T', " ")
}

fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value).map_err(anyhow::Error::new)? + "\n")
}
