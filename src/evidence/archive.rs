//! A ledger as a file that can travel: a header with the length and head of every chain, the entries with their
//! digests, the links.
//!
//! It is taken in whole or not at all: half a file would be evidence with holes nobody sees.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::chain::{self, ChainLink};
use super::ledger::removed;
use super::line::{line_of, of_line};
use super::stored::Stored;
use crate::model::facts::ledger::{ChainHead, Imported};

/// Version of the file's form. The first had neither chains nor links.
const FORM: u32 = 2;

#[derive(Debug, Serialize, Deserialize)]
struct ArchiveHeader {
    thor_cutover_evidence: u32,
    #[serde(default)]
    exported_at: Option<Timestamp>,
    #[serde(default)]
    tool: String,
    #[serde(default)]
    entries: Option<u64>,
    #[serde(default)]
    chains: Vec<ChainHead>,
}

#[derive(Serialize, Deserialize)]
struct LinkLine {
    link: ChainLink,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    #[error("line {line}: {what}")]
    Line { line: usize, what: String },
    #[error("it is no evidence file: it does not begin with a header")]
    NoHeader,
    #[error("it was written in form {found} by a newer thor-cutover; this one knows up to {FORM}")]
    Newer { found: u32 },
    #[error("it is cut short: the header promises {promised} entries, there are {found}")]
    Short { promised: u64, found: u64 },
    #[error("{what}")]
    Chain { what: String },
}

/// The whole file as text.
pub fn write(entries: &[Stored], links: &[ChainLink], now: Timestamp) -> String {
    let header = ArchiveHeader {
        thor_cutover_evidence: FORM,
        exported_at: Some(now),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        entries: Some(entries.len() as u64),
        chains: chain::heads(links),
    };
    let mut text = serde_json::to_string(&header).expect("a header is plain data") + "\n";
    text.extend(entries.iter().map(line_of));
    for link in links {
        text += &serde_json::to_string(&LinkLine { link: link.clone() }).expect("a link is plain data");
        text.push('\n');
    }
    text
}

/// The entries of a file, marked as imported from `name`, under the signature of `signed_by`.
pub fn read(
    text: &str,
    name: &str,
    signed_by: Option<String>,
    now: Timestamp,
) -> Result<Vec<Stored>, ArchiveError> {
    let mut lines = text.lines().enumerate();
    let header = lines.next().and_then(|(_, line)| serde_json::from_str::<ArchiveHeader>(line).ok());
    let header = header.ok_or(ArchiveError::NoHeader)?;
    if header.thor_cutover_evidence > FORM {
        return Err(ArchiveError::Newer { found: header.thor_cutover_evidence });
    }
    let mark = Imported { at: now, from: name.to_owned(), signed_by };
    let (mut entries, mut links): (Vec<Stored>, Vec<ChainLink>) = Default::default();
    for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        if line.starts_with("{\"link\":") {
            let read = serde_json::from_str::<LinkLine>(line);
            let wrong = |error| ArchiveError::Line { line: at + 1, what: format!("not a link: {error}") };
            links.push(read.map_err(wrong)?.link);
        } else {
            entries.push(of_line(line).map_err(|what| ArchiveError::Line { line: at + 1, what })?);
        }
    }
    match header.entries {
        Some(promised) if promised != entries.len() as u64 => {
            return Err(ArchiveError::Short { promised, found: entries.len() as u64 });
        }
        _ => {}
    }
    if header.thor_cutover_evidence > 1 {
        whole(&header.chains, &entries, &links).map_err(|what| ArchiveError::Chain { what })?;
    }
    for stored in &mut entries {
        // one that came from elsewhere before keeps saying so; whose signature it now bears is new
        let first = stored.mark.take();
        let from = first.map_or_else(|| mark.from.clone(), |first| first.from);
        stored.mark = Some(Imported { from, ..mark.clone() });
        *stored.entry.mark() = stored.mark.clone();
    }
    Ok(entries)
}

/// Whether a file has the chains by which it is seen that something was taken out of it.
pub fn has_chains(text: &str) -> bool {
    let header = text.lines().next().and_then(|line| serde_json::from_str::<ArchiveHeader>(line).ok());
    header.is_some_and(|header| header.thor_cutover_evidence > 1)
}

/// Whether the chains are as long as the header says, unbroken, and what the entries are.
fn whole(heads: &[ChainHead], entries: &[Stored], links: &[ChainLink]) -> Result<(), String> {
    chain::unbroken(links)?;
    let found = chain::heads(links);
    for head in heads {
        let Some(found) = found.iter().find(|found| found.writer == head.writer) else {
            return Err(format!(
                "the chain of {} is cut: none of its {} links is there",
                head.writer, head.length
            ));
        };
        if found != head {
            return Err(format!(
                "the chain of {} is cut: the header promises {} links up to {}, there are {} up to {}",
                head.writer,
                head.length,
                short(&head.head),
                found.length,
                short(&found.head)
            ));
        }
    }
    if let Some(extra) = found.iter().find(|found| heads.iter().all(|head| head.writer != found.writer)) {
        return Err(format!("the header knows nothing of the chain of {}", extra.writer));
    }
    let present: BTreeSet<String> = entries.iter().map(|it| it.id().to_owned()).collect();
    chain::covers(links, &present, &removed(entries), entries.iter(), true)
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
