//! Reading the tree as it was at a git revision, through the `git` command: nothing is checked out.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::{AuditError, FileKind, LARGEST_SOURCE, SourceTree, choose, read};
use crate::model::facts::audit::LeftOut;

/// One line of `git ls-tree`.
struct Listed {
    mode: String,
    object: String,
    size: u64,
    path: String,
}

impl SourceTree {
    /// The tree below `root` at `revision` (anything `git rev-parse` understands). Extra roots are not part of it.
    ///
    /// # Errors
    /// Git is missing, `root` is in no repository, or the revision is not known there.
    pub fn at_revision(root: &Path, revision: &str) -> Result<Self, AuditError> {
        let fail = |reason: String| AuditError::Git {
            path: root.to_path_buf(),
            revision: revision.to_owned(),
            reason,
        };
        if revision.starts_with('-') {
            return Err(fail("a revision does not start with a dash".to_owned()));
        }
        let commit = git(root, &["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])
            .map_err(|reason| {
                fail(if reason.is_empty() { "it is not known there".to_owned() } else { reason })
            })?;
        let commit = commit.trim().to_owned();
        let listing = git(root, &["ls-tree", "-r", "-z", "--long", &commit, "--", "."]).map_err(fail)?;
        let listed: Vec<Listed> = listing.split('\0').filter_map(parse).collect();
        let mut tree = Self { root: root.to_path_buf(), revision: Some(commit), ..Self::default() };
        let wanted = tree.choose(listed);
        contents(root, wanted, &mut tree).map_err(fail)?;
        tree.finish();
        Ok(tree)
    }

    fn choose(&mut self, listed: Vec<Listed>) -> Vec<(Listed, FileKind)> {
        let closed = closed_directories(&listed);
        for (path, reason) in &closed {
            self.left_out.push(LeftOut { path: path.clone(), reason: (*reason).to_owned() });
            self.closed.insert(path.clone());
        }
        let mut wanted = Vec::new();
        for entry in listed {
            if closed.keys().any(|directory| super::is_below(&entry.path, directory)) {
                continue;
            }
            match entry.mode.as_str() {
                "120000" => {
                    let reason = "symbolic link: not followed".to_owned();
                    self.left_out.push(LeftOut { path: entry.path, reason });
                }
                "160000" => {
                    let reason = "submodule: its history is elsewhere".to_owned();
                    self.left_out.push(LeftOut { path: entry.path, reason });
                }
                _ => {
                    self.paths.insert(entry.path.clone());
                    let name = entry.path.rsplit('/').next().unwrap_or("");
                    if let Some(kind) = choose::kind(name) {
                        wanted.push((entry, kind));
                    }
                }
            }
        }
        wanted
    }
}

fn parse(line: &str) -> Option<Listed> {
    let (head, path) = line.split_once('\t')?;
    let mut fields = head.split_ascii_whitespace();
    let (mode, _kind, object) = (fields.next()?, fields.next()?, fields.next()?);
    let size = fields.next()?.parse().unwrap_or(0);
    Some(Listed { mode: mode.to_owned(), object: object.to_owned(), size, path: path.to_owned() })
}

/// The same choice as on disk, from the listing alone.
fn closed_directories(listed: &[Listed]) -> BTreeMap<String, &'static str> {
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in listed {
        let mut path = entry.path.as_str();
        while let Some((parent, name)) = path.rsplit_once('/') {
            names.entry(parent).or_default().insert(name);
            path = parent;
        }
    }
    let contains = |directory: &str, wanted: &str| {
        names.get(directory).is_some_and(|inside| {
            inside.iter().any(|name| match wanted.strip_prefix('*') {
                Some(suffix) => name.ends_with(suffix),
                None => *name == wanted,
            })
        })
    };
    let mut closed: BTreeMap<String, &'static str> = BTreeMap::new();
    for directory in names.keys() {
        if closed.keys().any(|above| super::is_below(directory, above)) {
            continue;
        }
        let (parent, name) = directory.rsplit_once('/').unwrap_or(("", directory));
        let reason =
            choose::closed(name, |wanted| contains(directory, wanted), |wanted| contains(parent, wanted));
        if let Some(reason) = reason {
            closed.insert((*directory).to_owned(), reason);
        }
    }
    closed
}

/// Reads the blobs through one `git cat-file --batch`; requests are written from a thread, because both pipes
/// have an end.
fn contents(root: &Path, wanted: Vec<(Listed, FileKind)>, tree: &mut SourceTree) -> Result<(), String> {
    let mut child = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("git could not be started: {error}"))?;
    let mut requests = child.stdin.take().ok_or("git took no requests")?;
    let answers = child.stdout.take().ok_or("git gave no answers")?;
    let names: String = wanted.iter().map(|(entry, _)| format!("{}\n", entry.object)).collect();
    let writer = std::thread::spawn(move || requests.write_all(names.as_bytes()));
    let mut answers = BufReader::new(answers);
    for (entry, kind) in wanted {
        let bytes = one(&mut answers).map_err(|error| format!("reading {}: {error}", entry.path))?;
        if entry.size > LARGEST_SOURCE && !choose::is_minified(&entry.path, &[]) {
            let reason = format!("{} is too large to parse", read::megabytes(entry.size));
            tree.add_unread(entry.path, reason, bytes, true);
        } else {
            tree.add(entry.path, kind, bytes);
        }
    }
    let written = writer.join().map_err(|_| "the thread that asks git stopped".to_owned())?;
    written.map_err(|error| format!("asking git for contents: {error}"))?;
    child.wait().map_err(|error| format!("git did not end: {error}"))?;
    Ok(())
}

/// `<object> blob <size>\n<bytes>\n`
fn one(answers: &mut impl std::io::BufRead) -> std::io::Result<Vec<u8>> {
    let mut head = String::new();
    answers.read_line(&mut head)?;
    let size: u64 = head.rsplit(' ').next().and_then(|size| size.trim().parse().ok()).ok_or_else(|| {
        std::io::Error::new(std::io::ErrorKind::InvalidData, format!("git answered {:?}", head.trim()))
    })?;
    let mut bytes = Vec::new();
    answers.take(size).read_to_end(&mut bytes)?;
    let mut newline = [0];
    answers.read_exact(&mut newline)?;
    Ok(bytes)
}

/// The output of a git command, or what it complained of.
fn git(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("git could not be started: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
