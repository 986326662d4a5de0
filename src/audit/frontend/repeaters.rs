//! Functions that repeat what they are given: `usePolling(load, 5000)`, `<Refresher onTick={load}/>`. The calls
//! of such a function are the pollers, not the timer inside it.

use std::collections::BTreeSet;

use crate::audit::code::{Call, Expr};
use crate::audit::program::{Bound, CallSite, ClassId, Definition, Given, Program, Site, Step, bind, within};

use crate::audit::websocket::gates;

use super::timers::BrowserTimer;

/// A call that hands a function to be repeated.
pub(super) struct Use<'p> {
    pub call: &'p Call<'p>,
    pub site: Site,
    pub functions: BTreeSet<Site>,
    /// Milliseconds, as far as the call says.
    pub interval: Vec<f64>,
    pub delay: Option<(&'p Expr<'p>, Site)>,
    /// What is given switches the timer off.
    pub off: bool,
}

/// Helpers that hand their parameter to a helper, no deeper.
const DEEPEST: usize = 3;

/// A function's parameter that a timer calls.
#[derive(PartialEq)]
pub(super) struct Repeated<'p> {
    pub function: Site,
    pub index: usize,
    pub steps: Vec<Step<'p>>,
    /// The function puts it into a list of which the timer calls every element.
    listed: bool,
}

/// The parameters that a timer's callback calls.
pub(super) fn repeated<'p>(program: &Program<'p>, timer: &BrowserTimer<'p>) -> Vec<Repeated<'p>> {
    let mut found = Vec::new();
    if timer.is_spread {
        // `(...given) => setInterval(...given)`
        found.extend(program.resolve(timer.callback, timer.site).into_iter().filter_map(|it| match it {
            Definition::Parameter(function, index, steps) if steps.is_empty() => {
                Some(Repeated { function, index, steps: vec![Step::Index(0)], listed: false })
            }
            _ => None,
        }));
    } else {
        parameters(program, timer.callback, timer.site, &mut found, 3);
    }
    for site in program.reach(program.referred(timer.callback, timer.site)) {
        if site.unit != timer.site.unit || hears(program, site) {
            continue;
        }
        for call in program.calls_in_function(site) {
            parameters(program, &call.callee, site, &mut found, 3);
        }
    }
    found.dedup();
    // The callback's own parameters are given by the timer, not by the helper's caller.
    found.retain(|it| it.function != timer.site || it.function.function != 0);
    // `new Poller(load, 1000)` keeps the function for a method that repeats it.
    let own = |function: Site| {
        constructed(program, function).is_some_and(|class| program.class_of(timer.site) == Some(class))
    };
    found.retain(|it| it.listed || program.is_inside(timer.site, it.function) || own(it.function));
    found
}

/// It runs when a message comes, not when a timer connects anew.
fn hears(program: &Program<'_>, site: Site) -> bool {
    let listens = |call: &Call<'_>| {
        matches!(call.callee.last_name(), "addEventListener" | "on")
            && call.positional(0).and_then(Expr::literal) == Some("message")
    };
    program.function(site).label == "onmessage" || program.handed_to(site).is_some_and(listens)
}

fn parameters<'p>(
    program: &Program<'p>,
    expr: &'p Expr<'p>,
    site: Site,
    found: &mut Vec<Repeated<'p>>,
    left: u32,
) {
    let Some(left) = left.checked_sub(1) else { return };
    for definition in program.resolve(expr, site) {
        match definition {
            Definition::Parameter(function, index, steps) => {
                for given in program.given_to_callback(function, index, &steps, 8) {
                    if let Definition::Element(list, owner, steps) = given {
                        found.extend(listed(program, list, owner, &steps));
                    }
                }
                found.push(Repeated { function, index, steps, listed: false });
            }
            Definition::Element(list, owner, steps) => found.extend(listed(program, list, owner, &steps)),
            // `saved.current()`, where `saved.current = callback` or `useRef(callback)`.
            Definition::Part(value, owner, steps) if steps.last() == Some(&Step::Key("current")) => {
                for (assigned, site) in program.assigned_to_current(value, owner) {
                    parameters(program, assigned, site, found, left);
                }
                if let Some(first) = value.call().and_then(|call| call.positional(0)) {
                    parameters(program, first, owner, found, left);
                }
            }
            // `useCallback(callback)` and the like.
            Definition::Value(value, owner) => {
                if let Some(first) = value.call().and_then(|call| call.positional(0)) {
                    parameters(program, first, owner, found, left);
                }
            }
            _ => {}
        }
    }
}

/// `listeners.add(listener)`: the parameters that functions put into a list.
pub(super) fn listed<'p>(
    program: &Program<'p>,
    list: &'p Expr<'p>,
    owner: Site,
    inner: &[Step<'p>],
) -> Vec<Repeated<'p>> {
    // `jobs.values()` of a map.
    let list = match list.call().filter(|call| matches!(call.callee.last_name(), "values" | "entries")) {
        Some(call) => call.positional(0).or_else(|| call.callee.receiver()).unwrap_or(list),
        None => list,
    };
    let lists: Vec<&'p Expr<'p>> = program.values(list, owner).map(|(value, _)| value).collect();
    let mut found = Vec::new();
    for call in program.calls_of(owner.unit) {
        let place = match call.call.callee.last_name() {
            "add" | "push" | "unshift" => 0,
            "set" => 1,
            _ => continue,
        };
        let (Some(into), Some(given)) = (call.call.callee.receiver(), call.call.positional(place)) else {
            continue;
        };
        if lists.iter().any(|list| program.is_value(into, call.site, list)) {
            found.extend(program.resolve(given, call.site).into_iter().filter_map(|definition| {
                match definition {
                    Definition::Parameter(function, index, mut steps) => {
                        steps.extend(inner);
                        Some(Repeated { function, index, steps, listed: true })
                    }
                    _ => None,
                }
            }));
        }
    }
    found
}

/// The calls that give a function to be repeated.
pub(super) fn uses<'p>(
    program: &Program<'p>,
    timer: &BrowserTimer<'p>,
    parameter: &Repeated<'p>,
) -> Vec<Use<'p>> {
    let mut found = Vec::new();
    collect(program, timer, parameter, &mut Vec::new(), &mut found);
    found
}

fn collect<'p>(
    program: &Program<'p>,
    timer: &BrowserTimer<'p>,
    Repeated { function, index, steps, .. }: &Repeated<'p>,
    chain: &mut Vec<Given<'p>>,
    found: &mut Vec<Use<'p>>,
) {
    let class = constructed(program, *function);
    let name = class.map_or(program.own_name(*function), |class| program.class(class).name);
    if chain.len() >= DEEPEST {
        return;
    }
    let named = match class {
        Some(class) => made(program, class),
        None => program.script_calls_to(*function),
    };
    let mut calls: Vec<(CallSite<'p>, Option<Given<'p>>)> = Vec::new();
    match name {
        "" => {
            calls.extend(program.calls_of_made(*function).into_iter().map(|(call, made)| (call, Some(made))))
        }
        // `timers(1000).start(load)`
        _ => calls.extend(named.into_iter().map(|call| {
            let made = call.call.callee.receiver().and_then(|object| program.made_by(object, call.site));
            (call, made.filter(|(maker, ..)| program.is_inside(*function, *maker)))
        })),
    }
    for (call, made) in calls {
        if program.is_test(call.site.unit) {
            continue;
        }
        let Bound::Argument(given, done) = bind(program, call.call, *function, *index, steps) else {
            continue;
        };
        let before = chain.clone();
        chain.insert(0, (*function, call.call, call.site));
        if let Some(made) = made {
            chain.insert(0, made);
        }
        // `repeat(load)(1000)`: what is given later says how often.
        let mut later = program.calls_of_made(timer.site).into_iter();
        let later = later.find(|(_, (_, made, _))| std::ptr::eq(*made, call.call));
        chain.extend(later.map(|(later, _)| (timer.site, later.call, later.site)));
        let mut inner = Vec::new();
        parameters(program, given, call.site, &mut inner, 3);
        for parameter in &inner {
            collect(program, timer, parameter, chain, found);
        }
        let functions = program.referred_at(given, &steps[done..], call.site);
        if !functions.is_empty() {
            let interval = timer.delay.map(|delay| interval(program, (delay, timer.site), chain));
            let interval = interval.unwrap_or_default();
            let delay = call.call.arguments.get(1).map(|argument| (&argument.value, call.site));
            let around = gates::context(program, timer.call, timer.site);
            let off = within(chain, None, &mut |env| program.never_runs_in(&around, timer.site, env));
            found.push(Use { call: call.call, site: call.site, functions, interval, delay, off });
        }
        *chain = before;
    }
}

/// The class whose constructor the function is.
fn constructed(program: &Program<'_>, function: Site) -> Option<ClassId> {
    let declared = program.function(function);
    let class = declared.class.filter(|_| declared.name == "constructor")?;
    Some(ClassId { unit: function.unit, class })
}

/// The calls that make an object of a class.
fn made<'p>(program: &Program<'p>, class: ClassId) -> Vec<CallSite<'p>> {
    let named = program.script_calls_into(class.unit, program.class(class).name).into_iter();
    named.filter(|call| program.class_named(&call.call.callee, call.site) == Some(class)).collect()
}

/// What an expression is in the end, where calls (outermost first) give the parameters that it names.
pub(super) fn given<'p>(
    program: &Program<'p>,
    expr: &'p Expr<'p>,
    site: Site,
    chain: &[Given<'p>],
) -> Vec<(&'p Expr<'p>, Site)> {
    let mut found = Vec::new();
    for definition in program.resolve(expr, site) {
        let Definition::Parameter(function, index, steps) = definition else { continue };
        let Some(at) = chain.iter().rposition(|(known, ..)| *known == function) else { continue };
        let (_, call, caller) = chain[at];
        match bind(program, call, function, index, &steps) {
            Bound::Argument(value, done) if done == steps.len() => {
                found.extend(given(program, value, caller, &chain[..at]));
            }
            Bound::Argument(value, done) => {
                let wholes = program.resolve(value, caller).into_iter();
                let parts = wholes.flat_map(|whole| program.stepped(&whole, &steps[done..], caller));
                found.extend(parts.filter_map(|part| match part {
                    Definition::Value(value, owner) => Some((value, owner)),
                    _ => None,
                }));
            }
            Bound::Default(value) => found.push((value, function)),
            Bound::Unknown => {}
        }
    }
    if found.is_empty() { vec![(expr, site)] } else { found }
}

/// The numbers of a delay with the arguments of the calls that lead to it, outermost first.
pub(super) fn interval<'p>(
    program: &Program<'p>,
    (delay, site): (&'p Expr<'p>, Site),
    chain: &[Given<'p>],
) -> Vec<f64> {
    within(chain, None, &mut |env| program.numbers(delay, site, env))
}
