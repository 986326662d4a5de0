//! The other ways in: server-sent events, and the lines of a program.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use thor_cutover::clock::Clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{SHAPES, Shape, Wrong, pushed, state};
use crate::control::tool::{Said, Tool};
use crate::observe::server::{Reply, Server};

/// One second of the script, as it is served.
const SECOND: Duration = Duration::from_millis(200);

fn shape() -> &'static Shape {
    SHAPES.iter().find(|shape| shape.name == "an envelope an entity").unwrap()
}

/// What the server of events is told, and what it was asked.
struct Script {
    clock: Clock,
    wrong: Wrong,
    /// Ends each stream after so many seconds of the script; 0 does not.
    cuts: u64,
    kind: &'static str,
    heads: Mutex<Vec<String>>,
}

impl Script {
    fn second(&self) -> u64 {
        (self.clock.now().as_secs_f64() / SECOND.as_secs_f64()) as u64
    }
}

async fn events(script: Arc<Script>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let script = Arc::clone(&script);
            // a client that goes away ends its task
            tokio::spawn(async move { serve(stream, &script).await.ok() });
        }
    });
    address
}

async fn serve(mut stream: TcpStream, script: &Script) -> std::io::Result<()> {
    loop {
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut asked).await? == 0 {
                return Ok(());
            }
        }
        let asked = String::from_utf8_lossy(&asked).into_owned();
        if !asked.starts_with("GET /events") {
            let body = (shape().rest)(&state(script.second())).to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).await?;
            continue;
        }
        script.heads.lock().unwrap().push(asked);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nConnection: close\r\n\r\n: hello\nretry: 20\n\n",
            script.kind
        );
        stream.write_all(head.as_bytes()).await?;
        let (begun, mut told) = (script.second(), None);
        loop {
            let now = script.second();
            if told != Some(now) {
                told = Some(now);
                for holding in pushed(now, script.wrong) {
                    // the data of one event on two lines
                    let data = holding.json().to_string().replacen(',', ",\ndata: ", 1);
                    stream.write_all(format!("event: pos\nid: {now}\ndata: {data}\n\n").as_bytes()).await?;
                }
                stream.write_all(b"data: a message without a type\n\nevent: empty\n\n").await?;
            }
            if script.cuts > 0 && now >= begun + script.cuts {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn configuration(rest: &str, socket: &str) -> String {
    format!(
        "contract = \"none\"\n[backend]\nrest_url = \"{rest}\"\n{socket}\n[features.pos]\nkey = [\"/s\"]\npush_delay = \"500ms\"\n\
         rest_staleness = \"300ms\"\nrest = {{ path = \"/api/pos\", select = \"\", every = \"50ms\" }}\n\
         ws = {{ types = [\"pos\"], select = \"/data\", carries = \"upsert\", every = \"200ms\" }}\n"
    )
}

/// The verdict live, and the same from the recording.
fn judged(tool: &Tool, length: &str, code: i32) -> serde_json::Value {
    let words =
        ["shadow-diff", "pos", "--for", length, "--no-evidence", "--record", "r.ndjson", "--format", "json"];
    let live = tool.run(&words).exits(code).json();
    let replayed = tool.run(&["replay", "r.ndjson", "--format", "json"]).exits(code).json();
    for key in ["verdict", "connection", "features"] {
        assert_eq!(live[key], replayed[key], "{key}");
    }
    live
}

struct Events {
    tool: Tool,
    script: Arc<Script>,
    _runtime: tokio::runtime::Runtime,
}

fn served(wrong: Wrong, cuts: u64, kind: &'static str) -> Events {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let script = Arc::new(Script { clock: Clock::start(), wrong, cuts, kind, heads: Mutex::default() });
    let address = runtime.block_on(events(Arc::clone(&script)));
    let tool = Tool::new();
    let socket = format!("ws_url = \"http://{address}/events?topic=a\"\n[socket]\ntransport = \"sse\"");
    tool.write("thor-cutover.toml", &configuration(&format!("http://{address}"), &socket));
    Events { tool, script, _runtime: runtime }
}

#[test]
fn server_sent_events_are_judged_like_any_push() {
    for (wrong, code) in [(Wrong::Nothing, 0), (Wrong::Cent, 1), (Wrong::Dropped, 1)] {
        let events = served(wrong, 0, "text/event-stream; charset=utf-8");
        let report = judged(&events.tool, "7s", code);
        assert_eq!(report["connection"]["bad_frames"], 0, "{report:#}");
        assert!(
            report["connection"]["types"]["message"].as_u64() > Some(10),
            "a type by default: {report:#}"
        );
        let head = events.script.heads.lock().unwrap()[0].to_lowercase();
        for line in ["get /events?topic=a http/1.1", "accept: text/event-stream", "origin: http://127.0.0.1"]
        {
            assert!(head.contains(line), "{head}");
        }
        assert!(!head.contains("last-event-id"), "{head}");
    }
}

#[test]
fn a_stream_that_ends_is_asked_for_again_from_its_last_event() {
    let events = served(Wrong::Nothing, 12, "text/event-stream");
    let words = ["shadow-diff", "pos", "--for", "7s", "--no-evidence", "--format", "json"];
    let report = events.tool.run(&words).json();
    assert!(report["connection"]["reconnects"].as_u64() >= Some(1), "{report:#}");
    assert_eq!(report["features"][0]["outcomes"].get("value"), None, "a gap is no finding");
    let heads = events.script.heads.lock().unwrap();
    assert!(heads[1].to_lowercase().contains("last-event-id: 1"), "{}", heads[1]);
}

#[test]
fn what_is_no_event_stream_is_exit_4_and_named_by_the_doctor() {
    let events = served(Wrong::Nothing, 0, "text/html");
    let said = events.tool.run(&["shadow-diff", "pos", "--for", "2s", "--no-evidence"]).exits(4);
    assert!(said.err.contains("no event stream") && said.err.contains("text/html"), "{}", said.err);
    let said = events.tool.run(&["doctor", "--for", "2s"]).exits(4);
    assert!(said.out.contains("no event stream"), "{}", said.out);
    let good = served(Wrong::Nothing, 0, "text/event-stream");
    let said = good.tool.run(&["doctor", "--for", "4s"]).exits(0);
    assert!(said.out.contains("feature:pos") && !said.out.contains("Thor's"), "{}", said.out);
}

/// A program that prints what stands in a file as it grows.
fn told_by_a_program(command: &str, wrong: Wrong, run: impl FnOnce(&Tool) -> Said + Send) -> Said {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let second = Arc::new(AtomicU64::new(0));
    let server = runtime.block_on(Server::start({
        let second = Arc::clone(&second);
        move |_| Reply::json((shape().rest)(&state(second.load(Ordering::SeqCst))).to_string())
    }));
    let tool = Tool::new();
    tool.write("events.ndjson", "");
    let socket = format!("[socket]\ntransport = \"command\"\ncommand = {command}");
    tool.write("thor-cutover.toml", &configuration(&server.rest_url(), &socket));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let clock = Clock::start();
            let mut file =
                fs_err::OpenOptions::new().append(true).open(tool.path().join("events.ndjson")).unwrap();
            for now in 0.. {
                if done.load(Ordering::SeqCst) {
                    return;
                }
                second.store(now, Ordering::SeqCst);
                let lines: String = (shape().frames)(now, &pushed(now, wrong))
                    .iter()
                    .map(|line| format!("{line}\n"))
                    .collect();
                file.write_all(lines.as_bytes()).unwrap();
                let due = Duration::from_secs_f64(SECOND.as_secs_f64() * (now + 1) as f64);
                std::thread::sleep(
                    due.saturating_sub(clock.now().since(thor_cutover::model::time::Nanos::ZERO)),
                );
            }
        });
        let said = run(&tool);
        done.store(true, Ordering::SeqCst);
        said
    })
}

#[test]
fn the_lines_of_a_program_are_judged_like_any_push() {
    for (wrong, code) in [(Wrong::Nothing, 0), (Wrong::Cent, 1), (Wrong::Dropped, 1)] {
        let command = "[\"tail\", \"-n\", \"0\", \"-F\", \"-s\", \"0.01\", \"events.ndjson\"]";
        told_by_a_program(command, wrong, |tool| {
            judged(tool, "7s", code);
            tool.run(&["replay", "r.ndjson"])
        });
    }
}

#[test]
fn a_program_that_ends_says_why_and_is_started_again() {
    let command =
        "[\"sh\", \"-c\", \"echo '{\\\"type\\\":\\\"other\\\"}'; echo cannot find the broker >&2; exit 3\"]";
    let said = told_by_a_program(command, Wrong::Nothing, |tool| {
        let said = tool.run(&[
            "shadow-diff",
            "pos",
            "--for",
            "3s",
            "--no-evidence",
            "--record",
            "r.ndjson",
            "--format",
            "json",
        ]);
        let recorded = tool.read("r.ndjson");
        assert!(recorded.contains("the program ended: exit status: 3: cannot find the broker"), "{recorded}");
        said
    });
    let report = said.exits(3).json();
    assert!(report["connection"]["opened"].as_u64() >= Some(2), "{report:#}");
}

/// It is connected once it says something: until then nobody could have been told.
#[test]
fn a_program_that_needs_time_to_connect_is_not_behind_meanwhile() {
    let follow = "tail -n 0 -F -s 0.01 events.ndjson";
    let script = format!(
        "if [ -e again ]; then sleep 1.5; exec {follow}; else : > again; exec timeout 4 {follow}; fi"
    );
    told_by_a_program(&format!("[\"sh\", \"-c\", {script:?}]"), Wrong::Nothing, |tool| {
        let words = [
            "shadow-diff",
            "pos",
            "--for",
            "16s",
            "--no-evidence",
            "--record",
            "r.ndjson",
            "--format",
            "json",
        ];
        let live = tool.run(&words).exits(0).json();
        let opened = live["connection"]["opened"].as_u64();
        assert_eq!(opened, Some(2), "{live:#}");
        let blind = live["connection"]["blind_seconds"].as_f64().unwrap();
        assert!(blind > 1.4, "{blind}");
        let replayed = tool.run(&["replay", "r.ndjson", "--format", "json"]);
        let report = replayed.exits(0).json();
        for key in ["verdict", "connection", "features"] {
            assert_eq!(live[key], report[key], "{key}");
        }
        tool.run(&["replay", "r.ndjson"])
    });
}

#[test]
fn a_program_that_is_not_there_is_exit_4() {
    let said = told_by_a_program("[\"./no-such-bridge\"]", Wrong::Nothing, |tool| {
        tool.run(&["shadow-diff", "pos", "--for", "2s", "--no-evidence"])
    });
    let said = said.exits(4);
    assert!(said.err.contains("no-such-bridge") && said.err.contains("cannot be started"), "{}", said.err);
}
