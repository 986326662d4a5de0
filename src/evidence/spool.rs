//! Evidence that the ledger would not take waits beside it in `pending.ndjson`, and is merged when the ledger is opened
//! next. Nobody waits long for a process that holds that file: there are a few more. A small reserve of disk space is
//! kept so that it can be written when the disk is full.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

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

/// Files for what waits: where another process holds one, because it merges it or was stopped meanwhile, the next is
/// written.
const SPOOLS: usize = 8;

/// How often a lock that another process holds is tried.
const TRY_EVERY: Duration = Duration::from_millis(10);

/// Where evidence waits for this ledger.
pub fn path_of(place: impl Into<LedgerPlace>) -> PathBuf {
    place.into().beside("pending.ndjson")
}

/// Where evidence may wait for this ledger: the first is [`path_of`].
fn paths_of(place: &LedgerPlace) -> impl Iterator<Item = PathBuf> {
    let others = (2..=SPOOLS).map(|number| place.beside(&format!("pending.{number}.ndjson")));
    std::iter::once(path_of(place)).chain(others)
}

/// Whether evidence waits for this ledger.
pub fn waiting(place: &LedgerPlace) -> bool {
    paths_of(place).any(|path| std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0))
}

/// What waits for this ledger, left where it is, and what there is to say about it.
pub fn read(place: &LedgerPlace) -> Result<(Vec<Stored>, Vec<String>), LedgerError> {
    let (mut found, mut warnings) = (Vec::new(), Vec::new());
    for path in paths_of(place) {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(LedgerError::of_io("reading pending evidence", &path, error)),
        };
        let text = String::from_utf8_lossy(&bytes);
        let (entries, unreadable) = entries(&text);
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
        found.extend(entries);
    }
    Ok((found, warnings))
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
    let text: String = entries.iter().map(to_line).collect();
    let mut waited = Duration::ZERO;
    loop {
        for path in paths_of(place) {
            let written = match write(&path, &text) {
                Err(error) if error.kind() == ErrorKind::StorageFull => {
                    std::fs::remove_file(place.beside("reserve")).and_then(|()| write(&path, &text))
                }
                other => other,
            };
            match written {
                Ok(true) => return Ok(path),
                Ok(false) => {}
                Err(source) => {
                    return Err(LedgerError::of_io("writing pending evidence to", &path, source));
                }
            }
        }
        if waited >= place.wait {
            return Err(LedgerError::Locked { ledger: path_of(place).display().to_string(), waited });
        }
        std::thread::sleep(TRY_EVERY);
        waited += TRY_EVERY;
    }
}

/// Appends to a spool; false where another process holds it.
fn write(path: &Path, text: &str) -> std::io::Result<bool> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        crate::own_folder::make(folder)?;
    }
    let mut file = private().read(true).append(true).create(true).open(path)?;
    if !lock(&file, Duration::ZERO) {
        return Ok(false);
    }
    let before = file.metadata()?.len();
    let seam = if is_torn(&mut file, before)? { "\n" } else { "" };
    let written = file.write_all(format!("{seam}{text}").as_bytes()).and_then(|()| file.sync_data());
    if written.is_err() {
        file.set_len(before)?;
    }
    written.map(|()| true)
}

/// Whether a kill left the beginning of a line: what is appended must not become the end of it.
fn is_torn(file: &mut File, length: u64) -> std::io::Result<bool> {
    if length == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(length - 1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Locks a file; false where another process held it all the time. On a file system without locks everybody has it.
fn lock(file: &File, wait: Duration) -> bool {
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) | Err(TryLockError::Error(_)) => return true,
            Err(TryLockError::WouldBlock) if waited >= wait => return false,
            Err(TryLockError::WouldBlock) => {
                std::thread::sleep(TRY_EVERY);
                waited += TRY_EVERY;
            }
        }
    }
}

/// Moves what waits into the ledger. A line that cannot be read is kept apart, and said.
pub fn merge(ledger: &mut Ledger) -> Result<(), LedgerError> {
    if matches!(ledger.place().kind()?, StoreKind::Sqlite(_)) {
        keep_reserve(&ledger.place().beside("reserve"));
    }
    let paths: Vec<PathBuf> = paths_of(ledger.place()).collect();
    paths.iter().try_for_each(|path| merge_one(ledger, path))
}

fn merge_one(ledger: &mut Ledger, path: &Path) -> Result<(), LedgerError> {
    let mut file = match private().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(LedgerError::of_io("reading pending evidence", path, error)),
    };
    if !lock(&file, ledger.place().wait) {
        ledger.warn(format!("what waits in {} was left there: another program holds it", path.display()));
        return Ok(());
    }
    let io = |source| LedgerError::of_io("merging pending evidence", path, source);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(io)?;
    if bytes.is_empty() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&bytes);
    let (entries, unreadable) = entries(&text);
    let appended = ledger.take_in(&entries)?;
    if !unreadable.is_empty() {
        let apart = ledger.place().beside("pending.unreadable");
        if !write(&apart, &(unreadable.join("\n") + "\n")).map_err(io)? {
            return Ok(());
        }
        let count = unreadable.len();
        ledger.warn(format!(
            "{} of pending evidence cannot be read; kept in {}",
            counted(count, "line", "lines"),
            apart.display()
        ));
    }
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
