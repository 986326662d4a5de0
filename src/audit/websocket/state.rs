//! Whether a broadcast can happen: whether something starts it, each call on its way hands it on, and a consumer gets it.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind, Operator, StatementKind};
use crate::audit::liveness::Liveness;
use crate::audit::program::{Bound, Misfit, Program, Site, bind};

use super::broadcasts::Broadcast;
use super::handlers::Consumers;

/// Whether a broadcast can happen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::audit) enum State {
    Live,
    /// Nothing calls the code it stands in, or the parameter that allows it is never given.
    Dormant(String),
    /// It fails every time: wrong arguments, a helper that is not there.
    Broken(String),
}

impl State {
    /// On two stretches of one way: what stops it first.
    pub fn and(self, other: Self) -> Self {
        if self == Self::Live { other } else { self }
    }
}

/// Whether it can, by the call that hands it on, by what starts that, and by who gets it.
pub(super) fn of<'p>(
    program: &Program<'p>,
    liveness: &Liveness,
    consumers: &Consumers,
    broadcast: &Broadcast<'p>,
) -> State {
    if let Some(helper) = broadcast.helper {
        match program.misfit(broadcast.call, helper) {
            Some(Misfit::UnknownKeyword(name)) => {
                return State::Broken(format!(
                    "{} takes no argument `{name}`",
                    program.function(helper).name
                ));
            }
            Some(Misfit::TooMany { given, taken }) => {
                let name = program.function(helper).name;
                return State::Broken(format!(
                    "{name} takes {taken} positional arguments, {given} are given"
                ));
            }
            Some(Misfit::Missing(name)) => {
                return State::Broken(format!("{} needs `{name}`", program.function(helper).name));
            }
            None => {}
        }
    }
    let own = by_call(program, broadcast.call, broadcast.site, broadcast.helper);
    if own != State::Live {
        return own;
    }
    if !liveness.is_live(broadcast.site) {
        return State::Dormant(format!("nothing starts {}", program.name(broadcast.site)));
    }
    if let Some(parameter) = never_allowed(program, broadcast) {
        return State::Dormant(format!("no caller sets `{parameter}`"));
    }
    match broadcast.group.as_deref().filter(|group| consumers.joined(group) == Some(false)) {
        Some(group) => State::Dormant(format!("no consumer joins the group `{group}`")),
        None => State::Live,
    }
}

/// Whether one call hands the message on, to a helper or to the channel layer itself.
pub(super) fn by_call<'p>(
    program: &Program<'p>,
    call: &'p Call<'p>,
    site: Site,
    helper: Option<Site>,
) -> State {
    if throws_away(program, call, site, helper) {
        return State::Broken("it is async and nothing awaits it".to_owned());
    }
    let context = super::gates::context(program, call, site);
    let says = |test: &Expr<'p>| match test.kind {
        Kind::Bool(value) => Some(value),
        Kind::Null => Some(false),
        _ => None,
    };
    if context.dead || context.guards.iter().any(|guard| says(guard.test) == Some(!guard.holds)) {
        return State::Dormant(format!("line {} is never reached", call.line));
    }
    let layer = layer_of(call);
    let absent = layer.and_then(|layer| context.guards.iter().find(|guard| is_absent(guard, layer)));
    match (absent, layer) {
        (Some(guard), Some(layer)) => {
            State::Broken(format!("line {} asks that there be no {}", guard.test.line, layer.dotted()))
        }
        _ => State::Live,
    }
}

/// The object whose `group_send` a call calls, itself or wrapped: `async_to_sync(layer.group_send)(…)`.
fn layer_of<'p>(call: &'p Call<'p>) -> Option<&'p Expr<'p>> {
    let mut found = None;
    visit::expression(&call.callee, &mut |part| {
        if let Kind::Member(object, "group_send") = &part.kind {
            found = Some(&**object).filter(|it| matches!(it.kind, Kind::Name(_) | Kind::Member(..)));
        }
    });
    found
}

/// The guard lets only that through which has no such object: `if layer is not None: return`.
fn is_absent(guard: &visit::Guard<'_, '_>, object: &Expr<'_>) -> bool {
    let mut test = guard.test;
    let mut wanted = guard.holds;
    while let Kind::Operation(Operator::Not, parts) = &test.kind {
        let Some(inner) = parts.first() else { return false };
        (test, wanted) = (inner, !wanted);
    }
    let is_it = |expr: &Expr<'_>| {
        matches!(expr.kind, Kind::Name(_) | Kind::Member(..)) && expr.dotted() == object.dotted()
    };
    match &test.kind {
        // `is` has no sign of its own, and nothing else is asked of `None`.
        Kind::Operation(operator @ (Operator::Equal | Operator::Unequal | Operator::Other), parts) => {
            let [of, Expr { kind: Kind::Null, .. }] = parts.as_slice() else { return false };
            is_it(of) && wanted == (*operator != Operator::Unequal)
        }
        _ => is_it(test) && !wanted,
    }
}

/// The call of something async is a whole statement: it makes a coroutine that nobody runs.
pub(in crate::audit) fn is_thrown_away<'p>(program: &Program<'p>, broadcast: &Broadcast<'p>) -> bool {
    throws_away(program, broadcast.call, broadcast.site, broadcast.helper)
}

fn throws_away(program: &Program<'_>, call: &Call<'_>, site: Site, helper: Option<Site>) -> bool {
    let is_async = match helper {
        Some(helper) => program.function(helper).is_async,
        None => call.callee.last_name() == "group_send",
    };
    let mut bare = false;
    visit::function(program.function(site), &mut |part, _| {
        if let Part::Statement(statement) = part
            && let StatementKind::Expression(expr) = &statement.kind
            && let Kind::Call(inner) = &expr.kind
        {
            bare |= std::ptr::eq(inner.as_ref(), call);
        }
    });
    is_async && bare
}

/// The broadcast hangs on a parameter that is off by default and that no call turns on.
fn never_allowed<'p>(program: &Program<'p>, broadcast: &Broadcast<'p>) -> Option<&'p str> {
    let function = program.function(broadcast.site);
    let context = super::gates::context(program, broadcast.call, broadcast.site);
    context.guards.iter().filter(|guard| guard.holds).find_map(|guard| {
        let Kind::Name(name) = guard.test.kind else { return None };
        let index = function.parameters.iter().position(|parameter| parameter.name() == name)?;
        let off = function.parameters[index]
            .default
            .as_ref()
            .is_some_and(|default| matches!(default.kind, Kind::Bool(false) | Kind::Null));
        let turned_on = program.callers(broadcast.site).any(|call| {
            match bind(program, call.call, broadcast.site, index, &[]) {
                Bound::Argument(value, _) => !matches!(value.kind, Kind::Bool(false) | Kind::Null),
                Bound::Default(_) => false,
                Bound::Unknown => true,
            }
        });
        (off && !turned_on).then_some(name)
    })
}
