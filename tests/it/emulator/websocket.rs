//! `/ws/` as Channels behind Daphne behaves: the door, the envelope, what kills a connection.

use std::time::Duration;

use futures_util::SinkExt as _;
use serde_json::{Value, json};
use thor_cutover::clock::Clock;
use thor_cutover::emulator::{Dialect, Emulator, Options};
use thor_cutover::model::time::Nanos;
use tokio_tungstenite::tungstenite::{self, Message};

use super::{Rest, ending, handshake, heard, next, next_of, quick, row, say, socket};

fn start() -> Emulator {
    Emulator::start(quick()).unwrap()
}

async fn refusal(emulator: &Emulator, path: &str, origin: Option<&str>) -> u16 {
    match handshake(emulator, path, origin).await {
        Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn only_an_allowed_origin_is_let_in() {
    let emulator = start();
    for foreign in [None, Some("null"), Some("https://example.com")] {
        assert_eq!(refusal(&emulator, "/ws/", foreign).await, 403, "{foreign:?}");
    }
    assert_eq!(refusal(&emulator, "/ws/", Some("nothing")).await, 400);
    for allowed in ["http://localhost:5173", "https://127.0.0.1"] {
        handshake(&emulator, "/ws/", Some(allowed)).await.unwrap();
    }
    let counters = emulator.counters();
    assert_eq!((counters.handshakes, counters.handshakes_refused), (2, 4));
}

#[tokio::test]
async fn the_slash_and_the_upgrade_are_required() {
    let emulator = start();
    let origin = emulator.rest_url();
    assert_eq!(refusal(&emulator, "/ws", Some(&origin)).await, 500);
    assert_eq!(refusal(&emulator, "/elsewhere/", Some(&origin)).await, 500);
    let rest = Rest::anonymous(&emulator);
    assert_eq!(rest.get("/ws/").await.status(), 404);
    assert_eq!(rest.get("/ws").await.status(), 404);
}

#[tokio::test]
async fn every_feature_is_broadcast_with_rest_names_and_floats() {
    let emulator = start();
    let mut socket = socket(&emulator).await;
    let balance = next_of(&mut socket, "account_balance").await;
    for field in ["net_liquidation", "equity", "cash", "buying_power", "day_trade_bp"] {
        assert!(balance["data"][field].is_f64(), "{field}");
    }
    assert!(balance["data"]["timestamp"].as_str().unwrap().ends_with('Z'));
    let positions = next_of(&mut socket, "positions").await;
    let spy = row(&positions["data"]["positions"], "symbol", "SPY").unwrap();
    for field in ["quantity", "avg_price", "mark_price", "market_value", "unrealized_pl", "pl_percent"] {
        assert!(spy[field].is_f64(), "{field}");
    }
    let bar = next_of(&mut socket, "intraday_bar").await;
    assert_eq!(bar["data"]["country"], "USA");
    assert!(bar["data"]["volume"].is_i64());
    let market = next_of(&mut socket, "market_status").await;
    assert!(market["data"]["market_id"].is_i64() && market["data"]["weight"].is_f64());
    assert!(market["data"]["market_status"].get("seconds_to_next_event").is_none());
    assert!(market["data"]["seconds_to_next_event"].is_i64());
}

#[tokio::test]
async fn state_b_sends_all_markets_in_one_tick() {
    let emulator = Emulator::start(Options { dialect: Dialect::B, ..quick() }).unwrap();
    let mut socket = socket(&emulator).await;
    let tick = next_of(&mut socket, "global_markets_tick").await;
    assert_eq!(tick["data"]["markets"].as_array().unwrap().len(), 9);
    assert!(tick["data"]["server_time_utc"].as_str().unwrap().ends_with("+00:00"));
    assert!(!heard(&mut socket, Duration::from_millis(200)).await.contains_key("market_status"));
}

/// The state REST shows between two pushes is the one the earlier push carried.
#[tokio::test]
async fn rest_and_websocket_tell_the_same_market() {
    let options = Options { tick: Duration::from_millis(400), ..quick() };
    let emulator = Emulator::start(options).unwrap();
    let mut socket = socket(&emulator).await;
    let rest = Rest::logged_in(&emulator).await;
    for _ in 0..3 {
        let pushed = next_of(&mut socket, "positions").await;
        let read = rest.json("/api/actandpos/positions").await;
        for position in read["positions"].as_array().unwrap() {
            let twin = pushed["data"]["positions"]
                .as_array()
                .unwrap()
                .iter()
                .find(|row| {
                    row["symbol"] == position["symbol"] && row["asset_type"] == position["asset_type"]
                })
                .unwrap();
            for field in ["quantity", "avg_price", "mark_price", "unrealized_pl", "realized_pl_day"] {
                let text: f64 = position[field].as_str().unwrap().parse().unwrap();
                assert_eq!(Value::from(text), twin[field], "{field}");
            }
        }
    }
}

/// The same seed sends the same market, however late one listens; another seed another one.
#[tokio::test]
async fn a_seed_is_a_market() {
    let marks = async |seed| {
        let emulator = Emulator::start(Options { seed, holdings: 9, ..quick() }).unwrap();
        let mut socket = socket(&emulator).await;
        let mut marks = std::collections::BTreeSet::new();
        for _ in 0..30 {
            marks.insert(next_of(&mut socket, "positions").await["data"]["positions"].to_string());
        }
        marks
    };
    let (one, same, other) = tokio::join!(marks(3), marks(3), marks(4));
    assert!(one.intersection(&same).count() > 15, "{} in common", one.intersection(&same).count());
    assert_eq!(one.intersection(&other).count(), 0);
}

#[tokio::test]
async fn nothing_is_replayed_to_a_new_client() {
    let emulator = Emulator::start(Options { tick: Duration::from_millis(600), ..quick() }).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut late = socket(&emulator).await;
    assert!(heard(&mut late, Duration::from_millis(200)).await.is_empty());
}

#[tokio::test]
async fn pings_are_answered_in_thors_own_way() {
    let emulator = start();
    let mut socket = socket(&emulator).await;
    say(&mut socket, r#"{"type":"ping","timestamp":1}"#).await;
    assert_eq!(next_of(&mut socket, "pong").await, json!({"type": "pong", "timestamp": 1}));
    say(&mut socket, r#"{"type":"subscribe","topic":"positions"}"#).await;
    say(&mut socket, "{broken").await;
    say(&mut socket, r#"{"type":"ping"}"#).await;
    assert_eq!(next_of(&mut socket, "pong").await["timestamp"], Value::Null);
    assert_eq!(emulator.counters().pings, 2);
}

#[tokio::test]
async fn anything_but_an_object_kills_the_connection() {
    let emulator = start();
    for deadly in [Message::text("[1]"), Message::text("\"ping\""), Message::binary(vec![1_u8])] {
        let mut socket = socket(&emulator).await;
        socket.send(deadly.clone()).await.unwrap();
        assert_eq!(ending(&mut socket).await, Some(1011), "{deadly:?}");
    }
}

#[tokio::test]
async fn dropping_it_ends_every_connection_soon_and_without_a_close_frame() {
    let emulator = start();
    let address = emulator.address();
    let mut socket = socket(&emulator).await;
    next(&mut socket).await.unwrap();
    let clock = Clock::start();
    drop(emulator);
    assert!(clock.now() < Nanos::ZERO + Duration::from_secs(2));
    assert_eq!(ending(&mut socket).await, None);
    assert!(std::net::TcpStream::connect(address).is_err(), "the port is free again");
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let emulator = start();
    let port = emulator.address().port();
    let error = Emulator::start(Options { port, ..quick() }).unwrap_err();
    assert_eq!(error.exit_code(), 4);
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}
