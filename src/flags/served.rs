//! Asks a running backend which flags it has. The only file of `flags/` that uses the network, and only when
//! a command is told to.

use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};
use rustls::ClientConfig;
use serde_json::Value;
use url::Url;

use crate::flags::{names, statement};
use crate::model::facts::flags::{FlagFacts, FlagSource, StatementKind};
use crate::model::feature::Feature;

/// More bytes than this are no answer about four flags.
const MAX_BODY: usize = 1 << 20;

/// Asks `url` once. Redirects are followed on the same host only.
///
/// # Errors
/// A line for a person: what was asked and why there is no answer.
pub async fn served(
    url: &Url,
    features: &[Feature],
    tls: ClientConfig,
    timeout: Duration,
) -> Result<FlagFacts, String> {
    let failed = |why: String| format!("asked {} for the flags: {why}", without_query(url));
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::custom(on_the_same_host))
        .no_proxy()
        .timeout(timeout)
        .user_agent(concat!("thor-cutover/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let mut answer = client.get(url.clone()).send().await.map_err(|error| failed(cause(error)))?;
    if !answer.status().is_success() {
        return Err(failed(format!("it answered {}", answer.status())));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failed(cause(error)))? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            return Err(failed(format!("the answer is larger than {MAX_BODY} bytes")));
        }
    }
    facts(&without_query(url), &body, features).map_err(failed)
}

fn on_the_same_host(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let same = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
    if same && attempt.previous().len() <= 3 { attempt.follow() } else { attempt.stop() }
}

/// A query may hold a token, and so may a user's name.
fn without_query(url: &Url) -> String {
    crate::secrets::shown_url(url.as_str())
}

fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Reads `{"WS_FEATURE_POSITIONS": true, …}`; the feature's own name stands for its backend flag, and an object
/// around them may be called `flags` or `features`.
fn facts(source: &str, body: &[u8], features: &[Feature]) -> Result<FlagFacts, String> {
    let answer: Value =
        serde_json::from_slice(body).map_err(|error| format!("the answer is not JSON: {error}"))?;
    let Some(mut map) = answer.as_object() else {
        return Err("the answer is not a JSON object of flags".to_owned());
    };
    for wrapper in ["flags", "features"] {
        map = map.get(wrapper).and_then(Value::as_object).unwrap_or(map);
    }
    let mut warnings = Vec::new();
    let mut statements = Vec::new();
    for name in names(features) {
        let of_feature =
            features.iter().find(|feature| feature.flag == name).map(|feature| feature.name.as_str());
        let value = map.get(name).or_else(|| map.get(of_feature?));
        let raw = match value {
            None => None,
            Some(Value::Bool(on)) => Some(on.to_string()),
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => {
                warnings.push(format!("{source} says {other} of {name}, which is neither true nor false"));
                continue;
            }
        };
        // what a backend is silent about is not off by that: it may not serve frontend flags at all
        if raw.is_some() {
            statements.push(statement(source, StatementKind::Served, name, raw.as_deref()));
        }
    }
    if statements.is_empty() {
        return Err("the answer names none of the flags".to_owned());
    }
    Ok(FlagFacts { statements, sources: vec![FlagSource { name: source.to_owned(), found: true }], warnings })
}
