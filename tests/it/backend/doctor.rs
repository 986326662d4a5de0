//! `doctor` at ten broken set-ups of the real backend: the right cause is named first, with what to type next.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Backend, Run, Tool};

const QUICK: [&str; 6] = ["--tick", "0.2", "--market-ticks", "4", "--bar-ticks", "3"];

fn backend(more: &[&str]) -> Backend {
    Backend::start(&[&QUICK, more].concat())
}

fn doctor(tool: &Tool, words: &str) -> Run {
    tool.run(&format!("doctor --format json {words}"))
}

/// The first broken link, its cause and the advice; the whole answer where it is another.
#[track_caller]
fn assert_first(run: Run, link: &str, cause: &str, next: &str) {
    let run = run.exits(4);
    let answer = run.json();
    let broken = answer["links"].as_array().unwrap().iter().find(|link| link["state"] == "broken");
    let broken = broken.unwrap_or_else(|| panic!("nothing is broken: {answer:#}"));
    assert_eq!(broken["code"], link, "{answer:#}");
    assert_eq!(answer["first"], broken["trouble"], "{answer:#}");
    for (key, words) in [("cause", cause), ("next", next)] {
        let said = answer["first"][key].as_str().unwrap();
        assert!(said.contains(words), "no {words:?} in the {key}: {said}");
    }
}

/// The tool's configuration with one text replaced, under another name.
fn with(tool: &Tool, before: &str, after: &str) -> String {
    let text = std::fs::read_to_string(tool.path("thor-cutover.toml")).unwrap();
    assert!(text.contains(before), "{text}");
    std::fs::write(tool.path("broken.toml"), text.replacen(before, after, 1)).unwrap();
    "--config broken.toml".to_owned()
}

#[test]
fn a_sound_backend_of_either_state() {
    for contract in ["a", "b"] {
        let backend = backend(&["--contract", contract]);
        let redis = backend.said("redis_url").to_owned();
        let answer = doctor(&Tool::quick(&backend), &format!("--redis {redis}")).exits(0).json();
        assert_eq!(answer["verdict"], "sound", "{answer:#}");
        assert_eq!(answer["fits"], format!("thor-{contract}"));
        for link in ["auth", "account", "heartbeat", "connection", "feature:positions", "redis"] {
            let found = answer["links"].as_array().unwrap().iter().find(|each| each["code"] == link).unwrap();
            assert_eq!(found["state"], "holds", "{found}");
        }
    }
}

#[test]
fn no_server() {
    let backend = backend(&["--paused"]);
    let tool = Tool::quick(&backend);
    drop(backend);
    assert_first(doctor(&tool, ""), "tcp", "Thor is not running", "daphne -p");
}

#[test]
fn the_wrong_port() {
    let backend = backend(&[]);
    let elsewhere = backend.said("control_url").to_owned();
    let run = doctor(&Tool::quick(&backend), &format!("--rest-url {elsewhere}"));
    assert_first(run, "rest", "another program listens", "curl");
}

#[test]
fn wsgi_instead_of_asgi() {
    let backend = backend(&["--wsgi"]);
    assert_first(doctor(&Tool::quick(&backend), ""), "websocket-handshake", "plain WSGI server", "daphne -p");
}

#[test]
fn no_slash() {
    let backend = backend(&[]);
    let url = backend.said("ws_url");
    let run = doctor(&Tool::quick(&backend), &format!("--ws-url {}", url.trim_end_matches('/')));
    assert_first(run, "websocket-handshake", "slash at the end of ws_url", &format!("--ws-url {url}"));
}

#[test]
fn an_origin_that_is_not_allowed() {
    let backend = backend(&[]);
    let run = doctor(&Tool::quick(&backend), "--origin https://evil.example");
    assert_first(run, "websocket-handshake", "ALLOWED_HOSTS", "--origin http://localhost:");
}

#[test]
fn an_expired_token() {
    let backend = backend(&["--access-seconds", "1"]);
    let tool = Tool::quick(&backend);
    std::fs::write(tool.path("token"), token(&backend)).unwrap();
    std::thread::sleep(Duration::from_millis(2_200));
    let config = with(&tool, "login = {}", "token_file = \"token\"");
    assert_first(doctor(&tool, &config), "auth", "expired", "new token");
}

/// Logs in as the backend's own user.
fn token(backend: &Backend) -> String {
    let body = json!({"email": backend.said("user"), "password": backend.said("password")}).to_string();
    let host = backend.said("rest_url").trim_start_matches("http://").trim_end_matches('/');
    let mut socket = TcpStream::connect(host).unwrap();
    write!(
        socket,
        "POST /api/users/login/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let tokens: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    tokens["access"].as_str().unwrap().to_owned()
}

#[test]
fn the_wrong_account() {
    let backend = backend(&[]);
    let tool = Tool::quick(&backend);
    let config = with(&tool, backend.said("account_id"), "PAPER-9-00000000");
    assert_first(doctor(&tool, &config), "account", "no account …0000", "account_id");
}

#[test]
fn redis_is_down() {
    let backend = backend(&[]);
    let tool = Tool::quick(&backend);
    backend.door().plant(json!({"name": "redis_down"}));
    assert_first(doctor(&tool, ""), "websocket-handshake", "Redis does not answer", "redis-cli ping");
}

#[test]
fn a_silent_feature() {
    let backend = backend(&["--fault", "silent_feature:feature=positions"]);
    let run = doctor(&Tool::quick(&backend), "");
    assert_first(run, "feature:positions", "no job broadcasts `positions`", "checklist positions");
}

#[test]
fn a_type_without_a_handler() {
    let backend = backend(&["--fault", "unknown_type:every=5"]);
    assert_first(doctor(&Tool::quick(&backend), ""), "connection", "no method for", "thor-cutover audit");
}
