//! The tree as top-level statements: which of them a name means, through imports, and which define a method.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged as _, TextRange};

use super::bind::{Binding, Bindings};
use super::imports::{ImportTarget, PythonNames};
use super::reads::{ReadName, Reads};
use crate::audit::parallel;
use crate::audit::paths::is_test;
use crate::audit::python::{PythonFile, PythonSources};
use crate::audit::tree::SourceTree;

/// One top-level statement: index of the file, index in its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Toplevel {
    pub file: usize,
    pub at: usize,
}

/// What a name led to, with every step on the way.
#[derive(Debug, Default)]
pub(super) struct Meaning<'a> {
    pub definitions: Vec<Toplevel>,
    /// Imports that were followed: the statement and the name it binds.
    pub imports: Vec<(Toplevel, &'a str)>,
    /// Modules of the tree that the whole name means.
    pub modules: Vec<usize>,
    /// Modules of the tree that have no such name.
    pub lacking: Vec<usize>,
    /// Dotted names from outside of the tree.
    pub external: Vec<String>,
    /// Something binds it, though it may lead nowhere.
    pub is_bound: bool,
}

/// How the top level of one file binds its names.
#[derive(Debug, Default)]
pub(super) struct FileNames<'a> {
    pub names: HashMap<&'a str, Vec<(usize, Binding<'a>)>>,
    stars: Vec<(usize, u32, &'a str)>,
    /// Statements that do something to what a name means: `NAME["x"] = 1`, `NAME.append(1)`.
    pub touched: HashMap<&'a str, Vec<usize>>,
}

/// A Python tree, ready to be asked.
pub(super) struct PythonCode<'s, 't> {
    pub names: &'s PythonNames<'s, 't>,
    pub files: Vec<FileNames<'s>>,
    reads: Vec<Vec<OnceLock<Reads<'s>>>>,
    /// Classes that define a method of this name, tests aside.
    pub methods: HashMap<&'s str, Vec<Toplevel>>,
    /// Files in which settings are bound.
    pub settings: Vec<usize>,
}

/// Imports are followed this far: they may go in a circle.
const FOLLOWED: usize = 200;

impl<'s, 't> PythonCode<'s, 't> {
    pub fn new(names: &'s PythonNames<'s, 't>, tree: &SourceTree) -> Self {
        let sources = names.sources;
        let files = parallel::each(sources.files.len(), |at| FileNames::of(&sources.files[at]));
        let reads = sources
            .files
            .iter()
            .map(|file| file.syntax().body.iter().map(|_| OnceLock::new()).collect())
            .collect();
        let mut methods: HashMap<&str, Vec<Toplevel>> = HashMap::new();
        for (file, source) in sources.files.iter().enumerate().filter(|(_, file)| !is_test(file.path)) {
            for (at, statement) in source.syntax().body.iter().enumerate() {
                let Stmt::ClassDef(class) = statement else { continue };
                for method in class.body.iter().filter_map(Stmt::as_function_def_stmt) {
                    let known = methods.entry(&method.name.id).or_default();
                    if known.last() != Some(&Toplevel { file, at }) {
                        known.push(Toplevel { file, at });
                    }
                }
            }
        }
        let settings = settings_files(names, tree);
        Self { names, files, reads, methods, settings }
    }

    pub fn sources(&self) -> &'s PythonSources<'t> {
        self.names.sources
    }

    pub fn file(&self, unit: Toplevel) -> &'s PythonFile<'t> {
        &self.sources().files[unit.file]
    }

    pub fn statement(&self, unit: Toplevel) -> &'s Stmt {
        &self.file(unit).syntax().body[unit.at]
    }

    pub fn reads(&self, unit: Toplevel) -> &Reads<'s> {
        self.reads[unit.file][unit.at].get_or_init(|| Reads::of(self.statement(unit)))
    }

    /// The top-level statement at a line.
    pub fn at_line(&self, path: &str, line: usize) -> Option<Toplevel> {
        let file = self.sources().at_path(path)?;
        let source = &self.sources().files[file];
        let holds = |statement: &Stmt| {
            let lines = source.line(statement.start()) as usize..=source.line(statement.end()) as usize;
            lines.contains(&line)
        };
        let at = source.syntax().body.iter().position(holds)?;
        Some(Toplevel { file, at })
    }

    /// The names that a statement binds at the top level, and where.
    pub fn bound_by(&self, unit: Toplevel) -> Vec<&'s str> {
        let names = self.files[unit.file].names.iter();
        let mut bound: Vec<&str> = names
            .filter(|(_, bindings)| bindings.iter().any(|(at, _)| *at == unit.at))
            .map(|(name, _)| *name)
            .collect();
        bound.sort_unstable();
        bound
    }

    /// What a name means that is read in `file`.
    pub fn meaning(&self, file: usize, read: &ReadName<'s>) -> Meaning<'s> {
        let mut meaning = Meaning::default();
        let mut asked = HashSet::new();
        match read.imported {
            Some(import) => {
                self.import(file, None, read.parts[0], import, &read.parts[1..], &mut asked, &mut meaning)
            }
            None => self.look_up(file, &read.parts, &mut asked, &mut meaning),
        }
        meaning
    }

    /// What a dotted text means: `scheduling.tasks.capture`, `config.urls`.
    pub fn text_meaning(&self, file: usize, text: &'s str) -> Meaning<'s> {
        let mut meaning = Meaning::default();
        let from = self.sources().files[file].path;
        let modules = &self.names.modules;
        if let Some(module) = modules.resolve(from, text) {
            meaning.modules.push(module);
        } else if let Some((module, name)) = text.rsplit_once(['.', ':'])
            && let Some(module) = modules.resolve(from, module)
        {
            self.look_up(module, &[name], &mut HashSet::new(), &mut meaning);
        }
        meaning
    }

    pub fn look_up(
        &self,
        file: usize,
        parts: &[&'s str],
        asked: &mut HashSet<(usize, &'s str)>,
        meaning: &mut Meaning<'s>,
    ) {
        let Some((&name, rest)) = parts.split_first() else {
            meaning.modules.push(file);
            return;
        };
        if asked.len() > FOLLOWED || !asked.insert((file, name)) {
            return;
        }
        let names = &self.files[file];
        if let Some(bindings) = names.names.get(name) {
            meaning.is_bound = true;
            for &(at, binding) in bindings {
                let unit = Toplevel { file, at };
                match binding {
                    Binding::Here => meaning.definitions.push(unit),
                    import => self.import(file, Some(unit), name, import, rest, asked, meaning),
                }
            }
            return;
        }
        let path = self.sources().files[file].path;
        if let Some(module) = self.names.modules.submodule(path, name) {
            meaning.is_bound = true;
            return self.look_up(module, rest, asked, meaning);
        }
        for &(at, level, module) in &names.stars {
            let before = meaning.definitions.len() + meaning.external.len() + meaning.modules.len();
            match self.names.module(file, level, module) {
                ImportTarget::Module(target) => self.look_up(target, parts, asked, meaning),
                ImportTarget::External(dotted) => meaning.external.push(format!("{dotted}.*")),
                _ => {}
            }
            if meaning.definitions.len() + meaning.external.len() + meaning.modules.len() > before {
                meaning.is_bound = true;
                meaning.imports.push((Toplevel { file, at }, "*"));
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step of `look_up`, which holds all of them")]
    fn import(
        &self,
        file: usize,
        unit: Option<Toplevel>,
        bound: &'s str,
        import: Binding<'s>,
        rest: &[&'s str],
        asked: &mut HashSet<(usize, &'s str)>,
        meaning: &mut Meaning<'s>,
    ) {
        meaning.is_bound = true;
        meaning.imports.extend(unit.map(|unit| (unit, bound)));
        let (target, name) = match import {
            Binding::Module { dotted, renamed } => {
                let wanted = if renamed { dotted } else { bound };
                (self.names.module(file, 0, wanted), None)
            }
            Binding::Member { level, module, name } => (self.names.module(file, level, module), Some(name)),
            _ => return,
        };
        let parts: Vec<&str> = name.into_iter().chain(rest.iter().copied()).collect();
        self.follow(target, &parts, asked, meaning);
    }

    fn follow(
        &self,
        target: ImportTarget,
        parts: &[&'s str],
        asked: &mut HashSet<(usize, &'s str)>,
        meaning: &mut Meaning<'s>,
    ) {
        match target {
            ImportTarget::Module(module) => {
                let mut inner = Meaning::default();
                self.look_up(module, parts, asked, &mut inner);
                if !inner.is_bound && !parts.is_empty() {
                    meaning.lacking.push(module);
                }
                meaning.definitions.append(&mut inner.definitions);
                meaning.imports.append(&mut inner.imports);
                meaning.modules.append(&mut inner.modules);
                meaning.lacking.append(&mut inner.lacking);
                meaning.external.append(&mut inner.external);
            }
            ImportTarget::Namespace(from, dotted) => {
                if let Some((next, rest)) = parts.split_first() {
                    let inner = self.names.module(from, 0, &format!("{dotted}.{next}"));
                    // A name that a directory without a file does not have leads out, or nowhere.
                    if !matches!(inner, ImportTarget::Namespace(..)) || !rest.is_empty() {
                        self.follow(inner, rest, asked, meaning);
                    }
                }
            }
            ImportTarget::External(dotted) => {
                let all: Vec<&str> = std::iter::once(dotted.as_str()).chain(parts.iter().copied()).collect();
                meaning.external.push(all.join("."));
            }
            _ => {}
        }
    }
}

impl<'a> FileNames<'a> {
    fn of(file: &'a PythonFile<'_>) -> Self {
        let mut names = Self::default();
        for (at, statement) in file.syntax().body.iter().enumerate() {
            let bindings = Bindings::of(std::slice::from_ref(statement));
            for (name, bound) in bindings.names {
                names.names.entry(name).or_default().extend(bound.into_iter().map(|it| (at, it)));
            }
            names.stars.extend(bindings.stars.into_iter().map(|(level, module)| (at, level, module)));
            for name in touched(statement) {
                names.touched.entry(name).or_default().push(at);
            }
        }
        names
    }

    /// The statement rebinds a name that others bind too.
    pub fn ways(&self, name: &str) -> usize {
        self.names.get(name).map_or(0, Vec::len)
    }
}

/// The names whose meaning a statement changes without binding them.
fn touched(statement: &Stmt) -> Vec<&str> {
    let root = |mut expression: &'_ Expr| -> Option<TextRange> {
        loop {
            expression = match expression {
                Expr::Attribute(it) => &it.value,
                Expr::Subscript(it) => &it.value,
                Expr::Call(it) => &it.func,
                Expr::Name(it) => return Some(it.range),
                _ => return None,
            };
        }
    };
    let wanted: Option<Vec<TextRange>> = match statement {
        Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::Import(_) | Stmt::ImportFrom(_) => {
            return Vec::new();
        }
        Stmt::Assign(it) => {
            Some(it.targets.iter().filter(|it| !it.is_name_expr()).filter_map(root).collect())
        }
        Stmt::AnnAssign(_) | Stmt::AugAssign(_) | Stmt::TypeAlias(_) => Some(Vec::new()),
        _ => None,
    };
    let mut reader = NameCollector::default();
    ruff_python_ast::visitor::Visitor::visit_stmt(&mut reader, statement);
    let holds = |range: &TextRange| wanted.as_ref().is_none_or(|wanted| wanted.contains(range));
    reader.names.into_iter().filter(|(range, _)| holds(range)).map(|(_, name)| name).collect()
}

#[derive(Default)]
struct NameCollector<'a> {
    names: Vec<(TextRange, &'a str)>,
}

impl<'a> ruff_python_ast::visitor::Visitor<'a> for NameCollector<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Name(name) = expression {
            self.names.push((name.range, &name.id));
        }
        ruff_python_ast::visitor::walk_expr(self, expression);
    }
}

/// Modules called `settings`, those in a package of that name, and what `DJANGO_SETTINGS_MODULE` names anywhere.
fn settings_files(names: &PythonNames<'_, '_>, tree: &SourceTree) -> Vec<usize> {
    let by_name = |path: &str| {
        path.split('/')
            .any(|part| part == "settings" || part == "settings.py" || part.ends_with("_settings.py"))
    };
    let mut found: Vec<usize> = Vec::new();
    for (at, file) in names.sources.files.iter().enumerate() {
        if by_name(file.path) && !is_test(file.path) {
            found.push(at);
        }
    }
    for file in tree.files.iter().filter(|file| file.text.contains("DJANGO_SETTINGS_MODULE")) {
        for part in file.text.split(['"', '\'', '=', ' ', '\n']) {
            let part = part.trim();
            if part.contains('.') && part.split('.').all(|word| !word.is_empty()) {
                found.extend(names.modules.resolve(&file.path, part));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
