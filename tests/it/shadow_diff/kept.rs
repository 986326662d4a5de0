//! What a real run leaves on the ledger, whether it can be derived again, and how machines share a key.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use thor_cutover::evidence::{Ledger, LedgerPlace};
use thor_cutover::model::facts::ledger::{Entry, FlagState, RunRecord};

use super::{against, json, observe, stderr, stdout, thor, thor_cutover};
use crate::checklist::whole_life::Thor;
use crate::flag_server::{BROKEN, FlagServer, OFF, ON};
use crate::ledger::server::{PASSWORD, Server, shared};

const SHORT: [&str; 6] = ["account_balance", "positions", "--for", "8s", "--every", "150ms"];

fn runs(folder: &Path) -> Vec<RunRecord> {
    let store = format!("sqlite:{}", folder.join(".thor-cutover/evidence.db").display());
    let mut ledger = Ledger::read(&store).unwrap().expect("a ledger");
    ledger.facts(jiff::Timestamp::UNIX_EPOCH).unwrap().runs
}

fn verify(folder: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let output =
        thor_cutover(folder).args(["evidence", "verify", "--format", "json"]).args(more).output().unwrap();
    (output.status.code(), if output.stdout.is_empty() { stderr(&output).into() } else { json(&output) })
}

#[test]
fn a_run_says_who_where_how_on_which_account_and_is_derived_again_from_its_recording() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = thor(Vec::new());
    let output = observe(&emulator, folder.path(), &[&SHORT[..], &["--record", "run.ndjson.zst"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let [run] = &runs(folder.path())[..] else { panic!("one run") };
    let by = run.by.as_ref().expect("who observed");
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_else(|_| by.host.clone());
    assert_eq!(by.host, host.trim());
    assert!(!by.user.is_empty());
    assert_eq!(by.command, format!("thor-cutover shadow-diff {} --record run.ndjson.zst", SHORT.join(" ")));
    assert_eq!(run.tool, env!("CARGO_PKG_VERSION"));
    assert!(run.key.as_ref().is_some_and(|key| key.starts_with("key-")), "{:?}", run.key);
    assert!(run.account_seen.is_some(), "REST's answers named an account, though none is configured");
    assert_eq!(run.account, None);
    assert_eq!(run.features[0].flag_end, Some(FlagState::Off));

    let (code, said) = verify(folder.path(), &[]);
    assert_eq!((code, said["runs"][0]["verification"].as_str()), (Some(0), Some("verified")), "{said:#}");

    // the recording moved: found by its digest; gone: said by name; changed: it differs
    let (from, to) = (folder.path().join("run.ndjson.zst"), folder.path().join("moved.zst"));
    std::fs::rename(&from, &to).unwrap();
    let (code, said) = verify(folder.path(), &[]);
    assert_eq!(
        (code, said["runs"][0]["verification"].as_str()),
        (Some(3), Some("not-verifiable")),
        "{said:#}"
    );
    assert!(said["runs"][0]["why"].as_str().unwrap().contains("run.ndjson.zst"), "{said:#}");
    let (code, said) = verify(folder.path(), &["--recording", "moved.zst"]);
    assert_eq!(code, Some(0), "{said:#}");
    let plain = zstd::stream::decode_all(std::fs::File::open(&to).unwrap()).unwrap();
    let spoilt = String::from_utf8(plain).unwrap().replacen("\"cash\":", "\"cash\":1", 1);
    std::fs::write(&from, zstd::stream::encode_all(spoilt.as_bytes(), 1).unwrap()).unwrap();
    let (code, said) = verify(folder.path(), &[]);
    assert_eq!((code, said["runs"][0]["verification"].as_str()), (Some(1), Some("differs")), "{said:#}");
    std::fs::rename(&to, &from).unwrap();
    assert_eq!(verify(folder.path(), &[&run.id[..16]]).0, Some(0));
    assert_eq!(verify(folder.path(), &["1999"]).0, Some(2));

    let again = observe(&emulator, folder.path(), &SHORT);
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    let (code, said) = verify(folder.path(), &[]);
    assert_eq!(code, Some(3), "one of them was not recorded: {said:#}");
    assert!(said.to_string().contains("it was not recorded"), "{said:#}");
}

#[test]
fn a_flag_that_flips_in_mid_run_is_seen() {
    // `1` is off to Thor, and yet whoever writes it means to flip the flag
    for (written, end) in [("true", FlagState::On), ("1", FlagState::Unknown)] {
        let folder = tempfile::tempdir().unwrap();
        let env = folder.path().join(".env");
        std::fs::write(&env, "WS_FEATURE_POSITIONS=false\n").unwrap();
        let emulator = thor(Vec::new());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_secs(4));
                std::fs::write(&env, format!("WS_FEATURE_POSITIONS={written}\n")).unwrap();
            });
            observe(&emulator, folder.path(), &["positions", "--for", "8s", "--every", "150ms"]);
        });
        let run = &runs(folder.path())[0].features[0];
        assert_eq!((run.flag, run.flag_end), (FlagState::Off, Some(end)));
        let said = |arguments: &[&str]| {
            let mut command = thor_cutover(folder.path());
            command.args(arguments).args(["--format", "json"]);
            stdout(&command.env("THOR_CUTOVER_REST_URL", emulator.rest_url()).output().unwrap())
        };
        let (list, went) = (said(&["evidence", "list"]), format!("flag went from off to {}", end.as_str()));
        assert!(!list.contains("flag off") && list.contains(&went), "{list}");
        let checklist = said(&["checklist", "positions", "--decision", "cutover"]);
        assert!(checklist.contains(&format!("1 whose {went} meanwhile")), "{checklist}");
    }
}

/// A folder whose env file says on, and that names a backend which says something else.
fn with_backend(flags: &FlagServer) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), "WS_FEATURE_POSITIONS=true\n").unwrap();
    std::fs::write(folder.path().join("thor-cutover.toml"), flags.configuration()).unwrap();
    folder
}

/// What a running backend serves counts before what a file declares, as in `status` and `watch`.
#[test]
fn a_flag_that_the_backend_serves_is_what_the_run_is_bound_to() {
    let (emulator, flags) = (thor(Vec::new()), FlagServer::start(OFF));
    let folder = with_backend(&flags);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // the run is bound to its first answer, however long its beginning takes
            for _ in 0..600 {
                if flags.asked.load(Ordering::SeqCst) > 0 {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            std::thread::sleep(Duration::from_secs(1));
            flags.says.store(ON, Ordering::SeqCst);
        });
        observe(&emulator, folder.path(), &["positions", "--for", "10s", "--every", "150ms"]);
    });
    let run = &runs(folder.path())[0].features[0];
    assert_eq!((run.flag, run.flag_end), (FlagState::Off, Some(FlagState::On)));
}

#[test]
fn a_backend_that_does_not_serve_its_flags_is_said_and_the_files_count() {
    let (emulator, flags) = (thor(Vec::new()), FlagServer::start(BROKEN));
    let folder = with_backend(&flags);
    let output = observe(&emulator, folder.path(), &["positions", "--for", "2s", "--every", "150ms"]);
    let said = stderr(&output);
    assert!(said.contains("warning: what the backend serves of its flags is not known"), "{said}");
    let run = &runs(folder.path())[0].features[0];
    assert_eq!((run.flag, run.flag_end), (FlagState::On, Some(FlagState::On)));
}

/// Back where it was when the run ends, it was another one all the same.
#[test]
fn a_flag_that_flips_and_flips_back_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let env = folder.path().join(".env");
    let set = |value: &str| std::fs::write(&env, format!("WS_FEATURE_POSITIONS={value}\n")).unwrap();
    set("false");
    let emulator = thor(Vec::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_secs(4));
            set("true");
            std::thread::sleep(Duration::from_secs(4));
            set("false");
        });
        observe(&emulator, folder.path(), &["positions", "--for", "10s", "--every", "150ms"]);
    });
    let run = &runs(folder.path())[0].features[0];
    assert_eq!((run.flag, run.flag_end), (FlagState::Off, Some(FlagState::On)));
}

/// A source that changed under a run and was put back afterwards: what the run saw was partly of other code.
#[test]
fn code_that_changes_in_mid_run_is_seen_and_named() {
    let thor_tree = Thor::new();
    let folder = thor_tree.tool.path();
    let emulator = thor(Vec::new());
    let builder = "backend/realtime/messages.py";
    let before = thor_tree.tool.read(builder);
    let run = |change: bool| {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_secs(5));
                if change {
                    thor_tree.edit(builder, |text| text.replacen("return {", "print()\n    return {", 1));
                }
            });
            observe(&emulator, folder, &["account_balance", "--for", "9s", "--every", "150ms"])
        })
    };
    let why = || {
        let said = thor_cutover(folder)
            .args(["checklist", "account_balance", "--decision", "cutover", "--format", "json"])
            .env("THOR_CUTOVER_REST_URL", emulator.rest_url())
            .output()
            .unwrap();
        stdout(&said)
    };
    let output = run(true);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    std::fs::write(folder.join(builder), before).unwrap();
    let seen = &runs(folder)[0].features[0];
    assert!(seen.code.is_some() && seen.code_end.is_some() && seen.code != seen.code_end);
    let said = why();
    let named = "1 whose source changed meanwhile: at its end of other code: build_account_balance_message";
    assert!(said.contains(named), "{said}");

    run(false);
    let seen = &runs(folder)[1].features[0];
    assert!(seen.code.is_some() && seen.code_end.is_none(), "nothing changed in this one");
    assert!(why().contains("1 run with the flag off, 1 clean"), "{}", why());
}

fn key(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = thor_cutover(folder).args(["evidence", "key"]).args(arguments).output().unwrap();
    (output.status.code(), stdout(&output) + &stderr(&output))
}

#[test]
fn a_key_is_handed_over_once_and_never_lost_by_accident() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = b.path().join("team.key").display().to_string();
    assert_eq!(key(a.path(), &["fingerprint"]).0, Some(4), "there is none yet");
    assert_eq!(key(a.path(), &["export", &file]).0, Some(0));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(key(a.path(), &["export", &file]).0, Some(4), "it does not write over another one");
    assert_eq!(key(b.path(), &["import", &file]).0, Some(0));
    let fingerprint = key(a.path(), &["fingerprint"]).1;
    assert_eq!(key(b.path(), &["fingerprint"]).1, fingerprint);
    assert!(key(b.path(), &["import", &file]).1.contains("nothing new"));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!fingerprint.contains(text.trim()));

    let other = tempfile::tempdir().unwrap();
    let theirs = other.path().join("other.key").display().to_string();
    key(other.path(), &["export", &theirs]);
    let (code, said) = key(b.path(), &["import", &theirs]);
    assert!(code == Some(2) && said.contains(fingerprint.trim()) && said.contains("--replace"), "{said}");
    assert_eq!(key(b.path(), &["fingerprint"]).1, fingerprint);
    assert_eq!(key(b.path(), &["import", &theirs, "--replace"]).0, Some(0));
    assert_ne!(key(b.path(), &["fingerprint"]).1, fingerprint);

    std::fs::write(b.path().join("thor-cutover.toml"), "[evidence]\nidentifiers_key_env = \"TEAM_KEY\"\n")
        .unwrap();
    let with = |value: &str| {
        let mut command = thor_cutover(b.path());
        let output =
            command.args(["evidence", "key", "fingerprint"]).env("TEAM_KEY", value).output().unwrap();
        (output.status.code(), stdout(&output))
    };
    assert_eq!(with(&text), (Some(0), fingerprint));
    assert_eq!(with("nonsense").0, Some(2));
    assert_eq!(key(b.path(), &["fingerprint"]).0, Some(2), "the variable is not set");
}

mod postgres {
    use super::*;

    /// The binary against a server, from two machines.
    #[test]
    fn two_machines_share_the_servers_key_and_an_outage_loses_nothing() {
        let server = Server::start();
        let database = server.database();
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let emulator = thor(Vec::new());
        let arguments = ["shadow-diff", "account_balance", "--for", "6s", "--every", "100ms"];
        let run = |folder: &Path| {
            let mut command = against(&emulator, folder);
            command.env("THOR_CUTOVER_EVIDENCE", database.url()).env("PGPASSWORD", PASSWORD);
            command.args(arguments).output().unwrap()
        };
        let output = run(a.path());
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
        assert!(
            stderr(&output).contains("evidence kept in postgres://postgres@127.0.0.1"),
            "{}",
            stderr(&output)
        );
        server.kill();
        // the machine that knows the key observes all the same; its evidence waits
        let output = run(a.path());
        assert_eq!(output.status.code(), Some(4), "{}{}", stdout(&output), stderr(&output));
        assert!(stderr(&output).contains("cannot be reached"), "{}", stderr(&output));
        let pending = a.path().join(".thor-cutover/pending.ndjson");
        assert!(std::fs::read_to_string(&pending).unwrap().lines().count() >= 1);
        // one that never had it does not make up another
        let output = run(b.path());
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        server.run();
        let output = run(b.path());
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
        let output = run(a.path());
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
        assert!(stderr(&output).contains("merged"), "{}", stderr(&output));

        let mut place = LedgerPlace::from(&database.url());
        place.password = Some(secrecy::SecretString::from(PASSWORD));
        let facts = Ledger::read(place).unwrap().unwrap().facts(jiff::Timestamp::UNIX_EPOCH).unwrap();
        let keys: std::collections::BTreeSet<_> = facts.runs.iter().map(|run| run.key.clone()).collect();
        assert_eq!((facts.runs.len(), keys.len()), (4, 1));
        let accounts: std::collections::BTreeSet<_> =
            facts.runs.iter().map(|run| run.account_seen.clone()).collect();
        assert_eq!(accounts.len(), 1, "one account under one key: {accounts:?}");
    }

    #[test]
    fn a_whole_ledger_is_copied_there_and_back() {
        let database = shared().database();
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let emulator = thor(Vec::new());
        observe(&emulator, from.path(), &["account_balance", "--for", "6s", "--every", "100ms"]);
        let copy = |from_store: &str, to_store: &str| {
            let output = thor_cutover(from.path())
                .args(["evidence", "copy", from_store, to_store])
                .env("PGPASSWORD", PASSWORD)
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
            stdout(&output)
        };
        let file = "sqlite:.thor-cutover/evidence.db";
        let first = copy(file, &database.url());
        assert!(first.contains("1 new") && first.contains("went along"), "{first}");
        assert!(copy(file, &database.url()).contains("nothing new"));
        let back = format!("sqlite:{}", to.path().join("back.db").display());
        assert!(copy(&database.url(), &back).contains("1 new"));
        let fingerprint = |store: &str| {
            let mut command = thor_cutover(from.path());
            command.args(["evidence", "key", "fingerprint", "--evidence", store]).env("PGPASSWORD", PASSWORD);
            stdout(&command.output().unwrap())
        };
        assert!(fingerprint(file).starts_with("key-"), "{}", fingerprint(file));
        assert_eq!(
            (fingerprint(&database.url()), fingerprint(&back)),
            (fingerprint(file), fingerprint(file))
        );
        let entry = |store: &str| -> Entry {
            let mut ledger = Ledger::read(store).unwrap().unwrap();
            let id = ledger.entries().unwrap()[0].id().to_owned();
            ledger.entry(&id).unwrap()
        };
        let first = format!("sqlite:{}", from.path().join(".thor-cutover/evidence.db").display());
        assert_eq!(entry(&first), entry(&back));
    }

    #[test]
    fn a_password_never_stands_in_the_file_or_on_the_command_line_and_is_never_shown() {
        let database = shared().database();
        let folder = tempfile::tempdir().unwrap();
        let with = database.url().replace("postgres@", &format!("postgres:{PASSWORD}@"));
        let ask = |arguments: &[&str], variables: &[(&str, &str)]| {
            let mut command = thor_cutover(folder.path());
            command.args(arguments).envs(variables.iter().copied());
            let output = command.output().unwrap();
            let said = stdout(&output) + &stderr(&output);
            assert!(!said.contains(PASSWORD), "{said}");
            (output.status.code(), said)
        };
        let list = ["evidence", "list"];
        assert_eq!(ask(&["evidence", "list", "--evidence", &with], &[]).0, Some(2));
        assert_eq!(ask(&list, &[("THOR_CUTOVER_EVIDENCE", &with)]).0, Some(0), "by a variable it may");
        let url = database.url();
        let (code, said) = ask(&list, &[("THOR_CUTOVER_EVIDENCE", &url), ("PGPASSWORD", "wrong")]);
        assert!(code == Some(4) && said.contains("PGPASSWORD"), "{said}");
        std::fs::write(folder.path().join("pass"), format!("127.0.0.1:*:*:postgres:{PASSWORD}\n")).unwrap();
        let file = folder.path().join("pass").display().to_string();
        assert_eq!(ask(&list, &[("THOR_CUTOVER_EVIDENCE", &url), ("PGPASSFILE", &file)]).0, Some(0));
        let toml = folder.path().join("thor-cutover.toml");
        std::fs::write(&toml, format!("[evidence]\nstore = {with:?}\n")).unwrap();
        let (code, said) = ask(&list, &[]);
        assert!(code == Some(2) && said.contains("store_env"), "{said}");
        std::fs::write(&toml, "[evidence]\nstore_env = \"LEDGER\"\n").unwrap();
        assert_eq!(ask(&list, &[("LEDGER", &with)]).0, Some(0));
        assert_eq!(ask(&list, &[]).0, Some(2), "the variable is not set");
        let host = url.split('@').nth(1).unwrap().split('/').next().unwrap();
        let (name, port) = host.split_once(':').unwrap();
        let database_name = url.split('/').nth(3).unwrap().split('?').next().unwrap();
        let libpq = [
            ("THOR_CUTOVER_EVIDENCE", "postgres://"),
            ("PGHOST", name),
            ("PGPORT", port),
            ("PGUSER", "postgres"),
            ("PGDATABASE", database_name),
            ("PGSSLMODE", "disable"),
            ("PGPASSWORD", PASSWORD),
        ];
        assert_eq!(ask(&list, &libpq).0, Some(0), "everything by libpq's variables");
    }
}
