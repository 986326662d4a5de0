//! What is said once the socket is open: in order, with its answers, again after each reconnect.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use thor_cutover::model::observation::Event;
use thor_cutover::model::routing::Routing;
use thor_cutover::observe::ContactError;
use thor_cutover::observe::websocket::Patience;
use thor_cutover::settings::{MessagePattern, OnOpen, Ping, Pong};
use tokio_tungstenite::tungstenite::Message;

use super::Setup;
use super::server::{Handle, Order, Reply, Server};

fn pattern(pairs: &[(&str, &str)]) -> MessagePattern {
    pairs.iter().map(|(at, text)| (at.parse().unwrap(), (*text).to_owned())).collect::<BTreeMap<_, _>>()
}

fn step(text: &str, after: Option<MessagePattern>, expect: Option<MessagePattern>) -> OnOpen {
    OnOpen { text: Ok(SecretString::from(text)), after, expect }
}

/// Two steps of a server that wants to know who is there first.
fn setup(server: &Server) -> Setup {
    let mut setup = Setup::of(server);
    setup.backend.connect_timeout = Duration::from_millis(700);
    setup.backend.socket.on_open = vec![
        step(
            r#"{"type":"auth","token":"t0k3n-of-the-test"}"#,
            Some(pattern(&[("/type", "auth_required")])),
            Some(pattern(&[("/type", "auth_ok")])),
        ),
        step(
            r#"{"id":1,"subscribe":"positions"}"#,
            None,
            Some(pattern(&[("/id", "1"), ("/success", "true")])),
        ),
    ];
    setup
}

/// Plays the server's part, each time a socket opens: what is said after how many messages.
async fn play(server: Handle, said: &'static [(usize, &'static str)], times: usize) {
    for time in 0..times {
        for (after, text) in said {
            while server.heard().iter().filter(|heard| heard.is_text()).count() < time * 2 + after
                || server.handshakes() <= time
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
            server.say(text);
        }
    }
}

const GOOD: &[(usize, &str)] = &[
    (0, r#"{"type":"auth_required"}"#),
    (1, r#"{"type":"auth_ok"}"#),
    (2, r#"{"type":"event","early":true}"#),
    (2, r#"{"id":1,"success":true}"#),
];

fn texts(server: &Server) -> Vec<String> {
    let heard = server.heard();
    heard
        .iter()
        .filter_map(|message| message.to_text().ok())
        .map(str::to_owned)
        .filter(|text| !text.is_empty())
        .collect()
}

#[tokio::test]
async fn everything_is_said_in_order_and_again_after_a_reconnect() {
    let server = Server::start(|_| Reply::json("[]")).await;
    let script = tokio::spawn(play(server.handle(), GOOD, 2));
    let mut watcher = setup(&server).begin().await.unwrap();
    watcher.message("early").await;
    watcher.until("open", |event| *event == Event::Open).await;
    let place = |wanted: &dyn Fn(&Event<'_>) -> bool| {
        watcher.seen.iter().position(|seen| wanted(&seen.event)).unwrap()
    };
    let opening = place(&|event| *event == Event::Opening);
    let early = place(&|event| matches!(event, Event::Message(text) if text.contains("early")));
    let open = place(&|event| *event == Event::Open);
    assert!(opening < early && early < open, "what comes while the socket is opened comes before it is open");
    server.order(Order::Cut);
    watcher
        .until_count("early", 2, |event| matches!(event, Event::Message(text) if text.contains("early")))
        .await;
    script.await.unwrap();
    let said =
        ["{\"type\":\"auth\",\"token\":\"t0k3n-of-the-test\"}", "{\"id\":1,\"subscribe\":\"positions\"}"];
    for _ in 0..200 {
        if texts(&server).len() == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(texts(&server), [said, said].concat());
}

async fn refusal(said: &'static [(usize, &'static str)]) -> String {
    let server = Server::start(|_| Reply::json("[]")).await;
    let script = tokio::spawn(play(server.handle(), said, 1));
    let refused = match setup(&server).begin().await {
        Err(ContactError::WebSocket { source, .. }) => format!("{source}; {}", source.hint(true)),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it opened"),
    };
    script.abort();
    refused
}

#[tokio::test]
async fn an_answer_that_says_no_is_an_error_with_its_text() {
    let refused = refusal(&[
        (0, r#"{"type":"auth_required"}"#),
        (1, r#"{"type":"auth_invalid","message":"wrong t0k3n-of-the-test"}"#),
    ])
    .await;
    assert!(refused.contains("step 1 of [socket] on_open") && refused.contains("auth_invalid"), "{refused}");
    let refused = refusal(&[
        (0, r#"{"type":"auth_required"}"#),
        (1, r#"{"type":"auth_ok"}"#),
        (2, r#"{"id":9,"success":false}"#),
        (2, r#"{"id":1,"success":false,"error":{"message":"no such thing"}}"#),
    ])
    .await;
    assert!(refused.contains("step 2") && refused.contains("no such thing"), "{refused}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_an_error_that_says_what_did() {
    let refused = refusal(&[(0, r#"{"type":"hello"}"#)]).await;
    assert!(
        refused.contains("no message with /type = \"auth_required\"") && refused.contains("hello"),
        "{refused}"
    );
    let refused = refusal(&[]).await;
    assert!(refused.contains("nothing came"), "{refused}");
}

#[tokio::test]
async fn a_close_while_opening_says_its_code_and_reason() {
    let server = Server::start(|_| Reply::json("[]")).await;
    let handle = server.handle();
    let script = tokio::spawn(async move {
        while handle.sockets() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        handle.order(Order::Close(4401, "sign-in is wanted"));
    });
    let Err(ContactError::WebSocket { source, .. }) = setup(&server).begin().await else {
        panic!("it opened")
    };
    script.await.unwrap();
    assert!(
        source.to_string().contains("4401") && source.to_string().contains("sign-in is wanted"),
        "{source}"
    );
}

#[tokio::test]
async fn a_reconnect_that_is_refused_is_seen_and_tried_again() {
    let server = Server::start(|_| Reply::json("[]")).await;
    let script = tokio::spawn(play(server.handle(), GOOD, 1));
    let mut watcher = setup(&server).begin().await.unwrap();
    watcher.message("early").await;
    script.await.unwrap();
    server.order(Order::Cut);
    watcher.until_count("handshake", 2, |event| *event == Event::Opening).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.say(r#"{"type":"auth_required"}"#);
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.say(r#"{"type":"auth_expired"}"#);
    let refused = |event: &Event<'_>| matches!(event, Event::ConnectFailed { reason } if reason.contains("auth_expired"));
    watcher.until("refusal", refused).await;
    watcher.until_count("handshake", 3, |event| *event == Event::Opening).await;
    assert_eq!(
        watcher.seen.iter().filter(|seen| seen.event == Event::Open).count(),
        1,
        "a refusal opens nothing"
    );
}

#[tokio::test]
async fn account_numbers_in_a_string_that_holds_json_are_hidden_too() {
    let server = Server::start(|_| Reply::json("[]")).await;
    let mut setup = Setup::of(&server);
    setup.identifiers = vec!["account_id".to_owned()];
    setup.backend.socket.routing = Routing { parse: Some("/data".parse().unwrap()), ..Routing::default() };
    setup.backend.socket.decodes_binary = true;
    let mut watcher = setup.begin().await.unwrap();
    watcher.until("open", |event| *event == Event::Open).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let text = r#"{"type":"positions","data":"{\"account_id\":\"PLANTED-ACCOUNT\",\"n\":1}"}"#;
    server.say(text);
    server.order(Order::Send(Message::binary(text.as_bytes().to_vec())));
    let hidden = |event: &Event<'_>| matches!(event, Event::Message(text) if text.contains("acct-") && text.contains("{\"account_id\":"));
    watcher.until_count("pseudonym", 2, hidden).await;
    assert!(!format!("{:?}", watcher.seen).contains("PLANTED"));
}

#[tokio::test]
async fn a_variable_that_is_not_set_is_named() {
    let server = Server::start(|_| Reply::json("[]")).await;
    let mut setup = Setup::of(&server);
    setup.backend.socket.on_open =
        vec![OnOpen { text: Err("NOWHERE_TOKEN".to_owned()), after: None, expect: None }];
    let Err(ContactError::Backend(why)) = setup.begin().await else { panic!("it opened") };
    assert!(why.contains("NOWHERE_TOKEN, which is not set"), "{why}");
}

#[tokio::test]
async fn pings_of_the_servers_own_are_answered_with_what_they_ask_for() {
    let server = Server::start(|_| Reply::json("[]")).await;
    let mut setup = Setup::of(&server);
    setup.backend.socket.routing = Routing { each: Some("".parse().unwrap()), ..Routing::default() };
    setup.backend.socket.pong = Some(Pong {
        when: pattern(&[("/type", "ping")]),
        text: r#"{"type":"pong","id":{/id},"word":"{/word}","none":{/none}}"#.to_owned(),
    });
    let mut watcher = setup.begin().await.unwrap();
    watcher.until("open", |event| *event == Event::Open).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.say(r#"[{"type":"other"},{"type":"ping","id":12,"word":"a \" b"}]"#);
    let expected = r#"{"type":"pong","id":12,"word":"a \" b","none":null}"#;
    for _ in 0..200 {
        if texts(&server).contains(&expected.to_owned()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", texts(&server));
}

/// A server that closes on a client that says nothing hears of it however much it says itself.
#[tokio::test]
async fn a_heartbeat_is_sent_through_any_traffic() {
    let server = Server::start(|_| Reply::json("[]")).await;
    let mut setup = Setup::of(&server);
    setup.backend.socket.ping = Ping::Text("#beat".to_owned());
    setup.backend.socket.ping_every = Some(Duration::from_secs(1));
    let mut watcher = setup.begin().await.unwrap();
    watcher.until("open", |event| *event == Event::Open).await;
    for _ in 0..35 {
        server.say("{\"type\":\"busy\"}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let beats = texts(&server).iter().filter(|text| *text == "#beat").count();
    assert!((2..=4).contains(&beats), "{beats}");
    watcher.message("busy").await;
    assert!(!watcher.seen.iter().any(|seen| matches!(seen.event, Event::Closed { .. })));
}

/// SignalR ends each message with a record separator, its handshake's answer too.
#[tokio::test]
async fn what_is_waited_for_may_stand_between_others_in_its_frame() {
    let server = Server::start(|_| Reply::json("[]")).await;
    let mut setup = Setup::of(&server);
    setup.backend.socket.separator = Some("\u{1e}".to_owned());
    setup.backend.socket.on_open = vec![step("{\"hello\":1}\u{1e}", None, Some(pattern(&[("/ok", "true")])))];
    let handle = server.handle();
    tokio::spawn(async move {
        while !handle.heard().iter().any(Message::is_text) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        handle.say("{\"type\":6}\u{1e}{\"ok\":true}\u{1e}{\"type\":\"first\"}\u{1e}");
    });
    let mut watcher = setup.begin().await.unwrap();
    let first = watcher.message("first").await;
    assert_eq!(first.event, Event::Message("{\"type\":\"first\"}".into()));
    server.say("{\"type\":\"second\"}\u{1e}\n{\"type\":\"third\"}");
    watcher.message("second").await;
    watcher.message("third").await;
}

#[tokio::test]
async fn what_is_sent_into_silence_is_what_is_configured() {
    for (ping, expected) in [
        (Ping::Protocol, Some(Message::Ping(Vec::new().into()))),
        (Ping::Text("#ping".to_owned()), Some(Message::text("#ping"))),
        (Ping::None, None),
    ] {
        let server = Server::start(|_| Reply::json("[]")).await;
        let mut setup = Setup::of(&server);
        setup.patience = Patience { idle: Duration::from_millis(60), pings: 3 };
        setup.backend.socket.ping = ping.clone();
        let mut watcher = setup.begin().await.unwrap();
        watcher.until("open", |event| *event == Event::Open).await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        let heard: Vec<Message> = server.heard().into_iter().filter(|heard| !heard.is_pong()).collect();
        match &expected {
            Some(expected) => assert!(heard.contains(expected), "{ping:?}: {heard:?}"),
            None => assert_eq!(heard, [], "{ping:?}"),
        }
        if matches!(ping, Ping::Text(_)) {
            // a text that nobody answers ends it, as Thor's does
            watcher.closed(1006).await;
            continue;
        }
        // pings of the protocol are answered by every server, and without any nobody is taken for dead
        server.say("still here");
        watcher.message("still here").await;
        assert!(!watcher.seen.iter().any(|seen| matches!(seen.event, Event::Closed { .. })), "{ping:?}");
    }
}
