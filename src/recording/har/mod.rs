//! A browser's HAR (HTTP Archive 1.2), read entry by entry: no more of it is in memory than whoever takes the entries keeps.
//!
//! What browsers add is read too: a WebSocket's messages with their times, why a request failed, and what came from a
//! cache; as Chromium's developer tools, Playwright and Firefox write it. Bodies stay escaped until somebody wants them:
//! most of a HAR is scripts and pictures. Knows nothing of features.

mod entry;

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use sha2::{Digest as _, Sha256};

use crate::recording::error::RecordingError;
pub use entry::{
    HarCache, HarContent, HarEntry, HarMessage, HarPair, HarPost, HarRequest, HarResponse, HarTimings,
};

/// Longer files are refused: a page's whole day is some hundred megabytes, pictures included.
const LONGEST: u64 = 2 << 30;

/// How much of a file is looked at to find out what it is.
const HEAD: usize = 512;

/// What a HAR says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HarLog {
    /// The browser's name, or the exporting program's.
    pub browser: String,
    pub entries: u64,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
}

/// Whether a file is a HAR, by its name or by how it begins.
pub fn is_har(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("har")) || begins_like_one(path)
}

fn begins_like_one(path: &Path) -> bool {
    let mut head = Vec::new();
    // What cannot be read is told by whoever reads it as what it is taken for.
    let _ = File::open(path).map(|file| file.take(HEAD as u64).read_to_end(&mut head));
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    let after_brace = head.trim_ascii_start().strip_prefix(b"{");
    after_brace.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\"log\""))
}

/// Gives every entry, in the order of the file, which is not that of time.
///
/// # Errors
/// [`RecordingError::Read`], [`RecordingError::Har`] where it is none, is cut off, or an entry is refused by `take`.
pub fn read(path: &Path, take: impl FnMut(HarEntry) -> Result<(), String>) -> Result<HarLog, RecordingError> {
    read_within(path, LONGEST, take)
}

fn read_within(
    path: &Path,
    most: u64,
    mut take: impl FnMut(HarEntry) -> Result<(), String>,
) -> Result<HarLog, RecordingError> {
    let failed = |source| RecordingError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let mut source =
        Hashed { inner: BufReader::with_capacity(1 << 16, file), hash: Sha256::new(), length: 0, most };
    let mut log = HarLog::default();
    let done = parse(&mut source, &mut log, &mut take);
    if let Err(error) = done {
        if source.length >= most {
            let why = format!(
                "it is larger than {:.0} GiB: export it with the network panel filtered to the page's own requests",
                most as f64 / f64::from(1 << 30)
            );
            return Err(RecordingError::Har { path: path.to_owned(), why });
        }
        if error.is_io() {
            return Err(failed(error.into()));
        }
        let why = if error.is_eof() { format!("it is cut off ({error})") } else { error.to_string() };
        return Err(RecordingError::Har { path: path.to_owned(), why });
    }
    log.digest = source.hash.finalize().into();
    Ok(log)
}

fn parse<R: Read>(
    source: &mut Hashed<R>,
    log: &mut HarLog,
    take: &mut dyn FnMut(HarEntry) -> Result<(), String>,
) -> Result<(), serde_json::Error> {
    let mut head = [0; 3];
    let mut length = 0;
    while length < head.len() {
        match source.read(&mut head[length..]).map_err(serde_json::Error::io)? {
            0 => break,
            read => length += read,
        }
    }
    let head = head[..length].strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head[..length]);
    let mut json = serde_json::Deserializer::from_reader(head.chain(source));
    let has_entries = json.deserialize_map(HarArchive { log, take })?;
    json.end()?;
    if !has_entries {
        return Err(serde_json::Error::custom("it has no log.entries"));
    }
    Ok(())
}

/// What is read, hashed, to an end.
struct Hashed<R> {
    inner: R,
    hash: Sha256,
    length: u64,
    most: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.length >= self.most {
            return Ok(0);
        }
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.length += read as u64;
        Ok(read)
    }
}

/// `{"log": {…}}`; whether there were entries.
struct HarArchive<'a> {
    log: &'a mut HarLog,
    take: &'a mut dyn FnMut(HarEntry) -> Result<(), String>,
}

impl<'de> Visitor<'de> for HarArchive<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `log`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut has_entries = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "log" {
                has_entries |= map.next_value_seed(HarLogMembers { log: self.log, take: self.take })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(has_entries)
    }
}

struct HarLogMembers<'a> {
    log: &'a mut HarLog,
    take: &'a mut dyn FnMut(HarEntry) -> Result<(), String>,
}

impl<'de> DeserializeSeed<'de> for HarLogMembers<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for HarLogMembers<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a log with `entries`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        #[derive(Deserialize)]
        struct Exporter {
            #[serde(default)]
            name: String,
        }
        let mut has_entries = false;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "entries" => {
                    map.next_value_seed(HarEntries { log: self.log, take: self.take })?;
                    has_entries = true;
                }
                "browser" => {
                    self.log.browser =
                        map.next_value::<Option<Exporter>>()?.map_or_else(String::new, |it| it.name);
                }
                "creator" => {
                    let name = map.next_value::<Option<Exporter>>()?.map_or_else(String::new, |it| it.name);
                    if self.log.browser.is_empty() {
                        self.log.browser = name;
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(has_entries)
    }
}

struct HarEntries<'a> {
    log: &'a mut HarLog,
    take: &'a mut dyn FnMut(HarEntry) -> Result<(), String>,
}

impl<'de> DeserializeSeed<'de> for HarEntries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for HarEntries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(entry) = seq.next_element::<HarEntry>()? {
            self.log.entries += 1;
            (self.take)(entry)
                .map_err(|why| A::Error::custom(format!("entry {}: {why}", self.log.entries)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Result<(HarLog, Vec<HarEntry>), RecordingError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        std::fs::write(&path, text).unwrap();
        let mut all = Vec::new();
        let log = read(&path, |entry| {
            all.push(entry);
            Ok(())
        })?;
        Ok((log, all))
    }

    #[test]
    fn a_har_without_end_is_refused_where_it_is_too_large() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.har");
        let text = format!("{{\"log\":{{\"entries\":[{}]}}}}", " ".repeat(1 << 20));
        std::fs::write(&path, &text).unwrap();
        assert!(read_within(&path, text.len() as u64 + 1, |_| Ok(())).is_ok());
        let error = read_within(&path, 1 << 19, |_| Ok(())).expect_err("refused");
        assert!(error.to_string().contains("it is larger than"), "{error}");
    }

    #[test]
    fn bodies_and_messages_are_decoded_when_they_are_wanted() {
        let text = "\u{feff}{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"WebInspector\"},\"pages\":[],\"entries\":[\
            {\"response\":{\"content\":{\"text\":\"eyJhIjoxfQ==\",\"encoding\":\"base64\"},\"_error\":null}},\
            {\"response\":{\"content\":{\"text\":\"\\ud800\"}}},\
            {\"_fromCache\":\"disk\",\"response\":{\"content\":{\"size\":3}}},\
            {\"_webSocketMessages\":[{\"type\":\"receive\",\"time\":1.5,\"opcode\":2,\"data\":\"AAE=\"}]}]}}";
        let (log, all) = entries(text).unwrap();
        assert_eq!((log.browser.as_str(), log.entries), ("WebInspector", 4));
        let body = |at: usize| all[at].response.as_ref().and_then(|it| it.content.as_ref()?.body());
        assert_eq!(body(0).as_deref(), Some(&b"{\"a\":1}"[..]));
        assert_eq!((body(1), body(2)), (None, None), "a lone surrogate is no text");
        assert!(all[2].is_from_cache() && !all[0].is_from_cache());
        assert!(all[3].is_socket());
        assert_eq!(all[3].messages.as_ref().unwrap()[0].bytes(), Some(vec![0, 1]));
    }

    #[test]
    fn what_is_no_har_is_refused_in_words() {
        let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
        let deep = format!("{{\"log\":{{\"entries\":[{{\"unknown\":{open}{close}}}]}}}}");
        assert_eq!(entries(&deep).unwrap().0.entries, 1, "what is read past may be as deep as it likes");
        for (text, word) in [
            ("", "cut off"),
            ("{\"log\":{\"entries\":[{\"time\":1", "cut off"),
            ("[]", "log"),
            ("{\"log\":{}}", "log.entries"),
            ("{\"log\":{\"entries\":{}}}", "a list of entries"),
            ("{\"log\":{\"entries\":[{\"time\":\"soon\"}]}}", "soon"),
            ("{\"log\":{\"entries\":[]}} more", "trailing"),
        ] {
            let error = entries(text).unwrap_err();
            assert!(matches!(error, RecordingError::Har { .. }), "{error}");
            assert!(error.to_string().contains(word), "{text:.40}: {error}");
        }
    }
}
