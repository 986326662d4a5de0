//! What is refused before anything is observed, asked or started: a format that the command does not have, and files
//! that could not be written when the answer is there.

use std::path::Path;

use crate::cli::{Cli, Command, ShadowDiffArgs, offered};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::report::unsupported;

/// Refuses what could not be answered or kept after all the work.
///
/// # Errors
/// Usage: the command has no such format; `--output` or `--record` cannot be written.
pub fn refuse(cli: &Cli, environment: &Environment) -> Result<()> {
    let command = cli.command.name();
    if !offered(command).contains(&cli.global.format) {
        return Err(unsupported(command, cli.global.format));
    }
    if let Some(path) = &cli.global.output {
        refuse_unwritable("--output", path, environment)?;
    }
    if let Command::ShadowDiff(ShadowDiffArgs { record: Some(path), .. }) = &cli.command {
        refuse_url(path)?;
        refuse_unwritable("--record", path, environment)?;
    }
    Ok(())
}

/// A recording is written to a file, which a kill leaves behind, and brought to a store from there.
fn refuse_url(record: &Path) -> Result<()> {
    match record.to_str().and_then(|text| text.split_once("://")) {
        None => Ok(()),
        Some((scheme, _)) => Err(Error::usage(format!("--record names a file, not {scheme}://")).hint(
            "name a file, and where it is brought by [recording] store or THOR_CUTOVER_RECORDING_STORE",
        )),
    }
}

/// What is there is left as it is, and nothing new is left behind.
fn refuse_unwritable(option: &str, path: &Path, environment: &Environment) -> Result<()> {
    let refused = |why: String| Error::usage(format!("{option} {}: {why}", path.display()));
    let whole = environment.folder.join(path);
    let folder = whole.parent().unwrap_or(&environment.folder);
    if whole.is_dir() {
        return Err(refused("it is a folder".to_owned()).hint("name a file in it"));
    }
    if !folder.is_dir() {
        return Err(refused(format!("there is no folder {}", folder.display()))
            .hint(format!("mkdir -p {}", shell_word(&folder.to_string_lossy()))));
    }
    let tried = if whole.exists() {
        fs_err::OpenOptions::new().append(true).open(&whole).map(drop)
    } else {
        tempfile::tempfile_in(folder).map(drop)
    };
    tried.map_err(|error| refused(error.to_string()).hint("name a file that can be written"))
}

/// A word that a shell takes as it stands.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
