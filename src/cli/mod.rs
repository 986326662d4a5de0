//! The command line: types and help texts only.

mod control;
mod evidence;
mod explain;
mod format;
mod replay;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

pub use self::control::{EnableArgs, GatesArgs, ManualGateArg, RollbackArgs, SignOffArgs};
pub use self::evidence::{EvidenceAction, EvidenceArgs, KeyAction, KindArg};
pub use self::explain::{CompletionsArgs, ManArgs, SchemaArgs};
pub use self::format::{Format, offered};
pub use self::replay::{ReplayArgs, ShardArg};
pub use self::watch::WatchArgs;
use crate::model::feature::span;
use crate::model::size;

/// Go or no-go before a REST timer is deleted.
///
/// Watches Thor's REST and WebSocket side by side, says whether they say the same, and keeps the evidence.
/// Exit codes: 0 go · 1 no-go · 2 usage or configuration · 3 inconclusive · 4 error.
#[derive(Debug, Parser)]
#[command(name = "thor-cutover", version, about, long_about, max_term_width = 100)]
#[command(propagate_version = true, subcommand_required = true, arg_required_else_help = true)]
#[command(mut_subcommands(format::with_own_formats))]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Configuration file [default: the nearest thor-cutover.toml upwards from here]
    #[arg(long, global = true, hide_short_help = true, env = "THOR_CUTOVER_CONFIG", hide_env_values = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Base URL of Thor's REST API
    #[arg(long, global = true, hide_short_help = true, env = "THOR_CUTOVER_REST_URL", hide_env_values = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub rest_url: Option<String>,
    /// URL of Thor's WebSocket, the slash at the end included [default: derived from the REST URL]
    #[arg(long, global = true, hide_short_help = true, env = "THOR_CUTOVER_WS_URL", hide_env_values = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub ws_url: Option<String>,
    /// Origin header of the handshake; Channels refuses one that is not an allowed host
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        env = "THOR_CUTOVER_ORIGIN",
        hide_env_values = true,
        value_name = "ORIGIN"
    )]
    pub origin: Option<String>,
    /// Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        env = "THOR_CUTOVER_EVIDENCE",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub evidence: Option<String>,
    /// Form of the answer; each command says which it has
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_enum,
        default_value_t,
        env = "THOR_CUTOVER_FORMAT",
        hide_env_values = true,
        value_name = "FORMAT"
    )]
    pub format: Format,
    /// Write the answer to a file instead of stdout
    #[arg(long, short, global = true, hide_short_help = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// When to colour
    #[arg(long, global = true, hide_short_help = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
    /// Say less on stderr
    #[arg(long, short, global = true, hide_short_help = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more on stderr; twice for everything
    #[arg(long, short, global = true, hide_short_help = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Status(StatusArgs),
    ShadowDiff(ShadowDiffArgs),
    Watch(WatchArgs),
    Replay(ReplayArgs),
    Checklist(ChecklistArgs),
    Report(ReportArgs),
    Audit(AuditArgs),
    Enable(EnableArgs),
    Rollback(RollbackArgs),
    SignOff(SignOffArgs),
    Evidence(EvidenceArgs),
    Gates(GatesArgs),
    Doctor(DoctorArgs),
    Demo(DemoArgs),
    Init(InitArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
    Schema(SchemaArgs),
}

/// `replay` of recordings that are judged each by itself.
pub const EACH: &str = "replay --each";

impl Command {
    /// The command as it is typed; `audit --plan` and `replay --each`, whose formats are others, are their own.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::ShadowDiff(_) => "shadow-diff",
            Self::Watch(_) => "watch",
            Self::Replay(replay) if replay.each || replay.merge || replay.shard.is_some() => EACH,
            Self::Replay(_) => "replay",
            Self::Checklist(_) => "checklist",
            Self::Report(_) => "report",
            Self::Audit(AuditArgs { plan: Some(_), .. }) => "audit --plan",
            Self::Audit(_) => "audit",
            Self::Enable(_) => "enable",
            Self::Rollback(_) => "rollback",
            Self::SignOff(_) => "sign-off",
            Self::Evidence(_) => "evidence",
            Self::Gates(_) => "gates",
            Self::Doctor(_) => "doctor",
            Self::Demo(_) => "demo",
            Self::Init(_) => "init",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
            Self::Schema(_) => "schema",
        }
    }
}

/// Which flags are on, according to whom; each feature's stage and newest evidence, what is missing, what is next
///
/// Changes nothing and asks nobody, unless told to. The source tree is searched only where one is named.
/// Exit codes: 0 whatever it finds · 2 usage or configuration · 4 what was asked did not answer, or the ledger
/// cannot be read.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  thor-cutover status
  thor-cutover status --source ../thor --watch
  thor-cutover status --flags-url http://localhost:8000/api/cutover/flags/
  thor-cutover status --pid 4711 --format json")]
pub struct StatusArgs {
    /// Ask this URL for the flags a running backend serves, a JSON object of name to true or false
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub flags_url: Option<String>,
    /// Read the environment of this running process (Linux)
    #[arg(long, value_name = "PID")]
    pub pid: Option<u32>,
    /// Thor's source tree, for the stage of each feature [default: `[source] root`, else none is searched]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub source: Option<PathBuf>,
    /// Say it again and again, every 5 s or as often as said, until Ctrl-C
    #[arg(long, value_name = "DURATION", value_parser = span::parse, num_args = 0..=1, default_missing_value = "5s")]
    pub watch: Option<Duration>,
}

/// Do REST and WebSocket say the same? Observes both side by side over one socket
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "On a terminal, while it observes:
  q   end the run and keep its evidence, as Ctrl-C does
  f   go on to the next feature
  l   list its findings; arrows choose, Enter shows both sides whole
  d   show the newest difference in full, or go back; arrows scroll
  ?   what the keys do and what is shown

Examples:
  thor-cutover shadow-diff account_balance
  thor-cutover shadow-diff --for 10m --record run.ndjson.zst
  thor-cutover shadow-diff --until-close --record day.ndjson.zst --resume
  thor-cutover shadow-diff positions intraday --format json > report.json")]
pub struct ShadowDiffArgs {
    /// Features to observe [default: all]
    #[arg(value_name = "FEATURE")]
    pub features: Vec<String>,
    /// How long to observe [default: until every gate is decided, 60s to 10m]
    #[arg(long = "for", value_name = "DURATION", value_parser = span::parse, conflicts_with = "until_close")]
    pub duration: Option<Duration>,
    /// Observe until the market session of the features closes; waits until it opens
    #[arg(long)]
    pub until_close: bool,
    /// Do not wait for a market that is closed: exit 3 and say when it opens
    #[arg(long, requires = "until_close")]
    pub no_wait: bool,
    /// Stop after this many REST samples of each feature
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub samples: Option<u64>,
    /// Poll REST this often instead of each feature's own interval; at least 50ms
    #[arg(long, value_name = "DURATION", value_parser = span::parse)]
    pub every: Option<Duration>,
    /// Record every observation to this file (.zst compresses)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub record: Option<PathBuf>,
    /// Begin another file of the recording after this much, such as 100MB, before compression
    #[arg(long, value_name = "SIZE", value_parser = parse_size, requires = "record")]
    pub rotate: Option<u64>,
    /// Go on with the interrupted recording that --record names, and with its evidence
    #[arg(long, requires = "record", conflicts_with = "samples")]
    pub resume: bool,
    /// Say lines instead of drawing a view: for screen readers, and for logs of a terminal
    #[arg(long)]
    pub plain: bool,
    /// Do not write this run to the ledger
    #[arg(long)]
    pub no_evidence: bool,
    /// Keep account numbers as they are instead of pseudonyms
    #[arg(long)]
    pub keep_identifiers: bool,
    /// Thor's source tree, whose code this run is evidence of [default: `[source] root`, else the current folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub source: Option<PathBuf>,
    /// Backend revision this run is evidence of [default: the source tree as it stands]
    #[arg(long, value_name = "REV")]
    pub revision: Option<String>,
}

/// At least 4 KB.
fn parse_size(text: &str) -> Result<u64, String> {
    match size::parse(text)? {
        bytes if bytes >= 4_000 => Ok(bytes),
        _ => Err(format!("a file of a recording holds at least 4KB: {text:?}")),
    }
}

/// Where Thor's source has the timers, pollers, endpoints, broadcasts and flag reads of each feature
///
/// Reads Python and TypeScript and changes nothing. A mere search exits 0. With --since it judges what became of
/// the REST code: 0 gone · 1 a part is left · 3 nothing can be said.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  thor-cutover audit --source ../thor
  thor-cutover audit positions --since origin/main
  thor-cutover audit --plan positions --format markdown
  thor-cutover audit --format sarif --output audit.sarif

`[source]` in thor-cutover.toml names extra roots, names that differ, and findings that are accepted.")]
pub struct AuditArgs {
    /// Features to look for [default: all]
    #[arg(value_name = "FEATURE")]
    pub features: Vec<String>,
    /// Thor's source tree [default: `[source] root`, else the current folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub source: Option<PathBuf>,
    /// Compare with this revision of the source tree: what is gone, what is left
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// Print what to delete of a feature's REST side, callers first; nothing is edited
    #[arg(long, value_name = "FEATURE", conflicts_with_all = ["features", "since"])]
    pub plan: Option<String>,
}

/// Go or no-go before a flag is flipped or a REST timer is deleted
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  thor-cutover checklist                          what the tree and the flags claim; made for CI
  thor-cutover checklist account_balance          the next decision of one feature
  thor-cutover checklist positions --decision delete --format markdown")]
pub struct ChecklistArgs {
    /// Features to decide on [default: those that claim something]
    #[arg(value_name = "FEATURE")]
    pub features: Vec<String>,
    /// Which decision [default: claimed without a feature, next with one]
    #[arg(long, alias = "for", value_enum, value_name = "DECISION")]
    pub decision: Option<DecisionArg>,
    /// Thor's source tree [default: `[source] root`, else the current folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub source: Option<PathBuf>,
    /// Fail (exit 2) when no source tree of Thor is found
    #[arg(long)]
    pub require_source: bool,
    /// Compare with this revision of the source tree to see what is gone
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// Backend revision the decision is about [default: git of the source tree]
    #[arg(long, value_name = "REV")]
    pub revision: Option<String>,
    /// The backend's log: errors of the WebSocket path inside the observed time are no-go
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub log_file: Vec<PathBuf>,
    /// The browser console's log with its `[WS]` lines
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub console_log: Vec<PathBuf>,
    /// Also append the Markdown to the file that GITHUB_STEP_SUMMARY names
    #[arg(long)]
    pub summary: bool,
}

/// The whole cutover on one page: where each feature stands, the weeks, what differed, who signed, what was not seen
///
/// From the ledger, the flags and the source; it only reads. The page is one file without scripts that asks
/// nobody for anything: it can be mailed, printed and archived.
/// Exit codes: 0 whatever it finds · 2 usage or configuration · 4 the ledger cannot be read.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  thor-cutover report --format html --output cutover.html
  thor-cutover report positions --last 4w --format markdown
  thor-cutover report --source ../thor --format html --output cutover.html")]
pub struct ReportArgs {
    /// Features to tell of [default: all]
    #[arg(value_name = "FEATURE")]
    pub features: Vec<String>,
    /// Tell only of the last so long, such as 4w [default: everything on the ledger]
    #[arg(long, value_name = "DURATION", value_parser = span::parse)]
    pub last: Option<Duration>,
    /// Thor's source tree [default: `[source] root`, else the current folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub source: Option<PathBuf>,
    /// Backend revision that the decisions are about [default: git of the source tree]
    #[arg(long, value_name = "REV")]
    pub revision: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DecisionArg {
    Claimed,
    Next,
    Shadow,
    Cutover,
    Delete,
    Complete,
}

/// Why is nothing arriving? Each link from the configuration to each feature's first message, with its fix
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  thor-cutover doctor
  thor-cutover doctor positions --for 30s
  thor-cutover doctor --redis redis://localhost:6379 --format json

Exit codes: 0 every link that was tried holds · 3 one is doubtful · 4 one is broken. It only reads.")]
pub struct DoctorArgs {
    /// Features to wait for [default: all]
    #[arg(value_name = "FEATURE")]
    pub features: Vec<String>,
    /// How long to listen at most; slower features stay undecided [default: 15s]
    #[arg(long = "for", value_name = "DURATION", value_parser = span::parse)]
    pub duration: Option<Duration>,
    /// Also send one PING to the channel layer's Redis
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, value_parser = redis_url)]
    pub redis: Option<url::Url>,
}

fn redis_url(text: &str) -> Result<url::Url, String> {
    let url = url::Url::parse(text).ok().filter(|url| url.scheme() == "redis");
    url.ok_or_else(|| "not a redis URL, such as redis://localhost:6379".to_owned())
}

/// An embedded Thor on loopback with one planted fault, and the three main commands on it
///
/// Takes half a minute, needs no server, reads nothing of yours and leaves nothing behind.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  thor-cutover demo
  thor-cutover demo --format json

Exit codes: 0 the planted fault was found and no sound feature accused · 4 otherwise.")]
pub struct DemoArgs {}

/// Write a commented thor-cutover.toml; never overwrites one
///
/// With --from it also looks through a recording and proposes key, one-sided fields, names that differ and
/// rules, each with its evidence. They are written commented out: nothing holds before you uncomment it.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  thor-cutover init
  thor-cutover init --yes --contract thor-b --rest-url https://staging.example
  thor-cutover init --yes --from run.ndjson.zst
  thor-cutover init --yes --from run.ndjson.zst --config proposed.toml")]
pub struct InitArgs {
    /// Take every default instead of asking
    #[arg(long, short)]
    pub yes: bool,
    /// The built-in contract to start from: thor-a, thor-b or none
    #[arg(long, value_name = "NAME")]
    pub contract: Option<String>,
    /// Propose what this recording suggests (made with `shadow-diff --record`); may repeat
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub from: Vec<PathBuf>,
}
