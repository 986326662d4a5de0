//! Conditions that never hold, whatever happens at run time.

use super::{Definition, Program, Site};
use crate::audit::code::visit::{Context, Guard};
use crate::audit::code::{Expr, Kind, Operator};

/// Names and operators followed from the condition.
const FARTHEST: u32 = 6;

impl<'p> Program<'p> {
    /// The place is never reached.
    pub fn never_runs(&self, context: &Context<'p, 'p>, site: Site) -> bool {
        context.dead || context.guards.iter().any(|guard| self.fails(guard, site))
    }

    /// What the guard asks for is never so.
    pub(super) fn fails(&self, guard: &Guard<'p, 'p>, site: Site) -> bool {
        self.constant(guard.test, site, FARTHEST) == Some(!guard.holds)
    }

    /// The condition is never true.
    pub fn never_holds(&self, test: &'p Expr<'p>, site: Site) -> bool {
        self.constant(test, site, FARTHEST) == Some(false)
    }

    /// The condition, or what a function that is given instead of it returns, is always this.
    pub fn is_always(&self, test: &'p Expr<'p>, site: Site, value: bool) -> bool {
        let functions = self.functions(test, site);
        let mut results =
            functions.iter().flat_map(|it| self.returns(*it).into_iter().map(|value| (value, *it)));
        let is = |(test, site)| self.constant(test, site, FARTHEST) == Some(value);
        if functions.is_empty() {
            is((test, site))
        } else {
            results.next().is_some_and(is) && results.all(is)
        }
    }

    /// Something is assigned to a name, or to a field of this name, after it was declared.
    fn is_changed(&self, name: &str) -> bool {
        self.scripts_with([name]).iter().any(|unit| self.module(*unit).changed.contains(name))
    }

    /// Whether a value counts as true, where the source alone says so.
    fn constant(&self, expr: &'p Expr<'p>, site: Site, left: u32) -> Option<bool> {
        let left = left.checked_sub(1)?;
        let of = |part: &'p Expr<'p>| self.constant(part, site, left);
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
            Kind::Name(name) | Kind::Member(_, name) => {
                if self.is_changed(name) {
                    return None;
                }
                let definitions = self.resolve(expr, site);
                let values: Option<Vec<bool>> = definitions
                    .iter()
                    .map(|definition| match definition {
                        Definition::Value(value, owner) if !std::ptr::eq(*value, expr) => {
                            self.constant(value, *owner, left)
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
}
