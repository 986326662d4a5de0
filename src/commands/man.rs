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
    let page = page(&command).map_err(anyhow::Error::new)?;
    Ok(Box::new(PlainText(page)))
}

/// clap_mangen's page with a synopsis of our own: its own one is a single paragraph of every option there is.
fn page(command: &clap::Command) -> std::io::Result<String> {
    let man = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    page.extend_from_slice(synopsis(command).as_bytes());
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if command.get_after_help().is_some() {
        man.render_extra_section(&mut page)?;
    }
    man.render_version_section(&mut page)?;
    let page = String::from_utf8(page).expect("help texts are UTF-8");
    Ok(page.replace("\n.SH EXTRA\n", "\n.SH EXAMPLES AND NOTES\n"))
}

/// The command's own arguments, each whole on one line of a paragraph that hangs under its name; what every command
/// takes stands under its own heading.
fn synopsis(command: &clap::Command) -> String {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let mut text = format!(".SH SYNOPSIS\n.SY \"{}\"\n", roff(name));
    let own = command.get_arguments().filter(|argument| {
        argument.get_help_heading() != Some(GLOBAL)
            && !matches!(argument.get_id().as_str(), "help" | "version")
    });
    let (positional, options): (Vec<_>, Vec<_>) = own.partition(|argument| argument.is_positional());
    for argument in options.into_iter().chain(positional) {
        text.push_str(&format!("{}\n", shown(argument)));
    }
    if command.has_subcommands() {
        text.push_str("\\fICOMMAND\\fR\n");
    }
    text.push_str("[\\fIglobal\\~options\\fR]\n.YS\n");
    text
}

/// The heading under which the options stand that every command takes.
const GLOBAL: &str = "Global options";

/// `[--for DURATION]`, `FEATURE...`: blanks in it break no line.
fn shown(argument: &clap::Arg) -> String {
    let takes = argument.get_num_args().is_some_and(|count| count.takes_values());
    let is_optional = argument.get_num_args().is_some_and(|count| count.min_values() == 0);
    let names: Vec<String> = argument
        .get_value_names()
        .unwrap_or_default()
        .iter()
        .map(|name| format!("\\fI{}\\fR", roff(name)))
        .collect();
    let values = names.join("\\~");
    let repeats = matches!(argument.get_action(), clap::ArgAction::Append | clap::ArgAction::Count);
    let more = if repeats { "..." } else { "" };
    let whole = match argument.get_long() {
        None => values,
        Some(long) if !takes => format!("\\fB\\-\\-{}\\fR", roff(long)),
        Some(long) if is_optional => format!("\\fB\\-\\-{}\\fR\\~[{values}]", roff(long)),
        Some(long) => format!("\\fB\\-\\-{}\\fR\\~{values}", roff(long)),
    };
    if argument.is_required_set() { format!("{whole}{more}") } else { format!("[{whole}]{more}") }
}

/// A hyphen that is typed, not one that a line may be broken at.
fn roff(text: &str) -> String {
    text.replace('-', "\\-")
}

fn unknown(name: &str, tool: &clap::Command) -> Error {
    let known: Vec<&str> = tool.get_subcommands().map(clap::Command::get_name).collect();
    let error = Error::usage(format!("there is no command `{name}`"));
    match nearest(name, known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("commands: {}", known.join(", "))),
    }
}
