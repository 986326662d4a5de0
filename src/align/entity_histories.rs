//! The histories of all entities of a feature, found by their keys, which are hashes already.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::align::entity_history::EntityHistory;
use crate::diff::digest::Key;

/// More entities than this in one feature are not Thor's: the rest is refused, loudly.
pub const MAX_ENTITIES: usize = 100_000;

/// Keys are hashes already.
#[derive(Debug, Default, Clone)]
pub struct PassThrough(u64);

impl Hasher for PassThrough {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

pub type EntityHistories = HashMap<Key, EntityHistory, BuildHasherDefault<PassThrough>>;
