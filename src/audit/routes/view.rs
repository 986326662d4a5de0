//! From the second argument of `path` to the function or class that answers, and what stands before it there.

use crate::audit::code::{Call, Entry, Expr, Kind, entry};
use crate::audit::program::{Bound, Definition, Given, Program, Site, Text, bind};

use super::refusal::{self, DEEPEST, Passage};
use super::{Entrance, View, decorators};

/// `calls`: those of the functions that give back the route, outermost first.
pub(super) fn target<'p>(
    program: &Program<'p>,
    expr: &'p Expr<'p>,
    site: Site,
    calls: &[Given<'p>],
) -> (View, Entrance) {
    find(program, expr, site, calls, 8).unwrap_or_else(|| {
        // `gone("/api/session")`, which makes a view.
        let made = expr.call().map(|_| program.functions(expr, site)).unwrap_or_default();
        let ways = made.into_iter().map(|made| refusal::of_site(program, made, DEEPEST));
        let around = Passage::of_ways(ways).filter(|way| *way != Passage::Open);
        (View::Elsewhere(expr.dotted()), Entrance { around, method: None })
    })
}

fn find<'p>(
    program: &Program<'p>,
    expr: &'p Expr<'p>,
    site: Site,
    calls: &[Given<'p>],
    left: u32,
) -> Option<(View, Entrance)> {
    let left = left.checked_sub(1)?;
    // `view.as_view() if isclass(view) else view`
    if let Kind::Choice(parts) = &expr.kind {
        return one_of(program, parts[1..].iter().filter_map(|part| find(program, part, site, calls, left)));
    }
    if let Kind::Call(call) = &expr.kind {
        let (view, outer, inner) = if call.callee.last_name() == "as_view" {
            let (view, inner) = find(program, call.callee.receiver()?, site, calls, left)?;
            (view, options(program, call, site), inner)
        } else {
            // A decorator around the view: `csrf_exempt(view)`, `cache_page(5)(view)`.
            let mut given = call.arguments.iter();
            let (view, inner) = given.find_map(|it| find(program, &it.value, site, calls, left))?;
            let around = decorators::through(program, &call.callee, site, None, DEEPEST);
            (view, Entrance { around, method: None }, inner)
        };
        return Some((view, outer.or(inner)));
    }
    if let Kind::Text(dotted) = &expr.kind {
        return by_dotted_name(program, dotted, site).map(|view| (view, Entrance::default()));
    }
    let found = program.resolve(expr, site).into_iter().filter_map(|definition| match definition {
        Definition::Function(function) => Some((View::Function(function), Entrance::default())),
        Definition::Class(class) => Some((View::Class(class), Entrance::default())),
        Definition::Value(value, owner) if !std::ptr::eq(value, expr) => {
            find(program, value, owner, calls, left)
        }
        Definition::Parameter(function, index, steps) => {
            let at = calls.iter().rposition(|(known, ..)| *known == function)?;
            let (_, call, caller) = calls[at];
            match bind(program, call, function, index, &steps) {
                Bound::Argument(value, done) if done == steps.len() => {
                    find(program, value, caller, &calls[..at], left)
                }
                _ => None,
            }
        }
        _ => None,
    });
    one_of(program, found)
}

/// The first of several views; where they do not fare alike, it is not known which one answers.
fn one_of(program: &Program<'_>, found: impl Iterator<Item = (View, Entrance)>) -> Option<(View, Entrance)> {
    let mut found: Vec<(View, Entrance)> = found.collect();
    let all_same = found.windows(2).all(|pair| pair[0] == pair[1]);
    let fares = |(view, entrance): &(View, Entrance)| refusal::of(program, view, entrance);
    if !all_same && found.windows(2).any(|pair| fares(&pair[0]) != fares(&pair[1])) {
        found[0].1.around = Some(Passage::unclear("one of several views answers"));
    }
    found.into_iter().next()
}

/// What the arguments of `as_view` say: `as_view({"get": "list"})`, `as_view(http_method_names=["post"])`.
pub(super) fn options<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> Entrance {
    let mut found = Entrance::default();
    if let Some(actions) = call.positional(0).or_else(|| call.keyword("actions")) {
        match program.records(actions, site).next() {
            Some((entries, owner)) => match entry(entries, "get") {
                Some(reads) => {
                    let names = program.texts(&reads.value, owner, None);
                    found.method = names.first().and_then(Text::exact);
                }
                None if entries.iter().all(is_literal) => found.around = Some(Passage::Shut(405)),
                None => found.around = Some(Passage::unclear("its actions could not be followed")),
            },
            None => found.around = Some(Passage::unclear("its actions could not be followed")),
        }
    }
    for argument in &call.arguments {
        let told = match argument.name {
            Some("http_method_names") => refusal::of_methods(program, &argument.value, site),
            None if argument.spread => spread(program, &argument.value, site),
            _ => None,
        };
        found.around = found.around.or(told);
    }
    found
}

/// `as_view(**options)`
fn spread<'p>(program: &Program<'p>, given: &'p Expr<'p>, site: Site) -> Option<Passage> {
    let records: Vec<_> = program.records(given, site).collect();
    let unclear = || Some(Passage::unclear("what as_view is given could not be followed"));
    if records.is_empty() || records.iter().any(|(entries, _)| !entries.iter().all(is_literal)) {
        return unclear();
    }
    let told = records.iter().map(|(entries, owner)| {
        entry(entries, "http_method_names").and_then(|it| refusal::of_methods(program, &it.value, *owner))
    });
    decorators::agreed(told).flatten()
}

fn is_literal(entry: &Entry<'_>) -> bool {
    entry.key.as_ref().and_then(Expr::literal).is_some()
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
