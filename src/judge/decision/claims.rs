//! What a tree claims by what it no longer has: timers and endpoints that are gone, pollers that are gone, slowed or
//! switched off, endpoints that refuse all.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::model::facts::ledger::{Baseline, Polled};
use crate::model::facts::source::{FeatureSource, SourceFacts, job_key};
use crate::model::feature::{Delivery, Feature};

/// A stream that pushes only on change has no cadence: a poller that asks less often than this no longer heals it.
const SLOWEST: Duration = Duration::from_secs(60);

/// So much slower than before, in percent of the interval that was, is nothing: somebody rounded it.
const ROUNDED: u64 = 110;

/// So many times slower than before is slowed, however often the stream pushes.
const MUCH_SLOWER: u64 = 5;

/// All that the tree claims of a feature against what an audit of an earlier revision saw.
pub fn against(whole: &SourceFacts, feature: &Feature, since: &[Baseline]) -> Vec<String> {
    let none = FeatureSource::default();
    let source = whole.features.get(&feature.name).unwrap_or(&none);
    let baselines: Vec<&Baseline> = since.iter().filter(|it| it.feature == feature.name).collect();
    let mut found = gone(whole, source, &baselines);
    found.extend(silenced(Some(whole), since, source, feature, &baselines));
    found
}

/// Timers and endpoints that a baseline saw and that the tree has no more, whatever the configuration says of them
/// today and however they are registered.
pub(super) fn gone(whole: &SourceFacts, source: &FeatureSource, baselines: &[&Baseline]) -> Vec<String> {
    let mut gone: BTreeSet<&str> = BTreeSet::new();
    for baseline in baselines {
        let timers = baseline.timers.iter().chain(&baseline.producers).map(|it| it.name.as_str());
        gone.extend(
            timers.filter(|name| {
                !has_timer(whole, source, name) && successors(whole, baseline, name).is_empty()
            }),
        );
        let endpoints = baseline.endpoints.iter().map(|it| it.name.as_str());
        gone.extend(endpoints.filter(|name| !has_endpoint(whole, source, name)));
    }
    gone.into_iter().map(str::to_owned).collect()
}

/// Timers and endpoints that the configuration names, that the tree does not have and that no baseline saw: gone
/// before anybody looked, or never there.
pub fn absent(whole: &SourceFacts, feature: &Feature, baselines: &[&Baseline]) -> Vec<String> {
    let none = FeatureSource::default();
    let source = whole.features.get(&feature.name).unwrap_or(&none);
    let of_it = || baselines.iter().filter(|it| it.feature == feature.name);
    let seen_timer =
        |name: &str| of_it().flat_map(|it| &it.timers).any(|seen| job_key(&seen.name) == job_key(name));
    let seen_endpoint =
        |name: &str| of_it().flat_map(|it| &it.endpoints).any(|seen| is_same_path(&seen.name, name));
    let timers = feature.timers.iter().filter(|name| !has_timer(whole, source, name) && !seen_timer(name));
    let endpoints =
        feature.endpoints.iter().filter(|name| !has_endpoint(whole, source, name) && !seen_endpoint(name));
    timers.chain(endpoints).cloned().collect()
}

fn has_timer(whole: &SourceFacts, source: &FeatureSource, name: &str) -> bool {
    source.timers.iter().any(|it| job_key(&it.seen.name) == job_key(name))
        || whole.jobs.contains_key(&job_key(name))
}

/// The timers that came new to the file in which one was, and that may be it under another name.
fn successors<'w>(whole: &'w SourceFacts, baseline: &Baseline, name: &str) -> Vec<&'w str> {
    let all = baseline.timers.iter().chain(&baseline.producers);
    let files = all.filter(|it| it.name == name).map(|it| &it.place.path);
    let is_new = |job: &str| !baseline.jobs.is_empty() && !baseline.jobs.contains(job);
    let beside = |job: &BTreeSet<String>| files.clone().any(|file| job.contains(file));
    let new = whole.jobs.iter().filter(|(job, files)| is_new(job) && beside(files));
    new.map(|(job, _)| job.as_str()).collect()
}

fn has_endpoint(whole: &SourceFacts, source: &FeatureSource, name: &str) -> bool {
    source.endpoints.iter().any(|it| it.name == name)
        || whole.routes.iter().any(|route| is_same_path(route, name))
}

/// Both names are of one timer, or of one endpoint.
pub fn is_same(one: &str, other: &str) -> bool {
    match one.starts_with('/') {
        true => is_same_path(one, other),
        false => job_key(one) == job_key(other),
    }
}

fn is_same_path(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// Pollers that were there and are not, ask less often than the stream pushes, or are switched off; timers that run
/// less often than it.
pub(super) fn silenced(
    whole: Option<&SourceFacts>,
    since: &[Baseline],
    source: &FeatureSource,
    feature: &Feature,
    baselines: &[&Baseline],
) -> Vec<String> {
    let mut found: BTreeSet<String> = source
        .disabled
        .iter()
        .map(|it| format!("poller of {} ({}:{}): switched off", it.name, it.place.path, it.place.line))
        .collect();
    // Of whichever feature: the configuration may have given it to another one.
    let polled = || whole.into_iter().flat_map(|it| it.features.values()).flat_map(|it| &it.polled);
    let now = |endpoint: &str| {
        polled().find(|it| it.endpoint.trim_end_matches('/') == endpoint.trim_end_matches('/'))
    };
    let idle =
        |endpoint: &str| whole.is_some_and(|it| it.features.values().any(|it| it.idle.contains(endpoint)));
    // What an older audit recorded does not say whether anything led to the poller then.
    let read_now = |endpoint: &str| since.iter().flat_map(|it| &it.polled).any(|it| it.endpoint == endpoint);
    let left_alone =
        |endpoint: &str| format!("poller of {endpoint}: nothing in the application leads to it any more");
    for before in baselines.iter().flat_map(|it| &it.polled) {
        match now(&before.endpoint) {
            None if idle(&before.endpoint) => {
                found.extend(read_now(&before.endpoint).then(|| left_alone(&before.endpoint)));
            }
            None => {
                found.insert(format!("poller of {}", before.endpoint));
            }
            Some(now) => {
                found.extend((before.led && !now.led).then(|| left_alone(&before.endpoint)));
                found.extend(slowed(before, now, feature));
                let doubtful = now.unclear && !before.unclear;
                let not_known =
                    || format!("poller of {}: whether it still runs is not known", before.endpoint);
                found.extend(doubtful.then(not_known));
            }
        }
    }
    let answered =
        baselines.iter().flat_map(|it| &it.endpoints).filter(|it| source.refused.contains(&it.name));
    found.extend(answered.map(|it| format!("{}: whatever reads it is refused", it.name)));
    for baseline in baselines {
        found.extend(doubted(whole, source, baseline));
    }
    for (name, was) in baselines.iter().flat_map(|it| &it.paces) {
        let stays = source.timers.iter().find(|it| job_key(&it.seen.name) == job_key(name));
        if let Some(is) = stays.and_then(|it| it.fastest_ms).filter(|is| is_slowed(*was, *is, feature)) {
            found.insert(format!("{name}: slowed from {was} ms to {is} ms"));
        }
    }
    // A page that came new has taken the polling over from another one.
    let known = |name: &str| baselines.iter().flat_map(|it| &it.pages).any(|page| page.name == name);
    let moved = source.pages.iter().any(|page| page.polls && !known(&page.name));
    for before in baselines.iter().flat_map(|it| &it.pages) {
        let stays = source.pages.iter().find(|page| page.name == before.name);
        let silent = source.silent_pages.iter().any(|page| page.name == before.name);
        if !moved && (silent || stays.is_some_and(|page| !page.polls)) {
            found.insert(format!("poller of {}", before.name));
        }
    }
    found.into_iter().collect()
}

/// Timers and endpoints that are there, and of which it is not known, or known no more, whether they run and answer.
fn doubted(whole: Option<&SourceFacts>, source: &FeatureSource, baseline: &Baseline) -> Vec<String> {
    // What an older audit recorded does not say whether it knew.
    let Some(unclear) = &baseline.unclear else { return Vec::new() };
    let mut found = Vec::new();
    let differs = |name: &String| match (baseline.bases.get(name), source.bases.get(name)) {
        (Some(before), Some(now)) => before != now,
        _ => false,
    };
    for endpoint in baseline.endpoints.iter().map(|it| &it.name) {
        let now = source.unclear.contains(endpoint) && !unclear.contains(endpoint);
        if !source.refused.contains(endpoint) && (now || differs(endpoint)) {
            found.push(format!("{endpoint}: whether its view still answers is not known"));
        }
    }
    let timers: BTreeSet<&String> =
        baseline.timers.iter().chain(&baseline.producers).map(|it| &it.name).collect();
    for timer in timers {
        let among = |names: &BTreeSet<String>| names.iter().any(|it| job_key(it) == job_key(timer));
        let is_news = !among(unclear) || differs(timer);
        let new = whole.map(|whole| (has_timer(whole, source, timer), successors(whole, baseline, timer)));
        if is_news && among(&source.stopped) {
            found.push(format!("{timer}: it is there and never runs"));
        } else if is_news && among(&source.unclear) {
            found.push(format!("{timer}: whether it still runs is not known"));
        } else if let Some((false, new)) = new.filter(|(_, new)| !new.is_empty()) {
            let new = new.join(", ");
            found.push(format!("{timer}: whether it still runs is not known; {new} came in its place"));
        }
    }
    // A job that nothing was seen to register, and that something may have registered all the same.
    let seen = |name: &str| {
        let mut known = baseline.timers.iter().chain(&baseline.producers).chain(&baseline.endpoints);
        known.any(|it| it.name == name) || name.starts_with('/')
    };
    for name in baseline.bases.keys().filter(|name| !seen(name)) {
        let runs = whole.is_some_and(|whole| has_timer(whole, source, name));
        if !runs && baseline.bases.get(name) != source.bases.get(name) {
            found.push(format!("{name}: whether it still runs is not known"));
        }
    }
    found
}

fn slowed(before: &Polled, now: &Polled, feature: &Feature) -> Option<String> {
    let (was, is) = (before.fastest_ms?, now.fastest_ms?);
    (!now.fallback && is_slowed(was, is, feature))
        .then(|| format!("poller of {}: slowed from {was} ms to {is} ms", before.endpoint))
}

/// Slower than the stream, so that it no longer heals what the stream lacks; or many times slower than before.
fn is_slowed(was: u64, is: u64, feature: &Feature) -> bool {
    let cadence = match feature.delivery() {
        Delivery::Periodic => feature.ws.iter().map(|ws| ws.every).max().unwrap_or(SLOWEST),
        Delivery::OnChange => SLOWEST,
    };
    let cadence = u64::try_from(cadence.as_millis()).unwrap_or(u64::MAX);
    let slower = is.saturating_mul(100) > was.saturating_mul(ROUNDED);
    slower && (is > cadence || is >= was.saturating_mul(MUCH_SLOWER))
}
