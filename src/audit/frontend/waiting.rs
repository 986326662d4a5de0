//! Loops of the browser that ask, wait, and ask again: `while (!stopped) { await load(); await sleep(1000) }`.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind, Loop, Operator, Statement, StatementKind};
use crate::audit::program::{CallSite, Definition, Env, Program, Site, is_only_asked};

pub(super) struct WaitingLoop<'p> {
    pub site: Site,
    pub line: u32,
    /// A loop, or a function that calls itself.
    looped: bool,
    /// What it goes over, which may ask by itself.
    over: Option<&'p Expr<'p>>,
    /// What the loop runs.
    pub functions: BTreeSet<Site>,
    /// The calls that stand in the loop itself.
    pub calls: Vec<&'p Call<'p>>,
    pub milliseconds: Vec<f64>,
    /// Where the pause says how long it is.
    pub delay: Delay<'p>,
}

const PAUSES: [&str; 5] = ["sleep", "delay", "wait", "pause", "timeout"];

pub(super) fn find<'p>(program: &Program<'p>) -> Vec<WaitingLoop<'p>> {
    let mut found: Vec<WaitingLoop<'p>> = Vec::new();
    let own = pausing(program);
    let pauses = program.words_like(|word| word == "Promise" || is_pause(word) || own.contains(word));
    found.extend(chains(program, &pauses));
    for site in program.callers_of(pauses) {
        if program.is_python(site.unit) || program.is_test(site.unit) {
            continue;
        }
        visit::function(program.function(site), &mut |part, context| {
            let Part::Expression(Expr { kind: Kind::Await(inner), .. }) = part else { return };
            let call = inner.call().filter(|_| context.handling == 0);
            let Some(delay) = call.and_then(|call| pause(program, call, site)) else { return };
            let outer = context.loops.iter().find(|outer| is_endless(outer));
            // Without a loop the function has to call itself in the end.
            let line = outer.map_or(program.function(site).line, |outer| outer.line);
            let known = found.iter().any(|it| it.site == site && it.line == line);
            if known || (outer.is_none() && !calls_itself(program, site)) {
                return;
            }
            let milliseconds = delay.map(|(delay, site)| program.numbers(delay, site, None));
            let (functions, calls, looped) = (BTreeSet::new(), Vec::new(), outer.is_some());
            let milliseconds = milliseconds.unwrap_or_default();
            let over = None;
            found.push(WaitingLoop { site, line, looped, over, functions, calls, milliseconds, delay });
        });
    }
    found.extend(beats(program));
    for waiting in &mut found {
        let mut silent = Vec::new();
        visit::function(program.function(waiting.site), &mut |part, context| {
            let Part::Expression(expr) = part else { return };
            let over = waiting.over.is_some_and(|over| visit::any(over, |part| std::ptr::eq(part, expr)));
            if is_only_asked(expr, &mut silent) || over {
                return;
            }
            if !waiting.looped || context.loops.iter().any(|outer| outer.line == waiting.line) {
                waiting.functions.extend(program.referred(expr, waiting.site));
                waiting.calls.extend(expr.call());
            }
        });
    }
    found
}

/// The functions of the tree that only wait: `const later = (ms) => new Promise((done) => setTimeout(done, ms))`.
fn pausing<'p>(program: &Program<'p>) -> BTreeSet<&'p str> {
    let made = program.script_calls("Promise").into_iter();
    let waits = made.filter(|made| pause(program, made.call, made.site).is_some());
    let names = waits.map(|made| program.own_name(made.site));
    names.filter(|name| !name.is_empty()).collect()
}

/// `const loop = () => load().then(() => sleep(1000)).then(loop)`
fn chains<'p>(program: &Program<'p>, pauses: &[&'p str]) -> Vec<WaitingLoop<'p>> {
    let mut found: Vec<WaitingLoop<'p>> = Vec::new();
    let waiting: Vec<CallSite<'p>> = pauses.iter().flat_map(|name| program.script_calls(name)).collect();
    let then = ["then", "finally"].into_iter().flat_map(|name| program.script_calls(name));
    for CallSite { call, site } in then.filter(|it| !program.is_test(it.site.unit)) {
        let Some(given) = call.positional(0) else { continue };
        for again in program.functions(given, site).into_iter().filter(|it| program.is_inside(site, *it)) {
            let inside = |it: &&CallSite<'p>| program.is_inside(it.site, again);
            let delay = waiting.iter().filter(inside).find_map(|it| pause(program, it.call, it.site));
            if let Some(delay) = delay.filter(|_| !found.iter().any(|it| it.site == again)) {
                let (functions, calls, line) = (BTreeSet::new(), Vec::new(), program.function(again).line);
                let milliseconds = delay.map(|(delay, site)| program.numbers(delay, site, None));
                let (milliseconds, looped, over) = (milliseconds.unwrap_or_default(), false, None);
                let site = again;
                found.push(WaitingLoop { site, line, looped, over, functions, calls, milliseconds, delay });
            }
        }
    }
    found
}

/// `for await (const _ of ticks(1000)) { await load() }`, where what is gone over waits between its elements.
fn beats<'p>(program: &Program<'p>) -> Vec<WaitingLoop<'p>> {
    let mut found = Vec::new();
    let mut units = program.scripts_with(["await"]);
    units.retain(|unit| program.units[*unit].text.contains("for await") && !program.is_test(*unit));
    for site in program.sites(units) {
        visit::function(program.function(site), &mut |part, _| {
            let Part::Statement(Statement { kind: StatementKind::Loop(inner), .. }) = part else { return };
            if inner.binding.is_none() {
                return;
            }
            // Also handed to what only passes the beats on: `answers(every(1000), load)`.
            let mut written = Vec::new();
            visit::expression(&inner.head, &mut |part| written.push(part));
            let named = |part: &'p Expr<'p>| match part.kind {
                Kind::Name(_) => program.origins(part, site),
                _ => vec![(part, site)],
            };
            let mut beats =
                written.iter().flat_map(|part| named(part).into_iter().map(move |it| (*part, it)));
            let beat =
                beats.find_map(|(part, (made, owner))| Some((part, beat(program, made.call()?, owner)?)));
            if let Some((over, (delay, milliseconds))) = beat {
                let (functions, calls, line) = (BTreeSet::new(), Vec::new(), inner.line);
                let (looped, over) = (true, Some(over));
                found.push(WaitingLoop { site, line, looped, over, functions, calls, milliseconds, delay });
            }
        });
    }
    found
}

/// Where a delay is written, if it is known.
type Delay<'p> = Option<(&'p Expr<'p>, Site)>;

/// The pause of what is made by a call to be gone over: a timer of a library, or a generator of the tree that waits.
fn beat<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Option<(Delay<'p>, Vec<f64>)> {
    let is_timer = |it: &Definition<'p>| {
        let Definition::External(path) = it else { return false };
        path.to_lowercase().ends_with("interval")
    };
    if program.resolve(&call.callee, site).iter().any(is_timer) {
        let delay = call.positional(0).map(|delay| (delay, site));
        return Some((delay, delay.map(|(delay, _)| program.numbers(delay, site, None)).unwrap_or_default()));
    }
    program.functions(&call.callee, site).into_iter().find_map(|function| {
        let delay = waits(program, function)?;
        let env = Env { function, call, caller: site, outer: None };
        let numbers = delay.map(|(delay, owner)| program.numbers(delay, owner, Some(&env)));
        Some((None, numbers.unwrap_or_default()))
    })
}

/// The pause in a loop without an end.
fn waits<'p>(program: &Program<'p>, site: Site) -> Option<Delay<'p>> {
    let mut found = None;
    visit::function(program.function(site), &mut |part, context| {
        let Part::Expression(Expr { kind: Kind::Await(inner), .. }) = part else { return };
        let pause = inner.call().and_then(|call| pause(program, call, site));
        found = found.or(pause.filter(|_| context.loops.iter().any(|outer| is_endless(outer))));
    });
    found
}

/// A function that calls itself as it was called: with other arguments it goes on to something else, and in the
/// handling of an error it only tries again.
fn calls_itself(program: &Program<'_>, site: Site) -> bool {
    let mut found = false;
    let is_own = |name: &str| program.function(site).parameters.iter().any(|own| own.name() == name);
    let is_same = |value: &Expr<'_>| matches!(value.kind, Kind::Name(name) if is_own(name));
    visit::function(program.function(site), &mut |part, context| {
        if let Part::Expression(Expr { kind: Kind::Call(call), .. }) = part {
            let own = call.callee.last_name() == program.own_name(site) && context.handling == 0;
            let same = call.arguments.iter().all(|argument| is_same(&argument.value));
            found |= own && same && program.functions(&call.callee, site).contains(&site);
        }
    });
    found
}

fn is_pause(name: &str) -> bool {
    PAUSES.contains(&name.to_lowercase().as_str())
}

/// `await sleep(1000)`, `await new Promise((done) => setTimeout(done, 1000))`: what says the milliseconds.
fn pause<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Option<Delay<'p>> {
    let name = call.callee.last_name();
    if is_pause(name) {
        return Some(call.positional(0).map(|value| (value, site)));
    }
    if name != "Promise" {
        let made = program.functions(&call.callee, site).into_iter();
        let mut made = made.flat_map(|it| program.returns(it).into_iter().map(move |value| (value, it)));
        let (delay, owner) = made.find_map(|(value, it)| {
            let promise = value.call().filter(|made| made.callee.is_name("Promise"))?;
            pause(program, promise, it)
        })??;
        return Some(Some(call.positional(0).map_or((delay, owner), |value| (value, site))));
    }
    let Kind::Function(function) = call.positional(0)?.kind else { return None };
    let inside = Site { unit: site.unit, function };
    let mut found = None;
    visit::function(program.function(inside), &mut |part, _| {
        if let Part::Expression(Expr { kind: Kind::Call(timer), .. }) = part
            && timer.callee.last_name() == "setTimeout"
        {
            found = Some(timer.positional(1).map(|value| (value, inside)));
        }
    });
    found
}

/// Runs until something stops it; a comparison counts, and ends.
fn is_endless(outer: &Loop<'_>) -> bool {
    fn open(head: &Expr<'_>) -> bool {
        match &head.kind {
            Kind::Bool(value) => *value,
            Kind::Name(_) | Kind::Member(..) => true,
            // `!stopped()`; what is asked for without `!` may run out: `queue.hasNext()`.
            Kind::Operation(Operator::Not, parts) => parts
                .iter()
                .all(|part| open(part) || part.call().is_some_and(|call| call.arguments.is_empty())),
            Kind::Operation(Operator::And, parts) => parts.iter().all(open),
            _ => false,
        }
    }
    outer.binding.is_none() && open(&outer.head)
}
