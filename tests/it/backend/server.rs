//! A backend of one test: started, announced by its ready line, gone when dropped.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::Door;
use super::slot::Slot;

/// A cold start on a busy machine; a warm one takes a second.
const START: Duration = Duration::from_secs(60);

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[derive(Debug)]
pub struct Backend {
    child: Child,
    /// The backend ends when this closes, also when this process is killed.
    stdin: Option<ChildStdin>,
    ready: Value,
    log: PathBuf,
    /// Where the server puts its temporary things.
    _directory: tempfile::TempDir,
    _slot: Slot,
}

impl Backend {
    /// Starts `serve.py` with these arguments and waits until everything answers.
    pub fn start(arguments: &[&str]) -> Self {
        prepare();
        let slot = Slot::take();
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("backend.log");
        let mut child = Command::new(root().join(".venv/bin/python"))
            .arg(root().join("fixtures/thor-backend/serve.py"))
            .args(arguments)
            .env("TMPDIR", directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || sender.send(lines.next()));
        let mut backend = Self { child, stdin, ready: Value::Null, log, _directory: directory, _slot: slot };
        match receiver.recv_timeout(START) {
            Ok(Some(Ok(line))) => backend.ready = serde_json::from_str(&line).unwrap(),
            other => panic!("the backend did not start ({other:?}):\n{}", backend.log()),
        }
        backend
    }

    /// A word of the ready line, such as `rest_url`.
    pub fn said(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    pub fn door(&self) -> Door {
        Door::at(self.said("control_url"))
    }

    /// What the server wrote on its standard error.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        drop(self.stdin.take());
        for _ in 0..100 {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(50)),
                _ => return,
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `.venv` and redis-server, once a process. What could not be had fails the test with the reason: a run that may
/// go without it says so by leaving `backend::` out, as `scripts/test` does.
pub fn prepare() {
    static PREPARED: OnceLock<Result<(), String>> = OnceLock::new();
    let prepared = PREPARED.get_or_init(|| {
        let output =
            Command::new(root().join("scripts/backend-env")).output().map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    });
    if let Err(why) = prepared {
        panic!(
            "scripts/backend-env could not prepare the backend; leave it out with `--skip backend::`\n{why}"
        );
    }
}
