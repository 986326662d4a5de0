//! Each fault does what it says, to whom it says, and to nobody else.

use std::time::Duration;

use serde_json::Value;
use thor_cutover::clock::Clock;
use thor_cutover::emulator::{Dialect, Emulator, Fault, FaultSide, Options, PlayedFeature};
use thor_cutover::model::time::Nanos;
use tokio_tungstenite::tungstenite;

use super::{Rest, ending, handshake, heard, next, next_of, quick, row, socket, with};

const WHILE: Duration = Duration::from_millis(400);

fn number(value: &Value) -> f64 {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap()
}

/// Value minus quantity, average and mark: zero but for rounding where nothing is spoilt.
fn off(position: &Value) -> f64 {
    let at = |field: &str| number(&position[field]);
    at("quantity") * at("mark_price") - at("market_value")
}

#[tokio::test]
async fn a_cent_on_one_mark_of_one_side() {
    let fault = |side| Fault::Value {
        feature: PlayedFeature::Positions,
        side,
        entity: Some("SPY/EQ".into()),
        field: "/mark_price".into(),
    };
    let emulator = with(fault(FaultSide::WebSocket));
    let mut socket = socket(&emulator).await;
    let pushed = next_of(&mut socket, "positions").await["data"]["positions"].clone();
    let read = Rest::logged_in(&emulator).await.json("/api/actandpos/positions").await["positions"].clone();
    assert!(off(row(&pushed, "asset_type", "OP").unwrap()).abs() < 0.01);
    assert!(off(row(&pushed, "symbol", "SPY").unwrap()) > 0.1, "a cent on twelve shares");
    assert!(off(row(&read, "symbol", "SPY").unwrap()).abs() < 0.01);

    emulator.clear();
    emulator.plant(fault(FaultSide::Rest));
    let read = Rest::logged_in(&emulator).await.json("/api/actandpos/positions").await["positions"].clone();
    let spy = row(&read, "symbol", "SPY").unwrap();
    assert!(off(spy) > 0.1);
    assert_eq!(spy["mark_price"].as_str().unwrap().rsplit_once('.').unwrap().1.len(), 6, "still its type");
}

#[tokio::test]
async fn a_missing_entity_on_either_side() {
    let gone = |feature, side, entity: &str| Fault::MissingEntity { feature, side, entity: entity.into() };
    let emulator = with(gone(PlayedFeature::Positions, FaultSide::WebSocket, "TSLA"));
    let mut listener = socket(&emulator).await;
    let pushed = next_of(&mut listener, "positions").await;
    assert!(row(&pushed["data"]["positions"], "symbol", "TSLA").is_none());
    assert!(row(&pushed["data"]["positions"], "symbol", "AAPL").is_some());
    let read = Rest::logged_in(&emulator).await.json("/api/actandpos/positions").await;
    assert!(row(&read["positions"], "symbol", "TSLA").is_some());

    let emulator = with(gone(PlayedFeature::Intraday, FaultSide::WebSocket, "ES"));
    let mut listener = socket(&emulator).await;
    for _ in 0..4 {
        assert_eq!(next_of(&mut listener, "intraday_bar").await["data"]["symbol"], "YM");
    }
    assert!(emulator.counters().withheld > 0);

    let emulator = with(gone(PlayedFeature::GlobalMarket, FaultSide::Rest, "Japan"));
    let page = Rest::anonymous(&emulator).json("/api/global-markets/markets/").await;
    assert!(row(&page["results"], "country", "Japan").is_none());
    assert!(row(&page["results"], "country", "USA").is_some());
}

#[tokio::test]
async fn a_missing_field() {
    let fault = Fault::MissingField {
        feature: PlayedFeature::AccountBalance,
        side: FaultSide::WebSocket,
        field: "/cash".into(),
    };
    let emulator = with(fault);
    let mut socket = socket(&emulator).await;
    let balance = next_of(&mut socket, "account_balance").await;
    assert!(balance["data"].get("cash").is_none() && balance["data"]["equity"].is_f64());
    assert!(Rest::logged_in(&emulator).await.json("/api/accounts/balance/").await["cash"].is_f64());
}

#[tokio::test]
async fn a_silent_feature_after_a_start_and_from_the_start() {
    let after = Duration::from_millis(600);
    let emulator = with(Fault::Silent { feature: PlayedFeature::Positions, after });
    let mut socket = socket(&emulator).await;
    next_of(&mut socket, "positions").await;
    tokio::time::sleep(after).await;
    heard(&mut socket, WHILE).await;
    let later = heard(&mut socket, WHILE).await;
    assert!(!later.contains_key("positions") && later.contains_key("account_balance"), "{later:?}");

    let never = with(Fault::Silent { feature: PlayedFeature::AccountBalance, after: Duration::ZERO });
    let mut socket = self::socket(&never).await;
    let all = heard(&mut socket, WHILE).await;
    assert!(!all.contains_key("account_balance") && all.contains_key("positions"), "{all:?}");
}

#[tokio::test]
async fn a_late_feature_keeps_its_order() {
    let by = Duration::from_millis(500);
    let emulator = with(Fault::Late { feature: PlayedFeature::Positions, by });
    let mut socket = socket(&emulator).await;
    let delay = |message: &Value| {
        let made: jiff::Timestamp = message["data"]["timestamp"].as_str().unwrap().parse().unwrap();
        (made, Clock::wall().duration_since(made).as_secs_f64())
    };
    let (first, late) = delay(&next_of(&mut socket, "positions").await);
    let (second, _) = delay(&next_of(&mut socket, "positions").await);
    let (_, prompt) = delay(&next_of(&mut socket, "account_balance").await);
    assert!((0.5..2.0).contains(&late), "{late}");
    assert!(prompt < late - 0.2, "{prompt} against {late}");
    assert!(first < second);
}

#[tokio::test]
async fn dropped_doubled_and_reordered_pushes() {
    let feature = PlayedFeature::Positions;
    let dropping = with(Fault::Dropped { feature, one_in: 2 });
    let mut listener = socket(&dropping).await;
    let all = heard(&mut listener, Duration::from_millis(800)).await;
    assert!(all["account_balance"] > all["positions"] + 2, "{all:?}");

    let doubling = with(Fault::Duplicated { feature });
    let mut listener = socket(&doubling).await;
    let first = next_of(&mut listener, "positions").await;
    let second = next_of(&mut listener, "positions").await;
    let third = next_of(&mut listener, "positions").await;
    assert!(first == second || second == third);

    let mixing = with(Fault::Reordered { feature, one_in: 3 });
    let mut listener = socket(&mixing).await;
    let mut stamps = Vec::new();
    for _ in 0..12 {
        let message = next_of(&mut listener, "positions").await;
        stamps.push(message["data"]["timestamp"].as_str().unwrap().to_owned());
    }
    assert!(!stamps.is_sorted(), "{stamps:?}");
}

#[tokio::test]
async fn somebody_elses_account_on_the_same_socket() {
    let emulator = with(Fault::Foreign);
    let mut socket = socket(&emulator).await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..6 {
        let message = next_of(&mut socket, "account_balance").await;
        seen.insert(message["data"]["account_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["9F2C77E01B", "PAPER-1-4C1D22AB"]);
    let mut countries = std::collections::BTreeSet::new();
    for _ in 0..8 {
        let bar = next_of(&mut socket, "intraday_bar").await;
        countries.insert(bar["data"]["country"].as_str().unwrap().to_owned());
    }
    assert_eq!(countries.into_iter().collect::<Vec<_>>(), ["Japan", "USA"]);
    assert!(emulator.counters().foreign > 0);
}

#[tokio::test]
async fn stale_and_slow_rest() {
    let by = Duration::from_millis(600);
    let emulator = with(Fault::StaleRest { feature: PlayedFeature::AccountBalance, by });
    let rest = Rest::logged_in(&emulator).await;
    let age = |body: &Value| {
        let stored: jiff::Timestamp = body["updated_at"].as_str().unwrap().parse().unwrap();
        Clock::wall().duration_since(stored).as_secs_f64()
    };
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    let stale = age(&rest.json("/api/accounts/balance/").await);
    assert!((0.55..1.5).contains(&stale), "{stale}");
    emulator.clear();
    assert!(age(&rest.json("/api/accounts/balance/").await) < 0.5);

    emulator.plant(Fault::SlowRest { feature: PlayedFeature::Positions, by });
    let clock = Clock::start();
    rest.json("/api/actandpos/positions").await;
    assert!(clock.now() >= Nanos::ZERO + by);
}

#[tokio::test]
async fn a_share_of_rest_answers_is_a_500_page() {
    let statuses = async |percent| {
        let emulator = with(Fault::RestErrors { percent });
        let rest = Rest::anonymous(&emulator);
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(rest.get("/api/session?market=USA&future=ES").await.status().as_u16());
        }
        let failed = statuses.iter().filter(|status| **status == 500).count();
        assert_eq!(emulator.counters().rest_failed, failed as u64);
        (failed, statuses)
    };
    assert_eq!(statuses(0).await.0, 0);
    assert_eq!(statuses(100).await.0, 40);
    let (some, order) = statuses(30).await;
    assert!((4..24).contains(&some), "{some} of 40");
    assert_eq!(order, statuses(30).await.1, "the same seed fails the same requests");
}

#[tokio::test]
async fn a_frozen_market_goes_on_talking() {
    let emulator = with(Fault::Frozen);
    let mut socket = socket(&emulator).await;
    let values = |message: &Value| message["data"]["positions"].clone();
    let first = values(&next_of(&mut socket, "positions").await);
    assert_eq!(first, values(&next_of(&mut socket, "positions").await));
    let all = heard(&mut socket, WHILE).await;
    assert_eq!(all.keys().collect::<Vec<_>>(), ["account_balance", "positions"], "nothing changes");
}

#[tokio::test]
async fn a_mute_server_keeps_the_socket_open() {
    let emulator = with(Fault::Mute { after: Duration::ZERO });
    let mut socket = socket(&emulator).await;
    super::say(&mut socket, r#"{"type":"ping","timestamp":1}"#).await;
    assert!(heard(&mut socket, WHILE).await.is_empty());
    emulator.clear();
    next(&mut socket).await.expect("it was open all the time");
}

#[tokio::test]
async fn sockets_are_closed_with_the_code_once() {
    for (code, expected) in [(1011, Some(1011)), (3000, Some(3000)), (1006, None)] {
        let emulator = Emulator::start(quick()).unwrap();
        let mut listener = socket(&emulator).await;
        emulator.plant(Fault::Close { code, after: Duration::from_millis(50) });
        assert_eq!(ending(&mut listener).await, expected);
        let mut again = socket(&emulator).await;
        assert!(!heard(&mut again, WHILE).await.is_empty());
        next(&mut again).await.expect("a planted close happens once");
    }
}

#[tokio::test]
async fn a_type_without_a_handler_closes_everybody() {
    let emulator = Emulator::start(Options { dialect: Dialect::B, ..quick() }).unwrap();
    let mut listener = socket(&emulator).await;
    emulator.plant(Fault::HandlerMissing { feature: PlayedFeature::GlobalMarket });
    assert_eq!(ending(&mut listener).await, Some(1011));
}

#[tokio::test]
async fn a_handshake_status() {
    let emulator = with(Fault::Handshake { status: 404 });
    match handshake(&emulator, "/ws/", Some(&emulator.rest_url())).await {
        Err(tungstenite::Error::Http(response)) => assert_eq!(response.status(), 404),
        other => panic!("expected a refusal, got {other:?}"),
    }
}
