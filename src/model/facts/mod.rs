//! Facts that others established and the gates judge: flags, source audit, git, ledger.

pub mod audit;
pub mod finding;
pub mod fingerprint;
pub mod flags;
pub mod git;
pub mod ledger;
pub mod logs;
pub mod origin;
pub mod seen;
pub mod source;
