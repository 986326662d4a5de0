//! Numbers that an expression may have: intervals, mostly.

use super::arguments::Bound;
use super::resolve::{Definition, FARTHEST};
use super::{Env, Program, Site, bind, fuel};
use crate::audit::code::{Expr, Kind, Operator};

impl<'p> Program<'p> {
    /// The numbers an expression may have, without repetition; empty where the source does not say.
    pub fn numbers(&self, expr: &'p Expr<'p>, site: Site, env: Option<&Env<'_, 'p>>) -> Vec<f64> {
        let mut found = Vec::new();
        for number in self.numbers_within(expr, site, env, FARTHEST) {
            if number.is_finite() && !found.contains(&number) && found.len() < 8 {
                found.push(number);
            }
        }
        found
    }

    fn numbers_within(
        &self,
        expr: &'p Expr<'p>,
        site: Site,
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Vec<f64> {
        let Some(left) = left.checked_sub(1) else { return Vec::new() };
        let Some(_step) = fuel::step() else { return Vec::new() };
        match &expr.kind {
            Kind::Number(number) => vec![*number],
            Kind::Member(_, "MAX_SAFE_INTEGER" | "MAX_VALUE") => vec![f64::from(u32::MAX) * 1e6],
            Kind::Choice(parts) => {
                let mut both = self.numbers_within(&parts[1], site, env, left);
                both.extend(self.numbers_within(&parts[2], site, env, left));
                both
            }
            Kind::Operation(Operator::Or | Operator::Coalesce, parts) => {
                parts.iter().flat_map(|part| self.numbers_within(part, site, env, left)).collect()
            }
            Kind::Operation(operator, parts) => {
                let terms: Option<Vec<f64>> = parts
                    .iter()
                    .map(|part| self.numbers_within(part, site, env, left).first().copied())
                    .collect();
                terms.and_then(|terms| arithmetic(*operator, &terms)).into_iter().collect()
            }
            Kind::Call(call) => {
                let found = self.number_of_call(call, site, env, left);
                if !found.is_empty() {
                    return found;
                }
                let others = self.resolve_within(expr, site, left).into_iter().filter(|it| !it.is(expr));
                others.flat_map(|definition| self.number_of(&definition, env, left)).collect()
            }
            _ => {
                let definitions = self.resolve_within(expr, site, left).into_iter();
                definitions.flat_map(|definition| self.number_of(&definition, env, left)).collect()
            }
        }
    }

    fn number_of_call(
        &self,
        call: &'p crate::audit::code::Call<'p>,
        site: Site,
        env: Option<&Env<'_, 'p>>,
        left: u32,
    ) -> Vec<f64> {
        match call.callee.last_name() {
            "timedelta" => {
                let seconds = |name: &str, factor: f64| {
                    let value = call.keyword(name)?;
                    self.numbers_within(value, site, env, left).first().map(|number| number * factor)
                };
                let first = call
                    .positional(0)
                    .and_then(|days| self.numbers_within(days, site, env, left).first().copied());
                let parts = [
                    first.map(|days| days * 86_400.0),
                    seconds("milliseconds", 0.001),
                    seconds("seconds", 1.0),
                    seconds("minutes", 60.0),
                    seconds("hours", 3600.0),
                    seconds("days", 86_400.0),
                    seconds("weeks", 604_800.0),
                ];
                if parts.iter().all(Option::is_none) {
                    return Vec::new();
                }
                return vec![parts.into_iter().flatten().sum()];
            }
            "total_seconds" => {
                let length = call.callee.receiver();
                return length.map(|it| self.numbers_within(it, site, env, left)).unwrap_or_default();
            }
            // A floor or a ceiling says nothing of what is not known.
            "max" | "min" => {
                let given = call.arguments.iter();
                let all: Vec<Vec<f64>> =
                    given.map(|value| self.numbers_within(&value.value, site, env, left)).collect();
                if all.iter().any(Vec::is_empty) {
                    return Vec::new();
                }
                let pick: fn(f64, f64) -> f64 =
                    if call.callee.last_name() == "max" { f64::max } else { f64::min };
                return all.into_iter().flatten().reduce(pick).into_iter().collect();
            }
            // What follows says how it is written, or rounded.
            "int" | "float" | "Number" | "parseInt" | "parseFloat" | "round" | "floor" | "ceil" | "trunc" => {
                let Some(first) = call.positional(0) else { return Vec::new() };
                let texts = match first.literal() {
                    Some(text) => vec![text.to_owned()],
                    None => Vec::new(),
                };
                let written = texts.iter().filter_map(|text| leading(text));
                return written.chain(self.numbers_within(first, site, env, left)).collect();
            }
            "pow" => {
                let terms = call.arguments.iter();
                let terms = terms.map(|it| self.numbers_within(&it.value, site, env, left).first().copied());
                let terms: Option<Vec<f64>> = terms.collect();
                return terms.and_then(|terms| arithmetic(Operator::Power, &terms)).into_iter().collect();
            }
            "getenv" | "get" => {
                return call
                    .arguments
                    .iter()
                    .flat_map(|value| self.numbers_within(&value.value, site, env, left))
                    .collect();
            }
            _ => {}
        }
        let mut found = Vec::new();
        for callee in self.functions(&call.callee, site) {
            let inner = Env { function: callee, call, caller: site, outer: env };
            for value in self.returns(callee) {
                found.extend(self.numbers_within(value, callee, Some(&inner), left));
            }
        }
        found
    }

    fn number_of(&self, definition: &Definition<'p>, env: Option<&Env<'_, 'p>>, left: u32) -> Vec<f64> {
        match definition {
            Definition::Value(value, owner) if !matches!(value.kind, Kind::Name(_) | Kind::Member(..)) => {
                self.numbers_within(value, *owner, env, left)
            }
            Definition::Function(function) => {
                let values = self.returns(*function).into_iter();
                values.flat_map(|value| self.numbers_within(value, *function, env, left)).collect()
            }
            Definition::Parameter(function, index, steps) => {
                if let Some(current) = Env::of(env, *function) {
                    return match bind(self, current.call, *function, *index, steps) {
                        Bound::Argument(value, done) if done == steps.len() => {
                            self.numbers_within(value, current.caller, current.outer, left)
                        }
                        Bound::Argument(value, done) => {
                            let whole = self.resolve_within(value, current.caller, left);
                            let parts = self.steps(whole, &steps[done..], current.caller, left);
                            let left = left.saturating_sub(1);
                            parts.iter().flat_map(|it| self.number_of(it, current.outer, left)).collect()
                        }
                        Bound::Default(value) => self.numbers_within(value, *function, None, left),
                        Bound::Unknown => Vec::new(),
                    };
                }
                self.default_of(*function, *index, steps)
                    .map(|value| self.numbers_within(value, *function, None, left))
                    .unwrap_or_default()
            }
            Definition::Element(over, owner, steps) => {
                let items = self.elements(over, *owner, steps, left);
                items.iter().flat_map(|item| self.number_of(item, env, left.saturating_sub(1))).collect()
            }
            Definition::Part(value, owner, steps) => {
                let held = self.state(value, *owner, steps, left);
                held.iter().flat_map(|held| self.number_of(held, env, left.saturating_sub(1))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The default of a parameter, or of what is taken out of it.
    pub fn default_of(
        &self,
        function: Site,
        index: usize,
        steps: &[super::Step<'p>],
    ) -> Option<&'p Expr<'p>> {
        let parameter = self.function(function).parameters.get(index)?;
        match (&parameter.pattern, steps) {
            (crate::audit::code::Pattern::Record(fields), [super::Step::Key(key), ..]) => {
                fields.iter().find(|field| field.key == *key)?.default.as_ref()
            }
            _ => parameter.default.as_ref(),
        }
    }
}

/// The number with which a text begins.
fn leading(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text[..end].parse().ok()
}

pub(super) fn arithmetic(operator: Operator, terms: &[f64]) -> Option<f64> {
    let (first, rest) = terms.split_first()?;
    match operator {
        Operator::Add => Some(terms.iter().sum()),
        Operator::Multiply => Some(terms.iter().product()),
        Operator::Subtract => Some(rest.iter().fold(*first, |left, right| left - right)),
        Operator::Divide => Some(rest.iter().fold(*first, |left, right| left / right)),
        Operator::Power => Some(rest.iter().fold(*first, |left, right| left.powf(*right))),
        _ => None,
    }
}
