//! The ledger's store: a real SQLite file that cannot be opened at a certain time, or refuses a certain entry.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use thor_cutover::evidence::chain::ChainLink;
use thor_cutover::evidence::{
    Appended, LedgerError, LedgerPlace, LedgerStore, NamedStores, Stored, StoredRow, Stores, Which,
};

use crate::plan::LedgerFault;

#[derive(Debug)]
pub struct SimStores {
    pub fault: Option<LedgerFault>,
    pub opened: AtomicU64,
    pub appended: Arc<AtomicU64>,
}

fn ledger() -> String {
    "evidence.db".to_owned()
}

impl Stores for SimStores {
    fn open(&self, place: &LedgerPlace) -> Result<Box<dyn LedgerStore>, LedgerError> {
        let nth = self.opened.fetch_add(1, Ordering::Relaxed) + 1;
        match self.fault {
            Some(LedgerFault::Closed(at)) if at == nth => {}
            Some(LedgerFault::Gone(from)) if nth >= from => {}
            fault => {
                let inner = NamedStores.open(place)?;
                return Ok(Box::new(SimStore { inner, fault, appended: Arc::clone(&self.appended) }));
            }
        }
        Err(LedgerError::Unreachable { ledger: ledger(), what: "the simulation says so".to_owned() })
    }
}

struct SimStore {
    inner: Box<dyn LedgerStore>,
    fault: Option<LedgerFault>,
    appended: Arc<AtomicU64>,
}

impl fmt::Debug for SimStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimStore")
    }
}

impl LedgerStore for SimStore {
    fn begin(&mut self) -> Result<(), LedgerError> {
        self.inner.begin()
    }

    fn end(&mut self) -> Result<(), LedgerError> {
        self.inner.end()
    }

    fn rows(&mut self, which: Which<'_>, with_reports: bool) -> Result<Vec<StoredRow>, LedgerError> {
        self.inner.rows(which, with_reports)
    }

    fn links(&mut self) -> Result<Vec<ChainLink>, LedgerError> {
        self.inner.links()
    }

    fn ids(&mut self) -> Result<BTreeSet<String>, LedgerError> {
        self.inner.ids()
    }

    fn older_runs(&mut self, at: i64) -> Result<i64, LedgerError> {
        self.inner.older_runs(at)
    }

    fn oldest(&mut self, kind: &str) -> Result<Option<i64>, LedgerError> {
        self.inner.oldest(kind)
    }

    fn newest(&mut self) -> Result<Option<i64>, LedgerError> {
        self.inner.newest()
    }

    fn append(&mut self, writer: &str, entries: &[Stored]) -> Result<Appended, LedgerError> {
        if entries.is_empty() {
            return self.inner.append(writer, entries);
        }
        let nth = self.appended.fetch_add(1, Ordering::Relaxed) + 1;
        let full = || LedgerError::Full { ledger: ledger() };
        match self.fault {
            Some(LedgerFault::Refused(at)) if nth == at => Err(full()),
            Some(LedgerFault::Full(from)) if nth >= from => Err(full()),
            Some(LedgerFault::InDoubt(at)) if nth == at => {
                self.inner.append(writer, entries)?;
                let what = "the connection broke while it was asked to commit".to_owned();
                Err(LedgerError::Unreachable { ledger: ledger(), what })
            }
            _ => self.inner.append(writer, entries),
        }
    }

    fn remove(&mut self, writer: &str, ids: &[String], checkpoint: &Stored) -> Result<usize, LedgerError> {
        self.inner.remove(writer, ids, checkpoint)
    }

    fn identifiers_key(
        &mut self,
        offered: Option<&[u8]>,
        replace: bool,
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        self.inner.identifiers_key(offered, replace)
    }
}
