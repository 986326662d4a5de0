//! The published shape of `enable` and `rollback`, and how a person reads it.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cli::Format;
use crate::environment::Environment;
use crate::error::Result;
use crate::model::gate::Gate;
use crate::model::text::visible;
use crate::report::table::paragraph;
use crate::report::{Answer, palette, unsupported};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ControlReport {
    pub schema: String,
    pub exit_code: u8,
    pub feature: String,
    /// What the flag is to be.
    pub on: bool,
    /// The files were written (or said so already).
    pub done: bool,
    pub dry_run: bool,
    /// Why nothing was done.
    pub refused: Option<String>,
    /// Why it was done without GO.
    pub forced: Option<String>,
    pub edits: Vec<EditReport>,
    /// Gates of the decision `cutover` that do not pass.
    pub lacking: Vec<Gate>,
    pub reminders: Vec<String>,
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EditReport {
    pub file: String,
    /// Where a symbolic link leads; `null` where it is none.
    pub target: Option<String>,
    /// Unified, without lines around the change.
    pub diff: String,
    /// The state before; `null` where nothing was written, or where there was no file.
    pub backup: Option<String>,
}

impl ControlReport {
    /// The files that are edited, as configured.
    pub fn edits_files(&self) -> Vec<String> {
        self.edits.iter().map(|edit| edit.file.clone()).collect()
    }
}

/// `enable` or `rollback`, ready to be rendered.
#[derive(Debug)]
pub struct ControlAnswer {
    pub command: &'static str,
    pub report: ControlReport,
}

impl Answer for ControlAnswer {
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
            other => Err(unsupported(self.command, other)),
        }
    }
}

fn human(report: &ControlReport, width: usize) -> String {
    let mut text = String::new();
    if let Some(why) = &report.refused {
        // a diff that stands first looks as if it were done
        let refusal = format!("refused, nothing was changed: {why}");
        text.push_str(&paragraph(width, "", 2, &visible(&refusal)));
        text.push_str(&lacking(report, width));
        for warning in &report.warnings {
            text.push_str(&paragraph(width, &palette::attention("! ").to_string(), 2, &visible(warning)));
        }
        return text;
    }
    for edit in &report.edits {
        if let Some(target) = &edit.target {
            let _ = writeln!(text, "{} leads to {}", visible(&edit.file), visible(target));
        }
        for line in edit.diff.lines() {
            let shown = visible(line);
            let _ = match line.as_bytes().first() {
                Some(b'+') => writeln!(text, "{}", palette::good(&shown)),
                Some(b'-') => writeln!(text, "{}", palette::attention(&shown)),
                _ => writeln!(text, "{}", palette::faint(&shown)),
            };
        }
    }
    text.push_str(&lacking(report, width));
    let state = if report.on { "on" } else { "off" };
    let what = match (report.dry_run, report.edits.is_empty()) {
        (true, true) => format!("{} is {state} already; nothing would change", report.feature),
        (true, false) => format!("{} would be {state}; nothing was changed", report.feature),
        (false, _) if !report.done => {
            format!("{} is not {state} everywhere: a file could not be edited", report.feature)
        }
        (false, true) => format!("{} is {state} already in the env files", report.feature),
        (false, false) => format!("{} is {state} in the env files", report.feature),
    };
    let _ = writeln!(text, "{}", palette::heading(&visible(&what)));
    if let Some(forced) = &report.forced {
        text.push_str(&paragraph(width, "forced: ", 8, &visible(forced)));
    }
    for edit in &report.edits {
        if let Some(backup) = &edit.backup {
            let _ = writeln!(text, "the state before is in {}", visible(backup));
        }
    }
    for reminder in &report.reminders {
        text.push_str(&paragraph(width, &palette::attention("→ ").to_string(), 2, &visible(reminder)));
    }
    for warning in &report.warnings {
        text.push_str(&paragraph(width, &palette::attention("! ").to_string(), 2, &visible(warning)));
    }
    text
}

/// The gates that stand in the way, each with what to do.
fn lacking(report: &ControlReport, width: usize) -> String {
    let mut text = String::new();
    for gate in &report.lacking {
        let first = format!("{} {}: ", palette::verdict(gate.verdict), gate.code);
        text.push_str(&paragraph(width, &first, 4, &visible(&gate.value)));
        if !gate.fix.is_empty() {
            text.push_str(&paragraph(width, "  → ", 4, &visible(&gate.fix)));
        }
    }
    text
}
