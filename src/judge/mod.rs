//! Gates as rows: stable code, one-line description, function over values.

pub mod decision;
pub mod explained;
pub mod gates;
pub mod run;

/// Version of the judgment. Evidence is bound to it: raise it when the same observations could be judged otherwise.
pub const JUDGING: u32 = 5;
