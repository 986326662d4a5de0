//! The key of a store's pseudonyms: random, made once, readable by its owner only, never shown.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};

use crate::model::text::hex;

const LENGTH: usize = 32;

/// 256 random bits.
#[derive(Clone)]
pub struct PseudonymKey([u8; LENGTH]);

impl PseudonymKey {
    pub fn of(bytes: [u8; LENGTH]) -> Self {
        Self(bytes)
    }

    /// A fresh key that is kept nowhere.
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; LENGTH];
        let provider = rustls::crypto::ring::default_provider();
        provider.secure_random.fill(&mut bytes).map_err(|_| io::Error::other("no randomness to be had"))?;
        Ok(Self(bytes))
    }

    /// The key in this file; made, with its folder, where there is none.
    ///
    /// # Errors
    /// Where the file can be neither read nor made, or holds something else.
    pub fn load_or_create(path: &Path) -> io::Result<Self> {
        match Self::load(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => return done,
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        crate::own_folder::make(folder)?;
        let key = Self::random()?;
        // written aside (0600) and linked into place: another process sees either nothing or all of it
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&key.0)?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Ok(_) => Ok(key),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Self::load(path),
            Err(error) => Err(error.error),
        }
    }

    /// What tells this key from another: `key-` and 12 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&self.0).expect("any length of key is allowed");
        mac.update(b"thor-cutover: fingerprint of a key of pseudonyms");
        let digest = mac.finalize().into_bytes();
        format!("key-{}", hex(&digest[..6]))
    }

    /// The key as text, for a variable or a file of its own.
    pub fn to_text(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// A key from its text; `None` where it is none.
    pub fn of_text(text: &str) -> Option<Self> {
        crate::secrets::register(text);
        Self::of_bytes(&STANDARD.decode(text.trim()).ok()?)
    }

    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Keeps the key in this file, readable by its owner only, in the place of one that may be there.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn keep(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        crate::own_folder::make(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&self.0)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key in this file.
    ///
    /// # Errors
    /// Where there is none, or something else.
    pub fn load(path: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(LENGTH as u64 + 1).read_to_end(&mut bytes)?;
        let bytes = bytes.try_into().map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, format!("it does not hold a key of {LENGTH} bytes"))
        })?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store/key");
        let first = PseudonymKey::load_or_create(&path).unwrap();
        assert_eq!(PseudonymKey::load_or_create(&path).unwrap().0, first.0);
        assert_ne!(PseudonymKey::random().unwrap().0, first.0);
        assert_eq!(format!("{first:?}"), "Key(…)");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let again = PseudonymKey::of_text(&format!("{}\n", first.to_text())).unwrap();
        assert_eq!((again.0, again.fingerprint()), (first.0, first.fingerprint()));
        assert_ne!(PseudonymKey::random().unwrap().fingerprint(), first.fingerprint());
        std::fs::write(&path, "short").unwrap();
        assert!(PseudonymKey::load_or_create(&path).is_err());
    }
}
