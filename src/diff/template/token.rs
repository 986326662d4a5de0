//! Tokenising ahead: a batch of texts is tokenised before the first of them is judged, so that the tokeniser's code
//! stays in the instruction cache. A [`ParseToken`] leads from a text to what was found in it.

use std::sync::atomic::{AtomicU64, Ordering};

/// TextRing per batch at most.
pub const BATCH_LEN: usize = 16;
/// A batch ends with the text that brings it to this many bytes: tokenised texts are read again from a near cache.
pub const BATCH_BYTES: usize = 16 << 10;

/// Says which template tokenised a text, and when. Worth nothing once [`BATCH_LEN`] later texts were tokenised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseToken {
    issuer: u64,
    serial: u64,
}

/// Whoever judges texts and can tokenise them ahead of that.
pub trait Preparse {
    /// Tokenises a text; a token proves that it is one JSON document. `feature`: whose REST answer it is, `None` for
    /// a WebSocket message.
    fn preparse(&mut self, text: &str, feature: Option<&str>) -> Option<ParseToken>;
}

impl ParseToken {
    /// Which of [`BATCH_LEN`] slots holds what was found: consecutive tokens take consecutive slots.
    pub(super) fn slot(self) -> usize {
        self.serial as usize % BATCH_LEN
    }
}

/// Issues tokens, each different from those of every other issuer.
#[derive(Debug)]
pub(super) struct TokenIssuer(ParseToken);

impl Default for TokenIssuer {
    fn default() -> Self {
        static ISSUERS: AtomicU64 = AtomicU64::new(0);
        // Only issuers are counted atomically: an atomic operation for every text would be felt.
        Self(ParseToken { issuer: ISSUERS.fetch_add(1, Ordering::Relaxed), serial: 0 })
    }
}

impl TokenIssuer {
    pub(super) fn issue(&mut self) -> ParseToken {
        self.0.serial += 1;
        self.0
    }
}
