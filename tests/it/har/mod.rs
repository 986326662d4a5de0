//! Claims about a browser's HAR: it is judged as a run is, and what it cannot prove is said.

mod chromium;
mod exporters;
mod hidden;
mod hostile;
mod page;

use serde_json::{Value, json};

use crate::control::tool::{Said, Tool};
use crate::shapes::{Wrong, pushed, state};
use page::{Page, document, list, log, message, request, socket, started};

const CONFIGURATION: &str = "contract = \"none\"\n[backend]\nrest_url = \"https://thor.example\"\n\
    [features.pos]\nkey = [\"/s\"]\npush_delay = \"500ms\"\nrest_staleness = \"300ms\"\n\
    rest = { path = \"/api/pos\", select = \"\", every = \"230ms\" }\n\
    ws = { types = [\"pos\"], select = \"/data\", every = \"1s\" }\n";

fn replay_with(configuration: &str, har: &str) -> Said {
    let tool = Tool::new();
    tool.write("thor-cutover.toml", configuration);
    tool.write("session.har", har);
    tool.run(&["replay", "session.har", "--format", "json"])
}

fn replay(page: &Page) -> Said {
    replay_with(CONFIGURATION, &page.har())
}

fn notes(report: &Value) -> String {
    report["warnings"].as_array().map_or_else(String::new, |all| {
        all.iter().map(|note| format!("{}\n", note.as_str().unwrap())).collect()
    })
}

fn kinds(report: &Value) -> Vec<&str> {
    let findings = report["features"][0]["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["kind"].as_str().unwrap()).collect()
}

/// The committed files are what this test's page gives; `UPDATE=1` writes them anew.
#[test]
fn each_fixture_gets_its_verdict() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/har");
    let made: [(&str, String, i32); 5] = [
        ("go", Page::default().har(), 0),
        ("no-go", Page { wrong: Wrong::Cent, ..Page::default() }.har(), 1),
        ("dropped", Page { wrong: Wrong::Dropped, ..Page::default() }.har(), 1),
        ("inconclusive", Page { seconds: 8, ..Page::default() }.har(), 3),
        ("firefox", firefox(), 3),
    ];
    let configuration = folder.join("thor-cutover.toml");
    for (name, har, code) in made {
        let path = folder.join(format!("{name}.har"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &har).unwrap();
            std::fs::write(&configuration, CONFIGURATION).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), har, "{name}");
        let arguments = ["replay", path.to_str().unwrap(), "--config", configuration.to_str().unwrap()];
        let said = Tool::new().run(&arguments);
        assert_eq!(said.code, code, "{name}: {}{}", said.out, said.err);
    }
}

#[test]
fn a_page_is_judged_as_a_run_is() {
    let report = replay(&Page::default()).exits(0).json();
    let feature = &report["features"][0];
    assert!(feature["samples"].as_u64() > Some(150), "{feature:#}");
    assert_eq!(feature["messages"], 60, "what the page sent is no message");
    assert_eq!(report["connection"]["opened"], 1);
    assert_eq!(report["connection"]["reconnects"], 0);
    let notes = notes(&report);
    for word in ["at its own pace (pos about every 0.2 s)", "no fresh sample", "no close codes"] {
        assert!(notes.contains(word), "{word}: {notes}");
    }
    let cent = replay(&Page { wrong: Wrong::Cent, ..Page::default() }).exits(1).json();
    assert!(kinds(&cent).contains(&"value"), "{cent:#}");
    replay(&Page { wrong: Wrong::Dropped, ..Page::default() }).exits(1);
}

#[test]
fn the_same_file_is_told_in_the_same_way() {
    let har = Page { wrong: Wrong::Cent, ..Page::default() }.har();
    assert_eq!(replay_with(CONFIGURATION, &har).out, replay_with(CONFIGURATION, &har).out);
}

#[test]
fn a_har_is_known_by_how_it_begins_too() {
    let tool = Tool::new();
    tool.write("thor-cutover.toml", CONFIGURATION);
    tool.write("session.json", &format!("\u{feff} {}", Page::default().har()));
    tool.run(&["replay", "session.json"]).exits(0);
    tool.write("r.ndjson", "{\"thor_cutover_recording\":1}\n");
    let said = tool.run(&["replay", "session.json", "r.ndjson"]).exits(2);
    assert!(said.err.contains("replayed alone"), "{}", said.err);
}

/// A page on another host than the configured one is that page all the same.
#[test]
fn another_host_is_taken_and_named() {
    let elsewhere = CONFIGURATION.replace("https://thor.example", "http://localhost:8000");
    let report = replay_with(&elsewhere, &Page::default().har()).exits(0).json();
    let notes = notes(&report);
    assert!(notes.contains("REST's answers are those of https://thor.example"), "{notes}");
    assert!(notes.contains("the WebSocket is that of thor.example:443"), "{notes}");
}

/// Without its messages nothing is known of a stream: that is no silence of the server.
fn firefox() -> String {
    let mut entries = vec![document()];
    let mut open = socket(50, "wss://thor.example/ws/", &[], None);
    open.as_object_mut().unwrap().remove("_webSocketMessages");
    open.as_object_mut().unwrap().remove("_resourceType");
    entries.push(open);
    for at in (200..60_000).step_by(230) {
        let mut entry = request(at, "/api/pos", &list(&state(at / 1000)));
        let entry_map = entry.as_object_mut().unwrap();
        for chromium in ["_initiator", "_priority", "_resourceType"] {
            entry_map.remove(chromium);
        }
        // the zone of the machine, as Firefox writes it
        let loaded = started(at).replace("T15:", "T16:").replace('Z', "+01:00");
        entry_map.insert("startedDateTime".to_owned(), loaded.into());
        entry_map.insert("pageref".to_owned(), "page_1".into());
        entry_map.insert(
            "timings".to_owned(),
            json!({ "blocked": 1, "dns": 0, "connect": 0, "ssl": 0, "send": 0, "wait": 25, "receive": 1 }),
        );
        entries.push(entry);
    }
    log("Firefox", entries).to_string()
}

#[test]
fn firefox_has_the_requests_and_not_the_messages() {
    let report = replay_with(CONFIGURATION, &firefox()).exits(3).json();
    let feature = &report["features"][0];
    assert!(feature["samples"].as_u64() > Some(100), "{feature:#}");
    assert_eq!((&feature["messages"], &report["connection"]["opened"]), (&json!(0), &json!(0)));
    let notes = notes(&report);
    assert!(notes.contains("Firefox does not export"), "{notes}");
    let gates = feature["gates"].as_array().unwrap();
    assert!(gates.iter().all(|gate| gate["verdict"] != "no-go"), "{gates:#?}");
}

fn spoiled(spoil: fn(&mut Value)) -> Said {
    replay(&Page { spoil, ..Page::default() })
}

fn entries(har: &mut Value) -> &mut Vec<Value> {
    har["log"]["entries"].as_array_mut().unwrap()
}

fn polls(har: &mut Value) -> impl Iterator<Item = &mut Value> {
    entries(har).iter_mut().filter(|it| it["request"]["url"].as_str().unwrap().contains("/api/pos"))
}

#[test]
fn what_a_har_cannot_prove_is_said() {
    type Case = (fn(&mut Value), i32, &'static str);
    let cases: [Case; 10] = [
        (
            |har| polls(har).step_by(2).for_each(|it| it["_fromCache"] = "disk".into()),
            0,
            "from the browser's cache",
        ),
        (
            |har| {
                polls(har).step_by(3).for_each(|it| {
                    it["response"]["content"].as_object_mut().unwrap().remove("text");
                })
            },
            3,
            "answers have no body in it",
        ),
        (
            |har| {
                polls(har).step_by(3).for_each(|it| {
                    let text = it["response"]["content"]["text"].as_str().unwrap()[..40].to_owned();
                    it["response"]["content"]["text"] = text.into();
                })
            },
            3,
            "cut off in the HAR, after 40 of",
        ),
        (
            |har| {
                polls(har).step_by(5).for_each(|it| {
                    it["response"]["status"] = 0.into();
                    it["response"]["_error"] = "net::ERR_ABORTED".into();
                })
            },
            0,
            "given up by the page",
        ),
        (
            |har| {
                polls(har).step_by(5).for_each(|it| {
                    it["response"]["_error"] = "net::ERR_ABORTED".into();
                    it["response"]["content"] = json!({"size": 0, "mimeType": "x-unknown"});
                })
            },
            0,
            "given up by the page",
        ),
        (
            |har| entries(har).retain(|it| it["_resourceType"] != "document"),
            0,
            "in the middle of the page's life",
        ),
        (
            |har| entries(har).retain(|it| it["_resourceType"] != "websocket"),
            3,
            "no WebSocket at /ws/ is in it",
        ),
        (
            |har| {
                polls(har).step_by(4).for_each(|it| {
                    it["request"]["url"] = "https://thor.example/api/pos?page=2".into();
                })
            },
            0,
            "GET /api/pos with page: not what the configuration asks for",
        ),
        (
            |har| {
                polls(har).step_by(9).for_each(|it| {
                    it["response"]["status"] = 503.into();
                    it["response"]["content"]["text"] = "{\"detail\":\"busy\"}".into();
                })
            },
            0,
            "503 Service Unavailable: busy",
        ),
        (
            |har| {
                let beside =
                    socket(60, "wss://thor.example/ws/", &[message(90, "receive", "{\"type\":\"x\"}")], None);
                entries(har).push(beside);
            },
            0,
            "",
        ),
    ];
    for (spoil, code, word) in cases {
        let said = spoiled(spoil);
        assert_eq!(said.code, code, "{word}: {}{}", said.out, said.err);
        assert!(said.out.contains(word), "{word}: {}", said.out);
    }
}

/// 304 is an answer: what was said before still holds, whether the browser has its text or not.
#[test]
fn unchanged_is_an_answer() {
    let still = |has_text: bool| {
        let mut har: Value = serde_json::from_str(&Page::default().har()).unwrap();
        let mut before = String::new();
        for it in polls(&mut har) {
            let text = it["response"]["content"]["text"].as_str().unwrap().to_owned();
            if text == before {
                it["response"]["status"] = 304.into();
                if !has_text {
                    it["response"]["content"].as_object_mut().unwrap().remove("text");
                }
            }
            before = text;
        }
        replay_with(CONFIGURATION, &har.to_string()).exits(0).json()
    };
    for has_text in [true, false] {
        let report = still(has_text);
        assert_eq!(report["features"][0]["rest_errors"], 0);
        assert!(report["features"][0]["samples"].as_u64() > Some(150));
    }
}

/// A connection with a right message in each of these seconds. `opens`, `ends`: in ms.
fn connection(opens: u64, seconds: std::ops::Range<u64>, ends: Option<u64>) -> Value {
    let frame = |second| json!({ "type": "pos", "data": list(&pushed(second, Wrong::Nothing)) });
    let frames: Vec<Value> =
        seconds.map(|second| message(second * 1000 + 100, "receive", &frame(second).to_string())).collect();
    socket(opens, "wss://thor.example/ws/", &frames, ends)
}

/// The report of the page whose log has these connections and no other.
fn with_sockets(sockets: [Value; 2]) -> Value {
    let mut har: Value = serde_json::from_str(&Page::default().har()).unwrap();
    entries(&mut har).retain(|it| it["_resourceType"] != "websocket");
    entries(&mut har).extend(sockets);
    replay_with(CONFIGURATION, &har.to_string()).exits(0).json()
}

/// A connection that ends and another that begins are a gap; an end that is not told is where the last message was.
#[test]
fn connections_end_where_the_har_says_and_no_later() {
    for told in [true, false] {
        let report =
            with_sockets([connection(33_000, 33..60, None), connection(50, 0..30, told.then_some(30_050))]);
        let connection = &report["connection"];
        assert_eq!((&connection["opened"], &connection["reconnects"]), (&json!(2), &json!(1)));
        let blind = connection["blind_seconds"].as_f64().unwrap();
        let expected = if told { 2.95 } else { 3.9 };
        assert!((blind - expected).abs() < 0.1, "{blind}");
        assert_eq!(notes(&report).contains("connections have no end in it"), !told);
    }
}

/// A page that closes one connection and opens the next in one breath: both are judged, though their times overlap.
#[test]
fn connections_that_follow_each_other_closely_are_not_side_by_side() {
    for opens in [29_900, 30_048, 30_050] {
        let report = with_sockets([connection(50, 0..30, Some(30_050)), connection(opens, 30..60, None)]);
        assert_eq!(report["features"][0]["messages"], 60, "{opens}: {report:#}");
        let connection = &report["connection"];
        assert_eq!((&connection["opened"], &connection["reconnects"]), (&json!(2), &json!(1)), "{opens}");
        assert!(connection["blind_seconds"].as_f64() < Some(0.2), "{opens}: {connection}");
    }
}

#[test]
fn templated_paths_posts_and_base64_are_matched() {
    let configuration = "contract = \"none\"\n[backend]\nrest_url = \"https://thor.example/base\"\n\
        [features.pos]\nkey = [\"/s\"]\npush_delay = \"500ms\"\nrest_staleness = \"300ms\"\nrest_only = [\"/symbol\"]\n\
        rest = { path = \"/api/pos?m=x%20y&f={symbol}\", select = \"/0\", every = \"230ms\", for_each = { symbol = [\"AAA\", \"BBB\"] } }\n\
        ws = { types = [\"pos\"], select = \"/data\", carries = \"upsert\", every = \"1s\" }\n\
        [features.query]\nkey = [\"/s\"]\npush_delay = \"500ms\"\nrest_staleness = \"300ms\"\n\
        rest = { path = \"/graphql\", select = \"/data/pos\", every = \"230ms\", method = \"POST\", body = '{\"query\":\"{pos}\",\"n\":1}', reads = \"a query\" }\n\
        ws = { types = [\"pos\"], select = \"/data\", every = \"1s\" }\n";
    let mut har: Value = serde_json::from_str(&Page::default().har()).unwrap();
    let mut more = Vec::new();
    for it in polls(&mut har) {
        let rows: Value = serde_json::from_str(it["response"]["content"]["text"].as_str().unwrap()).unwrap();
        let mut query = it.clone();
        query["request"]["method"] = "POST".into();
        query["request"]["url"] = "https://thor.example/base/graphql".into();
        query["request"]["postData"] =
            json!({ "mimeType": "application/json", "text": "{ \"n\": 1, \"query\": \"{pos}\" }" });
        query["response"]["content"]["text"] = json!({ "data": { "pos": rows } }).to_string().into();
        more.push(query.clone());
        // a mutation of the same path is none of it
        query["request"]["postData"]["text"] = "{\"query\":\"mutation\"}".into();
        more.push(query);
        for (place, symbol) in ["AAA", "BBB"].iter().enumerate() {
            let mut one = it.clone();
            one["request"]["url"] = format!("https://thor.example/base/api/pos?f={symbol}&m=x+y").into();
            use base64::Engine as _;
            let text = json!([rows[place]]).to_string();
            let text = base64::engine::general_purpose::STANDARD.encode(text);
            one["response"]["content"]["text"] = text.into();
            one["response"]["content"]["encoding"] = "base64".into();
            more.push(one);
        }
    }
    entries(&mut har).extend(more);
    let socket_at_base = |it: &mut Value| {
        if it["_resourceType"] == "websocket" {
            it["request"]["url"] = "wss://thor.example/base/ws/".into();
        }
    };
    entries(&mut har).iter_mut().for_each(socket_at_base);
    let report = replay_with(configuration, &har.to_string()).json();
    for feature in report["features"].as_array().unwrap() {
        assert!(feature["samples"].as_u64() > Some(150), "{feature:#}");
        assert_eq!(feature["outcomes"].get("value"), None, "{feature:#}");
    }
    assert_eq!(report["features"].as_array().unwrap().len(), 2);
    assert!(
        notes(&report).contains("× POST /graphql") || notes(&report).contains("POST /base/graphql"),
        "{report:#}"
    );
}

#[test]
fn features_that_the_page_does_not_ask_for_are_left_out_and_named() {
    let more = format!(
        "{CONFIGURATION}[features.balance]\nkey = []\nrest = {{ path = \"/api/balance?account_id=1\", select = \"\" }}\n\
         ws = {{ types = [\"balance\"], select = \"/data\" }}\n"
    );
    let report = replay_with(&more, &Page::default().har()).exits(0).json();
    assert_eq!(report["features"].as_array().unwrap().len(), 1);
    assert!(notes(&report).contains("no request of balance (GET /api/balance)"), "{}", notes(&report));
    let tool = Tool::new();
    tool.write("thor-cutover.toml", &more);
    tool.write("session.har", &Page::default().har());
    let said = tool.run(&["replay", "session.har", "--feature", "balance"]).exits(2);
    assert!(said.err.contains("/api/other"), "{}", said.err);
}
