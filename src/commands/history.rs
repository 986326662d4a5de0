//! What git's history says of timers and endpoints that the tree does not have and that no audit saw: deleted before
//! anybody looked, or never there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::commands::decision::earlier;
use crate::evidence::git;
use crate::judge::decision::claims;
use crate::model::facts::ledger::{Baseline, Seen};
use crate::model::facts::source::SourceFacts;
use crate::settings::Settings;

/// Trees of the past that are read for one name; each takes as long as an audit.
const TREES_READ: usize = 4;

/// Reads the trees in which an absent timer or endpoint last was, if it ever was in one, and adds that they had it to
/// the baselines; what else these trees had says nothing of what became of it since. Of which names nobody can say
/// whether they ever were there, and why.
pub fn look_back(
    settings: &Settings,
    folder: &Path,
    facts: &SourceFacts,
    recorded: &[Baseline],
    since: &mut Vec<Baseline>,
) -> BTreeMap<String, String> {
    let mut untold = BTreeMap::new();
    let mut missing: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let known = since.len();
    let read = since.iter().filter_map(|it| it.revision.as_ref()).map(|it| it.commit.clone()).collect();
    let mut trees = EarlierTrees { settings, folder, history: None, read };
    for feature in &settings.features {
        let absent = |since: &[Baseline]| {
            let all: Vec<&Baseline> = recorded.iter().chain(since).collect();
            claims::absent(facts, feature, &all)
        };
        missing.insert(&feature.name, absent(&since[..known]));
        for name in absent(since) {
            let is_absent = |since: &[Baseline]| absent(since).contains(&name);
            // A tree that was read for another name may have had it.
            if is_absent(since)
                && let Err(why) = trees.search(&name, since, is_absent)
            {
                untold.insert(name, why);
            }
        }
    }
    for baseline in since.split_off(known) {
        let names = missing.get(baseline.feature.as_str()).map_or(&[][..], Vec::as_slice);
        let had = only(baseline, names);
        since.extend((!had.timers.is_empty() || !had.endpoints.is_empty()).then_some(had));
    }
    untold
}

/// What a baseline says of some timers and endpoints, and nothing of the others.
fn only(baseline: Baseline, names: &[String]) -> Baseline {
    let of = |seen: Vec<Seen>| -> Vec<Seen> {
        seen.into_iter().filter(|it| names.iter().any(|name| claims::is_same(&it.name, name))).collect()
    };
    Baseline {
        timers: of(baseline.timers),
        endpoints: of(baseline.endpoints),
        paces: BTreeMap::new(),
        unclear: None,
        bases: BTreeMap::new(),
        polled: Vec::new(),
        pages: Vec::new(),
        ..baseline
    }
}

/// The trees of the past, each read once.
struct EarlierTrees<'a> {
    settings: &'a Settings,
    folder: &'a Path,
    /// Opened where something is absent.
    history: Option<Result<git::CheckoutHistory<'a>, String>>,
    /// Commits whose baselines are known.
    read: BTreeSet<String>,
}

impl EarlierTrees<'_> {
    /// Adds the baselines of the trees that may have had the name, until it is absent no more.
    ///
    /// # Errors
    /// Why it cannot be said that it never was there.
    fn search(
        &mut self,
        name: &str,
        since: &mut Vec<Baseline>,
        is_absent: impl Fn(&[Baseline]) -> bool,
    ) -> Result<(), String> {
        let history = self.history.get_or_insert_with(|| git::CheckoutHistory::of(self.folder));
        // One more than is read, to know whether these are all.
        let commits =
            history.as_ref().map_err(Clone::clone)?.before_changes_of(searched(name), TREES_READ + 1)?;
        for commit in commits.iter().take(TREES_READ) {
            if !self.read.contains(commit) {
                let had = earlier(self.settings, self.folder, commit);
                let had = had.map_err(|error| format!("its tree at {commit} cannot be read: {error}"))?;
                since.extend(had.unwrap_or_default());
                self.read.insert(commit.clone());
            }
            if !is_absent(since) {
                return Ok(());
            }
        }
        if commits.len() > TREES_READ {
            return Err(format!("the {TREES_READ} trees before its last changes do not have it"));
        }
        Ok(())
    }
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
