//! A server that is not ours and knows nothing of Thor: Signal K with its sample data, its WebSocket deltas against its
//! REST tree, by the configuration of `docs/foreign.md` alone.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::control::tool::Tool;

struct SignalK {
    child: Child,
    port: u64,
    _folder: tempfile::TempDir,
}

impl SignalK {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let prepared = Command::new(root.join("scripts/foreign-env")).output().unwrap();
        assert!(
            prepared.status.success(),
            "scripts/foreign-env could not prepare the server; leave it out with `--skip signal_k::`\n{}",
            String::from_utf8_lossy(&prepared.stderr)
        );
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

/// Whether a recorded line tells the speed.
fn tells_speed(line: &Value) -> bool {
    line["ws"].to_string().contains(PATH)
}

#[test]
fn its_deltas_are_judged_against_its_tree_by_configuration_alone() {
    let server = SignalK::start();
    let tool = Tool::new();
    tool.write("thor-cutover.toml", &configuration(server.port));
    let words = [
        "shadow-diff",
        "speed",
        "--for",
        "25s",
        "--every",
        "200ms",
        "--no-evidence",
        "--record",
        "r.ndjson",
        "--format",
        "json",
    ];
    let clean = tool.run(&words).exits(0).json();
    assert!(clean["features"][0]["transitions"].as_u64() > Some(10), "{clean:#}");
    let examined = tool.run(&["doctor", "--for", "5s"]).exits(0);
    assert!(examined.out.contains("feature:speed"), "{}", examined.out);
    drop(server);

    let recorded = tool.read("r.ndjson");
    let late = |line: &Value| line["t"].as_u64() > Some(10_000_000_000);
    let changed = recorded.lines().map(|line| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        if late(&value) && tells_speed(&value) {
            let updates = value["ws"]["updates"].as_array_mut().unwrap();
            let values = updates.iter_mut().flat_map(|update| update["values"].as_array_mut().unwrap());
            for told in values.filter(|told| told["path"] == PATH) {
                told["value"] = (told["value"].as_f64().unwrap() + 0.01).into();
            }
        }
        format!("{value}\n")
    });
    tool.write("changed.ndjson", &changed.collect::<String>());
    let withheld = recorded.lines().filter(|line| {
        let value: Value = serde_json::from_str(line).unwrap();
        !(late(&value) && tells_speed(&value))
    });
    tool.write("withheld.ndjson", &withheld.map(|line| format!("{line}\n")).collect::<String>());
    for (file, kind) in [("changed.ndjson", "value"), ("withheld.ndjson", "dropped_push")] {
        let report = tool.run(&["replay", file, "--format", "json"]).exits(1).json();
        assert!(report["features"][0]["outcomes"][kind].as_u64() > Some(0), "{file}: {report:#}");
    }
}
