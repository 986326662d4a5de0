//! A cursor over JSON text: spans instead of trees, in one pass.
//!
//! It never panics and never recurses by itself. Text is validated before it comes here
//! ([`validate`]); what the cursor still cannot read is [`Malformed`], never a guess.

use std::fmt;

use serde_json::value::RawValue;

use crate::json::grammar;
pub use crate::json::grammar::Shape;

/// The deepest nesting a payload may have; no honest one of Thor's passes six.
pub const MAX_DEPTH: usize = 64;

/// Why a payload cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks the grammar of a whole text, without building anything and without recursion.
pub fn validate(text: &str) -> Result<(), Malformed> {
    if grammar::is_json(text) {
        return Ok(());
    }
    serde_json::from_str::<&RawValue>(text).map(|_| ()).map_err(|error| {
        let near = text.lines().nth(error.line().saturating_sub(1)).map_or("", |line| {
            let from = error.column().saturating_sub(12).min(line.len());
            let to = (error.column() + 8).min(line.len());
            line.get(from..to).unwrap_or("")
        });
        Malformed(format!("not JSON: {error}, near {near:?}"))
    })
}

/// A position in a text.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// At a position where a value begins.
    pub fn at(text: &'t str, at: usize) -> Self {
        Self { text, at }
    }

    pub fn position(&self) -> usize {
        self.at
    }

    /// The text from an earlier position up to here.
    pub fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or("")
    }

    fn bytes(&self) -> &'t [u8] {
        self.text.as_bytes()
    }

    fn malformed<T>(&self, what: &str) -> Result<T, Malformed> {
        Err(Malformed(format!("{what} at byte {}", self.at)))
    }

    #[inline]
    pub fn skip_space(&mut self) {
        let bytes = self.bytes();
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// What comes next, after white space.
    #[inline]
    pub fn shape(&mut self) -> Result<Shape, Malformed> {
        self.skip_space();
        match self.bytes().get(self.at) {
            Some(b'{') => Ok(Shape::Object),
            Some(b'[') => Ok(Shape::Array),
            Some(b'"') => Ok(Shape::String),
            Some(b't') => Ok(Shape::True),
            Some(b'f') => Ok(Shape::False),
            Some(b'n') => Ok(Shape::Null),
            Some(b'-' | b'0'..=b'9') => Ok(Shape::Number),
            // Python's NaN and Infinity: no JSON, and refused by `validate`; stepped over here so that the type
            // of a message that carries them can still be read, wherever it stands.
            Some(b'N' | b'I') => Ok(Shape::Number),
            _ => self.malformed("no JSON value"),
        }
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let here = self.bytes().get(self.at) == Some(&byte);
        self.at += usize::from(here);
        here
    }

    /// The content of the string at the cursor as it stands (escapes kept), and whether it has escapes.
    #[inline]
    pub fn string(&mut self) -> Result<(&'t str, bool), Malformed> {
        if !self.take(b'"') {
            return self.malformed("no string");
        }
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += grammar::run(&self.bytes()[self.at..]);
            match self.bytes().get(self.at) {
                None => return self.malformed("a string without an end"),
                Some(b'"') => {
                    self.at += 1;
                    return Ok((&self.text[start..self.at - 1], escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    // The escaped character is ASCII or the text is malformed; a boundary check guards the slice.
                    self.at += 2;
                    if self.at > self.text.len() || !self.text.is_char_boundary(self.at) {
                        return self.malformed("a broken escape");
                    }
                }
                // No JSON, but stepped over like Python's NaN.
                Some(_) => self.at += 1,
            }
        }
    }

    /// The text of the number or literal at the cursor.
    #[inline]
    pub fn bare(&mut self) -> &'t str {
        self.skip_space();
        let rest = &self.bytes()[self.at..];
        let length = rest
            .iter()
            .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t' | b':'))
            .unwrap_or(rest.len());
        let start = self.at;
        self.at += length;
        self.text.get(start..self.at).unwrap_or("")
    }

    /// Steps over the value at the cursor, however deep, and gives its text.
    pub fn skip(&mut self) -> Result<&'t str, Malformed> {
        self.skip_space();
        let start = self.at;
        let mut depth = 0usize;
        loop {
            match self.shape()? {
                Shape::String => {
                    self.string()?;
                }
                Shape::Object | Shape::Array => {
                    self.at += 1;
                    depth += 1;
                }
                _ => {
                    self.bare();
                }
            }
            // After a value: close what closes, step over separators, until the next value or the end.
            loop {
                if depth == 0 {
                    return Ok(&self.text[start..self.at]);
                }
                self.skip_space();
                match self.bytes().get(self.at) {
                    Some(b'}' | b']') => {
                        self.at += 1;
                        depth -= 1;
                    }
                    Some(b',' | b':') => self.at += 1,
                    Some(_) => break,
                    None => return self.malformed("a value without an end"),
                }
            }
        }
    }

    /// Enters an object or array.
    #[inline]
    pub fn enter(&mut self) {
        self.at += 1;
    }

    /// After [`Cursor::enter`] of an object: the next member's name, or `None` and the object is left.
    #[inline]
    pub fn member(&mut self, first: bool) -> Result<Option<(&'t str, bool)>, Malformed> {
        if self.take(b'}') {
            return Ok(None);
        }
        if !first && !self.take(b',') {
            return self.malformed("no comma between members");
        }
        let name = self.string()?;
        if !self.take(b':') {
            return self.malformed("no colon after a name");
        }
        Ok(Some(name))
    }

    /// After [`Cursor::enter`] of an array: whether another element follows; if not, the array is left.
    #[inline]
    pub fn element(&mut self, first: bool) -> Result<bool, Malformed> {
        if self.take(b']') {
            return Ok(false);
        }
        if !first && !self.take(b',') {
            return self.malformed("no comma between elements");
        }
        Ok(true)
    }
}

/// Where a part of a text begins in it; `None` where it is a part of something else.
pub fn offset(text: &str, part: &str) -> Option<usize> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    (start + part.len() <= text.len()).then_some(start)
}

/// A string's content with its escapes resolved; a lone surrogate leaves the content as it stands.
pub fn unescape(content: &str) -> std::borrow::Cow<'_, str> {
    if !content.contains('\\') {
        return content.into();
    }
    serde_json::from_str::<String>(&format!("\"{content}\"")).map_or_else(|_| content.into(), Into::into)
}

/// Whether a message's type is one of these.
pub fn has_type(types: &[String], kind: &str) -> bool {
    types.iter().any(|name| name == kind || same_type(name, kind))
}

/// Dotted and underscored message types are the same type.
fn same_type(a: &str, b: &str) -> bool {
    a.len() == b.len()
        && a.bytes()
            .zip(b.bytes())
            .all(|(a, b)| a == b || (matches!(a, b'.' | b'_') && matches!(b, b'.' | b'_')))
}

/// A JSON value's text as people write it: strings without quotes.
pub fn plain_text(json: &str) -> std::borrow::Cow<'_, str> {
    match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(content) => unescape(content),
        None => json.into(),
    }
}

/// The names of the members of the object that a text is, at most `limit`; none where it is no object.
pub fn member_names(text: &str, limit: usize) -> Vec<String> {
    let mut cursor = Cursor::new(text);
    let mut names = Vec::new();
    if cursor.shape() != Ok(Shape::Object) {
        return names;
    }
    cursor.enter();
    while names.len() < limit {
        let Ok(Some((name, _))) = cursor.member(names.is_empty()) else { break };
        names.push(unescape(name).into_owned());
        if cursor.skip().is_err() {
            break;
        }
    }
    names
}

/// The outer `type` of a message, read without the rest where it stands first, as Thor writes it.
pub fn message_type(text: &str) -> Option<std::borrow::Cow<'_, str>> {
    if let Some(rest) = text.strip_prefix("{\"type\":\"") {
        let content = &rest[..grammar::run(rest.as_bytes())];
        if rest[content.len()..].starts_with('"') {
            return Some(content.into());
        }
    }
    let mut cursor = Cursor::new(text);
    if cursor.shape().ok()? != Shape::Object {
        return None;
    }
    cursor.enter();
    let mut first = true;
    while let Some((name, escaped)) = cursor.member(first).ok()? {
        first = false;
        if name == "type" || (escaped && unescape(name) == "type") {
            return match cursor.shape().ok()? {
                Shape::String => cursor.string().ok().map(|(content, _)| unescape(content)),
                _ => None,
            };
        }
        cursor.skip().ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_whole_values_and_finds_the_type() {
        let text = r#" {"data":{"type":"inner","a":[1,{"b":"}]\""},[]]}, "type" : "outer","z":{}}"#;
        assert_eq!(message_type(text).as_deref(), Some("outer"));
        let mut cursor = Cursor::new(text);
        assert_eq!(cursor.skip().unwrap(), text.trim());
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        validate(&deep).unwrap();
        assert_eq!(Cursor::new(&deep).skip().unwrap().len(), deep.len());
    }

    #[test]
    fn the_type_of_a_message_with_nan_is_still_readable() {
        let text = r#"{"data":{"cash":NaN,"low":-Infinity,"high":Infinity},"type":"positions"}"#;
        assert_eq!(message_type(text).as_deref(), Some("positions"));
        assert!(validate(text).is_err());
    }

    #[test]
    fn a_name_is_the_same_name_with_an_escape_in_it() {
        assert_eq!(message_type(r#"{"\u0074yp\u0065":"positions"}"#).as_deref(), Some("positions"));
    }

    #[test]
    fn broken_text_is_an_error_never_a_panic() {
        for text in ["", "{", "[1,", "{\"a\"", "{\"a\":}", "\"\\", "\"\\é", "}", "{\"a\" 1}", "tru", "{]"] {
            let mut cursor = Cursor::new(text);
            let _ = cursor.skip();
            let _ = message_type(text);
            assert!(validate(text).is_err(), "{text}");
        }
    }
}
