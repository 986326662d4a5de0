//! Recordings of windows on their way to the store: each file once, as soon as it is whole. Beside a recording lies a
//! receipt of what of it is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::commands::watch::journal::{Journal, JournalFolder};
use crate::commands::watch::log::Log;
use crate::environment::Environment;
use crate::error::Result;
use crate::model::store_url::StoreUrl;
use crate::own_folder;
use crate::storage::{Storage, StorageError};
use crate::watch::WindowKey;

const FORMAT: u32 = 1;

/// Where recordings are brought.
#[derive(Debug)]
pub struct StoreErrand {
    to: StoreUrl,
    environment: Arc<Environment>,
}

/// What of a recording is in which store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Receipt {
    #[serde(rename = "thor_cutover_stored")]
    format: u32,
    store: String,
    /// Bytes of each file, by its name.
    files: BTreeMap<String, u64>,
}

impl StoreErrand {
    pub fn of(to: StoreUrl, environment: Arc<Environment>) -> Self {
        Self { to, environment }
    }

    /// Brings there what is whole and is not there; returns how many files still wait, none where that is not known.
    pub fn bring(&self, journals: &JournalFolder, open: &BTreeSet<WindowKey>, log: &Log) -> Option<usize> {
        let store = match Storage::open(&self.to, &self.environment) {
            Ok(store) => store,
            Err(error) => {
                log.warn(&format!("recordings are not stored: {error}"));
                return None;
            }
        };
        let (pieces, _) = match journals.all() {
            Ok(found) => found,
            Err(error) => {
                log.warn(&format!("recordings cannot be looked through: {error}"));
                return None;
            }
        };
        let (mut waiting, mut is_reached) = (0, true);
        for piece in pieces {
            let mut receipt = self.receipt(&piece);
            for part in piece.whole_parts(open.contains(&piece.key)) {
                let Some((name, bytes)) = name_and_size(&part) else { continue };
                if receipt.files.get(&name) == Some(&bytes) {
                    continue;
                }
                if !is_reached {
                    waiting += 1;
                    continue;
                }
                let to = self.place_of(&piece, &name);
                // one that was brought in part, and went on growing since, is ours
                match store.bring(&part, &to, receipt.files.contains_key(&name)) {
                    Ok(_) => {
                        log.say(&format!("stored: {to}"));
                        receipt.files.insert(name, bytes);
                        if let Err(error) = own_folder::replace(&piece.receipt(), &receipt) {
                            waiting += 1;
                            log.warn(&format!("that it is stored could not be noted: {error}"));
                        }
                    }
                    Err(error) => {
                        waiting += 1;
                        // of a store that does not answer nothing more is asked before the next time
                        is_reached = !matches!(error, StorageError::Unreachable { .. });
                        log.warn(&format!("not stored, and tried again: {}: {error}", part.display()));
                        log.warn(&format!("hint: {}", error.hint()));
                    }
                }
            }
        }
        Some(waiting)
    }

    /// Whether all of a piece is there.
    pub fn has(&self, piece: &Journal) -> bool {
        let receipt = self.receipt(piece);
        let is_there = |part: &std::path::PathBuf| {
            name_and_size(part).is_none_or(|(name, bytes)| receipt.files.get(&name) == Some(&bytes))
        };
        piece.whole_parts(false).iter().all(is_there)
    }

    /// Removes what of a piece is there.
    ///
    /// # Errors
    /// The store cannot be reached, or refuses it.
    pub fn remove(&self, piece: &Journal) -> Result<()> {
        let store = Storage::open(&self.to, &self.environment)?;
        for name in self.receipt(piece).files.keys() {
            store.remove(&self.place_of(piece, name))?;
        }
        Ok(())
    }

    fn place_of(&self, piece: &Journal, name: &str) -> StoreUrl {
        self.to.below(&format!("{}/{name}", piece.key.target))
    }

    /// Of another store's receipt nothing counts.
    fn receipt(&self, piece: &Journal) -> Receipt {
        let none = Receipt { format: FORMAT, store: self.to.to_string(), files: BTreeMap::new() };
        let text = fs_err::read_to_string(piece.receipt()).unwrap_or_default();
        let read = serde_json::from_str::<Receipt>(&text).ok();
        read.filter(|it| it.format == none.format && it.store == none.store).unwrap_or(none)
    }
}

fn name_and_size(part: &Path) -> Option<(String, u64)> {
    let name = part.file_name()?.to_str()?.to_owned();
    Some((name, fs_err::metadata(part).ok()?.len()))
}
