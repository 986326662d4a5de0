//! A run's samples along its time, for the page: how many of which sort, and what the first that differ said. Bounded
//! whatever the run's length: a longer one is told more coarsely.

use crate::model::outcome::{Difference, Kind, Outcome};
use crate::model::time::Nanos;
use crate::report::chart::ink::Ink;
use crate::report::chart::strip::{StripRow, StripStretch};

/// Slots of a run; more would not be told apart on paper.
const SLOTS: usize = 1024;
/// Samples that differ which are told one by one.
const MAX_TOLD: usize = 40;
/// The first width of a slot, in nanoseconds.
const FIRST_WIDTH: u64 = 100_000_000;

/// The sorts of outcome, from the top of the chart.
const SORTS: [(&str, Ink); 5] = [
    ("differs", Ink::NoGo),
    ("some differ", Ink::NoGo),
    ("REST failed", Ink::Error),
    ("excused", Ink::Inconclusive),
    ("the same", Ink::Go),
];

/// Indices of some of them.
const DIFFERS: usize = 0;
const DEFERRED: usize = 1;
const REST_FAILED: usize = 2;
const EXCUSED: usize = 3;
const SAME: usize = 4;

/// The samples of each feature, in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunTrace {
    pub features: Vec<FeatureTrace>,
}

/// The samples of one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureTrace {
    /// Nanoseconds.
    width: u64,
    /// Outcomes of each sort.
    slots: Vec<[u32; SORTS.len()]>,
    pub told: Vec<ToldSample>,
    pub more: u64,
}

/// One sample that differs, and in what.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldSample {
    /// When REST's answer was there.
    pub at: Nanos,
    /// Of several in a row that say the same, the last.
    pub until: Nanos,
    pub count: u64,
    pub difference: Difference,
    /// Further differences of the same sample.
    pub others: usize,
    /// Whether it is a difference was left to the run as a whole.
    is_deferred: bool,
}

impl Default for FeatureTrace {
    fn default() -> Self {
        Self { width: FIRST_WIDTH, slots: Vec::new(), told: Vec::new(), more: 0 }
    }
}

impl RunTrace {
    pub fn of(features: usize) -> Self {
        Self { features: vec![FeatureTrace::default(); features] }
    }

    /// Takes a settled outcome of a feature, by its index.
    pub fn note(&mut self, feature: usize, outcome: &Outcome) {
        if let Some(trace) = self.features.get_mut(feature) {
            trace.note(outcome, sort(outcome.kind));
        }
    }

    /// Takes an answer that only the run as a whole decides.
    pub fn note_deferred(&mut self, feature: usize, outcome: &Outcome) {
        if let Some(trace) = self.features.get_mut(feature) {
            trace.note(outcome, DEFERRED);
        }
    }
}

impl FeatureTrace {
    fn note(&mut self, outcome: &Outcome, sort: usize) {
        let at = outcome.window.1;
        while at.0 / self.width >= SLOTS as u64 {
            self.halve();
        }
        let slot = (at.0 / self.width) as usize;
        if self.slots.len() <= slot {
            self.slots.resize(slot + 1, [0; SORTS.len()]);
        }
        let count = &mut self.slots[slot][sort];
        *count = count.saturating_add(1);
        let [first, others @ ..] = outcome.differences.as_slice() else { return };
        if !outcome.kind.blocks() {
            return;
        }
        let is_deferred = sort == DEFERRED;
        let says_the_same = |known: &&mut ToldSample| {
            let sides = |it: &Difference| (it.kind, it.field.clone(), it.rest.clone(), it.ws.clone());
            known.is_deferred == is_deferred
                && known.others == others.len()
                && known.difference.entity == first.entity
                && sides(&known.difference) == sides(first)
        };
        if let Some(known) = self.told.last_mut().filter(says_the_same) {
            known.until = at;
            known.count += 1;
        } else if self.told.len() < MAX_TOLD {
            self.told.push(ToldSample {
                at,
                until: at,
                count: 1,
                difference: first.clone(),
                others: others.len(),
                is_deferred,
            });
        } else {
            self.more += 1;
        }
    }

    /// Twice as wide slots.
    fn halve(&mut self) {
        self.width *= 2;
        let merge = |pair: &[[u32; SORTS.len()]]| {
            std::array::from_fn(|sort| pair.iter().fold(0u32, |sum, slot| sum.saturating_add(slot[sort])))
        };
        self.slots = self.slots.chunks(2).map(merge).collect();
    }

    /// The run as a whole was judged: so many samples differ. What was left to it are differences, are none, or some
    /// of them are, and nobody can say which.
    pub fn decide(&mut self, differing: u64) {
        let count = |sort: usize| self.slots.iter().map(|slot| u64::from(slot[sort])).sum::<u64>();
        let (certain, deferred) = (count(DIFFERS), count(DEFERRED));
        if differing == 0 {
            self.merge(DIFFERS, EXCUSED);
            self.told.clear();
            self.more = 0;
        }
        if differing <= certain {
            self.merge(DEFERRED, EXCUSED);
            self.told.retain(|sample| !sample.is_deferred);
        } else if differing >= certain + deferred {
            self.merge(DEFERRED, DIFFERS);
        }
        self.told.sort_by_key(|sample| sample.at);
    }

    fn merge(&mut self, from: usize, into: usize) {
        for slot in &mut self.slots {
            slot[into] = slot[into].saturating_add(std::mem::take(&mut slot[from]));
        }
    }

    /// Rows for the chart; those without any sample are left out, but for the one that says that all is well.
    pub fn rows(&self) -> Vec<StripRow> {
        let rows = SORTS.iter().enumerate().map(|(sort, (name, ink))| StripRow {
            name,
            ink: *ink,
            stretches: self.stretches(sort),
        });
        rows.filter(|row| !row.stretches.is_empty() || row.ink == Ink::Go).collect()
    }

    /// Slots of the sort, those side by side as one.
    fn stretches(&self, sort: usize) -> Vec<StripStretch> {
        let width = Nanos(self.width).as_secs_f64();
        let mut stretches: Vec<StripStretch> = Vec::new();
        for (at, _) in self.slots.iter().enumerate().filter(|(_, slot)| slot[sort] > 0) {
            let (start, end) = (at as f64 * width, (at + 1) as f64 * width);
            match stretches.last_mut() {
                Some(last) if start - last.end < width / 2.0 => last.end = end,
                _ => stretches.push(start..end),
            }
        }
        stretches
    }
}

/// The index of the sort that the kind belongs to.
fn sort(kind: Kind) -> usize {
    match kind {
        kind if kind.blocks() => DIFFERS,
        Kind::RestError => REST_FAILED,
        Kind::Match | Kind::Torn => SAME,
        _ => EXCUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(kind: Kind, second: u64) -> Outcome {
        let at = Nanos(second * 1_000_000_000);
        let outcome = Outcome::of(kind, (at, at));
        if kind.blocks() {
            outcome.with_difference(Difference::of(kind, Default::default()))
        } else {
            outcome
        }
    }

    #[test]
    fn a_day_is_told_in_as_many_slots_as_a_minute_and_nothing_is_lost() {
        let mut trace = RunTrace::of(1);
        for second in 0..86_400 {
            let kind = if second == 40_000 { Kind::Value } else { Kind::Match };
            trace.note(0, &outcome(kind, second));
        }
        let it = &trace.features[0];
        assert!(it.slots.len() <= SLOTS, "{}", it.slots.len());
        let all: u32 = it.slots.iter().flatten().sum();
        assert_eq!(all, 86_400);
        let rows = it.rows();
        assert_eq!(rows.iter().map(|row| row.name).collect::<Vec<_>>(), ["differs", "the same"]);
        let [differs] = rows[0].stretches.as_slice() else { panic!("{rows:?}") };
        assert!(differs.contains(&40_000.0), "{differs:?}");
        assert_eq!((it.told.len(), it.told[0].at), (1, Nanos(40_000_000_000_000)));
    }

    #[test]
    fn what_differs_is_told_up_to_a_bound_and_the_rest_is_counted() {
        let mut trace = RunTrace::of(2);
        (0..100).for_each(|second| {
            let mut outcome = outcome(Kind::Value, second);
            outcome.differences[0].rest = Some(second.to_string());
            trace.note(1, &outcome);
        });
        assert_eq!((trace.features[1].told.len(), trace.features[1].more), (MAX_TOLD, 60));
        assert_eq!(trace.features[0], FeatureTrace::default());
        trace.note(7, &outcome(Kind::Value, 1));
        trace.features[1].decide(0);
        assert!(trace.features[1].told.is_empty());
        assert_eq!(trace.features[1].rows()[0].name, "excused");
    }

    #[test]
    fn what_is_left_to_the_run_as_a_whole_is_what_the_run_says() {
        let mut trace = RunTrace::of(1);
        trace.note(0, &outcome(Kind::Value, 1));
        (2..6).for_each(|second| trace.note_deferred(0, &outcome(Kind::Value, second)));
        for (differing, rows, told) in [
            (5, &["differs", "the same"][..], 5),
            (3, &["differs", "some differ", "the same"], 5),
            (1, &["differs", "excused", "the same"], 1),
            (0, &["excused", "the same"], 0),
        ] {
            let mut it = trace.features[0].clone();
            it.decide(differing);
            assert_eq!(it.rows().iter().map(|row| row.name).collect::<Vec<_>>(), rows, "{differing}");
            assert_eq!(it.told.iter().map(|sample| sample.count).sum::<u64>(), told, "{differing}");
        }
    }
}
