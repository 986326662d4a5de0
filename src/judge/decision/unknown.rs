//! What may hold a caller of a feature, or a message of it, and cannot be looked into.

use std::fmt;

use crate::judge::decision::shadow::places;
use crate::model::facts::ledger::Seen;
use crate::model::facts::source::FeatureSource;

pub(super) struct Unknown<'s> {
    pub seen: &'s [Seen],
    why: &'static str,
    pub fix: &'static str,
}

impl fmt::Display for Unknown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", places(self.seen), self.why)
    }
}

/// None where everything is known.
pub(super) fn of(source: &FeatureSource) -> Vec<Unknown<'_>> {
    let targets = Unknown {
        seen: &source.unresolved,
        why: "which may ask anything",
        fix: "write its target so that it can be followed, or say what it is for under [audit] map, or accept it with a \
              reason under [audit] suppress",
    };
    let files = Unknown {
        seen: &source.unread,
        why: "which name the feature and could not be read",
        fix: "repair the file, or look into it and accept it with a reason under [audit] suppress",
    };
    [targets, files].into_iter().filter(|it| !it.seen.is_empty()).collect()
}
