//! Functions that are kept under another name with some of their arguments: `to_desk = partial(say, ROOM)`,
//! `const get = request.bind(null, "GET")`. A call by that name is a call of the function.

use std::collections::{BTreeSet, HashMap};

use super::scope::Binding;
use super::{CallSite, Program, Site};
use crate::audit::code::{Call, CallForm, Expr};

#[derive(Default)]
pub(super) struct Held<'p> {
    names: HashMap<Site, BTreeSet<&'p str>>,
    /// By the address of a call the one that gave the first arguments.
    before: HashMap<usize, &'p Call<'p>>,
}

pub(super) fn find<'p>(program: &Program<'p>) -> Held<'p> {
    let mut found = Held::default();
    let later = |value: &'p Expr<'p>| value.call().filter(|call| call.form == CallForm::Later);
    for unit in 0..program.units.len() {
        if program.calls_of(unit).all(|call| call.call.form != CallForm::Later) {
            continue;
        }
        let mut kept: Vec<(&'p str, &'p Call<'p>, Site)> = Vec::new();
        for site in program.sites([unit]) {
            let scope = program.scope(site);
            let named = scope.names.iter().flat_map(|(name, all)| all.iter().map(move |it| (*name, it)));
            kept.extend(named.filter_map(|(name, binding)| match binding {
                Binding::Value(value, steps) if steps.is_empty() => Some((name, later(value)?, site)),
                _ => None,
            }));
            let places = scope.places.iter();
            kept.extend(places.filter_map(|(place, value)| Some((place.last_name(), later(value)?, site))));
        }
        for class in &program.module(unit).classes {
            let body = Site { unit, function: class.parent };
            kept.extend(
                class.attributes.iter().filter_map(|(name, value)| Some((*name, later(value)?, body))),
            );
        }
        for (name, call, site) in kept {
            found.keep(program, name, call, site);
        }
    }
    found
}

impl<'p> Held<'p> {
    fn keep(&mut self, program: &Program<'p>, name: &'p str, before: &'p Call<'p>, site: Site) {
        let mut functions = program.functions(&before.callee, site);
        functions.retain(|it| program.own_name(*it) != name);
        if functions.is_empty() {
            return;
        }
        let python = program.is_python(site.unit);
        for CallSite { call, site } in program.calls_among(name, |unit| program.is_python(unit) == python) {
            let own = !std::ptr::eq(call, before)
                && program.functions(&call.callee, site).iter().any(|it| functions.contains(it));
            if own {
                self.before.insert(std::ptr::from_ref(call).addr(), before);
            }
        }
        for function in functions {
            self.names.entry(function).or_default().insert(name);
        }
    }
}

impl<'p> Program<'p> {
    /// The call that gave the first arguments of this one.
    pub fn given_before(&self, call: &'p Call<'p>) -> Option<&'p Call<'p>> {
        // `partial(Job, interval=5)()`
        let written = call.callee.call().filter(|it| it.form == CallForm::Later);
        written.or_else(|| self.held.get()?.before.get(&std::ptr::from_ref(call).addr()).copied())
    }

    /// The names by which a function may be called: its own first.
    pub fn names_of(&self, function: Site) -> Vec<&'p str> {
        let kept = self.held.get().and_then(|held| held.names.get(&function));
        std::iter::once(self.own_name(function)).chain(kept.into_iter().flatten().copied()).collect()
    }

    /// The calls of a function of a script, in scripts from which imports may lead to it.
    pub fn script_calls_to(&self, function: Site) -> Vec<CallSite<'p>> {
        let named =
            self.names_of(function).into_iter().flat_map(|name| self.script_calls_into(function.unit, name));
        named.filter(|call| self.functions(&call.call.callee, call.site).contains(&function)).collect()
    }
}
