//! `completions`: a shell's completion script, made from the command line's own types.

use clap::CommandFactory as _;

use crate::cli::{Cli, CompletionsArgs};
use crate::error::Result;
use crate::report::{Answer, PlainText};

pub fn run(args: &CompletionsArgs) -> Result<Box<dyn Answer>> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "thor-cutover", &mut script);
    let script = String::from_utf8(script).expect("help texts are UTF-8");
    Ok(Box::new(PlainText(script)))
}
