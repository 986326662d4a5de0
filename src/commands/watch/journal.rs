//! What the service knows of its windows on disk: one recording each, and beside it a short journal of what the window
//! is evidence of. Whoever starts after a crash reads here what was being observed, and what is not kept yet.
//!
//! `main/us-regular.20261123T143000Z.ndjson.zst` is recorded, with its parts, and
//! `main/us-regular.20261123T143000Z.window.json` says by whom, under which rules, flags and code.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::commands::replay::judged_again;
use crate::commands::shadow_diff::evidence::recording_digest;
use crate::error::Result;
use crate::evidence::{Circumstances, Kept, LedgerPlace, RunEnding, keep, record};
use crate::model::facts::ledger::Entry;
use crate::model::run::RunReport;
use crate::own_folder;
use crate::recording::{Config, existing};
use crate::watch::WindowKey;
use crate::watch::retention::KeptRecording;

const FORMAT: u32 = 1;
const ENDING: &str = ".window.json";
const RECEIPT: &str = ".stored.json";

/// One window of evidence, as far as it is on disk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Journal {
    #[serde(rename = "thor_cutover_window")]
    format: u32,
    pub key: WindowKey,
    pub closes: Timestamp,
    pub features: Vec<String>,
    /// What another piece of the same window must have in common with it.
    binding: String,
    pub circumstances: Circumstances,
    /// What was known of its end when it was looked at last.
    pub so_far: RunEnding,
    /// Whether all that is recorded is on the ledger, or beside it.
    pub is_kept: bool,
    /// Its own name, without the ending.
    #[serde(skip)]
    stem: PathBuf,
}

impl Journal {
    /// The first file of its recording.
    pub fn recording(&self) -> PathBuf {
        with_ending(&self.stem, ".ndjson.zst")
    }

    /// When it was written last; none where the system does not say.
    pub fn saved_at(&self) -> Option<Timestamp> {
        fs_err::metadata(with_ending(&self.stem, ENDING)).ok()?.modified().ok()?.try_into().ok()
    }

    /// What of it is in a store.
    pub fn receipt(&self) -> PathBuf {
        with_ending(&self.stem, RECEIPT)
    }

    /// Its files that will not change any more: while it is observed, or may be gone on with, all but the last.
    pub fn whole_parts(&self, is_open: bool) -> Vec<PathBuf> {
        let mut parts = existing(&self.recording());
        if is_open || !self.is_kept {
            parts.pop();
        }
        parts
    }

    /// Writes it anew; after a crash it is the old one or the new one.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn save(&self) -> io::Result<()> {
        own_folder::replace(&with_ending(&self.stem, ENDING), self)
    }

    /// Removes the recording, then the journal.
    ///
    /// # Errors
    /// A file cannot be removed; what is left is tried again.
    pub fn remove(&self) -> io::Result<()> {
        for part in existing(&self.recording()).iter().rev() {
            fs_err::remove_file(part)?;
        }
        if self.receipt().exists() {
            fs_err::remove_file(self.receipt())?;
        }
        fs_err::remove_file(with_ending(&self.stem, ENDING))
    }

    fn bytes(&self) -> u64 {
        let parts = existing(&self.recording());
        parts.iter().filter_map(|part| fs_err::metadata(part).ok()).map(|metadata| metadata.len()).sum()
    }
}

/// What two pieces of one window have in common: everything that evidence is bound to, and the rules they are judged by.
pub fn binding(circumstances: &Circumstances, config: &Config) -> String {
    let config = serde_json::to_string(config).expect("texts and numbers under names");
    let whole = format!("{}\n{config}", circumstances.binding());
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(whole.as_bytes()))
}

/// The number that tells a window from others that begin at the same instant, in this process or elsewhere.
pub fn observer(key: &WindowKey, process: u32) -> u32 {
    let WindowKey { target, session, opens } = key;
    let whole = format!("{process} {target} {session} {opens}");
    (xxhash_rust::xxh3::xxh3_64(whole.as_bytes()) >> 32) as u32
}

/// The folder of all windows, held by one service at a time.
#[derive(Debug)]
pub struct JournalFolder {
    path: PathBuf,
    _lock: File,
}

impl JournalFolder {
    /// Makes the folder where it is not there.
    ///
    /// # Errors
    /// It cannot be written, or another service holds it.
    pub fn open(path: &Path) -> Result<Self> {
        own_folder::make(path).with_context(|| format!("making the folder {}", path.display()))?;
        let name = path.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&name)
            .with_context(|| format!("opening {}", name.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => Err(crate::error::Error::failed(anyhow::anyhow!(
                "another `thor-cutover watch` observes into {}",
                path.display()
            ))
            .hint("end that one, or give this one a folder of its own: [watch] folder")),
            Err(std::fs::TryLockError::Error(error)) => {
                Err(anyhow::Error::new(error).context(format!("locking {}", name.display())).into())
            }
        }
    }

    /// Every window that is on disk, and what cannot be read.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn all(&self) -> io::Result<(Vec<Journal>, Vec<String>)> {
        let (mut journals, mut unreadable) = (Vec::new(), Vec::new());
        for folder in fs_err::read_dir(&self.path)? {
            let folder = folder?.path();
            if !folder.is_dir() {
                continue;
            }
            for entry in fs_err::read_dir(&folder)? {
                let path = entry?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let Some(stem) = name.strip_suffix(ENDING) else { continue };
                match read(&path) {
                    Ok(journal) => journals.push(Journal { stem: folder.join(stem), ..journal }),
                    Err(why) => unreadable.push(format!("{}: {why}", path.display())),
                }
            }
        }
        journals.sort_by(|a, b| (&a.key, &a.stem).cmp(&(&b.key, &b.stem)));
        Ok((journals, unreadable))
    }

    /// The pieces of one window, in the order in which they were begun.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub fn of(&self, key: &WindowKey) -> io::Result<Vec<Journal>> {
        let (mut journals, _) = self.all()?;
        journals.retain(|journal| journal.key == *key);
        journals.sort_by_key(|journal| journal.circumstances.started_at);
        Ok(journals)
    }

    /// A piece that is begun now; it is on disk before anything of it is recorded.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn begin(
        &self,
        key: &WindowKey,
        closes: Timestamp,
        features: &[String],
        binding: String,
        circumstances: Circumstances,
    ) -> io::Result<Journal> {
        let folder = self.path.join(&key.target);
        own_folder::make(&folder)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let session: String = key.session.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
        let stem = format!("{session}.{}", key.opens.strftime("%Y%m%dT%H%M%SZ"));
        let is_free = |stem: &PathBuf| {
            !with_ending(stem, ENDING).exists() && existing(&with_ending(stem, ".ndjson.zst")).is_empty()
        };
        let numbered = (2..).map(|number| folder.join(format!("{stem}-{number}")));
        let stem = std::iter::once(folder.join(&stem)).chain(numbered).find(is_free);
        let journal = Journal {
            format: FORMAT,
            key: key.clone(),
            closes,
            features: features.to_vec(),
            binding,
            circumstances,
            so_far: RunEnding::default(),
            is_kept: false,
            stem: stem.expect("there are more numbers than files"),
        };
        journal.save()?;
        Ok(journal)
    }

    /// The recordings as they are looked through for what is outdated; `is_open`: whether one is being written;
    /// `is_stored`: whether all of it is wherever it is to be besides.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub fn recordings(
        &self,
        is_open: impl Fn(&WindowKey) -> bool,
        is_stored: impl Fn(&Journal) -> bool,
    ) -> io::Result<Vec<(Journal, KeptRecording<PathBuf>)>> {
        let (journals, _) = self.all()?;
        let recording = |journal: Journal| {
            let kept = KeptRecording {
                id: journal.stem.clone(),
                bytes: journal.bytes(),
                closed_at: journal.closes,
                is_needed: !journal.is_kept || is_open(&journal.key) || !is_stored(&journal),
            };
            (journal, kept)
        };
        Ok(journals.into_iter().map(recording).collect())
    }
}

/// The piece among these that may be gone on with under this binding; the newest begun is the only candidate, since
/// what was observed meanwhile under other rules stands in between.
pub fn resumable<'j>(journals: &'j [Journal], binding: &str) -> Option<&'j Journal> {
    journals.last().filter(|journal| journal.binding == binding && journal.recording().exists())
}

/// What became of a piece that was judged from its recording.
#[derive(Debug)]
pub enum Settled {
    /// Nothing was ever observed in it: it is gone.
    Nothing,
    Kept {
        run: String,
        kept: Kept,
    },
    /// Its recording cannot be judged, now or later; what was kept while it was observed stands.
    Unreadable(String),
}

/// Judges a piece from its recording and keeps it, under the id that it had while it was observed.
///
/// # Errors
/// The evidence cannot be kept, in the ledger or beside it.
pub fn settle(journal: &mut Journal, ledger: &LedgerPlace, now: Timestamp) -> Result<Settled> {
    let base = journal.recording();
    let parts = existing(&base);
    if parts.is_empty() {
        journal.remove().context("removing the journal of an empty window")?;
        return Ok(Settled::Nothing);
    }
    let settled = match judged_again(&parts) {
        Err(error) => Settled::Unreadable(error.to_string()),
        Ok((_, report)) if is_empty(&report) => {
            journal.remove().context("removing the recording of an empty window")?;
            return Ok(Settled::Nothing);
        }
        Ok((_, report)) => {
            let mut run = record(&report, &journal.circumstances);
            let mut ending = journal.so_far.clone();
            ending.recording = Some(recording_digest(&base).context("reading the recording of a window")?);
            ending.add_to(&mut run);
            let id = run.id.clone();
            Settled::Kept { run: id, kept: keep(ledger, &[Entry::Run(Box::new(run))], now)? }
        }
    };
    journal.is_kept = true;
    journal.save().context("writing the journal of a window")?;
    Ok(settled)
}

/// Whether a run proves nothing at all: no answer, no error, no message.
fn is_empty(report: &RunReport) -> bool {
    report.features.iter().all(|it| it.samples == 0 && it.rest_errors == 0 && it.messages == 0)
}

fn read(path: &Path) -> std::result::Result<Journal, String> {
    let text = fs_err::read_to_string(path).map_err(|error| error.to_string())?;
    let journal: Journal = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    if journal.format > FORMAT {
        return Err(format!("written by a newer version, in format {}", journal.format));
    }
    Ok(journal)
}

fn with_ending(stem: &Path, ending: &str) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
