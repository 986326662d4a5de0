//! From the second argument of `path` to the function or class that answers.

use crate::audit::code::{Expr, Kind};
use crate::audit::program::{Definition, Program, Site};

use super::View;

pub(super) fn target<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site) -> View {
    find(program, expr, site, 6).unwrap_or_else(|| View::Elsewhere(expr.dotted()))
}

fn find<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site, left: u32) -> Option<View> {
    let left = left.checked_sub(1)?;
    if let Kind::Call(call) = &expr.kind {
        if call.callee.last_name() == "as_view" {
            return call.callee.receiver().and_then(|class| find(program, class, site, left));
        }
        // A decorator around the view: `csrf_exempt(view)`, `cache_page(5)(view)`.
        return call.arguments.iter().find_map(|argument| find(program, &argument.value, site, left));
    }
    if let Kind::Text(dotted) = &expr.kind {
        return by_dotted_name(program, dotted, site);
    }
    program.resolve(expr, site).into_iter().find_map(|definition| match definition {
        Definition::Function(function) => Some(View::Function(function)),
        Definition::Class(class) => Some(View::Class(class)),
        Definition::Value(value, owner) if !std::ptr::eq(value, expr) => find(program, value, owner, left),
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
