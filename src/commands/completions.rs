//! `completions`: what a shell proposes while a command is typed.
//!
//! The script that a shell loads only asks this program, which knows what no script can: the features of the
//! configuration that holds here, and what is on the ledger. It reads, asks nobody over a network, changes nothing, and
//! has nothing to say where something is wrong: a prompt is no place for errors.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use clap::CommandFactory as _;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::Shells;

use crate::cli::{Cli, CompletionsArgs, Global};
use crate::commands::schema::SCHEMAS;
use crate::contract::CONTRACTS;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::evidence::{Ledger, LedgerPlace, StoreKind};
use crate::judge::gates;
use crate::judge::run::RUN_GATES;
use crate::model::facts::ledger::Entry;
use crate::model::feature::BUILT_IN;
use crate::model::text::visible;
use crate::report::ledger::EntrySummary;
use crate::report::{Answer, PlainText};
use crate::settings::{self, Settings};

/// The variable by which a script asks: it names the shell.
pub const ASKED_BY: &str = "_THOR_CUTOVER_COMPLETE";
/// By which scripts say which word the cursor is in; where they say nothing, it is the last one.
const WORD: &str = "_CLAP_COMPLETE_INDEX";
/// The program as it is typed.
const PROGRAM: &str = "thor-cutover";
/// A ledger that another program holds for longer proposes nothing.
const PATIENCE: Duration = Duration::from_millis(200);
/// Entries that are proposed, the newest first: nobody reads more.
const MAX_ENTRIES: usize = 200;

/// The script of a shell.
pub fn run(args: &CompletionsArgs) -> Result<Box<dyn Answer>> {
    let shell = args.shell.to_string();
    let shells = Shells::builtins();
    let completer =
        shells.completer(&shell).ok_or_else(|| Error::usage(format!("no completions for {shell}")))?;
    let mut script = Vec::new();
    completer
        .write_registration(ASKED_BY, PROGRAM, PROGRAM, PROGRAM, &mut script)
        .map_err(|error| Error::failed(anyhow::Error::new(error).context("writing the script")))?;
    let script = String::from_utf8(script).map_err(|error| Error::failed(anyhow::Error::new(error)))?;
    let script = script.lines().map(|line| line.trim_end().to_owned() + "\n").collect::<String>();
    let more = if shell == "zsh" { ZSH_AUTOLOADED } else { "" };
    Ok(Box::new(PlainText(format!("{}\n{more}", script.trim()))))
}

/// A file in zsh's `fpath` is the function itself, and has to answer the first time that it is called.
const ZSH_AUTOLOADED: &str = "if [ \"$funcstack[1]\" = \"_thor-cutover\" ]; then
    _clap_dynamic_completer_thor_cutover \"$@\"
fi
";

/// What is proposed for the word under the cursor, as the shell's script reads it; `None` where nothing can be said.
pub fn proposed(shell: &str, environment: &Environment) -> Option<String> {
    let shells = Shells::builtins();
    let completer = shells.completer(shell)?;
    let mut words: Vec<OsString> = environment.arguments.clone();
    let from = words.iter().position(|word| word == "--")? + 1;
    words.drain(..from);
    let typing = Arc::new(Typing {
        environment: environment.clone(),
        words: words.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
    });
    let mut tool = proposing(Cli::command(), &typing);
    if !typing.current().starts_with('-') {
        tool = without_options(tool);
    }
    tool.build();
    let mut text = Vec::new();
    completer.write_complete(&mut tool, words, Some(&environment.folder), &mut text).ok()?;
    String::from_utf8(text).ok()
}

/// Options are proposed to whoever begins one; else they would stand between the words that are looked for. Hidden
/// ones are still proposed where there is nothing else.
fn without_options(command: clap::Command) -> clap::Command {
    command
        .disable_help_flag(true)
        .disable_version_flag(true)
        .mut_args(|argument| if argument.is_positional() { argument } else { argument.hide(true) })
        .mut_subcommands(without_options)
}

/// The command with the words that its arguments may have.
fn proposing(command: clap::Command, typing: &Arc<Typing>) -> clap::Command {
    let commands: Vec<String> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    let words = |command: &str, argument: &str| {
        let typing = Arc::clone(typing);
        let fixed = |words: Vec<&str>| {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            let typing = Arc::clone(&typing);
            ArgValueCandidates::new(move || typing.plain(words.clone()))
        };
        Some(match (command, argument) {
            (_, "features" | "feature" | "plan") => {
                ArgValueCandidates::new(move || typing.plain(typing.features()))
            }
            ("gates", "codes" | "explain") => fixed(codes()),
            ("schema", "name") => fixed(SCHEMAS.iter().map(|(name, ..)| *name).collect()),
            ("init", "contract") => fixed(CONTRACTS.iter().map(|(name, _)| *name).collect()),
            ("man", "command") => fixed(commands.iter().map(String::as_str).collect()),
            ("show", "id") => ArgValueCandidates::new(move || typing.entries(|_| true)),
            ("verify", "ids") => {
                ArgValueCandidates::new(move || typing.entries(|entry| matches!(entry, Entry::Run(_))))
            }
            ("sign-off", "revoke") => ArgValueCandidates::new(move || typing.sign_offs()),
            _ => return None,
        })
    };
    with_words(command, &words)
}

fn with_words(
    command: clap::Command,
    words: &dyn Fn(&str, &str) -> Option<ArgValueCandidates>,
) -> clap::Command {
    let name = command.get_name().to_owned();
    command
        .mut_args(|argument| match words(&name, argument.get_id().as_str()) {
            Some(words) => argument.add(words),
            None => argument,
        })
        .mut_subcommands(|subcommand| with_words(subcommand, words))
}

/// Every gate once; some are asked of a run and of a decision.
fn codes() -> Vec<&'static str> {
    let mut codes: Vec<&str> = RUN_GATES.iter().map(|gate| gate.code).collect();
    for gate in gates::ALL.iter().filter(|gate| !RUN_GATES.iter().any(|known| known.code == gate.code)) {
        codes.push(gate.code);
    }
    codes
}

/// A command that is being typed, and where.
struct Typing {
    environment: Environment,
    words: Vec<String>,
}

impl Typing {
    /// The word under the cursor; empty where none has been begun.
    fn current(&self) -> &str {
        let at = self.environment.get(WORD).and_then(|at| at.parse().ok());
        let at = at.unwrap_or_else(|| self.words.len().saturating_sub(1));
        self.words.get(at).map_or("", String::as_str)
    }

    /// The words as they are, but for those that stand there already.
    fn plain(&self, words: Vec<String>) -> Vec<CompletionCandidate> {
        let is_new = |word: &String| word == self.current() || !self.words.contains(word);
        words.into_iter().filter(is_new).map(CompletionCandidate::new).collect()
    }

    /// What an option was given as, in either of its forms.
    fn given(&self, option: &str) -> Option<String> {
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            match word.strip_prefix(option) {
                Some("") => return words.next().cloned(),
                Some(rest) if rest.starts_with('=') => return Some(rest[1..].to_owned()),
                _ => {}
            }
        }
        None
    }

    fn settings(&self) -> Option<Settings> {
        let global = Global {
            config: self.given("--config").map(Into::into),
            evidence: self.given("--evidence"),
            ..Global::default()
        };
        settings::load(&global, &self.environment).ok()
    }

    /// Those of the configuration; the built-in ones where it cannot be read.
    fn features(&self) -> Vec<String> {
        match self.settings() {
            Some(settings) => settings.features.into_iter().map(|feature| feature.name).collect(),
            None => BUILT_IN.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// What is on a ledger in a file; a server is not asked while somebody types.
    fn ledger(&self) -> Option<Vec<Entry>> {
        let place = LedgerPlace::from(&self.settings()?.evidence).within(PATIENCE);
        let StoreKind::Sqlite(_) = place.kind().ok()? else { return None };
        Ledger::read(place).ok()??.entries().ok()
    }

    fn entries(&self, is_wanted: impl Fn(&Entry) -> bool) -> Vec<CompletionCandidate> {
        let entries = self.ledger().unwrap_or_default();
        let new = entries.iter().rev().filter(|entry| !self.words.iter().any(|word| word == entry.id()));
        new.filter(|entry| is_wanted(entry)).take(MAX_ENTRIES).map(candidate).collect()
    }

    /// The sign-offs that hold, of the feature that is named.
    fn sign_offs(&self) -> Vec<CompletionCandidate> {
        let entries = self.ledger().unwrap_or_default();
        let is_taken_back = |id: &str| {
            entries.iter().any(|entry| matches!(entry, Entry::Revocation(it) if it.sign_off == id))
        };
        let is_wanted = |entry: &&Entry| match entry {
            Entry::SignOff(it) => self.words.contains(&it.feature) && !is_taken_back(&it.id),
            _ => false,
        };
        entries.iter().rev().filter(is_wanted).take(MAX_ENTRIES).map(candidate).collect()
    }
}

/// An entry by its id, and what it is in a few words for shells that show them.
fn candidate(entry: &Entry) -> CompletionCandidate {
    let EntrySummary { kind, summary, .. } = EntrySummary::of(entry);
    let what = format!("{}: {}", kind.replace('_', "-"), visible(&summary));
    CompletionCandidate::new(entry.id()).help(Some(what.into()))
}
