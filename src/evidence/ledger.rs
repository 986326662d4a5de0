//! The ledger's few functions: append entries, read facts, read one entry, prune.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;

use super::chain::{self, ChainLink};
use super::error::LedgerError;
use super::line::digest;
use super::place::{LedgerPlace, StoreKind};
use super::postgres::PostgresStore;
use super::spool;
use super::sqlite::SqliteStore;
use super::store::{Appended, LedgerStore, NamedStores, StoredRow, Stores, Which, mark_of};
use super::stored::{Stored, unpack};
use crate::model::facts::ledger::{Entry, LedgerFacts, RunRecord};

/// An open ledger. Several processes may have the same one open.
#[derive(Debug)]
pub struct Ledger {
    place: LedgerPlace,
    name: String,
    store: Box<dyn LedgerStore>,
    warnings: Vec<String>,
    /// Opened for reading: what waits beside it is read with it, and stays where it is.
    waiting: Vec<Stored>,
}

impl Ledger {
    /// Opens the ledger of a store, making it if there is none, and merges what an earlier run had to leave
    /// beside it.
    pub fn open(place: impl Into<LedgerPlace>) -> Result<Self, LedgerError> {
        Self::open_by(&NamedStores, place)
    }

    /// The same, its store opened by somebody.
    pub fn open_by(stores: &dyn Stores, place: impl Into<LedgerPlace>) -> Result<Self, LedgerError> {
        let place = place.into();
        let name = match place.kind()? {
            StoreKind::Sqlite(path) => path.display().to_string(),
            StoreKind::Postgres(url) => url.to_owned(),
        };
        let store = stores.open(&place)?;
        let mut ledger = Self { place, name, store, warnings: Vec::new(), waiting: Vec::new() };
        spool::merge(&mut ledger)?;
        Ok(ledger)
    }

    /// Opens the ledger only if there is one, or pending evidence that needs one.
    pub fn open_existing(place: impl Into<LedgerPlace>) -> Result<Option<Self>, LedgerError> {
        let place = place.into();
        let is_there = match place.kind()? {
            StoreKind::Sqlite(path) => {
                path.try_exists().map_err(|source| LedgerError::of_io("looking for", path, source))?
            }
            StoreKind::Postgres(_) => true,
        };
        if is_there || spool::waiting(&place) { Self::open(place).map(Some) } else { Ok(None) }
    }

    /// Opens the ledger for reading only, if there is one, or evidence that waits for one. Nothing is written:
    /// neither in the store nor beside it.
    pub fn read(place: impl Into<LedgerPlace>) -> Result<Option<Self>, LedgerError> {
        let place = place.into();
        let (name, store): (_, Option<Box<dyn LedgerStore>>) = match place.kind()? {
            StoreKind::Sqlite(path) => {
                let store = SqliteStore::read(path, place.wait)?;
                (path.display().to_string(), store.map(|store| Box::new(store) as Box<dyn LedgerStore>))
            }
            StoreKind::Postgres(url) => {
                let store = PostgresStore::read(url, &place)?;
                (url.to_owned(), store.map(|store| Box::new(store) as Box<dyn LedgerStore>))
            }
        };
        let (waiting, warnings) = spool::read(&place)?;
        if store.is_none() && waiting.is_empty() {
            return Ok(None);
        }
        let store = store.unwrap_or_else(|| Box::new(super::store::Nothing));
        Ok(Some(Self { place, name, store, warnings, waiting }))
    }

    /// The ledger's name: the file of one in a file, the URL of one on a server.
    pub fn path(&self) -> &Path {
        Path::new(&self.name)
    }

    pub(super) fn place(&self) -> &LedgerPlace {
        &self.place
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
        let stored: Vec<Stored> = entries.iter().map(Stored::of).collect();
        self.take_in(&stored)
    }

    /// Entries of another store, as their texts stand there; all of them or none.
    pub fn take_in(&mut self, entries: &[Stored]) -> Result<Appended, LedgerError> {
        self.store.append(&self.place.writer, entries)
    }

    /// What decisions need: everything but full reports, runs only if they ended at `since` or later. The chains
    /// are checked first: a ledger that somebody had a hand in is no base for a verdict.
    pub fn facts(&mut self, since: Timestamp) -> Result<LedgerFacts, LedgerError> {
        let (mut stored, _) = self.checked(since.as_millisecond(), false)?;
        self.add_waiting(&mut stored);
        let mut facts = LedgerFacts::of(stored.into_iter().map(|stored| stored.entry));
        facts.older_runs = self.store.older_runs(since.as_millisecond())?.unsigned_abs();
        Ok(facts)
    }

    /// The same, runs with their full reports: what a report shows, and no decision needs.
    pub fn history(&mut self, since: Timestamp) -> Result<LedgerFacts, LedgerError> {
        let since = since.as_millisecond();
        let (mut stored, _) = self.checked(since, true)?;
        self.add_waiting(&mut stored);
        let complete = |stored: Stored| {
            let id = stored.id().to_owned();
            stored.complete().map_err(|what| self.damaged(format!("report of {id}: {what}")))
        };
        let entries = stored.into_iter().map(complete).collect::<Result<Vec<_>, _>>()?;
        let mut facts = LedgerFacts::of(entries);
        facts.older_runs = self.store.older_runs(since)?.unsigned_abs();
        Ok(facts)
    }

    /// When the oldest entry of a kind happened.
    pub fn oldest(&mut self, kind: &str) -> Result<Option<Timestamp>, LedgerError> {
        let at = self.store.oldest(kind)?;
        self.dated(at)
    }

    /// When the newest entry happened, by the clock of whoever wrote it.
    pub fn newest(&mut self) -> Result<Option<Timestamp>, LedgerError> {
        let at = self.store.newest()?;
        self.dated(at)
    }

    fn dated(&self, at: Option<i64>) -> Result<Option<Timestamp>, LedgerError> {
        at.map(|at| Timestamp::from_millisecond(at).map_err(|error| self.damaged(error.to_string())))
            .transpose()
    }

    /// Every entry, oldest first; runs without their full reports.
    pub fn entries(&mut self) -> Result<Vec<Entry>, LedgerError> {
        let rows = self.store.rows(Which::Since(i64::MIN), false)?;
        let mut stored = self.believe(rows)?;
        self.add_waiting(&mut stored);
        Ok(stored.into_iter().map(|stored| stored.entry).collect())
    }

    /// Everything that is in the store, with full reports and chains, and checked.
    pub fn whole(&mut self) -> Result<(Vec<Stored>, Vec<ChainLink>), LedgerError> {
        self.checked(i64::MIN, true)
    }

    /// The one entry whose id begins so; a run with its full reports.
    pub fn entry(&mut self, beginning: &str) -> Result<Entry, LedgerError> {
        let rows = self.store.rows(Which::Beginning(beginning), true)?;
        let mut found = self.believe(rows)?;
        let waiting = self.waiting.iter().filter(|it| it.id().starts_with(beginning)).cloned();
        found.extend(waiting.collect::<Vec<_>>());
        let (ledger, id) = (self.name.clone(), beginning.to_owned());
        let one = match found.len() {
            0 => return Err(LedgerError::NoEntry { ledger, id }),
            1 => found.remove(0),
            count => match found.iter().position(|it| it.id() == beginning) {
                Some(exact) => found.swap_remove(exact),
                None => return Err(LedgerError::Ambiguous { ledger, id, count }),
            },
        };
        one.complete().map_err(|what| self.damaged(format!("report of {beginning}: {what}")))
    }

    /// Removes runs by id, with their reports, and leaves the checkpoint that says so; returns how many there were.
    pub fn remove(&mut self, ids: &[String], checkpoint: &Entry) -> Result<usize, LedgerError> {
        self.store.remove(&self.place.writer, ids, &Stored::of(checkpoint))
    }

    /// Every link of every chain, by writer and number.
    pub fn links(&mut self) -> Result<Vec<ChainLink>, LedgerError> {
        self.store.links()
    }

    /// The store's own key of pseudonyms, where the store keeps one: the one that is there, else the offered one
    /// from now on.
    pub fn identifiers_key(
        &mut self,
        offered: Option<&[u8]>,
        replace: bool,
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        self.store.identifiers_key(offered, replace)
    }

    fn believe(&self, rows: Vec<StoredRow>) -> Result<Vec<Stored>, LedgerError> {
        let read = |row: StoredRow| {
            if digest(&row.body) != row.digest {
                return Err("its content does not have the digest it was written with".to_owned());
            }
            let reports = unpack(row.reports.as_deref())?;
            let stored = Stored::read(&row.body, &reports, mark_of(row.mark.as_deref())?)?;
            match stored.id() == row.id && stored.at() == row.at {
                true => Ok(stored),
                false => Err(format!("{} stands under the id and time of another one", stored.id())),
            }
        };
        rows.into_iter()
            .map(|row| read(row).map_err(|what| self.damaged(format!("an entry: {what}"))))
            .collect()
    }

    /// Entries of one state of the store, held against the chains.
    fn checked(
        &mut self,
        since: i64,
        with_reports: bool,
    ) -> Result<(Vec<Stored>, Vec<ChainLink>), LedgerError> {
        self.store.begin()?;
        let read = self.store.rows(Which::Since(since), with_reports).and_then(|rows| {
            let links = self.store.links()?;
            Ok((rows, links, self.store.ids()?))
        });
        let ended = self.store.end();
        let (rows, links, present) = read?;
        ended?;
        let stored = self.believe(rows)?;
        let removed = removed(&stored);
        chain::unbroken(&links)
            .and_then(|()| chain::covers(&links, &present, &removed, stored.iter(), with_reports))
            .map_err(|what| self.damaged(what))?;
        Ok((stored, links))
    }

    fn add_waiting(&self, stored: &mut Vec<Stored>) {
        for waiting in &self.waiting {
            match stored.iter().position(|it| it.id() == waiting.id()) {
                Some(at) if waiting.at() > stored[at].at() => stored[at] = waiting.clone(),
                Some(_) => {}
                None => stored.push(waiting.clone()),
            }
        }
        if !self.waiting.is_empty() {
            stored.sort_by(|a, b| (a.at(), a.id()).cmp(&(b.at(), b.id())));
        }
    }

    fn damaged(&self, what: String) -> LedgerError {
        LedgerError::Damaged { ledger: self.name.clone(), what }
    }
}

/// The runs that were pruned on purpose.
pub(super) fn removed(stored: &[Stored]) -> BTreeSet<String> {
    let of = |stored: &Stored| match &stored.entry {
        Entry::Checkpoint(checkpoint) => checkpoint.removed.clone(),
        _ => Vec::new(),
    };
    stored.iter().flat_map(of).collect()
}
