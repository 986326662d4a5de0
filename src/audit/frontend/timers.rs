//! Calls that run a function later, again and again: `setInterval`, `setTimeout` that sets itself again, a stream that
//! beats.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind, Operator, Pattern, StatementKind, entry};
use crate::audit::program::{CallSite, Definition, Program, Site, Text};
use crate::audit::websocket::gates;

pub(super) struct BrowserTimer<'p> {
    pub call: &'p Call<'p>,
    pub site: Site,
    pub callback: &'p Expr<'p>,
    /// The callback is the first of what is spread into the call: `setInterval(...given)`.
    pub is_spread: bool,
    pub delay: Option<&'p Expr<'p>>,
    /// The name of what starts it.
    pub form: &'p str,
    /// It beats a few times at most, or tells nobody: `interval(1000).pipe(take(1))`.
    pub ends: bool,
}

pub(super) const REPEATS: &str = "setInterval";

/// What runs a function later and once, by the names that browsers give it.
const ONCE: [&str; 7] = [
    "setTimeout",
    "requestAnimationFrame",
    "requestIdleCallback",
    "requestVideoFrameCallback",
    "setImmediate",
    "queueMicrotask",
    "postTask",
];

pub(super) fn find<'p>(program: &Program<'p>) -> Vec<BrowserTimer<'p>> {
    let mut found = Vec::new();
    for form in ONCE.into_iter().chain([REPEATS]) {
        found.extend(program.script_calls(form).into_iter().filter_map(|call| timer(program, call, form)));
        found.extend(renamed(program, form));
    }
    found.extend(of_libraries(program));
    found.extend(streams(program));
    found
}

fn timer<'p>(program: &Program<'p>, call: CallSite<'p>, form: &'p str) -> Option<BrowserTimer<'p>> {
    if program.is_test(call.site.unit) {
        return None;
    }
    let (callback, is_spread) = given(program, call, 0)?;
    let delay = given(program, call, 1).filter(|(_, is_spread)| !is_spread).map(|(delay, _)| delay);
    let timer =
        BrowserTimer { call: call.call, site: call.site, callback, is_spread, delay, form, ends: false };
    let once = form != REPEATS;
    (!once || (starts_again(program, &timer) && !is_retry(program, &timer))).then_some(timer)
}

/// An argument by its place, also where a list that is written out is spread into the call; `true`: what is spread is
/// not known, and holds the argument.
fn given<'p>(program: &Program<'p>, call: CallSite<'p>, place: usize) -> Option<(&'p Expr<'p>, bool)> {
    let mut before = 0;
    for argument in &call.call.arguments {
        if !argument.spread {
            if before == place {
                return Some((&argument.value, false));
            }
            before += 1;
            continue;
        }
        // What is written elsewhere has other names.
        let mut lists =
            program.values(&argument.value, call.site).filter_map(|(value, owner)| match &value.kind {
                Kind::List(items) => program.is_inside(call.site, owner).then_some(items),
                _ => None,
            });
        let Some(items) = lists.next() else { return Some((&argument.value, true)) };
        if let Some(item) = items.get(place - before) {
            return Some((item, false));
        }
        before += items.len();
    }
    None
}

impl<'p> BrowserTimer<'p> {
    /// What it runs. Of a text, `setInterval("load()", 1000)`, the functions that it names.
    pub fn functions(&self, program: &Program<'p>) -> BTreeSet<Site> {
        let mut found = program.referred(self.callback, self.site);
        for text in self.code(program) {
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
            found.extend(
                words.filter(|word| !word.is_empty()).flat_map(|word| program.labelled(self.site.unit, word)),
            );
        }
        found
    }

    /// The texts that it runs as code.
    pub fn code(&self, program: &Program<'p>) -> Vec<String> {
        let is_text = |it: &Definition<'p>| {
            let Definition::Value(value, _) = it else { return false };
            matches!(value.kind, Kind::Text(_) | Kind::Template(_) | Kind::Operation(Operator::Add, _))
        };
        let texts = || program.texts(self.callback, self.site, None);
        match program.resolve(self.callback, self.site).iter().any(is_text) {
            true => texts().iter().map(Text::with_holes).collect(),
            false => Vec::new(),
        }
    }
}

/// The timers of React's effects that run once.
pub(super) fn once<'p>(program: &Program<'p>) -> Vec<BrowserTimer<'p>> {
    let (effects, calls) = (program.scripts_with(["useEffect"]), program.script_calls("setTimeout"));
    let calls = calls.into_iter().filter(|call| effects.binary_search(&call.site.unit).is_ok());
    let timers =
        calls.filter(|call| !program.is_test(call.site.unit)).filter_map(|CallSite { call, site }| {
            let callback = call.positional(0)?;
            let (delay, form) = (call.positional(1), "setTimeout");
            Some(BrowserTimer { call, site, callback, is_spread: false, delay, form, ends: false })
        });
    timers.filter(|timer| !is_retry(program, timer)).collect()
}

/// `setIntervalAsync(load, 1000)`, `useInterval(load, 1000)`, `new CronJob("* * * * *", load)`: functions from outside
/// of the tree that say by their name that they repeat the function they are given.
fn of_libraries<'p>(program: &Program<'p>) -> Vec<BrowserTimer<'p>> {
    let repeats = |word: &str| {
        let lower = word.to_lowercase();
        let ends = ["clear", "cancel", "stop", "remove"].iter().any(|start| lower.starts_with(start));
        word != REPEATS && !ends && ["interval", "cron", "poll"].iter().any(|it| lower.contains(it))
    };
    let mut found = Vec::new();
    for form in program.words_like(repeats) {
        for CallSite { call, site } in program.script_calls(form) {
            let given = || call.arguments.iter().map(|argument| &argument.value);
            if program.is_test(site.unit) || !is_external(program, call, site) {
                continue;
            }
            let Some(callback) = given().find(|value| !program.functions(value, site).is_empty()) else {
                continue;
            };
            let delay = given().find(|value| !program.numbers(value, site, None).is_empty());
            found.push(BrowserTimer { call, site, callback, is_spread: false, delay, form, ends: false });
        }
    }
    found
}

/// `const every = window.setInterval` and later `every(load, 1000)`: the calls by other names, where a file mentions
/// the timer without calling it.
fn renamed<'p>(program: &Program<'p>, form: &'p str) -> Vec<BrowserTimer<'p>> {
    let mut given = Vec::new();
    let mut mentioning = program.scripts_with([form]);
    mentioning.retain(|unit| !program.is_test(*unit) && mentions(program, *unit, form, &mut given));
    let is_it = |call: &CallSite<'p>| {
        let callee = &call.call.callee;
        let named = |path: &str| path.rsplit('.').next() == Some(form);
        let means = |it: &Definition<'p>| match it {
            Definition::External(path) => named(path),
            // `start(setInterval)`, where `const start = (every) => every(load, 1000)`
            Definition::Parameter(function, index, steps) => {
                steps.is_empty() && given.contains(&(*function, *index))
            }
            _ => false,
        };
        callee.last_name() != form
            && !call.call.arguments.is_empty()
            && program.resolve(callee, call.site).iter().any(means)
    };
    let taking = given.iter().map(|(function, _)| function.unit);
    let near: BTreeSet<usize> = program.leading_to(mentioning).into_iter().chain(taking).collect();
    let calls = near.iter().flat_map(|unit| program.calls_of(*unit)).filter(is_it);
    calls.filter_map(|call| timer(program, call, form)).collect()
}

/// The file mentions a name without calling it; `given`: the parameters that are given what has the name.
fn mentions(program: &Program<'_>, unit: usize, form: &str, given: &mut Vec<(Site, usize)>) -> bool {
    let mut found = false;
    for site in program.sites([unit]) {
        let mut called = BTreeSet::new();
        visit::function(program.function(site), &mut |part, _| match part {
            Part::Expression(expr) => {
                if let Kind::Call(call) = &expr.kind {
                    called.insert(&raw const call.callee);
                    for (place, argument) in call.arguments.iter().enumerate() {
                        if argument.value.last_name() == form && argument.value.call().is_none() {
                            let functions = program.functions(&call.callee, site).into_iter();
                            given.extend(functions.map(|function| (function, place)));
                        }
                    }
                }
                // Also by its text: `window[method]`.
                let named =
                    expr.call().is_none() && (expr.last_name() == form || expr.literal() == Some(form));
                found |= named && !called.contains(&std::ptr::from_ref(expr));
            }
            // `const { setInterval: every } = window`
            Part::Statement(statement) => {
                if let StatementKind::Assign { target: Pattern::Record(fields), .. } = &statement.kind {
                    found |= fields.iter().any(|field| field.key == form);
                }
            }
        });
    }
    found
}

/// `interval(1000).pipe(switchMap(() => load()))` of rxjs: what the stream's operators and subscribers run.
fn streams<'p>(program: &Program<'p>) -> Vec<BrowserTimer<'p>> {
    let mut found = Vec::new();
    for name in ["pipe", "subscribe", "forEach"] {
        for call in program.script_calls(name) {
            if program.is_test(call.site.unit) {
                continue;
            }
            if let Some((again, delay)) = repeated(program, call) {
                found.extend(call.call.callee.receiver().map(|callback| BrowserTimer {
                    call: again,
                    site: call.site,
                    callback,
                    is_spread: false,
                    delay,
                    form: "repeat",
                    ends: false,
                }));
            }
            let Some(beat) =
                call.call.callee.receiver().and_then(|source| beat(program, source, call.site, 6))
            else {
                continue;
            };
            let places: &[usize] = if beat.callee.last_name() == "timer" { &[1] } else { &[0] };
            let delay = places.first().and_then(|place| beat.positional(*place));
            if beat.callee.last_name() == "timer" && delay.is_none() {
                continue;
            }
            let ends = call.call.callee.receiver().is_some_and(|source| ends(program, source, call.site, 6));
            let before = |place: usize| {
                call.call.arguments[..place].iter().any(|it| is_end(program, &it.value, call.site))
            };
            found.extend(call.call.arguments.iter().enumerate().map(|(place, given)| BrowserTimer {
                call: beat,
                site: call.site,
                callback: &given.value,
                is_spread: given.spread,
                delay,
                form: beat.callee.last_name(),
                ends: ends || before(place),
            }));
        }
    }
    found
}

/// An operator behind which a stream says little or nothing: `take(1)`, `filter(() => false)`.
fn is_end<'p>(program: &Program<'p>, operator: &'p Expr<'p>, site: Site) -> bool {
    operator.call().filter(|call| is_external(program, call, site)).is_some_and(|call| {
        match call.callee.last_name() {
            "take" => call.positional(0).is_some_and(|it| matches!(it.kind, Kind::Number(_))),
            "first" | "ignoreElements" => call.arguments.is_empty(),
            "filter" | "takeWhile" => call.positional(0).is_some_and(|it| program.is_always(it, site, false)),
            _ => false,
        }
    })
}

/// A stream ends soon, behind its operators and names.
fn ends<'p>(program: &Program<'p>, source: &'p Expr<'p>, site: Site, left: u32) -> bool {
    let Some(left) = left.checked_sub(1) else { return false };
    program.results_of(source, site).any(|(call, owner)| {
        call.arguments.iter().any(|it| is_end(program, &it.value, owner))
            || call.callee.receiver().is_some_and(|source| ends(program, source, owner, left))
    })
}

/// `defer(load).pipe(repeat({ delay: 5000 }))`: the operator that asks the stream again, and its pause.
fn repeated<'p>(
    program: &Program<'p>,
    CallSite { call, site }: CallSite<'p>,
) -> Option<(&'p Call<'p>, Option<&'p Expr<'p>>)> {
    let operators = call.arguments.iter().filter_map(|given| given.value.call());
    let again =
        operators.filter(|it| it.callee.last_name() == "repeat").find(|it| is_external(program, it, site))?;
    let options = again.positional(0).and_then(Expr::entries).unwrap_or_default();
    Some((again, entry(options, "delay").map(|delay| &delay.value)))
}

/// The call of rxjs that makes a stream beat, behind its operators and names.
fn beat<'p>(program: &Program<'p>, source: &'p Expr<'p>, site: Site, left: u32) -> Option<&'p Call<'p>> {
    let left = left.checked_sub(1)?;
    program.results_of(source, site).find_map(|(call, owner)| {
        if matches!(call.callee.last_name(), "interval" | "timer") {
            return program.is_outside(&call.callee, owner, |path| path.starts_with("rxjs")).then_some(call);
        }
        beat(program, call.callee.receiver()?, owner, left)
    })
}

/// Stopped where it was set, before anything could wait for it: `clearInterval(id)` behind `id = setInterval(…)`,
/// `heard.unsubscribe()` behind `heard = interval(…).subscribe(…)`.
pub(super) fn is_stopped_at_once<'p>(program: &Program<'p>, timer: &BrowserTimer<'p>) -> bool {
    let (mut kept, mut set, mut waits, mut stopped) = (String::new(), false, false, false);
    let is_stream = matches!(timer.form, "interval" | "timer");
    // Of a stream what is kept is the subscription, at the end of the operators.
    let is_it = |expr: &'p Expr<'p>| match expr.call() {
        Some(_) if is_stream => {
            beat(program, expr, timer.site, 6).is_some_and(|call| std::ptr::eq(call, timer.call))
        }
        Some(call) => std::ptr::eq(call, timer.call),
        None => false,
    };
    visit::function(program.function(timer.site), &mut |part, context| match part {
        Part::Statement(statement) => match &statement.kind {
            StatementKind::Assign { target, value, .. } if is_it(value) => match target {
                Pattern::Name(name) => kept = (*name).to_owned(),
                Pattern::Place(place) => kept = place.dotted(),
                _ => {}
            },
            _ => {}
        },
        Part::Expression(expr) => {
            waits |= set && matches!(expr.kind, Kind::Await(_));
            set |= is_it(expr);
            let Some(call) = expr.call() else { return };
            let cleared = match call.callee.last_name() {
                "unsubscribe" if is_stream => call.callee.receiver(),
                name if name.starts_with("clear") => call.positional(0),
                _ => None,
            };
            let Some(cleared) = cleared else { return };
            let own = gates::context(program, timer.call, timer.site);
            let as_sure = context.guards.len() <= own.guards.len() && context.handling <= own.handling;
            let same = is_it(cleared) || (set && !kept.is_empty() && cleared.dotted() == kept);
            stopped |= same && as_sure && !waits;
        }
    });
    stopped
}

/// Set after an error: it asks again until it succeeds, then it ends.
fn is_retry<'p>(program: &Program<'p>, timer: &BrowserTimer<'p>) -> bool {
    let in_catch = |call: &Call<'p>| call.callee.last_name() == "catch";
    gates::context(program, timer.call, timer.site).handling > 0
        || program.handed_to(timer.site).is_some_and(in_catch)
}

fn is_external<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> bool {
    program.resolve(&call.callee, site).iter().all(|definition| matches!(definition, Definition::External(_)))
}

/// What the callback may run contains the place where it was set.
fn starts_again<'p>(program: &Program<'p>, timer: &BrowserTimer<'p>) -> bool {
    let reached = program.reach(timer.functions(program));
    let mut current = timer.site;
    loop {
        // The file's top level runs once, whatever it contains.
        if current.function == 0 {
            return false;
        }
        if reached.contains(&current) {
            return true;
        }
        current.function = program.function(current).parent;
    }
}
