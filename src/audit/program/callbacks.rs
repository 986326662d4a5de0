//! Functions that are handed on: what a callback's parameter is given, and who is given a function.

use std::collections::HashSet;

use super::resolve::{Definition, FARTHEST, Step};
use super::{Bound, CallSite, ClassId, Given, Program, Site, bind};
use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind};

/// Methods of lists that give each element to a function, first.
pub(super) const EACH: [&str; 10] =
    ["map", "forEach", "flatMap", "filter", "find", "some", "every", "findLast", "each", "mapSeries"];

impl<'p> Program<'p> {
    /// What a callback's parameter is given: an element of the list that is gone over, or what a function of the
    /// tree calls its own parameter with.
    pub fn given_to_callback(
        &self,
        function: Site,
        index: usize,
        steps: &[Step<'p>],
        left: u32,
    ) -> Vec<Definition<'p>> {
        let Some(left) = left.checked_sub(2) else { return Vec::new() };
        let Some((call, place, site)) = self.per_unit(function.unit).handed.get(&function.function).copied()
        else {
            return Vec::new();
        };
        let name = call.callee.last_name();
        let list = call.callee.receiver();
        if place == 0 && EACH.contains(&name) && index == 0
            || place == 0 && matches!(name, "reduce" | "reduceRight") && index == 1
        {
            return list
                .map(|list| vec![Definition::Element(list, site, steps.to_vec())])
                .unwrap_or_default();
        }
        if name == "from" && place == 1 && index == 0 {
            return call
                .positional(0)
                .map(|list| vec![Definition::Element(list, site, steps.to_vec())])
                .unwrap_or_default();
        }
        let mut found = Vec::new();
        for callee in self.resolve_within(&call.callee, site, left) {
            let Definition::Function(callee) = callee else { continue };
            self.called_with(callee, place, index, &mut |given, inside| {
                let whole = self.resolve_within(given, inside, left);
                found.extend(self.steps(whole, steps, inside, left));
            });
        }
        found
    }

    /// The methods of this name of the objects that a function's callers give it.
    pub(super) fn methods_of_given(&self, function: Site, index: usize, method: &'p str) -> Vec<Site> {
        let name = self.function(function).name;
        if name.is_empty() || !self.method_names().contains(method) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for call in self.python_calls(name).iter().filter(|call| !self.is_test(call.site.unit)) {
            if !self.functions_within(&call.call.callee, call.site, 6, 1).contains(&function) {
                continue;
            }
            let Bound::Argument(given, 0) = bind(self, call.call, function, index, &[]) else { continue };
            for definition in self.resolve_within(given, call.site, 8) {
                if let Definition::Instance(class) = definition {
                    found.extend(self.method(class, method));
                }
            }
        }
        found
    }

    /// The names of all methods in Python.
    fn method_names(&self) -> &HashSet<&'p str> {
        self.method_names.get_or_init(|| {
            let classes = self.class_ids(self.python_units());
            let methods = classes.flat_map(|id| self.class(id).methods.iter().map(move |it| (id.unit, *it)));
            methods.map(|(unit, function)| self.function(Site { unit, function }).name).collect()
        })
    }

    /// The call that a function is written in as an argument.
    pub fn handed_to(&self, function: Site) -> Option<&'p Call<'p>> {
        self.per_unit(function.unit).handed.get(&function.function).map(|(call, ..)| *call)
    }

    /// The calls that are given a function by its name, where it is written or in files that may import it.
    pub fn handed_by_name(&self, function: Site) -> Vec<(&'p Call<'p>, Site)> {
        let name = self.own_name(function);
        if name.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let near = self.leading_to([function.unit]);
        for unit in self.scripts_with([name]).into_iter().filter(|unit| near.contains(unit)) {
            for call in self.calls_of(unit) {
                let given = call.call.arguments.iter().any(|given| {
                    given.value.last_name() == name
                        && self.functions_within(&given.value, call.site, 6, 2).contains(&function)
                });
                if given {
                    found.push((call.call, call.site));
                }
            }
        }
        found.sort_by_key(|(call, site)| (site.unit, call.line));
        found
    }

    /// The calls of a nameless function that a function gives back, each with the call that made it:
    /// `every(1000)(load)`, `const fast = every(1000)` and `fast(load)`.
    pub fn calls_of_made(&self, function: Site) -> Vec<(CallSite<'p>, Given<'p>)> {
        let maker = self.owner(function);
        if maker == function
            || maker.function == 0
            || !self.returns(maker).iter().any(|it| gives(it, function))
        {
            return Vec::new();
        }
        let mut found = Vec::new();
        for made in self.script_calls_into(maker.unit, self.own_name(maker)) {
            if !self.functions(&made.call.callee, made.site).contains(&maker) {
                continue;
            }
            let is_it = |callee: &'p Expr<'p>, site: Site| {
                let written = callee.call().is_some_and(|call| std::ptr::eq(call, made.call));
                written
                    || self
                        .origins(callee, site)
                        .iter()
                        .any(|(value, _)| value.call().is_some_and(|call| std::ptr::eq(call, made.call)))
            };
            let near = self.leading_to([made.site.unit]);
            let calls = near.iter().flat_map(|unit| self.calls_of(*unit));
            let own = calls.filter(|call| matches!(call.call.callee.kind, Kind::Name(_) | Kind::Call(_)));
            found.extend(
                own.filter(|call| is_it(&call.call.callee, call.site))
                    .map(|call| (call, (maker, made.call, made.site))),
            );
        }
        found.sort_by_key(|(call, _)| (call.site.unit, call.call.line));
        found
    }

    /// The calls that give a class's constructor its arguments: `new Client("/fleet")`, and `super("/fleet")` in the
    /// classes that descend from it.
    pub(super) fn makers(&self, class: ClassId, left: u32) -> Vec<CallSite<'p>> {
        let python = self.is_python(class.unit);
        let own_constructor =
            |id| self.own_method(id, if python { "__init__" } else { "constructor" }).is_some();
        let (with, without): (Vec<_>, Vec<_>) =
            self.heirs(class).into_iter().partition(|heir| own_constructor(*heir));
        let mut found = Vec::new();
        for id in without.into_iter().chain([class]) {
            let name = self.class(id).name;
            let calls = if python { self.python_calls(name) } else { self.script_calls(name) };
            found.extend(calls.into_iter().filter(|made| {
                let means = self.resolve_within(&made.call.callee, made.site, left);
                means.iter().any(|it| matches!(it, Definition::Class(own) if *own == id))
            }));
        }
        for heir in with {
            let calls = self.calls_of(heir.unit).filter(|call| self.class_of(call.site) == Some(heir));
            found.extend(calls.filter(|CallSite { call, .. }| match call.callee.receiver() {
                Some(receiver) => {
                    call.callee.last_name() == "__init__"
                        && receiver.call().is_some_and(|it| it.callee.is_name("super"))
                }
                None => call.callee.is_name("super") && !python,
            }));
        }
        found
    }

    /// The calls that make objects with this constructor, where each object is only used in the function that makes it;
    /// `None` where one is kept.
    pub fn made_to_be_used(&self, constructor: Site) -> Option<Vec<CallSite<'p>>> {
        let class =
            self.function(constructor).class.filter(|_| self.function(constructor).name == "__init__")?;
        let mut makers = self.makers(ClassId { unit: constructor.unit, class }, FARTHEST);
        makers.retain(|made| !self.is_test(made.site.unit));
        let is_asked = |made: &CallSite<'p>, call: &'p Call<'p>| {
            let is_it = |it: &Expr<'p>| it.call().is_some_and(|it| std::ptr::eq(it, made.call));
            let asked = call.callee.receiver();
            asked.is_some_and(|it| {
                is_it(it) || self.origins(it, made.site).iter().any(|(value, _)| is_it(value))
            })
        };
        let is_used = |made: &CallSite<'p>| {
            made.site.function != 0
                && self.calls_in_function(made.site).into_iter().any(|call| is_asked(made, call))
        };
        (!makers.is_empty() && makers.iter().all(is_used)).then_some(makers)
    }

    /// The arguments with which a function calls one of its parameters.
    fn called_with(
        &self,
        function: Site,
        parameter: usize,
        argument: usize,
        found: &mut impl FnMut(&'p Expr<'p>, Site),
    ) {
        let Some(declared) = self.function(function).parameters.get(parameter) else { return };
        let name = declared.name();
        if name.is_empty() {
            return;
        }
        let Some(calls) = self.per_unit(function.unit).calls.get(name) else { return };
        for call in calls.iter().filter(|call| self.is_inside(call.site, function)) {
            if call.call.callee.is_name(name)
                && let Some(given) = call.call.positional(argument)
            {
                found(given, call.site);
            }
        }
    }
}

fn gives(value: &Expr<'_>, function: Site) -> bool {
    visit::any(value, |part| matches!(part.kind, Kind::Function(index) if index == function.function))
}

/// The functions written as arguments of calls, each with the call, its place among the arguments, and where the
/// call stands; what is called on the spot is `None` here.
pub(super) fn handed<'p>(
    module: &'p crate::audit::code::Module<'p>,
    unit: usize,
) -> std::collections::HashMap<usize, (&'p Call<'p>, usize, Site)> {
    let mut found = std::collections::HashMap::new();
    for (function, body) in module.functions.iter().enumerate() {
        let site = Site { unit, function };
        visit::function(body, &mut |part, _| {
            let Part::Expression(Expr { kind: Kind::Call(call), .. }) = part else { return };
            for (place, argument) in call.arguments.iter().enumerate() {
                if let Kind::Function(inner) = argument.value.kind {
                    found.insert(inner, (&**call, place, site));
                }
            }
        });
    }
    found
}
