//! An object store by `object_store`: S3 and what speaks like it, or a folder of this machine.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{BackoffConfig, ObjectStore, ObjectStoreExt as _, RetryConfig, WriteMultipart};
use sha2::{Digest as _, Sha256};
use tokio::runtime::{Builder, Runtime};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::model::store_url::{StoreScheme, StoreUrl};
use crate::storage::connection::StoreConnector;
use crate::storage::{Brought, StorageError};

/// Objects that a prefix may stand for.
const MAX_OBJECTS: usize = 100_000;
/// A file is sent in pieces of this size, of which so many are under way: the memory that an upload takes.
const PIECE: usize = 8 << 20;
const PIECES_UNDER_WAY: usize = 2;
/// Tries of one request after its first.
const RETRIES: usize = 3;
/// And no new one after so long.
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// A store that was opened; nothing is asked of it before.
pub struct Storage {
    objects: Arc<dyn ObjectStore>,
    /// Of its own, since whoever calls has none. There until it is dropped.
    runtime: Option<Runtime>,
}

impl Drop for Storage {
    fn drop(&mut self) {
        // one that is waited for could not be dropped inside of another
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Storage {
    /// The store that a URL is in. Credentials, region and endpoint are those of the variables AWS_*.
    ///
    /// # Errors
    /// Usage: a variable holds what is no value of it.
    pub fn open(url: &StoreUrl, environment: &Environment) -> Result<Self> {
        let objects: Arc<dyn ObjectStore> = match url.scheme {
            StoreScheme::File => Arc::new(LocalFileSystem::new()),
            StoreScheme::S3 => Arc::new(s3(&url.bucket, environment)?),
        };
        Self::of(objects)
    }

    /// A store that somebody else opened.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn of(objects: Arc<dyn ObjectStore>) -> Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::failed(anyhow::Error::new(error).context("starting the runtime")))?;
        Ok(Self { objects, runtime: Some(runtime) })
    }

    /// Brings a file there, unless the same is there already. What is there otherwise is overwritten only if `may_replace`.
    ///
    /// # Errors
    /// [`StorageError`]; then the file is not there, or what was there before.
    pub fn bring(
        &self,
        file: &Path,
        to: &StoreUrl,
        may_replace: bool,
    ) -> std::result::Result<Brought, StorageError> {
        let failed = |source| StorageError::File { file: file.to_owned(), source };
        let here = std::fs::metadata(file).map_err(failed)?.len();
        match self.size(to)? {
            Some(there) if there == here && self.digest(to)? == digest_of(file).map_err(failed)? => {
                return Ok(Brought::WasThere);
            }
            Some(_) if !may_replace => return Err(StorageError::Taken { url: to.to_string() }),
            _ => {}
        }
        self.wait(self.put(file, to))?;
        match self.size(to)? {
            Some(there) if there == here => Ok(Brought::Stored),
            there => {
                let (url, file, there) = (to.to_string(), file.to_owned(), there.unwrap_or_default());
                Err(StorageError::Torn { url, file, there, here })
            }
        }
    }

    /// How large an object is; none where there is none.
    ///
    /// # Errors
    /// [`StorageError::Unreachable`].
    pub fn size(&self, url: &StoreUrl) -> std::result::Result<Option<u64>, StorageError> {
        match self.wait(self.objects.head(&key(url))) {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(refused(url, error)),
        }
    }

    /// Writes an object into a file.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn fetch(&self, url: &StoreUrl, into: &Path) -> std::result::Result<(), StorageError> {
        let failed = |source| StorageError::File { file: into.to_owned(), source };
        let mut file = File::create(into).map_err(failed)?;
        self.each_piece(url, |piece| file.write_all(piece).map_err(failed))
    }

    /// The objects below a prefix, by name, and their bytes.
    ///
    /// # Errors
    /// [`StorageError`]; more than `MAX_OBJECTS`.
    pub fn list(&self, prefix: &StoreUrl) -> std::result::Result<Vec<(StoreUrl, u64)>, StorageError> {
        let below = (!prefix.key.is_empty()).then(|| key(prefix));
        let found = self.objects.list(below.as_ref()).take(MAX_OBJECTS + 1);
        let found: Vec<_> = match self.wait(found.try_collect()) {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(refused(prefix, error)),
        };
        if found.len() > MAX_OBJECTS {
            return Err(StorageError::TooMany { url: prefix.to_string(), most: MAX_OBJECTS });
        }
        let mut urls: Vec<(StoreUrl, u64)> = found
            .into_iter()
            .map(|meta| {
                let key = meta.location.to_string();
                (StoreUrl { key, is_prefix: false, ..prefix.clone() }, meta.size)
            })
            .collect();
        urls.sort();
        Ok(urls)
    }

    /// Removes an object; one that is not there is removed.
    ///
    /// # Errors
    /// [`StorageError::Unreachable`].
    pub fn remove(&self, url: &StoreUrl) -> std::result::Result<(), StorageError> {
        match self.wait(self.objects.delete(&key(url))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(refused(url, error)),
        }
    }

    /// SHA-256 of an object.
    fn digest(&self, url: &StoreUrl) -> std::result::Result<Vec<u8>, StorageError> {
        let mut digest = Sha256::new();
        self.each_piece(url, |piece| {
            digest.update(piece);
            Ok(())
        })?;
        Ok(digest.finalize().to_vec())
    }

    fn each_piece(
        &self,
        url: &StoreUrl,
        mut take: impl FnMut(&[u8]) -> std::result::Result<(), StorageError>,
    ) -> std::result::Result<(), StorageError> {
        let failed = |error| match error {
            object_store::Error::NotFound { .. } => StorageError::Missing { url: url.to_string() },
            error => refused(url, error),
        };
        self.wait(async {
            let mut pieces = self.objects.get(&key(url)).await.map_err(failed)?.into_stream();
            while let Some(piece) = pieces.next().await {
                take(&piece.map_err(failed)?)?;
            }
            Ok(())
        })
    }

    /// Sends a file: in one request where it is small, else in pieces.
    async fn put(&self, file: &Path, to: &StoreUrl) -> std::result::Result<(), StorageError> {
        let (key, refused) = (key(to), |error| refused(to, error));
        let failed = |source| StorageError::File { file: file.to_owned(), source };
        let mut from = File::open(file).map_err(failed)?;
        let mut piece = next_piece(&mut from).map_err(failed)?;
        if piece.len() < PIECE {
            return self.objects.put(&key, piece.into()).await.map(drop).map_err(refused);
        }
        let mut upload = WriteMultipart::new_with_chunk_size(
            self.objects.put_multipart(&key).await.map_err(refused)?,
            PIECE,
        );
        while !piece.is_empty() {
            let sent = match upload.wait_for_capacity(PIECES_UNDER_WAY).await {
                Ok(()) => next_piece(&mut from).map_err(failed),
                Err(error) => Err(refused(error)),
            };
            match sent {
                Ok(next) => upload.put(std::mem::replace(&mut piece, next).into()),
                Err(error) => {
                    // pieces that nobody puts together would be paid for
                    let _ = upload.abort().await;
                    return Err(error);
                }
            }
        }
        upload.finish().await.map(drop).map_err(refused)
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("it is there until this is dropped").block_on(future)
    }
}

fn next_piece(from: &mut File) -> std::io::Result<Vec<u8>> {
    let mut piece = Vec::new();
    from.take(PIECE as u64).read_to_end(&mut piece)?;
    Ok(piece)
}

fn digest_of(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut from = File::open(file)?;
    let mut digest = Sha256::new();
    loop {
        let piece = next_piece(&mut from)?;
        if piece.is_empty() {
            return Ok(digest.finalize().to_vec());
        }
        digest.update(&piece);
    }
}

/// Its characters as they are: what a list says can be asked for.
fn key(url: &StoreUrl) -> Key {
    Key::parse(&url.key).unwrap_or_else(|_| url.key.split('/').collect())
}

/// Its words are a server's, and may repeat what was sent to it.
fn refused(url: &StoreUrl, error: object_store::Error) -> StorageError {
    let why = format!("{:#}", anyhow::Error::new(error));
    let why = crate::model::text::visible(&crate::secrets::redacted(&why));
    StorageError::Unreachable { url: url.to_string(), why }
}

fn s3(bucket: &str, environment: &Environment) -> Result<object_store::aws::AmazonS3> {
    let mut builder = AmazonS3Builder::new();
    for (name, value) in environment.variables.iter().filter(|(_, value)| !value.is_empty()) {
        let key = name
            .strip_prefix("AWS_")
            .and_then(|_| name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>().ok());
        if let Some(key) = key {
            // a store that refuses a key says it back
            if matches!(
                key,
                AmazonS3ConfigKey::AccessKeyId
                    | AmazonS3ConfigKey::SecretAccessKey
                    | AmazonS3ConfigKey::Token
            ) {
                crate::secrets::register(value);
            }
            builder = builder.with_config(key, value);
        }
    }
    let backoff = BackoffConfig::default();
    builder
        .with_bucket_name(bucket)
        .with_http_connector(StoreConnector)
        .with_retry(RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT })
        .build()
        .map_err(|error| {
            let why = format!("the variables AWS_* name no store: {:#}", anyhow::Error::new(error));
            Error::usage(crate::secrets::redacted(&why))
                .hint("see https://docs.rs/object_store for what they mean")
        })
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    fn place(key: &str) -> StoreUrl {
        StoreUrl::parse(&format!("s3://memory/{key}")).unwrap()
    }

    #[test]
    fn what_is_there_is_not_overwritten_and_the_same_is_not_sent_twice() {
        let store = Storage::of(Arc::new(InMemory::new())).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.ndjson");
        for length in [0, 10, PIECE, PIECE * 2 + 1] {
            std::fs::write(&file, vec![b'x'; length]).unwrap();
            let there = place(&format!("{length}/run.ndjson"));
            assert_eq!(store.bring(&file, &there, false).unwrap(), Brought::Stored);
            assert_eq!(store.bring(&file, &there, false).unwrap(), Brought::WasThere);
            let back = folder.path().join("back");
            store.fetch(&there, &back).unwrap();
            assert_eq!(std::fs::read(back).unwrap(), vec![b'x'; length]);
            // as long, and another
            std::fs::write(&file, vec![b'y'; length.max(1)]).unwrap();
            assert!(matches!(store.bring(&file, &there, false), Err(StorageError::Taken { .. })));
            assert_eq!(store.bring(&file, &there, true).unwrap(), Brought::Stored);
        }
        assert_eq!(store.list(&place("")).unwrap().len(), 4);
        assert_eq!(store.list(&place("10/")).unwrap(), [(place("10/run.ndjson"), 10)]);
        assert_eq!(store.list(&place("1/")).unwrap(), []);
    }

    #[test]
    #[cfg(unix)]
    fn what_is_listed_is_found_whatever_is_in_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.ndjson");
        std::fs::write(&file, "x").unwrap();
        let below = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
        for objects in [Arc::new(InMemory::new()) as Arc<dyn ObjectStore>, Arc::new(below)] {
            let store = Storage::of(objects).unwrap();
            let odd = place("odd/a b~%25*[é].ndjson");
            assert_eq!(store.bring(&file, &odd, false).unwrap(), Brought::Stored);
            assert_eq!(store.list(&place("odd/")).unwrap(), [(odd.clone(), 1)]);
            assert_eq!(store.bring(&file, &odd, false).unwrap(), Brought::WasThere);
        }
        assert!(folder.path().join("odd/a b~%25*[é].ndjson").exists());
    }

    #[test]
    fn a_prefix_that_stands_for_too_many_is_an_error() {
        let objects = InMemory::new();
        let store = Storage::of(Arc::new(objects)).unwrap();
        for at in 0..=MAX_OBJECTS {
            store.wait(store.objects.put(&Key::from(format!("many/{at}")), Vec::new().into())).unwrap();
        }
        let error = store.list(&place("many/")).unwrap_err();
        assert_eq!(error.to_string(), "s3://memory/many/ stands for more than 100000 objects");
        store.remove(&place("many/0")).unwrap();
        assert_eq!(store.list(&place("many/")).unwrap().len(), MAX_OBJECTS);
    }
}
