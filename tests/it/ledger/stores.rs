//! One suite for both kinds of store: what holds for the file has to hold for the server.

use std::path::Path;

use jiff::Timestamp;
use secrecy::SecretString;
use thor_cutover::evidence::{Kept, Ledger, LedgerError, LedgerPlace, keep, line_of, pending_path};
use thor_cutover::model::facts::ledger::{Checkpoint, Entry, FlagState, Grant, Imported, SignOff};
use thor_cutover::model::facts::ledger::{ManualGate, RunRecord};
use thor_cutover::model::run::RunEnd;
use thor_cutover::model::stage::Decision;

use super::sample::{Run, at, store};
use super::server::{Database, PASSWORD, shared};

const START: &str = "2026-11-23T14:30:00Z";

/// A store that is not there yet, and a folder for what lies beside it.
pub struct Fresh {
    folder: tempfile::TempDir,
    database: Option<Database>,
}

impl Fresh {
    pub fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: None }
    }

    pub fn postgres() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: Some(shared().database()) }
    }

    /// Another one of the same kind.
    fn alike(&self) -> Self {
        if self.database.is_some() { Self::postgres() } else { Self::sqlite() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The store as one machine has it: what lies beside it is the machine's own.
    pub fn place(&self, machine: &str) -> LedgerPlace {
        let folder = self.folder().join(machine);
        let mut place = match &self.database {
            None => LedgerPlace::from(&store(self.folder())),
            Some(database) => LedgerPlace::from(&database.url()),
        };
        if self.database.is_some() {
            place.password = Some(SecretString::from(PASSWORD));
            place.folder = folder;
        }
        place.writer = machine.to_owned();
        place
    }

    pub fn open(&self) -> Ledger {
        Ledger::open(self.place("desk")).unwrap()
    }

    fn read(&self) -> Ledger {
        Ledger::read(self.place("desk")).unwrap().expect("a ledger")
    }

    /// A hand in the store, in SQL that both understand; `{}` stands for the table's schema.
    fn tamper(&self, sql: &str) {
        match &self.database {
            Some(database) => database.admin(&sql.replace("{}", "thor_cutover.")),
            None => {
                let connection = rusqlite::Connection::open(self.folder().join("evidence.db")).unwrap();
                connection.execute_batch(&sql.replace("{}", "")).unwrap();
            }
        }
    }
}

macro_rules! on_both_stores {
    ($($claim:ident)+) => {
        mod sqlite {
            $(#[test] fn $claim() { super::$claim(&super::Fresh::sqlite()); })+
        }
        mod postgres {
            $(#[test] fn $claim() { super::$claim(&super::Fresh::postgres()); })+
        }
    };
}

on_both_stores! {
    a_run_is_read_back_as_it_was_recorded
    a_longer_record_replaces_a_shorter_one_and_never_the_reverse
    importing_again_brings_nothing_new
    a_signed_copy_takes_the_place_of_an_unsigned_one_and_never_the_reverse
    entries_of_every_kind_come_back_in_order
    reading_needs_no_ledger_and_makes_none
    what_waits_counts_for_a_reader_and_is_merged_by_a_writer_once
    a_hand_in_the_store_is_noticed
    each_writer_has_a_chain_and_pruning_leaves_them_whole
    a_copy_says_what_the_original_says
    one_entry_is_found_by_the_beginning_of_its_id
    a_newer_ledger_is_left_alone
    several_writers_and_a_reader_at_once
}

fn run(minute: u32) -> RunRecord {
    Run::clean("positions", at(&format!("2026-11-23T14:{minute:02}:00Z")), 30.0).record()
}

fn entry(minute: u32) -> Entry {
    Entry::Run(Box::new(run(minute)))
}

fn sign_off(note: &str) -> Entry {
    Entry::SignOff(SignOff {
        id: "sign-off-1".to_owned(),
        at: at(START),
        feature: "positions".to_owned(),
        gate: ManualGate::SignOff,
        by: "Ada".to_owned(),
        role: "lead".to_owned(),
        note: note.to_owned(),
        accepts: vec!["/cash".to_owned()],
        stage: None,
        tag: None,
        revision: None,
        code: None,
        imported: None,
    })
}

fn imported(entry: &Entry, from: &str, when: &str, signed_by: Option<&str>) -> Entry {
    let mut entry = entry.clone();
    let mark = Imported { at: at(when), from: from.to_owned(), signed_by: signed_by.map(str::to_owned) };
    entry.mark_imported(&mark);
    entry
}

fn damaged<T: std::fmt::Debug>(result: Result<T, LedgerError>) -> String {
    match result.unwrap_err() {
        LedgerError::Damaged { what, .. } => what,
        other => panic!("{other}"),
    }
}

fn a_run_is_read_back_as_it_was_recorded(fresh: &Fresh) {
    let mut run = Run::clean("positions", at(START), 600.0).divergent().record();
    run.incidents.blind_seconds = 0.1 + 0.2;
    run.account_seen = Some("acct-0123456789ab".to_owned());
    run.features[0].flag_end = Some(FlagState::On);
    assert_eq!(fresh.open().record_run(&run).unwrap().added, 1);
    let mut ledger = fresh.open();
    let mut without_reports = run.clone();
    without_reports.reports.clear();
    assert_eq!(ledger.facts(at(START)).unwrap().runs, [without_reports]);
    assert_eq!(ledger.entry(&run.id).unwrap(), Entry::Run(Box::new(run.clone())));
    assert!(ledger.facts(at("2026-11-24T00:00:00Z")).unwrap().runs.is_empty(), "older runs are left out");
    assert_eq!(ledger.record_run(&run).unwrap().known, 1, "the same run again adds nothing");
    assert_eq!(ledger.links().unwrap().len(), 1, "nor to the chain");
}

fn a_longer_record_replaces_a_shorter_one_and_never_the_reverse(fresh: &Fresh) {
    let mut ledger = fresh.open();
    let mut minute = Run::clean("positions", at(START), 60.0);
    minute.report.end = RunEnd::Interrupted;
    let mut minute = minute.record();
    minute.reports.clear();
    let whole = Run::clean("positions", at(START), 600.0).record();
    ledger.record_run(&minute).unwrap();
    let mut without = whole.clone();
    without.reports.clear();
    assert_eq!(ledger.record_run(&without).unwrap().replaced, 1);
    assert_eq!(ledger.record_run(&whole).unwrap().replaced, 1, "its full report is new");
    assert_eq!(ledger.record_run(&without).unwrap().known, 1);
    assert_eq!(ledger.record_run(&minute).unwrap().known, 1);
    let other = Run::clean("positions", at(START), 900.0).record();
    let other = imported(&Entry::Run(Box::new(other)), "ci.ndjson", START, None);
    assert_eq!(ledger.append(&[other]).unwrap().known, 1, "what was seen here stays what was seen here");
    assert_eq!(ledger.entry(&whole.id).unwrap(), Entry::Run(Box::new(whole)));
    ledger.facts(at(START)).unwrap();
}

fn importing_again_brings_nothing_new(fresh: &Fresh) {
    let mut ledger = fresh.open();
    let entries = [entry(0), entry(1), sign_off("looked at it")];
    let once: Vec<Entry> = entries.iter().map(|it| imported(it, "a.ndjson", START, None)).collect();
    let later: Vec<Entry> =
        entries.iter().map(|it| imported(it, "b.ndjson", "2026-11-24T00:00:00Z", None)).collect();
    assert_eq!(ledger.append(&once).unwrap().added, 3);
    let again = ledger.append(&later).unwrap();
    assert_eq!((again.added, again.replaced, again.known, again.contradicting), (0, 0, 3, 0));
    let forged = imported(&sign_off("did not look"), "c.ndjson", START, None);
    let again = ledger.append(&[forged]).unwrap();
    assert_eq!(
        (again.known, again.contradicting),
        (0, 1),
        "and what says something else is not taken for it"
    );
    assert!(ledger.entries().unwrap().iter().all(|it| it.imported().unwrap().from == "a.ndjson"));
}

fn a_signed_copy_takes_the_place_of_an_unsigned_one_and_never_the_reverse(fresh: &Fresh) {
    let mut ledger = fresh.open();
    ledger.append(&[imported(&entry(0), "a.ndjson", START, None)]).unwrap();
    let signed = imported(&entry(0), "b.ndjson", START, Some("RWkey"));
    assert_eq!(ledger.append(std::slice::from_ref(&signed)).unwrap().replaced, 1);
    let longer = Run::clean("positions", at(START), 90.0).record();
    let longer = Run { ..Run::clean("positions", longer.started_at, 90.0) }.record();
    assert_eq!(longer.id, entry_of(START).id(), "the same run, longer");
    ledger.append(&[imported(&entry_of(START), "c.ndjson", START, Some("RWkey"))]).unwrap();
    let unsigned = imported(&Entry::Run(Box::new(longer)), "forged.ndjson", START, None);
    assert_eq!(ledger.append(&[unsigned]).unwrap().known, 1);
    let marks: Vec<_> =
        ledger.entries().unwrap().iter().map(|it| it.imported().unwrap().signed_by.clone()).collect();
    assert_eq!(marks, [Some("RWkey".to_owned()), Some("RWkey".to_owned())]);
}

fn entry_of(start: &str) -> Entry {
    Entry::Run(Box::new(Run::clean("positions", at(start), 30.0).record()))
}

fn entries_of_every_kind_come_back_in_order(fresh: &Fresh) {
    let mut ledger = fresh.open();
    let grant = Entry::Grant(Grant {
        id: "grant".to_owned(),
        at: at("2026-11-23T14:10:00Z"),
        feature: "positions".to_owned(),
        decision: Decision::Cutover,
        rules: "ü — '\"\\".to_owned(),
        target: "http://localhost:8000".to_owned(),
        revision: None,
        code: None,
        imported: None,
    });
    ledger.append(&[sign_off("z"), grant, entry(20), entry(0)]).unwrap();
    let kinds: Vec<&str> = ledger.entries().unwrap().iter().map(Entry::kind).collect();
    assert_eq!(kinds, ["run", "grant", "run", "sign_off"]);
    assert_eq!(ledger.oldest("grant").unwrap(), Some(at("2026-11-23T14:10:00Z")));
    assert_eq!(ledger.oldest("archive").unwrap(), None);
    let facts = ledger.facts(at("2026-11-23T14:15:00Z")).unwrap();
    assert_eq!((facts.runs.len(), facts.grants[0].rules.as_str()), (1, "ü — '\"\\"));
}

fn reading_needs_no_ledger_and_makes_none(fresh: &Fresh) {
    assert!(Ledger::read(fresh.place("desk")).unwrap().is_none());
    assert!(Ledger::read(fresh.place("desk")).unwrap().is_none(), "nor did looking make one");
    assert!(std::fs::read_dir(fresh.folder()).unwrap().next().is_none());
}

fn what_waits_counts_for_a_reader_and_is_merged_by_a_writer_once(fresh: &Fresh) {
    fresh.open().append(&[entry(0)]).unwrap();
    let place = fresh.place("desk");
    let pending = pending_path(&place);
    std::fs::create_dir_all(pending.parent().unwrap()).unwrap();
    std::fs::write(&pending, thor_cutover::evidence::to_line(&entry(1))).unwrap();
    let mut reader = fresh.read();
    assert_eq!(reader.facts(at("2026-01-01T00:00:00Z")).unwrap().runs.len(), 2);
    assert_eq!(reader.entries().unwrap().len(), 2);
    assert!(reader.warnings()[0].contains("1 entry is waiting"), "{:?}", reader.warnings());
    assert!(reader.entry(entry(1).id()).is_ok());
    assert!(pending.metadata().unwrap().len() > 0, "a reader leaves it where it is");
    let kept = keep(&place, &[entry(2)], Timestamp::MAX).unwrap();
    assert!(matches!(kept, Kept::Recorded { .. }));
    assert_eq!(pending.metadata().unwrap().len(), 0);
    let mut ledger = fresh.read();
    assert_eq!(ledger.entries().unwrap().len(), 3);
    assert!(ledger.warnings().is_empty());
    let Entry::Run(run) = ledger.entry(entry(1).id()).unwrap() else { panic!("a run") };
    assert_eq!(run.reports.len(), 1, "the full report waited too");
}

fn a_hand_in_the_store_is_noticed(fresh: &Fresh) {
    let since = at("2026-01-01T00:00:00Z");
    fresh.open().append(&[entry(0), entry(1), entry(2)]).unwrap();
    fresh.read().facts(since).unwrap();
    let (first, second) = (run(0).id, run(1).id);

    fresh.tamper(&format!("UPDATE {{}}entry SET body = replace(body, '120', '999') WHERE id = '{first}'"));
    assert!(damaged(fresh.read().facts(since)).contains("digest"));
    fresh.tamper(&format!("UPDATE {{}}entry SET body = replace(body, '999', '120') WHERE id = '{first}'"));
    fresh.read().facts(since).unwrap();

    // whoever forges the digest too is noticed by the chain
    let forged = run(0);
    let forged = line_of(&thor_cutover::evidence::Stored::of(&Entry::Run(Box::new(RunRecord {
        target: "http://elsewhere".to_owned(),
        ..forged
    }))));
    let line: serde_json::Value = serde_json::from_str(&forged).unwrap();
    let body = serde_json::to_string(&line["entry"]).unwrap();
    let digest = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(body.as_bytes()));
    fresh.tamper("CREATE TABLE {}aside AS SELECT * FROM {}entry");
    fresh.tamper(&format!("UPDATE {{}}entry SET body = '{body}', digest = '{digest}' WHERE id = '{first}'"));
    let what = damaged(fresh.read().facts(since));
    assert!(what.contains(&first) && what.contains("desk") && what.contains("link 1"), "{what}");
    fresh.tamper("DELETE FROM {}entry");
    fresh.tamper("INSERT INTO {}entry SELECT * FROM {}aside");
    fresh.read().facts(since).unwrap();

    fresh.tamper(&format!("DELETE FROM {{}}entry WHERE id = '{second}'"));
    let what = damaged(fresh.read().facts(since));
    assert!(what.contains("cut") && what.contains(&second), "{what}");
    fresh.tamper(&format!("DELETE FROM {{}}link WHERE entry = '{second}'"));
    let what = damaged(fresh.read().facts(since));
    assert!(what.contains("chain of desk is cut: link 2"), "{what}");
    fresh.tamper("UPDATE {}link SET seq = 2 WHERE seq = 3");
    let what = damaged(fresh.read().facts(since));
    assert!(what.contains("broken at link 2"), "{what}");
}

fn each_writer_has_a_chain_and_pruning_leaves_them_whole(fresh: &Fresh) {
    let mut desk = Ledger::open(fresh.place("desk")).unwrap();
    let mut home = Ledger::open(fresh.place("home")).unwrap();
    for minute in 0..6 {
        let ledger = if minute % 2 == 0 { &mut desk } else { &mut home };
        ledger.append(&[entry(minute)]).unwrap();
    }
    let links = desk.links().unwrap();
    let of = |writer: &str| {
        links.iter().filter(|link| link.writer == writer).map(|link| link.seq).collect::<Vec<_>>()
    };
    assert_eq!((of("desk"), of("home")), (vec![1, 2, 3], vec![1, 2, 3]));
    let gone = [run(0).id, run(1).id];
    let checkpoint = Entry::Checkpoint(Checkpoint {
        id: "checkpoint".to_owned(),
        at: at(START),
        removed: gone.to_vec(),
        chains: thor_cutover::evidence::chain::heads(&links),
        imported: None,
    });
    assert_eq!(desk.remove(&gone, &checkpoint).unwrap(), 2);
    assert_eq!(
        home.facts(at("2026-01-01T00:00:00Z")).unwrap().runs.len(),
        4,
        "whole, and told to be shorter"
    );
    fresh.tamper("DELETE FROM {}entry WHERE kind = 'checkpoint'");
    assert!(damaged(home.facts(at("2026-01-01T00:00:00Z"))).contains("cut"));
}

fn a_copy_says_what_the_original_says(fresh: &Fresh) {
    let mut odd = run(0);
    odd.incidents.blind_seconds = 1.1 * 3.3;
    let all = [Entry::Run(Box::new(odd)), imported(&entry(1), "a.ndjson", START, None), sign_off("x")];
    let (file, alike) = (Fresh::sqlite(), fresh.alike());
    for (from, to) in [(fresh, &file), (&Fresh::sqlite(), &alike)] {
        let mut original = from.open();
        original.append(&all).unwrap();
        let (entries, _) = original.whole().unwrap();
        let mut copy = to.open();
        assert_eq!(copy.take_in(&entries).unwrap().added, 3);
        assert_eq!(copy.take_in(&entries).unwrap().known, 3);
        assert_eq!(copy.whole().unwrap().0, entries);
    }
}

fn one_entry_is_found_by_the_beginning_of_its_id(fresh: &Fresh) {
    let mut ledger = fresh.open();
    ledger.append(&[entry(0), entry(1)]).unwrap();
    assert!(matches!(ledger.entry("20261123T140"), Err(LedgerError::Ambiguous { count: 2, .. })));
    assert!(matches!(ledger.entry("1999"), Err(LedgerError::NoEntry { .. })));
    assert!(matches!(ledger.entry("%"), Err(LedgerError::NoEntry { .. })));
    assert_eq!(ledger.entry("20261123T1401").unwrap(), entry(1));
}

fn a_newer_ledger_is_left_alone(fresh: &Fresh) {
    let mut open = fresh.open();
    match fresh.database {
        Some(_) => fresh.tamper("UPDATE {}meta SET version = 99"),
        None => fresh.tamper("PRAGMA user_version = 99"),
    }
    for result in [Ledger::open(fresh.place("desk")).map(drop), Ledger::read(fresh.place("desk")).map(drop)] {
        assert!(matches!(result, Err(LedgerError::Newer { found: 99, .. })), "{result:?}");
    }
    let result = open.append(&[entry(0)]);
    assert!(matches!(result, Err(LedgerError::Newer { found: 99, .. })), "opened before: {result:?}");
}

fn several_writers_and_a_reader_at_once(fresh: &Fresh) {
    const RUNS: u32 = 12;
    let start = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        for observer in 0..3_u32 {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                for minute in 0..RUNS {
                    let from = at(&format!("2026-11-23T14:{minute:02}:00Z"));
                    let mut sample = Run::clean("positions", from, 30.0);
                    sample.circumstances.observer = observer;
                    // two of them are one writer: two processes of one person on one machine
                    let place = fresh.place(if observer == 0 { "home" } else { "desk" });
                    assert_eq!(Ledger::open(place).unwrap().record_run(&sample.record()).unwrap().added, 1);
                }
            });
        }
        let start = &start;
        scope.spawn(move || {
            start.wait();
            let mut seen = 0;
            for _ in 0..RUNS {
                let Some(mut ledger) = Ledger::read(fresh.place("reader")).unwrap() else { continue };
                let runs = ledger.facts(at("2026-01-01T00:00:00Z")).unwrap().runs.len();
                assert!(runs >= seen, "{runs} after {seen}");
                seen = runs;
            }
        });
    });
    let mut ledger = fresh.open();
    assert_eq!(ledger.facts(at("2026-01-01T00:00:00Z")).unwrap().runs.len(), 3 * RUNS as usize);
    assert_eq!(ledger.links().unwrap().len(), 3 * RUNS as usize, "each once");
}
