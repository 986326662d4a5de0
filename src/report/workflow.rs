//! Text inside of GitHub's workflow commands: nothing in it may begin another command.

use crate::model::text::visible;
use crate::model::verdict::Verdict;

/// What GitHub shows of one step; it drops the rest without a word.
pub const MAX_ANNOTATIONS: usize = 10;

/// How many of so many get an annotation: where there are too many, the last one says how many more there are.
pub fn annotated(count: usize) -> usize {
    if count > MAX_ANNOTATIONS { MAX_ANNOTATIONS - 1 } else { count }
}

/// The level of an annotation.
pub fn level(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NoGo | Verdict::Error => "error",
        Verdict::Inconclusive => "warning",
        Verdict::Go => "notice",
    }
}

/// Text inside of a line of the log: the older form of a command is one anywhere in it.
pub fn logged(text: &str) -> String {
    visible(text).replace("##[", "# #[")
}

/// A message of several lines as GitHub takes it; what could begin another command is escaped.
pub fn lines(text: &str) -> String {
    text.lines().map(data).collect::<Vec<_>>().join("%0A")
}

pub fn data(text: &str) -> String {
    logged(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

pub fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
