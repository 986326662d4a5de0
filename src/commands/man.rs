//! `man`: the man page of the tool or of one command, in roff.

use clap::CommandFactory as _;

use crate::cli::{Cli, ManArgs};
use crate::error::{Error, Result, nearest};
use crate::report::{Answer, PlainText};

pub fn run(args: &ManArgs) -> Result<Box<dyn Answer>> {
    let mut tool = Cli::command();
    tool.build();
    let command = match &args.command {
        None => tool,
        Some(name) => match tool.find_subcommand(name) {
            Some(command) => {
                // a page is looked up by one word, as git's are: thor-cutover-status(1)
                let page = format!("thor-cutover-{}", command.get_name());
                command.clone().display_name(page)
            }
            None => return Err(unknown(name, &tool)),
        },
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(anyhow::Error::new)?;
    let page = String::from_utf8(page).expect("help texts are UTF-8");
    Ok(Box::new(PlainText(page)))
}

fn unknown(name: &str, tool: &clap::Command) -> Error {
    let known: Vec<&str> = tool.get_subcommands().map(clap::Command::get_name).collect();
    let error = Error::usage(format!("there is no command `{name}`"));
    match nearest(name, known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("commands: {}", known.join(", "))),
    }
}
