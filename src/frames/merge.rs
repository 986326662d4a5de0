//! Entities that come in parts: what a message does not carry stays as it was.

use std::collections::HashMap;

use crate::json::cursor::{Cursor, MAX_DEPTH, Malformed, Shape, unescape};

/// More entities than this are passed on as they come; the history refuses them too.
const MAX_ENTITIES: usize = 100_000;

/// More members than this in one object are no entity.
const MAX_MEMBERS: usize = 4096;

/// A JSON value in which members can be put in the place of others.
#[derive(Debug, Clone, PartialEq)]
enum JsonPart {
    /// Names as they stand, quotes left out.
    Object(Vec<(Box<str>, JsonPart)>),
    /// Anything else, as it stands.
    Text(Box<str>),
}

/// The newest whole state of each entity.
#[derive(Debug, Default)]
pub(super) struct Merger {
    known: HashMap<String, JsonPart>,
}

impl Merger {
    /// The entity as it is with this part of it. Objects in objects are merged too, lists are replaced.
    pub fn take(&mut self, key: String, part: &str) -> Result<String, Malformed> {
        let part = JsonPart::read(part)?;
        let is_full = self.known.len() >= MAX_ENTITIES;
        let whole = match self.known.get_mut(&key) {
            Some(known) => {
                known.merge(part)?;
                &*known
            }
            None if is_full => &part,
            None => self.known.entry(key).or_insert(part),
        };
        let mut text = String::new();
        whole.print(&mut text);
        Ok(text)
    }

    /// Sets an entity's whole state.
    pub fn set(&mut self, key: String, whole: &str, without: &[Vec<String>]) -> Result<(), Malformed> {
        if self.known.len() < MAX_ENTITIES || self.known.contains_key(&key) {
            let mut node = JsonPart::read(whole)?;
            without.iter().for_each(|path| node.remove(path));
            self.known.insert(key, node);
        }
        Ok(())
    }

    pub fn forget(&mut self, key: &str) {
        self.known.remove(key);
    }

    pub fn forget_all(&mut self) {
        self.known.clear();
    }
}

impl JsonPart {
    fn read(text: &str) -> Result<Self, Malformed> {
        Self::at(&mut Cursor::new(text), 0)
    }

    fn at(cursor: &mut Cursor<'_>, depth: usize) -> Result<Self, Malformed> {
        if depth > MAX_DEPTH {
            return Err(Malformed(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        if cursor.shape()? != Shape::Object {
            return Ok(Self::Text(cursor.skip()?.into()));
        }
        cursor.enter();
        let mut members: Vec<(Box<str>, Self)> = Vec::new();
        let mut first = true;
        while let Some((name, _)) = cursor.member(first)? {
            first = false;
            let value = Self::at(cursor, depth + 1)?;
            // of a name written twice the last one counts, as in a browser
            members.retain(|(known, _)| unescape(known) != unescape(name));
            members.push((name.into(), value));
            if members.len() > MAX_MEMBERS {
                return Err(too_many_members());
            }
        }
        Ok(Self::Object(members))
    }

    fn merge(&mut self, part: Self) -> Result<(), Malformed> {
        match (self, part) {
            (Self::Object(known), Self::Object(new)) => {
                for (name, value) in new {
                    let is_full = known.len() >= MAX_MEMBERS;
                    match known.iter_mut().find(|(known, _)| unescape(known) == unescape(&name)) {
                        Some((_, known)) => known.merge(value)?,
                        None if is_full => return Err(too_many_members()),
                        None => known.push((name, value)),
                    }
                }
            }
            (known, new) => *known = new,
        }
        Ok(())
    }

    fn remove(&mut self, path: &[String]) {
        let (Self::Object(members), Some((first, rest))) = (self, path.split_first()) else { return };
        if rest.is_empty() {
            members.retain(|(name, _)| unescape(name) != first.as_str());
        } else if let Some((_, node)) = members.iter_mut().find(|(name, _)| unescape(name) == first.as_str())
        {
            node.remove(rest);
        }
    }

    fn print(&self, text: &mut String) {
        match self {
            Self::Text(value) => text.push_str(value),
            Self::Object(members) => {
                text.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    text.push_str(if index > 0 { ",\"" } else { "\"" });
                    text.push_str(name);
                    text.push_str("\":");
                    value.print(text);
                }
                text.push('}');
            }
        }
    }
}

fn too_many_members() -> Malformed {
    Malformed(format!("more than {MAX_MEMBERS} members in one object"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_part_does_not_carry_stays_as_it_was() {
        let mut merger = Merger::default();
        let mut take = |part: &str| merger.take("k".to_owned(), part).unwrap();
        assert_eq!(
            take(r#"{"s":"A","bid":1.50,"deep":{"x":1,"y":[1,2]}}"#),
            r#"{"s":"A","bid":1.50,"deep":{"x":1,"y":[1,2]}}"#
        );
        assert_eq!(take(r#"{"s":"A","bid":2}"#), r#"{"s":"A","bid":2,"deep":{"x":1,"y":[1,2]}}"#);
        assert_eq!(
            take(r#"{"deep":{"y":[3]},"n\u0065w":null}"#),
            r#"{"s":"A","bid":2,"deep":{"x":1,"y":[3]},"n\u0065w":null}"#
        );
        assert_eq!(take(r#"{"new":1,"deep":null}"#), r#"{"s":"A","bid":2,"deep":null,"n\u0065w":1}"#);
    }

    #[test]
    fn members_are_bounded_at_once_and_part_by_part() {
        let part = |from: usize, to: usize| {
            let members: Vec<String> = (from..to).map(|number| format!("\"f{number}\":1")).collect();
            format!("{{{}}}", members.join(","))
        };
        let mut merger = Merger::default();
        assert!(merger.take("k".to_owned(), &part(0, MAX_MEMBERS + 1)).is_err());
        assert!(merger.take("k".to_owned(), &part(0, MAX_MEMBERS)).is_ok());
        let refused = merger.take("k".to_owned(), &part(MAX_MEMBERS, MAX_MEMBERS + 1));
        assert!(refused.is_err_and(|error| error.0.contains("more than 4096 members")));
    }

    #[test]
    fn another_entity_and_one_that_went_begin_anew() {
        let mut merger = Merger::default();
        merger.take("a".to_owned(), r#"{"x":1,"y":1}"#).unwrap();
        assert_eq!(merger.take("b".to_owned(), r#"{"x":2}"#).unwrap(), r#"{"x":2}"#);
        merger.forget("a");
        assert_eq!(merger.take("a".to_owned(), r#"{"x":3}"#).unwrap(), r#"{"x":3}"#);
        merger
            .set(
                "a".to_owned(),
                r#"{"x":4,"id":7,"in":{"a":1,"b":2}}"#,
                &[vec!["id".to_owned()], vec!["in".to_owned(), "b".to_owned()]],
            )
            .unwrap();
        assert_eq!(merger.take("a".to_owned(), r#"{"y":1}"#).unwrap(), r#"{"x":4,"in":{"a":1},"y":1}"#);
    }
}
