//! The demo told: what was typed, what came of it, what was seen, what to type next.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use colored::Colorize as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::Format;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::model::text::counted;
use crate::model::verdict::Verdict;
use crate::report::table::paragraph;
use crate::report::{Answer, palette, unsupported};

/// A whole demo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Demo {
    pub rest_url: String,
    pub planted: DemoFault,
    /// The planted fault as the shadow run reported it.
    pub found: Option<DemoFinding>,
    /// Sound features that were called no-go: a false alarm.
    pub accused: Vec<String>,
    pub verdicts: BTreeMap<String, Verdict>,
    pub steps: Vec<DemoStep>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Planted")]
pub struct DemoFault {
    pub feature: String,
    pub entity: String,
    pub field: String,
    pub what: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Found")]
pub struct DemoFinding {
    pub field: String,
    pub rest: String,
    pub ws: String,
    pub count: u64,
}

/// One command that was played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Step")]
pub struct DemoStep {
    pub command: String,
    pub why: String,
    pub exit_code: u8,
    /// The command's human answer.
    #[serde(skip)]
    pub text: String,
    /// The command's JSON answer.
    #[serde(rename = "answer")]
    pub json: Value,
}

/// The published shape of `demo --format json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DemoAnswer {
    pub schema: String,
    pub verdict: Played,
    pub exit_code: u8,
    #[serde(flatten)]
    pub demo: Demo,
}

/// Whether the demo showed what it promises: it says nothing about anybody's Thor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Played {
    Worked,
    /// The planted fault was missed, or a sound feature accused: exit 4.
    Failed,
}

impl DemoAnswer {
    pub fn new(demo: Demo) -> Self {
        let worked = demo.found.is_some() && demo.accused.is_empty();
        let (verdict, exit_code) = if worked { (Played::Worked, 0) } else { (Played::Failed, 4) };
        Self { schema: "thor-cutover/demo/1".to_owned(), verdict, exit_code, demo }
    }

    fn human(&self, width: usize) -> String {
        let Demo { rest_url, planted, steps, .. } = &self.demo;
        let begun = format!("An embedded Thor ran on {rest_url}, its market moving four times a second.");
        let mut text = paragraph(width, "", 0, &begun);
        let DemoFault { feature, entity, field, what } = planted;
        let fault = format!("One fault was planted: {feature}, {entity}, {field}: {what}.");
        text.push_str(&paragraph(width, "", 0, &fault));
        for step in steps {
            line(&mut text, "");
            text.push_str(&paragraph(width, "", 0, &step.why));
            line(&mut text, &format!("{} {}", "$".dimmed(), step.command.bold()));
            line(&mut text, step.text.trim_end());
            line(&mut text, &format!("exit code {}", step.exit_code).dimmed().to_string());
        }
        line(&mut text, "");
        self.explain(&mut text, width);
        text
    }

    fn explain(&self, text: &mut String, width: usize) {
        let Demo { planted, found, accused, verdicts, .. } = &self.demo;
        line(text, &"What you saw".bold().to_string());
        match found {
            Some(DemoFinding { field, rest, ws, count }) => {
                let times = counted(*count, "time", "times");
                let said = format!(
                    "{field} of {}: REST says {rest}, WebSocket says {ws}, {times}. A cent is a cent.",
                    planted.entity
                );
                let first = format!("  {} ", palette::verdict(Verdict::NoGo));
                text.push_str(&paragraph(width, &first, 8, &said));
            }
            None => {
                let said = format!("the planted fault in {} was NOT found: the demo failed", planted.field);
                text.push_str(&paragraph(width, "  ", 2, &said));
            }
        }
        for (feature, verdict) in verdicts.iter().filter(|(feature, _)| **feature != planted.feature) {
            line(text, &format!("  {} {feature}", palette::verdict(*verdict)));
        }
        if !accused.is_empty() {
            line(text, &format!("  a false alarm in {}: the demo failed", accused.join(", ")));
        }
        let caution = "A GO of a run is not yet a GO for a flag: the checklist wants a whole market session.";
        text.push_str(&paragraph(width, "  ", 2, caution));
        line(text, "");
        line(text, &"What to type next, against your own Thor".bold().to_string());
        let widest = NEXT.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
        for (command, why) in NEXT {
            if widest + 4 + why.len() < width {
                line(text, &format!("  {command:widest$}  {why}"));
            } else {
                line(text, &format!("  {command}\n      {why}"));
            }
        }
    }
}

const NEXT: [(&str, &str); 3] = [
    ("thor-cutover doctor --rest-url http://localhost:8000", "is everything there?"),
    ("thor-cutover shadow-diff account_balance", "the first feature in order"),
    ("thor-cutover checklist account_balance", "what is still missing"),
];

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a String cannot fail");
}

impl Answer for DemoAnswer {
    fn exit_code(&self) -> u8 {
        self.exit_code
    }

    fn render(&self, format: Format, environment: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(self.human(environment.width())),
            Format::Json => {
                let text = serde_json::to_string_pretty(self).map_err(Error::failed)?;
                Ok(text + "\n")
            }
            other => Err(unsupported("demo", other)),
        }
    }
}
