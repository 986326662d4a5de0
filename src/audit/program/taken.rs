//! What a statement takes out of a list again: `del jobs[0]`, `jobs.remove(job)`, `jobs = [job for job in jobs if …]`.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Expr, Kind, Operator, Pattern, StatementKind};

/// Methods that take something out.
const TAKES_OUT: [&str; 12] = [
    "unregister",
    "unregister_job",
    "deregister",
    "unschedule",
    "remove",
    "remove_job",
    "remove_task",
    "cancel_job",
    "discard",
    "pop",
    "popitem",
    "clear",
];

pub(in crate::audit) enum Taken<'p> {
    All,
    /// Nobody knows which.
    Some,
    These(&'p Expr<'p>),
    /// What passes these tests stays.
    Filtered(&'p [Expr<'p>]),
}

/// The line, and what is taken out there.
pub(in crate::audit) fn taken<'p>(
    part: Part<'p, 'p>,
    is_list: &dyn Fn(&Expr<'p>) -> bool,
) -> Option<(u32, Taken<'p>)> {
    match part {
        Part::Statement(statement) => {
            let StatementKind::Assign { target, value, augmented: false } = &statement.kind else {
                return None;
            };
            let named;
            let list = match target {
                // `jobs[:] = […]`, and not `jobs["name"] = job`
                Pattern::Place(Expr { kind: Kind::Index(list, at), .. }) => {
                    matches!(at.kind, Kind::Other(_)).then_some(&**list)?
                }
                Pattern::Place(place) => place,
                Pattern::Name(name) => {
                    named = Expr::new(statement.line, Kind::Name(name));
                    return is_list(&named).then(|| Some((statement.line, left_of(value, is_list)?)))?;
                }
                _ => return None,
            };
            is_list(list).then(|| Some((statement.line, left_of(value, is_list)?)))?
        }
        Part::Expression(expr) => match &expr.kind {
            Kind::Call(call) => {
                let name = call.callee.last_name();
                (TAKES_OUT.contains(&name) && call.callee.receiver().is_some_and(is_list)).then_some(())?;
                let what = match call.arguments.first().map(|it| &it.value) {
                    None if name == "clear" => Taken::All,
                    None => Taken::Some,
                    Some(Expr { kind: Kind::Number(_) | Kind::Operation(..) | Kind::Index(..), .. }) => {
                        Taken::Some
                    }
                    Some(given) => Taken::These(given),
                };
                Some((call.line, what))
            }
            // `del jobs[0]`
            Kind::Other(parts) => {
                let of_list = |it: &&Expr<'p>| matches!(&it.kind, Kind::Index(list, _) if is_list(list));
                let Kind::Index(_, at) = &parts.iter().find(of_list)?.kind else { return None };
                let what = if at.literal().is_some() { Taken::These(at) } else { Taken::Some };
                Some((expr.line, what))
            }
            _ => None,
        },
    }
}

/// What is not in a list's new value that was in the list.
fn left_of<'p>(value: &'p Expr<'p>, is_list: &dyn Fn(&Expr<'p>) -> bool) -> Option<Taken<'p>> {
    let mentions = |within: &'p Expr<'p>| visit::any(within, is_list);
    match &value.kind {
        Kind::List(items) if items.is_empty() => Some(Taken::All),
        Kind::Record(entries) if entries.is_empty() => Some(Taken::All),
        Kind::Comprehension(inner) if inner.clauses.iter().any(|(_, over)| mentions(over)) => {
            (!inner.conditions.is_empty()).then_some(Taken::Filtered(&inner.conditions))
        }
        // `jobs[1:]`, and not the copy `jobs[:]`
        Kind::Index(list, at) if is_list(list) => {
            matches!(&at.kind, Kind::Other(parts) if !parts.is_empty()).then_some(Taken::Some)
        }
        Kind::Call(call) if matches!(call.callee.last_name(), "list" | "tuple") => {
            left_of(&call.arguments.first()?.value, is_list)
        }
        Kind::Call(call) => (matches!(call.callee.last_name(), "filter" | "islice" | "filterfalse")
            && mentions(value))
        .then_some(Taken::Some),
        _ => None,
    }
}

/// The names in a filter's only test, and whether those stay.
pub(in crate::audit) fn kept<'p>(conditions: &'p [Expr<'p>]) -> Option<(&'p Expr<'p>, bool)> {
    let [only] = conditions else { return None };
    match &only.kind {
        Kind::Operation(Operator::Not, parts) => kept(parts).map(|(test, keeps)| (test, !keeps)),
        Kind::Operation(Operator::Equal | Operator::Among, parts) => Some((parts.get(1)?, true)),
        Kind::Operation(Operator::Unequal, parts) => Some((parts.get(1)?, false)),
        Kind::Call(call) if call.callee.is_name("isinstance") => Some((call.positional(1)?, true)),
        _ => None,
    }
}
