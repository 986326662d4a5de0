//! Account numbers leave the observer only as pseudonyms: stable under one key, meaningless without it.
//!
//! They are replaced in the text, before it becomes an observation, so that live and replay see the same.
//! In valid JSON the name of a field in its quotes followed by a colon can only be a key, so one search
//! for each name is exact, and a message without such names costs nothing but the search.
//!
//! Numbers of up to six digits stay: they are database keys, which Thor takes and sends as numbers or as
//! text (`account_id=1`), and a filter has to recognise them in either form.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
use memchr::memmem::Finder;

use crate::model::feature::{Feature, RestSource};
use crate::model::text::hex;
use crate::observe::key::PseudonymKey;

/// Longest run of digits that is taken for a database key.
const KEY_DIGITS: usize = 6;

/// Pseudonyms remembered at most: a trader's accounts, or as many as a hostile server makes up.
const REMEMBERED: usize = 256;

/// So many accounts are told of a run: more are no account that anybody trades on.
const SEEN: usize = 16;

/// Replaces the values of some fields by pseudonyms.
pub struct Pseudonyms {
    key: PseudonymKey,
    /// By value, in memory only.
    known: Mutex<HashMap<Box<str>, Box<str>>>,
    /// Each name in its quotes.
    names: Vec<Finder<'static>>,
    plain_names: Vec<String>,
    seen: AccountsSeen,
}

/// The accounts that REST's answers were about, as they may be shown.
#[derive(Debug, Clone, Default)]
pub struct AccountsSeen(Arc<Mutex<BTreeSet<String>>>);

impl AccountsSeen {
    /// All of them in order, joined by commas; `None` where no answer named any.
    pub fn joined(&self) -> Option<String> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!seen.is_empty()).then(|| seen.iter().map(String::as_str).collect::<Vec<_>>().join(","))
    }

    /// Those that an earlier piece of the same run saw, as [`Self::joined`] gave them.
    pub fn remember(&self, joined: &str) {
        joined.split(',').filter(|account| !account.is_empty()).for_each(|account| self.note(account));
    }

    fn note(&self, account: &str) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < SEEN && !seen.contains(account) {
            seen.insert(account.to_owned());
        }
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pseudonyms").field("names", &self.plain_names).finish_non_exhaustive()
    }
}

impl Pseudonyms {
    /// `names`: the fields whose values are account numbers, at any depth.
    pub fn new(key: PseudonymKey, names: &[String]) -> Self {
        let quoted = |name: &String| {
            let name = serde_json::to_string(name).expect("a string into memory");
            Finder::new(name.as_bytes()).into_owned()
        };
        Self {
            key,
            known: Mutex::default(),
            names: names.iter().map(quoted).collect(),
            plain_names: names.to_vec(),
            seen: AccountsSeen::default(),
        }
    }

    /// The accounts that answers were about, up to now and from now on.
    pub fn accounts_seen(&self) -> AccountsSeen {
        self.seen.clone()
    }

    /// The fingerprint of its key.
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint()
    }

    /// As [`Pseudonyms::text`], for an answer of REST: whom it is about is remembered.
    pub fn answer<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.replaced(text, |account| self.seen.note(account))
    }

    /// The pseudonym of a value: `acct-` and 12 hexadecimal digits; database keys stay.
    pub fn of<'v>(&self, value: &'v str) -> Cow<'v, str> {
        let is_key = value.len() <= KEY_DIGITS && value.bytes().all(|byte| byte.is_ascii_digit());
        if is_key || is_pseudonym(value) {
            return Cow::Borrowed(value);
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pseudonym) = known.get(value) {
            return Cow::Owned(pseudonym.to_string());
        }
        let pseudonym = self.made_of(value);
        if known.len() == REMEMBERED {
            known.clear();
        }
        known.insert(value.into(), pseudonym.as_str().into());
        Cow::Owned(pseudonym)
    }

    fn made_of(&self, value: &str) -> String {
        let mut mac =
            Hmac::<sha2::Sha256>::new_from_slice(self.key.bytes()).expect("any length of key is allowed");
        mac.update(value.as_bytes());
        let digest = mac.finalize().into_bytes();
        format!("acct-{}", hex(&digest[..6]))
    }

    /// The text with every such value replaced. Text that is not JSON is treated the same way.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.replaced(text, |_| {})
    }

    fn replaced<'t>(&self, text: &'t str, mut found: impl FnMut(&str)) -> Cow<'t, str> {
        let mut places: Vec<(usize, usize, String)> = Vec::new();
        for name in &self.names {
            let quoted = name.needle().len();
            for at in name.find_iter(text.as_bytes()) {
                places.extend(self.place(text, at + quoted, &mut found));
            }
        }
        if places.is_empty() {
            return Cow::Borrowed(text);
        }
        places.sort_unstable();
        let mut replaced = String::with_capacity(text.len() + 16 * places.len());
        let mut copied = 0;
        for (start, end, pseudonym) in places {
            replaced.push_str(&text[copied..start]);
            replaced.push_str(&pseudonym);
            copied = end;
        }
        replaced.push_str(&text[copied..]);
        Cow::Owned(replaced)
    }

    /// What stands in the observed messages instead of the configured account numbers: the features as
    /// they are judged and recorded. Their paths are for reading only; requests are made with the others.
    pub fn features(&self, features: &[Feature]) -> Vec<Feature> {
        let mut features = features.to_vec();
        for feature in &mut features {
            self.rest(&mut feature.rest);
            for source in &mut feature.ws {
                for (pointer, value) in &mut source.filter {
                    if self.names_field(pointer.rsplit('/').next().unwrap_or_default()) {
                        *value = self.of(value).into_owned();
                    }
                }
            }
        }
        features
    }

    /// Which variables of a templated path stand for account numbers.
    pub fn names_variable(&self, rest: &RestSource, variable: &str) -> bool {
        let filled = format!("{{{variable}}}");
        self.names_field(variable)
            || pairs(&rest.path).any(|(name, value)| self.names_field(name) && value == filled)
    }

    fn rest(&self, rest: &mut RestSource) {
        let bound: BTreeMap<_, _> = rest
            .for_each
            .iter()
            .map(|(variable, values)| {
                let replace = self.names_variable(rest, variable);
                let value =
                    |value: &String| if replace { self.of(value).into_owned() } else { value.clone() };
                (variable.clone(), values.iter().map(value).collect())
            })
            .collect();
        rest.for_each = bound;
        if let Some(post) = &mut rest.post {
            post.body = self.text(&post.body).into_owned();
        }
        let Some((path, query)) = rest.path.split_once('?') else { return };
        let pairs: Vec<_> = query
            .split('&')
            .map(|pair| match pair.split_once('=') {
                Some((name, value)) if self.names_field(name) && !value.starts_with('{') => {
                    format!("{name}={}", self.of(value))
                }
                _ => pair.to_owned(),
            })
            .collect();
        rest.path = format!("{path}?{}", pairs.join("&"));
    }

    fn names_field(&self, name: &str) -> bool {
        self.plain_names.iter().any(|known| known == name)
    }

    /// The value after a key that ends at `at`: where it stands and what replaces it.
    fn place(&self, text: &str, at: usize, found: &mut impl FnMut(&str)) -> Option<(usize, usize, String)> {
        let bytes = text.as_bytes();
        let colon = skip_space(bytes, at);
        if bytes.get(colon) != Some(&b':') {
            return None;
        }
        let start = skip_space(bytes, colon + 1);
        let (end, value) = match bytes.get(start)? {
            b'"' => {
                // a torn message may end inside its string: what is there of it is replaced all the same
                let (inside, end) = match string_end(bytes, start + 1) {
                    Some(end) => (&text[start + 1..end - 1], end),
                    None => (&text[start + 1..], text.len()),
                };
                let plain = if inside.contains('\\') {
                    serde_json::from_str::<String>(&text[start..end])
                        .map_or(Cow::Borrowed(inside), Cow::Owned)
                } else {
                    Cow::Borrowed(inside)
                };
                (end, plain)
            }
            b'0'..=b'9' | b'-' => {
                let end = (start..bytes.len())
                    .find(|&i| !matches!(bytes[i], b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
                    .unwrap_or(bytes.len());
                (end, Cow::Borrowed(&text[start..end]))
            }
            _ => return None,
        };
        let shown = self.of(&value);
        found(&shown);
        match shown {
            Cow::Borrowed(_) => None,
            Cow::Owned(pseudonym) => Some((start, end, format!("\"{pseudonym}\""))),
        }
    }
}

/// Whether it has the shape of a pseudonym: replacing twice is replacing once.
pub fn is_pseudonym(value: &str) -> bool {
    value.strip_prefix("acct-").is_some_and(|hex| {
        hex.len() == 12 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn pairs(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|pair| pair.split_once('='))
}

fn skip_space(bytes: &[u8], from: usize) -> usize {
    (from..bytes.len()).find(|&i| !bytes[i].is_ascii_whitespace()).unwrap_or(bytes.len())
}

/// One past the closing quote of a string whose inside begins at `from`.
fn string_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonyms() -> Pseudonyms {
        Pseudonyms::new(PseudonymKey::of([7; 32]), &["account_id".to_owned(), "account_number".to_owned()])
    }

    #[test]
    fn values_are_replaced_at_any_depth_and_nothing_else_is_touched() {
        let p = pseudonyms();
        let (a, b) = (p.of("9F2C"), p.of("12345678"));
        let text = r#"{"account_id" : "9F2C","x":[{"account_number":12345678,"n":"account_id"}],"s":"\"account_id\":\"9F2C\""}"#;
        let expected = format!(
            r#"{{"account_id" : "{a}","x":[{{"account_number":"{b}","n":"account_id"}}],"s":"\"account_id\":\"9F2C\""}}"#
        );
        assert_eq!(p.text(text), expected);
        assert_ne!(a, b);
    }

    #[test]
    fn one_value_has_one_pseudonym_however_it_is_written() {
        let p = pseudonyms();
        let texts = [r#"{"account_id":"A-1234567"}"#, r#"{"account_id":"A\u002d1234567"}"#];
        assert_eq!(p.text(texts[0]), p.text(texts[1]));
        assert!(!p.text(texts[0]).contains("1234567"));
        assert_eq!(p.text(r#"{"account_id":"12345678"}"#), p.text(r#"{"account_id":12345678}"#));
    }

    #[test]
    fn database_keys_null_and_pseudonyms_stay() {
        let p = pseudonyms();
        for text in [
            r#"{"account_id":1}"#,
            r#"{"account_id":"123456"}"#,
            r#"{"account_id":null}"#,
            r#"{"account_id":{"a":1}}"#,
            r#"{"other":"9F2C"}"#,
        ] {
            assert!(matches!(p.text(text), Cow::Borrowed(_)), "{text}");
        }
        let once = p.text(r#"{"account_id":"9F2C"}"#).into_owned();
        assert_eq!(p.text(&once), once);
    }

    #[test]
    fn whom_answers_are_about_is_remembered_and_what_the_stream_says_is_not() {
        let p = pseudonyms();
        let seen = p.accounts_seen();
        assert_eq!(seen.joined(), None);
        p.text(r#"{"account_id":"OTHER-ACCOUNT"}"#);
        p.answer(r#"{"account_id":7,"x":{"account_number":"9F2C-SECRET"}}"#);
        p.answer(r#"{"account_id":"7","account_number":null}"#);
        let expected = format!("7,{}", p.of("9F2C-SECRET"));
        assert_eq!(seen.joined(), Some(expected));
    }

    #[test]
    fn text_that_is_not_json_leaks_nothing_either() {
        let p = pseudonyms();
        for torn in ["{\"account_id\":\"SECRET77\",", "{\"account_id\":\"SECRET77"] {
            assert!(!p.text(torn).contains("SECRET77"));
        }
        for odd in [
            "{\"account_id\"",
            "{\"account_id\":",
            "{\"account_id\":\"é",
            "\"account_id\":\"\\",
            "\"account_id\":-",
        ] {
            p.text(odd);
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_and_never_shown() {
        let p = pseudonyms();
        let first = p.of("SECRET-0").into_owned();
        for number in 0..REMEMBERED * 3 {
            p.of(&format!("SECRET-{number}"));
        }
        assert!(p.known.lock().unwrap().len() <= REMEMBERED);
        assert_eq!(p.of("SECRET-0"), first);
        assert!(!format!("{p:?}").contains("SECRET"));
    }

    #[test]
    fn another_key_gives_other_pseudonyms() {
        let other = Pseudonyms::new(PseudonymKey::of([8; 32]), &["account_id".to_owned()]);
        assert_ne!(other.of("9F2C"), pseudonyms().of("9F2C"));
    }
}
