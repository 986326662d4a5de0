//! All files of code together: which name means what, across functions, classes and modules.
//!
//! It resolves names, constant texts and calls for Python and TypeScript alike. It knows the two module systems,
//! and nothing of Django, Channels or React.

mod aliases;
mod arguments;
mod ask;
mod callbacks;
mod callers;
mod configured;
mod evaluate;
mod exports;
mod fuel;
mod generated;
mod globals;
mod held;
mod library;
mod loaded;
mod meaning;
mod member;
mod mentions;
mod never;
mod numbers;
mod reach;
mod resolve;
mod scope;
mod script_modules;
mod taken;
mod text_call;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};

use super::code::visit::{self, Part};
use super::code::{Call, Class, Expr, Function, ImportNames, Kind, Module};
use super::parse::Unit;
use super::paths;
use super::python::PythonModules;
use super::tree::Language;

pub(in crate::audit) use arguments::{Bound, Misfit, bind};
pub(in crate::audit) use evaluate::{Env, Given, Piece, Text, within};
pub(in crate::audit) use mentions::mentioned;
pub(in crate::audit) use reach::is_only_asked;
pub(in crate::audit) use resolve::{Definition, Step};
use scope::Scope;
pub(in crate::audit) use taken::{Taken, kept, taken};

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
    words: ask::Words<'p>,
    /// For each file the scripts that import it.
    importers: OnceLock<Vec<Vec<usize>>>,
    held: OnceLock<held::Held<'p>>,
    per_unit: Vec<OnceLock<PerUnit<'p>>>,
    /// Calls that were asked for, by the last name of what is called; in scripts, in Python, in both.
    calls: [Mutex<HashMap<String, Arc<[CallSite<'p>]>>>; 3],
    /// Calls that may lead to something in a file.
    calls_into: Mutex<HashMap<(usize, String), Arc<[CallSite<'p>]>>>,
    python: PythonModules<'p>,
    scripts: script_modules::ScriptModules<'p>,
    settings: OnceLock<Vec<usize>>,
    /// What scripts assign to `window.name`, by the name.
    globals: OnceLock<HashMap<&'p str, Vec<(&'p Expr<'p>, Site)>>>,
    method_names: OnceLock<HashSet<&'p str>>,
    /// The classes that name a base, by the base's name.
    heirs: OnceLock<HashMap<&'p str, Vec<ClassId>>>,
    /// What names with several bindings were found to mean, and what functions return.
    memory: Mutex<HashMap<(Site, &'p str, u32), Vec<Definition<'p>>>>,
}

/// Calls of one name, in the order of the files.
pub(in crate::audit) struct Calls<'p>(Arc<[CallSite<'p>]>);

impl<'p> std::ops::Deref for Calls<'p> {
    type Target = [CallSite<'p>];

    fn deref(&self) -> &[CallSite<'p>] {
        &self.0
    }
}

impl<'p> IntoIterator for Calls<'p> {
    type Item = CallSite<'p>;
    type IntoIter = std::vec::IntoIter<CallSite<'p>>;

    fn into_iter(self) -> Self::IntoIter {
        Vec::from(&*self.0).into_iter()
    }
}

/// What is known of a parsed file.
struct PerUnit<'p> {
    /// Its calls by the last name of what is called.
    calls: HashMap<&'p str, Vec<CallSite<'p>>>,
    /// For each function.
    scopes: Vec<OnceLock<Scope<'p>>>,
    edges: Vec<OnceLock<Vec<Site>>>,
    /// The functions written as arguments of calls.
    handed: HashMap<usize, (&'p Call<'p>, usize, Site)>,
    mentions: OnceLock<mentions::Mentions<'p>>,
}

impl<'p> Program<'p> {
    pub fn new(units: &'p [Unit<'p>], tree: &'p super::tree::SourceTree) -> Self {
        let python = units.iter().enumerate().filter(|(_, unit)| unit.language == Language::Python);
        let program = Self {
            units,
            words: ask::Words::new(units),
            importers: OnceLock::new(),
            held: OnceLock::new(),
            per_unit: units.iter().map(|_| OnceLock::new()).collect(),
            calls: Default::default(),
            calls_into: Mutex::default(),
            python: PythonModules::new(python.map(|(at, unit)| (at, unit.path)), tree),
            scripts: script_modules::ScriptModules::new(units, tree),
            settings: OnceLock::new(),
            globals: OnceLock::new(),
            method_names: OnceLock::new(),
            heirs: OnceLock::new(),
            memory: Mutex::default(),
        };
        // Before anything asks: what runs in parallel may not wait for what runs in parallel.
        let _ = program.importers.set(ask::importers(&program));
        super::parallel::each(units.len(), |unit| {
            program.per_unit(unit);
        });
        let _ = program.held.set(held::find(&program));
        program
    }

    fn importers(&self) -> &[Vec<usize>] {
        self.importers.get().map_or(&[], Vec::as_slice)
    }

    /// The parsed form of a file.
    pub fn module(&self, unit: usize) -> &'p Module<'p> {
        &self.units[unit].module
    }

    fn per_unit(&self, unit: usize) -> &PerUnit<'p> {
        self.per_unit[unit].get_or_init(|| {
            let module = self.module(unit);
            let functions = module.functions.len();
            PerUnit {
                calls: calls_of(module, unit),
                scopes: (0..functions).map(|_| OnceLock::new()).collect(),
                edges: (0..functions).map(|_| OnceLock::new()).collect(),
                handed: callbacks::handed(module, unit),
                mentions: OnceLock::new(),
            }
        })
    }

    /// The files that hold Django's settings, by what every project sets there.
    pub(super) fn settings(&self) -> &[usize] {
        self.settings.get_or_init(|| {
            let marks = ["INSTALLED_APPS", "ROOT_URLCONF"];
            let mut units = self.files_with(marks);
            units.retain(|unit| {
                let names = &self.scope(Site { unit: *unit, function: 0 }).names;
                self.is_python(*unit) && marks.iter().any(|mark| names.contains_key(mark))
            });
            units
        })
    }

    pub fn path(&self, unit: usize) -> &'p str {
        self.units[unit].path
    }

    /// Test code does not run in production.
    pub fn is_test(&self, unit: usize) -> bool {
        paths::is_test(self.path(unit))
    }

    pub fn is_python(&self, unit: usize) -> bool {
        self.units[unit].language == Language::Python
    }

    pub fn function(&self, site: Site) -> &'p Function<'p> {
        &self.module(site.unit).functions[site.function]
    }

    pub fn class(&self, id: ClassId) -> &'p Class<'p> {
        &self.module(id.unit).classes[id.class]
    }

    /// Every function of these files, top levels included.
    pub fn sites(&self, units: impl IntoIterator<Item = usize>) -> impl Iterator<Item = Site> {
        let functions = |unit: usize| self.module(unit).functions.len();
        units
            .into_iter()
            .flat_map(move |unit| (0..functions(unit)).map(move |function| Site { unit, function }))
    }

    pub fn class_ids(&self, units: impl IntoIterator<Item = usize>) -> impl Iterator<Item = ClassId> {
        let classes = |unit: usize| self.module(unit).classes.len();
        units.into_iter().flat_map(move |unit| (0..classes(unit)).map(move |class| ClassId { unit, class }))
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

    /// The nearest function around a place that has a name.
    pub fn owner(&self, site: Site) -> Site {
        let mut current = site;
        while current.function != 0 && self.own_name(current).is_empty() {
            current.function = self.function(current).parent;
        }
        current
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

    /// Every call of a file, in no particular order.
    pub fn calls_of(&self, unit: usize) -> impl Iterator<Item = CallSite<'p>> + '_ {
        self.per_unit(unit).calls.values().flatten().copied()
    }

    /// The functions of a file that were given to a variable, key or field of this name.
    pub fn labelled(&self, unit: usize, label: &str) -> Vec<Site> {
        let functions = self.module(unit).functions.iter().enumerate();
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

    pub fn python_modules(&self) -> &PythonModules<'p> {
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
