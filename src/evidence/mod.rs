//! The ledger: what was observed, decided, signed and changed, kept for the decisions to come.
//!
//! The few functions of [`Ledger`] are all that the rest of the program calls, so that another store can
//! stand behind them: an SQLite file, or a PostgreSQL server. Nothing here judges: a ledger that cannot be trusted is an error, never a verdict.

pub mod archive;
pub mod chain;
mod error;
mod file;
pub mod git;
mod keep;
mod ledger;
mod line;
mod login;
pub mod logs;
mod place;
mod postgres;
mod record;
mod schema;
pub mod sign;
mod spool;
mod sqlite;
mod store;
mod stored;
mod tables;

pub use error::LedgerError;
pub use keep::{Kept, keep, keep_by};
pub use ledger::Ledger;
pub use line::{content_id, id, line_of, of_line, to_line};
pub use place::{LedgerPlace, StoreKind};
pub use record::{Circumstances, RunEnding, command_line, record, target_of};
pub use spool::path_of as pending_path;
pub use store::{Appended, LedgerStore, NamedStores, StoredRow, Stores, Which};
pub use stored::{Stored, safe};
