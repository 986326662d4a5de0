//! `init`: a commented `thor-cutover.toml` in the current folder, or where `--config` says. Never overwrites.
//!
//! With `--from` also what a recording suggests, commented out: nothing that hides a difference holds before a
//! person has read its evidence.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cli::{Format, Global, InitArgs};
use crate::commands::proposals::{A_PROGRAM, Proposals, Recorded, RecordedSocket};
use crate::contract::{CONTRACTS, NO_CONTRACT};
use crate::environment::Environment;
use crate::error::{Error, Result, nearest};
use crate::json::pointer::Pointer;
use crate::model::proposal::Proposal;
use crate::model::routing::Routing;
use crate::model::text::counted;
use crate::report::table::paragraph;
use crate::report::{Answer, unsupported};
use crate::settings;

/// What the file is made from.
struct Choices {
    contract: String,
    rest_url: String,
    /// Where it does not follow from the base URL.
    ws_url: Option<String>,
    account_id: String,
}

/// The file that was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InitReport {
    pub schema: String,
    pub exit_code: u8,
    pub path: String,
    /// With `--from`: what the recording suggests, feature by feature. It stands in the file, commented out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<Proposal>,
    /// With `--from`: the recording's files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recording: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl Answer for InitReport {
    fn exit_code(&self) -> u8 {
        self.exit_code
    }

    fn render(&self, format: Format, environment: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(self.human(environment.width())),
            Format::Json => Ok(serde_json::to_string_pretty(self).map_err(anyhow::Error::new)? + "\n"),
            other => Err(unsupported("init", other)),
        }
    }

    fn hints(&self) -> Vec<String> {
        self.warnings.iter().map(|warning| format!("warning: {warning}")).collect()
    }
}

impl InitReport {
    fn human(&self, width: usize) -> String {
        let mut text = format!("Wrote {}\n", self.path);
        for proposal in &self.proposals {
            let samples = counted(proposal.samples, "sample", "samples");
            let said = match (proposal.count(), proposal.unexplained.len()) {
                _ if proposal.samples == 0 => "nothing stood side by side".to_owned(),
                (0, 0) => format!("nothing to propose after {samples}"),
                (count, 0) => format!("{} from {samples}", counted(count, "proposal", "proposals")),
                (count, odd) => {
                    let odd = counted(odd, "difference is", "differences are");
                    format!("{} from {samples}; {odd} unexplained", counted(count, "proposal", "proposals"))
                }
            };
            text.push_str(&paragraph(width, &format!("  {}: ", proposal.feature), 4, &said));
        }
        if self.proposals.iter().any(|proposal| proposal.count() > 0) {
            let (path, recording) = (&self.path, self.recording.join(" "));
            let holds =
                "Nothing proposed holds yet: read its evidence in the file, uncomment what you accept";
            text.push_str(&paragraph(width, "", 0, holds));
            text.push_str(&format!("Next: thor-cutover replay --config {path} {recording}\n"));
        } else {
            let next = "thor-cutover doctor says whether everything is there and answers as the file says";
            text.push_str(&paragraph(width, "Next: ", 6, next));
        }
        text
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
    let recorded = match args.from.as_slice() {
        [] => None,
        files => Some(Recorded::open(files)?),
    };
    let of_recording = recorded.as_ref();
    let contract = of_recording.and_then(Recorded::contract).unwrap_or(CONTRACTS[0].0);
    let rest_url = of_recording.and_then(Recorded::rest_url).unwrap_or("http://localhost:8000");
    let mut choices = Choices {
        contract: args.contract.clone().unwrap_or_else(|| contract.to_owned()),
        rest_url: global.rest_url.clone().unwrap_or_else(|| rest_url.to_owned()),
        ws_url: of_recording.and_then(Recorded::ws_url).map(str::to_owned),
        account_id: String::new(),
    };
    if !args.yes {
        ask_for(&mut choices, args)?;
    }
    if choices.rest_url != rest_url {
        // of another backend nothing was recorded
        choices.ws_url = None;
    }
    check_contract(&choices.contract)?;
    let proposals = recorded.map(|recorded| recorded.propose(&choices.contract)).transpose()?;
    let text = text_of(&choices, proposals.as_ref());
    check(&text)?;
    if proposals.is_some() {
        // what a person accepts has to be accepted by every command, too
        check(&accepted(&text)).map_err(|error| {
            Error::failed(
                anyhow::Error::new(error).context("the recording's configuration cannot be written"),
            )
            .hint("`thor-cutover init` without --from writes a file to begin with")
        })?;
    }
    write_new(&path, &text, &file)?;
    let path = file.display().to_string();
    let (proposals, warnings) = proposals.map(|found| (found.all, found.warnings)).unwrap_or_default();
    let schema = "thor-cutover/init/1".to_owned();
    let recording = args.from.iter().map(|file| file.display().to_string()).collect();
    Ok(Box::new(InitReport { schema, exit_code: 0, path, proposals, recording, warnings }))
}

/// The file with every setting uncommented: what it says once a person has accepted all of it.
pub fn accepted(text: &str) -> String {
    let setting = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => format!("{setting}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(setting).collect()
}

fn exists(file: &Path) -> Error {
    Error::usage(format!("{} is already there, and init never overwrites", file.display()))
        .hint("edit it, or choose another place with --config FILE")
}

fn ask_for(choices: &mut Choices, args: &InitArgs) -> Result<()> {
    if args.contract.is_none() {
        let known: Vec<String> = CONTRACTS.iter().map(|(name, what)| format!("  {name}: {what}\n")).collect();
        let question = format!("Built-in contract\n{}", known.concat());
        choices.contract = answer(&question, &choices.contract, check_contract)?;
    }
    let whose = if choices.contract == NO_CONTRACT { "the" } else { "Thor's" };
    let url = format!("Base URL of {whose} REST API");
    choices.rest_url = answer(&url, &choices.rest_url, |typed| {
        let quoted = toml_edit::Value::from(typed);
        let text = format!("contract = \"none\"\n[backend]\nrest_url = {quoted}\n");
        // a line of a file that is not there yet would tell nobody anything
        check(&text).map_err(|error| without_place(&error))
    })?;
    choices.account_id = answer("Account to look at; empty: the server chooses", "", |_| Ok(()))?;
    Ok(())
}

/// The error without the file and line that it begins with.
fn without_place(error: &Error) -> Error {
    let said = error.to_string();
    let place = format!("{}:", settings::FILE_NAME);
    let message = match said.strip_prefix(&place).and_then(|rest| rest.split_once(": ")) {
        Some((_, message)) => message.to_owned(),
        None => said,
    };
    let bare = Error::usage(message);
    match &error.hint {
        Some(hint) => bare.hint(hint),
        None => bare,
    }
}

/// How often a person is asked the same question.
const TRIES: usize = 5;

/// The answer of a person, asked again where it cannot be; an empty one is the default.
fn answer(question: &str, default: &str, check: impl Fn(&str) -> Result<()>) -> Result<String> {
    let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
    let mut question = format!("{}{shown}: ", question.trim_end());
    let mut tries = 0;
    loop {
        let typed = crate::ask(&question)
            .map_err(|error| {
                Error::failed(anyhow::Error::new(error).context("reading an answer from the terminal"))
            })?
            .ok_or_else(|| {
                Error::usage("the answers ended before the questions").hint("nothing was written")
            })?;
        let typed = typed.trim();
        let typed = if typed.is_empty() { default } else { typed };
        tries += 1;
        match check(typed) {
            Ok(()) => return Ok(typed.to_owned()),
            Err(error) if tries >= TRIES => return Err(error),
            Err(error) => {
                let hint = error.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
                question =
                    format!("{}{hint}; once more{shown}: ", crate::model::text::visible(&error.to_string()));
            }
        }
    }
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

/// The template of a contract, and where it begins to speak of features: a recording knows better.
fn template(contract: &str) -> (&'static str, &'static str) {
    let (whole, features) = match contract {
        NO_CONTRACT => (include_str!("init-none.toml"), "# The features: where REST is asked"),
        _ => (include_str!("init.toml"), "# What differs from the built-in contract"),
    };
    whole.split_at(whole.find(features).unwrap_or(whole.len()))
}

fn text_of(choices: &Choices, proposals: Option<&Proposals>) -> String {
    let quoted = |text: &str| toml_edit::Value::from(text).to_string();
    let account = match choices.account_id.as_str() {
        "" => "#account_id = \"1\"".to_owned(),
        account => format!("account_id = {}", quoted(account)),
    };
    let (head, of_features) = template(&choices.contract);
    let recorded: Vec<String> = proposals.map_or_else(
        || vec![quoted("orders")],
        |proposals| proposals.all.iter().map(|proposal| quoted(&proposal.feature)).collect(),
    );
    let head = head
        .replace("\"CONTRACT\"", &quoted(&choices.contract))
        .replace("\"REST_URL\"", &quoted(&choices.rest_url))
        .replace("\"SESSION\"", &recorded.join(", "))
        .replace("#account_id = \"ACCOUNT\"", &account);
    let head = match &choices.ws_url {
        Some(url) => head.replace(EXAMPLE_OF_WS_URL, &format!("ws_url = {}\n", quoted(url))),
        None => head,
    };
    let head = match proposals.map(|proposals| &proposals.routing).filter(|routing| !routing.is_default()) {
        Some(routing) => routed(&head, routing),
        None => head,
    };
    let head = match proposals.and_then(|proposals| proposals.transport) {
        Some(transport) => pushed_by(&head, transport),
        None => head,
    };
    let sockets: String =
        proposals.iter().flat_map(|proposals| &proposals.sockets).map(socket_table).collect();
    // A recorded socket takes the place of the example.
    let head = match head.split_once(EXAMPLE_OF_SOCKETS) {
        Some((before, after)) if !sockets.is_empty() => format!("{before}{sockets}{after}"),
        _ => head,
    };
    head + proposals.map_or(of_features, |proposals| &proposals.toml)
}

/// What the templates say of the WebSocket's URL.
const EXAMPLE_OF_WS_URL: &str = "#ws_url = \"ws://localhost:8000/ws/\"\n";

/// What the template for a contract of one's own says of further sockets.
const EXAMPLE_OF_SOCKETS: &str = "#[sockets.prices]\n#url = \"ws://localhost:8000/prices\"\n";

/// A socket as it was recorded.
fn socket_table(socket: &RecordedSocket) -> String {
    let quoted = |text: &str| toml_edit::Value::from(text).to_string();
    let mut text = format!("[sockets.{}]\n", toml_edit::Key::new(&socket.name));
    if socket.transport != Some("command") {
        text.push_str(&format!("url = {}\n", quoted(&socket.url)));
    }
    text.push_str(&socket.transport.map(transport_keys).unwrap_or_default());
    let Routing { kind, each, parse } = &socket.routing;
    let pointers = [("type", Some(kind)), ("each", each.as_ref()), ("parse", parse.as_ref())];
    for (key, pointer) in pointers.iter().filter_map(|(key, pointer)| Some((key, (*pointer)?))) {
        text.push_str(&format!("{key} = {}\n", quoted(&pointer.to_string())));
    }
    text
}

/// What says that this is what pushes.
fn transport_keys(transport: &str) -> String {
    let program = if transport == "command" { format!("command = [{A_PROGRAM:?}]\n") } else { String::new() };
    format!("transport = {transport:?}\n{program}")
}

/// The template for what is no WebSocket: keys that mean nothing to it are no settings to uncomment.
fn pushed_by(head: &str, transport: &str) -> String {
    const OF_WEBSOCKETS: [&str; 7] =
        ["on_open", "separator", "ping", "ping_every", "pong", "protocols", "decode"];
    const OF_REQUESTS: [&str; 2] = ["header_env", "query_env"];
    let Some((before, socket)) = head.split_once("[socket]\n") else {
        return format!("{head}[socket]\n{}\n", transport_keys(transport));
    };
    let mut text = format!("{before}[socket]\n");
    for line in socket.lines() {
        let key = line.strip_prefix('#').and_then(|line| line.split(" = ").next()).unwrap_or_default();
        let is_foreign =
            OF_WEBSOCKETS.contains(&key) || (transport == "command" && OF_REQUESTS.contains(&key));
        match key {
            "transport" => text.push_str(&transport_keys(transport)),
            _ if is_foreign => text.push_str(&format!("# {}\n", &line[1..])),
            _ => text.extend([line, "\n"]),
        }
    }
    text
}

/// How the recording's messages are told apart is no proposal: it is how they were read.
fn routed(head: &str, routing: &Routing) -> String {
    let quoted = |pointer: &Pointer| toml_edit::Value::from(pointer.to_string()).to_string();
    let set = |key: &str, pointer: Option<&Pointer>| {
        pointer.map_or(String::new(), |pointer| format!("{key} = {}\n", quoted(pointer)))
    };
    let mut text = String::new();
    for line in head.lines() {
        let key = line.trim_start_matches('#').split(" = ").next().filter(|_| line.starts_with('#'));
        match key {
            Some("type") => text.push_str(&set("type", Some(&routing.kind))),
            Some("each") => text.push_str(&set("each", routing.each.as_ref())),
            Some("parse") => text.push_str(&set("parse", routing.parse.as_ref())),
            _ => text.extend([line, "\n"]),
        }
    }
    text
}
