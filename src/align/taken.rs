//! A message as the history takes it: rows that are there, and rows that it takes away.

use crate::diff::normalise::Batch;

/// A message whose rows are read.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'b> {
    pub batch: &'b Batch,
    /// Places of the rows that it takes away.
    pub gone: &'b [usize],
    /// Whether entities that it does not carry are gone.
    pub whole: bool,
}

/// What a message did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    pub changed: bool,
}
