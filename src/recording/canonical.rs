//! One text for one payload: what is recorded, judged and replayed is the same string.

use std::borrow::Cow;

use crate::json::grammar::is_json;
use crate::model::observation::{Event, Observation, Payload, RestAnswer};

/// Brings JSON payloads to one line: whitespace around the document goes, and where it holds line breaks
/// all whitespace between tokens goes. Text of numbers and strings stays as it is; so does everything
/// that is not JSON.
pub fn canonical(observation: Observation<'_>) -> Observation<'_> {
    let event = match observation.event {
        Event::Message(payload) => Event::Message(Payload::checked(one_line(payload.into_text()))),
        Event::Rest(answer) => {
            let body = Payload::checked(one_line(answer.body.into_text()));
            Event::Rest(RestAnswer { body, ..answer })
        }
        other => other,
    };
    Observation { event, ..observation }
}

/// The text as it stands on a line of a recording, if it is JSON.
pub(super) fn one_line(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_plain =
        trim(&text).len() == text.len() && memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_none();
    if is_plain || !is_json(&text) {
        return text;
    }
    Cow::Owned(compact(trim(&text)))
}

fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Valid JSON without the whitespace between its tokens.
fn compact(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in text.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
        } else if is_space(c) {
            continue;
        } else {
            in_string = c == '"';
        }
        line.push(c);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_go_and_the_text_of_numbers_and_strings_stays() {
        let pretty = "\n{ \"a b\" : 1.50 ,\r\n \"c\\\"\\\\\": [ \" x\", -0 ] }\t";
        assert_eq!(one_line(pretty.into()), "{\"a b\":1.50,\"c\\\"\\\\\":[\" x\",-0]}");
    }

    #[test]
    fn what_is_on_one_line_already_is_not_copied() {
        assert!(matches!(one_line("{\"a\": 1, \"b\": 2}".into()), Cow::Borrowed(_)));
    }

    #[test]
    fn what_is_not_json_stays_as_it_is() {
        for text in [" not json\n", "{\"a\":\n", "\n", "\"raw \n in a string\""] {
            assert_eq!(one_line(text.into()), text);
        }
    }

    #[test]
    fn deep_nesting_is_walked_without_recursion() {
        let deep = format!("{}{}\n", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(one_line(deep.as_str().into()).len(), 400_000);
    }
}
