//! What makes an HTTP answer unusable, in a few words: an error page is an incident, never empty data.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::model::rest_cause::{RestCause, Unusable};
use crate::model::text::{cut, visible};
use crate::secrets::redacted;

/// Longest piece of a server's own words in a reason.
const WORDS: usize = 120;

/// The reason why a status other than 2xx brings no data. `location` is a redirect's target.
pub fn refused(status: u16, location: Option<&str>, body: &[u8]) -> String {
    let name = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let status = match name {
        Some(name) => format!("{status} {name}"),
        None => status.to_string(),
    };
    match (location, words(body)) {
        (Some(location), _) => format!("{status} to {}, not followed", place(location)),
        (None, Some(words)) => format!("{status}: {words}"),
        (None, None) => status,
    }
}

/// The same as what came of a request.
pub fn of_status(status: u16, location: Option<&str>, body: &[u8]) -> Unusable {
    Unusable::new(RestCause::of_status(status), refused(status, location, body))
}

/// A body as data, or the reason why it is none.
///
/// # Errors
/// The reason, for a person: not UTF-8, empty, a page, not JSON, or only the first page of several.
pub fn data(body: Vec<u8>) -> Result<String, Unusable> {
    let mut text =
        String::from_utf8(body).map_err(|_| Unusable::new(RestCause::Body, "the body is not UTF-8"))?;
    if text.starts_with('\u{feff}') {
        // A browser skips a byte order mark before a body.
        text.drain(..'\u{feff}'.len_utf8());
    }
    if text.trim().is_empty() {
        return Err(Unusable::new(RestCause::Body, "the body is empty"));
    }
    match serde_json::from_str::<&RawValue>(&text) {
        Ok(document) => check_pages(document.get()).map(|()| text),
        Err(_) if text.trim_start().starts_with('<') => {
            let title = title(&text).map_or(String::new(), |title| format!(": {title}"));
            Err(Unusable::new(RestCause::Html, format!("HTML instead of JSON{title}")))
        }
        Err(error) => {
            let why = format!("the body is not JSON ({error}): {}", shown(&text));
            Err(Unusable::new(RestCause::Body, why))
        }
    }
}

/// A list that goes on elsewhere is not the whole state.
fn check_pages(document: &str) -> Result<(), Unusable> {
    #[derive(Deserialize)]
    struct Page<'a> {
        #[serde(default, borrow)]
        next: Option<&'a RawValue>,
    }
    if !document.starts_with('{') || memchr::memmem::find(document.as_bytes(), b"\"next\"").is_none() {
        return Ok(());
    }
    match serde_json::from_str::<Page<'_>>(document) {
        Ok(Page { next: Some(next) }) if next.get().starts_with('"') => {
            let next = shown(next.get());
            let why = format!(
                "only the first page of several: `next` is {next}; raise the page size or pin the list"
            );
            Err(Unusable::new(RestCause::Pages, why))
        }
        _ => Ok(()),
    }
}

/// What an error body says: DRF's `detail`, an `error`, or a page's title.
fn words(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Words<'a> {
        #[serde(borrow, alias = "error", alias = "message")]
        detail: Option<Cow<'a, str>>,
        #[serde(default)]
        non_field_errors: Vec<String>,
    }
    let text = std::str::from_utf8(body).ok()?;
    if let Ok(words) = serde_json::from_str::<Words<'_>>(text) {
        let said = words.detail.map(Cow::into_owned).or_else(|| words.non_field_errors.into_iter().next())?;
        return Some(shown(&said));
    }
    if text.trim_start().starts_with('<') {
        return Some(
            title(text).map_or_else(|| "an HTML page".to_owned(), |title| format!("HTML page: {title}")),
        );
    }
    None
}

fn title(html: &str) -> Option<String> {
    let after = html.split_once("<title>")?.1;
    let title = after.split_once("</title>")?.0;
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then(|| shown(&title))
}

fn shown(text: &str) -> String {
    cut(&visible(&redacted(text)), WORDS)
}

/// A redirect's target without what may be secret in it.
fn place(location: &str) -> String {
    shown(location.split(['?', '#']).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_what_the_server_said() {
        let detail = br#"{"detail":"No Account matches the given query."}"#;
        assert_eq!(refused(404, None, detail), "404 Not Found: No Account matches the given query.");
        let page = b"<!DOCTYPE html><title>Page not\n found at /x</title>";
        assert_eq!(refused(404, None, page), "404 Not Found: HTML page: Page not found at /x");
        assert_eq!(refused(500, None, b"\xff"), "500 Internal Server Error");
        let login = br#"{"non_field_errors":["Invalid credentials"]}"#;
        assert_eq!(refused(400, None, login), "400 Bad Request: Invalid credentials");
        let to = Some("http://evil.example/x?token=secret");
        assert_eq!(refused(302, to, b""), "302 Found to http://evil.example/x, not followed");
    }

    #[test]
    fn control_characters_of_a_server_stay_on_paper() {
        let said = refused(500, None, b"{\"error\":\"\\u001b[2J\"}");
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }

    #[test]
    fn only_whole_json_is_data() {
        assert_eq!(data(b" [1]\n".to_vec()).unwrap(), " [1]\n");
        for (body, cause, reason) in [
            (&b""[..], RestCause::Body, "empty"),
            (b"<html><title>Login</title>", RestCause::Html, "HTML instead of JSON: Login"),
            (b"OK", RestCause::Body, "not JSON"),
            (b"\xff\xfe", RestCause::Body, "UTF-8"),
            (b"{\"count\":30,\"next\":\"http://x/?page=2\",\"results\":[]}", RestCause::Pages, "first page"),
        ] {
            let unusable = data(body.to_vec()).unwrap_err();
            assert_eq!(unusable.cause, cause);
            assert!(unusable.why.contains(reason), "{}", unusable.why);
        }
        for body in ["{\"next\":null}", "{\"a\":{\"next\":\"x\"}}", "[{\"next\":\"x\"}]", "{\"next\":1}"] {
            assert!(data(body.as_bytes().to_vec()).is_ok(), "{body}");
        }
    }
}
