//! Routes and views of the features, and endpoints that others use as well.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::names::FeatureId;
use crate::audit::paths;
use crate::audit::program::{Program, Site};
use crate::audit::routes::{Passage, Route, RouteFeatures, View};
use crate::model::facts::audit::{Confidence, FindingKind};
use crate::model::gate::Place;

use super::collector::{Collector, Draft};
use super::{Survey, grounds};

pub(super) fn add(survey: &Survey<'_, '_>, collector: &mut Collector) {
    let mut views: BTreeMap<(FeatureId, View), BTreeSet<String>> = BTreeMap::new();
    for (route, features) in survey.routes.routes.iter().zip(&survey.route_features) {
        let paths = shown(route);
        for feature in features.all() {
            let (mut reason, confidence) = why(features, feature, &route.view, survey);
            for (unit, line) in &route.through {
                reason += &format!("; included by {}", survey.place(*unit, *line));
            }
            let passage = survey.routes.passage(survey.program, route);
            let refuses = match &passage {
                Passage::Open => false,
                Passage::Shut(_) => true,
                Passage::Unclear(_) => survey.routes.refuses_inside(survey.program, route),
            };
            match &passage {
                Passage::Open => {}
                Passage::Shut(status) => reason += &format!("; it refuses whatever reads it: {status}"),
                Passage::Unclear(why) => reason += &format!("; whether it answers is not known: {why}"),
            }
            let place = survey.place(route.unit, route.line);
            let related = view_place(survey.program, &route.view)
                .into_iter()
                .map(|(unit, line)| survey.place(unit, line));
            collector.push(
                Draft::new(FindingKind::RestRoute, place, paths.first().cloned().unwrap_or_default(), reason)
                    .feature(Some(survey.feature_name(feature)))
                    .confidence(confidence)
                    .endpoints(paths.clone())
                    .inert(refuses)
                    .unclear(matches!(passage, Passage::Unclear(_)))
                    .basis(basis(survey, route, &passage))
                    .related(related.collect()),
            );
            views.entry((feature, route.view.clone())).or_default().extend(paths.iter().cloned());
        }
    }
    for ((feature, view), paths) in &views {
        let Some((unit, line)) = view_place(survey.program, view) else { continue };
        let paths: Vec<String> = paths.iter().cloned().collect();
        let reason = format!("answers {}", paths.join(", "));
        collector.push(
            Draft::new(
                FindingKind::RestView,
                survey.place(unit, line),
                view_name(survey.program, view),
                reason,
            )
            .feature(Some(survey.feature_name(*feature)))
            .endpoints(paths),
        );
    }
    shared(survey, collector);
}

/// Who may ask the route, and the code of which it is not known what it does.
fn basis(survey: &Survey<'_, '_>, route: &Route, passage: &Passage) -> String {
    let admission = survey.routes.admission(survey.program, route);
    let Passage::Unclear(_) = passage else { return admission };
    let view = view_place(survey.program, &route.view).map(|(unit, _)| unit);
    let units = view.into_iter().chain([route.unit]).collect();
    format!("{admission}; {}", grounds::of_files(survey.program, &units))
}

fn shown(route: &Route) -> Vec<String> {
    route.paths.iter().map(ToString::to_string).collect()
}

fn why(
    features: &RouteFeatures,
    feature: FeatureId,
    view: &View,
    survey: &Survey<'_, '_>,
) -> (String, Confidence) {
    let view = view_name(survey.program, view);
    if features.direct.contains(&feature) {
        (format!("serves the feature's endpoint; view {view}"), Confidence::CERTAIN)
    } else if features.alias.contains(&feature) {
        (format!("another URL of the feature's view {view}"), Confidence::CERTAIN)
    } else {
        (format!("{view} is an action of the ViewSet that serves the feature"), Confidence::LIKELY)
    }
}

/// Where a view is written.
pub(super) fn view_place(program: &Program<'_>, view: &View) -> Option<(usize, u32)> {
    match view {
        View::Function(site) | View::Action(_, site) => Some((site.unit, program.function(*site).line)),
        View::Class(class) => Some((class.unit, program.class(*class).line)),
        View::Elsewhere(_) => None,
    }
}

pub(super) fn view_name(program: &Program<'_>, view: &View) -> String {
    match view {
        View::Function(site) => program.name(*site).to_owned(),
        View::Class(class) => program.class(*class).name.to_owned(),
        View::Action(class, site) => format!("{}.{}", program.class(*class).name, program.name(*site)),
        View::Elsewhere(name) => name.clone(),
    }
}

/// The functions that run when the view answers.
pub(super) fn view_sites(program: &Program<'_>, view: &View) -> Vec<Site> {
    match view {
        View::Function(site) | View::Action(_, site) => vec![*site],
        View::Class(class) => {
            let methods = program.class(*class).methods.iter();
            methods.map(|method| Site { unit: class.unit, function: *method }).collect()
        }
        View::Elsewhere(_) => Vec::new(),
    }
}

/// An endpoint that several components, other Python code or several features use.
fn shared(survey: &Survey<'_, '_>, collector: &mut Collector) {
    for (index, (route, features)) in survey.routes.routes.iter().zip(&survey.route_features).enumerate() {
        let all: BTreeSet<FeatureId> = features.all().collect();
        if all.is_empty() {
            continue;
        }
        let users = users_of(survey, index, route);
        for feature in &all {
            let mut also: Vec<String> = all
                .iter()
                .filter(|other| *other != feature)
                .map(|other| survey.feature_name(*other))
                .collect();
            also.extend(users.iter().map(|(name, _)| name.clone()));
            if users.len() < 2 && all.len() < 2 {
                continue;
            }
            let reason = format!("used by {}: deleting it breaks them all", also.join(", "));
            let places = users.iter().map(|(_, place)| place.clone()).collect();
            let paths = shown(route);
            collector.push(
                Draft::new(
                    FindingKind::SharedEndpoint,
                    survey.place(route.unit, route.line),
                    paths.first().cloned().unwrap_or_default(),
                    reason,
                )
                .feature(Some(survey.feature_name(*feature)))
                .confidence(Confidence::LIKELY)
                .endpoints(paths)
                .related(places),
            );
        }
    }
}

/// Components that ask the route, and Python code that calls its view or asks its URL.
fn users_of(survey: &Survey<'_, '_>, index: usize, route: &Route) -> Vec<(String, Place)> {
    let program = survey.program;
    let mut found: BTreeMap<String, (String, Place)> = BTreeMap::new();
    for fetch in &survey.fetches.list {
        let asks = fetch.paths.iter().any(|full| survey.routes.matching(&full.path).contains(&index));
        if !asks {
            continue;
        }
        for user in survey.users_of(fetch.site).iter() {
            let place = survey.place(user.unit, user.line);
            found.insert(place.path.clone(), (user.name.clone(), place));
        }
    }
    for ask in survey.asks.iter().filter(|ask| !ask.in_test && ask.routes.contains(&index)) {
        found.insert(ask.place.path.clone(), (ask.symbol.clone(), ask.place.clone()));
    }
    if let View::Function(view) = &route.view {
        for call in program.python_calls(program.function(*view).name) {
            let path = program.path(call.site.unit);
            let calls = program.functions(&call.call.callee, call.site).contains(view);
            if calls && call.site != *view && !paths::is_test(path) {
                let name = program.name(call.site).to_owned();
                found.insert(path.to_owned(), (name, survey.place(call.site.unit, call.call.line)));
            }
        }
    }
    found.into_values().collect()
}
