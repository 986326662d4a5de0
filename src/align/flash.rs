//! States that the stream showed for a moment and took back: A, B, A.
//!
//! Whether they were true does not need an answer at the right moment, only many: REST is asked at times of its own,
//! so of the seconds in which the screen said B its share of the answers has to say B too. Where none does, the
//! stream made it up. Nothing here looks at REST to find a flash, so that chance finds no more than its share.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::align::entity_history::EntityHistory;
use crate::diff::field_table::{FieldId, FieldTable, Role};
use crate::diff::normalise::{Batch, Key};
use crate::model::time::Nanos;

/// A flash lasts no longer: what stood longer is met by answers that judge it by themselves.
const LONGEST: Duration = Duration::from_secs(5);
/// Flashes that wait for answers which say the same.
const MAX_WAITING: usize = 256;
/// Answers that should have said it, from which on it is odd that none did.
const TELLING: f64 = 5.0;

/// What stood on the screen for a moment.
#[derive(Debug, Clone, Copy)]
enum Flash {
    /// A field, with the hash of its value; 0 = absent.
    Field(FieldId, u64),
    /// The entity as such.
    Row { was_shown: bool },
}

/// Flashes that are counted together: what is true of one field says nothing about another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Field { field: FieldId, is_absent: bool },
    Row { was_shown: bool },
}

impl Flash {
    fn sort(self) -> Sort {
        match self {
            Self::Field(field, value) => Sort::Field { field, is_absent: value == 0 },
            Self::Row { was_shown } => Sort::Row { was_shown },
        }
    }
}

/// Of one sort.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    /// Start of the newest, so that what several entities show at once counts once.
    newest: Nanos,
    count: u64,
    seconds: f64,
    borne_out: u64,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    key: Key,
    flash: Flash,
    until: Nanos,
}

/// The stream's flashes, and the answers that bear them out.
#[derive(Debug, Clone, Default)]
pub struct Flashes {
    waiting: VecDeque<Waiting>,
    counts: BTreeMap<Sort, Counts>,
    /// Whether the newest answer lists every entity.
    pub rest_lists_all: bool,
}

/// What the flashes of a run amount to.
#[derive(Debug, Clone, Copy, Default)]
pub struct FlashTally {
    pub count: u64,
    /// How long they stood on the screen, in seconds.
    pub seconds: f64,
    /// Answers that should have said so, if they were true.
    pub expected: f64,
    /// Answers that did.
    pub borne_out: u64,
}

impl FlashTally {
    /// Whether REST bears out far too few of them.
    pub fn is_odd(&self) -> bool {
        let borne_out = self.borne_out as f64;
        self.count >= 3 && self.expected >= TELLING && borne_out * 10.0 < self.expected
    }
}

impl Flashes {
    /// The stream moves on from what an entity's newest version says; `values`: to these, `None` = it takes it away.
    pub fn stream_moves(
        &mut self,
        plan: &FieldTable,
        key: Key,
        entity: &EntityHistory,
        values: Option<&[u64]>,
        at: Nanos,
    ) {
        let count = entity.versions.len();
        let (Some(shown), true) = (entity.versions.back(), count >= 2) else { return };
        let before = &entity.versions[count - 2];
        let dwell = at.since(shown.from);
        if dwell > LONGEST || dwell.is_zero() {
            return;
        }
        let flashes: Vec<Flash> = match (before.digest, shown.digest, values) {
            (Some(_), None, Some(_)) => vec![Flash::Row { was_shown: false }],
            (None, Some(_), None) => vec![Flash::Row { was_shown: true }],
            (Some(_), Some(_), Some(values)) => {
                let hash = |of: &[u64], field: FieldId| of.get(field).copied().unwrap_or(0);
                let (older, now) = (&entity.ws.previous, &entity.ws.values);
                let is_flash = |field: &FieldId| {
                    matches!(plan.fields[*field].role, Role::Strict)
                        && (!plan.is_noisy || hash(now, *field) == 0)
                        && hash(older, *field) == hash(values, *field)
                        && hash(now, *field) != hash(values, *field)
                };
                let fields = (0..plan.fields.len()).filter(is_flash);
                fields.map(|field| Flash::Field(field, hash(now, field))).collect()
            }
            _ => return,
        };
        for flash in flashes {
            self.note(key, flash, entity, shown.from, at);
        }
    }

    fn note(&mut self, key: Key, flash: Flash, entity: &EntityHistory, from: Nanos, until: Nanos) {
        let counts = self.counts.entry(flash.sort()).or_default();
        if from <= counts.newest {
            return;
        }
        counts.newest = from;
        counts.count += 1;
        counts.seconds += until.since(from).as_secs_f64();
        // REST may have said so before the stream did.
        let says = |values: &[u64], field: FieldId, value: u64| {
            !values.is_empty() && values.get(field).copied().unwrap_or(0) == value
        };
        counts.borne_out += match flash {
            Flash::Field(field, value) if says(&entity.rest.values, field, value) => {
                entity.intervals.back().map_or(0, |interval| u64::from(interval.samples))
            }
            Flash::Field(field, value) => u64::from(says(&entity.rest.previous, field, value)),
            Flash::Row { was_shown } => u64::from(entity.rest.digest.is_some() == was_shown),
        };
        if self.waiting.len() == MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(Waiting { key, flash, until });
    }

    /// Takes an answer; `patience`: how much later than the stream it may say the same. `whole`: it lists everything.
    pub fn answer(&mut self, batch: &Batch, whole: bool, received: Nanos, patience: Duration) {
        self.rest_lists_all = whole;
        while self.waiting.front().is_some_and(|waiting| waiting.until + patience < received) {
            self.waiting.pop_front();
        }
        for waiting in &self.waiting {
            let place = batch.rows.iter().position(|row| row.key == waiting.key);
            let says_so = match (waiting.flash, place) {
                (Flash::Field(field, value), Some(place)) => {
                    batch.values(place).get(field).copied().unwrap_or(0) == value
                }
                (Flash::Row { was_shown: true }, place) => place.is_some(),
                (Flash::Row { was_shown: false }, None) => whole,
                _ => false,
            };
            if let Some(counts) = self.counts.get_mut(&waiting.flash.sort()) {
                counts.borne_out += u64::from(says_so);
            }
        }
    }

    /// Of the sort that REST bears out least. `rate`: independent answers a second.
    pub fn tally(&self, rate: f64) -> FlashTally {
        let all = self.counts.values().map(|counts| FlashTally {
            count: counts.count,
            seconds: counts.seconds,
            expected: counts.seconds * rate,
            borne_out: counts.borne_out,
        });
        let lack = |tally: &FlashTally| tally.expected - tally.borne_out as f64;
        all.max_by(|a, b| lack(a).total_cmp(&lack(b))).unwrap_or_default()
    }
}
