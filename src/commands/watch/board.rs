//! What the service shows of itself while it runs: written by the windows at each look, read by whoever asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::commands::shadow_diff::watch::RunLook;
use crate::watch::metrics::{RunMetrics, ServiceMetrics, WindowMetrics};
use crate::watch::{Scheduler, WindowKey};

/// A main thread that has not looked at the clock for so long stands still: twice its longest sleep.
const STALLED_AFTER_SECONDS: i64 = 60;

/// Shared by all threads of a service.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<BoardState>>);

#[derive(Debug, Default)]
struct BoardState {
    service: ServiceMetrics,
    /// When the main thread looked at the clock last.
    alive_at: Option<Timestamp>,
}

impl BoardState {
    fn is_alive(&self, now: Timestamp) -> bool {
        let silent_for = self.alive_at.map(|at| now.duration_since(at).as_secs());
        silent_for.is_some_and(|seconds| seconds < STALLED_AFTER_SECONDS)
    }
}

impl Board {
    /// How a window's run stands.
    pub fn look(&self, key: &WindowKey, look: RunLook<'_>) {
        let run = state_of(look);
        self.window(key, |window| {
            window.queued = look.queued as u64;
            window.run = Some(run);
        });
    }

    /// From then on its evidence is waited for, where there never was any.
    pub fn opened(&self, key: &WindowKey) {
        self.window(key, |window| {
            window.is_open = true;
            window.kept_at.get_or_insert(key.opens.as_second());
        });
    }

    /// `kept_at`: where all of it is kept.
    pub fn closed(&self, key: &WindowKey, kept_at: Option<Timestamp>, has_failed: bool) {
        self.window(key, |window| {
            window.is_open = false;
            window.queued = 0;
            window.kept_at = kept_at.map(Timestamp::as_second).or(window.kept_at);
            window.failures += u64::from(has_failed);
        });
    }

    /// The main thread's own part.
    pub fn alive(&self, now: Timestamp, scheduler: &Scheduler) {
        let mut state = self.lock();
        state.alive_at = Some(now);
        let next = scheduler.next_opening(now).map(|window| window.key.opens);
        state.service.next_opening = next.map(Timestamp::as_second);
        state.service.given_up = scheduler.given_up().count() as u64;
        state.service.hindered = scheduler.hindered() as u64;
        state.service.is_evidence_waiting = scheduler.is_evidence_waiting();
    }

    /// That a window's evidence was kept then, by this process or an earlier one.
    pub fn kept(&self, key: &WindowKey, at: Timestamp) {
        self.window(key, |window| window.kept_at = window.kept_at.max(Some(at.as_second())));
    }

    /// How many whole files are not in the store; none where it is not known.
    pub fn recordings_wait(&self, waiting: Option<usize>) {
        let mut state = self.lock();
        state.service.unstored = waiting.map(|count| count as u64).or(state.service.unstored);
    }

    /// What is scraped.
    ///
    /// # Errors
    /// See [`ServiceMetrics::exposition`].
    pub fn exposition(&self, memory: Option<u64>) -> Result<String, std::fmt::Error> {
        let state = self.lock().service.clone();
        ServiceMetrics { memory, ..state }.exposition()
    }

    /// Whether the main thread goes on.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.lock().is_alive(now)
    }

    /// Whether the service does what it is for, and a JSON object that says so.
    pub fn health(&self, now: Timestamp) -> (bool, serde_json::Value) {
        let state = self.lock();
        let service = &state.service;
        let status = match (state.is_alive(now), service.given_up, service.hindered) {
            (false, ..) => "stalled",
            (true, 0, 0) => "ok",
            (true, 0, _) => "not-observing",
            (true, ..) => "given-up",
        };
        let open: Vec<String> = service
            .windows
            .iter()
            .filter(|(_, window)| window.is_open)
            .map(|((target, session), _)| format!("{target}/{session}"))
            .collect();
        let next = service.next_opening.and_then(|at| Timestamp::from_second(at).ok());
        let said = serde_json::json!({
            "status": status,
            "open": open,
            "next_opening": next,
            "evidence_waiting": service.is_evidence_waiting,
            "targets_given_up": service.given_up,
            "windows_not_observed": service.hindered,
        });
        (status == "ok", said)
    }

    fn window(&self, key: &WindowKey, change: impl FnOnce(&mut WindowMetrics)) {
        let mut state = self.lock();
        change(state.service.windows.entry((key.target.clone(), key.session.clone())).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, BoardState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn state_of(look: RunLook<'_>) -> RunMetrics {
    let mut run = RunMetrics::of(look.report);
    for (shown, tally) in run.features.iter_mut().zip(&look.tally.features) {
        shown.rest_errors.clone_from(&tally.rest_errors_by_cause);
        for (spread, recorded) in [(&mut shown.skew, &tally.skew), (&mut shown.delay, &tally.moved_skew)] {
            for step in recorded.iter_recorded() {
                // one microsecond stands for none
                let micros = step.value_iterated_to().saturating_sub(1);
                spread.add(micros as f64 / 1e6, step.count_at_value());
            }
        }
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_as_old_as_what_was_kept_last_or_as_the_first_opening() {
        let (board, at) = (Board::default(), |second| Timestamp::from_second(second).unwrap());
        let key = |session: &str, opens| WindowKey {
            target: "main".to_owned(),
            session: session.to_owned(),
            opens: at(opens),
        };
        let kept_at = |session: &str| {
            board
                .lock()
                .service
                .windows
                .get(&("main".to_owned(), session.to_owned()))
                .and_then(|it| it.kept_at)
        };
        board.opened(&key("never", 100));
        board.closed(&key("never", 100), None, true);
        board.opened(&key("never", 86_500));
        assert_eq!(kept_at("never"), Some(100), "no try makes it younger");
        board.kept(&key("us", 900), at(950));
        board.kept(&key("us", 100), at(150));
        board.opened(&key("us", 2_000));
        assert_eq!(kept_at("us"), Some(950), "an earlier process had kept it");
        board.closed(&key("us", 2_000), Some(at(2_100)), false);
        assert_eq!(kept_at("us"), Some(2_100));
        assert_eq!(kept_at("london"), None, "it has not opened yet");
    }
}
