//! The connection as alignment sees it: open or not, where it was blind, which frames nobody could read.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::time::Nanos;

/// Gaps older than anything a sample can still ask about are forgotten.
const KEPT: usize = 256;

/// One stretch in which nothing could arrive.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    pub from: Nanos,
    /// `None` while it lasts.
    pub to: Option<Nanos>,
    pub reason: &'static str,
    /// Whether the connection may have lived on while the observer was blind.
    asleep: bool,
}

#[derive(Debug, Clone, Default)]
pub struct ConnectionLog {
    /// When the present connection opened.
    open_since: Option<Nanos>,
    /// Whether one is opened now: what comes by it comes before it is open.
    is_opening: bool,
    /// Whether there ever was one before it: then what came in between is lost, not merely unseen.
    reconnected: bool,
    gaps: VecDeque<Gap>,
    /// Arrivals of frames whose type could not be read.
    unreadable: VecDeque<Nanos>,
    /// Since when the word of a stream of whole states is complete on the present connection.
    complete_since: Option<Nanos>,
    /// Whether a message has said the whole state on it.
    has_said_all: bool,
}

impl ConnectionLog {
    pub fn open(&mut self, at: Nanos) {
        if self.open_since.is_some() {
            self.close(at);
        }
        if let Some(gap) = self.gaps.back_mut().filter(|gap| gap.to.is_none()) {
            gap.to = Some(at);
            self.reconnected = true;
        }
        self.open_since = Some(at);
        self.is_opening = false;
        self.complete_since = None;
        self.has_said_all = false;
    }

    /// A handshake succeeded; until it is open nothing is owed.
    pub fn opening(&mut self) {
        self.is_opening = true;
    }

    /// The attempt came to nothing.
    pub fn not_opened(&mut self) {
        self.is_opening = false;
    }

    pub fn is_opening(&self) -> bool {
        self.is_opening
    }

    pub fn close(&mut self, at: Nanos) {
        self.is_opening = false;
        if self.open_since.take().is_some() {
            self.push_gap(Gap { from: at, to: None, reason: "the connection was down", asleep: false });
        }
    }

    /// A stretch in which the observer itself was blind although the connection may have lived.
    pub fn blind(&mut self, from: Nanos, to: Nanos, reason: &'static str) {
        self.complete_since = None;
        self.has_said_all = false;
        self.push_gap(Gap { from, to: Some(to), reason, asleep: self.open_since.is_some() });
        if self.open_since.is_some() {
            self.open_since = Some(to);
            self.reconnected = true;
        }
    }

    fn push_gap(&mut self, gap: Gap) {
        if self.gaps.len() == KEPT {
            self.gaps.pop_front();
        }
        self.gaps.push_back(gap);
    }

    /// The earliest a message that arrived at `at` can have been written, where that is before `at - delay`:
    /// what comes in while the observer sleeps waits for it to wake.
    pub fn held_back(&self, at: Nanos, delay: Duration) -> Option<Nanos> {
        let mut from = at - delay;
        for gap in self.gaps.iter().rev().filter(|gap| gap.asleep) {
            let Some(woke) = gap.to.filter(|woke| *woke >= from && *woke <= at) else { break };
            from = from - woke.since(gap.from);
        }
        (from < at - delay).then_some(from)
    }

    pub fn unreadable_frame(&mut self, at: Nanos) {
        if self.unreadable.len() == KEPT {
            self.unreadable.pop_front();
        }
        self.unreadable.push_back(at);
    }

    pub fn open_since(&self) -> Option<Nanos> {
        self.open_since
    }

    /// Takes a whole state, or REST's word for it, as what the stream has said from `at` on.
    pub fn told_whole(&mut self, at: Nanos) {
        self.complete_since.get_or_insert(at);
    }

    /// A message said the whole state: what it does not list is not there, and nobody's word stands in for it.
    pub fn said_all(&mut self) {
        self.has_said_all = true;
    }

    pub fn has_said_all(&self) -> bool {
        self.has_said_all
    }

    pub fn complete_since(&self) -> Option<Nanos> {
        self.complete_since
    }

    /// Whether pushes may have been lost before the present connection opened.
    pub fn has_reconnected(&self) -> bool {
        self.reconnected
    }

    /// The stretch without a connection that touches `[from, to]`: what was pushed in it is lost.
    pub fn down(&self, from: Nanos, to: Nanos) -> Option<(Nanos, Nanos)> {
        let touches = |gap: &&Gap| !gap.asleep && gap.from <= to && gap.to.is_none_or(|end| end >= from);
        self.gaps.iter().rev().find(touches).map(|gap| (gap.from, gap.to.unwrap_or(Nanos::MAX)))
    }

    /// Why a sample whose window is `[from, to]` may be excused.
    pub fn excuse(&self, from: Nanos, to: Nanos) -> Option<&'static str> {
        let gap = self
            .gaps
            .iter()
            .rev()
            .find(|gap| gap.from <= to && gap.to.is_none_or(|end| end >= from))
            .map(|gap| gap.reason);
        gap.or_else(|| {
            self.unreadable
                .iter()
                .any(|at| *at >= from && *at <= to)
                .then_some("a frame whose type could not be read")
        })
    }
}
