//! Home Assistant with random sensors, by the configurations of `docs/foreign.md` alone: its WebSocket after a login and a
//! subscription, and its event stream. Run by `scripts/test --soak`.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::control::tool::{Said, Tool};
use crate::prepared::prepare;
use crate::proxy::{Proxy, Spoil};

struct HomeAssistant {
    child: Child,
    port: u16,
    token: String,
}

impl HomeAssistant {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        prepare("foreign-env", &["--soak"], "home_assistant::");
        let mut child = Command::new(root.join(".foreign/home-assistant/bin/python"))
            .arg(root.join("fixtures/home-assistant/start.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).expect("the server starts and lets somebody in");
        let port = u16::try_from(told["port"].as_u64().unwrap()).unwrap();
        Self { child, port, token: told["token"].as_str().unwrap().to_owned() }
    }

    /// What the tool says, with the token in its environment.
    fn run(&self, tool: &Tool, arguments: &[&str]) -> Said {
        let output = tool
            .command(arguments)
            .env("HA_TOKEN", &self.token)
            .env("HA_AUTHORIZATION", format!("Bearer {}", self.token))
            .output()
            .unwrap();
        let said = Said::of(output);
        assert!(!(said.out.clone() + &said.err).contains(&self.token), "the token is shown");
        said
    }
}

impl Drop for HomeAssistant {
    fn drop(&mut self) {
        // the end of its input ends the server, and then it
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The configurations in the documentation, for this server: by the WebSocket, by the event stream.
fn configurations(port: u16) -> [String; 2] {
    let page = fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/foreign.md")).unwrap();
    let part = &page[page.find("## Home Assistant").unwrap()..];
    let blocks: Vec<String> = part
        .split("```toml\n")
        .skip(1)
        .take(2)
        .map(|block| block.split("```").next().unwrap().replace(":8123", &format!(":{port}")))
        .collect();
    blocks.try_into().unwrap()
}

const WORDS: [&str; 12] = [
    "shadow-diff",
    "sensor",
    "--for",
    "70s",
    "--every",
    "250ms",
    "--no-evidence",
    "--record",
    "r.ndjson",
    "--format",
    "json",
    "-q",
];

fn about_the_sensor(frame: &Value) -> bool {
    let told = ["/event/data/entity_id", "/data/data/entity_id"];
    told.iter().any(|at| frame.pointer(at).is_some_and(|entity| entity == "sensor.one"))
}

fn changed(text: &str) -> Option<String> {
    let mut frame: Value = serde_json::from_str(text).ok()?;
    if about_the_sensor(&frame) {
        for at in ["/event/data/new_state/state", "/data/data/new_state/state"] {
            if let Some(state) = frame.pointer_mut(at) {
                *state = format!("{}9", state.as_str().unwrap_or_default()).into();
            }
        }
        return Some(frame.to_string());
    }
    Some(text.to_owned())
}

fn withheld(text: &str) -> Option<String> {
    let is_ours = serde_json::from_str(text).is_ok_and(|frame: Value| about_the_sensor(&frame));
    (!is_ours).then(|| text.to_owned())
}

#[test]
#[ignore = "a server of many packages: run by scripts/test --soak"]
fn its_states_are_judged_by_configuration_alone() {
    let server = HomeAssistant::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let proxy = runtime.block_on(Proxy::start(SocketAddr::from(([127, 0, 0, 1], server.port))));
    let tool = Tool::new();
    tool.write("thor-cutover.toml", &configurations(proxy.address.port())[0]);
    type Rewrite = fn(&str) -> Option<String>;
    let cases: [(Option<Rewrite>, i32, &[&str]); 3] =
        [(None, 0, &[]), (Some(changed), 1, &["value"]), (Some(withheld), 1, &["dropped_push", "stalled"])];
    for (rewrite, code, kinds) in cases {
        proxy.spoil(Spoil::default());
        let report = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_secs(20));
                proxy.spoil(Spoil { rewrite, ..Spoil::default() });
            });
            server.run(&tool, &WORDS)
        });
        let report = report.exits(code).json();
        let outcomes = &report["features"][0]["outcomes"];
        let found: u64 = kinds.iter().filter_map(|kind| outcomes[*kind].as_u64()).sum();
        assert_eq!(found > 0, code == 1, "{outcomes:#}");
    }
    // its event stream, and its recording with a value changed and with the sensor's events taken out
    tool.write("thor-cutover.toml", &configurations(server.port)[1]);
    server.run(&tool, &WORDS).exits(0);
    server.run(&tool, &["doctor", "--for", "5s"]).exits(0);
    let recorded = tool.read("r.ndjson");
    for (rewrite, kinds) in
        [(changed as Rewrite, ["value", "value"]), (withheld, ["dropped_push", "stalled"])]
    {
        let spoiled = recorded.lines().filter_map(|line| {
            let mut value: Value = serde_json::from_str(line).unwrap();
            if value["t"].as_u64() > Some(20_000_000_000) && value.get("ws").is_some() {
                value["ws"] = serde_json::from_str(&rewrite(&value["ws"].to_string())?).unwrap();
            }
            Some(format!("{value}\n"))
        });
        tool.write("spoiled.ndjson", &spoiled.collect::<String>());
        let report = server.run(&tool, &["replay", "spoiled.ndjson", "--format", "json"]).exits(1).json();
        let outcomes = &report["features"][0]["outcomes"];
        assert!(kinds.iter().any(|kind| outcomes[*kind].as_u64() > Some(0)), "{outcomes:#}");
    }
}
