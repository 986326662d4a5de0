//! What evidence and decisions are bound to, gathered alike by the commands that observe and those that decide.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::contract::{self, digest_one};
use crate::environment::Environment;
use crate::evidence::git;
use crate::flags::declared::declared;
use crate::flags::disagree;
use crate::judge::decision::flags::FlagView;
use crate::model::facts::flags::{FlagDisagreement, FlagFacts};
use crate::model::facts::ledger::{ACCOUNT_KEY, EffectiveKey, FlagState, HIDDEN_ACCOUNT, Revision};
use crate::model::feature::Feature;
use crate::secrets::redacted;
use crate::settings::Settings;

/// Where Thor's source is looked for: `--source`, `[source] root`, the current folder.
pub fn source_folder(settings: &Settings, said: Option<&Path>, environment: &Environment) -> PathBuf {
    named_source(settings, said, environment).unwrap_or_else(|| environment.folder.clone())
}

/// The source tree that somebody named: `--source`, `[source] root`.
pub fn named_source(settings: &Settings, said: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    said.map(|said| environment.folder.join(said)).or_else(|| settings.source.root.clone())
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

/// What the rules of the features are made of, and where each key comes from. Account numbers are masked: their own
/// key comes first, and says so where they differ.
pub fn keys(settings: &Settings, features: &[Feature]) -> BTreeMap<String, BTreeMap<String, EffectiveKey>> {
    let account = settings.backend.account_id.as_deref();
    let is_long = |account: &&str| account.chars().count() > 6;
    let of_feature = |feature: &Feature| {
        let places = settings.places.get(&feature.name);
        let mut keys: BTreeMap<String, EffectiveKey> = contract::keys(feature)
            .into_iter()
            .map(|(key, value)| {
                let from = places.and_then(|places| places.get(&key)).cloned();
                let value = match account.filter(is_long) {
                    Some(account) => value.replace(account, HIDDEN_ACCOUNT),
                    None => value,
                };
                (key, EffectiveKey { value: redacted(&value).into_owned(), from: from.unwrap_or_default() })
            })
            .collect();
        let said = match account {
            None => "not set".to_owned(),
            Some(account) if is_long(&account) => HIDDEN_ACCOUNT.to_owned(),
            Some(account) => account.to_owned(),
        };
        let from = settings.places.get("").and_then(|places| places.get(ACCOUNT_KEY)).cloned();
        keys.insert(ACCOUNT_KEY.to_owned(), EffectiveKey { value: said, from: from.unwrap_or_default() });
        (feature.name.clone(), keys)
    };
    features.iter().map(of_feature).collect()
}

/// The backend's flags as evidence is bound to them, by feature.
pub fn flag_states(settings: &Settings, flags: &FlagFacts) -> BTreeMap<String, FlagState> {
    let state = |feature| FlagView::of(flags, feature).backend;
    settings.features.iter().map(|feature| (feature.name.clone(), state(feature))).collect()
}

/// The value of each feature's flag in the backend as somebody wrote it; none where nobody did.
pub fn flags_as_written(settings: &Settings, flags: &FlagFacts) -> BTreeMap<String, Option<String>> {
    let written = |feature: &Feature| flags.effective(&feature.flag)?.raw.clone();
    settings.features.iter().map(|feature| (feature.name.clone(), written(feature))).collect()
}

/// A feature's flag: what it is to the backend, and how somebody wrote it.
pub type FlagAsWritten = (FlagState, Option<String>);

/// The flags as they stand now, by feature: what was served counts before what is declared.
pub fn flags_now(
    settings: &Settings,
    environment: &Environment,
    served: FlagFacts,
) -> BTreeMap<String, FlagAsWritten> {
    let flags = flags_with(settings, environment, served);
    let mut written = flags_as_written(settings, &flags);
    let states = flag_states(settings, &flags);
    states
        .into_iter()
        .map(|(feature, state)| (feature.clone(), (state, written.remove(&feature).flatten())))
        .collect()
}

/// What was served of the flags, and what is declared.
pub fn flags_with(settings: &Settings, environment: &Environment, mut served: FlagFacts) -> FlagFacts {
    served.extend(declared(&settings.features, &settings.flags, environment));
    served
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
