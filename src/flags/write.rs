//! Writing an env file: whole or not at all, with its permissions, its owner and whatever it links to kept.
//!
//! One writer at a time: a lock on the file's folder is held from reading to renaming, and the file is read again
//! under it, so that two commands at once lose nobody's change. The system gives the lock back when a process ends,
//! however it ends. Drafts and the state before are kept in the tool's own folder, which ignores itself.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;

use crate::bounded::{self, MAX_ENV_FILE};
use crate::flags::dialect::EnvDialect;
use crate::flags::env_file::EnvFile;
use crate::line_diff::LineDiff;
use crate::own_folder;
use crate::system;

/// How the names of files begin that are being written.
const DRAFT: &str = "draft-";

/// How often a lock that another process holds is tried.
const TRY_EVERY: Duration = Duration::from_millis(10);

/// One file's change, planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// As configured.
    pub path: PathBuf,
    /// What is really written: where a symbolic link leads.
    pub target: PathBuf,
    before: Option<Content>,
    after: Content,
    values: Vec<(String, String)>,
    dialect: EnvDialect,
}

/// Where the state before is kept, and how long to wait for another writer.
#[derive(Debug, Clone)]
pub struct Keep {
    /// The folder of the configuration.
    pub root: PathBuf,
    pub patience: Duration,
    /// What is to be done when the patience ends: go on all the same, or fail.
    pub insist: bool,
}

/// A file's text. Bytes that are not UTF-8 come through unharmed, each as the character of its number.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Content {
    text: String,
    is_utf8: bool,
}

impl Content {
    fn of(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self { text, is_utf8: true },
            Err(error) => {
                Self { text: error.into_bytes().into_iter().map(char::from).collect(), is_utf8: false }
            }
        }
    }

    fn bytes(&self) -> Vec<u8> {
        if self.is_utf8 {
            return self.text.clone().into_bytes();
        }
        self.text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
    }
}

/// What would change if the names had these values; `None` where the file says so already.
pub fn plan(path: &Path, values: &[(&str, &str)], dialect: EnvDialect) -> std::io::Result<Option<Edit>> {
    let target = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => fs::canonicalize(path)?,
        _ => path.to_owned(),
    };
    let before = match bounded::read(&target, MAX_ENV_FILE) {
        Ok(bytes) => Some(Content::of(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mut after = before.clone().unwrap_or(Content { text: String::new(), is_utf8: true });
    for (name, value) in values {
        let file = EnvFile::parse_as(&after.text, dialect);
        if file.get(name).as_deref() != Some(*value) {
            after.text = file.set(name, value);
        }
    }
    let changes = before.as_ref() != Some(&after);
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Ok(changes.then(|| Edit { path: path.to_owned(), target, before, after, values, dialect }))
}

impl Edit {
    /// The changed lines alone: the lines around them may hold secrets.
    pub fn diff(&self) -> String {
        let before = self.before.as_ref().map_or("", |content| content.text.as_str());
        LineDiff::new(before, &self.after.text).unified(&self.path.display().to_string())
    }

    /// Makes the change to the file as it is by then, and keeps the state before; the copy's path, where one was made.
    pub fn apply(&self, keep: &Keep) -> std::io::Result<Option<PathBuf>> {
        let folder = self.target.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let _lock = lock(folder, keep)?;
        let values: Vec<(&str, &str)> =
            self.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let Some(edit) = plan(&self.path, &values, self.dialect)? else { return Ok(None) };
        let own = keep.root.join(own_folder::NAME).join("env");
        let own = own_folder::make(&own).is_ok().then_some(own);
        let drafts = own.as_deref().map(|own| lock(own, keep)).transpose()?.flatten();
        if let (Some(own), Some(_)) = (&own, &drafts) {
            clear_drafts(own);
        }
        let mut backup = None;
        if let (Some(own), Some(before)) = (&own, &edit.before) {
            let path = own.join(edit.backup_name(&keep.root));
            // A copy that cannot be made is no reason to leave a flag where it is.
            if edit.replace(own, &path, before, false).is_ok() {
                backup = Some(path);
            }
        }
        match &own {
            Some(own) => match edit.replace(own, &edit.target, &edit.after, true) {
                Err(error) if error.kind() == ErrorKind::CrossesDevices => {
                    edit.replace(folder, &edit.target, &edit.after, true)?;
                }
                // the file's own block is still there
                Err(error) if error.kind() == ErrorKind::StorageFull && keep.insist => {
                    write_over(&edit.target, &edit.after.bytes()).map_err(|_| error)?;
                }
                done => done?,
            },
            None => edit.replace(folder, &edit.target, &edit.after, true)?,
        }
        Ok(backup)
    }

    /// `thor-frontend+.env.bak`: a name for each file, the same each time.
    fn backup_name(&self, root: &Path) -> String {
        let path = self.path.strip_prefix(root).unwrap_or(&self.path).to_string_lossy().into_owned();
        path.trim_start_matches(['/', '\\']).replace(['/', '\\', ':'], "+") + ".bak"
    }

    /// Puts the content in the place of `path` in one step: a reader sees the old file or the new one. `as_it_was`:
    /// with the target's permissions and owner; else readable to its owner only.
    fn replace(&self, drafts: &Path, path: &Path, content: &Content, as_it_was: bool) -> std::io::Result<()> {
        let mut draft = tempfile::Builder::new().prefix(DRAFT).tempfile_in(drafts)?;
        draft.write_all(&content.bytes())?;
        let same = match fs::metadata(&self.target) {
            Ok(metadata) if as_it_was => system::make_like(draft.as_file(), &metadata)?,
            _ => true,
        };
        draft.as_file().sync_all()?;
        if same {
            draft.persist(path).map_err(|failure| failure.error)?;
            return Ok(());
        }
        // A new file could not be given the old one's owner: whoever reads it would be locked out.
        write_over(path, &content.bytes())
    }
}

/// Writes over a file that cannot be replaced. It is never shorter than before until all is written: what is too long
/// ends in blank lines first.
fn write_over(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    let before = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let mut padded = bytes.to_vec();
    padded.resize(before.max(bytes.len()), b'\n');
    file.write_all(&padded)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

/// What a process left that was killed while it wrote. Whoever holds the folder's lock is the only writer in it.
fn clear_drafts(own: &Path) {
    for entry in std::fs::read_dir(own).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(DRAFT) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Holds the folder's lock until it is dropped; `None` where the patience ended and the caller insists, or where the
/// system has no such locks.
fn lock(folder: &Path, keep: &Keep) -> std::io::Result<Option<File>> {
    let Ok(held) = File::open(folder) else { return Ok(None) };
    let mut waited = Duration::ZERO;
    loop {
        match held.try_lock() {
            Ok(()) => return Ok(Some(held)),
            Err(TryLockError::WouldBlock) if waited >= keep.patience => {
                let why = format!("another program has held the lock of {} for {waited:?}", folder.display());
                return if keep.insist { Ok(None) } else { Err(std::io::Error::other(why)) };
            }
            Err(TryLockError::WouldBlock) => {
                std::thread::sleep(TRY_EVERY);
                waited += TRY_EVERY;
            }
            Err(TryLockError::Error(_)) => return Ok(None),
        }
    }
}
