//! When a run may end: pure rules over what is known so far.
//!
//! Polling stops D before the end, so that the last sample still gets its window.

use std::time::Duration;

use crate::model::time::Nanos;
use crate::model::verdict::Verdict;

/// A run without `--for` is at least this long before it can be GO.
pub const SHORTEST_RUN: Duration = Duration::from_secs(60);
/// And at most this long.
pub const LONGEST_RUN: Duration = Duration::from_secs(600);
/// No verdict is early enough to end a run before: findings want to be confirmed.
pub const EARLIEST_END: Duration = Duration::from_secs(10);

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunLength {
    /// Until every run gate is decided.
    Decided,
    /// Exactly this long.
    For(Duration),
    /// To this instant of the run's clock, which [`Rules::move_end`] may correct.
    Until(Nanos),
}

/// One feature as it stands.
#[derive(Debug, Clone, Copy)]
pub struct FeatureProgress {
    pub verdict: Verdict,
    pub samples: u64,
    pub rest_errors: u64,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    GoOn,
    /// No more polls of any feature; the end is at this instant.
    Drain {
        until: Nanos,
    },
    End,
}

/// The rules of one run.
#[derive(Debug, Clone)]
pub struct Rules {
    wish: RunLength,
    samples: Option<u64>,
    /// D of each feature.
    delays: Vec<Duration>,
    /// Where this run, or this piece of a resumed one, begins.
    begun: Nanos,
    draining_until: Option<Nanos>,
}

impl Rules {
    pub fn new(wish: RunLength, samples: Option<u64>, delays: Vec<Duration>, begun: Nanos) -> Self {
        Self { wish, samples, delays, begun, draining_until: None }
    }

    /// Whether this feature has all the samples that were asked for. Errors count once they are many
    /// more: an endpoint that never answers must not keep the run for ever.
    pub fn has_enough(&self, standing: FeatureProgress) -> bool {
        self.samples.is_some_and(|wanted| {
            standing.samples >= wanted || standing.rest_errors >= wanted.saturating_mul(2).saturating_add(10)
        })
    }

    /// Whether a feature needs no more than this many answers.
    pub fn is_last_sample(&self, answers: u64) -> bool {
        self.samples == Some(answers)
    }

    /// Corrects the end of a run that is bound to the wall clock: it may have been set, or the machine slept.
    pub fn move_end(&mut self, end: Nanos) {
        if self.draining_until.is_none() && matches!(self.wish, RunLength::Until(_)) {
            self.wish = RunLength::Until(end);
        }
    }

    /// The last instant of the run, if nothing ends it sooner.
    pub fn latest_end(&self) -> Nanos {
        match (self.wish, self.samples) {
            (RunLength::For(length), _) => self.begun + length,
            (RunLength::Until(end), _) => end,
            (RunLength::Decided, None) => self.begun + LONGEST_RUN,
            (RunLength::Decided, Some(_)) => self.begun + LONGEST_RUN * 6,
        }
    }

    /// Whether the run lasts exactly until then, whatever is decided sooner.
    pub fn has_firm_end(&self) -> bool {
        self.draining_until.is_some()
            || (self.samples.is_none() && matches!(self.wish, RunLength::For(_) | RunLength::Until(_)))
    }

    /// The instant at which the run is over, if nothing ends it sooner.
    pub fn end(&self) -> Nanos {
        self.draining_until.unwrap_or_else(|| self.latest_end())
    }

    /// When [`Rules::step`] has to be asked again at the latest.
    pub fn next_look(&self) -> Nanos {
        self.draining_until.unwrap_or_else(|| self.latest_end() - self.longest_delay())
    }

    pub fn step(&mut self, now: Nanos, standings: &[FeatureProgress]) -> NextStep {
        if let Some(until) = self.draining_until {
            return if now >= until { NextStep::End } else { NextStep::GoOn };
        }
        let end = self.latest_end();
        let all = |is: fn(Verdict) -> bool| standings.iter().all(|standing| is(standing.verdict));
        let age = now.since(self.begun);
        let is_free = self.wish == RunLength::Decided && self.samples.is_none();
        if is_free && age >= EARLIEST_END && all(|verdict| matches!(verdict, Verdict::NoGo | Verdict::Error))
        {
            return NextStep::End;
        }
        let delay = self.longest_delay();
        let is_decided =
            is_free && age + delay >= SHORTEST_RUN && all(|verdict| verdict != Verdict::Inconclusive);
        let is_sampled =
            self.samples.is_some() && standings.iter().all(|standing| self.has_enough(*standing));
        if is_decided {
            self.drain((now + delay).max(self.begun + SHORTEST_RUN).min(end))
        } else if is_sampled {
            self.drain((now + delay).min(end))
        } else if now >= end - delay {
            self.drain(end)
        } else {
            NextStep::GoOn
        }
    }

    fn drain(&mut self, until: Nanos) -> NextStep {
        self.draining_until = Some(until);
        NextStep::Drain { until }
    }

    /// The largest D, and of a very short run half its length: something has to be polled.
    fn longest_delay(&self) -> Duration {
        let delay = self.delays.iter().copied().max().unwrap_or_default();
        match self.wish {
            RunLength::For(length) => delay.min(length / 2),
            RunLength::Decided | RunLength::Until(_) => delay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: Duration = Duration::from_secs(2);

    fn at(seconds: u64) -> Nanos {
        Nanos(seconds * 1_000_000_000)
    }

    fn standing(verdict: Verdict) -> FeatureProgress {
        FeatureProgress { verdict, samples: 50, rest_errors: 0 }
    }

    fn rules(wish: RunLength) -> Rules {
        Rules::new(wish, None, vec![Duration::from_secs(1), D], Nanos::ZERO)
    }

    /// Drives the rules second by second; the second of the end and of the last poll.
    fn driven(mut rules: Rules, verdicts: impl Fn(u64) -> Vec<Verdict>) -> (u64, u64) {
        let mut last_poll = 0;
        for second in 0..10_000 {
            let standings: Vec<_> = verdicts(second).into_iter().map(standing).collect();
            match rules.step(at(second), &standings) {
                NextStep::End => return (second, last_poll),
                NextStep::Drain { .. } => {}
                NextStep::GoOn if rules.draining_until.is_none() => last_poll = second,
                NextStep::GoOn => {}
            }
        }
        panic!("it never ended")
    }

    #[test]
    fn go_needs_a_minute_however_early_it_seems() {
        let (end, last_poll) = driven(rules(RunLength::Decided), |_| vec![Verdict::Go, Verdict::Go]);
        assert_eq!(end, 60);
        assert!(last_poll < 58);
    }

    #[test]
    fn all_no_go_or_error_ends_early_one_go_does_not() {
        let all_bad = |_| vec![Verdict::NoGo, Verdict::Error];
        assert_eq!(driven(rules(RunLength::Decided), all_bad).0, 10);
        let one_good = |_| vec![Verdict::NoGo, Verdict::Go];
        assert_eq!(driven(rules(RunLength::Decided), one_good).0, 60);
    }

    #[test]
    fn the_undecided_keep_it_going_up_to_ten_minutes() {
        let decided_late = |second| {
            let first = if second < 100 { Verdict::Inconclusive } else { Verdict::Go };
            vec![first, Verdict::NoGo]
        };
        assert_eq!(driven(rules(RunLength::Decided), decided_late).0, 102);
        let never = |_| vec![Verdict::Inconclusive, Verdict::Go];
        assert_eq!(driven(rules(RunLength::Decided), never), (600, 597));
    }

    #[test]
    fn a_resumed_run_counts_from_where_it_goes_on() {
        let mut rules = Rules::new(RunLength::For(Duration::from_secs(30)), None, vec![D], at(1000));
        let go = [standing(Verdict::Go)];
        assert_eq!(rules.step(at(1001), &go), NextStep::GoOn);
        assert_eq!(rules.step(at(1028), &go), NextStep::Drain { until: at(1030) });
        let mut rules = Rules::new(RunLength::Decided, None, vec![D], at(1000));
        assert_eq!(rules.step(at(1030), &go), NextStep::GoOn);
        assert_eq!(rules.step(at(1058), &go), NextStep::Drain { until: at(1060) });
    }

    #[test]
    fn a_length_that_was_asked_for_is_kept_whatever_is_found() {
        assert_eq!(driven(rules(RunLength::For(Duration::from_secs(30))), |_| vec![Verdict::NoGo]), (30, 27));
        assert_eq!(driven(rules(RunLength::For(Duration::from_secs(2))), |_| vec![Verdict::Go]).0, 2);
    }

    #[test]
    fn an_end_by_the_wall_clock_can_be_corrected_until_polling_stops() {
        let mut rules = rules(RunLength::Until(at(100)));
        let undecided = [standing(Verdict::Go)];
        assert_eq!(rules.step(at(50), &undecided), NextStep::GoOn);
        rules.move_end(at(60));
        assert_eq!(rules.step(at(57), &undecided), NextStep::GoOn);
        assert_eq!(rules.step(at(58), &undecided), NextStep::Drain { until: at(60) });
        rules.move_end(at(500));
        assert_eq!(rules.step(at(60), &undecided), NextStep::End);
    }

    #[test]
    fn a_number_of_samples_ends_when_every_feature_has_them() {
        let mut rules = Rules::new(RunLength::Decided, Some(5), vec![D], Nanos::ZERO);
        let few = FeatureProgress { verdict: Verdict::Go, samples: 4, rest_errors: 0 };
        let enough = FeatureProgress { samples: 5, ..few };
        let hopeless = FeatureProgress { samples: 0, rest_errors: 20, ..few };
        assert_eq!(rules.step(at(3), &[few, enough]), NextStep::GoOn);
        assert!(rules.has_enough(enough) && rules.has_enough(hopeless) && !rules.has_enough(few));
        assert_eq!(rules.step(at(4), &[enough, hopeless]), NextStep::Drain { until: at(6) });
        assert_eq!(rules.step(at(6), &[enough, enough]), NextStep::End);
    }
}
