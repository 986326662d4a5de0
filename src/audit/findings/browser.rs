//! Pollers, requests, and request paths that the backend does not serve as they are written.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::frontend::{Fetch, Poller};
use crate::audit::names::FeatureId;
use crate::audit::paths;
use crate::audit::routes::Served;
use crate::audit::urls::Slash;
use crate::model::facts::audit::{Confidence, FindingKind};
use crate::model::gate::Place;

use super::Survey;
use super::collector::{Collector, Draft};
use super::timers::milliseconds;

pub(super) fn add(survey: &Survey<'_, '_>, collector: &mut Collector) {
    let mut repeated: BTreeMap<usize, Vec<Place>> = BTreeMap::new();
    let mut shared_ticks: BTreeMap<(usize, u32), (BTreeSet<FeatureId>, Vec<Place>)> = BTreeMap::new();
    for poller in &survey.pollers {
        if poller.off {
            add_poller(survey, poller, collector);
            continue;
        }
        let place = survey.place(poller.unit, poller.line);
        for fetch in &poller.fetches {
            let places = repeated.entry(*fetch).or_default();
            if !places.contains(&place) {
                places.push(place.clone());
            }
        }
        if let Some(tick) = poller.tick {
            let entry = shared_ticks.entry(tick).or_default();
            entry.0.extend(
                poller.fetches.iter().flat_map(|fetch| features(survey, &survey.fetches.list[*fetch])),
            );
            entry.1.push(place);
        }
        add_poller(survey, poller, collector);
    }
    for ((unit, line), (features, places)) in shared_ticks {
        let feature = features.iter().next().filter(|_| features.len() == 1);
        let shown: Vec<String> = places.iter().map(ToString::to_string).collect();
        let reason = format!("a shared tick; it makes these ask: {}", shown.join(", "));
        collector.push(
            Draft::new(FindingKind::Poller, survey.place(unit, line), "shared tick", reason)
                .feature(feature.map(|feature| survey.feature_name(*feature)))
                .confidence(Confidence::LIKELY)
                .related(places),
        );
    }
    for (index, fetch) in survey.fetches.list.iter().enumerate() {
        add_fetch(survey, fetch, repeated.get(&index), collector);
        if !survey.program.is_test(fetch.site.unit) {
            add_path_faults(survey, fetch, collector);
        }
    }
}

/// The features a request asks.
fn features(survey: &Survey<'_, '_>, fetch: &Fetch<'_>) -> BTreeSet<FeatureId> {
    fetch.paths.iter().flat_map(|full| survey.features_of_path(&full.path)).collect()
}

/// The paths to show for a request: those that some feature or route explains, otherwise the sure ones.
pub(super) fn shown_paths(survey: &Survey<'_, '_>, fetch: &Fetch<'_>) -> Vec<String> {
    let explained =
        |path| !survey.features_of_path(path).is_empty() || survey.routes.served(path) == Served::Yes;
    let mut paths: Vec<String> =
        fetch.paths.iter().filter(|full| explained(&full.path)).map(|full| full.path.to_string()).collect();
    if paths.is_empty() {
        paths.extend(fetch.paths.first().map(|full| full.path.to_string()));
    }
    paths.sort();
    paths.dedup();
    paths
}

fn add_poller(survey: &Survey<'_, '_>, poller: &Poller, collector: &mut Collector) {
    let fetches: Vec<&Fetch<'_>> = poller.fetches.iter().map(|index| &survey.fetches.list[*index]).collect();
    let place = survey.place(poller.unit, poller.line);
    let mounted = survey.mounted.contains(poller.unit);
    let interval = milliseconds(&poller.milliseconds, 1.0);
    let mut by_feature: BTreeMap<Option<FeatureId>, Vec<&Fetch<'_>>> = BTreeMap::new();
    for fetch in &fetches {
        for feature in features(survey, fetch) {
            by_feature.entry(Some(feature)).or_default().push(fetch);
        }
    }
    if let Some(unknown) = unresolved(survey, poller, &fetches).filter(|_| !poller.off) {
        let every = every(&interval);
        let reason = format!(
            "{}{every} asks {unknown}, which could not be found out: it may ask anything; write the path so that it can be \
             followed, or say what it is for under [audit] map, or accept it with a reason under [audit] suppress",
            poller.form
        );
        collector.push(
            Draft::new(FindingKind::UnresolvedRequest, place.clone(), &*poller.symbol, reason)
                .confidence(Confidence::LIKELY)
                .interval_ms(interval.clone())
                .related(
                    fetches.iter().map(|fetch| survey.place(fetch.site.unit, fetch.call.line)).collect(),
                ),
        );
    }
    let known: Vec<&Fetch<'_>> = fetches.iter().copied().filter(|fetch| !fetch.paths.is_empty()).collect();
    if by_feature.is_empty() && !known.is_empty() {
        by_feature.insert(None, known);
    }
    for (feature, fetches) in by_feature {
        let mut paths: Vec<String> = fetches.iter().flat_map(|fetch| shown_paths(survey, fetch)).collect();
        paths.sort();
        paths.dedup();
        let name = feature.map(|feature| survey.feature_name(feature));
        let every = every(&interval);
        let tick = poller.tick.map(|(unit, line)| format!(", on the tick of {}", survey.place(unit, line)));
        let aside = if mounted { "" } else { "; no entry of the application imports this file" };
        let reason =
            format!("{}{every} asks {}{}{aside}", poller.form, paths.join(", "), tick.unwrap_or_default());
        let related: Vec<Place> =
            fetches.iter().map(|fetch| survey.place(fetch.site.unit, fetch.call.line)).collect();
        let confidence = if mounted { Confidence::CERTAIN } else { Confidence::LIKELY };
        if poller.off {
            let reason =
                format!("{} is switched off: {} is asked once, or never", poller.form, paths.join(", "));
            if feature.is_some() {
                collector.push(
                    Draft::new(FindingKind::DisabledPoller, place.clone(), &*poller.symbol, reason)
                        .feature(name)
                        .confidence(confidence)
                        .endpoints(paths)
                        .related(related),
                );
            }
            continue;
        }
        collector.push(
            Draft::new(FindingKind::Poller, place.clone(), &*poller.symbol, reason)
                .feature(name.clone())
                .confidence(confidence)
                .inert(!mounted)
                .unclear(poller.unclear)
                .endpoints(paths.clone())
                .interval_ms(interval.clone())
                .related(related),
        );
        if poller.fallback {
            let reason =
                format!("kept on purpose for when the WebSocket is down{every}: decide before it is deleted");
            collector.push(
                Draft::new(FindingKind::FallbackPoller, place.clone(), &*poller.symbol, reason)
                    .feature(name)
                    .endpoints(paths)
                    .interval_ms(interval.clone()),
            );
        }
    }
}

fn every(interval: &[u64]) -> String {
    match interval {
        [] => String::new(),
        all => format!(" every {} ms", all.iter().map(u64::to_string).collect::<Vec<_>>().join(" or ")),
    }
}

/// What is known of an address among these that could not be found out and may be a feature's.
fn unresolved(survey: &Survey<'_, '_>, poller: &Poller, fetches: &[&Fetch<'_>]) -> Option<String> {
    if poller.blind {
        return Some("something from outside of this tree".to_owned());
    }
    let unknown = fetches.iter().flat_map(|fetch| unknown(survey, fetch));
    let may_ask = |text: &String| survey.names.endpoints().any(|(path, _)| path.may_be(text));
    unknown.filter(may_ask).min().map(|text| match text.as_str() {
        "{}" => "an address".to_owned(),
        text => text.replace("{}", "…"),
    })
}

/// What is known of the addresses of a request that are not known: all of it, or a part of a path that no route of
/// the tree explains.
fn unknown(survey: &Survey<'_, '_>, fetch: &Fetch<'_>) -> Vec<String> {
    if fetch.paths.is_empty() {
        return fetch.unknown.clone();
    }
    let explained =
        |path| !survey.features_of_path(path).is_empty() || survey.routes.served(path) == Served::Yes;
    if fetch.paths.iter().any(|full| explained(&full.path)) {
        return Vec::new();
    }
    let open = fetch.paths.iter().filter(|full| full.path.known() < full.path.len());
    open.map(|full| full.path.to_string()).collect()
}

fn add_fetch(
    survey: &Survey<'_, '_>,
    fetch: &Fetch<'_>,
    pollers: Option<&Vec<Place>>,
    collector: &mut Collector,
) {
    let place = survey.place(fetch.site.unit, fetch.call.line);
    let mounted = survey.mounted.contains(fetch.site.unit);
    let sure = fetch.paths.iter().any(|full| full.sure);
    let confidence = match (sure, mounted) {
        (true, true) => Confidence::CERTAIN,
        (false, false) => Confidence::POSSIBLE,
        _ => Confidence::LIKELY,
    };
    let aside = if mounted { "" } else { "; no entry of the application imports this file" };
    let (kind, reason) = match pollers {
        Some(places) => {
            let places: Vec<String> = places.iter().map(ToString::to_string).collect();
            (FindingKind::Fetch, format!("repeated by {}{aside}", places.join(", ")))
        }
        None if paths::is_test(&place.path) => (FindingKind::OneShotFetch, "a test asks it".to_owned()),
        None => (FindingKind::OneShotFetch, format!("asked once, by no timer{aside}")),
    };
    for feature in features(survey, fetch) {
        let mut paths: Vec<String> = fetch
            .paths
            .iter()
            .filter(|full| survey.features_of_path(&full.path).contains(&feature))
            .map(|full| full.path.to_string())
            .collect();
        paths.sort();
        paths.dedup();
        let symbol = paths.first().cloned().unwrap_or_default();
        collector.push(
            Draft::new(kind, place.clone(), symbol, &*reason)
                .feature(Some(survey.feature_name(feature)))
                .confidence(confidence)
                .endpoints(paths)
                .related(pollers.cloned().unwrap_or_default()),
        );
    }
}

/// Paths that the backend redirects or does not know.
fn add_path_faults(survey: &Survey<'_, '_>, fetch: &Fetch<'_>, collector: &mut Collector) {
    let fares: Vec<Served> = fetch.paths.iter().map(|full| survey.routes.served(&full.path)).collect();
    // One of several guesses is served: that is what is asked.
    if fares.iter().zip(&fetch.paths).any(|(fare, full)| !full.sure && matches!(fare, Served::Yes)) {
        return;
    }
    for (full, fare) in fetch.paths.iter().zip(fares) {
        let Some(first) = full.path.first() else { continue };
        if !survey.routes.is_namespace(first) {
            continue;
        }
        let place = survey.place(fetch.site.unit, fetch.call.line);
        let (kind, reason) = match fare {
            Served::MissingSlash => {
                (FindingKind::MissingSlash, "its route ends in a slash: the backend redirects")
            }
            Served::ExtraSlash => (FindingKind::UnroutedUrl, "its route has no slash at the end: 404"),
            Served::No if full.sure && !survey.routes.is_prefix(&full.path) => {
                (FindingKind::UnroutedUrl, "no route serves it: 404")
            }
            _ => continue,
        };
        let named = survey.features_of_path(&full.path);
        let feature = named.iter().next().copied().filter(|_| named.len() == 1);
        let feature = feature.or_else(|| survey.names.of_words(&full.path.to_string()));
        let known = fetch.paths.len() == 1
            && full.sure
            && full.path.known() == full.path.len()
            && full.path.slash != Slash::Either;
        let confidence = if known { Confidence::CERTAIN } else { Confidence::LIKELY };
        collector.push(
            Draft::new(kind, place, full.path.to_string(), reason)
                .feature(feature.map(|feature| survey.feature_name(feature)))
                .confidence(confidence),
        );
    }
}
