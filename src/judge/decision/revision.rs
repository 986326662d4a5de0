//! Whether evidence of one revision covers the checkout that is decided on.
//!
//! It does if the observed commit is an ancestor and nothing that makes, sends or serves the feature's data
//! changed since. Taking away timers, pollers, endpoints or flag reads changes none of that.

use crate::judge::decision::DecisionFacts;
use crate::model::facts::git::{ChangedFile, Hunk, Relation};
use crate::model::facts::ledger::Revision;
use crate::model::feature::Feature;

/// `Err` says why not, as a reason that follows a number of runs: "2 of another revision".
pub fn covers(facts: &DecisionFacts<'_>, feature: &str, observed: Option<&Revision>) -> Result<(), String> {
    let (observed, head) = match (observed, &facts.git.head) {
        (None, None) => return Ok(()),
        (None, Some(_)) => return Err("of no known revision".to_owned()),
        (Some(_), None) => return Err("of a revision that cannot be compared".to_owned()),
        (Some(observed), Some(head)) => (observed, head),
    };
    let feature = facts.features.iter().find(|it| it.name == feature);
    let sources = feature.and_then(|it| facts.source?.features.get(&it.name)).map(|it| &it.sources);
    let touched = |files: &[String]| match sources {
        Some(sources) => files.iter().any(|file| sources.contains(file)),
        None => !files.is_empty(),
    };
    if touched(&observed.dirty) {
        return Err(format!("of {} with uncommitted changes", observed.short()));
    }
    if observed.commit == head.commit && !touched(&head.dirty) {
        return Ok(());
    }
    let other = || format!("of another revision ({})", observed.short());
    let (Some(feature), Some(sources)) = (feature, sources) else { return Err(other()) };
    match facts.git.relations.get(&observed.commit) {
        Some(Relation::Ancestor { changed }) => {
            match changed
                .iter()
                .filter(|file| sources.contains(&file.path))
                .find(|file| !harmless(file, feature))
            {
                Some(file) => Err(format!("of {}, before {} changed", observed.short(), file.path)),
                None => Ok(()),
            }
        }
        Some(Relation::NotAncestor) => Err(other()),
        Some(Relation::Unknown(_)) | None => Err(other()),
    }
}

/// Whether a change only takes the REST path away.
fn harmless(file: &ChangedFile, feature: &Feature) -> bool {
    file.hunks.iter().all(|hunk| takes_away(hunk, feature))
}

fn takes_away(hunk: &Hunk, feature: &Feature) -> bool {
    let matters = |line: &&String| !beside_the_point(line);
    if hunk.added.iter().any(|line| matters(&line)) {
        return false;
    }
    let removed: Vec<&String> = hunk.removed.iter().filter(matters).collect();
    whole_definitions(&removed) || removed.iter().all(|line| names_the_rest_path(line, feature))
}

/// Blank lines, comments and imports: an import that is missing is found by the audit.
fn beside_the_point(line: &str) -> bool {
    let line = line.trim();
    line.is_empty()
        || line.starts_with(['#', '*'])
        || line.starts_with("//")
        || line.starts_with("/*")
        || line.starts_with("import ")
        || (line.starts_with("from ") && line.contains(" import "))
}

/// Whether the lines are complete definitions: nothing is left over that belonged to another one.
fn whole_definitions(lines: &[&String]) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let opens = |line: &str| {
        let line = line.trim_start();
        ["def ", "async def ", "class ", "@"].iter().any(|word| line.starts_with(word))
    };
    let Some(first) = lines.first() else { return true };
    let outer = indent(first);
    let closes = |line: &str| matches!(line.trim_start().chars().next(), Some(')' | ']' | '}'));
    opens(first)
        && lines
            .iter()
            .all(|line| indent(line) > outer || (indent(line) == outer && (opens(line) || closes(line))))
}

fn names_the_rest_path(line: &str, feature: &Feature) -> bool {
    let flag = line.contains(&feature.flag)
        || feature.frontend_flag.as_ref().is_some_and(|flag| line.contains(flag.as_str()))
        || line.contains(&format!("is_{}_enabled", feature.name));
    flag || feature.timers.iter().any(|timer| line.contains(timer.as_str()))
        || feature.endpoints.iter().any(|path| line.contains(path.trim_matches('/')))
}
