//! The opening handshake as a browser reads it, and binary frames, against real sockets.

use std::time::Duration;

use thor_cutover::model::observation::Event;
use thor_cutover::observe::ContactError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::server::{Order, Reply, Server};
use super::{Setup, gzip};

const KEY: &str = "ACCEPT";

/// A server that answers every handshake with this head, `ACCEPT` filled in, and then says one text.
async fn answering(head: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\n") {
                    if stream.read_buf(&mut asked).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                let asked = String::from_utf8_lossy(&asked).into_owned();
                let key = asked.lines().find_map(|line| {
                    let (name, value) = line.split_once(": ")?;
                    name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.to_owned())
                });
                let accept = derive_accept_key(key.unwrap_or_default().as_bytes());
                // the frame comes in the same packet as the answer: not a byte of it may be lost
                let mut answer = head.replace(KEY, &accept).replace('\n', "\r\n").into_bytes();
                answer.extend_from_slice(&[0x81, 0x07]);
                answer.extend_from_slice(b"{\"a\":1}");
                let _ = stream.write_all(&answer).await;
                let _ = stream.read(&mut [0; 64]).await;
                tokio::time::sleep(Duration::from_secs(2)).await;
            });
        }
    });
    format!("ws://{address}/ws/")
}

async fn contact(head: &'static str, protocols: &[&str]) -> Result<(), String> {
    let url = answering(head).await;
    let mut setup = Setup::at(&url.replace("ws://", "http://"), &url);
    setup.backend.socket.protocols = protocols.iter().map(|name| (*name).to_owned()).collect();
    match setup.begin().await {
        Ok(mut watcher) => {
            watcher
                .until("message", |event| matches!(event, Event::Message(text) if **text == *"{\"a\":1}"))
                .await;
            Ok(())
        }
        Err(ContactError::WebSocket { source, .. }) => Err(format!("{source}: {}", source.hint(true))),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn what_a_browser_takes_for_an_upgrade_is_one() {
    for connection in ["Upgrade", "keep-alive, Upgrade", "Upgrade, Keep-Alive", "close\nConnection: UPGRADE"]
    {
        let head = format!(
            "HTTP/1.1 101 Whatever\nUpgrade: WebSocket\nConnection: {connection}\nSec-WebSocket-Accept: {KEY}\n\n"
        );
        assert_eq!(contact(head.leak(), &[]).await, Ok(()), "{connection}");
    }
}

#[tokio::test]
async fn what_a_browser_refuses_is_refused_with_its_reason() {
    const UPGRADE: &str = "HTTP/1.1 101 X\nUpgrade: websocket\nConnection: Upgrade\n";
    for (head, protocols, words) in [
        (
            format!("{UPGRADE}Sec-WebSocket-Accept: {KEY}\nSec-WebSocket-Extensions: permessage-deflate\n\n"),
            &[][..],
            "extension permessage-deflate",
        ),
        (
            format!("{UPGRADE}Sec-WebSocket-Accept: {KEY}\nSec-WebSocket-Protocol: mqtt\n\n"),
            &[],
            "subprotocol mqtt",
        ),
        (
            format!("{UPGRADE}Sec-WebSocket-Accept: {KEY}\nSec-WebSocket-Protocol: mqtt\n\n"),
            &["a", "b"],
            "subprotocol mqtt",
        ),
        (format!("{UPGRADE}Sec-WebSocket-Accept: {KEY}\n\n"), &["a", "b"], "none of the subprotocols a, b"),
        (
            format!("{UPGRADE}Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"),
            &[],
            "Sec-WebSocket-Accept",
        ),
        (format!("{UPGRADE}\n"), &[], "Sec-WebSocket-Accept"),
        (
            format!("HTTP/1.1 101 X\nConnection: Upgrade\nSec-WebSocket-Accept: {KEY}\n\n"),
            &[],
            "Upgrade: websocket",
        ),
        (
            format!("HTTP/1.1 101 X\nUpgrade: websocket\nSec-WebSocket-Accept: {KEY}\n\n"),
            &[],
            "Connection: Upgrade",
        ),
    ] {
        let refused = contact(head.clone().leak(), protocols).await.expect_err(&head);
        assert!(refused.contains(words), "{head}: {refused}");
    }
}

#[tokio::test]
async fn a_subprotocol_that_was_offered_is_taken() {
    let head = "HTTP/1.1 101 X\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: ACCEPT\nSec-WebSocket-Protocol: graphql-transport-ws\n\n";
    assert_eq!(contact(head, &["x", "graphql-transport-ws"]).await, Ok(()));
}

#[tokio::test]
async fn a_reserved_bit_ends_the_connection() {
    let server = Server::start(|_| Reply::json("[]")).await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    watcher.until("open", |event| *event == Event::Open).await;
    // RSV1 stands for compression, which nobody agreed on
    server.order(Order::Raw([&[0xc1, 0x02][..], b"{}"].concat()));
    watcher.closed(1002).await;
}

#[tokio::test]
async fn binary_frames_are_read_where_that_is_configured_and_counted_where_not() {
    let text = r#"{"type":"positions","data":[{"s":"Zürich"}]}"#;
    let server = Server::start(|_| Reply::json("[]")).await;
    for decodes in [true, false] {
        let mut setup = Setup::of(&server);
        setup.backend.socket.decodes_binary = decodes;
        let mut watcher = setup.begin().await.unwrap();
        watcher.until("open", |event| *event == Event::Open).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.order(Order::Send(Message::binary(text.as_bytes().to_vec())));
        server.order(Order::Send(Message::binary(gzip(text.as_bytes()))));
        server.order(Order::Send(Message::binary(vec![0xff, 0xfe, 0xfd])));
        if decodes {
            watcher
                .until_count("text", 2, |event| matches!(event, Event::Message(seen) if **seen == *text))
                .await;
            watcher.until("binary", |event| matches!(event, Event::Binary { bytes: 3 })).await;
        } else {
            watcher.until_count("binary", 3, |event| matches!(event, Event::Binary { .. })).await;
            assert!(!watcher.seen.iter().any(|seen| matches!(seen.event, Event::Message(_))));
        }
    }
}
