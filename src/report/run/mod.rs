//! The answer of `shadow-diff` and `replay`: one report, for people or for programs.

pub mod differences;
mod human;

use crate::cli::Format;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::model::run::RunReport;
use crate::model::text;
use crate::model::verdict::Verdict;
use crate::report::{Answer, unsupported};

pub struct RunAnswer {
    command: &'static str,
    pub report: RunReport,
    /// Whether to show every gate, not only those that do not pass.
    is_verbose: bool,
    hints: Vec<String>,
}

impl RunAnswer {
    /// `command` names the answer's schema.
    pub fn new(command: &'static str, mut report: RunReport, is_verbose: bool) -> Self {
        report.schema = format!("thor-cutover/{command}/1");
        Self { command, report, is_verbose, hints: Vec::new() }
    }

    /// A line for stderr after the answer.
    pub fn hint(&mut self, line: String) {
        self.hints.push(line);
    }

    /// The tool itself failed: whatever was seen, the answer is ERROR and says why.
    pub fn fail(&mut self, error: &Error) {
        self.report.verdict = Verdict::Error;
        self.report.exit_code = Verdict::Error.exit_code();
        self.report.warnings.push(text::visible(&error.to_string()));
        self.hints.push(format!("error: {}", text::visible(&error.to_string())));
        self.hints.extend(error.hint.as_deref().map(|hint| format!("hint: {hint}")));
    }
}

impl Answer for RunAnswer {
    fn exit_code(&self) -> u8 {
        self.report.exit_code
    }

    fn render(&self, format: Format, _: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(human::render(self.command, &self.report, self.is_verbose)),
            Format::Json => {
                let mut text = serde_json::to_string_pretty(&self.report).map_err(|error| {
                    Error::failed(anyhow::Error::new(error).context("printing the report"))
                })?;
                text.push('\n');
                Ok(text)
            }
            other => Err(unsupported(self.command, other, "human, json")),
        }
    }

    fn hints(&self) -> Vec<String> {
        self.hints.clone()
    }
}
