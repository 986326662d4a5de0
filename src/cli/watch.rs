//! The words of `watch`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Observes every session of every feature for weeks, sleeps in between, and keeps the evidence: a service
///
/// One window of evidence a session and feature, each with its recording. It goes on where it stopped after a crash or a
/// reboot, never polls a closed market, and tries again where something is down. SIGHUP reads the configuration anew:
/// other rules begin another window. `[watch]` and `[[target]]` in thor-cutover.toml say the rest.
/// Exit codes: 0 ended by a signal, the evidence kept · 2 usage or configuration · 4 what waiting cannot cure, such as
/// credentials that were refused three times.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  thor-cutover watch
  thor-cutover watch account_balance positions
  thor-cutover watch --target paper --source ../thor
  thor-cutover watch --listen 127.0.0.1:9464

Between refused logins it waits 1 and 10 minutes, between other failures 5 seconds to a minute.")]
pub struct WatchArgs {
    /// Features to observe [default: all that a session lists]
    #[arg(value_name = "FEATURE")]
    pub features: Vec<String>,
    /// Observe only these of the configured targets
    #[arg(long = "target", value_name = "NAME")]
    pub targets: Vec<String>,
    /// Serve /metrics and /healthz on this address, such as 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// The address may be one that other machines reach
    #[arg(long)]
    pub expose: bool,
    /// Run this program for each new difference, change of a verdict and end of a session, told as JSON on its stdin
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::CommandName)]
    pub notify: Option<String>,
    /// Thor's source tree, whose code the evidence is bound to [default: `[source] root`, else the current folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub source: Option<PathBuf>,
    /// Backend revision the evidence is about [default: the source tree as it stands]
    #[arg(long, value_name = "REV")]
    pub revision: Option<String>,
}
