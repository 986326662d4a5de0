//! A store in one SQLite file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::chain::ChainLink;
use super::error::LedgerError;
use super::file;
use super::store::{Appended, LedgerStore, StoredRow, Which, Work, mark_of};
use super::stored::{Stored, There, pack};

#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    wait: Duration,
    connection: Connection,
    /// A copy in today's form, where the file is of an older one and may not be written.
    _copy: Option<tempfile::TempDir>,
}

impl SqliteStore {
    /// Opens the file for reading and writing; makes it where there is none.
    pub fn open(path: &Path, wait: Duration) -> Result<Self, LedgerError> {
        if !exists(path)? {
            file::create(path)?;
        }
        let connection = file::open(path, wait)?;
        Ok(Self { path: path.to_owned(), wait, connection, _copy: None })
    }

    /// Opens the file for reading only, wherever it lies; `None` where there is none.
    pub fn read(path: &Path, wait: Duration) -> Result<Option<Self>, LedgerError> {
        if !exists(path)? {
            return Ok(None);
        }
        let (connection, copy) = file::read(path, wait)?;
        Ok(Some(Self { path: path.to_owned(), wait, connection, _copy: copy }))
    }

    fn error(&self) -> impl Fn(rusqlite::Error) -> LedgerError + use<> {
        let (path, wait) = (self.path.clone(), self.wait);
        move |source| LedgerError::of_sqlite(&path, wait, source)
    }

    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        let error = self.error();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&error)?;
        // a newer program may have been here since it was opened, and have other tables now
        file::version(&self.path, &transaction, self.wait)?;
        let done = work(&transaction).map_err(&error)?;
        transaction.commit().map_err(error)?;
        Ok(done)
    }
}

impl LedgerStore for SqliteStore {
    fn begin(&mut self) -> Result<(), LedgerError> {
        self.connection.execute_batch("BEGIN").map_err(self.error())
    }

    fn end(&mut self) -> Result<(), LedgerError> {
        self.connection.execute_batch("COMMIT").map_err(self.error())
    }

    fn rows(&mut self, which: Which<'_>, with_reports: bool) -> Result<Vec<StoredRow>, LedgerError> {
        let error = self.error();
        let reports = if with_reports { "reports" } else { "NULL" };
        let (condition, value): (_, rusqlite::types::Value) = match which {
            Which::Since(at) => ("kind <> 'run' OR at >= ?1", at.into()),
            Which::Beginning(id) => ("substr(id, 1, length(?1)) = ?1", id.to_owned().into()),
        };
        let sql = format!(
            "SELECT id, at, body, digest, mark, {reports} FROM entry WHERE {condition} ORDER BY at, id"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(&error)?;
        let rows = statement
            .query_map([value], |row| {
                Ok(StoredRow {
                    id: row.get(0)?,
                    at: row.get(1)?,
                    body: row.get(2)?,
                    digest: row.get(3)?,
                    mark: row.get(4)?,
                    reports: row.get(5)?,
                })
            })
            .map_err(&error)?;
        rows.collect::<Result<_, _>>().map_err(error)
    }

    fn links(&mut self) -> Result<Vec<ChainLink>, LedgerError> {
        let error = self.error();
        let sql = "SELECT writer, seq, entry, body, reports, hash FROM link ORDER BY writer, seq";
        let mut statement = self.connection.prepare_cached(sql).map_err(&error)?;
        let rows = statement.query_map([], link_of).map_err(&error)?;
        rows.collect::<Result<_, _>>().map_err(error)
    }

    fn ids(&mut self) -> Result<BTreeSet<String>, LedgerError> {
        let error = self.error();
        let mut statement = self.connection.prepare_cached("SELECT id FROM entry").map_err(&error)?;
        let rows = statement.query_map([], |row| row.get(0)).map_err(&error)?;
        rows.collect::<Result<_, _>>().map_err(error)
    }

    fn older_runs(&mut self, at: i64) -> Result<i64, LedgerError> {
        let sql = "SELECT count(*) FROM entry WHERE kind = 'run' AND at < ?1";
        self.connection.query_row(sql, [at], |row| row.get(0)).map_err(self.error())
    }

    fn oldest(&mut self, kind: &str) -> Result<Option<i64>, LedgerError> {
        let sql = "SELECT min(at) FROM entry WHERE kind = ?1";
        self.connection.query_row(sql, [kind], |row| row.get(0)).map_err(self.error())
    }

    fn newest(&mut self) -> Result<Option<i64>, LedgerError> {
        let sql = "SELECT max(at) FROM entry";
        self.connection.query_row(sql, [], |row| row.get(0)).map_err(self.error())
    }

    fn append(&mut self, writer: &str, entries: &[Stored]) -> Result<Appended, LedgerError> {
        self.transaction(|transaction| put(transaction, writer, entries))
    }

    fn remove(&mut self, writer: &str, ids: &[String], checkpoint: &Stored) -> Result<usize, LedgerError> {
        let removed = self.transaction(|transaction| {
            let mut removed = 0;
            for id in ids {
                removed += transaction.execute("DELETE FROM entry WHERE id = ?1", [id])?;
            }
            put(transaction, writer, std::slice::from_ref(checkpoint))?;
            Ok(removed)
        })?;
        self.connection.execute_batch("VACUUM").map_err(self.error())?;
        Ok(removed)
    }

    /// A file's key lies beside it.
    fn identifiers_key(&mut self, _: Option<&[u8]>, _: bool) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(None)
    }
}

fn exists(path: &Path) -> Result<bool, LedgerError> {
    path.try_exists().map_err(|source| LedgerError::of_io("looking for", path, source))
}

fn put(transaction: &Transaction<'_>, writer: &str, entries: &[Stored]) -> rusqlite::Result<Appended> {
    let mut there = BTreeMap::new();
    for stored in entries {
        let found = transaction
            .prepare_cached("SELECT at, digest, reports IS NOT NULL, mark FROM entry WHERE id = ?1")?
            .query_row([stored.id()], |row| {
                let mark = mark_of(row.get_ref(3)?.as_str_or_null().map_err(rusqlite::Error::from)?)
                    .unwrap_or_default();
                Ok(There { at: row.get(0)?, digest: row.get(1)?, has_reports: row.get(2)?, mark })
            })
            .optional()?;
        there.extend(found.map(|found| (stored.id().to_owned(), found)));
    }
    let last = transaction
        .prepare_cached(
            "SELECT writer, seq, entry, body, reports, hash FROM link WHERE writer = ?1 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([writer], link_of)
        .optional()?;
    let work = Work::plan(entries, there, last, writer);
    const INSERT: &str = "INSERT INTO entry (id, kind, feature, at, imported, body, digest, mark, reports)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    const UPDATE: &str =
        "UPDATE entry SET kind = ?2, feature = ?3, at = ?4, imported = ?5, body = ?6, digest = ?7,
        mark = ?8, reports = ?9 WHERE id = ?1";
    for (sql, entries) in [(INSERT, &work.insert), (UPDATE, &work.update)] {
        for it in entries {
            transaction.prepare_cached(sql)?.execute(params![
                it.id(),
                it.entry.kind(),
                it.feature(),
                it.at(),
                it.mark.is_some(),
                it.body,
                it.digest(),
                it.mark_text(),
                pack(&it.reports)
            ])?;
        }
    }
    for link in &work.links {
        insert_link(transaction, link)?;
    }
    Ok(work.appended)
}

pub(super) fn insert_link(transaction: &Transaction<'_>, link: &ChainLink) -> rusqlite::Result<()> {
    let sql = "INSERT INTO link (writer, seq, entry, body, reports, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let ChainLink { writer, seq, entry, body, reports, hash } = link;
    let seq = i64::try_from(*seq).unwrap_or(i64::MAX);
    transaction.prepare_cached(sql)?.execute(params![writer, seq, entry, body, reports, hash])?;
    Ok(())
}

fn link_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<ChainLink> {
    Ok(ChainLink {
        writer: row.get(0)?,
        seq: row.get::<_, i64>(1)?.unsigned_abs(),
        entry: row.get(2)?,
        body: row.get(3)?,
        reports: row.get(4)?,
        hash: row.get(5)?,
    })
}
