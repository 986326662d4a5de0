//! The ledger on real SQLite files and a real PostgreSQL server: several writers, damage, what waits beside it.

mod credentials;
mod crowd;
mod damage;
mod first_version;
mod kept;
pub mod sample;
pub mod server;
mod silent;
mod speed;
mod spool;
pub mod stores;
mod tls;
