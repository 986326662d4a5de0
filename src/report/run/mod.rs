//! The answer of `shadow-diff` and `replay`: one report, for people or for programs.

pub mod differences;
mod github;
mod human;
mod junit;
mod markdown;
mod page;
pub mod trace;
pub mod words;

use crate::cli::Format;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::model::outcome::blocking;
use crate::model::run::RunReport;
use crate::model::text;
use crate::model::verdict::Verdict;
use crate::report::run::trace::RunTrace;
use crate::report::{Answer, unsupported};

pub struct RunAnswer {
    command: &'static str,
    pub report: RunReport,
    /// Whether to show every gate, not only those that do not pass.
    is_verbose: bool,
    hints: Vec<String>,
    /// The samples along the run's time, where they were kept for a page.
    trace: Option<RunTrace>,
}

impl RunAnswer {
    /// `command` names the answer's schema.
    pub fn new(command: &'static str, mut report: RunReport, is_verbose: bool) -> Self {
        report.schema = format!("thor-cutover/{command}/1");
        Self { command, report, is_verbose, hints: Vec::new(), trace: None }
    }

    /// What a page shows of the samples.
    pub fn with_trace(mut self, mut trace: Option<RunTrace>) -> Self {
        for (feature, samples) in
            self.report.features.iter().zip(trace.iter_mut().flat_map(|trace| &mut trace.features))
        {
            samples.decide(blocking(&feature.outcomes));
        }
        self.trace = trace;
        self
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

    fn render(&self, format: Format, environment: &Environment) -> Result<String> {
        match format {
            Format::Human => {
                Ok(human::render(self.command, &self.report, self.is_verbose, environment.width()))
            }
            Format::Json => {
                let mut text = serde_json::to_string_pretty(&self.report).map_err(|error| {
                    Error::failed(anyhow::Error::new(error).context("printing the report"))
                })?;
                text.push('\n');
                Ok(text)
            }
            Format::Markdown => Ok(markdown::markdown(self.command, &self.report)),
            Format::Junit => junit::junit(self.command, &self.report),
            Format::Github => Ok(github::github(self.command, &self.report)),
            Format::Html => page::html(self.command, &self.report, self.trace.as_ref()),
            other => Err(unsupported(self.command, other)),
        }
    }

    fn hints(&self) -> Vec<String> {
        self.hints.clone()
    }
}
