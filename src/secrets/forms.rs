//! The spellings in which a value may be carried: JSON, percent, base64. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The value as itself, in JSON, in a URL.
pub(super) fn plain_forms(value: &str) -> Vec<String> {
    let json = serde_json::to_string(value).expect("a string into memory");
    let json = json[1..json.len() - 1].to_owned();
    let ascii: String = value.chars().fold(String::new(), |mut text, c| {
        match c {
            ' '..='~' if c != '"' && c != '\\' => text.push(c),
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}"))),
        }
        text
    });
    let twice = serde_json::to_string(&json).expect("a string into memory");
    let json_forms =
        [value.to_owned(), json.replace('/', "\\/"), twice[1..twice.len() - 1].to_owned(), json, ascii];
    json_forms.into_iter().chain(percent_forms(value)).collect()
}

/// The value in a URL: what must be escaped, everything, and as forms have it.
pub(super) fn percent_forms(value: &str) -> Vec<String> {
    let percent = |keep: &dyn Fn(u8) -> bool| {
        let hex =
            |byte: &u8| if keep(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
        value.as_bytes().iter().map(hex).collect::<String>()
    };
    let unreserved =
        percent(&|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~'));
    let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let every = percent(&|_| false);
    vec![lower(&unreserved), unreserved, lower(&every), every, lower(&form), form]
}

/// `%2F` as `%2f`.
fn lower(escaped: &str) -> String {
    let mut parts = escaped.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escape, rest) = part.split_at(part.len().min(2));
        text.extend(["%", &escape.to_lowercase(), rest]);
    }
    text
}

/// What of the value's base64 does not depend on what stands before and after it: alone, as in `Basic`, or inside
/// of a longer text.
pub(super) fn base64_forms(value: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        for before in 0..3 {
            let padded = [vec![0; before], value.as_bytes().to_vec()].concat();
            let encoded = engine.encode(&padded);
            // Characters that share bits with what stands before, or would with what comes after.
            let first = [0, 2, 3][before];
            let last = padded.len() * 8 / 6;
            if last > first + 5 {
                forms.push(encoded[first..last].to_owned());
            }
        }
    }
    forms
}

/// The text that base64 stands for, where it does.
pub(super) fn decoded_base64(encoded: &str) -> Option<String> {
    let bytes = STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded)).ok()?;
    String::from_utf8(bytes).ok()
}
