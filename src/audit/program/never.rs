//! Conditions that never hold, whatever happens at run time.

use super::callbacks::EACH;
use super::numbers::arithmetic;
use super::{Bound, CallSite, Definition, Env, Program, Site, bind};
use crate::audit::code::logic;
use crate::audit::code::visit::{self, Context, Guard, Part};
use crate::audit::code::{Expr, Kind, Loop, Operator, StatementKind};

/// Names and operators followed from the condition.
const FARTHEST: u32 = 6;

impl<'p> Program<'p> {
    /// The place is never reached.
    pub fn never_runs(&self, context: &Context<'p, 'p>, site: Site) -> bool {
        self.never_runs_in(context, site, None)
    }

    /// The same, where these calls lead to it.
    pub fn never_runs_in(&self, context: &Context<'p, 'p>, site: Site, env: Option<&Env<'_, 'p>>) -> bool {
        let fails =
            |guard: &Guard<'p, 'p>| self.constant(guard.test, site, env, FARTHEST) == Some(!guard.holds);
        let no_round = || context.loops.iter().any(|it| self.has_no_round(it, site));
        context.dead || context.guards.iter().any(fails) || no_round() || self.is_over_nothing(site)
    }

    /// The function, or one around it, is run for each element of a list that has none.
    fn is_over_nothing(&self, site: Site) -> bool {
        let mut current = site;
        while current.function != 0 {
            let handed = self.handed_to(current).filter(|_| !self.is_python(site.unit));
            let each = handed.filter(|call| EACH.contains(&call.callee.last_name()));
            let outer = Site { function: self.function(current).parent, ..current };
            if each.and_then(|call| call.callee.receiver()).is_some_and(|it| self.is_empty_list(it, outer, 3))
            {
                return true;
            }
            current = outer;
        }
        false
    }

    /// A list without elements, to which nothing of the tree adds one.
    fn is_empty_list(&self, expr: &'p Expr<'p>, site: Site, left: u32) -> bool {
        let Some(left) = left.checked_sub(1) else { return false };
        match &expr.kind {
            Kind::List(items) => items.is_empty(),
            Kind::Name(name) | Kind::Member(_, name) => {
                let known = self.resolve(expr, site);
                let is_empty = |it: &Definition<'p>| match it {
                    Definition::Value(value, owner) => self.is_empty_list(value, *owner, left),
                    _ => false,
                };
                !known.is_empty()
                    && known.iter().all(is_empty)
                    && !self.is_changed(name, site)
                    && !self.is_grown(name)
            }
            _ => false,
        }
    }

    /// Something of the tree adds to what has this name.
    fn is_grown(&self, name: &str) -> bool {
        const ADDING: [&str; 6] = ["push", "unshift", "splice", "append", "extend", "insert"];
        ADDING.iter().any(|adding| {
            let calls = self.calls_named(adding);
            calls.iter().any(|call| call.call.callee.receiver().is_some_and(|it| it.last_name() == name))
        })
    }

    /// `while False`, `for job in []`; a script's `do … while (false)` runs once.
    fn has_no_round(&self, it: &'p Loop<'p>, site: Site) -> bool {
        match it.binding {
            None => self.is_python(site.unit) && self.constant(&it.head, site, None, FARTHEST) == Some(false),
            Some(_) => self.is_empty_list(&it.head, site, 3),
        }
    }

    /// What the guard asks for is never so.
    pub(super) fn fails(&self, guard: &Guard<'p, 'p>, site: Site) -> bool {
        self.constant(guard.test, site, None, FARTHEST) == Some(!guard.holds)
    }

    /// The condition is never true.
    pub fn never_holds(&self, test: &'p Expr<'p>, site: Site) -> bool {
        self.never_holds_in(test, site, None)
    }

    /// The same, where these calls lead to it.
    pub fn never_holds_in(&self, test: &'p Expr<'p>, site: Site, env: Option<&Env<'_, 'p>>) -> bool {
        self.constant(test, site, env, FARTHEST) == Some(false)
    }

    /// The condition, or what a function that is given instead of it returns, is always this.
    pub fn is_always(&self, test: &'p Expr<'p>, site: Site, value: bool) -> bool {
        let functions = self.functions(test, site);
        let mut results =
            functions.iter().flat_map(|it| self.returns(*it).into_iter().map(|value| (value, *it)));
        let is = |(test, site)| self.constant(test, site, None, FARTHEST) == Some(value);
        if functions.is_empty() {
            is((test, site))
        } else {
            results.next().is_some_and(is) && results.all(is)
        }
    }

    /// Every way through the function gives back something that is false.
    pub fn never_says_yes(&self, site: Site) -> bool {
        let function = self.function(site);
        let (mut says, mut raises) = (false, function.is_generator);
        visit::function(function, &mut |part, context| {
            let Part::Statement(statement) = part else { return };
            if self.never_runs(context, site) {
                return;
            }
            match &statement.kind {
                StatementKind::Return(Some(value)) => says |= !self.never_holds(value, site),
                StatementKind::Raise(_) => raises = true,
                _ => {}
            }
        });
        !says && !raises
    }

    /// Something is assigned to a name, or to a field of this name, after it was declared.
    fn is_changed(&self, name: &str, site: Site) -> bool {
        let units =
            if self.is_python(site.unit) { self.python_with([name]) } else { self.scripts_with([name]) };
        units.iter().any(|unit| self.module(*unit).changed.contains(name))
    }

    /// Whether a value counts as true, where the source alone says so.
    fn constant(&self, expr: &'p Expr<'p>, site: Site, env: Option<&Env<'_, 'p>>, left: u32) -> Option<bool> {
        let left = left.checked_sub(1)?;
        let of = |part: &'p Expr<'p>| self.constant(part, site, env, left);
        if let Some(joined) = logic::joined(expr, of) {
            return joined;
        }
        match &expr.kind {
            Kind::Operation(Operator::Coalesce, parts) => {
                let (last, before) = parts.split_last()?;
                for part in before {
                    if self.literal(part, site, env, left)? != Literal::Null {
                        return of(part);
                    }
                }
                of(last)
            }
            Kind::Name(_) | Kind::Member(..) => self
                .settled(expr, site, env, left, |value, owner, env| self.constant(value, owner, env, left)),
            _ => Some(match self.literal(expr, site, env, left)? {
                Literal::Null => false,
                Literal::Bool(value) => value,
                Literal::Number(number) => number != 0.0,
                Literal::Text(text) => !text.is_empty(),
            }),
        }
    }

    /// The value itself, where the source alone says it.
    fn literal(
        &self,
        expr: &'p Expr<'p>,
        site: Site,
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Option<Literal<'p>> {
        let left = left.checked_sub(1)?;
        match &expr.kind {
            Kind::Bool(value) => Some(Literal::Bool(*value)),
            Kind::Number(number) => Some(Literal::Number(*number)),
            Kind::Null => Some(Literal::Null),
            Kind::Text(text) => Some(Literal::Text(text)),
            Kind::Name(_) | Kind::Member(..) => {
                self.settled(expr, site, env, left, |value, owner, env| self.literal(value, owner, env, left))
            }
            Kind::Operation(operator, parts) => {
                let values: Option<Vec<Literal<'p>>> =
                    parts.iter().map(|part| self.literal(part, site, env, left)).collect();
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
        env: Option<&Env<'_, 'p>>,
        left: u32,
        of: impl Fn(&'p Expr<'p>, Site, Option<&Env<'_, 'p>>) -> Option<T>,
    ) -> Option<T> {
        if self.is_changed(expr.last_name(), site) {
            return None;
        }
        let value = |definition: &Definition<'p>| match definition {
            Definition::Value(value, owner) if !std::ptr::eq(*value, expr) => of(value, *owner, env),
            Definition::Parameter(function, index, steps) if !self.is_python(function.unit) => {
                let given = |call: &CallSite<'p>, outer: Option<&Env<'_, 'p>>| match bind(
                    self, call.call, *function, *index, steps,
                ) {
                    Bound::Argument(value, done) if done == steps.len() => of(value, call.site, outer),
                    Bound::Default(value) => of(value, *function, None),
                    _ => None,
                };
                match Env::of(env, *function) {
                    Some(current) => {
                        given(&CallSite { call: current.call, site: current.caller }, current.outer)
                    }
                    None if left == 0 => None,
                    None => agreed(self.only_calls(*function)?.iter().map(|call| given(call, None))),
                }
            }
            _ => None,
        };
        agreed(self.resolve(expr, site).iter().map(value))
    }

    /// All calls of a script's function; `None` where others may call it as well.
    fn only_calls(&self, function: Site) -> Option<Vec<CallSite<'p>>> {
        let name = self.own_name(function);
        let mut calls = self.script_calls_to(function);
        calls.retain(|call| !self.is_test(call.site.unit));
        if name.is_empty() || calls.is_empty() || self.names_of(function).len() > 1 {
            return None;
        }
        let called =
            |expr: &Expr<'p>| calls.iter().any(|call| std::ptr::eq(&raw const call.call.callee, expr));
        let units = self.scripts_with([name]).into_iter().filter(|unit| !self.is_test(*unit));
        let handed_on = self.sites(units).any(|site| {
            let mut found = false;
            visit::function(self.function(site), &mut |part, _| {
                let Part::Expression(expr) = part else { return };
                let named = matches!(expr.kind, Kind::Name(_) | Kind::Member(..)) && expr.last_name() == name;
                found = found || named && !called(expr) && self.may_mean(expr, site, function);
            });
            found
        });
        (!handed_on).then_some(calls)
    }

    fn may_mean(&self, expr: &'p Expr<'p>, site: Site, function: Site) -> bool {
        let meant = self.resolve(expr, site);
        meant.is_empty() || meant.iter().any(|it| matches!(it, Definition::Function(own) if *own == function))
    }
}

/// What all of them say.
fn agreed<T: PartialEq>(values: impl Iterator<Item = Option<T>>) -> Option<T> {
    let values: Option<Vec<T>> = values.collect();
    let mut values = values?.into_iter();
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
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
