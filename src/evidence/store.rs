//! What a kind of store can do; [`super::sqlite`] and [`super::postgres`] do it. What entries mean to each other is
//! decided here, once for both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use super::chain::ChainLink;
use super::error::LedgerError;
use super::place::{LedgerPlace, StoreKind};
use super::postgres::PostgresStore;
use super::sqlite::SqliteStore;
use super::stored::{Fate, Stored, There};

/// A row as a store gives it back: its text, not yet believed.
#[derive(Debug)]
pub struct StoredRow {
    pub id: String,
    pub at: i64,
    pub body: String,
    pub digest: String,
    pub mark: Option<String>,
    /// Packed; left out where only facts are asked for.
    pub reports: Option<Vec<u8>>,
}

/// Which rows.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// All but runs that ended before this many milliseconds since 1970.
    Since(i64),
    /// Those whose id begins so.
    Beginning(&'a str),
}

/// An open store. Several processes may have the same one open; each call is all or nothing.
pub trait LedgerStore: Debug + Send {
    /// From here to [`LedgerStore::end`] all that is read is of one state.
    fn begin(&mut self) -> Result<(), LedgerError>;
    fn end(&mut self) -> Result<(), LedgerError>;
    /// Rows in the order of their time, then of their id.
    fn rows(&mut self, which: Which<'_>, with_reports: bool) -> Result<Vec<StoredRow>, LedgerError>;
    /// Every link, by writer and number.
    fn links(&mut self) -> Result<Vec<ChainLink>, LedgerError>;
    /// The ids of all entries.
    fn ids(&mut self) -> Result<BTreeSet<String>, LedgerError>;
    /// How many runs ended before this many milliseconds since 1970.
    fn older_runs(&mut self, at: i64) -> Result<i64, LedgerError>;
    /// When the oldest entry of a kind happened, in milliseconds since 1970.
    fn oldest(&mut self, kind: &str) -> Result<Option<i64>, LedgerError>;
    /// When the newest entry happened, in milliseconds since 1970.
    fn newest(&mut self) -> Result<Option<i64>, LedgerError>;
    /// Takes in entries in the writer's name.
    fn append(&mut self, writer: &str, entries: &[Stored]) -> Result<Appended, LedgerError>;
    /// Removes entries by id and appends the checkpoint that says so; returns how many there were.
    fn remove(&mut self, writer: &str, ids: &[String], checkpoint: &Stored) -> Result<usize, LedgerError>;
    /// The store's own key of pseudonyms, where the store keeps one: there already, or this one from now on.
    fn identifiers_key(
        &mut self,
        offered: Option<&[u8]>,
        replace: bool,
    ) -> Result<Option<Vec<u8>>, LedgerError>;
}

/// Who opens stores.
pub trait Stores: Debug + Send + Sync {
    /// Opens a place's store for reading and writing, making it if there is none.
    ///
    /// # Errors
    /// It cannot be opened, or not be trusted.
    fn open(&self, place: &LedgerPlace) -> Result<Box<dyn LedgerStore>, LedgerError>;
}

/// Each place's store is what its name says.
#[derive(Debug, Clone, Copy)]
pub struct NamedStores;

impl Stores for NamedStores {
    fn open(&self, place: &LedgerPlace) -> Result<Box<dyn LedgerStore>, LedgerError> {
        Ok(match place.kind()? {
            StoreKind::Sqlite(path) => Box::new(SqliteStore::open(path, place.wait)?),
            StoreKind::Postgres(url) => Box::new(PostgresStore::open(url, place)?),
        })
    }
}

/// What became of entries that were handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Appended {
    pub added: usize,
    /// Runs that were there in a shorter form, or entries that were there without a signature.
    pub replaced: usize,
    /// Already there, at least as complete.
    pub known: usize,
    /// Not taken in: something else is there under the same id.
    pub contradicting: usize,
}

/// What has to be written so that entries are taken in.
#[derive(Debug, Default)]
pub struct Work<'s> {
    pub insert: Vec<&'s Stored>,
    pub update: Vec<&'s Stored>,
    pub links: Vec<ChainLink>,
    pub appended: Appended,
}

impl<'s> Work<'s> {
    /// `there`: what the store has under the ids of the entries; `last`: the writer's last link.
    pub fn plan(
        entries: &'s [Stored],
        mut there: BTreeMap<String, There>,
        last: Option<ChainLink>,
        writer: &str,
    ) -> Self {
        let mut work = Self::default();
        let mut last = last;
        for stored in entries {
            match stored.fate(there.get(stored.id())) {
                Fate::Known => {
                    work.appended.known += 1;
                    continue;
                }
                Fate::Contradicts => {
                    work.appended.contradicting += 1;
                    continue;
                }
                Fate::Added => {
                    work.appended.added += 1;
                    work.insert.push(stored);
                }
                Fate::Replaces => {
                    work.appended.replaced += 1;
                    // the same batch may have an entry twice: only its last form is written
                    let same = |it: &&Stored| it.id() == stored.id();
                    match work.insert.iter().position(same) {
                        Some(at) => work.insert[at] = stored,
                        None => {
                            work.update.retain(|it| !same(it));
                            work.update.push(stored);
                        }
                    }
                }
            }
            let link = ChainLink::after(last.as_ref(), writer, stored);
            work.links.push(link.clone());
            last = Some(link);
            let now = There {
                at: stored.at(),
                digest: stored.digest(),
                has_reports: !stored.reports.is_empty(),
                mark: stored.mark.clone(),
            };
            there.insert(stored.id().to_owned(), now);
        }
        work
    }
}

/// The mark of a row, once it can be read.
pub fn mark_of(text: Option<&str>) -> Result<Option<crate::model::facts::ledger::Imported>, String> {
    let read = |text| serde_json::from_str(text).map_err(|error| format!("a mark of import: {error}"));
    text.map(read).transpose()
}

/// A store that is not there: what waits for it is all that there is.
#[derive(Debug)]
pub struct Nothing;

impl LedgerStore for Nothing {
    fn begin(&mut self) -> Result<(), LedgerError> {
        Ok(())
    }

    fn end(&mut self) -> Result<(), LedgerError> {
        Ok(())
    }

    fn rows(&mut self, _: Which<'_>, _: bool) -> Result<Vec<StoredRow>, LedgerError> {
        Ok(Vec::new())
    }

    fn links(&mut self) -> Result<Vec<ChainLink>, LedgerError> {
        Ok(Vec::new())
    }

    fn ids(&mut self) -> Result<BTreeSet<String>, LedgerError> {
        Ok(BTreeSet::new())
    }

    fn older_runs(&mut self, _: i64) -> Result<i64, LedgerError> {
        Ok(0)
    }

    fn oldest(&mut self, _: &str) -> Result<Option<i64>, LedgerError> {
        Ok(None)
    }

    fn newest(&mut self) -> Result<Option<i64>, LedgerError> {
        Ok(None)
    }

    fn append(&mut self, _: &str, _: &[Stored]) -> Result<Appended, LedgerError> {
        let what = "there is none, and it was opened for reading".to_owned();
        Err(LedgerError::ReadOnly { ledger: String::new(), what })
    }

    fn remove(&mut self, _: &str, _: &[String], _: &Stored) -> Result<usize, LedgerError> {
        Ok(0)
    }

    fn identifiers_key(&mut self, _: Option<&[u8]>, _: bool) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(None)
    }
}
