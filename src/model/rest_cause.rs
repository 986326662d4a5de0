//! Why a REST request brought no usable answer: a class that can be counted, beside the words for people.

use std::fmt;

/// The class of a failure. Bounded, and never a server's own words: it is a label of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RestCause {
    /// The server was never reached: refused, unknown host, TLS, no route.
    Unreachable,
    Timeout,
    /// It broke off on the way.
    Broken,
    TooLarge,
    /// A status that brings no data, from 100 to 599.
    Status(u16),
    /// A page for people instead of JSON.
    Html,
    /// Empty, not UTF-8, not JSON, or without entities where they should be.
    Body,
    /// Only a part of an answer in pages.
    Pages,
    /// None of these, or recorded by a version that did not say.
    Other,
}

impl RestCause {
    /// Every one but the statuses, each of which is a cause of its own.
    const NAMED: [(Self, &'static str); 8] = [
        (Self::Unreachable, "unreachable"),
        (Self::Timeout, "timeout"),
        (Self::Broken, "broken"),
        (Self::TooLarge, "too_large"),
        (Self::Html, "html"),
        (Self::Body, "body"),
        (Self::Pages, "pages"),
        (Self::Other, "other"),
    ];

    pub fn of_status(status: u16) -> Self {
        if (100..600).contains(&status) { Self::Status(status) } else { Self::Other }
    }

    /// The cause of this name; [`Self::Other`] for one that a newer version may know.
    pub fn named(name: &str) -> Self {
        if let Some(status) = name.strip_prefix("http_") {
            return status.parse().map_or(Self::Other, Self::of_status);
        }
        Self::NAMED.iter().find(|(_, known)| *known == name).map_or(Self::Other, |(cause, _)| *cause)
    }

    /// Whether a server answered, if only with an error.
    pub fn is_of_a_server(self) -> bool {
        !matches!(self, Self::Unreachable | Self::Timeout)
    }
}

/// Why an answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    pub cause: RestCause,
    /// In words, for people.
    pub why: String,
}

impl Unusable {
    pub fn new(cause: RestCause, why: impl Into<String>) -> Self {
        Self { cause, why: why.into() }
    }
}

impl fmt::Display for RestCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "http_{status}"),
            named => {
                let name = Self::NAMED.iter().find(|(cause, _)| cause == named).map(|(_, name)| *name);
                f.write_str(name.unwrap_or("other"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_causes_and_no_other_word_is_one() {
        let statuses = (100..600).map(RestCause::Status);
        for cause in RestCause::NAMED.map(|(cause, _)| cause).into_iter().chain(statuses) {
            assert_eq!(RestCause::named(&cause.to_string()), cause);
        }
        for name in ["", "http_", "http_7", "http_600", "http_99999", "429 Too Many Requests", "toString"] {
            assert_eq!(RestCause::named(name), RestCause::Other, "{name}");
        }
    }
}
