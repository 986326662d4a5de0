//! Recordings that lie in an object store: listed by their names, and each written to a folder of its own for as long as
//! it is judged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::commands::replay::listing::is_recording;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::model::store_url::StoreUrl;
use crate::storage::Storage;

/// What the command line names, prefixes replaced by what is below them.
pub struct NamedFiles {
    pub files: Vec<PathBuf>,
    /// Whether one of them stands for all that is below it.
    pub has_prefix: bool,
    /// Those that lie in a store, with their bytes.
    stored: BTreeMap<PathBuf, (StoreUrl, u64)>,
    stores: BTreeMap<String, Storage>,
}

/// Files that can be opened; those of a store are gone with this.
pub struct LocalFiles {
    pub files: Vec<PathBuf>,
    folder: Option<TempDir>,
    stored: Vec<(String, String)>,
}

impl NamedFiles {
    /// Asks a store only where one is named.
    ///
    /// # Errors
    /// Usage: a URL is none of a store, or a prefix has no recording; a store that cannot be reached.
    pub fn of(named: &[PathBuf], environment: &Environment) -> Result<Self> {
        let mut all =
            Self { files: Vec::new(), has_prefix: false, stored: BTreeMap::new(), stores: BTreeMap::new() };
        for path in named {
            match path.to_str().filter(|text| text.contains("://")) {
                None => all.files.push(path.clone()),
                Some(text) => {
                    let url = StoreUrl::parse(text)
                        .map_err(|why| Error::usage(format!("{}: {why}", crate::secrets::shown_url(text))))?;
                    all.add(&url, environment)?;
                }
            }
        }
        Ok(all)
    }

    fn add(&mut self, url: &StoreUrl, environment: &Environment) -> Result<()> {
        let name = store_of(url);
        if !self.stores.contains_key(&name) {
            self.stores.insert(name.clone(), Storage::open(url, environment)?);
        }
        let store = &self.stores[&name];
        let size = if url.is_prefix { None } else { store.size(url)? };
        let found = if !url.is_prefix && (size.is_some() || is_recording(&url.key)) {
            vec![(url.clone(), size.unwrap_or_default())]
        } else {
            self.has_prefix = true;
            store.list(url)?.into_iter().filter(|(url, _)| is_recording(&url.key)).collect()
        };
        if found.is_empty() {
            return Err(Error::usage(format!("{url} has no recording"))
                .hint("recordings end in .ndjson or .ndjson.zst; name one of another name itself"));
        }
        for (url, bytes) in found {
            // as the list of recordings has it: without a slash twice
            let path: PathBuf = Path::new(&url.to_string()).components().collect();
            self.stored.insert(path.clone(), (url, bytes));
            self.files.push(path);
        }
        Ok(())
    }

    /// The bytes of the files together, without fetching one. What is not there has none.
    pub fn bytes(&self, files: &[PathBuf]) -> u64 {
        let of_file = |path: &PathBuf| match self.stored.get(path) {
            Some((_, bytes)) => *bytes,
            None => fs_err::metadata(path).map_or(0, |found| found.len()),
        };
        files.iter().map(of_file).sum()
    }

    /// Fetches those of the files that lie in a store.
    ///
    /// # Errors
    /// One is not there any more, the store cannot be reached, the disk is full.
    pub fn fetch(&self, files: &[PathBuf]) -> Result<LocalFiles> {
        let mut local = LocalFiles { files: Vec::new(), folder: None, stored: Vec::new() };
        for path in files {
            let Some((url, _)) = self.stored.get(path) else {
                local.files.push(path.clone());
                continue;
            };
            if local.folder.is_none() {
                let folder = tempfile::Builder::new().prefix("thor-cutover-").tempdir();
                let folder = folder.map_err(|error| {
                    Error::failed(anyhow::Error::new(error).context("making a folder for what is fetched"))
                })?;
                local.folder = Some(folder);
            }
            let Some(folder) = &local.folder else { continue };
            // two may have the same name under different prefixes
            let own = folder.path().join(local.stored.len().to_string());
            fs_err::create_dir(&own).map_err(Error::failed)?;
            let into = own.join(path.file_name().unwrap_or_default());
            self.stores[&store_of(url)].fetch(url, &into)?;
            local.stored.push((into.display().to_string(), url.to_string()));
            local.files.push(into);
        }
        Ok(local)
    }
}

impl LocalFiles {
    /// With the names that were typed in the place of those that exist for the moment only.
    pub fn named(&self, text: &str) -> String {
        self.stored.iter().fold(text.to_owned(), |text, (local, url)| text.replace(local, url))
    }

    /// The same of an error.
    pub fn named_in(&self, error: Error) -> Error {
        match self.folder {
            None => error,
            Some(_) => Error { source: anyhow::anyhow!("{}", self.named(&error.to_string())), ..error },
        }
    }
}

/// What is opened once for all that is in it.
fn store_of(url: &StoreUrl) -> String {
    StoreUrl { key: String::new(), is_prefix: true, ..url.clone() }.to_string()
}
