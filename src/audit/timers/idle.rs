//! Timers that run and do nothing: they return at once, never find it time to run, or do their work behind a
//! condition that never holds.

use crate::audit::code::visit::{self, Context, Part};
use crate::audit::code::{Call, Expr, Kind, Pattern, StatementKind};
use crate::audit::program::{Program, Site};

use super::jobs::RUNS;
use super::starts::Start;
use super::{Shape, Timer};

/// Calls down to what does something.
const FARTHEST: u32 = 3;

pub(super) fn of(program: &Program<'_>, timer: &Timer<'_>) -> Start {
    if timer.shape == Shape::SleepLoop {
        return Start::Sure;
    }
    let method = |name: &str| timer.class.and_then(|class| program.method(class, name));
    if method("should_run").is_some_and(|site| program.never_says_yes(site)) {
        return Start::Never("its should_run never says yes".to_owned());
    }
    let own: Vec<Site> = RUNS.iter().filter_map(|name| method(name)).collect();
    let runs = if own.is_empty() { &timer.runs } else { &own };
    if !runs.is_empty() && runs.iter().all(|site| does_nothing(program, *site, FARTHEST)) {
        return Start::Never("what it runs does nothing".to_owned());
    }
    match runs.iter().any(|site| leaves_out(program, *site)) {
        true => Start::Unclear("a part of what it runs never runs".to_owned()),
        false => Start::Sure,
    }
}

/// Nothing of what the function would do is ever reached.
fn does_nothing<'p>(program: &Program<'p>, site: Site, left: u32) -> bool {
    let Some(left) = left.checked_sub(1) else { return false };
    let function = program.function(site);
    let (mut acts, mut asks, mut left_out) = (function.is_generator, false, false);
    let is_idle = |call: &'p Call<'p>| {
        let callees = program.functions(&call.callee, site);
        !callees.is_empty() && callees.iter().all(|it| *it != site && does_nothing(program, *it, left))
    };
    visit::function(function, &mut |part, context| match part {
        Part::Statement(statement) if is_act(&statement.kind) => {
            let idle = match &statement.kind {
                StatementKind::Expression(value) | StatementKind::Return(Some(value)) => {
                    value.call().is_some_and(is_idle)
                }
                _ => false,
            };
            match program.never_runs(context, site) {
                true => left_out = true,
                false => acts |= !idle,
            }
        }
        Part::Expression(Expr { kind: Kind::Call(call), .. }) => {
            asks |= !only_tells(&call.callee) && !program.never_runs(context, site) && !is_idle(call);
        }
        _ => {}
    });
    !acts && (left_out || !asks)
}

/// A statement that does something, and not only finds something out.
fn is_act(kind: &StatementKind<'_>) -> bool {
    let calls = |value: &Expr<'_>| {
        visit::any(value, |part| matches!(&part.kind, Kind::Call(call) if !only_tells(&call.callee)))
    };
    match kind {
        StatementKind::Expression(value) => {
            calls(value) || visit::any(value, |part| matches!(part.kind, Kind::Yield(_) | Kind::Await(_)))
        }
        StatementKind::Return(Some(value)) => calls(value),
        StatementKind::Assign { target: Pattern::Place(_), .. } => true,
        _ => false,
    }
}

/// It writes into the log.
fn only_tells(callee: &Expr<'_>) -> bool {
    let written = callee.dotted();
    let mut parts = written.split('.').filter(|part| *part != "self");
    parts.next().is_some_and(|first| {
        matches!(first, "print" | "log" | "logger" | "logging" | "LOGGER" | "LOG" | "_logger")
    })
}

/// Something in it stands behind what is written to be never so.
fn leaves_out(program: &Program<'_>, site: Site) -> bool {
    let mut found = false;
    visit::function(program.function(site), &mut |part, context| {
        if let Part::Statement(statement) = part {
            found |= is_act(&statement.kind) && is_cut_off(context);
        }
    });
    found
}

fn is_cut_off(context: &Context<'_, '_>) -> bool {
    let says = |test: &Expr<'_>| match test.kind {
        Kind::Bool(value) => Some(value),
        Kind::Number(number) => Some(number != 0.0),
        Kind::Null => Some(false),
        _ => None,
    };
    context.dead || context.guards.iter().any(|guard| says(guard.test) == Some(!guard.holds))
}
