//! Fields whose value is made on every read: clocks and countdowns. No comparison can hold for them.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::code::visit::{self, Part};
use crate::audit::code::{Call, Expr, Kind, Operator, Pattern, StatementKind};
use crate::audit::names::FeatureId;
use crate::audit::program::{Program, Site};
use crate::model::facts::audit::{Confidence, FindingKind};

use super::Survey;
use super::collector::{Collector, Draft};
use super::rest;

pub(super) fn add(survey: &Survey<'_, '_>, collector: &mut Collector) {
    let program = survey.program;
    let mut places: BTreeMap<Site, BTreeSet<FeatureId>> = BTreeMap::new();
    for (route, features) in survey.routes.routes.iter().zip(&survey.route_features) {
        if features.direct.is_empty() && features.alias.is_empty() {
            continue;
        }
        for site in nearby(program, rest::view_sites(program, &route.view)) {
            places.entry(site).or_default().extend(features.direct.iter().chain(&features.alias));
        }
    }
    for builder in &survey.builders {
        if let Some(feature) = survey.feature_of_type(&builder.message_type) {
            places.entry(builder.site).or_default().insert(feature);
        }
    }
    for (site, features) in places.iter().filter(|(_, features)| !features.is_empty()) {
        for (line, field) in fields(program, *site) {
            let one = features.iter().next().filter(|_| features.len() == 1);
            let reason = "made from the clock on every read: it never agrees, propose a rule for it";
            collector.push(
                Draft::new(FindingKind::VolatileField, survey.place(site.unit, line), field, reason)
                    .feature(one.map(|feature| survey.feature_name(*feature)))
                    .confidence(Confidence::LIKELY),
            );
        }
    }
}

/// The functions themselves and those they call, no further: helpers of helpers serve anything.
fn nearby(program: &Program<'_>, sites: Vec<Site>) -> BTreeSet<Site> {
    let mut found: BTreeSet<Site> = sites.iter().copied().collect();
    for site in sites {
        let own_module = |next: &&Site| program.is_python(next.unit);
        found.extend(program.edges(site).iter().filter(own_module).copied());
    }
    found
}

/// Entries of records whose value is made from the clock: line and key.
fn fields(program: &Program<'_>, site: Site) -> Vec<(u32, String)> {
    let function = program.function(site);
    let mut clocks: BTreeSet<&str> = BTreeSet::new();
    visit::function(function, &mut |part, _| {
        if let Part::Statement(statement) = part
            && let StatementKind::Assign { target: Pattern::Name(name), value, .. } = &statement.kind
            && is_clock(value, &clocks)
        {
            clocks.insert(name);
        }
    });
    let mut found = Vec::new();
    visit::function(function, &mut |part, _| {
        let expr = match part {
            Part::Expression(expr) => expr,
            // `payload["at"] = now()`
            Part::Statement(statement) => {
                if let StatementKind::Assign { target: Pattern::Place(place), value, .. } = &statement.kind
                    && let Kind::Index(_, key) = &place.kind
                    && let Some(key) = key.literal().filter(|_| is_clock(value, &clocks))
                {
                    found.push((place.line, key.to_owned()));
                }
                return;
            }
        };
        match &expr.kind {
            Kind::Record(entries) => {
                for entry in entries {
                    let key = entry.key.as_ref().and_then(Expr::literal);
                    if let Some(key) = key.filter(|_| is_clock(&entry.value, &clocks)) {
                        found.push((entry.key.as_ref().map_or(expr.line, |key| key.line), key.to_owned()));
                    }
                }
            }
            Kind::Call(call) if call.callee.is_name("dict") => {
                for argument in &call.arguments {
                    if let Some(name) = argument.name.filter(|_| is_clock(&argument.value, &clocks)) {
                        found.push((argument.value.line, name.to_owned()));
                    }
                }
            }
            _ => {}
        }
    });
    found
}

/// The value is now, or now put into another form, or the time from or to now.
fn is_clock(expr: &Expr<'_>, clocks: &BTreeSet<&str>) -> bool {
    match &expr.kind {
        Kind::Name(name) => clocks.contains(name),
        Kind::Call(call) => is_clock_call(call, clocks),
        Kind::Member(object, _) => is_clock(object, clocks),
        Kind::Operation(
            Operator::Subtract | Operator::Add | Operator::Divide | Operator::Multiply,
            parts,
        ) => parts.iter().any(|part| is_clock(part, clocks)),
        Kind::Choice(parts) => parts[1..].iter().any(|part| is_clock(part, clocks)),
        Kind::Operation(Operator::Or | Operator::Coalesce, parts) => {
            parts.iter().any(|part| is_clock(part, clocks))
        }
        _ => false,
    }
}

fn is_clock_call(call: &Call<'_>, clocks: &BTreeSet<&str>) -> bool {
    let name = call.callee.last_name();
    let of = call.callee.receiver();
    match name {
        "now" | "utcnow" | "localtime" | "today" | "time_ns" | "monotonic" => true,
        "time" => of.is_some_and(|object| object.is_name("time")) && call.arguments.is_empty(),
        "isoformat" | "timestamp" | "strftime" | "replace" | "astimezone" | "total_seconds" | "date" => {
            of.is_some_and(|object| is_clock(object, clocks))
        }
        "int" | "round" | "str" | "float" | "max" | "min" | "abs" => {
            call.arguments.iter().any(|argument| is_clock(&argument.value, clocks))
        }
        _ => false,
    }
}
