//! What `enable` and `rollback` share: which env files to edit, the edit, the answer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::bounded::{self, MAX_ENV_FILE};
use crate::environment::Environment;
use crate::error::Error;
use crate::flags::dialect::EnvDialect;
use crate::flags::env_file::EnvFile;
use crate::flags::write::{Edit, Keep, plan};
use crate::model::facts::flags::{FlagFacts, StatementKind};
use crate::model::feature::Feature;
use crate::report::control::{ControlReport, EditReport};
use crate::settings::FlagFiles;

/// The planned edits, and what has to be done by hand.
#[derive(Debug, Default)]
pub struct Flip {
    pub edits: Vec<Edit>,
    pub warnings: Vec<String>,
    /// The env files that name the flag, changed or not.
    looked_at: Vec<PathBuf>,
    /// Files that could not be read or written.
    pub failures: Vec<Failure>,
}

/// A file that could not be edited, and why.
#[derive(Debug)]
pub struct Failure {
    pub what: String,
    pub source: std::io::Error,
}

impl From<Failure> for Error {
    fn from(Failure { what, source }: Failure) -> Self {
        Self::failed(anyhow::Error::new(source).context(what))
            .hint("see who may write it, or edit it by hand")
    }
}

impl Flip {
    /// Plans to set both flags of a feature, in every env file that names them; where none does, in the first.
    pub fn plan(feature: &Feature, on: bool, files: &FlagFiles) -> Self {
        let mut flip = Self::default();
        let value = if on { "true" } else { "false" };
        // A file may be meant for both sides: it is edited once.
        let mut by_file: BTreeMap<PathBuf, Vec<(&str, &str)>> = BTreeMap::new();
        let frontend = feature.frontend_flag.as_deref().map(|flag| (flag, &files.frontend_env_files));
        for (flag, files) in [(feature.flag.as_str(), &files.env_files)].into_iter().chain(frontend) {
            let targets = targets(flag, files);
            if targets.is_empty() {
                flip.warnings.push(format!("{flag}: no env file and no folder for one; set it by hand"));
            }
            for path in targets {
                by_file.entry(path.clone()).or_default().push((flag, value));
            }
        }
        for (path, values) in by_file {
            let dialect = match files.env_files.contains(&path) {
                true => EnvDialect::of(files.env_reader),
                false => EnvDialect::Vite,
            };
            match plan(&path, &values, dialect) {
                Ok(planned) => flip.edits.extend(planned),
                Err(source) => {
                    flip.failures.push(Failure { what: format!("editing {}", path.display()), source });
                }
            }
            flip.looked_at.push(path);
        }
        flip
    }

    /// Says which other declarations stand against the new value: they are nobody's to edit but a person's.
    pub fn look_around(&mut self, feature: &Feature, on: bool, flags: &FlagFacts) {
        let names = [Some(feature.flag.as_str()), feature.frontend_flag.as_deref()];
        for said in flags.statements.iter().filter(|it| names.contains(&Some(it.name.as_str()))) {
            let edited = self.looked_at.iter().any(|path| {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                said.source.split(':').next().is_some_and(|file| Path::new(file).ends_with(name))
            });
            if said.kind != StatementKind::Observed && said.raw.is_some() && said.on != on && !edited {
                let now = if said.on { "on" } else { "off" };
                self.warnings
                    .push(format!("{} says {} is {now}: change it there too", said.source, said.name));
            }
        }
    }

    /// Writes every edit, whatever becomes of the others; the backups in the order of the edits.
    pub fn apply(&mut self, keep: &Keep) -> Vec<Option<PathBuf>> {
        let mut backups = Vec::with_capacity(self.edits.len());
        for edit in &self.edits {
            backups.push(edit.apply(keep).unwrap_or_else(|source| {
                let what = format!("writing {}", edit.target.display());
                self.failures.push(Failure { what, source });
                None
            }));
        }
        backups
    }

    /// The answer so far, without what only one of the two commands knows.
    pub fn report(
        &self,
        command: &str,
        feature: &Feature,
        on: bool,
        environment: &Environment,
    ) -> ControlReport {
        let shown =
            |path: &Path| path.strip_prefix(&environment.folder).unwrap_or(path).display().to_string();
        let edits = self.edits.iter().map(|edit| EditReport {
            file: shown(&edit.path),
            target: (edit.target != edit.path).then(|| shown(&edit.target)),
            diff: edit.diff(),
            backup: None,
        });
        ControlReport {
            schema: format!("thor-cutover/{command}/1"),
            exit_code: 0,
            feature: feature.name.clone(),
            on,
            done: false,
            dry_run: false,
            refused: None,
            forced: None,
            edits: edits.collect(),
            lacking: Vec::new(),
            reminders: reminders(feature, &self.edits),
            warnings: self.warnings.clone(),
        }
    }
}

/// Every env file that names the flag; where none does, the first one that is there or could be.
fn targets<'f>(flag: &str, files: &'f [PathBuf]) -> Vec<&'f PathBuf> {
    let names_it = |path: &&PathBuf| {
        bounded::read(path, MAX_ENV_FILE)
            .is_ok_and(|bytes| EnvFile::parse(&String::from_utf8_lossy(&bytes)).find(flag).is_some())
    };
    let naming: Vec<&PathBuf> = files.iter().filter(names_it).collect();
    if !naming.is_empty() {
        return naming;
    }
    let is_there = |path: &&PathBuf| path.symlink_metadata().is_ok();
    let could_be = |path: &&PathBuf| path.parent().is_some_and(Path::is_dir);
    files.iter().find(is_there).or_else(|| files.iter().find(could_be)).into_iter().collect()
}

fn reminders(feature: &Feature, edits: &[Edit]) -> Vec<String> {
    if edits.is_empty() {
        return Vec::new();
    }
    let mut reminders = vec![format!("restart the backend: it reads {} once, at import", feature.flag)];
    if let Some(flag) = &feature.frontend_flag {
        reminders.push(format!("rebuild the frontend: Vite bakes {flag} in at build time"));
    }
    reminders
}
