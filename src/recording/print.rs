//! One observation as one line. The inverse of `parse`.

use std::borrow::Cow;
use std::io::Write as _;

use crate::json::grammar::is_json;
use crate::model::observation::{Event, GapReason, Observation, Payload, RestAnswer};
use crate::model::rest_cause::RestCause;
use crate::recording::canonical::one_line;

/// Appends the observation's line, its line feed included.
pub(super) fn line(out: &mut Vec<u8>, observation: &Observation<'_>) {
    put(out, format_args!("{{\"t\":{},", observation.at.0));
    if let Some(socket) = &observation.socket {
        text(out, "\"socket\":", socket);
        out.push(b',');
    }
    match &observation.event {
        // A program that knows no `ready` takes it for open, as it did before.
        Event::Opening => put(out, format_args!("\"link\":\"open\",\"ready\":false")),
        Event::Open => put(out, format_args!("\"link\":\"open\"")),
        Event::Closed { code, reason } => {
            put(out, format_args!("\"link\":\"closed\",\"code\":{code}"));
            if !reason.is_empty() {
                text(out, ",\"reason\":", reason);
            }
        }
        Event::ConnectFailed { reason } => text(out, "\"link\":\"failed\",\"reason\":", reason),
        Event::Message(message) => payload(out, "\"ws\":", "\"ws_text\":", message),
        Event::Binary { bytes } => put(out, format_args!("\"ws_binary\":null,\"bytes\":{bytes}")),
        Event::Rest(answer) => rest(out, answer),
        Event::RestError { feature, sent, cause, error } => {
            text(out, "\"rest\":{\"feature\":", feature);
            put(out, format_args!(",\"sent\":{}", sent.0));
            if *cause != RestCause::Other {
                put(out, format_args!(",\"cause\":\"{cause}\""));
            }
            text(out, ",\"error\":", error);
            out.push(b'}');
        }
        Event::Gap { reason, lasted } => {
            let reason = match reason {
                GapReason::Suspended => "suspended",
                GapReason::ClockJump => "clock_jump",
                GapReason::QueueOverflow => "queue_overflow",
            };
            put(out, format_args!("\"gap\":\"{reason}\",\"ns\":{}", lasted.0));
        }
        Event::End(end) => {
            out.extend_from_slice(b"\"end\":");
            serde_json::to_writer(&mut *out, end).expect("a word into memory");
        }
    }
    out.extend_from_slice(b"}\n");
}

fn rest(out: &mut Vec<u8>, answer: &RestAnswer<'_>) {
    text(out, "\"rest\":{\"feature\":", &answer.feature);
    put(out, format_args!(",\"sent\":{},\"status\":{},", answer.sent.0, answer.status));
    if !answer.bound.is_empty() {
        out.extend_from_slice(b"\"bound\":{");
        for (index, (name, value)) in answer.bound.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            text(out, "", name);
            text(out, ":", value);
        }
        out.extend_from_slice(b"},");
    }
    payload(out, "\"body\":", "\"text\":", &answer.body);
    out.push(b'}');
}

/// JSON goes in as JSON, anything else as a string. One of which it is known whether it is JSON is in its line
/// already.
fn payload(out: &mut Vec<u8>, json: &str, other: &str, payload: &Payload<'_>) {
    let known = payload.is_json();
    let payload = if known.is_some() { Cow::Borrowed(&**payload) } else { one_line((&**payload).into()) };
    if known.unwrap_or_else(|| is_json(&payload)) {
        out.extend_from_slice(json.as_bytes());
        out.extend_from_slice(payload.as_bytes());
    } else {
        text(out, other, &payload);
    }
}

fn text(out: &mut Vec<u8>, before: &str, value: &str) {
    out.extend_from_slice(before.as_bytes());
    serde_json::to_writer(out, value).expect("a string into memory");
}

fn put(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("writing into memory cannot fail");
}
