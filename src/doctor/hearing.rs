//! What one socket says while the doctor listens, feature by feature. Sans-IO: frames and times go in.

use std::time::Duration;

use serde_json::Value;

use crate::json::pointer::Pointer;
use crate::model::feature::{Delivery, Feature};
use crate::model::time::Nanos;

/// Listened to at least, even when everybody spoke: a broadcast without a handler closes the socket later.
const LEAST: Duration = Duration::from_secs(3);

/// Everything heard since the handshake.
#[derive(Debug)]
pub struct Hearing {
    opened: Nanos,
    /// How long it was listened.
    pub waited: Duration,
    pub first_frame: Option<Nanos>,
    pub pong: Option<Nanos>,
    pub frames: u64,
    /// Frames that are no JSON object with a type.
    pub unreadable: u64,
    /// Close code, and when.
    pub closed: Option<(u16, Nanos)>,
    pub features: Vec<Heard>,
}

/// What was heard of one feature.
#[derive(Debug)]
pub struct Heard {
    pub name: String,
    pub types: Vec<String>,
    pub delivery: Delivery,
    pub every: Duration,
    pub push_delay: Duration,
    filters: Vec<Vec<(Pointer, String)>>,
    pub first: Option<Nanos>,
    pub messages: u64,
    /// Messages of its types for others.
    pub filtered: u64,
}

impl Hearing {
    pub fn new(features: &[Feature], opened: Nanos) -> Self {
        let features = features.iter().map(Heard::of).collect();
        Self {
            opened,
            waited: Duration::ZERO,
            first_frame: None,
            pong: None,
            frames: 0,
            unreadable: 0,
            closed: None,
            features,
        }
    }

    /// One text frame.
    pub fn take(&mut self, at: Nanos, text: &str) {
        self.frames += 1;
        self.first_frame.get_or_insert(at);
        let message: Value = match serde_json::from_str(text) {
            Ok(message) => message,
            Err(_) => return self.unreadable += 1,
        };
        let Some(kind) = message.get("type").and_then(Value::as_str) else {
            return self.unreadable += 1;
        };
        if kind == "pong" {
            self.pong.get_or_insert(at);
            return;
        }
        for heard in &mut self.features {
            heard.take(at, kind, &message);
        }
    }

    /// Whether listening longer could not tell more, at `now` and never after `limit`.
    pub fn is_done(&mut self, now: Nanos, limit: Duration) -> bool {
        let waited = now.since(self.opened);
        self.waited = waited;
        let told = |heard: &Heard| {
            heard.first.is_some() || heard.delivery == Delivery::OnChange || waited >= heard.patience()
        };
        let everybody = waited >= LEAST && self.pong.is_some() && self.features.iter().all(told);
        self.closed.is_some() || waited >= limit || everybody
    }

    /// From the handshake to then.
    pub fn after(&self, then: Nanos) -> Duration {
        then.since(self.opened)
    }
}

impl Heard {
    fn of(feature: &Feature) -> Self {
        let filters = feature.ws.iter().map(|source| {
            let pointers = source.filter.iter();
            pointers.filter_map(|(at, text)| Some((at.parse().ok()?, text.clone()))).collect()
        });
        Self {
            name: feature.name.clone(),
            types: feature.ws.iter().flat_map(|source| source.types.clone()).collect(),
            delivery: feature.delivery(),
            every: feature.every(),
            push_delay: feature.push_delay,
            filters: filters.collect(),
            first: None,
            messages: 0,
            filtered: 0,
        }
    }

    /// How long its first message may take: its cadence and its allowed delay.
    pub fn patience(&self) -> Duration {
        self.every + self.push_delay
    }

    fn take(&mut self, at: Nanos, kind: &str, message: &Value) {
        let plain = |name: &str| name.replace('.', "_");
        if !self.types.iter().any(|name| plain(name) == plain(kind)) {
            return;
        }
        let passes = |filter: &Vec<(Pointer, String)>| {
            filter.iter().all(|(at, wanted)| at.get(message).is_some_and(|value| is_text(value, wanted)))
        };
        if self.filters.iter().any(passes) {
            self.messages += 1;
            self.first.get_or_insert(at);
        } else {
            self.filtered += 1;
        }
    }
}

/// A filter compares as text: the number 1 is "1".
fn is_text(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text == wanted,
        Value::Number(number) => number.to_string() == wanted,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract;

    const SECOND: Nanos = Nanos(1_000_000_000);

    fn positions(filter: Option<&str>) -> Vec<Feature> {
        let mut features = contract::built_in("thor-a");
        features.retain(|feature| feature.name == "positions");
        if let Some(account) = filter {
            features[0].ws[0].filter.insert("/data/account_id".to_owned(), account.to_owned());
        }
        features
    }

    #[test]
    fn only_the_outer_type_and_only_the_own_account_count() {
        let mut hearing = Hearing::new(&positions(Some("7")), Nanos::ZERO);
        hearing.take(SECOND, r#"{"type":"quote","data":{"type":"positions","account_id":7}}"#);
        hearing.take(SECOND, r#"{"type":"positions","data":{"account_id":8}}"#);
        assert_eq!((hearing.features[0].messages, hearing.features[0].filtered), (0, 1));
        hearing.take(SECOND, r#"{"type":"position","data":{"account_id":7}}"#);
        hearing.take(SECOND, r#"{"type":"positions","data":{"account_id":"7"}}"#);
        assert_eq!((hearing.features[0].messages, hearing.features[0].filtered), (2, 1));
        assert_eq!(hearing.frames, 4);
    }

    #[test]
    fn listening_ends_when_everybody_spoke_or_could_have() {
        let limit = Duration::from_secs(30);
        let mut hearing = Hearing::new(&positions(None), Nanos::ZERO);
        hearing.take(SECOND, r#"{"type":"positions","data":{}}"#);
        assert!(!hearing.is_done(Nanos(9_000_000_000), limit), "the pong is still out");
        hearing.take(SECOND, r#"{"type":"pong","timestamp":1}"#);
        assert!(!hearing.is_done(SECOND, limit), "a close may still come");
        assert!(hearing.is_done(Nanos(3_000_000_000), limit));

        let mut silent = Hearing::new(&positions(None), Nanos::ZERO);
        silent.take(SECOND, r#"{"type":"pong"}"#);
        assert!(!silent.is_done(Nanos::from_secs_f64(11.9), limit));
        assert!(silent.is_done(Nanos::from_secs_f64(12.0), limit), "cadence 10 s and 2 s of delay");
        silent.closed = Some((1011, SECOND));
        assert!(silent.is_done(SECOND, limit));
    }

    #[test]
    fn frames_that_are_no_messages_are_counted_not_hidden() {
        let mut hearing = Hearing::new(&positions(None), Nanos::ZERO);
        for frame in ["not json", "[1]", r#"{"data":{}}"#] {
            hearing.take(SECOND, frame);
        }
        assert_eq!((hearing.frames, hearing.unreadable), (3, 3));
        assert_eq!(hearing.first_frame, Some(SECOND));
    }
}
