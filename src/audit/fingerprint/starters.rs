//! Upwards: what starts, registers, schedules or routes a definition, and what starts that.

use std::collections::{BTreeSet, HashSet};

use memchr::memmem;
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::bind::Binding;
use super::closure::{Extent, Follower, Named, is_definition, mentions};
use super::code::{Meaning, PythonCode, Toplevel};
use super::imports::ImportTarget;
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
    let entering: HashSet<Toplevel> = roots
        .iter()
        .flat_map(|root| decorated_by(code, *root))
        .flat_map(|meaning| meaning.definitions)
        .collect();
    for registry in roots.iter().flat_map(|root| registries(code, *root)).collect::<BTreeSet<_>>() {
        let named = Named::Definition(registry);
        for unit in who_names(code, named, upwards)
            .into_iter()
            .filter(|it| !entering.contains(it) && runs(code, *it, registry))
        {
            follower.add_entries(unit, named);
            add_silent_imports(follower, unit.file);
            if seen.insert(Named::Definition(unit)) {
                waiting.push(Named::Definition(unit));
            }
        }
    }
    roots.iter().filter(|root| is_task(code, **root)).take(1).for_each(|_| add_apps(follower));
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

/// The decorators of a definition.
fn decorators(statement: &Stmt) -> Vec<TextRange> {
    let decorators = match statement {
        Stmt::FunctionDef(it) => &it.decorator_list,
        Stmt::ClassDef(it) => &it.decorator_list,
        _ => return Vec::new(),
    };
    decorators.iter().map(Ranged::range).collect()
}

/// What a definition's decorators mean.
fn decorated_by<'s>(code: &PythonCode<'s, '_>, unit: Toplevel) -> Vec<Meaning<'s>> {
    let ranges = decorators(code.statement(unit));
    let names = code.reads(unit).names.iter();
    let own = names.filter(|read| ranges.iter().any(|range| range.contains_range(read.range)));
    own.map(|read| code.meaning(unit.file, read)).collect()
}

/// The lists into which a definition's decorators enter it: `JOBS` of `def every(seconds)`.
fn registries(code: &PythonCode<'_, '_>, unit: Toplevel) -> Vec<Toplevel> {
    let is_list = |it: &Toplevel| match code.statement(*it) {
        Stmt::Assign(it) => holds(&it.value),
        Stmt::AnnAssign(it) => it.value.as_deref().is_some_and(holds),
        _ => false,
    };
    let by = decorated_by(code, unit).into_iter().flat_map(|meaning| meaning.definitions);
    let within = |by: Toplevel| {
        let names = code.reads(by).names.iter();
        names.flat_map(move |read| code.meaning(by.file, read).definitions).filter(is_list)
    };
    by.filter(|it| is_definition(code.statement(*it))).flat_map(within).collect()
}

/// A list, a table or a set.
fn holds(value: &Expr) -> bool {
    const MAKES: [&str; 6] = ["list", "dict", "set", "OrderedDict", "defaultdict", "deque"];
    match value {
        Expr::List(_) | Expr::Dict(_) | Expr::Set(_) => true,
        Expr::Call(call) => match &*call.func {
            Expr::Name(name) => MAKES.contains(&name.id.as_str()),
            Expr::Attribute(it) => MAKES.contains(&it.attr.id.as_str()),
            _ => false,
        },
        _ => false,
    }
}

/// A definition reads a registry other than to be entered into it.
fn runs(code: &PythonCode<'_, '_>, unit: Toplevel, registry: Toplevel) -> bool {
    let ranges = decorators(code.statement(unit));
    let names = mentions(code, unit, |meaning| meaning.definitions.contains(&registry));
    names.iter().any(|name| !ranges.iter().any(|range| range.contains_range(*name)))
}

/// A task of celery.
fn is_task(code: &PythonCode<'_, '_>, unit: Toplevel) -> bool {
    let is_of_celery = |meaning: &Meaning<'_>| {
        let makes_app = meaning.definitions.iter().any(|it| is_app(code, *it));
        makes_app || meaning.external.iter().any(|it| it.starts_with("celery."))
    };
    decorated_by(code, unit).iter().any(is_of_celery)
}

fn is_app(code: &PythonCode<'_, '_>, unit: Toplevel) -> bool {
    let is_made = |meaning: &Meaning<'_>| meaning.external.iter().any(|it| it == "celery.Celery");
    code.statement(unit).is_assign_stmt()
        && code.reads(unit).names.iter().any(|read| is_made(&code.meaning(unit.file, read)))
}

/// The apps of celery, and what is done with them.
fn add_apps(follower: &mut Follower<'_, '_, '_>) {
    let code = follower.code;
    for (file, source) in code.sources().files.iter().enumerate() {
        if !is_test(source.path) && source.text.contains("Celery(") {
            let units = (0..source.syntax().body.len()).map(|at| Toplevel { file, at });
            units.filter(|unit| is_app(code, *unit)).for_each(|unit| follower.add(unit));
        }
    }
}

/// The imports of a file that it makes for what the module does when it is loaded: nothing reads their names.
fn add_silent_imports(follower: &mut Follower<'_, '_, '_>, file: usize) {
    let code = follower.code;
    let body = &code.sources().files[file].syntax().body;
    let is_read = |name: &str| {
        let mut units = (0..body.len()).map(|at| Toplevel { file, at });
        units.any(|unit| code.reads(unit).names.iter().any(|read| read.parts[0] == name))
    };
    for (name, bindings) in &code.files[file].names {
        for (at, binding) in bindings {
            let module = match binding {
                Binding::Module { dotted, .. } => code.names.module(file, 0, dotted),
                Binding::Member { level, module, name } => {
                    let inner =
                        if module.is_empty() { (*name).to_owned() } else { format!("{module}.{name}") };
                    code.names.module(file, *level, &inner)
                }
                Binding::Here => continue,
            };
            if matches!(module, ImportTarget::Module(_)) && !is_read(name) {
                follower.found.imports.insert((Toplevel { file, at: *at }, name));
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
