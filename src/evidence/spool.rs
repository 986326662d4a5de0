//! Evidence that the ledger would not take waits beside it in `pending.ndjson`, and is merged when the ledger
//! is opened next. A small reserve of disk space is kept so that it can be written when the disk is full.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::error::LedgerError;
use super::ledger::Ledger;
use super::line::{of_line, to_line};
use super::place::{LedgerPlace, StoreKind};
use super::stored::Stored;
use crate::model::facts::ledger::Entry;
use crate::model::text::counted;
use crate::system;

/// Room for some hundred entries.
const RESERVE_BYTES: usize = 256 * 1024;

/// Where evidence waits for this ledger.
pub fn path_of(place: impl Into<LedgerPlace>) -> PathBuf {
    place.into().beside("pending.ndjson")
}

/// Whether evidence waits for this ledger.
pub fn waiting(place: &LedgerPlace) -> bool {
    std::fs::metadata(path_of(place)).is_ok_and(|metadata| metadata.len() > 0)
}

/// What waits for this ledger, left where it is, and what there is to say about it.
pub fn read(place: &LedgerPlace) -> Result<(Vec<Stored>, Vec<String>), LedgerError> {
    let path = path_of(place);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
        Err(error) => return Err(LedgerError::of_io("reading pending evidence", &path, error)),
    };
    let text = String::from_utf8_lossy(&bytes);
    let (entries, unreadable) = entries(&text);
    let mut warnings = Vec::new();
    if !entries.is_empty() {
        let count = entries.len();
        warnings.push(format!(
            "{} in {} and counted with the ledger's",
            counted(count, "entry is waiting", "entries are waiting"),
            path.display()
        ));
    }
    if !unreadable.is_empty() {
        warnings.push(format!(
            "{} of {} cannot be read",
            counted(unreadable.len(), "line", "lines"),
            path.display()
        ));
    }
    Ok((entries, warnings))
}

/// The entries of a spool, and the lines that are none.
fn entries(text: &str) -> (Vec<Stored>, Vec<&str>) {
    let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match of_line(line) {
            Ok(entry) => entries.push(entry),
            Err(_) => unreadable.push(line),
        }
    }
    (entries, unreadable)
}

/// Appends entries to the spool, giving up the reserve if the disk is full. Returns the spool's path.
pub fn append(place: &LedgerPlace, entries: &[Entry]) -> Result<PathBuf, LedgerError> {
    let path = path_of(place);
    let text: String = entries.iter().map(to_line).collect();
    match write(&path, &text) {
        Err(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            std::fs::remove_file(place.beside("reserve")).and_then(|()| write(&path, &text))
        }
        other => other,
    }
    .map_err(|source| LedgerError::of_io("writing pending evidence to", &path, source))?;
    Ok(path)
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        crate::own_folder::make(folder)?;
    }
    let mut file = private().append(true).create(true).open(path)?;
    file.lock()?;
    let before = file.metadata()?.len();
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
    if written.is_err() {
        file.set_len(before)?;
    }
    written
}

/// Moves what waits into the ledger. A line that cannot be read is kept apart, and said.
pub fn merge(ledger: &mut Ledger) -> Result<(), LedgerError> {
    let path = path_of(ledger.place());
    if matches!(ledger.place().kind()?, StoreKind::Sqlite(_)) {
        keep_reserve(&ledger.place().beside("reserve"));
    }
    let mut file = match private().read(true).write(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(LedgerError::of_io("reading pending evidence", &path, error)),
    };
    let io = |source| LedgerError::of_io("merging pending evidence", &path, source);
    file.lock().map_err(io)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(io)?;
    if bytes.is_empty() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&bytes);
    let (entries, unreadable) = entries(&text);
    if !unreadable.is_empty() {
        let apart = ledger.place().beside("pending.unreadable");
        write(&apart, &(unreadable.join("\n") + "\n")).map_err(io)?;
        let count = unreadable.len();
        ledger.warn(format!(
            "{} of pending evidence cannot be read; kept in {}",
            counted(count, "line", "lines"),
            apart.display()
        ));
    }
    let appended = ledger.take_in(&entries)?;
    file.rewind().and_then(|()| file.set_len(0)).map_err(io)?;
    let count = appended.added + appended.replaced;
    if count > 0 {
        ledger.warn(format!(
            "merged {} that had waited in {}",
            counted(count, "entry", "entries"),
            path.display()
        ));
    }
    Ok(())
}

/// Best effort: without the reserve a full disk merely costs the evidence of that run, and says so.
fn keep_reserve(path: &Path) {
    let there = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() == RESERVE_BYTES as u64);
    let fill = |mut file: File| file.write_all(&[b'.'; RESERVE_BYTES]);
    if !there && private().write(true).create(true).truncate(true).open(path).and_then(fill).is_err() {
        let _ = std::fs::remove_file(path);
    }
}

fn private() -> OpenOptions {
    let mut options = File::options();
    system::private(&mut options);
    options
}
