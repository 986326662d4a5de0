//! Thor's JSON, pure: a world in, bodies and messages out, each number in the type Thor gives it there.
//!
//! `rest` makes REST bodies, `message` WebSocket messages, `market` the rows both of them need.

pub mod market;
pub mod message;
pub mod rest;

use jiff::Timestamp;

use super::world::Dialect;

/// An aware UTC instant as Python writes it: `2026-01-12T00:00:00.081223+00:00`.
fn aware(moment: Timestamp) -> String {
    let whole = moment.subsec_microsecond() == 0;
    moment.strftime(if whole { "%Y-%m-%dT%H:%M:%S+00:00" } else { "%Y-%m-%dT%H:%M:%S.%6f+00:00" }).to_string()
}

/// The instant a message was made: `Z` in state A, `+00:00` in state B.
fn stamp(moment: Timestamp, dialect: Dialect) -> String {
    let text = aware(moment);
    match dialect {
        Dialect::A => text.replace("+00:00", "Z"),
        Dialect::B => text,
    }
}
