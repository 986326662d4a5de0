//! `kill -9` at any moment.

use std::time::Duration;

use thor_cutover::evidence::{Ledger, pending_path};
use thor_cutover::model::facts::ledger::Entry;

use super::{bytes, export, observe, run, runs, spawn, thor, wait_until, waiting};
use crate::control::tool::{Said, Tool};

/// When to kill: where one kill came too early the next comes later, and the other way round, so that on a machine of
/// any speed most kills meet the moment in which the work is done.
struct Aim {
    delay: Duration,
    early: u32,
    late: u32,
}

impl Aim {
    fn new() -> Aim {
        Aim { delay: Duration::from_millis(8), early: 0, late: 0 }
    }

    /// Every fourth kill comes wherever the program is by then; the others count from when `path` is there.
    fn kill(&self, child: &mut std::process::Child, round: u64, path: &std::path::Path) -> bool {
        if !round.is_multiple_of(4) {
            while !path.exists() && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
        }
        std::thread::sleep(self.delay);
        child.kill().unwrap();
        child.wait().unwrap().success()
    }

    fn was(&mut self, late: bool) {
        let (count, factor) = if late { (&mut self.late, 0.8) } else { (&mut self.early, 1.3) };
        *count += 1;
        self.delay = self.delay.mul_f64(factor).clamp(Duration::from_micros(50), Duration::from_secs(2));
    }

    fn met_both(&self) {
        assert!(
            self.early > 0 && self.late > 0,
            "every kill came too early, or too late: {} and {}",
            self.early,
            self.late
        );
    }
}

const RECORDED: [&str; 6] = ["--record", "run.ndjson.zst", "--rotate", "20KB", "--format", "json"];

fn parts(tool: &Tool) -> Vec<String> {
    let names = std::fs::read_dir(tool.path()).unwrap().map(|it| it.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| name.starts_with("run."));
    names.sort();
    names
}

/// Compressed and in parts; then as a kill leaves it between making a part and writing its first line, in three ways.
#[test]
fn a_recording_that_was_killed_anywhere_replays_and_is_gone_on_with() {
    let (tool, thor) = (Tool::new(), thor());
    let mut child = spawn(observe(&tool, &thor, &[&RECORDED[..], &["--for", "60s"]].concat()));
    wait_until("a third part", || tool.path().join("run.3.ndjson.zst").exists());
    std::thread::sleep(Duration::from_millis(700));
    child.kill().unwrap();
    child.wait().unwrap();
    let whole = parts(&tool);
    let next = format!("run.{}.ndjson.zst", whole.len() + 1);

    let header = zstd::stream::decode_all(std::fs::File::open(tool.path().join("run.2.ndjson.zst")).unwrap());
    let header = header.unwrap_or_default();
    let torn = zstd::stream::encode_all(&header[..header.len().min(300)], 0).unwrap();
    for (leaves, left) in [("nothing", &b""[..]), ("half a frame", &torn[..9]), ("half a header", &torn)] {
        std::fs::write(tool.path().join(&next), left).unwrap();
        let files = parts(&tool);
        let names: Vec<&str> = files.iter().map(String::as_str).collect();
        let again = tool.run(&[&["replay", "--format", "json"][..], &names].concat()).exits(3).json();
        assert_eq!(again["end"], "interrupted", "{leaves}: {again:#}");
        assert!(again["warnings"].to_string().contains(&next), "{leaves}: it is said: {again:#}");
        assert!(again["features"][0]["samples"].as_u64().unwrap() > 20, "{leaves}: {again:#}");
    }

    let output = observe(&tool, &thor, &[&RECORDED[..], &["--for", "6s", "--resume"]].concat()).output();
    let resumed = Said::of(output.unwrap()).exits(0);
    let report = resumed.json();
    assert_eq!(report["connection"]["gaps"].as_array().unwrap().len(), 1, "{report:#}");
    let files = parts(&tool);
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    let again = tool.run(&[&["replay", "--format", "json"][..], &names].concat()).exits(0).json();
    assert_eq!(again["features"], report["features"]);
    let [kept] = &runs(&tool)[..] else { panic!("one run, however often it was begun") };
    assert_eq!(kept.features[0].windows.len(), 2, "{:#?}", kept.features[0].windows);
}

/// A kill before the first line was written leaves nothing to go on with: the run begins.
#[test]
fn a_recording_that_was_killed_before_its_first_line_is_begun_again() {
    let (tool, thor) = (Tool::new(), thor());
    tool.write("run.ndjson", "{\"thor_cutover_recording\":1,\"started_at\":\"2026-");
    tool.run(&["replay", "run.ndjson"]).exits(4);
    let output = observe(&tool, &thor, &["--record", "run.ndjson", "--for", "3s", "--resume"]).output();
    let said = Said::of(output.unwrap());
    assert!(matches!(said.code, 0 | 3), "{}", said.err);
    assert!(!said.err.contains("resuming"), "{}", said.err);
    assert!(matches!(tool.run(&["replay", "run.ndjson"]).code, 0 | 3));
}

/// All of it or nothing, whenever the kill comes; and the next time all of it.
#[test]
fn an_import_that_was_killed_took_in_all_or_nothing() {
    let source = Tool::new();
    let file = export(&source, 59);
    let mut aim = Aim::new();
    for round in 0..60_u64 {
        let tool = Tool::new();
        let store = tool.path().join(".thor-cutover/evidence.db");
        let mut child = spawn(tool.command(&["evidence", "import", &file]));
        let done = aim.kill(&mut child, round, &store);
        let there = if store.exists() { runs(&tool).len() } else { 0 };
        assert!(matches!(there, 0 | 59), "round {round}: {there} of 59 runs");
        aim.was(there == 59);
        assert!(there == 59 || !done, "round {round}: it said it was done");
        tool.run(&["evidence", "import", &file]).exits(0);
        assert_eq!(runs(&tool).len(), 59, "round {round}");
    }
    aim.met_both();
}

/// Whatever it got to: the file is the old one or the new one, the ledger is whole, and the next one does the rest.
#[test]
fn an_enable_that_was_killed_is_done_or_is_done_again() {
    const ENABLE: [&str; 5] = ["enable", "account_balance", "--force", "--reason", "a kill"];
    let mut aim = Aim::new();
    for round in 0..60_u64 {
        let tool = Tool::with_flags_off();
        let before = tool.read(".env");
        let mut child = spawn(tool.command(&ENABLE));
        let done = aim.kill(&mut child, round, &tool.path().join(".thor-cutover/env"));
        let now = tool.read(".env");
        let on = before.replace("BALANCE=false", "BALANCE=true");
        assert!(now == before || now == on, "round {round}: {now}");
        aim.was(now == on);
        let changes = |tool: &Tool| {
            let entries =
                Ledger::read(&tool.store()).unwrap().map_or(Vec::new(), |mut it| it.entries().unwrap());
            entries.iter().filter(|it| matches!(it, Entry::FlagChange(change) if change.on)).count()
        };
        assert!(!done || (now == on && changes(&tool) == 1), "round {round}: said and not done");
        tool.run(&ENABLE).exits(0);
        assert_eq!(tool.read(".env"), on, "round {round}");
        assert!(changes(&tool) >= 1, "round {round}: on no ledger");
        tool.ledger().whole().unwrap();
    }
    aim.met_both();
}

/// What a kill leaves of a line is no beginning of the next one.
#[test]
fn what_waits_after_a_torn_line_is_not_lost_with_it() {
    let tool = Tool::with_flags_off();
    drop(tool.ledger());
    let torn = &waiting(1)[..200];
    std::fs::write(pending_path(&tool.store()), format!("{}{torn}", waiting(0))).unwrap();
    let holder = rusqlite::Connection::open(tool.path().join(".thor-cutover/evidence.db")).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let rolled_back = tool.run(&["rollback", "account_balance"]).exits(0);
    assert!(rolled_back.out.contains("pending.ndjson"), "{}", rolled_back.out);
    drop(holder);
    let listed = tool.run(&["evidence", "list", "--format", "json"]).exits(0).json();
    assert_eq!(listed["entries"].as_array().unwrap().len(), 2, "{listed:#}");
    let entries = tool.entries();
    assert!(
        entries.iter().any(|it| matches!(it, Entry::FlagChange(_))),
        "the rollback was lost: {entries:?}"
    );
    assert!(entries.iter().any(|it| it.id() == run(0).id()), "{entries:?}");
    assert_eq!(tool.read(".thor-cutover/pending.unreadable").trim_end(), torn);
}

/// A page is a minute's work to some: the old one stays until the new one is whole.
#[test]
fn a_page_that_was_killed_while_it_was_written_is_the_old_one_or_the_new_one() {
    let tool = Tool::new();
    let mut ledger = tool.ledger();
    ledger.append(&(0..59).map(run).collect::<Vec<_>>()).unwrap();
    drop(ledger);
    let write = ["report", "--format", "html", "--output", "page.html"];
    tool.run(&write).exits(0);
    let page = tool.path().join("page.html");
    let whole = bytes(&page);
    for round in 0..40_u64 {
        let mut child = spawn(tool.command(&write));
        std::thread::sleep(Duration::from_micros(round * 2_900 % 110_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let text = tool.read("page.html");
        assert!(text.trim_end().ends_with("</html>"), "round {round}: {} of {whole} bytes", text.len());
    }
}
