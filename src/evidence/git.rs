//! The revision of a checkout, and how observed revisions relate to it, asked of the `git` program.
//!
//! Nothing is written to the repository. A folder that is no checkout is no error: it has no revision.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;

use crate::model::facts::git::{GitFacts, Relation, TagFacts};
use crate::model::facts::ledger::{LedgerFacts, Revision};

/// The checkout's commit and the files that differ from it, relative to `folder`; `None` where git has none.
pub fn revision(folder: &Path) -> Option<Revision> {
    let commit = git(folder, &["rev-parse", "--verify", "HEAD"]).ok()?.trim().to_owned();
    let status = git(folder, &["status", "--porcelain=v1", "-z", "--untracked-files=all", "--", "."]).ok()?;
    let prefix = git(folder, &["rev-parse", "--show-prefix"]).ok()?.trim().to_owned();
    let mut dirty = Vec::new();
    let mut fields = status.split('\0');
    while let Some(field) = fields.next().filter(|field| field.len() > 3) {
        if field.starts_with(['R', 'C']) {
            dirty.extend(fields.next().map(|old| below(old, &prefix)));
        }
        dirty.push(below(&field[3..], &prefix));
    }
    dirty.retain(|path| !path.starts_with(".thor-cutover/"));
    dirty.sort();
    Some(Revision { commit, dirty })
}

/// Why git does not say which commit a folder is at, in its first words; `None` where it does.
pub fn refusal(folder: &Path) -> Option<String> {
    let why = git(folder, &["rev-parse", "--verify", "HEAD"]).err()?;
    Some(why.lines().next().unwrap_or("git says nothing").to_owned())
}

/// A revision by name (`HEAD~3`, a tag, a commit), as a commit of this repository.
pub fn resolve(folder: &Path, name: &str) -> Result<String, String> {
    let wanted = format!("{name}^{{commit}}");
    git(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])
        .map(|commit| commit.trim().to_owned())
        .map_err(|_| format!("no revision {name:?} in {}", folder.display()))
}

/// How the checkout relates to every revision in the ledger. `sources` are the files whose changes matter,
/// relative to `folder`; `said` replaces the checkout's own revision.
pub fn facts(
    folder: &Path,
    ledger: &LedgerFacts,
    sources: &BTreeSet<String>,
    said: Option<&str>,
) -> GitFacts {
    let head = match said {
        Some(said) => {
            let commit = resolve(folder, said).unwrap_or_else(|_| said.to_owned());
            Some(Revision { commit, dirty: Vec::new() })
        }
        None => revision(folder),
    };
    let Some(head) = head else { return GitFacts::default() };
    let observed: BTreeSet<&str> = revisions(ledger).map(|revision| revision.commit.as_str()).collect();
    let worktree = said.is_none();
    let relations: BTreeMap<String, Relation> = observed
        .into_iter()
        .filter(|&commit| commit != head.commit || !head.dirty.is_empty())
        .map(|commit| (commit.to_owned(), relation(folder, commit, &head, worktree, sources)))
        .collect();
    GitFacts { head: Some(head), relations, tags: tags(folder, ledger), removed_at: BTreeMap::new() }
}

fn revisions(ledger: &LedgerFacts) -> impl Iterator<Item = &Revision> {
    let runs = ledger.runs.iter().flat_map(|it| it.revision.iter().chain(&it.revision_end));
    let grants = ledger.grants.iter().filter_map(|it| it.revision.as_ref());
    runs.chain(grants).chain(ledger.sign_offs.iter().filter_map(|it| it.revision.as_ref()))
}

fn relation(
    folder: &Path,
    commit: &str,
    head: &Revision,
    worktree: bool,
    sources: &BTreeSet<String>,
) -> Relation {
    match run(folder, &["merge-base", "--is-ancestor", commit, &head.commit]) {
        Ok(output) if output.status.success() => {}
        Ok(output) if output.status.code() == Some(1) => return Relation::NotAncestor,
        Ok(output) => return Relation::Unknown(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => return Relation::Unknown(error.to_string()),
    }
    if sources.is_empty() {
        return Relation::Ancestor { changed: Vec::new() };
    }
    let mut arguments = vec![
        "diff",
        "--no-ext-diff",
        "--no-renames",
        "--no-textconv",
        "--relative",
        "--name-only",
        "-z",
        commit,
    ];
    if !worktree {
        arguments.push(&head.commit);
    }
    arguments.push("--");
    arguments.extend(sources.iter().map(String::as_str));
    match git(folder, &arguments) {
        Ok(diff) => {
            let named = diff.split('\0').filter(|path| !path.is_empty()).map(str::to_owned);
            // A new file is in no diff until it is added, yet everything in it is new.
            let new = head.dirty.iter().filter(|path| worktree && sources.contains(*path)).cloned();
            let changed: BTreeSet<String> = named.chain(new).collect();
            Relation::Ancestor { changed: changed.into_iter().collect() }
        }
        Err(error) => Relation::Unknown(error),
    }
}

/// When the last commit touched any of the files; `None` where they differ from what is committed, or git does
/// not know them.
pub fn last_touched<'p>(folder: &Path, paths: impl Iterator<Item = &'p str>) -> Option<Timestamp> {
    let paths: Vec<&str> = paths.collect();
    let changed = git(folder, &[&["status", "--porcelain=v1", "--"], paths.as_slice()].concat()).ok()?;
    if paths.is_empty() || !changed.trim().is_empty() {
        return None;
    }
    let at = git(folder, &[&["log", "-1", "--format=%cI", "--"], paths.as_slice()].concat()).ok()?;
    at.trim().parse().ok()
}

/// Nobody's cutover began earlier; in a long history each search costs a second.
const LOOKED_BACK: &str = "--since=400 days ago";

/// The commit before the checkout as it stands: its own, where files differ from it, else its first parent (in a
/// merge that CI made, the branch that it goes into). `None` where git has none.
pub fn before(folder: &Path) -> Option<String> {
    let name = if revision(folder)?.dirty.is_empty() { "HEAD^" } else { "HEAD" };
    resolve(folder, name).ok()
}

/// The history of a checkout, for what is not in it any more.
#[derive(Debug)]
pub struct CheckoutHistory<'f> {
    folder: &'f Path,
    /// The checkout's own commit, where files differ from it: what is deleted and not committed yet was there.
    uncommitted_on: Option<String>,
}

impl<'f> CheckoutHistory<'f> {
    /// # Errors
    /// Why there is none.
    pub fn of(folder: &'f Path) -> Result<Self, String> {
        let shallow = git(folder, &["rev-parse", "--is-shallow-repository"])
            .map_err(|_| "git knows nothing of this folder".to_owned())?;
        if shallow.trim() == "true" {
            return Err("this checkout has no history (it is shallow)".to_owned());
        }
        let head = revision(folder).filter(|head| !head.dirty.is_empty());
        Ok(Self { folder, uncommitted_on: head.map(|head| head.commit) })
    }

    /// The commits right before those that changed how often `text` stands in the files, newest first, at most `most`
    /// of them: where it was, if it ever was.
    ///
    /// # Errors
    /// What git says against it.
    pub fn before_changes_of(&self, text: &str, most: usize) -> Result<Vec<String>, String> {
        let searched = format!("-S{text}");
        let said = git(self.folder, &["log", "--format=%P", LOOKED_BACK, &searched, "--", "."])?;
        let parents = said.lines().filter_map(|line| line.split_ascii_whitespace().next()).map(str::to_owned);
        Ok(self.uncommitted_on.iter().cloned().chain(parents).take(most).collect())
    }
}

/// The tags that sign-offs name, and which of the signed revisions each contains.
fn tags(folder: &Path, ledger: &LedgerFacts) -> BTreeMap<String, TagFacts> {
    let mut found: BTreeMap<String, TagFacts> = BTreeMap::new();
    for sign_off in &ledger.sign_offs {
        let (Some(tag), Some(revision)) = (&sign_off.tag, &sign_off.revision) else { continue };
        if let Ok(contains) = tag_contains(folder, tag, &revision.commit) {
            let facts = found.entry(tag.clone()).or_default();
            if contains {
                facts.contains.push(revision.commit.clone());
            }
        }
    }
    found
}

/// Whether a tag contains a commit; an error if there is no such tag.
pub fn tag_contains(folder: &Path, tag: &str, commit: &str) -> Result<bool, String> {
    let name = format!("refs/tags/{tag}");
    git(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &name])
        .map_err(|_| format!("no tag {tag:?} in {}", folder.display()))?;
    let containing = git(folder, &["tag", "--contains", commit])?;
    Ok(containing.lines().any(|line| line.trim() == tag))
}

fn below(path: &str, prefix: &str) -> String {
    path.strip_prefix(prefix).unwrap_or(path).to_owned()
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = run(folder, arguments).map_err(|error| format!("running git: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

fn run(folder: &Path, arguments: &[&str]) -> std::io::Result<std::process::Output> {
    Command::new("git")
        .arg("-C")
        .arg(folder)
        .args([
            "-c",
            "core.quotepath=off",
            "-c",
            "core.fsmonitor=false",
            "--no-optional-locks",
            "--literal-pathspecs",
        ])
        .args(arguments)
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env("LC_ALL", "C")
        .output()
}
