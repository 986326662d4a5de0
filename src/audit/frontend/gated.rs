//! Pollers of which the source does not say whether they ask: behind a variable of the environment, behind a reference
//! that they set themselves, through a client that turns requests away.

use crate::audit::code::visit::{self, Context, Part};
use crate::audit::code::{Call, Expr, Kind, Operator, Pattern, StatementKind, entry};
use crate::audit::program::{Program, Site};

use super::queries::Query;

/// Names from a test to the environment.
const FARTHEST: u32 = 4;

/// What every build says by itself.
const OF_BUILDS: [&str; 6] = ["NODE_ENV", "MODE", "DEV", "PROD", "SSR", "BASE_URL"];

/// A test around the place asks the environment of the build.
pub(super) fn by_environment<'p>(program: &Program<'p>, context: &Context<'p, 'p>, site: Site) -> bool {
    context.guards.iter().any(|guard| asks_environment(program, guard.test, site, FARTHEST))
}

/// What a query says of whether it repeats asks the environment; how often is no question of whether.
pub(super) fn is_asked_of<'p>(program: &Program<'p>, query: &Query<'p>) -> bool {
    let decides = matches!(
        query.option.kind,
        Kind::Choice(_) | Kind::Operation(Operator::And | Operator::Or | Operator::Not, _)
    );
    let enabled = entry(query.entries, "enabled").map(|it| (&it.value, query.site));
    let mut asked = enabled.into_iter().chain(decides.then_some((query.option, query.option_site)));
    asked.any(|(test, site)| asks_environment(program, test, site, FARTHEST))
}

fn asks_environment<'p>(program: &Program<'p>, test: &'p Expr<'p>, site: Site, left: u32) -> bool {
    let Some(left) = left.checked_sub(1) else { return false };
    let mut found = false;
    visit::expression(test, &mut |part| {
        found = found
            || match &part.kind {
                Kind::Member(object, name) => object.last_name() == "env" && !OF_BUILDS.contains(name),
                Kind::Name(_) => program.values(part, site).any(|(value, owner)| {
                    !std::ptr::eq(value, part) && asks_environment(program, value, owner, left)
                }),
                _ => false,
            };
    });
    found
}

/// `if (done.current) return; done.current = true`: what it repeats happens once, as nothing sets that back.
pub(super) fn runs_once(program: &Program<'_>, functions: &[Site]) -> bool {
    functions.iter().any(|site| {
        let function = program.function(*site);
        let mut asked: Vec<String> = Vec::new();
        visit::function(function, &mut |_, context| {
            let guards = context.guards.iter().filter(|guard| !guard.holds);
            asked.extend(guards.filter_map(|guard| current(guard.test)));
        });
        asked.iter().any(|name| sets(program, *site, name, true) && !is_set_back(program, *site, name))
    })
}

/// `done.current`
fn current(expr: &Expr<'_>) -> Option<String> {
    matches!(expr.kind, Kind::Member(_, "current")).then(|| expr.dotted())
}

fn sets(program: &Program<'_>, site: Site, name: &str, wanted: bool) -> bool {
    let mut found = false;
    visit::function(program.function(site), &mut |part, _| {
        if let Part::Statement(statement) = part
            && let StatementKind::Assign { target: Pattern::Place(place), value, .. } = &statement.kind
            && place.dotted() == name
        {
            found |= matches!(value.kind, Kind::Bool(true)) == wanted;
        }
    });
    found
}

fn is_set_back(program: &Program<'_>, site: Site, name: &str) -> bool {
    program.sites([site.unit]).any(|other| sets(program, other, name, false))
}

/// Nothing shows a component, or calls a hook: what it sets going never goes.
pub(super) fn is_unused(program: &Program<'_>, site: Site) -> bool {
    let owner = program.owner(site);
    let name = program.own_name(owner);
    if owner.function == 0 || name.is_empty() || !program.script_calls_to(owner).is_empty() {
        return false;
    }
    let mut units = program.scripts_with([name]);
    units.retain(|unit| !program.is_test(*unit));
    !program.sites(units).any(|other| {
        let mut found = false;
        visit::function(program.function(other), &mut |part, _| {
            if let Part::Expression(Expr { kind: Kind::Name(own) | Kind::Member(_, own), .. }) = part {
                found |= *own == name;
            }
        });
        found
    })
}

/// A client of the tree turns requests away before they are made: `api.interceptors.request.use(() => Promise.reject())`.
pub(super) fn turns_away(program: &Program<'_>) -> bool {
    program.script_calls("use").iter().filter(|call| !program.is_test(call.site.unit)).any(|call| {
        let written = call.call.callee.dotted();
        let functions =
            || call.call.positional(0).map(|it| program.functions(it, call.site)).unwrap_or_default();
        written.ends_with("interceptors.request.use")
            && functions().into_iter().any(|it| rejects(program, it))
    })
}

fn rejects(program: &Program<'_>, site: Site) -> bool {
    let mut found = false;
    let is_reject = |call: &Call<'_>| call.callee.dotted() == "Promise.reject";
    visit::function(program.function(site), &mut |part, _| {
        found |= match part {
            Part::Statement(statement) => matches!(statement.kind, StatementKind::Raise(_)),
            Part::Expression(expr) => expr.call().is_some_and(is_reject),
        };
    });
    found
}
