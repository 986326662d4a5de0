//! Arguments of the commands that change something: flags and sign-offs; and of `gates`, which explains why.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use crate::model::facts::ledger::ManualGate;

/// Switch a feature to the WebSocket: edits the env files, once the checklist says GO for `cutover`
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  thor-cutover enable account_balance --dry-run
  thor-cutover enable account_balance
  thor-cutover enable account_balance --force --reason \"staging only\"")]
pub struct EnableArgs {
    /// Which feature
    #[arg(value_name = "FEATURE")]
    pub feature: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do it without GO, or out of order; kept on the ledger with the reason
    #[arg(long, requires = "reason")]
    pub force: bool,
    /// Why it is forced
    #[arg(long, value_name = "TEXT", requires = "force")]
    pub reason: Option<String>,
    /// Thor's source tree [default: `[source] root`, else the current folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub source: Option<PathBuf>,
    /// Backend revision the decision is about [default: git of the source tree]
    #[arg(long, value_name = "REV")]
    pub revision: Option<String>,
}

/// Switch a feature back to REST: edits the env files at once, and is never refused
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  thor-cutover rollback account_balance
  thor-cutover rollback account_balance --rehearsal
  thor-cutover rollback account_balance --dry-run")]
pub struct RollbackArgs {
    /// Which feature
    #[arg(value_name = "FEATURE")]
    pub feature: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// To practise: the GO for `cutover` stays, the flag is meant to go on again
    #[arg(long)]
    pub rehearsal: bool,
}

/// Put a person's word on the ledger: for a deletion, for a manual gate, or for things accepted by name
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  thor-cutover sign-off positions
  thor-cutover sign-off positions --by Ada --role lead --note \"watched two sessions\"
  thor-cutover sign-off positions --accept /id --accept /description --by Ada --role lead --note \"not shown\"
  thor-cutover sign-off positions --gate release --tag v2.1 --by Ada --role lead --note released
  thor-cutover sign-off positions --revoke 20261123T1430 --by Ada --note \"saw a wrong price\"")]
pub struct SignOffArgs {
    /// Which feature
    #[arg(value_name = "FEATURE")]
    pub feature: String,
    /// What the word is for
    #[arg(long, value_enum, default_value_t, value_name = "GATE")]
    pub gate: ManualGateArg,
    /// Who signs; asked for on a terminal
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// In which role; asked for on a terminal
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// What was looked at; asked for on a terminal
    #[arg(long, value_name = "NOTE")]
    pub note: Option<String>,
    /// Accept a field (`/cash`) or a hazard by its name or fingerprint
    #[arg(long, value_name = "NAME")]
    pub accept: Vec<String>,
    /// The release tag that contains the work; for `--gate release`
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// Take back the sign-off whose id begins so
    #[arg(long, value_name = "ID", conflicts_with_all = ["accept", "tag", "gate", "role"])]
    pub revoke: Option<String>,
    /// Thor's source tree [default: `[source] root`, else the current folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub source: Option<PathBuf>,
    /// Backend revision that is signed [default: git of the source tree]
    #[arg(long, value_name = "REV")]
    pub revision: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ManualGateArg {
    /// The deletion of the REST path
    #[default]
    SignOff,
    /// The documentation says WebSocket
    Documentation,
    /// A release tag contains the work
    Release,
    /// The team was told
    Team,
}

impl From<ManualGateArg> for ManualGate {
    fn from(gate: ManualGateArg) -> Self {
        match gate {
            ManualGateArg::SignOff => Self::SignOff,
            ManualGateArg::Documentation => Self::Documentation,
            ManualGateArg::Release => Self::Release,
            ManualGateArg::Team => Self::Team,
        }
    }
}

/// The gates: what each measures, and for which decision
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  thor-cutover gates
  thor-cutover gates sessions-covered
  thor-cutover gates --explain parity
  thor-cutover gates --format json")]
pub struct GatesArgs {
    /// Only the gates with these codes
    #[arg(value_name = "CODE")]
    pub codes: Vec<String>,
    /// A page about one gate: why it is asked, what it looks like when it does not pass, what to do then
    #[arg(long, value_name = "CODE", conflicts_with = "codes")]
    pub explain: Option<String>,
}
