//! Timers that run and do nothing: they return at once, never find it time to run, or do their work behind a
//! condition that never holds.

use crate::audit::code::visit::{self, Context, Part};
use crate::audit::code::{Call, Expr, Kind, Pattern, StatementKind};
use crate::audit::program::{Bound, ClassId, Definition, Program, Site, bind};

use super::conditions::{Hurdles, StandIn};
use super::jobs::RUNS;
use super::starts::Start;
use super::{Shape, Timer};

/// Calls down to what does something.
const FARTHEST: u32 = 3;

pub(super) fn of<'p>(asked: &Hurdles<'_, '_, 'p>, timer: &Timer<'p>) -> Start {
    let program = asked.program;
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
    let replaced = timer.class.map_or(Start::Sure, |class| replaced(program, class));
    let let_through =
        runs.iter().map(|site| acts(asked, *site)).min_by_key(Start::rank).unwrap_or(Start::Sure);
    let wrapped = own.iter().map(|site| wrapped(program, *site)).fold(Start::Sure, Start::and);
    let found = replaced.and(let_through).and(wrapped);
    match runs.iter().any(|site| leaves_out(program, *site)) {
        true => found.and(Start::Unclear("a part of what it runs never runs".to_owned())),
        false => found,
    }
}

/// Whether what stands around all that a function does lets it through: `if self.dry_run: return`.
fn acts<'p>(asked: &Hurdles<'_, '_, 'p>, site: Site) -> Start {
    let subject = StandIn::of("self");
    let mut best: Option<Start> = None;
    visit::function(asked.program.function(site), &mut |part, context| {
        let Part::Statement(statement) = part else { return };
        if !is_act(&statement.kind) || asked.program.never_runs(context, site) {
            return;
        }
        let tests = context.guards.iter().map(|it| asked.lets(it.test, site, it.holds, &subject));
        let way = tests.fold(Start::Sure, Start::and);
        best = Start::better_of(best.take(), way);
    });
    best.unwrap_or(Start::Sure)
}

/// `MarketMetricsJob.run = lambda self, ctx: None`
fn replaced(program: &Program<'_>, class: ClassId) -> Start {
    let units = program.python_with([program.class(class).name]).into_iter();
    let mut found = Start::Sure;
    for site in program.sites(units.filter(|unit| !program.is_test(*unit))) {
        for &(place, value) in program.places(site) {
            let Kind::Member(object, name) = &place.kind else { continue };
            if !RUNS.contains(name) || program.class_named(object, site) != Some(class) {
                continue;
            }
            let functions = program.functions(value, site);
            let idle =
                !functions.is_empty() && functions.iter().all(|it| does_nothing(program, *it, FARTHEST));
            let why = format!("its {name} is set in line {}", place.line);
            found =
                found.and(if idle && site.function == 0 { Start::Never(why) } else { Start::Unclear(why) });
        }
    }
    found
}

/// What the decorators of a function of the tree do instead of calling it.
fn wrapped(program: &Program<'_>, site: Site) -> Start {
    let function = program.function(site);
    let around = Site { unit: site.unit, function: function.parent };
    let mut found = Start::Sure;
    for decorator in &function.decorators {
        let callee = decorator.call().map_or(decorator, |call| &call.callee);
        let makers = program.functions(callee, around);
        let calls = |maker: &Site| {
            let inside = program.sites([maker.unit]).filter(|site| program.is_inside(*site, *maker));
            inside.into_iter().any(|site| calls_given(program, site, *maker, decorator.call()))
        };
        if !makers.is_empty() && !makers.iter().any(calls) {
            let why = format!("its decorator {} does not call it", callee.dotted());
            found = found.and(Start::Never(why));
        }
    }
    found
}

/// A function calls, hands on or gives back what one around it was given; what the decorator itself is called with is
/// not that.
fn calls_given<'p>(program: &Program<'p>, site: Site, maker: Site, with: Option<&'p Call<'p>>) -> bool {
    let is_given = |owner: Site, index: usize| {
        let said = with.filter(|_| owner == maker).map(|call| bind(program, call, maker, index, &[]));
        program.is_inside(owner, maker) && !matches!(said, Some(Bound::Argument(..)))
    };
    let of_it = |expr: &'p Expr<'p>, may_be_own: bool| {
        program.resolve(expr, site).iter().any(|it| match it {
            Definition::Parameter(owner, index, _) => {
                (may_be_own || *owner != site) && is_given(*owner, *index)
            }
            _ => false,
        })
    };
    let mut found = false;
    visit::function(program.function(site), &mut |part, context| {
        if found || program.never_runs(context, site) {
            return;
        }
        found = match part {
            Part::Expression(Expr { kind: Kind::Call(call), .. }) => {
                of_it(&call.callee, false) || call.arguments.iter().any(|it| of_it(&it.value, false))
            }
            Part::Statement(statement) => match &statement.kind {
                StatementKind::Return(Some(value)) => of_it(value, site == maker),
                _ => false,
            },
            Part::Expression(_) => false,
        };
    });
    found
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
pub(super) fn only_tells(callee: &Expr<'_>) -> bool {
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
