//! The tool against the real backend of `fixtures/thor-backend`: Django, Channels, Daphne, Redis, real sockets.
//!
//! Every test starts its own backend and runs the real binary against it as a user would. Nothing here may use
//! the crate's code: what a user cannot see is not asserted.

mod clean;
mod connection;
mod doctor;
mod door;
mod faults;
mod harmless;
mod proof;
#[cfg(unix)]
mod readme;
mod refusals;
mod server;
mod slot;
mod soak;
mod tool;

use door::Door;
pub use server::Backend;
use tool::{Run, Tool};
