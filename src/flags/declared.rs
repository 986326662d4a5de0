//! What is declared: the process environment, Compose files, env files. Reads files, asks nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::bounded::{self, MAX_ENV_FILE};
use crate::environment::Environment;
use crate::error::nearest;
use crate::flags::compose::{self, EnvFileEntry, Service};
use crate::flags::dialect::EnvDialect;
use crate::flags::env_file::{Assignment, EnvFile};
use crate::flags::rule::FlagReader;
use crate::flags::{names, statement};
use crate::model::facts::flags::{FlagFacts, FlagSide, FlagSource, FlagStatement, StatementKind};
use crate::model::feature::Feature;
use crate::settings::FlagFiles;

/// Beginnings of names that are meant for the cutover: others in the files are nobody's business.
const FAMILIES: [&str; 2] = ["WS_FEATURE_", "VITE_WS_FEATURE_"];

/// Everything declared about the features' flags, strongest first: environment, Compose, env files.
pub fn declared(features: &[Feature], files: &FlagFiles, environment: &Environment) -> FlagFacts {
    let known = names(features);
    let mut gathering = Gathering {
        known: &known,
        environment,
        backend: EnvDialect::of(files.env_reader),
        vite: vite_values(&files.frontend_env_files),
        facts: FlagFacts::default(),
        loaded: BTreeSet::new(),
    };
    gathering.process_environment();
    gathering.compose_files(&files.compose_files);
    let both = |path: &PathBuf| files.env_files.contains(path) && files.frontend_env_files.contains(path);
    for path in files.env_files.iter().rev() {
        gathering.env_file(path, if both(path) { None } else { Some(FlagSide::Backend) });
    }
    for path in files.frontend_env_files.iter().rev().filter(|path| !both(path)) {
        gathering.env_file(path, Some(FlagSide::Frontend));
    }
    gathering.other_modes(&files.frontend_env_files);
    gathering.facts
}

/// What the frontend's env files hold together, variables as they are written: Vite merges before it expands.
fn vite_values(paths: &[PathBuf]) -> BTreeMap<String, String> {
    let texts = paths.iter().filter_map(|path| bounded::read(path, MAX_ENV_FILE).ok());
    let mut values = BTreeMap::new();
    for text in texts {
        let file = EnvFile::parse_as(&String::from_utf8_lossy(&text), EnvDialect::Vite);
        values.extend(file.entries().map(|entry| (entry.name.clone(), entry.value())));
    }
    values
}

/// Endings of files that nobody loads.
const TEMPLATES: [&str; 8] = ["example", "sample", "template", "dist", "bak", "orig", "swp", "tmp"];

/// The mode of a file of Vite's: `development` of `.env.development` and of `.env.development.local`.
fn mode_of(name: &str) -> Option<&str> {
    let mode = name.strip_prefix(".env.")?;
    let mode = mode.strip_suffix(".local").unwrap_or(mode);
    let plain = mode != "local" && !mode.is_empty() && !mode.contains(['.', '~']);
    (plain && !TEMPLATES.contains(&mode)).then_some(mode)
}

struct Gathering<'a> {
    known: &'a [&'a str],
    environment: &'a Environment,
    /// Who reads the backend's env files.
    backend: EnvDialect,
    vite: BTreeMap<String, String>,
    facts: FlagFacts,
    /// Env files that a Compose service loads.
    loaded: BTreeSet<PathBuf>,
}

struct ComposeFile {
    shown: String,
    folder: PathBuf,
    services: Vec<Service>,
    variables: BTreeMap<String, String>,
}

impl Gathering<'_> {
    fn process_environment(&mut self) {
        let source = "process environment";
        self.facts.sources.push(FlagSource { name: source.to_owned(), found: true });
        for name in self.known {
            if let Some(raw) = self.environment.variables.get(*name) {
                self.facts.statements.push(statement(source, StatementKind::Declared, name, Some(raw)));
            }
        }
        let set: Vec<_> = self.environment.variables.keys().cloned().collect();
        for name in set {
            self.misspelt(source, &name);
        }
    }

    /// Of Compose files the later overrides; in all of them `environment:` beats what `env_file:` brings.
    fn compose_files(&mut self, paths: &[PathBuf]) {
        let files: Vec<ComposeFile> = paths.iter().rev().filter_map(|path| self.compose_file(path)).collect();
        for file in &files {
            for service in &file.services {
                self.service_environment(file, service);
            }
        }
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let services = files.iter().flat_map(|file| &file.services).map(|service| service.name.as_str());
        for service in services.filter(|name| seen.insert(name)) {
            self.service_env_files(&files, service);
        }
    }

    fn compose_file(&mut self, path: &Path) -> Option<ComposeFile> {
        let text = self.read(path)?;
        let shown = self.shown(path);
        let services = match compose::services(&text) {
            Ok(services) => services,
            Err(error) => {
                self.facts.warnings.push(format!("{shown} is not readable as YAML: {error}"));
                return None;
            }
        };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        // what Compose replaces ${NAME} with: the .env beside it, under the shell's own variables
        let mut variables: BTreeMap<String, String> = BTreeMap::new();
        if let Ok(text) = bounded::read_text(&folder.join(".env"), MAX_ENV_FILE) {
            variables
                .extend(EnvFile::parse(&text).entries().map(|entry| (entry.name.clone(), entry.value())));
        }
        variables.extend(self.environment.variables.clone());
        Some(ComposeFile { shown, folder, services, variables })
    }

    /// The lists of all files count together, the first file's first; one that is listed again keeps its place.
    /// Of the files so listed, the last counts. `files`: the strongest first.
    fn service_env_files(&mut self, files: &[ComposeFile], service: &str) {
        let mut listed: Vec<(PathBuf, &ComposeFile, &EnvFileEntry)> = Vec::new();
        for file in files.iter().rev() {
            let own = file.services.iter().filter(|it| it.name == service).flat_map(|it| &it.env_files);
            for entry in own {
                let path = file.folder.join(compose::interpolated(&entry.path, &file.variables));
                if !listed.iter().any(|(known, ..)| *known == path) {
                    listed.push((path, file, entry));
                }
            }
        }
        for (path, file, entry) in listed.into_iter().rev() {
            if !path.is_file() {
                if entry.required {
                    let missing = self.shown(&path);
                    self.facts.warnings.push(format!(
                        "{}:{}: env_file {missing} of service {service} is not there",
                        file.shown, entry.line
                    ));
                }
                continue;
            }
            self.loaded.insert(path.clone());
            let of = format!(" (env_file of {service})");
            if let Some(text) = self.read(&path) {
                self.entries(&self.shown(&path), &of, &text, None, EnvDialect::Compose);
            }
        }
    }

    fn service_environment(&mut self, file: &ComposeFile, service: &Service) {
        for variable in &service.environment {
            let source = format!("{}:{} ({})", file.shown, variable.line, service.name);
            self.misspelt(&source, &variable.name);
            if !self.known.contains(&variable.name.as_str()) {
                continue;
            }
            let value = match &variable.value {
                Some(value) => Some(compose::interpolated(value, &file.variables)),
                None => file.variables.get(&variable.name).cloned(),
            };
            if let Some(value) = value {
                let said = statement(&source, StatementKind::Declared, &variable.name, Some(&value));
                self.facts.statements.push(said);
            }
        }
    }

    /// An env file of one side, or of both.
    fn env_file(&mut self, path: &Path, side: Option<FlagSide>) {
        if self.loaded.contains(path) {
            return;
        }
        let Some(text) = self.read(path) else { return };
        let shown = self.shown(path);
        let before = self.facts.statements.len();
        let dialect = if side == Some(FlagSide::Frontend) { EnvDialect::Vite } else { self.backend };
        self.entries(&shown, "", &text, side, dialect);
        if self.facts.statements[before..].iter().any(|it| it.side == FlagSide::Backend && it.on) {
            self.facts.warnings.push(format!(
                "{shown} switches backend flags on, but Python reads the process environment: they hold only where \
                 that file is loaded into it (a container's env_file, or exported by the shell)"
            ));
        }
    }

    fn entries(&mut self, shown: &str, of: &str, text: &str, side: Option<FlagSide>, dialect: EnvDialect) {
        let file = EnvFile::parse_as(text, dialect);
        if let (EnvDialect::Compose, Some(line)) = (dialect, file.refused()) {
            self.facts.warnings.push(format!(
                "{shown}:{line}{of}: no assignment, or an open quote: Compose refuses the whole file"
            ));
        }
        for name in self.known {
            let all: Vec<&Assignment> = file.entries().filter(|entry| entry.name == *name).collect();
            let Some(entry) = all.last() else { continue };
            let source = format!("{shown}:{}{of}", entry.line);
            let reads = FlagReader::of(name).side();
            if side.is_some_and(|side| side != reads) {
                let why = match reads {
                    FlagSide::Backend => "is the backend's, which does not read the frontend's env files",
                    FlagSide::Frontend => "is the frontend's: Vite reads its own env files only",
                };
                self.facts.warnings.push(format!("{source}: {name} {why}"));
                continue;
            }
            let value = file.get_expanded(name, &self.around(dialect)).unwrap_or_default();
            let mut said = statement(&source, StatementKind::Declared, name, Some(&value));
            said.raw = Some(entry.raw.clone());
            let own_reader = of.is_empty() && reads == FlagSide::Backend;
            let doubt = said.warning.take();
            said.warning = doubt
                .or_else(|| quirk(&all, &said, of.is_empty()))
                .or_else(|| own_reader.then(|| self.otherwise(text, &said, dialect)).flatten());
            self.facts.statements.push(said);
        }
        let names: Vec<(String, usize)> =
            file.entries().map(|entry| (entry.name.clone(), entry.line)).collect();
        for (name, line) in names {
            self.misspelt(&format!("{shown}:{line}{of}"), &name);
        }
    }

    /// What a variable stands for outside of the file.
    fn around(&self, dialect: EnvDialect) -> impl Fn(&str) -> Option<String> + use<'_> {
        move |name| {
            let set = self.environment.variables.get(name);
            let beside = || self.vite.get(name).filter(|_| dialect == EnvDialect::Vite);
            set.or_else(beside).cloned()
        }
    }

    /// Where the other reader that a backend's env file may have would switch otherwise.
    fn otherwise(&self, text: &str, said: &FlagStatement, dialect: EnvDialect) -> Option<String> {
        let other = if dialect == EnvDialect::Compose { EnvDialect::Dotenv } else { EnvDialect::Compose };
        let value = EnvFile::parse_as(text, other).get_expanded(&said.name, &self.around(other));
        let on = value.is_some_and(|value| FlagReader::of(&said.name).is_on(&value));
        let state = |on: bool| if on { "on" } else { "off" };
        (on != said.on).then(|| {
            format!(
                "{} reads it as {}, {} as {}; [flags] env_reader says who reads the file",
                dialect.as_str(),
                state(said.on),
                other.as_str(),
                state(on)
            )
        })
    }

    /// Env files of modes that no listed file is for, such as the dev server's: found, and said where they speak of
    /// a flag; they are no part of the build.
    fn other_modes(&mut self, listed: &[PathBuf]) {
        let folders: BTreeSet<&Path> = listed.iter().filter_map(|path| path.parent()).collect();
        for folder in folders {
            let Ok(entries) = std::fs::read_dir(folder) else { continue };
            let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
            paths.retain(|path| !listed.contains(path));
            paths.sort();
            for path in paths {
                let Some(mode) = path.file_name().and_then(|name| name.to_str()).and_then(mode_of) else {
                    continue;
                };
                let Some(text) = self.read(&path) else { continue };
                let file = EnvFile::parse_as(&text, EnvDialect::Vite);
                for name in self.known.iter().filter(|name| FlagReader::of(name).side() == FlagSide::Frontend)
                {
                    let Some(value) = file.get_expanded(name, &self.around(EnvDialect::Vite)) else {
                        continue;
                    };
                    let state = if FlagReader::of(name).is_on(&value) { "on" } else { "off" };
                    let line = file.find(name).map_or(0, |entry| entry.line);
                    let shown = self.shown(&path);
                    self.facts.warnings.push(format!(
                        "{shown}:{line}: {name} is {state} in mode {mode} only; the files that were read are those of a \
                         production build"
                    ));
                }
            }
        }
    }

    /// Says so where a name looks like a flag of the cutover and is none.
    fn misspelt(&mut self, source: &str, name: &str) {
        let is_meant = FAMILIES.iter().any(|family| name.starts_with(family));
        if !is_meant || self.known.contains(&name) {
            return;
        }
        let near = match nearest(name, self.known.iter().copied()) {
            Some(near) => format!("; did you mean {near}?"),
            None => String::new(),
        };
        self.facts.warnings.push(format!("{source}: no feature has the flag {name}{near}"));
    }

    /// The file's text; notes that it was looked for, and says so where it is there but unreadable.
    fn read(&mut self, path: &Path) -> Option<String> {
        let shown = self.shown(path);
        let read = bounded::read(path, MAX_ENV_FILE);
        let found = !matches!(&read, Err(error) if is_absent(error));
        if !self.facts.sources.iter().any(|source| source.name == shown) {
            self.facts.sources.push(FlagSource { name: shown.clone(), found });
        }
        match read {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => {
                if found {
                    self.facts.warnings.push(format!("cannot read {shown}: {error}"));
                }
                None
            }
        }
    }

    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.environment.folder).unwrap_or(path).display().to_string()
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// What makes an env file's line mean different things to its different readers.
fn quirk(all: &[&Assignment], said: &FlagStatement, any_loader: bool) -> Option<String> {
    let entry = all.last()?;
    if all.len() > 1 {
        let lines: Vec<String> = all.iter().map(|entry| entry.line.to_string()).collect();
        return Some(format!("assigned {} times, in lines {}: the last counts", all.len(), lines.join(", ")));
    }
    if said.side == FlagSide::Frontend || !said.on {
        return None;
    }
    if entry.is_quoted() {
        return Some("`docker run --env-file` and old Compose keep the quotes: there it is off".to_owned());
    }
    if entry.has_comment() && any_loader {
        return Some(
            "`docker run --env-file` takes the comment for a part of the value: there it is off".to_owned(),
        );
    }
    if entry.is_spaced() && any_loader {
        return Some(
            "a shell refuses blanks around `=`, `docker run --env-file` keeps them: there it is off"
                .to_owned(),
        );
    }
    None
}
