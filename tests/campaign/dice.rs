//! The campaign's randomness: one number in, one world out, on every platform and in every version.
//!
//! A splitmix64 stream, integers only. Labelled forks keep one part of a world from disturbing another,
//! so that a clean world and its faulty twin share everything but the fault.

/// A seeded stream of draws.
#[derive(Debug, Clone)]
pub struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self { seed, state: seed ^ 0x5851_f42d_4c95_7f2d }
    }

    /// An independent stream, from the seed and a label only, whatever was drawn before.
    pub fn fork(&self, label: &str) -> Self {
        let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut mixed = Self { seed: 0, state: self.seed ^ hash };
        Self::new(mixed.next())
    }

    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`; zero for a bound of zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        low + self.below((high - low) as u64 + 1) as i64
    }

    /// From `low` to `high` with small values as likely as large ones: first the size, then the value.
    pub fn spread(&mut self, low: i64, high: i64) -> i64 {
        let steps = (high.max(1) / low.max(1)).max(1).ilog2() as i64;
        let floor = low.max(1) << self.between(0, steps);
        self.between(floor.min(high), (floor * 2).min(high))
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}
