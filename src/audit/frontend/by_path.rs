//! Requests that only their path tells: functions from outside of the tree that are given that of a feature's endpoint.

use std::collections::HashSet;

use crate::audit::code::{Call, CallForm, Expr, Kind};
use crate::audit::names::Names;
use crate::audit::program::{CallSite, Definition, Program};
use crate::audit::urls::UrlPath;

use super::clients::{Base, Request};

/// Functions that take a path and ask nobody.
const SILENT: [&str; 31] = [
    "URL",
    "log",
    "warn",
    "error",
    "info",
    "debug",
    "includes",
    "startsWith",
    "endsWith",
    "indexOf",
    "match",
    "test",
    "split",
    "replace",
    "push",
    "navigate",
    "redirect",
    "has",
    "set",
    "add",
    "delete",
    "join",
    "concat",
    "describe",
    "it",
    "expect",
    "toBe",
    "toEqual",
    "Link",
    "matchPath",
    "t",
];

/// Calls of functions from outside of the tree that are given the path of a feature's endpoint.
pub(super) fn find<'p>(
    program: &Program<'p>,
    names: &Names<'_>,
    known: &HashSet<*const Call<'p>>,
) -> Vec<Request<'p>> {
    let tails: Vec<&str> = names.endpoints().filter_map(|(path, _)| path.last()).collect();
    let mut found = Vec::new();
    for unit in program.scripts_with(tails.iter().copied()) {
        if program.is_test(unit) {
            continue;
        }
        for CallSite { call, site } in program.calls_of(unit) {
            let name = call.callee.last_name();
            if known.contains(&std::ptr::from_ref(call))
                || SILENT.contains(&name)
                || call.form == CallForm::Element
            {
                continue;
            }
            let Some(first) = call.positional(0).filter(|first| is_like_path(first)) else { continue };
            let asked = program.texts(first, site, None).into_iter().any(|text| {
                let text = text.with_holes();
                text.starts_with(['/', 'h']) && !names.of_endpoint(&UrlPath::of_request(&text)).is_empty()
            });
            let outside = |definition: &Definition<'p>| {
                matches!(
                    definition,
                    Definition::External(_) | Definition::Part(..) | Definition::Parameter(..)
                )
            };
            let callee = program.resolve(&call.callee, site);
            if asked && callee.iter().all(outside) {
                found.push(Request { call, site, url: first, base: Base::None });
            }
        }
    }
    found
}

fn is_like_path(expr: &Expr<'_>) -> bool {
    match &expr.kind {
        Kind::Text(text) => text.contains('/'),
        Kind::Template(_) | Kind::Name(_) | Kind::Member(..) | Kind::Operation(..) | Kind::Choice(_) => true,
        _ => false,
    }
}
