//! The fault campaign's worlds: a seeded server in virtual time, its truth, and the judge's answer to it.
//!
//! Nothing here knows how the engine works; it knows what the design promises. `dice` makes one number
//! into one world; `shape`, `column` and `cell` are what a feature looks like; `history` is the truth,
//! `track` what the server does with it inside its budgets, `line` the connection; `faults` spoils it;
//! `oracle` and `truth` say what of that is visible; `render` and `world` put it on the wire; `trial`
//! hands it to the engine and compares; `matrix` and `trace` tell people.

pub mod cell;
pub mod column;
pub mod dice;
pub mod faults;
pub mod history;
pub mod line;
pub mod matrix;
pub mod oracle;
pub mod render;
pub mod shape;
pub mod trace;
pub mod track;
pub mod trial;
pub mod truth;
pub mod world;
