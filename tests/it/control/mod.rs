//! What changes something: `enable`, `rollback`, `sign-off`, and the ledger's own commands, through the binary.

mod enable;
mod env_edits;
mod evidence;
mod rollback;
pub mod sign_off;
pub mod tool;
