//! The ledger on real SQLite files: several writers, damage, what waits beside it.

mod damage;
mod kept;
pub mod sample;
mod speed;
mod spool;
mod writers;
