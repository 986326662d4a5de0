//! What a test says while the WebSocket is on, and while it is off: which way round a flag or a connection counts.

use super::code::{Expr, Kind, Operator};
use super::code::{logic, visit};
use super::program::{Definition, Program, Site};

/// Names, functions and operators from a test to the switch.
const FARTHEST: u32 = 8;

/// What a switch that is on, or off, is written as.
const ON: [&str; 6] = ["true", "1", "on", "yes", "open", "connected"];
const OFF: [&str; 8] = ["false", "0", "off", "no", "", "closed", "disconnected", "idle"];

/// Whether an expression is the switch itself, and if so whether it is true while that is on.
pub(in crate::audit) type IsSwitch<'f, 'p> = dyn Fn(&'p Expr<'p>, Site) -> Option<bool> + 'f;

/// Whether a value counts as true in this state of the switch; `None` where that hangs on more.
pub(in crate::audit) fn says<'p>(
    program: &Program<'p>,
    value: (&'p Expr<'p>, Site),
    on: bool,
    is_switch: &IsSwitch<'_, 'p>,
) -> Option<bool> {
    SwitchState { program, on, is_switch }.says(value.0, value.1, FARTHEST)
}

struct SwitchState<'a, 'f, 'p> {
    program: &'a Program<'p>,
    on: bool,
    is_switch: &'a IsSwitch<'f, 'p>,
}

impl<'p> SwitchState<'_, '_, 'p> {
    fn says(&self, expr: &'p Expr<'p>, site: Site, left: u32) -> Option<bool> {
        let left = left.checked_sub(1)?;
        let of = |part: &'p Expr<'p>| self.says(part, site, left);
        if let Some(joined) = logic::joined(expr, of) {
            return joined;
        }
        match &expr.kind {
            Kind::Bool(value) => Some(*value),
            Kind::Null => Some(false),
            Kind::Number(number) => Some(*number != 0.0),
            Kind::Operation(operator @ (Operator::Equal | Operator::Unequal | Operator::Among), parts) => {
                let [one, other] = parts.as_slice() else { return None };
                let (asked, is_on) = match (word(one), word(other)) {
                    (None, Some(is_on)) => (one, is_on),
                    (Some(is_on), None) => (other, is_on),
                    _ => return None,
                };
                let state = of(asked)?;
                Some((state == is_on) == (*operator != Operator::Unequal))
            }
            Kind::Await(inner) => of(inner),
            Kind::Function(function) => {
                self.returned(std::iter::once(Site { unit: site.unit, function: *function }), left)
            }
            _ => self
                .defined(expr, site, left)
                .or_else(|| (self.is_switch)(expr, site).map(|true_when_on| true_when_on == self.on))
                .or_else(|| self.inside(expr, site)),
        }
    }

    /// What a name was given, and what a call gives back.
    fn defined(&self, expr: &'p Expr<'p>, site: Site, left: u32) -> Option<bool> {
        if let Some(call) = expr.call() {
            let callees = self.program.functions(&call.callee, site);
            return self.returned(callees, left);
        }
        let values = self.program.resolve(expr, site).into_iter().map(|it| match it {
            Definition::Value(value, owner) if !std::ptr::eq(value, expr) => self.says(value, owner, left),
            Definition::Function(function) => self.returned([function], left),
            _ => None,
        });
        agreed(values)
    }

    fn returned(&self, functions: impl IntoIterator<Item = Site>, left: u32) -> Option<bool> {
        let program = self.program;
        let of = |function: Site| {
            let returned = program.returns(function).into_iter();
            returned.map(move |value| (value, function))
        };
        agreed(functions.into_iter().flat_map(of).map(|(value, function)| self.says(value, function, left)))
    }

    /// `Boolean(flag)`, `flag.lower()`, `os.environ.get("WS_FEATURE_POSITIONS")`.
    fn inside(&self, expr: &'p Expr<'p>, site: Site) -> Option<bool> {
        let mut found = None;
        visit::expression(expr, &mut |part| {
            if found.is_none() && !std::ptr::eq(part, expr) {
                found = (self.is_switch)(part, site);
            }
        });
        found.map(|true_when_on| true_when_on == self.on)
    }
}

/// What a literal says of the switch that it is compared with; of several all must say the same.
fn word(expr: &Expr<'_>) -> Option<bool> {
    match &expr.kind {
        Kind::Bool(value) => Some(*value),
        Kind::Number(number) => Some(*number != 0.0),
        Kind::Text(text) => {
            let text = text.trim().to_lowercase();
            let on = ON.contains(&text.as_str());
            (on || OFF.contains(&text.as_str())).then_some(on)
        }
        Kind::List(items) => agreed(items.iter().map(word)),
        _ => None,
    }
}

fn agreed(mut values: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first)
}
