//! A server on 127.0.0.1 that says as much as it is told: the other end of the live measurements of `scripts/bench`.
//!
//! `flood account|positions COUNT [RATE]` prints its REST and WebSocket addresses, waits for one client, and sends
//! it COUNT messages, as fast as they are taken or RATE a second; then it stays silent until the client goes.
//! `flood emulate [COUNT [HOLDINGS]]` is so many embedded Thors with four features, a line for each. All end after [`LIFETIME`] whatever happens.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark is a program of its own: it prints, reads its arguments and the clock"
)]

#[expect(dead_code, reason = "the other shapes are for recordings")]
#[path = "shapes.rs"]
mod shapes;

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use futures_util::StreamExt as _;
use thor_cutover::emulator::{Emulator, Options};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

/// No measurement takes longer.
const LIFETIME: Duration = Duration::from_secs(120);
/// From the handshake to the first message, so that the client's start is over.
const BEFORE: Duration = Duration::from_millis(1500);
/// Bytes written at once in a flood.
const BLOCK: usize = 256 * 1024;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["emulate"] => emulate(1, None),
        ["emulate", count] => emulate(count.parse().expect("a count"), None),
        ["emulate", count, holdings] => {
            emulate(count.parse().expect("a count"), Some(holdings.parse().expect("a count")));
        }
        [shape, count] => run(Market::of(shape), count.parse().expect("a count"), None),
        [shape, count, rate] => {
            run(Market::of(shape), count.parse().expect("a count"), Some(rate.parse().expect("a rate")));
        }
        _ => println!("scripts/bench measures; see benches/flood.rs for the words"),
    }
}

/// So many of them, each at Thor's own pace where there are several.
fn emulate(count: usize, holdings: Option<usize>) {
    let default = Options::default();
    let tick = Duration::from_millis(if count == 1 { 100 } else { 1_000 });
    let options = Options { tick, holdings: holdings.unwrap_or(default.holdings), ..default };
    let all: Vec<Emulator> =
        (0..count).map(|_| Emulator::start(options.clone()).expect("a free port")).collect();
    all.iter().for_each(|emulator| announce(&emulator.rest_url(), &emulator.ws_url()));
    std::thread::sleep(LIFETIME);
}

fn announce(rest: &str, ws: &str) {
    println!("{rest} {ws}");
    std::io::stdout().flush().expect("whoever started this reads it");
}

/// What stands before the clock of a message.
const CLOCK: &str = r#""timestamp":""#;

/// What is said in turn, and what REST answers meanwhile.
struct Market {
    messages: Vec<String>,
    /// With the message after which it is true.
    answers: Vec<(usize, String)>,
}

impl Market {
    fn of(name: &str) -> Self {
        let shape = match name {
            "positions" => shapes::positions(400, 50),
            _ => shapes::account(4000),
        };
        let mut market = Self { messages: Vec::new(), answers: Vec::new() };
        for line in &shape.lines {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            if let Some(answer) = line.get("rest") {
                market.answers.push((market.messages.len(), answer["body"].to_string()));
            } else if let Some(message) = line.get("ws") {
                let text = format!(r#"{{"type":{},"sent":0,"data":{}}}"#, message["type"], message["data"]);
                market.messages.push(text);
            }
        }
        market
    }

    /// The message in its turn: said again and again, with a clock that never goes back.
    fn message(&self, index: usize) -> String {
        let mut text = self.messages[index % self.messages.len()].clone();
        if let Some(start) = text.find(CLOCK) {
            let start = start + CLOCK.len();
            let end = start + text[start..].find('"').expect("a text ends");
            text.replace_range(start..end, &shapes::clock(index));
        }
        text
    }

    /// What is true after so many messages.
    fn answer(&self, sent: usize) -> String {
        let place = sent.checked_sub(1).map_or(0, |last| last % self.messages.len() + 1);
        let after = self.answers.partition_point(|(from, _)| *from <= place);
        self.answers[after.checked_sub(1).unwrap_or(self.answers.len() - 1)].1.clone()
    }
}

fn run(market: Market, count: usize, rate: Option<u32>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let served = async {
        let rest = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let ws = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = |scheme: &str, listener: &TcpListener| {
            format!("{scheme}://{}/", listener.local_addr().expect("it is bound"))
        };
        announce(&url("http", &rest), &url("ws", &ws));
        let (market, sent) = (Arc::new(market), Arc::new(AtomicUsize::new(0)));
        let (asked, at) = (Arc::clone(&market), Arc::clone(&sent));
        let router = Router::new().fallback(move || {
            let answer = asked.answer(at.load(Ordering::Relaxed));
            async move { ([("content-type", "application/json")], answer) }
        });
        tokio::spawn(async move { axum::serve(rest, router).await });
        let (stream, _) = ws.accept().await.expect("a client");
        say(stream, &market, &sent, count, rate).await;
    };
    runtime.block_on(async { tokio::time::timeout(LIFETIME, served).await }).ok();
}

async fn say(stream: TcpStream, market: &Market, sent: &AtomicUsize, count: usize, rate: Option<u32>) {
    stream.set_nodelay(true).expect("a socket");
    let mut socket = tokio_tungstenite::accept_async(stream).await.expect("a handshake");
    tokio::time::sleep(BEFORE).await;
    let begun = Instant::now();
    let mut block = Vec::with_capacity(BLOCK * 2);
    for index in 0..count {
        let text = market.message(index);
        match rate {
            None => frame(text, &mut block),
            Some(rate) => {
                let due =
                    begun + Duration::from_secs(1) / rate * u32::try_from(index).expect("a small count");
                tokio::time::sleep_until(due.into()).await;
                let now = jiff::Timestamp::now().as_nanosecond();
                frame(text.replacen(r#""sent":0"#, &format!(r#""sent":{now}"#), 1), &mut block);
            }
        }
        sent.store(index + 1, Ordering::Relaxed);
        if rate.is_some() || block.len() >= BLOCK || index + 1 == count {
            if socket.get_mut().write_all(&block).await.is_err() {
                return;
            }
            block.clear();
        }
    }
    let took = begun.elapsed().as_secs_f64();
    println!("{took}");
    std::io::stdout().flush().expect("whoever started this reads it");
    while let Some(Ok(_)) = socket.next().await {}
}

fn frame(text: String, into: &mut Vec<u8>) {
    Frame::message(text, OpCode::Data(Data::Text), true).format(into).expect("memory");
}
