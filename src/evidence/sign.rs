//! Signatures of exported evidence, in minisign's form: `minisign -V` reads them, and `minisign -S` may make them.
//!
//! Ed25519 over the BLAKE2b-512 of the file (`ED`), or over the file itself (`Ed`, minisign's older form); a second
//! signature covers the first with its comment.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest as _};
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

const SECRET_HEAD: &str = "thor-cutover signing key: ";
const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";

/// A public key as `[evidence] trusted_keys` names it: `RW` and 54 letters, without its comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: [u8; 8],
    bytes: [u8; 32],
}

impl PublicKey {
    /// # Errors
    /// Why it is none, in words.
    pub fn read(text: &str) -> Result<Self, String> {
        // the file that minisign writes has a comment above it
        let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
        let bytes = STANDARD.decode(line).map_err(|_| format!("not a public key of minisign: {line:?}"))?;
        match (bytes.get(..2), bytes.get(2..10), bytes.get(10..)) {
            (Some(b"Ed"), Some(id), Some(key)) if key.len() == 32 => Ok(Self {
                id: id.try_into().expect("eight bytes were taken"),
                bytes: key.try_into().expect("it has 32 bytes"),
            }),
            _ => Err(format!("not a public key of minisign: {line:?}")),
        }
    }

    pub fn text(&self) -> String {
        STANDARD.encode([&b"Ed"[..], &self.id, &self.bytes].concat())
    }
}

/// A key that signs.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    id: [u8; 8],
}

impl SigningKey {
    /// A new one, as text to be kept secret.
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    pub fn make() -> Result<(Self, String), String> {
        let secret = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| "no randomness to be had".to_owned())?;
        let text = format!("{SECRET_HEAD}{}\n", STANDARD.encode(secret.as_ref()));
        Ok((Self::read(&text)?, text))
    }

    /// # Errors
    /// Why it is none, in words; never with any of its text.
    pub fn read(text: &str) -> Result<Self, String> {
        let none = || "it holds no signing key of thor-cutover".to_owned();
        let encoded = text.trim().strip_prefix(SECRET_HEAD).ok_or_else(none)?;
        let secret = STANDARD.decode(encoded).map_err(|_| none())?;
        let pair = Ed25519KeyPair::from_pkcs8(&secret).map_err(|_| none())?;
        let id = Blake2b512::digest(pair.public_key().as_ref());
        Ok(Self { id: id[..8].try_into().expect("a digest of 64 bytes"), pair })
    }

    pub fn public(&self) -> PublicKey {
        let bytes = self.pair.public_key().as_ref().try_into().expect("Ed25519 keys have 32 bytes");
        PublicKey { id: self.id, bytes }
    }

    /// The text of the signature's file; `comment` is signed too.
    pub fn sign(&self, content: &[u8], comment: &str) -> String {
        let signature = self.pair.sign(&Blake2b512::digest(content));
        let global = self.pair.sign(&[signature.as_ref(), comment.as_bytes()].concat());
        let head = [&b"ED"[..], &self.id, signature.as_ref()].concat();
        let mut text = String::new();
        let _ = writeln!(text, "{UNTRUSTED}signature of thor-cutover evidence");
        let _ = writeln!(text, "{}", STANDARD.encode(head));
        let _ = writeln!(text, "{TRUSTED}{comment}");
        let _ = writeln!(text, "{}", STANDARD.encode(global));
        text
    }
}

/// What [`verify`] says of a signature that another key made.
pub const ANOTHER_KEY: &str = "it was signed by another key";

/// What [`verify`] says where the key is right and the content is not.
pub const ALTERED: &str = "the file is not what was signed";

/// Whether the signature is this key's, over this content and with its comment.
///
/// # Errors
/// Why it is not, in words.
pub fn verify(key: &PublicKey, content: &[u8], signature: &str) -> Result<(), String> {
    let unreadable = || "the signature cannot be read".to_owned();
    let mut lines = signature.lines();
    let _ = lines.next().filter(|line| line.starts_with(UNTRUSTED)).ok_or_else(unreadable)?;
    let head = lines.next().and_then(|line| STANDARD.decode(line.trim()).ok()).ok_or_else(unreadable)?;
    let comment = lines.next().and_then(|line| line.strip_prefix(TRUSTED)).ok_or_else(unreadable)?;
    let global = lines.next().and_then(|line| STANDARD.decode(line.trim()).ok()).ok_or_else(unreadable)?;
    let (Some(kind), Some(id), Some(bytes)) = (head.get(..2), head.get(2..10), head.get(10..)) else {
        return Err(unreadable());
    };
    if id != key.id {
        return Err(ANOTHER_KEY.to_owned());
    }
    let public = UnparsedPublicKey::new(&ED25519, &key.bytes);
    let is_good = match kind {
        b"ED" => public.verify(&Blake2b512::digest(content), bytes).is_ok(),
        b"Ed" => public.verify(content, bytes).is_ok(),
        _ => return Err(unreadable()),
    };
    if !is_good {
        return Err(ALTERED.to_owned());
    }
    let covered = [bytes, comment.as_bytes()].concat();
    public.verify(&covered, &global).map_err(|_| "its comment is not what was signed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key and signatures of the file `test` with the content `test`, made by minisign itself.
    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const PREHASHED: &str = "untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1556193335\tfile:test
y/rUw2y8/hOUYjZU71eHp/Wo1KZ40fGy2VJEDl34XMJM+TX48Ss/17u3IvIfbVR1FkZZSNCisQbuQY+bHwhEBg==
";
    const OLDER: &str = "untrusted comment: signature from minisign secret key
RWQf6LRCGA9i59SLOFxz6NxvASXDJeRtuZykwQepbDEGt87ig1BNpWaVWuNrm73YiIiJbq71Wi+dP9eKL8OC351vwIasSSbXxwA=
trusted comment: timestamp:1555779966\tfile:test
QtKMXWyYcwdpZAlPF7tE2ENJkRd1ujvKjlj1m9RtHTBnZPa5WKU5uWRs5GoP5M/VqE81QFuMKI5k/SfNQUaOAA==
";

    #[test]
    fn what_minisign_signed_is_verified_and_nothing_else() {
        let key = PublicKey::read(&format!("untrusted comment: minisign public key\n{KEY}\n")).unwrap();
        assert_eq!(key.text(), KEY);
        for signature in [PREHASHED, OLDER] {
            assert_eq!(verify(&key, b"test", signature), Ok(()), "{signature}");
            assert!(verify(&key, b"Test", signature).is_err());
            assert!(verify(&key, b"test", &signature.replace("file:test", "file:Test")).is_err());
            let (other, _) = SigningKey::make().unwrap();
            assert!(verify(&other.public(), b"test", signature).unwrap_err().contains("another key"));
        }
    }

    #[test]
    fn what_is_signed_here_is_verified_by_its_public_key() {
        let (key, text) = SigningKey::make().unwrap();
        let again = SigningKey::read(&text).unwrap();
        assert_eq!(again.public(), key.public());
        let public = PublicKey::read(&key.public().text()).unwrap();
        let signature = again.sign(b"evidence", "file:evidence.ndjson");
        assert_eq!(verify(&public, b"evidence", &signature), Ok(()));
        assert!(verify(&public, b"evidenc", &signature).unwrap_err().contains("not what was signed"));
        assert!(SigningKey::read("thor-cutover signing key: xyz").err().unwrap().contains("no signing key"));
    }
}
