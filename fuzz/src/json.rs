//! A tree of a JSON text made by the cursor alone, to hold against serde_json's.

use serde_json::{Map, Value};
use thor_cutover::json::cursor::{Cursor, Malformed, Shape, unescape};
use thor_cutover::json::pointer::Pointer;

/// What serde_json builds no tree of, and neither is one built here.
pub const MAX_DEPTH: usize = 100;

/// The value at the cursor; numbers are read by serde_json from the text that the cursor gives.
pub fn tree(cursor: &mut Cursor<'_>, depth: usize) -> Result<Value, Malformed> {
    if depth > MAX_DEPTH {
        return cursor.skip().map(|_| Value::Null);
    }
    match cursor.shape()? {
        Shape::Object => {
            cursor.enter();
            let mut members = Map::new();
            let mut first = true;
            while let Some((name, _)) = cursor.member(first)? {
                first = false;
                members.insert(unescape(name).into_owned(), tree(cursor, depth + 1)?);
            }
            Ok(Value::Object(members))
        }
        Shape::Array => {
            cursor.enter();
            let mut elements = Vec::new();
            while cursor.element(elements.is_empty())? {
                elements.push(tree(cursor, depth + 1)?);
            }
            Ok(Value::Array(elements))
        }
        Shape::String => cursor.string().map(|(content, _)| unescape(content).into_owned().into()),
        _ => Ok(serde_json::from_str(cursor.bare()).unwrap_or(Value::Null)),
    }
}

/// Pointers to some of what a tree holds, each with what it names.
pub fn places(tree: &Value, limit: usize) -> Vec<(Pointer, &Value)> {
    let mut places = vec![(Pointer::root(), tree)];
    let mut next = 0;
    while next < places.len() && places.len() < limit {
        let (pointer, value) = places[next].clone();
        next += 1;
        match value {
            Value::Object(members) => {
                places.extend(members.iter().map(|(name, value)| (pointer.join(name), value)));
            }
            Value::Array(elements) => {
                let indexed = elements.iter().enumerate();
                places.extend(indexed.map(|(index, value)| (pointer.join(&index.to_string()), value)));
            }
            _ => {}
        }
    }
    places.truncate(limit);
    places
}
