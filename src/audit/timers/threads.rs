//! Threads that run a loop, and delayed calls that start themselves again.

use std::collections::BTreeSet;

use crate::audit::code::{Call, Expr};
use crate::audit::program::{Definition, Program, Site};

use super::{Shape, Timer, loops};

pub(super) fn find(program: &Program<'_>) -> Vec<Timer> {
    let mut found = Vec::new();
    let production = |site: Site| !program.is_test(site.unit);
    for call in program.python_calls("Thread").iter().filter(|call| production(call.site)) {
        let target = call.call.keyword("target").or_else(|| call.call.positional(1));
        if let Some(target) = target.filter(|_| is_from(program, call.call, call.site, "threading")) {
            found.extend(thread(program, target, (call.site.unit, call.call.line), call.site));
        }
    }
    for name in ["Timer", "call_later"] {
        for call in program.python_calls(name).iter().filter(|call| production(call.site)) {
            if name == "Timer" && !is_from(program, call.call, call.site, "threading") {
                continue;
            }
            found.extend(delayed(program, call.call, call.site));
        }
    }
    found.extend(subclasses(program));
    found
}

/// The class comes from the module of this name, or from one that could not be seen.
fn is_from<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site, module: &str) -> bool {
    program
        .resolve(&call.callee, site)
        .iter()
        .any(|definition| matches!(definition, Definition::External(path) if path.starts_with(module)))
}

/// A thread is a timer if what it runs loops with a pause.
fn thread<'p>(program: &Program<'p>, target: &'p Expr<'p>, place: (usize, u32), site: Site) -> Option<Timer> {
    let runs = program.functions(target, site);
    // The loop stands in what the thread runs, or at most two calls further.
    let mut near: BTreeSet<Site> = runs.iter().copied().collect();
    for _ in 0..2 {
        let next: Vec<Site> = near.iter().flat_map(|site| program.edges(*site)).copied().collect();
        near.extend(next);
    }
    let pauses: Vec<loops::SleepLoop> =
        near.into_iter().flat_map(|site| loops::in_function(program, site)).collect();
    let seconds = pauses.first()?.seconds.clone();
    let symbol = target.last_name().to_owned();
    Some(Timer { seconds, runs, ..Timer::new(place, symbol, Shape::Thread) })
}

fn delayed<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Option<Timer> {
    let delay = call.positional(0).or_else(|| call.keyword("interval"))?;
    let target = call.positional(1).or_else(|| call.keyword("function"))?;
    let runs = program.functions(target, site);
    let again = program.reach(runs.iter().copied()).contains(&site);
    let symbol = target.last_name().to_owned();
    Some(Timer {
        seconds: program.numbers(delay, site, None),
        runs,
        ..Timer::new((site.unit, call.line), symbol, Shape::Delayed { again })
    })
}

/// `class Poller(Thread)` with a loop in `run`, started somewhere.
fn subclasses(program: &Program<'_>) -> Vec<Timer> {
    let mut found = Vec::new();
    for class in program.class_ids(program.python_units()) {
        let (_, outside) = program.ancestry(class);
        if !outside.iter().any(|base| base == "threading.Thread") || program.is_test(class.unit) {
            continue;
        }
        let Some(run) = program.own_method(class, "run") else { continue };
        let Some(pause) = loops::in_function(program, run).into_iter().next() else { continue };
        let name = program.class(class).name;
        for call in program.constructions(class) {
            found.push(Timer {
                seconds: pause.seconds.clone(),
                runs: vec![run],
                class: Some(class),
                ..Timer::new((call.site.unit, call.call.line), name, Shape::Thread)
            });
        }
    }
    found
}
