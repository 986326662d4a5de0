//! Keeping a run's evidence, come what may: in the ledger, or beside it.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::error::LedgerError;
use super::ledger::Ledger;
use super::place::LedgerPlace;
use super::spool;
use super::store::{NamedStores, Stores};
use crate::model::facts::ledger::Entry;

/// Clocks of several machines differ by less.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// Where evidence went.
#[derive(Debug)]
pub enum Kept {
    /// Into the ledger; `warnings` say what opening it brought up.
    Recorded { path: PathBuf, warnings: Vec<String> },
    /// Beside it, because the ledger would not take it. The tool failed at its work: exit 4, unless the
    /// command is one that must not fail.
    Spooled { path: PathBuf, why: LedgerError },
}

/// Keeps entries in the ledger of a store, or in the spool beside it. An error means that both failed. A ledger that is
/// ahead of `now` is said, and noted in what is written.
pub fn keep(place: impl Into<LedgerPlace>, entries: &[Entry], now: Timestamp) -> Result<Kept, LedgerError> {
    keep_by(&NamedStores, place, entries, now)
}

/// The same, the store opened by somebody.
pub fn keep_by(
    stores: &dyn Stores,
    place: impl Into<LedgerPlace>,
    entries: &[Entry],
    now: Timestamp,
) -> Result<Kept, LedgerError> {
    let place = place.into();
    let recorded = Ledger::open_by(stores, &place).and_then(|mut ledger| {
        let mut warnings = ledger.warnings().to_vec();
        match ledger.newest()?.filter(|newest| newest.duration_since(now) > CLOCKS_APART) {
            None => ledger.append(entries)?,
            Some(newest) => {
                warnings.push(format!(
                    "the newest entry of {} is dated {newest}, which is still to come: a clock was set back, or one is \
                     wrong; no clean run that is dated later than what was written after it counts",
                    ledger.path().display()
                ));
                let marked: Vec<Entry> = entries.iter().map(|entry| entry.written_after(newest)).collect();
                ledger.append(&marked)?
            }
        };
        Ok(Kept::Recorded { path: ledger.path().to_owned(), warnings })
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
