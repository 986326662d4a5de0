//! Which recordings there are, by their names alone: whoever has the same files has the same list, wherever they lie.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};
use crate::recording::first_of;

/// One recording: its first file, and those that it goes on in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRecording {
    pub name: String,
    pub files: Vec<PathBuf>,
}

/// The recordings that files and folders stand for, in order of their names. What is named twice is there once.
///
/// # Errors
/// A folder that cannot be read, or has none; a name that is no Unicode.
pub fn list(paths: &[PathBuf]) -> Result<Vec<ListedRecording>> {
    let mut files = BTreeSet::new();
    for path in paths {
        if !path.is_dir() {
            files.insert(plain(path));
            continue;
        }
        let mut found = Vec::new();
        recordings_in(path, &mut found)?;
        if found.is_empty() {
            return Err(Error::usage(format!("{} has no recording", path.display()))
                .hint("recordings end in .ndjson or .ndjson.zst; name one of another name itself"));
        }
        files.extend(found.iter().map(|file| plain(file)));
    }
    let files: Vec<PathBuf> = files.into_iter().collect();
    let above = common_folder(&files);
    let mut recordings: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in &files {
        let first = first_of(file).filter(|first| files.binary_search(first).is_ok());
        let name = named(first.as_deref().unwrap_or(file), &above)?;
        recordings.entry(name).or_default().push(file.clone());
    }
    let in_order = |(name, mut files): (String, Vec<PathBuf>)| {
        // run.2 before run.10
        files.sort_by_key(|file| file.as_os_str().len());
        ListedRecording { name, files }
    };
    Ok(recordings.into_iter().map(in_order).collect())
}

/// What is not hidden, in the folder and those in it; links to folders are not followed.
fn recordings_in(folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs_err::read_dir(folder).map_err(Error::failed)? {
        let entry = entry.map_err(|error| {
            Error::failed(anyhow::Error::new(error).context(format!("reading {}", folder.display())))
        })?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = entry.path();
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type().map_err(Error::failed)?.is_dir() {
            recordings_in(&path, into)?;
        } else if is_recording(&name) {
            into.push(path);
        }
    }
    Ok(())
}

/// Whether what is found under this name is taken for a recording.
pub fn is_recording(name: &str) -> bool {
    name.ends_with(".ndjson") || name.ends_with(".ndjson.zst")
}

/// The path without `.` in it.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|it| *it != Component::CurDir).collect()
}

/// The deepest folder that all files are in, as they are named.
fn common_folder(files: &[PathBuf]) -> PathBuf {
    let mut folders = files.iter().map(|file| file.parent().unwrap_or(Path::new("")));
    let first = folders.next().unwrap_or(Path::new("")).to_owned();
    folders.fold(first, |common, folder| {
        let alike = common.components().zip(folder.components()).take_while(|(one, other)| one == other);
        alike.map(|(component, _)| component).collect()
    })
}

/// The name below the folder, with `/` on every system.
fn named(file: &Path, above: &Path) -> Result<String> {
    let below = file.strip_prefix(above).unwrap_or(file);
    let parts: Option<Vec<&str>> = below.components().map(|it| it.as_os_str().to_str()).collect();
    let parts = parts.ok_or_else(|| {
        Error::usage(format!("{} is no Unicode, and the list of recordings goes by names", file.display()))
            .hint("rename it")
    })?;
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[&str]) -> Vec<(String, usize)> {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        list(&paths).unwrap().into_iter().map(|it| (it.name, it.files.len())).collect()
    }

    #[test]
    fn names_are_the_same_wherever_the_files_lie() {
        let expected = [("a/us.ndjson".to_owned(), 1), ("b/us.ndjson".to_owned(), 1)];
        assert_eq!(names(&["/data/b/us.ndjson", "/data/a/us.ndjson"]), expected);
        assert_eq!(names(&["./a/us.ndjson", "b/./us.ndjson", "a/us.ndjson"]), expected);
    }

    #[test]
    fn parts_stay_with_the_first_file_and_a_number_alone_makes_no_part() {
        let files = ["x/run.ndjson.zst", "x/run.10.ndjson.zst", "x/run.2.ndjson.zst", "x/other.2.ndjson"];
        assert_eq!(names(&files), [("other.2.ndjson".to_owned(), 1), ("run.ndjson.zst".to_owned(), 3)]);
    }
}
