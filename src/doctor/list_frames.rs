//! By which place frames are told apart that are lists whose places have a meaning. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

/// The text that stands nearest to what such frames carry, those before it first: `[…, "room", "event", {…}]`,
/// `[2, "id", "Action", {…}]`, `[340, {…}, "ticker", "XBT"]`. With how often each text stands there; `None` where most
/// frames are none.
pub fn routed_by_place(frames: &[Value]) -> Option<(String, BTreeMap<String, usize>)> {
    let lists: Vec<&Vec<Value>> = frames.iter().filter_map(Value::as_array).collect();
    if lists.len() * 2 <= frames.len() {
        return None;
    }
    let carried = |list: &&Vec<Value>| list.iter().rposition(|item| item.is_object() || item.is_array());
    let mut places: BTreeMap<usize, usize> = BTreeMap::new();
    lists.iter().filter_map(carried).for_each(|place| *places.entry(place).or_default() += 1);
    let (payload, _) = places.into_iter().max_by_key(|(_, count)| *count)?;
    let longest = lists.iter().map(|list| list.len()).max()?;
    let before = (0..payload).rev();
    before.chain(payload + 1..longest).find_map(|place| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for list in &lists {
            if let Some(text) = list.get(place).and_then(Value::as_str).filter(|text| is_word(text)) {
                *counts.entry(text.to_owned()).or_default() += 1;
            }
        }
        let all: usize = counts.values().sum();
        let recurs = counts.len() <= all.div_ceil(2) || frames.len() < 4;
        (all * 2 > frames.len() && recurs).then(|| (format!("/{place}"), counts))
    })
}

/// No number of a message, which is often written as a text.
fn is_word(text: &str) -> bool {
    text.len() <= 64 && text.chars().any(char::is_alphabetic)
}
