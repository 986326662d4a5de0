//! The fault campaign's worlds: a seeded server in virtual time, its truth, and the judge's answer to it.
//!
//! Nothing here knows how the engine works. `dice` makes one number into one world; `shape`, `column` and `cell`
//! are what a feature looks like; `history` is the truth, `track` and `poller` what the server does with it inside
//! its budgets, `line` the connection; `faults` spoils it. `screen` is what a page that only listens would have
//! shown, `truth` what that is owed; `render` and `world` put it on the wire; `trial` hands it to the engine,
//! `score` compares; `matrix`, `trace` and `clean_stats` tell people.

pub mod cell;
pub mod clean_stats;
pub mod column;
pub mod dice;
pub mod faults;
pub mod history;
pub mod line;
pub mod matrix;
pub mod poller;
pub mod render;
pub mod score;
pub mod screen;
pub mod shape;
pub mod trace;
pub mod track;
pub mod trial;
pub mod truth;
pub mod world;
