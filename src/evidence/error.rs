//! What can be wrong with a ledger, and what to do about it. Each is exit 4: never a verdict.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("evidence store {store:?} is of no kind this version knows")]
    Unsupported { store: String },
    #[error("the ledger {} is damaged: {what}", path.display())]
    Damaged { path: PathBuf, what: String },
    #[error("{} is not a thor-cutover ledger: {what}", path.display())]
    Foreign { path: PathBuf, what: String },
    #[error("the ledger {} was written by a newer thor-cutover (its version is {found}, this one knows up to {known})", path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("the ledger {} cannot be written: {what}", path.display())]
    ReadOnly { path: PathBuf, what: String },
    #[error("the ledger {} may be written by everybody (mode {mode:04o}): its evidence proves nothing", path.display())]
    WorldWritable { path: PathBuf, mode: u32 },
    #[error("the ledger {} is locked by another program; waited {waited:?}", path.display())]
    Locked { path: PathBuf, waited: Duration },
    #[error("no room left on the disk of the ledger {}", path.display())]
    Full { path: PathBuf },
    #[error("{doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
    #[error("the ledger {}: {source}", path.display())]
    Sqlite { path: PathBuf, source: rusqlite::Error },
    #[error("no entry {id:?} in the ledger {}", path.display())]
    NoEntry { path: PathBuf, id: String },
    #[error("{} entries of the ledger {} begin with {id:?}", count, path.display())]
    Ambiguous { path: PathBuf, id: String, count: usize },
}

impl LedgerError {
    /// What a person can do, apart from the message.
    pub fn hint(&self) -> String {
        match self {
            Self::Unsupported { .. } => {
                "write it as sqlite:<path>, such as sqlite:.thor-cutover/evidence.db".to_owned()
            }
            Self::Damaged { path, .. } => format!(
                "nothing was judged; put {} aside and import what was exported: thor-cutover evidence import FILE",
                path.display()
            ),
            Self::Foreign { .. } => "choose another file with --evidence sqlite:<path>".to_owned(),
            Self::Newer { .. } => "use the thor-cutover that wrote it, or a later one".to_owned(),
            Self::ReadOnly { path, .. } => {
                format!("give yourself write access: chmod u+w {}", path.display())
            }
            Self::WorldWritable { path, .. } => {
                format!("look at who wrote to it, then: chmod o-w {}", path.display())
            }
            Self::Locked { .. } => "see who holds it (fuser, lsof), then try again".to_owned(),
            Self::Full { .. } => {
                "make room, then run any thor-cutover command: pending evidence is merged".to_owned()
            }
            Self::Io { .. } | Self::Sqlite { .. } => "check the folder, its owner and its disk".to_owned(),
            Self::NoEntry { .. } | Self::Ambiguous { .. } => {
                "thor-cutover evidence list shows the entries and their ids".to_owned()
            }
        }
    }

    /// What SQLite said, as one of ours.
    pub(super) fn of_sqlite(path: &std::path::Path, waited: Duration, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        // Growing the log's index is the first thing that fails on a full disk.
        if source
            .sqlite_error()
            .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
        {
            return Self::Full { path };
        }
        match source.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Locked { path, waited },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, what: source.to_string() },
            Some(ErrorCode::NotADatabase) => {
                Self::Damaged { path, what: "it does not begin as an SQLite database does".to_owned() }
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::ReadOnly { path, what: source.to_string() }
            }
            Some(ErrorCode::DiskFull) => Self::Full { path },
            _ => Self::Sqlite { path, source },
        }
    }

    pub(super) fn of_io(doing: &'static str, path: &std::path::Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full { path },
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path, what: source.to_string() }
            }
            _ => Self::Io { doing, path, source },
        }
    }
}

impl From<LedgerError> for Error {
    fn from(error: LedgerError) -> Self {
        let hint = error.hint();
        match error {
            LedgerError::Unsupported { .. } | LedgerError::NoEntry { .. } | LedgerError::Ambiguous { .. } => {
                Self::usage(error).hint(hint)
            }
            other => Self::failed(other).hint(hint),
        }
    }
}
