//! The real binary in a folder of its own, and what it answered.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::Backend;
use super::slot::now;

/// A folder with a `thor-cutover.toml`, and the environment the binary runs in.
#[derive(Debug)]
pub struct Tool {
    folder: tempfile::TempDir,
    user: String,
    password: String,
}

impl Tool {
    /// The contract's own numbers: D = 2 s, intervals as Thor declares them.
    pub fn by_contract(backend: &Backend) -> Self {
        Self::configured(backend, "")
    }

    /// For a backend whose tick is a few tenths of a second: the contract's D and C, intervals scaled to the tick.
    pub fn quick(backend: &Backend) -> Self {
        Self::scaled(backend, "2s", "1s", "")
    }

    /// The same with D = 1 s and C = 500 ms, so that a fault is beyond them sooner. A machine that is busy
    /// beyond measure may be late by so much: for faults only, never to show that something is go.
    pub fn tight(backend: &Backend) -> Self {
        Self::scaled(backend, "1s", "500ms", "")
    }

    /// As [`Tool::quick`], with further keys of `[features.positions]`.
    pub fn quick_with(backend: &Backend, of_positions: &str) -> Self {
        Self::scaled(backend, "2s", "1s", of_positions)
    }

    fn scaled(backend: &Backend, push_delay: &str, rest_staleness: &str, of_positions: &str) -> Self {
        // How many answers come in a few seconds is the machine's affair, and how many are enough is not asked here.
        let mut lines = "[thresholds]\nmin_samples = 10\nmin_transitions = 3\n".to_owned();
        for feature in ["account_balance", "positions", "intraday", "global_market"] {
            writeln!(lines, "[features.{feature}]").unwrap();
            writeln!(lines, "push_delay = \"{push_delay}\"\nrest_staleness = \"{rest_staleness}\"").unwrap();
            if feature == "positions" {
                writeln!(lines, "{of_positions}").unwrap();
            }
            writeln!(lines, "[features.{feature}.ws]\nevery = \"{push_delay}\"").unwrap();
        }
        Self::configured(backend, &lines)
    }

    fn configured(backend: &Backend, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let written = format!(
            "contract = \"thor-{}\"\n[backend]\nrest_url = \"{}\"\naccount_id = \"{}\"\n[auth]\nlogin = {{}}\n{more}",
            backend.said("contract"),
            backend.said("rest_url"),
            backend.said("account_id"),
        );
        std::fs::write(folder.path().join("thor-cutover.toml"), written).unwrap();
        Self { folder, user: backend.said("user").to_owned(), password: backend.said("password").to_owned() }
    }

    pub fn with_password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.password);
        self
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the binary; `words` as typed, parted by blanks.
    pub fn run(&self, words: &str) -> Run {
        let begun = now();
        let output = self.command(words).output().unwrap();
        Run::of(words, output, begun.elapsed())
    }

    /// `shadow-diff` of `features` for a few seconds at a tenth of a second, as JSON, nothing kept.
    pub fn shadow_diff(&self, features: &str, seconds: u32) -> Run {
        self.run(&format!(
            "shadow-diff {features} --for {seconds}s --every 100ms --no-evidence --format json"
        ))
    }

    /// The same, and `meanwhile` is called `after` its start.
    pub fn shadow_diff_while(
        &self,
        features: &str,
        seconds: u32,
        after: Duration,
        meanwhile: impl FnOnce(),
    ) -> Run {
        let words =
            format!("shadow-diff {features} --for {seconds}s --every 100ms --no-evidence --format json");
        let begun = now();
        let child = self.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(after);
        meanwhile();
        let output = child.wait_with_output().unwrap();
        Run::of(&words, output, begun.elapsed())
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_thor-cutover"));
        command
            .args(words.split_whitespace())
            .current_dir(self.folder())
            .env_clear()
            .env("THOR_USER", &self.user)
            .env("THOR_PASSWORD", &self.password)
            .env("HOME", self.folder())
            .stdin(Stdio::null());
        command
    }
}

/// One call of the binary.
#[derive(Debug)]
pub struct Run {
    pub words: String,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Run {
    fn of(words: &str, output: Output, took: Duration) -> Self {
        Self {
            words: words.to_owned(),
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            took,
        }
    }

    /// The exit code a script would see, and all that was said if it is another one.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "`{}` after {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.words, self.took, self.stdout, self.stderr
        );
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("`{}`: {error}\n{}\n{}", self.words, self.stdout, self.stderr))
    }

    /// The report of one feature.
    #[track_caller]
    pub fn feature(&self, name: &str) -> Value {
        let report = self.json();
        let found = report["features"].as_array().unwrap().iter().find(|feature| feature["feature"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {}", self.stdout)).clone()
    }

    /// The finding of this kind and field (`""`: the whole entity); it must be there.
    #[track_caller]
    pub fn finding(&self, feature: &str, kind: &str, field: &str) -> Value {
        let report = self.feature(feature);
        let found = report["findings"].as_array().unwrap().iter().find(|finding| {
            finding["kind"] == kind && finding["field"].as_str().unwrap_or_default() == field
        });
        found.unwrap_or_else(|| panic!("no {kind} at {field:?} of {feature} in\n{}", self.stdout)).clone()
    }
}
