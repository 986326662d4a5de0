//! The numbers by which a stream counts its own messages.

use crate::model::time::Nanos;

/// A stretch of numbers that never came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// The last number before it, and the first one after it.
    pub before: u64,
    pub after: u64,
    /// When the message before it arrived.
    pub since: Nanos,
}

/// The newest number of one source on the present connection.
#[derive(Debug, Clone, Default)]
pub struct Sequence {
    newest: Option<(u64, Nanos)>,
}

impl Sequence {
    /// Takes a message's number; the hole before it, if there is one. A number that was there before, or is smaller, is
    /// a repetition or a new beginning, and opens no hole.
    pub fn take(&mut self, number: u64, at: Nanos) -> Option<Hole> {
        let before = self.newest.replace((number, at));
        let (before, since) = before?;
        (number > before.saturating_add(1)).then_some(Hole { before, after: number, since })
    }

    /// A new connection counts anew.
    pub fn forget(&mut self) {
        self.newest = None;
    }
}

impl Hole {
    /// How many messages are missing.
    pub fn missing(&self) -> u64 {
        self.after - self.before - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_that_was_passed_over_is_missing() {
        let mut sequence = Sequence::default();
        let mut take = |number| sequence.take(number, Nanos(number)).map(|hole| hole.missing());
        assert_eq!(take(7), None, "nothing is known of what was before");
        assert_eq!((take(8), take(8), take(11), take(12)), (None, None, Some(2), None));
        assert_eq!((take(1), take(2), take(4)), (None, None, Some(1)), "the server began anew");
        sequence.forget();
        assert_eq!(sequence.take(90, Nanos(1)), None);
    }
}
