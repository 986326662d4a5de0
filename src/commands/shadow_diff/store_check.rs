//! The evidence's store, looked at before anything is waited for or observed: one that could not take the evidence is
//! refused at once, and not after a day.

use std::path::Path;

use crate::cli::ShadowDiffArgs;
use crate::clock::Clock;
use crate::error::Result;
use crate::evidence::{Ledger, LedgerError, LedgerPlace, StoreKind};
use crate::settings::Settings;

/// A store that is out of reach or busy at this moment is none of these: the run goes on, and its evidence waits
/// beside it.
///
/// # Errors
/// The store is damaged, foreign, of another version, or may not be written by us.
pub fn refuse_unusable(arguments: &ShadowDiffArgs, settings: &Settings) -> Result<()> {
    if arguments.no_evidence {
        return Ok(());
    }
    let place = LedgerPlace::from(&settings.evidence);
    match looked_at(&place) {
        Err(LedgerError::Unreachable { .. } | LedgerError::Locked { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(warnings) => {
            warnings.iter().for_each(|warning| crate::say(&format!("warning: {warning}")));
            Ok(())
        }
    }
}

/// What opening it brought up. A store that is not there yet is not made before there is evidence to keep.
fn looked_at(place: &LedgerPlace) -> std::result::Result<Vec<String>, LedgerError> {
    if let StoreKind::Sqlite(path) = place.kind()?
        && !path.exists()
    {
        return can_be_made(path).map(|()| Vec::new());
    }
    let mut ledger = Ledger::open(place)?;
    // no decision could rest on a chain that somebody had a hand in, whatever is added to it
    ledger.facts(Clock::wall())?;
    Ok(ledger.warnings().to_vec())
}

/// Whether something can be written where the store's folder is, or would be made.
fn can_be_made(path: &Path) -> std::result::Result<(), LedgerError> {
    let unwritable = |what: String| LedgerError::ReadOnly { ledger: path.display().to_string(), what };
    let Some(folder) = path.ancestors().skip(1).find(|above| above.exists()) else {
        return Err(unwritable("no folder above it exists".to_owned()));
    };
    if !folder.is_dir() {
        return Err(unwritable(format!("{} is not a folder", folder.display())));
    }
    tempfile::tempfile_in(folder)
        .map(drop)
        .map_err(|error| unwritable(format!("{}: {error}", folder.display())))
}
