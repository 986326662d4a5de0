//! From a name to what it means: a function, a class, a module, a value, a parameter, or something from outside.

use std::borrow::Cow;
use std::sync::PoisonError;

use super::scope::Binding;
use super::{ClassId, Program, Site, fuel};
use crate::audit::code::{CallForm, Expr, ImportNames, Kind, Operator, Role};

/// Longer chains of names than this are given up: code that refers to itself must not hang the audit.
pub(super) const FARTHEST: u32 = 18;
/// More meanings than this for one name are not followed.
const MOST: usize = 8;

/// One step into a value: `{ key }`, `[, second]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::audit) enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

#[derive(Debug, Clone)]
pub(in crate::audit) enum Definition<'p> {
    Function(Site),
    Class(ClassId),
    /// An object of a class of the tree.
    Instance(ClassId),
    Module(usize),
    /// A value that is no mere name: a literal, a record, a call.
    Value(&'p Expr<'p>, Site),
    /// Something inside a value that could not be looked into, such as a part of a call's result.
    Part(&'p Expr<'p>, Site, Vec<Step<'p>>),
    Parameter(Site, usize, Vec<Step<'p>>),
    /// One of the elements of a value.
    Element(&'p Expr<'p>, Site, Vec<Step<'p>>),
    /// Not in the tree: a built-in, a package.
    External(String),
}

impl<'p> Definition<'p> {
    /// It is this very value.
    pub fn is(&self, wanted: &Expr<'p>) -> bool {
        matches!(self, Self::Value(value, _) if std::ptr::eq(*value, wanted))
    }
}

impl<'p> Program<'p> {
    /// Everything the expression may mean; empty where nothing can be said.
    pub fn resolve(&self, expr: &'p Expr<'p>, site: Site) -> Vec<Definition<'p>> {
        self.resolve_within(expr, site, FARTHEST)
    }

    pub(super) fn resolve_within(&self, expr: &'p Expr<'p>, site: Site, left: u32) -> Vec<Definition<'p>> {
        let Some(left) = left.checked_sub(1) else { return Vec::new() };
        let Some(_step) = fuel::step() else { return Vec::new() };
        let mut found = match &expr.kind {
            Kind::Name(name) => self.resolve_name(name, site, left),
            Kind::Member(object, name) => self
                .resolve_within(object, site, left)
                .into_iter()
                .flat_map(|definition| self.member(&definition, Step::Key(name), site, left))
                .collect(),
            Kind::Index(object, index) => self.resolve_index(object, index, site, left),
            Kind::Await(inner) => self.resolve_within(inner, site, left),
            Kind::Choice(parts) => {
                let mut both = self.resolve_within(&parts[1], site, left);
                both.extend(self.resolve_within(&parts[2], site, left));
                both
            }
            Kind::Operation(Operator::Or | Operator::And | Operator::Coalesce, parts) => {
                parts.iter().flat_map(|part| self.resolve_within(part, site, left)).collect()
            }
            Kind::Function(function) => {
                vec![Definition::Function(Site { unit: site.unit, function: *function })]
            }
            Kind::Class(class) => vec![Definition::Class(ClassId { unit: site.unit, class: *class })],
            Kind::Call(call) => self.resolve_call(expr, call, site, left),
            _ => vec![Definition::Value(expr, site)],
        };
        found.truncate(MOST);
        found
    }

    fn resolve_index(
        &self,
        object: &'p Expr<'p>,
        index: &'p Expr<'p>,
        site: Site,
        left: u32,
    ) -> Vec<Definition<'p>> {
        let step = match &index.kind {
            Kind::Text(Cow::Borrowed(text)) => Step::Key(text),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked to be small"
            )]
            Kind::Number(number) if (0.0..64.0).contains(number) => Step::Index(*number as usize),
            // `window[method]`, where `const method = "setInterval"`.
            _ => match self.resolve_within(index, site, left).as_slice() {
                [Definition::Value(Expr { kind: Kind::Text(Cow::Borrowed(text)), .. }, _)] => Step::Key(text),
                _ => {
                    let whole = self.resolve_within(object, site, left);
                    return whole.into_iter().flat_map(|whole| self.any_member(&whole, left)).collect();
                }
            },
        };
        let whole = self.resolve_within(object, site, left);
        whole.into_iter().flat_map(|whole| self.member(&whole, step, site, left)).collect()
    }

    pub(super) fn resolve_name(&self, name: &'p str, site: Site, left: u32) -> Vec<Definition<'p>> {
        if let Some(own) = self.instance(name, site) {
            return vec![own];
        }
        let Some((owner, bindings)) = self.bindings(name, site) else {
            return self.through_stars(name, site, left);
        };
        match bindings {
            [only] => self.resolve_binding(only, owner, left),
            // Several that lead to several: without a memory their number would be a power.
            _ => self.remembered((owner, name, left), || {
                bindings.iter().flat_map(|binding| self.resolve_binding(binding, owner, left)).collect()
            }),
        }
    }

    fn resolve_binding(&self, binding: &Binding<'p>, owner: Site, left: u32) -> Vec<Definition<'p>> {
        match binding {
            Binding::Parameter(index, steps) => vec![Definition::Parameter(owner, *index, steps.clone())],
            Binding::Value(value, steps) => {
                let whole = self.resolve_within(value, owner, left);
                self.steps(whole, steps, owner, left)
            }
            Binding::Element(over, steps) => vec![Definition::Element(over, owner, steps.clone())],
            Binding::Function(function) => {
                vec![Definition::Function(Site { unit: owner.unit, function: *function })]
            }
            Binding::Class(class) => vec![Definition::Class(ClassId { unit: owner.unit, class: *class })],
            Binding::Import(import, name) => self.resolve_import(owner.unit, *import, *name, left),
        }
    }

    /// What was found before for a name of a function, followed so far; otherwise it is found now.
    pub(super) fn remembered(
        &self,
        key: (Site, &'p str, u32),
        find: impl FnOnce() -> Vec<Definition<'p>>,
    ) -> Vec<Definition<'p>> {
        let memory = || self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = memory().get(&key) {
            return found.clone();
        }
        let found = find();
        if !fuel::is_spent() {
            memory().insert(key, found.clone());
        }
        found
    }

    /// `self` (whatever the first parameter is called) and `this`; of a class method the class.
    fn instance(&self, name: &str, site: Site) -> Option<Definition<'p>> {
        let mut current = site;
        loop {
            let function = self.function(current);
            let is_method = function.role == Role::Method && function.class.is_some();
            if is_method {
                let own = if self.is_python(site.unit) {
                    function.parameters.first().is_some_and(|first| first.name() == name)
                } else {
                    name == "this"
                };
                let class = ClassId { unit: site.unit, class: function.class? };
                let of_class = function.decorators.iter().any(|it| it.is_name("classmethod"));
                let meant = if of_class { Definition::Class(class) } else { Definition::Instance(class) };
                return own.then_some(meant);
            }
            if current.function == 0 {
                return None;
            }
            current.function = function.parent;
        }
    }

    /// A name that nothing binds: from a star import, or from outside.
    pub(super) fn through_stars(&self, name: &'p str, site: Site, left: u32) -> Vec<Definition<'p>> {
        let mut current = site;
        loop {
            for import in &self.scope(current).stars {
                let import = &self.module(site.unit).imports[*import];
                if let Some(unit) = self.imported(site.unit, import) {
                    let found = self.exported(unit, name, left);
                    if !found.is_empty() {
                        return found;
                    }
                }
            }
            if current.function == 0 {
                let given = if self.is_python(site.unit) { Vec::new() } else { self.global(name, left) };
                return if given.is_empty() { vec![Definition::External(name.to_owned())] } else { given };
            }
            current.function = self.function(current).parent;
        }
    }

    fn resolve_call(
        &self,
        expr: &'p Expr<'p>,
        call: &'p crate::audit::code::Call<'p>,
        site: Site,
        left: u32,
    ) -> Vec<Definition<'p>> {
        // `await import('./lazy')`
        if let (true, Some(module)) =
            (call.callee.is_name("import"), call.positional(0).and_then(Expr::literal))
        {
            let found = self.scripts.resolve(self.path(site.unit), module);
            return found.map(Definition::Module).into_iter().collect();
        }
        let callee = self.resolve_within(&call.callee, site, left);
        if call.form == CallForm::Later {
            return callee;
        }
        let mut instances: Vec<Definition<'p>> = Vec::new();
        for definition in &callee {
            match definition {
                Definition::Class(class) => instances.push(Definition::Instance(*class)),
                // `for make in FEEDS: make()`
                Definition::Element(over, owner, steps) => {
                    let elements = self.elements(over, *owner, steps, left.min(8)).into_iter();
                    instances.extend(elements.filter_map(|it| match it {
                        Definition::Class(class) => Some(Definition::Instance(class)),
                        _ => None,
                    }));
                }
                _ => {}
            }
        }
        if !instances.is_empty() {
            return instances;
        }
        if let Some(found) = self.library(call, &callee, site, left) {
            return found;
        }
        let entry = self.got_entry(call, site, left);
        if entry.is_empty() { vec![Definition::Value(expr, site)] } else { entry }
    }

    /// `record.get("key")` is the record's entry, where the record is written out or a parameter.
    fn got_entry(
        &self,
        call: &'p crate::audit::code::Call<'p>,
        site: Site,
        left: u32,
    ) -> Vec<Definition<'p>> {
        let (Kind::Member(object, "get"), [first, ..]) = (&call.callee.kind, call.arguments.as_slice())
        else {
            return Vec::new();
        };
        let Kind::Text(Cow::Borrowed(key)) = first.value.kind else { return Vec::new() };
        self.resolve_within(object, site, left)
            .into_iter()
            .filter(|definition| match definition {
                Definition::Value(value, _) => matches!(value.kind, Kind::Record(_)),
                Definition::Parameter(..) => true,
                _ => false,
            })
            .flat_map(|definition| self.member(&definition, Step::Key(key), site, left))
            .collect()
    }

    pub(super) fn steps(
        &self,
        mut whole: Vec<Definition<'p>>,
        steps: &[Step<'p>],
        site: Site,
        left: u32,
    ) -> Vec<Definition<'p>> {
        for step in steps {
            whole = whole.iter().flat_map(|definition| self.member(definition, *step, site, left)).collect();
        }
        whole
    }

    /// What some steps into a definition lead to.
    pub fn stepped(
        &self,
        definition: &Definition<'p>,
        steps: &[Step<'p>],
        site: Site,
    ) -> Vec<Definition<'p>> {
        self.steps(vec![definition.clone()], steps, site, FARTHEST)
    }

    /// The expressions that gave a name its value, through other names; the expression itself if it is none.
    pub fn origins(&self, expr: &'p Expr<'p>, site: Site) -> Vec<(&'p Expr<'p>, Site)> {
        let mut found = Vec::new();
        let mut queue = vec![(expr, site, FARTHEST)];
        while let Some((expr, site, left)) = queue.pop() {
            let Kind::Name(name) = expr.kind else {
                found.push((expr, site));
                continue;
            };
            let Some((owner, bindings)) = self.bindings(name, site).filter(|_| left > 0) else { continue };
            for binding in bindings {
                match binding {
                    Binding::Value(value, steps) if steps.is_empty() => queue.push((value, owner, left - 1)),
                    Binding::Import(import, Some(at)) => {
                        let import = &self.module(owner.unit).imports[*import];
                        let ImportNames::Named(names) = &import.names else { continue };
                        let target = self.imported(owner.unit, import);
                        let (Some(unit), Some((imported, _))) = (target, names.get(*at)) else { continue };
                        let top = Site { unit, function: 0 };
                        let bound = self.scope(top).names.get(imported);
                        for binding in bound.into_iter().flatten() {
                            if let Binding::Value(value, _) = binding {
                                queue.push((value, top, left - 1));
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// The calls whose result, or a part of it, a name was bound to.
    pub fn bound_calls(
        &self,
        expr: &'p Expr<'p>,
        site: Site,
    ) -> Vec<(&'p crate::audit::code::Call<'p>, Site)> {
        let Kind::Name(name) = expr.kind else { return Vec::new() };
        let Some((owner, bindings)) = self.bindings(name, site) else { return Vec::new() };
        let calls = bindings.iter().filter_map(|binding| match binding {
            Binding::Value(value, _) => Some((value.call()?, owner)),
            _ => None,
        });
        calls.collect()
    }

    /// Only the functions among what an expression means, also inside `useCallback(f)`, `partial(f)`, `memo(f)`, and
    /// those that a function of the tree gives back.
    pub fn functions(&self, expr: &'p Expr<'p>, site: Site) -> Vec<Site> {
        self.functions_within(expr, site, FARTHEST, 4)
    }

    /// `left`: how far names are followed; `wrapped`: into how many such calls.
    pub(super) fn functions_within(
        &self,
        expr: &'p Expr<'p>,
        site: Site,
        left: u32,
        wrapped: u32,
    ) -> Vec<Site> {
        let mut found = Vec::new();
        for definition in self.resolve_within(expr, site, left) {
            match definition {
                Definition::Function(function) => found.push(function),
                Definition::Instance(class) if self.is_python(class.unit) => {
                    found.extend(self.method(class, "__call__"));
                }
                Definition::Element(over, owner, steps) => {
                    for definition in self.elements(over, owner, &steps, left.min(8)) {
                        if let Definition::Function(function) = definition {
                            found.push(function);
                        }
                    }
                }
                Definition::Parameter(function, index, steps) => {
                    for definition in self.given_to_callback(function, index, &steps, left.min(8)) {
                        if let Definition::Function(function) = definition {
                            found.push(function);
                        }
                    }
                }
                Definition::Value(value, owner) if wrapped > 0 => {
                    let (Some(call), Some(left)) = (value.call(), left.checked_sub(1)) else { continue };
                    let callees = self.resolve_within(&call.callee, owner, left);
                    let external = callees.iter().all(|callee| matches!(callee, Definition::External(_)));
                    if let Some(first) = call.positional(0).filter(|_| external) {
                        found.extend(self.functions_within(first, owner, left, wrapped - 1));
                    }
                    // `every(1000)`, where `const every = (ms) => (load) => setInterval(load, ms)`.
                    for callee in callees {
                        let Definition::Function(maker) = callee else { continue };
                        found.extend(self.results(maker, left).into_iter().filter_map(|made| match made {
                            Definition::Function(made) => Some(made),
                            Definition::Instance(class) if self.is_python(class.unit) => {
                                self.method(class, "__call__")
                            }
                            _ => None,
                        }));
                    }
                }
                _ => {}
            }
        }
        found
    }
}
