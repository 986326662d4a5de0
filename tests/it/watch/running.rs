//! A service as a user starts it: its folder, its log, its answer.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use thor_cutover::emulator::{Emulator, Options, PASSWORD, USER};

pub fn thor() -> Emulator {
    Emulator::start(Options { tick: Duration::from_millis(100), ..Options::default() }).unwrap()
}

pub fn now() -> Timestamp {
    thor_cutover::clock::Clock::wall()
}

pub fn in_seconds(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

/// How often REST was asked.
pub fn polled(thor: &Emulator) -> u64 {
    thor.counters().rest.values().sum()
}

/// A folder with a configuration, and the service in it.
pub struct Place {
    folder: tempfile::TempDir,
    count: u32,
    /// Further ones of the environment.
    pub variables: Vec<(String, String)>,
}

/// A running service; ended with the test.
pub struct Service {
    child: Child,
    log: PathBuf,
}

impl Drop for Service {
    fn drop(&mut self) {
        // one that has ended already cannot be killed
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One session of two features, polled five times a second.
pub fn configuration(rest_url: &str, opens: Timestamp, closes: Timestamp, more: &str) -> String {
    let time = |at: Timestamp| at.strftime("%H:%M:%S").to_string();
    format!(
        r#"
[backend]
rest_url = "{rest_url}"
[[session]]
name = "short"
time_zone = "UTC"
open = "{}"
close = "{}"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
features = ["account_balance", "positions"]
[features.account_balance]
rest = {{ every = "200ms" }}
[features.positions]
rest = {{ every = "200ms" }}
{more}
"#,
        time(opens),
        time(closes)
    )
}

impl Place {
    pub fn new(configuration: &str) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap(), count: 0, variables: Vec::new() };
        place.configure(configuration);
        place
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn configure(&self, text: &str) {
        fs_err::write(self.path().join("thor-cutover.toml"), text).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_thor-cutover"));
        command.args(arguments).current_dir(self.path()).env_clear();
        command.env("THOR_USER", USER).env("THOR_PASSWORD", PASSWORD).env("USER", "ada");
        command.envs(self.variables.iter().cloned());
        command
    }

    pub fn start(&mut self) -> Service {
        self.count += 1;
        let log = self.path().join(format!("log-{}", self.count));
        let mut command = self.command(&["watch", "--format", "json"]);
        command.stderr(fs_err::File::create(&log).unwrap().into_file()).stdout(Stdio::piped());
        Service { child: command.spawn().unwrap(), log }
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).output().unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Every run on the ledger, whole.
    pub fn runs(&self) -> Vec<Value> {
        let list = self.json(&["evidence", "list", "--kind", "run", "--format", "json"]);
        let ids = list["entries"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned());
        ids.map(|id| self.json(&["evidence", "show", &id, "--format", "json"])["entry"]["run"].clone())
            .collect()
    }

    pub fn recordings(&self, target: &str) -> Vec<PathBuf> {
        let folder = self.path().join(".thor-cutover/watch").join(target);
        let entries = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut found: Vec<PathBuf> =
            entries.filter(|path| path.to_string_lossy().ends_with(".ndjson.zst")).collect();
        found.sort();
        found
    }
}

impl Service {
    pub fn said(&self) -> String {
        fs_err::read_to_string(&self.log).unwrap()
    }

    /// Waits until the log has a line with this, so many times.
    pub fn says_times(&self, what: &str, times: usize) {
        let until = in_seconds(60);
        while self.said().matches(what).count() < times {
            assert!(now() < until, "{what:?} is not said:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn says(&self, what: &str) {
        self.says_times(what, 1);
    }

    #[cfg(unix)]
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Ends it by SIGTERM; all that it said.
    #[cfg(unix)]
    pub fn end_saying(self) -> String {
        let log = self.log.clone();
        self.end();
        fs_err::read_to_string(log).unwrap()
    }

    /// Ends it by SIGTERM; its answer.
    #[cfg(unix)]
    pub fn end(mut self) -> Value {
        self.signal(rustix::process::Signal::TERM);
        let mut text = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        let code = self.child.wait().unwrap().code();
        assert_eq!(code, Some(0), "{}", self.said());
        serde_json::from_str(&text).unwrap()
    }
}

/// One answer of the service's own server: status, media type and text.
pub fn asked(address: &str, path: &str) -> (u16, String, String) {
    use std::io::Write as _;
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let media = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), media.to_owned(), body.to_owned())
}
