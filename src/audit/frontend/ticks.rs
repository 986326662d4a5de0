//! A shared tick: an interval that only counts, and effects elsewhere that run whenever the count changes.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, CallForm, Expr, Kind, entry};
use crate::audit::program::{CallSite, Definition, Program, Site, Step};

use super::timers::BrowserTimer;

/// A `useState` call that a timer changes.
pub(super) struct Tick<'p> {
    state: &'p Expr<'p>,
    /// The file in which it is kept.
    unit: usize,
    pub timer: usize,
}

/// Calls that run a function when one of their dependencies changes; of an element its picture.
const EFFECTS: [&str; 6] =
    ["useEffect", "useLayoutEffect", "useInsertionEffect", "useQuery", "useSWR", SOURCE];
const SOURCE: &str = "src";

/// The states that the callbacks of these timers set.
pub(super) fn of_timers<'p>(program: &Program<'p>, timers: &[BrowserTimer<'p>]) -> Vec<Tick<'p>> {
    let mut found = Vec::new();
    for (index, timer) in timers.iter().enumerate() {
        let mut sites: BTreeSet<Site> = program.reach(program.referred(timer.callback, timer.site));
        sites.insert(timer.site);
        for site in sites.iter().filter(|site| site.unit == timer.site.unit) {
            let in_callback = *site != timer.site;
            visit::function(program.function(*site), &mut |part, _| {
                if let Part::Expression(Expr { kind: Kind::Call(call), .. }) = part
                    && in_callback
                    && !stays(program, call, site.unit)
                {
                    found.extend(set(program, &call.callee, *site).map(|(state, unit)| Tick {
                        state,
                        unit,
                        timer: index,
                    }));
                }
            });
        }
        // `setInterval(forceTick, 1000)` hands the setter over without a function around it.
        found.extend(set(program, timer.callback, timer.site).map(|(state, unit)| Tick {
            state,
            unit,
            timer: index,
        }));
    }
    found
}

/// What a setter is given is what is there: `setTick((tick) => tick)`.
fn stays<'p>(program: &Program<'p>, setter: &'p Call<'p>, unit: usize) -> bool {
    let Some(given) = setter.positional(0) else { return false };
    let Kind::Function(function) = given.kind else {
        return matches!(given.kind, Kind::Number(_) | Kind::Bool(_) | Kind::Text(_) | Kind::Null);
    };
    let site = Site { unit, function };
    let own = program.function(site).parameters.first().map_or("", |first| first.name());
    let returned = program.returns(site);
    !returned.is_empty()
        && returned.iter().all(|value| match value.kind {
            Kind::Name(name) => name == own,
            _ => matches!(value.kind, Kind::Number(_) | Kind::Bool(_) | Kind::Text(_) | Kind::Null),
        })
}

/// The state whose setter the expression is, and its file.
fn set<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site) -> Option<(&'p Expr<'p>, usize)> {
    program.resolve(expr, site).into_iter().find_map(|definition| match definition {
        Definition::Part(value, owner, steps) => {
            (is_state(value) && steps == [Step::Index(1)]).then_some((value, owner.unit))
        }
        _ => None,
    })
}

pub(super) fn is_state(value: &Expr<'_>) -> bool {
    value.call().is_some_and(|call| matches!(call.callee.last_name(), "useState" | "useReducer"))
}

/// An effect that runs on a tick.
pub(super) struct Ticking<'p> {
    pub call: &'p Call<'p>,
    pub site: Site,
    pub timer: usize,
    pub functions: BTreeSet<Site>,
}

/// Those of the timers that set what makes the effect run in which they stand: it sets them again.
pub(super) fn renewed<'p>(program: &Program<'p>, timers: Vec<BrowserTimer<'p>>) -> Vec<BrowserTimer<'p>> {
    let ticks = of_timers(program, &timers);
    let stands_in = |effect: &Ticking<'p>| {
        program.reach(effect.functions.iter().copied()).contains(&timers[effect.timer].site)
    };
    let again: BTreeSet<usize> =
        effects(program, &ticks).iter().filter(|it| stands_in(it)).map(|it| it.timer).collect();
    timers.into_iter().enumerate().filter(|(at, _)| again.contains(at)).map(|(_, timer)| timer).collect()
}

/// What a query's answer changes, and what asks it anew.
const ANSWERS: [&str; 8] = [
    "data",
    "dataUpdatedAt",
    "isFetching",
    "fetchStatus",
    "isLoading",
    "isValidating",
    "fulfilledTimeStamp",
    "status",
];
const AGAIN: [&str; 6] = ["refetch", "mutate", "revalidate", "refresh", "run", "execute"];

/// Those of the timers that ask a query anew and stand in an effect that its answer makes run:
/// `useEffect(() => { setTimeout(refetch, 1000) }, [data])`.
pub(super) fn answered<'t, 'p>(
    program: &Program<'p>,
    timers: &'t [BrowserTimer<'p>],
) -> Vec<&'t BrowserTimer<'p>> {
    let of = |expr: &'p Expr<'p>, site: Site, names: &[&str]| {
        let known = program.resolve(expr, site).into_iter();
        let parts = known.filter_map(|it| match it {
            Definition::Part(value, _, steps) => {
                let named = matches!(steps.first(), Some(Step::Key(name)) if names.contains(name));
                (named && value.call().is_some()).then_some(std::ptr::from_ref(value))
            }
            _ => None,
        });
        parts.collect::<Vec<_>>()
    };
    let asks_anew = |timer: &&BrowserTimer<'p>| {
        let Some(effect) = program.handed_to(timer.site) else { return false };
        let Some(Kind::List(items)) = effect.positional(1).map(|it| &it.kind) else { return false };
        let answers: Vec<_> = items.iter().flat_map(|it| of(it, timer.site, &ANSWERS)).collect();
        let mut again = of(timer.callback, timer.site, &AGAIN);
        for function in
            program.functions(timer.callback, timer.site).into_iter().filter(|_| !answers.is_empty())
        {
            let called = program.calls_in_function(function).into_iter();
            again.extend(called.flat_map(|call| of(&call.callee, function, &AGAIN)));
        }
        EFFECTS.contains(&effect.callee.last_name()) && again.iter().any(|it| answers.contains(it))
    };
    timers.iter().filter(asks_anew).collect()
}

pub(super) fn effects<'p>(program: &Program<'p>, ticks: &[Tick<'p>]) -> Vec<Ticking<'p>> {
    let mut found = Vec::new();
    if ticks.is_empty() {
        return found;
    }
    let near = near(program, ticks);
    for name in EFFECTS {
        for call in program.calls_among(name, |unit| near.contains(&unit)) {
            if program.is_test(call.site.unit) {
                continue;
            }
            let Some(timer) = driven(program, call.call, call.site, ticks) else { continue };
            let mut functions = BTreeSet::new();
            for argument in &call.call.arguments {
                functions.extend(program.referred(&argument.value, call.site));
            }
            found.push(Ticking { call: call.call, site: call.site, timer, functions });
        }
    }
    // `<Balance key={tick}/>` is another component after each tick, whose effects run anew.
    for CallSite { call, site } in near.iter().flat_map(|unit| program.calls_of(*unit)) {
        let entries = call.positional(0).filter(|_| call.form == CallForm::Element).and_then(Expr::entries);
        let key = entries.and_then(|entries| entry(entries, "key"));
        let timer = key.and_then(|key| driving(program, &key.value, site, ticks));
        let functions = || program.referred(&call.callee, site);
        found.extend(timer.map(|timer| Ticking { call, site, timer, functions: functions() }));
    }
    found
}

/// The files from which a name can lead to one of the states: by imports, or by a context into which a file from
/// which imports lead there puts it.
fn near(program: &Program<'_>, ticks: &[Tick<'_>]) -> BTreeSet<usize> {
    let keeping = || ticks.iter().map(|tick| tick.unit);
    let near = program.leading_to(keeping());
    let provides = program.files_with(["Provider"]).iter().any(|unit| near.contains(unit));
    let asking = if provides { program.files_with(["useContext"]) } else { Vec::new() };
    program.leading_to(keeping().chain(asking))
}

/// The timer behind one of the call's dependencies.
fn driven<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site, ticks: &[Tick<'p>]) -> Option<usize> {
    let mut dependencies: Vec<&'p Expr<'p>> = Vec::new();
    for argument in &call.arguments {
        match &argument.value.kind {
            _ if call.callee.last_name() == SOURCE => {
                visit::expression(&argument.value, &mut |part| dependencies.push(part));
            }
            Kind::List(items) => dependencies.extend(items),
            Kind::Record(entries) => {
                let key = entry(entries, "queryKey").map(|entry| &entry.value);
                if let Some(Expr { kind: Kind::List(items), .. }) = key {
                    dependencies.extend(items);
                }
            }
            _ => {}
        }
    }
    dependencies.into_iter().find_map(|dependency| driving(program, dependency, site, ticks))
}

fn driving<'p>(program: &Program<'p>, value: &'p Expr<'p>, site: Site, ticks: &[Tick<'p>]) -> Option<usize> {
    let state = state_of(program, value, site, 6)?;
    ticks.iter().find(|tick| std::ptr::eq(tick.state, state)).map(|tick| tick.timer)
}

/// The state whose value the expression is: its own, a hook's result, a context's value.
fn state_of<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site, left: u32) -> Option<&'p Expr<'p>> {
    let left = left.checked_sub(1)?;
    program.resolve(expr, site).into_iter().find_map(|definition| match definition {
        Definition::Part(value, _, steps) => {
            (is_state(value) && steps.first() == Some(&Step::Index(0))).then_some(value)
        }
        Definition::Value(value, owner) => {
            let hooks = program.functions(&value.call()?.callee, owner).into_iter();
            let mut results =
                hooks.flat_map(|hook| program.returns(hook).into_iter().map(move |value| (value, hook)));
            results.find_map(|(value, hook)| state_of(program, value, hook, left))
        }
        _ => None,
    })
}
