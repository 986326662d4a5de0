//! The ledger's few functions: append entries, read facts, read one entry, prune.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::error::LedgerError;
use super::line::{decode, digest, encode};
use super::{file, spool};
use crate::model::facts::ledger::{Entry, LedgerFacts, RunRecord};
use crate::model::run::FeatureReport;

/// An open ledger. Several processes may have the same one open.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    wait: Duration,
    connection: Connection,
    warnings: Vec<String>,
}

/// What became of entries that were handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Appended {
    pub added: usize,
    /// Runs that were there in a shorter form.
    pub replaced: usize,
    /// Already there, at least as complete.
    pub known: usize,
}

impl Ledger {
    /// How long to wait for another writer before giving up.
    pub const PATIENCE: Duration = Duration::from_secs(5);

    /// Opens the ledger of a store (`sqlite:<path>`), making it if there is none, and merges what an earlier
    /// run had to leave beside it.
    pub fn open(store: &str) -> Result<Self, LedgerError> {
        Self::open_within(store, Self::PATIENCE)
    }

    pub fn open_within(store: &str, wait: Duration) -> Result<Self, LedgerError> {
        let path = file::path_of(store)?;
        if !exists(&path)? {
            file::create(&path)?;
        }
        let connection = file::open(&path, wait)?;
        let mut ledger = Self { path, wait, connection, warnings: Vec::new() };
        spool::merge(&mut ledger)?;
        Ok(ledger)
    }

    /// Opens the ledger only if there is one, or pending evidence that needs one.
    pub fn open_existing(store: &str) -> Result<Option<Self>, LedgerError> {
        let path = file::path_of(store)?;
        if exists(&path)? || spool::waiting(&path) { Self::open(store).map(Some) } else { Ok(None) }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What a person should know about how the ledger was opened.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    pub fn record_run(&mut self, run: &RunRecord) -> Result<Appended, LedgerError> {
        self.append(&[Entry::Run(Box::new(run.clone()))])
    }

    /// All of them or none.
    pub fn append(&mut self, entries: &[Entry]) -> Result<Appended, LedgerError> {
        let (path, wait) = (self.path.clone(), self.wait);
        let sqlite = |source| LedgerError::of_sqlite(&path, wait, source);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
        let mut appended = Appended::default();
        for entry in entries {
            put(&transaction, entry, &mut appended).map_err(sqlite)?;
        }
        transaction.commit().map_err(sqlite)?;
        Ok(appended)
    }

    /// What decisions need: everything but full reports, runs only if they ended at `since` or later.
    pub fn facts(&self, since: Timestamp) -> Result<LedgerFacts, LedgerError> {
        let sql = "SELECT body, digest FROM entry WHERE kind <> 'run' OR at >= ?1 ORDER BY at, id";
        Ok(LedgerFacts::of(self.select(sql, params![since.as_millisecond()])?))
    }

    /// When the oldest entry of a kind happened.
    pub fn oldest(&self, kind: &str) -> Result<Option<Timestamp>, LedgerError> {
        let sql = "SELECT min(at) FROM entry WHERE kind = ?1";
        let at: Option<i64> =
            self.connection.query_row(sql, [kind], |row| row.get(0)).map_err(|e| self.sqlite(e))?;
        at.map(|at| Timestamp::from_millisecond(at).map_err(|error| self.damaged(error.to_string())))
            .transpose()
    }

    /// Every entry, oldest first; runs without their full reports.
    pub fn entries(&self) -> Result<Vec<Entry>, LedgerError> {
        self.select("SELECT body, digest FROM entry ORDER BY at, id", params![])
    }

    /// The one entry whose id begins so; a run with its full reports.
    pub fn entry(&self, beginning: &str) -> Result<Entry, LedgerError> {
        let sql = "SELECT body, digest FROM entry WHERE substr(id, 1, length(?1)) = ?1 ORDER BY at, id";
        let mut found = self.select(sql, params![beginning])?;
        let (path, id) = (self.path.clone(), beginning.to_owned());
        match found.len() {
            0 => Err(LedgerError::NoEntry { path, id }),
            1 => self.complete(found.remove(0)),
            _ => match found.iter().position(|entry| entry.id() == beginning) {
                Some(exact) => self.complete(found.swap_remove(exact)),
                None => Err(LedgerError::Ambiguous { path, id, count: found.len() }),
            },
        }
    }

    /// The same entry with a run's full reports put back.
    pub fn complete(&self, entry: Entry) -> Result<Entry, LedgerError> {
        let Entry::Run(mut run) = entry else { return Ok(entry) };
        let sql = "SELECT body FROM report WHERE run = ?1 ORDER BY rowid";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.sqlite(e))?;
        let rows =
            statement.query_map([&run.id], |row| row.get::<_, Vec<u8>>(0)).map_err(|e| self.sqlite(e))?;
        for row in rows {
            let packed = row.map_err(|e| self.sqlite(e))?;
            run.reports
                .push(unpack(&packed).map_err(|what| self.damaged(format!("report of {}: {what}", run.id)))?);
        }
        Ok(Entry::Run(run))
    }

    /// Removes entries by id, with their reports; returns how many there were.
    pub fn remove(&mut self, ids: &[String]) -> Result<usize, LedgerError> {
        let (path, wait) = (self.path.clone(), self.wait);
        let sqlite = |source| LedgerError::of_sqlite(&path, wait, source);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
        let mut removed = 0;
        for id in ids {
            removed += transaction.execute("DELETE FROM entry WHERE id = ?1", [id]).map_err(sqlite)?;
        }
        transaction.commit().map_err(sqlite)?;
        self.connection.execute_batch("VACUUM").map_err(sqlite)?;
        Ok(removed)
    }

    fn select(&self, sql: &str, params: impl rusqlite::Params) -> Result<Vec<Entry>, LedgerError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.sqlite(e))?;
        let mut rows = statement.query(params).map_err(|e| self.sqlite(e))?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next().map_err(|e| self.sqlite(e))? {
            let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
            let (body, digest) = (text(0).map_err(|e| self.sqlite(e))?, text(1).map_err(|e| self.sqlite(e))?);
            entries.push(decode(body, digest).map_err(|what| self.damaged(format!("an entry: {what}")))?);
        }
        Ok(entries)
    }

    fn sqlite(&self, source: rusqlite::Error) -> LedgerError {
        LedgerError::of_sqlite(&self.path, self.wait, source)
    }

    fn damaged(&self, what: String) -> LedgerError {
        LedgerError::Damaged { path: self.path.clone(), what }
    }
}

fn exists(path: &Path) -> Result<bool, LedgerError> {
    path.try_exists().map_err(|source| LedgerError::of_io("looking for", path, source))
}

/// Adds an entry, or lets a longer record of the same run take the place of a shorter one. What was observed
/// here is never replaced by what came from elsewhere.
fn put(transaction: &Transaction<'_>, entry: &Entry, appended: &mut Appended) -> rusqlite::Result<()> {
    let (entry, reports) = take_reports(entry);
    let (id, at, imported) = (entry.id(), entry.at().as_millisecond(), entry.imported().is_some());
    let body = encode(&entry);
    let digest = digest(&body);
    let there = transaction
        .prepare_cached("SELECT at, imported, digest FROM entry WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?, row.get::<_, String>(2)?)))
        .optional()?;
    if let Some((there_at, there_imported, there_digest)) = there {
        let longer = matches!(entry, Entry::Run(_)) && at >= there_at && digest != there_digest;
        if !longer || (imported && !there_imported) {
            appended.known += 1;
            return Ok(());
        }
        transaction.execute("DELETE FROM entry WHERE id = ?1", [id])?;
        appended.replaced += 1;
    } else {
        appended.added += 1;
    }
    let feature = match entry.features()[..] {
        [feature] => Some(feature),
        _ => None,
    };
    transaction
        .prepare_cached("INSERT INTO entry (id, kind, feature, at, imported, body, digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![id, entry.kind(), feature, at, imported, body, digest])?;
    for report in &reports {
        transaction
            .prepare_cached("INSERT INTO report (run, feature, body) VALUES (?1, ?2, ?3)")?
            .execute(params![id, report.feature, pack(report)])?;
    }
    Ok(())
}

fn take_reports(entry: &Entry) -> (Entry, Vec<FeatureReport>) {
    let mut entry = entry.clone();
    let reports = match &mut entry {
        Entry::Run(run) => std::mem::take(&mut run.reports),
        _ => Vec::new(),
    };
    (entry, reports)
}

fn pack(report: &FeatureReport) -> Vec<u8> {
    let json = serde_json::to_vec(report).expect("a report has string keys and finite numbers only");
    let packed = zstd::stream::Encoder::new(Vec::new(), 3).and_then(|mut encoder| {
        encoder.include_checksum(true)?;
        std::io::Write::write_all(&mut encoder, &json)?;
        encoder.finish()
    });
    packed.expect("compressing into memory does not fail")
}

fn unpack(packed: &[u8]) -> Result<FeatureReport, String> {
    let json = zstd::stream::decode_all(packed).map_err(|error| error.to_string())?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}
