//! Files that are expected to be small, read up to a bound: what somebody put in their place costs no memory.
//!
//! How much is read of each is a limit that [limits.md](../docs/limits.md) lists.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

/// A configuration.
pub const MAX_CONFIGURATION: u64 = 4 << 20;

/// An env file, or a Compose file.
pub const MAX_ENV_FILE: u64 = 16 << 20;

/// A token, a key, a signature, a file of passwords.
pub const MAX_SECRET_FILE: u64 = 1 << 20;

/// Evidence that was exported, or the result of a shard.
pub const MAX_EVIDENCE_FILE: u64 = 1 << 30;

/// The file's bytes, at most so many.
///
/// # Errors
/// It cannot be read; [`ErrorKind::FileTooLarge`] where there are more.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let too_large = || io::Error::new(ErrorKind::FileTooLarge, format!("it is larger than {}", size(most)));
    if file.metadata().is_ok_and(|metadata| metadata.len() > most) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // a device or a pipe says no length
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes) }
}

/// The file as text.
///
/// # Errors
/// As [`read`]; it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "stream did not contain valid UTF-8"))
}

/// The same, with an error that names the file.
///
/// # Errors
/// As [`read_text`].
pub fn read_named(path: &Path, most: u64) -> io::Result<String> {
    read_text(path, most).map_err(|error| {
        io::Error::new(error.kind(), format!("failed to open file `{}`: {error}", path.display()))
    })
}

fn size(bytes: u64) -> String {
    match bytes {
        _ if bytes.is_multiple_of(1 << 30) => format!("{} GiB", bytes >> 30),
        _ if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound_and_one_without_end_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "1234").unwrap();
        assert_eq!(read(&path, 4).unwrap(), b"1234");
        assert_eq!(read_text(&path, 3).unwrap_err().to_string(), "it is larger than 3 bytes");
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(read_text(&path, 4).unwrap_err().kind(), ErrorKind::InvalidData);
        #[cfg(unix)]
        assert_eq!(
            read(Path::new("/dev/zero"), MAX_SECRET_FILE).unwrap_err().kind(),
            ErrorKind::FileTooLarge
        );
    }
}
