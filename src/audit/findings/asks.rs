//! Requests for a feature's endpoint from Python and from scripts: `requests.get`, a test client, `reverse`,
//! `curl` in a health check.

use crate::audit::code::Expr;
use crate::audit::frontend::fetches::is_own_host;
use crate::audit::names::FeatureId;
use crate::audit::paths;
use crate::audit::program::Site;
use crate::audit::tree::FileKind;
use crate::audit::urls::UrlPath;
use crate::model::facts::audit::{Confidence, FindingKind};
use crate::model::gate::Place;

use super::Survey;
use super::collector::{Collector, Draft};
use super::documents::url_tokens;

pub(in crate::audit) struct Ask {
    pub place: Place,
    /// The function it stands in, or the file.
    pub symbol: String,
    pub site: Option<Site>,
    pub path: Option<UrlPath>,
    pub routes: Vec<usize>,
    pub features: Vec<FeatureId>,
    pub in_test: bool,
    how: String,
}

const VERBS: [&str; 10] =
    ["get", "post", "put", "patch", "delete", "head", "request", "urlopen", "stream", "open"];

pub(super) fn find(survey: &Survey<'_, '_>) -> Vec<Ask> {
    let mut found = Vec::new();
    let program = survey.program;
    let mut asking = program.files_with(VERBS);
    asking.retain(|unit| program.is_python(*unit));
    for name in VERBS {
        for call in program.calls_among(name, |unit| asking.binary_search(&unit).is_ok()) {
            let place = usize::from(name == "request" && call.call.positional(0).is_some_and(is_verb));
            let Some(url) = call.call.positional(place).or_else(|| call.call.keyword("url")) else {
                continue;
            };
            for text in program.texts(url, call.site, None) {
                let text = text.with_holes();
                let text = text.strip_prefix("{}").unwrap_or(&text);
                if !(text.starts_with('/') || text.contains("://")) || !is_own_host(text) {
                    continue;
                }
                let how = format!("{}(…)", call.call.callee.dotted());
                found.extend(ask(survey, UrlPath::of_request(text), call.site, call.call.line, how));
            }
        }
    }
    for name in ["reverse", "reverse_lazy", "redirect", "resolve_url"] {
        for call in survey.program.calls_named(name) {
            let Some(named) = call.call.positional(0).and_then(Expr::literal) else { continue };
            found.extend(by_name(survey, named, call.site, call.call.line));
        }
    }
    found.extend(operations(survey));
    found
}

fn is_verb(expr: &Expr<'_>) -> bool {
    expr.literal().is_some_and(|verb| VERBS.contains(&verb.to_lowercase().as_str()))
}

fn ask(survey: &Survey<'_, '_>, path: UrlPath, site: Site, line: u32, how: String) -> Option<Ask> {
    let features: Vec<FeatureId> = survey.features_of_path(&path).into_iter().collect();
    let routes = survey.routes.matching(&path);
    let name = survey.program.name(site);
    let place = survey.place(site.unit, line);
    let symbol = if name.is_empty() { place.path.clone() } else { name.to_owned() };
    let in_test = paths::is_test(&place.path);
    let known = !routes.is_empty() || !features.is_empty() || survey.routes.is_namespace(path.first()?);
    known.then_some(Ask { place, symbol, site: Some(site), path: Some(path), routes, features, in_test, how })
}

/// `reverse("app:name")`.
fn by_name(survey: &Survey<'_, '_>, named: &str, site: Site, line: u32) -> Option<Ask> {
    let last = named.rsplit(':').next()?;
    let routes: Vec<usize> = survey
        .routes
        .routes
        .iter()
        .enumerate()
        .filter(|(_, route)| route.name.as_deref() == Some(last))
        .map(|(index, _)| index)
        .collect();
    let mut features: Vec<FeatureId> =
        routes.iter().flat_map(|route| survey.route_features[*route].all()).collect();
    features.sort_unstable();
    features.dedup();
    if features.is_empty() {
        return None;
    }
    let place = survey.place(site.unit, line);
    let in_test = paths::is_test(&place.path);
    let symbol = survey.program.name(site).to_owned();
    Some(Ask {
        place,
        symbol,
        site: Some(site),
        path: None,
        routes,
        features,
        in_test,
        how: format!("reverse(\"{named}\")"),
    })
}

/// Scripts, compose files and the like that ask an endpoint.
fn operations(survey: &Survey<'_, '_>) -> Vec<Ask> {
    let mut found = Vec::new();
    for file in survey.tree.files.iter().filter(|file| file.kind == FileKind::Operation) {
        for token in url_tokens(&file.text, &|first| survey.routes.is_namespace(first) || first == "api") {
            let features: Vec<FeatureId> = survey.features_of_path(&token.path).into_iter().collect();
            if features.is_empty() {
                continue;
            }
            let routes = survey.routes.matching(&token.path);
            let place = Place { path: file.path.clone(), line: token.line };
            let symbol = file.path.clone();
            let how = "a script or service file".to_owned();
            found.push(Ask {
                place,
                symbol,
                site: None,
                path: Some(token.path),
                routes,
                features,
                in_test: false,
                how,
            });
        }
    }
    found
}

pub(super) fn add(survey: &Survey<'_, '_>, collector: &mut Collector) {
    let looped: std::collections::BTreeSet<Site> =
        survey.program.reach(survey.timers.list.iter().flat_map(|timer| timer.runs.iter().copied()));
    for ask in &survey.asks {
        let repeated = ask.site.is_some_and(|site| looped.contains(&site));
        let kind = if repeated { FindingKind::Fetch } else { FindingKind::OneShotFetch };
        let path = ask.path.as_ref().map(ToString::to_string);
        let named = || {
            let route = &survey.routes.routes[*ask.routes.first()?];
            route.paths.first().map(ToString::to_string)
        };
        let path = path.or_else(named).unwrap_or_default();
        let who = if ask.in_test { "a test asks it by" } else { "asked by" };
        for feature in &ask.features {
            collector.push(
                Draft::new(kind, ask.place.clone(), path.clone(), format!("{who} {}", ask.how))
                    .feature(Some(survey.feature_name(*feature)))
                    .confidence(Confidence::LIKELY)
                    .endpoints(vec![path.clone()]),
            );
        }
    }
}
