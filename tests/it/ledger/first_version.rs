//! A ledger and an export as the first version wrote them, before there were chains: `fixtures/ledger-of-version-1`
//! holds two real runs with their full reports, and a forced change of a flag.

use std::path::{Path, PathBuf};

use thor_cutover::evidence::{Ledger, LedgerPlace};
use thor_cutover::model::facts::ledger::{Entry, RunRecord};
use thor_cutover::model::verdict::Verdict;

use super::sample::store;
use crate::control::tool::Tool;

const RUNS: [&str; 2] = ["20261128T132010Z-b5c0a731f9", "20261128T132019Z-8a89bd4e17"];

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/ledger-of-version-1").join(name)
}

fn laid_out(folder: &Path) -> LedgerPlace {
    std::fs::copy(fixture("evidence.db"), folder.join("evidence.db")).unwrap();
    let mut place = LedgerPlace::from(&store(folder));
    place.writer = "ada@a".to_owned();
    place
}

fn run(ledger: &mut Ledger, id: &str) -> RunRecord {
    let Entry::Run(run) = ledger.entry(id).unwrap() else { panic!("a run") };
    *run
}

fn is_as_it_was(ledger: &mut Ledger) {
    let facts = ledger.facts(jiff::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(facts.runs.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), RUNS);
    assert_eq!(facts.flag_changes[0].forced.as_deref(), Some("a fixture"));
    let first = run(ledger, RUNS[0]);
    assert_eq!(first.reports.len(), 2, "with its full reports");
    assert!(first.features.iter().all(|it| it.verdict == Verdict::Go && !it.keys.is_empty()));
    assert_eq!(run(ledger, RUNS[1]).reports.len(), 1);
}

#[test]
fn it_is_read_without_being_touched() {
    let folder = tempfile::tempdir().unwrap();
    let place = laid_out(folder.path());
    let before = std::fs::read(fixture("evidence.db")).unwrap();
    is_as_it_was(&mut Ledger::read(&place).unwrap().unwrap());
    assert_eq!(std::fs::read(folder.path().join("evidence.db")).unwrap(), before);
}

#[test]
fn a_writer_brings_it_up_to_date_and_its_entries_into_a_chain() {
    let folder = tempfile::tempdir().unwrap();
    let place = laid_out(folder.path());
    is_as_it_was(&mut Ledger::open(&place).unwrap());
    let (entries, links) = Ledger::open(&place).unwrap().whole().unwrap();
    assert_eq!((entries.len(), links.len()), (3, 3));
    let connection = rusqlite::Connection::open(folder.path().join("evidence.db")).unwrap();
    connection.execute("UPDATE entry SET body = replace(body, 'a fixture', 'another')", []).unwrap();
    assert!(Ledger::read(&place).unwrap().unwrap().whole().is_err(), "from now on a hand in it is noticed");
}

#[test]
fn an_export_of_then_is_taken_in_once_and_is_what_the_ledger_says() {
    let tool = Tool::new();
    let file = fixture("export.ndjson").display().to_string();
    let said = tool.run(&["evidence", "import", &file]).exits(0);
    assert!(said.out.contains("3 new"), "{}", said.out);
    let words = said.out.split_whitespace().collect::<Vec<&str>>().join(" ");
    assert!(words.contains("which has no chains: whether something was taken out"), "{}", said.out);
    let said = tool.run(&["evidence", "import", &file]).exits(0);
    assert!(said.out.contains("nothing new"), "{}", said.out);
    let folder = tempfile::tempdir().unwrap();
    let mut then = Ledger::read(laid_out(folder.path())).unwrap().unwrap();
    let mut imported = tool.ledger();
    for id in RUNS {
        let expected = RunRecord { imported: None, ..run(&mut then, id) };
        assert_eq!(RunRecord { imported: None, ..run(&mut imported, id) }, expected);
    }
    let said = tool.run(&["evidence", "verify"]);
    assert_eq!(said.code, 3, "{}{}", said.out, said.err);
    assert!(said.out.contains("it was not recorded"), "{}", said.out);
}
