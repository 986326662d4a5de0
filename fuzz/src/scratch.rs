//! A file in memory for what is only read from files.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A path at which this process alone writes; the name's ending says what will be there.
pub fn path(name: &str) -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let memory = Path::new("/dev/shm");
    let folder = FOLDER.get_or_init(|| {
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        folder.expect("a folder for scratch files")
    });
    folder.path().join(name)
}

/// Writes the bytes there.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = path(name);
    std::fs::write(&path, bytes).expect("room for a scratch file");
    path
}
