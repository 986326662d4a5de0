//! Schedules written as data: celery's beat schedule.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Expr, Kind, Pattern, StatementKind, entry};
use crate::audit::program::{Program, Site};

use super::{Shape, Timer, by_path};

/// What such a schedule is assigned to.
const NAMES: [&str; 4] = ["CELERY_BEAT_SCHEDULE", "CELERYBEAT_SCHEDULE", "beat_schedule", "BEAT_SCHEDULE"];

pub(super) fn find<'p>(program: &Program<'p>) -> Vec<Timer<'p>> {
    let mut found = Vec::new();
    for site in program.sites(program.python_with(NAMES)) {
        if program.is_test(site.unit) {
            continue;
        }
        visit::function(program.function(site), &mut |part, _| {
            let Part::Statement(statement) = part else { return };
            let StatementKind::Assign { target, value, .. } = &statement.kind else { return };
            let (name, key) = match target {
                Pattern::Name(name) => (*name, None),
                // `CELERY_BEAT_SCHEDULE["push"] = {…}`
                Pattern::Place(Expr { kind: Kind::Index(schedule, key), .. }) => {
                    (schedule.last_name(), Some(&**key))
                }
                Pattern::Place(place) => (place.last_name(), None),
                _ => return,
            };
            if !NAMES.contains(&name) {
                return;
            }
            // `{f"push-{name}": {"task": f"tasks.push_{name}"} for name in NAMES}`
            let all = match &value.kind {
                Kind::Comprehension(inner) => inner.element.entries(),
                _ => value.entries(),
            };
            match (key, all) {
                (Some(key), Some(_)) => found.extend(scheduled(program, key, value, site)),
                (None, Some(entries)) => found.extend(entries.iter().flat_map(|it| {
                    let key = it.key.as_ref();
                    key.map(|key| scheduled(program, key, &it.value, site)).unwrap_or_default()
                })),
                _ => {}
            }
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
