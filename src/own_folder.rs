//! The tool's own folder, `.thor-cutover`, made where it is needed. It holds evidence, keys and copies of env
//! files, so it ignores itself: nobody commits it by accident.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

/// Its name, wherever it is made.
pub const NAME: &str = ".thor-cutover";

/// Makes the folder with those above it. A folder of another name is the user's own, and only made.
///
/// # Errors
/// Where it cannot be made. A `.gitignore` that cannot be written in it is none.
pub fn make(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let own = folder.ancestors().find(|above| above.file_name().is_some_and(|name| name == NAME));
    if let Some(own) = own {
        let ignore = std::fs::File::options().write(true).create_new(true).open(own.join(".gitignore"));
        let _ = ignore.and_then(|mut file| file.write_all(b"*\n"));
    }
    Ok(())
}

/// Puts `value` as JSON in the place of a small file, which is its owner's only; after a crash it is the old one or the
/// new one. Its folder is made where it is not there.
///
/// # Errors
/// Where the folder or the file cannot be written.
pub fn replace(path: &Path, value: &impl Serialize) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    make(folder)?;
    let mut draft = tempfile::Builder::new().prefix(".draft").tempfile_in(folder)?;
    serde_json::to_writer(&mut draft, value)?;
    draft.flush()?;
    draft.as_file().sync_data()?;
    draft.persist(path).map(drop).map_err(|error| error.error)
}
