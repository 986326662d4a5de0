//! A disk without room, at the worst moment. Each in a mount namespace of its own, where the system gives one.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use thor_cutover::evidence::Ledger;
use thor_cutover::model::facts::ledger::Entry;
use thor_cutover::model::run::RunEnd;

use super::{bytes, export, observe, run, runs, spawn, thor, wait_until};
use crate::control::tool::{Said, Tool};

/// Runs the rest of the test `name` in a folder that is a file system of `size`.
fn on_a_small_disk(name: &str, size: &str, rest: fn(&Path)) {
    in_a_namespace(name, &format!("mount -t tmpfs -o size={size} tmpfs \"$1\""), rest);
}

/// Runs the rest of the test `name` where `mount` was done, in its folder; nowhere where the system allows no mounts.
pub fn in_a_namespace(name: &str, mount: &str, rest: fn(&Path)) {
    const FOLDER: &str = "THOR_CUTOVER_TEST_MOUNTED";
    if let Some(folder) = std::env::var_os(FOLDER) {
        rest(Path::new(&folder));
        return std::io::stdout().write_all(b"the rest of the test held\n").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let script = format!("{mount} && exec \"$2\" --exact --nocapture \"$3\"");
    let output = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", &script, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(FOLDER, folder.path())
        .output();
    let text = output.as_ref().map_or(String::new(), |output| {
        String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
    });
    match output {
        Ok(output) if output.status.success() => {
            assert!(text.contains("the rest of the test held"), "{text}")
        }
        Ok(_) if text.contains("panicked") => panic!("{text}"),
        other => {
            let said = format!("SKIPPED: no mount namespace here: {other:?}\n");
            std::io::stderr().write_all(said.as_bytes()).unwrap();
        }
    }
}

/// Fills a file system to its last byte; room again when it is dropped.
struct Filler(std::path::PathBuf);

impl Filler {
    fn of(folder: &Path) -> Self {
        let path = folder.join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        for block in [4096, 1] {
            while file.write_all(&vec![0; block]).is_ok() {}
        }
        Self(path)
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

#[test]
fn a_page_or_an_export_without_room_leaves_what_was_there() {
    on_a_small_disk(
        "machine::full_disk::a_page_or_an_export_without_room_leaves_what_was_there",
        "1m",
        |disk| {
            let tool = Tool::new();
            let mut ledger = tool.ledger();
            ledger.append(&(0..20).map(run).collect::<Vec<_>>()).unwrap();
            drop(ledger);
            let page = disk.join("page.html").display().to_string();
            let write = ["report", "--format", "html", "--output", &page];
            tool.run(&write).exits(0);
            let before = std::fs::read(&page).unwrap();
            let full = Filler::of(disk);
            let refused = tool.run(&write).exits(4);
            assert!(
                refused.err.contains("page.html") && refused.err.contains("No space left"),
                "{}",
                refused.err
            );
            assert_eq!(std::fs::read(&page).unwrap(), before, "the page of the last time");
            let export = disk.join("export.ndjson");
            let refused = tool.run(&["evidence", "export", &export.display().to_string()]).exits(4);
            assert!(
                refused.err.contains("export.ndjson") && refused.err.contains("No space left"),
                "{}",
                refused.err
            );
            assert!(!export.exists(), "half an export would stand in the way of the next");
            let names: Vec<_> = std::fs::read_dir(disk).unwrap().flatten().map(|it| it.file_name()).collect();
            assert_eq!(names.len(), 2, "nothing is left behind: {names:?}");
            drop(full);
            tool.run(&["evidence", "export", &export.display().to_string()]).exits(0);
        },
    );
}

#[test]
fn a_run_whose_recording_finds_no_room_ends_as_an_error_with_its_evidence_kept() {
    let name =
        "machine::full_disk::a_run_whose_recording_finds_no_room_ends_as_an_error_with_its_evidence_kept";
    on_a_small_disk(name, "1m", |disk| {
        let (tool, thor) = (Tool::new(), thor());
        let recording = disk.join("run.ndjson");
        let record = recording.display().to_string();
        let child = spawn(observe(&tool, &thor, &["--record", &record, "--for", "60s"]));
        wait_until("some of it is recorded", || bytes(&recording) > 20_000);
        let full = Filler::of(disk);
        let ended = Said::of(child.wait_with_output().unwrap()).exits(4);
        assert!(ended.err.contains("cannot write the recording"), "{}", ended.err);
        assert!(ended.err.contains("evidence kept"), "{}", ended.err);
        let [kept] = &runs(&tool)[..] else { panic!("one run") };
        assert_eq!(kept.end, RunEnd::Interrupted);
        drop(full);
        let replayed = tool.run(&["replay", &record, "--format", "json"]).exits(3).json();
        assert!(replayed["features"][0]["samples"].as_u64().unwrap() > 0, "{replayed:#}");
    });
}

#[test]
fn a_run_whose_ledger_finds_no_room_waits_beside_it_and_counts_once() {
    let name = "machine::full_disk::a_run_whose_ledger_finds_no_room_waits_beside_it_and_counts_once";
    on_a_small_disk(name, "4m", |disk| {
        let (tool, thor) = (Tool::new(), thor());
        let store = format!("sqlite:{}", disk.join("evidence.db").display());
        drop(Ledger::open(&store).unwrap());
        let child = spawn(observe(&tool, &thor, &["--evidence", &store, "--for", "8s"]));
        std::thread::sleep(Duration::from_secs(3));
        let full = Filler::of(disk);
        let ended = Said::of(child.wait_with_output().unwrap()).exits(4);
        assert!(ended.err.contains("no room left on the disk of the ledger"), "{}", ended.err);
        assert!(ended.err.contains("the evidence is safe in"), "{}", ended.err);
        let checked = tool.run(&["checklist", "account_balance", "--evidence", &store, "--format", "json"]);
        assert!(matches!(checked.code, 3 | 4), "{}{}", checked.out, checked.err);
        drop(full);
        let mut ledger = Ledger::open(&store).unwrap();
        let entries = ledger.entries().unwrap();
        let [Entry::Run(kept)] = &entries[..] else { panic!("one run: {entries:?}") };
        assert_eq!(kept.end, RunEnd::Completed);
        assert!(Ledger::open(&store).unwrap().warnings().is_empty(), "it is merged once");
    });
}

#[test]
fn an_import_without_room_takes_in_nothing() {
    on_a_small_disk("machine::full_disk::an_import_without_room_takes_in_nothing", "1m", |disk| {
        let tool = Tool::new();
        let file = export(&tool, 59);
        let store = format!("sqlite:{}", disk.join("evidence.db").display());
        drop(Ledger::open(&store).unwrap());
        let full = Filler::of(disk);
        let import = ["evidence", "import", &file, "--evidence", &store];
        let refused = tool.run(&import).exits(4);
        assert!(refused.err.contains("no room left"), "{}", refused.err);
        drop(full);
        assert_eq!(Ledger::open(&store).unwrap().entries().unwrap().len(), 0);
        tool.run(&import).exits(0);
        assert_eq!(Ledger::open(&store).unwrap().entries().unwrap().len(), 59);
    });
}

/// `enable` leaves the file as it was; `rollback` is never refused, so it writes over the file's own bytes.
#[test]
fn a_flag_without_room_is_left_by_enable_and_switched_off_by_rollback() {
    let name = "machine::full_disk::a_flag_without_room_is_left_by_enable_and_switched_off_by_rollback";
    on_a_small_disk(name, "1m", |disk| {
        let tool = Tool::new();
        let config = disk.join("thor-cutover.toml");
        let store = format!("sqlite:{}", disk.join(".thor-cutover/evidence.db").display());
        std::fs::write(&config, "").unwrap();
        drop(Ledger::open(&store).unwrap());
        let on = "# Thor\nWS_FEATURE_ACCOUNT_BALANCE=true\nDEBUG=1\n";
        let off = on.replace("=true", "=false");
        let env = disk.join(".env");
        let with = ["--config", &config.display().to_string()];

        std::fs::write(&env, &off).unwrap();
        let full = Filler::of(disk);
        let enable = ["enable", "account_balance", "--force", "--reason", "no room"];
        let refused = tool.run(&[&enable[..], &with].concat()).exits(4);
        assert!(refused.err.contains(".env") && refused.err.contains("No space left"), "{}", refused.err);
        assert_eq!(std::fs::read_to_string(&env).unwrap(), off);
        drop(full);

        std::fs::write(&env, on).unwrap();
        let full = Filler::of(disk);
        let rolled_back = tool.run(&[&["rollback", "account_balance"], &with[..]].concat()).exits(0);
        assert_eq!(std::fs::read_to_string(&env).unwrap(), off, "{}{}", rolled_back.out, rolled_back.err);
        drop(full);
        let entries = Ledger::open(&store).unwrap().entries().unwrap();
        assert!(matches!(&entries[..], [Entry::FlagChange(change)] if !change.on), "{entries:?}");
    });
}
