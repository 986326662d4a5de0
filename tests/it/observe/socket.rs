//! The WebSocket side: frames, closes, reconnects.

use std::time::Duration;

use thor_cutover::model::observation::Event;
use tokio_tungstenite::tungstenite::Message;

use super::Setup;
use super::server::{Order, Reply, Server};

async fn quiet() -> Server {
    Server::start(|_| Reply::json("{}")).await
}

#[tokio::test]
async fn frames_come_through_in_order_and_each_as_what_it_is() {
    let server = quiet().await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    watcher.until("open", |event| *event == Event::Open).await;
    server.say("{\"type\":\"positions\",\n \"data\": 1.50}");
    server.say("not json");
    server.order(Order::Send(Message::binary(vec![0; 7])));
    server.say("{\"last\":true}");
    watcher.message("last").await;
    let frames: Vec<_> = watcher
        .seen
        .iter()
        .filter_map(|observation| match &observation.event {
            Event::Message(text) => Some(text.to_string()),
            Event::Binary { bytes } => Some(format!("{bytes} bytes")),
            _ => None,
        })
        .collect();
    assert_eq!(frames, ["{\"type\":\"positions\",\"data\":1.50}", "not json", "7 bytes", "{\"last\":true}"]);
    assert!(watcher.seen.is_sorted_by_key(|observation| observation.at));
}

#[tokio::test]
async fn the_handshake_carries_the_origin_and_no_credentials() {
    let server = quiet().await;
    let mut setup = Setup::of(&server).with_login();
    setup.auth.token_env = Some("THOR_TOKEN".to_owned());
    setup.set("THOR_TOKEN", "secret-token");
    setup.backend.headers.insert("X-Forwarded-Proto".to_owned(), "https".to_owned());
    let mut watcher = setup.begin().await.unwrap();
    watcher.until("open", |event| *event == Event::Open).await;
    let headers = server.handshakes().remove(0);
    assert_eq!(headers["origin"], server.rest_url());
    assert_eq!(headers["x-forwarded-proto"], "https");
    assert!(headers.values().all(|value| !value.contains("secret-token")), "{headers:?}");
}

#[tokio::test]
async fn every_end_has_its_code_and_a_new_connection_follows() {
    let server = quiet().await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    let mut opened = 0;
    for (order, code) in [
        (Order::Close(1011, "no handler"), 1011),
        (Order::Close(4000, ""), 4000),
        (Order::Cut, 1006),
        // a reserved opcode, then a text frame that is not UTF-8
        (Order::Raw(vec![0x83, 0x00]), 1002),
        (Order::Raw(vec![0x81, 0x02, 0xff, 0xfe]), 1007),
    ] {
        opened += 1;
        watcher.until_count("open", opened, |event| *event == Event::Open).await;
        server.order(order);
        watcher.closed(code).await;
    }
    watcher.until_count("open", opened + 1, |event| *event == Event::Open).await;
}

#[tokio::test]
async fn a_reconnect_asks_rest_at_once_for_what_was_missed() {
    let server = quiet().await;
    let mut setup = Setup::of(&server);
    setup.every = Some(Duration::from_secs(60));
    let mut watcher = setup.begin().await.unwrap();
    watcher.answer().await;
    server.order(Order::Cut);
    watcher.until_count("open", 2, |event| *event == Event::Open).await;
    watcher.until_count("answer", 2, |event| matches!(event, Event::Rest(_))).await;
}

#[tokio::test]
async fn failed_attempts_are_seen_and_the_pauses_between_them_grow() {
    let server = quiet().await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    watcher.until("open", |event| *event == Event::Open).await;
    server.refuse_handshakes(503);
    server.order(Order::Cut);
    let failed =
        |event: &Event<'_>| matches!(event, Event::ConnectFailed { reason } if reason.contains("503"));
    watcher.until_count("failed attempt", 3, failed).await;
    let times: Vec<_> = watcher.seen.iter().filter(|seen| failed(&seen.event)).map(|seen| seen.at).collect();
    // at least half of 0.5 s, 1 s, 2 s
    assert!(times[1].since(times[0]) >= Duration::from_millis(500), "{times:?}");
    assert!(times[2].since(times[1]) >= Duration::from_secs(1), "{times:?}");
    server.refuse_handshakes(0);
    watcher.until_count("open", 2, |event| *event == Event::Open).await;
}

#[tokio::test]
async fn protocol_pings_are_answered() {
    let server = quiet().await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    watcher.until("open", |event| *event == Event::Open).await;
    server.order(Order::Send(Message::Ping(vec![1, 2, 3].into())));
    for _ in 0..200 {
        if server.heard().contains(&Message::Pong(vec![1, 2, 3].into())) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no pong, only {:?}", server.heard());
}

#[tokio::test]
async fn a_fragmented_message_is_one_message() {
    let server = quiet().await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    watcher.until("open", |event| *event == Event::Open).await;
    server.order(Order::Raw([&[0x01, 0x05][..], b"{\"a\":", &[0x80, 0x02], b"1}"].concat()));
    watcher.message("{\"a\":1}").await;
}

#[tokio::test]
async fn an_end_of_ours_says_goodbye() {
    let server = quiet().await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    watcher.until("open", |event| *event == Event::Open).await;
    watcher.observer.end().await;
    for _ in 0..100 {
        if server.sockets() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the socket is still open");
}
