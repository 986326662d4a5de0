//! The entities of a message as they are after it: parts made whole, and those that are gone.

use std::borrow::Cow;

use crate::frames::merge::Merger;
use crate::json::cursor::{Cursor, Malformed, Shape, plain_text};
use crate::json::locate::locate;
use crate::json::number::{self, Tolerance};
use crate::json::pointer::Pointer;
use crate::model::feature::{Carries, Delivery, Feature, WsSource};

/// One feature's entities, between its messages.
#[derive(Debug, Default)]
pub struct EntityReader {
    /// The key's fields by the WebSocket's names, in REST's order.
    key: Vec<Pointer>,
    /// Names of fields in REST and on the WebSocket, where they differ.
    renamed: Vec<(Pointer, Pointer)>,
    rest_only: Vec<Vec<String>>,
    merger: Merger,
    /// Whether a source of the feature says parts, so that what the others say whole is what they are merged into.
    merges: bool,
    /// Whether the state of the beginning is known, by REST or by a message that has all of it.
    has_answer: bool,
}

/// What a message says once it is read.
#[derive(Debug, PartialEq)]
pub struct Told<'t> {
    /// A list of entities, or one.
    pub text: Cow<'t, str>,
    /// Places in the list of those that the message takes away.
    pub gone: Vec<usize>,
}

impl EntityReader {
    pub fn of(feature: &Feature) -> Self {
        let rules = || feature.rules.iter().filter(|rule| rule.rest != rule.ws);
        let on_ws = |key: &Pointer| {
            let renamed = rules().find(|rule| rule.rest == *key);
            renamed.map_or_else(|| key.clone(), |rule| rule.ws.clone())
        };
        Self {
            key: feature.key.iter().map(on_ws).collect(),
            renamed: rules().map(|rule| (rule.rest.clone(), rule.ws.clone())).collect(),
            rest_only: feature.rest_only.iter().map(|field| field.tokens().to_vec()).collect(),
            merger: Merger::default(),
            merges: feature.carries() == Carries::Merge,
            has_answer: false,
        }
    }

    /// Whether a source's messages are parts of a state that REST has not told yet: a page asks once before it listens.
    pub fn waits_for_answer(&self, source: &WsSource) -> bool {
        source.carries == Carries::Merge && source.delivery == Delivery::OnChange && !self.has_answer
    }

    /// REST has told its state of the beginning.
    pub fn answered(&mut self) {
        self.has_answer = true;
    }

    /// Whether a source's messages have to be read here at all.
    pub fn concerns(&self, source: &WsSource) -> bool {
        self.merges || source.removed.is_some()
    }

    /// Reads what a message of this type selects.
    ///
    /// # Errors
    /// Where an entity is nested too deep to be merged.
    pub fn take<'t>(
        &mut self,
        source: &WsSource,
        kind: &str,
        selected: &'t str,
    ) -> Result<Told<'t>, Malformed> {
        let takes_all = source.removes(kind);
        let merges = source.carries == Carries::Merge && !takes_all;
        let (parts, is_list) = entities(selected)?;
        if self.merges && source.carries == Carries::Snapshot && !takes_all {
            self.merger.forget_all();
            self.has_answer = true;
        }
        let mut whole: Vec<Cow<'_, str>> = Vec::with_capacity(parts.len());
        let mut gone = Vec::new();
        for (place, part) in parts.into_iter().enumerate() {
            let key = if self.merges { self.key_of(part) } else { None };
            let entity = match &key {
                Some(key) if merges => Cow::Owned(self.merger.take(key.clone(), part)?),
                _ => Cow::Borrowed(part),
            };
            if takes_all || is_gone(source, &entity) {
                gone.push(place);
                key.iter().for_each(|key| self.merger.forget(key));
            } else if let (Some(key), false) = (key, merges) {
                self.merger.set(key, part, &[])?;
            }
            whole.push(entity);
        }
        let text = match (merges, is_list) {
            (false, _) => Cow::Borrowed(selected),
            (true, true) => Cow::Owned(format!("[{}]", whole.join(","))),
            (true, false) => whole.into_iter().next().unwrap_or(Cow::Borrowed(selected)),
        };
        Ok(Told { text, gone })
    }

    /// Takes REST's word as what messages are merged into: what a page that asked once has on its screen.
    pub fn begin_with(&mut self, answer: &str) {
        let renamed = self.in_words_of_the_stream(answer);
        if let Some(key) = self.key_of(&renamed) {
            // An entity too deep to be merged is said to be so by the first message about it.
            let _ = self.merger.set(key, &renamed, &self.rest_only);
        }
    }

    /// An answer's entity with the names that the WebSocket uses.
    fn in_words_of_the_stream<'t>(&self, answer: &'t str) -> Cow<'t, str> {
        if self.renamed.is_empty() {
            return Cow::Borrowed(answer);
        }
        let Ok(mut tree) = serde_json::from_str::<MemberTexts<'_>>(answer) else {
            return Cow::Borrowed(answer);
        };
        for (rest, ws) in &self.renamed {
            if let ([rest], [ws]) = (rest.tokens(), ws.tokens())
                && let Some(value) = tree.remove(rest.as_str())
            {
                tree.insert(ws.clone(), value);
            }
        }
        serde_json::to_string(&tree).map_or(Cow::Borrowed(answer), Cow::Owned)
    }

    /// `None` where a field of the key is missing.
    fn key_of(&self, entity: &str) -> Option<String> {
        let found = locate(entity, &self.key).ok()?;
        let mut key = String::new();
        for value in found {
            let value = plain_text(value.filter(|value| *value != "null")?);
            key.push_str(&format!("{}:{value}", value.len()));
        }
        Some(key)
    }
}

type MemberTexts<'t> = std::collections::BTreeMap<String, &'t serde_json::value::RawValue>;

/// The entities that a text selects, and whether it is a list of them.
fn entities(selected: &str) -> Result<(Vec<&str>, bool), Malformed> {
    let mut cursor = Cursor::new(selected);
    match cursor.shape()? {
        Shape::Null => Ok((Vec::new(), false)),
        Shape::Array => {
            cursor.enter();
            let mut all = Vec::new();
            while cursor.element(all.is_empty())? {
                all.push(cursor.skip()?);
            }
            Ok((all, true))
        }
        _ => Ok((vec![cursor.skip()?], false)),
    }
}

/// Whether an entity says of itself that it is gone.
fn is_gone(source: &WsSource, entity: &str) -> bool {
    let Some(fields) = source.removed.as_ref().map(|removed| &removed.fields) else { return false };
    !fields.is_empty()
        && fields.iter().all(|(pointer, wanted)| {
            let pointer: Pointer = pointer.parse().unwrap_or_default();
            let found = locate(entity, &[&pointer]).ok().and_then(|found| found[0]);
            found.is_some_and(|found| is_equal(&plain_text(found), wanted))
        })
}

fn is_equal(found: &str, wanted: &str) -> bool {
    let are_numbers = number::is_number(found.as_bytes()) && number::is_number(wanted.as_bytes());
    found == wanted || (are_numbers && number::equal(found, wanted, &Tolerance::None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(key: &str, ws: serde_json::Value) -> Feature {
        let feature = serde_json::json!({
            "name": "book", "order": 1, "flag": "WS", "frontend_flag": null, "key": [key],
            "rest": { "path": "/", "select": "", "every": "1s" },
            "ws": [ws], "rest_only": ["/id"], "ws_only": [], "push_delay": "1s", "rest_staleness": "1s",
            "rules": [{ "rest": "/bid_price", "ws": "/bid", "compare": { "decimal": {} }, "origin": "built_in" }],
            "timers": [], "endpoints": [],
        });
        serde_json::from_value(feature).unwrap()
    }

    fn source(carries: &str, removed: serde_json::Value) -> serde_json::Value {
        serde_json::json!({
            "types": ["book"], "select": "/data", "carries": carries, "delivery": "on_change", "every": "1s",
            "removed": removed,
        })
    }

    #[test]
    fn pairs_with_nothing_left_are_gone_however_zero_is_written() {
        let feature = feature("/0", source("upsert", serde_json::json!({ "where": { "/1": "0" } })));
        let mut entities = EntityReader::of(&feature);
        let selected = r#"[["1.5","2"],["1.6","0.00000000"],["1.7",0],["1.8","00"],["1.9"]]"#;
        let told = entities.take(&feature.ws[0], "book", selected).unwrap();
        assert_eq!(told, Told { text: selected.into(), gone: vec![1, 2] });
    }

    #[test]
    fn a_type_that_removes_takes_everything_it_names() {
        let feature = feature("/s", source("merge", serde_json::json!({ "types": ["book.closed"] })));
        let mut entities = EntityReader::of(&feature);
        let ws = &feature.ws[0];
        assert!(ws.hears("book_closed") && !ws.hears("other"));
        let mut take = |kind: &str, selected: &str| {
            let told = entities.take(ws, kind, selected).unwrap();
            (told.text.into_owned(), told.gone)
        };
        let one = |text: &str| (text.to_owned(), vec![]);
        assert_eq!(take("book", r#"{"s":"A","x":1,"y":2}"#), one(r#"{"s":"A","x":1,"y":2}"#));
        assert_eq!(
            take("book", r#"[{"s":"A","x":3},{"s":"B","x":1}]"#),
            one(r#"[{"s":"A","x":3,"y":2},{"s":"B","x":1}]"#)
        );
        assert_eq!(take("book_closed", r#"{"s":"A"}"#), (r#"{"s":"A"}"#.to_owned(), vec![0]));
        assert_eq!(take("book", r#"{"s":"A","x":9}"#), one(r#"{"s":"A","x":9}"#));
        assert_eq!(take("book", "null"), one("null"));
    }

    #[test]
    fn a_stream_that_goes_on_from_an_answer_is_merged_into_it() {
        let feature = feature("/s", source("merge", serde_json::Value::Null));
        let mut entities = EntityReader::of(&feature);
        entities.begin_with(r#"{"s":"A","id":7,"bid_price":1.50,"ask":2}"#);
        let told = entities.take(&feature.ws[0], "book", r#"{"s":"A","ask":3}"#).unwrap();
        assert_eq!(told.text, r#"{"ask":3,"bid":1.50,"s":"A"}"#);
    }
}
