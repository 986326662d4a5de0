//! What the WebSocket told of an entity, one state after another.

use std::cell::OnceCell;
use std::num::NonZeroU64;

use crate::diff::digest::Digest;
use crate::diff::field_table::Side;
use crate::diff::template::TextId;
use crate::model::time::Nanos;

/// A state of one entity as the WebSocket told it, current from `from` until the next one.
#[derive(Debug, Clone)]
pub struct Version {
    pub from: Nanos,
    /// Serial of the feature's state it began with.
    pub serial: u64,
    /// `None`: the entity is absent.
    pub digest: Option<Digest>,
    /// Its text among the entity's, held as long as a sample may be compared with it.
    pub text: Option<TextId>,
    /// Whose names the text uses: REST's for the baseline of an on-change stream.
    pub source: Side,
    /// Arrival of the message the text is from: later than `from` where only hidden fields changed.
    pub text_at: Nanos,
    /// The earliest its text can have been written, where that is not `text_at - D`.
    pub written_from: Option<Nanos>,
    /// Of its text, once it was asked for: see [`crate::diff::compare::approx_hash`].
    pub approx_hash: OnceCell<NonZeroU64>,
}

/// A version, and what replaced it.
#[derive(Debug, Clone, Copy)]
pub struct VersionSpan<'v> {
    pub version: &'v Version,
    /// [`Nanos::MAX`]: nothing did.
    pub until: Nanos,
    /// Of the version after it; [`u64::MAX`]: there is none.
    pub next_serial: u64,
}

impl Version {
    /// The entity is gone from `from` on, as that side has it.
    pub fn absent(from: Nanos, serial: u64, source: Side) -> Self {
        Self {
            from,
            serial,
            digest: None,
            text: None,
            source,
            text_at: from,
            written_from: None,
            approx_hash: OnceCell::new(),
        }
    }
}
