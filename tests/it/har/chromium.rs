//! A HAR by a real browser: a page in Chromium polls and listens to the emulator, the developer tools' own exporter and
//! Playwright's write it down, and both are judged.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use thor_cutover::emulator::{Emulator, Fault, FaultSide, Options, PASSWORD, PlayedFeature, USER};

use super::notes;
use crate::control::tool::Tool;
use crate::pages::browser::chromium;

/// A page logs in, asks every quarter of a second, and listens; its first attempt to connect is refused by the browser
/// itself, one of its requests is given up, and its connection is renewed once. It stops asking some seconds before the
/// log is taken, so that no request is under way then, however slow the machine is.
const PAGE: &str = r#"
    new WebSocket("ws://127.0.0.1:9/ws/");
    const open = () => new WebSocket(location.origin.replace("http", "ws") + "/ws/");
    let socket = open();
    setTimeout(() => { socket.close(); socket = open(); }, 8000);
    const credentials = { email: "USER", password: "PASSWORD" };
    const login = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(credentials) };
    fetch("/api/users/login/", login).then((answer) => answer.json()).then(({ access }) => {
        const headers = { Authorization: `Bearer ${access}` };
        const ask = (path, more) => fetch(path, { headers, ...more }).then((answer) => answer.json());
        const asking = setInterval(() => {
            ask("/api/accounts/balance/");
            ask("/api/actandpos/positions?_=" + Date.now());
        }, 250);
        setTimeout(() => clearInterval(asking), 17000);
        setTimeout(() => {
            const given_up = new AbortController();
            ask("/api/accounts/balance/", { signal: given_up.signal }).catch(() => {});
            given_up.abort();
        }, 3000);
    });
"#;

const CONFIGURATION: &str = "[features.account_balance]\npush_delay = \"1s\"\nrest_staleness = \"300ms\"\n\
    ws = { every = \"1s\" }\n[features.positions]\npush_delay = \"1s\"\nrest_staleness = \"300ms\"\nws = { every = \"1s\" }\n";

fn captured(root: &Path, chromium: &Path, url: &str, files: &[&Path; 3]) {
    let mut node = Command::new("node")
        .arg(root.join("fixtures/browser/har.mjs"))
        .arg(chromium)
        .args([url, "20"])
        .args(files)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let page = PAGE.replace("USER", USER).replace("PASSWORD", PASSWORD);
    node.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// One such export, of Chromium 148 and of one feature, without headers.
#[test]
fn a_committed_export_gets_its_verdict() {
    let tool = Tool::new();
    tool.write("thor-cutover.toml", CONFIGURATION);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/har/chromium.har");
    let arguments = ["replay", path.to_str().unwrap(), "--feature", "account_balance", "--format", "json"];
    let report = tool.run(&arguments).exits(0).json();
    assert!(report["features"][0]["samples"].as_u64() > Some(50), "{report:#}");
    assert_eq!(report["connection"]["opened"], 2, "{report:#}");
    let told = notes(&report);
    for word in ["attempts to connect failed at no known time", "given up by the page"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let mut har: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for it in super::entries(&mut har) {
        for message in it["_webSocketMessages"].as_array_mut().into_iter().flatten() {
            let spoilt = message["data"].as_str().unwrap().replace("\"cash\":", "\"cash\":1");
            message["data"] = spoilt.into();
        }
    }
    tool.write("spoilt.har", &har.to_string());
    tool.run(&["replay", "spoilt.har", "--feature", "account_balance"]).exits(1);
}

#[test]
fn what_a_real_browser_exports_gets_the_right_verdict() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let Some(chromium) = chromium(&root) else { return };
    let cent = Fault::Value {
        feature: PlayedFeature::Positions,
        side: FaultSide::WebSocket,
        entity: Some("SPY/EQ".to_owned()),
        field: "/mark_price".to_owned(),
    };
    let options = Options { tick: Duration::from_millis(250), faults: vec![cent], ..Options::default() };
    let emulator = Emulator::start(options).unwrap();
    let tool = Tool::new();
    tool.write("thor-cutover.toml", CONFIGURATION);
    let folder = root.join("target/har");
    std::fs::create_dir_all(&folder).unwrap();
    let files = ["whole.har", "sanitized.har", "playwright.har"].map(|name| folder.join(name));
    let [whole, sanitized, playwright] = &files;
    let document = format!("{}/api/global-markets/markets/", emulator.rest_url());
    captured(&root, &chromium, &document, &[whole, sanitized, playwright]);
    for path in &files {
        let mut about = path.display().to_string();
        let replay = |feature: &str| {
            let arguments =
                ["--rest-url", &emulator.rest_url(), "replay", path.to_str().unwrap(), "--feature", feature];
            tool.run(&[&arguments[..], &["--format", "json"]].concat())
        };
        let sound = replay("account_balance").exits(0).json();
        let feature = &sound["features"][0];
        about.push_str(&format!(": {sound:#}"));
        assert!(feature["samples"].as_u64() > Some(50), "{about}");
        assert!(feature["messages"].as_u64() > Some(50), "{about}");
        assert_eq!(feature["rest_errors"], 0, "{about}");
        assert_eq!(sound["connection"]["opened"], 2, "{about}");
        assert!(sound["connection"]["seconds"].as_f64() < Some(60.0), "{about}");
        let told = notes(&sound);
        assert!(told.contains("1 requests were given up"), "{about}");
        let is_playwright = path == playwright;
        assert_eq!(told.contains("attempts to connect failed at no known time"), !is_playwright, "{about}");
        assert_eq!(told.contains("ERR_UNSAFE_PORT"), !is_playwright, "{about}");
        let wrong = replay("positions").exits(1).json();
        let kinds = super::kinds(&wrong);
        assert!(kinds.contains(&"value"), "{wrong:#}");
        let said: Value = wrong["features"][0]["findings"][0].clone();
        assert!(said.to_string().contains("/mark_price"), "{said:#}");
    }
    let text = std::fs::read_to_string(sanitized).unwrap();
    assert!(!text.contains("Bearer "), "what Chromium calls sanitized has the token");
}
