//! Django's URL routes, resolved from the root URLconf through every `include` and router to the view.
//!
//! Files that nothing includes serve nothing and give no route. Includes that lead out of the tree are kept as
//! prefixes about which nothing can be said.

mod admission;
mod asgi;
mod classes;
mod decorators;
mod middleware;
mod ninja;
mod refusal;
mod router;
mod shadowed;
mod urlconf;
mod view;

use std::collections::{HashMap, HashSet};

pub(in crate::audit) use refusal::Passage;

use super::flags::Flags;
use super::names::{FeatureId, Names};
use super::program::{ClassId, Program, Site};
use super::urls::{Slash, UrlPath};

/// What answers a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::audit) enum View {
    Function(Site),
    Class(ClassId),
    /// An extra action of a ViewSet.
    Action(ClassId, Site),
    /// Not in the tree, or not resolved: its name.
    Elsewhere(String),
}

/// What a route says of its view besides its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::audit) struct Entrance {
    /// What happens to a request that reads before the view is asked; `None`: nothing.
    pub around: Option<Passage>,
    /// The method that answers: `as_view({"get": "list"})`.
    pub method: Option<String>,
}

impl Entrance {
    /// This one stands before another.
    fn or(self, inner: Self) -> Self {
        Self { around: self.around.or(inner.around), method: self.method.or(inner.method) }
    }
}

/// One line of a URLconf, and everything it serves.
#[derive(Debug, Clone)]
pub(in crate::audit) struct Route {
    pub unit: usize,
    pub line: u32,
    /// Full paths; several where the URLconf is included several times.
    pub paths: Vec<UrlPath>,
    pub view: View,
    pub entrance: Entrance,
    /// It takes every path that begins like this.
    pub takes: Option<String>,
    /// The URL's name for `reverse`.
    pub name: Option<String>,
    /// The lines that include the URLconf it stands in, outermost first.
    pub through: Vec<(usize, u32)>,
    /// Extra arguments choose what the view does: it is not the same endpoint as elsewhere.
    pub parametrised: bool,
}

#[derive(Debug, Default)]
pub(in crate::audit) struct Routes {
    pub routes: Vec<Route>,
    /// Prefixes whose URLs come from outside the tree.
    pub unknown: Vec<UrlPath>,
    /// What middlewares refuse before any of the routes is asked.
    shut: Vec<middleware::Shut>,
    /// Why it is not known whether HTTP leads to them at all.
    unserved: Option<String>,
    /// A root URLconf was found: what is not among the routes is not served.
    pub complete: bool,
    /// The routes of each path, whatever its slash.
    by_path: HashMap<UrlPath, Vec<usize>>,
}

/// How a requested path fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) enum Served {
    Yes,
    /// A route would serve it with a slash at the end: Django redirects.
    MissingSlash,
    /// A route would serve it without the slash at the end: 404.
    ExtraSlash,
    No,
    /// It lies below an include that leads out of the tree, or the routes are not known.
    Unknown,
}

impl Routes {
    pub fn new<'p>(program: &Program<'p>, flags: &Flags<'_, 'p>) -> Self {
        let mut routes = urlconf::read(program, flags);
        routes.shut = middleware::find(program);
        routes.unserved = asgi::unserved(program);
        routes.merge();
        routes
    }

    /// One entry a line and view.
    fn merge(&mut self) {
        // A view set's list and its single object are answered by two methods.
        let key = |route: &Route| {
            let method = route.entrance.method.clone().filter(|it| it == "retrieve");
            (route.unit, route.line, route.view.clone(), method)
        };
        self.routes.sort_by_key(key);
        self.routes.dedup_by(|next, kept| {
            let same = key(next) == key(kept);
            if same {
                if kept.entrance != next.entrance {
                    kept.entrance.around = Some(Passage::unclear("its routes differ in how they ask it"));
                }
                kept.paths.append(&mut next.paths);
                kept.through.append(&mut next.through);
                kept.through.sort_unstable();
                kept.through.dedup();
            }
            same
        });
        for route in &mut self.routes {
            route.paths.sort();
            route.paths.dedup();
        }
        for (index, route) in self.routes.iter().enumerate() {
            for path in &route.paths {
                let same = self.by_path.entry(path.clone().with_any_slash()).or_default();
                if same.last() != Some(&index) {
                    same.push(index);
                }
            }
        }
    }

    /// Indices of the routes that a request for the path leads to, whatever its slash; an exact route hides
    /// those that would take it by a parameter.
    pub fn matching(&self, path: &UrlPath) -> Vec<usize> {
        if let Some(exact) = self.by_path.get(&path.clone().with_any_slash()) {
            return exact.clone();
        }
        let routes = self.routes.iter().enumerate();
        let leading = routes.filter(|(_, route)| route.paths.iter().any(|own| path.leads_to(own)));
        leading.map(|(index, _)| index).collect()
    }

    pub fn served(&self, path: &UrlPath) -> Served {
        let mut near = None;
        for own in self.routes.iter().flat_map(|route| &route.paths).filter(|own| own.is_same(path)) {
            if own.agrees_on_slash(path) {
                return Served::Yes;
            }
            near = Some(own.slash);
        }
        match near {
            Some(Slash::Yes) => Served::MissingSlash,
            Some(_) => Served::ExtraSlash,
            None if !self.complete => Served::Unknown,
            None if self.unknown.iter().any(|prefix| path.starts_with(prefix)) => Served::Unknown,
            None => Served::No,
        }
    }

    /// The view itself refuses all, though what stands around it may answer instead.
    pub fn refuses_inside(&self, program: &Program<'_>, route: &Route) -> bool {
        matches!(refusal::inside(program, &route.view, &route.entrance), Passage::Shut(_))
    }

    /// Who may ask the route, in words that can be compared with those of another revision.
    pub fn admission(&self, program: &Program<'_>, route: &Route) -> String {
        admission::said(program, &route.view, &route.entrance)
    }

    /// How a request that reads fares on all paths of the route, whoever would answer.
    pub fn passage(&self, program: &Program<'_>, route: &Route) -> Passage {
        let name = route.name.as_deref();
        let by_one = |path: &UrlPath| self.shut.iter().find_map(|shut| shut.refuses(path, name));
        let before: Option<Vec<u16>> = route.paths.iter().map(by_one).collect();
        let before = before.and_then(|all| all.first().copied());
        let passage = || match (refusal::of(program, &route.view, &route.entrance), &self.unserved) {
            (Passage::Open, Some(why)) => Passage::Unclear(why.clone()),
            (found, _) => found,
        };
        before.map_or_else(passage, Passage::Shut)
    }

    /// `true` where some route lies below the path: it is a prefix, not a request.
    pub fn is_prefix(&self, path: &UrlPath) -> bool {
        self.routes
            .iter()
            .flat_map(|route| &route.paths)
            .any(|own| own.len() > path.len() && own.starts_with(path))
    }

    /// The first parts of all paths.
    pub fn namespaces(&self) -> HashSet<&str> {
        self.routes.iter().flat_map(|route| &route.paths).filter_map(UrlPath::first).collect()
    }

    /// `true` where the path's first part is one under which the backend serves something.
    pub fn is_namespace(&self, first: &str) -> bool {
        self.routes.iter().flat_map(|route| &route.paths).any(|own| own.first() == Some(first))
    }

    /// For each route the features it serves: by configuration, or because it leads to the same view as such a
    /// route does. The second list says which are there only for the view.
    pub fn features(&self, names: &Names<'_>) -> Vec<RouteFeatures> {
        let direct: Vec<Vec<FeatureId>> = self
            .routes
            .iter()
            .map(|route| {
                let mut found: Vec<FeatureId> =
                    route.paths.iter().flat_map(|path| exactly(names, path)).collect();
                found.sort_unstable();
                found.dedup();
                found
            })
            .collect();
        self.routes
            .iter()
            .zip(&direct)
            .map(|(route, own)| {
                let mut alias = Vec::new();
                let mut whole_class = Vec::new();
                for (other, features) in self.routes.iter().zip(&direct) {
                    let list = match relation(route, other) {
                        Some(Relation::Same) => &mut alias,
                        Some(Relation::SameClass) => &mut whole_class,
                        None => continue,
                    };
                    list.extend(features.iter().filter(|feature| !own.contains(feature)));
                }
                alias.sort_unstable();
                alias.dedup();
                whole_class.retain(|feature| !alias.contains(feature));
                whole_class.sort_unstable();
                whole_class.dedup();
                RouteFeatures { direct: own.clone(), alias, whole_class }
            })
            .collect()
    }
}

/// Why a route belongs to features.
#[derive(Debug, Clone, Default)]
pub(in crate::audit) struct RouteFeatures {
    pub direct: Vec<FeatureId>,
    /// The same view under another URL.
    pub alias: Vec<FeatureId>,
    /// Another action of the same ViewSet.
    pub whole_class: Vec<FeatureId>,
}

impl RouteFeatures {
    pub fn all(&self) -> impl Iterator<Item = FeatureId> + '_ {
        self.direct.iter().chain(&self.alias).chain(&self.whole_class).copied()
    }
}

enum Relation {
    Same,
    SameClass,
}

fn relation(route: &Route, other: &Route) -> Option<Relation> {
    if route.parametrised || other.parametrised {
        return None;
    }
    match (&route.view, &other.view) {
        (View::Elsewhere(_), _) | (_, View::Elsewhere(_)) => None,
        (one, another) if one == another => Some(Relation::Same),
        (View::Action(class, _), View::Class(other)) => (class == other).then_some(Relation::SameClass),
        _ => None,
    }
}

/// A configured endpoint names a route only where no hole of the route stands against its text.
fn exactly(names: &Names<'_>, path: &UrlPath) -> Vec<FeatureId> {
    names.endpoints().filter(|(endpoint, _)| endpoint.is_exactly(path)).map(|(_, id)| id).collect()
}
