//! The digest of what a judgment depends on: evidence earned under one digest is none under another.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

use crate::model::feature::Feature;
use crate::model::text::hex;

/// Keys of a feature that no comparison reads: editing them must not lapse evidence.
const INFORMATIVE: [&str; 6] = ["order", "flag", "frontend_flag", "timers", "endpoints", "sessions"];

/// SHA-256, in hex, of the canonical JSON of the features' judging parts, whatever order they come in.
pub fn digest(features: &[Feature]) -> String {
    let mut features: Vec<&Feature> = features.iter().collect();
    features.sort_by(|a, b| a.name.cmp(&b.name));
    hex_of(&Value::Array(features.into_iter().map(judging_part).collect()))
}

/// [`digest`] of one feature.
pub fn digest_one(feature: &Feature) -> String {
    digest(std::slice::from_ref(feature))
}

/// What the digest is made of, key by key as a person writes them (`rest.path`, `rules./price`), each as JSON: to
/// name what differs where two digests do.
pub fn keys(feature: &Feature) -> BTreeMap<String, String> {
    fn flatten(key: &str, value: &Value, into: &mut BTreeMap<String, String>) {
        let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
        match value {
            Value::Object(map) if !map.is_empty() => {
                map.iter().for_each(|(name, value)| flatten(&below(name), value, into));
            }
            Value::Array(rules) if key == "rules" => {
                for rule in rules {
                    let field = ["field", "rest", "ws"].iter().find_map(|name| rule.get(name)?.as_str());
                    into.insert(below(field.unwrap_or("")), canonical(rule));
                }
            }
            other => {
                into.insert(key.to_owned(), canonical(other));
            }
        }
    }
    let mut keys = BTreeMap::new();
    flatten("", &judging_part(feature), &mut keys);
    keys
}

/// The feature without what is informative, where rules were written and why, and the order of its sets.
fn judging_part(feature: &Feature) -> Value {
    let mut value = serde_json::to_value(feature).expect("a feature is plain data with text keys");
    let Value::Object(map) = &mut value else { return value };
    for key in INFORMATIVE {
        map.remove(key);
    }
    if let Some(Value::Object(rest)) = map.get_mut("rest") {
        rest.remove("auth");
        if let Some(Value::Object(post)) = rest.get_mut("post") {
            post.remove("reads");
        }
    }
    if let Some(Value::Array(rules)) = map.get_mut("rules") {
        for rule in rules.iter_mut().filter_map(Value::as_object_mut) {
            rule.remove("origin");
            rule.remove("reason");
        }
    }
    for key in ["rest_only", "ws_only", "rules"] {
        if let Some(Value::Array(items)) = map.get_mut(key) {
            items.sort_by_cached_key(canonical);
        }
    }
    value
}

fn hex_of(value: &Value) -> String {
    hex(&Sha256::digest(canonical(value)))
}

/// JSON with sorted keys and no blanks, however the map type orders them.
fn canonical(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<_> =
                    map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(Map::from_iter(entries))
            }
            Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
            other => other.clone(),
        }
    }
    sorted(value).to_string()
}
