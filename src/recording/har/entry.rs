//! An entry of a HAR: a request with its answer, or a WebSocket with its messages, as browsers write it.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use serde_json::value::RawValue;

/// One request with its answer, or one WebSocket with its messages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HarEntry {
    /// ISO 8601, to the millisecond.
    #[serde(rename = "startedDateTime")]
    pub started: Option<String>,
    /// From then to the end, in ms.
    pub time: Option<f64>,
    pub request: Option<HarRequest>,
    pub response: Option<HarResponse>,
    pub timings: Option<HarTimings>,
    pub cache: Option<HarCache>,
    #[serde(rename = "_fromCache")]
    from_cache: Option<IgnoredAny>,
    #[serde(rename = "_resourceType")]
    pub resource_type: Option<String>,
    /// Those of a WebSocket, both ways; `None` where the browser does not export them.
    #[serde(rename = "_webSocketMessages")]
    pub messages: Option<Vec<HarMessage>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HarRequest {
    pub method: Option<String>,
    pub url: Option<String>,
    pub headers: Option<Vec<HarPair>>,
    pub cookies: Option<Vec<HarPair>>,
    #[serde(rename = "postData")]
    pub post: Option<HarPost>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HarResponse {
    /// 0 where none came.
    pub status: Option<f64>,
    pub headers: Option<Vec<HarPair>>,
    pub cookies: Option<Vec<HarPair>>,
    pub content: Option<HarContent>,
    /// Chromium's word for why none came.
    #[serde(rename = "_error")]
    error: Option<String>,
    /// Playwright's.
    #[serde(rename = "_failureText")]
    failure: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HarContent {
    /// Of the body, in bytes.
    pub size: Option<f64>,
    #[serde(rename = "mimeType")]
    pub mime_type: Option<String>,
    text: Option<Box<RawValue>>,
    encoding: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HarPost {
    text: Option<Box<RawValue>>,
}

/// A header, a cookie.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HarPair {
    pub name: Option<String>,
    pub value: Option<String>,
}

/// In ms; -1 where it does not apply.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct HarTimings {
    pub blocked: Option<f64>,
    pub dns: Option<f64>,
    pub connect: Option<f64>,
    pub send: Option<f64>,
    pub wait: Option<f64>,
    pub receive: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HarCache {
    #[serde(rename = "beforeRequest")]
    before: Option<IgnoredAny>,
    /// Whether it is there at all: Firefox writes `null` of what it does not know.
    #[serde(rename = "afterRequest", deserialize_with = "is_there")]
    has_after: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HarMessage {
    /// `send`, `receive` or `error`.
    #[serde(rename = "type")]
    pub way: Option<String>,
    /// In seconds since 1970; Playwright's are milliseconds.
    pub time: Option<f64>,
    /// 1 for text, 2 for binary in base64.
    pub opcode: Option<f64>,
    data: Option<Box<RawValue>>,
}

impl HarEntry {
    /// Whether the browser answered by itself.
    pub fn is_from_cache(&self) -> bool {
        let cache = self.cache.as_ref();
        // Firefox says the same of an answer of its own as of a 304, for which it has waited.
        let has_waited = self.timings.is_some_and(|timings| timings.wait.unwrap_or_default() > 0.0);
        self.from_cache.is_some()
            || cache.is_some_and(|cache| cache.before.is_some() || cache.has_after && !has_waited)
    }

    /// Whether the page had not got the whole answer when the log ended, as Playwright tells it.
    pub fn is_unfinished(&self) -> bool {
        self.timings.is_some_and(|timings| {
            timings.wait.is_some_and(|it| it >= 0.0) && timings.receive.is_some_and(|it| it < 0.0)
        })
    }

    pub fn is_socket(&self) -> bool {
        let scheme = |url: &str| url.starts_with("ws://") || url.starts_with("wss://");
        let url = self.request.as_ref().and_then(|request| request.url.as_deref());
        self.messages.is_some()
            || self.resource_type.as_deref() == Some("websocket")
            || url.is_some_and(scheme)
    }
}

impl HarResponse {
    /// Why none came, where the browser says so.
    pub fn failure(&self) -> Option<&str> {
        let words = [&self.error, &self.failure];
        words.into_iter().flatten().map(String::as_str).find(|word| !word.is_empty())
    }
}

impl HarContent {
    /// The body, decoded; `None` where the HAR does not have it.
    pub fn body(&self) -> Option<Vec<u8>> {
        let text = text(self.text.as_deref())?;
        match self.encoding.as_deref() {
            Some("base64") => decoded(&text),
            _ => Some(text.into_bytes()),
        }
    }
}

impl HarPost {
    pub fn text(&self) -> Option<String> {
        text(self.text.as_deref())
    }
}

impl HarMessage {
    pub fn text(&self) -> Option<String> {
        text(self.data.as_deref())
    }

    /// The content of a binary message.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        decoded(&self.text()?)
    }
}

fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

fn text(raw: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(raw?.get()).ok()
}

fn decoded(base64: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(base64).ok()
}
