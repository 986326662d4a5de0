//! How the checkout that is decided on relates to the revisions that were observed.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::facts::ledger::Revision;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GitFacts {
    /// The revision the decision is about; none where there is no git and nobody said.
    pub head: Option<Revision>,
    /// By commit of the evidence.
    pub relations: BTreeMap<String, Relation>,
    /// By feature: when what is gone of its REST path was last there at the latest; none where that is not
    /// committed yet.
    pub removed_at: BTreeMap<String, Timestamp>,
    /// Commits that a tag contains, by tag: filled for the tags that sign-offs name.
    pub tags: BTreeMap<String, TagFacts>,
}

/// From an observed commit to the checkout.
#[derive(Debug, Clone, PartialEq)]
pub enum Relation {
    /// The observed commit is an ancestor of (or is) the checkout; those of the files asked about that changed since.
    Ancestor {
        changed: Vec<String>,
    },
    NotAncestor,
    /// git could not say; why.
    Unknown(String),
}

/// Whether a tag exists and which of the asked commits it contains.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagFacts {
    pub contains: Vec<String>,
}
