//! The ledger on real SQLite files and a real PostgreSQL server: several writers, damage, what waits beside it.

mod credentials;
mod crowd;
mod damage;
mod kept;
pub mod sample;
pub mod server;
mod speed;
mod spool;
pub mod stores;
mod tls;
