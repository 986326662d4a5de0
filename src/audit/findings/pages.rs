//! Pages: which components of the application poll, ask or listen to a feature, through hooks and services or by
//! themselves, and which of those that polled before do neither now.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::frontend::users;
use crate::audit::names::FeatureId;
use crate::audit::program::Site;
use crate::model::facts::audit::{Confidence, Deaf, FindingKind, Listening, PageFact};

use super::Survey;
use super::browser;
use super::collector::{Collector, Draft};

/// What was found of the pages of one feature.
#[derive(Default)]
pub(in crate::audit) struct Pages {
    pub pages: Vec<PageFact>,
    pub listening: Listening,
    pub deaf: Option<Deaf>,
    /// What pollers ask to which the application is known to lead.
    pub led: BTreeSet<String>,
}

/// For each feature.
pub(in crate::audit) fn of(survey: &Survey<'_, '_>) -> BTreeMap<FeatureId, Pages> {
    let mut found: BTreeMap<FeatureId, BTreeMap<(String, usize), PageFact>> = BTreeMap::new();
    let mut mark = |feature: FeatureId, site: Site, set: fn(&mut PageFact)| {
        for user in survey.users_of(site).iter() {
            let place = survey.place(user.unit, user.line);
            let page = PageFact { name: user.name.clone(), place, polls: false, asks: false, listens: false };
            let pages = found.entry(feature).or_default();
            set(pages.entry((user.name.clone(), user.unit)).or_insert(page));
        }
    };
    let features = |fetch: usize| -> BTreeSet<FeatureId> {
        let paths = survey.fetches.list[fetch].paths.iter();
        paths.flat_map(|full| survey.features_of_path(&full.path)).collect()
    };
    let mut repeated = BTreeSet::new();
    let mut led: BTreeMap<FeatureId, BTreeSet<String>> = BTreeMap::new();
    for poller in survey.pollers.iter().filter(|poller| !poller.off) {
        for fetch in &poller.fetches {
            repeated.insert(*fetch);
            for feature in features(*fetch) {
                mark(feature, poller.site, |page| page.polls = true);
                if survey.mounted.runs(poller.site) {
                    let paths = browser::shown_paths(survey, &survey.fetches.list[*fetch]);
                    led.entry(feature).or_default().extend(paths);
                }
            }
        }
    }
    for (index, fetch) in survey.fetches.list.iter().enumerate() {
        if !repeated.contains(&index) && !survey.program.is_test(fetch.site.unit) {
            features(index)
                .into_iter()
                .for_each(|feature| mark(feature, fetch.site, |page| page.asks = true));
        }
    }
    let mut listening: BTreeMap<FeatureId, Listening> = BTreeMap::new();
    let mut deaf: BTreeMap<FeatureId, Deaf> = BTreeMap::new();
    for subscription in &survey.subscriptions {
        let Some(feature) = survey.feature_of_type(&subscription.message_type) else { continue };
        let runs = survey.mounted.runs(subscription.site);
        let why = runs.then(|| survey.delivery.deafness(subscription)).flatten();
        if why.as_ref().is_none_or(|why| !why.certain) {
            mark(feature, subscription.site, |page| page.listens = true);
        }
        if let Some(why) = why {
            let place = why.at.map(|(unit, line)| survey.place(unit, line));
            let reason = why.reason.to_owned();
            deaf.entry(feature).or_insert(Deaf { place, reason, certain: why.certain });
            continue;
        }
        let known = listening.entry(feature).or_default();
        let here = match runs {
            true => Listening::Yes,
            false if survey.mounted.contains(subscription.unit) => Listening::Perhaps,
            false => Listening::No,
        };
        if *known == Listening::No || here == Listening::Yes {
            *known = here;
        }
    }
    let heard = |feature: FeatureId| listening.get(&feature).is_some_and(|it| *it != Listening::No);
    let of = |feature: FeatureId| Pages {
        pages: found.get(&feature).map(|pages| pages.values().cloned().collect()).unwrap_or_default(),
        listening: listening.get(&feature).copied().unwrap_or_default(),
        deaf: deaf.get(&feature).filter(|_| !heard(feature)).cloned(),
        led: led.get(&feature).cloned().unwrap_or_default(),
    };
    survey.names.ids().map(|feature| (feature, of(feature))).collect()
}

pub(super) fn add(survey: &Survey<'_, '_>, collector: &mut Collector) {
    for poller in survey.pollers.iter().filter(|poller| !poller.off) {
        let features: BTreeSet<FeatureId> = poller
            .fetches
            .iter()
            .flat_map(|fetch| &survey.fetches.list[*fetch].paths)
            .flat_map(|full| survey.features_of_path(&full.path))
            .collect();
        if features.is_empty() {
            continue;
        }
        let own = survey.place(poller.unit, poller.line);
        let around = survey.program.name(poller.site);
        for user in survey.users_of(poller.site).iter() {
            let own_class = users::rendering(survey.program, poller.site);
            let is_own = own_class.map_or(around, |class| survey.program.class(class).name);
            if user.unit == poller.unit && (user.name == is_own || is_own.is_empty()) {
                continue;
            }
            let reason = format!("polls through {around}: {} ({own})", poller.form);
            for feature in &features {
                collector.push(
                    Draft::new(
                        FindingKind::PollerUser,
                        survey.place(user.unit, user.line),
                        &*user.name,
                        &*reason,
                    )
                    .feature(Some(survey.feature_name(*feature)))
                    .confidence(Confidence::LIKELY)
                    .related(vec![own.clone()]),
                );
            }
        }
    }
    silent(survey, collector);
}

/// Components that an earlier audit saw polling, that are still shown, and that neither ask nor listen now.
fn silent(survey: &Survey<'_, '_>, collector: &mut Collector) {
    if survey.known_pages.is_empty() {
        return;
    }
    let now = of(survey);
    // Of what these ask nothing is known: it may be what they asked before.
    let unknown = survey
        .pollers
        .iter()
        .filter(|poller| poller.fetches.iter().any(|fetch| survey.fetches.list[*fetch].paths.is_empty()));
    let asking: BTreeSet<String> = unknown
        .flat_map(|poller| {
            survey.users_of(poller.site).iter().map(|user| user.name.clone()).collect::<Vec<_>>()
        })
        .collect();
    for known in survey.known_pages {
        let Some(feature) = survey.names.ids().find(|id| survey.feature_name(*id) == known.feature) else {
            continue;
        };
        let pages = now.get(&feature).map_or(&[][..], |found| found.pages.as_slice());
        let does_something =
            |page: &PageFact| page.name == known.symbol && (page.polls || page.asks || page.listens);
        if pages.iter().any(does_something) || asking.contains(&known.symbol) {
            continue;
        }
        for site in survey.program.sites(0..survey.program.units.len()) {
            let program = survey.program;
            if program.is_python(site.unit) || !survey.mounted.runs(site) {
                continue;
            }
            let function = program.function(site);
            // Of a class the method that every one of them has stands for all.
            let class = users::rendering(program, site).filter(|_| function.name == "render");
            let (name, line) = match class.map(|class| program.class(class)) {
                Some(class) => (class.name, class.line),
                None if function.class.is_none() => (program.own_name(site), function.line),
                None => continue,
            };
            if name != known.symbol {
                continue;
            }
            let place = survey.place(site.unit, line);
            let reason = "polled before; now it neither asks nor listens: what it shows stands still";
            collector.push(
                Draft::new(FindingKind::SilentPage, place, &*known.symbol, reason)
                    .feature(Some(known.feature.clone()))
                    .confidence(Confidence::LIKELY),
            );
        }
    }
}
