//! Conditions that never hold, whatever happens at run time.

use crate::audit::code::visit::Context;
use crate::audit::code::{Expr, Kind, Operator};
use crate::audit::program::{Definition, Program, Site};

/// Names and operators followed from the condition.
const FARTHEST: u32 = 6;

/// The place is never reached.
pub(super) fn runs<'p>(program: &Program<'p>, context: &Context<'p, 'p>, site: Site) -> bool {
    context.dead
        || context
            .guards
            .iter()
            .any(|guard| constant(program, guard.test, site, FARTHEST) == Some(!guard.holds))
}

/// The condition is never true.
pub(super) fn holds<'p>(program: &Program<'p>, test: &'p Expr<'p>, site: Site) -> bool {
    constant(program, test, site, FARTHEST) == Some(false)
}

/// Whether a value counts as true, where the source alone says so.
fn constant<'p>(program: &Program<'p>, expr: &'p Expr<'p>, site: Site, left: u32) -> Option<bool> {
    let left = left.checked_sub(1)?;
    let of = |part: &'p Expr<'p>| constant(program, part, site, left);
    match &expr.kind {
        Kind::Bool(value) => Some(*value),
        Kind::Number(number) => Some(*number != 0.0),
        Kind::Null => Some(false),
        Kind::Text(text) => Some(!text.is_empty()),
        Kind::Operation(Operator::Not, parts) => of(parts.first()?).map(|value| !value),
        Kind::Operation(Operator::And, parts) => {
            let values: Vec<Option<bool>> = parts.iter().map(of).collect();
            if values.contains(&Some(false)) {
                return Some(false);
            }
            values.iter().all(|value| *value == Some(true)).then_some(true)
        }
        Kind::Operation(Operator::Or, parts) => {
            let values: Vec<Option<bool>> = parts.iter().map(of).collect();
            if values.contains(&Some(true)) {
                return Some(true);
            }
            values.iter().all(|value| *value == Some(false)).then_some(false)
        }
        Kind::Name(_) | Kind::Member(..) => {
            let definitions = program.resolve(expr, site);
            let values: Option<Vec<bool>> = definitions
                .iter()
                .map(|definition| match definition {
                    Definition::Value(value, owner) if !std::ptr::eq(*value, expr) => {
                        constant(program, value, *owner, left)
                    }
                    _ => None,
                })
                .collect();
            let values = values?;
            let first = *values.first()?;
            values.iter().all(|value| *value == first).then_some(first)
        }
        _ => None,
    }
}
