//! Where something is in an object store: `s3://bucket/prefix/run.ndjson.zst`, or in a folder, `file:///folder/…`.

use std::fmt;

/// An object, or everything below a prefix. It never holds credentials.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreUrl {
    pub scheme: StoreScheme,
    /// Of S3; empty of files.
    pub bucket: String,
    /// Without a slash at either end; empty for everything.
    pub key: String,
    /// Whether the URL ended in a slash, and cannot be one object.
    pub is_prefix: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreScheme {
    S3,
    File,
}

impl StoreUrl {
    /// What is wrong is said without the text, which may hold a secret; with what would be right.
    ///
    /// # Errors
    /// Another scheme, a user or a password, a query, no bucket, a path that leads upwards.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| Err(format!("{why}; such as s3://bucket/prefix, or file:///folder"));
        let Some((scheme, rest)) = text.split_once("://") else { return wrong("not a URL") };
        let scheme = match scheme {
            "s3" => StoreScheme::S3,
            "file" => StoreScheme::File,
            other => return wrong(&format!("no object store is reached by {other}://")),
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.contains('@') {
            return wrong(
                "credentials come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), not from a URL",
            );
        }
        if rest.contains(['?', '#']) {
            return wrong("a URL of a store has neither a query nor a fragment");
        }
        match scheme {
            StoreScheme::S3 if !is_bucket(bucket) => return wrong("it names no bucket"),
            StoreScheme::File if !bucket.is_empty() => {
                return wrong("a file is on this machine: file:///folder");
            }
            _ => {}
        }
        let is_prefix = key.is_empty() || key.ends_with('/');
        let key = key.trim_matches('/');
        if key.split('/').any(|part| matches!(part, "." | "..")) || key.contains("//") {
            return wrong("`.`, `..` and `//` have no meaning in a store");
        }
        if key.chars().any(char::is_control) {
            return wrong("a control character is in it");
        }
        Ok(Self { scheme, bucket: bucket.to_owned(), key: key.to_owned(), is_prefix })
    }

    /// What is called so below it.
    #[must_use]
    pub fn below(&self, name: &str) -> Self {
        let key = if self.key.is_empty() { name.to_owned() } else { format!("{}/{name}", self.key) };
        Self { key, is_prefix: false, ..self.clone() }
    }
}

/// By the rules of S3, but for length.
fn is_bucket(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    !name.is_empty() && name.chars().all(is_plain)
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            StoreScheme::S3 => "s3",
            StoreScheme::File => "file",
        };
        let slash = if self.is_prefix && !self.key.is_empty() { "/" } else { "" };
        write!(f, "{scheme}://{}/{}{slash}", self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_bucket_and_what_is_below_it() {
        for (text, bucket, key, is_prefix) in [
            ("s3://thor/2026/run.ndjson.zst", "thor", "2026/run.ndjson.zst", false),
            ("s3://thor/2026/", "thor", "2026", true),
            ("s3://thor", "thor", "", true),
            ("file:///var/lib/thor", "", "var/lib/thor", false),
        ] {
            let url = StoreUrl::parse(text).unwrap();
            assert_eq!((url.bucket.as_str(), url.key.as_str(), url.is_prefix), (bucket, key, is_prefix));
        }
        let url = StoreUrl::parse("s3://thor/2026/").unwrap();
        assert_eq!(url.below("main/run.ndjson").to_string(), "s3://thor/2026/main/run.ndjson");
        assert_eq!(
            StoreUrl::parse("s3://thor").unwrap().below("run.ndjson").to_string(),
            "s3://thor/run.ndjson"
        );
        assert_eq!(url.to_string(), "s3://thor/2026/");
    }

    #[test]
    fn credentials_are_refused_and_not_repeated() {
        for text in [
            "s3://AKIA:hush@thor/run",
            "s3://hush@thor",
            "s3://thor/run?X-Amz-Signature=hush",
            "s3://thor/#hush",
        ] {
            let why = StoreUrl::parse(text).unwrap_err();
            assert!(!why.contains("hush"), "{why}");
        }
        for text in [
            "",
            "thor/run",
            "https://thor/run",
            "s3:///run",
            "s3://th or/run",
            "file://host/run",
            "s3://thor/../run",
        ] {
            assert!(StoreUrl::parse(text).unwrap_err().contains("such as s3://"), "{text}");
        }
    }
}
