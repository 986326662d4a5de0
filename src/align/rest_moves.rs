//! When REST moved, as narrowly as its answers tell: to know whether it moved while messages were missing.

use std::collections::{HashMap, VecDeque};

use crate::model::time::Nanos;

/// Older moves than these are in no hole between two messages that is found now.
const KEPT: usize = 256;

#[derive(Debug, Clone, Default)]
pub struct RestMoves {
    /// When the newest answer of each series was sent.
    sent: HashMap<u64, Nanos>,
    /// Between the answer before and the one that showed something else: from sent to received.
    moves: VecDeque<(Nanos, Nanos)>,
}

impl RestMoves {
    /// An answer of a series, and whether it says something else than the one before.
    pub fn answer(&mut self, series: u64, (sent, received): (Nanos, Nanos), moved: bool) {
        let before = self.sent.insert(series, sent);
        if let Some(before) = before.filter(|_| moved) {
            if self.moves.len() == KEPT {
                self.moves.pop_front();
            }
            self.moves.push_back((before, received));
        }
    }

    /// Whether REST surely moved after `from` and before `to`.
    pub fn any_within(&self, from: Nanos, to: Nanos) -> bool {
        self.moves.iter().rev().any(|(before, after)| *before >= from && *after <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_is_inside_only_where_both_answers_are() {
        let mut moves = RestMoves::default();
        moves.answer(0, (Nanos(10), Nanos(12)), true);
        moves.answer(0, (Nanos(20), Nanos(22)), true);
        moves.answer(1, (Nanos(21), Nanos(23)), true);
        moves.answer(0, (Nanos(30), Nanos(32)), false);
        assert!(moves.any_within(Nanos(10), Nanos(22)) && moves.any_within(Nanos(5), Nanos(40)));
        for (from, to) in [(11, 40), (0, 21), (23, 40)] {
            assert!(!moves.any_within(Nanos(from), Nanos(to)), "{from} {to}");
        }
    }
}
