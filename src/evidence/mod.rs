//! The ledger: what was observed, decided, signed and changed, kept for the decisions to come.
//!
//! The few functions of [`Ledger`] are all that the rest of the program calls, so that another store can
//! stand behind them. Nothing here judges: a ledger that cannot be trusted is an error, never a verdict.

pub mod archive;
mod error;
mod file;
pub mod git;
mod keep;
mod ledger;
mod line;
pub mod logs;
mod record;
mod schema;
mod spool;

pub use error::LedgerError;
pub use file::path_of;
pub use keep::{Kept, keep, keep_run};
pub use ledger::{Appended, Ledger};
pub use line::{content_id, id, of_line, to_line};
pub use record::{Circumstances, record, target_of};
pub use spool::path_beside as pending_path;
