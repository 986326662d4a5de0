//! What one socket says while the doctor listens, feature by feature. Sans-IO: frames and times go in.

use std::collections::BTreeMap;
use std::time::Duration;

use super::routes::Routes;
use crate::frames::{for_each_event, passes};
use crate::json::cursor::member_names;
use crate::json::locate::locate;
use crate::json::pointer::Pointer;
use crate::model::feature::{Delivery, Feature, WsSource};
use crate::model::routing::Routing;
use crate::model::text::counted;
use crate::model::text::{cut, visible};
use crate::model::time::Nanos;
use crate::settings::{MessagePattern, SocketSettings};

/// Listened to at least, even when everybody spoke: a broadcast without a handler closes the socket later.
const LEAST: Duration = Duration::from_secs(3);

/// Types and names that are listed of what no feature hears.
const LISTED: usize = 8;

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
    /// What the server says of it.
    pub close_reason: String,
    /// Frames that are binary and are not read.
    pub binary: u64,
    /// Whether Thor's ping was sent.
    pub expects_pong: bool,
    pub features: Vec<Heard>,
    /// What came, to find out by what it could be routed.
    pub routes: Routes,
    routing: Routing,
    /// What [socket] waits for itself: answers to what is said first, pings.
    expected: Vec<MessagePattern>,
    /// How many of these came.
    own: u64,
    /// Types of messages that no feature hears, and how often; the first few.
    others: BTreeMap<String, u64>,
    /// Names in the first message without a type.
    untyped: Vec<String>,
}

/// What was heard of one feature.
#[derive(Debug)]
pub struct Heard {
    pub name: String,
    pub types: Vec<String>,
    pub delivery: Delivery,
    pub every: Duration,
    pub push_delay: Duration,
    sources: Vec<(WsSource, Vec<(Pointer, String)>)>,
    pub first: Option<Nanos>,
    pub messages: u64,
    /// Messages of its types for others.
    pub filtered: u64,
}

impl Hearing {
    pub fn new(features: &[Feature], opened: Nanos) -> Self {
        let routing = features.first().map(|feature| feature.routing.clone()).unwrap_or_default();
        let features = features.iter().map(Heard::of).collect();
        Self {
            routing,
            routes: Routes::default(),
            expected: Vec::new(),
            own: 0,
            others: BTreeMap::new(),
            untyped: Vec::new(),
            binary: 0,
            expects_pong: true,
            opened,
            waited: Duration::ZERO,
            first_frame: None,
            pong: None,
            frames: 0,
            unreadable: 0,
            closed: None,
            close_reason: String::new(),
            features,
        }
    }

    /// Messages that are the socket's own affair belong to no feature, and are none that one should hear.
    pub fn expect(&mut self, socket: &SocketSettings) {
        let steps = socket.on_open.iter().flat_map(|step| [&step.after, &step.expect]);
        self.expected = steps.flatten().chain(socket.pong.iter().map(|pong| &pong.when)).cloned().collect();
    }

    /// One text frame.
    pub fn take(&mut self, at: Nanos, text: &str) {
        self.frames += 1;
        self.first_frame.get_or_insert(at);
        self.routes.take(text);
        let Self { features, pong, routing, others, untyped, expected, own, .. } = self;
        let (mut has_type, mut is_heard) = (false, false);
        let read = for_each_event(routing, text, |kind, event| {
            has_type |= kind.is_some();
            if kind == Some("pong") {
                pong.get_or_insert(at);
                return;
            }
            let mut is_ours = false;
            for heard in features.iter_mut() {
                is_ours |= heard.take(at, kind, event);
            }
            is_heard |= is_ours;
            match kind {
                Some(_) if !is_ours && expected.iter().any(|pattern| passes(event, pattern)) => *own += 1,
                Some(kind) if !is_ours && (others.len() < LISTED || others.contains_key(kind)) => {
                    *others.entry(cut(kind, 40)).or_default() += 1;
                }
                None if untyped.is_empty() => *untyped = member_names(event, LISTED),
                _ => {}
            }
        });
        if read.is_err() || !(has_type || is_heard) {
            self.unreadable += 1;
        }
    }

    /// One binary frame that is not read.
    pub fn take_binary(&mut self, at: Nanos) {
        self.frames += 1;
        self.unreadable += 1;
        self.binary += 1;
        self.first_frame.get_or_insert(at);
    }

    /// Whether any message had a type.
    pub fn knows_types(&self) -> bool {
        self.own > 0
            || !self.others.is_empty()
            || self.features.iter().any(|heard| heard.messages + heard.filtered > 0)
    }

    /// Whether messages came that no feature hears.
    pub fn has_others(&self) -> bool {
        !self.others.is_empty() || !self.untyped.is_empty() || self.binary > 0
    }

    /// What came, by what it could be routed by.
    pub fn came(&self) -> String {
        let mut told: Vec<String> =
            self.others.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        if !self.untyped.is_empty() {
            let names: Vec<String> = self.untyped.iter().map(|name| cut(name, 40)).collect();
            told.push(format!("messages without {}, with {}", self.routing.kind, names.join(", ")));
        }
        if self.binary > 0 {
            told.push(format!(
                "{} ([socket] decode = \"auto\" reads JSON in them)",
                counted(self.binary, "binary frame", "binary frames")
            ));
        }
        if told.is_empty() {
            told.push(match self.unreadable {
                0 => "nothing of it".to_owned(),
                count => format!("{} no JSON object", counted(count, "frame that is", "frames that are")),
            });
        }
        visible(&told.join(", "))
    }

    /// Whether listening longer could not tell more, at `now` and never after `limit`.
    pub fn is_done(&mut self, now: Nanos, limit: Duration) -> bool {
        let waited = now.since(self.opened);
        self.waited = waited;
        let told = |heard: &Heard| {
            heard.first.is_some() || heard.delivery == Delivery::OnChange || waited >= heard.patience()
        };
        let pong = self.pong.is_some() || !self.expects_pong;
        let everybody = waited >= LEAST && pong && self.features.iter().all(told);
        self.closed.is_some() || waited >= limit || everybody
    }

    /// From the handshake to then.
    pub fn after(&self, then: Nanos) -> Duration {
        then.since(self.opened)
    }
}

impl Heard {
    fn of(feature: &Feature) -> Self {
        let sources = feature.ws.iter().map(|source| {
            let pointers = source.filter.iter();
            let pointers = pointers.filter_map(|(at, text)| Some((at.parse().ok()?, text.clone())));
            (source.clone(), pointers.collect())
        });
        Self {
            name: feature.name.clone(),
            types: feature.ws.iter().flat_map(|source| source.types.clone()).collect(),
            delivery: feature.delivery(),
            every: feature.every(),
            push_delay: feature.push_delay,
            sources: sources.collect(),
            first: None,
            messages: 0,
            filtered: 0,
        }
    }

    /// How long its first message may take: its cadence and its allowed delay.
    pub fn patience(&self) -> Duration {
        self.every + self.push_delay
    }

    /// One event; whether it is of the feature's types.
    fn take(&mut self, at: Nanos, kind: Option<&str>, event: &str) -> bool {
        let mut is_ours = false;
        for (source, filter) in &self.sources {
            if !kind.map_or(source.hears_all(), |kind| source.hears(kind)) {
                continue;
            }
            let selects = || locate(event, &[&source.select]).is_ok_and(|found| found[0].is_some());
            if passes(event, filter.iter().map(|(at, text)| (at, text))) && (!source.hears_all() || selects())
            {
                self.messages += 1;
                self.first.get_or_insert(at);
                return true;
            }
            is_ours = true;
        }
        self.filtered += u64::from(is_ours);
        is_ours
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
    fn a_filter_takes_a_boolean_as_its_text() {
        let mut features = positions(None);
        features[0].ws[0].filter.insert("/data/live".to_owned(), "true".to_owned());
        let mut hearing = Hearing::new(&features, Nanos::ZERO);
        for live in ["true", "\"true\"", "false", "null"] {
            hearing.take(SECOND, &format!("{{\"type\":\"positions\",\"data\":{{\"live\":{live}}}}}"));
        }
        assert_eq!((hearing.features[0].messages, hearing.features[0].filtered), (2, 2));
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
