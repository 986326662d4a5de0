//! How the WebSocket is talked to: `[socket]`, and each of `[sockets]`. Variables are filled in here, so that their values are known as secrets
//! before anything is sent.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;

use crate::contract::tree::{Problem, WrittenAt, WrittenNode};
use crate::contract::written::{Period, TextValue};
use crate::environment::Environment;
use crate::json::pointer::Pointer;
use crate::model::feature::Feature;
use crate::model::routing::Routing;
use crate::secrets;
use crate::settings::backend::from_variables;
use crate::settings::variables::MessageVariables;
use crate::settings::written::{DecodeWritten, OnOpenWritten, PongWritten, SocketWritten, TransportWritten};
use crate::settings::{MessagePattern, OnOpen, Ping, Pong, SocketSettings, Transport};

/// What to do instead of writing a secret into a message.
const FROM_VARIABLE: &str = "write ${THE_VARIABLE} in its place: its value comes from there";

/// Where one socket's keys stand.
#[derive(Clone, Copy)]
struct SocketTable<'t> {
    tree: &'t WrittenNode,
    /// Its name in `[sockets]`; `None`: `[socket]`.
    name: Option<&'t str>,
}

impl<'t> SocketTable<'t> {
    fn path<'k>(self, keys: &[&'k str]) -> Vec<&'k str>
    where
        't: 'k,
    {
        let above = self.name.map_or_else(|| vec!["socket"], |name| vec!["sockets", name]);
        above.into_iter().chain(keys.iter().copied()).collect()
    }

    fn place_of(self, keys: &[&str]) -> &'t WrittenAt {
        self.tree.place_of(&self.path(keys))
    }

    fn has(self, key: &str) -> bool {
        self.tree.find(&self.path(&[key])).is_some()
    }

    /// As a person writes it.
    fn shown(self) -> String {
        self.name.map_or_else(|| "[socket]".to_owned(), |name| format!("[sockets.{name}]"))
    }
}

/// One socket: that of `[socket]`, or the one of this name in `[sockets]`.
pub(super) fn socket(
    tree: &WrittenNode,
    name: Option<&str>,
    written: SocketWritten,
    features: &[Feature],
    root: &Path,
    environment: &Environment,
    warnings: &mut Vec<String>,
) -> Result<SocketSettings, Problem> {
    let tree = SocketTable { tree, name };
    if name.is_none() && written.url.is_some() {
        return Err(Problem::at(
            tree.place_of(&["url"]),
            "the URL of the one socket is `ws_url` in [backend]",
        ));
    }
    let transport = transport(tree, &written, root)?;
    let variables =
        MessageVariables { environment, plain: written.plain_env, features: tree.tree.find(&["features"]) };
    variables.check(tree.place_of(&["plain_env"]), written.on_open.iter().map(|step| step.send.as_str()))?;
    written.secret_env.iter().filter_map(|name| environment.get(name)).for_each(secrets::register);
    let mut on_open = Vec::new();
    for (at, message) in written.on_open.into_iter().enumerate() {
        on_open.push(opening(tree, at, message, &variables, warnings)?);
    }
    let routing = Routing {
        kind: written.kind.unwrap_or_else(|| Routing::default().kind),
        each: written.each,
        parse: written.parse,
    };
    check_types(tree, &routing, features)?;
    check_protocols(tree, &written.protocols)?;
    if routing.parse.as_ref().is_some_and(|pointer| pointer.tokens().iter().any(|token| token == "*")) {
        return Err(Problem::at(
            tree.place_of(&["parse"]),
            "`parse` is one place: `*` stands in `each` only",
        ));
    }
    Ok(SocketSettings {
        transport,
        on_open,
        routing,
        ping_every: ping_every(tree, written.ping_every, written.ping.as_deref())?,
        ping: ping(tree, written.ping)?,
        pong: written.pong.map(|pong| answer(tree, pong)).transpose()?,
        header_env: from_variables(
            tree.tree,
            &tree.path(&["header_env"]),
            written.header_env,
            environment,
            warnings,
        )?,
        query_env: from_variables(
            tree.tree,
            &tree.path(&["query_env"]),
            written.query_env,
            environment,
            warnings,
        )?,
        protocols: written.protocols,
        decodes_binary: written.decode == DecodeWritten::Auto,
        separator: separator(tree, written.separator)?,
    })
}

/// Keys that mean nothing to the chosen transport are refused: they would be taken for what is done.
fn transport(tree: SocketTable<'_>, written: &SocketWritten, root: &Path) -> Result<Transport, Problem> {
    let only_websocket =
        ["on_open", "plain_env", "ping", "ping_every", "pong", "protocols", "decode", "separator"];
    let only_command = ["command", "secret_env"];
    let only_asked = ["header_env", "query_env"];
    let (name, foreign) = match written.transport {
        TransportWritten::Websocket => ("websocket", only_command.to_vec()),
        TransportWritten::Sse => ("sse", [&only_websocket[..], &only_command].concat()),
        TransportWritten::Command => ("command", [&only_websocket[..], &only_asked].concat()),
    };
    if let Some(key) = foreign.into_iter().find(|key| tree.has(key)) {
        let place = tree.place_of(&[key]);
        return Err(Problem::at(place, format!("`{key}` means nothing with transport = {name:?}")));
    }
    let place = tree.place_of(&["transport"]);
    match written.transport {
        TransportWritten::Websocket => Ok(Transport::WebSocket),
        TransportWritten::Sse if tree.name.is_none() && tree.tree.find(&["backend", "ws_url"]).is_none() => {
            Err(Problem::at(
                place,
                "transport = \"sse\" needs [backend] ws_url: the stream's own http(s) URL",
            ))
        }
        TransportWritten::Sse => Ok(Transport::Sse),
        TransportWritten::Command => {
            let mut command = written.command.clone();
            let Some(program) = command.first_mut().filter(|program| !program.is_empty()) else {
                return Err(Problem::at(place, "transport = \"command\" needs `command`")
                    .hint("such as command = [\"node\", \"bridge.js\"]"));
            };
            if program.contains('/') {
                *program = root.join(&*program).display().to_string();
            }
            refuse_secret_arguments(tree, &command)?;
            Ok(Transport::Command(command))
        }
    }
}

/// Arguments are seen by everybody on the machine.
fn refuse_secret_arguments(tree: SocketTable<'_>, command: &[String]) -> Result<(), Problem> {
    let has_value = |argument: &String| {
        argument
            .split_once('=')
            .is_some_and(|(name, value)| secrets::is_secret_name(name) && !value.is_empty())
    };
    let Some(at) = command.iter().position(has_value) else { return Ok(()) };
    let (name, value) = command[at].split_once('=').unwrap_or_default();
    secrets::register(value);
    let place = tree.place_of(&["command", &at.to_string()]);
    Err(Problem::at(place, format!("{name} is a secret and has no place in a configuration file"))
        .hint("the program has this process's environment: let it read a variable"))
}

fn opening(
    tree: SocketTable<'_>,
    at: usize,
    written: OnOpenWritten,
    variables: &MessageVariables<'_>,
    warnings: &mut Vec<String>,
) -> Result<OnOpen, Problem> {
    let index = at.to_string();
    let place = |key: &str| tree.place_of(&["on_open", &index, key]);
    refuse_literal_secrets(place("send"), &written.send, FROM_VARIABLE)?;
    let pattern_of = |key: &str, written: Option<BTreeMap<Pointer, TextValue>>| {
        written.map(|written| pattern(place(key), key, written)).transpose()
    };
    Ok(OnOpen {
        text: filled(place("send"), &written.send, variables, warnings)?,
        after: pattern_of("after", written.after)?,
        expect: pattern_of("expect", written.expect)?,
    })
}

fn pattern(
    place: &WrittenAt,
    key: &str,
    written: BTreeMap<Pointer, TextValue>,
) -> Result<MessagePattern, Problem> {
    if written.is_empty() {
        return Err(Problem::at(place, format!("`{key}` is empty: every message would do"))
            .hint("such as { \"/type\" = \"ready\" }"));
    }
    Ok(written.into_iter().map(|(pointer, value)| (pointer, value.0)).collect())
}

/// The text with its variables; the name of one that is not set, where there is one. Only who connects needs it.
fn filled(
    place: &WrittenAt,
    text: &str,
    variables: &MessageVariables<'_>,
    warnings: &mut Vec<String>,
) -> Result<Result<SecretString, String>, Problem> {
    let is_json = text.trim_start().starts_with(['{', '[']);
    let mut whole = String::new();
    let mut rest = text;
    let mut unset = None;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}').filter(|(name, _)| is_variable(name)) else {
            return Err(Problem::at(place, "`${` begins the name of a variable, and `}` ends it")
                .hint("such as ${WS_TOKEN}"));
        };
        whole.push_str(before);
        match variables.value(place, name, warnings) {
            Some(value) => {
                let json = serde_json::to_string(value).expect("a string into memory");
                whole.push_str(if is_json { &json[1..json.len() - 1] } else { value });
            }
            None => unset = unset.or_else(|| Some(name.to_owned())),
        }
        rest = after;
    }
    whole.push_str(rest);
    Ok(unset.map_or_else(|| Ok(SecretString::from(whole)), Err))
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A secret in a message comes from a variable, as everywhere.
pub(super) fn refuse_literal_secrets(place: &WrittenAt, text: &str, instead: &str) -> Result<(), Problem> {
    fn literal(value: &Value) -> Option<(String, String)> {
        match value {
            Value::Object(members) => members.iter().find_map(|(name, value)| match value {
                Value::String(text)
                    if secrets::is_secret_name(name) && !text.is_empty() && !text.contains("${") =>
                {
                    Some((name.clone(), text.clone()))
                }
                other => literal(other),
            }),
            Value::Array(items) => items.iter().find_map(literal),
            _ => None,
        }
    }
    let Some((name, value)) = serde_json::from_str(text).ok().and_then(|message: Value| literal(&message))
    else {
        return Ok(());
    };
    secrets::register(&value);
    Err(Problem::at(place, format!("{name} is a secret and has no place in a configuration file"))
        .hint(instead))
}

fn ping(tree: SocketTable<'_>, written: Option<String>) -> Result<Ping, Problem> {
    Ok(match written.as_deref() {
        None => Ping::Thor,
        Some("protocol") => Ping::Protocol,
        Some("none") => Ping::None,
        Some("") => {
            return Err(Problem::at(tree.place_of(&["ping"]), "`ping` is empty")
                .hint("protocol, none, or the text to send"));
        }
        Some(text) => Ping::Text(text.to_owned()),
    })
}

fn ping_every(
    tree: SocketTable<'_>,
    written: Option<Period>,
    ping: Option<&str>,
) -> Result<Option<Duration>, Problem> {
    let Some(Period(every)) = written else { return Ok(None) };
    let place = tree.place_of(&["ping_every"]);
    if every < Duration::from_secs(1) {
        return Err(Problem::at(place, "`ping_every` is shorter than a second"));
    }
    if ping == Some("none") {
        return Err(Problem::at(place, "`ping_every` with ping = \"none\": there is nothing to send")
            .hint("ping = \"protocol\", or the text that the server wants to hear"));
    }
    Ok(Some(every))
}

fn separator(tree: SocketTable<'_>, written: Option<String>) -> Result<Option<String>, Problem> {
    // What JSON itself is made of would take messages apart in their middle.
    let may_be_json = |text: &str| !text.is_empty() && text.bytes().any(|byte| byte > b' ' && byte < 0x7f);
    match written.as_deref() {
        Some("") => Err(Problem::at(tree.place_of(&["separator"]), "`separator` is empty")
            .hint("such as \"\\n\", or \"\\u001e\" for SignalR")),
        Some(text) if may_be_json(text) || text == " " => Err(Problem::at(
            tree.place_of(&["separator"]),
            "`separator` is text that messages may hold themselves",
        )
        .hint("such as \"\\n\", or \"\\u001e\" for SignalR")),
        _ => Ok(written),
    }
}

fn answer(tree: SocketTable<'_>, written: PongWritten) -> Result<Pong, Problem> {
    let place = |key: &str| tree.place_of(&["pong", key]);
    refuse_literal_secrets(place("send"), &written.send, "what answers a ping needs no secret")?;
    if let Some(open) = written.send.split("{/").skip(1).find(|after| !after.contains('}')) {
        let message = format!("`{{/` begins a pointer into the message, and `}}` ends it: {{/{open}");
        return Err(Problem::at(place("send"), message));
    }
    Ok(Pong { when: pattern(place("when"), "when", written.when)?, text: written.send })
}

/// Without a pointer to the type no type can be told from another.
fn check_types(tree: SocketTable<'_>, routing: &Routing, features: &[Feature]) -> Result<(), Problem> {
    if routing.has_types() {
        return Ok(());
    }
    let ours = features.iter().filter(|feature| feature.socket.as_deref() == tree.name);
    let named = ours.into_iter().find(|feature| !feature.ws.iter().all(|source| source.hears_all()));
    let Some(feature) = named else { return Ok(()) };
    let place = tree.tree.place_of(&["features", &feature.name, "ws"]);
    let message =
        format!("{} type is \"\", so no message has a type, and {} names types", tree.shown(), feature.name);
    Err(Problem::at(place, message).hint("write types = [\"*\"], and tell messages apart by filter"))
}

fn check_protocols(tree: SocketTable<'_>, protocols: &[String]) -> Result<(), Problem> {
    let is_token = |name: &String| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        !name.is_empty() && name.bytes().all(allowed)
    };
    let Some(at) = protocols.iter().position(|name| !is_token(name)) else { return Ok(()) };
    let place = tree.place_of(&["protocols", &at.to_string()]);
    Err(Problem::at(place, format!("not the name of a subprotocol: {:?}", protocols[at])))
}
