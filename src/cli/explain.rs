//! Arguments of the commands that explain the tool to shells, to `man` and to other programs.

use clap::Args;

/// Print a completion script for a shell
///
/// The script asks thor-cutover for what it proposes: commands and options, the features of the configuration here,
/// gates, and the ids on a ledger in a file. Nothing is written, and no server is asked.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  thor-cutover completions bash > ~/.local/share/bash-completion/completions/thor-cutover
  thor-cutover completions zsh > ~/.zfunc/_thor-cutover
  thor-cutover completions fish > ~/.config/fish/completions/thor-cutover.fish")]
pub struct CompletionsArgs {
    /// The shell to complete for
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Print the man page of the tool, or of one command
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Examples:
  thor-cutover man | man -l -
  thor-cutover man shadow-diff > thor-cutover-shadow-diff.1")]
pub struct ManArgs {
    /// A command's name [default: the tool itself]
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

/// Print the JSON Schema of a command's JSON output, or of the configuration
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  thor-cutover schema                 the names
  thor-cutover schema config          thor-cutover.toml, for editors
  thor-cutover schema status")]
pub struct SchemaArgs {
    /// `config`, or a command's name [default: list the names]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}
