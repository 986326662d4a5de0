//! A page of a browser that polls and listens, as Chromium's developer tools write it down: entries with their timings, in
//! the order in which requests began, the socket's messages inside of its entry.

use jiff::ToSpan as _;
use serde_json::{Value, json};

use crate::shapes::{Holding, Wrong, pushed, state};

/// When the page was loaded.
pub const LOADED: &str = "2026-11-23T15:00:00Z";

pub struct Page {
    pub seconds: u64,
    pub wrong: Wrong,
    /// Between two requests, in ms.
    pub every: u64,
    /// What is done to the whole in the end.
    pub spoil: fn(&mut Value),
}

impl Default for Page {
    fn default() -> Self {
        Self { seconds: 60, wrong: Wrong::Nothing, every: 230, spoil: |_| {} }
    }
}

pub fn list(state: &[Holding]) -> Value {
    state.iter().map(Holding::json).collect()
}

/// So many ms after the page was loaded.
pub fn started(ms: u64) -> String {
    let loaded: jiff::Timestamp = LOADED.parse().unwrap();
    let at = loaded.checked_add(i64::try_from(ms).unwrap().milliseconds()).unwrap();
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The same in seconds since 1970.
pub fn epoch(ms: u64) -> f64 {
    let loaded: jiff::Timestamp = LOADED.parse().unwrap();
    loaded.as_second() as f64 + ms as f64 / 1e3
}

/// One request, sent 2 ms after it began, answered 25 ms later.
pub fn request(ms: u64, path: &str, body: &Value) -> Value {
    let text = body.to_string();
    json!({
        "_initiator": { "type": "script" }, "_priority": "High", "_resourceType": "fetch", "cache": {},
        "request": {
            "method": "GET", "url": format!("https://thor.example{path}"), "httpVersion": "http/2.0",
            "headers": [{ "name": "accept", "value": "application/json" }], "queryString": [], "cookies": [],
            "headersSize": -1, "bodySize": 0,
        },
        "response": {
            "status": 200, "statusText": "", "httpVersion": "http/2.0", "headers": [], "cookies": [],
            "content": { "size": text.len(), "mimeType": "application/json", "text": text },
            "redirectURL": "", "headersSize": -1, "bodySize": -1, "_transferSize": 300, "_error": null,
        },
        "serverIPAddress": "10.0.0.1", "startedDateTime": started(ms), "time": 27.0,
        "timings": {
            "blocked": 1.5, "dns": -1, "ssl": -1, "connect": -1, "send": 0.5, "wait": 24.0, "receive": 1.0,
            "_blocked_queueing": 1.0,
        },
    })
}

/// The socket's entry. Chromium moves the end of `wait` to each message; `closed` is when it ended.
pub fn socket(ms: u64, url: &str, messages: &[Value], closed: Option<u64>) -> Value {
    let last = messages.last().and_then(|it| it["time"].as_f64()).unwrap_or_else(|| epoch(ms));
    let wait = (last - epoch(ms)) * 1e3;
    let receive = closed.map_or(0.0, |closed| (epoch(closed) - last) * 1e3);
    json!({
        "_initiator": { "type": "script" }, "_priority": null, "_resourceType": "websocket",
        "_webSocketMessages": messages, "cache": {}, "connection": "81",
        "request": {
            "method": "GET", "url": url, "httpVersion": "HTTP/1.1",
            "headers": [{ "name": "Upgrade", "value": "websocket" }], "queryString": [], "cookies": [],
            "headersSize": 500, "bodySize": 0,
        },
        "response": {
            "status": 101, "statusText": "Switching Protocols", "httpVersion": "HTTP/1.1", "headers": [], "cookies": [],
            "content": { "size": 0, "mimeType": "x-unknown" },
            "redirectURL": "", "headersSize": 129, "bodySize": 0, "_transferSize": 0, "_error": null,
        },
        "serverIPAddress": "10.0.0.1", "startedDateTime": started(ms), "time": 2.0 + wait + receive,
        "timings": {
            "blocked": 1.0, "dns": -1, "ssl": -1, "connect": 1.0, "send": 0.0, "wait": wait, "receive": receive,
        },
    })
}

pub fn message(ms: u64, way: &str, data: &str) -> Value {
    json!({ "type": way, "time": epoch(ms), "opcode": 1, "data": data })
}

pub fn log(browser: &str, entries: Vec<Value>) -> Value {
    json!({ "log": {
        "version": "1.2", "creator": { "name": browser, "version": "537.36" },
        "pages": [{ "startedDateTime": started(0), "id": "page_1", "title": "https://thor.example/" }],
        "entries": entries,
    } })
}

/// What a page is made of besides its data.
pub fn document() -> Value {
    let mut page = request(0, "/", &json!(null));
    page["_resourceType"] = "document".into();
    page["response"]["content"] =
        json!({ "size": 19, "mimeType": "text/html", "text": "<html>positions</html>" });
    page
}

impl Page {
    pub fn har(&self) -> String {
        let mut entries = vec![document(), request(30, "/api/other", &json!({ "list": [1] }))];
        let messages: Vec<Value> = (0..self.seconds)
            .flat_map(|second| {
                let at = second * 1000 + 100;
                let frame = json!({ "type": "pos", "data": list(&pushed(second, self.wrong)) });
                [
                    message(at, "receive", &frame.to_string()),
                    message(at + 1, "send", "{\"type\":\"ping\",\"timestamp\":1}"),
                ]
            })
            .collect();
        entries.push(socket(50, "wss://thor.example/ws/?v=2", &messages, None));
        let mut at = 200;
        while at < self.seconds * 1000 - 100 {
            // what a push says is true from its second on
            let second = at / 1000;
            if (200..950).contains(&(at % 1000)) {
                entries.push(request(at, &format!("/api/pos?_={at}"), &list(&state(second))));
            }
            at += self.every;
        }
        let mut har = log("WebInspector", entries);
        (self.spoil)(&mut har);
        har.to_string()
    }
}
