//! What machines do to the tool at the wrong moment: kills, full and read-only disks, clocks that are set back, locks that
//! others hold, another version on the same ledger. Through the binary: nothing that was said to be kept is lost, nothing
//! is there twice, and no verdict comes of it.

mod clock;
#[cfg(target_os = "linux")]
mod full_disk;
mod kills;
mod locks;
#[cfg(target_os = "linux")]
mod read_only;
mod versions;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use thor_cutover::emulator::{Emulator, Options, PASSWORD, USER};
use thor_cutover::evidence::{Ledger, to_line};
use thor_cutover::model::facts::ledger::{Entry, RunRecord};

use crate::control::tool::Tool;
use crate::ledger::sample::{Run, at};

fn thor() -> Emulator {
    Emulator::start(Options { tick: Duration::from_millis(100), ..Options::default() }).unwrap()
}

/// `shadow-diff account_balance` with these arguments, for as long as they say.
fn observe(tool: &Tool, thor: &Emulator, arguments: &[&str]) -> Command {
    let run = ["shadow-diff", "account_balance", "--every", "100ms", "--rest-url", &thor.rest_url()];
    let mut command = tool.command(&[&run[..], arguments].concat());
    command.env("THOR_USER", USER).env("THOR_PASSWORD", PASSWORD);
    command
}

fn spawn(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Looks until it is so, for ten seconds at most.
#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it never came to this: {what}");
}

fn bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// The runs on the ledger, whose chains are whole.
fn runs(tool: &Tool) -> Vec<RunRecord> {
    let mut ledger = Ledger::open(&tool.store()).unwrap();
    ledger.whole().unwrap();
    ledger.facts(jiff::Timestamp::UNIX_EPOCH).unwrap().runs
}

/// A run of some minute of a day that is over.
fn run(minute: u32) -> Entry {
    let begun = at(&format!("2026-11-23T14:{minute:02}:00Z"));
    Entry::Run(Box::new(Run::clean("account_balance", begun, 30.0).record()))
}

/// A file to be imported, of so many runs.
fn export(tool: &Tool, runs: u32) -> String {
    let other = Tool::new();
    let mut ledger = other.ledger();
    for minute in 0..runs {
        ledger.append(&[run(minute)]).unwrap();
    }
    drop(ledger);
    let file = tool.path().join("export.ndjson").display().to_string();
    other.run(&["evidence", "export", &file]).exits(0);
    file
}

/// A line of pending evidence.
fn waiting(minute: u32) -> String {
    to_line(&run(minute))
}
