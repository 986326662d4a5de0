//! Keeping a run's evidence, come what may: in the ledger, or beside it.

use std::path::PathBuf;
use std::time::Duration;

use super::error::LedgerError;
use super::ledger::Ledger;
use super::{file, spool};
use crate::model::facts::ledger::{Entry, RunRecord};
use crate::settings::Settings;

/// Where evidence went.
#[derive(Debug)]
pub enum Kept {
    /// Into the ledger; `warnings` say what opening it brought up.
    Recorded { path: PathBuf, warnings: Vec<String> },
    /// Beside it, because the ledger would not take it. The tool failed at its work: exit 4, unless the
    /// command is one that must not fail.
    Spooled { path: PathBuf, why: LedgerError },
}

/// Keeps entries in the ledger of `store`, or in the spool beside it. An error means that both failed.
pub fn keep(store: &str, entries: &[Entry], patience: Duration) -> Result<Kept, LedgerError> {
    let recorded = Ledger::open_within(store, patience).and_then(|mut ledger| {
        ledger.append(entries)?;
        Ok(Kept::Recorded { path: ledger.path().to_owned(), warnings: ledger.warnings().to_vec() })
    });
    match recorded {
        Ok(kept) => Ok(kept),
        Err(why @ LedgerError::Unsupported { .. }) => Err(why),
        Err(why) => {
            let path = spool::append(&file::path_of(store)?, entries)?;
            Ok(Kept::Spooled { path, why })
        }
    }
}

/// Keeps a run: what `shadow-diff` calls every minute and at its end.
pub fn keep_run(settings: &Settings, run: &RunRecord) -> Result<Kept, LedgerError> {
    keep(&settings.evidence.store, &[Entry::Run(Box::new(run.clone()))], Ledger::PATIENCE)
}
