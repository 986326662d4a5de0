//! The secrets that a HAR holds: entered into the register, so that no echo of them is shown.
//!
//! Of headers and cookies nothing is ever shown; but a body, a message or an error may say one back.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::feature::Feature;
use crate::recording::har::{HarEntry, HarMessage, HarPair};
use crate::secrets;
use crate::settings::Backend;

/// A cookie of another name is taken for a secret from this length on, if it has both letters and digits.
const LIKE_A_TOKEN: usize = 12;

/// Parts of an unnamed cookie's name that say that its value is a secret.
const COOKIES: [&str; 8] = ["sess", "csrf", "xsrf", "auth", "token", "sid", "jwt", "key"];

pub(super) struct HarSecrets {
    /// What a person configured is none, wherever it stands.
    configured: BTreeSet<String>,
    /// What was entered already: a page sends the same cookies with each request.
    known: BTreeSet<String>,
}

impl HarSecrets {
    pub fn beside(backend: &Backend, features: &[Feature]) -> Self {
        let mut configured: BTreeSet<String> = backend.account_id.iter().cloned().collect();
        for feature in features {
            configured.extend(feature.rest.for_each.values().flatten().cloned());
            for source in &feature.ws {
                configured.extend(source.filter.values().cloned());
                configured.extend(source.types.iter().cloned());
            }
        }
        Self { configured, known: BTreeSet::new() }
    }

    pub fn register(&mut self, entry: &HarEntry) {
        if let Some(request) = &entry.request {
            if let Some(url) = &request.url {
                self.url(url);
            }
            self.headers(request.headers.as_deref());
            self.cookies(request.cookies.as_deref());
            if let Some(text) = request.post.as_ref().and_then(|post| post.text()) {
                self.text(&text);
            }
        }
        if let Some(response) = &entry.response {
            self.headers(response.headers.as_deref());
            self.cookies(response.cookies.as_deref());
            let content = response.content.as_ref();
            let is_login = entry.request.as_ref().is_some_and(|it| it.method.as_deref() == Some("POST"));
            // A login's answer is where a page has its tokens from.
            if is_login && let Some(body) = content.and_then(|content| content.body()) {
                self.text(&String::from_utf8_lossy(&body));
            }
        }
        let sent = |message: &&HarMessage| message.way.as_deref() == Some("send");
        for message in entry.messages.iter().flatten().filter(sent) {
            if let Some(text) = message.text() {
                self.text(&text);
            }
        }
    }

    fn enter(&mut self, value: &str) {
        if !self.configured.contains(value) && self.known.insert(value.to_owned()) {
            secrets::register(value);
        }
    }

    fn url(&mut self, url: &str) {
        if self.known.insert(url.to_owned()) {
            secrets::register_url(url);
        }
    }

    fn headers(&mut self, headers: Option<&[HarPair]>) {
        for (name, value) in pairs(headers) {
            match name.to_ascii_lowercase().as_str() {
                "cookie" => {
                    value.split(';').filter_map(|pair| pair.split_once('=')).for_each(|(name, value)| {
                        self.cookie(name.trim(), value.trim());
                    })
                }
                "set-cookie" => {
                    // several stand in lines of one header
                    for line in value.lines() {
                        if let Some((name, value)) = line.split(';').next().and_then(|it| it.split_once('='))
                        {
                            self.cookie(name.trim(), value.trim());
                        }
                    }
                }
                "authorization" | "proxy-authorization" => {
                    let word = value.split_once(' ').map_or(value, |(_, word)| word);
                    self.enter(word.trim());
                    self.basic(word.trim());
                }
                // how a browser sends a token in the handshake
                "sec-websocket-protocol" => value.split(',').map(str::trim).for_each(|protocol| {
                    if is_like_a_token(protocol) {
                        self.enter(protocol);
                    }
                }),
                _ if secrets::is_secret_name(name) => self.enter(value),
                _ => {}
            }
        }
    }

    /// The password in `user:password`.
    fn basic(&mut self, word: &str) {
        use base64::Engine as _;
        let plain = base64::engine::general_purpose::STANDARD.decode(word).ok();
        let plain = plain.and_then(|plain| String::from_utf8(plain).ok());
        if let Some((_, password)) = plain.as_deref().and_then(|plain| plain.split_once(':')) {
            self.enter(password);
        }
    }

    fn cookies(&mut self, cookies: Option<&[HarPair]>) {
        pairs(cookies).for_each(|(name, value)| self.cookie(name, value));
    }

    fn cookie(&mut self, name: &str, value: &str) {
        let name = name.to_lowercase();
        if COOKIES.iter().any(|part| name.contains(part)) || is_like_a_token(value) {
            self.enter(value.trim_matches('"'));
        }
    }

    /// Members of JSON, or fields of a form, whose names say so.
    fn text(&mut self, text: &str) {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.members(&value),
            Err(_) => {
                for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
                    if secrets::is_secret_name(&name) {
                        self.enter(&value);
                    }
                }
            }
        }
    }

    fn members(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(text)
                            if secrets::is_secret_name(name) || is_token_of_login(name, text) =>
                        {
                            self.enter(text);
                        }
                        other => self.members(other),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.members(item)),
            _ => {}
        }
    }
}

/// `access` and `refresh`, as SimpleJWT calls them.
fn is_token_of_login(name: &str, text: &str) -> bool {
    matches!(name, "access" | "refresh") && is_like_a_token(text)
}

fn is_like_a_token(value: &str) -> bool {
    value.len() >= LIKE_A_TOKEN
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !value.contains(char::is_whitespace)
}

fn pairs(pairs: Option<&[HarPair]>) -> impl Iterator<Item = (&str, &str)> {
    pairs.into_iter().flatten().filter_map(|pair| Some((pair.name.as_deref()?, pair.value.as_deref()?)))
}
