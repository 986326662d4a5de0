//! A server that is not ours and knows nothing of Thor: Signal K with its sample data, its WebSocket deltas against its
//! REST tree, by the configuration of `docs/foreign.md` alone.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::control::tool::Tool;
use crate::prepared::prepare;
use crate::proxy::{Proxy, Spoil};

struct SignalK {
    child: Child,
    port: u64,
    _folder: tempfile::TempDir,
}

impl SignalK {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        prepare("foreign-env", &[], "signal_k::");
        let folder = tempfile::tempdir().unwrap();
        let fixture = root.join("fixtures/signal-k");
        fs_err::copy(fixture.join("settings.json"), folder.path().join("settings.json")).unwrap();
        fs_err::write(folder.path().join("package.json"), "{\"name\":\"test\",\"private\":true}").unwrap();
        let mut child = Command::new("node")
            .arg("--require")
            .arg(fixture.join("loopback.js"))
            .arg(root.join(".foreign/node_modules/signalk-server/bin/signalk-server"))
            .arg("--sample-nmea0183-data")
            .env("SIGNALK_NODE_CONFIG_DIR", folder.path())
            .env("SIGNALK_DISABLE_SERVER_UPDATES", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let port = serde_json::from_str::<Value>(&line).ok().and_then(|line| line["port"].as_u64());
                if let Some(port) = port
                    && sender.send(port).is_err()
                {
                    // nobody waits any more, but the pipe has to be emptied
                    continue;
                }
            }
        });
        let port = receiver.recv_timeout(Duration::from_secs(60)).expect("the server starts");
        Self { child, port, _folder: folder }
    }
}

impl Drop for SignalK {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The configuration in the documentation, for this server.
fn configuration(port: u64) -> String {
    let page = fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/foreign.md")).unwrap();
    let part = &page[page.find("## Signal K").unwrap()..];
    let block = part.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(block.contains(":3000"), "{block}");
    block.replace(":3000", &format!(":{port}"))
}

const PATH: &str = "navigation.speedOverGround";

/// The frame with every told speed as `told` leaves it: `None` takes it out.
fn with_speed(text: &str, told: fn(f64) -> Option<f64>) -> Option<String> {
    let Ok(mut frame) = serde_json::from_str::<Value>(text) else { return Some(text.to_owned()) };
    let Some(updates) = frame["updates"].as_array_mut() else { return Some(text.to_owned()) };
    for update in updates.iter_mut() {
        let Some(values) = update["values"].as_array_mut() else { continue };
        values.retain_mut(|value| {
            let speed = value["value"].as_f64().filter(|_| value["path"] == PATH);
            match speed.map(told) {
                Some(None) => false,
                Some(Some(other)) => {
                    value["value"] = other.into();
                    true
                }
                None => true,
            }
        });
    }
    updates.retain(|update| update["values"].as_array().is_none_or(|values| !values.is_empty()));
    if updates.is_empty() { None } else { Some(frame.to_string()) }
}

/// The verdict of a run of 25 s by way of the fault proxy, which spoils from a third of it on.
fn judged(proxy: &Proxy, spoil: Option<fn(&str) -> Option<String>>, code: i32) -> Value {
    let tool = Tool::new();
    tool.write("thor-cutover.toml", &configuration(u64::from(proxy.address.port())));
    let words =
        ["shadow-diff", "speed", "--for", "25s", "--every", "200ms", "--no-evidence", "--format", "json"];
    proxy.spoil(Spoil::default());
    let said = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_secs(8));
            proxy.spoil(Spoil { rewrite: spoil, ..Spoil::default() });
        });
        tool.run(&words)
    });
    said.exits(code).json()
}

#[test]
fn its_deltas_are_judged_against_its_tree_by_configuration_alone() {
    let server = SignalK::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let upstream = std::net::SocketAddr::from(([127, 0, 0, 1], u16::try_from(server.port).unwrap()));
    let proxy = runtime.block_on(Proxy::start(upstream));
    let clean = judged(&proxy, None, 0);
    assert!(clean["features"][0]["transitions"].as_u64() > Some(10), "{clean:#}");
    let tool = Tool::new();
    tool.write("thor-cutover.toml", &configuration(server.port));
    let examined = tool.run(&["doctor", "--for", "5s"]).exits(0);
    assert!(examined.out.contains("feature:speed"), "{}", examined.out);

    let changed = judged(&proxy, Some(|text| with_speed(text, |speed| Some(speed + 0.01))), 1);
    assert!(changed["features"][0]["outcomes"]["value"].as_u64() > Some(0), "{changed:#}");
    let withheld = judged(&proxy, Some(|text| with_speed(text, |_| None)), 1);
    let outcomes = &withheld["features"][0]["outcomes"];
    let lost = ["dropped_push", "stalled"].iter().filter_map(|kind| outcomes[kind].as_u64()).sum::<u64>();
    assert!(lost > 0, "{withheld:#}");
}
