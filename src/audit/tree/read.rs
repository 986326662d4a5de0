//! Reading the working tree, in parallel, in no more memory than the sources take.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{DirEntry, WalkBuilder, WalkState};

use super::choose;
use super::decode::{self, Decoded};
use super::{
    AuditError, FileKind, LARGEST_SEARCHED, LARGEST_SOURCE, Language, SourceFile, SourceTree, UnreadFile,
};
use crate::model::facts::audit::{FileNote, LeftOut};

impl SourceTree {
    /// Reads `root` and the extra roots (paths relative to `root`, or absolute). Paths in the tree are relative
    /// to `root`; files of an extra root outside of it keep the path the user named.
    ///
    /// `.gitignore` is deliberately not consulted: an ignored file can be tracked all the same, and an audit
    /// that overlooks it would call a tree clean that is not.
    ///
    /// # Errors
    /// Only a root that cannot be listed. Files that cannot be read are reported in the tree.
    pub fn read(root: &Path, extra_roots: &[PathBuf]) -> Result<Self, AuditError> {
        let mut tree = Self { root: root.to_path_buf(), ..Self::default() };
        tree.read_root(root, "")?;
        for extra in extra_roots {
            let path = root.join(extra);
            let shown = shown(root, &path);
            if shown.starts_with("..") || is_closed_in(&tree, &shown) {
                tree.read_root(&path, &shown)?;
            }
        }
        tree.finish();
        Ok(tree)
    }

    fn read_root(&mut self, root: &Path, prefix: &str) -> Result<(), AuditError> {
        let metadata = std::fs::metadata(root)
            .map_err(|source| AuditError::Root { path: root.to_path_buf(), source })?;
        if !metadata.is_dir() {
            return Err(AuditError::NotADirectory { path: root.to_path_buf() });
        }
        std::fs::read_dir(root).map_err(|source| AuditError::Root { path: root.to_path_buf(), source })?;
        let found = Arc::new(Mutex::new(std::mem::take(self)));
        let closing = (Arc::clone(&found), root.to_path_buf(), prefix.to_owned());
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let walker = WalkBuilder::new(root)
            .standard_filters(false)
            .follow_links(false)
            .threads(threads)
            .filter_entry(move |entry| is_entered(entry, &closing.0, &closing.1, &closing.2))
            .build_parallel();
        walker.run(|| {
            let found = Arc::clone(&found);
            Box::new(move |entry| {
                visit(entry, root, prefix, &found);
                WalkState::Continue
            })
        });
        *self = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    /// Sorts what threads found in any order, so that the same tree gives the same report.
    pub(super) fn finish(&mut self) {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.files.dedup_by(|a, b| a.path == b.path);
        self.unread.sort_by(|a, b| a.path.cmp(&b.path));
        self.notes.sort();
        self.left_out.sort();
        self.left_out.dedup();
    }

    /// Takes in one file's content.
    pub(super) fn add(&mut self, path: String, kind: FileKind, bytes: Vec<u8>) {
        let name = path.rsplit('/').next().unwrap_or(&path);
        if choose::is_minified(name, &bytes) {
            self.left_out.push(LeftOut { path, reason: "minified script".to_owned() });
            return;
        }
        if kind == FileKind::Foreign {
            let reason = "no parser reads such files".to_owned();
            self.unread.push(UnreadFile { path, reason, bytes, searchable: true, foreign: true });
            return;
        }
        match decode::decode(bytes) {
            Decoded::Utf8(text) => self.files.push(SourceFile { path, kind, text }),
            Decoded::Other(text, encoding, bytes) => {
                let declared = kind == FileKind::Code(Language::Python) && decode::declares_encoding(&text);
                let code = matches!(kind, FileKind::Code(_));
                if code && !declared && encoding == "latin-1" {
                    let reason = "not UTF-8 and no encoding declared: read as latin-1".to_owned();
                    self.add_unread(path.clone(), reason, bytes, true);
                } else {
                    self.notes.push(FileNote { path: path.clone(), note: format!("read as {encoding}") });
                }
                self.files.push(SourceFile { path, kind, text });
            }
            Decoded::Binary(bytes) => {
                let reason = "binary content".to_owned();
                self.add_unread(path, reason, bytes, true);
            }
        }
    }

    fn take_in(&mut self, one: Self) {
        self.files.extend(one.files);
        self.unread.extend(one.unread);
        self.notes.extend(one.notes);
        self.left_out.extend(one.left_out);
    }

    pub(super) fn add_unread(&mut self, path: String, reason: String, bytes: Vec<u8>, searchable: bool) {
        self.unread.push(UnreadFile { path, reason, bytes, searchable, foreign: false });
    }
}

fn is_closed_in(tree: &SourceTree, path: &str) -> bool {
    tree.closed.iter().any(|closed| super::is_below(path, closed))
}

/// The way from the root to another directory: `../thor-frontend`.
fn shown(root: &Path, other: &Path) -> String {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let (root, other) = (real(root), real(other));
    let common = root.components().zip(other.components()).take_while(|(a, b)| a == b).count();
    let up = root.components().count() - common;
    let rest: PathBuf = other.components().skip(common).collect();
    slashes(&std::iter::repeat_n(PathBuf::from(".."), up).collect::<PathBuf>().join(rest))
}

/// The prune step: directories that are not entered are noted with the reason.
fn is_entered(entry: &DirEntry, found: &Mutex<SourceTree>, root: &Path, prefix: &str) -> bool {
    if entry.depth() == 0 || !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return true;
    }
    let directory = entry.path();
    let has = |wanted: &str| contains(directory, wanted);
    let beside = |wanted: &str| directory.parent().is_some_and(|parent| contains(parent, wanted));
    let Some(reason) = choose::closed(&entry.file_name().to_string_lossy(), has, beside) else { return true };
    let path = relative(directory, root, prefix);
    let mut tree = found.lock().unwrap_or_else(PoisonError::into_inner);
    tree.left_out.push(LeftOut { path: path.clone(), reason: reason.to_owned() });
    tree.closed.insert(path);
    false
}

fn contains(directory: &Path, wanted: &str) -> bool {
    match wanted.strip_prefix("*.") {
        None => directory.join(wanted).exists(),
        Some(extension) => std::fs::read_dir(directory).is_ok_and(|entries| {
            entries.flatten().any(|entry| entry.path().extension() == Some(OsStr::new(extension)))
        }),
    }
}

fn visit(entry: Result<DirEntry, ignore::Error>, root: &Path, prefix: &str, found: &Mutex<SourceTree>) {
    let locked = || found.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = match entry {
        Ok(entry) => entry,
        Err(error) => {
            locked().add_unread(error_path(&error, root, prefix), error.to_string(), Vec::new(), false);
            return;
        }
    };
    let Some(file_type) = entry.file_type() else { return };
    let path = relative(entry.path(), root, prefix);
    if file_type.is_symlink() {
        let reason = symlink_reason(entry.path(), root);
        let mut tree = locked();
        tree.closed.insert(path.clone());
        tree.left_out.push(LeftOut { path, reason });
        return;
    }
    if !file_type.is_file() {
        return;
    }
    let name = entry.file_name().to_string_lossy();
    locked().paths.insert(path.clone());
    let Some(kind) = choose::kind(&name) else { return };
    // A bundle by its name is left out however large it is, and not even searched.
    if choose::is_minified(&name, &[]) {
        locked().add(path, kind, Vec::new());
        return;
    }
    let size = entry.metadata().map_or(0, |metadata| metadata.len());
    let code = matches!(kind, FileKind::Code(_));
    if size > LARGEST_SEARCHED || (size > LARGEST_SOURCE && !code) {
        locked().add_unread(path, format!("{} is too large to read", megabytes(size)), Vec::new(), false);
        return;
    }
    match std::fs::read(entry.path()) {
        Ok(bytes) if size > LARGEST_SOURCE => {
            locked().add_unread(path, format!("{} is too large to parse", megabytes(size)), bytes, true);
        }
        Ok(bytes) => {
            let mut one = SourceTree::default();
            one.add(path, kind, bytes);
            locked().take_in(one);
        }
        Err(error) => locked().add_unread(path, format!("could not be read: {error}"), Vec::new(), false),
    }
}

/// Links are not followed: a loop cannot happen, and what lies inside the tree is read where it lies.
fn symlink_reason(link: &Path, root: &Path) -> String {
    let target = std::fs::canonicalize(link);
    let root = std::fs::canonicalize(root);
    match (target, root) {
        (Ok(target), Ok(root)) if root.starts_with(&target) => {
            "symbolic link to a directory above itself: not followed".to_owned()
        }
        (Ok(target), Ok(root)) if target.starts_with(&root) => {
            "symbolic link into the tree: read where it points to".to_owned()
        }
        (Ok(_), Ok(_)) => "symbolic link out of the tree: not followed, name it as an extra root".to_owned(),
        _ => "symbolic link that leads nowhere".to_owned(),
    }
}

fn error_path(error: &ignore::Error, root: &Path, prefix: &str) -> String {
    match error {
        ignore::Error::WithPath { path, .. } => relative(path, root, prefix),
        ignore::Error::WithDepth { err, .. } => error_path(err, root, prefix),
        _ => prefix.to_owned(),
    }
}

fn relative(path: &Path, root: &Path, prefix: &str) -> String {
    let inner = slashes(path.strip_prefix(root).unwrap_or(path));
    match (prefix.is_empty(), inner.is_empty()) {
        (true, _) => inner,
        (false, true) => prefix.to_owned(),
        (false, false) => format!("{prefix}/{inner}"),
    }
}

/// Paths are said with `/` on every system: what is accepted or known of one holds on all.
fn slashes(path: &Path) -> String {
    with_slashes(&path.to_string_lossy(), std::path::MAIN_SEPARATOR)
}

fn with_slashes(path: &str, separator: char) -> String {
    path.replace(separator, "/")
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(super) fn megabytes(size: u64) -> String {
    format!("{:.1} MB", size as f64 / 1_000_000.0)
}

#[cfg(test)]
mod tests {
    use super::with_slashes;

    #[test]
    fn paths_of_windows_are_said_with_slashes() {
        assert_eq!(with_slashes(r"thor-frontend\src\pages\App.tsx", '\\'), "thor-frontend/src/pages/App.tsx");
        assert_eq!(with_slashes(r"..\thor-frontend", '\\'), "../thor-frontend");
        // Elsewhere a backslash is a character like any other.
        assert_eq!(with_slashes(r"odd\name.py", '/'), r"odd\name.py");
    }
}
