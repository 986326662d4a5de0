//! Listeners of events that the tree itself tells: `bus.on('tick', load)` and `bus.emit('tick')`,
//! `window.addEventListener('tick', load)` and `window.dispatchEvent(new Event('tick'))`.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::code::{Call, CallForm, Expr};
use crate::audit::program::{CallSite, ClassId, Definition, Program, Site, Text};

const LISTENING: [&str; 5] = ["on", "addListener", "addEventListener", "subscribe", "listen"];
const TELLING: [&str; 6] = ["emit", "dispatchEvent", "dispatch", "trigger", "publish", "fire"];

/// Those of them that are given the event, or its name, first; a store's `dispatch` is given an action.
pub(super) const TELLING_BY_NAME: [&str; 5] = ["emit", "dispatchEvent", "trigger", "publish", "fire"];

/// The name of an event that is told: it stands there, or the event is made with it, `new CustomEvent(name)`.
pub(super) fn told_name<'p>(first: &'p Expr<'p>) -> Option<&'p Expr<'p>> {
    first.call().map_or(Some(first), |made| made.positional(0))
}

/// The object through which an event goes.
#[derive(Debug, Clone, PartialEq)]
enum Bus<'p> {
    Made(*const Expr<'p>),
    Of(ClassId),
    Module(usize),
    Outside(String),
}

/// An event's name on an object; a name that is not known may be any.
struct Event<'p> {
    buses: Vec<Bus<'p>>,
    name: Option<String>,
}

pub(super) struct Events<'p> {
    listeners: Vec<(Event<'p>, BTreeSet<Site>)>,
    /// The functions that tell events.
    told: BTreeMap<Site, Vec<Event<'p>>>,
}

impl<'p> Events<'p> {
    pub fn of(program: &Program<'p>) -> Self {
        let calls = |names: &[&str]| {
            let all: Vec<CallSite<'p>> = names.iter().flat_map(|name| program.script_calls(name)).collect();
            all.into_iter().filter(|call| !program.is_test(call.site.unit))
        };
        let mut found = Self { listeners: Vec::new(), told: BTreeMap::new() };
        for CallSite { call, site } in calls(&TELLING) {
            if let Some(event) = event(program, call, site) {
                found.told.entry(site).or_default().push(event);
            }
        }
        for CallSite { call, site } in calls(&LISTENING).filter(|_| !found.told.is_empty()) {
            if let (Some(listener), Some(event)) = (call.positional(1), event(program, call, site)) {
                found.listeners.push((event, program.referred(listener, site)));
            }
        }
        found
    }

    /// The listeners that run when these functions run.
    pub fn of_functions(&self, reached: &BTreeSet<Site>) -> BTreeSet<Site> {
        let told = self.told.iter().filter(|(site, _)| reached.contains(site)).flat_map(|(_, told)| told);
        let hear = |told: &Event<'p>| {
            let hears = |(event, _): &&(Event<'p>, BTreeSet<Site>)| event.is(told);
            let listeners = self.listeners.iter().filter(hears);
            listeners.flat_map(|(_, functions)| functions.iter().copied()).collect::<Vec<Site>>()
        };
        told.flat_map(hear).collect()
    }
}

impl Event<'_> {
    fn is(&self, told: &Self) -> bool {
        let named = self.name.is_none() || told.name.is_none() || self.name == told.name;
        named && self.buses.iter().any(|bus| told.buses.contains(bus))
    }
}

/// The event that a call names, where it is one of this tree's own: what a socket emits goes to its server.
fn event<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Option<Event<'p>> {
    let first = call.positional(0)?;
    let buses: Vec<Bus<'p>> = match call.callee.receiver() {
        // By their bare names only the window's own: a `dispatch` may be anybody's.
        None if call.callee.last_name().contains("Event") => vec![Bus::Outside("window".to_owned())],
        None => return None,
        Some(object) => program.resolve(object, site).iter().filter_map(|it| bus(program, it)).collect(),
    };
    let name = match first.call().filter(|call| call.form == CallForm::New) {
        Some(made) => made.positional(0)?,
        None => first,
    };
    let name = match program.texts(name, site, None).as_slice() {
        [only] => Text::exact(only),
        _ => None,
    };
    (!buses.is_empty()).then_some(Event { buses, name })
}

fn bus<'p>(program: &Program<'p>, definition: &Definition<'p>) -> Option<Bus<'p>> {
    match definition {
        Definition::Value(value, owner) => {
            let callee = value.call().map(|call| &call.callee);
            let is_socket =
                callee.is_some_and(|it| program.is_outside(it, *owner, |path| path.contains("socket")));
            (!is_socket).then_some(Bus::Made(*value))
        }
        Definition::Instance(class) => Some(Bus::Of(*class)),
        Definition::Module(unit) => Some(Bus::Module(*unit)),
        Definition::External(path) => Some(Bus::Outside(path.clone())),
        _ => None,
    }
}
