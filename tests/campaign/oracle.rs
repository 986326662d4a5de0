//! What is visible on the wire, found out slowly and from the design's words alone.
//!
//! An entity of a REST sample is *unexplained* when no delivered version that could have been current at
//! its reading says the same; it is so *on clear ground* when, besides, nothing unseen (before the first
//! word, inside a gap) could have been what REST read. The oracle knows what was written, not what was
//! parsed: it shares no code with the engine. It errs on the side of silence.

use std::rc::Rc;

use super::history::Row;
use super::line::Line;
use super::shape::Form;
use super::track::{Push, Sample, Track};

pub struct Oracle<'w> {
    pub track: &'w Track,
    pub line: &'w Line,
    /// Delivered messages, in order of arrival.
    pub delivered: Vec<&'w Push>,
    /// For each entity, those of them that say something about it (for snapshots: all).
    about: Vec<Vec<usize>>,
}

impl<'w> Oracle<'w> {
    pub fn new(track: &'w Track, line: &'w Line) -> Self {
        let readable = |push: &&Push| push.garble.is_none();
        let delivered: Vec<&Push> = track.delivered().filter(readable).collect();
        let snapshot = track.shape.is_snapshot();
        let about = (0..track.shape.ids.len())
            .map(|id| {
                let says = |index: &usize| snapshot || delivered[*index].content.contains_key(&id);
                (0..delivered.len()).filter(says).collect()
            })
            .collect();
        Self { track, line, delivered, about }
    }

    /// Versions of an entity that can explain a sample: r_i − D ≤ b and r_{i+1} > a − C.
    pub fn window(&self, id: usize, sample: &Sample) -> Vec<&'w Push> {
        let about = &self.about[id];
        let oldest = sample.sent - self.track.shape.staleness;
        let newest = sample.received + self.track.shape.delay;
        (0..about.len())
            .filter(|&place| {
                let next = about.get(place + 1).map_or(i64::MAX, |&next| self.delivered[next].arrives);
                self.delivered[about[place]].arrives <= newest && next > oldest
            })
            .map(|place| self.delivered[about[place]])
            .collect()
    }

    pub fn says(&self, id: usize) -> impl Iterator<Item = &'w Push> + '_ {
        self.about[id].iter().map(|&index| self.delivered[index])
    }

    /// Columns in which a sample and a message differ about an entity; `None` where only one side has it.
    pub fn differing(&self, rest: Option<&Rc<Row>>, ws: Option<&Rc<Row>>) -> Option<Vec<usize>> {
        match (rest, ws) {
            (None, None) => Some(Vec::new()),
            (Some(rest), Some(ws)) if Rc::ptr_eq(rest, ws) => Some(Vec::new()),
            (Some(rest), Some(ws)) => {
                let differs = |index: &usize| !self.track.same(*index, &rest[*index], &ws[*index]);
                Some(self.track.shape.compared().map(|(index, _)| index).filter(differs).collect())
            }
            _ => None,
        }
    }

    pub fn agrees(&self, id: usize, sample: &Sample, push: &Push) -> bool {
        self.differing(sample.content.get(&id), push.content.get(&id))
            .is_some_and(|columns| columns.is_empty())
    }

    fn agree(&self, id: usize, one: &Sample, other: &Sample) -> bool {
        match (one.content.get(&id), other.content.get(&id)) {
            (None, None) => true,
            (Some(a), Some(b)) => {
                Rc::ptr_eq(a, b) || self.track.shape.compared().all(|(index, _)| a[index] == b[index])
            }
            _ => false,
        }
    }

    /// Whether a sample is judged about an entity at all.
    pub fn is_about(&self, id: usize, sample: &Sample) -> bool {
        let listed = self.track.shape.is_snapshot() || sample.content.contains_key(&id);
        sample.failed.is_none() && listed && sample.asked.is_none_or(|asked| asked == id)
    }

    /// Whether nothing unseen can be what the sample read.
    pub fn on_clear_ground(&self, id: usize, sample: &Sample) -> bool {
        let shape = &self.track.shape;
        let oldest = sample.sent - shape.staleness;
        let newest = sample.received + shape.delay;
        let clear = self.clear_since(id, newest);
        if newest >= self.line.length || oldest <= clear {
            return false;
        }
        self.says(id).any(|push| push.arrives > clear && push.arrives <= oldest)
            || (!shape.is_periodic() && self.baselines(id, sample, clear).next().is_some())
    }

    /// Since when nothing about an entity was lost or forgotten, for a sample whose window ends at `newest`.
    ///
    /// What REST stopped listing is not an upsert stream's to keep up to date, until it speaks of it again.
    fn clear_since(&self, id: usize, newest: i64) -> i64 {
        let clear = self.line.clear_since(newest);
        if self.track.shape.form != Form::Bars {
            return clear;
        }
        let unlisted = self.track.samples.iter().rev().find(|sample| {
            sample.failed.is_none() && sample.received <= newest && !sample.content.contains_key(&id)
        });
        unlisted.map_or(clear, |sample| clear.max(sample.received))
    }

    /// Earlier answers that pin down what an on-change entity was before this sample's window.
    fn baselines<'s>(
        &'s self,
        id: usize,
        sample: &'s Sample,
        clear: i64,
    ) -> impl Iterator<Item = &'s Sample> + 's {
        let oldest = sample.sent - self.track.shape.staleness;
        self.track.samples.iter().filter(move |other| {
            self.is_about(id, other)
                && other.sent - self.track.shape.staleness > clear
                && other.received <= oldest
        })
    }

    /// Whether nothing seen explains the sample, on clear ground.
    pub fn is_unexplained(&self, id: usize, sample: &Sample) -> bool {
        if !self.is_about(id, sample) || !self.on_clear_ground(id, sample) {
            return false;
        }
        if self.window(id, sample).iter().any(|push| self.agrees(id, sample, push)) {
            return false;
        }
        let clear = self.clear_since(id, sample.received + self.track.shape.delay);
        self.is_pinned(id, sample)
            || !self.baselines(id, sample, clear).any(|other| self.agree(id, other, sample))
    }

    /// Whether the stream itself said what the entity was when the sample's window began.
    pub fn is_pinned(&self, id: usize, sample: &Sample) -> bool {
        let oldest = sample.sent - self.track.shape.staleness;
        let clear = self.clear_since(id, sample.received + self.track.shape.delay);
        self.says(id).any(|push| push.arrives > clear && push.arrives <= oldest)
    }

    pub fn unexplained(&self, id: usize) -> impl Iterator<Item = &'w Sample> + '_ {
        self.track.samples.iter().filter(move |sample| self.is_unexplained(id, sample))
    }

    /// The first sample that contradicts the world's own claim to be clean.
    pub fn contradiction(&self) -> Option<String> {
        let ids = 0..self.track.shape.ids.len();
        ids.flat_map(|id| self.unexplained(id).take(1).map(move |sample| (id, sample)))
            .map(|(id, sample)| {
                format!("entity {id} of the sample received at {} ns is unexplained", sample.received)
            })
            .next()
    }
}
