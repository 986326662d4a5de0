//! `init`: a commented `thor-cutover.toml` in the current folder, or where `--config` says. Never overwrites.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cli::{Format, Global, InitArgs};
use crate::contract::CONTRACTS;
use crate::environment::Environment;
use crate::error::{Error, Result, nearest};
use crate::report::{Answer, unsupported};
use crate::settings;

/// What the file is made from.
struct Choices {
    contract: String,
    rest_url: String,
    account_id: String,
}

/// The file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InitReport {
    pub schema: String,
    pub exit_code: u8,
    pub path: String,
}

impl Answer for InitReport {
    fn exit_code(&self) -> u8 {
        self.exit_code
    }

    fn render(&self, format: Format, _: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(format!("Wrote {}\nNext: thor-cutover status\n", self.path)),
            Format::Json => Ok(serde_json::to_string_pretty(self).map_err(anyhow::Error::new)? + "\n"),
            other => Err(unsupported("init", other, "human, json")),
        }
    }
}

pub fn run(args: &InitArgs, global: &Global, environment: &Environment) -> Result<Box<dyn Answer>> {
    let file = global.config.clone().unwrap_or_else(|| PathBuf::from(settings::FILE_NAME));
    let path = environment.folder.join(&file);
    if path.symlink_metadata().is_ok() {
        return Err(exists(&file));
    }
    if !args.yes && !environment.stdin_is_terminal {
        return Err(Error::usage("init asks its questions on a terminal, and there is none")
            .hint("thor-cutover init --yes takes every default; --contract and --rest-url set them"));
    }
    let mut choices = Choices {
        contract: args.contract.clone().unwrap_or_else(|| CONTRACTS[0].0.to_owned()),
        rest_url: global.rest_url.clone().unwrap_or_else(|| "http://localhost:8000".to_owned()),
        account_id: String::new(),
    };
    if !args.yes {
        ask_for(&mut choices, args)?;
    }
    check_contract(&choices.contract)?;
    let text = text_of(&choices);
    check(&text)?;
    write_new(&path, &text, &file)?;
    let path = file.display().to_string();
    Ok(Box::new(InitReport { schema: "thor-cutover/init/1".to_owned(), exit_code: 0, path }))
}

fn exists(file: &Path) -> Error {
    Error::usage(format!("{} is already there, and init never overwrites", file.display()))
        .hint("edit it, or choose another place with --config FILE")
}

fn ask_for(choices: &mut Choices, args: &InitArgs) -> Result<()> {
    if args.contract.is_none() {
        let known: Vec<String> = CONTRACTS.iter().map(|(name, what)| format!("  {name}: {what}\n")).collect();
        choices.contract = answer(&format!("Built-in contract\n{}", known.concat()), &choices.contract)?;
        check_contract(&choices.contract)?;
    }
    choices.rest_url = answer("Base URL of Thor's REST API", &choices.rest_url)?;
    choices.account_id = answer("Account to look at; empty: the server chooses", "")?;
    Ok(())
}

/// The answer of a person; an empty one is the default.
fn answer(question: &str, default: &str) -> Result<String> {
    let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
    let typed = crate::ask(&format!("{}{shown}: ", question.trim_end()))
        .map_err(|error| {
            Error::failed(anyhow::Error::new(error).context("reading an answer from the terminal"))
        })?
        .ok_or_else(|| Error::usage("the answers ended before the questions").hint("nothing was written"))?;
    let typed = typed.trim();
    Ok(if typed.is_empty() { default } else { typed }.to_owned())
}

fn check_contract(name: &str) -> Result<()> {
    let known = CONTRACTS.map(|(name, _)| name);
    if known.contains(&name) {
        return Ok(());
    }
    let error = Error::usage(format!("unknown contract {name:?}"));
    Err(match nearest(name, known) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint(format!("there are: {}", known.join(", "))),
    })
}

/// A file that the next command would refuse is not written.
fn check(text: &str) -> Result<()> {
    let folder = Path::new("");
    settings::of_text(text, &folder.join(settings::FILE_NAME)).map(|_| ())
}

fn write_new(path: &Path, text: &str, file: &Path) -> Result<()> {
    let opened = fs_err::OpenOptions::new().write(true).create_new(true).open(path);
    match opened.and_then(|mut opened| opened.write_all(text.as_bytes())) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(exists(file)),
        Err(error) => Err(Error::failed(error)),
    }
}

fn text_of(choices: &Choices) -> String {
    let quoted = |text: &str| toml_edit::Value::from(text).to_string();
    let account = match choices.account_id.as_str() {
        "" => "#account_id = \"1\"".to_owned(),
        account => format!("account_id = {}", quoted(account)),
    };
    include_str!("init.toml")
        .replace("\"CONTRACT\"", &quoted(&choices.contract))
        .replace("\"REST_URL\"", &quoted(&choices.rest_url))
        .replace("#account_id = \"ACCOUNT\"", &account)
}
