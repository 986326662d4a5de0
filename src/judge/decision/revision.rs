//! Whether evidence covers the code that is decided on.
//!
//! It does if every definition that the feature's push and answer depend on is as it was; REST's own may be gone
//! where their deletion is what is claimed. Evidence without a fingerprint is bound to its commit instead, and
//! lapses with any file of the feature that changed since. No change is looked through for being harmless.

use crate::judge::decision::{DecisionFacts, listed, stage};
use crate::model::facts::fingerprint::{CodeFingerprint, FINGERPRINT_VERSION};
use crate::model::facts::git::Relation;
use crate::model::facts::ledger::{FeatureRun, Grant, Revision, RunRecord, SignOff};
use crate::model::feature::Feature;
use crate::model::stage::Decision;

/// The code that an entry of the ledger speaks of.
#[derive(Debug, Clone, Copy)]
pub struct BoundCode<'e> {
    pub revision: Option<&'e Revision>,
    pub code: Option<&'e CodeFingerprint>,
}

impl<'e> BoundCode<'e> {
    pub fn of_run(run: &'e RunRecord, it: &'e FeatureRun) -> Self {
        Self { revision: run.revision.as_ref(), code: it.code.as_ref() }
    }

    /// The same as the run ended; as it began, where nothing else is known.
    pub fn of_run_end(run: &'e RunRecord, it: &'e FeatureRun) -> Self {
        Self {
            revision: run.revision_end.as_ref().or(run.revision.as_ref()),
            code: it.code_end.as_ref().or(it.code.as_ref()),
        }
    }
}

impl<'e> From<&'e Grant> for BoundCode<'e> {
    fn from(grant: &'e Grant) -> Self {
        Self { revision: grant.revision.as_ref(), code: grant.code.as_ref() }
    }
}

impl<'e> From<&'e SignOff> for BoundCode<'e> {
    fn from(sign_off: &'e SignOff) -> Self {
        Self { revision: sign_off.revision.as_ref(), code: sign_off.code.as_ref() }
    }
}

/// `Err` says why not, as a reason that follows a number of runs: "2 of another revision".
pub fn covers(facts: &DecisionFacts<'_>, feature: &Feature, bound: BoundCode<'_>) -> Result<(), String> {
    let Some(then) = bound.code else { return covers_by_files(facts, feature, bound.revision) };
    let source = facts.source.and_then(|source| source.features.get(&feature.name));
    let Some(now) = source.and_then(|it| it.code.as_ref()) else {
        if facts.source.is_none() && facts.no_source.is_some() {
            return Ok(());
        }
        return Err("of code that cannot be compared without a source tree".to_owned());
    };
    if then.version != now.version {
        return Err(format!(
            "of code fingerprinted in version {}, this is version {FINGERPRINT_VERSION}",
            then.version
        ));
    }
    let deletion = stage::standing(facts, feature).claim == Some(Decision::Delete);
    let changes: Vec<String> = then.changes(now, deletion).iter().map(ToString::to_string).collect();
    match changes.as_slice() {
        [] => Ok(()),
        some => Err(format!("of other code: {}", listed(some))),
    }
}

/// For entries from before there were fingerprints, and runs that name no tree.
fn covers_by_files(
    facts: &DecisionFacts<'_>,
    feature: &Feature,
    observed: Option<&Revision>,
) -> Result<(), String> {
    let (observed, head) = match (observed, &facts.git.head) {
        (None, _) if facts.no_source.is_some() => return Ok(()),
        (None, _) => return Err("of no known code".to_owned()),
        (Some(_), None) => return Err("of a revision that cannot be compared".to_owned()),
        (Some(observed), Some(head)) => (observed, head),
    };
    let sources = facts.source.and_then(|source| source.features.get(&feature.name)).map(|it| &it.sources);
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
    let Some(sources) = sources else { return Err(other()) };
    match facts.git.relations.get(&observed.commit) {
        Some(Relation::Ancestor { changed }) => match changed.iter().find(|path| sources.contains(*path)) {
            Some(path) => Err(format!("of {}, before {path} changed", observed.short())),
            None => Ok(()),
        },
        Some(Relation::NotAncestor | Relation::Unknown(_)) | None => Err(other()),
    }
}
