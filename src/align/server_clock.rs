//! The clock that a server writes into its messages.
//!
//! Where it steps back and the message shows another state, an older state came after a newer one: of all signs of
//! a wrong order this is the only one that needs no answer of REST's. A clock may be set back once; twice is no clock.

use crate::align::tally::Findings;
use crate::json::cursor::plain_text;
use crate::json::instant;
use crate::model::outcome::{Difference, Entity, Kind, Persistence};
use crate::model::time::Nanos;

/// Older states after newer ones from which on they are no clock that was set.
const PROOF: u64 = 2;

/// A clock for each source of a feature, on one connection.
#[derive(Debug, Clone, Default)]
pub struct ServerClock {
    /// In the newest message of each source, as it was written.
    newest: Vec<String>,
    /// Messages whose clock was before that of the message before.
    pub steps_back: u64,
    /// Those of them that changed the screen.
    older_states: u64,
    findings: Findings,
}

impl ServerClock {
    /// A new connection: its first message may be an old one.
    pub fn restart(&mut self) {
        self.newest.clear();
    }

    /// Takes a message's clock; what the one before it said, if this one is earlier.
    pub fn tick(&mut self, source: usize, clock: Option<&str>) -> Option<String> {
        let clock = clock?;
        self.newest.resize(self.newest.len().max(source + 1), String::new());
        let newest = &mut self.newest[source];
        // Of texts in the notation that Thor uses the later one sorts later: only a step back has to be read.
        let in_one_notation = clock.len() == newest.len() && clock.ends_with('"');
        let mut before = None;
        if !in_one_notation || *clock < **newest {
            let read = |text: &str| instant::parse(&plain_text(text)).map(|instant| instant.nanoseconds);
            let now = read(clock)?;
            before = read(newest).filter(|last| now < *last).map(|_| newest.clone());
        }
        self.steps_back += u64::from(before.is_some());
        newest.clear();
        newest.push_str(clock);
        before
    }

    /// The message of `clock` showed another state than the one of `before`, which is later.
    pub fn older_state(&mut self, feature: &str, before: &str, clock: &str, at: Nanos) {
        self.older_states += 1;
        let difference = Difference {
            ws: Some(format!("its clock says {clock} after {before}")),
            persistence: Persistence::Confirmed,
            ..Difference::of(Kind::Reordered, Entity::new())
        };
        self.findings.merge(feature, &difference, at);
    }

    /// Older states after newer ones, where that cannot be a clock that was set.
    pub fn reordered(&self) -> Option<(u64, &Findings)> {
        (self.older_states >= PROOF).then_some((self.older_states, &self.findings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_back_are_seen_within_a_source_and_a_connection() {
        let mut clock = ServerClock::default();
        let at = |second: u32| format!("\"2026-11-23T14:30:{second:02}Z\"");
        assert_eq!(clock.tick(0, Some(&at(5))), None);
        assert_eq!(clock.tick(1, Some(&at(1))), None, "of another source");
        assert_eq!(clock.tick(0, Some(&at(7))), None);
        assert_eq!(clock.tick(0, Some(&at(7))), None, "the same again");
        assert_eq!(clock.tick(0, None), None);
        assert_eq!(clock.tick(0, Some(&at(6))), Some(at(7)));
        assert_eq!(clock.tick(0, Some("1795444203.5")), Some(at(6)), "in another notation");
        clock.restart();
        assert_eq!(clock.tick(0, Some(&at(0))), None);
        assert_eq!(clock.steps_back, 2);
    }

    #[test]
    fn one_older_state_is_no_proof() {
        let mut clock = ServerClock::default();
        clock.older_state("positions", "\"b\"", "\"a\"", Nanos(1));
        assert!(clock.reordered().is_none());
        clock.older_state("positions", "\"d\"", "\"c\"", Nanos(2));
        assert!(clock.reordered().is_some_and(|(count, findings)| count == 2 && findings.merged.len() == 1));
    }
}
