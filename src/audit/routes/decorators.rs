//! Decorators of views, wherever they are written: what they do to a request that reads before the view is asked.
//!
//! Those of Django and its like are known by their names; one of the tree is followed to the function that it puts in
//! the view's place. What cannot be followed makes the answer unclear, never a refusal.

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Expr, Kind};
use crate::audit::program::{Definition, Program, Site};

use super::refusal::{self, Passage};

/// Where decorators come from that hand every request that reads on to the view.
const HARMLESS: [&str; 22] = [
    "django",
    "rest_framework",
    "rest_framework_simplejwt",
    "drf_spectacular",
    "drf_yasg",
    "ninja",
    "channels",
    "asgiref",
    "functools",
    "contextlib",
    "dataclasses",
    "typing",
    "typing_extensions",
    "abc",
    "warnings",
    "csp",
    "corsheaders",
    "sentry_sdk",
    "staticmethod",
    "classmethod",
    "property",
    "dataclass",
];

/// What one decorator does; `None`: it hands the request on. `inner`: the function that it decorates.
pub(super) fn through<'p>(
    program: &Program<'p>,
    decorator: &'p Expr<'p>,
    around: Site,
    inner: Option<Site>,
    left: u32,
) -> Option<Passage> {
    let Some(left) = left.checked_sub(1) else {
        return Some(Passage::unclear("its decorators are decorated in turn"));
    };
    let call = decorator.call();
    let callee = call.map_or(decorator, |call| &call.callee);
    let named = |name: &str| call.and_then(|call| call.keyword(name));
    let first = || call.and_then(|call| call.positional(0));
    let methods = match callee.last_name() {
        "require_POST" => return Some(Passage::Shut(405)),
        // Who may ask is asked of all of them together.
        "permission_classes" | "authentication_classes" | "throttle_classes" => return None,
        "method_decorator" => {
            let Some(given) = first().or_else(|| named("decorator")) else { return Some(unread(callee)) };
            return through_all(program, given, around, inner, left);
        }
        "partial" => {
            let Some(given) = first() else { return Some(unread(callee)) };
            return through(program, given, around, inner, left);
        }
        "api_view" => first().or_else(|| named("http_method_names")),
        "require_http_methods" => first().or_else(|| named("request_method_list")),
        "action" if !reads_elsewhere(program, inner) => named("methods"),
        _ => None,
    };
    if let Some(methods) = methods {
        return refusal::of_methods(program, methods, around);
    }
    let unclear =
        || Some(Passage::Unclear(format!("its decorator {} could not be followed", callee.dotted())));
    let meant = program.resolve(callee, around);
    if !meant.is_empty() && meant.iter().all(|it| is_harmless(program, it)) {
        return None;
    }
    if meant.iter().any(|it| matches!(it, Definition::External(_))) {
        return unclear();
    }
    // `@Gone`: the object that it makes is asked instead of the view.
    if let (None, Some(class)) = (call, program.class_named(callee, around)) {
        return program.method(class, "__call__").map_or_else(unclear, |it| wrapped(program, it, it, left));
    }
    let makers = program.functions(decorator, around).into_iter().filter(|maker| Some(*maker) != inner);
    let results = makers.flat_map(|maker| {
        // What a decorator with or without arguments makes of the view: `@timed` and `@timed(every=5)`.
        if calls_given(program, maker) {
            return vec![wrapped(program, maker, maker, left)];
        }
        let returned = program.returns(maker).into_iter();
        returned.map(move |value| stands_in(program, value, maker, inner, left)).collect::<Vec<_>>()
    });
    agreed(results).unwrap_or_else(unclear)
}

/// What a decorator is given stands elsewhere: `@method_decorator(**options)`.
pub(super) fn unread(decorator: &Expr<'_>) -> Passage {
    Passage::Unclear(format!("what its decorator {} is given could not be followed", decorator.dotted()))
}

/// One decorator, or a list of them, outermost first.
pub(super) fn through_all<'p>(
    program: &Program<'p>,
    given: &'p Expr<'p>,
    around: Site,
    inner: Option<Site>,
    left: u32,
) -> Option<Passage> {
    match program.items(given, around, 8) {
        items if items.is_empty() => through(program, given, around, inner, left),
        items => items.into_iter().find_map(|(item, owner)| through(program, item, owner, inner, left)),
    }
}

/// `@close.mapping.get`: another method of the class answers the action's requests that read.
fn reads_elsewhere(program: &Program<'_>, action: Option<Site>) -> bool {
    let Some((action, class)) = action.and_then(|it| Some((it, program.class_of(it)?))) else { return false };
    let mapping = format!("{}.mapping.get", program.function(action).name);
    let mut methods = program.class(class).methods.iter();
    methods.any(|method| {
        let method = program.function(Site { unit: class.unit, function: *method });
        method.decorators.iter().any(|decorator| decorator.dotted() == mapping)
    })
}

/// It comes from such a package, or is asked of what such a package made: `@api.get("/session")`.
fn is_harmless<'p>(program: &Program<'p>, meant: &Definition<'p>) -> bool {
    let known = |path: &str| path.split('.').next().is_some_and(|root| HARMLESS.contains(&root));
    match meant {
        Definition::External(path) => known(path),
        Definition::Part(value, owner, _) => {
            value.call().is_some_and(|call| program.is_outside(&call.callee, *owner, known))
        }
        _ => false,
    }
}

/// What all of them say; `None` without any. Where they differ it hangs on something which of them it is.
pub(super) fn agreed(results: impl IntoIterator<Item = Option<Passage>>) -> Option<Option<Passage>> {
    let mut results = results.into_iter();
    let first = results.next()?;
    let same = results.all(|other| other == first);
    Some(if same { first } else { Some(Passage::unclear("a decorator does one thing or another")) })
}

/// What a decorator gives back for the view, the function `maker`'s first parameter.
fn stands_in<'p>(
    program: &Program<'p>,
    value: &'p Expr<'p>,
    maker: Site,
    inner: Option<Site>,
    left: u32,
) -> Option<Passage> {
    if let Kind::Choice(parts) = &value.kind {
        let both = parts[1..].iter().map(|part| stands_in(program, part, maker, inner, left));
        return agreed(both).flatten();
    }
    if is_given(program, value, maker, |owner| owner == maker) {
        return None;
    }
    let mut functions = program.functions(value, maker);
    // `partial(decorator, every=5)`: it is called once more, with the view.
    if functions.contains(&maker) {
        return None;
    }
    // `csrf_exempt(inner)`, `wraps(view)(inner)`: first what it is called with.
    let by_tree = |callee: &'p Expr<'p>| !program.functions(callee, maker).is_empty();
    functions.retain(|it| Some(*it) != inner && value.call().is_none_or(|call| by_tree(&call.callee)));
    if let Some(decided) = agreed(functions.iter().map(|it| wrapped(program, *it, maker, left))) {
        return decided;
    }
    let unclear =
        || Some(Passage::Unclear(format!("{} gives back what could not be followed", program.name(maker))));
    let Some(call) = value.call() else { return unclear() };
    if call.callee.last_name() == "as_view" {
        return call.callee.receiver().map_or_else(unclear, |it| stands_in(program, it, maker, inner, left));
    }
    let Some(left) = left.checked_sub(1) else { return unclear() };
    let outer = through(program, &call.callee, maker, inner, left);
    let mut given = call.arguments.iter().map(|it| stands_in(program, &it.value, maker, inner, left));
    outer.or_else(|| given.next().unwrap_or_else(unclear))
}

/// A function that is asked instead of the view: it refuses, hands the request on, or answers by itself.
fn wrapped<'p>(program: &Program<'p>, function: Site, maker: Site, left: u32) -> Option<Passage> {
    // A decorator of its own, for where this one is given arguments: `return decorate(view) if view else decorate`.
    let returned = program.returns(function);
    let is_function =
        |it: &&'p Expr<'p>| matches!(it.kind, Kind::Name(_)) && !program.functions(it, function).is_empty();
    if !returned.is_empty() && returned.iter().all(is_function) {
        return None;
    }
    match refusal::of_site(program, function, left) {
        Passage::Open if hands_on(program, function, maker) => None,
        decided => Some(decided),
    }
}

/// The function calls what the one around it was given.
fn calls_given(program: &Program<'_>, function: Site) -> bool {
    let around = Site { function: program.function(function).parent, ..function };
    let mut calls = program.calls_in_function(function).into_iter();
    calls.any(|call| is_given(program, &call.callee, function, |owner| owner == around))
}

/// The function, or one written in it, names what its maker was given.
fn hands_on(program: &Program<'_>, function: Site, maker: Site) -> bool {
    let class = program.class_of(function);
    let parent = Site { function: program.function(function).parent, ..function };
    let is_own = |owner: Site| {
        let beside = class.is_some() && program.class_of(owner) == class;
        owner != function && (owner == maker || owner == parent || beside)
    };
    let mut inside = program.sites([function.unit]).filter(|site| {
        let mut current = *site;
        while current != function && current.function != 0 {
            current.function = program.function(current).parent;
        }
        current == function
    });
    inside.any(|site| {
        let mut found = false;
        visit::block(&program.function(site).body, &mut |part, _| {
            if let Part::Expression(expr) = part {
                found = found || is_given(program, expr, site, is_own);
            }
        });
        found
    })
}

/// It is a parameter of one of these functions.
fn is_given<'p>(
    program: &Program<'p>,
    expr: &'p Expr<'p>,
    site: Site,
    is_own: impl Fn(Site) -> bool,
) -> bool {
    let is_own = |it: &Definition<'p>| matches!(it, Definition::Parameter(owner, ..) if is_own(*owner));
    matches!(expr.kind, Kind::Name(_) | Kind::Member(..)) && program.resolve(expr, site).iter().any(is_own)
}
