//! One frame as its events: each reads as if it had been sent alone, in the place of the list that it stood in.

use std::borrow::Cow;

use crate::json::cursor::{Cursor, Malformed, Shape, offset, plain_text, unescape, validate};
use crate::json::grammar::is_json;
use crate::json::locate::locate;
use crate::json::pointer::Pointer;
use crate::model::routing::Routing;

/// What the events of one frame may amount to, in bytes: what surrounds the list is repeated for each of them.
const MAX_EVENTS_BYTES: usize = 256 << 20;

/// Gives each event of a frame, with its type; `None` where it has none.
///
/// # Errors
/// Where the frame is not JSON, or its events grow beyond 256 MiB.
pub fn for_each_event(
    routing: &Routing,
    frame: &str,
    mut give: impl FnMut(Option<&str>, &str),
) -> Result<(), Malformed> {
    validate(frame)?;
    let frame = parsed(routing, frame);
    let mut give = |event: &str| give(event_type(routing, event).as_deref(), event);
    match &routing.each {
        None => give(&frame),
        Some(each) => {
            let mut split = Split { give, bytes: 0 };
            split.descend(&frame, each.tokens(), "", "")?;
        }
    }
    Ok(())
}

/// The type of an event: a text, or the text of a number or boolean. All events are of one type, which is empty, where
/// the routing has no types.
pub fn event_type<'t>(routing: &Routing, event: &'t str) -> Option<Cow<'t, str>> {
    if !routing.has_types() {
        return Some(Cow::Borrowed(""));
    }
    let found = locate(event, &[&routing.kind]).ok()?[0]?;
    (!found.starts_with(['{', '[', 'n'])).then(|| plain_text(found))
}

/// The frame with the JSON that a string of it holds in the string's place. One that holds none stays.
pub fn parsed<'f>(routing: &Routing, frame: &'f str) -> Cow<'f, str> {
    inside(routing, frame).unwrap_or(Cow::Borrowed(frame))
}

fn inside<'f>(routing: &Routing, frame: &'f str) -> Option<Cow<'f, str>> {
    let pointer = routing.parse.as_ref()?;
    let found = locate(frame, &[pointer]).ok()?[0]?;
    let content = found.strip_prefix('"')?.strip_suffix('"')?;
    let content = unescape(content);
    if !is_json(&content) {
        return None;
    }
    let start = offset(frame, found)?;
    Some(Cow::Owned([&frame[..start], &content, &frame[start + found.len()..]].concat()))
}

/// Whether each of these pointers leads to this text in the message.
pub fn passes<'w>(message: &str, wanted: impl IntoIterator<Item = (&'w Pointer, &'w String)>) -> bool {
    wanted.into_iter().all(|(pointer, wanted)| {
        let found = locate(message, &[pointer]).ok().and_then(|found| found[0]);
        found.is_some_and(|found| plain_text(found) == wanted.as_str())
    })
}

struct Split<G> {
    give: G,
    bytes: usize,
}

impl<G: FnMut(&str)> Split<G> {
    /// `before` and `after`: what stands around the value, without the other events.
    fn descend(&mut self, value: &str, path: &[String], before: &str, after: &str) -> Result<(), Malformed> {
        let mut cursor = Cursor::new(value);
        let shape = cursor.shape()?;
        let is_last = path.is_empty() || (path.len() == 1 && path[0] == "*");
        if shape == Shape::Array && (is_last || path[0] == "*") {
            cursor.enter();
            let mut first = true;
            while cursor.element(first)? {
                first = false;
                let element = cursor.skip()?;
                if is_last {
                    self.event(before, element, after)?;
                } else {
                    self.descend(element, &path[1..], before, after)?;
                }
            }
            return Ok(());
        }
        let (Some(token), false) = (path.first(), is_last) else {
            return self.event(before, value, after);
        };
        let child = locate(value, &[Pointer::root().join(token)])?[0];
        let Some((child, start)) = child.and_then(|child| Some((child, offset(value, child)?))) else {
            return self.event(before, value, after);
        };
        let before = [before, &value[..start]].concat();
        let after = [&value[start + child.len()..], after].concat();
        self.descend(child, &path[1..], &before, &after)
    }

    fn event(&mut self, before: &str, value: &str, after: &str) -> Result<(), Malformed> {
        self.bytes += before.len() + value.len() + after.len();
        if self.bytes > MAX_EVENTS_BYTES {
            return Err(Malformed("its events grow beyond 256 MiB".to_owned()));
        }
        if before.is_empty() && after.is_empty() {
            (self.give)(value);
        } else {
            (self.give)(&[before, value, after].concat());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routing(kind: &str, each: Option<&str>, parse: Option<&str>) -> Routing {
        let pointer = |text: &str| text.parse().unwrap();
        Routing { kind: pointer(kind), each: each.map(pointer), parse: parse.map(pointer) }
    }

    fn events(routing: &Routing, frame: &str) -> Vec<(Option<String>, String)> {
        let mut all = Vec::new();
        for_each_event(routing, frame, |kind, event| {
            all.push((kind.map(str::to_owned), event.to_owned()));
        })
        .unwrap();
        all
    }

    fn of(kind: &str, event: &str) -> (Option<String>, String) {
        (Some(kind.to_owned()), event.to_owned())
    }

    #[test]
    fn each_event_stands_where_its_list_stood() {
        let signal_k = r#"{"context":"vessel","updates":[{"ts":1,"values":[{"p":"a"},{"p":"b"}]},{"ts":2,"values":[{"p":"c"}]}]}"#;
        assert_eq!(
            events(&routing("", Some("/updates/*/values"), None), signal_k),
            [
                of("", r#"{"context":"vessel","updates":{"ts":1,"values":{"p":"a"}}}"#),
                of("", r#"{"context":"vessel","updates":{"ts":1,"values":{"p":"b"}}}"#),
                of("", r#"{"context":"vessel","updates":{"ts":2,"values":{"p":"c"}}}"#),
            ]
        );
        let roots = routing("/type", Some(""), None);
        assert_eq!(
            events(&roots, r#" [{"type":"a"}, {"type":2},{}] "#),
            [of("a", r#"{"type":"a"}"#), of("2", r#"{"type":2}"#), (None, "{}".to_owned())]
        );
        assert_eq!(events(&roots, r#"{"type":"ack"}"#), [of("ack", r#"{"type":"ack"}"#)]);
        let stream = routing("/stream", Some("/data"), None);
        assert_eq!(
            events(&stream, r#"{"stream":"x","data":[1,2]}"#),
            [of("x", r#"{"stream":"x","data":1}"#), of("x", r#"{"stream":"x","data":2}"#)]
        );
        assert_eq!(events(&stream, r#"{"stream":"x","data":[]}"#), []);
        assert_eq!(events(&stream, r#"{"stream":"x"}"#), [of("x", r#"{"stream":"x"}"#)]);
    }

    #[test]
    fn json_in_a_string_is_read_once_and_other_strings_stay() {
        let pusher = routing("/event", None, Some("/data"));
        let frame = r#"{"event":"p","data":"{\"a\":\"\u00e9 \\\"x\\\"\",\"n\":1.50}"}"#;
        let read = r#"{"event":"p","data":{"a":"é \"x\"","n":1.50}}"#;
        assert_eq!(events(&pusher, frame), [of("p", read)]);
        assert_eq!(parsed(&pusher, read), read);
        for other in [r#"{"event":"p","data":"hello"}"#, r#"{"event":"p"}"#, r#"{"event":"p","data":7}"#] {
            assert_eq!(parsed(&pusher, other), other);
        }
    }

    #[test]
    fn a_frame_whose_events_grow_without_end_is_refused() {
        // each event carries what stands around the list: the square of what was sent
        let around = "x".repeat(1 << 20);
        let frame = format!("{{\"a\":\"{around}\",\"l\":[{}1]}}", "1,".repeat(300));
        let mut given = 0;
        let refused = for_each_event(&routing("", Some("/l"), None), &frame, |_, _| given += 1);
        assert!(refused.is_err_and(|error| error.0.contains("its events grow beyond 256 MiB")));
        assert_eq!(given, (MAX_EVENTS_BYTES >> 20) - 1);
    }

    #[test]
    fn what_is_no_json_is_an_error_and_no_event() {
        for frame in ["", "nonsense", "[1,", "{\"a\":NaN}"] {
            assert!(for_each_event(&routing("", Some(""), None), frame, |_, _| panic!()).is_err(), "{frame}");
        }
    }
}
