//! Calls that run a function later, again and again: `setInterval`, and `setTimeout` that sets itself again.

use crate::audit::code::{Call, Expr};
use crate::audit::paths;
use crate::audit::program::{Definition, Program, Site};
use crate::audit::websocket::gates;

pub(super) struct BrowserTimer<'p> {
    pub call: &'p Call<'p>,
    pub site: Site,
    pub callback: &'p Expr<'p>,
    pub delay: Option<&'p Expr<'p>>,
    /// The name of what starts it.
    pub form: &'p str,
}

pub(super) fn find<'p>(program: &Program<'p>) -> Vec<BrowserTimer<'p>> {
    let mut found = Vec::new();
    for form in ["setInterval", "setTimeout", "useInterval", "requestInterval"] {
        for call in program.script_calls(form) {
            let path = program.path(call.site.unit);
            if program.is_python(call.site.unit) || paths::is_test(path) {
                continue;
            }
            let Some(callback) = call.call.positional(0) else { continue };
            if form == "useInterval" && !is_external(program, call.call, call.site) {
                continue;
            }
            let timer = BrowserTimer {
                call: call.call,
                site: call.site,
                callback,
                delay: call.call.positional(1),
                form,
            };
            if form != "setTimeout" || (starts_again(program, &timer) && !is_retry(program, &timer)) {
                found.push(timer);
            }
        }
    }
    found
}

/// Set after an error: it asks again until it succeeds, then it ends.
fn is_retry<'p>(program: &Program<'p>, timer: &BrowserTimer<'p>) -> bool {
    gates::context(program, timer.call, timer.site).handling > 0
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
