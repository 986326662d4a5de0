//! Who says what about each flag: the environment, files, a process, a server that is asked.
//!
//! Reads files and `/proc`, and only `served` the network. Judges nothing: statements and disagreements come
//! out as facts.

pub mod compose;
pub mod declared;
pub mod dialect;
pub mod disagree;
pub mod env_file;
pub mod expand;
pub mod process;
pub mod rule;
pub mod served;
pub mod write;

use crate::flags::rule::FlagReader;
use crate::model::facts::flags::{FlagFacts, FlagSource, FlagStatement, StatementKind};
use crate::model::feature::Feature;

/// The flags of the features, backend's and frontend's, each once.
pub fn names(features: &[Feature]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    let flags =
        features.iter().flat_map(|feature| [Some(feature.flag.as_str()), feature.frontend_flag.as_deref()]);
    for name in flags.flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What the environment of process `pid` says; `Err` is a line for a person.
pub fn of_process(pid: u32, features: &[Feature]) -> Result<FlagFacts, String> {
    let variables = process::environment(pid)?;
    let source = format!("process {pid}");
    // silence of a Python process is an answer about its own flags, not about the frontend's
    let statements = names(features).into_iter().filter_map(|name| {
        let raw = variables.get(name).map(String::as_str);
        let speaks = raw.is_some() || FlagReader::of(name) == FlagReader::Backend;
        speaks.then(|| statement(&source, StatementKind::Served, name, raw))
    });
    Ok(FlagFacts {
        statements: statements.collect(),
        sources: vec![FlagSource { name: source.clone(), found: true }],
        warnings: Vec::new(),
    })
}

/// A source's word about a flag, read by the rule of the code that reads it.
fn statement(source: &str, kind: StatementKind, name: &str, raw: Option<&str>) -> FlagStatement {
    let reader = FlagReader::of(name);
    FlagStatement {
        source: source.to_owned(),
        kind,
        side: reader.side(),
        name: name.to_owned(),
        raw: raw.map(str::to_owned),
        on: raw.is_some_and(|raw| reader.is_on(raw)),
        warning: raw.and_then(|raw| reader.doubt(raw)),
    }
}
