//! The screen: what a page that only listens shows, fed by the messages as they arrive, against the true state.
//!
//! Nothing here knows of windows, versions or explanations. A page puts each message on the screen when it comes,
//! the world knows what was true when; for every moment the two are compared, entity by entity.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::column::Sort;
use super::history::Row;
use super::line::{Blind, Cause, Line};
use super::track::{Sample, Track};

/// One entity as it stands on the screen from one message to the next; `None`: the screen has no such row.
#[derive(Debug, Clone)]
pub struct Stay {
    pub from: i64,
    pub to: i64,
    pub row: Option<Rc<Row>>,
    /// Something was lost on the way to us, and nothing came since: what stands there is nobody's fault.
    pub excused: bool,
}

/// One state of one entity, for as long as it was true without a break.
#[derive(Debug, Clone)]
struct Span {
    from: i64,
    to: i64,
    row: Option<Rc<Row>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrongness {
    /// It was never true until then.
    Untrue,
    /// It was true once, but the screen had already shown what came after it.
    WentBack,
    /// It was true once, and the screen never went on to what came after it in time.
    Overdue,
}

/// A stretch in which an entity stood wrong on the screen.
#[derive(Debug, Clone, Copy)]
pub struct Wrong {
    pub from: i64,
    pub to: i64,
    pub how: Wrongness,
}

pub struct Screen<'w> {
    pub track: &'w Track,
    pub line: &'w Line,
    /// Of each entity, in order.
    pub stays: Vec<Vec<Stay>>,
    truth: Vec<Vec<Span>>,
    matched: RefCell<HashMap<(usize, *const Row), Rc<Vec<usize>>>>,
}

impl<'w> Screen<'w> {
    pub fn new(track: &'w Track, line: &'w Line) -> Self {
        let ids = track.shape.ids.len();
        let mut stays: Vec<Vec<Stay>> = vec![Vec::new(); ids];
        let is_read = |push: &&super::track::Push| push.garble.is_none_or(super::track::Garble::is_read);
        for push in track.delivered().filter(is_read) {
            let told = (0..ids)
                .filter(|id| track.shape.is_snapshot() || push.content.contains_key(id))
                .map(|id| (id, push.content.get(&id).cloned()));
            for (id, row) in told {
                if let Some(last) = stays[id].last_mut() {
                    last.to = push.arrives;
                }
                stays[id].push(Stay { from: push.arrives, to: line.length, row, excused: false });
            }
        }
        let stays = stays.into_iter().map(|stays| excuse(stays, line)).collect();
        let truth = (0..ids).map(|id| spans(track, id)).collect();
        Self { track, line, stays, truth, matched: RefCell::default() }
    }

    /// Whether a person would call a row of the truth (or of an answer) and a row on the screen the same.
    pub fn same(&self, rest: Option<&Rc<Row>>, ws: Option<&Rc<Row>>) -> bool {
        match (rest, ws) {
            (None, None) => true,
            (Some(rest), Some(ws)) if Rc::ptr_eq(rest, ws) => true,
            (Some(rest), Some(ws)) => {
                self.track.shape.columns.iter().enumerate().all(|(index, column)| match column.sort {
                    // Computed when written: what stands here is how far it is off.
                    Sort::Gain { .. } => rest[index] == ws[index],
                    _ if column.is_compared() => self.track.same(index, &rest[index], &ws[index]),
                    _ => true,
                })
            }
            _ => false,
        }
    }

    /// Numbers of the true spans of an entity that say what a row of the screen says.
    fn matching(&self, id: usize, row: Option<&Rc<Row>>) -> Rc<Vec<usize>> {
        let place = (id, row.map_or(std::ptr::null(), Rc::as_ptr));
        if let Some(known) = self.matched.borrow().get(&place) {
            return Rc::clone(known);
        }
        let spans = &self.truth[id];
        let found =
            Rc::new((0..spans.len()).filter(|span| self.same(spans[*span].row.as_ref(), row)).collect());
        self.matched.borrow_mut().insert(place, Rc::clone(&found));
        found
    }

    /// How old what stands on the screen gets, at the most: of a world without a fault that is the skew which a
    /// run of it shows. `None` where it shows something that was never true.
    pub fn oldest(&self) -> Option<i64> {
        let mut oldest = 0;
        for (id, stays) in self.stays.iter().enumerate() {
            for stay in stays.iter().filter(|stay| !stay.excused) {
                let matching = self.matching(id, stay.row.as_ref());
                let spans = matching.iter().map(|span| &self.truth[id][*span]);
                let mut last = None;
                for span in spans.filter(|span| span.from < stay.to) {
                    if let Some(last) = last.filter(|last| span.from > stay.from.max(*last)) {
                        oldest = oldest.max(span.from - last);
                    }
                    last = Some(span.to);
                }
                let begins = matching.first().map(|span| self.truth[id][*span].from);
                if begins.is_none_or(|begins| begins > stay.from) {
                    return None;
                }
                oldest = oldest.max(stay.to - last?);
            }
        }
        Some(oldest)
    }

    /// The stretches in which an entity stood wrong; what was true may stand for `allowed` after it no longer is.
    pub fn wrong(&self, id: usize, allowed: i64) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut shown_up_to = i64::MIN;
        for stay in &self.stays[id] {
            let matching = self.matching(id, stay.row.as_ref());
            let spans: Vec<&Span> = matching.iter().map(|span| &self.truth[id][*span]).collect();
            let next = spans.iter().find(|span| span.to > shown_up_to && span.from <= stay.from);
            let was_true = spans.first().is_some_and(|span| span.from <= stay.from);
            let (how, allowed) = match (was_true, next) {
                (false, _) => (Wrongness::Untrue, 0),
                (true, None) => (Wrongness::WentBack, 0),
                (true, Some(span)) => {
                    shown_up_to = shown_up_to.max(span.from);
                    (Wrongness::Overdue, allowed)
                }
            };
            if stay.excused {
                continue;
            }
            let mut from = stay.from;
            for span in spans.iter().filter(|span| span.from < stay.to && span.to + allowed > stay.from) {
                if span.from > from {
                    wrong.push(Wrong { from, to: span.from, how });
                }
                from = from.max(span.to.saturating_add(allowed));
            }
            if from < stay.to {
                wrong.push(Wrong { from, to: stay.to, how });
            }
        }
        wrong
    }

    /// What stands on the screen at some time of `[from, to]`.
    pub fn between(&self, id: usize, from: i64, to: i64) -> &[Stay] {
        let stays = &self.stays[id];
        let first = stays.partition_point(|stay| stay.to <= from);
        let last = stays.partition_point(|stay| stay.from <= to);
        &stays[first.min(last)..last]
    }

    /// Whether the screen had a word about the entity throughout, with nothing lost on the way.
    pub fn is_clear(&self, id: usize, from: i64, to: i64) -> bool {
        let between = self.between(id, from, to);
        to < self.line.length
            && between.first().is_some_and(|stay| stay.from <= from)
            && between.iter().all(|stay| !stay.excused)
    }

    /// Whether the screen showed what an answer said of an entity at some time of `[from, to]`.
    pub fn shows(&self, id: usize, sample: &Sample, from: i64, to: i64) -> bool {
        let rest = sample.content.get(&id);
        self.between(id, from, to).iter().any(|stay| self.same(rest, stay.row.as_ref()))
    }

    /// Whether what an answer says of an entity was true at some time of `[from, to]`.
    pub fn was_true(&self, id: usize, sample: &Sample, from: i64, to: i64) -> bool {
        let rest = sample.content.get(&id);
        let spans = self.truth[id].iter().filter(|span| span.from <= to && span.to >= from);
        let same = |truth: Option<&Rc<Row>>| match (truth, rest) {
            (None, None) => true,
            (Some(truth), Some(rest)) => Rc::ptr_eq(truth, rest) || self.equal(truth, rest),
            _ => false,
        };
        spans.into_iter().any(|span| same(span.row.as_ref()))
    }

    /// Whether the truth about an entity stood still throughout.
    pub fn stood_still(&self, id: usize, from: i64, to: i64) -> bool {
        self.truth[id].iter().any(|span| span.from <= from && span.to >= to)
    }

    /// Whether a row of the screen was true at any time of the world.
    pub fn was_ever_true(&self, id: usize, row: Option<&Rc<Row>>) -> bool {
        !self.matching(id, row).is_empty()
    }

    /// Whether an entity is part of the truth at some time of the run.
    pub fn exists(&self, id: usize) -> bool {
        self.truth[id].iter().any(|span| span.to > 0 && span.row.is_some())
    }

    fn equal(&self, one: &Row, other: &Row) -> bool {
        let columns = self.track.shape.columns.iter().enumerate();
        columns
            .filter(|(_, column)| column.is_compared() || matches!(column.sort, Sort::Gain { .. }))
            .all(|(index, _)| one[index] == other[index])
    }

    /// Whether two answers say the same of an entity.
    pub fn agree(&self, id: usize, one: &Sample, other: &Sample) -> bool {
        match (one.content.get(&id), other.content.get(&id)) {
            (None, None) => true,
            (Some(a), Some(b)) => Rc::ptr_eq(a, b) || self.equal(a, b),
            _ => false,
        }
    }
}

/// Splits each stay where something may have been lost: the part after it is excused.
fn excuse(stays: Vec<Stay>, line: &Line) -> Vec<Stay> {
    let loses = |cause: Cause| matches!(cause, Cause::Closed { .. } | Cause::Overflow | Cause::Slept(_));
    let mut split = Vec::with_capacity(stays.len());
    for stay in stays.into_iter().filter(|stay| stay.from < stay.to) {
        let blinds = line.blinds.iter().filter(|blind| loses(blind.cause));
        // What had waited for the machine to wake is late by our fault.
        let woken = |blind: &Blind| matches!(blind.cause, Cause::Slept(_)) && blind.to == stay.from;
        let from = blinds
            .filter(|blind| blind.from < stay.to && (blind.to > stay.from || woken(blind)))
            .map(|blind| blind.from.max(stay.from))
            .min();
        match from {
            Some(from) => {
                if from > stay.from {
                    split.push(Stay { to: from, ..stay.clone() });
                }
                split.push(Stay { from, excused: true, ..stay });
            }
            None => split.push(stay),
        }
    }
    split
}

/// The truth about one entity; a moved countdown alone is no other state.
fn spans(track: &Track, id: usize) -> Vec<Span> {
    let same = |one: &Row, other: &Row| {
        let compared = track.shape.columns.iter().enumerate().filter(|(_, column)| column.is_compared());
        compared.map(|(index, _)| index).all(|index| one[index] == other[index])
    };
    let mut spans: Vec<Span> = Vec::new();
    for turn in &track.history.turns {
        let row = turn.state.get(&id).cloned();
        let at = turn.at;
        // Nobody owes an upsert's page the news that an entity is gone.
        if row.is_none() && !track.shape.is_snapshot() {
            continue;
        }
        if let Some(last) = spans.last_mut() {
            let stays = match (&last.row, &row) {
                (None, None) => true,
                (Some(one), Some(other)) => Rc::ptr_eq(one, other) || same(one, other),
                _ => false,
            };
            if stays {
                continue;
            }
            last.to = at;
        }
        // Before the world begins its first state was true for ever.
        let from = if spans.is_empty() { i64::MIN / 4 } else { at };
        spans.push(Span { from, to: i64::MAX / 4, row });
    }
    spans
}
