//! The run itself: what arrives is observed, recorded and judged, in that order, until it is time to end.

use std::time::Duration;

use tokio::sync::watch;

use crate::align::{Engine, EngineTally};
use crate::clock::Clock;
use crate::commands::replay::{finish, note_outcomes};
use crate::commands::shadow_diff::signals::Signals;
use crate::commands::shadow_diff::stop_rule::{FeatureProgress, NextStep, Rules};
use crate::error::{Error, Result};
use crate::judge::run::judge;
use crate::live::{self, Ends, Live};
use crate::model::feature::Feature;
use crate::model::observation::{End, Event, Observation};
use crate::model::rest_cause::RestCause;
use crate::model::run::RunReport;
use crate::model::thresholds::Thresholds;
use crate::model::time::Nanos;
use crate::observe::Observer;
use crate::observe::queue::{Arrival, Arrived};
use crate::recording::Parts;
use crate::report::run::trace::RunTrace;

/// How often the run is looked at as a whole: progress, recording on disk, whether to end.
const LOOK: Duration = Duration::from_millis(500);

/// A REST side that could not be reached by now is not there.
const FIRST_CONTACT: Duration = Duration::from_secs(6);
/// Nor is one that has left the first requests without a word for so long.
const FIRST_WORD: Duration = Duration::from_secs(8);

/// One run and everything it works with.
pub struct Watch<'a> {
    pub clock: Clock,
    /// As they are judged: account numbers are pseudonyms.
    pub features: &'a [Feature],
    pub thresholds: &'a Thresholds,
    pub digest: &'a str,
    pub observer: Observer,
    /// Empty, or with everything a resumed recording holds.
    pub panel: Engine,
    /// What becomes of each sample, where a page will show it.
    pub trace: Option<RunTrace>,
    pub writer: Option<Parts>,
    pub rules: Rules,
    /// The wall-clock time at which the run ends, where it is bound to one; it may be moved meanwhile.
    pub until: Option<watch::Receiver<jiff::Timestamp>>,
    pub live: Live,
    /// Called with a report of the run so far, now and then.
    pub keep: &'a mut dyn FnMut(RunReport),
    /// Shown how the run stands, at each look.
    pub note: NoteLook<'a>,
}

pub type NoteLook<'a> = &'a mut dyn FnMut(RunLook<'_>);

/// The run as it stands at one look.
#[derive(Clone, Copy)]
pub struct RunLook<'a> {
    pub report: &'a RunReport,
    pub tally: &'a EngineTally,
    /// Arrivals of the last batch: how far judging is behind.
    pub queued: usize,
}

/// How a run ended.
pub struct EndedRun {
    pub tally: EngineTally,
    pub trace: Option<RunTrace>,
    pub end: End,
    /// Why it could not go on, where the tool itself failed.
    pub failure: Option<Error>,
}

/// From when on evidence is kept while the run goes on: one that ends sooner was most likely not meant.
const KEEP_FROM: Duration = Duration::from_secs(5);

/// A kill costs at most a second, or one part in so many of a long run. Not every look is kept: each is a link of the
/// ledger's chains, which every decision reads, and a session has fifty thousand looks.
const KEEP_PARTS: u32 = 20;

/// How long a run has lasted when it is kept next, after it was at this length.
fn next_keep(lasted: Duration) -> Duration {
    lasted + LOOK.max(lasted / KEEP_PARTS)
}

impl Watch<'_> {
    /// Observes until the rules, a signal or a failure end the run.
    ///
    /// # Errors
    /// Where nothing was ever observed: REST never reached, credentials refused at once.
    pub async fn run(mut self, signals: &mut Signals) -> Result<EndedRun> {
        let begun = self.clock.now();
        let mut seen = WatchMemory { answers: vec![0; self.features.len()], ..WatchMemory::default() };
        let mut looked_at = begun;
        let mut keep_at = KEEP_FROM;
        loop {
            let look = (looked_at + LOOK).min(self.rules.next_look().max(looked_at + LOOK / 10));
            // a window is complete once its end has passed: at the very end there is nothing to do yet
            let past = self.panel.deadline().map(|deadline| deadline + Duration::from_nanos(1));
            let due = past.map_or(look, |past| look.min(past.max(looked_at)));
            let is_stopped = tokio::select! {
                biased;
                () = signals.next() => true,
                () = self.observer.ready(due) => false,
            };
            let now = match self.absorb(&mut seen) {
                Ok(now) => now,
                Err((at, error)) => return self.close(at, End::Interrupted, Some(error)).await,
            };
            if is_stopped {
                return self.close(now, End::Interrupted, None).await;
            }
            if let Some(refusal) = self.observer.refusal() {
                let error = Error::from(crate::observe::ContactError::from(refusal));
                if now < begun + FIRST_CONTACT {
                    return Err(error);
                }
                return self.close(now, End::Interrupted, Some(error)).await;
            }
            if let Some(error) = seen.contact.never(now.since(begun)) {
                return Err(error);
            }
            if now < looked_at + LOOK && now < self.rules.next_look() {
                continue;
            }
            looked_at = now;
            if self.look(now, seen.batch.len()) == NextStep::End {
                return self.close(now, End::Completed, None).await;
            }
            let lasted = now.since(begun);
            if seen.contact.is_made && lasted >= keep_at {
                keep_at = next_keep(lasted);
                let so_far = self.judged(End::Interrupted);
                (self.keep)(so_far);
            }
        }
    }

    /// Observes, records and judges everything that has arrived. Returns the instant up to which all is known;
    /// with an error of the recording, up to which it was when the recording was lost.
    fn absorb(&mut self, seen: &mut WatchMemory) -> std::result::Result<Nanos, (Nanos, Error)> {
        let now = self.observer.take(&mut seen.batch);
        for arrival in &mut seen.batch {
            seen.contact.note(arrival);
            if let Arrived::Answer { request, .. } = arrival.what {
                seen.answers[request.feature] += 1;
                if self.rules.is_last_sample(seen.answers[request.feature]) {
                    self.observer.stop_polling(request.feature);
                }
            }
            let observation = self.observer.observe(arrival);
            self.live.note(&observation);
            let written = self.writer.as_mut().map_or(Ok(()), |writer| writer.write(&observation));
            if let Err(error) = written {
                self.writer = None;
                return Err((observation.at, error.into()));
            }
            self.panel.push(&observation);
        }
        // nothing that arrives later can be stamped before `now`, so these windows are complete
        self.panel.advance(now);
        if let Some(trace) = &mut self.trace {
            note_outcomes(&mut self.panel, trace);
        }
        if let Some((feature, at)) = self.panel.wants_sample() {
            self.observer.want_sample(feature, at);
        }
        let flushed = self.writer.as_mut().map_or(Ok(()), |writer| writer.flush_if_due(now));
        if let Err(error) = flushed {
            self.writer = None;
            return Err((now, error.into()));
        }
        Ok(now)
    }

    /// Looks at the run as a whole: shows how it stands, and finds out whether it is time to end.
    fn look(&mut self, now: Nanos, queued: usize) -> NextStep {
        if let Some(until) = self.until.as_ref().map(|until| *until.borrow()) {
            self.rules.move_end(end_at(until, self.clock));
        }
        let tally = self.panel.tally();
        let report = judge(self.features, &tally, self.thresholds, End::Completed, self.digest);
        let last_messages: Vec<_> = tally.features.iter().map(|tally| tally.last_message).collect();
        let suspected: Vec<_> = tally.features.iter().map(|tally| tally.suspected).collect();
        let end = self.rules.end();
        let ends = if self.rules.has_firm_end() { Ends::At(end) } else { Ends::AtMost(end) };
        let state =
            live::RunState { report: &report, last_messages: &last_messages, suspected: &suspected, ends };
        self.live.stands(now, state);
        (self.note)(RunLook { report: &report, tally: &tally, queued });
        let standings: Vec<FeatureProgress> = report.features.iter().map(standing).collect();
        let step = self.rules.step(now, &standings);
        if let NextStep::Drain { .. } = step {
            (0..standings.len()).for_each(|index| self.observer.stop_polling(index));
        }
        step
    }

    fn judged(&self, end: End) -> RunReport {
        judge(self.features, &self.panel.tally(), self.thresholds, end, self.digest)
    }

    /// Ends at `at`, up to which everything was absorbed: the silence after it is ours, not the server's.
    async fn close(mut self, at: Nanos, end: End, failure: Option<Error>) -> Result<EndedRun> {
        // first of all: from here on Ctrl-C is a signal again, and what is said can be read
        self.live.end();
        self.observer.end().await;
        self.panel.push(&Observation::of(at, Event::End(end)));
        let written = self.writer.map_or(Ok(()), |writer| writer.finish(at, end));
        let failure = failure.or(written.err().map(Error::from));
        let tally = finish(self.panel, at, self.trace.as_mut());
        Ok(EndedRun { tally, trace: self.trace, end, failure })
    }
}

/// What the run remembers from one batch to the next.
#[derive(Default)]
struct WatchMemory {
    batch: Vec<Arrival>,
    contact: Contact,
    /// Of each feature.
    answers: Vec<u64>,
}

/// Whether a REST server was ever there.
#[derive(Default)]
struct Contact {
    is_made: bool,
    last_error: Option<String>,
}

impl Contact {
    fn note(&mut self, arrival: &Arrival) {
        match &arrival.what {
            Arrived::Answer { .. } => self.is_made = true,
            Arrived::RestError { why, .. } if why.cause.is_of_a_server() => {
                // a refused token is an answer, but no contact: the refusal speaks for itself
                self.is_made |= why.cause != RestCause::Status(401);
            }
            Arrived::RestError { why, .. } => self.last_error = Some(why.why.clone()),
            _ => {}
        }
    }

    /// What to say where no server was met by this time.
    fn never(&self, age: Duration) -> Option<Error> {
        if self.is_made {
            return None;
        }
        let why = match &self.last_error {
            Some(why) if age >= FIRST_CONTACT => why.clone(),
            None if age >= FIRST_WORD => format!("no answer within {FIRST_WORD:?}"),
            _ => return None,
        };
        Some(Error::failed(anyhow::anyhow!("REST cannot be reached: {why}")).hint(
            "the WebSocket answers, REST does not: check [backend] rest_url (or --rest-url), port included",
        ))
    }
}

fn standing(report: &crate::model::run::FeatureReport) -> FeatureProgress {
    FeatureProgress { verdict: report.verdict, samples: report.samples, rest_errors: report.rest_errors }
}

/// The run's instant that the wall clock will call `until`.
pub fn end_at(until: jiff::Timestamp, clock: Clock) -> Nanos {
    let left = Duration::try_from(until.duration_since(clock.wall_now())).unwrap_or_default();
    clock.now() + left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_kept_some_hundred_times_and_a_short_run_twice_a_second() {
        let kept = |hours: f64| {
            let end = Duration::from_secs_f64(hours * 3600.0);
            std::iter::successors(Some(KEEP_FROM), |at| Some(next_keep(*at)))
                .take_while(|at| *at <= end)
                .count()
        };
        assert!((100..250).contains(&kept(6.5)), "{}", kept(6.5));
        assert_eq!(next_keep(Duration::from_secs(9)), Duration::from_millis(9_500));
        assert_eq!(next_keep(Duration::from_secs(3600)), Duration::from_secs(3780));
    }
}
