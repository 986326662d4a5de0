//! By what the heard messages could be routed, and what could be written: proposals, for a person to accept. Pure.
//!
//! A member that most messages have, with few different texts, is what they are routed by; the outermost list of objects,
//! or else the object with most members, is what they carry; fields that no two of its objects share are its key.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde_json::Value;

use super::embedded::read_inside;
use super::entity_key::{is_key_name, key_of};
use super::list_frames::routed_by_place;
use crate::json::pointer::{Pointer, escaped};
use crate::model::text::counted;
use crate::model::text::{cut, visible};
use crate::secrets::redacted;

/// Messages that are kept to find out, and the bytes of them.
const KEPT: usize = 200;
const KEPT_BYTES: usize = 2 << 20;
/// How deep a message is looked into.
const DEEPEST: usize = 3;
/// What servers write between several messages of a frame, or after each.
const SEPARATORS: [char; 3] = ['\u{1e}', '\n', '\0'];
/// Texts of a type that are told.
const TOLD: usize = 6;

/// Names under which servers say of which type a message is, the usual first.
const TYPE_NAMES: [&str; 14] = [
    "type", "event", "method", "stream", "topic", "channel", "kind", "action", "op", "msg", "e", "t",
    "table", "name",
];

/// What was heard, as far as it is kept.
#[derive(Debug, Default)]
pub struct Routes {
    frames: Vec<Value>,
    bytes: usize,
    heard: u64,
    /// The first one that is no JSON.
    unreadable: Option<String>,
}

/// What could be written.
#[derive(Debug, PartialEq, Eq)]
pub struct RouteProposal {
    /// By what the messages could be routed, with counts.
    pub counted: String,
    /// As a person would write it; empty where nothing was found.
    pub written: String,
}

impl Routes {
    pub fn take(&mut self, frame: &str) {
        self.heard += 1;
        if self.frames.len() < KEPT && self.bytes + frame.len() <= KEPT_BYTES {
            self.bytes += frame.len();
            match serde_json::from_str::<Value>(frame) {
                Ok(value) => self.frames.push(value),
                Err(_) if self.unreadable.is_none() => self.unreadable = Some(frame.to_owned()),
                Err(_) => {}
            }
        }
    }

    /// How a frame begins, where none is JSON.
    pub fn first_unreadable(&self) -> Option<String> {
        let first = self.unreadable.as_deref().filter(|_| self.frames.is_empty())?;
        Some(cut(&visible(&redacted(first)), 60))
    }

    /// What stands between the messages of such a frame.
    pub fn separator(&self) -> Option<char> {
        let frame = self.unreadable.as_deref()?;
        SEPARATORS.into_iter().find(|separator| {
            let mut parts = frame.split(*separator).filter(|part| !part.trim().is_empty()).peekable();
            parts.peek().is_some() && parts.all(|part| serde_json::from_str::<IgnoredAny>(part).is_ok())
        })
    }

    /// `None` where nothing was heard that is JSON.
    pub fn propose(&self) -> Option<RouteProposal> {
        if self.frames.is_empty() {
            return None;
        }
        if let Some((name, frames)) = read_inside(&self.frames) {
            let parse = format!("parse = {}", quoted(&Pointer::root().join(&name).to_string()));
            let read = Self { frames, heard: self.heard, ..Self::default() };
            return read.proposed(vec![parse]);
        }
        self.proposed(Vec::new())
    }

    /// With what `[socket]` says already.
    fn proposed(&self, mut socket: Vec<String>) -> Option<RouteProposal> {
        let list = self.list_of_events();
        if let Some(each) = &list {
            socket.push(format!("each = {}", quoted(each)));
        }
        let events: Vec<Value> = match &list {
            Some(each) => self.frames.iter().flat_map(|frame| taken_apart(frame, each)).collect(),
            None => self.frames.clone(),
        };
        // An event that was taken apart stands where its list was.
        let taken = list.as_deref().filter(|each| !each.is_empty()).map(|each| each.replace("/*", ""));
        let Some((kind, counts)) = routed_by_place(&events).or_else(|| routed_by(&events)) else {
            let names = names_of(&events);
            let feature = feature("*", &events.iter().collect::<Vec<_>>(), None, taken.as_deref());
            socket.push("type = \"\"".to_owned());
            return Some(RouteProposal {
                counted: format!(
                    "{}, no member tells them apart; names: {names}",
                    counted(self.heard, "frame", "frames")
                ),
                written: format!("[socket] {}; {feature}", socket.join(", ")),
            });
        };
        if kind != "/type" {
            socket.push(format!("type = {}", quoted(&kind)));
        }
        let mut told: Vec<(&String, &usize)> = counts.iter().collect();
        told.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
        let shown: Vec<String> = told
            .iter()
            .take(TOLD)
            .map(|(name, count)| format!("{count} {}", cut(&visible(name), 40)))
            .collect();
        let without = events.len() - counts.values().sum::<usize>();
        let without = if without > 0 { format!(", {without} without") } else { String::new() };
        let features: Vec<String> = told
            .iter()
            .filter_map(|(name, _)| {
                let ours: Vec<&Value> =
                    events.iter().filter(|event| text_at(event, &kind).as_ref() == Some(name)).collect();
                let carries = ours.iter().any(|event| !places(event, Some(&kind)).is_empty());
                carries.then(|| feature(name, &ours, Some(&kind), taken.as_deref()))
            })
            .take(3)
            .collect();
        let socket =
            if socket.is_empty() { String::new() } else { format!("[socket] {}; ", socket.join(", ")) };
        Some(RouteProposal {
            counted: format!(
                "{}, by {kind}: {}{without}",
                counted(self.heard, "frame", "frames"),
                shown.join(", ")
            ),
            written: format!("{socket}{}", features.join("; or ")).trim_end_matches("; ").to_owned(),
        })
    }

    /// Where frames have several events: the frame itself, or a list whose objects have a type of their own.
    fn list_of_events(&self) -> Option<String> {
        let lists = self.frames.iter().filter(|frame| frame.is_array()).count();
        let objects_only = |frame: &Value| {
            frame.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(Value::is_object))
        };
        if lists * 2 > self.frames.len()
            && self.frames.iter().filter(|frame| objects_only(frame)).count() * 2 > lists
        {
            return Some(String::new());
        }
        // A list of changes, each with a list of its own, as Signal K has it.
        let nested = |frame: &Value| -> Option<String> {
            frame.as_object()?.iter().find_map(|(name, value)| {
                let inner = value.as_array()?.first()?.as_object()?;
                let list = |value: &Value| {
                    value.as_array().is_some_and(|all| all.first().is_some_and(Value::is_object))
                };
                let (below, _) = inner.iter().find(|(_, value)| list(value))?;
                Some(format!("{}/*/{}", Pointer::root().join(name), escaped(below)))
            })
        };
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        self.frames.iter().filter_map(nested).for_each(|each| *found.entry(each).or_default() += 1);
        let (each, count) = found.into_iter().max_by_key(|(_, count)| *count)?;
        (count * 2 > self.frames.len()).then_some(each)
    }
}

/// What a feature of this type could say. `taken`: where the entities are, where that is known.
fn feature(kind: &str, events: &[&Value], routed: Option<&str>, taken: Option<&str>) -> String {
    let mut votes: BTreeMap<String, usize> = BTreeMap::new();
    for place in events.iter().filter_map(|event| places(event, routed).into_iter().next()) {
        *votes.entry(place).or_default() += 1;
    }
    let most = votes.into_iter().max_by_key(|(_, count)| *count).map(|(place, _)| place);
    let select = taken.map(str::to_owned).or(most).unwrap_or_default();
    let entities: Vec<Vec<&Value>> = events
        .iter()
        .filter_map(|event| event.pointer(&select))
        .map(|value| value.as_array().map_or_else(|| vec![value], |all| all.iter().collect()))
        .collect();
    let key =
        key_of(&entities).map_or_else(|| "key = []".to_owned(), |key| format!("key = [{}]", quoted(&key)));
    let lists = events.iter().filter_map(|event| event.pointer(&select)).any(Value::is_array);
    let carries = if lists { "" } else { ", carries = \"upsert\"" };
    format!("{key}, ws = {{ types = [{}], select = {}{carries} }}", quoted(kind), quoted(&select))
}

/// The events of a frame, each in the place of its list.
fn taken_apart(frame: &Value, each: &str) -> Vec<Value> {
    let routing = crate::model::routing::Routing {
        each: each.parse().ok(),
        ..crate::model::routing::Routing::default()
    };
    let mut events = Vec::new();
    // What was read as JSON is taken apart.
    let _ = crate::frames::for_each_event(&routing, &frame.to_string(), |_, event| {
        events.extend(serde_json::from_str::<Value>(event));
    });
    events
}

/// The pointer by which the events could be routed, and how often each text stands there.
fn routed_by(events: &[Value]) -> Option<(String, BTreeMap<String, usize>)> {
    let mut found: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for event in events {
        for (place, text) in texts(event, "", 0) {
            let counts = found.entry(place).or_default();
            // What is different in every message is none of it, and need not be counted on.
            if counts.len() <= KEPT {
                *counts.entry(text).or_default() += 1;
            }
        }
    }
    let rank = |place: &str| {
        let name = place.rsplit('/').next().unwrap_or_default();
        TYPE_NAMES.iter().position(|known| *known == name).unwrap_or(TYPE_NAMES.len())
    };
    let names_an_entity = |place: &str| is_key_name(place.rsplit('/').next().unwrap_or_default());
    let fits = |(place, counts): &(String, BTreeMap<String, usize>)| {
        if names_an_entity(place) && rank(place) == TYPE_NAMES.len() {
            return false;
        }
        let all: usize = counts.values().sum();
        let most = all * 2 > events.len();
        let few =
            counts.len() <= 24.min(all.div_ceil(2)) || (events.len() < 4 && rank(place) < TYPE_NAMES.len());
        most && few && (rank(place) < TYPE_NAMES.len() || (counts.len() > 1 && all == events.len()))
    };
    let depth = |place: &str| place.matches('/').count();
    found.into_iter().filter(fits).min_by_key(|(place, counts)| {
        (rank(place) == TYPE_NAMES.len(), depth(place), counts.len() == 1, rank(place), place.clone())
    })
}

/// Short texts of an event, with where they stand: not inside of what lists hold.
fn texts(value: &Value, place: &str, depth: usize) -> Vec<(String, String)> {
    let below = |name: &str, value: &Value| -> Vec<(String, String)> {
        let place = format!("{place}/{}", escaped(name));
        match value {
            Value::String(text) if text.len() <= 64 => vec![(place, text.clone())],
            Value::Number(number) if number.is_u64() && depth == 0 => vec![(place, number.to_string())],
            Value::Object(_) if depth + 1 < DEEPEST => texts(value, &place, depth + 1),
            _ => Vec::new(),
        }
    };
    match value {
        Value::Object(members) => members.iter().flat_map(|(name, value)| below(name, value)).collect(),
        Value::Array(items) if depth == 0 => {
            items.iter().enumerate().flat_map(|(at, value)| below(&at.to_string(), value)).collect()
        }
        _ => Vec::new(),
    }
}

fn text_at(event: &Value, place: &str) -> Option<String> {
    match event.pointer(place)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Where entities could be: lists of objects before objects, outer before inner.
fn places(event: &Value, routed: Option<&str>) -> Vec<String> {
    fn walk(value: &Value, place: &str, depth: usize, into: &mut Vec<(usize, usize, String)>) {
        let is_list = value
            .as_array()
            .is_some_and(|all| all.first().is_some_and(|first| first.is_object() || first.is_array()));
        let has_fields = value.as_object().is_some_and(|members| members.len() > 1);
        if depth > 0 && (is_list || has_fields) {
            into.push((usize::from(!is_list), depth, place.to_owned()));
        }
        if depth < DEEPEST {
            for (name, value) in value.as_object().into_iter().flatten() {
                walk(value, &format!("{place}/{}", escaped(name)), depth + 1, into);
            }
            let items = value.as_array().filter(|_| depth == 0).into_iter().flatten().enumerate();
            for (at, value) in items {
                walk(value, &format!("{place}/{at}"), depth + 1, into);
            }
        }
    }
    let mut found = Vec::new();
    walk(event, "", 0, &mut found);
    found.sort();
    let found: Vec<String> = found.into_iter().map(|(.., place)| place).collect();
    // Without an inner one the message itself is the entity, where it has more than its type.
    let is_flat = found.is_empty()
        && event.as_object().is_some_and(|members| members.len() > 1 + usize::from(routed.is_some()));
    if is_flat { vec![String::new()] } else { found }
}

fn names_of(events: &[Value]) -> String {
    let names: BTreeSet<&String> =
        events.iter().filter_map(Value::as_object).flat_map(serde_json::Map::keys).take(64).collect();
    let names: Vec<String> = names.into_iter().take(8).map(|name| cut(&visible(name), 40)).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(&cut(&visible(text), 80)).expect("a string into memory")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn proposed(frames: impl IntoIterator<Item = Value>) -> RouteProposal {
        let mut routes = Routes::default();
        frames.into_iter().for_each(|frame| routes.take(&frame.to_string()));
        routes.propose().unwrap()
    }

    fn rows(at: u64) -> Value {
        json!([{ "s": "AAA", "price": at.to_string(), "quantity": 1 }, { "s": "BBB", "price": (at * 7).to_string(), "quantity": 1 }])
    }

    #[test]
    fn common_ways_to_push_are_recognised() {
        let ten = 0..10u64;
        type Way = (&'static str, Vec<Value>, &'static str);
        let ways: [Way; 13] = [
            ("envelope", ten.clone().map(|at| json!({ "type": "pos", "data": rows(at) })).collect(), r#"key = ["/s"], ws = { types = ["pos"], select = "/data" }"#),
            (
                "event",
                ten.clone().map(|at| json!({ "event": "pos", "payload": rows(at) })).chain([json!({ "event": "ping" })]).collect(),
                r#"[socket] type = "/event"; key = ["/s"], ws = { types = ["pos"], select = "/payload" }"#,
            ),
            (
                "combined",
                ten.clone().flat_map(|at| ["a@1s", "b@1s"].map(|stream| json!({ "stream": stream, "data": { "s": stream, "p": at.to_string() } }))).collect(),
                r#"[socket] type = "/stream"; key = ["/s"], ws = { types = ["a@1s"], select = "/data", carries = "upsert" }; or key"#,
            ),
            (
                "rpc",
                ten.clone().map(|at| json!({ "jsonrpc": "2.0", "method": "sub", "params": { "channel": "x", "data": rows(at) } })).collect(),
                r#"[socket] type = "/method"; key = ["/s"], ws = { types = ["sub"], select = "/params/data" }"#,
            ),
            (
                "list",
                ten.clone().map(|at| json!([{ "type": "pos", "data": { "s": "AAA", "p": at.to_string() } }, { "type": "beat" }])).collect(),
                r#"[socket] each = ""; key = ["/s"], ws = { types = ["pos"], select = "/data", carries = "upsert" }"#,
            ),
            (
                "phoenix",
                ten.clone().map(|at| json!([null, null, "room:1", "pos", { "s": "AAA", "p": at.to_string() }])).collect(),
                r#"[socket] type = "/3"; key = ["/s"], ws = { types = ["pos"], select = "/4", carries = "upsert" }"#,
            ),
            (
                "phoenix, other entities",
                ten.clone().map(|at| json!(["1", null, "room:x", "tick", { "id": (["A", "B"][at as usize % 2]), "p": at.to_string() }])).collect(),
                r#"[socket] type = "/3"; key = ["/id"], ws = { types = ["tick"], select = "/4", carries = "upsert" }"#,
            ),
            (
                "ocpp",
                ten.clone().map(|at| json!([2, at.to_string(), "Tick", { "id": (["A", "B"][at as usize % 2]), "p": at.to_string() }])).collect(),
                r#"[socket] type = "/2"; key = ["/id"], ws = { types = ["Tick"], select = "/3", carries = "upsert" }"#,
            ),
            (
                "kraken",
                ten.clone().map(|at| json!([340, { "price": at, "qty": 5 }, "ticker", (["A", "B"][at as usize % 2])])).collect(),
                r#"[socket] type = "/2"; key = [], ws = { types = ["ticker"], select = "/1", carries = "upsert" }"#,
            ),
            (
                "bare",
                ten.clone().map(|at| json!({ "id": (["A", "B"][at as usize % 2]), "price": at, "qty": 5 })).collect(),
                r#"[socket] type = ""; key = ["/id"], ws = { types = ["*"], select = "", carries = "upsert" }"#,
            ),
            (
                "coinbase",
                ten.clone().map(|at| json!({ "channel": "ticker", "sequence_num": at, "events": [{ "type": "update", "tickers": [{ "id": (["A", "B"][at as usize % 2]), "p": at }] }] })).collect(),
                r#"[socket] each = "/events/*/tickers", type = "/channel"; key = ["/id"], ws = { types = ["ticker"], select = "/events/tickers", carries = "upsert" }"#,
            ),
            (
                "numbers",
                ten.clone().map(|at| json!({ "t": 42, "d": rows(at) })).chain([json!({ "t": 1 })]).collect(),
                r#"[socket] type = "/t"; key = ["/s"], ws = { types = ["42"], select = "/d" }"#,
            ),
            (
                "signal k",
                ten.clone().map(|at| json!({ "context": "v", "updates": [{ "timestamp": format!("t{at}"), "values": [{ "path": "a", "value": at }, { "path": "b", "value": 1 }] }] })).collect(),
                r#"[socket] each = "/updates/*/values""#,
            ),
        ];
        for (name, frames, expected) in ways {
            let found = proposed(frames);
            assert!(found.written.contains(expected), "{name}: {found:?}");
        }
    }

    #[test]
    fn json_in_strings_and_pairs_are_seen_for_what_they_are() {
        let frames = (0..6).map(|at| json!({ "topic": "pos", "payload": rows(at).to_string(), "qos": 0 }));
        let RouteProposal { written, .. } = proposed(frames);
        assert!(written.starts_with("[socket] parse = \"/payload\", type = \"/topic\"; "), "{written}");
        let pairs =
            (0..6).map(|at| json!({ "stream": "b", "data": { "u": at, "b": [["1.5", "2"], ["1.6", "0"]] } }));
        let RouteProposal { written, .. } = proposed(pairs);
        assert!(written.contains("key = [\"/0\"]") && written.contains("select = \"/data/b\""), "{written}");
    }

    #[test]
    fn frames_are_counted_by_what_they_could_be_routed_by() {
        let frames = (0..9)
            .map(|at| json!({ "event": if at % 3 == 0 { "news" } else { "pos" }, "x": at }))
            .chain([json!({ "hello": 1 })]);
        assert_eq!(proposed(frames).counted, "10 frames, by /event: 6 pos, 3 news, 1 without");
        let nothing = proposed((0..4).map(|at| json!({ "price": at.to_string(), "note": format!("n{at}") })));
        assert!(nothing.counted.contains("no member tells them apart; names: note, price"), "{nothing:?}");
        assert!(
            nothing.written.contains("type = \"\"") && nothing.written.contains("types = [\"*\"]"),
            "{nothing:?}"
        );
        let mut none = Routes::default();
        none.take("no JSON");
        assert_eq!(none.propose(), None);
    }

    #[test]
    fn odd_frames_are_survived_and_bounded() {
        let mut routes = Routes::default();
        for odd in
            ["7", "null", "[]", "{}", "[[]]", "[1,{}]", "\"x\"", "{\"a/b\":{\"~\":\"x\"}}", "{\"type\":null}"]
        {
            routes.take(odd);
        }
        routes.take(&format!("{{\"a\":\"{}\"}}", "x".repeat(3 << 20)));
        routes.take(&format!("{}{}", "[".repeat(5000), "]".repeat(5000)));
        routes.propose();
        (0..1000).for_each(|at| routes.take(&json!({ "type": format!("t{at}") }).to_string()));
        routes.propose();
        assert!(routes.frames.len() <= KEPT);
    }
}
