//! The binary in a folder of its own, with nothing of this machine's environment.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use thor_cutover::evidence::Ledger;
use thor_cutover::model::facts::ledger::Entry;

pub struct Tool {
    folder: tempfile::TempDir,
}

pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// What a program that ended by itself said.
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("nothing ended it from outside"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    /// Panics with everything that was said unless the exit code is this.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

impl Tool {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With the env files of a Thor whose flags are off.
    pub fn with_flags_off() -> Self {
        let tool = Self::new();
        tool.write(".env", "# Thor\nSECRET_KEY=hush\nWS_FEATURE_ACCOUNT_BALANCE=false # not yet\nDEBUG=1\n");
        tool.write("thor-frontend/.env", "VITE_WS_FEATURE_ACCOUNT_BALANCE=\"false\"\r\nVITE_X=1\r\n");
        tool
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn store(&self) -> String {
        format!("sqlite:{}", self.path().join(".thor-cutover/evidence.db").display())
    }

    pub fn ledger(&self) -> Ledger {
        Ledger::open(&self.store()).unwrap()
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.ledger().entries().unwrap()
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_thor-cutover"));
        command.args(arguments).current_dir(self.path()).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().unwrap();
        Said::of(output)
    }
}
