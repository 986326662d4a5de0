//! Schedules written as data: celery's beat schedule.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Expr, Kind, Pattern, StatementKind, entry};
use crate::audit::program::{Program, Site};

use super::{Shape, Timer, by_path};

/// What such a schedule is assigned to.
const NAMES: [&str; 4] = ["CELERY_BEAT_SCHEDULE", "CELERYBEAT_SCHEDULE", "beat_schedule", "BEAT_SCHEDULE"];

pub(super) fn find(program: &Program<'_>) -> Vec<Timer> {
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
            match (key, value.entries()) {
                (Some(key), Some(_)) => found.extend(scheduled(program, key, value, site)),
                (None, Some(entries)) => found.extend(
                    entries.iter().filter_map(|it| scheduled(program, it.key.as_ref()?, &it.value, site)),
                ),
                _ => {}
            }
        });
    }
    found
}

fn scheduled<'p>(program: &Program<'p>, key: &'p Expr<'p>, value: &'p Expr<'p>, site: Site) -> Option<Timer> {
    let entries = value.entries()?;
    let task = program
        .texts(&entry(entries, "task")?.value, site, None)
        .into_iter()
        .find_map(|text| text.exact())?;
    let seconds = entry(entries, "schedule").map(|schedule| program.numbers(&schedule.value, site, None));
    let function = task.rsplit('.').next().unwrap_or(&task).to_owned();
    let names = key.literal().map(str::to_owned).into_iter().chain([task.clone(), function]).collect();
    let runs = by_path(program, &task, site).or_else(|| by_name(program, &task));
    Some(Timer {
        names,
        seconds: seconds.unwrap_or_default(),
        runs: runs.into_iter().collect(),
        ..Timer::new((site.unit, key.line), task, Shape::Scheduled)
    })
}

/// `@shared_task(name="push-balance")`.
fn by_name(program: &Program<'_>, task: &str) -> Option<Site> {
    program.sites(program.python_with(["task", "shared_task"])).find(|site| {
        let calls = program.function(*site).decorators.iter().filter_map(Expr::call);
        calls.filter_map(|call| call.keyword("name")).any(|name| name.literal() == Some(task))
    })
}
