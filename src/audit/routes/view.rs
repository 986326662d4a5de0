//! From the second argument of `path` to the function or class that answers.

use crate::audit::code::{Expr, Kind};
use crate::audit::program::{Bound, Definition, Given, Program, Site, bind};

use super::View;

/// `calls`: those of the functions that give back the route, outermost first.
pub(super) fn target<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site, calls: &[Given<'p>]) -> View {
    find(program, expr, site, calls, 8).unwrap_or_else(|| View::Elsewhere(expr.dotted()))
}

fn find<'p>(
    program: &Program<'p>,
    expr: &'p Expr<'p>,
    site: Site,
    calls: &[Given<'p>],
    left: u32,
) -> Option<View> {
    let left = left.checked_sub(1)?;
    // `view.as_view() if isclass(view) else view`
    if let Kind::Choice(parts) = &expr.kind {
        return parts[1..].iter().find_map(|part| find(program, part, site, calls, left));
    }
    if let Kind::Call(call) = &expr.kind {
        if call.callee.last_name() == "as_view" {
            return call.callee.receiver().and_then(|class| find(program, class, site, calls, left));
        }
        // A decorator around the view: `csrf_exempt(view)`, `cache_page(5)(view)`.
        return call.arguments.iter().find_map(|argument| find(program, &argument.value, site, calls, left));
    }
    if let Kind::Text(dotted) = &expr.kind {
        return by_dotted_name(program, dotted, site);
    }
    program.resolve(expr, site).into_iter().find_map(|definition| match definition {
        Definition::Function(function) => Some(View::Function(function)),
        Definition::Class(class) => Some(View::Class(class)),
        Definition::Value(value, owner) if !std::ptr::eq(value, expr) => {
            find(program, value, owner, calls, left)
        }
        Definition::Parameter(function, index, steps) => {
            let at = calls.iter().rposition(|(known, ..)| *known == function)?;
            let (_, call, caller) = calls[at];
            match bind(program, call, function, index, &steps) {
                Bound::Argument(value, done) if done == steps.len() => {
                    find(program, value, caller, &calls[..at], left)
                }
                _ => None,
            }
        }
        _ => None,
    })
}

/// `"accounts.views.balance"`, as old URLconfs write it.
fn by_dotted_name(program: &Program<'_>, dotted: &str, site: Site) -> Option<View> {
    let (module, name) = dotted.rsplit_once('.')?;
    let unit = program.python_modules().resolve(program.path(site.unit), module)?;
    let parsed = program.module(unit);
    let function =
        parsed.functions.iter().position(|function| function.name == name && function.parent == 0)?;
    Some(View::Function(Site { unit, function }))
}
