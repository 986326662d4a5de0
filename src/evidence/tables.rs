//! The PostgreSQL ledger's tables, version by version, in a schema of their own. A step that was released is never
//! edited.

use tokio_postgres::{Client, Transaction};

use super::error::LedgerError;

/// The newest version this program knows.
pub const VERSION: i64 = STEPS.len() as i64;

/// The advisory lock under which entries are written.
pub const WRITERS: i64 = 0x5448_4f52_0001;

/// The advisory lock under which tables are made and changed.
const MIGRATIONS: i64 = 0x5448_4f52_0002;

/// `at` is in milliseconds since 1970, for a run its end; `body` is the entry as JSON, `digest` its XXH3-128, `mark`
/// says as JSON where it came from, `reports` has a run's full reports, JSON under zstd; `link` is the hash chain of
/// each writer; `identifiers_key` has one row, the key of the team's pseudonyms.
const STEPS: [&str; 1] = ["
CREATE TABLE thor_cutover.entry (
    id       TEXT PRIMARY KEY,
    kind     TEXT NOT NULL,
    feature  TEXT,
    at       BIGINT NOT NULL,
    mark     TEXT,
    body     TEXT NOT NULL,
    digest   TEXT NOT NULL,
    reports  BYTEA
);
CREATE INDEX entry_kind_at ON thor_cutover.entry (kind, at);
CREATE TABLE thor_cutover.link (
    writer   TEXT NOT NULL,
    seq      BIGINT NOT NULL,
    entry    TEXT NOT NULL,
    body     TEXT NOT NULL,
    reports  TEXT NOT NULL,
    hash     TEXT NOT NULL,
    PRIMARY KEY (writer, seq)
);
CREATE TABLE thor_cutover.identifiers_key (
    lone     BOOLEAN PRIMARY KEY CHECK (lone),
    bytes    BYTEA NOT NULL
);
"];

/// Tables that this program must not touch.
#[derive(Debug, Clone, Copy)]
pub struct UnfitTables {
    found: i64,
}

impl UnfitTables {
    pub fn of_version(found: i64) -> Self {
        Self { found }
    }

    pub fn of(self, ledger: &str) -> LedgerError {
        let (ledger, found) = (ledger.to_owned(), self.found);
        if found > VERSION {
            LedgerError::Newer { ledger, found, known: VERSION }
        } else {
            LedgerError::Older { ledger, found, known: VERSION }
        }
    }
}

/// The version of the tables; `None` where there are none yet.
pub async fn version(client: &Client) -> Result<Option<i64>, tokio_postgres::Error> {
    let row = client.query_one("SELECT to_regclass('thor_cutover.meta') IS NOT NULL", &[]).await?;
    if !row.get::<_, bool>(0) {
        return Ok(None);
    }
    let row = client.query_opt("SELECT version FROM thor_cutover.meta", &[]).await?;
    Ok(Some(row.map_or(0, |row| row.get(0))))
}

/// Whether the tables are still those that this program knows: a newer one may have been there meanwhile.
pub async fn fit(transaction: &Transaction<'_>) -> Result<Result<(), UnfitTables>, tokio_postgres::Error> {
    let row = transaction.query_opt("SELECT version FROM thor_cutover.meta", &[]).await?;
    let found = row.map_or(0, |row| row.get(0));
    Ok(if found == VERSION { Ok(()) } else { Err(UnfitTables { found }) })
}

/// Applies the steps that are missing, all or none; others who want the same wait and find it done. Where nothing is
/// missing, nothing is asked of the server that an observer may not do.
pub async fn migrate(client: &mut Client) -> Result<Result<(), UnfitTables>, tokio_postgres::Error> {
    if let Some(found) = version(client).await?.filter(|found| *found >= VERSION) {
        return Ok(if found == VERSION { Ok(()) } else { Err(UnfitTables { found }) });
    }
    let transaction = client.transaction().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATIONS]).await?;
    transaction
        .batch_execute(
            "CREATE SCHEMA IF NOT EXISTS thor_cutover;
            CREATE TABLE IF NOT EXISTS thor_cutover.meta (version BIGINT NOT NULL);",
        )
        .await?;
    let found = transaction.query_opt("SELECT version FROM thor_cutover.meta", &[]).await?;
    let found: i64 = match found {
        Some(row) => row.get(0),
        None => {
            transaction.execute("INSERT INTO thor_cutover.meta (version) VALUES (0)", &[]).await?;
            0
        }
    };
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        transaction.batch_execute(step).await?;
    }
    if found < VERSION {
        transaction.execute("UPDATE thor_cutover.meta SET version = $1", &[&VERSION]).await?;
    }
    transaction.commit().await?;
    Ok(if found > VERSION { Err(UnfitTables { found }) } else { Ok(()) })
}
