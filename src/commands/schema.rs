//! `schema`: the JSON Schemas of what the tool reads and writes. Every answer with a JSON form is in the table.

use schemars::{Schema, schema_for};

use crate::cli::{Format, Global, SchemaArgs};
use crate::commands::init::InitReport;
use crate::error::{Error, Result, nearest};
use crate::model::diagnosis::Diagnosis;
use crate::model::run::RunReport;
use crate::report::audit::AuditAnswer;
use crate::report::checklist::ChecklistReport;
use crate::report::control::ControlReport;
use crate::report::cutover::CutoverReport;
use crate::report::demo::DemoAnswer;
use crate::report::gates::GatesReport;
use crate::report::ledger::{EntryReport, EvidenceReport};
use crate::report::replays::ReplayedEach;
use crate::report::status::StatusReport;
use crate::report::watch::WatchReport;
use crate::report::{Answer, PlainText};
use crate::settings::written::FileWritten;
use crate::watch::notices::Notice;

/// Name, what it describes, and the schema.
type PublishedSchema = (&'static str, &'static str, fn() -> Schema);

/// The published schemas: one row a name.
pub const SCHEMAS: &[PublishedSchema] = &[
    ("config", "thor-cutover.toml", || schema_for!(FileWritten)),
    ("status", "`status --format json`", || schema_for!(StatusReport)),
    ("init", "`init --format json`", || schema_for!(InitReport)),
    ("checklist", "`checklist --format json`", || schema_for!(ChecklistReport)),
    ("audit", "`audit --format json`", || schema_for!(AuditAnswer)),
    ("enable", "`enable --format json`", || schema_for!(ControlReport)),
    ("rollback", "`rollback --format json`", || schema_for!(ControlReport)),
    ("sign-off", "`sign-off --format json`", || schema_for!(EntryReport)),
    ("evidence", "`evidence list|export|import|copy|verify|prune|key --format json`", || {
        schema_for!(EvidenceReport)
    }),
    ("evidence-show", "`evidence show --format json`", || schema_for!(EntryReport)),
    ("gates", "`gates --format json`", || schema_for!(GatesReport)),
    ("shadow-diff", "`shadow-diff --format json`", || schema_for!(RunReport)),
    ("watch", "`watch --format json`", || schema_for!(WatchReport)),
    ("notice", "what `watch --notify` tells", || schema_for!(Notice)),
    ("demo", "`demo --format json`", || schema_for!(DemoAnswer)),
    ("doctor", "`doctor --format json`", || schema_for!(Diagnosis)),
    ("replay", "`replay --format json`", || schema_for!(RunReport)),
    ("replay-each", "`replay --each|--shard|--merge --format json`", || schema_for!(ReplayedEach)),
    ("report", "`report --format json`", || schema_for!(CutoverReport)),
];

pub fn run(args: &SchemaArgs, global: &Global) -> Result<Box<dyn Answer>> {
    let text = match &args.name {
        Some(name) => pretty(&schema(name)?)?,
        None if global.format == Format::Json => {
            let all: serde_json::Map<_, _> =
                SCHEMAS.iter().map(|(name, _, schema)| ((*name).to_owned(), schema().to_value())).collect();
            pretty(&all)?
        }
        None => SCHEMAS.iter().map(|(name, what, _)| format!("{name:<12} {what}\n")).collect(),
    };
    Ok(Box::new(PlainText(text)))
}

fn schema(name: &str) -> Result<Schema> {
    match SCHEMAS.iter().find(|(known, ..)| *known == name) {
        Some((_, _, schema)) => Ok(schema()),
        None => {
            let known = || SCHEMAS.iter().map(|(known, ..)| *known);
            let error = Error::usage(format!("there is no schema `{name}`"));
            Err(match nearest(name, known()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("schemas: {}", known().collect::<Vec<_>>().join(", "))),
            })
        }
    }
}

fn pretty(value: &impl serde::Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value).map_err(anyhow::Error::new)? + "\n")
}
