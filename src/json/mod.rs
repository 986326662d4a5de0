//! The ground floor: JSON as text. Grammar, cursor, pointers, numbers and instants.
//!
//! Text goes in, positions and slices of it come out. No tree is built here, and nothing here knows of
//! features, rules or Thor.

pub mod cursor;
pub mod grammar;
pub mod instant;
pub mod locate;
pub mod number;
pub mod pointer;
