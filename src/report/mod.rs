//! One renderer a format, over answers. Pure: text in, text out; nothing here prints or reads a clock.

pub mod audit;
pub mod chart;
pub mod checklist;
pub mod close;
pub mod control;
pub mod cutover;
pub mod demo;
pub mod doctor;
pub mod gates;
pub mod junit;
pub mod ledger;
pub mod markup;
pub mod page;
pub mod palette;
pub mod proposal;
pub mod replays;
pub mod run;
pub mod status;
pub mod table;
pub mod watch;
pub mod workflow;

use std::time::Duration;

use crate::cli::{Format, offered};
use crate::environment::Environment;
use crate::error::{Error, Result};

/// What a command answers. The exit code is fixed before anything is rendered.
pub trait Answer {
    fn exit_code(&self) -> u8;

    /// The answer as text in the format; a pair that is not offered is a usage error.
    fn render(&self, format: Format, environment: &Environment) -> Result<String>;

    /// After how long the same is asked again; `None`: the answer is the last word.
    fn again_after(&self) -> Option<Duration> {
        None
    }

    /// Lines for stderr after the answer: the next step, warnings.
    fn hints(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The usage error for a format that a command does not have.
pub fn unsupported(command: &str, format: Format) -> Error {
    let offered: Vec<&str> = offered(command).iter().map(|format| format.as_str()).collect();
    Error::usage(format!("`{command}` has no {} format", format.as_str()))
        .hint(format!("it has: {}", offered.join(", ")))
}

/// An answer that is one text in one format, such as a completion script.
#[derive(Debug)]
pub struct PlainText(pub String);

impl Answer for PlainText {
    fn exit_code(&self) -> u8 {
        0
    }

    fn render(&self, format: Format, _: &Environment) -> Result<String> {
        match format {
            Format::Human | Format::Json => Ok(self.0.clone()),
            other => Err(unsupported("this command", other)),
        }
    }
}
