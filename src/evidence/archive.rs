//! A ledger as a file that can travel: a header, then one entry a line with its digest.
//!
//! It is taken in whole or not at all: half a file would be evidence with holes nobody sees.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::line::{of_line, to_line};
use crate::model::facts::ledger::{Entry, Imported};

/// Version of the file's form.
const FORM: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct ArchiveHeader {
    thor_cutover_evidence: u32,
    #[serde(default)]
    exported_at: Option<Timestamp>,
    #[serde(default)]
    tool: String,
    #[serde(default)]
    entries: Option<u64>,
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
}

/// The whole file as text.
pub fn write(entries: &[Entry], now: Timestamp) -> String {
    let header = ArchiveHeader {
        thor_cutover_evidence: FORM,
        exported_at: Some(now),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        entries: Some(entries.len() as u64),
    };
    let mut text = serde_json::to_string(&header).expect("a header is plain data") + "\n";
    text.extend(entries.iter().map(to_line));
    text
}

/// The entries of a file, marked as imported from `name`.
pub fn read(text: &str, name: &str, now: Timestamp) -> Result<Vec<Entry>, ArchiveError> {
    let mut lines = text.lines().enumerate();
    let header = lines.next().and_then(|(_, line)| serde_json::from_str::<ArchiveHeader>(line).ok());
    let header = header.ok_or(ArchiveError::NoHeader)?;
    if header.thor_cutover_evidence > FORM {
        return Err(ArchiveError::Newer { found: header.thor_cutover_evidence });
    }
    let mark = Imported { at: now, from: name.to_owned() };
    let mut entries = Vec::new();
    for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let mut entry = of_line(line).map_err(|what| ArchiveError::Line { line: at + 1, what })?;
        entry.mark_imported(&mark);
        entries.push(entry);
    }
    match header.entries {
        Some(promised) if promised != entries.len() as u64 => {
            Err(ArchiveError::Short { promised, found: entries.len() as u64 })
        }
        _ => Ok(entries),
    }
}
