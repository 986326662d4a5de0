//! Where Thor runs: URLs checked and derived from each other, headers that carry no secret.

use std::path::Path;
use std::time::Duration;

use url::Url;

use crate::contract::tree::{Problem, WrittenNode};
use crate::settings::Backend;
use crate::settings::written::BackendWritten;

pub(super) fn backend(
    tree: &WrittenNode,
    written: BackendWritten,
    account_id: Option<String>,
    root: &Path,
    warnings: &mut Vec<String>,
) -> Result<Backend, Problem> {
    let rest_place = ["backend", "rest_url"];
    let mut rest_url = http_url(tree, &rest_place, &written.rest_url.unwrap_or_default())?;
    if rest_url.query().is_some() || rest_url.fragment().is_some() {
        return Err(Problem::at(tree.place_of(&rest_place), "`rest_url` is a base: no query, no fragment"));
    }
    let trimmed = rest_url.path().trim_end_matches('/').to_owned();
    rest_url.set_path(&trimmed);
    let ws_url = match written.ws_url {
        Some(text) => ws_url(tree, &text, &rest_url, warnings)?,
        None => derived_ws_url(&rest_url),
    };
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
        if name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("cookie") {
            return Err(Problem::at(
                place,
                format!("{name} is a secret and has no place in a configuration file"),
            )
            .hint("[auth] token_env, token_file or login"));
        }
    }
    Ok(Backend {
        rest_url,
        ws_url,
        origin,
        account_id,
        ca_file: written.ca_file.map(|path| root.join(path)),
        proxy,
        headers: written.headers,
        connect_timeout: written.connect_timeout.map_or(Duration::from_secs(5), |period| period.0),
        request_timeout: written.request_timeout.map_or(Duration::from_secs(10), |period| period.0),
        max_message: written.max_message.unwrap_or(16 << 20),
    })
}

pub(super) fn http_url(tree: &WrittenNode, path: &[&str], text: &str) -> Result<Url, Problem> {
    let key = path.last().unwrap_or(&"");
    let problem = |why: &str| {
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

fn ws_url(
    tree: &WrittenNode,
    text: &str,
    rest_url: &Url,
    warnings: &mut Vec<String>,
) -> Result<Url, Problem> {
    let path = ["backend", "ws_url"];
    let place = tree.place_of(&path);
    let problem = |why: &str| {
        Problem::at(place, format!("`ws_url` is not a ws(s) URL: {text:?}: {why}"))
            .hint("such as ws://localhost:8000/ws/")
    };
    let url = Url::parse(text).map_err(|error| problem(&error.to_string()))?;
    if !matches!(url.scheme(), "ws" | "wss") {
        return Err(problem(&format!("its scheme is {}", url.scheme())));
    }
    if !url.path().ends_with('/') {
        warnings.push(format!(
            "{place}: `ws_url` has no slash at its end; Thor answers 500 to {} and serves {}/",
            url.path(),
            url.path()
        ));
    }
    if url.host() != rest_url.host() {
        let (ws, rest) = (url.host_str().unwrap_or(""), rest_url.host_str().unwrap_or(""));
        warnings
            .push(format!("{place}: the WebSocket is on {ws}, REST on {rest}: they must be the same Thor"));
    }
    no_credentials(tree, &path, url)
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
