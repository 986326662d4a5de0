//! Recordings: a run's observations as NDJSON, plain or zstd, out and in again; and a browser's HAR, in.
//!
//! One header, then one observation a line in arrival order, times in nanoseconds since the run's start.
//! No end line means that the run was interrupted. Knows the model and files; knows nothing of sockets,
//! of judging, of the wall clock.

mod canonical;
mod disk;
mod error;
pub mod har;
mod header;
mod line_reader;
mod parse;
mod parts;
mod print;
mod reader;
mod series;
mod writer;

pub use canonical::canonical;
pub use disk::{Disk, MachineDisk};
pub use error::RecordingError;
pub use header::{Config, FORMAT, Header};
pub use parts::{Parts, existing, first_of};
pub use reader::Reader;
pub use series::Series;
pub use writer::Writer;
