//! Which forms of an answer each command has: one table, for the parser, for the help, and for the refusal of any
//! other pair before anything is done.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Arg, ValueEnum};

use crate::cli::EACH;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    #[default]
    Human,
    Json,
    Markdown,
    Junit,
    Github,
    Sarif,
    Html,
}

impl Format {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Sarif => "sarif",
            Self::Html => "html",
        }
    }
}

/// The formats of a command, by its name; `audit --plan` and `replay --each` are their own.
pub fn offered(command: &str) -> &'static [Format] {
    use Format::{Github, Html, Human, Json, Junit, Markdown, Sarif};
    match command {
        "audit" => &[Human, Json, Markdown, Github, Sarif],
        "audit --plan" => &[Human, Json, Markdown],
        "shadow-diff" | "replay" => &[Human, Json, Markdown, Junit, Github, Html],
        "report" => &[Human, Json, Markdown, Html],
        "checklist" | EACH => &[Human, Json, Markdown, Junit, Github],
        _ => &[Human, Json],
    }
}

/// The tool with an option `--format` of its own for each command, which knows the formats that the command has.
pub(super) fn with_own_formats(subcommand: clap::Command) -> clap::Command {
    let names = offered(subcommand.get_name()).iter().map(|format| format.as_str());
    let parser = PossibleValuesParser::new(names)
        .try_map(|name| Format::from_str(&name, false).map_err(std::io::Error::other));
    // clap adds a global option to those commands only that have none of the same name
    subcommand.arg(
        Arg::new("format")
            .long("format")
            .global(true)
            .value_parser(parser)
            .default_value(Format::default().as_str())
            .env("THOR_CUTOVER_FORMAT")
            .hide_env_values(true)
            .value_name("FORMAT")
            .help_heading("Global options")
            .help("Form of the answer"),
    )
}
