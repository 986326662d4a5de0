//! Writing an env file: whole or not at all, with its permissions, its owner and whatever it links to kept, and
//! the state before beside it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use fs_err as fs;
use similar::TextDiff;

use crate::flags::env_file::EnvFile;

/// One file's change, planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// As configured.
    pub path: PathBuf,
    /// What is really written: where a symbolic link leads.
    pub target: PathBuf,
    before: Option<Content>,
    after: Content,
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
pub fn plan(path: &Path, values: &[(&str, &str)]) -> std::io::Result<Option<Edit>> {
    let target = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => fs::canonicalize(path)?,
        _ => path.to_owned(),
    };
    let before = match fs::read(&target) {
        Ok(bytes) => Some(Content::of(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mut after = before.clone().unwrap_or(Content { text: String::new(), is_utf8: true });
    for (name, value) in values {
        let file = EnvFile::parse(&after.text);
        if file.get(name).as_deref() != Some(*value) {
            after.text = file.set(name, value);
        }
    }
    let changes = before.as_ref() != Some(&after);
    Ok(changes.then(|| Edit { path: path.to_owned(), target, before, after }))
}

impl Edit {
    /// The changed lines alone: the lines around them may hold secrets.
    pub fn diff(&self) -> String {
        let before = self.before.as_ref().map_or("", |content| content.text.as_str());
        let name = self.path.display().to_string();
        let diff = TextDiff::from_lines(before, &self.after.text);
        diff.unified_diff().context_radius(0).header(&name, &name).to_string()
    }

    /// Writes the file and, where there was one, the state before as `<name>.thor-cutover.bak`.
    pub fn apply(&self) -> std::io::Result<Option<PathBuf>> {
        let folder = self.target.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let backup = match &self.before {
            Some(before) => {
                let mut name = self.target.file_name().unwrap_or_default().to_owned();
                name.push(".thor-cutover.bak");
                let backup = folder.join(name);
                self.replace(folder, &backup, before)?;
                Some(backup)
            }
            None => None,
        };
        self.replace(folder, &self.target, &self.after)?;
        Ok(backup)
    }

    /// Puts the content in the place of `path` in one step: a reader sees the old file or the new one.
    fn replace(&self, folder: &Path, path: &Path, content: &Content) -> std::io::Result<()> {
        let mut draft = tempfile::Builder::new().prefix(".thor-cutover-").tempfile_in(folder)?;
        draft.write_all(&content.bytes())?;
        let as_before = match fs::metadata(&self.target) {
            Ok(metadata) => like(draft.as_file(), &metadata)?,
            Err(_) => true,
        };
        draft.as_file().sync_all()?;
        if as_before {
            draft.persist(path).map_err(|failure| failure.error)?;
            return Ok(());
        }
        // A new file could not be given the old one's owner: whoever reads it would be locked out.
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
        file.write_all(&content.bytes())?;
        file.sync_all()
    }
}

/// Gives the draft the permissions and the owner of the file it is to replace; `false` where that is not allowed.
#[cfg(unix)]
fn like(draft: &std::fs::File, metadata: &std::fs::Metadata) -> std::io::Result<bool> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let own = draft.metadata()?;
    if (own.uid(), own.gid()) != (metadata.uid(), metadata.gid())
        && fchown(draft, Some(metadata.uid()), Some(metadata.gid())).is_err()
    {
        return Ok(false);
    }
    draft.set_permissions(metadata.permissions())?;
    Ok(true)
}

#[cfg(not(unix))]
fn like(draft: &std::fs::File, metadata: &std::fs::Metadata) -> std::io::Result<bool> {
    draft.set_permissions(metadata.permissions())?;
    Ok(true)
}
