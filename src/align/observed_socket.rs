//! One of the sockets of a run: what it went through, what came by it that no feature hears.

use std::time::Duration;

use crate::json::cursor;
use crate::model::observation::Event;
use crate::model::routing::Routing;
use crate::model::run::{Connection, GapReport};
use crate::model::text;
use crate::model::time::Nanos;

/// Types of other messages that are counted by name, and names listed of a frame without a type.
const LISTED_TYPES: usize = 32;
const LISTED_NAMES: usize = 12;
/// Gaps listed in the report; further ones are only counted.
const LISTED_GAPS: usize = 100;

#[derive(Debug)]
pub struct ObservedSocket {
    /// In `[sockets]`; `None`: the one of `[socket]`.
    pub name: Option<String>,
    /// Each way in which its frames are read.
    routings: Vec<Routing>,
    /// Whether that is Thor's way alone: asked of each frame.
    is_plain: bool,
    connection: Connection,
    down_since: Option<Nanos>,
}

impl ObservedSocket {
    pub fn of(name: Option<String>) -> Self {
        Self {
            name,
            routings: Vec::new(),
            is_plain: true,
            connection: Connection::default(),
            down_since: None,
        }
    }

    /// It carries a feature whose frames are read in this way.
    pub fn carry(&mut self, routing: &Routing) {
        if !self.routings.contains(routing) {
            self.is_plain &= routing.is_default();
            self.routings.push(routing.clone());
        }
    }

    pub fn routings(&self) -> &[Routing] {
        &self.routings
    }

    /// Whether its frames are read in Thor's way alone.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    pub fn count_frame(&mut self) {
        self.connection.messages += 1;
    }

    pub fn bad_frame(&mut self) {
        self.connection.bad_frames += 1;
    }

    pub fn binary_frame(&mut self) {
        self.connection.messages += 1;
        self.connection.bad_frames += 1;
        self.connection.binary_frames += 1;
    }

    /// A message that no feature hears; of this type, where it has one.
    pub fn other_type(&mut self, kind: Option<&str>) {
        self.connection.other_types += 1;
        let types = &mut self.connection.types;
        if let Some(kind) = kind
            && (types.len() < LISTED_TYPES || types.contains_key(kind))
        {
            *types.entry(text::cut(kind, 64)).or_default() += 1;
        }
    }

    /// A frame without a readable type.
    pub fn note_untyped(&mut self, frame: &str) {
        self.connection.list_frames += u64::from(frame.trim_start().starts_with('['));
        if self.connection.untyped_names.is_empty() {
            self.connection.untyped_names =
                cursor::member_names(frame, LISTED_NAMES).iter().map(|name| text::cut(name, 64)).collect();
        }
    }

    pub fn note(&mut self, event: &Event<'_>, at: Nanos) {
        match event {
            Event::Open => {
                self.connection.reconnects += u64::from(self.connection.opened > 0);
                self.connection.opened += 1;
                if let Some(from) = self.down_since.take() {
                    self.gap(from, at, "the connection was down");
                }
            }
            Event::Closed { code, .. } => {
                *self.connection.closes.entry(*code).or_default() += 1;
                self.down_since.get_or_insert(at);
            }
            Event::ConnectFailed { .. } => self.connection.failed_attempts += 1,
            Event::Gap { lasted, reason } => {
                self.gap(at - Duration::from_nanos(lasted.0), at, reason.as_str());
            }
            _ => {}
        }
    }

    fn gap(&mut self, from: Nanos, to: Nanos, reason: &str) {
        self.connection.blind_seconds += to.since(from).as_secs_f64();
        if self.connection.gaps.len() < LISTED_GAPS {
            self.connection.gaps.push(GapReport {
                from: from.as_secs_f64(),
                to: to.as_secs_f64(),
                reason: reason.to_owned(),
            });
        }
    }

    /// What it went through up to now.
    pub fn so_far(&self, now: Nanos) -> Connection {
        let mut connection = self.connection.clone();
        if let Some(from) = self.down_since {
            connection.blind_seconds += now.since(from).as_secs_f64();
        }
        connection
    }

    pub fn finish(mut self, end: Nanos) -> (Option<String>, Connection) {
        if let Some(from) = self.down_since.take() {
            self.gap(from, end, "the connection was down");
        }
        (self.name, self.connection)
    }
}

/// All of them as one: counts together, and the longest blindness.
pub fn together<'c>(connections: impl IntoIterator<Item = &'c Connection>) -> Connection {
    let mut connections = connections.into_iter();
    let mut all = connections.next().cloned().unwrap_or_default();
    for other in connections {
        all.opened += other.opened;
        all.reconnects += other.reconnects;
        all.failed_attempts += other.failed_attempts;
        all.messages += other.messages;
        all.bad_frames += other.bad_frames;
        all.other_types += other.other_types;
        all.list_frames += other.list_frames;
        all.binary_frames += other.binary_frames;
        for (code, count) in &other.closes {
            *all.closes.entry(*code).or_default() += count;
        }
        for (kind, count) in &other.types {
            if all.types.len() < LISTED_TYPES || all.types.contains_key(kind) {
                *all.types.entry(kind.clone()).or_default() += count;
            }
        }
        if all.untyped_names.is_empty() {
            all.untyped_names.clone_from(&other.untyped_names);
        }
        all.gaps.extend(other.gaps.iter().cloned());
        all.blind_seconds = all.blind_seconds.max(other.blind_seconds);
    }
    all.gaps.sort_by(|a, b| a.from.total_cmp(&b.from));
    all.gaps.truncate(LISTED_GAPS);
    all
}
