//! The code that a feature's push and answer depended on when it was observed, definition by definition.
//!
//! Plain data and its comparison. `audit/` takes it from a source tree; a run, a grant and a sign-off carry it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::gate::Place;

/// What is hashed and how. A fingerprint of another version cannot be compared.
pub const FINGERPRINT_VERSION: u32 = 1;

/// Every definition that a feature's push or its REST answer depends on, sorted by path, line and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CodeFingerprint {
    pub version: u32,
    pub definitions: Vec<HashedDefinition>,
}

/// One definition: a function, a class without its methods, a method, an assignment, an import, an entry of a
/// list of routes or of registrations; or a whole file, where what it means could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct HashedDefinition {
    /// Relative to the root of the source tree, with `/`.
    pub path: String,
    /// 1-based.
    pub line: u32,
    pub name: String,
    /// XXH3-128 of its tokens in hexadecimal; empty where the file could not be read: that agrees with nothing.
    pub hash: String,
    /// Only the REST answer depends on it: it may be gone where the REST path was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rest_only: bool,
}

impl HashedDefinition {
    pub fn place(&self) -> Place {
        Place { path: self.path.clone(), line: self.line as usize }
    }
}

/// A definition that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedDefinition {
    pub name: String,
    pub what: CodeChange,
    /// Where it is now; where it was, if it is gone.
    pub place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeChange {
    Changed,
    Gone,
    New,
}

impl std::fmt::Display for ChangedDefinition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.what {
            CodeChange::Changed => "changed",
            CodeChange::Gone => "is gone",
            CodeChange::New => "is new",
        };
        write!(f, "{} ({}) {what}", self.name, self.place)
    }
}

/// Definitions of one name in one file, on one side, in the order of the source.
type ByName<'d> = BTreeMap<(&'d str, &'d str, bool), Vec<&'d HashedDefinition>>;

impl CodeFingerprint {
    pub fn of(mut definitions: Vec<HashedDefinition>) -> Self {
        definitions.sort();
        definitions.dedup();
        Self { version: FINGERPRINT_VERSION, definitions }
    }

    /// What is not the same in `now`; `rest_may_be_gone`: its deletion is what is claimed. Lines do not matter.
    pub fn changes(&self, now: &Self, rest_may_be_gone: bool) -> Vec<ChangedDefinition> {
        let (before, after) = (self.by_name(), now.by_name());
        let changed = |what: CodeChange, it: &HashedDefinition| ChangedDefinition {
            name: it.name.clone(),
            what,
            place: it.place(),
        };
        let mut changes = Vec::new();
        for (key, was) in &before {
            match after.get(key) {
                Some(is) if same(was, is) => {}
                Some(is) => changes.push(changed(CodeChange::Changed, is[0])),
                None if key.2 && rest_may_be_gone => {}
                // Still there, reached from the other side only.
                None if key.2 && after.get(&(key.0, key.1, false)).is_some_and(|is| same(was, is)) => {}
                None => changes.push(changed(CodeChange::Gone, was[0])),
            }
        }
        let new = after.iter().filter(|(key, is)| {
            let other = before.get(&(key.0, key.1, !key.2));
            !(before.contains_key(*key) || key.2 && other.is_some_and(|was| same(was, is)))
        });
        changes.extend(new.map(|(_, is)| changed(CodeChange::New, is[0])));
        changes
    }

    fn by_name(&self) -> ByName<'_> {
        let mut found = ByName::new();
        for it in &self.definitions {
            found.entry((&it.path, &it.name, it.rest_only)).or_default().push(it);
        }
        found
    }
}

fn same(one: &[&HashedDefinition], other: &[&HashedDefinition]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| !one.hash.is_empty() && one.hash == other.hash)
}
