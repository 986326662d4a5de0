//! What `doctor` found: the links of the chain from the configuration to each feature's first message.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The whole chain, in the order in which one link depends on the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnosis {
    pub schema: String,
    pub verdict: Health,
    pub exit_code: u8,
    /// What to look at first; absent where every link that was tried holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<LikelyCause>,
    pub links: Vec<Link>,
    /// The built-in contract that the server's answers fit, if they told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fits: Option<String>,
}

/// One link: what was tried, what came of it, how long it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// Stable kebab-case name, such as `websocket-handshake`.
    pub code: String,
    pub state: LinkState,
    /// What was seen, in words a person reads.
    pub found: String,
    /// Milliseconds, for what was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<LikelyCause>,
}

/// Why a link does not hold, most likely, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Trouble")]
pub struct LikelyCause {
    /// The most likely cause, in Thor's terms.
    pub cause: String,
    /// The next command or the one line to change.
    pub next: String,
}

/// Ordered so that `max` is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    Holds,
    /// Nothing to try: not configured, or not needed here.
    NotNeeded,
    /// It cannot be told in this time, or only once an earlier link holds.
    Unknown,
    /// It works, but probably not as meant.
    Doubtful,
    Broken,
}

/// The chain in one word. It says that data arrive, never that they are right: it is no verdict on Thor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    Sound,
    /// A link is doubtful: exit 3.
    Doubtful,
    /// A link is broken: exit 4.
    Broken,
}

impl Health {
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Sound => 0,
            Self::Doubtful => 3,
            Self::Broken => 4,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Doubtful => "doubtful",
            Self::Broken => "broken",
        }
    }
}

impl Link {
    pub fn holds(code: &str, found: impl Into<String>) -> Self {
        Self::of(code, LinkState::Holds, found)
    }

    pub fn not_needed(code: &str, why: impl Into<String>) -> Self {
        Self::of(code, LinkState::NotNeeded, why)
    }

    pub fn unknown(code: &str, why: impl Into<String>) -> Self {
        Self::of(code, LinkState::Unknown, why)
    }

    pub fn doubtful(code: &str, found: impl Into<String>, trouble: LikelyCause) -> Self {
        Self { trouble: Some(trouble), ..Self::of(code, LinkState::Doubtful, found) }
    }

    pub fn broken(code: &str, found: impl Into<String>, trouble: LikelyCause) -> Self {
        Self { trouble: Some(trouble), ..Self::of(code, LinkState::Broken, found) }
    }

    fn of(code: &str, state: LinkState, found: impl Into<String>) -> Self {
        Self { code: code.to_owned(), state, found: found.into(), took_ms: None, trouble: None }
    }
}

impl Diagnosis {
    pub const SCHEMA: &str = "thor-cutover/doctor/1";

    /// The chain as a whole: as sound as its worst link, and the first of the worst links is named first.
    pub fn of(links: Vec<Link>, fits: Option<String>) -> Self {
        let worst = links.iter().map(|link| link.state).max().unwrap_or(LinkState::Unknown);
        let verdict = match worst {
            LinkState::Broken => Health::Broken,
            LinkState::Doubtful => Health::Doubtful,
            LinkState::Holds | LinkState::NotNeeded | LinkState::Unknown => Health::Sound,
        };
        let first = links.iter().find(|link| link.state == worst).and_then(|link| link.trouble.clone());
        Self { schema: Self::SCHEMA.to_owned(), verdict, exit_code: verdict.exit_code(), first, links, fits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(cause: &str) -> LikelyCause {
        LikelyCause { cause: cause.to_owned(), next: "look".to_owned() }
    }

    #[test]
    fn the_first_of_the_worst_links_is_named() {
        let links = vec![
            Link::holds("configuration", "fine"),
            Link::doubtful("tls", "odd", trouble("odd")),
            Link::broken("rest", "no", trouble("one")),
            Link::broken("websocket", "no", trouble("two")),
        ];
        let diagnosis = Diagnosis::of(links, None);
        assert_eq!((diagnosis.verdict, diagnosis.exit_code), (Health::Broken, 4));
        assert_eq!(diagnosis.first, Some(trouble("one")));
    }

    #[test]
    fn what_was_not_needed_does_not_make_it_unsound() {
        let links =
            vec![Link::holds("rest", "fine"), Link::not_needed("tls", "plain"), Link::unknown("x", "y")];
        let diagnosis = Diagnosis::of(links, None);
        assert_eq!((diagnosis.verdict, diagnosis.first), (Health::Sound, None));
    }
}
