//! Names that the configuration of a project gives to its folders: `paths` and `baseUrl` of tsconfig, `resolve.alias`
//! of the bundler, `imports` and `name` of package.json. Read as they are written; nothing is run.

use std::collections::HashMap;

use crate::audit::code::visit;
use crate::audit::code::{Entry, Expr, Kind, Module, StatementKind, entry, script};
use crate::audit::parse::Unit;
use crate::audit::tree::{FileKind, SourceTree};

use super::script_modules::{above, child, directory, join};

/// What one name stands for.
#[derive(Debug)]
struct Alias {
    /// As it begins, and how it ends where something stands between.
    before: String,
    after: Option<String>,
    /// Paths from the root of the tree; `*` stands for what stands between.
    targets: Vec<String>,
}

/// For each folder the names that hold in the files at and below it, those first that say the most.
#[derive(Debug, Default)]
pub(super) struct Aliases(HashMap<String, Vec<Alias>>);

impl Aliases {
    pub fn of(units: &[Unit<'_>], tree: &SourceTree) -> Self {
        let mut found = Self::default();
        for file in tree.files.iter().filter(|file| file.kind == FileKind::Configuration) {
            let folder = directory(&file.path);
            let text = format!("export default (\n{}\n)", file.text);
            let (module, _) = script::parse("configuration.ts", &text);
            let Some(entries) = exported(&module) else { continue };
            match file.path.ends_with("package.json") {
                true => found.package(folder, entries),
                false => found.compiler(folder, entries),
            }
        }
        for unit in units.iter().filter(|unit| is_bundler(unit.path)) {
            for function in &unit.module.functions {
                visit::function(function, &mut |part, _| {
                    let visit::Part::Expression(Expr { kind: Kind::Record(entries), .. }) = part else {
                        return;
                    };
                    if let Some(alias) = entry(entries, "alias") {
                        found.bundler(directory(unit.path), &alias.value);
                    }
                });
            }
        }
        for aliases in found.0.values_mut() {
            aliases.sort_by_key(|alias| std::cmp::Reverse(alias.before.len()));
        }
        found
    }

    /// The paths that a name may stand for in a file, the nearest first.
    pub fn paths<'a>(&'a self, from: &'a str, module: &'a str) -> impl Iterator<Item = String> + 'a {
        above(from).filter_map(|folder| self.0.get(folder)).flatten().flat_map(move |alias| {
            let between = match &alias.after {
                None => (module == alias.before).then_some(""),
                Some(after) => module
                    .strip_prefix(alias.before.as_str())
                    .and_then(|rest| rest.strip_suffix(after.as_str())),
            };
            let of = move |between| alias.targets.iter().map(move |it| it.replacen('*', between, 1));
            between.into_iter().flat_map(of)
        })
    }

    fn add(&mut self, folder: &str, name: &str, targets: Vec<String>) {
        let (before, after) = match name.split_once('*') {
            Some((before, after)) => (before.to_owned(), Some(after.to_owned())),
            None => (name.to_owned(), None),
        };
        if !targets.is_empty() {
            self.0.entry(folder.to_owned()).or_default().push(Alias { before, after, targets });
        }
    }

    /// `tsconfig.json` and its like.
    fn compiler(&mut self, folder: &str, entries: &[Entry<'_>]) {
        let Some(options) = entry(entries, "compilerOptions").and_then(|it| record(&it.value)) else {
            return;
        };
        let base = entry(options, "baseUrl").and_then(|it| join(folder, it.value.literal()?));
        let from = base.as_deref().unwrap_or(folder);
        let paths = entry(options, "paths").and_then(|it| record(&it.value)).unwrap_or_default();
        for path in paths {
            let Some(name) = path.key.as_ref().and_then(Expr::literal) else { continue };
            let Kind::List(targets) = &path.value.kind else { continue };
            let targets = targets.iter().filter_map(|it| join(from, it.literal()?)).collect();
            self.add(folder, name, targets);
        }
        if let Some(base) = &base {
            self.add(folder, "*", vec![child(base, "*")]);
        }
    }

    /// `package.json`: its own short names, and the name by which the other packages of the tree know it.
    fn package(&mut self, folder: &str, entries: &[Entry<'_>]) {
        for import in entry(entries, "imports").and_then(|it| record(&it.value)).unwrap_or_default() {
            let Some(name) = import.key.as_ref().and_then(Expr::literal) else { continue };
            self.add(folder, name, texts(&import.value).iter().filter_map(|it| join(folder, it)).collect());
        }
        let Some(name) = entry(entries, "name").and_then(|it| it.value.literal()) else { return };
        let main = ["source", "types", "module", "main"]
            .iter()
            .filter_map(|key| entry(entries, key)?.value.literal());
        let main = main
            .filter_map(|it| join(folder, it))
            .chain([child(folder, "src/index"), child(folder, "index")]);
        self.add("", name, main.collect());
        self.add("", &format!("{name}/*"), vec![child(folder, "src/*"), child(folder, "*")]);
    }

    /// `{ '@': path.resolve(__dirname, 'src') }`, `[{ find: '@', replacement: '/src' }]`.
    fn bundler(&mut self, folder: &str, alias: &Expr<'_>) {
        let pairs: Vec<(&str, &Expr<'_>)> = match &alias.kind {
            Kind::Record(entries) => {
                entries.iter().filter_map(|it| Some((it.key.as_ref()?.literal()?, &it.value))).collect()
            }
            Kind::List(items) => items
                .iter()
                .filter_map(|item| {
                    let entries = record(item)?;
                    Some((entry(entries, "find")?.value.literal()?, &entry(entries, "replacement")?.value))
                })
                .collect(),
            _ => return,
        };
        for (name, value) in pairs {
            // However the path is put together, its parts stand in order.
            let path = texts(value).join("/");
            let Some(target) = join(folder, path.trim_start_matches('/')).filter(|_| !path.is_empty()) else {
                continue;
            };
            let name = name.trim_end_matches('/');
            self.add(folder, name, vec![target.clone()]);
            self.add(folder, &format!("{name}/*"), vec![child(&target, "*")]);
        }
    }
}

fn is_bundler(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["vite.config.", "vitest.config.", "webpack.", "rollup.config.", "craco.config.", "rsbuild.config."]
        .iter()
        .any(|start| name.starts_with(start))
}

/// The record that a module gives out.
fn exported<'m, 's>(module: &'m Module<'s>) -> Option<&'m [Entry<'s>]> {
    module.functions.first()?.body.iter().find_map(|statement| match &statement.kind {
        StatementKind::Assign { value, .. } | StatementKind::Expression(value) => record(value),
        _ => None,
    })
}

fn record<'m, 's>(value: &'m Expr<'s>) -> Option<&'m [Entry<'s>]> {
    match &value.kind {
        Kind::Record(entries) => Some(entries),
        _ => None,
    }
}

/// The texts that are written in an expression, in order.
fn texts<'m>(value: &'m Expr<'_>) -> Vec<&'m str> {
    let mut found = Vec::new();
    visit::expression(value, &mut |part| found.extend(part.literal().filter(|text| !text.is_empty())));
    found
}
