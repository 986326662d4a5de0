//! Claims about secrets: wherever one is planted, and however a server says it back, no output, recording or store
//! has it, in any escaping.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use thor_cutover::model::facts::ledger::Entry;

use crate::control::tool::{Said, Tool};
use crate::observe::server::{Asked, Order, Reply, Server};

const TOKEN: &str = "tok+PLANTED/1%20x9";
const HEADER: &str = "hdr \"PLANTED\" \\ 2222";
const QUERY: &str = "qry+PLANTED/=3&33 3";
const PASSWORD: &str = "pass PLANTED %44 word";
const EARNED: &str = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDB9.PLANTED-signature_of_the_login";
const REFRESH: &str = "refresh-PLANTED-5555";
const URL_PASSWORD: &str = "db/PLANTED@666";

const OPENING: &str = "open/PLANTED+7777 \\ \"x\"";
const SOCKET_HEADER: &str = "sock-hdr PLANTED/8888=";
const SOCKET_QUERY: &str = "sock+qry/PLANTED&9999";

const SECRETS: [&str; 10] =
    [TOKEN, HEADER, QUERY, PASSWORD, EARNED, REFRESH, URL_PASSWORD, OPENING, SOCKET_HEADER, SOCKET_QUERY];

/// Every text that a person with a decoder could read out of this one: two escapings deep.
pub fn readings(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::from([text.to_owned()]);
    for _ in 0..2 {
        for text in found.clone() {
            found.insert(percent_decoded(&text, false));
            found.insert(percent_decoded(&text, true));
            found.insert(unescaped(&text));
            found.extend(base64_decoded(&text));
        }
    }
    found
}

fn percent_decoded(text: &str, plus: bool) -> String {
    let text = if plus { text.replace('+', " ") } else { text.to_owned() };
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match hex.filter(|_| first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('u') => {
                    let hex: String = chars.by_ref().take(4).collect();
                    plain.extend(u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32));
                }
                Some(other) => plain.push(other),
                None => {}
            },
            (c, false) => plain.push(c),
        }
    }
    plain
}

fn base64_decoded(text: &str) -> Vec<String> {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    let mut found = Vec::new();
    for run in text.split(|c| !is_base64(c)).filter(|run| run.len() >= 12) {
        let run = run.replace('-', "+").replace('_', "/");
        for start in 0..4 {
            let run = &run[start..];
            let whole = &run[..run.len() / 4 * 4];
            let decoded = base64::engine::general_purpose::STANDARD_NO_PAD.decode(whole).unwrap_or_default();
            found.push(String::from_utf8_lossy(&decoded).into_owned());
        }
    }
    found
}

fn leaks(what: &str, text: &str) -> Vec<String> {
    let readings = readings(text);
    let has = |secret: &&&str| {
        // the beginning of a secret that was cut off in the middle is one too
        let beginning: String = secret.chars().take(12).collect();
        readings.iter().any(|reading| reading.contains(**secret) || reading.contains(&beginning))
            && (**secret != EARNED || readings.iter().any(|reading| reading.contains("PLANTED-signature")))
    };
    SECRETS.iter().filter(has).map(|secret| format!("{what} has {secret}")).collect()
}

#[test]
fn the_search_finds_a_secret_in_each_escaping() {
    let standard = base64::engine::general_purpose::STANDARD;
    for secret in SECRETS {
        let json = serde_json::to_string(secret).unwrap();
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for carried in [
            secret.to_owned(),
            json.clone(),
            serde_json::to_string(&json).unwrap(),
            form,
            standard.encode(format!("user:{secret}")),
            standard.encode(secret),
        ] {
            assert!(!leaks("it", &format!("before {carried} after")).is_empty(), "{carried}");
        }
    }
    assert!(leaks("it", "nothing of the kind").is_empty());
}

/// What a server knows of the secrets that it was sent, in the escapings in which it may say them back.
fn echo(asked: &Asked) -> String {
    let header = |name: &str| asked.headers.get(name).cloned().unwrap_or_default();
    let said =
        [header("authorization"), header("x-api-key"), asked.target.clone(), asked.body.clone()].join(" ; ");
    let encoded = base64::engine::general_purpose::STANDARD.encode(&said);
    let form: String = url::form_urlencoded::byte_serialize(said.as_bytes()).collect();
    format!("{said} {encoded} {form}")
}

/// What the server does with REST requests.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    Data,
    Refuses,
    Page,
    Redirects,
    Nonsense,
}

async fn server(mood: Arc<Mutex<Mood>>) -> Server {
    Server::start(move |asked| {
        if asked.method == "POST" {
            return Reply::json(format!("{{\"access\":\"{EARNED}\",\"refresh\":\"{REFRESH}\"}}"));
        }
        let said = echo(asked);
        let text = serde_json::to_string(&said).unwrap();
        match *mood.lock().unwrap() {
            Mood::Data => Reply::json(format!(
                "{{\"positions\":[{{\"symbol\":\"SPY\",\"asset_type\":\"EQ\",\"note\":{text},\"quantity\":1}}]}}"
            )),
            Mood::Refuses => Reply::status(401, &format!("{{\"detail\":{text}}}")),
            Mood::Page => {
                Reply::of(500, "text/html", &[], format!("<html><title>{said}</title></html>").as_bytes())
            }
            Mood::Redirects => {
                let form: String = url::form_urlencoded::byte_serialize(said.as_bytes()).collect();
                Reply::with_headers(302, &[("Location", &format!("/login/{form}?next={form}"))], "")
            }
            Mood::Nonsense => Reply::of(200, "application/json", &[], said.as_bytes()),
        }
    })
    .await
}

fn configuration(server: &Server, auth: &str) -> String {
    format!(
        "[backend]\nrest_url = \"{}\"\nws_url = \"{}\"\nheader_env = {{ X-Api-Key = \"PLANT_HEADER\" }}\n\
         query_env = {{ api_key = \"PLANT_QUERY\" }}\n[socket]\n\
         on_open = [{{ send = '{{\"type\":\"auth\",\"token\":\"${{PLANT_OPENING}}\"}}' }}]\n\
         header_env = {{ X-Socket-Key = \"PLANT_SOCKET_HEADER\" }}\nquery_env = {{ token = \"PLANT_SOCKET_QUERY\" }}\n\
         [auth]\n{auth}\n[features.positions.rest]\nauth = true\n",
        server.rest_url(),
        server.ws_url()
    )
}

fn run(tool: &Tool, arguments: &[&str]) -> Said {
    let output = tool
        .command(arguments)
        .env("PLANT_HEADER", HEADER)
        .env("PLANT_QUERY", QUERY)
        .env("PLANT_OPENING", OPENING)
        .env("PLANT_SOCKET_HEADER", SOCKET_HEADER)
        .env("PLANT_SOCKET_QUERY", SOCKET_QUERY)
        .env("PLANT_TOKEN", TOKEN)
        .env("PLANT_USER", "somebody")
        .env("PLANT_PASSWORD", PASSWORD)
        .output()
        .unwrap();
    Said::of(output)
}

/// Everything that a run left below a folder: files as text, the ledger's entries with their reports.
pub fn left(tool: &Tool) -> Vec<(String, String)> {
    fn below(folder: &Path, into: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                below(&path, into);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                into.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
    let mut found = Vec::new();
    below(tool.path(), &mut found);
    if tool.path().join(".thor-cutover/evidence.db").exists() {
        for stored in tool.ledger().whole().unwrap().0 {
            let whole: Entry = stored.complete().unwrap();
            found.push((format!("entry {}", whole.id()), serde_json::to_string(&whole).unwrap()));
        }
    }
    found
}

#[test]
fn what_a_server_says_back_is_nowhere() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mood = Arc::new(Mutex::new(Mood::Data));
    let server = runtime.block_on(server(Arc::clone(&mood)));
    let login =
        "login = { path = \"/login/\", username_env = \"PLANT_USER\", password_env = \"PLANT_PASSWORD\" }";
    let mut found = Vec::new();
    let mut echoed = 0;
    for (auth, known) in [("token_env = \"PLANT_TOKEN\"", TOKEN), (login, EARNED)] {
        for now in [Mood::Data, Mood::Refuses, Mood::Page, Mood::Redirects, Mood::Nonsense] {
            *mood.lock().unwrap() = now;
            let tool = Tool::new();
            tool.write("thor-cutover.toml", &configuration(&server, auth));
            let sockets = server.handshakes().len();
            let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while !done.load(std::sync::atomic::Ordering::Relaxed) {
                        std::thread::sleep(std::time::Duration::from_millis(150));
                        if server.handshakes().len() > sockets {
                            let text = serde_json::to_string(&format!(
                                "{known} {HEADER} {QUERY} {OPENING} {SOCKET_HEADER} {SOCKET_QUERY}"
                            ))
                            .unwrap();
                            server.say(&format!(
                                "{{\"type\":\"positions\",\"data\":{{\"positions\":[{{\"symbol\":\"SPY\",\
                                 \"asset_type\":\"EQ\",\"note\":{text},\"quantity\":1}}]}}}}"
                            ));
                            server.say(&format!("no JSON: {known}"));
                            server.order(Order::Close(4001, "bye tok+PLANTED/1%20x9"));
                        }
                    }
                });
                for arguments in [
                    &[
                        "shadow-diff",
                        "positions",
                        "--for",
                        "2s",
                        "--every",
                        "200ms",
                        "--record",
                        "r.ndjson",
                        "--format",
                        "json",
                    ][..],
                    &["doctor", "positions", "--for", "2s"],
                    &["doctor", "positions", "--for", "1s", "--format", "json"],
                    &["-vv", "shadow-diff", "positions", "--for", "1s", "--every", "200ms", "--no-evidence"],
                    &["replay", "r.ndjson"],
                    &["checklist", "positions", "--format", "markdown"],
                    &["evidence", "list", "--format", "json"],
                    &["evidence", "export", "evidence.ndjson"],
                    &["status"],
                ] {
                    let said = run(&tool, arguments);
                    assert!(!said.err.contains("panicked"), "{arguments:?}: {}", said.err);
                    let all = said.out + &said.err;
                    echoed += all.matches("[secret]").count();
                    found.extend(leaks(&format!("{now:?} {arguments:?}"), &all));
                }
                done.store(true, std::sync::atomic::Ordering::Relaxed);
            });
            for (what, text) in left(&tool) {
                echoed += text.matches("[secret]").count();
                found.extend(leaks(&format!("{now:?} {what}"), &text));
            }
        }
    }
    assert!(found.is_empty(), "{} leaks:\n{}", found.len(), found.join("\n"));
    assert!(echoed > 100, "the server's echo never arrived: {echoed}");
    let asked = server.asked();
    let sent = |secret: &str| {
        asked
            .iter()
            .any(|it| readings(&(it.target.clone() + &it.body)).iter().any(|text| text.contains(secret)))
            || asked.iter().any(|it| it.headers.values().any(|value| value.contains(secret)))
    };
    for secret in [TOKEN, HEADER, QUERY, PASSWORD, EARNED] {
        assert!(sent(secret), "{secret} was never sent");
    }
    let queries =
        server.handshakes().iter().filter(|it| it.get("x-api-key").is_some_and(|it| it == HEADER)).count();
    assert!(queries > 0, "the handshake carries the header too");
}

#[test]
fn what_is_typed_or_configured_is_in_no_error() {
    let tool = Tool::new();
    let form: String = url::form_urlencoded::byte_serialize(URL_PASSWORD.as_bytes()).collect();
    let store = format!("postgres://me:{form}@127.0.0.1:1/db");
    let redis = format!("redis://:{form}@127.0.0.1:1/0");
    let flags = format!("http://me:{form}@127.0.0.1:1/flags?token={form}");
    let rest = format!("http://me:{form}@127.0.0.1:1/");
    let broken = format!("ftp://me:{form}@127.0.0.1:x/");
    let mut found = Vec::new();
    for arguments in [
        &["evidence", "list", "--evidence", &store][..],
        &["checklist", "--evidence", &store],
        &["status", "--evidence", &store],
        &["status", "--flags-url", &flags],
        &["status", "--flags-url", &broken],
        &["status", "--rest-url", &rest],
        &["status", "--ws-url", &broken],
        &["status", "--evidence", &broken],
        &["doctor", "--for", "1s", "--redis", &redis],
        &["doctor", "--redis", &broken],
        &["status", "--flags-url", &flags, "--pid", &store],
    ] {
        let said = run(&tool, arguments);
        assert_ne!(said.code, 0, "{arguments:?}");
        found.extend(leaks(&format!("{arguments:?}"), &(said.out + &said.err)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_secret_in_the_file_is_refused_with_the_key_to_use_and_not_shown() {
    for (text, key) in [
        ("[backend]\nheaders = { X-Api-Key = \"tok+PLANTED/1%20x9\" }\n", "header_env"),
        ("[backend]\nheaders = { Authorization = \"tok+PLANTED/1%20x9\" }\n", "token_env"),
        ("[backend]\nws_url = \"ws://h/ws/?token=tok+PLANTED/1%20x9\"\n", "query_env"),
        (
            "[socket]\non_open = [{ send = '{\"a\":[{\"password\":\"tok+PLANTED/1%20x9\"}]}' }]\n",
            "${THE_VARIABLE}",
        ),
        ("[features.positions.rest]\npath = \"/api/p?symbol=SPY&api_key=tok+PLANTED/1%20x9\"\n", "query_env"),
    ] {
        let tool = Tool::new();
        tool.write("thor-cutover.toml", text);
        let said = tool.run(&["status"]).exits(2);
        assert!(said.err.contains("thor-cutover.toml:2:") && said.err.contains(key), "{}", said.err);
        assert!(leaks("it", &(said.out + &said.err)).is_empty(), "{text}");
    }
    let tool = Tool::new();
    tool.write("thor-cutover.toml", "[backend]\nheader_env = { X-Api-Key = \"NOT_SET\" }\n");
    let said = tool.run(&["status"]).exits(0);
    let words = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("thor-cutover.toml:2: NOT_SET is not set, so X-Api-Key is not sent"),
        "{}",
        said.out
    );
}

#[test]
fn a_server_that_refuses_what_is_sent_first_may_say_it_back() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(server(Arc::new(Mutex::new(Mood::Data))));
    let text = configuration(&server, "token_env = \"PLANT_TOKEN\"")
        .replace("}' }]", "}', expect = { \"/type\" = \"auth_ok\" } }]");
    let tool = Tool::new();
    tool.write("thor-cutover.toml", &text);
    let mut found = Vec::new();
    let mut echoed = 0;
    for how in ["answers", "closes"] {
        for arguments in [
            &["shadow-diff", "positions", "--for", "1s", "--record", "r.ndjson", "--format", "json"][..],
            &["doctor", "positions", "--for", "1s"],
            &["doctor", "positions", "--for", "1s", "--format", "json"],
        ] {
            let before = server.heard().len();
            let done = std::sync::atomic::AtomicBool::new(false);
            let said = std::thread::scope(|scope| {
                scope.spawn(|| {
                    while server.heard().len() == before && !done.load(std::sync::atomic::Ordering::Relaxed) {
                        std::thread::sleep(std::time::Duration::from_millis(5));
                    }
                    let heard = server.heard();
                    let first = heard.get(before).and_then(|first| first.to_text().ok()).unwrap_or_default();
                    if how == "answers" {
                        assert!(
                            first.contains("PLANTED+7777"),
                            "what was sent is what was configured: {first}"
                        );
                        let text = serde_json::to_string(&format!("no: {first} {SOCKET_QUERY}")).unwrap();
                        server.say(&format!("{{\"type\":\"auth_invalid\",\"message\":{text}}}"));
                    } else {
                        server.order(Order::Close(4401, "no: open/PLANTED+7777 \\ \"x\""));
                    }
                });
                let said = run(&tool, arguments);
                done.store(true, std::sync::atomic::Ordering::Relaxed);
                said
            });
            assert_eq!(said.code, 4, "{arguments:?}: {}{}", said.out, said.err);
            let all = said.out + &said.err;
            assert!(all.contains("on_open"), "{all}");
            echoed += all.matches("[secret]").count();
            found.extend(leaks(&format!("{how} {arguments:?}"), &all));
        }
    }
    for (what, text) in left(&tool) {
        found.extend(leaks(&what, &text));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(echoed >= 6, "the server said them back {echoed} times only");
    let handshakes = server.handshakes();
    assert_eq!(handshakes[0]["x-socket-key"], SOCKET_HEADER);
    assert!(!server.asked().iter().any(|asked| asked.headers.contains_key("x-socket-key")));
}

#[test]
fn a_server_that_refuses_its_events_may_say_back_what_it_was_sent() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(|asked| {
        let said = [echo(asked), asked.headers.get("x-socket-key").cloned().unwrap_or_default()].join(" ");
        match asked.target.starts_with("/events") {
            true => Reply::status(401, &format!("{{\"detail\":{}}}", serde_json::to_string(&said).unwrap())),
            false => Reply::json("{\"positions\":[]}"),
        }
    }));
    let text = configuration(&server, "token_env = \"PLANT_TOKEN\"")
        .replace(&server.ws_url(), &format!("{}/events", server.rest_url()))
        .replace("[socket]\n", "[socket]\ntransport = \"sse\"\n");
    let text: String =
        text.lines().filter(|line| !line.starts_with("on_open")).map(|line| format!("{line}\n")).collect();
    let tool = Tool::new();
    tool.write("thor-cutover.toml", &text);
    let mut found = Vec::new();
    for arguments in [
        &["shadow-diff", "positions", "--for", "1s", "--record", "r.ndjson", "--format", "json"][..],
        &["doctor", "positions", "--for", "1s"],
    ] {
        let said = run(&tool, arguments);
        let all = said.out + &said.err;
        assert!(said.code == 4 && all.contains("no event stream") && all.contains("[secret]"), "{all}");
        found.extend(leaks(&format!("{arguments:?}"), &all));
    }
    let asked = server.asked();
    let events = asked.iter().find(|asked| asked.target.starts_with("/events")).unwrap();
    assert_eq!(events.headers["x-socket-key"], SOCKET_HEADER);
    assert!(events.target.contains("token=sock%2Bqry"), "{}", events.target);
    for (what, text) in left(&tool) {
        found.extend(leaks(&what, &text));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What is no secret stays: a folder, a session's number, a file that holds credentials.
#[test]
fn a_shells_ordinary_variables_take_nothing_out() {
    let tool = Tool::new();
    tool.write("conf/thor-cutover.toml", "");
    let folder = tool.path().join("conf");
    let output = tool
        .command(&["status", "--config", folder.join("thor-cutover.toml").to_str().unwrap()])
        .env("PWD", tool.path())
        .env("XDG_SESSION_ID", "positions")
        .env("GOOGLE_APPLICATION_CREDENTIALS", "intraday")
        .env("A_TOKEN", "localhost")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    for kept in ["positions", "intraday", "thor-cutover.toml"] {
        assert!(said.contains(kept), "{said}");
    }
    assert!(said.contains("http://[secret]:8000"), "but what is called a token is one: {said}");
}
