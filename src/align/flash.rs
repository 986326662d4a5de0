//! States that the stream showed for a moment and took back: A, B, A; and values that it showed for a moment again and
//! again, however the data went on: A, 0, B.
//!
//! Whether they were true does not need an answer at the right moment, only many: REST is asked at times of its own,
//! so of the seconds in which the screen said B its share of the answers has to say B too. Where none does, the
//! stream made it up. Nothing here looks at REST to find a flash, so that chance finds no more than its share.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::align::entity_history::EntityHistory;
use crate::align::screen::Look;
use crate::diff::compare::{Times, differing};
use crate::diff::digest::Key;
use crate::diff::field_table::{FieldId, FieldTable, Role, Side};
use crate::diff::parsed_entity::{Bound, parse_entity};
use crate::model::outcome::Kind;
use crate::model::time::Nanos;

/// A flash lasts no longer: what stood longer is met by answers that judge it by themselves.
const LONGEST: Duration = Duration::from_secs(5);
/// Flashes that wait for answers which say the same.
const MAX_WAITING: usize = 256;
/// Flashes are counted apart by so many fields and values.
const MAX_SORTS: usize = 512;
/// Values that a field left lately, of all entities, among which one that comes again is found.
const LEFT: usize = 1024;
/// Flashes of one sort, from which on they tell anything.
const SEVERAL: u64 = 3;
/// Answers that should have said it, from which on it is odd that none did.
const TELLING: f64 = 3.0;
/// From which on it is no chance at all.
const PROVING: f64 = 12.0;

/// What stood on the screen for a moment.
#[derive(Debug, Clone, Copy)]
enum Flash {
    /// A field that went back, with the hash of its value; 0 = absent.
    Field(FieldId, u64),
    /// A field that went on, with the hash of a value that it, or the same field of another entity, had before.
    Again(FieldId, u64),
    /// The entity as such.
    Row { was_shown: bool },
}

/// Flashes that are counted together: what is true of one field says nothing about another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Field {
        field: FieldId,
        is_absent: bool,
    },
    /// One value of a field: where a right and a wrong one take turns, each is the other's flash.
    Value {
        field: FieldId,
        value: u64,
    },
    Row {
        was_shown: bool,
    },
}

impl Sort {
    fn is_value(self) -> bool {
        matches!(self, Self::Value { .. })
    }

    fn kind(self) -> Kind {
        match self {
            Self::Row { was_shown: true } => Kind::MissingInRest,
            Self::Row { was_shown: false } | Self::Field { is_absent: true, .. } => Kind::MissingInWs,
            Self::Field { .. } | Self::Value { .. } => Kind::Value,
        }
    }
}

impl Flash {
    /// What it is counted among.
    fn sorts(self) -> impl Iterator<Item = Sort> {
        let (sort, value) = match self {
            Self::Field(field, value) => {
                let of_value = (value != 0).then_some(Sort::Value { field, value });
                (Sort::Field { field, is_absent: value == 0 }, of_value)
            }
            Self::Again(field, value) => (Sort::Value { field, value }, None),
            Self::Row { was_shown } => (Sort::Row { was_shown }, None),
        };
        std::iter::once(sort).chain(value)
    }
}

/// Of one sort.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    /// Start of the newest, so that what several entities show at once counts once.
    newest: Nanos,
    /// The entity that showed it.
    key: Option<Key>,
    count: u64,
    seconds: f64,
    borne_out: u64,
}

#[derive(Debug, Clone)]
struct Waiting {
    key: Key,
    flash: Flash,
    until: Nanos,
    /// What the stream said, where hashes do not tell whether REST says the same.
    text: Option<Box<str>>,
}

/// What the stream says of an entity now.
#[derive(Clone, Copy)]
pub struct Word<'a> {
    /// Hashes of its fields.
    pub values: &'a [u64],
    pub text: &'a str,
}

/// The stream's flashes, and the answers that bear them out.
#[derive(Debug, Clone, Default)]
pub struct Flashes {
    waiting: VecDeque<Waiting>,
    counts: BTreeMap<Sort, Counts>,
    /// Fields and the values that they left lately, each in the place that its hash says.
    left: Vec<(FieldId, u64)>,
    /// Sorts for which there was no room.
    refused: u64,
    /// Whether the newest answer lists every entity.
    pub rest_lists_all: bool,
}

/// What the flashes of a run amount to.
#[derive(Debug, Clone, Copy)]
pub struct FlashTally {
    pub count: u64,
    /// How long they stood on the screen, in seconds.
    pub seconds: f64,
    /// Answers that should have said so, if they were true.
    pub expected: f64,
    /// Answers that did.
    pub borne_out: u64,
    /// How many of its sort are counted apart: the oddest of many is odd by chance.
    pub tries: usize,
    /// What such a state is called.
    pub kind: Kind,
    /// The field, where it is not the entity as such.
    pub field: Option<FieldId>,
    /// The entity that showed the newest, and when that began.
    pub key: Option<Key>,
    pub newest: Nanos,
}

impl Default for FlashTally {
    fn default() -> Self {
        let (kind, newest) = (Kind::Value, Nanos::ZERO);
        let (count, borne_out, tries) = (0, 0, 1);
        Self { count, seconds: 0.0, expected: 0.0, borne_out, tries, kind, field: None, key: None, newest }
    }
}

impl FlashTally {
    /// Whether REST bears out far too few of them.
    pub fn is_odd(&self) -> bool {
        let borne_out = self.borne_out as f64;
        self.count >= SEVERAL && self.expected >= self.enough(TELLING) && borne_out * 10.0 < self.expected
    }

    /// Whether they are so many that REST must have borne some of them out.
    pub fn is_proof(&self) -> bool {
        self.count >= 10
            && self.expected >= self.enough(PROVING)
            && self.borne_out as f64 * 40.0 < self.expected
    }

    /// Where none is the chance of e to the power of minus so many, that of one of several is so many times as large.
    fn enough(&self, of_one: f64) -> f64 {
        of_one + (self.tries.max(1) as f64).ln()
    }
}

impl Flashes {
    /// The stream moves on from what an entity's newest version says; `word`: to this, `None` = it takes it away.
    pub fn stream_moves(
        &mut self,
        plan: &mut FieldTable,
        key: Key,
        entity: &EntityHistory,
        word: Option<Word<'_>>,
        at: Nanos,
    ) {
        let count = entity.versions.len();
        let (Some(shown), true) = (entity.versions.back(), count >= 2) else { return };
        let before = &entity.versions[count - 2];
        let dwell = at.since(shown.from);
        if dwell > LONGEST || dwell.is_zero() {
            return;
        }
        let flashes: Vec<Flash> = match (before.digest, shown.digest, word) {
            (Some(_), None, Some(_)) => vec![Flash::Row { was_shown: false }],
            (None, Some(_), None) => vec![Flash::Row { was_shown: true }],
            (Some(_), Some(_), Some(word)) => {
                let hash = |of: &[u64], field: FieldId| of.get(field).copied().unwrap_or(0);
                let (older, now) = (&entity.ws.previous, &entity.ws.values);
                let by_rule = if needs_texts(plan) { taken_back(plan, entity, word.text) } else { None };
                let is_flash = |field: &FieldId| {
                    let is_back = match &by_rule {
                        Some(fields) => fields.contains(field),
                        None => {
                            (!plan.is_noisy || hash(now, *field) == 0)
                                && hash(older, *field) == hash(word.values, *field)
                                && hash(now, *field) != hash(word.values, *field)
                        }
                    };
                    let is_followed = match plan.fields[*field].role {
                        Role::Strict => true,
                        Role::Loose(_) => by_rule.is_some(),
                        _ => false,
                    };
                    is_followed && is_back
                };
                let mut found = Vec::new();
                for field in 0..plan.fields.len() {
                    let value = hash(now, field);
                    let is_followed = matches!(plan.fields[field].role, Role::Strict | Role::Loose(_));
                    let is_hole = value == 0 && hash(older, field) != 0 && hash(word.values, field) != 0;
                    if is_flash(&field) || is_followed && is_hole {
                        found.push(Flash::Field(field, value));
                    } else if is_followed
                        && value != 0
                        && value != hash(older, field)
                        && value != hash(word.values, field)
                        && self.comes_again(field, value)
                    {
                        found.push(Flash::Again(field, value));
                    }
                }
                found
            }
            _ => return,
        };
        for flash in flashes {
            let shows_value = matches!(flash, Flash::Field(_, value) | Flash::Again(_, value) if value != 0);
            let text = if needs_texts(plan) && shows_value { entity.text_of(shown) } else { None };
            self.note(plan, flash, entity, text.as_deref(), (key, shown.from, at));
        }
    }

    /// Whether another sort can be counted; values that were shown once make room for those that come again.
    fn has_room(&mut self) -> bool {
        if self.counts.len() < MAX_SORTS {
            return true;
        }
        self.refused += 1;
        if self.refused as usize % MAX_SORTS == 1 {
            self.counts.retain(|sort, counts| counts.count > 1 || !sort.is_value());
        }
        self.counts.len() < MAX_SORTS
    }

    /// Whether a field left this value before; it does so now.
    fn comes_again(&mut self, field: FieldId, value: u64) -> bool {
        self.left.resize(LEFT, (0, 0));
        let place = &mut self.left[(value as usize ^ field.wrapping_mul(0x9E37)) % LEFT];
        std::mem::replace(place, (field, value)) == (field, value)
    }

    /// `text`: what the stream showed, where hashes do not tell.
    fn note(
        &mut self,
        plan: &mut FieldTable,
        flash: Flash,
        entity: &EntityHistory,
        text: Option<&str>,
        (key, from, until): (Key, Nanos, Nanos),
    ) {
        // REST may have said so before the stream did.
        let mut says = |back: usize, values: &[u64], field: FieldId, value: u64| {
            if values.is_empty() {
                return false;
            }
            let Some(shown) = text else { return values.get(field).copied().unwrap_or(0) == value };
            let interval = entity.intervals.iter().rev().nth(back);
            let rest = interval.and_then(|interval| entity.rest_texts.get(interval.text?));
            // Where its text is gone, it may have.
            rest.is_none_or(|rest| says_same(plan, field, (&rest, &[]), shown))
        };
        let borne_out = match flash {
            Flash::Field(field, value) | Flash::Again(field, value) => {
                if says(0, &entity.rest.values, field, value) {
                    entity.intervals.back().map_or(0, |interval| u64::from(interval.samples))
                } else {
                    u64::from(says(1, &entity.rest.previous, field, value))
                }
            }
            Flash::Row { was_shown } => u64::from(entity.rest.digest.is_some() == was_shown),
        };
        let mut is_news = false;
        for sort in flash.sorts() {
            if !self.counts.contains_key(&sort) && !self.has_room() {
                continue;
            }
            let counts = self.counts.entry(sort).or_default();
            if from > counts.newest {
                is_news = true;
                counts.newest = from;
                counts.key = Some(key);
                counts.count += 1;
                counts.seconds += until.since(from).as_secs_f64();
                counts.borne_out += borne_out;
            }
        }
        if !is_news {
            return;
        }
        if self.waiting.len() == MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(Waiting { key, flash, until, text: text.map(Into::into) });
    }

    /// Takes an answer; `patience`: how much later than the stream it may say the same.
    pub fn answer(&mut self, plan: &mut FieldTable, answer: &Look<'_>, patience: Duration) {
        self.rest_lists_all = answer.whole;
        while self.waiting.front().is_some_and(|waiting| waiting.until + patience < answer.received) {
            self.waiting.pop_front();
        }
        for waiting in &self.waiting {
            let place = answer.batch.rows.iter().position(|row| row.key == waiting.key);
            let says_so = match (waiting.flash, place) {
                (Flash::Field(field, value) | Flash::Again(field, value), Some(place)) => match &waiting.text
                {
                    Some(shown) => {
                        let span = answer.batch.rows[place].span;
                        let row = &answer.text[span.0 as usize..span.1 as usize];
                        says_same(plan, field, (row, answer.bound), shown)
                    }
                    None => answer.batch.values(place).get(field).copied().unwrap_or(0) == value,
                },
                (Flash::Row { was_shown: true }, place) => place.is_some(),
                (Flash::Row { was_shown: false }, None) => answer.whole,
                _ => false,
            };
            for sort in waiting.flash.sorts() {
                if let Some(counts) = self.counts.get_mut(&sort) {
                    counts.borne_out += u64::from(says_so);
                }
            }
        }
    }

    /// Of the sort that REST bears out least. `rate`: independent answers a second.
    pub fn tally(&self, rate: f64) -> FlashTally {
        let values = self.counts.iter().filter(|(sort, counts)| sort.is_value() && counts.count >= SEVERAL);
        let values = values.count();
        let all = self.counts.iter().map(|(sort, counts)| FlashTally {
            tries: if sort.is_value() { values } else { 1 },
            count: counts.count,
            seconds: counts.seconds,
            expected: counts.seconds * rate,
            borne_out: counts.borne_out,
            kind: sort.kind(),
            field: match sort {
                Sort::Field { field, .. } | Sort::Value { field, .. } => Some(*field),
                Sort::Row { .. } => None,
            },
            key: counts.key,
            newest: counts.newest,
        });
        let lack = |tally: &FlashTally| tally.expected - tally.borne_out as f64;
        all.max_by(|a, b| lack(a).total_cmp(&lack(b))).unwrap_or_default()
    }
}

/// Whether hashes do not tell what is equal: a number's noise changes them, and they know no tolerance.
fn needs_texts(plan: &FieldTable) -> bool {
    plan.is_noisy || plan.has.loose
}

const ANY: (Nanos, Nanos) = (Nanos::ZERO, Nanos::MAX);

/// The fields that the stream's newest version showed otherwise than the one before it and than `now`, by the rules;
/// `None` where a text is gone.
fn taken_back(plan: &mut FieldTable, entity: &EntityHistory, now: &str) -> Option<Vec<FieldId>> {
    let mut newest = entity.versions.iter().rev();
    let (shown, before) = (newest.next()?, newest.next()?);
    let (shown_text, before_text) = (entity.text_of(shown)?, entity.text_of(before)?);
    let now = parse_entity(plan, Side::Ws, now, &[]).ok()?;
    let shown = parse_entity(plan, shown.source, &shown_text, &[]).ok()?;
    let before = parse_entity(plan, before.source, &before_text, &[]).ok()?;
    let fields = |one, other| -> Vec<FieldId> {
        differing(plan, one, other, Times { rest: ANY, ws: ANY }).map(|(_, field)| field).collect()
    };
    let moved = fields(&before, &now);
    Some(fields(&shown, &now).into_iter().filter(|field| !moved.contains(field)).collect())
}

/// Whether REST says of a field what the stream showed, in whatever digits.
fn says_same(plan: &mut FieldTable, field: FieldId, (rest, bound): (&str, &Bound<'_>), shown: &str) -> bool {
    let Ok(rest) = parse_entity(plan, Side::Rest, rest, bound) else { return true };
    let Ok(shown) = parse_entity(plan, Side::Ws, shown, &[]) else { return true };
    differing(plan, &rest, &shown, Times { rest: ANY, ws: ANY }).all(|(_, differs)| differs != field)
}
