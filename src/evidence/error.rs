//! What can be wrong with a ledger, and what to do about it. Each is exit 4: never a verdict.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("evidence store {store:?} is of no kind this version knows")]
    Unsupported { store: String },
    #[error("the ledger {ledger} is damaged: {what}")]
    Damaged { ledger: String, what: String },
    #[error("{ledger} is not a thor-cutover ledger: {what}")]
    Foreign { ledger: String, what: String },
    #[error(
        "the ledger {ledger} was written by a newer thor-cutover (its version is {found}, this one knows up to {known})"
    )]
    Newer { ledger: String, found: i64, known: i64 },
    #[error("the ledger {ledger} is of an older version ({found} of {known}), and may only be read here")]
    Older { ledger: String, found: i64, known: i64 },
    #[error("the ledger {ledger} cannot be written: {what}")]
    ReadOnly { ledger: String, what: String },
    #[error("the ledger {ledger} may be written by everybody (mode {mode:04o}): its evidence proves nothing")]
    WorldWritable { ledger: String, mode: u32 },
    #[error("the ledger {ledger} is locked by another program; waited {waited:?}")]
    Locked { ledger: String, waited: Duration },
    #[error("no room left on the disk of the ledger {ledger}")]
    Full { ledger: String },
    #[error("the ledger {ledger} cannot be reached: {what}")]
    Unreachable { ledger: String, what: String },
    #[error("the ledger {ledger} lets nobody in as we came: {what}")]
    Denied { ledger: String, what: String },
    #[error("{doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
    #[error("the ledger {ledger}: {source}")]
    Sqlite { ledger: String, source: rusqlite::Error },
    #[error("the ledger {ledger}: {what}")]
    Postgres { ledger: String, what: String },
    #[error("{ledger} has another key of pseudonyms already (fingerprint {there})")]
    OtherKey { ledger: String, there: String },
    #[error("no entry {id:?} in the ledger {ledger}")]
    NoEntry { ledger: String, id: String },
    #[error("{count} entries of the ledger {ledger} begin with {id:?}")]
    Ambiguous { ledger: String, id: String, count: usize },
}

impl LedgerError {
    /// What a person can do, apart from the message.
    pub fn hint(&self) -> String {
        match self {
            Self::Unsupported { .. } => {
                "write it as sqlite:<path>, such as sqlite:.thor-cutover/evidence.db, or as postgres://user@host/database".to_owned()
            }
            Self::Damaged { ledger, .. } => format!(
                "nothing was judged; put {ledger} aside and import what was exported: thor-cutover evidence import FILE"
            ),
            Self::Foreign { .. } => "choose another one with --evidence".to_owned(),
            Self::Newer { .. } => "use the thor-cutover that wrote it, or a later one".to_owned(),
            Self::Older { .. } => {
                "let somebody who may write it open it once: thor-cutover evidence list".to_owned()
            }
            Self::ReadOnly { ledger, .. } => format!("give yourself write access to {ledger}"),
            Self::WorldWritable { ledger, .. } => {
                format!("look at who wrote to it, then: chmod o-w {ledger}")
            }
            Self::Locked { .. } => "see who holds it (fuser, lsof), then try again".to_owned(),
            Self::Full { .. } => {
                "make room, then run any thor-cutover command: pending evidence is merged".to_owned()
            }
            Self::Unreachable { .. } => {
                "see whether it is up, and whether host and port are right; nothing was judged".to_owned()
            }
            Self::Denied { .. } => {
                "name user and password by PGUSER, PGPASSWORD or PGPASSFILE, or the whole URL by `store_env`; docs/evidence.md has the roles".to_owned()
            }
            Self::Io { .. } | Self::Sqlite { .. } => "check the folder, its owner and its disk".to_owned(),
            Self::Postgres { .. } => "see the server's log; docs/evidence.md has what it needs".to_owned(),
            Self::OtherKey { .. } => {
                "its runs were made under that key; --replace takes the new one all the same, and they no longer count beside new ones".to_owned()
            }
            Self::NoEntry { .. } | Self::Ambiguous { .. } => {
                "thor-cutover evidence list shows the entries and their ids".to_owned()
            }
        }
    }

    /// What SQLite said, as one of ours.
    pub(super) fn of_sqlite(path: &std::path::Path, waited: Duration, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let ledger = path.display().to_string();
        if Self::is_of_a_full_disk(&source) {
            return Self::Full { ledger };
        }
        match source.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Locked { ledger, waited },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { ledger, what: source.to_string() },
            Some(ErrorCode::NotADatabase) => {
                Self::Damaged { ledger, what: "it does not begin as an SQLite database does".to_owned() }
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::ReadOnly { ledger, what: source.to_string() }
            }
            _ => Self::Sqlite { ledger, source },
        }
    }

    /// Growing the log's index is the first thing that fails on a full disk.
    pub(super) fn is_of_a_full_disk(error: &rusqlite::Error) -> bool {
        let index =
            error.sqlite_error().is_some_and(|it| it.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE);
        index || error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
    }

    pub(super) fn of_io(doing: &'static str, path: &std::path::Path, source: std::io::Error) -> Self {
        let ledger = path.display().to_string();
        match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full { ledger },
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { ledger, what: source.to_string() }
            }
            _ => Self::Io { doing, path: path.to_owned(), source },
        }
    }
}

impl From<LedgerError> for Error {
    fn from(error: LedgerError) -> Self {
        let hint = error.hint();
        match error {
            LedgerError::Unsupported { .. }
            | LedgerError::NoEntry { .. }
            | LedgerError::Ambiguous { .. }
            | LedgerError::OtherKey { .. } => Self::usage(error).hint(hint),
            other => Self::failed(other).hint(hint),
        }
    }
}
