//! Upwards: what starts, registers, schedules or routes a definition, and what starts that.

use std::collections::{BTreeSet, HashSet};

use memchr::memmem;
use ruff_python_ast::{Expr, Stmt};

use super::bind::Binding;
use super::closure::{Extent, Follower, Named, is_definition, mentions};
use super::code::{Meaning, PythonCode, Toplevel};
use super::reads::dotted;
use crate::audit::paths::is_test;

/// So many steps upwards are taken; nobody is started by more.
const MOST_STEPS: usize = 2_000;

/// Where a definition may be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upwards {
    /// Anywhere: code that calls a sender starts it.
    Anywhere,
    /// At the top level of modules only: lists of routes.
    Toplevel,
}

/// Adds all that leads to these definitions, step by step.
pub(super) fn add_starters(follower: &mut Follower<'_, '_, '_>, roots: &[Toplevel], upwards: Upwards) {
    let code = follower.code;
    let mut waiting: Vec<Named> = roots.iter().map(|root| Named::Definition(*root)).collect();
    let mut seen: HashSet<Named> = waiting.iter().copied().collect();
    let mut steps = 0;
    while let Some(named) = waiting.pop() {
        steps += 1;
        if steps > MOST_STEPS {
            follower.found.overflows = true;
            return;
        }
        let starters = who_names(code, named, upwards);
        if starters.is_empty()
            && let Named::Definition(unit) = named
            && seen.insert(Named::Module(unit.file))
        {
            waiting.push(Named::Module(unit.file));
        }
        for unit in starters {
            let is_whole = follower.found.statements.get(&unit) == Some(&Extent::Whole);
            if !is_whole {
                follower.add_entries(unit, named);
            }
            if seen.insert(Named::Definition(unit)) {
                waiting.push(Named::Definition(unit));
            }
        }
    }
}

/// The statements, tests aside, that name it.
fn who_names(code: &PythonCode<'_, '_>, named: Named, upwards: Upwards) -> Vec<Toplevel> {
    let mut names: BTreeSet<String> = match named {
        Named::Definition(unit) => names_of(code, unit),
        Named::Module(file) => module_names(code.sources().files[file].path),
    };
    if names.is_empty() {
        return Vec::new();
    }
    add_aliases(code, &mut names);
    let finders: Vec<_> = names.iter().map(|name| memmem::Finder::new(name.as_bytes())).collect();
    let is_named = |meaning: &Meaning<'_>| match named {
        Named::Definition(unit) => meaning.definitions.contains(&unit),
        Named::Module(file) => meaning.modules.contains(&file),
    };
    let mut found = Vec::new();
    for (file, source) in code.sources().files.iter().enumerate() {
        if is_test(source.path) || !finders.iter().any(|it| it.find(source.text.as_bytes()).is_some()) {
            continue;
        }
        for at in 0..source.syntax().body.len() {
            let unit = Toplevel { file, at };
            let is_itself = named == Named::Definition(unit) || named == Named::Module(file);
            let is_wanted = upwards == Upwards::Anywhere || !is_definition(code.statement(unit));
            if is_itself || !is_wanted {
                continue;
            }
            if !mentions(code, unit, is_named).is_empty() || installs(code, unit, named) {
                found.push(unit);
            }
        }
    }
    found
}

/// By what a statement is named: what it binds, and what it adds to.
fn names_of(code: &PythonCode<'_, '_>, unit: Toplevel) -> BTreeSet<String> {
    let statement = code.statement(unit);
    let mut names: BTreeSet<String> = code.bound_by(unit).into_iter().map(str::to_owned).collect();
    let mut receivers = Vec::new();
    receivers_in(std::slice::from_ref(statement), &mut receivers);
    names.extend(receivers.into_iter().map(str::to_owned));
    names
}

/// `router` of `router.register(…)`, at the top level.
fn receivers_in<'a>(body: &'a [Stmt], found: &mut Vec<&'a str>) {
    for statement in body {
        match statement {
            Stmt::Expr(it) => {
                if let Expr::Call(call) = &*it.value
                    && let Some((root, _)) = dotted(&call.func)
                {
                    found.push(root);
                }
            }
            Stmt::For(it) => receivers_in(&it.body, found),
            Stmt::If(it) => receivers_in(&it.body, found),
            Stmt::With(it) => receivers_in(&it.body, found),
            Stmt::Try(it) => receivers_in(&it.body, found),
            _ => {}
        }
    }
}

/// The last part of a module's name: `urls` of `ActAndPos/urls.py`.
fn module_names(path: &str) -> BTreeSet<String> {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    let mut parts = stem.rsplit('/');
    let name = parts.next().unwrap_or(stem);
    let mut names = BTreeSet::from([name.to_owned()]);
    if name == "apps" {
        names.extend(parts.next().map(str::to_owned));
    }
    names
}

/// Other names that imports give: `from .send import push as send_out`.
fn add_aliases(code: &PythonCode<'_, '_>, names: &mut BTreeSet<String>) {
    loop {
        let before = names.len();
        for file in &code.files {
            for (local, bindings) in &file.names {
                let renames = |binding: &Binding<'_>| match binding {
                    Binding::Member { name, .. } => names.contains(*name),
                    Binding::Module { dotted, renamed: true } => {
                        dotted.rsplit('.').next().is_some_and(|last| names.contains(last))
                    }
                    _ => false,
                };
                if !names.contains(*local) && bindings.iter().any(|(_, binding)| renames(binding)) {
                    names.insert((*local).to_owned());
                }
            }
        }
        if names.len() == before || names.len() > 100 {
            return;
        }
    }
}

/// Django starts the `apps` module of whatever `INSTALLED_APPS` names.
fn installs(code: &PythonCode<'_, '_>, unit: Toplevel, named: Named) -> bool {
    let Named::Module(file) = named else { return false };
    let path = code.sources().files[file].path;
    let Some(package) = path.strip_suffix("/apps.py") else { return false };
    if !code.bound_by(unit).contains(&"INSTALLED_APPS") {
        return false;
    }
    let dotted = package.replace('/', ".");
    let texts = &code.reads(unit).texts;
    texts.iter().any(|(_, text)| dotted == **text || dotted.ends_with(&format!(".{text}")))
}
