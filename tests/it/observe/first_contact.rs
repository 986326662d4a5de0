//! Nothing there, or not what was expected: said within ten seconds, with what to check.

use std::time::{Duration, Instant};

use thor_cutover::error::Error;

use super::Setup;
use super::server::{Reply, Server};

async fn refusal(setup: &Setup) -> (String, String, Duration) {
    #[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
    let started = Instant::now();
    let error = setup.begin().await.err().expect("nothing could begin");
    let took = started.elapsed();
    let error = Error::from(error);
    assert!(took < Duration::from_secs(10), "{took:?}");
    (error.to_string(), error.hint.unwrap_or_default(), took)
}

#[tokio::test]
async fn nobody_there() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let setup = Setup::at(&format!("http://127.0.0.1:{port}"), &format!("ws://127.0.0.1:{port}/ws/"));
    let (message, hint, _) = refusal(&setup).await;
    assert!(message.contains("refused") && message.contains(&port.to_string()), "{message}");
    assert!(hint.contains("rest_url"), "{hint}");
}

#[tokio::test]
async fn an_unknown_host() {
    let setup = Setup::at("http://127.0.0.1:1", "ws://no-such-host.invalid/ws/");
    let (message, hint, took) = refusal(&setup).await;
    assert!(message.contains("no-such-host.invalid"), "{message}");
    assert!(hint.contains("host") && took < Duration::from_secs(5), "{hint} {took:?}");
}

#[tokio::test]
async fn refusals_of_the_handshake_are_told_apart() {
    let server = Server::start(|_| Reply::json("{}")).await;
    for (status, said, hinted) in [
        (403, "Origin", "ALLOWED_HOSTS"),
        (400, "Origin", "ALLOWED_HOSTS"),
        (404, "404", "Daphne"),
        (500, "500", "log"),
        (302, "302", "ws_url"),
    ] {
        server.refuse_handshakes(status);
        let (message, hint, _) = refusal(&Setup::of(&server)).await;
        assert!(message.contains(said), "{status}: {message}");
        assert!(hint.contains(hinted), "{status}: {hint}");
    }
    server.refuse_handshakes(500);
    let without_slash = format!("ws://{}/ws", server.address);
    let (_, hint, _) = refusal(&Setup::at(&server.rest_url(), &without_slash)).await;
    assert!(hint.contains("/ws/") && hint.contains("slash"), "{hint}");
}

#[tokio::test]
async fn tls_that_is_none() {
    let server = Server::start(|_| Reply::json("{}")).await;
    let folder = tempfile::tempdir().unwrap();
    let mut setup = Setup::at(&server.rest_url(), &format!("wss://{}/ws/", server.address));
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, "no certificate").unwrap();
    setup.backend.ca_file = Some(ca);
    let (message, _, _) = refusal(&setup).await;
    assert!(message.contains("ca_file"), "{message}");
}

#[tokio::test]
async fn a_server_that_accepts_and_never_answers() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let setup = Setup::at(&format!("http://{address}"), &format!("ws://{address}/ws/"));
    let (message, _, _) = refusal(&setup).await;
    assert!(message.contains("no handshake within"), "{message}");
}

#[tokio::test]
async fn a_proxy_that_is_none() {
    let server = Server::start(|_| Reply::status(405, "{}")).await;
    let mut setup = Setup::of(&server);
    setup.backend.proxy = Some(server.rest_url().parse().unwrap());
    let (message, hint, _) = refusal(&setup).await;
    assert!(message.contains("proxy") && message.contains("405"), "{message}");
    assert!(hint.contains("proxy"), "{hint}");
}
