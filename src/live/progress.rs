//! Progress on stderr: one line that changes on a terminal, a line now and then elsewhere, silence with `-q`.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::environment::Environment;
use crate::model::time::Nanos;

/// How often a line is written where nothing can be overwritten.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

pub struct Progress {
    bar: Option<ProgressBar>,
    is_quiet: bool,
    said_at: Nanos,
}

impl Progress {
    pub fn new(environment: &Environment, is_quiet: bool) -> Self {
        let wants_bar =
            !is_quiet && environment.stderr_is_terminal && environment.get("TERM") != Some("dumb");
        let bar = wants_bar.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
            bar.set_style(
                ProgressStyle::with_template("{spinner} {wide_msg}").expect("the template is constant"),
            );
            bar
        });
        Self { bar, is_quiet, said_at: Nanos::ZERO }
    }

    /// How it stands at `now`; an older standing is worth nothing.
    pub fn stands(&mut self, now: Nanos, line: impl FnOnce() -> String) {
        if self.is_quiet {
            return;
        }
        match &self.bar {
            Some(bar) => {
                bar.set_message(line());
                bar.tick();
            }
            None if now.since(self.said_at) >= PLAIN_EVERY => {
                self.said_at = now;
                crate::say(&line());
            }
            None => {}
        }
    }

    /// Something happened that is worth a line of its own.
    pub fn say(&self, line: &str) {
        match &self.bar {
            _ if self.is_quiet => {}
            Some(bar) => bar.suspend(|| crate::say(line)),
            None => crate::say(line),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
