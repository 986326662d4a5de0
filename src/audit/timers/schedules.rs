//! Schedules written as data: celery's beat schedule.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Expr, Kind, Pattern, StatementKind, entry};
use crate::audit::operations::Celery;
use crate::audit::program::{CallSite, Program, Site, Taken, taken};

use super::{Shape, Start, Timer, by_path};

/// What such a schedule is assigned to.
const NAMES: [&str; 4] = ["CELERY_BEAT_SCHEDULE", "CELERYBEAT_SCHEDULE", "beat_schedule", "BEAT_SCHEDULE"];

pub(super) fn find<'p>(program: &Program<'p>) -> Vec<Timer<'p>> {
    let mut found = Vec::new();
    for site in program.sites(program.python_with(NAMES)) {
        if program.is_test(site.unit) {
            continue;
        }
        visit::function(program.function(site), &mut |part, _| match part {
            Part::Statement(statement) => {
                let StatementKind::Assign { target, value, .. } = &statement.kind else { return };
                match target {
                    Pattern::Name(name) if NAMES.contains(name) => {
                        whole(program, value, site, DEEPEST, &mut found)
                    }
                    // `CELERY_BEAT_SCHEDULE["push"] = {…}`
                    Pattern::Place(Expr { kind: Kind::Index(schedule, key), .. })
                        if is_schedule(schedule) =>
                    {
                        found.extend(scheduled(program, key, value, site));
                    }
                    Pattern::Place(place) if is_schedule(place) => {
                        whole(program, value, site, DEEPEST, &mut found)
                    }
                    _ => {}
                }
            }
            // `app.conf.beat_schedule.update({…})`
            Part::Expression(Expr { kind: Kind::Call(call), .. }) if call.callee.last_name() == "update" => {
                if let Some(given) =
                    call.positional(0).filter(|_| call.callee.receiver().is_some_and(is_schedule))
                {
                    whole(program, given, site, DEEPEST, &mut found);
                }
            }
            Part::Expression(_) => {}
        });
    }
    let out = taken_out(program);
    for timer in &mut found {
        timer.kept = kept(program, timer, &out);
    }
    found
}

/// Whether what the tree starts of celery is all that celery's timers need; where it starts nothing of it, something
/// else does.
pub(super) fn served(timer: &Timer<'_>, celery: Option<Celery>) -> Start {
    let is_added = |it: &CallSite<'_>| it.call.callee.last_name() == "add_periodic_task";
    let is_of_celery = timer.shape == Shape::Scheduled || timer.started_by.as_ref().is_some_and(is_added);
    match celery.filter(|_| is_of_celery) {
        Some(Celery { beat: false, .. }) => {
            Start::Unclear("celery's worker is started here, and no celery beat".to_owned())
        }
        Some(Celery { worker: false, .. }) => {
            Start::Unclear("celery beat is started here, and no worker of celery".to_owned())
        }
        _ => Start::Sure,
    }
}

fn is_schedule(expr: &Expr<'_>) -> bool {
    NAMES.contains(&expr.last_name())
}

/// Records that are spread into each other, no deeper.
const DEEPEST: u32 = 4;

/// All entries of a schedule, those that are spread into it among them.
fn whole<'p>(program: &Program<'p>, value: &'p Expr<'p>, site: Site, left: u32, found: &mut Vec<Timer<'p>>) {
    let Some(left) = left.checked_sub(1) else { return };
    match &value.kind {
        // `{f"push-{name}": {"task": f"tasks.push_{name}"} for name in NAMES}`
        Kind::Comprehension(inner) => {
            let entries = inner.element.entries().unwrap_or_default();
            found.extend(entries.iter().flat_map(|it| {
                let key = it.key.as_ref();
                key.map(|key| scheduled(program, key, &it.value, site)).unwrap_or_default()
            }));
        }
        // `beat()` of the tree
        Kind::Call(call) if !program.functions(&call.callee, site).is_empty() => {
            for function in program.functions(&call.callee, site) {
                for value in program.returns(function) {
                    whole(program, value, function, left, found);
                }
            }
        }
        // `BASE | {…}`
        Kind::Operation(_, parts) => parts.iter().for_each(|part| whole(program, part, site, left, found)),
        _ => {
            for (entries, owner) in program.records(value, site) {
                for it in entries {
                    match &it.key {
                        Some(key) => found.extend(scheduled(program, key, &it.value, owner)),
                        None => whole(program, &it.value, owner, left, found),
                    }
                }
            }
        }
    }
}

/// What is taken out of a schedule again, where, and whether that module's settings are the ones in use.
struct TakenOut<'p> {
    site: Site,
    line: u32,
    what: Taken<'p>,
    is_sure: bool,
}

fn taken_out<'p>(program: &Program<'p>) -> Vec<TakenOut<'p>> {
    let mut found = Vec::new();
    for site in program.sites(program.python_with(NAMES)).filter(|site| !program.is_test(site.unit)) {
        visit::function(program.function(site), &mut |part, context| {
            if let Some((line, what)) = taken(part, &is_schedule)
                && !context.dead
            {
                let is_sure = context.guards.is_empty() && context.tries.is_empty() && context.handling == 0;
                found.push(TakenOut { site, line, what, is_sure });
            }
        });
    }
    found
}

/// Whether an entry stays in its schedule.
fn kept<'p>(program: &Program<'p>, timer: &Timer<'p>, out: &[TakenOut<'p>]) -> Start {
    let mut found = Start::Sure;
    for it in out {
        let of_it = match &it.what {
            Taken::All => true,
            Taken::Some => true,
            Taken::These(key) => {
                let names = program.texts(key, it.site, None);
                names.iter().any(|name| name.exact().is_none_or(|name| timer.names.contains(&name)))
            }
            Taken::Filtered(_) => true,
        };
        let here = it.site.unit == timer.unit;
        if !of_it || (here && it.line <= timer.line) {
            continue;
        }
        let in_use = if here { Some(true) } else { program.settings_in_use(it.site.unit) };
        let known = matches!(&it.what, Taken::All)
            || matches!(&it.what, Taken::These(key) if program.texts(key, it.site, None).iter().all(|it| it.exact().is_some()));
        let why = "it is taken out of its schedule again".to_owned();
        found = found.and(match in_use {
            Some(false) => Start::Sure,
            Some(true) if it.is_sure && known => Start::Never(why),
            _ => Start::Unclear(why),
        });
    }
    found
}

fn scheduled<'p>(
    program: &Program<'p>,
    key: &'p Expr<'p>,
    value: &'p Expr<'p>,
    site: Site,
) -> Vec<Timer<'p>> {
    let said = |name: &str| entry(value.entries()?, name).map(|it| &it.value);
    let tasks = said("task").map(|task| program.texts(task, site, None)).unwrap_or_default();
    let seconds = said("schedule").map(|schedule| program.numbers(schedule, site, None)).unwrap_or_default();
    let timer = |task: String| {
        let function = task.rsplit('.').next().unwrap_or(&task).to_owned();
        let names = key.literal().map(str::to_owned).into_iter().chain([task.clone(), function]).collect();
        let runs = by_path(program, &task, site).or_else(|| by_name(program, &task));
        let (runs, seconds) = (runs.into_iter().collect(), seconds.clone());
        Timer { names, seconds, runs, ..Timer::new((site.unit, key.line), task, Shape::Scheduled) }
    };
    tasks.iter().filter_map(|task| task.exact()).map(timer).collect()
}

/// `@shared_task(name="push-balance")`.
fn by_name(program: &Program<'_>, task: &str) -> Option<Site> {
    program.sites(program.python_with(["task", "shared_task"])).find(|site| {
        let calls = program.function(*site).decorators.iter().filter_map(Expr::call);
        calls.filter_map(|call| call.keyword("name")).any(|name| name.literal() == Some(task))
    })
}
