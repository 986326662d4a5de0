//! The life of one feature through the binary: a real source tree in git, a real ledger, the commands in order.
//! Only the runs are made up, through the same functions that record a real one.

use std::path::PathBuf;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use thor_cutover::clock::Clock;
use thor_cutover::contract::digest_one;
use thor_cutover::environment::Environment;
use thor_cutover::model::facts::ledger::{Entry, FlagState, Revision};
use thor_cutover::settings::load;

use crate::control::sign_off::git;
use crate::control::tool::{Said, Tool};
use crate::fingerprint::code_of;
use crate::ledger::sample::Run;

pub const FEATURE: &str = "account_balance";

pub struct Thor {
    pub tool: Tool,
    /// When the first session opens; all three are over.
    start: Timestamp,
}

impl Thor {
    pub fn new() -> Self {
        let start = Timestamp::from_second(Clock::wall().as_second() - 600).unwrap();
        Self::with_sessions(start, 100, "")
    }

    /// With three sessions of 40 seconds, so many seconds after one another, and more configuration.
    pub fn with_sessions(start: Timestamp, apart: i64, more: &str) -> Self {
        Self::with_sessions_of(start, apart, 40, more)
    }

    /// The same, with sessions of so many seconds.
    pub fn with_sessions_of(start: Timestamp, apart: i64, length: i64, more: &str) -> Self {
        let tool = Tool::new();
        let fixture =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/checklist/one-feature-integrated");
        let copied = Command::new("cp").arg("-r").arg(fixture.join(".")).arg(tool.path()).status().unwrap();
        assert!(copied.success());
        let mut config =
            format!("{more}[features.positions]\ntimers = []\n[features.global_market]\ntimers = []\n");
        for (at, name) in ["first", "second", "third"].into_iter().enumerate() {
            let time = |seconds: i64| {
                let at = start + SignedDuration::from_secs(at as i64 * apart + seconds);
                at.strftime("%H:%M:%S").to_string()
            };
            config += &format!(
                "[[session]]\nname = {name:?}\ntime_zone = \"UTC\"\nopen = {:?}\nclose = {:?}\n\
                 days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\nfeatures = [{FEATURE:?}]\n",
                time(0),
                time(length)
            );
        }
        tool.write("thor-cutover.toml", &config);
        tool.write(".env", "WS_FEATURE_ACCOUNT_BALANCE=false\n");
        tool.write("thor-frontend/.env", "VITE_WS_FEATURE_ACCOUNT_BALANCE=false\n");
        git(tool.path(), &["init", "-q"]);
        let thor = Self { tool, start };
        thor.commit("integrated");
        thor
    }

    pub fn commit(&self, message: &str) {
        git(self.tool.path(), &["add", "-A", "--", ".", ":!.thor-cutover"]);
        git(
            self.tool.path(),
            &["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", message],
        );
    }

    pub fn head(&self) -> String {
        let output =
            Command::new("git").arg("-C").arg(self.tool.path()).args(["rev-parse", "HEAD"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A clean run of the current commit, `from` seconds after the first session's opening.
    pub fn run_of(&self, from: i64, seconds: i64, flag: FlagState) -> Run {
        let environment = Environment { folder: self.tool.path().to_owned(), ..Environment::default() };
        let settings = load(&thor_cutover::cli::Global::default(), &environment).unwrap();
        let feature = settings.features.iter().find(|it| it.name == FEATURE).unwrap();
        let at = self.start + SignedDuration::from_secs(from);
        let mut run = Run::clean(FEATURE, at, seconds as f64).flag(flag);
        run.circumstances.rules.insert(FEATURE.to_owned(), digest_one(feature));
        run.circumstances.revision = Some(Revision { commit: self.head(), dirty: Vec::new() });
        run.circumstances.code = code_of(&settings, self.tool.path());
        run
    }

    pub fn observe(&self, from: i64, seconds: i64, flag: FlagState) {
        let run = self.run_of(from, seconds, flag).record();
        self.tool.ledger().record_run(&run).unwrap();
    }

    pub fn edit(&self, file: &str, edit: impl Fn(&str) -> String) {
        let before = self.tool.read(file);
        let after = edit(&before);
        assert_ne!(before, after, "{file} is as it was");
        self.tool.write(file, &after);
    }

    fn without_lines(&self, file: &str, words: &[&str]) {
        self.edit(file, |text| {
            let kept = text.lines().filter(|line| !words.iter().any(|word| line.contains(word)));
            kept.map(|line| format!("{line}\n")).collect()
        });
    }

    pub fn checklist(&self, more: &[&str]) -> Said {
        self.tool.run(&[&["checklist"], more].concat())
    }

    /// The gates that do not pass.
    pub fn lacking(&self, more: &[&str]) -> Vec<String> {
        let said = self.checklist(&[more, &["--format", "json"]].concat()).json();
        let judged = said["features"].as_array().unwrap().iter().filter(|it| it["feature"] == FEATURE);
        let gates = judged.flat_map(|it| it["gates"].as_array().unwrap().clone());
        gates.filter(|it| it["verdict"] != "go").map(|it| it["code"].as_str().unwrap().to_owned()).collect()
    }

    /// Flag off, one session watched, flag on.
    pub fn enable(&self) {
        self.observe(-5, 50, FlagState::Off);
        self.tool.run(&["enable", FEATURE]).exits(0);
    }

    /// Two live sessions, a rehearsal in between, signed, nothing asks REST any more.
    pub fn prove(&self) {
        self.observe(95, 50, FlagState::On);
        self.observe(150, 10, FlagState::Off);
        self.observe(195, 50, FlagState::On);
        self.sign_off(&[]);
        self.take_the_poller_away();
    }

    /// A lead signs, and accepts these fields besides those that only REST has.
    pub fn sign_off(&self, fields: &[&str]) {
        let accept = ["--accept", "/source", "--accept", "/updated_at"];
        let word = ["--by", "Ada", "--role", "lead", "--note", "watched it"];
        let more: Vec<&str> = fields.iter().flat_map(|field| ["--accept", field]).collect();
        self.tool.run(&[&["sign-off", FEATURE][..], &accept, &more, &word].concat()).exits(0);
    }

    pub fn take_the_poller_away(&self) {
        self.edit("frontend/src/Balance.tsx", |text| {
            let (before, after) = text.split_once("  useEffect(() => {").unwrap();
            let (_, after) = after.split_once("}, []);\n").unwrap();
            format!("{before}{after}")
        });
        self.commit("the poller goes");
    }

    pub fn delete(&self) {
        self.without_lines("backend/realtime/register.py", &["MarketMetricsJob"]);
        std::fs::remove_file(self.tool.path().join("backend/realtime/metrics.py")).unwrap();
        self.without_lines("backend/thor/urls.py", &["accounts/balance"]);
        self.edit("backend/thor/views.py", |text| {
            let (before, after) = text.split_once("@api_view([\"GET\"])\ndef account_balance").unwrap();
            let (_, after) = after.split_once("@api_view").unwrap();
            format!("{before}@api_view{after}").replace("from thor.models import Account\n", "")
        });
        self.commit("REST goes");
    }
}

#[test]
fn from_integrated_to_deleted() {
    let thor = Thor::new();
    thor.checklist(&[]).exits(0);
    let lacking = thor.lacking(&[FEATURE]);
    assert!(lacking.contains(&"evidence-present".to_owned()), "{lacking:?}");
    thor.checklist(&[FEATURE]).exits(3);
    thor.tool.run(&["enable", FEATURE]).exits(3);

    thor.enable();
    assert_eq!(thor.tool.read(".env"), "WS_FEATURE_ACCOUNT_BALANCE=true\n");
    thor.checklist(&[]).exits(0);
    let grants = thor.tool.entries().iter().filter(|it| matches!(it, Entry::Grant(_))).count();
    assert_eq!(grants, 1, "the GO was used");

    thor.checklist(&[FEATURE, "--decision", "delete"]).exits(1);
    thor.prove();
    thor.checklist(&[FEATURE]).exits(0);

    thor.delete();
    let said = thor.checklist(&["--for", "claimed", "--format", "json"]).exits(0).json();
    let feature = &said["features"][0];
    assert_eq!((said["verdict"].as_str(), feature["decision"].as_str()), (Some("go"), Some("delete")));
    assert!(feature["gone"].as_array().unwrap().len() >= 2, "{feature:#}");
    assert_eq!(feature["stage"], "removed", "the flag is still read");
    let lacking = thor.lacking(&[FEATURE, "--decision", "complete"]);
    assert!(lacking.contains(&"flag-reads-gone".to_owned()), "{lacking:?}");
    assert!(!lacking.contains(&"endpoints-gone".to_owned()), "{lacking:?}");
}

#[test]
fn whoever_goes_ahead_of_the_evidence_is_stopped() {
    let thor = Thor::new();
    thor.enable();
    thor.checklist(&[]).exits(0);
    thor.without_lines("backend/thor/urls.py", &["accounts/balance"]);
    let said = thor.checklist(&["--format", "json"]).exits(1).json();
    assert_eq!(said["features"][0]["decision"], "delete");
    assert_eq!(said["features"][0]["gone"][0], "/api/accounts/balance/");
    let lacking = thor.lacking(&[]);
    for code in ["sessions-covered", "rollback-rehearsed", "signed-off", "callers-gone"] {
        assert!(lacking.contains(&code.to_owned()), "{code}: {lacking:?}");
    }
}

#[test]
fn a_feature_whose_rest_is_gone_stays_switched_when_its_flag_goes_too() {
    let thor = Thor::new();
    thor.enable();
    let status = || thor.tool.run(&["status", "--source", ".", "--format", "json"]).exits(0).json();
    assert_eq!(status()["mode"], "partial");
    thor.take_the_poller_away();
    thor.delete();
    thor.tool.write(".env", "");
    let said = status();
    assert_eq!(said["features"][0]["stage"], "removed");
    assert_eq!((said["mode"].as_str(), said["live"].as_u64()), (Some("partial"), Some(0)));
    let human = thor.tool.run(&["status", "--source", "."]).exits(0).out;
    assert!(human.starts_with("PARTIAL 1/4: 1 of 4 features is switched"), "{human}");
}

#[test]
fn what_is_gone_is_seen_without_a_ledger_in_the_history() {
    let thor = Thor::new();
    thor.delete();
    std::fs::remove_dir_all(thor.tool.path().join(".thor-cutover")).ok();
    let said = thor.checklist(&["--format", "json"]).exits(1).json();
    assert_eq!(said["features"][0]["decision"], "delete");
    assert_eq!(said["features"][0]["gone"][0], "/api/accounts/balance/");
    // Other commits came after it.
    for n in 0..3 {
        thor.tool.write("backend/notes.py", &format!("# {n}\n"));
        thor.commit("elsewhere");
    }
    let later = thor.checklist(&["--format", "json"]).exits(1).json();
    assert_eq!(later["features"][0]["gone"], said["features"][0]["gone"]);
    let status = thor.tool.run(&["status", "--source", ".", "--format", "json"]).exits(0).json();
    assert_eq!(status["features"][0]["stage"], "removed", "who looks at it in another way sees the same");
}

#[test]
fn a_history_that_cannot_be_read_says_of_nothing_that_it_never_was_there() {
    let thor = Thor::new();
    thor.delete();
    std::fs::remove_dir_all(thor.tool.path().join(".thor-cutover")).ok();
    thor.tool.write("backend/notes.py", "# another day\n");
    thor.commit("elsewhere");
    thor.checklist(&[]).exits(1);
    let blob = Command::new("git")
        .arg("-C")
        .arg(thor.tool.path())
        .args(["rev-parse", "HEAD~2:backend/realtime/register.py"])
        .output()
        .unwrap();
    let blob = String::from_utf8(blob.stdout).unwrap();
    let (folder, file) = blob.trim().split_at(2);
    std::fs::remove_file(thor.tool.path().join(".git/objects").join(folder).join(file)).expect("an object");
    let said = thor.checklist(&["--format", "json"]).exits(3).json();
    assert_eq!(said["features"][0]["gates"][0]["code"], "removals-known");
    assert_eq!(said["features"][0]["gates"][0]["verdict"], "inconclusive");
}

#[test]
fn what_nobody_can_say_of_a_deletion_is_not_green() {
    let thor = Thor::new();
    thor.delete();
    std::fs::remove_dir_all(thor.tool.path().join(".thor-cutover")).ok();
    std::fs::remove_dir_all(thor.tool.path().join(".git")).expect("a repository");
    let said = thor.checklist(&["--format", "json"]).exits(3).json();
    assert_eq!(said["verdict"], "inconclusive");
    let gates = said["features"][0]["gates"].as_array().expect("gates");
    assert_eq!(gates.len(), 1);
    assert_eq!(gates[0]["code"], "removals-known");
    let note = said["features"][0]["notes"][0].as_str().expect("a note");
    assert!(note.contains("git knows nothing of this folder"), "{note}");
}

#[test]
fn what_never_was_there_is_a_matter_of_the_configuration() {
    let thor = Thor::with_sessions(
        Timestamp::from_second(Clock::wall().as_second() - 600).unwrap(),
        100,
        "[features.account_balance]\ntimers = [\"NobodysJob\"]\n",
    );
    let said = thor.checklist(&["--format", "json"]).exits(0).json();
    assert_eq!(said["verdict"], "nothing-claimed");
    let note = said["features"][0]["notes"][0].as_str().expect("a note");
    assert!(note.contains("NobodysJob") && note.contains("not in its history either"), "{note}");
}

#[test]
fn a_change_in_what_was_observed_lapses_the_evidence_and_any_other_does_not() {
    let thor = Thor::new();
    thor.observe(-5, 50, FlagState::Off);
    thor.checklist(&[FEATURE]).exits(0);
    thor.edit("backend/realtime/metrics.py", |text| text.replace("refresh_metrics", "refresh_all"));
    thor.checklist(&[FEATURE]).exits(0);
    thor.commit("elsewhere");
    thor.checklist(&[FEATURE]).exits(0);
    thor.edit("backend/realtime/messages.py", |text| {
        text.replace("float(account.cash)", "round(account.cash)")
    });
    assert!(thor.lacking(&[FEATURE]).contains(&"evidence-present".to_owned()), "uncommitted");
    thor.commit("the builder");
    let said = thor.checklist(&[FEATURE, "--format", "json"]).exits(3);
    let named = "build_account_balance_message (backend/realtime/messages.py:1) changed";
    assert!(said.out.contains(named), "it names the definition: {}", said.out);
    git(thor.tool.path(), &["checkout", "-q", "HEAD~1"]);
    thor.checklist(&[FEATURE]).exits(0);
}

#[test]
fn a_rehearsal_keeps_the_go_and_a_rollback_ends_it() {
    let thor = Thor::new();
    thor.enable();
    thor.tool.run(&["rollback", FEATURE, "--rehearsal"]).exits(0);
    thor.tool.run(&["enable", FEATURE]).exits(0);
    let grants = || thor.tool.entries().iter().filter(|it| matches!(it, Entry::Grant(_))).count();
    assert_eq!(grants(), 1, "still the same GO");
    thor.tool.run(&["rollback", FEATURE]).exits(0);
    thor.tool.run(&["enable", FEATURE]).exits(0);
    assert_eq!(grants(), 2, "its evidence is still fresh, but it was consumed anew");
    let diverging = thor.run_of(300, 10, FlagState::On).divergent().record();
    thor.tool.ledger().record_run(&diverging).unwrap();
    thor.checklist(&[]).exits(1);
    thor.tool.run(&["rollback", FEATURE]).exits(0);
    thor.tool.run(&["enable", FEATURE]).exits(1);
}
