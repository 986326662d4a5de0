//! `evidence`: listed, shown, carried to another ledger and marked there, pruned with care.

use thor_cutover::model::facts::ledger::{Entry, Grant};
use thor_cutover::model::stage::Decision;

use super::tool::Tool;
use crate::ledger::sample::{Run, at};

fn observed() -> Tool {
    let tool = Tool::new();
    let runs = ["2026-11-02T14:30:00Z", "2026-11-23T14:30:00Z"];
    let entries: Vec<Entry> = runs
        .iter()
        .map(|start| Entry::Run(Box::new(Run::clean("positions", at(start), 600.0).record())))
        .collect();
    tool.ledger().append(&entries).unwrap();
    tool
}

#[test]
fn without_a_ledger_there_is_nothing_and_none_is_made() {
    let tool = Tool::new();
    tool.run(&["evidence", "list"]).exits(0);
    tool.run(&["evidence", "show", "2026"]).exits(4);
    assert!(!tool.path().join(".thor-cutover").exists());
}

#[test]
fn entries_are_listed_and_shown_by_the_beginning_of_their_id() {
    let tool = observed();
    let list = tool.run(&["evidence", "list", "--feature", "positions", "--format", "json"]).exits(0).json();
    assert_eq!(list["entries"].as_array().unwrap().len(), 2);
    // a person sees when: the minute in which each run ended
    let seen = tool.run(&["evidence", "list"]).exits(0).out;
    let times: Vec<&str> =
        seen.lines().filter(|it| it.contains(" run ")).map(|it| it.trim().get(..16).unwrap()).collect();
    assert_eq!(times, ["2026-11-02 14:40", "2026-11-23 14:40"], "{seen}");
    let none = tool.run(&["evidence", "list", "--feature", "intraday", "--format", "json"]).exits(0).json();
    assert!(none["entries"].as_array().unwrap().is_empty());
    let shown = tool.run(&["evidence", "show", "20261123", "--format", "json"]).exits(0).json();
    assert_eq!(shown["entry"]["run"]["reports"][0]["feature"], "positions", "with the full report");
    tool.run(&["evidence", "show", "2026"]).exits(2);
    tool.run(&["evidence", "show", "1999"]).exits(2);
}

#[test]
fn it_travels_whole_and_arrives_marked() {
    let (here, there) = (observed(), Tool::new());
    here.run(&["evidence", "export", "out.ndjson"]).exits(0);
    here.run(&["evidence", "export", "out.ndjson"]).exits(4);
    assert!(here.entries().iter().any(|it| matches!(it, Entry::Archive(archive) if archive.entries == 2)));
    there.write("ci.ndjson", &here.read("out.ndjson"));
    let said = there.run(&["evidence", "import", "ci.ndjson"]).exits(0);
    assert!(said.out.contains("2 new"), "{}", said.out);
    let said = there.run(&["evidence", "import", "ci.ndjson"]).exits(0);
    assert!(said.out.contains("nothing new"), "{}", said.out);
    let entries = there.entries();
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|it| it.imported().unwrap().from == "ci.ndjson"));
    let list = there.run(&["evidence", "list"]).exits(0);
    assert!(list.out.contains("(imported)"), "{}", list.out);
}

#[test]
fn a_file_that_is_not_whole_is_not_taken_in_at_all() {
    let (here, there) = (observed(), Tool::new());
    here.run(&["evidence", "export", "out.ndjson"]).exits(0);
    let whole = here.read("out.ndjson");
    let without_last_line = whole.trim_end().rsplit_once('\n').unwrap().0;
    let spoilt = [
        ("edited", whole.replace("\"samples\":120", "\"samples\":999"), "line 2"),
        (
            "cut short",
            whole[..whole.find("{\"link\"").unwrap()].trim_end().rsplit_once('\n').unwrap().0.to_owned(),
            "cut short",
        ),
        ("without its last link", without_last_line.to_owned(), "is cut: the header promises 2 links"),
        ("torn", whole[..whole.len() - 40].to_owned(), "line 5"),
        ("no header", whole.split_once('\n').unwrap().1.to_owned(), "no evidence file"),
        ("newer", whole.replacen("evidence\":2", "evidence\":3", 1), "newer thor-cutover"),
        ("empty", String::new(), "no evidence file"),
    ];
    for (name, text, word) in spoilt {
        there.write("ci.ndjson", &text);
        let said = there.run(&["evidence", "import", "ci.ndjson"]).exits(4);
        assert!(said.err.contains(word), "{name}: {}", said.err);
    }
    assert!(!there.path().join(".thor-cutover").exists());
}

#[test]
fn pruning_asks_twice_and_leaves_what_a_used_decision_rests_on() {
    let tool = observed();
    tool.ledger()
        .append(&[Entry::Grant(Grant {
            id: "grant".to_owned(),
            at: at("2026-11-03T00:00:00Z"),
            feature: "positions".to_owned(),
            decision: Decision::Cutover,
            rules: String::new(),
            target: String::new(),
            revision: None,
            code: None,
            imported: None,
        })])
        .unwrap();
    let old = Run::clean("positions", at("2026-01-05T14:30:00Z"), 600.0).record();
    tool.ledger().record_run(&old).unwrap();
    let before = tool.entries().len();
    let said = tool.run(&["evidence", "prune", "--older-than", "1h"]).exits(0);
    assert!(said.out.contains(&old.id[..20]) && said.out.contains("--yes"), "{}", said.out);
    assert_eq!(tool.entries().len(), before, "only listed");
    tool.run(&["evidence", "prune", "--older-than", "1h", "--yes"]).exits(0);
    let left: Vec<String> = tool.entries().iter().map(|it| it.id().to_owned()).collect();
    assert!(left.iter().any(|id| id.starts_with("20261102")), "the grant rests on it: {left:?}");
    assert!(!left.contains(&old.id));
}
