//! The emulator seen by plain clients over real sockets: reqwest and tungstenite, nothing of the tool's own.

mod demo;
mod faults;
mod rest;
mod shadow_diff;
mod websocket;

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use thor_cutover::emulator::{Emulator, Fault, Options, PASSWORD, USER};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(5);

fn quick() -> Options {
    Options { tick: Duration::from_millis(20), bar_ticks: 2, market_ticks: 2, ..Options::default() }
}

fn with(fault: Fault) -> Emulator {
    Emulator::start(Options { faults: vec![fault], ..quick() }).unwrap()
}

struct Rest {
    base: String,
    client: reqwest::Client,
    token: Option<String>,
}

impl Rest {
    fn anonymous(emulator: &Emulator) -> Self {
        // The second installation fails, and the first one is all that is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        Self { base: emulator.rest_url(), client, token: None }
    }

    async fn logged_in(emulator: &Emulator) -> Self {
        let mut rest = Self::anonymous(emulator);
        let answer = rest.post("/api/users/login/", json!({"email": USER, "password": PASSWORD})).await;
        rest.token = answer.json::<Value>().await.unwrap()["access"].as_str().map(str::to_owned);
        assert!(rest.token.is_some());
        rest
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let mut request = self.client.get(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> reqwest::Response {
        self.client.post(format!("{}{path}", self.base)).json(&body).send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }
}

async fn handshake(emulator: &Emulator, path: &str, origin: Option<&str>) -> tungstenite::Result<Socket> {
    let url = format!("ws://{}{path}", emulator.address());
    let mut request = url.into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("Origin", origin.parse().unwrap());
    }
    tokio_tungstenite::connect_async(request).await.map(|(socket, _)| socket)
}

async fn socket(emulator: &Emulator) -> Socket {
    handshake(emulator, "/ws/", Some(&emulator.rest_url())).await.unwrap()
}

/// The next text frame, or what ended the connection.
async fn next(socket: &mut Socket) -> Result<Value, Option<u16>> {
    loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await.expect("a frame in time") {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(None),
        }
    }
}

/// What ends the connection, within the patience of the test.
async fn ending(socket: &mut Socket) -> Option<u16> {
    let ending = async {
        loop {
            if let Err(ending) = next(socket).await {
                return ending;
            }
        }
    };
    tokio::time::timeout(PATIENCE, ending).await.expect("the connection ends")
}

/// The next message of a type; the others pass by.
async fn next_of(socket: &mut Socket, kind: &str) -> Value {
    for _ in 0..500 {
        let message = next(socket).await.expect("the socket stays open");
        if message["type"] == kind {
            return message;
        }
    }
    panic!("no {kind} among 500 messages");
}

/// How many messages of each type arrive in so long.
async fn heard(socket: &mut Socket, long: Duration) -> std::collections::BTreeMap<String, usize> {
    let mut heard = std::collections::BTreeMap::new();
    let _ = tokio::time::timeout(long, async {
        while let Ok(message) = next(socket).await {
            *heard.entry(message["type"].as_str().unwrap_or("?").to_owned()).or_default() += 1;
        }
    })
    .await;
    heard
}

async fn say(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).await.unwrap();
}

/// The row of a list whose field has this value.
fn row<'v>(rows: &'v Value, field: &str, value: &str) -> Option<&'v Value> {
    rows.as_array()?.iter().find(|row| row[field] == value)
}
