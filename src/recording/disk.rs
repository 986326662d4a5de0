//! Where the files of a recording are made.

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::system;

/// What the files of a recording lie on.
pub trait Disk: Debug + Send + Sync {
    /// An empty file under this name; one that is there is replaced.
    ///
    /// # Errors
    /// Where it cannot be made.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Write + Send>>;
}

/// The machine's own. A file is its owner's only: account data, even pseudonymised, is nobody else's.
#[derive(Debug, Clone, Copy)]
pub struct MachineDisk;

impl Disk for MachineDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Write + Send>> {
        let mut options = File::options();
        let file = system::private(options.write(true).create(true).truncate(true)).open(path)?;
        // one that was there is made private too; devices such as /dev/null keep their permissions
        if file.metadata()?.is_file() {
            system::make_private(&file)?;
        }
        Ok(Box::new(file))
    }
}
