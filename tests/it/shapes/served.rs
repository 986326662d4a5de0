//! A few of the shapes over real sockets: the live verdict, and the same again from its recording.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use thor_cutover::clock::Clock;

use serde_json::json;

use super::{Holding, SHAPES, Shape, Wrong, configuration, pushed, state};
use crate::control::tool::Tool;
use crate::observe::server::{Reply, Server};

/// One second of the script, as it is served.
const SECOND: Duration = Duration::from_millis(200);

/// Several messages of one frame, as SignalR sends them; in the recording each stands alone.
#[test]
fn messages_that_share_a_frame_are_taken_apart() {
    let shape = Shape {
        name: "SignalR",
        socket: "type = \"/target\"\nseparator = \"\\u001e\"",
        feature: "key = [\"/s\"]\nws = { types = [\"pos\"], select = \"/arguments/0\", carries = \"upsert\", delivery = \"on_change\", every = \"1s\" }",
        frames: |_, state| {
            let invoked = |holding: &Holding| {
                json!({ "type": 1, "target": "pos", "arguments": [holding.json()] }).to_string() + "\u{1e}"
            };
            vec![state.iter().map(invoked).collect::<String>() + "{\"type\":6}\u{1e}"]
        },
        rest: |state| state.iter().map(Holding::json).collect(),
    };
    for (wrong, code) in [(Wrong::Nothing, 0), (Wrong::Cent, 1), (Wrong::Dropped, 1)] {
        judged(&shape, wrong, code);
    }
}

#[test]
fn a_shape_is_judged_live_as_it_is_from_its_recording() {
    for (name, wrong, code) in [
        ("deltas as in Signal K", Wrong::Nothing, 0),
        ("JSON in a string", Wrong::Cent, 1),
        ("changed fields only, whole", Wrong::Dropped, 1),
        ("pairs of price", Wrong::Nothing, 0),
    ] {
        judged(SHAPES.iter().find(|shape| shape.name.contains(name)).unwrap(), wrong, code);
    }
}

fn judged(shape: &Shape, wrong: Wrong, code: i32) {
    let name = shape.name;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let second = Arc::new(AtomicU64::new(0));
    let server = runtime.block_on(Server::start({
        let (second, rest) = (Arc::clone(&second), shape.rest);
        move |_| Reply::json(rest(&state(second.load(Ordering::SeqCst))).to_string())
    }));
    let tool = Tool::new();
    let backend =
        format!("[backend]\nrest_url = \"{}\"\nws_url = \"{}\"", server.rest_url(), server.ws_url());
    let configuration = configuration(shape, &backend)
        .replace("every = \"250ms\"", "every = \"50ms\"")
        .replace("every = \"1s\"", "every = \"200ms\"");
    tool.write("thor-cutover.toml", &configuration);
    let done = AtomicBool::new(false);
    let live = std::thread::scope(|scope| {
        scope.spawn(|| {
            while server.sockets() == 0 && !done.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(2));
            }
            let clock = Clock::start();
            let begun = clock.now();
            for now in 0.. {
                if done.load(Ordering::SeqCst) {
                    return;
                }
                second.store(now, Ordering::SeqCst);
                for frame in (shape.frames)(now, &pushed(now, wrong)) {
                    server.say(&frame);
                }
                std::thread::sleep((SECOND * (now as u32 + 1)).saturating_sub(clock.now().since(begun)));
            }
        });
        let live = tool.run(&[
            "shadow-diff",
            "pos",
            "--for",
            "6s",
            "--no-evidence",
            "--record",
            "r.ndjson",
            "--format",
            "json",
        ]);
        done.store(true, Ordering::SeqCst);
        live
    })
    .exits(code)
    .json();
    let replayed = tool.run(&["replay", "r.ndjson", "--format", "json"]).exits(code).json();
    for key in ["verdict", "connection", "features"] {
        assert_eq!(live[key], replayed[key], "{name} {key}");
    }
}
