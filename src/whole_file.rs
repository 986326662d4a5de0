//! A file that is written whole or not at all: a full disk, or a kill, leaves what was there before.

use std::io::Write as _;
use std::path::Path;

use fs_err as fs;

use crate::system;

/// Puts `bytes` in the place of the file in one step, with the permissions and the owner of the one that was there; a
/// symbolic link is followed. What is no plain file (a pipe, a device), or stands where no other can be made, is written
/// as it stands.
///
/// # Errors
/// The file cannot be made or written; then the one that was there is as it was, if it was a plain file.
pub fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let before = fs::metadata(&target).ok();
    if before.as_ref().is_some_and(|before| !before.is_file()) {
        return fs::write(path, bytes);
    }
    let path = target.as_path();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(mut draft) = system::draft_in(folder) else { return fs::write(path, bytes) };
    if let Some(before) = &before
        && !system::make_like(draft.as_file(), before)?
    {
        return fs::write(path, bytes);
    }
    let written = draft.write_all(bytes).and_then(|()| draft.as_file().sync_all());
    written.and_then(|()| draft.persist(path).map(drop).map_err(|failure| failure.error)).map_err(|error| {
        std::io::Error::new(error.kind(), format!("failed to write to file `{}`: {error}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_with_its_permissions_and_a_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answer");
        write(&path, b"a longer first one").unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(&path, &link).unwrap();
            write(&link, b"third").unwrap();
            write(&path, b"fourth").unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read(&link).unwrap(), b"fourth");
            assert_eq!(system::mode(&fs::metadata(&path).unwrap()), Some(0o640));
        }
    }
}
