//! Whether a text is one JSON document (RFC 8259), in one pass: no tree, no recursion, eight bytes of a string at
//! a time. It says what serde_json says (a property test holds it to that), several times as fast.

use serde::de::IgnoredAny;

/// Nesting beyond this is left to serde_json: one bit of a word remembers each level.
const LEVELS: u32 = 62;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Object,
    Array,
    String,
    Number,
    True,
    False,
    Null,
}

/// Whether the text is one JSON document.
pub fn is_json(text: &str) -> bool {
    is_shallow_json(text) || serde_json::from_str::<IgnoredAny>(text).is_ok()
}

fn is_shallow_json(text: &str) -> bool {
    document(text.as_bytes()) == Some(text.len())
}

/// Where the document ends, the white space after it included.
fn document(bytes: &[u8]) -> Option<usize> {
    let mut at = space(bytes, 0);
    // One bit a level, the innermost lowest, set for an object; above them the bit that stands for the outside.
    let mut levels = 1u64;
    loop {
        match bytes.get(at)? {
            b'{' => {
                levels = deeper(levels, 1)?;
                at = space(bytes, at + 1);
                if *bytes.get(at)? != b'}' {
                    at = name(bytes, at)?;
                    continue;
                }
            }
            b'[' => {
                levels = deeper(levels, 0)?;
                at = space(bytes, at + 1);
                if *bytes.get(at)? != b']' {
                    continue;
                }
            }
            _ => at = scalar(bytes, at)?.end,
        }
        // After a value, or in what is empty: close what closes, until the next value or the end.
        loop {
            at = space(bytes, at);
            if levels == 1 {
                return Some(at);
            }
            let in_object = levels & 1 == 1;
            match bytes.get(at)? {
                b'}' if in_object => (levels, at) = (levels >> 1, at + 1),
                b']' if !in_object => (levels, at) = (levels >> 1, at + 1),
                b',' => {
                    at = space(bytes, at + 1);
                    if in_object {
                        at = name(bytes, at)?;
                    }
                    break;
                }
                _ => return None,
            }
        }
    }
}

fn deeper(levels: u64, kind: u64) -> Option<u64> {
    (levels.leading_zeros() >= 64 - LEVELS).then_some(levels << 1 | kind)
}

/// Where the value of the member begins whose name begins here.
fn name(bytes: &[u8], at: usize) -> Option<usize> {
    if *bytes.get(at)? != b'"' {
        return None;
    }
    let at = space(bytes, string(bytes, at + 1)?.0);
    (*bytes.get(at)? == b':').then(|| space(bytes, at + 1))
}

#[inline]
fn space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// A string, number or literal: what it is and where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scalar {
    pub shape: Shape,
    /// Beyond its last byte, the quote of a string included.
    pub end: usize,
    pub has_escapes: bool,
}

/// The scalar that begins here.
#[inline]
pub fn scalar(bytes: &[u8], at: usize) -> Option<Scalar> {
    let literal = |word: &[u8], shape| {
        let end = at + word.len();
        (bytes.get(at..end)? == word).then_some(Scalar { shape, end, has_escapes: false })
    };
    match bytes.get(at)? {
        b'"' => {
            let (end, has_escapes) = string(bytes, at + 1)?;
            Some(Scalar { shape: Shape::String, end, has_escapes })
        }
        b'-' | b'0'..=b'9' => {
            let end = number(bytes, at)?;
            Some(Scalar { shape: Shape::Number, end, has_escapes: false })
        }
        b'n' => literal(b"null", Shape::Null),
        b't' => literal(b"true", Shape::True),
        b'f' => literal(b"false", Shape::False),
        _ => None,
    }
}

/// Beyond the closing quote of the string whose first character is here, and whether it has escapes.
#[inline]
pub fn string(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut has_escapes = false;
    loop {
        at += run(bytes.get(at..)?);
        match bytes.get(at)? {
            b'"' => return Some((at + 1, has_escapes)),
            b'\\' => {
                has_escapes = true;
                at += match bytes.get(at + 1)? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                    b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => 6,
                    _ => return None,
                };
            }
            _ => return None,
        }
    }
}

/// How many bytes come before the next quote, backslash or control character.
#[inline]
pub fn run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // The lowest bit set in these is exact; a borrow can only set bits above it.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let mut at = 0;
    while let Some(chunk) = bytes[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let quote = zero(word ^ (ONES * b'"' as u64));
        let backslash = zero(word ^ (ONES * b'\\' as u64));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let found = (quote | backslash | control) & HIGH;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    at + bytes[at..].iter().position(special).unwrap_or(bytes.len() - at)
}

/// Beyond the number that begins here, if one does.
#[inline]
pub fn number(bytes: &[u8], mut at: usize) -> Option<usize> {
    at += usize::from(bytes.get(at) == Some(&b'-'));
    let whole = at;
    at = digits(bytes, at)?;
    if bytes[whole] == b'0' && at > whole + 1 {
        return None;
    }
    if bytes.get(at) == Some(&b'.') {
        at = digits(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
        at = digits(bytes, at)?;
    }
    Some(at)
}

/// Beyond the digits here, of which there is at least one.
#[inline]
fn digits(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(b'0'..=b'9') = bytes.get(at) {
        at += 1;
    }
    (at > from).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn serde_says(text: &str) -> bool {
        serde_json::from_str::<IgnoredAny>(text).is_ok()
    }

    /// Pieces of JSON and of what is nearly JSON, in any order: most of it wrong, a good part of it right.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            " ",
            "\n",
            "\t",
            "\"",
            "\"a\":",
            "\"long enough a text\"",
            "\"\\n\"",
            "\"\\u00e9\"",
            "\"\\u00g9\"",
            "\"\\x\"",
            "\"\u{1f}\"",
            "\"é\"",
            "\\",
            "0",
            "-",
            "1.5",
            "01",
            "1.",
            ".5",
            "1e9",
            "1E+",
            "-0",
            "true",
            "false",
            "null",
            "nul",
            "NaN",
            "\u{b}",
            "\u{a0}",
            "[]",
            "{}",
        ]);
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    /// A document, then a byte of it changed, taken out or put in.
    fn damaged() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(|number| number.to_string()),
            any::<f64>().prop_map(|number| serde_json::Value::from(number).to_string()),
            ".{0,24}".prop_map(|text| serde_json::Value::from(text).to_string()),
            Just("null".to_owned()),
        ];
        let document = leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6)
                    .prop_map(|items| format!("[{}]", items.join(", "))),
                prop::collection::vec((".{0,9}", inner), 0..6).prop_map(|members| {
                    let member = |(name, value): &(String, String)| {
                        format!("{}: {value}", serde_json::Value::from(name.as_str()))
                    };
                    format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
                }),
            ]
        });
        (document, any::<prop::sample::Index>(), any::<char>(), 0..4u8).prop_map(
            |(text, place, other, how)| {
                let mut characters: Vec<char> = text.chars().collect();
                if !characters.is_empty() {
                    let place = place.index(characters.len());
                    match how {
                        0 => characters[place] = other,
                        1 => drop(characters.remove(place)),
                        2 => characters.insert(place, other),
                        _ => {}
                    }
                }
                characters.into_iter().collect()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn says_what_serde_says(text in prop_oneof![pieces(), damaged()]) {
            prop_assert_eq!(is_shallow_json(&text), serde_says(&text), "{}", text);
        }
    }

    #[test]
    fn every_byte_is_taken_as_serde_takes_it_wherever_it_stands() {
        for place in 0..20 {
            for byte in 0..128u8 {
                let mut text = br#"{"a": "0123456789", "b": [-1.5e3, true]}"#.to_vec();
                text[place * 2] = byte;
                let text = String::from_utf8(text).unwrap();
                assert_eq!(is_shallow_json(&text), serde_says(&text), "{text}");
            }
        }
    }

    #[test]
    fn what_is_very_deep_is_left_to_others() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(is_shallow_json(&nested(60)));
        assert!(!is_shallow_json(&nested(100)) && is_json(&nested(100)));
    }

    #[test]
    fn a_run_ends_at_the_first_byte_that_counts() {
        for text in
            ["", "\"", "abc\"", "abcdefgh\"", "abcdefg\\", "é\u{80}ÿ0123456789\u{1f}\"", "no end of it"]
        {
            let wanted = text.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            assert_eq!(run(text.as_bytes()), wanted.unwrap_or(text.len()), "{text}");
        }
    }
}
