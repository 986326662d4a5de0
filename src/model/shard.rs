//! A part of a list that several machines share out among themselves: which of its entries are whose.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Of a sorted list the first entry is the first shard's, the second the second's, and so on, in turn: entries that
/// grow along the list, as sessions do with their dates, are shared out evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// From 1.
    pub index: u32,
    pub of: u32,
}

impl Shard {
    /// More machines than this share nothing sensibly.
    pub const MAX: u32 = 100_000;

    /// None where there is no such shard.
    pub fn new(index: u32, of: u32) -> Option<Self> {
        ((1..=Self::MAX).contains(&of) && (1..=of).contains(&index)).then_some(Self { index, of })
    }

    /// Whether the entry at this position, from 0, is its own.
    pub fn takes(self, position: usize) -> bool {
        position as u64 % u64::from(self.of) + 1 == u64::from(self.index)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_taken_by_exactly_one_shard() {
        for of in [1, 2, 3, 7, 16] {
            let shards: Vec<Shard> = (1..=of).filter_map(|index| Shard::new(index, of)).collect();
            assert_eq!(shards.len(), of as usize);
            for position in 0..50 {
                assert_eq!(shards.iter().filter(|shard| shard.takes(position)).count(), 1);
            }
        }
        assert!(Shard::new(3, 16).is_some_and(|shard| shard.takes(2) && shard.takes(18)));
    }

    #[test]
    fn there_is_no_shard_before_the_first_or_after_the_last() {
        for (index, of) in [(0, 3), (4, 3), (1, 0), (0, 0), (1, Shard::MAX + 1)] {
            assert_eq!(Shard::new(index, of), None, "{index}/{of}");
        }
    }
}
