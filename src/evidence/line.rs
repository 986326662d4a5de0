//! An entry as one line of text with its digest: the form in the spool and in an export; and how it names itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::stored::Stored;
use crate::model::facts::ledger::{Entry, Imported, Revocation};

/// `{"digest":"…","entry":{"run":{…}},"reports":[…]}`; the first form had a run's reports inside of it.
#[derive(Serialize, Deserialize)]
struct LedgerLine<'a> {
    digest: String,
    #[serde(borrow)]
    entry: &'a RawValue,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    reports: Option<&'a RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mark: Option<Imported>,
}

/// XXH3-128 of a text, in hexadecimal. It tells damage from health, not a forger from a friend.
pub fn digest(text: &str) -> String {
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}

/// The line of an entry that was never stored.
pub fn to_line(entry: &Entry) -> String {
    line_of(&Stored::of(entry))
}

/// The line of a stored entry: its text as it stands, so that what is derived from it elsewhere is the same.
pub fn line_of(stored: &Stored) -> String {
    let raw = |text: &str| RawValue::from_string(text.to_owned()).expect("it was written or read as JSON");
    let (entry, reports) = (raw(&stored.body), (!stored.reports.is_empty()).then(|| raw(&stored.reports)));
    let line = LedgerLine {
        digest: digest(&format!("{}{}", stored.body, stored.reports)),
        entry: &entry,
        reports: reports.as_deref(),
        mark: stored.mark.clone(),
    };
    serde_json::to_string(&line).expect("raw values and text into memory") + "\n"
}

/// The entry of a line, or why it is none.
pub fn of_line(line: &str) -> Result<Stored, String> {
    let line: LedgerLine<'_> =
        serde_json::from_str(line).map_err(|error| format!("not an evidence line: {error}"))?;
    let (body, reports) = (line.entry.get(), line.reports.map_or("", RawValue::get));
    if digest(&format!("{body}{reports}")) != line.digest {
        return Err("its content does not have the digest it was written with".to_owned());
    }
    Stored::read(body, reports, line.mark)
}

impl Entry {
    pub fn id(&self) -> &str {
        match self {
            Self::Run(run) => &run.id,
            Self::SignOff(it) => &it.id,
            Self::Revocation(it) => &it.id,
            Self::FlagChange(it) => &it.id,
            Self::Grant(it) => &it.id,
            Self::Baseline(it) => &it.id,
            Self::Archive(it) => &it.id,
            Self::Checkpoint(it) => &it.id,
        }
    }

    /// Stable name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Run(_) => "run",
            Self::SignOff(_) => "sign_off",
            Self::Revocation(_) => "revocation",
            Self::FlagChange(_) => "flag_change",
            Self::Grant(_) => "grant",
            Self::Baseline(_) => "baseline",
            Self::Archive(_) => "archive",
            Self::Checkpoint(_) => "checkpoint",
        }
    }

    /// When it happened; of a run, when it ended.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Run(run) => run.ended_at,
            Self::SignOff(it) => it.at,
            Self::Revocation(it) => it.at,
            Self::FlagChange(it) => it.at,
            Self::Grant(it) => it.at,
            Self::Baseline(it) => it.at,
            Self::Archive(it) => it.at,
            Self::Checkpoint(it) => it.at,
        }
    }

    /// The features it is about; none for an archive.
    pub fn features(&self) -> Vec<&str> {
        match self {
            Self::Run(run) => run.features.iter().map(|run| run.feature.as_str()).collect(),
            Self::SignOff(it) => vec![&it.feature],
            Self::Revocation(Revocation { feature, .. }) => vec![feature],
            Self::FlagChange(it) => vec![&it.feature],
            Self::Grant(it) => vec![&it.feature],
            Self::Baseline(it) => vec![&it.feature],
            Self::Archive(_) | Self::Checkpoint(_) => Vec::new(),
        }
    }

    /// The same, written while the ledger's newest entry was dated in what the clock called the future.
    #[must_use]
    pub fn written_after(&self, newest: Timestamp) -> Self {
        let mut entry = self.clone();
        match &mut entry {
            Self::Run(run) => run.written_after = Some(newest),
            Self::FlagChange(it) => it.written_after = Some(newest),
            _ => {}
        }
        entry
    }

    pub fn imported(&self) -> Option<&Imported> {
        match self {
            Self::Run(run) => run.imported.as_ref(),
            Self::SignOff(it) => it.imported.as_ref(),
            Self::Revocation(it) => it.imported.as_ref(),
            Self::FlagChange(it) => it.imported.as_ref(),
            Self::Grant(it) => it.imported.as_ref(),
            Self::Baseline(it) => it.imported.as_ref(),
            Self::Archive(it) => it.imported.as_ref(),
            Self::Checkpoint(it) => it.imported.as_ref(),
        }
    }

    /// Marks it as come from elsewhere; one that was marked before keeps its first mark.
    pub fn mark_imported(&mut self, imported: &Imported) {
        self.mark().get_or_insert_with(|| imported.clone());
    }

    /// Where an entry says that it came from elsewhere.
    pub(super) fn mark(&mut self) -> &mut Option<Imported> {
        match self {
            Self::Run(run) => &mut run.imported,
            Self::SignOff(it) => &mut it.imported,
            Self::Revocation(it) => &mut it.imported,
            Self::FlagChange(it) => &mut it.imported,
            Self::Grant(it) => &mut it.imported,
            Self::Baseline(it) => &mut it.imported,
            Self::Archive(it) => &mut it.imported,
            Self::Checkpoint(it) => &mut it.imported,
        }
    }
}

/// A short id that two machines do not choose twice: what it is about, hashed, after its time.
pub fn id(at: Timestamp, about: &[&str]) -> String {
    let about = digest(&format!("{} {}", at.as_nanosecond(), about.join("\u{1f}")));
    format!("{}-{}", at.strftime("%Y%m%dT%H%M%SZ"), &about[..10])
}

/// An id from what an entry says alone: saying the same again adds nothing.
pub fn content_id(kind: &str, about: &[&str]) -> String {
    format!("{kind}-{}", &digest(&about.join("\u{1f}"))[..16])
}
