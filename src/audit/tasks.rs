//! Celery's tasks: functions that run when something calls them, by their names too, and what is written for nobody.

use std::collections::HashSet;

use super::code::visit::{self, Part};
use super::code::{Expr, Kind, Pattern, StatementKind};
use super::program::{Program, Site};

/// Words of trees whose tasks are scheduled in a database.
const ELSEWHERE: [&str; 4] = ["django_celery_beat", "PeriodicTask", "DatabaseScheduler", "redbeat"];

/// All that its decorators say is that the function is a task.
pub(super) fn is_task(program: &Program<'_>, site: Site) -> bool {
    let function = program.function(site);
    let around = Site { unit: site.unit, function: function.parent };
    !function.decorators.is_empty()
        && function.decorators.iter().all(|decorator| {
            let callee = decorator.call().map_or(decorator, |call| &call.callee);
            let of_app = |app: &Expr<'_>| app.last_name().contains("app") || app.last_name() == "celery";
            match callee.last_name() {
                "shared_task" => true,
                "task" => match callee.receiver() {
                    Some(app) => {
                        program.results_of(app, around).any(|(made, _)| made.callee.last_name() == "Celery")
                            || (of_app(app) && program.is_outside(app, around, |it| it.contains("celery")))
                    }
                    None => program.is_outside(callee, around, |it| it.starts_with("celery")),
                },
                _ => false,
            }
        })
}

/// The task has a name of its own, and that stands somewhere else, too.
pub(super) fn is_called_by_name(program: &Program<'_>, site: Site) -> bool {
    let calls = program.function(site).decorators.iter().filter_map(Expr::call);
    calls.filter_map(|call| call.keyword("name")?.literal()).any(|name| {
        let quoted = [format!("\"{name}\""), format!("'{name}'")];
        let count = |unit: usize| -> usize {
            let text = program.units[unit].text;
            quoted.iter().map(|it| text.matches(it.as_str()).count()).sum()
        };
        let others = program.python_units().filter(|unit| !program.is_test(*unit));
        others.map(count).sum::<usize>() > 1
    })
}

/// What schedules tasks may be no part of the tree.
pub(super) fn are_scheduled_elsewhere(program: &Program<'_>) -> bool {
    !program.files_with(ELSEWHERE).is_empty()
}

/// What the top level of a module puts into names of its own that nothing reads: `_OFF["push"] = {"task": …}`.
pub(super) fn unread<'p>(program: &Program<'p>, site: Site) -> HashSet<*const Expr<'p>> {
    let mut found = HashSet::new();
    if site.function != 0 {
        return found;
    }
    let mut targets: HashSet<*const Expr<'p>> = HashSet::new();
    let mut kept: Vec<(&'p str, &'p Expr<'p>)> = Vec::new();
    visit::function(program.function(site), &mut |part, _| {
        let Part::Statement(statement) = part else { return };
        let StatementKind::Assign { target, value, .. } = &statement.kind else { return };
        match target {
            Pattern::Name(name) if name.starts_with('_') => kept.push((name, value)),
            Pattern::Place(Expr { kind: Kind::Index(list, _), .. }) => {
                if let Kind::Name(name) = list.kind
                    && name.starts_with('_')
                {
                    targets.insert(&raw const **list);
                    kept.push((name, value));
                }
            }
            _ => {}
        }
    });
    kept.retain(|(name, _)| !name.starts_with("__") && !is_read(program, name, &targets));
    for (_, value) in kept {
        visit::expression(value, &mut |part| {
            found.insert(std::ptr::from_ref(part));
        });
    }
    found
}

fn is_read<'p>(program: &Program<'p>, name: &str, targets: &HashSet<*const Expr<'p>>) -> bool {
    program.sites(program.python_with([name])).any(|site| {
        let mut reads = false;
        visit::function(program.function(site), &mut |part, _| {
            let Part::Expression(expr) = part else { return };
            let named = matches!(expr.kind, Kind::Name(own) | Kind::Member(_, own) if own == name);
            reads |= named && !targets.contains(&std::ptr::from_ref(expr));
        });
        reads
    })
}
