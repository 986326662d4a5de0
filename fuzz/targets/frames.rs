//! What a WebSocket frame says: inflated, taken apart into events, each with its type; parts made whole.
//!
//! The first byte chooses how a server sends. Nothing panics, no text is longer than its limit. A frame has events where it
//! is JSON and only there, each of them is JSON and has the type that it has alone. What was merged is what merging trees
//! gives, and what is said to be gone was in the message.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use serde_json::value::RawValue;
use thor_cutover::frames::{EntityReader, event_type, for_each_event, inflated, parsed};
use thor_cutover::json::grammar::is_json;
use thor_cutover::json::pointer::Pointer;
use thor_cutover::model::feature::{Feature, WsSource};
use thor_cutover::model::routing::Routing;

/// What a frame may be inflated to.
const LIMIT: usize = 1 << 16;

fuzz_target!(|input: (u8, &[u8])| {
    let (how, frame) = input;
    let Ok(text) = inflated(frame, LIMIT) else { return };
    assert!(text.len() <= LIMIT.max(frame.len()));
    let routing = routing(how);
    let mut events = Vec::new();
    let read = for_each_event(&routing, &text, |kind, event| {
        events.push((kind.map(str::to_owned), event.to_owned()));
    });
    let is_document = serde_json::from_str::<&RawValue>(&text).is_ok();
    assert_eq!(read.is_ok(), is_document);
    if !is_document {
        assert!(events.is_empty());
        return;
    }
    assert!(is_json(&parsed(&routing, &text)));
    if routing.each.is_none() {
        assert_eq!(events.len(), 1);
    }
    let feature = merging();
    let mut reader = EntityReader::of(&feature);
    let mut known = BTreeMap::new();
    for (kind, event) in &events {
        assert!(is_json(event), "{event}");
        assert_eq!(event_type(&routing, event).as_deref(), kind.as_deref(), "{event}");
        merged(&mut reader, &feature.ws[0], event, &mut known);
    }
});

fn routing(how: u8) -> Routing {
    let pointer = |text: &str| text.parse::<Pointer>().expect("a pointer");
    let kinds = ["/type", "", "/0", "/data/kind"];
    let lists = [None, Some(""), Some("/data"), Some("/updates/*/values")];
    let strings = [None, Some("/data"), Some("")];
    let (kind, how) = (kinds[usize::from(how) % kinds.len()], usize::from(how) / kinds.len());
    let (each, how) = (lists[how % lists.len()], how / lists.len());
    Routing { kind: pointer(kind), each: each.map(pointer), parse: strings[how % strings.len()].map(pointer) }
}

/// A feature whose entities come in parts.
fn merging() -> Feature {
    let feature = serde_json::json!({
        "name": "book", "order": 1, "flag": "WS", "frontend_flag": null, "key": ["/s"],
        "rest": { "path": "/", "select": "", "every": "1s" },
        "ws": [{ "types": ["*"], "select": "", "carries": "merge", "delivery": "periodic", "every": "1s" }],
        "rest_only": [], "ws_only": [], "push_delay": "1s", "rest_staleness": "1s", "rules": [], "timers": [], "endpoints": [],
    });
    serde_json::from_value(feature).expect("a feature")
}

/// Takes an event as a part, and holds what comes of it against trees.
fn merged(reader: &mut EntityReader, source: &WsSource, event: &str, known: &mut BTreeMap<String, Value>) {
    let part = serde_json::from_str::<Value>(event).ok().filter(are_told_apart);
    let (Ok(told), Some(part)) = (reader.take(source, "", event), part) else {
        // Beyond a tree: too deep, or a number beyond a double. What was known may be another by now.
        known.clear();
        *reader = EntityReader::of(&merging());
        return;
    };
    assert!(is_json(&told.text), "{}", told.text);
    assert!(told.gone.is_empty(), "nothing says that anything is gone");
    let expected = match part {
        Value::Array(parts) => Value::Array(parts.into_iter().map(|part| of_trees(part, known)).collect()),
        part => of_trees(part, known),
    };
    let whole: Value = serde_json::from_str(&told.text).expect("parts of what was read");
    assert_eq!(whole, expected);
}

/// Whether every key is a text: of others only the writing counts, which a tree has forgotten.
fn are_told_apart(part: &Value) -> bool {
    let is_text = |part: &Value| matches!(part.get("s"), None | Some(Value::Null | Value::String(_)));
    part.as_array().map_or_else(|| is_text(part), |parts| parts.iter().all(is_text))
}

fn of_trees(part: Value, known: &mut BTreeMap<String, Value>) -> Value {
    let Some(Value::String(key)) = part.get("s") else { return part };
    let whole = known.entry(key.clone()).or_insert(Value::Null);
    merge(whole, part);
    whole.clone()
}

fn merge(known: &mut Value, part: Value) {
    match (known, part) {
        (Value::Object(known), Value::Object(part)) => {
            for (name, value) in part {
                merge(known.entry(name).or_insert(Value::Null), value);
            }
        }
        (known, part) => *known = part,
    }
}
