//! Conditions that never hold, whatever happens at run time.

use super::numbers::arithmetic;
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
    fn is_changed(&self, name: &str, site: Site) -> bool {
        let units =
            if self.is_python(site.unit) { self.python_with([name]) } else { self.scripts_with([name]) };
        units.iter().any(|unit| self.module(*unit).changed.contains(name))
    }

    /// Whether a value counts as true, where the source alone says so.
    fn constant(&self, expr: &'p Expr<'p>, site: Site, left: u32) -> Option<bool> {
        let left = left.checked_sub(1)?;
        let of = |part: &'p Expr<'p>| self.constant(part, site, left);
        match &expr.kind {
            Kind::Operation(Operator::Not, parts) => of(parts.first()?).map(|value| !value),
            Kind::Operation(operator @ (Operator::And | Operator::Or), parts) => {
                let decides = *operator == Operator::Or;
                let values: Vec<Option<bool>> = parts.iter().map(of).collect();
                match values.contains(&Some(decides)) {
                    true => Some(decides),
                    false => values.iter().all(Option::is_some).then_some(!decides),
                }
            }
            Kind::Name(_) | Kind::Member(..) => {
                self.settled(expr, site, |value, owner| self.constant(value, owner, left))
            }
            _ => Some(match self.literal(expr, site, left)? {
                Literal::Null => false,
                Literal::Bool(value) => value,
                Literal::Number(number) => number != 0.0,
                Literal::Text(text) => !text.is_empty(),
            }),
        }
    }

    /// The value itself, where the source alone says it.
    fn literal(&self, expr: &'p Expr<'p>, site: Site, left: u32) -> Option<Literal<'p>> {
        let left = left.checked_sub(1)?;
        match &expr.kind {
            Kind::Bool(value) => Some(Literal::Bool(*value)),
            Kind::Number(number) => Some(Literal::Number(*number)),
            Kind::Null => Some(Literal::Null),
            Kind::Text(text) => Some(Literal::Text(text)),
            Kind::Name(_) | Kind::Member(..) => {
                self.settled(expr, site, |value, owner| self.literal(value, owner, left))
            }
            Kind::Operation(operator, parts) => {
                let values: Option<Vec<Literal<'p>>> =
                    parts.iter().map(|part| self.literal(part, site, left)).collect();
                compared(*operator, &values?)
            }
            _ => None,
        }
    }

    /// What a name that nothing changes means, if all that gives it a value says the same.
    fn settled<T: PartialEq>(
        &self,
        expr: &'p Expr<'p>,
        site: Site,
        of: impl Fn(&'p Expr<'p>, Site) -> Option<T>,
    ) -> Option<T> {
        if self.is_changed(expr.last_name(), site) {
            return None;
        }
        let value = |definition: &Definition<'p>| match definition {
            Definition::Value(value, owner) if !std::ptr::eq(*value, expr) => of(value, *owner),
            _ => None,
        };
        let values: Option<Vec<T>> = self.resolve(expr, site).iter().map(value).collect();
        let mut values = values?.into_iter();
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Literal<'p> {
    Null,
    Bool(bool),
    Number(f64),
    Text(&'p str),
}

/// `1 > 2`, `"a" === "b"`, `2 - 2`: only of values of one kind, on which both languages agree.
fn compared<'p>(operator: Operator, values: &[Literal<'p>]) -> Option<Literal<'p>> {
    if let [Literal::Number(left), Literal::Number(right)] = *values {
        return match operator {
            Operator::Less => Some(Literal::Bool(left < right)),
            Operator::AtMost => Some(Literal::Bool(left <= right)),
            Operator::Equal => Some(Literal::Bool((left - right).abs() < f64::EPSILON)),
            Operator::Unequal => Some(Literal::Bool((left - right).abs() >= f64::EPSILON)),
            _ => arithmetic(operator, &[left, right]).map(Literal::Number),
        };
    }
    let [left, right] = values else { return None };
    let same_kind = std::mem::discriminant(left) == std::mem::discriminant(right);
    let wanted = match operator {
        Operator::Equal => true,
        Operator::Unequal => false,
        _ => return None,
    };
    same_kind.then(|| Literal::Bool((left == right) == wanted))
}
