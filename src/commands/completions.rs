//! `completions`: a shell's completion script, made from the command line's own types.
//!
//! Features, gate codes, schemas and the like are any text to the parser, since a configuration may have features
//! of its own. The scripts know those that are built in: they propose, they refuse nothing.

use clap::CommandFactory as _;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap_complete::Shell;

use crate::cli::{Cli, CompletionsArgs};
use crate::commands::schema::SCHEMAS;
use crate::contract::CONTRACTS;
use crate::error::Result;
use crate::judge::gates;
use crate::judge::run::RUN_GATES;
use crate::model::feature::BUILT_IN;
use crate::report::{Answer, PlainText};

pub fn run(args: &CompletionsArgs) -> Result<Box<dyn Answer>> {
    let mut script = Vec::new();
    let mut tool = proposing(Cli::command());
    clap_complete::generate(args.shell, &mut tool, "thor-cutover", &mut script);
    let mut script = String::from_utf8(script).expect("help texts are UTF-8");
    if args.shell == Shell::Bash {
        // clap_complete 4.6.11 writes the hyphen of the program's own name in two ways, so that the cases of
        // its subcommands are never reached
        script = script.replace("thor__subcmd__cutover", "thor__cutover");
    }
    if args.shell == Shell::Fish {
        script.push_str(&fish_positionals(&tool));
    }
    Ok(Box::new(PlainText(script)))
}

/// What clap_complete leaves out for fish: the words of arguments without a name.
fn fish_positionals(tool: &clap::Command) -> String {
    let mut lines = String::new();
    for command in tool.get_subcommands() {
        for argument in command.get_positionals() {
            let words = argument.get_possible_values();
            let words: Vec<&str> = words.iter().map(PossibleValue::get_name).collect();
            // an enumeration of clap's own is left out just the same
            if !words.is_empty() {
                lines.push_str(&format!(
                    "complete -c thor-cutover -n \"__fish_thor_cutover_using_subcommand {}\" -f -a \"{}\"\n",
                    command.get_name(),
                    words.join(" ")
                ));
            }
        }
    }
    lines
}

/// The command with the known words for its arguments; only for scripts, which cannot ask the tool.
fn proposing(command: clap::Command) -> clap::Command {
    let commands: Vec<String> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    let words = |command: &str, argument: &str| -> Option<Vec<String>> {
        let words: Vec<&str> = match (command, argument) {
            (_, "features" | "feature" | "plan") => BUILT_IN.to_vec(),
            ("gates", "codes" | "explain") => codes(),
            ("schema", "name") => SCHEMAS.iter().map(|(name, ..)| *name).collect(),
            ("init", "contract") => CONTRACTS.iter().map(|(name, _)| *name).collect(),
            ("man", "command") => commands.iter().map(String::as_str).collect(),
            _ => return None,
        };
        Some(words.into_iter().map(str::to_owned).collect())
    };
    with_words(command, &words)
}

/// Every gate once; some are asked of a run and of a decision.
fn codes() -> Vec<&'static str> {
    let mut codes: Vec<&str> = RUN_GATES.iter().map(|gate| gate.code).collect();
    for gate in gates::ALL.iter().filter(|gate| !RUN_GATES.iter().any(|known| known.code == gate.code)) {
        codes.push(gate.code);
    }
    codes
}

fn with_words(command: clap::Command, words: &dyn Fn(&str, &str) -> Option<Vec<String>>) -> clap::Command {
    let name = command.get_name().to_owned();
    command
        .mut_args(|argument| match words(&name, argument.get_id().as_str()) {
            Some(words) => argument.value_parser(PossibleValuesParser::new(words)),
            None => argument,
        })
        .mut_subcommands(|subcommand| with_words(subcommand, words))
}
