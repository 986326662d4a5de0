//! Loops without an end that pause: `while True: … sleep(5)`.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind, Loop, Operator, Role};
use crate::audit::program::{Program, Site};

use super::{Shape, Timer};

pub(super) struct SleepLoop {
    pub line: u32,
    pub seconds: Vec<f64>,
}

/// What `in_function` takes for a pause.
const PAUSES: [&str; 2] = ["sleep", "wait"];

pub(super) fn find<'p>(program: &Program<'p>) -> Vec<Timer<'p>> {
    let mut found = Vec::new();
    for site in program.callers_of(PAUSES).into_iter().filter(|site| program.is_python(site.unit)) {
        if program.is_test(site.unit) {
            continue;
        }
        for pause in in_function(program, site) {
            let name = program.name(site);
            let name = if name.is_empty() { "(top level)" } else { name };
            let class = program.class_of(site).map(|class| program.class(class).name);
            let symbol = class.map_or(name.to_owned(), |class| format!("{class}.{name}"));
            // `async for row in changes()` runs whenever the generator that pauses gives something.
            let takers = program.function(site).is_generator.then(|| program.python_calls(name));
            let takers = takers.into_iter().flatten().filter(|call| {
                call.site != site && program.functions(&call.call.callee, call.site).contains(&site)
            });
            found.push(Timer {
                names: vec![name.to_owned(), symbol.clone()],
                seconds: pause.seconds,
                runs: std::iter::once(site).chain(takers.map(|call| call.site)).collect(),
                ..Timer::new((site.unit, pause.line), symbol, Shape::SleepLoop)
            });
        }
    }
    found
}

/// The outermost endless loops with a pause that stand in the function itself.
pub(super) fn in_function(program: &Program<'_>, site: Site) -> Vec<SleepLoop> {
    let function = program.function(site);
    if function.role == Role::Module && function.body.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<SleepLoop> = Vec::new();
    visit::function(function, &mut |part, context| {
        let Part::Expression(Expr { kind: Kind::Call(call), .. }) = part else { return };
        let Some(outer) =
            context.loops.iter().find(|outer| outer.binding.is_none() && is_endless(&outer.head))
        else {
            return;
        };
        // A pause after an error is a retry: the loop itself runs without one.
        let Some(pause) = pause(call).filter(|_| context.handling == 0) else { return };
        let seconds = program.numbers(pause, site, None);
        match found.iter_mut().find(|known| known.line == outer.line) {
            Some(known) => {
                let new = seconds.into_iter().filter(|number| !known.seconds.contains(number));
                let new: Vec<f64> = new.collect();
                known.seconds.extend(new);
            }
            None => found.push(SleepLoop { line: outer.line, seconds }),
        }
    });
    found
}

/// How long a call pauses.
fn pause<'p>(call: &'p Call<'p>) -> Option<&'p Expr<'p>> {
    match call.callee.last_name() {
        "sleep" => call.positional(0),
        // An event's `wait(5)` pauses; a condition or a process is waited for without a time.
        "wait" => call.positional(0).or_else(|| call.keyword("timeout")),
        _ => None,
    }
}

/// The pauses of one loop.
pub(super) fn pauses<'p>(of: &'p Loop<'p>) -> Vec<&'p Expr<'p>> {
    let mut found = Vec::new();
    let mut take = |expr: &'p Expr<'p>| found.extend(expr.call().and_then(pause));
    visit::expression(&of.head, &mut take);
    visit::block(&of.body, &mut |part, context| {
        if let (Part::Expression(expr @ Expr { kind: Kind::Call(_), .. }), 0) = (part, context.handling) {
            take(expr);
        }
    });
    found
}

/// The pauses that a function always comes to, those of its endless loops aside.
pub(super) fn sure_pauses<'p>(program: &Program<'p>, site: Site) -> Vec<&'p Expr<'p>> {
    let mut found = Vec::new();
    visit::function(program.function(site), &mut |part, context| {
        let Part::Expression(expr) = part else { return };
        let is_sure = context.guards.is_empty()
            && context.loops.is_empty()
            && context.tries.is_empty()
            && context.handling == 0;
        found.extend(is_sure.then(|| expr.call().and_then(pause)).flatten());
    });
    found
}

/// `True`, a switch, or the absence of one; a comparison counts attempts or time, and ends.
pub(super) fn is_endless(head: &Expr<'_>) -> bool {
    match &head.kind {
        Kind::Bool(value) => *value,
        Kind::Number(value) => *value > 0.0,
        Kind::Name(_) | Kind::Member(..) => true,
        Kind::Call(call) => {
            matches!(
                call.callee.last_name(),
                "is_set" | "is_running" | "running" | "is_alive" | "wait" | "sleep"
            )
        }
        Kind::Await(inner) => is_endless(inner),
        Kind::Operation(Operator::Not, parts) => parts.iter().all(is_endless),
        _ => false,
    }
}
