//! The observer as a service, thought through without a clock, a network or a file.
//!
//! [`calendar`] says which windows of evidence are due: the stretches in which a feature's market is open, each once, so
//! that no minute is observed twice and none is lost where one session gives way to another.
//! [`scheduler`] is the machine: it is given readings of the wall clock and what happened ([`WatchEvent`]), and says what
//! to do ([`Action`]) and until when to sleep. [`retention`] says which recordings go, [`metrics`] what Prometheus
//! sees, [`notices`] what is told to whoever does not look.
//!
//! The life of a window:
//!
//! 1. Its session opens: [`Action::Open`]. Whoever performs looks for a recording of the same window, and goes on with
//!    it where it was made under the same rules, flags and code; else it is settled and another one begins.
//! 2. It runs until its session closes, or fails and is opened again after a pause, or is closed by order, because the
//!    configuration was read anew or the service ends: [`WatchEvent::Ended`].
//! 3. What was left by a crash and can no longer be gone on with is judged from its recording: [`Action::Settle`].
//!
//! Here nothing is judged, kept or printed: `commands/watch` performs.

pub mod calendar;
pub mod events;
pub mod metrics;
pub mod notices;
pub mod retention;
mod retry;
pub mod scheduler;
mod store_queue;

pub use calendar::{DueWindow, WindowKey, due};
pub use events::{Action, CloseOrder, Hindrance, TargetPlan, WatchEvent, WindowEnding};
pub use scheduler::Scheduler;
