//! Colour, decided once for stdout and stderr together, then imposed on every library that colours.

use colored::{ColoredString, Colorize as _};

use crate::cli::ColorChoice;
use crate::environment::Environment;
use crate::model::verdict::Verdict;

/// Whether to colour, and what each meaning looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    pub color: bool,
}

impl Palette {
    /// `--color` wins; then `NO_COLOR` (not empty), then `CLICOLOR_FORCE` (not 0), then `TERM=dumb`, then the terminal.
    pub fn decide(choice: ColorChoice, environment: &Environment) -> Self {
        Self::decide_for(choice, environment, environment.stdout_is_terminal)
    }

    /// The same for what is drawn on stderr.
    pub fn decide_for_stderr(choice: ColorChoice, environment: &Environment) -> Self {
        Self::decide_for(choice, environment, environment.stderr_is_terminal)
    }

    fn decide_for(choice: ColorChoice, environment: &Environment, is_terminal: bool) -> Self {
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                if environment.get("NO_COLOR").is_some() {
                    false
                } else if environment.get("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
                    true
                } else {
                    environment.get("TERM") != Some("dumb") && is_terminal
                }
            }
        };
        Self { color }
    }

    /// Overrides the global state of the colouring library with this decision.
    pub fn apply(self) {
        colored::control::set_override(self.color);
    }
}

pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Go => "GO",
        Verdict::NoGo => "NO-GO",
        Verdict::Inconclusive => "INCONCLUSIVE",
        Verdict::Error => "ERROR",
    }
}

pub fn verdict(verdict: Verdict) -> ColoredString {
    let word = word(verdict);
    match verdict {
        Verdict::Go => word.green().bold(),
        Verdict::NoGo => word.red().bold(),
        Verdict::Inconclusive => word.yellow().bold(),
        Verdict::Error => word.magenta().bold(),
    }
}

/// A section's title.
pub fn heading(text: &str) -> ColoredString {
    text.bold()
}

/// What is as it should be, or switched on.
pub fn good(text: &str) -> ColoredString {
    text.green()
}

/// What a person should look at.
pub fn attention(text: &str) -> ColoredString {
    text.yellow()
}

/// What can be skipped.
pub fn faint(text: &str) -> ColoredString {
    text.dimmed()
}
