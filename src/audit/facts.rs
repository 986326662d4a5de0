//! The facts of one feature, gathered from its findings.

use std::collections::BTreeSet;

use crate::model::facts::audit::{
    BesideFact, EndpointFact, FeatureFacts, Finding, FindingKind, HazardFact, TimerFact, TimerRole,
};
use crate::model::gate::Place;

use super::findings::pages::Pages;
use super::paths;

pub(super) fn of_feature(
    feature: &str,
    findings: &[Finding],
    pages: Pages,
    beside: Vec<BesideFact>,
) -> FeatureFacts {
    let own: Vec<&Finding> =
        findings.iter().filter(|finding| finding.feature.as_deref() == Some(feature)).collect();
    let of = |kind: FindingKind| own.iter().copied().filter(move |finding| finding.kind == kind);
    let places = |kinds: &[FindingKind]| -> Vec<Place> {
        let found: BTreeSet<Place> = own
            .iter()
            .filter(|finding| kinds.contains(&finding.kind))
            .map(|finding| finding.place())
            .collect();
        found.into_iter().collect()
    };
    let sources = sources(&own);
    let in_sources = |finding: &&Finding| sources.contains(&finding.path);
    let broken_imports = findings
        .iter()
        .filter(|finding| matches!(finding.kind, FindingKind::MissingModule | FindingKind::MissingName))
        .any(|finding| in_sources(&finding));
    // What belongs to no feature may belong to any.
    let anybodys = |kinds: &'static [FindingKind]| {
        let may_be_own = move |it: &&Finding| it.feature.as_deref().is_none_or(|own| own == feature);
        findings.iter().filter(move |it| kinds.contains(&it.kind)).filter(may_be_own)
    };
    let unread =
        |kind: &'static [FindingKind]| anybodys(kind).map(|it| it.path.clone()).collect::<Vec<String>>();
    let unsearched = unread(&[FindingKind::UnparsedFile]);
    let live: Vec<&Finding> = of(FindingKind::Broadcast).filter(|finding| !finding.inert).collect();
    let gated: BTreeSet<Place> = of(FindingKind::FlagGatedBroadcast).map(Finding::place).collect();
    FeatureFacts {
        feature: feature.to_owned(),
        recognised: own.iter().any(|finding| !finding.kind.is_hazard()),
        rest_recognised: own.iter().any(|finding| is_rest(finding)),
        job_found: of(FindingKind::Timer)
            .any(|finding| finding.timer_role == Some(TimerRole::Producer) && !finding.inert),
        broadcast_found: !live.is_empty(),
        broadcast_gated_by_flag: !live.is_empty()
            && live.iter().all(|finding| gated.contains(&finding.place())),
        handler_found: of(FindingKind::Handler).next().is_some(),
        imports_resolve: !broken_imports,
        files_parse: unsearched.is_empty(),
        timers: timers(&own, findings),
        pollers: places(&[FindingKind::Poller]),
        endpoints: endpoints(&own),
        beside,
        callers_left: places(&[FindingKind::Poller, FindingKind::Fetch, FindingKind::OneShotFetch])
            .into_iter()
            .filter(|place| !paths::is_test(&place.path))
            .collect(),
        flag_reads: places(&[FindingKind::FlagRead]),
        unrouted: places(&[FindingKind::UnroutedUrl]),
        unresolved: anybodys(&[FindingKind::UnresolvedRequest, FindingKind::UnresolvedBroadcast])
            .map(Finding::place)
            .collect(),
        disabled: places(&[FindingKind::DisabledPoller]),
        led: pages.led.into_iter().collect(),
        pages: pages.pages,
        listening: pages.listening,
        deaf: pages.deaf,
        hazards: own
            .iter()
            .filter(|finding| finding.kind.is_hazard())
            .map(|finding| HazardFact {
                kind: finding.kind,
                place: finding.place(),
                reason: finding.reason.clone(),
                fingerprint: finding.fingerprint.clone(),
            })
            .collect(),
        sources: sources.into_iter().collect(),
        unsearched,
        foreign: unread(&[FindingKind::ForeignFile]),
    }
}

/// Code that goes when the feature's REST side goes.
fn is_rest(finding: &Finding) -> bool {
    match finding.kind {
        FindingKind::RestRoute
        | FindingKind::RestView
        | FindingKind::Poller
        | FindingKind::Fetch
        | FindingKind::OneShotFetch => true,
        FindingKind::Timer => finding.timer_role == Some(TimerRole::Rest),
        _ => false,
    }
}

/// The files by which the feature's evidence stands or lapses.
pub(super) fn sources(own: &[&Finding]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for finding in own {
        match finding.kind {
            FindingKind::Broadcast | FindingKind::Builder | FindingKind::Handler | FindingKind::RestView => {
                found.insert(finding.path.clone());
            }
            FindingKind::Timer if finding.timer_role == Some(TimerRole::Producer) => {
                found.extend(finding.related.iter().map(|place| place.path.clone()));
            }
            _ => {}
        }
    }
    found
}

fn timers(own: &[&Finding], findings: &[Finding]) -> Vec<TimerFact> {
    let all: Vec<&&Finding> = own.iter().filter(|finding| finding.kind == FindingKind::Timer).collect();
    all.into_iter()
        .map(|finding| {
            let same = findings.iter().filter(|other| {
                other.kind == FindingKind::Timer
                    && other.place() == finding.place()
                    && other.symbol == finding.symbol
            });
            let serves: BTreeSet<String> = same.filter_map(|other| other.feature.clone()).collect();
            TimerFact {
                place: finding.place(),
                symbol: finding.symbol.clone(),
                role: finding.timer_role.unwrap_or(TimerRole::Unclear),
                serves: serves.into_iter().collect(),
                stopped: finding.inert,
                unclear: finding.unclear,
                basis: finding.basis.clone(),
            }
        })
        .collect()
}

fn endpoints(own: &[&Finding]) -> Vec<EndpointFact> {
    let routes = own.iter().filter(|finding| finding.kind == FindingKind::RestRoute);
    routes
        .map(|finding| EndpointFact {
            route: finding.place(),
            paths: finding.endpoints.clone(),
            views: finding.related.clone(),
            refused: finding.inert,
            unclear: finding.unclear,
            basis: finding.basis.clone(),
        })
        .collect()
}
