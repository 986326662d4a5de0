//! One file a subcommand: it gathers, calls pure stages, returns its own answer. Nothing here prints.

mod audit;
mod checklist;
pub mod completions;
mod decision;
mod demo;
mod doctor;
mod enable;
mod evidence;
mod flag_edit;
mod gates;
mod history;
mod identifiers;
pub mod init;
mod known_code;
pub mod man;
mod proposals;
mod provenance;
mod refusals;
mod remember;
mod replay;
mod report;
mod rollback;
pub mod schema;
mod served_flags;
pub mod shadow_diff;
mod sign_off;
mod signals;
mod source;
pub mod status;
mod storing;
mod trust;
pub mod watch;

use crate::cli::{Cli, Command};
use crate::environment::Environment;
use crate::error::Result;
use crate::report::Answer;

/// Runs the chosen command to its answer, once it is known that the answer can be given.
pub fn dispatch(cli: &Cli, environment: &Environment) -> Result<Box<dyn Answer>> {
    refusals::refuse(cli, environment)?;
    let global = &cli.global;
    match &cli.command {
        Command::Status(arguments) => status::run(arguments, global, environment),
        Command::ShadowDiff(arguments) => shadow_diff::run(cli, arguments, environment),
        Command::Watch(arguments) => watch::run(cli, arguments, environment),
        Command::Replay(arguments) => replay::run(cli, arguments, environment),
        Command::Doctor(arguments) => Ok(Box::new(doctor::run(arguments, global, environment)?)),
        Command::Audit(arguments) => audit::run(arguments, global, environment),
        Command::Report(arguments) => report::run(arguments, global, environment),
        Command::Checklist(arguments) => checklist::run(arguments, global, environment),
        Command::Enable(arguments) => enable::run(arguments, global, environment),
        Command::Rollback(arguments) => rollback::run(arguments, global, environment),
        Command::SignOff(arguments) => sign_off::run(arguments, global, environment),
        Command::Evidence(arguments) => evidence::run(arguments, global, environment),
        Command::Gates(arguments) => gates::run(arguments),
        Command::Demo(arguments) => Ok(Box::new(demo::run(arguments, global, environment)?)),
        Command::Init(arguments) => init::run(arguments, global, environment),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => man::run(arguments),
        Command::Schema(arguments) => schema::run(arguments, global),
    }
}
