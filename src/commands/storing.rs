//! A run's recording on its way to an object store, after its files are whole. What does not get there stays where it is,
//! is noted beside the ledger, and is brought the next time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use backon::{BlockingRetryable as _, ExponentialBuilder};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::model::store_url::StoreUrl;
use crate::own_folder;
use crate::recording::existing;
use crate::report::run::RunAnswer;
use crate::secrets::redacted;
use crate::settings::Settings;
use crate::storage::{Brought, Storage, StorageError};

/// The list of what waits, beside the ledger.
const WAITING: &str = "unstored.json";
/// Tries after the first.
const RETRIES: usize = 2;

/// The store that a run's recording is brought to.
pub struct Storing {
    store: Storage,
    to: StoreUrl,
    /// Go on with what is there under the same name.
    may_replace: bool,
    list: PathBuf,
}

/// What became of the files.
#[derive(Debug, Default)]
pub struct BroughtFiles {
    pub stored: Vec<StoreUrl>,
    pub failed: Vec<(PathBuf, StorageError)>,
    /// Noted earlier, and gone since.
    pub gone: Vec<PathBuf>,
    /// Why the list could not be written, if it could not.
    pub unnoted: Option<String>,
}

impl Storing {
    /// Opens the configured store; none where there is none. A store that is out of reach at this moment is no error: the
    /// run goes on.
    ///
    /// # Errors
    /// Usage: the program cannot use stores, or another recording is there under this name.
    pub fn begin(
        settings: &Settings,
        record: &Path,
        may_replace: bool,
        environment: &Environment,
    ) -> Result<Option<Self>> {
        let Some(to) = &settings.recording_store else { return Ok(None) };
        let storing = Self {
            store: Storage::open(to, environment)?,
            to: to.clone(),
            may_replace,
            list: settings.evidence.folder.join(WAITING),
        };
        let first = storing.place_of(record);
        match storing.store.size(&first) {
            Ok(Some(_)) if !may_replace => {
                Err(Error::usage(format!("{first} is there from an earlier recording"))
                    .hint("record to another name, or go on with that one by --resume"))
            }
            Ok(_) => Ok(Some(storing)),
            Err(error) => {
                crate::say(&format!("warning: {error}; the recording is brought there when it can be"));
                Ok(Some(storing))
            }
        }
    }

    fn place_of(&self, part: &Path) -> StoreUrl {
        self.to.below(&part.file_name().unwrap_or_default().to_string_lossy())
    }

    /// Brings all files of a recording there, and what waits from earlier.
    pub fn bring(&self, record: &Path) -> BroughtFiles {
        let mut waiting = read_list(&self.list);
        for part in existing(record) {
            let part = std::path::absolute(&part).unwrap_or(part);
            waiting.insert(part.clone(), self.place_of(&part).to_string());
        }
        let mut brought = BroughtFiles::default();
        // noted first: a kill in the middle leaves it to the next time
        let mut noted = write_list(&self.list, &waiting);
        for (part, place) in waiting.clone() {
            let Ok(place) = StoreUrl::parse(&place) else { continue };
            if !part.exists() {
                waiting.remove(&part);
                brought.gone.push(part);
                continue;
            }
            let policy = ExponentialBuilder::default().with_max_times(RETRIES).with_jitter();
            let bring = || self.store.bring(&part, &place, self.may_replace);
            let done = bring.retry(policy).sleep(std::thread::sleep).when(StorageError::may_pass).call();
            match done {
                Ok(Brought::Stored | Brought::WasThere) => {
                    waiting.remove(&part);
                    brought.stored.push(place);
                }
                Err(error) => brought.failed.push((part, error)),
            }
        }
        noted = noted.and(write_list(&self.list, &waiting));
        brought.unnoted = noted.err().map(|error| error.to_string());
        brought
    }
}

impl BroughtFiles {
    /// Tells the answer where the recording is; one that is not where it was to be is a failure of the tool.
    pub fn tell(self, answer: &mut RunAnswer) {
        for gone in &self.gone {
            answer.hint(format!("warning: {} was to be stored, and is gone", gone.display()));
        }
        if !self.stored.is_empty() {
            let stored: Vec<String> = self.stored.iter().map(ToString::to_string).collect();
            answer.hint(format!("stored as {}", stored.join(" ")));
        }
        for (part, error) in self.failed {
            let kept = match &self.unnoted {
                None => "the next `shadow-diff --record` brings it".to_owned(),
                Some(why) => format!("and that it waits could not be noted: {why}"),
            };
            let hint = format!("{}; the recording is safe in {}, {kept}", error.hint(), part.display());
            answer.fail(&Error::failed(error).hint(redacted(&hint)));
        }
    }
}

/// Files, and where each is to be; what cannot be read is nothing.
fn read_list(path: &Path) -> BTreeMap<PathBuf, String> {
    let text = fs_err::read_to_string(path).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn write_list(path: &Path, waiting: &BTreeMap<PathBuf, String>) -> std::io::Result<()> {
    if waiting.is_empty() {
        return match fs_err::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    own_folder::make(folder)?;
    let mut draft = tempfile::Builder::new().prefix(".unstored").tempfile_in(folder)?;
    serde_json::to_writer(&mut draft, waiting)?;
    draft.persist(path).map(drop).map_err(|error| error.error)
}
