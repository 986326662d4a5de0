//! An entry as a store keeps it: its text as it was first written, a run's full reports apart, and the mark of
//! where it came from apart from both, so that importing changes nothing that a digest or a chain is about.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::line::digest;
use crate::model::facts::ledger::{Entry, Imported};
use crate::model::run::FeatureReport;
use crate::secrets::redacted;

/// What a store takes in and gives back.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Without full reports, with its mark.
    pub entry: Entry,
    /// The entry as JSON, without full reports and without its mark.
    pub body: String,
    /// A run's full reports, a JSON array; empty where there are none.
    pub reports: String,
    pub mark: Option<Imported>,
}

/// What a store has under the same id.
#[derive(Debug, Clone, PartialEq)]
pub struct There {
    /// Milliseconds since 1970; of a run its end.
    pub at: i64,
    pub digest: String,
    pub has_reports: bool,
    pub mark: Option<Imported>,
}

/// What becomes of an entry that is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Added,
    /// It takes the place of a shorter record of the same run, or of the same without a signature.
    Replaces,
    /// There already, at least as complete.
    Known,
    /// Says something else than what is there under the same id, and is not longer: not taken in.
    Contradicts,
}

impl Stored {
    pub fn of(entry: &Entry) -> Self {
        let mut entry = entry.clone();
        let mark = entry.mark().take();
        let reports = match &mut entry {
            Entry::Run(run) => std::mem::take(&mut run.reports),
            _ => Vec::new(),
        };
        let body = safe(&entry);
        let reports = if reports.is_empty() { String::new() } else { safe(&reports) };
        if let Some(shown) = serde_json::from_str(&body).ok().filter(|shown| *shown != entry) {
            entry = shown;
        }
        entry.mark().clone_from(&mark);
        Self { entry, body, reports, mark }
    }

    /// From the text of a body and of its reports. What an older version wrote, reports or mark inside of the
    /// body, is taken apart.
    pub fn read(body: &str, reports: &str, mark: Option<Imported>) -> Result<Self, String> {
        let unknown = |error| format!("not an entry this version knows: {error}");
        let mut entry: Entry = serde_json::from_str(body).map_err(unknown)?;
        let inside = matches!(&entry, Entry::Run(run) if !run.reports.is_empty());
        if inside || (entry.imported().is_some() && mark.is_none()) {
            return Ok(Self::of(&entry));
        }
        if let Some(mark) = &mark {
            *entry.mark() = Some(mark.clone());
        }
        Ok(Self { entry, body: body.to_owned(), reports: reports.to_owned(), mark })
    }

    pub fn id(&self) -> &str {
        self.entry.id()
    }

    /// Milliseconds since 1970; of a run its end.
    pub fn at(&self) -> i64 {
        self.entry.at().as_millisecond()
    }

    /// The feature, where it is about one only.
    pub fn feature(&self) -> Option<&str> {
        match self.entry.features()[..] {
            [feature] => Some(feature),
            _ => None,
        }
    }

    pub fn digest(&self) -> String {
        digest(&self.body)
    }

    pub fn mark_text(&self) -> Option<String> {
        let text = |mark| serde_json::to_string(mark).expect("a mark is plain text");
        self.mark.as_ref().map(text)
    }

    /// The full reports; the error says what is wrong with them.
    pub fn full_reports(&self) -> Result<Vec<FeatureReport>, String> {
        match self.reports.as_str() {
            "" => Ok(Vec::new()),
            text => serde_json::from_str(text).map_err(|error| error.to_string()),
        }
    }

    /// The entry with its full reports put back.
    pub fn complete(self) -> Result<Entry, String> {
        let reports = self.full_reports()?;
        let mut entry = self.entry;
        if let Entry::Run(run) = &mut entry {
            run.reports = reports;
        }
        Ok(entry)
    }

    /// What is to be done where the store has this under the same id. What was observed here is never replaced
    /// by what came from elsewhere, and what bore a signature never by what bears none.
    pub fn fate(&self, there: Option<&There>) -> Fate {
        let Some(there) = there else { return Fate::Added };
        let is_signed = |mark: &Option<Imported>| mark.as_ref().is_some_and(|mark| mark.signed_by.is_some());
        let weaker = self.mark.is_some()
            && (there.mark.is_none() || (is_signed(&there.mark) && !is_signed(&self.mark)));
        if self.digest() == there.digest {
            let adds_reports = !self.reports.is_empty() && !there.has_reports;
            let adds_signature = is_signed(&self.mark) && there.mark.is_some() && !is_signed(&there.mark);
            return if !weaker && (adds_reports || adds_signature) { Fate::Replaces } else { Fate::Known };
        }
        match &self.entry {
            // its id says what it saw, whoever saw it when
            Entry::Baseline(_) => Fate::Known,
            Entry::Run(_) if weaker || self.at() < there.at => Fate::Known,
            Entry::Run(_) if self.at() > there.at || self.mark.is_none() => Fate::Replaces,
            _ => Fate::Contradicts,
        }
    }
}

/// As JSON without secrets. What was seen holds none by then; a name, a note, a command line or an error may.
pub fn safe<T: Serialize + DeserializeOwned>(what: &T) -> String {
    let json = serde_json::to_string(what).expect("string keys and finite numbers only");
    match redacted(&json) {
        Cow::Borrowed(_) => json,
        Cow::Owned(safe) if serde_json::from_str::<T>(&safe).is_ok() => safe,
        // a secret that is a word of ours stays in the names of keys, which say nothing
        Cow::Owned(_) => {
            let mut value = serde_json::to_value(what).expect("it has just been written");
            hide_values(&mut value);
            let hidden = serde_json::from_value::<T>(value);
            hidden.ok().and_then(|hidden| serde_json::to_string(&hidden).ok()).unwrap_or(json)
        }
    }
}

fn hide_values(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(safe) = redacted(text) {
                *text = safe;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(hide_values),
        Value::Object(members) => members.values_mut().for_each(hide_values),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A run's full reports as a store keeps them: JSON under zstd with a checksum.
pub fn pack(reports: &str) -> Option<Vec<u8>> {
    if reports.is_empty() {
        return None;
    }
    let packed = zstd::stream::Encoder::new(Vec::new(), 3).and_then(|mut encoder| {
        encoder.include_checksum(true)?;
        std::io::Write::write_all(&mut encoder, reports.as_bytes())?;
        encoder.finish()
    });
    Some(packed.expect("compressing into memory does not fail"))
}

pub fn unpack(packed: Option<&[u8]>) -> Result<String, String> {
    let Some(packed) = packed.filter(|packed| !packed.is_empty()) else { return Ok(String::new()) };
    let json = zstd::stream::decode_all(packed).map_err(|error| error.to_string())?;
    String::from_utf8(json).map_err(|error| error.to_string())
}
