//! Endpoints beside those that the configuration names: they serve the same data under another name, or tell of its
//! health. They belong to no feature and block nothing; but nobody should believe the configured list to be all.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::code::Expr;
use crate::audit::names::FeatureId;
use crate::audit::program::{ClassId, Program, Site};
use crate::audit::routes::{Route, View};
use crate::model::facts::audit::BesideFact;

use super::Survey;
use super::{resources, rest};

/// A model that this share of the routes read, one in so many, says nothing of what they serve.
const COMMON: usize = 3;

/// For each feature, in the order of the routes.
pub(in crate::audit) fn of(survey: &Survey<'_, '_>) -> BTreeMap<FeatureId, Vec<BesideFact>> {
    let program = survey.program;
    let routes = || survey.routes.routes.iter().zip(&survey.route_features);
    let read: Vec<BTreeSet<ClassId>> = routes().map(|(route, _)| models(program, &route.view)).collect();
    let mut own: BTreeMap<FeatureId, BTreeSet<ClassId>> = BTreeMap::new();
    let mut readers: BTreeMap<ClassId, usize> = BTreeMap::new();
    for ((_, features), read) in routes().zip(&read) {
        for feature in features.direct.iter().chain(&features.alias) {
            own.entry(*feature).or_default().extend(read);
        }
        read.iter().for_each(|model| *readers.entry(*model).or_default() += 1);
    }
    let many = survey.routes.routes.len().div_ceil(COMMON).max(3);
    let mut found: BTreeMap<FeatureId, Vec<BesideFact>> = BTreeMap::new();
    for ((route, features), read) in routes().zip(&read) {
        if features.all().next().is_some() {
            continue;
        }
        let named = route.paths.iter().find_map(|path| survey.names.of_words(&path.to_string()));
        for feature in survey.names.ids() {
            let same = own.get(&feature).into_iter().flatten().filter(|model| read.contains(model));
            let same: Vec<&str> = same
                .filter(|model| readers[*model] <= many)
                .map(|model| program.class(*model).name)
                .collect();
            let why = match (same.as_slice(), named == Some(feature)) {
                ([], false) => continue,
                ([], true) => "it is named like the feature".to_owned(),
                (models, false) => format!("it reads {}, as the feature's view does", models.join(", ")),
                (models, true) => {
                    format!("it is named like the feature, and reads {} as its view does", models.join(", "))
                }
            };
            found.entry(feature).or_default().push(fact(survey, route, why));
        }
    }
    found
}

fn fact(survey: &Survey<'_, '_>, route: &Route, why: String) -> BesideFact {
    let parts =
        |path: &str| path.split(['/', '-', '_']).any(|part| matches!(part, "health" | "status" | "healthz"));
    let paths: Vec<String> = route.paths.iter().map(ToString::to_string).collect();
    BesideFact {
        route: survey.place(route.unit, route.line),
        view: rest::view_name(survey.program, &route.view),
        health: paths.iter().any(|path| parts(path)),
        paths,
        included_by: route.through.iter().map(|(unit, line)| survey.place(*unit, *line)).collect(),
        why,
    }
}

/// The models that a view reads, itself or by what it calls; no further: helpers of helpers serve anything.
fn models(program: &Program<'_>, view: &View) -> BTreeSet<ClassId> {
    let sites = rest::view_sites(program, view);
    let called = sites.iter().flat_map(|site| program.edges(*site)).copied();
    let near: BTreeSet<Site> = sites.iter().copied().chain(called).collect();
    let mut also: Vec<(&Expr<'_>, Site)> = Vec::new();
    if let View::Class(class) = view {
        let body = program.class(*class);
        let site = Site { unit: class.unit, function: body.parent };
        also.extend(body.attributes.iter().map(|(_, value)| (value, site)));
    }
    resources::read_by(program, near, &also)
}
