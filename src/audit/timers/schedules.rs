//! Schedules written as data: celery's beat schedule.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Entry, Expr, Kind, Pattern, StatementKind, entry};
use crate::audit::program::{Program, Site};

use super::{Shape, Timer};

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
            let name = match target {
                Pattern::Name(name) => name,
                Pattern::Place(place) => place.last_name(),
                _ => return,
            };
            if !NAMES.contains(&name) {
                return;
            }
            if let Kind::Record(entries) = &value.kind {
                found.extend(entries.iter().filter_map(|item| scheduled(program, item, site)));
            }
        });
    }
    found
}

fn scheduled<'p>(program: &Program<'p>, item: &'p Entry<'p>, site: Site) -> Option<Timer> {
    let key = item.key.as_ref()?;
    let Kind::Record(entries) = &item.value.kind else { return None };
    let task = program
        .texts(&entry(entries, "task")?.value, site, None)
        .into_iter()
        .find_map(|text| text.exact())?;
    let seconds = entry(entries, "schedule").map(|schedule| program.numbers(&schedule.value, site, None));
    let (module, function) = task.rsplit_once('.')?;
    let unit = program.python_modules().resolve(program.path(site.unit), module);
    let runs = unit.and_then(|unit| {
        let functions = &program.module(unit).functions;
        functions.iter().position(|own| own.name == function).map(|function| Site { unit, function })
    });
    let names =
        key.literal().map(str::to_owned).into_iter().chain([task.clone(), function.to_owned()]).collect();
    Some(Timer {
        unit: site.unit,
        line: line_of(key),
        symbol: task,
        names,
        shape: Shape::Scheduled,
        seconds: seconds.unwrap_or_default(),
        runs: runs.into_iter().collect(),
        class: None,
        unstarted_command: None,
    })
}

fn line_of(key: &Expr<'_>) -> u32 {
    key.line
}
