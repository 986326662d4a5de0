//! Every shape from a recording by a scripted clock: forty seconds, a push and four answers in each.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{SHAPES, Shape, Wrong, configuration, pushed, state};
use crate::control::tool::{Said, Tool};

const SECONDS: u64 = 40;

/// The recording of a run.
fn recording(shape: &Shape, frames: impl Fn(u64) -> Vec<String>) -> String {
    let header = json!({
        "thor_cutover_recording": 1, "started_at": "2026-11-23T15:00:00Z", "features": ["pos"],
        "rest_url": "http://localhost:8000/", "ws_url": "ws://localhost:8000/ws/",
    });
    let mut text = format!("{header}\n{}\n", json!({ "t": 0, "link": "open" }));
    for second in 0..SECONDS {
        let at = second * 1_000_000_000;
        for (index, frame) in frames(second).into_iter().enumerate() {
            let line = json!({ "t": at + 100_000_000 + index as u64 * 1_000_000, "ws_text": frame });
            writeln!(text, "{line}").unwrap();
        }
        let body = (shape.rest)(&state(second));
        for part in 0..4 {
            let sent = at + 200_000_000 + part * 230_000_000;
            let rest = json!({ "feature": "pos", "sent": sent, "status": 200, "body": body });
            writeln!(text, "{}", json!({ "t": sent + 40_000_000, "rest": rest })).unwrap();
        }
    }
    writeln!(text, "{}", json!({ "t": SECONDS * 1_000_000_000 + 2_000_000_000, "end": "completed" }))
        .unwrap();
    text
}

fn replay(shape: &Shape, frames: impl Fn(u64) -> Vec<String>) -> Said {
    let tool = Tool::new();
    tool.write("thor-cutover.toml", &configuration(shape, ""));
    tool.write("r.ndjson", &recording(shape, frames));
    tool.run(&["replay", "--config", "thor-cutover.toml", "r.ndjson", "--format", "json"])
}

fn kinds(report: &Value) -> Vec<String> {
    let findings = report["features"][0]["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["kind"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_shape_is_judged_by_what_a_page_would_have_shown() {
    assert!(SHAPES.len() >= 20);
    let mut wrong = Vec::new();
    for shape in SHAPES {
        for (how, code) in [(Wrong::Nothing, 0), (Wrong::Cent, 1), (Wrong::Dropped, 1)] {
            let said = replay(shape, |second| (shape.frames)(second, &pushed(second, how)));
            if said.code != code {
                let gates = serde_json::from_str::<Value>(&said.out).map_or(String::new(), |report| {
                    let gates = report["features"][0]["gates"].as_array().unwrap().iter();
                    let bad = gates.filter(|gate| gate["verdict"] != "go");
                    bad.map(|gate| format!("\n    {} {} {}", gate["code"], gate["value"], gate["fix"]))
                        .collect()
                });
                wrong.push(format!(
                    "{} {how:?}: {} instead of {code} {}{gates}",
                    shape.name, said.code, said.err
                ));
            } else if how == Wrong::Cent {
                let report = said.json();
                let values = kinds(&report).iter().filter(|kind| *kind == "value").count();
                if values == 0 {
                    wrong.push(format!("{}: a cent is no value: {:?}", shape.name, kinds(&report)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn shape(name: &str) -> &'static Shape {
    SHAPES.iter().find(|shape| shape.name.contains(name)).unwrap()
}

#[test]
fn a_number_that_was_passed_over_is_a_finding_of_its_own() {
    let shape = shape("numbered");
    // What the lost message said is said again by the next one, and REST does not show it: nothing else tells.
    let still = |second: u64| second - second % 3;
    let frames = |second: u64| (shape.frames)(second, &state(still(second)));
    let quiet = Shape {
        rest: |held| (shape_of_numbers().rest)(&state(((held[0].price - 10_000) / 3) / 3 * 3)),
        ..*shape
    };
    let whole = replay(&quiet, frames).exits(0).json();
    assert_eq!(whole["features"][0]["outcomes"].get("sequence_gap"), None);
    let said =
        replay(&quiet, |second| if second == 31 { Vec::new() } else { frames(second) }).exits(3).json();
    assert_eq!(said["features"][0]["outcomes"]["sequence_gap"], 1, "{said:#}");
    let finding = &said["features"][0]["findings"][0];
    assert_eq!((&finding["kind"], &finding["field"]), (&"sequence_gap".into(), &"/u".into()));
    assert!(
        finding["ws"].as_str().unwrap().contains("1 of its messages missing between 730 and 732"),
        "{finding}"
    );
}

fn shape_of_numbers() -> &'static Shape {
    shape("numbered")
}

/// A recording of features of one's own, made under its configuration, begins a configuration that judges it alike.
#[test]
fn init_begins_with_what_a_recording_of_ones_own_features_was_read_by() {
    for name in ["deltas as in Signal K", "JSON in a string", "a type that takes", "no type, told apart"] {
        let shape = shape(name);
        let tool = Tool::new();
        tool.write("made.toml", &configuration(shape, ""));
        let recorded = recording(shape, |second| (shape.frames)(second, &state(second)));
        let settings = thor_cutover::settings::of_text(
            &configuration(shape, ""),
            std::path::Path::new("thor-cutover.toml"),
        )
        .unwrap();
        let (header, lines) = recorded.split_once('\n').unwrap();
        let mut header: Value = serde_json::from_str(header).unwrap();
        header["config"] = json!({ "features": settings.features });
        header["rest_url"] = "http://localhost:9000/".into();
        header["ws_url"] = "ws://localhost:9000/stream?v=1".into();
        tool.write("r.ndjson", &format!("{header}\n{lines}"));
        tool.run(&["init", "--yes", "--from", "r.ndjson"]).exits(0);
        let written = tool.read("thor-cutover.toml");
        for word in ["Thor", "THOR_TOKEN", "VITE_", "New_York", "Daphne"] {
            assert!(!written.contains(word), "{word}: {written}");
        }
        assert!(written.contains("\nws_url = \"ws://localhost:9000/stream?v=1\"\n"), "{written}");
        let (head, proposed) = written.split_at(written.find("# Proposed from").unwrap());
        tool.write(
            "thor-cutover.toml",
            &format!("{head}{}", thor_cutover::commands::init::accepted(proposed)),
        );
        tool.run(&["replay", "--config", "thor-cutover.toml", "r.ndjson"]).exits(0);
        tool.run(&["status"]).exits(0);
    }
    let tool = Tool::new();
    tool.run(&["init", "--yes", "--contract", "none"]).exits(0);
    let written = tool.read("thor-cutover.toml");
    tool.write("thor-cutover.toml", &thor_cutover::commands::init::accepted(&written));
    tool.run(&["status"]).exits(0);
}

#[test]
fn a_numbered_message_that_was_lost_while_rest_moved_is_a_dropped_push() {
    let shape = shape("numbered");
    let frames = |second: u64| (shape.frames)(second, &state(second));
    replay(shape, frames).exits(0);
    let lossy = |second: u64| if second % 12 == 7 { Vec::new() } else { frames(second) };
    let report = replay(shape, lossy).exits(1).json();
    let outcomes = &report["features"][0]["outcomes"];
    assert_eq!(outcomes["sequence_gap"], 3, "{outcomes}");
    assert!(outcomes["dropped_push"].as_u64() > Some(0), "{outcomes}");
}

/// A part that was lost with the connection is not said again: the page goes on showing what it had.
#[test]
fn a_part_that_was_missed_in_a_gap_stays_wrong() {
    let shape = shape("changed fields only, whole");
    let named = |second: u64| if second < 20 { "before" } else { "after" };
    let row = |second: u64| {
        let mut rows = (shape.rest)(&state(second));
        rows.as_array_mut().unwrap().iter_mut().for_each(|row| row["name"] = named(second).into());
        rows
    };
    for (says_again, code) in [(true, 0), (false, 1)] {
        let mut text = recording(shape, |second| {
            let frames = (shape.frames)(second, &state(second)).into_iter().map(|frame| {
                let mut frame: Value = serde_json::from_str(&frame).unwrap();
                if second == 0 || (second == 22 && says_again) {
                    frame["data"]["name"] = named(second).into();
                }
                frame.to_string()
            });
            // down from 19.5 s to 21.5 s
            if second == 20 || second == 21 { Vec::new() } else { frames.collect() }
        });
        text = text
            .lines()
            .flat_map(|line| {
                let mut value: Value = serde_json::from_str(line).unwrap();
                let at = value["t"].as_u64();
                if let Some(body) = value.pointer_mut("/rest/body") {
                    *body = row(at.unwrap() / 1_000_000_000);
                }
                let before = match at {
                    Some(20_240_000_000) => {
                        Some(json!({ "t": 20_100_000_000_u64, "link": "closed", "code": 1006 }))
                    }
                    Some(22_100_000_000) => Some(json!({ "t": 21_900_000_000_u64, "link": "open" })),
                    _ => None,
                };
                before.into_iter().chain([value])
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let tool = Tool::new();
        tool.write("thor-cutover.toml", &configuration(shape, ""));
        tool.write("r.ndjson", &sorted(&text));
        let said = tool.run(&["replay", "--config", "thor-cutover.toml", "r.ndjson", "--format", "json"]);
        let report = said.exits(code).json();
        if code == 1 {
            let findings = report["features"][0]["findings"].as_array().unwrap();
            let name = findings.iter().find(|finding| finding["field"] == "/name").expect("the stale field");
            assert_eq!((&name["rest"], &name["ws"]), (&"\"after\"".into(), &"\"before\"".into()));
        }
    }
}

/// The lines in the order of their times, the header first.
fn sorted(text: &str) -> String {
    let mut lines: Vec<(u64, &str)> = text
        .lines()
        .map(|line| (serde_json::from_str::<Value>(line).unwrap()["t"].as_u64().unwrap_or(0), line))
        .collect();
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().map(|(_, line)| format!("{line}\n")).collect()
}

#[test]
fn a_list_of_envelopes_that_nobody_takes_apart_is_named() {
    let plain = Shape { socket: "", ..*shape("a list of envelopes") };
    let said = replay(&plain, |second| (plain.frames)(second, &state(second))).exits(3);
    assert!(said.out.contains("each = \\\"\\\"") && said.out.contains("a list"), "{}", said.out);
}

/// A stream that says what is gone is held to it, whether or not the configuration calls REST complete.
#[test]
fn a_removal_that_never_came_is_found() {
    const GONE: &str = "removed = { types = [\"closed\"], where = { \"/quantity\" = 0 } } }";
    for (complete, carries) in [
        ("rest = { complete = true }\n", "upsert"),
        ("", "upsert"),
        ("", "merge"),
        ("rest = { complete = false }\n", "upsert"),
    ] {
        let feature = format!(
            "key = [\"/s\"]\n{complete}ws = {{ types = [\"pos\"], select = \"/data\", carries = \"{carries}\", every = \"1s\", {GONE}"
        );
        let shape = Shape {
            feature: feature.leak(),
            rest: |held| {
                let mut rows = (shape("an envelope an entity").rest)(held);
                if (held[0].price - 10_000) / 3 < 20 {
                    rows.as_array_mut().unwrap().push(json!({ "s": "DDD", "price": "5.00", "quantity": 5 }));
                }
                rows
            },
            ..*shape("an envelope an entity")
        };
        let may_be_listed_in_part = complete.contains("false");
        for (closing, code) in [
            (json!({ "type": "closed", "data": { "s": "DDD" } }), 0),
            (json!({ "type": "closed", "data": [{ "s": "DDD" }] }), 0),
            (json!({ "type": "pos", "data": { "s": "DDD", "price": "5.00", "quantity": "0.00" } }), 0),
            (json!({ "type": "other" }), i32::from(!may_be_listed_in_part)),
        ] {
            let frames = |second: u64| {
                let mut frames = (shape.frames)(second, &state(second));
                match second {
                    0 => frames.push(
                        json!({ "type": "pos", "data": { "s": "DDD", "price": "5.00", "quantity": 5 } })
                            .to_string(),
                    ),
                    20 => frames.push(closing.to_string()),
                    _ => {}
                }
                frames
            };
            let report = replay(&shape, frames).exits(code).json();
            let found = kinds(&report);
            assert_eq!(
                found.iter().any(|kind| kind == "missing_in_rest" || kind == "dropped_push"),
                code == 1,
                "{complete} {carries} {closing} {found:?}"
            );
        }
    }
}

/// What is moved between a handshake and the last answer to what is said first was not asked for yet; a recording
/// that does not tell the two apart is judged by the handshake.
#[test]
fn a_gap_lasts_until_what_is_said_first_is_answered() {
    let shape = shape("an envelope an entity");
    let second = |tenths: u64| tenths * 100_000_000;
    for (is_told, heals, code) in [(true, true, 0), (false, true, 1), (true, false, 1)] {
        let mut text = recording(shape, |now| match now {
            20..=22 => Vec::new(),
            _ if heals => (shape.frames)(now, &state(now)),
            _ => (shape.frames)(now, &state(now.min(19))),
        });
        let opening = if is_told {
            json!({ "t": second(202), "link": "open", "ready": false })
        } else {
            json!({ "t": second(202), "link": "open" })
        };
        text.push_str(&format!(
            "{}\n{opening}\n",
            json!({ "t": second(200), "link": "closed", "code": 1006 })
        ));
        if is_told {
            text.push_str(&format!("{}\n", json!({ "t": second(230), "link": "open" })));
        }
        let tool = Tool::new();
        tool.write("thor-cutover.toml", &configuration(shape, ""));
        tool.write("r.ndjson", &sorted(&text));
        let said = tool.run(&["replay", "--config", "thor-cutover.toml", "r.ndjson", "--format", "json"]);
        let report = said.exits(code).json();
        assert_eq!(report["connection"]["opened"], 2, "{report:#}");
    }
}

/// What begins by a recording of another channel says so, and what it cannot know.
#[test]
fn init_keeps_what_pushed() {
    let shape = shape("an envelope an entity");
    let features = |socket: Option<&str>| {
        let mut settings = thor_cutover::settings::of_text(
            &configuration(shape, ""),
            std::path::Path::new("thor-cutover.toml"),
        )
        .unwrap();
        settings.features.iter_mut().for_each(|feature| feature.socket = socket.map(str::to_owned));
        settings.features
    };
    for (name, transport, url, written, said) in [
        (None, None, "http://localhost:9000/events", "transport = \"sse\"", "header_env"),
        (None, Some("sse"), "https://localhost:9000/events", "transport = \"sse\"", "header_env"),
        (
            None,
            Some("command"),
            "ws://localhost:9000/ws/",
            "command = [\"THE_PROGRAM\"]",
            "[socket] was a program",
        ),
        (Some("side"), None, "http://localhost:9000/events", "transport = \"sse\"", "header_env"),
        (
            Some("side"),
            Some("command"),
            "ws://localhost:9000/",
            "command = [\"THE_PROGRAM\"]",
            "[sockets.side] was a program",
        ),
    ] {
        let tool = Tool::new();
        let recorded = recording(shape, |second| (shape.frames)(second, &state(second)));
        let recorded = match name {
            Some(name) => recorded.replace(",\"ws_text\":", &format!(",\"socket\":\"{name}\",\"ws_text\":")),
            None => recorded,
        };
        let (header, lines) = recorded.split_once('\n').unwrap();
        let mut header: Value = serde_json::from_str(header).unwrap();
        header["config"] = json!({ "features": features(name) });
        header["rest_url"] = "http://localhost:9000/".into();
        match name {
            Some(name) => header["sockets"] = json!({ name: url }),
            None => header["ws_url"] = url.into(),
        }
        if let Some(transport) = transport {
            header["transports"] = json!({ name.unwrap_or_default(): transport });
        }
        tool.write("r.ndjson", &format!("{header}\n{lines}"));
        let init = tool.run(&["init", "--yes", "--from", "r.ndjson"]).exits(0);
        assert!(init.err.contains(said), "{url}: {}", init.err);
        let file = tool.read("thor-cutover.toml");
        assert!(file.contains(&format!("\n{written}\n")), "{url}: {file}");
        tool.write("thor-cutover.toml", &thor_cutover::commands::init::accepted(&file));
        tool.run(&["status"]).exits(0);
    }
}

/// One lost message, and REST moved while it was missing: the next message heals it, and the number tells.
#[test]
fn a_hole_in_which_rest_moved_is_no_go() {
    let shape = shape("numbered");
    let frames = |second: u64| (shape.frames)(second, &state(second));
    let report =
        replay(shape, |second| if second == 31 { Vec::new() } else { frames(second) }).exits(1).json();
    let gate = report["features"][0]["gates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|gate| gate["code"] == "dropped-push")
        .unwrap();
    assert!(gate["value"].as_str().unwrap().contains("1 sequence_gap, 1 of them while REST moved"), "{gate}");
    let finding = report["features"][0]["findings"].as_array().unwrap();
    let hole = finding.iter().find(|it| it["kind"] == "sequence_gap").unwrap();
    assert!(hole["ws"].as_str().unwrap().ends_with("and REST moved meanwhile"), "{hole}");
}

#[test]
fn a_message_without_its_number_is_counted() {
    let shape = shape("numbered");
    let without = |is_it: fn(u64) -> bool, value: Option<Value>| {
        replay(shape, move |second| {
            let frames = (shape.frames)(second, &state(second)).into_iter().map(|frame| {
                let mut frame: Value = serde_json::from_str(&frame).unwrap();
                if is_it(second) {
                    match &value {
                        Some(value) => frame["u"] = value.clone(),
                        None => drop(frame.as_object_mut().unwrap().remove("u")),
                    }
                }
                frame.to_string()
            });
            frames.collect()
        })
    };
    let noted = |report: &Value| {
        let notes = report["features"][0]["notes"].as_array().unwrap().clone();
        notes
            .into_iter()
            .find(|note| note["kind"] == "unnumbered")
            .map(|note| note["count"].as_u64().unwrap())
    };
    let whole = without(|_| false, None).exits(0).json();
    assert_eq!(noted(&whole), None);
    for odd in
        [None, Some(Value::Null), Some("x".into()), Some((-1).into()), Some(json!(1.5)), Some(json!({}))]
    {
        // the last seconds, so that no hole opens
        let report = without(|second| second >= 35, odd).exits(0).json();
        assert_eq!(noted(&report), Some(5));
    }
    let none = without(|_| true, None).exits(3);
    assert!(none.out.contains("none of 40 messages has the number"), "{}", none.out);
}
