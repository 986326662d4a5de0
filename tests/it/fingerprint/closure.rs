//! Which definitions a feature depends on, held against lists written by hand.

use std::path::Path;

use thor_cutover::audit::{FeatureNames, SourceTree};

use super::of_tree;
use super::places::{BALANCE, NOT_BALANCE, NOT_POSITIONS, POSITIONS, Places, range_of};
use crate::audit::{fixture, names};

pub struct Subject {
    pub tree: SourceTree,
    pub names: Vec<FeatureNames>,
    pub feature: &'static str,
    pub inside: Places,
    pub outside: Places,
}

pub fn subjects() -> [Subject; 2] {
    let read = |path: &Path| SourceTree::read(path, &[]).unwrap();
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checklist/one-feature-integrated");
    [
        Subject {
            tree: read(&fixture("b")),
            names: names("b"),
            feature: "positions",
            inside: POSITIONS,
            outside: NOT_POSITIONS,
        },
        Subject {
            tree: read(&small),
            names: names("a"),
            feature: "account_balance",
            inside: BALANCE,
            outside: NOT_BALANCE,
        },
    ]
}

#[test]
fn every_definition_behind_a_feature_is_in_it_and_others_are_not() {
    for subject in subjects() {
        let code = of_tree(&subject.tree, &subject.names).remove(subject.feature).unwrap();
        let lists = |path: &str, begins: &str| {
            let file = subject.tree.files.iter().find(|file| file.path == path).unwrap();
            let range = range_of(&file.text, begins);
            let line = |at: usize| file.text[..at].matches('\n').count() as u32 + 1;
            let lines = line(range.start)..line(range.end);
            code.definitions.iter().any(|it| it.path == path && lines.contains(&it.line))
        };
        // What stands in a list of many is in the list's definition; the edits tell entries apart.
        let is_entry = |begins: &str| begins.starts_with("    ") && !begins.contains("def ");
        for (path, begins) in subject.inside.iter().filter(|(_, begins)| !is_entry(begins)) {
            assert!(lists(path, begins), "{}: {path}: {begins} is not in it", subject.feature);
        }
        for (path, begins) in subject.outside.iter().filter(|(_, begins)| !is_entry(begins)) {
            assert!(!lists(path, begins), "{}: {path}: {begins} is in it", subject.feature);
        }
    }
}

#[test]
fn what_only_rest_depends_on_is_told_apart() {
    let [subject, _] = subjects();
    let code = of_tree(&subject.tree, &subject.names).remove("positions").unwrap();
    let rest_only = |name: &str| code.definitions.iter().find(|it| it.name == name).map(|it| it.rest_only);
    assert_eq!(rest_only("positions_view"), Some(true));
    assert_eq!(rest_only("ActivityToday.get"), Some(true));
    assert_eq!(rest_only("positions_payload"), Some(false), "the push builds its message with it");
    assert_eq!(rest_only("Holding"), Some(false));
}

#[test]
fn the_same_tree_gives_the_same_fingerprint() {
    let [subject, _] = subjects();
    let report =
        thor_cutover::audit::audit(&subject.tree, &subject.names, &thor_cutover::audit::AuditOptions::thor());
    let first = thor_cutover::audit::fingerprints(&subject.tree, &report);
    let second = thor_cutover::audit::fingerprints(&subject.tree, &report);
    assert_eq!(first, second);
}
