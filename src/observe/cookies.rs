//! The cookies that a login earns: kept in memory, sent back to the host that gave them, never shown.
//!
//! Only their names and values count here: path, domain and date mean nothing to an observer that asks one backend and
//! ends with its run. One that the server takes away goes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderValue};

use crate::secrets;

/// More are no login's.
const MOST: usize = 64;

/// Shared by everything that asks the backend.
#[derive(Clone, Default)]
pub struct Cookies(Arc<Mutex<BTreeMap<String, String>>>);

impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookies")
    }
}

impl Cookies {
    /// Takes what an answer sets.
    pub fn take(&self, headers: &HeaderMap) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for line in headers.get_all(http::header::SET_COOKIE) {
            let Ok(line) = line.to_str() else { continue };
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let (name, value) = (name.trim(), value.trim());
            let is_taken_away = value.is_empty()
                || parts.any(|part| {
                    part.split_once('=').is_some_and(|(key, age)| {
                        key.eq_ignore_ascii_case("max-age")
                            && age.trim().parse::<i64>().is_ok_and(|age| age <= 0)
                    })
                });
            if is_taken_away {
                held.remove(name);
            } else if held.len() < MOST || held.contains_key(name) {
                secrets::register(value.trim_matches('"'));
                held.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Whether there is any but this one.
    pub fn has_other_than(&self, name: Option<&str>) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().any(|held| Some(held.as_str()) != name)
    }

    pub fn value(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Forgets all of them: before another login.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// As they are sent; `None` where there are none, or none that a header can carry.
    pub fn header(&self) -> Option<HeaderValue> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_empty() {
            return None;
        }
        let pairs: Vec<String> = held.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut header = HeaderValue::from_str(&pairs.join("; ")).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(cookies: &Cookies, lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(http::header::SET_COOKIE, HeaderValue::from_str(line).unwrap());
        }
        cookies.take(&headers);
        cookies.header().map(|header| header.to_str().unwrap().to_owned())
    }

    #[test]
    fn what_is_set_is_sent_and_what_is_taken_away_is_not() {
        let cookies = Cookies::default();
        assert_eq!(set(&cookies, &[]), None);
        let both = set(&cookies, &["sessionid=abc123def; HttpOnly; Path=/", "csrftoken=xyz789uvw"]);
        assert_eq!(both.as_deref(), Some("csrftoken=xyz789uvw; sessionid=abc123def"));
        let left = set(&cookies, &["csrftoken=\"\"; Max-Age=0", "sessionid=next999one; Max-Age=60"]);
        assert_eq!(left.as_deref(), Some("sessionid=next999one"));
        assert_eq!(set(&cookies, &["sessionid=; expires=Thu, 01 Jan 1970 00:00:00 GMT"]), None);
        assert_eq!(format!("{cookies:?}"), "Cookies");
    }
}
