//! Routes that another one stands before: Django asks the first that takes a path.

use crate::audit::program::Program;
use crate::audit::urls::UrlPath;

use super::Route;
use super::refusal::{self, Passage};

/// What another route does to the requests of a later one. `routes`: those of one root, in order.
pub(super) fn mark(program: &Program<'_>, routes: &mut [Route]) {
    for at in 1..routes.len() {
        let (before, rest) = routes.split_at_mut(at);
        let route = &mut rest[0];
        let [path] = route.paths.as_slice() else { continue };
        let Some(first) = before.iter().find(|it| takes(it, path)).filter(|it| it.view != route.view) else {
            continue;
        };
        let instead = match refusal::of(program, &first.view, &first.entrance) {
            // One that takes more than this path is no replacement of it.
            Passage::Open if first.takes.is_some() => Passage::unclear("another route takes its path first"),
            found => found,
        };
        if instead != Passage::Open {
            route.entrance.around = Some(instead);
        }
    }
}

fn takes(route: &Route, path: &UrlPath) -> bool {
    match &route.takes {
        Some(start) => path.to_string().trim_start_matches('/').starts_with(start.trim_start_matches('/')),
        None => route.paths.iter().any(|own| own.is_exactly(path) && own.slash == path.slash),
    }
}
