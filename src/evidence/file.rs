//! The ledger's file: made whole or not at all, and looked at hard before anything in it is believed.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::LedgerError;
use super::schema::{APPLICATION_ID, VERSION, migrations};

/// The file of a store written as `sqlite:<path>`.
pub fn path_of(store: &str) -> Result<PathBuf, LedgerError> {
    match store.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
        _ => Err(LedgerError::Unsupported { store: store.to_owned() }),
    }
}

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
    look_at(path)?;
    let sqlite = |source| LedgerError::of_sqlite(path, wait, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    connection.busy_timeout(wait).map_err(sqlite)?;
    if connection.is_readonly(rusqlite::MAIN_DB).map_err(sqlite)? {
        let what = "this user may only read it".to_owned();
        return Err(LedgerError::ReadOnly { path: path.to_owned(), what });
    }
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = number("application_id").map_err(sqlite)?;
    if application != APPLICATION_ID {
        return Err(LedgerError::Foreign {
            path: path.to_owned(),
            what: format!("it is an SQLite database of another program (application id {application:#x})"),
        });
    }
    let found = number("user_version").map_err(sqlite)?;
    if found > VERSION {
        return Err(LedgerError::Newer { path: path.to_owned(), found, known: VERSION });
    }
    if found < VERSION {
        migrate(path, &mut connection, wait)?;
    }
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).map_err(sqlite)?;
    for (name, value) in [("synchronous", "full"), ("foreign_keys", "on"), ("trusted_schema", "off")] {
        connection.pragma_update(None, name, value).map_err(sqlite)?;
    }
    check_pages(path, &connection, wait)?;
    Ok(connection)
}

fn migrate(path: &Path, connection: &mut Connection, wait: Duration) -> Result<(), LedgerError> {
    migrations().to_latest(connection).map_err(|error| match error {
        rusqlite_migration::Error::RusqliteError { err, .. } => LedgerError::of_sqlite(path, wait, err),
        other => LedgerError::Damaged { path: path.to_owned(), what: other.to_string() },
    })
}

/// What the file system alone can tell: kind, permissions, the first bytes.
fn look_at(path: &Path) -> Result<(), LedgerError> {
    let io = |doing| move |source| LedgerError::of_io(doing, path, source);
    let metadata = std::fs::metadata(path).map_err(io("looking at"))?;
    if !metadata.is_file() {
        return Err(LedgerError::Foreign { path: path.to_owned(), what: "it is not a file".to_owned() });
    }
    permissions(path, &metadata)?;
    let mut head = [0_u8; 16];
    let mut file = std::fs::File::open(path).map_err(io("opening"))?;
    let damaged = |what: String| LedgerError::Damaged { path: path.to_owned(), what };
    file.read_exact(&mut head).map_err(|_| damaged(format!("it has only {} bytes", metadata.len())))?;
    if &head != b"SQLite format 3\0" {
        return Err(damaged("it does not begin as an SQLite database does".to_owned()));
    }
    Ok(())
}

#[cfg(unix)]
fn permissions(path: &Path, metadata: &std::fs::Metadata) -> Result<(), LedgerError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o002 != 0 {
        return Err(LedgerError::WorldWritable { path: path.to_owned(), mode });
    }
    if mode & 0o222 == 0 {
        let what = format!("its mode is {mode:04o}, read-only");
        return Err(LedgerError::ReadOnly { path: path.to_owned(), what });
    }
    Ok(())
}

#[cfg(not(unix))]
fn permissions(path: &Path, metadata: &std::fs::Metadata) -> Result<(), LedgerError> {
    if metadata.permissions().readonly() {
        return Err(LedgerError::ReadOnly { path: path.to_owned(), what: "it is read-only".to_owned() });
    }
    Ok(())
}

/// Every page reachable, every index in order: a ledger stays small enough to ask this each time.
fn check_pages(path: &Path, connection: &Connection, wait: Duration) -> Result<(), LedgerError> {
    let first: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|source| LedgerError::of_sqlite(path, wait, source))?;
    if first == "ok" { Ok(()) } else { Err(LedgerError::Damaged { path: path.to_owned(), what: first }) }
}
