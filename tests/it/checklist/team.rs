//! A team's day on three machines: A observes the first half of a session, B the second, CI decides from both. By
//! exported files and by one PostgreSQL; with signatures, forged files, replicas and roles. The runs are made up:
//! `real_day` has the day with real ones, and one thing wrong at a time.

use std::path::Path;

use secrecy::SecretString;
use thor_cutover::evidence::{Ledger, LedgerError, LedgerPlace};
use thor_cutover::model::facts::ledger::FlagState;

use super::whole_life::{FEATURE, Thor};
use crate::control::tool::{Said, Tool};
use crate::ledger::sample::Run;
use crate::ledger::server::{Database, PASSWORD, shared};

/// Pseudonym of the account that was seen.
const ACCOUNT: &str = "acct-000000000001";

/// How the evidence of the machines comes together.
enum By {
    Files,
    Server(Database),
}

struct Day {
    thor: Thor,
    b: Tool,
    ci: Tool,
    by: By,
}

impl Day {
    fn begin(by: By) -> Self {
        let thor = Thor::new();
        let clone = || {
            let tool = Tool::new();
            let from = thor.tool.path();
            let cloned = std::process::Command::new("git")
                .args(["clone", "-q"])
                .arg(from)
                .arg(tool.path().join("thor"))
                .status();
            assert!(cloned.unwrap().success());
            tool
        };
        let (b, ci) = (clone(), clone());
        Self { thor, b, ci, by }
    }

    /// A run as it would be kept by the machine, under the team's key.
    fn run(&self, from: i64, seconds: i64) -> Run {
        let mut run = self.thor.run_of(from, seconds, FlagState::Off);
        run.circumstances.key = Some("key-team".to_owned());
        run.circumstances.account = None;
        run
    }

    fn keep(&self, machine: &str, folder: &Path, run: &Run, account: &str) {
        let mut place = match &self.by {
            By::Files => {
                LedgerPlace::from(&format!("sqlite:{}", folder.join(".thor-cutover/evidence.db").display()))
            }
            By::Server(database) => LedgerPlace::from(&database.url()),
        };
        place.password = Some(SecretString::from(PASSWORD));
        place.folder = folder.join(".thor-cutover");
        place.writer = machine.to_owned();
        let mut record = run.record();
        record.account_seen = Some(account.to_owned());
        Ledger::open(place).unwrap().record_run(&record).unwrap();
    }

    /// A watches until the middle of the session, B from then on.
    fn observe(&self) {
        self.keep("ada@a", self.thor.tool.path(), &self.run(-5, 25), ACCOUNT);
        let mut second = self.run(18, 30);
        second.circumstances.observer = 8;
        self.keep("bob@b", &self.b.path().join("thor"), &second, ACCOUNT);
    }

    fn on(&self, folder: &Path, arguments: &[&str]) -> Said {
        let mut command = self.ci.command(arguments);
        command.current_dir(folder);
        if let By::Server(database) = &self.by {
            command.env("THOR_CUTOVER_EVIDENCE", database.url()).env("PGPASSWORD", PASSWORD);
        }
        let output = command.output().unwrap();
        Said::of(output)
    }

    fn at_ci(&self, arguments: &[&str]) -> Said {
        self.on(&self.ci.path().join("thor"), arguments)
    }

    /// Exports of A and B, imported at CI; with a server there is nothing to carry.
    fn carry(&self) {
        if let By::Server(_) = self.by {
            return;
        }
        for (name, folder) in self.observers() {
            let file = self.ci.path().join(name);
            self.on(&folder, &["evidence", "export", file.to_str().unwrap()]).exits(0);
            self.at_ci(&["evidence", "import", file.to_str().unwrap()]).exits(0);
        }
    }

    fn observers(&self) -> [(&'static str, std::path::PathBuf); 2] {
        [("a.ndjson", self.thor.tool.path().to_owned()), ("b.ndjson", self.b.path().join("thor"))]
    }

    /// What CI decides, and what it says of the evidence.
    fn decide(&self) -> (i32, String) {
        let said = self.at_ci(&["checklist", FEATURE, "--format", "json"]);
        (said.code, evidence_said(&said))
    }
}

/// What a checklist's JSON says of the evidence that there is, and what it tells to do.
pub(super) fn evidence_said(said: &Said) -> String {
    let answer = said.json();
    let gates = answer["features"][0]["gates"].as_array().unwrap();
    let gate = gates.iter().find(|gate| gate["code"] == "evidence-present").unwrap();
    let fixes: Vec<&str> = gates.iter().filter_map(|gate| gate["fix"].as_str()).collect();
    format!("{} → {}", gate["value"].as_str().unwrap(), fixes.join("; "))
}

fn go_comes_from_both_machines_together(day: &Day) {
    day.keep("ada@a", day.thor.tool.path(), &day.run(-5, 25), ACCOUNT);
    if let By::Files = day.by {
        let (_, folder) = &day.observers()[0];
        let alone = day.ci.path().join("alone.ndjson");
        day.on(folder, &["evidence", "export", alone.to_str().unwrap()]).exits(0);
        day.at_ci(&["evidence", "import", alone.to_str().unwrap()]).exits(0);
    }
    assert_eq!(day.decide().0, 3, "half of a session is no session");
    day.observe();
    day.carry();
    let (code, said) = day.decide();
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("2 runs with the flag off, 2 of them clean"), "{said}");
    let list = day.at_ci(&["evidence", "list"]).exits(0);
    assert!(list.out.contains("account_balance") && list.out.contains("go (flag"), "{}", list.out);
    assert!(!format!("{}{}", list.out, list.err).contains(PASSWORD));
}

mod files {
    use super::*;

    #[test]
    fn go_comes_from_both_machines_together() {
        super::go_comes_from_both_machines_together(&Day::begin(By::Files));
    }

    #[test]
    fn with_trusted_keys_only_what_they_signed_counts() {
        let day = Day::begin(By::Files);
        day.observe();
        let ci = day.ci.path().join("thor");
        let key = day.ci.path().join("team.key");
        let made = day.on(&ci, &["evidence", "signing-key", key.to_str().unwrap()]).exits(0);
        let public = made.out.split('"').nth(1).unwrap().to_owned();
        let config = std::fs::read_to_string(ci.join("thor-cutover.toml")).unwrap();
        std::fs::write(
            ci.join("thor-cutover.toml"),
            format!("{config}\n[evidence]\ntrusted_keys = [{public:?}]\n"),
        )
        .unwrap();
        let [a, b] =
            ["a.ndjson", "b.ndjson"].map(|name| day.ci.path().join(name).to_str().unwrap().to_owned());
        let [(_, at_a), (_, at_b)] = day.observers();
        day.on(&at_a, &["evidence", "export", &a, "--sign", key.to_str().unwrap()]).exits(0);
        day.on(&at_b, &["evidence", "export", &b]).exits(0);
        day.at_ci(&["evidence", "import", &a]).exits(0);
        let said = day.at_ci(&["evidence", "import", &b]).exits(0);
        assert!(said.out.contains("it is not signed"), "{}", said.out);
        let (code, said) = day.decide();
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("1 imported from b.ndjson without a trusted signature"), "{said}");
        assert!(said.contains("--sign"), "{said}");

        // signed by somebody whom nobody named
        let stranger = day.ci.path().join("stranger.key");
        day.on(&at_b, &["evidence", "signing-key", stranger.to_str().unwrap()]).exits(0);
        std::fs::remove_file(&b).unwrap();
        day.on(&at_b, &["evidence", "export", &b, "--sign", stranger.to_str().unwrap()]).exits(0);
        let said = day.at_ci(&["evidence", "import", &b]).exits(0);
        assert!(said.out.contains("by a key that is not trusted"), "{}", said.out);
        assert_eq!(day.decide().0, 3);

        // signed by the team, and one letter changed after it was
        for file in [b.clone(), format!("{b}.minisig")] {
            std::fs::remove_file(file).unwrap();
        }
        day.on(&at_b, &["evidence", "export", &b, "--sign", key.to_str().unwrap()]).exits(0);
        let whole = std::fs::read_to_string(&b).unwrap();
        std::fs::write(&b, whole.replacen("\"exported_at\":\"2", "\"exported_at\":\"3", 1)).unwrap();
        let said = day.at_ci(&["evidence", "import", &b]).exits(4);
        assert!(said.err.contains("the file is not what was signed"), "{}", said.err);
        assert_eq!(day.decide().0, 3);

        std::fs::write(&b, whole).unwrap();
        day.at_ci(&["evidence", "import", &b]).exits(0);
        let (code, said) = day.decide();
        assert_eq!(code, 0, "{said}");
    }

    #[test]
    fn a_cut_or_forged_export_is_not_taken_in_and_says_where_it_was_cut() {
        let day = Day::begin(By::Files);
        day.observe();
        // a run that failed, which somebody would rather not have shown
        let mut failed = day.run(50, 5).divergent();
        failed.circumstances.observer = 9;
        day.keep("bob@b", &day.b.path().join("thor"), &failed, ACCOUNT);
        let [_, (_, at_b)] = day.observers();
        let file = day.ci.path().join("b.ndjson");
        day.on(&at_b, &["evidence", "export", file.to_str().unwrap()]).exits(0);
        let whole = std::fs::read_to_string(&file).unwrap();
        let id = failed.record().id;
        let kept = |line: &&str| !line.contains(&format!("\"id\":\"{id}\""));
        let without_run: String = whole
            .lines()
            .filter(kept)
            .map(|line| format!("{line}\n"))
            .collect::<String>()
            .replacen("\"entries\":2", "\"entries\":1", 1);
        let without_link: String =
            without_run.lines().filter(|line| !line.contains(&id)).map(|line| format!("{line}\n")).collect();
        // the digest of a line is no secret: whoever forges a line forges it too
        let forged: String = whole
            .lines()
            .map(|line| match line.contains(&id) && line.starts_with("{\"digest\"") {
                true => forged(&line.replace("no-go", "go")) + "\n",
                false => format!("{line}\n"),
            })
            .collect();
        for (name, text, word) in [
            ("without the run", without_run, "the chain of bob@b is cut"),
            ("without its link too", without_link, "the chain of bob@b is cut: the header promises 2 links"),
            ("with another verdict", forged, "is not what bob@b wrote"),
        ] {
            assert_ne!(text, whole);
            std::fs::write(&file, text).unwrap();
            let said = day.at_ci(&["evidence", "import", file.to_str().unwrap()]).exits(4);
            assert!(said.err.contains(word), "{name}: {}", said.err);
        }
        // what says of itself that it is older than chains is taken in, and that is said
        let older: String = whole
            .lines()
            .filter(|line| !line.starts_with("{\"link\":"))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
            .replacen("\"thor_cutover_evidence\":2", "\"thor_cutover_evidence\":1", 1);
        std::fs::write(&file, older).unwrap();
        let elsewhere = Tool::new();
        let said = elsewhere.run(&["evidence", "import", file.to_str().unwrap()]).exits(0);
        let words: Vec<&str> = said.out.split_whitespace().collect();
        assert!(words.join(" ").contains("which has no chains"), "{}", said.out);
        assert_eq!(day.decide().0, 3, "nothing was taken in");
        std::fs::write(&file, whole).unwrap();
        day.at_ci(&["evidence", "import", file.to_str().unwrap()]).exits(0);
        assert_eq!(day.decide().0, 1, "and the whole of it says no-go");
    }

    /// The line with the digest that fits its content.
    fn forged(line: &str) -> String {
        let (_, content) = line.split_once(",\"entry\":").unwrap();
        let content = content.strip_suffix('}').unwrap();
        let (body, reports) = content.split_once(",\"reports\":").unwrap();
        let digest = xxhash_rust::xxh3::xxh3_128(format!("{body}{reports}").as_bytes());
        format!("{{\"digest\":\"{digest:032x}\",\"entry\":{body},\"reports\":{reports}}}")
    }
}

mod postgres {
    use super::*;

    fn day() -> Day {
        Day::begin(By::Server(shared().database()))
    }

    #[test]
    fn go_comes_from_both_machines_together() {
        super::go_comes_from_both_machines_together(&day());
    }

    #[test]
    fn a_cut_chain_is_no_base_for_a_verdict() {
        let day = day();
        day.observe();
        let By::Server(database) = &day.by else { panic!("a server") };
        database.admin("DELETE FROM thor_cutover.entry WHERE id = (SELECT entry FROM thor_cutover.link WHERE writer = 'bob@b')");
        let said = day.at_ci(&["checklist", FEATURE]).exits(4);
        assert!(said.out.is_empty() && said.err.contains("the chain of bob@b is cut"), "{}", said.err);
    }

    /// What is read needs no server that can be written to.
    #[test]
    fn a_replica_will_do_for_a_checklist_and_for_nothing_else() {
        let day = day();
        day.observe();
        let By::Server(database) = &day.by else { panic!("a server") };
        let replica = shared().replica().database_named(&database.name);
        let place = || {
            let mut place = LedgerPlace::from(&replica.url());
            place.password = Some(SecretString::from(PASSWORD));
            place.folder = day.ci.path().join("replica");
            place
        };
        let runs = || {
            let ledger = Ledger::read(place()).unwrap();
            ledger.map_or(0, |mut ledger| ledger.facts(jiff::Timestamp::UNIX_EPOCH).unwrap().runs.len())
        };
        assert!((0..200).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            runs() == 2
        }));
        let output = day
            .ci
            .command(&["checklist", FEATURE])
            .current_dir(day.ci.path().join("thor"))
            .env("THOR_CUTOVER_EVIDENCE", replica.url())
            .env("PGPASSWORD", PASSWORD)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let written = Ledger::open(place()).unwrap().record_run(&day.run(60, 5).record());
        assert!(matches!(written, Err(LedgerError::ReadOnly { .. })), "{written:?}");
    }

    /// The roles of docs/evidence.md: an observer adds and takes nothing away, a checklist reads.
    #[test]
    fn an_observer_may_add_and_a_checklist_may_read() {
        let day = day();
        day.observe();
        let By::Server(database) = &day.by else { panic!("a server") };
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/evidence.md")).unwrap();
        let sql = page.split("```sql\n").nth(1).unwrap().split("```").next().unwrap();
        database.admin(&sql.replace("'…'", &format!("'{PASSWORD}'")));
        let place = |user: &str| {
            let mut place = LedgerPlace::from(&database.url_of(user));
            place.password = Some(SecretString::from(PASSWORD));
            place.folder = day.ci.path().join(user);
            place.writer = user.to_owned();
            place
        };
        let mut longer = day.run(18, 35);
        longer.circumstances.observer = 8;
        let mut observer = Ledger::open(place("thor_observer")).unwrap();
        assert_eq!(observer.record_run(&longer.record()).unwrap().replaced, 1, "its own run, longer");
        assert!(observer.identifiers_key(Some(&[7; 32]), false).unwrap().is_some());
        let checkpoint = observer.entries().unwrap().remove(0);
        let id = longer.record().id;
        let error = observer.remove(std::slice::from_ref(&id), &checkpoint).unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{error}");

        let mut reader = Ledger::read(place("thor_checklist")).unwrap().unwrap();
        assert_eq!(reader.facts(jiff::Timestamp::UNIX_EPOCH).unwrap().runs.len(), 2);
        let another = day.run(60, 5).record();
        let error = Ledger::open(place("thor_checklist")).unwrap().record_run(&another);
        assert!(error.is_err_and(|error| error.to_string().contains("permission denied")));
        let output = day
            .ci
            .command(&["checklist", FEATURE])
            .current_dir(day.ci.path().join("thor"))
            .env("THOR_CUTOVER_EVIDENCE", database.url_of("thor_checklist"))
            .env("PGPASSWORD", PASSWORD)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
