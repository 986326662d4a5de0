//! How often a side goes back to what it had left.

use std::collections::VecDeque;

/// How many whole states back a return is looked for.
const RETURNS_AFTER: usize = 16;

/// How often a side's whole state moved, and how often back to one that it had left a short while before.
#[derive(Debug, Clone, Default)]
pub struct Returns {
    pub moves: u64,
    pub returns: u64,
    last: VecDeque<u128>,
}

impl Returns {
    /// Takes the next whole state.
    pub fn take(&mut self, sum: u128) {
        if self.last.back() == Some(&sum) {
            return;
        }
        self.moves += u64::from(!self.last.is_empty());
        self.returns += u64::from(self.last.contains(&sum));
        if self.last.len() == RETURNS_AFTER {
            self.last.pop_front();
        }
        self.last.push_back(sum);
    }
}
