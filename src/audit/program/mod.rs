//! All parsed files together: which name means what, across functions, classes and modules.
//!
//! It resolves names, constant texts and calls for Python and TypeScript alike. It knows the two module systems,
//! and nothing of Django, Channels or React.

mod arguments;
mod evaluate;
mod member;
mod numbers;
mod python_modules;
mod reach;
mod resolve;
mod scope;
mod script_modules;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, OnceLock};

use super::code::visit::{self, Part};
use super::code::{Call, Class, Expr, Function, ImportNames, Kind, Module};
use super::tree::Language;

pub(in crate::audit) use arguments::{Bound, Misfit, bind};
pub(in crate::audit) use evaluate::{Env, Piece, Text};
pub(in crate::audit) use resolve::{Definition, Step};
use scope::Scope;

/// One parsed file.
pub(in crate::audit) struct Unit<'p> {
    pub path: &'p str,
    pub language: Language,
    pub text: &'p str,
    pub module: Module<'p>,
}

/// A function in a file; its index 0 is the file's top level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::audit) struct Site {
    pub unit: usize,
    pub function: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::audit) struct ClassId {
    pub unit: usize,
    pub class: usize,
}

#[derive(Clone, Copy)]
pub(in crate::audit) struct CallSite<'p> {
    pub call: &'p Call<'p>,
    pub site: Site,
}

pub(in crate::audit) struct Program<'p> {
    pub units: &'p [Unit<'p>],
    scopes: Vec<Vec<OnceLock<Scope<'p>>>>,
    /// Calls by the last name of what is called.
    calls: HashMap<&'p str, Vec<CallSite<'p>>>,
    python: python_modules::PythonModules<'p>,
    scripts: script_modules::ScriptModules<'p>,
    edges: Vec<Vec<OnceLock<Vec<Site>>>>,
    settings: OnceLock<Vec<usize>>,
    /// What names with several bindings were found to mean, and what functions return.
    memory: Mutex<HashMap<(Site, &'p str, u32), Vec<Definition<'p>>>>,
}

impl<'p> Program<'p> {
    pub fn new(units: &'p [Unit<'p>], tree: &'p super::tree::SourceTree) -> Self {
        let per_function = |unit: &Unit<'p>| unit.module.functions.len();
        let scopes =
            units.iter().map(|unit| (0..per_function(unit)).map(|_| OnceLock::new()).collect()).collect();
        let edges =
            units.iter().map(|unit| (0..per_function(unit)).map(|_| OnceLock::new()).collect()).collect();
        let mut program = Self {
            units,
            scopes,
            calls: HashMap::new(),
            python: python_modules::PythonModules::new(units, tree),
            scripts: script_modules::ScriptModules::new(units, tree),
            edges,
            settings: OnceLock::new(),
            memory: Mutex::default(),
        };
        let indices =
            super::parallel::map(units.len(), || (), |(), unit| calls_of(&units[unit].module, unit));
        for (name, calls) in indices.into_iter().flatten() {
            program.calls.entry(name).or_default().extend(calls);
        }
        program.index_aliases();
        program
    }

    /// Calls under another name than the function's own are found by its own name as well:
    /// `import { get as ask }`, `import ask from "./request"`.
    fn index_aliases(&mut self) {
        let mut more: Vec<(&'p str, CallSite<'p>)> = Vec::new();
        for (unit, parsed) in self.units.iter().enumerate() {
            for import in &parsed.module.imports {
                let ImportNames::Named(names) = &import.names else { continue };
                for (imported, local) in names {
                    let own = match *imported {
                        "default" => self.default_name(unit, import),
                        name => Some(name),
                    };
                    let Some(own) = own.filter(|own| own != local) else { continue };
                    let calls = self.calls_named(local).iter();
                    let here = calls.filter(|call| call.site.unit == unit && call.call.callee.is_name(local));
                    more.extend(here.map(|call| (own, *call)));
                }
            }
        }
        for (name, call) in more {
            self.calls.entry(name).or_default().push(call);
        }
    }

    /// The name that a module's default export has inside it.
    fn default_name(&self, unit: usize, import: &super::code::Import<'p>) -> Option<&'p str> {
        let target = self.imported(unit, import)?;
        let exports = &self.units[target].module.exports;
        exports.iter().find(|(exported, _)| *exported == "default").map(|(_, local)| *local)
    }

    /// Every call whose callee ends in this name.
    pub fn calls_named(&self, name: &str) -> &[CallSite<'p>] {
        self.calls.get(name).map_or(&[], Vec::as_slice)
    }

    /// The functions in which something of these names is called, each once, in order.
    pub fn callers_of<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> BTreeSet<Site> {
        names.into_iter().flat_map(|name| self.calls_named(name)).map(|call| call.site).collect()
    }

    pub fn call_names(&self) -> impl Iterator<Item = &'p str> + '_ {
        self.calls.keys().copied()
    }

    /// The files that hold Django's settings, by what every project sets there.
    pub(super) fn settings(&self) -> &[usize] {
        self.settings.get_or_init(|| {
            let marks = ["INSTALLED_APPS", "ROOT_URLCONF"];
            let holds = |unit: &usize| {
                let names = &self.scope(Site { unit: *unit, function: 0 }).names;
                self.is_python(*unit) && marks.iter().any(|mark| names.contains_key(mark))
            };
            (0..self.units.len()).filter(holds).collect()
        })
    }

    pub fn path(&self, unit: usize) -> &'p str {
        self.units[unit].path
    }

    pub fn is_python(&self, unit: usize) -> bool {
        self.units[unit].language == Language::Python
    }

    pub fn function(&self, site: Site) -> &'p Function<'p> {
        &self.units[site.unit].module.functions[site.function]
    }

    pub fn class(&self, id: ClassId) -> &'p Class<'p> {
        &self.units[id.unit].module.classes[id.class]
    }

    /// Every function of every file, top levels included.
    pub fn sites(&self) -> impl Iterator<Item = Site> + '_ {
        self.units.iter().enumerate().flat_map(|(unit, parsed)| {
            (0..parsed.module.functions.len()).map(move |function| Site { unit, function })
        })
    }

    pub fn class_ids(&self) -> impl Iterator<Item = ClassId> + '_ {
        self.units.iter().enumerate().flat_map(|(unit, parsed)| {
            (0..parsed.module.classes.len()).map(move |class| ClassId { unit, class })
        })
    }

    /// The class whose method the site is, or lies in.
    pub fn class_of(&self, site: Site) -> Option<ClassId> {
        let mut current = site;
        loop {
            let function = self.function(current);
            if let Some(class) = function.class {
                return Some(ClassId { unit: site.unit, class });
            }
            if current.function == 0 {
                return None;
            }
            current.function = function.parent;
        }
    }

    /// The name by which code refers to a function: its own, or that of the variable or field that holds it.
    pub fn own_name(&self, site: Site) -> &'p str {
        let function = self.function(site);
        if function.name.is_empty() { function.label } else { function.name }
    }

    /// A function's name for people; for one without a name, the name of what it is written in.
    pub fn name(&self, site: Site) -> &'p str {
        let mut current = site;
        loop {
            let function = self.function(current);
            if !function.name.is_empty() || current.function == 0 {
                return function.name;
            }
            if !function.label.is_empty() {
                return function.label;
            }
            current.function = function.parent;
        }
    }

    /// The functions of a file that were given to a variable, key or field of this name.
    pub fn labelled(&self, unit: usize, label: &str) -> Vec<Site> {
        let functions = self.units[unit].module.functions.iter().enumerate();
        functions
            .filter(|(_, function)| function.label == label || function.name == label)
            .map(|(function, _)| Site { unit, function })
            .collect()
    }

    /// Where an import leads: a file of the tree, or `None`.
    pub fn imported(&self, unit: usize, import: &super::code::Import<'p>) -> Option<usize> {
        if self.is_python(unit) {
            self.python.resolve(self.units[unit].path, import.module)
        } else {
            self.scripts.resolve(self.units[unit].path, import.module)
        }
    }

    pub fn python_modules(&self) -> &python_modules::PythonModules<'p> {
        &self.python
    }

    pub fn script_modules(&self) -> &script_modules::ScriptModules<'p> {
        &self.scripts
    }
}

/// The calls of a file by the last name of what is called.
fn calls_of<'p>(module: &'p Module<'p>, unit: usize) -> HashMap<&'p str, Vec<CallSite<'p>>> {
    let mut calls: HashMap<&'p str, Vec<CallSite<'p>>> = HashMap::new();
    let mut take = |expr: &'p Expr<'p>, site: Site| {
        if let Kind::Call(call) = &expr.kind {
            calls.entry(call.callee.last_name()).or_default().push(CallSite { call, site });
        }
    };
    for (function, body) in module.functions.iter().enumerate() {
        let site = Site { unit, function };
        visit::function(body, &mut |part, _| {
            if let Part::Expression(expr) = part {
                take(expr, site);
            }
        });
    }
    for class in &module.classes {
        let site = Site { unit, function: class.parent };
        for (_, value) in &class.attributes {
            visit::expression(value, &mut |expr| take(expr, site));
        }
        for base in &class.bases {
            visit::expression(base, &mut |expr| take(expr, site));
        }
    }
    calls
}
