//! What a call reads of the past: each revision once, however many features, gates and baselines ask for it. Counted at
//! `git`: reading a tree of the past begins with its listing.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;

use thor_cutover::model::facts::ledger::{Baseline, Entry, Revision, Seen};
use thor_cutover::model::gate::Place;

use super::whole_life::{FEATURE, Thor};
use crate::control::tool::Said;

const FEATURES: [&str; 4] = ["account_balance", "positions", "intraday", "global_market"];

/// The tool with a `git` that writes down how it was called; what was said, and how often each commit was listed.
fn counted(thor: &Thor, arguments: &[&str]) -> (Said, BTreeMap<String, usize>) {
    let folder = tempfile::tempdir().unwrap();
    let (git, calls) = (folder.path().join("git"), folder.path().join("calls"));
    let path = std::env::var_os("PATH").unwrap().into_string().unwrap();
    let script = format!("#!/bin/sh\necho \"$@\" >>'{}'\nPATH='{path}' exec git \"$@\"\n", calls.display());
    std::fs::write(&git, script).unwrap();
    std::fs::set_permissions(&git, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{path}", folder.path().display());
    let output = thor.tool.command(arguments).env("PATH", path).output().unwrap();
    let said = Said::of(output);
    let mut listed = BTreeMap::new();
    for call in std::fs::read_to_string(calls).unwrap_or_default().lines() {
        if let Some((_, words)) = call.split_once(" ls-tree ") {
            let commit = words.split(' ').find(|word| word.len() == 40).unwrap();
            *listed.entry(commit.to_owned()).or_default() += 1;
        }
    }
    (said, listed)
}

/// Every feature had something at this commit.
fn remember(thor: &Thor, commit: &str, at: i64) {
    let of = |feature: &&str| {
        let name = format!("/api/{feature}/{at}");
        let place = Place { path: "backend/thor/urls.py".to_owned(), line: 1 };
        Entry::Baseline(Baseline {
            id: format!("baseline-{feature}-{at}"),
            at: jiff::Timestamp::from_second(1_700_000_000 + at).unwrap(),
            feature: (*feature).to_owned(),
            revision: Some(Revision { commit: commit.to_owned(), dirty: Vec::new() }),
            timers: Vec::new(),
            endpoints: vec![Seen { name, place }],
            unclear: None,
            bases: BTreeMap::new(),
            jobs: BTreeSet::new(),
            views: Vec::new(),
            producers: Vec::new(),
            paces: BTreeMap::new(),
            polled: Vec::new(),
            pages: Vec::new(),
            imported: None,
        })
    };
    thor.tool.ledger().append(&FEATURES.iter().map(of).collect::<Vec<Entry>>()).unwrap();
}

#[test]
fn each_revision_is_read_once_a_call_whoever_asks() {
    let thor = Thor::new();
    let mut commits = vec![thor.head()];
    for number in 0..4 {
        thor.edit("backend/realtime/metrics.py", |text| format!("{text}# {number}\n"));
        thor.commit("another day");
        commits.push(thor.head());
    }
    for (at, commit) in commits.iter().enumerate() {
        remember(&thor, commit, i64::try_from(at).unwrap());
        remember(&thor, commit, 100 + i64::try_from(at).unwrap());
    }
    // the oldest and the newest two but the commit that stands there anyway
    let wanted: BTreeMap<String, usize> =
        [&commits[0], &commits[2], &commits[3]].map(|commit| (commit.clone(), 1)).into();
    for arguments in [
        &["checklist"][..],
        &["checklist", "--decision", "complete"],
        &["checklist", "--decision", "delete", FEATURE],
        &["status", "--source", "."],
        &["enable", FEATURE],
    ] {
        let (said, listed) = counted(&thor, arguments);
        assert!(said.code != 2 && said.code != 4, "{arguments:?}: {}{}", said.out, said.err);
        assert_eq!(listed, wanted, "{arguments:?}");
    }
    let since: BTreeMap<String, usize> = [(commits[1].clone(), 1)].into();
    for arguments in [&["checklist", "--since", "HEAD~3"][..], &["audit", "--since", "HEAD~3"]] {
        let (said, listed) = counted(&thor, arguments);
        assert!(said.code != 2 && said.code != 4, "{arguments:?}: {}{}", said.out, said.err);
        assert_eq!(listed, since, "{arguments:?}");
    }
}
