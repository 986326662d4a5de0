//! What evidence and decisions are bound to, gathered alike by the commands that observe and those that decide.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::contract::digest_one;
use crate::environment::Environment;
use crate::evidence::git;
use crate::flags::declared::declared;
use crate::flags::disagree;
use crate::judge::decision::flags::FlagView;
use crate::model::facts::flags::{FlagDisagreement, FlagFacts};
use crate::model::facts::ledger::{FlagState, Revision};
use crate::settings::Settings;

/// Where Thor's source is looked for: `--source`, `[source] root`, the current folder.
pub fn source_folder(settings: &Settings, said: Option<&Path>, environment: &Environment) -> PathBuf {
    match (said, &settings.source.root) {
        (Some(said), _) => environment.folder.join(said),
        (None, Some(root)) => root.clone(),
        (None, None) => environment.folder.clone(),
    }
}

/// The backend revision: what was said, resolved where git knows it, or the checkout's.
pub fn revision(folder: &Path, said: Option<&str>) -> Option<Revision> {
    match said {
        Some(said) => {
            let commit = git::resolve(folder, said).unwrap_or_else(|_| said.to_owned());
            Some(Revision { commit, dirty: Vec::new() })
        }
        None => git::revision(folder),
    }
}

/// Digest of the effective rules, by feature.
pub fn rules(settings: &Settings) -> BTreeMap<String, String> {
    settings.features.iter().map(|feature| (feature.name.clone(), digest_one(feature))).collect()
}

/// The backend's flags as evidence is bound to them, by feature.
pub fn flag_states(settings: &Settings, flags: &FlagFacts) -> BTreeMap<String, FlagState> {
    let state = |feature| FlagView::of(flags, feature).backend;
    settings.features.iter().map(|feature| (feature.name.clone(), state(feature))).collect()
}

/// What is declared of the flags, and what contradicts what.
pub fn declared_flags(
    settings: &Settings,
    environment: &Environment,
) -> (FlagFacts, BTreeMap<String, Vec<FlagDisagreement>>) {
    let flags = declared(&settings.features, &settings.flags, environment);
    let disagreements = settings
        .features
        .iter()
        .map(|feature| (feature.name.clone(), disagree::disagreements(feature, &flags)))
        .collect();
    (flags, disagreements)
}
