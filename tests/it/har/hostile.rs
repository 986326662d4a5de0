//! Files that are broken, or made to break the reader: a clear error, never a panic, bounded memory.

use serde_json::{Value, json};

use super::page::{Page, document, log, message, request, socket};
use super::{CONFIGURATION, replay_with};

#[test]
fn what_cannot_be_read_is_an_error_that_says_why() {
    let whole = Page { seconds: 5, ..Page::default() }.har();
    let cut = &whole[..whole.len() / 2];
    let deep = format!("{{\"log\":{{\"entries\":[{{\"x\":{}", "[".repeat(1 << 20));
    let no_time = log(
        "x",
        vec![socket(1, "wss://thor.example/ws/", &[json!({ "type": "receive", "data": "{}" })], None)],
    );
    let mut undated = request(5, "/api/pos", &json!([]));
    undated["startedDateTime"] = "yesterday\u{1b}[2J".into();
    let undated = log("x", vec![undated]).to_string();
    for (text, word) in [
        (cut, "cut off"),
        ("", "cut off"),
        ("{\"log\":{\"entries\":7}}", "a list of entries"),
        ("[1,2]", "log"),
        (&deep, "cut off"),
        (&no_time.to_string(), "has no time"),
        (&undated, "startedDateTime"),
    ] {
        let said = replay_with(CONFIGURATION, text).exits(4);
        assert!(said.err.contains(word) && said.err.contains("HAR"), "{word}: {}", said.err);
        assert!(!said.err.contains("panicked") && !said.err.contains('\u{1b}'), "{}", said.err);
    }
    let nothing = log("x", vec![document()]).to_string();
    let said = replay_with(CONFIGURATION, &nothing).exits(2);
    assert!(said.err.contains("no request of pos (GET /api/pos)"), "{}", said.err);
}

/// Members of another type than the format's, absurd numbers, times that run away: refused or survived.
#[test]
fn absurd_values_do_not_break_it() {
    let spoils: [fn(&mut Value); 12] = [
        |it| it["time"] = json!(1e300),
        |it| it["time"] = json!(-5),
        |it| it["time"] = Value::Null,
        |it| it["timings"] = Value::Null,
        |it| it["timings"] = json!({ "blocked": 1e308, "dns": 1e308 }),
        |it| it["startedDateTime"] = "9999-12-30T00:00:00Z".into(),
        |it| it["startedDateTime"] = "-009999-01-02T00:00:00Z".into(),
        |it| it["response"]["status"] = json!(-1),
        |it| it["response"]["status"] = json!(99_999),
        |it| it["request"]["url"] = "::".into(),
        |it| it["response"]["content"] = json!({ "size": -1e300, "text": "\u{0}", "encoding": "base64" }),
        |it| {
            it["request"]["headers"] =
                json!([{}, { "name": null, "value": null }, { "name": "cookie", "value": ";;=;a" }])
        },
    ];
    for (at, spoil) in spoils.into_iter().enumerate() {
        let mut har: Value = serde_json::from_str(&Page { seconds: 8, ..Page::default() }.har()).unwrap();
        spoil(&mut har["log"]["entries"][4]);
        let said = replay_with(CONFIGURATION, &har.to_string());
        assert!(!said.err.contains("panicked"), "{at}: {}", said.err);
        assert!([0, 1, 3, 4].contains(&said.code), "{at}: {}{}", said.out, said.err);
    }
    for time in [json!(1e308), json!(-1), json!(0), json!("x"), Value::Null] {
        let mut odd = message(100, "receive", "{\"type\":\"pos\"}");
        odd["time"] = time;
        let har = log(
            "x",
            vec![request(5, "/api/pos", &json!([])), socket(1, "wss://thor.example/ws/", &[odd], None)],
        );
        let said = replay_with(CONFIGURATION, &har.to_string());
        assert!(!said.err.contains("panicked") && said.code != 0, "{}", said.err);
    }
}

/// A clock that was set in between: what came last is last, however far away.
#[test]
fn times_that_are_centuries_apart_stay_in_order() {
    let mut har: Value = serde_json::from_str(&Page { seconds: 8, ..Page::default() }.har()).unwrap();
    let entries = har["log"]["entries"].as_array_mut().unwrap();
    let last = entries.iter_mut().rfind(|it| it["request"]["url"].as_str().unwrap().contains("/api/pos"));
    last.unwrap()["startedDateTime"] = "8788-11-23T15:00:00.050Z".into();
    let report = replay_with(CONFIGURATION, &har.to_string()).exits(3).json();
    assert!(report["seconds"].as_f64() > Some(1e10), "{}", report["seconds"]);
}

/// Scripts and pictures of other hosts are read past: their size is nobody's.
#[test]
fn what_is_nobodys_is_not_kept() {
    let mut har: Value = serde_json::from_str(&Page::default().har()).unwrap();
    let big = "x".repeat(4 << 20);
    let script = request(9, "/static/app.js", &json!(big));
    let entries = har["log"]["entries"].as_array_mut().unwrap();
    entries.extend(std::iter::repeat_n(script, 6));
    replay_with(CONFIGURATION, &har.to_string()).exits(0);
}
