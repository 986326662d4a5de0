//! Where a ledger is, who writes to it, and what lies beside it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use super::error::LedgerError;
use crate::settings::EvidenceSettings;

/// How to open a ledger.
#[derive(Debug, Clone)]
pub struct LedgerPlace {
    /// `sqlite:<path>` or `postgres://…`, without a password.
    pub store: String,
    pub password: Option<SecretString>,
    /// libpq's password file, asked where no password is given.
    pub password_file: Option<PathBuf>,
    /// PEM file with the certificates that a PostgreSQL server's must come from; the system's where there is none.
    pub root_certificates: Option<PathBuf>,
    /// Folder of the spool and of what else is kept beside the ledger.
    pub folder: PathBuf,
    /// In whose name entries are written: one chain a writer.
    pub writer: String,
    /// How long to wait for others, or for a server.
    pub wait: Duration,
}

/// What kind of store a place names.
pub enum StoreKind<'p> {
    Sqlite(&'p Path),
    Postgres(&'p str),
}

impl LedgerPlace {
    /// How long to wait for another writer before giving up.
    pub const PATIENCE: Duration = Duration::from_secs(5);

    #[must_use]
    pub fn within(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    pub fn kind(&self) -> Result<StoreKind<'_>, LedgerError> {
        kind(&self.store)
    }

    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The key of pseudonyms: a file store's own, or the copy of a server's.
    pub fn key_file(&self) -> PathBuf {
        match self.kind() {
            Ok(StoreKind::Postgres(_)) => self.beside("shared-key"),
            _ => self.beside("key"),
        }
    }
}

fn kind(store: &str) -> Result<StoreKind<'_>, LedgerError> {
    if store.starts_with("postgres://") || store.starts_with("postgresql://") {
        return Ok(StoreKind::Postgres(store));
    }
    match store.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() => Ok(StoreKind::Sqlite(Path::new(path))),
        _ => Err(LedgerError::Unsupported { store: store.to_owned() }),
    }
}

impl From<&EvidenceSettings> for LedgerPlace {
    fn from(evidence: &EvidenceSettings) -> Self {
        Self {
            store: evidence.store.clone(),
            password: evidence.password.clone(),
            password_file: evidence.password_file.clone(),
            root_certificates: evidence.root_certificates.clone(),
            folder: evidence.folder.clone(),
            writer: evidence.writer.clone(),
            wait: Self::PATIENCE,
        }
    }
}

impl From<&str> for LedgerPlace {
    /// A store by its name alone: without a password, and written in nobody's name.
    fn from(store: &str) -> Self {
        let folder = match kind(store) {
            Ok(StoreKind::Sqlite(path)) => path.parent().unwrap_or(Path::new("")).to_owned(),
            _ => PathBuf::from(".thor-cutover"),
        };
        Self {
            store: store.to_owned(),
            password: None,
            password_file: None,
            root_certificates: None,
            folder,
            writer: "nobody".to_owned(),
            wait: Self::PATIENCE,
        }
    }
}

impl From<&String> for LedgerPlace {
    fn from(store: &String) -> Self {
        Self::from(store.as_str())
    }
}

impl From<&LedgerPlace> for LedgerPlace {
    fn from(place: &LedgerPlace) -> Self {
        place.clone()
    }
}
