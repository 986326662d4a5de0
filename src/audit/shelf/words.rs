//! Which words a text holds, and which texts hold a word.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::Unit;
use crate::audit::parallel;

/// The files that hold each word of the tree.
pub(in crate::audit) struct Words<'s> {
    shards: Vec<Shard<'s>>,
    files: usize,
}

type Shard<'s> = HashMap<u64, (&'s str, Vec<u32>), BuildHasherDefault<Ready>>;

/// The index is made by so many threads at once at most.
const SHARDS: usize = 4;

impl<'s> Words<'s> {
    pub fn new(units: &[Unit<'s>]) -> Self {
        let distinct = parallel::map(units.len(), || (), |(), unit| distinct(units[unit].text));
        let shards = parallel::map(
            SHARDS,
            || (),
            |(), shard| {
                let mut found: Shard<'s> = HashMap::default();
                for (file, words) in (0_u32..).zip(&distinct) {
                    for (hash, word) in words.iter().filter(|(hash, _)| shard_of(*hash) == shard) {
                        found.entry(*hash).or_insert_with(|| (word, Vec::new())).1.push(file);
                    }
                }
                found
            },
        );
        Self { shards, files: units.len() }
    }

    /// The files whose text holds a name; all of them for one that is no word.
    pub fn files_with(&self, name: &str) -> Vec<usize> {
        let mut lists = words(name).map(|(word, hash)| (word, self.shards[shard_of(hash)].get(&hash)));
        let Some((_, first)) = lists.next() else { return (0..self.files).collect() };
        let mut found = first.map_or(&[][..], |(_, files)| files).to_vec();
        for (_, next) in lists {
            let next = next.map_or(&[][..], |(_, files)| files);
            found.retain(|file| next.binary_search(file).is_ok());
        }
        found.into_iter().map(|file| file as usize).collect()
    }

    /// The words of the tree that pass a test, sorted.
    pub fn like(&self, test: impl Fn(&str) -> bool) -> Vec<&'s str> {
        let all = self.shards.iter().flat_map(HashMap::values).map(|(word, _)| *word);
        let mut found: Vec<&'s str> = all.filter(|word| test(word)).collect();
        found.sort_unstable();
        found
    }
}

/// Each word of a text once.
fn distinct(text: &str) -> Vec<(u64, &str)> {
    let mut found: Vec<(u64, &str)> = words(text).map(|(word, hash)| (hash, word)).collect();
    found.sort_unstable_by_key(|(hash, _)| *hash);
    found.dedup_by_key(|(hash, _)| *hash);
    found
}

/// The words of a text with their hashes: runs of letters, digits, `_` and `$` that do not begin with a digit.
pub(in crate::audit) fn words(text: &str) -> impl Iterator<Item = (&str, u64)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + bytes[at..].iter().position(|byte| IN_WORD[usize::from(*byte)])?;
            // As FNV does it: one multiplication a byte.
            let mut hash = 0xcbf2_9ce4_8422_2325_u64;
            at = start;
            while let Some(byte) = bytes.get(at).filter(|byte| IN_WORD[usize::from(**byte)]) {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
                at += 1;
            }
            if !bytes[start].is_ascii_digit() {
                return Some((&text[start..at], hash));
            }
        }
    })
}

/// No more than what names are made of: a name with anything else in it is found by its pieces.
const IN_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        let character = byte as u8;
        table[byte] = character.is_ascii_alphanumeric() || matches!(character, b'_' | b'$');
        byte += 1;
    }
    table
};

fn shard_of(hash: u64) -> usize {
    (hash >> 32) as usize % SHARDS
}

/// The key is a hash already.
#[derive(Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
}
