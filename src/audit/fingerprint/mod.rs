//! The fingerprint of the code behind each feature: what evidence is bound to.
//!
//! The audit says where a feature is sent, received, served and routed. From there `closure` follows everything that
//! these definitions read, transitively inside the tree (functions, classes with their bases, constants, the imports
//! that bind a name, settings), and `starters` goes up to what registers, starts and routes them, without the
//! `entries` of others in the same list. Each definition is hashed by its tokens. What cannot be resolved counts as
//! a whole file; a feature whose sender was not found depends on every Python file. TypeScript is no part of it.

mod bind;
mod closure;
mod code;
mod digest;
mod entries;
mod imports;
mod reads;
mod roots;
mod starters;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use ruff_python_ast::Stmt;
use ruff_text_size::{Ranged as _, TextRange, TextSize};

use super::parallel;
use super::python::PythonSources;
use super::tree::SourceTree;
use crate::model::facts::audit::AuditReport;
use crate::model::facts::fingerprint::{CodeFingerprint, HashedDefinition};
use bind::Binding;
use imports::PythonNames;

use closure::{Dependencies, Follower, first_words, is_import, range_of};
use code::{PythonCode, Toplevel};
use roots::Roots;
use starters::{Upwards, add_starters};

/// The fingerprint of each feature that the report is about. Deterministic; never fails.
pub fn fingerprints(tree: &SourceTree, report: &AuditReport) -> BTreeMap<String, CodeFingerprint> {
    // The caller's thread may have less of a stack than walking syntax needs.
    parallel::both(|| of_tree(tree, &PythonSources::parse(tree), report), || ()).0
}

/// The same, of a tree that is parsed, on a thread with enough of a stack.
pub(super) fn of_tree(
    tree: &SourceTree,
    sources: &PythonSources<'_>,
    report: &AuditReport,
) -> BTreeMap<String, CodeFingerprint> {
    let names = PythonNames::new(sources, tree);
    let code = PythonCode::new(&names, tree);
    let feature = |at: usize| {
        let name = &report.features[at].feature;
        (name.clone(), of_feature(&code, tree, report, name))
    };
    parallel::each(report.features.len(), feature).into_iter().collect()
}

fn of_feature(
    code: &PythonCode<'_, '_>,
    tree: &SourceTree,
    report: &AuditReport,
    feature: &str,
) -> CodeFingerprint {
    let roots = Roots::of(code, report, feature);
    let mut definitions = unread(tree, report, feature);
    let all_others = roots.handlers_of_others(&HashSet::new());
    let mut push = Follower::new(code, &all_others, &roots.views);
    roots.senders.iter().for_each(|unit| push.add(*unit));
    add_starters(&mut push, &roots.senders, Upwards::Anywhere);
    roots.builders.iter().for_each(|unit| push.add(*unit));
    push.follow();
    // Handlers of what is not sent here are others'; which those are is known now, for every class reached.
    let reached: Vec<Toplevel> =
        all_others.keys().copied().filter(|it| push.found.statements.contains_key(it)).collect();
    let others = roots.handlers_of_others(push.texts());
    push.left_out = &others;
    roots.consumers.iter().for_each(|unit| push.add_again(*unit));
    add_starters(&mut push, &roots.consumers, Upwards::Anywhere);
    reached.into_iter().for_each(|unit| push.add_again(unit));
    push.follow();

    let nothing = BTreeMap::new();
    let mut answer = Follower::new(code, &nothing, &roots.nobody);
    roots.views.iter().for_each(|unit| answer.add(*unit));
    for (route, view) in &roots.routes {
        answer.add_entries(*route, *view);
    }
    let views: Vec<Toplevel> =
        roots.views.iter().copied().chain(roots.routes.iter().map(|(route, _)| *route)).collect();
    add_starters(&mut answer, &views, Upwards::Toplevel);
    answer.follow();

    let incomplete = roots.senders.is_empty() || roots.consumers.is_empty() || push.found.overflows;
    if incomplete || answer.found.overflows {
        definitions.push(whole_tree(code));
    }
    definitions.extend(hashed(&push, None));
    definitions.extend(hashed(&answer, Some(&push.found)));
    CodeFingerprint::of(definitions)
}

/// Files that could not be read, and name the feature.
fn unread(tree: &SourceTree, report: &AuditReport, feature: &str) -> Vec<HashedDefinition> {
    let python = |path: &str| path.ends_with(".py") || path.ends_with(".pyw");
    let named = report.searched.unparsed.iter().filter(|it| it.mentions.iter().any(|name| name == feature));
    let hash = |path: &str| {
        if let Some(file) = tree.files.iter().find(|file| file.path == path) {
            return digest::of_words([file.text.as_str()]);
        }
        let file = tree.unread.iter().find(|file| file.path == path && file.searchable);
        file.map_or(String::new(), |file| digest::of_words([String::from_utf8_lossy(&file.bytes).as_ref()]))
    };
    let whole = |path: &String| HashedDefinition {
        path: path.clone(),
        line: 1,
        name: WHOLE_FILE.to_owned(),
        hash: hash(path),
        rest_only: false,
    };
    named.filter(|it| python(&it.path)).map(|it| whole(&it.path)).collect()
}

const WHOLE_FILE: &str = "the whole file";

/// Every Python file as one: where the sender was not found, each may be it.
fn whole_tree(code: &PythonCode<'_, '_>) -> HashedDefinition {
    let files = &code.sources().files;
    let hashes = parallel::each(files.len(), |at| digest::of_file(&files[at]));
    let words = files.iter().zip(&hashes).flat_map(|(file, hash)| [file.path, hash.as_str()]);
    HashedDefinition {
        path: ".".to_owned(),
        line: 1,
        name: "every Python file".to_owned(),
        hash: digest::of_words(words),
        rest_only: false,
    }
}

/// The definitions of one side, those left out that the other side has as they are here.
fn hashed(follower: &Follower<'_, '_, '_>, other: Option<&Dependencies<'_>>) -> Vec<HashedDefinition> {
    let code = follower.code;
    let found = &follower.found;
    let rest_only = other.is_some();
    let mut definitions = Vec::new();
    let mut add = |file: usize, at: TextSize, name: String, hash: String| {
        let source = &code.sources().files[file];
        let (path, line) = (source.path.to_owned(), source.line(at));
        definitions.push(HashedDefinition { path, line, name, hash, rest_only });
    };
    for file in found.files.iter().filter(|file| other.is_none_or(|it| !it.files.contains(*file))) {
        let hash = digest::of_file(&code.sources().files[*file]);
        add(*file, TextSize::new(0), WHOLE_FILE.to_owned(), hash);
    }
    for (unit, extent) in &found.statements {
        if other.is_some_and(|it| it.statements.get(unit) == Some(extent)) {
            continue;
        }
        for (name, at, hash) in parts(code, *unit, &follower.dropped(*unit)) {
            add(unit.file, at, name, hash);
        }
    }
    for &(unit, name) in
        found.imports.iter().filter(|it| other.is_none_or(|other| !other.imports.contains(it)))
    {
        let hash = import_hash(code, unit, name);
        add(unit.file, range_of(code, unit).start(), format!("import of {name}"), hash);
    }
    let ambiguous: BTreeSet<_> = match other {
        Some(other) => found.ambiguous.difference(&other.ambiguous).copied().collect(),
        None => found.ambiguous.clone(),
    };
    for (file, name) in ambiguous {
        let (at, hash) = order_of_bindings(code, file, name);
        add(file, at, format!("bindings of {name}"), hash);
    }
    definitions
}

/// A statement as definitions: a class is itself without its methods, and each method.
fn parts(
    code: &PythonCode<'_, '_>,
    unit: Toplevel,
    dropped: &[TextRange],
) -> Vec<(String, TextSize, String)> {
    let source = code.file(unit);
    let statement = code.statement(unit);
    let range = statement.range();
    let Stmt::ClassDef(class) = statement else {
        let bound = code.bound_by(unit);
        let name = match bound.as_slice() {
            [] => first_words(source.text, range),
            some => some.iter().take(3).copied().collect::<Vec<_>>().join(", "),
        };
        return vec![(name, name_at(statement), digest::of_range(source, range, dropped))];
    };
    let is_dropped = |range: TextRange| dropped.iter().any(|dropped| dropped.contains_range(range));
    let methods = digest::methods(class);
    let without: Vec<TextRange> = dropped.iter().copied().chain(methods.iter().map(|it| it.1)).collect();
    let own = (class.name.to_string(), name_at(statement), digest::of_range(source, range, &without));
    let methods = methods.into_iter().filter(|(_, range)| !is_dropped(*range)).map(|(name, range)| {
        let hash = digest::of_range(source, range, dropped);
        (format!("{}.{name}", class.name), range.start(), hash)
    });
    std::iter::once(own).chain(methods).collect()
}

/// Where a statement's name is: behind its decorators.
fn name_at(statement: &Stmt) -> TextSize {
    match statement {
        Stmt::FunctionDef(it) => it.name.start(),
        Stmt::ClassDef(it) => it.name.start(),
        other => other.start(),
    }
}

/// One name of an import: the others may come and go.
fn import_hash(code: &PythonCode<'_, '_>, unit: Toplevel, name: &str) -> String {
    let binding = code.files[unit.file].names.get(name).into_iter().flatten().find(|(at, _)| *at == unit.at);
    match binding {
        Some((_, Binding::Module { dotted, renamed })) => {
            digest::of_words(["import", dotted, if *renamed { name } else { "" }])
        }
        Some((_, Binding::Member { level, module, name: member })) => {
            digest::of_words(["from", &level.to_string(), module, member, name])
        }
        _ => digest::of_range(code.file(unit), range_of(code, unit), &[]),
    }
}

/// Which of several bindings comes last is the one that holds.
fn order_of_bindings(code: &PythonCode<'_, '_>, file: usize, name: &str) -> (TextSize, String) {
    let bindings = code.files[file].names.get(name).map_or(&[][..], Vec::as_slice);
    let units: Vec<Toplevel> = bindings.iter().map(|(at, _)| Toplevel { file, at: *at }).collect();
    let hashes: Vec<String> = units
        .iter()
        .map(|unit| match is_import(code.statement(*unit)) {
            true => import_hash(code, *unit, name),
            false => digest::of_range(code.file(*unit), range_of(code, *unit), &[]),
        })
        .collect();
    let at = units.last().map_or(TextSize::new(0), |unit| range_of(code, *unit).start());
    (at, digest::of_words(hashes.iter().map(String::as_str)))
}
