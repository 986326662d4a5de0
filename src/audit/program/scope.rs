//! What each name of a function is bound to.

use std::collections::HashMap;

use super::{Program, Site, Step};
use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Expr, ImportNames, Kind, Pattern, Role, StatementKind};

#[derive(Debug, Clone)]
pub(in crate::audit) enum Binding<'p> {
    /// A parameter, or what is taken out of it.
    Parameter(usize, Vec<Step<'p>>),
    /// A value, or what is taken out of it.
    Value(&'p Expr<'p>, Vec<Step<'p>>),
    /// One of the elements of what a loop runs over.
    Element(&'p Expr<'p>, Vec<Step<'p>>),
    Function(usize),
    Class(usize),
    /// Import index, name index; `None` for the module itself.
    Import(usize, Option<usize>),
}

#[derive(Debug, Default)]
pub(super) struct Scope<'p> {
    pub names: HashMap<&'p str, Vec<Binding<'p>>>,
    /// Values assigned to `name.current` or `self.name`: place, attribute, value.
    pub places: Vec<(&'p Expr<'p>, &'p Expr<'p>)>,
    pub stars: Vec<usize>,
}

impl<'p> Program<'p> {
    pub(super) fn scope(&self, site: Site) -> &Scope<'p> {
        self.per_unit(site.unit).scopes[site.function].get_or_init(|| self.build(site))
    }

    /// What a name may be bound to, in the innermost function that binds it.
    pub(super) fn bindings(&self, name: &str, site: Site) -> Option<(Site, &[Binding<'p>])> {
        let mut current = site;
        loop {
            if let Some(found) = self.scope(current).names.get(name) {
                return Some((current, found));
            }
            if current.function == 0 {
                return None;
            }
            current.function = self.function(current).parent;
        }
    }

    /// A function around this one has the name too: what is assigned to it may outlive this one's call.
    pub fn is_bound_around(&self, name: &str, site: Site) -> bool {
        let around = Site { function: self.function(site).parent, ..site };
        site.function != 0 && self.bindings(name, around).is_some()
    }

    /// The last value that a module gives to a name of its own.
    pub fn assigned_at_top(&self, top: Site, name: &str) -> Option<&'p Expr<'p>> {
        self.scope(top).names.get(name)?.iter().rev().find_map(|binding| match binding {
            Binding::Value(value, steps) if steps.is_empty() => Some(*value),
            _ => None,
        })
    }

    fn build(&self, site: Site) -> Scope<'p> {
        let mut scope = Scope::default();
        let function = self.function(site);
        let module = self.module(site.unit);
        for (index, parameter) in function.parameters.iter().enumerate() {
            take_apart(&parameter.pattern, &mut Vec::new(), &mut |name, steps| {
                scope.names.entry(name).or_default().push(Binding::Parameter(index, steps));
            });
        }
        if matches!(function.role, Role::Inline | Role::Method)
            && !function.name.is_empty()
            && !self.is_python(site.unit)
        {
            scope.names.entry(function.name).or_default().push(Binding::Function(site.function));
        }
        visit::function(function, &mut |part, _| {
            let statement = match part {
                Part::Statement(statement) => statement,
                Part::Expression(expr) => {
                    if let Kind::Comprehension(inner) = &expr.kind {
                        for (pattern, over) in &inner.clauses {
                            take_apart(pattern, &mut Vec::new(), &mut |name, steps| {
                                scope.names.entry(name).or_default().push(Binding::Element(over, steps));
                            });
                        }
                    }
                    return;
                }
            };
            match &statement.kind {
                StatementKind::Assign { target, value, augmented: false } => {
                    if let Pattern::Place(place) = target {
                        scope.places.push((place, value));
                    }
                    take_apart(target, &mut Vec::new(), &mut |name, steps| {
                        scope.names.entry(name).or_default().push(Binding::Value(value, steps));
                    });
                }
                StatementKind::Loop(inner) => {
                    if let Some(binding) = &inner.binding {
                        take_apart(binding, &mut Vec::new(), &mut |name, steps| {
                            scope.names.entry(name).or_default().push(Binding::Element(&inner.head, steps));
                        });
                    }
                }
                StatementKind::Function(index) => {
                    let name = module.functions[*index].name;
                    scope.names.entry(name).or_default().push(Binding::Function(*index));
                }
                StatementKind::Class(index) => {
                    let name = module.classes[*index].name;
                    scope.names.entry(name).or_default().push(Binding::Class(*index));
                }
                StatementKind::Import(index) => self.bind_import(site.unit, *index, &mut scope),
                _ => {}
            }
        });
        scope
    }

    fn bind_import(&self, unit: usize, index: usize, scope: &mut Scope<'p>) {
        let import = &self.module(unit).imports[index];
        match &import.names {
            ImportNames::Named(names) => {
                for (at, (_, local)) in names.iter().enumerate() {
                    scope.names.entry(local).or_default().push(Binding::Import(index, Some(at)));
                }
            }
            ImportNames::Whole(local) => {
                scope.names.entry(local).or_default().push(Binding::Import(index, None));
            }
            ImportNames::Dotted => {
                let first = import.module.split('.').next().unwrap_or(import.module);
                scope.names.entry(first).or_default().push(Binding::Import(index, None));
            }
            ImportNames::Star => scope.stars.push(index),
            ImportNames::Nothing => {}
        }
    }
}

/// Calls back with every name of a pattern and the way to it.
fn take_apart<'p>(
    pattern: &'p Pattern<'p>,
    steps: &mut Vec<Step<'p>>,
    found: &mut impl FnMut(&'p str, Vec<Step<'p>>),
) {
    match pattern {
        Pattern::Name(name) => found(name, steps.clone()),
        Pattern::List(parts) => {
            for (index, part) in parts.iter().enumerate() {
                steps.push(Step::Index(index));
                take_apart(part, steps, found);
                steps.pop();
            }
        }
        Pattern::Record(fields) => {
            for field in fields {
                if let Pattern::Rest(inner) = &field.pattern {
                    take_apart(inner, steps, found);
                    continue;
                }
                steps.push(Step::Key(field.key));
                take_apart(&field.pattern, steps, found);
                steps.pop();
            }
        }
        Pattern::Rest(inner) => take_apart(inner, steps, found),
        Pattern::Place(_) | Pattern::Hole => {}
    }
}
