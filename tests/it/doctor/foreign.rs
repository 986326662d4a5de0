//! `doctor` before a server that is not Thor: it walks the socket that is configured, and says nothing that only Thor does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use super::link;
use crate::control::tool::{Said, Tool};
use crate::observe::server::{Order, Reply, Server};

const ENVELOPE: &str = r#"{"event":"pos","payload":{"s":"A","price":"1.00"}}"#;

/// What the doctor says of a server that wants a subscription first and then says this, again and again.
fn visit(socket: &str, says: &'static str, subscribes: bool, arguments: &[&str]) -> Said {
    visit_with(socket, says, subscribes, "", arguments)
}

/// `source`: more of the feature's `ws`.
fn visit_with(socket: &str, says: &'static str, subscribes: bool, source: &str, arguments: &[&str]) -> Said {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(|_| Reply::json(r#"[{"s":"A","price":"1.00"}]"#)));
    let tool = Tool::new();
    tool.write(
        "thor-cutover.toml",
        &format!(
            "contract = \"none\"\n[backend]\nrest_url = \"{}\"\nws_url = \"{}\"\nconnect_timeout = \"1s\"\n[socket]\n{socket}\n\
             [features.pos]\nkey = [\"/s\"]\npush_delay = \"500ms\"\n\
             rest = {{ path = \"/api/pos\", select = \"\", every = \"1s\" }}\n\
             ws = {{ types = [\"pos\"], select = \"/payload\", carries = \"upsert\", every = \"1s\"{source} }}\n",
            server.rest_url(),
            server.ws_url()
        ),
    );
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut greeted = 0;
            while !done.load(Ordering::SeqCst) {
                let asked = server.heard().iter().filter(|heard| heard.is_text()).count();
                if subscribes && asked > greeted {
                    greeted = asked;
                    server.say(r#"{"event":"subscribed","ok":true}"#);
                }
                match says {
                    "CLOSE" if server.sockets() > 0 => server.order(Order::Close(4403, "who are you?")),
                    "CLOSE" | "NOTHING" => {}
                    "BINARY" => server.order(Order::Send(Message::binary(ENVELOPE.as_bytes().to_vec()))),
                    _ if !subscribes || greeted > 0 => server.say(says),
                    _ => {}
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        let said = tool.run(&[&["doctor", "--for", "4s"], arguments].concat());
        done.store(true, Ordering::SeqCst);
        said
    })
}

#[track_caller]
fn json(said: Said, code: i32) -> Value {
    let said = said.exits(code);
    for word in ["Thor's", "Daphne", "Channels", "Django", "THOR_", "Redis"] {
        assert!(!said.out.contains(word), "{word}: {}", said.out);
    }
    said.json()
}

const SUBSCRIBE: &str = "type = \"/event\"\nping = \"none\"\n\
    on_open = [{ send = '{\"subscribe\":\"pos\"}', expect = { \"/event\" = \"subscribed\", \"/ok\" = true } }]";

#[test]
fn a_server_that_is_talked_to_as_it_wants_is_sound() {
    let answer = json(visit(SUBSCRIBE, ENVELOPE, true, &["--format", "json"]), 0);
    assert_eq!(answer["verdict"], "sound", "{answer:#}");
    for (code, state) in [
        ("opening", "holds"),
        ("first-frame", "holds"),
        ("heartbeat", "not-needed"),
        ("feature:pos", "holds"),
    ] {
        assert_eq!(link(&answer, code)["state"], state, "{code} {answer:#}");
    }
}

#[test]
fn an_answer_that_never_comes_breaks_the_chain_at_the_opening() {
    let answer = json(visit(SUBSCRIBE, ENVELOPE, false, &["--format", "json"]), 4);
    let opening = link(&answer, "opening");
    assert_eq!(opening["state"], "broken", "{answer:#}");
    assert!(opening["found"].as_str().unwrap().contains("step 1"), "{opening}");
    assert_eq!(link(&answer, "feature:pos")["state"], "unknown");
}

#[test]
fn messages_that_cannot_be_routed_are_told_by_what_they_have() {
    let answer = json(visit("ping = \"none\"", ENVELOPE, false, &["--format", "json"]), 4);
    let feature = link(&answer, "feature:pos");
    assert_eq!(feature["state"], "broken", "{answer:#}");
    let cause = feature["trouble"]["cause"].as_str().unwrap();
    assert!(cause.contains("messages without /type, with event, payload"), "{cause}");
    let answer = json(
        visit("type = \"/event\"\nping = \"none\"", r#"{"event":"news"}"#, false, &["--format", "json"]),
        4,
    );
    let cause = link(&answer, "feature:pos")["trouble"]["cause"].as_str().unwrap().to_owned();
    assert!(cause.contains(" news"), "{cause}");
}

/// Frames came, and none is the feature's: what is sent on change only may still come, but its type may be wrong as well.
#[test]
fn a_type_that_nobody_says_is_not_sound() {
    let says = r#"{"event":"position","payload":{"s":"A","price":"1.00"}}"#;
    let answer = json(visit_on_change(SUBSCRIBE, says, true), 3);
    let feature = link(&answer, "feature:pos");
    assert_eq!(feature["state"], "doubtful", "{answer:#}");
    let cause = feature["trouble"]["cause"].as_str().unwrap();
    assert!(cause.contains("of the type `pos`") && cause.contains(" position"), "{cause}");
    assert!(!cause.contains("subscribed"), "what [socket] waits for is no feature's: {cause}");
    // the answer to the subscription alone says nothing of types
    let answer = json(visit_on_change(SUBSCRIBE, "NOTHING", true), 0);
    assert_eq!(link(&answer, "feature:pos")["state"], "unknown", "{answer:#}");
    let answer = json(visit_on_change("type = \"/event\"\nping = \"none\"", "BINARY", false), 3);
    let next = link(&answer, "feature:pos")["trouble"]["next"].as_str().unwrap().to_owned();
    assert!(next.contains("decode = \"auto\""), "{next}");
}

fn visit_on_change(socket: &str, says: &'static str, subscribes: bool) -> Said {
    visit_with(socket, says, subscribes, ", delivery = \"on_change\"", &["--format", "json"])
}

/// Frames that are no JSON are no sound link, and what is to be written is said.
#[test]
fn what_is_no_json_is_told_with_what_reads_it() {
    for (says, word) in [
        ("{\"event\":\"pos\",\"payload\":{}}\u{1e}{\"event\":\"pos\"}\u{1e}", "separator = \"\\u001e\""),
        ("{\"event\":\"pos\",\"payload\":{}}\n{\"event\":\"pos\"}\n", "separator = \"\\n\""),
        ("42[\"pos\",{\"s\":\"A\"}]", "transport = \"command\""),
    ] {
        let socket = "type = \"/event\"\nping = \"none\"";
        let answer = json(visit(socket, says, false, &["--format", "json"]), 4);
        let routing = link(&answer, "routing");
        assert_eq!(routing["state"], "broken", "{answer:#}");
        assert!(routing["found"].as_str().unwrap().contains("none of them JSON"), "{routing}");
        let next = routing["trouble"]["next"].as_str().unwrap();
        assert!(next.contains(word), "{next}");
    }
    let apart = "type = \"/event\"\nping = \"none\"\nseparator = \"\\n\"";
    let says = "{\"event\":\"pos\",\"payload\":{\"s\":\"A\"}}\n{\"event\":\"other\"}\n";
    let answer = json(visit(apart, says, false, &["--format", "json"]), 0);
    assert_eq!(link(&answer, "feature:pos")["state"], "holds", "{answer:#}");
}

/// The ping of another frontend, which nobody asked for, says how it is changed.
#[test]
fn a_ping_that_is_not_answered_is_no_word_about_the_servers_code() {
    let answer = json(visit("type = \"/event\"", ENVELOPE, false, &["--format", "json"]), 3);
    let heartbeat = link(&answer, "heartbeat");
    assert_eq!(heartbeat["state"], "doubtful", "{answer:#}");
    assert!(heartbeat["trouble"]["next"].as_str().unwrap().contains("[socket] ping"), "{heartbeat}");
}

#[test]
fn a_close_of_the_servers_own_points_at_what_it_wants_first() {
    let answer = json(visit("type = \"/event\"\nping = \"none\"", "CLOSE", false, &["--format", "json"]), 4);
    let connection = link(&answer, "connection");
    assert_eq!(connection["state"], "broken", "{answer:#}");
    assert!(connection["trouble"]["next"].as_str().unwrap().contains("on_open"), "{connection}");
    assert!(connection["found"].as_str().unwrap().ends_with(": who are you?"), "{connection}");
}
