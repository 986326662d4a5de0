//! A store of the program that was built without the feature `object-store`: there is none.

use std::convert::Infallible;
use std::path::Path;

use crate::environment::Environment;
use crate::error::Result;
use crate::model::store_url::StoreUrl;
use crate::storage::{Brought, StorageError, without_feature};

/// Nobody has one.
pub struct NoStorage(Infallible);

impl NoStorage {
    /// # Errors
    /// Usage, always.
    pub fn open(url: &StoreUrl, _: &Environment) -> Result<Self> {
        Err(without_feature(url))
    }

    /// # Errors
    /// None: there is no store.
    pub fn bring(&self, _: &Path, _: &StoreUrl, _: bool) -> std::result::Result<Brought, StorageError> {
        match self.0 {}
    }

    /// # Errors
    /// None: there is no store.
    pub fn size(&self, _: &StoreUrl) -> std::result::Result<Option<u64>, StorageError> {
        match self.0 {}
    }

    /// # Errors
    /// None: there is no store.
    pub fn fetch(&self, _: &StoreUrl, _: &Path) -> std::result::Result<(), StorageError> {
        match self.0 {}
    }

    /// # Errors
    /// None: there is no store.
    pub fn list(&self, _: &StoreUrl) -> std::result::Result<Vec<(StoreUrl, u64)>, StorageError> {
        match self.0 {}
    }

    /// # Errors
    /// None: there is no store.
    pub fn remove(&self, _: &StoreUrl) -> std::result::Result<(), StorageError> {
        match self.0 {}
    }
}
