//! A source tree as text: what was read, what was left out and why, what could not be read.
//!
//! The only part of the audit that touches the disk (`read`) or git (`revision`). It knows file names and bytes,
//! nothing of Python, TypeScript or Thor. Nothing is fatal but a root that is not there.

mod choose;
mod decode;
mod read;
mod revision;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::model::facts::audit::{FileNote, LeftOut};

/// Larger files are not parsed: no one writes two megabytes of source by hand.
pub const LARGEST_SOURCE: u64 = 2 * 1024 * 1024;
/// Larger files are not even searched for names.
const LARGEST_SEARCHED: u64 = 64 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Python,
    TypeScript,
    /// TSX, and all of JavaScript: its grammar is the superset.
    Tsx,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Code(Language),
    /// Prose that may quote code and paths.
    Document,
    /// A page whose scripts are code.
    Page,
    /// Code that no parser here reads: it is only searched for names.
    Foreign,
    /// What a project says of its own folders: tsconfig.json, package.json.
    Configuration,
    /// Shell scripts, compose files, process files: what starts what.
    Operation,
}

#[derive(Debug)]
pub struct SourceFile {
    /// Relative to the root, with `/`.
    pub path: String,
    pub kind: FileKind,
    pub text: String,
}

/// A file that is there but was not understood, with its bytes so that it can be searched for names.
#[derive(Debug)]
pub struct UnreadFile {
    pub path: String,
    pub reason: String,
    /// Empty where even that was too much; `searchable` says so.
    pub bytes: Vec<u8>,
    pub searchable: bool,
    /// Nothing is wrong with it: there is only no parser for it.
    pub foreign: bool,
}

#[derive(Debug, Default)]
pub struct SourceTree {
    /// As the user named it.
    pub root: PathBuf,
    /// `None`: the working tree.
    pub revision: Option<String>,
    /// Sorted by path.
    pub files: Vec<SourceFile>,
    pub unread: Vec<UnreadFile>,
    pub left_out: Vec<LeftOut>,
    /// Read, but not as usual: other encodings.
    pub notes: Vec<FileNote>,
    /// Every path seen, also of files that are no source: what an import may point to.
    pub paths: BTreeSet<String>,
    /// Directories that were not entered.
    pub closed: BTreeSet<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("reading the source tree {}: {source}", path.display())]
    Root { path: PathBuf, source: std::io::Error },
    #[error("reading the source tree {}: it is not a directory", path.display())]
    NotADirectory { path: PathBuf },
    #[error("asking git for revision {revision} of {}: {reason}", path.display())]
    Git { path: PathBuf, revision: String, reason: String },
}

impl AuditError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Root { .. } | Self::NotADirectory { .. } => {
                "name the directory of Thor's source with --source DIR or [source] root"
            }
            Self::Git { .. } => {
                "name a commit, tag or branch that `git rev-parse` knows in the source tree; in CI fetch its history"
            }
        }
    }
}

impl SourceTree {
    /// `true` where the tree has a file or an unentered directory at this path.
    pub fn has_path(&self, path: &str) -> bool {
        self.paths.contains(path) || self.closed.iter().any(|closed| is_below(path, closed))
    }
}

fn is_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
