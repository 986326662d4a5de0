//! The seed's randomness: one small generator (SplitMix64), the same on every machine and for ever.
//!
//! No crate: a generator that a crate may change between versions would change every seeded world.

/// A stream of numbers that depends on the seed only.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of `low..=high`; the bias of the remainder is far below what a market shows.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.abs_diff(low).saturating_add(1);
        low.saturating_add_unsigned(self.next() % width)
    }

    /// One of a few; the slice is not empty.
    pub fn pick<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[(self.next() % things.len() as u64) as usize]
    }

    /// True in `percent` of a hundred throws.
    pub fn chance(&mut self, percent: u8) -> bool {
        self.next() % 100 < u64::from(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn one_seed_gives_one_sequence() {
        let throws = |seed| {
            let mut dice = Dice::new(seed);
            (0..8).map(|_| dice.between(-7, 8)).collect::<Vec<_>>()
        };
        assert_eq!(throws(1), throws(1));
        assert_ne!(throws(1), throws(2));
        assert!((0..1_000).all(|seed| (-7..=8).contains(&Dice::new(seed).between(-7, 8))));
    }
}
