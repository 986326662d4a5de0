//! `shadow-diff` and `replay` as a user calls them, against servers on loopback.

mod endings;
mod first_words;
mod kept;
mod parts;
mod replayed;
mod verdicts;

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;
use thor_cutover::emulator::{Emulator, Fault, Options, PASSWORD, USER};

/// A moving Thor.
fn thor(faults: Vec<Fault>) -> Emulator {
    Emulator::start(Options { tick: Duration::from_millis(100), faults, ..Options::default() }).unwrap()
}

/// The program in a folder of its own, with nothing of the caller's environment.
fn thor_cutover(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("thor-cutover").unwrap();
    command.current_dir(folder).env_clear().env("TERM", "dumb").timeout(Duration::from_secs(60));
    command
}

/// The program, told where the emulated Thor is and who the user is.
fn against(emulator: &Emulator, folder: &Path) -> Command {
    let mut command = thor_cutover(folder);
    command.env("THOR_USER", USER).env("THOR_PASSWORD", PASSWORD);
    command.env("THOR_CUTOVER_REST_URL", emulator.rest_url());
    command
}

/// Runs `shadow-diff` with these arguments.
fn observe(emulator: &Emulator, folder: &Path, arguments: &[&str]) -> Output {
    against(emulator, folder).arg("shadow-diff").args(arguments).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}\nstdout: {}\nstderr: {}", stdout(output), stderr(output)))
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
