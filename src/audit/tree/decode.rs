//! Bytes to text: UTF-8 with or without a mark, UTF-16 with one, otherwise latin-1. Binary content is refused.

pub(super) enum Decoded {
    Utf8(String),
    /// Read as something else: the encoding's name, and the bytes as they were.
    Other(String, &'static str, Vec<u8>),
    Binary(Vec<u8>),
}

pub(super) fn decode(bytes: Vec<u8>) -> Decoded {
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return match String::from_utf8(rest.to_vec()) {
            Ok(text) => Decoded::Utf8(text),
            Err(error) => Decoded::Other(latin1(error.as_bytes()), "latin-1", bytes),
        };
    }
    for (mark, little) in [(b"\xFF\xFE", true), (b"\xFE\xFF", false)] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            return Decoded::Other(utf16(rest, little), "UTF-16", bytes);
        }
    }
    let head = &bytes[..bytes.len().min(8000)];
    if head.contains(&0) {
        return Decoded::Binary(bytes);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Decoded::Utf8(text),
        Err(error) => Decoded::Other(latin1(error.as_bytes()), "latin-1", error.into_bytes()),
    }
}

/// Every byte is a character of the same number.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn utf16(bytes: &[u8], little: bool) -> String {
    let units = bytes.chunks_exact(2).map(|pair| {
        let pair = [pair[0], pair[1]];
        if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
    });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// A Python file may say its encoding in its first two lines; then another encoding is no error.
pub(super) fn declares_encoding(text: &str) -> bool {
    text.lines().take(2).any(|line| {
        line.trim_start().starts_with('#')
            && line.split_once("coding").is_some_and(|(_, rest)| rest.starts_with([':', '=']))
    })
}
