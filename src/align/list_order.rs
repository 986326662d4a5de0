//! In which order the two sides list their entities: no difference, but worth a note.

/// In which order the newest list of each side has its entities.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListOrder {
    /// Hashes of the order.
    ws: u64,
    rest: u64,
    /// Matching samples in which the two differed.
    differing: u64,
}

impl ListOrder {
    /// Takes the order of a message's entities.
    pub fn stream_lists(&mut self, order: u64) {
        self.ws = order;
    }

    /// Takes the order of an answer's entities.
    pub fn rest_lists(&mut self, order: u64) {
        self.rest = order;
    }

    /// Takes a sample of so many entities that matched.
    pub fn matched(&mut self, entities: usize) {
        self.differing += u64::from(entities > 1 && self.ws != self.rest);
    }

    pub fn differing(&self) -> u64 {
        self.differing
    }
}
