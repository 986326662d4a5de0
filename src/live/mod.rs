//! What a person sees while a run lasts: a view that redraws in place, or plain lines where nothing can be
//! redrawn. Knows the terminal; decides nothing.
//!
//! `view` is the value, `state` makes it from what arrives; `render`, `charts`, `detail`, `list`, `focus` and `plain` are
//! pure;
//! `screen` is the terminal and its keys, on a thread of its own so that observing never waits for either.

mod charts;
pub mod detail;
pub mod focus;
mod header;
pub mod list;
pub mod plain;
pub mod render;
mod screen;
mod state;
pub mod theme;
pub mod view;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::environment::Environment;
use crate::model::observation::Observation;
use crate::model::time::Nanos;
use plain::Plain;
use screen::TerminalScreen;
use state::LiveState;
use theme::Theme;

pub use view::{Ends, RunState, Subject, Truth, WatchedFeature, so_far};

/// Someone who watches a run, or nobody.
pub struct Live {
    state: LiveState,
    eye: Eye,
}

/// What somebody wants to see while a run lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchWish {
    View,
    Lines,
    Nothing,
}

enum Eye {
    Closed,
    Lines(Plain),
    /// Lines for somebody who has a word to put before them.
    Told(Plain, Box<dyn Fn(&str)>),
    TerminalScreen(TerminalScreen),
}

/// What a run is told by the keys: the first word ends it cleanly, the second at once.
pub type Interrupts = UnboundedReceiver<()>;

impl Live {
    /// Opens the view where stderr is a terminal that can be redrawn; plain lines elsewhere and where they are asked
    /// for, as somebody who listens to a terminal does; nothing with `-q`.
    pub fn begin(
        subject: Subject,
        environment: &Environment,
        color: bool,
        wish: WatchWish,
    ) -> (Self, Interrupts) {
        let (interrupt, interrupts) = unbounded_channel();
        let is_screen = environment.stderr_is_terminal && environment.get("TERM") != Some("dumb");
        let can_redraw = is_screen && wish == WatchWish::View;
        let theme = Theme::of_terminal(color, environment.get("COLORFGBG"));
        let eye = if wish == WatchWish::Nothing {
            Eye::Closed
        } else if can_redraw && let Ok(screen) = TerminalScreen::open(theme, interrupt) {
            Eye::TerminalScreen(screen)
        } else {
            Eye::Lines(Plain::default())
        };
        (Self { state: LiveState::new(subject), eye }, interrupts)
    }

    /// Lines for a log that somebody else writes: what happens to the socket, each finding, now and then how it stands.
    pub fn told(subject: Subject, tell: impl Fn(&str) + 'static) -> Self {
        Self { state: LiveState::new(subject), eye: Eye::Told(Plain::of_service(), Box::new(tell)) }
    }

    /// Looks at what arrived for what is worth a line of its own.
    pub fn note(&mut self, observation: &Observation<'_>) {
        let said = self.state.note(observation);
        match (said, &self.eye) {
            (Some(line), Eye::Lines(_)) => crate::say(&line),
            (Some(line), Eye::Told(_, tell)) => tell(&line),
            _ => {}
        }
    }

    /// How it stands at `now`; an older standing is worth nothing.
    pub fn stands(&mut self, now: Nanos, standing: RunState<'_>) {
        self.state.beat(now, standing.report);
        if let Eye::TerminalScreen(screen) = &self.eye
            && screen.is_left()
        {
            self.eye = Eye::Lines(Plain::default());
        }
        match &mut self.eye {
            Eye::Closed => {}
            Eye::Lines(plain) => {
                plain.lines(now, &self.state.so_far(standing)).iter().for_each(|line| crate::say(line));
            }
            Eye::Told(plain, tell) => {
                plain.lines(now, &self.state.so_far(standing)).iter().for_each(|line| tell(line));
            }
            Eye::TerminalScreen(screen) => screen.show(self.state.view(now, standing)),
        }
    }

    /// Restores the terminal and prints on it what was said meanwhile.
    pub fn end(self) {
        if let Eye::TerminalScreen(screen) = self.eye {
            drop(screen);
            self.state.said().for_each(crate::say);
        }
    }
}
