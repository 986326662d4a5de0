//! Where a text has secrets: spelt as a whole in one way, escaped in part only, or cut off. Pure.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, Input, MatchKind};

/// How often a text is unescaped: a server may escape what was escaped.
const UNESCAPED: usize = 2;

pub(super) struct SecretSearch {
    automaton: AhoCorasick,
    /// What each of its patterns is.
    kinds: Vec<FormKind>,
    /// Sorted.
    forms: Vec<String>,
    has_space: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum FormKind {
    Anywhere,
    /// No secret as a part of a longer word or number.
    Alone,
    /// How one begins: it goes on as long as the text agrees.
    Head,
}

/// From where to where, in bytes.
type SecretSpan = (usize, usize);

impl SecretSearch {
    pub fn of(forms: &BTreeSet<(String, bool)>, heads: &BTreeSet<String>, has_space: bool) -> Self {
        let whole = forms.iter().map(|(form, is_weak)| {
            (form.as_str(), if *is_weak { FormKind::Alone } else { FormKind::Anywhere })
        });
        let heads = heads.iter().map(|head| (head.as_str(), FormKind::Head));
        let (texts, kinds): (Vec<&str>, Vec<FormKind>) = whole.chain(heads).unzip();
        // Of several that begin at one place the longest counts: a password may begin with another.
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&texts);
        let automaton =
            automaton.expect("the forms of a few secrets are far from the limits of the automaton");
        let forms = forms.iter().map(|(form, _)| form.clone()).collect();
        Self { automaton, kinds, forms, has_space }
    }

    /// The places of secrets, in order and apart from each other.
    pub fn places(&self, text: &str) -> Vec<SecretSpan> {
        let mut places = self.plain_places(text.as_bytes(), Some(text));
        if text.contains('%') {
            self.escaped_places(text, false, &mut places);
        }
        if self.has_space && text.contains('+') {
            self.escaped_places(text, true, &mut places);
        }
        places.sort_unstable();
        let mut apart: Vec<SecretSpan> = Vec::with_capacity(places.len());
        for (start, end) in places {
            match apart.last_mut() {
                Some(last) if start < last.1 => last.1 = last.1.max(end),
                _ => apart.push((start, end)),
            }
        }
        apart
    }

    /// `text`: the same as `bytes`, where weak forms count too.
    fn plain_places(&self, bytes: &[u8], text: Option<&str>) -> Vec<SecretSpan> {
        let mut places = Vec::new();
        let mut from = 0;
        while let Some(found) = self.automaton.find(Input::new(bytes).range(from..)) {
            let (start, mut end) = (found.start(), found.end());
            let counts = match self.kinds[found.pattern().as_usize()] {
                FormKind::Anywhere => true,
                FormKind::Alone => text.is_some_and(|text| stands_alone(text, start, end)),
                FormKind::Head => {
                    let length = self.longest_beginning(&bytes[start..], end - start);
                    end = start + without_delimiter(&bytes[start..start + length]);
                    true
                }
            };
            if counts {
                places.push((start, end));
            }
            from = end;
        }
        places
    }

    /// How much of a form the text begins with, of those that begin with its first `head` bytes.
    fn longest_beginning(&self, text: &[u8], head: usize) -> usize {
        let first = self.forms.partition_point(|form| form.as_bytes() < &text[..head]);
        let alike = self.forms[first..].iter().take_while(|form| form.as_bytes().starts_with(&text[..head]));
        let common = |form: &String| form.bytes().zip(text).take_while(|(one, other)| one == *other).count();
        alike.map(common).max().unwrap_or(head)
    }

    /// Secrets of which only some characters are escaped.
    fn escaped_places(&self, text: &str, plus: bool, places: &mut Vec<SecretSpan>) {
        let mut bytes = text.as_bytes().to_vec();
        let mut starts: Vec<usize> = (0..=bytes.len()).collect();
        for _ in 0..UNESCAPED {
            let Some((unescaped, origins)) = unescaped(&bytes, plus) else { return };
            starts = origins.into_iter().map(|origin| starts[origin]).collect();
            bytes = unescaped;
            places.extend(self.plain_places(&bytes, None).into_iter().map(|(start, end)| {
                let (start, mut end) = (starts[start], starts[end]);
                while !text.is_char_boundary(end) {
                    end += 1;
                }
                (start, end)
            }));
        }
    }
}

/// The length without what a JSON text ends a string by, or escapes the next character with: taken out of there, the
/// document would be none.
fn without_delimiter(found: &[u8]) -> usize {
    let escapes = |text: &[u8]| text.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
    match found.split_last() {
        Some((b'"', before)) if !escapes(before) => before.len(),
        Some((b'\\', before)) if escapes(found) => before.len(),
        _ => found.len(),
    }
}

/// What escapes stand for, and where each byte of it begins, the end included; `None` where there is none.
fn unescaped(bytes: &[u8], plus: bool) -> Option<(Vec<u8>, Vec<usize>)> {
    let hex = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut plain, mut origins) = (Vec::with_capacity(bytes.len()), Vec::with_capacity(bytes.len() + 1));
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        origins.push(at);
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 3;
            }
            (b'+', ..) if plus => {
                plain.push(b' ');
                at += 1;
            }
            _ => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    origins.push(bytes.len());
    (plain != bytes).then_some((plain, origins))
}

/// No part of a longer word, and no number of its own in a JSON document: taken out of there, the document is none.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    if before.is_some_and(is_part) || after.is_some_and(is_part) {
        return false;
    }
    let in_number = |c: char| matches!(c, '.' | '-' | '+');
    let is_number = text[start..end].bytes().all(|byte| byte.is_ascii_digit());
    let is_value = || matches!(text[..start].trim_end().chars().next_back(), Some(':' | '[' | ','));
    !is_number || !(before.is_some_and(in_number) || after.is_some_and(in_number) || is_value())
}
