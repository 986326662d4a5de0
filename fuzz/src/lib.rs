//! What the targets share. Each of them is one file in `targets/`, holds one concept against an oracle that does not
//! share its assumptions, and says in its first lines what must hold.

pub mod json;
pub mod scratch;
pub mod world;
