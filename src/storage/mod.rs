//! Recordings in an object store: brought there when they are whole, listed, and fetched to be judged again.
//!
//! Blocking, for threads that have nothing else to do. A program that was built without the feature `object-store`
//! refuses every store, and says why.

#[cfg(not(feature = "object-store"))]
mod absent;
#[cfg(feature = "object-store")]
mod connection;
#[cfg(feature = "object-store")]
mod objects;

use std::path::PathBuf;

#[cfg(not(feature = "object-store"))]
pub use absent::NoStorage as Storage;
#[cfg(feature = "object-store")]
pub use objects::Storage;

use crate::error::Error;
use crate::model::store_url::StoreUrl;

/// What becomes of a file that is brought to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    /// It was not there, or is there in the place of another.
    Stored,
    /// The same is there already.
    WasThere,
}

#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("cannot reach the object store of {url}: {why}")]
    Unreachable { url: String, why: String },
    #[error("{url} is not there")]
    Missing { url: String },
    #[error("{url} holds another recording of the same name")]
    Taken { url: String },
    #[error("{url} has {there} bytes, and {file} has {here}")]
    Torn { url: String, file: PathBuf, there: u64, here: u64 },
    #[error("{url} stands for more than {most} objects")]
    TooMany { url: String, most: usize },
    #[error("cannot read or write {file}")]
    File { file: PathBuf, source: std::io::Error },
}

impl StorageError {
    /// Whether another try may end otherwise.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Torn { .. })
    }

    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => {
                "check the bucket, AWS_REGION, AWS_ENDPOINT_URL and the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)"
            }
            Self::Missing { .. } => "check the name; a prefix ends in a slash",
            Self::Taken { .. } => {
                "nothing in a store is overwritten: give each observer a prefix of its own, or record to another name"
            }
            Self::Torn { .. } => "it is brought again the next time",
            Self::TooMany { .. } => "name a narrower prefix",
            Self::File { .. } => "check the folder, its permissions and the free space",
        }
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        let hint = error.hint();
        Self::failed(error).hint(hint)
    }
}

/// Said of any store by a program that can use none.
#[cfg_attr(
    all(feature = "object-store", not(test)),
    expect(dead_code, reason = "only the program without the feature says it")
)]
fn without_feature(url: &StoreUrl) -> Error {
    Error::usage(format!(
        "{url} is in an object store, and this program was built without the feature `object-store`"
    ))
    .hint("build it with `cargo install --locked --path . --features object-store`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_feature_a_store_is_a_wrong_call_that_names_the_feature() {
        let error = without_feature(&StoreUrl::parse("s3://thor/run.ndjson").unwrap());
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("built without the feature `object-store`"), "{error}");
        assert!(error.hint.unwrap().contains("--features object-store"));
    }
}
