//! Questions to the whole tree: who calls `x`, which files hold a name, from where do imports lead to a file.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use super::{CallSite, Calls, ClassId, ImportNames, Program, Site};
use crate::audit::code::{Expr, Pattern, StatementKind, visit};
use crate::audit::parallel;
use crate::audit::parse::Unit;

/// The words of all files that could be names, each with the files that hold it, in order.
pub(super) struct Words<'p> {
    shards: Vec<HashMap<&'p str, Vec<usize>>>,
    all: Vec<usize>,
}

const SHARDS: usize = 8;

fn shard(word: &str) -> usize {
    let bytes = word.as_bytes();
    (bytes.len() + usize::from(bytes[0]) * 7 + usize::from(bytes[bytes.len() - 1]) * 31) % SHARDS
}

impl<'p> Words<'p> {
    pub fn new(units: &'p [Unit<'p>]) -> Self {
        let in_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let distinct = parallel::each(units.len(), |unit| {
            let words: HashSet<&'p str> =
                units[unit].text.split(|c: char| !in_name(c)).filter(|word| !word.is_empty()).collect();
            let mut sharded = vec![Vec::new(); SHARDS];
            words.into_iter().for_each(|word| sharded[shard(word)].push(word));
            sharded
        });
        let shards = parallel::each(SHARDS, |at| {
            let mut found: HashMap<&'p str, Vec<usize>> = HashMap::new();
            for (unit, sharded) in distinct.iter().enumerate() {
                sharded[at].iter().for_each(|word| found.entry(word).or_default().push(unit));
            }
            found
        });
        Self { shards, all: (0..units.len()).collect() }
    }

    /// Of what has no name every file. A private name, `#load`, is a word behind its mark.
    fn files_with(&self, word: &str) -> &[usize] {
        let word = word.trim_start_matches('#');
        if word.is_empty() {
            return &self.all;
        }
        self.shards[shard(word)].get(word).map_or(&[], Vec::as_slice)
    }
}

/// `new Worker(new URL('./balance.worker.ts', import.meta.url))`: the paths.
fn workers(text: &str) -> Vec<&str> {
    const ADDRESS: &str = "new URL(";
    if !text.contains("Worker(") {
        return Vec::new();
    }
    let of = |(at, _): (usize, &str)| {
        let rest = text[at + ADDRESS.len()..].trim_start();
        let quote = rest.chars().next().filter(|it| matches!(it, '"' | '\'' | '`'))?;
        let (path, _) = rest[1..].split_once(quote)?;
        path.starts_with('.').then_some(path)
    };
    text.match_indices(ADDRESS).filter_map(of).collect()
}

/// For each file the scripts that import it.
pub(super) fn importers(program: &Program<'_>) -> Vec<Vec<usize>> {
    let targets = parallel::each(program.units.len(), |unit| program.imports_of(unit));
    let mut importers = vec![Vec::new(); program.units.len()];
    for (unit, targets) in targets.into_iter().enumerate() {
        targets.into_iter().for_each(|target| importers[target].push(unit));
    }
    importers
}

impl<'p> Program<'p> {
    /// The scripts that a script imports, exports again, loads later or starts as workers, each once.
    pub fn imports_of(&self, unit: usize) -> BTreeSet<usize> {
        if self.is_python(unit) {
            return BTreeSet::new();
        }
        let module = self.module(unit);
        let imported = module.imports.iter().filter(|import| !import.types_only).map(|import| import.module);
        let paths = imported.chain(module.re_exports.iter().map(|export| export.module));
        let paths = paths.chain(workers(self.units[unit].text));
        paths.filter_map(|path| self.scripts.resolve(self.path(unit), path)).collect()
    }

    /// The files whose text holds one of these names.
    pub fn files_with<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<usize> {
        let found: BTreeSet<usize> =
            names.into_iter().flat_map(|name| self.words.files_with(name).iter().copied()).collect();
        found.into_iter().collect()
    }

    /// The Python files among them.
    pub fn python_with<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<usize> {
        let mut found = self.files_with(names);
        found.retain(|unit| self.is_python(*unit));
        found
    }

    /// The other files among them.
    pub fn scripts_with<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<usize> {
        let mut found = self.files_with(names);
        found.retain(|unit| !self.is_python(*unit));
        found
    }

    /// All Python files.
    pub fn python_units(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.units.len()).filter(|unit| self.is_python(*unit))
    }

    /// The words of the tree that pass a test, sorted: every name that code uses is made of them.
    pub fn words_like(&self, test: impl Fn(&str) -> bool) -> Vec<&'p str> {
        let all = self.words.shards.iter().flat_map(HashMap::keys).copied();
        let mut found: Vec<&'p str> = all.filter(|word| test(word)).collect();
        found.sort_unstable();
        found
    }

    /// Every call whose callee ends in this name.
    pub fn calls_named(&self, name: &str) -> Calls<'p> {
        self.calls_in(name, None)
    }

    /// Those in Python files.
    pub fn python_calls(&self, name: &str) -> Calls<'p> {
        self.calls_in(name, Some(true))
    }

    /// The calls in Python that make an object of a class.
    pub fn constructions(&self, class: ClassId) -> impl Iterator<Item = CallSite<'p>> + use<'_, 'p> {
        self.python_calls(self.class(class).name)
            .into_iter()
            .filter(move |call| self.class_named(&call.call.callee, call.site) == Some(class))
    }

    /// The names under which objects of a class, or of those that descend from it, are kept in Python.
    pub fn kept_as(&self, class: ClassId) -> Vec<&'p str> {
        let classes = self.heirs(class).into_iter().chain([class]);
        let made: Vec<CallSite<'p>> = classes.flat_map(|class| self.constructions(class)).collect();
        let is_made = |value: &Expr<'p>| {
            value.call().is_some_and(|call| made.iter().any(|made| std::ptr::eq(made.call, call)))
        };
        let mut found = BTreeSet::new();
        for call in &made {
            visit::function(self.function(call.site), &mut |part, _| {
                let visit::Part::Statement(statement) = part else { return };
                let StatementKind::Assign { target, value, .. } = &statement.kind else { return };
                match target {
                    Pattern::Name(name) if is_made(value) => found.insert(*name),
                    Pattern::Place(place) if is_made(value) => found.insert(place.last_name()),
                    _ => false,
                };
            });
            let fields = self.module(call.site.unit).classes.iter().flat_map(|class| &class.attributes);
            found.extend(fields.filter(|(_, value)| is_made(value)).map(|(name, _)| *name));
        }
        found.into_iter().collect()
    }

    /// Those in the other files.
    pub fn script_calls(&self, name: &str) -> Calls<'p> {
        self.calls_in(name, Some(false))
    }

    /// Those in scripts from which imports may lead to a file, where what is called is written.
    pub fn script_calls_into(&self, unit: usize, name: &str) -> Calls<'p> {
        let known = || self.calls_into.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (unit, name.to_owned());
        if let Some(calls) = known().get(&key) {
            return Calls(Arc::clone(calls));
        }
        let near = self.leading_to([unit]);
        let calls: Arc<[CallSite<'p>]> = self.calls_among(name, |unit| near.contains(&unit)).into();
        known().insert(key, Arc::clone(&calls));
        Calls(calls)
    }

    fn calls_in(&self, name: &str, python: Option<bool>) -> Calls<'p> {
        let known =
            || self.calls[python.map_or(2, usize::from)].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(calls) = known().get(name) {
            return Calls(Arc::clone(calls));
        }
        let found = self.calls_among(name, |unit| python.is_none_or(|python| python == self.is_python(unit)));
        let calls: Arc<[CallSite<'p>]> = found.into();
        known().insert(name.to_owned(), Arc::clone(&calls));
        Calls(calls)
    }

    /// Those in some of the files.
    pub fn calls_among(&self, name: &str, among: impl Fn(usize) -> bool) -> Vec<CallSite<'p>> {
        let holding = self.words.files_with(name);
        let own = holding.iter().filter(|unit| among(**unit));
        let own = own.filter_map(|unit| self.per_unit(*unit).calls.get(name));
        let mut found: Vec<CallSite<'p>> = own.flatten().copied().collect();
        // Under another name: `import { get as ask }`, `import ask from "./request"`.
        let defaults = self.default_named(name, holding);
        let importers = defaults.iter().flat_map(|unit| self.importers()[*unit].iter().copied());
        let mut aliasing: BTreeSet<usize> = importers.filter(|unit| among(*unit)).collect();
        aliasing.extend(holding.iter().filter(|unit| among(**unit)));
        for unit in aliasing {
            for import in &self.module(unit).imports {
                let ImportNames::Named(names) = &import.names else { continue };
                for (imported, local) in names.iter().filter(|(_, local)| *local != name) {
                    let same = match *imported {
                        "default" => {
                            self.imported(unit, import).is_some_and(|target| defaults.contains(&target))
                        }
                        imported => imported == name,
                    };
                    if same {
                        let calls = self.per_unit(unit).calls.get(local).into_iter().flatten();
                        found.extend(calls.filter(|call| call.call.callee.is_name(local)));
                    }
                }
            }
        }
        found
    }

    /// The modules whose default export has this name inside them.
    fn default_named(&self, name: &str, holding: &[usize]) -> BTreeSet<usize> {
        let is_it = |unit: &usize| {
            let default = self.module(*unit).exports.iter().find(|(exported, _)| *exported == "default");
            default.is_some_and(|(_, local)| *local == name)
        };
        holding.iter().copied().filter(|unit| !self.is_python(*unit)).filter(is_it).collect()
    }

    /// The functions in which something of these names is called, each once, in order.
    pub fn callers_of<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> BTreeSet<Site> {
        let calls =
            |name: &'n str| self.calls_named(name).iter().map(|call| call.site).collect::<Vec<Site>>();
        names.into_iter().flat_map(calls).collect()
    }

    /// The scripts from which imports may lead to one of these, themselves among them.
    pub fn leading_to(&self, units: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut queue: Vec<usize> = units.into_iter().collect();
        let mut found: BTreeSet<usize> = queue.iter().copied().collect();
        while let Some(unit) = queue.pop() {
            queue.extend(self.importers()[unit].iter().copied().filter(|importer| found.insert(*importer)));
        }
        found
    }
}
