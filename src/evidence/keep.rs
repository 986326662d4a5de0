//! Keeping a run's evidence, come what may: in the ledger, or beside it.

use std::path::PathBuf;

use super::error::LedgerError;
use super::ledger::Ledger;
use super::place::LedgerPlace;
use super::spool;
use crate::model::facts::ledger::Entry;

/// Where evidence went.
#[derive(Debug)]
pub enum Kept {
    /// Into the ledger; `warnings` say what opening it brought up.
    Recorded { path: PathBuf, warnings: Vec<String> },
    /// Beside it, because the ledger would not take it. The tool failed at its work: exit 4, unless the
    /// command is one that must not fail.
    Spooled { path: PathBuf, why: LedgerError },
}

/// Keeps entries in the ledger of a store, or in the spool beside it. An error means that both failed.
pub fn keep(place: impl Into<LedgerPlace>, entries: &[Entry]) -> Result<Kept, LedgerError> {
    let place = place.into();
    let recorded = Ledger::open(&place).and_then(|mut ledger| {
        ledger.append(entries)?;
        Ok(Kept::Recorded { path: ledger.path().to_owned(), warnings: ledger.warnings().to_vec() })
    });
    match recorded {
        Ok(kept) => Ok(kept),
        Err(why @ LedgerError::Unsupported { .. }) => Err(why),
        Err(why) => {
            let path = spool::append(&place, entries)?;
            Ok(Kept::Spooled { path, why })
        }
    }
}
