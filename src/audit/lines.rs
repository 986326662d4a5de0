//! Where the lines of a text begin.

use ruff_text_size::TextSize;

/// The offsets at which lines begin, the first at 0.
#[derive(Debug)]
pub(in crate::audit) struct Lines(Vec<u32>);

impl Lines {
    pub fn of(text: &str) -> Self {
        let breaks =
            memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX));
        Self(std::iter::once(0).chain(breaks).collect())
    }

    /// 1-based.
    pub fn at(&self, offset: u32) -> u32 {
        u32::try_from(self.0.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    pub fn of_offset(&self, offset: TextSize) -> u32 {
        self.at(offset.to_u32())
    }
}
