//! The README alone leads from a clone to a verdict on the real backend, the tutorial to a deleted timer: their
//! own commands are run, as they stand.
//!
//! The one thing put in their place is `cargo`, which gives the binary under test instead of building another one.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::server::{prepare, root};
use super::slot::Slot;

/// A cold start on a busy machine.
const START: Duration = Duration::from_secs(90);

/// The commands of a page's code fences with this mark, in their order.
fn commands(page: &str, mark: &str) -> String {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let mut script = String::new();
    let mut lines = text.lines();
    while lines.any(|line| line == format!("```sh {mark}")) {
        for line in lines.by_ref().take_while(|line| *line != "```") {
            writeln!(script, "{line}").unwrap();
        }
    }
    assert!(!script.is_empty(), "{page} has no fence marked {mark}");
    script
}

/// What a clone has: everything the commands may touch is linked, what they write is thrown away.
fn clone() -> tempfile::TempDir {
    let clone = tempfile::tempdir().unwrap();
    for name in ["scripts", "fixtures", ".venv"] {
        symlink(root().join(name), clone.path().join(name)).unwrap();
    }
    let cargo = clone.path().join("bin/cargo");
    std::fs::create_dir(clone.path().join("bin")).unwrap();
    let tool = env!("CARGO_BIN_EXE_thor-cutover");
    let text = format!(
        "#!/bin/sh\n[ \"$*\" = 'build --release' ] && exit\n[ \"$1 $2 $3\" = 'run --release --' ] || exit 99\n\
         shift 3\nexec '{tool}' \"$@\"\n"
    );
    std::fs::write(&cargo, text).unwrap();
    std::fs::create_dir_all(clone.path().join("target/release")).unwrap();
    symlink(tool, clone.path().join("target/release/thor-cutover")).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    clone
}

/// A shell in the clone, as a terminal has it, without this one's settings; it stops at the first failure.
fn terminal(clone: &Path, script: &str) -> Command {
    let script = format!("export PATH=\"$PWD/bin:$PATH\"\nunset \"${{!THOR_@}}\"\n{script}");
    let mut command = Command::new("bash");
    command
        .args(["-ec", &script])
        .current_dir(clone)
        .env("TMPDIR", clone)
        .env("COLUMNS", "100")
        .stdout(Stdio::piped());
    command
}

/// The server of the first terminal; it ends when its standard input does.
struct Server(Child);

impl Server {
    fn start(clone: &Path, script: &str) -> Self {
        let mut child = terminal(clone, script)
            .stdin(Stdio::piped())
            .stderr(std::fs::File::create(clone.join("server.log")).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || sender.send(lines.next()));
        let server = Self(child);
        match receiver.recv_timeout(START) {
            Ok(Some(Ok(line))) if line.contains("\"rest_url\"") => server,
            other => panic!(
                "the server did not say that it is ready ({other:?}):\n{}",
                std::fs::read_to_string(clone.join("server.log")).unwrap_or_default()
            ),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn verdict(clone: &Path, script: &str) -> Output {
    terminal(clone, script).stdin(Stdio::null()).stderr(Stdio::piped()).output().unwrap()
}

#[test]
fn the_commands_of_the_readme_lead_to_go_on_the_real_backend() {
    prepare();
    let _slot = Slot::take();
    let clone = clone();
    let _server = Server::start(clone.path(), &commands("README.md", "first-terminal"));
    let script = commands("README.md", "second-terminal");
    let output = verdict(clone.path(), &script);
    let said = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{script}\n--- stdout\n{said}\n--- stderr\n{why}");
    for feature in ["account_balance", "positions", "intraday", "global_market"] {
        let line = said.lines().find(|line| line.starts_with(feature));
        assert!(line.is_some_and(|line| line.split_whitespace().nth(1) == Some("GO")), "{feature}:\n{said}");
    }
    assert!(clone.path().join(".thor-cutover/evidence.db").exists(), "the run is kept as evidence");
}

#[test]
fn the_fault_that_the_readme_plants_is_no_go() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let fault = "--fault value_off_by_cent";
    assert!(readme.contains(fault), "README.md plants another fault");
    prepare();
    let _slot = Slot::take();
    let clone = clone();
    let server = commands("README.md", "first-terminal").replace("serve.py", &format!("serve.py {fault}"));
    let _server = Server::start(clone.path(), &server);
    // shorter than the README's minute: one difference decides
    let script = commands("README.md", "second-terminal")
        .replace("shadow-diff", "shadow-diff positions --for 12s --every 500ms");
    let output = verdict(clone.path(), &script);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("NO-GO"), "{said}");
}

/// Where a line says `# exit N`, that is asserted; every other line has to succeed.
fn checked(script: &str) -> String {
    script.lines().fold(String::new(), |mut checked, line| {
        match line.rsplit_once("# exit ") {
            Some((command, code)) => {
                let command = command.trim_end();
                let complaint = format!("{command}: exit $code, not {code}");
                writeln!(checked, "code=0; {command} || code=$?").unwrap();
                writeln!(checked, "[ $code = {code} ] || {{ echo \"{complaint}\" >&2; exit 99; }}").unwrap();
            }
            None => writeln!(checked, "{line}").unwrap(),
        }
        checked
    })
}

#[test]
fn the_tutorial_leads_from_init_to_a_deleted_timer() {
    prepare();
    let _slot = Slot::take();
    let clone = clone();
    let _server = Server::start(clone.path(), &commands("README.md", "first-terminal"));
    let script = watched(&commands("docs/tutorial.md", "tutorial"));
    let output = verdict(clone.path(), &checked(&script));
    let said = String::from_utf8_lossy(&output.stdout);
    let why = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "--- stdout\n{said}\n--- stderr\n{why}");
    for milestone in [
        "account_balance is on in the env files",
        "GO account_balance, cutover: may the flag go on?",
        "NO-GO account_balance, delete: may the REST timer and endpoint go?",
        "claimed: /api/accounts/balance/, MarketMetricsJob",
        "NO-GO account_balance, complete",
    ] {
        assert!(said.contains(milestone), "{milestone:?} is not in\n{said}\n{why}");
    }
    let seen = std::fs::read_to_string(clone.path().join("status.txt")).unwrap();
    for step in seen.split("\n$ ") {
        assert!(step.lines().count() <= 40, "more than one screen:\n{step}");
    }
    insta::with_settings!({ filters => vec![
        (r"\d{8}T\d{6}Z?-[0-9a-f-]+", "RUN"),
        (r"http://127\.0\.0\.1:\d+", "http://BACKEND"),
        (r"\b\d+[smh] ago", "AGE ago"),
        // A table is as wide as its widest age.
        (r"─{20,}", "───"),
    ]}, {
        insta::assert_snapshot!("status_after_each_step_of_the_tutorial", seen);
    });
}

/// Asks `status` after each command that may have changed something, and keeps what it said.
fn watched(script: &str) -> String {
    let changes = |line: &str| {
        ["init", "shadow-diff", "enable", "rollback", "sign-off", "checklist"]
            .iter()
            .any(|command| line.starts_with(&format!("thor-cutover {command}")))
            || line.starts_with("git commit")
    };
    script.lines().fold(String::new(), |mut watched, line| {
        writeln!(watched, "{line}").unwrap();
        if changes(line) {
            let shown = line.split("   #").next().unwrap_or(line).replace('"', "\\\"");
            writeln!(watched, "echo \"$ {shown}\" >> \"$TMPDIR/status.txt\"").unwrap();
            writeln!(watched, "thor-cutover status >> \"$TMPDIR/status.txt\"").unwrap();
        }
        watched
    })
}
