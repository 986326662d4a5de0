//! Was the way back walked? Flag off, REST still right, flag on again, WebSocket right; found in the order of
//! runs and flag changes, never stored.

use jiff::Timestamp;

use crate::judge::decision::scope::{Scope, SeenRun};
use crate::model::facts::ledger::{FlagChange, FlagState};
use crate::model::run::RunEnd;
use crate::model::verdict::Verdict;

/// How far a rehearsal came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rehearsal {
    /// The flag was never on.
    NotLive,
    /// On, and never off again.
    NotOff,
    /// Off and on again, and no run in between showed that REST is still right.
    Skipped,
    /// Off; no run showed that REST is still right.
    RestUnproven,
    /// REST was right; the flag is not on again.
    NotOnAgain,
    /// On again; no run showed that the WebSocket is right.
    WebSocketUnproven,
    Done {
        off: Timestamp,
        on_again: Timestamp,
    },
}

enum RehearsalStep<'a> {
    Flag(bool),
    Run(SeenRun<'a>),
}

/// Walks through what happened to the feature, and keeps the farthest rehearsal.
pub fn rehearsal(scope: &Scope<'_>, changes: &[&FlagChange], min_samples: u64) -> Rehearsal {
    let mut steps: Vec<(Timestamp, RehearsalStep<'_>)> =
        changes.iter().map(|change| (change.at, RehearsalStep::Flag(change.on))).collect();
    steps.extend(scope.bound.iter().map(|&seen| (seen.run.started_at, RehearsalStep::Run(seen))));
    steps.sort_by_key(|(at, _)| *at);
    let mut now = Rehearsal::NotLive;
    let mut off_at = Timestamp::MIN;
    for (at, step) in steps {
        let flag = match &step {
            RehearsalStep::Flag(on) => Some(*on),
            RehearsalStep::Run(seen) => match seen.it.flag {
                FlagState::On => Some(true),
                FlagState::Off => Some(false),
                FlagState::Unknown => None,
            },
        };
        now = match (now, flag) {
            (done @ Rehearsal::Done { .. }, _) => return done,
            (Rehearsal::NotLive, Some(true)) => Rehearsal::NotOff,
            (Rehearsal::NotOff | Rehearsal::Skipped | Rehearsal::WebSocketUnproven, Some(false)) => {
                off_at = at;
                Rehearsal::RestUnproven
            }
            (Rehearsal::RestUnproven, Some(true)) => Rehearsal::Skipped,
            (Rehearsal::NotOnAgain, Some(true)) => Rehearsal::WebSocketUnproven,
            (unchanged, _) => unchanged,
        };
        let RehearsalStep::Run(seen) = step else { continue };
        now = match now {
            Rehearsal::RestUnproven if rest_right(&seen, min_samples) => Rehearsal::NotOnAgain,
            Rehearsal::WebSocketUnproven
                if seen.it.flag == FlagState::On && seen.it.verdict == Verdict::Go =>
            {
                Rehearsal::Done { off: off_at, on_again: at }
            }
            other => other,
        };
    }
    now
}

/// With the flag off REST was asked often enough, answered each time, and agreed wherever it was compared.
fn rest_right(seen: &SeenRun<'_>, min_samples: u64) -> bool {
    seen.it.flag == FlagState::Off
        && seen.run.end == RunEnd::Completed
        && seen.it.samples >= min_samples
        && seen.it.rest_errors == 0
        && !seen.it.outcomes.keys().any(|kind| kind.blocks())
}
