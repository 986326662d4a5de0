//! Arguments of `evidence` and `report`: what the ledger holds.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use crate::model::feature::span;

/// The ledger: list, show, export, import and prune what was observed, changed and signed
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  thor-cutover evidence list --feature positions
  thor-cutover evidence show 20261123T1430
  thor-cutover evidence export evidence.ndjson
  thor-cutover evidence import evidence.ndjson
  thor-cutover evidence prune --older-than 2160h")]
pub struct EvidenceArgs {
    #[command(subcommand)]
    pub action: EvidenceAction,
}

#[derive(Debug, Clone, Subcommand)]
pub enum EvidenceAction {
    /// One line an entry, oldest first
    List {
        /// Only entries about this feature
        #[arg(long, value_name = "FEATURE")]
        feature: Option<String>,
        /// Only entries of this kind
        #[arg(long, value_enum, value_name = "KIND")]
        kind: Option<KindArg>,
    },
    /// One entry with everything it says
    Show {
        /// The entry's id, or its beginning
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Write every entry to a file, as NDJSON; noted on the ledger as archived
    Export {
        /// The file; it must not be there yet [default: stdout, not noted]
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: Option<PathBuf>,
    },
    /// Take in the entries of exported files, marked as imported
    Import {
        /// Files that `evidence export` wrote
        #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
        files: Vec<PathBuf>,
    },
    /// Remove old runs; those that a granted decision rests on stay
    Prune {
        /// Runs that ended longer ago than this, such as 2160h
        #[arg(long, value_name = "DURATION", value_parser = span::parse)]
        older_than: Duration,
        /// Really remove them; without it they are only listed
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    Run,
    SignOff,
    Revocation,
    FlagChange,
    Grant,
    Baseline,
    Archive,
}

impl KindArg {
    /// The kind as the ledger names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::SignOff => "sign_off",
            Self::Revocation => "revocation",
            Self::FlagChange => "flag_change",
            Self::Grant => "grant",
            Self::Baseline => "baseline",
            Self::Archive => "archive",
        }
    }
}
