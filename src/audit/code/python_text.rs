//! Python's string literals: prefixes, escapes, f-strings, juxtaposition.

use std::borrow::Cow;

use super::parse::line;
use super::python::Lower;
use super::syntax::{Node, children};
use super::{Expr, Kind};

impl<'s> Lower<'s> {
    pub fn string(&mut self, node: Node<'_>) -> Kind<'s> {
        let mut parts = Vec::new();
        let mut raw = false;
        for child in children(node) {
            match child.kind() {
                "string_start" => raw = self.text(child).contains(['r', 'R']),
                "string_content" => {
                    let text = self.text(child);
                    let text = if raw { Cow::Borrowed(text) } else { unescape(text) };
                    parts.push(Expr::new(line(child), Kind::Text(text)));
                }
                "interpolation" => {
                    let value = match child.child_by_field_name("expression") {
                        Some(inner) => self.expression(inner),
                        None => Expr::new(line(child), Kind::Other(Vec::new())),
                    };
                    parts.push(value);
                }
                _ => {}
            }
        }
        join(parts)
    }

    pub fn concatenated(&mut self, node: Node<'_>) -> Kind<'s> {
        let mut parts = Vec::new();
        for child in children(node) {
            let part = self.expression(child);
            match part.kind {
                Kind::Template(inner) => parts.extend(inner),
                _ => parts.push(part),
            }
        }
        join(parts)
    }
}

/// One text where all parts are text, otherwise a template.
pub(super) fn join(mut parts: Vec<Expr<'_>>) -> Kind<'_> {
    if parts.is_empty() {
        return Kind::Text(Cow::Borrowed(""));
    }
    if parts.iter().all(|part| matches!(part.kind, Kind::Text(_))) {
        if parts.len() == 1 {
            return parts.remove(0).kind;
        }
        return Kind::Text(Cow::Owned(parts.iter().filter_map(Expr::literal).collect()));
    }
    Kind::Template(parts)
}

/// The escapes that occur in names, paths and keys; any other sequence is kept as written.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('\n') | None => {}
            Some(quoted @ ('\\' | '\'' | '"' | '`' | '/' | '$')) => out.push(quoted),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    Cow::Owned(out)
}
