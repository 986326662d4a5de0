//! The ledger as a hash chain, one a writer: each link holds what was written and the hash of the link before, so
//! that nothing in between can be taken out, put in or changed unseen. Pure.
//!
//! A run that is replaced by a longer record of itself leaves its earlier links; a run that was pruned leaves all.
//! The chain tells of a hand in the store, not of one who writes the whole chain anew: that is what signatures
//! are for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::stored::Stored;
use crate::model::facts::ledger::ChainHead;

/// One thing that a writer wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainLink {
    pub writer: String,
    /// From 1.
    pub seq: u64,
    /// The entry's id.
    pub entry: String,
    /// SHA-256 of its text, in hexadecimal, as are the others.
    pub body: String,
    /// SHA-256 of its full reports; empty where there are none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reports: String,
    pub hash: String,
}

pub fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

impl ChainLink {
    /// The link that follows `before`, which is the writer's last one.
    pub fn after(before: Option<&ChainLink>, writer: &str, stored: &Stored) -> Self {
        let mut link = Self {
            writer: writer.to_owned(),
            seq: before.map_or(1, |before| before.seq + 1),
            entry: stored.id().to_owned(),
            body: sha256(&stored.body),
            reports: if stored.reports.is_empty() { String::new() } else { sha256(&stored.reports) },
            hash: String::new(),
        };
        link.hash = link.hash_after(before.map_or("", |before| &before.hash));
        link
    }

    fn hash_after(&self, before: &str) -> String {
        let Self { writer, seq, entry, body, reports, .. } = self;
        sha256(&[before, writer, &seq.to_string(), entry, body, reports].join("\n"))
    }
}

/// How far each chain is.
pub fn heads(links: &[ChainLink]) -> Vec<ChainHead> {
    let mut last: BTreeMap<&str, &ChainLink> = BTreeMap::new();
    for link in links {
        last.insert(&link.writer, link);
    }
    let head = |link: &ChainLink| ChainHead {
        writer: link.writer.clone(),
        length: link.seq,
        head: link.hash.clone(),
    };
    last.into_values().map(head).collect()
}

/// Whether every link, sorted by writer and number, follows from the one before it.
///
/// # Errors
/// Which chain is broken, where and how, in words.
pub fn unbroken(links: &[ChainLink]) -> Result<(), String> {
    let mut before: Option<&ChainLink> = None;
    for link in links {
        let previous = before.filter(|before| before.writer == link.writer);
        let ChainLink { writer, seq, entry, .. } = link;
        let due = previous.map_or(1, |previous| previous.seq + 1);
        if *seq != due {
            return Err(format!("the chain of {writer} is cut: link {due} is not there, {seq} follows"));
        }
        if link.hash != link.hash_after(previous.map_or("", |previous| &previous.hash)) {
            return Err(format!("the chain of {writer} is broken at link {seq} ({entry})"));
        }
        before = Some(link);
    }
    Ok(())
}

/// Whether the entries are what the links say: each as it was last written, none missing that nobody pruned.
/// `present`: the ids of all that is there; `entries`: those whose content is looked at.
///
/// # Errors
/// Which entry is not what it was, in words.
pub fn covers<'s>(
    links: &[ChainLink],
    present: &BTreeSet<String>,
    removed: &BTreeSet<String>,
    entries: impl Iterator<Item = &'s Stored>,
    with_reports: bool,
) -> Result<(), String> {
    let mut last: BTreeMap<(&str, &str), &ChainLink> = BTreeMap::new();
    for link in links {
        last.insert((&link.entry, &link.writer), link);
    }
    let missing = last.values().find(|link| !present.contains(&link.entry) && !removed.contains(&link.entry));
    if let Some(ChainLink { writer, seq, entry, .. }) = missing {
        return Err(format!("the chain of {writer} is cut: {entry}, its link {seq}, is not there"));
    }
    for stored in entries {
        let id = stored.id();
        let mut said =
            last.range((id, "")..).take_while(|((entry, _), _)| *entry == id).map(|(_, link)| link);
        let body = sha256(&stored.body);
        let reports = || if stored.reports.is_empty() { String::new() } else { sha256(&stored.reports) };
        match said.clone().next() {
            None => return Err(format!("{id} is in no chain: nobody wrote it")),
            Some(_) if said.any(|link| link.body == body && (!with_reports || link.reports == reports())) => {
            }
            Some(link) => {
                return Err(format!("{id} is not what {} wrote (link {})", link.writer, link.seq));
            }
        }
    }
    Ok(())
}
