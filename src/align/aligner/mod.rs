//! The machine of one feature: observations in, outcomes out, in bounded memory.
//!
//! A sample is matched as soon as a state explains it; one that is not waits until b + D, when it is held
//! against the stream entity by entity; what nothing explains and nothing excuses waits for the horizon, so
//! that it gets its right name, and is then settled. Outcomes depend on the times inside observations only.

mod answer_reader;
mod message_reader;
mod messages;
mod naming;
mod reading;
mod samples;
mod settle;

pub(in crate::align) use message_reader::check;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::align::aligner::answer_reader::AnswerReader;
use crate::align::aligner::message_reader::MessageReader;
use crate::align::connection_log::ConnectionLog;
use crate::align::explain::Budget;
use crate::align::fault_injector::FaultInjector;
use crate::align::history::History;
use crate::align::judged::JudgedTime;
use crate::align::list_order::ListOrder;
use crate::align::order::Order;
use crate::align::rest_moves::RestMoves;
use crate::align::sample_queue::SampleQueue;
use crate::align::sampled::Sampled;
use crate::align::screen::Screen;
use crate::align::stall::{Stall, StallWatch};
use crate::align::suppression::Suppressions;
use crate::align::sweep_clock::{SWEEP, SweepClock};
use crate::align::tally::{self, Tally};
use crate::align::unsaid::Unsaid;
use crate::align::volatile::Volatile;
use crate::diff::field_table::FieldTable;
use crate::diff::normalise::Batch;
use crate::diff::template::ParseToken;
use crate::frames::for_each_event;
use crate::json::cursor;
use crate::model::feature::{Carries, Delivery, Feature};
use crate::model::observation::{Event, Observation, Payload};
use crate::model::outcome::{Difference, Entity, Kind, Outcome};
use crate::model::time::Nanos;

/// How long states are remembered, to tell a stale answer from a wrong one.
const MEMORY: Duration = Duration::from_secs(180);
/// TextRing held for one feature; four features make the 64 MiB of a process.
const TEXT_BUDGET: usize = 16 << 20;

#[derive(Debug)]
pub struct Aligner {
    feature: Feature,
    budget: Budget,
    horizon: Duration,
    clock: SweepClock,
    // what the two sides say
    plan: FieldTable,
    messages: MessageReader,
    answers: AnswerReader,
    /// Rows of the message or answer that is read now.
    batch: Batch,
    history: History,
    // how it comes
    connection: ConnectionLog,
    stall: StallWatch,
    // what becomes of each sample
    queue: SampleQueue,
    /// Per series of samples.
    matched: HashMap<u64, Matched>,
    /// When a fresh sample would help.
    wish: Option<Nanos>,
    // what only the run as a whole tells
    screen: Screen,
    unsaid: Unsaid,
    order: Order,
    sampled: Sampled,
    volatile: Volatile,
    list_order: ListOrder,
    rest_moves: RestMoves,
    // what the run is worth
    judged: JudgedTime,
    injector: FaultInjector,
    suppressions: Suppressions,
    tally: Tally,
    /// Settled outcomes for whoever polls; `None`: nobody does, so none is kept.
    outcomes: Option<VecDeque<Outcome>>,
    /// What only the run as a whole decides, with the names that it would get; none unless asked for.
    deferred: Option<VecDeque<Outcome>>,
}

/// The newest sample of a series that was explained.
#[derive(Debug, Clone, Copy)]
struct Matched {
    /// Of the state that explained it.
    serial: u64,
    sum: u128,
    /// Whether REST moved since, in an answer that is not explained yet or never was.
    has_moved: bool,
}

impl Aligner {
    pub fn new(feature: &Feature) -> Self {
        let budget = Budget { push_delay: feature.push_delay, rest_staleness: feature.rest_staleness };
        Self {
            budget,
            horizon: (feature.every() * 2).clamp(Duration::from_secs(10), Duration::from_secs(60)),
            clock: SweepClock::default(),
            plan: FieldTable::new(feature),
            messages: MessageReader::of(feature),
            answers: AnswerReader::of(feature),
            batch: Batch::default(),
            history: History::default(),
            connection: ConnectionLog::default(),
            stall: StallWatch::of(feature),
            queue: SampleQueue::default(),
            matched: HashMap::new(),
            wish: None,
            screen: Screen::default(),
            unsaid: Unsaid::of(feature),
            order: Order::default(),
            sampled: Sampled::of(feature),
            volatile: Volatile::default(),
            list_order: ListOrder::default(),
            rest_moves: RestMoves::default(),
            judged: JudgedTime::of(feature),
            injector: FaultInjector::default(),
            suppressions: Suppressions::default(),
            tally: Tally::default(),
            outcomes: None,
            deferred: None,
            feature: feature.clone(),
        }
    }

    pub fn feature(&self) -> &Feature {
        &self.feature
    }

    /// Keeps each outcome until it is polled: for tests and tools that look at every sample.
    pub fn with_outcomes(mut self) -> Self {
        self.outcomes = Some(VecDeque::new());
        self
    }

    /// Keeps what only the run as a whole decides until it is polled: for a page that shows every sample.
    pub fn with_deferred(mut self) -> Self {
        self.deferred = Some(VecDeque::new());
        self
    }

    /// The next answer that only the run as a whole will decide; always `None` without [`Aligner::with_deferred`].
    pub fn poll_deferred(&mut self) -> Option<Outcome> {
        self.deferred.as_mut()?.pop_front()
    }

    /// Takes one observation; those of other features and types are passed over.
    pub fn push(&mut self, observation: &Observation<'_>) {
        self.settle_until(observation.known_from());
        match &observation.event {
            Event::Message(frame) if self.feature.routing.is_default() => {
                let is_heard = cursor::message_type(frame).is_some_and(|kind| {
                    self.message(&kind, frame, None, observation.at) || check(frame).is_ok()
                });
                if !is_heard {
                    self.connection.unreadable_frame(observation.at);
                }
            }
            Event::Message(frame) => {
                let routing = self.feature.routing.clone();
                let read = for_each_event(&routing, frame, |kind, message| {
                    self.event(kind, &Payload::known(message.into(), true), observation.at);
                });
                if read.is_err() {
                    self.connection.unreadable_frame(observation.at);
                }
            }
            other => self.other(other, None, observation.at),
        }
    }

    /// Lets windows close up to `now`.
    pub fn advance(&mut self, now: Nanos) {
        self.settle_until(now);
    }

    /// The next settled outcome; always `None` without [`Aligner::with_outcomes`].
    pub fn poll_outcome(&mut self) -> Option<Outcome> {
        self.outcomes.as_mut()?.pop_front()
    }

    /// When to call [`Aligner::advance`] next.
    pub fn deadline(&self) -> Option<Nanos> {
        let samples = [self.queue.pending_due(self.budget), self.queue.naming_due()];
        let others = [self.stall.due(&self.connection), self.screen.deadline(), self.order.deadline()];
        samples.into_iter().chain(others).flatten().min()
    }

    /// When a fresh REST sample would help; replay ignores it.
    pub fn wants_sample(&self) -> Option<Nanos> {
        self.wish
    }

    pub(in crate::align) fn preparse_message(&mut self, kind: &str, text: &str) -> Option<ParseToken> {
        self.messages.preparse(kind, text)
    }

    pub(in crate::align) fn preparse_answer(&mut self, text: &str) -> Option<ParseToken> {
        self.answers.preparse(text)
    }

    /// Takes an event that is no readable message of this feature.
    pub(in crate::align) fn other(&mut self, event: &Event<'_>, token: Option<ParseToken>, at: Nanos) {
        match event {
            Event::Opening => {
                self.messages.begin_anew();
                self.connection.opening();
            }
            Event::Open => {
                // What came meanwhile is numbered like what follows.
                if !self.connection.is_opening() {
                    self.messages.begin_anew();
                }
                self.connection.open(at);
                self.screen.blind();
                self.unsaid.blind();
                self.order.begin_anew(at);
                self.history.unseed();
            }
            Event::Closed { .. } => {
                self.stall.link_lost(at, &self.connection);
                self.connection.close(at);
                self.screen.blind();
                self.unsaid.blind();
                self.order.blind(at);
            }
            Event::Gap { lasted, reason } => {
                self.messages.begin_anew();
                let from = at - Duration::from_nanos(lasted.0);
                self.stall.link_lost(from, &self.connection);
                self.connection.blind(from, at, reason.as_str());
                self.screen.blind();
                self.unsaid.blind();
                self.order.blind(at);
                self.history.unseed();
            }
            Event::Binary { .. } => self.connection.unreadable_frame(at),
            Event::Rest(answer) if answer.feature == self.feature.name => self.answer(answer, token, at),
            Event::RestError { feature, cause, error, .. } if *feature == self.feature.name => {
                self.rest_error(*cause, error)
            }
            Event::Message(_) => self.connection.unreadable_frame(at),
            Event::ConnectFailed { .. } => self.connection.not_opened(),
            Event::Rest(_) | Event::RestError { .. } | Event::End(_) => {}
        }
    }

    /// Does everything that is due by `now`, in the order in which it is due.
    pub(in crate::align) fn settle_until(&mut self, now: Nanos) {
        while let Some(due) = self.deadline().filter(|due| *due < now) {
            self.go_on_to(due);
            if self.queue.pending_due(self.budget) == Some(due) {
                let sample = self.queue.next_pending().expect("it has a deadline");
                self.explain(&sample, false);
            } else if self.queue.naming_due() == Some(due) {
                self.name_oldest(None);
            } else if self.screen.deadline() == Some(due) || self.order.deadline() == Some(due) {
                self.judge_screen(due);
            } else {
                self.begin_stall(due);
            }
        }
        self.go_on_to(now);
    }

    /// Judges what stood on the screen and in which order, as far as it is due.
    fn judge_screen(&mut self, now: Nanos) {
        let name = &self.feature.name;
        let skew = Duration::from_micros(self.tally.moved_skew.value_at_quantile(0.99));
        let seen = self.seen_budget();
        self.screen.judge(&mut self.plan, &self.history, seen, name, skew, now);
        let broken =
            self.order.judge(&mut self.plan, &mut self.history, self.budget, seen.rest_staleness, name, now);
        if self.feature.delivery() == Delivery::OnChange {
            for outcome in broken {
                self.emit(outcome);
            }
        }
    }

    fn go_on_to(&mut self, now: Nanos) {
        if let Some(due) = self.clock.advance(now) {
            self.sweep(due);
        }
    }

    fn sweep(&mut self, now: Nanos) {
        let window = self.budget.push_delay * 2 + self.budget.rest_staleness + SWEEP;
        let texts = now - (window + self.horizon);
        let mut held = self.history.forget(texts, now - MEMORY.max(window + self.horizon));
        for texts in [now - window, now] {
            if held > TEXT_BUDGET {
                held = self.history.forget(texts, now - MEMORY);
            }
        }
    }

    fn begin_stall(&mut self, at: Nanos) {
        if self.stall.due(&self.connection).is_none_or(|due| due > at) {
            return;
        }
        if !self.is_behind(at) {
            // What moved is gone again, or was said meanwhile: nothing is owed.
            self.stall.no_news();
            return;
        }
        let Stall { since, silent, wrong } = self.stall.begin(at, &self.connection);
        let difference = Difference {
            rest: Some("moving".to_owned()),
            ws: Some(format!("silent for {:.1} s", silent.as_secs_f64())),
            excess_ms: Some(tally::whole_ms(silent.saturating_sub(self.feature.every()))),
            wrong_ms: wrong.map(tally::whole_ms),
            ..Difference::of(Kind::Stalled, Entity::new())
        };
        let reason = format!("no message for longer than {:?}", self.feature.silence_limit());
        self.emit(Outcome::of(Kind::Stalled, (since, at)).with_difference(difference).because(reason));
    }

    /// Whether REST says now what the stream's last word does not. An entity that REST no longer lists is nothing that
    /// a stream of single entities has to tell again and again.
    pub(super) fn is_behind(&self, at: Nanos) -> bool {
        let is_whole = self.feature.carries() == Carries::Snapshot;
        let lately = at - self.feature.rest.every.mul_f64(1.7);
        self.history.entities.values().any(|entity| {
            let is_listed = entity.rest.digest.is_some() && entity.rest_sent >= Some(lately);
            (is_whole || is_listed) && entity.rest.digest != entity.ws.digest
        })
    }

    fn emit(&mut self, outcome: Outcome) {
        self.tally.take(&self.feature.name, &outcome);
        if outcome.kind.is_judged() {
            self.judged.take(outcome.window.0, outcome.window.1);
        }
        if let Some(outcomes) = &mut self.outcomes {
            outcomes.push_back(outcome);
        }
    }

    /// Ends the run at `end`: what is still open becomes `pending` or is settled by what is known.
    pub fn finish(mut self, end: Nanos) -> Tally {
        self.close(end);
        self.tally()
    }

    pub(super) fn close(&mut self, end: Nanos) {
        self.settle_until(end);
        while let Some(sample) = self.queue.next_pending() {
            if self.budget.window(sample.sent, sample.received).1 <= end {
                self.explain(&sample, false);
            } else {
                self.settle(&sample, Kind::Pending, Some("the run ended before a late push was due"));
            }
        }
        while self.queue.suspected() > 0 {
            self.name_oldest(Some(end));
        }
        for key in self.history.stale_since_gap() {
            self.stale_since_gap(key, end);
        }
        self.judge_screen(Nanos::MAX);
    }
}
