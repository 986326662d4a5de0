//! Values that one side says of a field and the other never says near them.
//!
//! A periodic stream samples the data as REST does. What lives too briefly for the one escapes the other as often,
//! whatever the data do: so REST's own unsaid values tell how many of the stream's are chance. A stream that makes
//! values up has more, however fast the data move, and although no single one of them can be held against it.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::align::entity_history::EntityHistory;
use crate::diff::digest::Key;
use crate::diff::field_table::{FieldId, FieldTable, Role, Side};
use crate::model::feature::{Delivery, Feature};
use crate::model::time::Nanos;

/// Fields of entities that are followed; no others are judged.
const MAX_FOLLOWED: usize = 512;
/// Values of one field that one side said lately.
const MAX_RUNS: usize = 32;

/// One value of a field, for as long as one side said it.
#[derive(Debug, Clone, Copy)]
struct SaidValue {
    /// Its hash; 0 = absent.
    value: u64,
    from: Nanos,
    /// `None` while it lasts.
    until: Option<Nanos>,
    /// Whether the other side says it near.
    is_said: bool,
}

/// What both sides say of one field of one entity, by side.
#[derive(Debug, Clone, Default)]
struct FieldWords {
    runs: [VecDeque<SaidValue>; 2],
    counts: [BriefValues; 2],
}

/// Values of one side.
#[derive(Debug, Clone, Copy, Default)]
struct BriefValues {
    /// That it said about once.
    brief: u32,
    /// Those of them that the other side never said near.
    unsaid: u32,
    /// When the newest of these began.
    newest: Nanos,
}

impl FieldWords {
    fn take(&mut self, side: Side, value: u64, at: Nanos) {
        let (mine, other) = (side.index(), side.other().index());
        if let Some(newest) = self.runs[mine].back_mut() {
            if newest.value == value {
                return;
            }
            newest.until = Some(at);
        }
        let mut is_said = false;
        for run in self.runs[other].iter_mut().filter(|run| run.value == value) {
            run.is_said = true;
            is_said = true;
        }
        if self.runs[mine].len() == MAX_RUNS {
            self.runs[mine].pop_front();
        }
        self.runs[mine].push_back(SaidValue { value, from: at, until: None, is_said });
    }

    fn blind(&mut self) {
        self.runs.iter_mut().for_each(VecDeque::clear);
    }
}

/// Of one field of one entity: how many values only one side said.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnsaidTally {
    /// Brief values of the stream, and those of them that REST never said.
    pub brief: u32,
    pub unsaid: u32,
    /// REST's that the stream never said.
    pub rest_unsaid: u32,
    /// The same of the stream's for the other fields of the entity.
    pub others_brief: u32,
    pub others_unsaid: u32,
    pub place: Option<(Key, FieldId)>,
    /// When the newest of them began.
    pub newest: Nanos,
    /// Fields of entities of which this is the oddest.
    pub candidates: u32,
    /// Independent answers to a push; 0 where pushes come when they please.
    pub pace: f64,
}

/// log10 of the chance from which on the stream is doubted, and from which on it is none; of all fields together.
const DOUBT: f64 = -2.5;
const PROOF: f64 = -5.0;
/// Fewer unsaid values than this of both sides tell nothing.
const MIN_UNSAID: u32 = 8;
/// Brief values of the other fields, from which on they tell how many REST misses.
const MIN_OTHERS: u32 = 15;

impl UnsaidTally {
    /// log10 of the chance of so many unsaid values of the stream if either side may miss one, by Chernoff's bound.
    fn chance(&self) -> f64 {
        let (stream, all) = (f64::from(self.unsaid), f64::from(self.unsaid + self.rest_unsaid));
        if stream * 2.0 <= all {
            return 0.0;
        }
        let share = stream / all;
        let part = |share: f64| if share > 0.0 { share * (2.0 * share).log10() } else { 0.0 };
        f64::from(self.candidates.max(1)).log10() - all * (part(share) + part(1.0 - share))
    }

    /// A stream that also speaks as soon as the data move says what REST cannot be asked for in time.
    fn is_regular(&self) -> bool {
        self.pace > 0.0
    }

    fn share(&self) -> f64 {
        f64::from(self.unsaid) / f64::from(self.brief.max(1))
    }

    /// Whether REST, which misses what lives briefly in all fields alike, misses far more of this one.
    fn is_peculiar(&self, times: f64) -> bool {
        let others = f64::from(self.others_unsaid + 1) / f64::from(self.others_brief + 2);
        self.others_brief >= MIN_OTHERS && self.share() > times * others
    }

    /// Whether the stream says more that REST never says than chance gives.
    pub fn is_odd(&self) -> bool {
        let by_itself = self.pace >= 0.9 && self.share() * 3.0 >= 1.0;
        self.is_regular() && self.chance() <= DOUBT && (by_itself || self.is_peculiar(3.0))
    }

    /// Whether that cannot be chance.
    pub fn is_proof(&self) -> bool {
        self.is_regular() && self.chance() <= PROOF && self.share() * 3.0 >= 1.0 && self.is_peculiar(4.0)
    }
}

/// What either side says and the other does not.
#[derive(Debug, Clone)]
pub struct Unsaid {
    is_sampled: bool,
    /// How far apart two words may be of one moment.
    near: Duration,
    /// The longest pause of each side in which nothing was missed.
    longest_pause: [Duration; 2],
    every: [Duration; 2],
    heard: [Option<Nanos>; 2],
    entities: HashMap<Key, Vec<FieldWords>>,
    followed: usize,
}

impl Unsaid {
    pub fn of(feature: &Feature) -> Self {
        let every = [feature.rest.every, feature.every()];
        Self {
            is_sampled: feature.delivery() == Delivery::Periodic,
            near: feature.push_delay + feature.rest_staleness + every[0].max(every[1]) * 3,
            longest_pause: every.map(|every| every.mul_f64(2.5)),
            every,
            heard: [None; 2],
            entities: HashMap::new(),
            followed: 0,
        }
    }

    /// Nobody knows what was said meanwhile.
    pub fn blind(&mut self) {
        self.entities.values_mut().flatten().for_each(FieldWords::blind);
    }

    /// A side spoke, whether or not it said anything new.
    pub fn hear(&mut self, side: Side, at: Nanos) {
        if self.is_sampled {
            self.look_for_pause(side, at);
            self.heard[side.index()] = Some(at);
        }
    }

    fn look_for_pause(&mut self, side: Side, at: Nanos) {
        let before = self.heard[side.index()];
        if before.is_some_and(|before| at.since(before) > self.longest_pause[side.index()]) {
            self.blind();
        }
    }

    /// Takes what a side says of an entity at `at`, where that moved.
    pub fn take(&mut self, plan: &FieldTable, key: Key, entity: &EntityHistory, side: Side, at: Nanos) {
        let count = plan.fields.len();
        if !self.is_sampled || plan.is_noisy {
            return;
        }
        self.look_for_pause(side.other(), at);
        let known = self.entities.get(&key).map_or(0, Vec::len);
        if known < count {
            if self.followed + count - known > MAX_FOLLOWED {
                return;
            }
            self.followed += count - known;
            self.entities.entry(key).or_default().resize_with(count, FieldWords::default);
        }
        let Some(fields) = self.entities.get_mut(&key) else { return };
        let state = if side == Side::Ws { &entity.ws } else { &entity.rest };
        // What one side does not speak of the other cannot bear out.
        if entity.ws.digest.is_none() || entity.rest.digest.is_none() {
            fields.iter_mut().for_each(FieldWords::blind);
            return;
        }
        for side in [Side::Rest, Side::Ws] {
            age(fields, side, at - self.near, self.every[side.index()]);
        }
        for (field, words) in fields.iter_mut().enumerate() {
            if matches!(plan.fields[field].role, Role::Strict) {
                words.take(side, state.values.get(field).copied().unwrap_or(0), at);
            }
        }
    }

    /// Of the field of which the stream says most that REST does not. `pace`: independent answers to a push.
    pub fn tally(&self, pace: f64) -> UnsaidTally {
        let (rest, ws) = (Side::Rest.index(), Side::Ws.index());
        let all = self.entities.values().flatten();
        let is_candidate =
            |words: &&FieldWords| words.counts[ws].unsaid + words.counts[rest].unsaid >= MIN_UNSAID;
        let candidates = all.filter(is_candidate).count() as u32;
        let all = self.entities.iter().flat_map(|(key, fields)| {
            let brief: u32 = fields.iter().map(|words| words.counts[ws].brief).sum();
            let unsaid: u32 = fields.iter().map(|words| words.counts[ws].unsaid).sum();
            fields.iter().enumerate().map(move |(field, words)| UnsaidTally {
                brief: words.counts[ws].brief,
                unsaid: words.counts[ws].unsaid,
                rest_unsaid: words.counts[rest].unsaid,
                others_brief: brief - words.counts[ws].brief,
                others_unsaid: unsaid - words.counts[ws].unsaid,
                place: Some((*key, field)),
                newest: words.counts[ws].newest,
                candidates,
                pace,
            })
        });
        all.min_by(|a, b| a.chance().total_cmp(&b.chance()).then(a.place.cmp(&b.place))).unwrap_or_default()
    }
}

/// Counts what one side said before `before`, that nothing which comes can bear out any more. `every`: how often it
/// speaks.
fn age(fields: &mut [FieldWords], side: Side, before: Nanos, every: Duration) {
    // A value that is said about once stands as long; of pushes that come in one burst hardly at all.
    let brief = every / 4..=every.mul_f64(1.5);
    for words in fields {
        let (runs, counts) = (&mut words.runs[side.index()], &mut words.counts[side.index()]);
        while let Some((run, until)) = runs.front().and_then(|run| Some((*run, run.until?)))
            && until < before
        {
            runs.pop_front();
            if !brief.contains(&until.since(run.from)) {
                continue;
            }
            counts.brief += 1;
            if !run.is_said {
                counts.unsaid += 1;
                counts.newest = run.from;
            }
        }
    }
}
