//! What git's history says of timers and endpoints that the tree does not have and that no audit saw: deleted before
//! anybody looked, or never there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::commands::decision::earlier;
use crate::evidence::git;
use crate::judge::decision::claims;
use crate::model::facts::git::Absence;
use crate::model::facts::ledger::Baseline;
use crate::model::facts::source::SourceFacts;
use crate::settings::Settings;

/// Trees of the past that are read for one name; each takes as long as an audit.
const TREES_READ: usize = 4;

/// What was found.
#[derive(Debug, Default)]
pub struct LookedBack {
    /// By name, of those that are still in no baseline.
    pub absences: BTreeMap<String, Absence>,
    /// Baselines were added.
    pub is_more: bool,
}

/// Reads the trees in which an absent timer or endpoint last was, if it ever was in one, and adds what they had to
/// the baselines.
pub fn look_back(
    settings: &Settings,
    folder: &Path,
    facts: &SourceFacts,
    recorded: &[Baseline],
    since: &mut Vec<Baseline>,
) -> LookedBack {
    let mut found = LookedBack::default();
    let known = since.iter().filter_map(|it| it.revision.as_ref());
    let mut read: BTreeSet<String> = known.map(|revision| revision.commit.clone()).collect();
    for feature in &settings.features {
        let absent = |since: &[Baseline]| {
            let all: Vec<&Baseline> = recorded.iter().chain(since).collect();
            claims::absent(facts, feature, &all)
        };
        for name in absent(since) {
            // One of the trees that were read for another name may have had it.
            if !absent(since).contains(&name) {
                continue;
            }
            // One more than is read, to know whether these are all.
            let mut commits = match git::before_changes_of(folder, searched(&name), TREES_READ + 1) {
                Ok(commits) => commits,
                Err(why) => {
                    found.absences.insert(name, Absence::Untold(why));
                    continue;
                }
            };
            let is_cut = commits.len() > TREES_READ;
            commits.truncate(TREES_READ);
            for commit in commits {
                if read.insert(commit.clone())
                    && let Ok(baselines) = earlier(settings, folder, &commit)
                {
                    found.is_more |= !baselines.is_empty();
                    since.extend(baselines);
                }
                if !absent(since).contains(&name) {
                    break;
                }
            }
            if absent(since).contains(&name) {
                let absence = if is_cut {
                    let why = format!("the {TREES_READ} trees before its last changes do not have it");
                    Absence::Untold(why)
                } else {
                    Absence::Never
                };
                found.absences.insert(name, absence);
            }
        }
    }
    found
}

/// What of a name stands in the source: a timer's own name; of a path the last part that is no variable, since a
/// router puts paths together from several files.
fn searched(name: &str) -> &str {
    let mut parts = name.rsplit('/').filter(|part| !part.is_empty() && !part.contains(['<', '{', ':']));
    parts.next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::searched;

    #[test]
    fn a_path_is_searched_by_its_last_part_that_is_no_variable() {
        assert_eq!(searched("/api/actandpos/positions"), "positions");
        assert_eq!(searched("/api/accounts/balance/"), "balance");
        assert_eq!(searched("/api/quotes/<str:symbol>/"), "quotes");
        assert_eq!(searched("MarketMetricsJob"), "MarketMetricsJob");
    }
}
