//! Into a value: the attribute of an object, the entry of a record, the element of a list, the part of a result.

use std::collections::HashMap;

use super::globals::GLOBAL;
use super::resolve::{Definition, Step};
use super::{ClassId, Program, Site};
use crate::audit::code::visit::{self, Part};
use crate::audit::code::{CallForm, Expr, Kind, StatementKind, entry};

impl<'p> Program<'p> {
    /// What one step into a definition leads to. A value that cannot be looked into gives a `Part`.
    pub(super) fn member(
        &self,
        definition: &Definition<'p>,
        step: Step<'p>,
        site: Site,
        left: u32,
    ) -> Vec<Definition<'p>> {
        let Some(left) = left.checked_sub(1) else { return Vec::new() };
        match (definition, step) {
            (Definition::Module(unit), Step::Key(name)) => self.exported(*unit, name, left),
            (Definition::Class(class), Step::Key(name)) => match self.class_member(*class, name, left) {
                found if found.is_empty() => self.assigned(*class, name, left),
                found => found,
            },
            (Definition::Instance(class), Step::Key(name)) => self.instance_member(*class, name, left),
            (Definition::Value(value, owner), Step::Key("current")) => {
                match self.current(value, *owner, left) {
                    known if known.is_empty() => self.step_into(value, *owner, step, left),
                    known => known,
                }
            }
            (Definition::Value(value, owner), _) => self.step_into(value, *owner, step, left),
            (Definition::Part(value, owner, steps), _) => {
                let held = self.state(value, *owner, steps, left).into_iter();
                let inside: Vec<Definition<'p>> =
                    held.flat_map(|held| self.member(&held, step, *owner, left)).collect();
                let part = || vec![Definition::Part(value, *owner, then(steps, step))];
                if inside.is_empty() { part() } else { inside }
            }
            (Definition::Parameter(function, index, steps), _) => {
                vec![Definition::Parameter(*function, *index, then(steps, step))]
            }
            (Definition::Element(value, owner, steps), _) => {
                vec![Definition::Element(value, *owner, then(steps, step))]
            }
            (Definition::External(path), Step::Key(name)) if path == "django.conf.settings" => {
                let set = self.settings().iter().flat_map(|unit| self.exported(*unit, name, left));
                let set: Vec<Definition<'p>> = set.collect();
                if set.is_empty() { vec![Definition::External(format!("{path}.{name}"))] } else { set }
            }
            (Definition::External(path), Step::Key(name))
                if GLOBAL.contains(&path.as_str()) && !self.is_python(site.unit) =>
            {
                let given = self.global(name, left);
                if given.is_empty() { vec![Definition::External(format!("{path}.{name}"))] } else { given }
            }
            (Definition::External(path), Step::Key(name)) => {
                let whole = format!("{path}.{name}");
                if self.is_python(site.unit)
                    && let Some(unit) = self.python.resolve(self.path(site.unit), &whole)
                {
                    return vec![Definition::Module(unit)];
                }
                vec![Definition::External(whole)]
            }
            (Definition::External(path), Step::Index(_)) => vec![Definition::External(format!("{path}[]"))],
            (Definition::Function(_), Step::Key("call" | "bind" | "apply")) => vec![definition.clone()],
            _ => Vec::new(),
        }
    }

    /// Every entry of a record or list, where the key is not known before run time.
    pub(super) fn any_member(&self, definition: &Definition<'p>, left: u32) -> Vec<Definition<'p>> {
        let Definition::Value(value, owner) = definition else { return Vec::new() };
        match &value.kind {
            Kind::Record(entries) => {
                entries.iter().flat_map(|entry| self.resolve_within(&entry.value, *owner, left)).collect()
            }
            Kind::List(items) => {
                items.iter().flat_map(|item| self.resolve_within(item, *owner, left)).collect()
            }
            // `{function.__name__: function for function in ALL}`
            Kind::Comprehension(inner) => {
                let made = inner.element.entries().unwrap_or_default().iter();
                made.flat_map(|entry| self.resolve_within(&entry.value, *owner, left)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn step_into(&self, value: &'p Expr<'p>, owner: Site, step: Step<'p>, left: u32) -> Vec<Definition<'p>> {
        match (&value.kind, step) {
            (Kind::Record(entries), Step::Key(name)) => {
                if let Some(found) = entry(entries, name) {
                    return self.resolve_within(&found.value, owner, left);
                }
                entries
                    .iter()
                    .filter(|entry| entry.key.is_none())
                    .flat_map(|spread| self.resolve_within(&spread.value, owner, left))
                    .flat_map(|inner| self.member(&inner, step, owner, left))
                    .collect()
            }
            (Kind::List(items), Step::Index(index)) => {
                items.get(index).map(|item| self.resolve_within(item, owner, left)).unwrap_or_default()
            }
            (Kind::Text(_), Step::Key("value")) => vec![Definition::Value(value, owner)],
            (Kind::Call(call), Step::Key(name)) if !self.generated(call, owner, name).is_empty() => {
                self.generated(call, owner, name)
            }
            (Kind::Call(call), _) => {
                // Code that refers to itself, `x = x.f().g`, must come to an end here too.
                let callees = self.functions_within(&call.callee, owner, left, 4);
                let inside: Vec<Definition<'p>> = callees
                    .iter()
                    .flat_map(|callee| self.results(*callee, left))
                    .flat_map(|result| self.member(&result, step, owner, left))
                    .collect();
                if inside.is_empty() { vec![Definition::Part(value, owner, vec![step])] } else { inside }
            }
            (Kind::Other(_) | Kind::Comprehension(_), _) => vec![Definition::Part(value, owner, vec![step])],
            _ => Vec::new(),
        }
    }

    /// What a function may return, resolved in its own scope.
    pub(super) fn results(&self, function: Site, left: u32) -> Vec<Definition<'p>> {
        // No name is written like this, so it stands for what is returned.
        self.remembered((function, "()", left), || {
            let values = self.returns(function).into_iter();
            values.flat_map(|value| self.resolve_within(value, function, left)).collect()
        })
    }

    /// The expressions a function returns.
    pub fn returns(&self, function: Site) -> Vec<&'p Expr<'p>> {
        let mut found = Vec::new();
        visit::function(self.function(function), &mut |part, _| {
            if let Part::Statement(statement) = part
                && let StatementKind::Return(Some(value)) = &statement.kind
            {
                found.push(value);
            }
        });
        found
    }

    fn class_member(&self, id: ClassId, name: &'p str, left: u32) -> Vec<Definition<'p>> {
        // Classes may name each other as their bases.
        let Some(left) = left.checked_sub(1) else { return Vec::new() };
        let class = self.class(id);
        if let Some(method) = self.own_method(id, name) {
            return vec![Definition::Function(method)];
        }
        if let Some((_, value)) = class.attributes.iter().rev().find(|(attribute, _)| *attribute == name) {
            let body = Site { unit: id.unit, function: class.parent };
            // `BALANCE = "account_balance", "Balance"` of Django's choices.
            let choices = class.bases.iter().any(|base| base.last_name().ends_with("Choices"));
            return match &value.kind {
                Kind::List(parts) if choices && !parts.is_empty() => {
                    self.resolve_within(&parts[0], body, left)
                }
                _ => self.resolve_within(value, body, left),
            };
        }
        self.bases(id, left).into_iter().flat_map(|base| self.class_member(base, name, left)).collect()
    }

    fn instance_member(&self, id: ClassId, name: &'p str, left: u32) -> Vec<Definition<'p>> {
        let Some(left) = left.checked_sub(1) else { return Vec::new() };
        if name == "props" && !self.is_python(id.unit) {
            return self.given_props(id, left);
        }
        let mut found = match self.own_method(id, name) {
            Some(method) if self.is_getter(method) => self.results(method, left),
            _ => self.class_member(id, name, left),
        };
        if found.is_empty()
            || matches!(found.as_slice(), [Definition::Value(value, _)] if matches!(value.kind, Kind::Null))
        {
            found.extend(self.assigned(id, name, left));
            for base in self.bases(id, left) {
                found.extend(self.assigned(base, name, left));
            }
            // `kind = None` of a class that is only there to be inherited from.
            let mut said = Vec::new();
            for heir in self.descendants(id) {
                if let Some((_, value)) =
                    self.class(heir).attributes.iter().rev().find(|(own, _)| *own == name)
                {
                    let body = Site { unit: heir.unit, function: self.class(heir).parent };
                    said.extend(self.resolve_within(value, body, left));
                }
            }
            if !said.is_empty() {
                found.retain(|it| !matches!(it, Definition::Value(Expr { kind: Kind::Null, .. }, _)));
            }
            found.extend(said);
        }
        found
    }

    /// The records of attributes with which a component is shown: `<Poller url="/x"/>` for `this.props`.
    fn given_props(&self, id: ClassId, left: u32) -> Vec<Definition<'p>> {
        let shown = self.script_calls_into(id.unit, self.class(id).name).into_iter();
        let shown = shown.filter(|call| call.call.form == CallForm::Element && !self.is_test(call.site.unit));
        let own = shown.filter(|call| {
            let means = self.resolve_within(&call.call.callee, call.site, left.min(8));
            means.iter().any(|it| matches!(it, Definition::Class(class) if *class == id))
        });
        own.filter_map(|call| Some(Definition::Value(call.call.positional(0)?, call.site))).collect()
    }

    /// What the methods assign to `self.name`.
    fn assigned(&self, id: ClassId, name: &str, left: u32) -> Vec<Definition<'p>> {
        let mut found = Vec::new();
        for method in &self.class(id).methods {
            let site = Site { unit: id.unit, function: *method };
            for (place, value) in &self.scope(site).places {
                let Kind::Member(object, attribute) = &place.kind else { continue };
                if *attribute == name && self.is_self(object, site) && !std::ptr::eq(*place, *value) {
                    found.extend(self.resolve_within(value, site, left));
                }
            }
        }
        found
    }

    fn is_self(&self, object: &Expr<'p>, method: Site) -> bool {
        let Kind::Name(name) = object.kind else { return false };
        let first = self.function(method).parameters.first();
        if self.is_python(method.unit) {
            first.is_some_and(|first| first.name() == name)
        } else {
            name == "this"
        }
    }

    fn is_getter(&self, method: Site) -> bool {
        self.function(method)
            .decorators
            .iter()
            .any(|decorator| matches!(decorator.last_name(), "property" | "cached_property"))
    }

    /// The classes that name a class as their base.
    pub fn heirs(&self, id: ClassId) -> Vec<ClassId> {
        let by_base = self.heirs.get_or_init(|| {
            let mut found: HashMap<&'p str, Vec<ClassId>> = HashMap::new();
            for heir in self.class_ids(0..self.units.len()) {
                let class = self.class(heir);
                for base in &class.bases {
                    // `type("Rows", (cls,), {})` in a method of the class.
                    let around = Site { unit: heir.unit, function: class.parent };
                    let own = self.class_of(around).filter(|_| base.is_name("cls"));
                    let name = own.map_or(base.last_name(), |own| self.class(own).name);
                    found.entry(name).or_default().push(heir);
                }
            }
            found
        });
        let named = by_base.get(self.class(id).name).into_iter().flatten().copied();
        named.filter(|heir| *heir != id && self.bases(*heir, 4).contains(&id)).collect()
    }

    /// The classes that descend from a class, itself not among them.
    fn descendants(&self, id: ClassId) -> Vec<ClassId> {
        let mut found = self.heirs(id);
        let mut next = 0;
        while let Some(heir) = found.get(next).copied().filter(|_| found.len() <= 32) {
            let more = self.heirs(heir).into_iter().filter(|more| *more != id && !found.contains(more));
            let more: Vec<ClassId> = more.collect();
            found.extend(more);
            next += 1;
        }
        found
    }

    pub fn own_method(&self, id: ClassId, name: &str) -> Option<Site> {
        let module = self.module(id.unit);
        let methods = &self.class(id).methods;
        let found = methods.iter().rev().find(|method| module.functions[**method].name == name)?;
        Some(Site { unit: id.unit, function: *found })
    }

    /// A method of the class or of its bases in the tree.
    pub fn method(&self, id: ClassId, name: &str) -> Option<Site> {
        let mut queue = vec![id];
        let mut seen = Vec::new();
        while let Some(class) = queue.pop() {
            if seen.contains(&class) {
                continue;
            }
            seen.push(class);
            if let Some(method) = self.own_method(class, name) {
                return Some(method);
            }
            queue.extend(self.bases(class, super::resolve::FARTHEST));
        }
        None
    }

    fn bases(&self, id: ClassId, left: u32) -> Vec<ClassId> {
        let class = self.class(id);
        let site = Site { unit: id.unit, function: class.parent };
        let definitions = class.bases.iter().flat_map(|base| self.resolve_within(base, site, left));
        definitions
            .filter_map(|base| match base {
                Definition::Class(base) if base != id => Some(base),
                _ => None,
            })
            .collect()
    }

    /// The classes of the tree that a class descends from, itself first, and the names of those outside.
    pub fn ancestry(&self, id: ClassId) -> (Vec<ClassId>, Vec<String>) {
        let (mut classes, mut outside) = (vec![id], Vec::new());
        let mut next = 0;
        while let Some(current) = classes.get(next).copied() {
            next += 1;
            let class = self.class(current);
            let site = Site { unit: current.unit, function: class.parent };
            for base in &class.bases {
                let mut known = false;
                for definition in self.resolve(base, site) {
                    match definition {
                        Definition::Class(base) if classes.len() < 32 => {
                            known = true;
                            if !classes.contains(&base) {
                                classes.push(base);
                            }
                        }
                        Definition::External(name) => {
                            known = true;
                            outside.push(name);
                        }
                        _ => {}
                    }
                }
                if !known {
                    outside.push(base.dotted());
                }
            }
        }
        (classes, outside)
    }
}

fn then<'p>(steps: &[Step<'p>], step: Step<'p>) -> Vec<Step<'p>> {
    steps.iter().copied().chain([step]).take(6).collect()
}
