//! One line as one observation, borrowing its text. The inverse of `print`.
//!
//! The line is read once and its payload stays text. Unknown keys beside a known event are ignored, since a newer tool
//! may add some; an unknown kind of event is an error, since nothing observed may be dropped silently.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de::Error as _};
use serde_json::value::RawValue;

use crate::diff::template::ParseToken;
use crate::json::grammar::{is_json, run};
use crate::model::observation::{End, Event, GapReason, Observation, Payload, RestAnswer};
use crate::model::rest_cause::RestCause;
use crate::model::time::Nanos;

/// Tokenises a payload ahead, as [`crate::diff::template::Preparse`] says.
pub(super) trait Tokenise: FnMut(&str, Option<&str>) -> Option<ParseToken> {}
impl<F: FnMut(&str, Option<&str>) -> Option<ParseToken>> Tokenise for F {}

/// Where the observation goes to nobody who tokenises.
pub(super) fn untokenised(_: &str, _: Option<&str>) -> Option<ParseToken> {
    None
}

/// Reads one line, without its line feed. `tokenise`: the judge's, who gets the observation next.
pub(super) fn observation(
    line: &str,
    tokenise: impl Tokenise,
) -> Result<(Observation<'_>, Option<ParseToken>), serde_json::Error> {
    match as_printed(line, tokenise) {
        Some(read) => Ok(read),
        None => Ok((in_any_order(line)?, None)),
    }
}

/// A line in whatever way it is written.
fn in_any_order(line: &str) -> Result<Observation<'_>, serde_json::Error> {
    let mut line: RecordedLine<'_> = serde_json::from_str(line)?;
    let at = Nanos(line.t);
    let socket = line.socket.take().map(|socket| socket.0);
    Ok(Observation { at, event: event(line)?, socket })
}

/// A message or an answer on a line just as `print` writes it, which is what most lines are.
fn as_printed(line: &str, tokenise: impl Tokenise) -> Option<(Observation<'_>, Option<ParseToken>)> {
    let (at, rest) = number(line.strip_prefix("{\"t\":")?)?;
    let (socket, rest) = match rest.strip_prefix(",\"socket\":\"") {
        Some(rest) => {
            let (name, rest) = plain(rest)?;
            (Some(Cow::Borrowed(name)), rest)
        }
        None => (None, rest),
    };
    let (event, token) = match rest.strip_prefix(",\"ws\":") {
        Some(rest) => {
            let (payload, token) = document(rest.strip_suffix('}')?, None, tokenise)?;
            (Event::Message(payload), token)
        }
        None => {
            let rest = rest.strip_prefix(",\"rest\":{\"feature\":\"")?.strip_suffix("}}")?;
            let (feature, rest) = plain(rest)?;
            let (sent, rest) = number(rest.strip_prefix(",\"sent\":")?)?;
            let (status, rest) = number(rest.strip_prefix(",\"status\":")?)?;
            let (bound, rest) = match rest.strip_prefix(",\"bound\":{\"") {
                Some(rest) => bound(rest)?,
                None => (Vec::new(), rest),
            };
            let (body, token) = document(rest.strip_prefix(",\"body\":")?, Some(feature), tokenise)?;
            let answer = RestAnswer {
                feature: Cow::Borrowed(feature),
                sent: Nanos(sent),
                status: u16::try_from(status).ok()?,
                body,
                bound,
            };
            (Event::Rest(answer), token)
        }
    };
    Some((Observation { at: Nanos(at), event, socket }, token))
}

/// A string without escapes, behind its first quote, and what follows.
fn plain(text: &str) -> Option<(&str, &str)> {
    text.split_once('"').filter(|(plain, _)| run(plain.as_bytes()) == plain.len())
}

/// The members of an object of strings without escapes, behind the first quote, and what follows.
fn bound(mut text: &str) -> Option<(Vec<(Cow<'_, str>, Cow<'_, str>)>, &str)> {
    let mut members = Vec::new();
    loop {
        let (name, rest) = plain(text)?;
        let (value, rest) = plain(rest.strip_prefix(":\"")?)?;
        members.push((Cow::Borrowed(name), Cow::Borrowed(value)));
        match rest.strip_prefix(",\"") {
            Some(rest) => text = rest,
            None => return Some((members, rest.strip_prefix('}')?)),
        }
    }
}

/// The whole number at the beginning, as JSON has it, and what follows. One of more than 19 digits may be too large.
fn number(text: &str) -> Option<(u64, &str)> {
    let bytes = text.as_bytes();
    let (mut number, mut length) = (0u64, 0);
    while let Some(digit @ b'0'..=b'9') = bytes.get(length) {
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        length += 1;
    }
    let is_json = length == 1 || ((2..20).contains(&length) && bytes[0] != b'0');
    is_json.then(|| (number, &text[length..]))
}

/// The text, if it is one object: then there is nothing after it, as in a line with more members there would be.
fn document<'a>(
    text: &'a str,
    feature: Option<&str>,
    mut tokenise: impl Tokenise,
) -> Option<(Payload<'a>, Option<ParseToken>)> {
    if !(text.starts_with('{') && text.ends_with('}')) {
        return None;
    }
    let token = tokenise(text, feature);
    (token.is_some() || is_json(text)).then(|| (Payload::known(text.into(), true), token))
}

#[derive(Deserialize)]
struct RecordedLine<'a> {
    t: u64,
    #[serde(default, borrow)]
    socket: Option<LineText<'a>>,
    #[serde(default, borrow, deserialize_with = "raw")]
    ws: Option<&'a str>,
    #[serde(default, borrow)]
    rest: Option<RestLine<'a>>,
    #[serde(default, borrow)]
    ws_text: Option<LineText<'a>>,
    #[serde(default, borrow, deserialize_with = "raw")]
    ws_binary: Option<&'a str>,
    #[serde(default)]
    bytes: Option<usize>,
    #[serde(default)]
    link: Option<LinkEvent>,
    /// Beside `open`: whether what is said first was said by then.
    #[serde(default)]
    ready: Option<bool>,
    #[serde(default)]
    code: Option<u16>,
    #[serde(default, borrow)]
    reason: Option<LineText<'a>>,
    #[serde(default)]
    gap: Option<GapReason>,
    #[serde(default)]
    ns: u64,
    #[serde(default)]
    end: Option<End>,
}

#[derive(Deserialize)]
struct RestLine<'a> {
    #[serde(borrow)]
    feature: LineText<'a>,
    sent: Nanos,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default, borrow)]
    bound: BoundValues<'a>,
    #[serde(default, borrow, deserialize_with = "raw")]
    body: Option<&'a str>,
    #[serde(default, borrow)]
    text: Option<LineText<'a>>,
    #[serde(default, borrow)]
    error: Option<LineText<'a>>,
    #[serde(default, borrow)]
    cause: Option<LineText<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum LinkEvent {
    Open,
    Closed,
    Failed,
}

fn event(line: RecordedLine<'_>) -> Result<Event<'_>, serde_json::Error> {
    let reason = || line.reason.map_or(Cow::Borrowed(""), |reason| reason.0);
    let event = match line {
        RecordedLine { ws: Some(text), .. } => Event::Message(Payload::known(text.into(), true)),
        RecordedLine { ws_text: Some(text), .. } => Event::Message(text.0.into()),
        RecordedLine { rest: Some(rest), .. } => return rest_event(rest),
        RecordedLine { ws_binary: Some(content), bytes, .. } => {
            Event::Binary { bytes: binary(content, bytes)? }
        }
        RecordedLine { link: Some(LinkEvent::Open), ready: Some(false), .. } => Event::Opening,
        RecordedLine { link: Some(LinkEvent::Open), .. } => Event::Open,
        RecordedLine { link: Some(LinkEvent::Closed), code, .. } => {
            Event::Closed { code: code.unwrap_or(1006), reason: reason() }
        }
        RecordedLine { link: Some(LinkEvent::Failed), .. } => Event::ConnectFailed { reason: reason() },
        RecordedLine { gap: Some(reason), ns, .. } => Event::Gap { reason, lasted: Nanos(ns) },
        RecordedLine { end: Some(end), .. } => Event::End(end),
        _ => {
            return Err(serde_json::Error::custom(
                "no event: one of ws, ws_text, ws_binary, rest, link, gap, end is needed beside t",
            ));
        }
    };
    Ok(event)
}

fn rest_event(rest: RestLine<'_>) -> Result<Event<'_>, serde_json::Error> {
    let body = match rest {
        RestLine { error: Some(error), feature, sent, cause, .. } => {
            let cause = cause.map_or(RestCause::Other, |cause| RestCause::named(&cause.0));
            return Ok(Event::RestError { feature: feature.0, sent, cause, error: error.0 });
        }
        RestLine { body: Some(body), .. } => Payload::known(body.into(), true),
        RestLine { text: Some(text), .. } => text.0.into(),
        _ => return Err(serde_json::Error::custom("a rest event needs a body, a text or an error")),
    };
    let status = rest.status.unwrap_or(200);
    Ok(Event::Rest(RestAnswer {
        feature: rest.feature.0,
        sent: rest.sent,
        status,
        body,
        bound: rest.bound.0,
    }))
}

/// Length of a binary frame: from its content in base64, or as noted where the content was not kept.
fn binary(content: &str, noted: Option<usize>) -> Result<usize, serde_json::Error> {
    if content == "null" {
        return noted.ok_or_else(|| serde_json::Error::custom("ws_binary without content needs bytes"));
    }
    let content: String = serde_json::from_str(content)?;
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(content)
        .map_err(|error| serde_json::Error::custom(format_args!("ws_binary is not base64: {error}")))?;
    Ok(decoded.len())
}

/// The JSON text of a value; unlike an `Option` it keeps `null` apart from absence.
fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de str>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(|raw| Some(raw.get()))
}

/// A string that is borrowed where it has no escapes.
struct LineText<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for LineText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = LineText<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(LineText(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(LineText(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// What filled a templated path, in its order.
#[derive(Default)]
struct BoundValues<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for BoundValues<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BoundVisitor;
        impl<'de> Visitor<'de> for BoundVisitor {
            type Value = BoundValues<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of strings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut bound = Vec::new();
                while let Some((name, value)) = map.next_entry::<LineText<'de>, LineText<'de>>()? {
                    bound.push((name.0, value.0));
                }
                Ok(BoundValues(bound))
            }
        }
        deserializer.deserialize_map(BoundVisitor)
    }
}

/// Whether a line that could not be read is an unfinished one rather than a wrong one.
pub(super) fn is_torn(line: &str) -> bool {
    let wants_more =
        |line: &str| matches!(serde_json::from_str::<IgnoredAny>(line), Err(error) if error.is_eof());
    // a number that stops at its sign, point or exponent is "invalid" to the parser, not unfinished
    wants_more(line) || (line.ends_with(['-', '+', '.', 'e', 'E']) && wants_more(&format!("{line}0")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINES: [&str; 9] = [
        r#"{"t":1500,"ws":{"type":"positions","data":{"a":1.50,"b":"x\"y"}}}"#,
        r#"{"t":0,"rest":{"feature":"positions","sent":7,"status":200,"body":{"a":[1,{"b":null}]}}}"#,
        r#"{"t":12,"rest":{"feature":"positions","sent":7,"status":503,"text":"down"}}"#,
        r#"{"t":12,"socket":"prices","ws":{"type":"p"}}"#,
        r#"{"t":12,"rest":{"feature":"bars","sent":7,"status":200,"bound":{"symbol":"ES","of":"1"},"body":{"a":1}}}"#,
        r#"{"t":12,"rest":{"feature":"bars","sent":7,"status":200,"bound":{"symbol":"E\u0053"},"body":{"a":1}}}"#,
        r#"{"t":12,"ws":{},"note":{}}"#,
        r#"{"t":12,"rest":{"feature":"a","sent":1,"status":200,"body":{},"more":{}}}"#,
        r#"{"t":12,"rest":{"feature":"a","sent":1,"status":200,"body":{}},"more":{}}"#,
    ];

    #[test]
    fn the_lines_that_are_printed_take_the_fast_path() {
        for (line, known) in LINES.iter().zip([true, true, false, true, true, false, false, false, false]) {
            assert_eq!(as_printed(line, untokenised).is_some(), known, "{line}");
            assert_eq!(observation(line, untokenised).unwrap().0, in_any_order(line).unwrap());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_fast_path_reads_as_any_line_is_read(
            line in prop::sample::select(LINES.to_vec()),
            place in any::<prop::sample::Index>(),
            other in prop::sample::select(r#"{}[]",:\\09 -tn"#.chars().chain(['\n', '\u{1}', 'é']).collect::<Vec<_>>()),
            how in 0..3u8,
        ) {
            let mut characters: Vec<char> = line.chars().collect();
            let place = place.index(characters.len());
            match how {
                0 => characters[place] = other,
                1 => drop(characters.remove(place)),
                _ => characters.insert(place, other),
            }
            let line: String = characters.into_iter().collect();
            if let Some((seen, _)) = as_printed(&line, untokenised) {
                prop_assert_eq!(Some(seen), in_any_order(&line).ok(), "{}", line);
            }
        }
    }
}
