//! What is compared of an entity, as hashes that add up in any order.

use xxhash_rust::xxh3::xxh3_128_with_seed;

/// Identifies an entity inside a feature.
pub type Key = u128;

/// 128 bits without their alignment, which would pad what holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Wide([u64; 2]);

impl Wide {
    pub fn wrapping_add(self, other: u128) -> Self {
        self.get().wrapping_add(other).into()
    }

    pub fn get(self) -> u128 {
        u128::from(self.0[1]) << 64 | u128::from(self.0[0])
    }
}

impl From<u128> for Wide {
    fn from(bits: u128) -> Self {
        Self([bits as u64, (bits >> 64) as u64])
    }
}

/// A row's compared content: equal strict parts and equal loose parts are equal entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Digest {
    /// Fields that are equal exactly when their canonical texts are.
    pub strict: Wide,
    /// Fields with a tolerance: unequal here may still be equal by rule.
    pub loose: u64,
}

impl Digest {
    /// Whether the two are one state, as far as digests tell. `has_loose`: fields with a tolerance are compared, and two
    /// sides that agree hardly ever write these alike, so that only the others tell states apart.
    pub fn is_one_state(self, other: Self, has_loose: bool) -> bool {
        self.strict == other.strict && (has_loose || self.loose == other.loose)
    }
}

/// Order-free mixing of a row into the state of its feature.
pub fn mix(key: Key, digest: Digest) -> u128 {
    let mut bytes = [0u8; 40];
    bytes[..16].copy_from_slice(&key.to_le_bytes());
    bytes[16..32].copy_from_slice(&digest.strict.get().to_le_bytes());
    bytes[32..].copy_from_slice(&digest.loose.to_le_bytes());
    xxh3_128_with_seed(&bytes, 0x7468_6f72)
}
