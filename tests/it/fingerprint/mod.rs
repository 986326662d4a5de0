//! The fingerprint of the code behind a feature: what lapses with an edit, and what does not.

mod closure;
#[cfg(unix)]
mod edits;
mod mutants;
mod places;
mod trees;

use std::collections::BTreeMap;
use std::path::Path;

use thor_cutover::audit::{AuditOptions, FeatureNames, SourceTree, audit, fingerprints};
use thor_cutover::model::facts::fingerprint::CodeFingerprint;
use thor_cutover::settings::Settings;

/// The fingerprints of a folder, as the commands take them.
pub fn code_of(settings: &Settings, folder: &Path) -> BTreeMap<String, CodeFingerprint> {
    let names: Vec<FeatureNames> = settings.features.iter().map(FeatureNames::of).collect();
    of_tree(&SourceTree::read(folder, &[]).unwrap(), &names)
}

pub fn of_tree(tree: &SourceTree, names: &[FeatureNames]) -> BTreeMap<String, CodeFingerprint> {
    let report = audit(tree, names, &AuditOptions::thor());
    fingerprints(tree, &report)
}
