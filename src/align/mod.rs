//! Sans-IO alignment: version history, windows, outcomes.
//!
//! One monotonic clock. A WebSocket event i arrives at r_i and makes version i, locally current on
//! [r_i, r_{i+1}). A REST sample is sent at a, received at b; the server read its state somewhere in between.
//! With D = push delay and C = REST staleness, version i can explain the sample iff r_i − D ≤ b and
//! r_{i+1} > a − C. Everything here follows from that; nothing here reads a clock.

mod aligner;
mod classify;
mod connection_log;
mod contradiction;
mod engine;
mod entity_histories;
mod entity_history;
mod entity_text;
mod explain;
mod fault_injector;
mod flash;
mod history;
mod judged;
mod list_order;
mod observed_socket;
mod order;
mod payload;
mod rest_moves;
mod returns;
mod rhythm;
mod sample;
mod sample_queue;
mod sampled;
mod screen;
mod screen_tally;
mod server_clock;
mod stall;
mod suppression;
mod sweep_clock;
mod taken;
mod tally;
mod troubles;
mod unexplained;
mod unsaid;
mod version;
mod volatile;

pub use aligner::Aligner;
pub use engine::{Engine, EngineTally};
pub use entity_histories::MAX_ENTITIES;
pub use tally::{MAX_FINDINGS, Tally};
