//! The register of secret values, and the one function that takes them out of what leaves the process.
//!
//! A value is entered where it is read: a variable, a file, a login's answer, a URL. Whatever is then shown,
//! recorded or kept passes [`redacted`], which knows each value plain and in the escapings that carry it: JSON,
//! percent, base64. It is one for the process, as the terminal is; it only grows, and it is never shown.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// What stands where a secret stood.
pub const MARK: &str = "[secret]";

/// Shorter values are no secrets, and would be found everywhere.
const MIN_LEN: usize = 4;

/// Values of letters, digits or both up to this length are taken out only where they stand alone: as a part of
/// a longer word or number they say nothing.
const WEAK_LEN: usize = 7;

static REGISTER: RwLock<Register> = RwLock::new(Register { forms: BTreeSet::new(), search: None });

struct Register {
    /// Every form, and whether it counts only where it stands alone.
    forms: BTreeSet<(String, bool)>,
    search: Option<Arc<Search>>,
}

struct Search {
    automaton: AhoCorasick,
    alone: Vec<bool>,
}

/// Enters a value that must not leave the process.
pub fn register(value: &str) {
    let value = value.trim();
    if value.chars().count() < MIN_LEN || is_known_word(value) {
        return;
    }
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let is_weak = is_number || (value.len() <= WEAK_LEN && value.bytes().all(|b| b.is_ascii_alphanumeric()));
    let mut forms: BTreeSet<(String, bool)> = BTreeSet::new();
    let plain: BTreeSet<String> = plain_forms(value).into_iter().collect();
    if !is_weak {
        // A server may say back a whole query, and escape that once more.
        // What escapes every character would grow ninefold, and nobody does that twice.
        for form in plain.iter().filter(|form| !form.starts_with('%') || form.len() < 3 * value.len()) {
            forms.extend(base64_forms(form).into_iter().map(|form| (form, false)));
            forms.extend(percent_forms(form).into_iter().map(|form| (form, false)));
        }
        // Of a signed token the signature is what opens doors; its head is the same for everybody.
        if let Some((_, signature)) =
            value.rsplit_once('.').filter(|(head, tail)| head.contains('.') && tail.len() >= 20)
        {
            forms.insert((signature.to_owned(), false));
        }
    }
    forms.extend(plain.into_iter().map(|form| (form, is_weak)));
    let mut known = REGISTER.write().unwrap_or_else(PoisonError::into_inner);
    if forms.is_subset(&known.forms) {
        return;
    }
    known.forms.extend(forms);
    known.search = None;
}

/// Enters the password of a URL, and the values of its query whose names say that they are secrets. Works on what
/// is no valid URL too: an error will show it.
pub fn register_url(text: &str) {
    let Some((_, rest)) = text.split_once("://") else { return };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    // A password may hold an unescaped `/` or `@`; too much is better than too little.
    let user_info = authority.rsplit_once('@').or_else(|| rest.rsplit_once('@')).map(|(before, _)| before);
    if let Some((_, password)) = user_info.and_then(|info| info.split_once(':')) {
        register_decoded(password);
    }
    let query = rest.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default());
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        if is_secret_name(name) {
            register_decoded(value);
        }
    }
}

/// As it is written, and as it is meant.
fn register_decoded(written: &str) {
    register(written);
    let meant = url::form_urlencoded::parse(format!("v={}", written.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned());
    if let Some(meant) = meant {
        register(&meant);
    }
}

/// Enters what the process's variables hold under names that say so.
pub fn register_variables<'v>(variables: impl IntoIterator<Item = (&'v String, &'v String)>) {
    for (name, value) in variables {
        if is_secret_name(name) {
            register(value);
        }
        register_url(value);
    }
}

/// Whether a header, a variable or a query's name says that its value is a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let ends = [
        "token",
        "secret",
        "password",
        "passwd",
        "passphrase",
        "apikey",
        "accesskey",
        "secretkey",
        "privatekey",
        "authkey",
        "authorization",
        "cookie",
        "signature",
        "jwt",
        "bearer",
    ];
    // `PWD` is a folder, and so are credentials in many a variable.
    let is_whole = ["key", "sig", "auth", "pass", "sessionid"];
    ends.iter().any(|end| name.ends_with(end)) || is_whole.contains(&name.as_str())
}

/// The search for everything that is registered, built when it is first needed; `None` where nothing is.
fn search() -> Option<Arc<Search>> {
    let known = REGISTER.read().unwrap_or_else(PoisonError::into_inner);
    if known.search.is_some() || known.forms.is_empty() {
        return known.search.clone();
    }
    drop(known);
    let mut known = REGISTER.write().unwrap_or_else(PoisonError::into_inner);
    let (texts, alone): (Vec<&str>, Vec<bool>) =
        known.forms.iter().map(|(form, alone)| (form.as_str(), *alone)).unzip();
    // Of several that begin at one place the longest counts: a password may begin with another.
    let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&texts);
    let automaton = automaton.expect("the forms of a few secrets are far from the limits of the automaton");
    known.search = Some(Arc::new(Search { automaton, alone }));
    known.search.clone()
}

/// The text without any registered secret.
pub fn redacted(text: &str) -> Cow<'_, str> {
    let Some(search) = search() else { return Cow::Borrowed(text) };
    let mut safe = String::new();
    let mut copied = 0;
    for found in search.automaton.find_iter(text) {
        if search.alone[found.pattern().as_usize()] && !stands_alone(text, found.start(), found.end()) {
            continue;
        }
        safe.push_str(&text[copied..found.start()]);
        safe.push_str(MARK);
        copied = found.end();
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    safe.push_str(&text[copied..]);
    Cow::Owned(safe)
}

/// The same of a text that is owned anyway.
pub fn redact(text: String) -> String {
    match redacted(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(safe) => safe,
    }
}

/// A URL as it may be shown: without user and password, query and fragment.
pub fn shown_url(text: &str) -> String {
    let without_query = text.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = without_query.split_once("://") else {
        return redacted(without_query).into_owned();
    };
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    redacted(&format!("{scheme}://{host}")).into_owned()
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

/// Words that are set as passwords in examples and tests, and stand in every other text.
fn is_known_word(value: &str) -> bool {
    ["true", "false", "null", "none", "http", "https"].contains(&value.to_lowercase().as_str())
}

/// The value as itself, in JSON, in a URL.
fn plain_forms(value: &str) -> Vec<String> {
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
fn percent_forms(value: &str) -> Vec<String> {
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
fn base64_forms(value: &str) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_escaping_and_nothing_else_is_touched() {
        let secret = "Pä\"ss/w+rd %9\\x";
        register(secret);
        let json = serde_json::json!({ "a": secret, "n": 12 }).to_string();
        let hidden = redacted(&json).into_owned();
        assert_eq!(hidden, format!("{{\"a\":\"{MARK}\",\"n\":12}}"));
        let nested = serde_json::to_string(&json).unwrap();
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let hex: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for carried in [secret.to_owned(), nested, form, hex] {
            assert!(redacted(&carried).contains(MARK), "{carried}");
        }
        for before in ["", "u", "us", "user:"] {
            let text = format!("{before}{secret} and more");
            for encoded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                assert!(redacted(&encoded).contains(MARK), "{before}: {encoded}");
            }
        }
        assert!(matches!(redacted("nothing of the kind"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_weak_secret_is_taken_out_where_it_stands_alone() {
        register("73919");
        assert_eq!(redacted("pin 73919!"), format!("pin {MARK}!"));
        for kept in ["{\"price\":73919}", "{\"price\":73919.5}", "1739190", "[1,73919]", "0.73919"] {
            assert_eq!(redacted(kept), kept);
        }
        assert_eq!(redacted("{\"echo\":\"73919\"}"), format!("{{\"echo\":\"{MARK}\"}}"));
    }

    #[test]
    fn urls_are_shown_without_what_may_be_secret() {
        assert_eq!(shown_url("postgres://me:hush@db:5432/x?sslmode=on#f"), "postgres://db:5432/x");
        assert_eq!(shown_url("http://h/p?token=1"), "http://h/p");
        register_url("postgres://me:h%2Fush%21@db/x?api_key=kkkk1234kkkk");
        for secret in ["h%2Fush%21", "h/ush!", "kkkk1234kkkk"] {
            assert_eq!(redacted(secret), MARK, "{secret}");
        }
    }

    #[test]
    fn names_that_say_so_are_secret() {
        for name in ["X-Api-Key", "api_key", "THOR_TOKEN", "Authorization", "Set-Cookie", "key", "PGPASSWORD"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "X-Forwarded-Proto",
            "account_id",
            "symbol",
            "THOR_TOKEN_FILE",
            "monkey",
            "timeframe",
            "PWD",
            "OLDPWD",
            "XDG_SESSION_ID",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
