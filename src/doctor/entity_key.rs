//! By which field the entities of heard messages are told apart. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::json::pointer::Pointer;

/// Names under which entities say who they are.
const KEY_NAMES: [&str; 10] =
    ["symbol", "id", "key", "path", "name", "code", "s", "uuid", "entity_id", "ticker"];

/// Whether entities say under this name who they are.
pub fn is_key_name(name: &str) -> bool {
    KEY_NAMES.contains(&name)
}

/// A field that no two entities of a message share, and that says the same things again and again.
pub fn key_of(messages: &[Vec<&Value>]) -> Option<String> {
    if messages.iter().flatten().all(|entity| entity.is_array()) {
        return key_of_pairs(messages);
    }
    let names: BTreeSet<&String> = messages
        .iter()
        .flatten()
        .filter_map(|entity| entity.as_object())
        .flat_map(serde_json::Map::keys)
        .collect();
    let tells_apart = |name: &&String| {
        messages.iter().all(|entities| {
            let texts: Option<Vec<String>> =
                entities.iter().map(|entity| scalar(entity.get(name.as_str())?)).collect();
            texts.is_some_and(|texts| texts.iter().collect::<BTreeSet<_>>().len() == texts.len())
        })
    };
    let recurs = |name: &str| {
        let all: Vec<String> =
            messages.iter().flatten().filter_map(|entity| scalar(entity.get(name)?)).collect();
        let distinct = all.iter().collect::<BTreeSet<_>>().len();
        messages.len() < 2 || distinct * 2 <= all.len()
    };
    let rank = |name: &str| KEY_NAMES.iter().position(|known| *known == name).unwrap_or(KEY_NAMES.len());
    let several = messages.iter().any(|entities| entities.len() > 1);
    let found = names
        .into_iter()
        .filter(tells_apart)
        .filter(|name| recurs(name))
        .min_by_key(|name| (rank(name), name.len(), (*name).clone()))?;
    // Of one entity a message, only what is called a key is one.
    (several || rank(found) < KEY_NAMES.len()).then(|| Pointer::root().join(found).to_string())
}

/// Pairs such as a price and a quantity: their first, where no two of a message share it.
fn key_of_pairs(messages: &[Vec<&Value>]) -> Option<String> {
    let are_keys = messages.iter().all(|pairs| {
        let firsts: Option<BTreeSet<String>> = pairs.iter().map(|pair| scalar(pair.get(0)?)).collect();
        firsts.is_some_and(|firsts| firsts.len() == pairs.len())
    });
    (are_keys && messages.iter().any(|pairs| pairs.len() > 1)).then(|| "/0".to_owned())
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}
