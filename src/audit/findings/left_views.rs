//! Views that an earlier audit saw and that are still written, though no route of the feature leads to them: the
//! route went or was renamed, the view did not.

use std::collections::BTreeSet;

use crate::audit::code::{Expr, Role};
use crate::audit::options::KnownView;
use crate::audit::program::{ClassId, Program, Site};
use crate::audit::routes::View;
use crate::model::facts::audit::{Confidence, FindingKind};

use super::Survey;
use super::collector::{Collector, Draft};
use super::rest;

pub(super) fn add(survey: &Survey<'_, '_>, collector: &mut Collector) {
    let mut routed: BTreeSet<(String, View)> = BTreeSet::new();
    for (route, features) in survey.routes.routes.iter().zip(&survey.route_features) {
        routed.extend(features.all().map(|feature| (survey.feature_name(feature), route.view.clone())));
    }
    for known in survey.known_views {
        let Some(view) = written(survey.program, known) else { continue };
        if routed.contains(&(known.feature.clone(), view.clone())) {
            continue;
        }
        let Some((unit, line)) = rest::view_place(survey.program, &view) else { continue };
        let elsewhere: Vec<String> = survey
            .routes
            .routes
            .iter()
            .filter(|route| route.view == view)
            .flat_map(|route| route.paths.iter().map(ToString::to_string))
            .collect();
        let reason = match elsewhere.as_slice() {
            [] => "no route leads to the feature's view any more, but it is still here".to_owned(),
            paths => format!("the feature's view still answers, under {}", paths.join(", ")),
        };
        collector.push(
            Draft::new(FindingKind::RestView, survey.place(unit, line), &*known.symbol, reason)
                .feature(Some(known.feature.clone()))
                .confidence(Confidence::LIKELY)
                .endpoints(elsewhere),
        );
    }
}

/// The view of this name in the file where it was; if that file is gone, in another one where it looks like a view.
fn written(program: &Program<'_>, known: &KnownView) -> Option<View> {
    let python = || (0..program.units.len()).filter(|unit| program.is_python(*unit));
    match python().find(|unit| program.path(*unit) == known.path) {
        Some(unit) => named(program, unit, &known.symbol),
        None => {
            let first = known.symbol.split('.').next().unwrap_or(&known.symbol);
            let holding = program.python_with([first]).into_iter();
            holding.filter_map(|unit| named(program, unit, &known.symbol)).find(|view| looks(program, view))
        }
    }
}

fn named(program: &Program<'_>, unit: usize, symbol: &str) -> Option<View> {
    let module = program.module(unit);
    let class = |name: &str| {
        let class = module.classes.iter().position(|class| class.name == name && class.parent == 0)?;
        Some(ClassId { unit, class })
    };
    if let Some((owner, method)) = symbol.split_once('.') {
        let owner = class(owner)?;
        return Some(View::Action(owner, program.own_method(owner, method)?));
    }
    class(symbol).map(View::Class).or_else(|| {
        let is_it = |function: &crate::audit::code::Function<'_>| {
            function.name == symbol && function.role == Role::Function && function.parent == 0
        };
        let function = module.functions.iter().position(is_it)?;
        Some(View::Function(Site { unit, function }))
    })
}

fn looks(program: &Program<'_>, view: &View) -> bool {
    match view {
        View::Function(site) => {
            let function = program.function(*site);
            let decorated = function.decorators.iter().any(|it| name_of(it) == "api_view");
            decorated || function.parameters.first().is_some_and(|first| first.name() == "request")
        }
        View::Class(class) | View::Action(class, _) => {
            let (_, outside) = program.ancestry(*class);
            outside.iter().any(|base| base.ends_with("View") || base.ends_with("ViewSet"))
        }
        View::Elsewhere(_) => false,
    }
}

fn name_of<'s>(decorator: &Expr<'s>) -> &'s str {
    decorator.call().map_or(decorator.last_name(), |call| call.callee.last_name())
}
