//! On what a broadcast hangs: the tests around it, those around the calls that lead to it, and whether a feature
//! flag is among them.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Context, Part};
use crate::audit::code::{Call, Kind};
use crate::audit::flags::Flags;
use crate::audit::names::FeatureId;
use crate::audit::program::{ClassId, Program, Site};

/// How many calls up a flag is looked for.
const FARTHEST: u32 = 4;

/// What stands around a call in its own function.
pub(in crate::audit) fn context<'p>(program: &Program<'p>, call: &Call<'p>, site: Site) -> Context<'p, 'p> {
    let mut found = None;
    visit::function(program.function(site), &mut |part, context| {
        if let Part::Expression(expr) = part
            && let Kind::Call(inner) = &expr.kind
            && std::ptr::eq(inner.as_ref(), call)
        {
            found = Some(context.clone());
        }
    });
    found.unwrap_or_default()
}

/// The features whose flag must be on (or off) for the call to happen; `None`: it hangs on no flag.
pub(in crate::audit) fn gate<'p>(
    program: &Program<'p>,
    flags: &Flags<'_, 'p>,
    call: &Call<'p>,
    site: Site,
) -> Option<BTreeSet<FeatureId>> {
    around(program, flags, call, site).or_else(|| of_function(program, flags, site, FARTHEST))
}

fn around<'p>(
    program: &Program<'p>,
    flags: &Flags<'_, 'p>,
    call: &Call<'p>,
    site: Site,
) -> Option<BTreeSet<FeatureId>> {
    let context = context(program, call, site);
    let own = context.guards.iter().find_map(|guard| flags.mentioned(guard.test, site));
    own.or_else(|| around_function(program, flags, site))
}

/// The tests around the place where a function without a name is written: `on_commit(lambda: push(row))`.
fn around_function<'p>(
    program: &Program<'p>,
    flags: &Flags<'_, 'p>,
    site: Site,
) -> Option<BTreeSet<FeatureId>> {
    let function = program.function(site);
    if site.function == 0 || !function.name.is_empty() {
        return None;
    }
    let outer = Site { unit: site.unit, function: function.parent };
    let mut found = None;
    visit::function(program.function(outer), &mut |part, context| {
        let Part::Expression(expr) = part else { return };
        if matches!(expr.kind, Kind::Function(index) if index == site.function) {
            found = context.guards.iter().find_map(|guard| flags.mentioned(guard.test, outer));
        }
    });
    found.or_else(|| around_function(program, flags, outer))
}

/// Every way to the function leads through a flag.
fn of_function<'p>(
    program: &Program<'p>,
    flags: &Flags<'_, 'p>,
    site: Site,
    left: u32,
) -> Option<BTreeSet<FeatureId>> {
    let left = left.checked_sub(1)?;
    let function = program.function(site);
    if site.function == 0 || function.name.is_empty() {
        return None;
    }
    if let Some(class) = function.class {
        let class = ClassId { unit: site.unit, class };
        if let Some(gate) = of_job(program, flags, class, function.name) {
            return Some(gate);
        }
    }
    let mut gates = BTreeSet::new();
    let mut callers = 0;
    for call in program.callers(site).filter(|call| call.site != site) {
        callers += 1;
        let gate = around(program, flags, call.call, call.site)
            .or_else(|| of_function(program, flags, call.site, left))?;
        gates.extend(gate);
    }
    (callers > 0).then_some(gates)
}

/// A job whose `should_run` asks for the flag, or that is only registered when the flag is on.
fn of_job<'p>(
    program: &Program<'p>,
    flags: &Flags<'_, 'p>,
    class: ClassId,
    method: &str,
) -> Option<BTreeSet<FeatureId>> {
    if !matches!(method, "run" | "execute" | "tick" | "__call__") {
        return None;
    }
    if let Some(should_run) = program.own_method(class, "should_run") {
        let mut asked = None;
        visit::function(program.function(should_run), &mut |part, _| {
            if let Part::Expression(expr) = part
                && asked.is_none()
                && matches!(expr.kind, Kind::Call(_) | Kind::Member(..) | Kind::Name(_))
            {
                asked = flags.mentioned(expr, should_run);
            }
        });
        if asked.is_some() {
            return asked;
        }
    }
    let mut gates = BTreeSet::new();
    let mut made = 0;
    for call in program.calls_named(program.class(class).name) {
        if program.is_test(call.site.unit) {
            continue;
        }
        made += 1;
        gates.extend(around(program, flags, call.call, call.site)?);
    }
    (made > 0).then_some(gates)
}
