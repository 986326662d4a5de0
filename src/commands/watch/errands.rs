//! What is done beside observing, each on a thread of its own: windows that a crash left are settled, evidence that waits
//! is brought into the ledger, recordings into the store, and what is outdated goes.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::commands::watch::storing::StoreErrand;
use crate::commands::watch::{WatchService, WindowNews, journal};
use crate::error::Error;
use crate::evidence::{Ledger, LedgerPlace};
use crate::settings::WatchSettings;
use crate::watch::WindowKey;
use crate::watch::retention::{Outdated, Retention};

impl WatchService<'_> {
    /// Where all targets keep their evidence.
    fn ledger(&self) -> Option<LedgerPlace> {
        self.configured.settings.values().next().map(|settings| LedgerPlace::from(&settings.evidence))
    }

    pub(super) fn settle(&self, key: WindowKey) {
        let Some(ledger) = self.ledger() else { return };
        let (journals, log, told) = (Arc::clone(&self.journals), self.log.clone(), self.told.clone());
        std::thread::spawn(move || {
            let settled = journals
                .of(&key)
                .map_err(|error| Error::failed(anyhow::Error::new(error)))
                .and_then(|mut pieces| {
                    pieces.iter_mut().filter(|piece| !piece.is_kept).try_for_each(|piece| {
                        journal::settle(piece, &ledger, Clock::wall())
                            .map(|settled| log.settled(&key, &settled))
                    })
                });
            if let Err(error) = &settled {
                log.warn_of(&key, &format!("left unfinished, and not kept yet: {error}"));
            }
            // the service is gone only where the process is
            let _ = told.send(WindowNews::Settled { key, is_kept: settled.is_ok() });
        });
    }

    pub(super) fn merge(&self, target: String) {
        let Some(ledger) = self.ledger() else { return };
        let (log, told) = (self.log.clone(), self.told.clone());
        std::thread::spawn(move || {
            // opening a ledger brings in what waits beside it
            let merged = Ledger::open(&ledger).map(|ledger| ledger.warnings().to_vec());
            match &merged {
                Ok(warnings) => warnings.iter().for_each(|warning| log.say(warning)),
                Err(error) => log.warn(&format!("evidence still waits beside the ledger: {error}")),
            }
            let _ = told.send(WindowNews::Merged { target, is_done: merged.is_ok() });
        });
    }

    /// Brings every file that is whole into the store.
    pub(super) fn store(&self) {
        let Some(stores) = self.stores() else { return };
        let (journals, log, told) = (Arc::clone(&self.journals), self.log.clone(), self.told.clone());
        let open: BTreeSet<WindowKey> = self.open.keys().cloned().collect();
        std::thread::spawn(move || {
            let waiting = stores.bring(&journals, &open, &log);
            let _ = told.send(WindowNews::Stored { waiting });
        });
    }

    pub(super) fn prune(&self, now: Timestamp) {
        let WatchSettings { keep, max_bytes, prunes_store, .. } = self.configured.watch;
        let retention = Retention { keep, max_bytes };
        let stores = self.stores();
        let is_stored = |piece: &_| stores.as_ref().is_none_or(|stores| stores.has(piece));
        let found = match self.journals.recordings(|key| self.open.contains_key(key), is_stored) {
            Ok(found) => found,
            Err(error) => return self.log.warn(&format!("recordings cannot be looked through: {error}")),
        };
        let recordings: Vec<_> = found.iter().map(|(_, recording)| recording.clone()).collect();
        let outdated = retention.outdated(&recordings, now);
        let outdated: Vec<_> = found
            .into_iter()
            .filter_map(|(piece, recording)| {
                let (_, why) = outdated.iter().find(|(id, _)| *id == recording.id)?;
                Some((piece, recording, *why))
            })
            .collect();
        if outdated.is_empty() {
            return;
        }
        let (log, stores) = (self.log.clone(), stores.filter(|_| prunes_store));
        let remove = move || {
            for (piece, recording, why) in outdated {
                let shown = recording.id.display();
                // first there: what is gone here could not be found there any more
                let gone = stores.as_ref().map_or(Ok(()), |stores| stores.remove(&piece));
                match gone.and_then(|()| piece.remove().map_err(Error::failed)) {
                    Ok(()) => log.say(&format!("recording {shown} removed: {}", in_words(why))),
                    Err(error) => log.warn(&format!("recording {shown} cannot be removed: {error}")),
                }
            }
        };
        match prunes_store {
            true => drop(std::thread::spawn(remove)),
            false => remove(),
        }
    }

    fn stores(&self) -> Option<StoreErrand> {
        let settings = self.configured.settings.values().next()?;
        Some(StoreErrand::of(settings.recording_store.clone()?, Arc::clone(&self.environment)))
    }
}

fn in_words(why: Outdated) -> &'static str {
    match why {
        Outdated::TooOld => "it is older than [watch] keep",
        Outdated::NoRoom => "all together are larger than [watch] max_size",
    }
}
