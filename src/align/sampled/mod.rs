//! Unexplained answers of a periodic stream: two samplers of one world.
//!
//! A periodic stream samples, as REST does; between two pushes a state may come and go that nobody owes. So an
//! answer that no push explains is a finding by itself only if REST held its state across a push's due time, or if
//! other fields of one push pin it to that moment. The rest is kept here, with the names it would get, until the
//! run as a whole says which it is: data that move with the pushes, or faster.

mod held;
mod pins;
mod steps;
mod stretches;

pub use held::{holds, is_mixed, lacks};

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use crate::align::entity_history::EntityHistory;
use crate::align::history::History;
use crate::align::rhythm::PushRhythm;
use crate::align::tally::{Findings, MAX_DIFFERING};
use crate::diff::digest::Key;
use crate::diff::field_table::{FieldId, Side};
use crate::model::feature::{Delivery, Feature};
use crate::model::outcome::{Kind, Outcome, Payloads};
use crate::model::time::Nanos;

use pins::Pins;
use steps::Steps;
use stretches::{Stretches, UsualAnswers, WrongAnswers};

/// Series of a templated path that are followed.
const MAX_SERIES: usize = 256;
/// States that nothing explains which are told apart; more are as good as these.
const MAX_STATES: usize = 256;
/// Unexplained answers, of those that freely moving data would give, up to which the data do not move freely.
const FREE_MOVEMENT: f64 = 0.2;

/// Why an unexplained answer of a periodic stream counts, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owed {
    /// The other fields of one push are those of this very moment.
    Pinned,
    /// A field of it is in neither of the pushes around it: owed where pushes come when the data move.
    Apart,
    /// Part of it is in the push before and the rest in the one after.
    Between,
}

/// Answers of one sort, with the names they would get.
#[derive(Debug, Clone, Default)]
struct Bucket {
    answers: u64,
    kinds: BTreeMap<Kind, u64>,
    findings: Findings,
}

impl Bucket {
    fn take(&mut self, feature: &str, outcome: &Outcome) {
        self.answers += 1;
        *self.kinds.entry(outcome.kind).or_default() += 1;
        for difference in &outcome.differences {
            self.findings.merge(feature, difference, outcome.window.1);
        }
    }
}

/// Answers of one series.
#[derive(Debug, Clone, Copy, Default)]
struct SeriesAnswers {
    answers: u64,
    /// Those that were explained, or found not to be.
    judged: u64,
}

/// The answers of a run that no push explains and none certainly owed.
#[derive(Debug, Clone, Default)]
pub struct Sampled {
    buckets: BTreeMap<Owed, Bucket>,
    /// Answers whose state only a push beyond D carried.
    late: Bucket,
    /// States of REST's that are apart or pinned, by entity and when they were first seen.
    owed_states: BTreeSet<(Key, Nanos)>,
    pub steps: Steps,
    pub pins: Pins,
    pub stretches: Stretches,
    pub rhythm: PushRhythm,
    /// The farthest beyond D that a push has come.
    pub lag: Duration,
    /// The stream's declared interval, and whether it has one.
    every: Duration,
    is_periodic: bool,
    /// When the newest answer of any series was received.
    answered: Option<Nanos>,
    series: HashMap<u64, SeriesAnswers>,
    /// Both sides whole, of the entities that differed last.
    payloads: VecDeque<(Owed, Nanos, Payloads)>,
    /// Pushes that did not come, by the arrival of the one before, with unexplained answers inside.
    holes: BTreeSet<Nanos>,
    in_holes: u64,
    /// Answers at most half an interval after the one before, and how many of them moved.
    close: u64,
    close_moved: u64,
    /// Rows that no push explains, of each entity.
    rows: HashMap<Key, u32>,
}

/// What else is known of a run.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Answers that were explained.
    pub matched: u64,
    /// Answers that count against the stream by themselves.
    pub counts: u64,
    /// Answers to a push, by the declared cadence.
    pub pace: f64,
    /// Pushes that did not come, by the usual time between two.
    pub missing_pushes: u64,
    /// How old REST's answers get, with what the pushes' own lateness hides of it.
    pub rest_age: Duration,
}

/// What a run says of its unexplained answers as a whole.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// They count against the stream.
    pub blocks: bool,
    /// Those count that are in neither of the pushes around them.
    pub apart_blocks: bool,
    /// Everything that moved was carried, and too late.
    pub is_late: bool,
    /// Why they prove nothing either way, if they do.
    pub inconclusive: Option<String>,
}

impl Sampled {
    pub fn of(feature: &Feature) -> Self {
        let is_periodic = feature.delivery() == Delivery::Periodic;
        Self { every: feature.every(), is_periodic, ..Self::default() }
    }

    /// Takes an answer of a series; `moved`: whether REST did since the one before. Its number in the series.
    pub fn answered(&mut self, series: u64, (sent, received): (Nanos, Nanos), moved: bool) -> u64 {
        if let Some(before) = self.answered.replace(received)
            && received.since(before) * 2 <= self.every
        {
            self.close += 1;
            self.close_moved += u64::from(moved);
        }
        if self.is_periodic {
            self.steps.answered(series, (sent, received), moved, &self.rhythm);
        }
        self.of_series(series).map_or(0, |of_it| {
            of_it.answers += 1;
            of_it.answers
        })
    }

    /// One series' answers; none where there are too many series to follow.
    fn of_series(&mut self, series: u64) -> Option<&mut SeriesAnswers> {
        let has_room = self.series.len() < MAX_SERIES || self.series.contains_key(&series);
        has_room.then(|| self.series.entry(series).or_default())
    }

    /// An answer of a series was explained, or found not to be.
    pub fn judged(&mut self, series: u64) {
        if let Some(of_it) = self.of_series(series) {
            of_it.judged += 1;
        }
    }

    /// Takes an unexplained answer with the name it would get. `gap`: the pushes around it, if one is missing there.
    pub fn take(&mut self, feature: &str, outcome: &Outcome, owed: Owed, gap: Option<Nanos>, rows: &[Key]) {
        self.buckets.entry(owed).or_default().take(feature, outcome);
        for payloads in outcome.payloads.iter().rev() {
            if self.payloads.len() == MAX_DIFFERING {
                self.payloads.pop_front();
            }
            self.payloads.push_back((owed, outcome.window.1, payloads.clone()));
        }
        if owed != Owed::Pinned {
            self.note_rows(rows);
            if let Some(since) = gap {
                self.holes.insert(since);
                self.in_holes += 1;
            }
        }
    }

    /// Takes an answer whose state only a later push carried: no finding, but a sign of how freely the data move.
    pub fn carried_later(&mut self, feature: &str, outcome: &Outcome, rows: &[Key]) {
        self.late.take(feature, outcome);
        self.note_rows(rows);
    }

    fn note_rows(&mut self, rows: &[Key]) {
        for key in rows {
            *self.rows.entry(*key).or_default() += 1;
        }
    }

    /// Notes a state of REST's that no push and no two pushes together explain.
    pub fn note_owed_state(&mut self, key: Key, first: Nanos) {
        if self.owed_states.len() < MAX_STATES {
            self.owed_states.insert((key, first));
        }
    }

    fn answers(&self, owed: Owed) -> u64 {
        self.buckets.get(&owed).map_or(0, |bucket| bucket.answers)
    }

    /// Answers with a field that differs in a push that is otherwise of their moment.
    pub fn pinned(&self) -> u64 {
        self.answers(Owed::Pinned)
    }

    /// Answers that no push explains and none pins.
    pub fn between(&self) -> u64 {
        self.answers(Owed::Apart) + self.answers(Owed::Between)
    }

    /// How often these kinds would be the names of answers of these sorts.
    fn named(&self, sorts: &[Owed], kinds: &[Kind]) -> u64 {
        let buckets = sorts.iter().filter_map(|sort| self.buckets.get(sort));
        buckets.flat_map(|bucket| kinds.iter().filter_map(|kind| bucket.kinds.get(kind))).sum()
    }

    /// What the unexplained answers mean.
    pub fn reading(&self, history: &History, run: &Run) -> Reading {
        let Run { matched, counts, pace, .. } = *run;
        let (between, pinned) = (self.between(), self.pinned());
        let all = matched + counts + between + pinned;
        let inconclusive = |why: String| Reading { inconclusive: Some(why), ..Reading::default() };
        let late = self.late.answers;
        if counts == 0 && between == 0 && late >= 10 && matched * 20 <= late {
            // Whatever moved came too late, and not only where it had to wait for its push.
            return Reading { is_late: true, ..Reading::default() };
        }
        if self.steps.are_with_pushes() && self.owed_states.len() >= 2 {
            return Reading { apart_blocks: true, ..Reading::default() };
        }
        let is_mostly_explained = between * 2 <= all;
        let stretch = is_mostly_explained.then(|| self.wrong_stretch(history, run.rest_age)).flatten();
        if let Some(WrongAnswers { is_late }) = stretch {
            return Reading { blocks: true, is_late, ..Reading::default() };
        }
        if between == 0 {
            return Reading::default();
        }
        if matched * 10 <= all * 3 && self.pins.has_constant_offset() {
            return Reading { blocks: true, ..Reading::default() };
        }
        // Of a templated path each series is asked by itself, and what is right in one says nothing of the others.
        let is_one_series = self.series.values().filter(|of_it| of_it.judged > 0).count() <= 1;
        let of_series = |series: u64| {
            let judged = self.series.get(&series).map(|of_it| of_it.judged);
            judged.filter(|judged| *judged > 0 && !is_one_series).unwrap_or(all)
        };
        let pause = self.rhythm.usual_pause().unwrap_or(self.every);
        // Behind a cache REST seems to be slower than the data are.
        let moves = |side: Side, field: FieldId| history.moves[side.index()].get(field).copied().unwrap_or(0);
        let is_slow = |key: Key, field: FieldId| {
            let moves_seldom = |entity: &EntityHistory| entity.motion.moves * 3 <= entity.motion.answers;
            moves(Side::Rest, field) * 3 <= all
                && (run.rest_age <= pause || moves(Side::Ws, field) * 3 <= all)
                && (is_one_series || history.entities.get(&key).is_some_and(moves_seldom))
        };
        if self.pins.is_never_equal(of_series, pace, is_slow) || self.pins.has_wrong_stretch(of_series, pause)
        {
            return Reading { blocks: true, ..Reading::default() };
        }
        let holes = self.holes.len() as u64;
        let are_real = run.missing_pushes >= holes;
        if holes >= 2 && are_real && self.in_holes * 20 >= between * 19 {
            return Reading { blocks: true, ..Reading::default() };
        }
        let is_slow = self.close >= 5 && self.close_moved * 10 <= self.close;
        if all >= 10 && matched * 20 <= all && is_slow {
            return Reading { blocks: true, ..Reading::default() };
        }
        let Freedom { expected, unexplained, moves, returns } = self.freedom(history, pace);
        let distinct = returns * 10.0 <= moves;
        let both = [Owed::Apart, Owed::Between];
        let untimely = self.named(&both, &[Kind::StaleRest, Kind::WsLate, Kind::LateOrStale]);
        let mostly = untimely * 3 >= between * 2 || (matched * 20 <= all && untimely * 2 >= between);
        if distinct && moves >= 5.0 && untimely >= 10 && mostly {
            // State after state that stands once on each side, and each at the wrong time.
            return Reading { blocks: true, ..Reading::default() };
        }
        if distinct && self.named(&both, &[Kind::Reordered]) >= 2 && self.owed_states.len() >= 2 {
            // A state came after the one that REST had left it for, more than once, where none comes twice.
            return Reading { apart_blocks: true, ..Reading::default() };
        }
        let findings = both.iter().filter_map(|sort| self.buckets.get(sort)).map(|bucket| &bucket.findings);
        let fields: BTreeSet<String> = findings
            .flat_map(|findings| findings.merged.keys())
            .filter_map(|(_, _, field)| field.as_ref().map(ToString::to_string))
            .collect();
        let fields = fields.into_iter().take(3).collect::<Vec<_>>().join(", ");
        let said = format!(
            "{} of {all} answers fell between two pushes of {}",
            between,
            if fields.is_empty() { "the feature" } else { &fields }
        );
        if between * 5 > all {
            return inconclusive(said);
        }
        let rows = self.named(&[Owed::Apart], &[Kind::MissingInWs, Kind::MissingInRest]);
        if rows >= 3 && self.owed_states.len() >= 2 {
            return inconclusive(format!("{said}; in {rows} of them a row or a field is on one side only"));
        }
        if distinct
            && expected >= 6.0
            && unexplained <= FREE_MOVEMENT * expected
            && self.owed_states.len() >= 3
        {
            // Either the data move with the pushes, and those are faults, or no state lasts for less than about a tick.
            return inconclusive(format!(
                "{said}, fewer than data that move freely give, more than data that move with the pushes"
            ));
        }
        if holes == 1 && are_real && self.in_holes == between {
            return inconclusive(format!("{said}, where one push did not come"));
        }
        if unexplained >= 3.0 && unexplained > 3.0 * expected + 3.0 {
            return inconclusive(format!("{said}, more than data that move freely would"));
        }
        Reading::default()
    }

    /// A stretch of answers of one entity that its own movement does not explain.
    fn wrong_stretch(&self, history: &History, rest_age: Duration) -> Option<WrongAnswers> {
        let pause = self.rhythm.usual_pause().unwrap_or(self.every);
        let usual = |key: Key, series: u64| {
            let motion = history.entities.get(&key)?.motion;
            let answers = self.series.get(&series)?.answers;
            Some(UsualAnswers { answers, listed: motion.answers.into(), moves: motion.moves.into() })
        };
        (!pause.is_zero()).then(|| self.stretches.wrong(pause, rest_age, usual)).flatten()
    }

    /// How often answers would fall between two pushes if the data moved as often as they do and at any time.
    /// `pace`: answers to a push.
    fn freedom(&self, history: &History, pace: f64) -> Freedom {
        let mut freedom = Freedom::default();
        for (key, entity) in &history.entities {
            let motion = entity.motion;
            let unexplained = f64::from(self.rows.get(key).copied().unwrap_or(0));
            freedom.unexplained += unexplained;
            if motion.answers < 2 || motion.moves == 0 {
                continue;
            }
            let answers = f64::from(motion.answers - 1);
            let share = (f64::from(motion.moves) / answers).min(1.0 - 0.5 / answers);
            // Moves per push, if they come at any time: P(none between two answers) = e^-rate.
            let rate = -(1.0 - share).ln() * pace;
            let missed = 1.0 - 2.0 * (1.0 - (-rate).exp()) / rate + (-rate).exp();
            freedom.expected += answers * missed.max(0.0);
            freedom.moves += f64::from(motion.moves);
            freedom.returns += f64::from(motion.returns);
        }
        freedom
    }

    /// What counts against the stream after all, as kinds and findings. `reading`: of the whole run.
    pub fn counted(&self, reading: &Reading) -> Vec<(&BTreeMap<Kind, u64>, &Findings)> {
        let counts = |owed: &Owed| match owed {
            // Where most of what is unexplained is not pinned, chance pins some.
            Owed::Pinned => {
                reading.blocks
                    || reading.apart_blocks
                    || (self.pinned() >= 2 && self.between() <= self.pinned())
            }
            Owed::Apart => reading.blocks || reading.apart_blocks,
            Owed::Between => reading.blocks,
        };
        let buckets = self.buckets.iter().filter(|(owed, _)| counts(owed)).map(|(_, bucket)| bucket);
        let late = Some(&self.late).filter(|_| reading.is_late);
        buckets.chain(late).map(|bucket| (&bucket.kinds, &bucket.findings)).collect()
    }

    /// Both sides whole, of what counts against the stream after all.
    pub fn counted_payloads(&self, reading: &Reading) -> impl Iterator<Item = (Nanos, &Payloads)> {
        let counts = !self.counted(reading).is_empty();
        let &Reading { blocks, apart_blocks, .. } = reading;
        self.payloads
            .iter()
            .filter(move |(owed, ..)| match owed {
                Owed::Pinned => counts,
                Owed::Apart => blocks || apart_blocks,
                Owed::Between => blocks,
            })
            .map(|(_, at, payloads)| (*at, payloads))
    }
}

/// What free movement would do, and what was seen.
#[derive(Debug, Clone, Copy, Default)]
struct Freedom {
    expected: f64,
    unexplained: f64,
    moves: f64,
    returns: f64,
}
