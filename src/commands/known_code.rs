//! The code of a commit, found once: windows of one service that open at the same moment are of the same tree.
//!
//! Not for longer: what git ignores is read too, and a commit says nothing of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::error::Result;
use crate::model::facts::fingerprint::CodeFingerprint;
use crate::model::facts::ledger::Revision;
use crate::settings::Settings;

/// The code behind each feature, by its name.
pub type CodeOfFeatures = BTreeMap<String, CodeFingerprint>;

/// What was found, by tree, commit and settings. Whoever asks first parses the tree, the others wait for it.
#[derive(Debug, Default)]
pub struct KnownCode(Mutex<BTreeMap<u128, (Timestamp, CodeOfFeatures)>>);

impl KnownCode {
    /// How long what was found is that of windows that open later.
    const FRESH: SignedDuration = SignedDuration::from_secs(60);

    /// What was found just before, else what `find` finds. Only of a commit without a change in its tree, and only where
    /// all of the code is in it.
    ///
    /// # Errors
    /// Those of `find`.
    pub fn of(
        &self,
        settings: &Settings,
        folder: &Path,
        revision: Option<&Revision>,
        now: Timestamp,
        find: impl FnOnce() -> Result<CodeOfFeatures>,
    ) -> Result<CodeOfFeatures> {
        let is_whole =
            |revision: &&Revision| revision.dirty.is_empty() && settings.source.extra_roots.is_empty();
        let Some(Revision { commit, .. }) = revision.filter(is_whole) else { return find() };
        let whole = format!("{:?}", (folder, commit, &settings.source, &settings.features));
        let key = xxhash_rust::xxh3::xxh3_128(whole.as_bytes());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (found, _)| now.duration_since(*found).abs() < Self::FRESH);
        if let Some((_, code)) = known.get(&key) {
            return Ok(code.clone());
        }
        let code = find()?;
        known.insert(key, (now, code.clone()));
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::of_text;

    #[test]
    fn a_clean_commit_is_parsed_once_a_minute_and_a_changed_tree_each_time() {
        let settings = of_text("contract = \"thor-a\"", Path::new("thor-cutover.toml")).unwrap();
        let other = of_text("contract = \"thor-b\"", Path::new("thor-cutover.toml")).unwrap();
        let revision = |commit: &str, dirty: &[&str]| Revision {
            commit: commit.to_owned(),
            dirty: dirty.iter().map(|file| (*file).to_owned()).collect(),
        };
        let (known, mut parsed) = (KnownCode::default(), 0);
        let begun: Timestamp = "2026-11-23T14:30:00Z".parse().unwrap();
        let mut ask_at = |seconds, settings, folder: &str, revision: Option<Revision>| {
            let before = parsed;
            let find = || {
                parsed += 1;
                Ok(CodeOfFeatures::new())
            };
            let now = begun + SignedDuration::from_secs(seconds);
            known.of(settings, Path::new(folder), revision.as_ref(), now, find).unwrap();
            parsed - before
        };
        let clean = || Some(revision("a", &[]));
        let asked = [0, 1, 59, 60, 61].map(|seconds| ask_at(seconds, &settings, "thor", clean()));
        assert_eq!(asked, [1, 0, 0, 1, 0]);
        let mut ask = |settings, folder, revision| ask_at(62, settings, folder, revision);
        assert_eq!(ask(&settings, "thor", Some(revision("b", &[]))), 1);
        assert_eq!(ask(&settings, "elsewhere", clean()), 1);
        assert_eq!(ask(&other, "thor", clean()), 1);
        for _ in 0..2 {
            assert_eq!(ask(&settings, "thor", Some(revision("a", &["x.py"]))), 1);
            assert_eq!(ask(&settings, "thor", None), 1);
        }
    }
}
