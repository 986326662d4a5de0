//! Jobs that a decorator registers, `@every(5)`, and whether what registers them keeps, starts and runs them.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind, Pattern, Role, StatementKind};
use crate::audit::program::{CallSite, Definition, Program, Site};
use crate::audit::websocket::gates;

use super::conditions::StandIn;
use super::jobs::positional_number;
use super::ways::{Lead, Leads, Trail};
use super::{Shape, Start, Timer, engines, seconds};

/// `@scheduler.scheduled_job("interval", seconds=5)`, `@periodic_task(run_every=…)`, `@job(interval=5)`.
pub(super) fn find<'p>(program: &Program<'p>) -> Vec<Timer<'p>> {
    let mut found = Vec::new();
    let timed = |name: &str| {
        let name = name.to_lowercase();
        ["job", "periodic", "schedule", "repeat", "interval", "every"].iter().any(|word| name.contains(word))
    };
    let files = program.python_with(program.words_like(timed));
    for site in program.sites(files) {
        let function = program.function(site);
        if function.role == Role::Module || program.is_test(site.unit) {
            continue;
        }
        for decorator in &function.decorators {
            let Some(call) = decorator.call() else { continue };
            if !timed(call.callee.last_name()) {
                continue;
            }
            let around = Site { unit: site.unit, function: function.parent };
            let mut interval = seconds(program, call, around);
            // `@scheduler.every(1.0)`
            let how = call.callee.last_name().to_lowercase();
            if interval.is_empty() && ["every", "repeat", "periodic"].iter().any(|word| how.contains(word)) {
                interval = positional_number(program, call, around);
            }
            // `@db_periodic_task(crontab(minute="*"))` runs again and again, however often.
            if !interval.is_empty() || how.contains("periodic") {
                let texts = call.arguments.iter().filter_map(|it| it.value.literal()).map(str::to_owned);
                found.push(Timer {
                    names: texts.chain([function.name.to_owned()]).collect(),
                    seconds: interval,
                    runs: vec![site],
                    ..Timer::new((site.unit, decorator.line), function.name, Shape::Scheduled)
                });
            }
        }
    }
    found
}

/// Whether a module that registers a timer is loaded, and its scheduler started.
pub(super) fn of<'p>(ways: &Leads<'_, '_, 'p>, timer: &Timer<'p>, walk: &mut Trail) -> Start {
    let program = ways.asked.program;
    let registration = decorator(program, timer).or(timer.started_by);
    let Some(CallSite { call, site }) = registration else { return Start::Sure };
    // What a function registers is registered where that is called.
    let loaded = match (site.function == 0).then(|| program.is_loaded(site.unit)) {
        None | Some(Some(true)) => Start::Sure,
        Some(Some(false)) => Start::Never("nothing imports its module".to_owned()),
        Some(None) => Start::Unclear("whether anything loads its module could not be followed".to_owned()),
    };
    let started = call.callee.receiver().map_or(Start::Sure, |it| is_started(ways, it, site, walk));
    let kept = match timer.started_by {
        None => is_kept(ways, call, site, walk),
        Some(_) => Start::Sure,
    };
    loaded.and(started).and(kept)
}

/// The decorator that makes a function a timer.
fn decorator<'p>(program: &Program<'p>, timer: &Timer<'p>) -> Option<CallSite<'p>> {
    let site = timer.runs.first().filter(|site| timer.started_by.is_none() && site.unit == timer.unit)?;
    let function = program.function(*site);
    let own = function.decorators.iter().find(|it| it.line == timer.line)?;
    Some(CallSite { call: own.call()?, site: Site { unit: site.unit, function: function.parent } })
}

/// Methods by which a scheduler starts.
const STARTS: [&str; 3] = ["start", "start_in_background", "run_until_stopped"];

/// Whether anything starts the scheduler of a library, and starts it so that it runs.
fn is_started<'p>(ways: &Leads<'_, '_, 'p>, scheduler: &'p Expr<'p>, site: Site, walk: &mut Trail) -> Start {
    let program = ways.asked.program;
    let is_scheduler = |call: &'p Call<'p>, owner: Site| {
        program.is_outside(&call.callee, owner, |it| it.starts_with("apscheduler"))
    };
    let made = program.results_of(scheduler, site).find(|(call, owner)| is_scheduler(call, *owner));
    let Some((made, _)) = made else { return Start::Sure };
    let (mut best, mut is_vague): (Option<Start>, bool) = (None, false);
    for CallSite { call, site } in STARTS.iter().flat_map(|name| program.python_calls(name)) {
        let Some(receiver) = call.callee.receiver().filter(|_| !program.is_test(site.unit)) else { continue };
        if !program.is_result(receiver, site, made) {
            let meant = program.resolve(receiver, site);
            is_vague |= meant.is_empty() || meant.iter().any(|it| matches!(it, Definition::Parameter(..)));
            continue;
        }
        let context = gates::context(program, call, site);
        let way = ways.to(&context, site, &StandIn::default(), walk).start.and(unpaused(program, call, site));
        best = Start::better_of(best.take(), way);
    }
    let vague = Start::Unclear("what starts its scheduler could not be followed".to_owned());
    match best {
        Some(best) if is_vague && best.rank() > vague.rank() => vague,
        Some(best) => best,
        None if is_vague => vague,
        None => Start::Never(format!("nothing starts {}", scheduler.dotted())),
    }
}

/// `scheduler.start(paused=True)`, and nothing that resumes it.
fn unpaused<'p>(program: &Program<'p>, start: &'p Call<'p>, site: Site) -> Start {
    let Some(paused) = start.keyword("paused") else { return Start::Sure };
    let resumed = program.python_calls("resume").iter().any(|call| !program.is_test(call.site.unit));
    if program.is_always(paused, site, false) || resumed {
        return Start::Sure;
    }
    let why = format!("its scheduler starts paused in line {}", start.line);
    if program.is_always(paused, site, true) { Start::Never(why) } else { Start::Unclear(why) }
}

/// Whether a decorator of the tree keeps the function, and whether what it keeps is run.
fn is_kept<'p>(ways: &Leads<'_, '_, 'p>, decorator: &'p Call<'p>, site: Site, walk: &mut Trail) -> Start {
    let program = ways.asked.program;
    let mut best: Option<Start> = None;
    for maker in program.functions(&decorator.callee, site) {
        let returned = program.returns(maker).into_iter().flat_map(|it| program.functions(it, maker));
        for inner in returned.filter(|it| *it != maker && program.is_inside(*it, maker)) {
            let way = engines::keeps_given(ways, inner, 0).and(is_run(ways, inner, walk));
            best = Start::better_of(best.take(), way);
        }
    }
    best.unwrap_or(Start::Sure)
}

/// Whether anything calls what a decorator puts into a list or a record of its module.
fn is_run<'p>(ways: &Leads<'_, '_, 'p>, decorator: Site, walk: &mut Trail) -> Start {
    let program = ways.asked.program;
    let shelves = shelves(program, decorator);
    if shelves.is_empty() {
        return Start::Sure;
    }
    let holds = |over: &'p Expr<'p>, owner: Site| {
        let list =
            over.call().map_or(over, |call| call.callee.receiver().or(call.positional(0)).unwrap_or(over));
        program
            .values(list, owner)
            .any(|(value, _)| shelves.iter().any(|(_, shelf)| std::ptr::eq(*shelf, value)))
    };
    let mut dispatches = Vec::new();
    let units = program.python_with(shelves.iter().map(|(name, _)| *name));
    for site in program.sites(units.into_iter().filter(|unit| !program.is_test(*unit))) {
        visit::function(program.function(site), &mut |part, context| {
            let Part::Expression(Expr { kind: Kind::Call(call), .. }) = part else { return };
            let of_it = |it: &Definition<'p>| match it {
                Definition::Element(over, owner, _) => holds(over, *owner),
                _ => false,
            };
            if program.resolve(&call.callee, site).iter().any(of_it) {
                dispatches.push((site, context.clone(), call.callee.dotted()));
            }
        });
    }
    let each = dispatches.iter().map(|(site, context, job)| ways.to(context, *site, &StandIn::of(job), walk));
    // Where nothing was found that runs them, something may run them all the same.
    each.reduce(Lead::or).map_or(Start::Sure, |lead| lead.start)
}

/// The lists and records, by their names, into which a decorator puts the function that it is given.
fn shelves<'p>(program: &Program<'p>, decorator: Site) -> Vec<(&'p str, &'p Expr<'p>)> {
    let function = program.function(decorator);
    let Some(job) = function.parameters.first().map(|it| it.name()) else { return Vec::new() };
    let mut found = Vec::new();
    let mut take = |list: &'p Expr<'p>| {
        found.extend(program.values(list, decorator).map(|(value, _)| (list.last_name(), value)));
    };
    visit::function(function, &mut |part, _| match part {
        Part::Statement(statement) => {
            let StatementKind::Assign { target: Pattern::Place(place), value, .. } = &statement.kind else {
                return;
            };
            if let Kind::Index(list, _) = &place.kind
                && visit::any(value, |it| it.is_name(job))
            {
                take(list);
            }
        }
        Part::Expression(Expr { kind: Kind::Call(call), .. }) => {
            let gives = call.arguments.iter().any(|it| visit::any(&it.value, |it| it.is_name(job)));
            let adds = matches!(call.callee.last_name(), "append" | "add" | "setdefault" | "insert");
            if let Some(list) = call.callee.receiver().filter(|_| gives && adds) {
                take(list);
            }
        }
        Part::Expression(_) => {}
    });
    found
}
