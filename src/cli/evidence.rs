//! Arguments of `evidence`: what the ledger holds, how it travels, and by whose keys.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use crate::model::feature::span;

/// The ledger: what was observed, changed and signed; how it travels, and whether it is what it was
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  thor-cutover evidence list --feature positions
  thor-cutover evidence show 20261123T1430
  thor-cutover evidence export evidence.ndjson --sign signing.key
  thor-cutover evidence import evidence.ndjson
  thor-cutover evidence copy sqlite:.thor-cutover/evidence.db postgres://ada@db/thor
  thor-cutover evidence verify --recording run.ndjson.zst
  thor-cutover evidence key export team.key
  thor-cutover evidence prune --older-than 90d")]
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
        /// Also write FILE.minisig, signed by the key that `evidence signing-key` wrote to this file
        #[arg(long, value_name = "KEYFILE", value_hint = ValueHint::FilePath, requires = "file")]
        sign: Option<PathBuf>,
    },
    /// Take in the entries of exported files, marked as imported
    Import {
        /// Files that `evidence export` wrote; the signature of FILE is FILE.minisig
        #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
        files: Vec<PathBuf>,
    },
    /// Copy every entry of one store to another, as it stands
    Copy {
        /// The store that is read, such as sqlite:.thor-cutover/evidence.db
        #[arg(value_name = "FROM")]
        from: String,
        /// The store that is written, such as postgres://ada@db/thor
        #[arg(value_name = "TO")]
        to: String,
    },
    /// Check the chains, and derive what runs with a recording say from it again
    Verify {
        /// The runs' ids, or their beginnings [default: every run that is GO for a feature]
        #[arg(value_name = "ID")]
        ids: Vec<String>,
        /// Recordings, found by their digest [default: those that the runs name, where they were made]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        recording: Vec<PathBuf>,
    },
    /// The key of the pseudonyms: one for a team, so that its runs are of one account
    Key {
        #[command(subcommand)]
        action: KeyAction,
    },
    /// Make a key that signs exports; prints its public key for `[evidence] trusted_keys`
    SigningKey {
        /// The secret's file; it must not be there yet
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Remove old runs; those that a granted decision rests on stay
    Prune {
        /// Runs that ended longer ago than this, such as 90d
        #[arg(long, value_name = "DURATION", value_parser = span::parse)]
        older_than: Duration,
        /// Really remove them; without it they are only listed
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Clone, Subcommand)]
pub enum KeyAction {
    /// Write the key to a file that only you can read
    Export {
        /// The file; it must not be there yet
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Take the key of a colleague
    Import {
        /// A file that `evidence key export` wrote
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Take it although there is another one, under which runs may have been made
        #[arg(long)]
        replace: bool,
    },
    /// Print what tells this key from another, and tells nothing else
    Fingerprint,
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
    Checkpoint,
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
            Self::Checkpoint => "checkpoint",
        }
    }
}
