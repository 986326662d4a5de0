//! Evidence that travels: a file is taken in whole and as it was, or not at all.
//!
//! Any text is entries or an error in words. Entries (a line each, a tab before a run's full reports) are written as an
//! export, which reads as what it was; with one byte of it changed it is refused, or says the same. A ledger takes them in
//! once, and gives back the same.

#![no_main]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use thor_cutover::evidence::chain::ChainLink;
use thor_cutover::evidence::{Ledger, LedgerPlace, Stored, archive};
use thor_cutover_fuzz::scratch;

fuzz_target!(|input: (u16, u8, &str)| {
    let (place, change, text) = input;
    let now = Timestamp::UNIX_EPOCH;
    let _ = archive::read(text, "text", None, now);

    let entries = entries(text);
    let mut links: Vec<ChainLink> = Vec::new();
    for stored in &entries {
        links.push(ChainLink::after(links.last(), "writer", stored));
    }
    let file = archive::write(&entries, &links, now);
    let read = archive::read(&file, "file", None, now).expect("written by ourselves");
    let bodies = |all: &[Stored]| -> Vec<(String, String)> {
        all.iter().map(|stored| (stored.body.clone(), stored.reports.clone())).collect()
    };
    assert_eq!(bodies(&read), bodies(&entries));
    assert!(read.iter().all(|stored| stored.mark.is_some()), "where it comes from");

    let mut changed = file.clone().into_bytes();
    let at = usize::from(place) % changed.len();
    changed[at] ^= change;
    if let Ok(changed) = String::from_utf8(changed)
        && let Ok(read) = archive::read(&changed, "file", None, now)
    {
        assert_eq!(bodies(&read), bodies(&entries), "byte {at} is another, and nobody saw it");
    }
    if !entries.is_empty() {
        taken_in(&entries, &bodies(&entries));
    }
});

/// The entries of a text, each id once.
fn entries(text: &str) -> Vec<Stored> {
    let mut ids = BTreeSet::new();
    let parts = |line: &str| {
        let (body, reports) = line.split_once('\t').unwrap_or((line, ""));
        let is_list = reports.is_empty() || serde_json::from_str::<Vec<serde_json::Value>>(reports).is_ok();
        if is_list { Stored::read(body, reports.trim(), None).ok() } else { None }
    };
    text.lines().filter_map(parts).filter(|stored| ids.insert(stored.id().to_owned())).collect()
}

fn taken_in(entries: &[Stored], bodies: &[(String, String)]) {
    // Its tables are made once: an empty ledger is a copy.
    static EMPTY: OnceLock<Vec<u8>> = OnceLock::new();
    let empty = EMPTY.get_or_init(|| {
        let path = scratch::path("empty.db");
        let opened = Ledger::open(place(&path)).expect("a new ledger");
        drop(opened);
        std::fs::read(path).expect("the ledger")
    });
    let path = scratch::file("evidence.db", empty);
    let mut ledger = Ledger::open(place(&path)).expect("a copy of an empty ledger");
    let first = ledger.take_in(entries).expect("entries");
    assert_eq!(first.added, entries.len(), "{first:?}");
    let again = ledger.take_in(entries).expect("the same entries");
    assert_eq!(again.known, entries.len(), "{again:?}");
    let (whole, links) = ledger.whole().expect("a sound ledger");
    assert_eq!(links.len(), entries.len());
    let sorted = |mut all: Vec<(String, String)>| {
        all.sort();
        all
    };
    let kept = whole.iter().map(|stored| (stored.body.clone(), stored.reports.clone())).collect();
    assert_eq!(sorted(kept), sorted(bodies.to_vec()));
    ledger.facts(Timestamp::MIN).expect("a sound ledger");
}

fn place(path: &Path) -> LedgerPlace {
    LedgerPlace::from(format!("sqlite:{}", path.display()).as_str())
}
