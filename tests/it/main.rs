//! The linked test binary: one module an area.

#![allow(clippy::unwrap_used, reason = "a test that cannot get what it needs has failed")]

mod action;
mod audit;
mod backend;
mod capacity;
mod checklist;
#[cfg(unix)]
mod completions;
mod configuration;
mod control;
mod dependencies;
mod deploy;
mod docs;
mod doctor;
mod emulator;
mod engine;
mod fingerprint;
mod fixtures;
mod flag_server;
mod flags;
mod fuzzing;
mod har;
mod help;
mod home_assistant;
mod house;
mod init;
mod laws;
mod ledger;
mod limits;
mod live;
mod machine;
mod names;
#[cfg(unix)]
mod object_store;
mod observe;
mod packages;
mod pages;
mod prepared;
mod proxied;
mod proxy;
mod recording;
mod refusals;
mod scripts;
mod secrets;
mod settings;
mod shadow_diff;
mod shapes;
mod shards;
mod signal_k;
mod socket;
mod status;
mod system;
mod versions;
mod watch;
mod ways_in;
mod widths;
