//! A team's day with nothing made up: two machines watch one Thor, each a half of the session; CI decides from what
//! both saw, by exported files and from one PostgreSQL. Then one thing is wrong at a time, in what was really
//! observed, and is named.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use thor_cutover::clock::Clock;
use thor_cutover::emulator::{Emulator, Options, PASSWORD as THOR_PASSWORD, USER};
use thor_cutover::evidence::{Ledger, LedgerPlace};
use thor_cutover::model::facts::ledger::{Entry, RunRecord};

use super::team::evidence_said;
use super::whole_life::{FEATURE, Thor};
use crate::control::tool::{Said, Tool};
use crate::ledger::server::{Database, PASSWORD, shared};

/// Of the emulated Thor's first account, which is the one that it shows to whoever names none.
const ACCOUNT: &str = "PAPER-1-4C1D22AB";

const OWN: &str = "sqlite:.thor-cutover/evidence.db";

/// Environment variables of a command, by name.
type Variables<'a> = &'a [(&'a str, &'a str)];

/// How the evidence of the machines comes to CI.
#[derive(Clone, Copy)]
enum By<'a> {
    Files,
    Server(&'a Database),
}

struct Team {
    start: Timestamp,
    a: Thor,
    b: Tool,
    ci: Tool,
}

pub(super) fn on(folder: &Path, arguments: &[&str], variables: Variables<'_>) -> Said {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_thor-cutover"));
    command.args(arguments).current_dir(folder).env_clear().envs(variables.iter().copied());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.output().unwrap();
    Said::of(output)
}

pub(super) fn folder(tool: &Tool) -> PathBuf {
    tool.path().join("thor")
}

fn run_of(folder: &Path) -> RunRecord {
    let mut ledger = Ledger::open(LedgerPlace::from(&store_in(folder))).unwrap();
    let id = ledger.entries().unwrap().iter().find(|it| it.kind() == "run").unwrap().id().to_owned();
    match ledger.entry(&id).unwrap() {
        Entry::Run(run) => *run,
        other => panic!("{} is no run", other.id()),
    }
}

fn store_in(folder: &Path) -> String {
    format!("sqlite:{}", folder.join(".thor-cutover/evidence.db").display())
}

/// Another machine with the same source.
pub(super) fn clone_of(a: &Thor) -> Tool {
    let tool = Tool::new();
    let mut command = std::process::Command::new("git");
    command.args(["clone", "-q"]).arg(a.tool.path()).arg(folder(&tool));
    assert!(command.status().unwrap().success());
    tool
}

impl Team {
    fn begin(emulator: &Emulator) -> Self {
        let start = Timestamp::from_second(Clock::wall().as_second() + 15).unwrap();
        let more = format!(
            "[backend]\nrest_url = \"{}\"\n[features.{FEATURE}.ws]\nevery = \"2s\"\n",
            emulator.rest_url()
        );
        let a = Thor::with_sessions(start, 100, &more);
        let (b, ci) = (clone_of(&a), clone_of(&a));
        Self { start, a, b, ci }
    }

    /// Watches from and to so many seconds after the opening.
    fn watch(&self, folder: &Path, from: i64, to: i64, more: Variables<'_>) {
        let wait = (self.start + SignedDuration::from_secs(from)).duration_since(Clock::wall());
        std::thread::sleep(Duration::try_from(wait).unwrap_or_default());
        let length = format!("{}s", to - from);
        let user = [&[("THOR_USER", USER), ("THOR_PASSWORD", THOR_PASSWORD)], more].concat();
        let said = on(folder, &["shadow-diff", FEATURE, "--every", "200ms", "--for", &length], &user);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    }

    /// B's machine, where one thing of the run that it really made is another one.
    fn b_with(&self, change: impl FnOnce(&mut RunRecord)) -> Tool {
        let tool = Tool::new();
        let copied =
            std::process::Command::new("cp").arg("-a").arg(folder(&self.b)).arg(tool.path()).status();
        assert!(copied.unwrap().success());
        let folder = folder(&tool);
        let mut run = run_of(&folder);
        change(&mut run);
        std::fs::remove_file(folder.join(".thor-cutover/evidence.db")).unwrap();
        Ledger::open(LedgerPlace::from(&store_in(&folder))).unwrap().record_run(&run).unwrap();
        tool
    }

    /// The evidence of a machine as a file.
    fn exported(&self, from: &Path, name: &str, more: &[&str]) -> String {
        let file = self.ci.path().join(name).display().to_string();
        let _ = std::fs::remove_file(&file);
        on(from, &[&["evidence", "export", file.as_str()], more].concat(), &[]).exits(0);
        file
    }

    fn at_ci(&self, by: By<'_>, arguments: &[&str]) -> Said {
        let url = match by {
            By::Files => OWN.to_owned(),
            By::Server(database) => database.url(),
        };
        on(&folder(&self.ci), arguments, &[("THOR_CUTOVER_EVIDENCE", url.as_str()), ("PGPASSWORD", PASSWORD)])
    }

    /// What CI decides of these machines' evidence, and says of it. What it knew before is gone.
    fn decided(&self, by: By<'_>, machines: &[&Path]) -> (i32, String) {
        let _ = std::fs::remove_dir_all(folder(&self.ci).join(".thor-cutover"));
        for (at, machine) in machines.iter().enumerate() {
            match by {
                By::Files => {
                    let file = self.exported(machine, &format!("{at}.ndjson"), &[]);
                    self.at_ci(by, &["evidence", "import", &file]).exits(0);
                }
                By::Server(database) => {
                    let password = [("PGPASSWORD", PASSWORD)];
                    on(machine, &["evidence", "copy", OWN, &database.url()], &password).exits(0);
                }
            }
        }
        self.verdict(by)
    }

    fn verdict(&self, by: By<'_>) -> (i32, String) {
        let said = self.at_ci(by, &["checklist", FEATURE, "--format", "json"]);
        (said.code, evidence_said(&said))
    }
}

/// What is wrong, on which machine besides A, and what the checklist says of it.
struct Wrong<'a> {
    what: &'static str,
    machine: &'a Tool,
    words: &'static [&'static str],
}

/// Where signatures are asked for, what nobody signed does not count; a file is signed, the other one is not.
fn unsigned_does_not_count(team: &Team, by: By<'_>, a: &Path, b: &Path) {
    let _ = std::fs::remove_dir_all(folder(&team.ci).join(".thor-cutover"));
    let key = team.ci.path().join("team.sign").display().to_string();
    let _ = std::fs::remove_file(&key);
    let made = on(a, &["evidence", "signing-key", &key], &[]).exits(0);
    let public = made.out.split('"').nth(1).unwrap().to_owned();
    let file = folder(&team.ci).join("thor-cutover.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{before}\n[evidence]\ntrusted_keys = [{public:?}]\n")).unwrap();
    for signed in ["signed.ndjson", "signed.ndjson.minisig", "b.ndjson.minisig"] {
        let _ = std::fs::remove_file(team.ci.path().join(signed));
    }
    let signed = team.exported(a, "signed.ndjson", &["--sign", &key]);
    team.at_ci(by, &["evidence", "import", &signed]).exits(0);
    let unsigned = team.exported(b, "b.ndjson", &[]);
    let said = team.at_ci(by, &["evidence", "import", &unsigned]).exits(0);
    assert!(said.out.contains("it is not signed"), "{}", said.out);
    let (code, said) = team.verdict(by);
    assert_eq!(code, 3, "unsigned: {said}");
    for word in ["1 imported from b.ndjson without a trusted signature", "--sign"] {
        assert!(said.contains(word), "unsigned: {word:?} is not in: {said}");
    }
    let signed = team.exported(b, "b.ndjson", &["--sign", &key]);
    team.at_ci(by, &["evidence", "import", &signed]).exits(0);
    let (code, said) = team.verdict(by);
    assert_eq!(code, 0, "signed by the team: {said}");
    std::fs::write(&file, before).unwrap();
}

/// A run was taken out on its way, or out of the store.
fn a_cut_chain_is_no_base(team: &Team, by: By<'_>, a: &Path, b: &Path) {
    match by {
        By::Files => {
            assert_eq!(team.decided(by, &[a]).0, 3);
            let file = team.exported(b, "cut.ndjson", &[]);
            let whole = std::fs::read_to_string(&file).unwrap();
            let (header, _) = whole.split_once('\n').unwrap();
            let header: serde_json::Value = serde_json::from_str(header).unwrap();
            let entries = header["entries"].as_u64().unwrap();
            let is_run = |line: &&str| line.contains("\"entry\":{\"run\":");
            let kept: String = whole.lines().filter(|it| !is_run(it)).map(|it| format!("{it}\n")).collect();
            let (from, to) = (format!("\"entries\":{entries}"), format!("\"entries\":{}", entries - 1));
            assert!(kept.contains(&from) && whole.lines().filter(is_run).count() == 1, "{whole}");
            std::fs::write(&file, kept.replacen(&from, &to, 1)).unwrap();
            let said = team.at_ci(by, &["evidence", "import", &file]).exits(4);
            assert!(said.err.contains("the chain of") && said.err.contains("is cut"), "{}", said.err);
            assert_eq!(team.verdict(by).0, 3, "and nothing of it was taken in");
        }
        By::Server(database) => {
            assert_eq!(team.decided(by, &[a, b]).0, 0);
            let id = run_of(b).id;
            database.admin(&format!("DELETE FROM thor_cutover.entry WHERE id = '{id}'"));
            let said = team.at_ci(by, &["checklist", FEATURE]).exits(4);
            assert!(said.out.is_empty(), "a verdict without a ledger: {}", said.out);
            for word in ["the chain of", "is cut", &id] {
                assert!(said.err.contains(word), "{word:?} is not in: {}", said.err);
            }
        }
    }
}

/// The flag goes on by another hand than `enable`'s: the next kept run grants what was GO, the checklist never did.
fn the_next_run_grants(team: &Team, b: &Path, database: &Database) {
    let url = database.url();
    let server = [("THOR_CUTOVER_EVIDENCE", url.as_str()), ("PGPASSWORD", PASSWORD)];
    let grants = || on(b, &["evidence", "list", "--kind", "grant"], &server).exits(0).out;
    assert!(grants().contains("no evidence"), "{}", grants());
    for (name, text) in [
        (".env", "WS_FEATURE_ACCOUNT_BALANCE=true\n"),
        ("thor-frontend/.env", "VITE_WS_FEATURE_ACCOUNT_BALANCE=true\n"),
    ] {
        std::fs::write(b.join(name), text).unwrap();
    }
    let user = [server[0], server[1], ("THOR_USER", USER), ("THOR_PASSWORD", THOR_PASSWORD)];
    on(b, &["shadow-diff", FEATURE, "--every", "200ms", "--for", "8s"], &user);
    assert!(grants().contains("cutover"), "{}", grants());
    let list = team.at_ci(By::Server(database), &["evidence", "list", "--kind", "run"]).exits(0);
    assert_eq!(list.out.matches(FEATURE).count(), 3, "{}", list.out);
}

#[test]
fn what_two_machines_saw_is_go_from_files_and_postgres_and_one_thing_wrong_is_named() {
    let options = Options { tick: Duration::from_millis(100), ..Options::default() };
    let emulator = Emulator::start(options).unwrap();
    let team = Team::begin(&emulator);
    let (own_key, own_rules) = (clone_of(&team.a), clone_of(&team.a));
    let (a, b) = (team.a.tool.path().to_owned(), folder(&team.b));
    let key = team.ci.path().join("team.key").display().to_string();
    on(&a, &["evidence", "key", "export", &key], &[]).exits(0);
    for tool in [&team.b, &own_rules] {
        on(&folder(tool), &["evidence", "key", "import", &key], &[]).exits(0);
    }
    std::thread::scope(|scope| {
        scope.spawn(|| team.watch(&a, -5, 25, &[]));
        scope.spawn(|| team.watch(&b, 18, 46, &[]));
        scope.spawn(|| team.watch(&folder(&own_key), 18, 46, &[]));
        scope.spawn(|| team.watch(&folder(&own_rules), 18, 46, &[("THOR_CUTOVER_ACCOUNT_ID", ACCOUNT)]));
    });
    let other_account = team.b_with(|run| {
        assert!(run.account_seen.is_some(), "whose account it was is seen in the answers");
        run.account_seen = Some("acct-00000000beef".to_owned());
    });
    let stale = team.b_with(|run| {
        let ago = SignedDuration::from_hours(15 * 24);
        run.started_at -= ago;
        run.ended_at -= ago;
        for window in run.features.iter_mut().flat_map(|it| &mut it.windows) {
            window.from -= ago;
            window.to -= ago;
        }
    });
    let wrong = [
        Wrong {
            what: "key",
            machine: &own_key,
            words: &["1 whose account cannot be compared", "under another key", "evidence key export"],
        },
        Wrong {
            what: "account",
            machine: &other_account,
            words: &["1 of another account (acct-", "the newest run of acct-00000000beef)"],
        },
        Wrong {
            what: "rules",
            machine: &own_rules,
            words: &[
                "1 judged by other rules: backend.account_id was (the account) (THOR_CUTOVER_ACCOUNT_ID)",
                "is not set (by default) here",
            ],
        },
        Wrong { what: "stale", machine: &stale, words: &["1 of any feature expired"] },
    ];

    let databases: Vec<Database> = (0..4 + wrong.len()).map(|_| shared().database()).collect();
    let (common, databases) = databases.split_first().unwrap();
    for (at, by) in [By::Files, By::Server(common)].into_iter().enumerate() {
        let fresh = |number: usize| match by {
            By::Files => By::Files,
            By::Server(_) => By::Server(&databases[number]),
        };
        assert_eq!(team.decided(by, &[&a]).0, 3, "half of a session is no session");
        let (code, said) = team.decided(by, &[&a, &b]);
        assert_eq!(code, 0, "{at}: {said}");
        assert!(said.starts_with("2 runs with the flag off, 2 of them clean"), "{said}");
        for (number, Wrong { what, machine, words }) in wrong.iter().enumerate() {
            let (code, said) = team.decided(fresh(number), &[&a, &folder(machine)]);
            assert_eq!(code, 3, "{what}: {said}");
            for word in *words {
                assert!(said.contains(word), "{what}: {word:?} is not in: {said}");
            }
        }
        unsigned_does_not_count(&team, fresh(wrong.len()), &a, &b);
        a_cut_chain_is_no_base(&team, fresh(wrong.len() + 1), &a, &b);
    }
    the_next_run_grants(&team, &b, common);
}
