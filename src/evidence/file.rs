//! The ledger's file: made whole or not at all, and looked at hard before anything in it is believed.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use backon::{BlockingRetryable as _, ExponentialBuilder};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::error::LedgerError;
use super::schema::{APPLICATION_ID, VERSION, migrations};
use crate::system;

/// Makes an empty ledger, with its folder. Another process that makes it at the same moment is no error:
/// the file appears complete, under its name, exactly once.
pub fn create(path: &Path) -> Result<(), LedgerError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let io = |doing| move |source| LedgerError::of_io(doing, path, source);
    crate::own_folder::make(folder).map_err(io("making the folder of"))?;
    let draft = tempfile::Builder::new()
        .prefix(".evidence-")
        .suffix(".new")
        .tempfile_in(folder)
        .map_err(io("creating"))?;
    let sqlite = |source| LedgerError::of_sqlite(path, Duration::ZERO, source);
    let mut connection = Connection::open(draft.path()).map_err(sqlite)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(sqlite)?;
    migrate(path, &mut connection, Duration::ZERO)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).map_err(sqlite)?;
    connection.close().map_err(|(_, source)| sqlite(source))?;
    match draft.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(failure) if failure.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(failure) => Err(LedgerError::of_io("creating", path, failure.error)),
    }
}

/// Opens an existing ledger for reading and writing, or says why it cannot be trusted.
pub fn open(path: &Path, wait: Duration) -> Result<Connection, LedgerError> {
    look_at(path, true)?;
    let sqlite = |source| LedgerError::of_sqlite(path, wait, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    connection.busy_timeout(wait).map_err(sqlite)?;
    if connection.is_readonly(rusqlite::MAIN_DB).map_err(sqlite)? {
        let what = "this user may only read it".to_owned();
        return Err(LedgerError::ReadOnly { ledger: path.display().to_string(), what });
    }
    let found = version(path, &connection, wait)?;
    if found < VERSION {
        migrate(path, &mut connection, wait)?;
    }
    log_ahead(&connection, wait).map_err(sqlite)?;
    for (name, value) in [("synchronous", "full"), ("foreign_keys", "on"), ("trusted_schema", "off")] {
        connection.pragma_update(None, name, value).map_err(sqlite)?;
    }
    check_pages(path, &connection, wait)?;
    Ok(connection)
}

/// Writes go into a log beside the file, so that readers do not wait. Where several processes change over to that at one
/// moment, SQLite does not let one wait for the other.
fn log_ahead(connection: &Connection, wait: Duration) -> rusqlite::Result<()> {
    let change = || connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()));
    let policy = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(5))
        .with_max_delay(Duration::from_millis(100))
        .with_total_delay(Some(wait))
        .without_max_times()
        .with_jitter();
    let is_busy = |error: &rusqlite::Error| error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
    change.retry(policy).sleep(std::thread::sleep).when(is_busy).call()
}

/// Opens an existing ledger for reading only: nothing of it is changed, and nothing beside it is made where the
/// folder may not be written. One of an older version is read from a copy.
pub fn read(path: &Path, wait: Duration) -> Result<(Connection, Option<tempfile::TempDir>), LedgerError> {
    look_at(path, false)?;
    let sqlite = |source| LedgerError::of_sqlite(path, wait, source);
    let connection = read_only(path, wait).map_err(sqlite)?;
    let found = version(path, &connection, wait)?;
    check_pages(path, &connection, wait)?;
    if found == VERSION {
        return Ok((connection, None));
    }
    let io = |source| LedgerError::of_io("copying", path, source);
    let folder = tempfile::tempdir().map_err(io)?;
    let copy = folder.path().join("evidence.db");
    connection.execute("VACUUM INTO ?1", [copy.display().to_string()]).map_err(sqlite)?;
    let mut connection = Connection::open(&copy).map_err(sqlite)?;
    migrate(path, &mut connection, wait)?;
    Ok((connection, Some(folder)))
}

/// A file whose log is empty is complete in itself, and can be read where not even an index may be made beside it.
fn read_only(path: &Path, wait: Duration) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let try_open = |parameters: &str| {
        let uri = format!("{}{parameters}", file_uri(path));
        let connection = Connection::open_with_flags(uri, flags)?;
        connection.busy_timeout(wait)?;
        connection.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0))?;
        Ok(connection)
    };
    match try_open("") {
        Err(error) if is_complete(path) && cannot_write(&error) => try_open("?immutable=1"),
        opened => opened,
    }
}

/// Nothing may be written there, or nothing more: the disk is full.
fn cannot_write(error: &rusqlite::Error) -> bool {
    LedgerError::is_of_a_full_disk(error)
        || matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied)
        )
}

fn is_complete(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).map_or(true, |metadata| metadata.len() == 0)
}

/// The path as SQLite's URI; bytes that mean something in one are escaped.
fn file_uri(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' | b':' => {
                uri.push(char::from(*byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

/// The version of a ledger of ours.
pub fn version(path: &Path, connection: &Connection, wait: Duration) -> Result<i64, LedgerError> {
    let sqlite = |source| LedgerError::of_sqlite(path, wait, source);
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let ledger = path.display().to_string();
    let application = number("application_id").map_err(sqlite)?;
    if application != APPLICATION_ID {
        let what = format!("it is an SQLite database of another program (application id {application:#x})");
        return Err(LedgerError::Foreign { ledger, what });
    }
    let found = number("user_version").map_err(sqlite)?;
    if found > VERSION {
        return Err(LedgerError::Newer { ledger, found, known: VERSION });
    }
    Ok(found)
}

/// Brings the tables up to date. Another process that does so at the same moment is no error: one of them does it.
fn migrate(path: &Path, connection: &mut Connection, wait: Duration) -> Result<(), LedgerError> {
    // One that begins by reading is not waited for when it goes on to write: it fails at once.
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    let Err(error) = migrations().to_latest(connection) else { return Ok(()) };
    if version(path, connection, wait).is_ok_and(|found| found == VERSION) {
        return Ok(());
    }
    Err(match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => LedgerError::of_sqlite(path, wait, err),
        other => LedgerError::Damaged { ledger: path.display().to_string(), what: other.to_string() },
    })
}

/// What the file system alone can tell: kind, permissions, the first bytes.
fn look_at(path: &Path, to_write: bool) -> Result<(), LedgerError> {
    let io = |doing| move |source| LedgerError::of_io(doing, path, source);
    let metadata = std::fs::metadata(path).map_err(io("looking at"))?;
    if !metadata.is_file() {
        return Err(LedgerError::Foreign {
            ledger: path.display().to_string(),
            what: "it is not a file".to_owned(),
        });
    }
    permissions(path, &metadata, to_write)?;
    let mut head = [0_u8; 16];
    let mut file = std::fs::File::open(path).map_err(io("opening"))?;
    let damaged = |what: String| LedgerError::Damaged { ledger: path.display().to_string(), what };
    file.read_exact(&mut head).map_err(|_| damaged(format!("it has only {} bytes", metadata.len())))?;
    if &head != b"SQLite format 3\0" {
        return Err(damaged("it does not begin as an SQLite database does".to_owned()));
    }
    Ok(())
}

fn permissions(path: &Path, metadata: &std::fs::Metadata, to_write: bool) -> Result<(), LedgerError> {
    let mode = system::mode(metadata);
    if let Some(mode) = mode.filter(|mode| mode & 0o002 != 0) {
        return Err(LedgerError::WorldWritable { ledger: path.display().to_string(), mode });
    }
    if to_write && metadata.permissions().readonly() {
        let what = mode.map_or_else(
            || "it is read-only".to_owned(),
            |mode| format!("its mode is {mode:04o}, read-only"),
        );
        return Err(LedgerError::ReadOnly { ledger: path.display().to_string(), what });
    }
    Ok(())
}

/// Every page reachable, every index in order: a ledger stays small enough to ask this each time.
fn check_pages(path: &Path, connection: &Connection, wait: Duration) -> Result<(), LedgerError> {
    let first: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|source| LedgerError::of_sqlite(path, wait, source))?;
    if first == "ok" {
        Ok(())
    } else {
        Err(LedgerError::Damaged { ledger: path.display().to_string(), what: first })
    }
}
