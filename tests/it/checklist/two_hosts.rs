//! Two services on two hosts, one PostgreSQL, one CI: each watches half of a session and writes where the other one does,
//! and CI says GO only of both. What is observed of the same backend under another name is another target's.
//!
//! Where the tests may give one (root on Linux), each host has a name of its own.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use thor_cutover::clock::Clock;
use thor_cutover::emulator::{Emulator, Options, PASSWORD as THOR_PASSWORD, USER};
use thor_cutover::evidence::{Ledger, LedgerPlace};

use super::real_day::{clone_of, folder, on};
use super::team::evidence_said;
use super::whole_life::{FEATURE, Thor};
use crate::control::tool::Tool;
use crate::ledger::server::{Database, PASSWORD, shared};
use crate::system::is_root;

/// Seconds of the session.
const SESSION: i64 = 60;
/// When A's service ends, and when B's begins, in seconds after the opening.
const A_ENDS: i64 = 36;
const B_BEGINS: i64 = 26;

/// A service on a host.
struct Host {
    child: Child,
    log: std::path::PathBuf,
}

impl Drop for Host {
    fn drop(&mut self) {
        // one that has ended already cannot be killed
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Host {
    /// The service on the host `name`, in the folder of a checkout.
    fn start(folder: &Path, name: &str, ledger: &Database, rest_url: Option<&str>) -> Self {
        let program = env!("CARGO_BIN_EXE_thor-cutover");
        let mut command = if has_own_name() {
            let mut command = Command::new("unshare");
            let script = "echo \"$1\" > /proc/sys/kernel/hostname; shift; exec \"$@\"";
            command.args(["--uts", "sh", "-c", script, "sh", name, program]);
            command
        } else {
            Command::new(program)
        };
        let log = folder.join(format!("watch-{name}.log"));
        command.args(["watch", FEATURE]).current_dir(folder).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("THOR_USER", USER).env("THOR_PASSWORD", THOR_PASSWORD);
        command.env("THOR_CUTOVER_EVIDENCE", ledger.url()).env("PGPASSWORD", PASSWORD);
        command.envs(rest_url.map(|url| ("THOR_CUTOVER_REST_URL", url)));
        command.stderr(fs_err::File::create(&log).unwrap().into_file()).stdout(std::process::Stdio::null());
        Self { child: command.spawn().unwrap(), log }
    }

    fn said(&self) -> String {
        fs_err::read_to_string(&self.log).unwrap()
    }

    fn says(&self, what: &str) {
        let until = Clock::wall() + SignedDuration::from_secs(60);
        while !self.said().contains(what) {
            assert!(Clock::wall() < until, "{what:?} is not said:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it as a machine that shuts down does.
    fn end(mut self) {
        rustix::process::kill_process(
            rustix::process::Pid::from_child(&self.child),
            rustix::process::Signal::TERM,
        )
        .unwrap();
        let code = self.child.wait().unwrap().code();
        assert_eq!(code, Some(0), "{}", self.said());
    }
}

fn has_own_name() -> bool {
    is_root() && cfg!(target_os = "linux")
}

fn sleep_until(at: Timestamp) {
    std::thread::sleep(Duration::try_from(at.duration_since(Clock::wall())).unwrap_or_default());
}

/// What CI decides from a ledger, and says of the evidence.
fn decided(ci: &Tool, ledger: &Database) -> (i32, String) {
    let url = ledger.url();
    let variables = [("THOR_CUTOVER_EVIDENCE", url.as_str()), ("PGPASSWORD", PASSWORD)];
    let said = on(&folder(ci), &["checklist", FEATURE, "--format", "json"], &variables);
    (said.code, evidence_said(&said))
}

#[test]
#[ignore = "a session of a minute and five services at once: scripts/test --soak"]
fn two_services_on_two_hosts_are_go_together_and_neither_alone() {
    let emulator =
        Emulator::start(Options { tick: Duration::from_millis(100), ..Options::default() }).unwrap();
    let opens = Timestamp::from_second(Clock::wall().as_second() + 12).unwrap();
    let more = format!(
        "[backend]\nrest_url = \"{}\"\n[features.{FEATURE}]\nrest = {{ every = \"200ms\" }}\n\
         [features.{FEATURE}.ws]\nevery = \"2s\"\n",
        emulator.rest_url()
    );
    let a = Thor::with_sessions_of(opens, 200, SESSION, &more);
    let [b, alone_a, alone_b, renamed_b, ci] = std::array::from_fn(|_| clone_of(&a));
    let [together, one, other] = std::array::from_fn(|_| shared().database());
    let renamed = emulator.rest_url().replace("127.0.0.1", "localhost");
    let after = |seconds: i64| opens + SignedDuration::from_secs(seconds);

    let firsts = [
        Host::start(a.tool.path(), "host-a", &together, None),
        Host::start(&folder(&alone_a), "host-a", &one, None),
    ];
    sleep_until(after(B_BEGINS));
    let seconds = [
        Host::start(&folder(&b), "host-b", &together, None),
        Host::start(&folder(&alone_b), "host-b", &other, None),
        // the same backend, as another machine may call it
        Host::start(&folder(&renamed_b), "host-c", &one, Some(&renamed)),
    ];
    sleep_until(after(A_ENDS));
    for first in firsts {
        first.end();
    }
    sleep_until(after(SESSION));
    for second in seconds {
        second.says("evidence kept");
        second.end();
    }

    let (code, said) = decided(&ci, &together);
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("2 runs with the flag off, 2 of them clean"), "{said}");
    let (code, said) = decided(&ci, &other);
    assert_eq!(code, 3, "the second half alone: {said}");
    assert!(said.starts_with("1 run with the flag off"), "{said}");
    let (code, said) = decided(&ci, &one);
    assert_eq!(code, 3, "the first half, and the second one of another target: {said}");
    assert!(said.contains("1 of another target (http://localhost:"), "{said}");

    let mut place = LedgerPlace::from(&together.url());
    place.password = Some(secrecy::SecretString::from(PASSWORD));
    let (entries, links) = Ledger::open(place).unwrap().whole().unwrap();
    let runs: BTreeSet<&str> =
        entries.iter().filter(|it| it.entry.kind() == "run").map(|it| it.entry.id()).collect();
    assert_eq!(runs.len(), 2, "each window is there once");
    let by: BTreeSet<&str> = links
        .iter()
        .filter(|link| runs.contains(link.entry.as_str()))
        .map(|link| link.writer.as_str())
        .collect();
    // where a host has no name of its own, both are one writer
    let hosts = if has_own_name() { &["@host-a", "@host-b"][..] } else { &["@"] };
    assert_eq!(by.len(), hosts.len(), "{by:?}");
    assert!(by.iter().zip(hosts).all(|(writer, host)| writer.contains(host)), "{by:?}");
}
