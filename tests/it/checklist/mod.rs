//! The checklist: the life of a feature with one thing missing or wrong at a time, its formats, its command.

#[cfg(unix)]
mod baselines;
mod bound;
mod cases;
mod cases_complete;
mod cases_cutover;
mod cases_delete;
mod command;
mod life;
mod nine;
mod readers;
mod real_day;
#[cfg(unix)]
mod real_life;
mod team;
#[cfg(unix)]
mod two_hosts;
pub mod whole_life;
mod world;
