//! Threads that run a loop, and delayed calls that start themselves again.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind, Pattern, Statement, StatementKind};
use crate::audit::program::{CallSite, Program, Site};

use super::{Shape, Start, Timer, jobs, loops};

pub(super) fn find<'p>(program: &Program<'p>) -> Vec<Timer<'p>> {
    let mut found = Vec::new();
    let production = |site: Site| !program.is_test(site.unit);
    for call in program.python_calls("Thread").iter().filter(|call| production(call.site)) {
        let target = call.call.keyword("target").or_else(|| call.call.positional(1));
        if let Some(target) = target.filter(|_| is_from(program, call.call, call.site, "threading")) {
            let timer = thread(program, target, (call.site.unit, call.call.line), call.site);
            found.extend(timer.map(|timer| Timer { started_by: Some(*call), ..timer }));
        }
    }
    let agendas = program.python_with(["sched"]);
    for (name, place) in [("Timer", 1), ("call_later", 1), ("enter", 2), ("enterabs", 2)] {
        for call in program.python_calls(name).iter().filter(|call| production(call.site)) {
            let is_timer = match name {
                "Timer" => is_from(program, call.call, call.site, "threading"),
                "call_later" => true,
                // Of `sched.scheduler`, not of a context manager.
                _ => agendas.binary_search(&call.site.unit).is_ok(),
            };
            found.extend(is_timer.then(|| delayed(program, call.call, call.site, place)).flatten());
        }
    }
    for call in TASKS.iter().flat_map(|name| program.python_calls(name)).filter(|call| production(call.site))
    {
        found.extend(task(program, call.call, call.site));
    }
    found.extend(subclasses(program));
    found
}

/// What starts a coroutine beside others.
const TASKS: [&str; 3] = ["create_task", "ensure_future", "start_soon"];

/// `asyncio.create_task(beat(1.0, push))`: a loop that runs what it is given, for which the task stands.
fn task<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Option<Timer<'p>> {
    let made = call.positional(0)?.call()?;
    let given = made.arguments.iter().flat_map(|argument| program.functions(&argument.value, site));
    let given: Vec<Site> = given.collect();
    let mut timer =
        thread(program, &made.callee, (site.unit, call.line), site).filter(|_| !given.is_empty())?;
    timer.runs.extend(given);
    Some(timer)
}

/// What runs what it is given, once it is started.
const STARTED: [&str; 3] = ["Thread", "Process", "Timer"];

/// Whether the thread that a call makes, or in which it is made, is started.
pub(super) fn started(program: &Program<'_>, made: CallSite<'_>) -> Start {
    let CallSite { call, site } = made;
    let name = call.callee.last_name();
    let is_thread = |it: &&Call<'_>| {
        let is_given = || it.arguments.iter().any(|given| given.value.last_name() == name);
        let is_here = std::ptr::eq(*it, call) || (it.line == call.line && is_given());
        STARTED.contains(&it.callee.last_name()) && is_here
    };
    match program.calls_in_function(site).into_iter().find(is_thread) {
        Some(thread) if is_left_alone(program, thread, site) => {
            Start::Never(format!("nothing starts the thread of line {}", call.line))
        }
        _ => Start::Sure,
    }
}

/// A thread that its function makes, and neither starts nor hands to anything that could.
fn is_left_alone(program: &Program<'_>, thread: &Call<'_>, site: Site) -> bool {
    let is_it = |expr: &Expr<'_>| expr.call().is_some_and(|call| std::ptr::eq(call, thread));
    let (mut name, mut is_dropped, mut uses) = (None, false, 0);
    visit::function(program.function(site), &mut |part, _| {
        let Part::Statement(statement) = part else { return };
        match &statement.kind {
            StatementKind::Expression(value) => is_dropped |= is_it(value),
            StatementKind::Assign { target: Pattern::Name(target), value, .. } if is_it(value) => {
                name = Some(*target);
            }
            _ => {}
        }
    });
    let Some(name) = name.filter(|_| site.function != 0) else { return is_dropped };
    visit::function(program.function(site), &mut |part, _| match part {
        // `beat.daemon = True` and `beat.join()` start nothing.
        Part::Statement(Statement {
            kind: StatementKind::Assign { target: Pattern::Place(place), .. },
            ..
        }) if place.receiver().is_some_and(|it| it.is_name(name)) => {
            uses -= 1;
        }
        Part::Expression(Expr { kind: Kind::Member(of, "join" | "daemon" | "name"), .. })
            if of.is_name(name) =>
        {
            uses -= 1;
        }
        Part::Expression(expr) if expr.is_name(name) => uses += 1,
        _ => {}
    });
    uses <= 0
}

/// The class comes from the module of this name, or from one that could not be seen.
fn is_from<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site, module: &str) -> bool {
    program.is_outside(&call.callee, site, |path| path.starts_with(module))
}

/// A thread is a timer if what it runs loops with a pause.
fn thread<'p>(
    program: &Program<'p>,
    target: &'p Expr<'p>,
    place: (usize, u32),
    site: Site,
) -> Option<Timer<'p>> {
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

fn delayed<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site, place: usize) -> Option<Timer<'p>> {
    let named = |names: [&str; 2]| names.iter().find_map(|name| call.keyword(name));
    let delay = call.positional(0).or_else(|| named(["interval", "delay"]))?;
    let target = call.positional(place).or_else(|| named(["function", "action"]))?;
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
fn subclasses<'p>(program: &Program<'p>) -> Vec<Timer<'p>> {
    let mut found = Vec::new();
    for class in program.class_ids(program.python_units()) {
        let (_, outside) = program.ancestry(class);
        let is_thread = |base: &String| matches!(base.as_str(), "threading.Thread" | "threading.Timer");
        if !outside.iter().any(is_thread) || program.is_test(class.unit) {
            continue;
        }
        let Some(run) = program.own_method(class, "run") else { continue };
        let Some(pause) = loops::in_function(program, run).into_iter().next() else { continue };
        let name = program.class(class).name;
        for call in program.constructions(class) {
            let given = call.call.arguments.iter().flat_map(|it| program.functions(&it.value, call.site));
            let seconds = match pause.seconds.is_empty() {
                true => jobs::positional_number(program, call.call, call.site),
                false => pause.seconds.clone(),
            };
            found.push(Timer {
                seconds,
                runs: std::iter::once(run).chain(given).collect(),
                class: Some(class),
                started_by: Some(call),
                ..Timer::new((call.site.unit, call.call.line), name, Shape::Thread)
            });
        }
    }
    found
}
