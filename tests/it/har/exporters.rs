//! What exporters write that the format does not say: as seen in files of Chromium 148, Playwright 1.65 and Firefox.

use serde_json::{Value, json};

use super::page::{Page, message, socket};
use super::{entries, notes, polls, replay, spoiled};

/// Chromium reckons the times of a connection that it refused to open from nothing: seconds since the machine's start.
#[test]
fn an_attempt_without_a_time_is_told_and_is_no_part_of_the_run() {
    let report = spoiled(|har| {
        let mut refused = socket(40, "ws://thor.example/ws/", &[], None);
        refused["startedDateTime"] = "1969-12-31T23:59:59.000Z".into();
        refused["time"] = 1_124_904.44.into();
        refused["timings"] = json!({ "blocked": -1, "dns": -1, "connect": -1, "send": 0, "wait": 1_124_904.4, "receive": 0.04 });
        refused["request"]["method"] = "".into();
        refused["response"]["status"] = 0.into();
        let why = "Error in connection establishment: net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS";
        refused["_webSocketMessages"] =
            json!([{ "type": "error", "time": 1123.904401, "opcode": -1, "data": why }]);
        entries(har).insert(0, refused);
    });
    let report = report.exits(0).json();
    let told = notes(&report);
    assert!(
        told.contains("1 attempts to connect failed at no known time")
            && told.contains("ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"),
        "{told}"
    );
    assert!(report["seconds"].as_f64() < Some(61.0), "{report:#}");
}

/// A refused handshake is told in the socket's only message; that it came at all is no message of the server's.
#[test]
fn why_a_handshake_failed_is_said() {
    let why = "Error during WebSocket handshake: Unexpected response code: 404";
    let chromium: fn(&mut Value) = |har| {
        let mut error =
            message(60_100, "error", "Error during WebSocket handshake: Unexpected response code: 404");
        error["opcode"] = json!(-1);
        let mut refused = socket(60_050, "wss://thor.example/ws/", &[error], None);
        refused["response"]["status"] = 0.into();
        entries(har).push(refused);
    };
    let playwright: fn(&mut Value) = |har| {
        let mut refused = socket(60_050, "wss://thor.example/ws/", &[], None);
        refused.as_object_mut().unwrap().remove("_webSocketMessages");
        refused["response"] = json!({
            "status": -1, "content": { "size": -1, "mimeType": "x-unknown" },
            "_failureText": "Error during WebSocket handshake: Unexpected response code: 404",
        });
        refused["time"] = json!(-1);
        refused["timings"] = json!({ "send": -1, "wait": -1, "receive": -1 });
        entries(har).push(refused);
    };
    for spoil in [chromium, playwright] {
        let report = spoiled(spoil).json();
        let told = notes(&report);
        assert!(told.contains("1 attempts to connect failed: ") && told.contains(why), "{told}");
        let connection = &report["connection"];
        assert_eq!((&connection["opened"], &connection["failed_attempts"]), (&json!(1), &json!(1)));
    }
}

/// Playwright: what failed has a word of its own, and what had no answer when the log ended has no `receive`.
#[test]
fn a_request_that_failed_is_told_from_one_that_was_given_up() {
    let failed = spoiled(|har| {
        for it in polls(har).take(4) {
            it["response"] = json!({ "status": -1, "content": { "size": -1 }, "_failureText": "net::ERR_CONNECTION_REFUSED" });
        }
    });
    let failed = failed.json();
    assert_eq!(failed["features"][0]["rest_errors"], 4, "{failed:#}");
    assert!(failed.to_string().contains("ERR_CONNECTION_REFUSED"), "{failed:#}");
    let unfinished = spoiled(|har| {
        let last = polls(har).last().unwrap();
        last["timings"]["receive"] = json!(-1);
        last["response"]["content"].as_object_mut().unwrap().remove("text");
    });
    let report = unfinished.exits(0).json();
    assert_eq!(report["features"][0]["rest_errors"], 0, "{report:#}");
    assert!(
        notes(&report).contains("1 requests were given up by the page, or had no answer yet"),
        "{report:#}"
    );
}

/// Firefox says of its own answers what it says of a 304: only one of them was waited for.
#[test]
fn an_answer_of_firefox_own_proves_nothing() {
    let cached = spoiled(|har| {
        for it in polls(har).step_by(2) {
            it["cache"] = json!({ "afterRequest": null });
            it["timings"] =
                json!({ "blocked": 0, "dns": 0, "connect": 0, "ssl": 0, "send": 0, "wait": 0, "receive": 0 });
        }
    });
    let cached = cached.json();
    assert!(notes(&cached).contains("from the browser's cache"), "{cached:#}");
    let whole = replay(&Page::default()).json();
    let asked_anew = spoiled(|har| {
        for it in polls(har).step_by(2) {
            it["cache"] = json!({ "afterRequest": { "expires": "", "lastFetched": "", "eTag": "", "fetchCount": "3" } });
        }
    });
    let asked_anew = asked_anew.exits(0).json();
    assert_eq!(asked_anew["features"][0]["samples"], whole["features"][0]["samples"]);
    assert!(cached["features"][0]["samples"].as_u64() < whole["features"][0]["samples"].as_u64());
}
