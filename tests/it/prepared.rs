//! Servers of others, as a script of ours prepares them.

use std::path::Path;
use std::process::Command;

/// Runs a script of `scripts/`. What could not be had fails the test with the reason: a run that may go without it says so
/// by leaving these tests out, as `scripts/test` does.
pub fn prepare(script: &str, arguments: &[&str], tests: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(script);
    let prepared = Command::new(path).args(arguments).output().unwrap();
    assert!(
        prepared.status.success(),
        "scripts/{script} could not prepare the server; leave it out with `--skip {tests}`\n{}",
        String::from_utf8_lossy(&prepared.stderr)
    );
}
