//! Features on sockets of their own: each has its connection, and one that is down concerns its own features only.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use thor_cutover::clock::Clock;

use super::{list, state};
use crate::control::tool::{Said, Tool};
use crate::observe::server::{Order, Reply, Server};

/// One second of the script, as it is served.
const SECOND: Duration = Duration::from_millis(200);

/// One feature on the socket of `[socket]`, two on others, whose frames are read in other ways.
fn configuration(backend: &str, left: &str, right: &str, every: &str, cadence: &str) -> String {
    let common = format!(
        "key = [\"/s\"]\npush_delay = \"500ms\"\nrest_staleness = \"300ms\"\n\
         rest = {{ path = \"/api/pos\", select = \"\", every = \"{every}\" }}\n"
    );
    format!(
        "contract = \"none\"\n{backend}\n[sockets.left]\nurl = \"{left}\"\ntype = \"/event\"\nping = \"none\"\n\
         [sockets.right]\nurl = \"{right}\"\ntype = \"\"\neach = \"\"\nping = \"none\"\n\
         [features.main]\n{common}ws = {{ types = [\"pos\"], select = \"/data\", every = \"{cadence}\" }}\n\
         [features.one]\nsocket = \"left\"\n{common}ws = {{ types = [\"pos\"], select = \"/payload\", every = \"{cadence}\" }}\n\
         [features.two]\nsocket = \"right\"\n{common}ws = {{ types = [\"*\"], select = \"\", carries = \"upsert\", every = \"{cadence}\" }}\n"
    )
}

fn frame_of(socket: Option<&str>, second: u64) -> Value {
    let state = state(second);
    match socket {
        None => json!({ "type": "pos", "data": list(&state) }),
        Some("left") => json!({ "event": "pos", "payload": list(&state) }),
        _ => list(&state),
    }
}

fn feature<'r>(report: &'r Value, name: &str) -> &'r Value {
    report["features"].as_array().unwrap().iter().find(|it| it["feature"] == name).unwrap()
}

/// A recording with a line for each socket, as `spoil` leaves it: `None` takes the line out.
fn replay(spoil: impl Fn(u64, Option<&str>, Value) -> Option<Value>) -> Said {
    let header = json!({ "thor_cutover_recording": 1, "started_at": "2026-11-23T15:00:00Z" });
    let mut text = format!("{header}\n");
    let mut put = |second: u64, socket: Option<&str>, mut line: Value| {
        if let Some(socket) = socket {
            line["socket"] = socket.into();
        }
        if let Some(line) = spoil(second, socket, line) {
            writeln!(text, "{line}").unwrap();
        }
    };
    let sockets = [None, Some("left"), Some("right")];
    for socket in sockets {
        put(0, socket, json!({ "t": 0, "link": "open" }));
    }
    for second in 0..40 {
        let at = second * 1_000_000_000;
        for (index, socket) in sockets.into_iter().enumerate() {
            let frame = frame_of(socket, second).to_string();
            put(second, socket, json!({ "t": at + 100_000_000 + index as u64, "ws_text": frame }));
        }
        for part in 0..4 {
            let sent = at + 200_000_000 + part * 190_000_000;
            for (index, name) in ["main", "one", "two"].into_iter().enumerate() {
                let rest =
                    json!({ "feature": name, "sent": sent, "status": 200, "body": list(&state(second)) });
                put(second, None, json!({ "t": sent + 40_000_000 + index as u64, "rest": rest }));
            }
        }
    }
    put(40, None, json!({ "t": 42_000_000_000_u64, "end": "completed" }));
    let tool = Tool::new();
    tool.write("thor-cutover.toml", &configuration("", "ws://h/left", "ws://h/right", "250ms", "1s"));
    tool.write("r.ndjson", &text);
    tool.run(&["replay", "r.ndjson", "--format", "json"])
}

#[test]
fn each_message_goes_to_the_features_of_its_socket() {
    let report = replay(|_, _, line| Some(line)).exits(0).json();
    for name in ["main", "one", "two"] {
        assert_eq!(feature(&report, name)["verdict"], "go");
    }
    assert_eq!(report["sockets"]["left"]["messages"], 40);
    assert_eq!(report["connection"]["messages"], 120);
    // the same messages by another socket are nobody's
    let crossed = replay(|_, socket, mut line| {
        if socket == Some("left") && line.get("ws_text").is_some() {
            line["socket"] = "right".into();
        }
        Some(line)
    });
    let report = crossed.json();
    assert_eq!(feature(&report, "one")["messages"], 0);
    assert_eq!(feature(&report, "main")["verdict"], "go");
}

#[test]
fn a_socket_that_is_down_or_wrong_concerns_its_own_features_only() {
    let down = replay(|second, socket, line| {
        (socket != Some("left") || second == 0 || line.get("link").is_some()).then(|| {
            let mut line = line;
            if socket == Some("left") && line.get("ws_text").is_some() {
                line = json!({ "t": line["t"], "socket": "left", "link": "closed", "code": 1011 });
            }
            line
        })
    });
    let report = down.exits(3).json();
    assert_eq!(feature(&report, "one")["verdict"], "inconclusive");
    for name in ["main", "two"] {
        assert_eq!(feature(&report, name)["verdict"], "go", "{report:#}");
    }
    assert!(report["sockets"]["left"]["blind_seconds"].as_f64() > Some(35.0));
    assert_eq!(report["sockets"]["right"]["blind_seconds"], 0.0);
    // silent although it is open: the fault is its feature's
    let silent = replay(|second, socket, line| (socket != Some("right") || second < 10).then_some(line));
    let report = silent.exits(1).json();
    assert_eq!(feature(&report, "two")["verdict"], "no-go");
    assert_eq!(feature(&report, "one")["verdict"], "go");
}

/// Live: one socket never opens, one is cut off and comes back, one lives; and the recording says the same again.
#[test]
fn each_connection_lives_for_itself() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let second = Arc::new(AtomicU64::new(0));
    let rest = Arc::clone(&second);
    let answer = move |_: &_| Reply::json(list(&state(rest.load(Ordering::SeqCst))).to_string());
    let main = runtime.block_on(Server::start(answer));
    let left = runtime.block_on(Server::start(|_| Reply::status(404, "{}")));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let backend = format!("[backend]\nrest_url = \"{}\"\nws_url = \"{}\"", main.rest_url(), main.ws_url());
    let tool = Tool::new();
    let right = format!("ws://{free}/");
    tool.write("thor-cutover.toml", &configuration(&backend, &left.ws_url(), &right, "50ms", "200ms"));
    let done = AtomicBool::new(false);
    let live = std::thread::scope(|scope| {
        scope.spawn(|| {
            while (main.sockets() == 0 || left.sockets() == 0) && !done.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(2));
            }
            let clock = Clock::start();
            let begun = clock.now();
            for now in 0.. {
                if done.load(Ordering::SeqCst) {
                    return;
                }
                second.store(now, Ordering::SeqCst);
                main.say(&frame_of(None, now).to_string());
                left.say(&frame_of(Some("left"), now).to_string());
                if now == 20 {
                    left.order(Order::Cut);
                }
                std::thread::sleep((SECOND * (now as u32 + 1)).saturating_sub(clock.now().since(begun)));
            }
        });
        let arguments =
            ["shadow-diff", "--for", "8s", "--no-evidence", "--record", "r.ndjson", "--format", "json"];
        let live = tool.run(&arguments);
        done.store(true, Ordering::SeqCst);
        live
    });
    let report = live.exits(3).json();
    assert_eq!(feature(&report, "main")["verdict"], "go", "{report:#}");
    assert_eq!(feature(&report, "two")["verdict"], "inconclusive");
    let sockets = &report["sockets"];
    assert_eq!(
        (&sockets["right"]["opened"], &sockets["left"]["opened"]),
        (&json!(0), &json!(2)),
        "{sockets:#}"
    );
    assert!(sockets["right"]["failed_attempts"].as_u64() > Some(0));
    assert!(sockets["left"]["blind_seconds"].as_f64() > Some(0.2));
    let recorded = tool.read("r.ndjson");
    assert!(
        recorded.contains("\"socket\":\"left\",\"ws\":")
            && recorded.contains("\"socket\":\"left\",\"link\":\"closed\"")
    );
    assert!(
        recorded.lines().next().unwrap().contains(&format!("\"sockets\":{{\"left\":\"{}", left.ws_url()))
    );
    let replayed = tool.run(&["replay", "r.ndjson", "--format", "json"]).exits(3).json();
    for key in ["verdict", "connection", "sockets", "features"] {
        assert_eq!(report[key], replayed[key], "{key}");
    }
    // and its proposals name the sockets
    tool.write("thor-cutover.toml", "");
    std::fs::remove_file(tool.path().join("thor-cutover.toml")).unwrap();
    tool.run(&["init", "--yes", "--from", "r.ndjson"]).exits(0);
    let written = tool.read("thor-cutover.toml");
    assert!(written.contains("[sockets.left]\nurl = \"ws://127.0.0.1"), "{written}");
    assert!(written.contains("each = \"\"") && written.contains("socket = \"right\""), "{written}");
    tool.run(&["status"]).exits(0);

    // none of them opens: that is an error, as with one socket
    let all = configuration(&backend, &right, &right, "50ms", "200ms").replace(&main.ws_url(), &right);
    tool.write("thor-cutover.toml", &all);
    let said = tool.run(&["shadow-diff", "--for", "2s", "--no-evidence"]).exits(4);
    assert!(said.err.contains("refused"), "{}", said.err);

    // the doctor walks each
    tool.write("thor-cutover.toml", &configuration(&backend, &left.ws_url(), &right, "50ms", "200ms"));
    let said = tool.run(&["doctor", "--for", "1s", "--format", "json"]).json();
    let codes: Vec<&str> =
        said["links"].as_array().unwrap().iter().map(|link| link["code"].as_str().unwrap()).collect();
    for code in ["websocket-handshake", "websocket-handshake:left", "websocket-handshake:right"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
}
