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
    /// What is wrong with the list of what waits, and where it was put, if it could not be read.
    pub unreadable: Option<String>,
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
        let mut brought = BroughtFiles::default();
        let mut waiting = read_list(&self.list).unwrap_or_else(|error| {
            brought.unreadable = Some(put_aside(&self.list, &error));
            BTreeMap::new()
        });
        for part in existing(record) {
            let part = std::path::absolute(&part).unwrap_or(part);
            waiting.insert(part.clone(), self.place_of(&part).to_string());
        }
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
        if let Some(unreadable) = &self.unreadable {
            answer.hint(format!("warning: {unreadable}"));
        }
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

/// Files, and where each is to be; none where there is no list.
fn read_list(path: &Path) -> std::io::Result<BTreeMap<PathBuf, String>> {
    match fs_err::read(path) {
        Ok(text) => Ok(serde_json::from_slice(&text)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

/// Keeps a list that cannot be read out of the next one's way; what is to be said of it.
fn put_aside(list: &Path, error: &std::io::Error) -> String {
    let aside = list.with_extension("unreadable");
    let kept = match fs_err::rename(list, &aside) {
        Ok(()) => format!("it is kept as {}", aside.display()),
        Err(error) => format!("nor could it be moved out of the way ({error})"),
    };
    format!(
        "what waits to be stored cannot be read ({}: {error}); {kept}, and the recordings it names have to be stored by hand",
        list.display()
    )
}

fn write_list(path: &Path, waiting: &BTreeMap<PathBuf, String>) -> std::io::Result<()> {
    if waiting.is_empty() {
        return match fs_err::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    own_folder::replace(path, waiting)
}
