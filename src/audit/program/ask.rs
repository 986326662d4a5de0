//! Questions to the whole tree. Each parses the files that hold the words it is about, and no others.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use super::{CallSite, Calls, Program, Site};
use crate::audit::parallel;
use crate::audit::shelf::{self, Links, Outline, Unit};

impl<'p> Program<'p> {
    /// The files whose text holds one of these names.
    pub fn files_with<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<usize> {
        let found: BTreeSet<usize> = names.into_iter().flat_map(|name| self.holding(name)).collect();
        found.into_iter().collect()
    }

    fn holding(&self, name: &str) -> Vec<usize> {
        if self.whole { (0..self.units.len()).collect() } else { self.words.files_with(name) }
    }

    /// `false` only where the whole tree is not asked for and a file's text shows that it cannot answer.
    pub fn may(&self, unit: usize, test: impl FnOnce(&'p str) -> bool) -> bool {
        self.whole || test(self.units[unit].text)
    }

    /// The Python files among them, parsed by all threads.
    pub fn python_with<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<usize> {
        let mut found = self.files_with(names);
        found.retain(|unit| self.is_python(*unit));
        self.modules.fetch(&found);
        found
    }

    /// The other files among them, parsed by all threads.
    pub fn scripts_with<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<usize> {
        let mut found = self.files_with(names);
        found.retain(|unit| !self.is_python(*unit));
        self.modules.fetch(&found);
        found
    }

    /// The words of the tree that pass a test, sorted: every name that code uses is made of them.
    pub fn words_like(&self, test: impl Fn(&str) -> bool) -> Vec<&'p str> {
        self.words.like(test)
    }

    /// Every call whose callee ends in this name.
    pub fn calls_named(&self, name: &str) -> Calls<'p> {
        self.calls_in(name, None)
    }

    /// Those in Python files.
    pub fn python_calls(&self, name: &str) -> Calls<'p> {
        self.calls_in(name, Some(true))
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
        let holding = self.holding(name);
        let mut files = holding.clone();
        files.retain(|unit| among(*unit));
        self.modules.fetch(&files);
        let own = files.iter().filter_map(|unit| self.per_unit(*unit).calls.get(name));
        let mut found: Vec<CallSite<'p>> = own.flatten().copied().collect();
        // Under another name: `import { get as ask }`, `import ask from "./request"`.
        let defaults = self.default_named(name, &holding);
        let importers = defaults.iter().flat_map(|unit| self.links().importers(*unit)).copied();
        let mut aliasing: BTreeSet<usize> = importers.filter(|unit| among(*unit)).collect();
        aliasing.extend(&files);
        self.fetch(aliasing.iter().copied());
        for unit in aliasing {
            for import in &self.module(unit).imports {
                let super::ImportNames::Named(names) = &import.names else { continue };
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
        let exporting = self.holding("default");
        let both = holding.iter().copied().filter(|unit| exporting.binary_search(unit).is_ok());
        let both = both.filter(|unit| self.may(*unit, |text| shelf::may_be_default(text, name)));
        let is_it = |unit: &usize| {
            let default = self.module(*unit).exports.iter().find(|(exported, _)| *exported == "default");
            default.is_some_and(|(_, local)| *local == name)
        };
        both.filter(|unit| !self.is_python(*unit)).filter(is_it).collect()
    }

    /// The functions in which something of these names is called, each once, in order.
    pub fn callers_of<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> BTreeSet<Site> {
        let calls =
            |name: &'n str| self.calls_named(name).iter().map(|call| call.site).collect::<Vec<Site>>();
        names.into_iter().flat_map(calls).collect()
    }

    pub fn links(&self) -> &Links {
        self.links.get_or_init(|| Links::new(self.units, |from, path| self.scripts.resolve(from, path)))
    }

    /// The files of script from which imports may lead to one of these, themselves among them.
    pub fn leading_to(&self, units: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut units = units.into_iter().peekable();
        match units.peek() {
            None => BTreeSet::new(),
            Some(_) if self.whole => (0..self.units.len()).filter(|unit| !self.is_python(*unit)).collect(),
            Some(_) => self.links().leading_to(units),
        }
    }

    /// What a Python file offers, as far as its text shows it without being parsed.
    pub fn outline(&self, unit: usize) -> &Outline<'p> {
        self.outlines[unit].get_or_init(|| Outline::of(self.units[unit].text))
    }

    /// Has these files parsed by all threads.
    pub fn fetch(&self, units: impl IntoIterator<Item = usize>) {
        self.modules.fetch(&units.into_iter().collect::<Vec<usize>>());
    }

    /// Has every file parsed that passes a test, also where no question led to it.
    pub fn fetch_all(&self, test: impl Fn(&Unit<'p>) -> bool + Sync) {
        let rest: Vec<usize> = (0..self.units.len()).filter(|unit| !self.is_parsed(*unit)).collect();
        let wanted = parallel::map(rest.len(), || (), |(), at| test(&self.units[rest[at]]));
        let wanted = rest.into_iter().zip(wanted).filter(|(_, wanted)| *wanted);
        self.fetch(wanted.map(|(unit, _)| unit));
    }

    pub fn is_parsed(&self, unit: usize) -> bool {
        self.modules.is_parsed(unit)
    }
}
