//! Where Thor runs: URLs checked and derived from each other, headers that carry no secret.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::contract::is_thor;
use crate::contract::tree::{Problem, WrittenAt, WrittenNode};
use crate::environment::Environment;
use crate::secrets;
use crate::settings::written::BackendWritten;
use crate::settings::{Backend, ClientCertificate, FromVariable, NamedSocket, SocketSettings, Transport};
use crate::system;

/// Where the one socket's URL is written.
const WS_URL: [&str; 2] = ["backend", "ws_url"];

pub(super) fn backend(
    tree: &WrittenNode,
    written: BackendWritten,
    socket: SocketSettings,
    named: Vec<(String, Option<String>, SocketSettings)>,
    root: &Path,
    environment: &Environment,
    warnings: &mut Vec<String>,
) -> Result<Backend, Problem> {
    let is_thor = is_thor(tree);
    let rest_place = ["backend", "rest_url"];
    let mut rest_url = http_url(tree, &rest_place, &written.rest_url.unwrap_or_default())?;
    if rest_url.query().is_some() || rest_url.fragment().is_some() {
        return Err(Problem::at(tree.place_of(&rest_place), "`rest_url` is a base: no query, no fragment"));
    }
    let trimmed = rest_url.path().trim_end_matches('/').to_owned();
    rest_url.set_path(&trimmed);
    let ws_url = match written.ws_url {
        Some(text) if socket.transport == Transport::Sse => event_url(tree, &WS_URL, &text)?,
        Some(text) => {
            let url = ws_url(tree, &WS_URL, &text)?;
            warn_of_ws_url(tree.place_of(&WS_URL), &url, &rest_url, is_thor, warnings);
            url
        }
        None => derived_ws_url(&rest_url),
    };
    let mut sockets = BTreeMap::new();
    for (name, text, settings) in named {
        let path = ["sockets", name.as_str(), "url"];
        let url = match (&settings.transport, text) {
            (Transport::Command(_), Some(_)) => {
                let message = "`url` means nothing with transport = \"command\"";
                return Err(Problem::at(tree.place_of(&path), message));
            }
            (Transport::Command(_), None) => ws_url.clone(),
            (_, None) => {
                return Err(Problem::at(tree.place_of(&path), format!("[sockets.{name}] lacks `url`"))
                    .hint("such as url = \"ws://localhost:8000/prices\""));
            }
            (Transport::Sse, Some(text)) => event_url(tree, &path, &text)?,
            (Transport::WebSocket, Some(text)) => self::ws_url(tree, &path, &text)?,
        };
        sockets.insert(name, NamedSocket { url, settings });
    }
    let origin = match written.origin {
        Some(text) => origin(tree, &text)?,
        None => rest_url.origin().ascii_serialization(),
    };
    let proxy = match &written.proxy {
        Some(text) => Some(http_url(tree, &["backend", "proxy"], text)?),
        None => None,
    };
    for (name, value) in &written.headers {
        let place = tree.place_of(&["backend", "headers", name]);
        http::HeaderName::try_from(name.as_str())
            .map_err(|_| Problem::at(place, format!("not a header's name: {name:?}")))?;
        http::HeaderValue::try_from(value.as_str()).map_err(|_| {
            Problem::at(place, format!("the value of header {name} has characters it cannot have"))
        })?;
        if secrets::is_secret_name(name) {
            secrets::register(value);
            let problem = format!("{name} is a secret and has no place in a configuration file");
            let hint = if name.eq_ignore_ascii_case("authorization") {
                "use [auth] token_env, token_file or login".to_owned()
            } else {
                format!(
                    "use [backend] header_env = {{ {name:?} = \"THE_VARIABLE\" }}: its value comes from there"
                )
            };
            return Err(Problem::at(place, problem).hint(hint));
        }
    }
    Ok(Backend {
        rest_url,
        ws_url,
        origin,
        account_id: written.account_id.map(|account| account.0).filter(|account| !account.is_empty()),
        ca_file: written.ca_file.map(|path| root.join(path)),
        client_certificate: client_certificate(tree, root, written.client_certificate, written.client_key)?,
        unix_socket: unix_socket(tree, root, written.unix_socket)?,
        proxy,
        headers: written.headers,
        header_env: from_variables(
            tree,
            &["backend", "header_env"],
            written.header_env,
            environment,
            warnings,
        )?,
        query_env: from_variables(tree, &["backend", "query_env"], written.query_env, environment, warnings)?,
        connect_timeout: written.connect_timeout.map_or(Duration::from_secs(5), |period| period.0),
        request_timeout: written.request_timeout.map_or(Duration::from_secs(10), |period| period.0),
        max_message: written.max_message.unwrap_or(16 << 20),
        socket,
        sockets,
        is_thor,
    })
}

/// A certificate and its key belong together.
fn client_certificate(
    tree: &WrittenNode,
    root: &Path,
    certificate: Option<String>,
    key: Option<String>,
) -> Result<Option<ClientCertificate>, Problem> {
    let lacks = |has: &str, lacks: &str| {
        Err(Problem::at(tree.place_of(&["backend", has]), format!("`{has}` needs `{lacks}`"))
            .hint("both are PEM files; they may be the same one"))
    };
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some(_), None) => lacks("client_certificate", "client_key"),
        (None, Some(_)) => lacks("client_key", "client_certificate"),
        (Some(certificate), Some(key)) => {
            Ok(Some(ClientCertificate { certificate: root.join(certificate), key: root.join(key) }))
        }
    }
}

fn unix_socket(tree: &WrittenNode, root: &Path, written: Option<String>) -> Result<Option<PathBuf>, Problem> {
    let Some(path) = written else { return Ok(None) };
    let problem = |why: &str| Err(Problem::at(tree.place_of(&["backend", "unix_socket"]), why));
    if !system::HAS_UNIX_SOCKETS {
        return problem("`unix_socket`: this system has no unix sockets");
    }
    if tree.find(&["backend", "proxy"]).is_some() {
        return problem("`unix_socket` beside `proxy`: there is one way to the backend");
    }
    Ok(Some(root.join(path)))
}

pub(super) fn http_url(tree: &WrittenNode, path: &[&str], text: &str) -> Result<Url, Problem> {
    let key = path.last().unwrap_or(&"");
    secrets::register_url(text);
    let problem = |why: &str| {
        let text = secrets::shown_url(text);
        Problem::at(tree.place_of(path), format!("`{key}` is not an http(s) URL: {text:?}: {why}"))
            .hint("such as http://localhost:8000")
    };
    let url = Url::parse(text).map_err(|error| problem(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(problem(&format!("its scheme is {}", url.scheme())));
    }
    no_credentials(tree, path, url)
}

/// Secrets never enter a report; a URL with a password would.
fn no_credentials(tree: &WrittenNode, path: &[&str], url: Url) -> Result<Url, Problem> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(url);
    }
    let key = path.last().unwrap_or(&"");
    Err(Problem::at(tree.place_of(path), format!("`{key}` carries a user name or password"))
        .hint("credentials come by environment variable or file: see [auth]"))
}

/// Values by name, each from the variable that is named; an unset one is found by whoever needs it.
pub(super) fn from_variables(
    tree: &WrittenNode,
    path: &[&str],
    written: BTreeMap<String, String>,
    environment: &Environment,
    warnings: &mut Vec<String>,
) -> Result<BTreeMap<String, FromVariable>, Problem> {
    let mut values = BTreeMap::new();
    for (name, variable) in written {
        let place = tree.place_of(&[path, &[name.as_str()]].concat());
        let value = environment.get(&variable).map(str::to_owned);
        if value.is_none() {
            warnings.push(format!("{place}: {variable} is not set, so {name} is not sent"));
        }
        match &value {
            Some(value) if path.last() == Some(&"header_env") => secrets::register_header(value),
            Some(value) => secrets::register(value),
            None => {}
        }
        if path.last() == Some(&"header_env") {
            http::HeaderName::try_from(name.as_str())
                .map_err(|_| Problem::at(place, format!("not a header's name: {name:?}")))?;
            http::HeaderValue::try_from(value.as_deref().unwrap_or_default()).map_err(|_| {
                Problem::at(place, format!("the value of {variable} has characters that no header can have"))
            })?;
        }
        values.insert(name, FromVariable { variable, value: value.map(SecretString::from) });
    }
    Ok(values)
}

/// Where server-sent events come from.
fn event_url(tree: &WrittenNode, path: &[&str], text: &str) -> Result<Url, Problem> {
    let url = http_url(tree, path, text)?;
    refuse_secret_query(tree.place_of(path), path.last().unwrap_or(&""), text)?;
    Ok(url)
}

fn ws_url(tree: &WrittenNode, path: &[&str], text: &str) -> Result<Url, Problem> {
    let place = tree.place_of(path);
    let key = path.last().unwrap_or(&"");
    secrets::register_url(text);
    let problem = |why: &str| {
        let text = secrets::shown_url(text);
        Problem::at(place, format!("`{key}` is not a ws(s) URL: {text:?}: {why}"))
            .hint("such as ws://localhost:8000/ws/")
    };
    let url = Url::parse(text).map_err(|error| problem(&error.to_string()))?;
    if !matches!(url.scheme(), "ws" | "wss") {
        return Err(problem(&format!("its scheme is {}", url.scheme())));
    }
    refuse_secret_query(place, key, text)?;
    no_credentials(tree, path, url)
}

/// What is allowed of the one socket's URL but probably not meant.
fn warn_of_ws_url(place: &WrittenAt, url: &Url, rest_url: &Url, is_thor: bool, warnings: &mut Vec<String>) {
    if is_thor && !url.path().ends_with('/') {
        warnings.push(format!(
            "{place}: `ws_url` has no slash at its end; Thor answers 500 to {} and serves {}/",
            url.path(),
            url.path()
        ));
    }
    if url.host() != rest_url.host() {
        let (ws, rest) = (url.host_str().unwrap_or(""), rest_url.host_str().unwrap_or(""));
        warnings.push(format!(
            "{place}: the WebSocket is on {ws}, REST on {rest}: they must be the same backend"
        ));
    }
}

/// A query's name that says that it is a secret is refused: it comes from a variable.
pub(super) fn refuse_secret_query(place: &WrittenAt, key: &str, text: &str) -> Result<(), Problem> {
    let query = text.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default());
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let secret = pairs.find(|(name, value)| secrets::is_secret_name(name) && !value.is_empty());
    if let Some((name, value)) = secret {
        secrets::register(value);
        return Err(Problem::at(
            place,
            format!("`{key}` has the secret {name} in its query, which has no place in a configuration file"),
        )
        .hint(format!(
            "use [backend] query_env = {{ {name:?} = \"THE_VARIABLE\" }}: its value comes from there"
        )));
    }
    Ok(())
}

fn derived_ws_url(rest_url: &Url) -> Url {
    let mut url = rest_url.clone();
    let scheme = if rest_url.scheme() == "https" { "wss" } else { "ws" };
    url.set_scheme(scheme).expect("http and https change into ws and wss");
    let path = format!("{}/ws/", rest_url.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

fn origin(tree: &WrittenNode, text: &str) -> Result<String, Problem> {
    let path = ["backend", "origin"];
    let url = http_url(tree, &path, text)?;
    if url.path() != "/" || url.query().is_some() {
        return Err(Problem::at(
            tree.place_of(&path),
            format!("`origin` is scheme, host and port only: {text:?}"),
        )
        .hint(format!("write {}", url.origin().ascii_serialization())));
    }
    Ok(url.origin().ascii_serialization())
}
