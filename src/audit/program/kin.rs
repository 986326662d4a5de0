//! Which Python files a class of some name may come to, under that name or another one: the files in which anything
//! may descend from it.
//!
//! The other way round from `resolve`, and more generous: whatever `resolve` follows from a name to a value, from an
//! attribute, an entry or an import to what it stands for, is here a step back from the one name to the other.

use std::collections::{BTreeSet, HashSet};

use super::{Program, Site};
use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Expr, ImportNames, Kind, Operator, Pattern, StatementKind};

/// A name that stands for something under another name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Renamed<'p> {
    from: &'p str,
    to: &'p str,
    /// Other files can use it: it is no mere local variable.
    visible: bool,
}

impl<'p> Program<'p> {
    /// The Python files that hold one of these names, or a name under which one of them is known elsewhere.
    pub fn kin<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<usize>
    where
        'p: 'n,
    {
        if self.whole {
            return (0..self.units.len()).filter(|unit| self.is_python(*unit)).collect();
        }
        let mut known: HashSet<&'n str> = names.into_iter().collect();
        let mut queue: Vec<&'n str> = known.iter().copied().collect();
        let mut found = BTreeSet::new();
        while !queue.is_empty() {
            let units = self.python_with(std::mem::take(&mut queue));
            for unit in units {
                found.insert(unit);
                let other = self.other_names(unit, &known).into_iter();
                queue.extend(other.filter(|name| known.insert(name)));
            }
        }
        found.into_iter().collect()
    }

    /// The names by which a file makes what it knows by these names visible to others.
    fn other_names(&self, unit: usize, known: &HashSet<&str>) -> HashSet<&'p str> {
        let renamed = self.per_unit(unit).renamed.get_or_init(|| self.renamed(unit));
        let (mut visible, mut local) = (HashSet::new(), HashSet::new());
        loop {
            let before = (visible.len(), local.len());
            for step in renamed {
                if known.contains(step.from) || local.contains(step.from) {
                    local.insert(step.to);
                    if step.visible {
                        visible.insert(step.to);
                    }
                }
            }
            if (visible.len(), local.len()) == before {
                return visible;
            }
        }
    }

    fn renamed(&self, unit: usize) -> Vec<Renamed<'p>> {
        let module = self.module(unit);
        let mut found = Vec::new();
        for import in &module.imports {
            if let ImportNames::Named(names) = &import.names {
                let visible = import.function == 0;
                found.extend(names.iter().map(|(from, to)| Renamed { from, to, visible }));
            }
        }
        for class in &module.classes {
            class.bases.iter().for_each(|base| stands_for(base, class.name, true, false, &mut found));
            for (name, value) in &class.attributes {
                stands_for(value, name, true, false, &mut found);
                entries(value, &mut found);
            }
        }
        for (function, body) in module.functions.iter().enumerate() {
            let own = self.own_name(Site { unit, function });
            visit::function(body, &mut |part, _| match part {
                Part::Expression(expr) => {
                    if let Kind::Record(_) = expr.kind {
                        entries(expr, &mut found);
                    }
                }
                Part::Statement(statement) => match &statement.kind {
                    StatementKind::Assign { target, value, .. } => {
                        bound(target, false, &mut |name, place, part| {
                            stands_for(value, name, place || function == 0, part, &mut found);
                        });
                    }
                    StatementKind::Return(Some(value)) => stands_for(value, own, true, false, &mut found),
                    _ => {}
                },
            });
        }
        found.retain(|step| step.from != step.to && !step.to.is_empty());
        found
    }
}

/// The entries of a record, at any depth.
fn entries<'p>(expr: &'p Expr<'p>, found: &mut Vec<Renamed<'p>>) {
    visit::expression(expr, &mut |part| {
        let Kind::Record(entries) = &part.kind else { return };
        for entry in entries {
            if let Some(Expr { kind: Kind::Text(std::borrow::Cow::Borrowed(key)), .. }) = &entry.key {
                stands_for(&entry.value, key, true, false, found);
            }
        }
    });
}

/// The names that an assignment binds, and whether each is an attribute or an entry, and takes a part of the value.
fn bound<'p>(pattern: &'p Pattern<'p>, part: bool, take: &mut impl FnMut(&'p str, bool, bool)) {
    match pattern {
        Pattern::Name(name) => take(name, false, part),
        Pattern::Place(place) => match &place.kind {
            Kind::Member(_, name) => take(name, true, part),
            Kind::Index(object, key) => {
                if let Kind::Text(std::borrow::Cow::Borrowed(key)) = &key.kind {
                    take(key, true, part);
                }
                take(object.last_name(), true, part);
            }
            _ => {}
        },
        Pattern::List(parts) => parts.iter().for_each(|inner| bound(inner, true, take)),
        Pattern::Record(fields) => fields.iter().for_each(|field| bound(&field.pattern, true, take)),
        Pattern::Rest(inner) => bound(inner, true, take),
        Pattern::Hole => {}
    }
}

/// What a name is given is what one of these names means; `part`: or something inside it.
fn stands_for<'p>(value: &'p Expr<'p>, to: &'p str, visible: bool, part: bool, found: &mut Vec<Renamed<'p>>) {
    let mut on = |value: &'p Expr<'p>, part: bool| stands_for(value, to, visible, part, found);
    match &value.kind {
        // Of `a.b` it is the name `b` that was given its meaning somewhere, whatever `a` is.
        Kind::Name(from) | Kind::Member(_, from) => found.push(Renamed { from, to, visible }),
        Kind::Index(object, key) => {
            on(object, true);
            if let Kind::Text(std::borrow::Cow::Borrowed(from)) = &key.kind {
                found.push(Renamed { from, to, visible });
            }
        }
        Kind::Call(call) => {
            match (call.callee.last_name(), call.arguments.first().map(|first| &first.value.kind)) {
                ("get", Some(Kind::Text(std::borrow::Cow::Borrowed(from)))) => {
                    found.push(Renamed { from, to, visible });
                }
                // The whole of what a call gives is an object, or nothing that is known.
                _ if part => on(&call.callee, true),
                _ => {}
            }
        }
        Kind::Await(inner) | Kind::Spread(inner) => on(inner, part),
        Kind::List(parts) | Kind::Operation(Operator::Or | Operator::And, parts) => {
            parts.iter().for_each(|inner| on(inner, part));
        }
        Kind::Choice(parts) => parts.iter().for_each(|inner| on(inner, part)),
        Kind::Record(entries) => entries.iter().for_each(|entry| on(&entry.value, part)),
        _ => {}
    }
}
