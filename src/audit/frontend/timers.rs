//! Calls that run a function later, again and again: `setInterval`, `setTimeout` that sets itself again, a stream that
//! beats.

use crate::audit::code::{Call, Expr, Kind};
use crate::audit::program::{CallSite, Definition, Program, Site};
use crate::audit::websocket::gates;

pub(super) struct BrowserTimer<'p> {
    pub call: &'p Call<'p>,
    pub site: Site,
    pub callback: &'p Expr<'p>,
    pub delay: Option<&'p Expr<'p>>,
    /// The name of what starts it.
    pub form: &'p str,
}

/// What runs a function later, by the names that browsers give it.
const FORMS: [&str; 3] = ["setInterval", "setTimeout", "requestAnimationFrame"];

pub(super) fn find<'p>(program: &Program<'p>) -> Vec<BrowserTimer<'p>> {
    let mut found = Vec::new();
    for form in FORMS {
        found.extend(program.script_calls(form).into_iter().filter_map(|call| timer(program, call, form)));
    }
    found.extend(of_libraries(program));
    found.extend(renamed(program));
    found.extend(streams(program));
    found
}

fn timer<'p>(program: &Program<'p>, call: CallSite<'p>, form: &'p str) -> Option<BrowserTimer<'p>> {
    if program.is_test(call.site.unit) {
        return None;
    }
    let callback = call.call.positional(0)?;
    let delay = call.call.positional(1);
    let timer = BrowserTimer { call: call.call, site: call.site, callback, delay, form };
    let once = matches!(form, "setTimeout" | "requestAnimationFrame");
    (!once || (starts_again(program, &timer) && !is_retry(program, &timer))).then_some(timer)
}

/// The timers of React's effects that run once.
pub(super) fn once<'p>(program: &Program<'p>) -> Vec<BrowserTimer<'p>> {
    let (effects, calls) = (program.scripts_with(["useEffect"]), program.script_calls("setTimeout"));
    let calls = calls.into_iter().filter(|call| effects.binary_search(&call.site.unit).is_ok());
    let timers =
        calls.filter(|call| !program.is_test(call.site.unit)).filter_map(|CallSite { call, site }| {
            let callback = call.positional(0)?;
            Some(BrowserTimer { call, site, callback, delay: call.positional(1), form: "setTimeout" })
        });
    timers.filter(|timer| !is_retry(program, timer)).collect()
}

/// `setIntervalAsync(load, 1000)`, `useInterval(load, 1000)`, `new CronJob("* * * * *", load)`: functions from outside
/// of the tree that say by their name that they repeat the function they are given.
fn of_libraries<'p>(program: &Program<'p>) -> Vec<BrowserTimer<'p>> {
    let repeats = |word: &str| {
        let lower = word.to_lowercase();
        let ends = ["clear", "cancel", "stop", "remove"].iter().any(|start| lower.starts_with(start));
        word != "setInterval" && !ends && ["interval", "cron", "poll"].iter().any(|it| lower.contains(it))
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
            found.push(BrowserTimer { call, site, callback, delay, form });
        }
    }
    found
}

/// `const every = window.setInterval` and later `every(load, 1000)`.
fn renamed<'p>(program: &Program<'p>) -> Vec<BrowserTimer<'p>> {
    let mut found = Vec::new();
    for unit in program.scripts_with(["setInterval"]) {
        for call in program.calls_of(unit).filter(|call| matches!(call.call.callee.kind, Kind::Name(_))) {
            if call.call.callee.is_name("setInterval") || call.call.arguments.is_empty() {
                continue;
            }
            let is_it = program.resolve(&call.call.callee, call.site).iter().any(|definition| {
                matches!(definition, Definition::External(path) if path.rsplit('.').next() == Some("setInterval"))
            });
            found.extend(Some(call).filter(|_| is_it).and_then(|call| timer(program, call, "setInterval")));
        }
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
            found.extend(call.call.arguments.iter().map(|given| BrowserTimer {
                call: beat,
                site: call.site,
                callback: &given.value,
                delay,
                form: beat.callee.last_name(),
            }));
        }
    }
    found
}

/// The call of rxjs that makes a stream beat, behind its operators and names.
fn beat<'p>(program: &Program<'p>, source: &'p Expr<'p>, site: Site, left: u32) -> Option<&'p Call<'p>> {
    let left = left.checked_sub(1)?;
    program.resolve(source, site).into_iter().find_map(|definition| {
        let Definition::Value(value, owner) = definition else { return None };
        let call = value.call()?;
        if matches!(call.callee.last_name(), "interval" | "timer") {
            let from_rxjs = program.resolve(&call.callee, owner).iter().any(
                |definition| matches!(definition, Definition::External(path) if path.starts_with("rxjs")),
            );
            return from_rxjs.then_some(call);
        }
        beat(program, call.callee.receiver()?, owner, left)
    })
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
    let reached = program.reach(program.referred(timer.callback, timer.site));
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
