//! The limits of docs/limits.md: the page says what the code does, and what comes from outside meets them.

mod outside;
mod page;
mod shares;
