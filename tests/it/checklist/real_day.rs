//! A team's day with nothing made up: two machines watch one Thor, each a half of the session; CI decides from what
//! both saw, by exported files and from one PostgreSQL.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use thor_cutover::clock::Clock;
use thor_cutover::emulator::{Emulator, Options, PASSWORD as THOR_PASSWORD, USER};

use super::whole_life::{FEATURE, Thor};
use crate::control::tool::{Said, Tool};
use crate::ledger::server::{PASSWORD, shared};

struct Team {
    start: Timestamp,
    a: Thor,
    b: Tool,
    ci: Tool,
}

impl Team {
    fn begin(emulator: &Emulator) -> Self {
        let start = Timestamp::from_second(Clock::wall().as_second() + 15).unwrap();
        let more = format!(
            "[backend]\nrest_url = \"{}\"\n[features.{FEATURE}.ws]\nevery = \"2s\"\n",
            emulator.rest_url()
        );
        let a = Thor::with_sessions(start, 100, &more);
        let clone = || {
            let tool = Tool::new();
            let mut command = std::process::Command::new("git");
            command.args(["clone", "-q"]).arg(a.tool.path()).arg(tool.path().join("thor"));
            assert!(command.status().unwrap().success());
            tool
        };
        let (b, ci) = (clone(), clone());
        Self { start, a, b, ci }
    }

    fn on(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_thor-cutover"));
        command.args(arguments).current_dir(folder).env_clear().envs(variables.iter().copied());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let output = command.output().unwrap();
        Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn folder(tool: &Tool) -> std::path::PathBuf {
        tool.path().join("thor")
    }

    /// Watches from and to so many seconds after the opening.
    fn watch(&self, folder: &Path, from: i64, to: i64) {
        let wait = (self.start + SignedDuration::from_secs(from)).duration_since(Clock::wall());
        std::thread::sleep(Duration::try_from(wait).unwrap_or_default());
        let length = format!("{}s", to - from);
        let said = Self::on(
            folder,
            &["shadow-diff", FEATURE, "--every", "200ms", "--for", &length],
            &[("THOR_USER", USER), ("THOR_PASSWORD", THOR_PASSWORD)],
        );
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    }

    fn at_ci(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
        Self::on(&Self::folder(&self.ci), arguments, variables)
    }
}

#[test]
fn what_two_machines_saw_is_go_from_files_and_from_one_postgres() {
    let options = Options { tick: Duration::from_millis(100), ..Options::default() };
    let emulator = Emulator::start(options).unwrap();
    let team = Team::begin(&emulator);
    let (a, b) = (team.a.tool.path().to_owned(), Team::folder(&team.b));
    let key = team.ci.path().join("team.key").display().to_string();
    Team::on(&a, &["evidence", "key", "export", &key], &[]).exits(0);
    Team::on(&b, &["evidence", "key", "import", &key], &[]).exits(0);
    std::thread::scope(|scope| {
        scope.spawn(|| team.watch(&a, -5, 25));
        scope.spawn(|| team.watch(&b, 18, 46));
    });

    let file = |name: &str| team.ci.path().join(name).display().to_string();
    for (folder, name, code) in [(&a, "a.ndjson", 3), (&b, "b.ndjson", 0)] {
        Team::on(folder, &["evidence", "export", &file(name)], &[]).exits(0);
        team.at_ci(&["evidence", "import", &file(name)], &[]).exits(0);
        let said = team.at_ci(&["checklist", FEATURE], &[]);
        assert_eq!(said.code, code, "after {name}: {}{}", said.out, said.err);
    }

    let database = shared().database();
    let url = database.url();
    let server = [("THOR_CUTOVER_EVIDENCE", url.as_str()), ("PGPASSWORD", PASSWORD)];
    for (folder, code) in [(&a, 3), (&b, 0)] {
        let own = "sqlite:.thor-cutover/evidence.db";
        Team::on(folder, &["evidence", "copy", own, &url], &server[1..]).exits(0);
        let said = team.at_ci(&["checklist", FEATURE], &server);
        assert_eq!(said.code, code, "{}{}", said.out, said.err);
    }
    // the flag goes on by another hand than `enable`'s: the next kept run grants what was GO, the checklist never did
    let grants = || Team::on(&b, &["evidence", "list", "--kind", "grant"], &server).exits(0).out;
    assert!(grants().contains("no evidence"), "{}", grants());
    for (name, text) in [
        (".env", "WS_FEATURE_ACCOUNT_BALANCE=true\n"),
        ("thor-frontend/.env", "VITE_WS_FEATURE_ACCOUNT_BALANCE=true\n"),
    ] {
        std::fs::write(b.join(name), text).unwrap();
    }
    let user = [server[0], server[1], ("THOR_USER", USER), ("THOR_PASSWORD", THOR_PASSWORD)];
    Team::on(&b, &["shadow-diff", FEATURE, "--every", "200ms", "--for", "8s"], &user);
    assert!(grants().contains("cutover"), "{}", grants());

    let list = team.at_ci(&["evidence", "list", "--kind", "run"], &server).exits(0);
    assert_eq!(list.out.matches(FEATURE).count(), 3, "{}", list.out);
}
