//! The published shapes of `evidence` and `sign-off`: entries of the ledger, one or many.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cli::Format;
use crate::environment::Environment;
use crate::error::Result;
use crate::model::facts::ledger::{Entry, RunRecord};
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
    pub imported: bool,
}

/// One entry with everything it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EntryReport {
    pub schema: String,
    pub exit_code: u8,
    pub line: EntrySummary,
    pub entry: Entry,
}

/// What `evidence list`, `export`, `import` and `prune` did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceReport {
    pub schema: String,
    pub exit_code: u8,
    /// `list`, `export`, `import` or `prune`.
    pub action: String,
    /// `null` where there is no ledger yet.
    pub ledger: Option<String>,
    /// Entries listed; for `prune`, those that go.
    pub entries: Vec<EntrySummary>,
    /// What was done, in words.
    pub said: Vec<String>,
    pub warnings: Vec<String>,
}

impl EntrySummary {
    pub fn of(entry: &Entry) -> Self {
        Self {
            id: entry.id().to_owned(),
            kind: entry.kind().to_owned(),
            at: entry.at().to_string(),
            features: entry.features().into_iter().map(str::to_owned).collect(),
            summary: summary(entry),
            imported: entry.imported().is_some(),
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
            format!("an audit saw {} timers, {} endpoints", it.timers.len(), it.endpoints.len())
        }
        Entry::Archive(it) => format!("{} entries exported to {}", it.entries, it.file),
    }
}

fn run_summary(run: &RunRecord) -> String {
    let verdicts: Vec<String> = run
        .features
        .iter()
        .map(|it| format!("{} {} (flag {})", it.feature, it.verdict, it.flag.as_str()))
        .collect();
    let seconds = run.ended_at.duration_since(run.started_at).as_secs();
    format!("{seconds} s: {}", verdicts.join(", "))
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

    fn render(&self, format: Format, _: &Environment) -> Result<String> {
        match format {
            Format::Human => self.human(),
            Format::Json => json(&self.report),
            other => Err(unsupported(self.command, other, "human, json")),
        }
    }
}

impl EntryAnswer {
    fn human(&self) -> Result<String> {
        let EntrySummary { id, kind, at, features, summary, .. } = &self.report.line;
        let mut text = format!("{} {}\n", palette::heading(&visible(id)), kind.replace('_', " "));
        let _ = writeln!(text, "{at} {}", visible(&features.join(", ")));
        text.push_str(&paragraph("", 0, &visible(summary)));
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

    fn render(&self, format: Format, _: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(human(&self.0)),
            Format::Json => json(&self.0),
            other => Err(unsupported("evidence", other, "human, json")),
        }
    }
}

fn human(report: &EvidenceReport) -> String {
    let mut text = String::new();
    if !report.entries.is_empty() {
        let mut rows = table(["Id", "Kind", "What"]);
        for entry in &report.entries {
            let imported = if entry.imported { " (imported)" } else { "" };
            let about = match entry.kind.as_str() {
                "run" | "archive" => String::new(),
                _ => format!("{}: ", entry.features.join(", ")),
            };
            rows.add_row([
                visible(&entry.id),
                entry.kind.replace('_', " "),
                visible(&format!("{about}{}{imported}", entry.summary)),
            ]);
        }
        text.push_str(&lines(&rows));
    }
    for said in &report.said {
        text.push_str(&paragraph("", 0, &visible(said)));
    }
    for warning in &report.warnings {
        text.push_str(&paragraph(&palette::attention("! ").to_string(), 2, &visible(warning)));
    }
    text
}

fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value).map_err(anyhow::Error::new)? + "\n")
}
