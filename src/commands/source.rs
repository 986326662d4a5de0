//! What the audit of a source tree says, as decisions ask for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::tz::TimeZone;

use crate::audit::{self, AuditError, AuditOptions, FeatureNames, KnownPage, KnownView, SourceTree};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::model::facts::audit::{
    AuditReport, EndpointFact, FeatureFacts, Finding, FindingKind, TimerFact, TimerRole,
};
use crate::model::facts::fingerprint::CodeFingerprint;
use crate::model::facts::ledger::{Polled, Seen};
use crate::model::facts::source::{FeatureSource, Hazard, SourceFacts, Timer, job_key};
use crate::settings::Settings;

/// What an earlier audit saw and this one looks for.
#[derive(Debug, Default)]
pub struct Known {
    pub views: Vec<KnownView>,
    pub pages: Vec<KnownPage>,
}

/// Audits the tree below a folder, as it is or as it was at a revision.
pub fn audit_of(
    settings: &Settings,
    folder: &Path,
    revision: Option<&str>,
    known: &Known,
) -> Result<AuditReport> {
    let tree = tree_of(settings, folder, revision)?;
    let (names, options) = asked(settings, known);
    Ok(audit::audit(&tree, &names, &options))
}

/// The same, with the fingerprint of the code behind each feature; none where nothing of any feature was recognised.
pub fn fingerprinted(
    settings: &Settings,
    folder: &Path,
    revision: Option<&str>,
    known: &Known,
) -> Result<(AuditReport, BTreeMap<String, CodeFingerprint>)> {
    let tree = tree_of(settings, folder, revision)?;
    let (names, options) = asked(settings, known);
    Ok(audit::fingerprinted(&tree, &names, &options))
}

/// What the settings say of the features, and what an earlier audit saw.
fn asked(settings: &Settings, known: &Known) -> (Vec<FeatureNames>, AuditOptions) {
    let options = AuditOptions {
        known_views: known.views.clone(),
        known_pages: known.pages.clone(),
        ..options(settings)
    };
    (settings.features.iter().map(FeatureNames::of).collect(), options)
}

fn tree_of(settings: &Settings, folder: &Path, revision: Option<&str>) -> Result<SourceTree> {
    if !folder.exists() {
        return Err(Error::usage(format!("no source tree at {}", folder.display()))
            .hint("name the directory of Thor's source with --source DIR or [source] root"));
    }
    let tree = match revision {
        Some(revision) => SourceTree::at_revision(folder, revision),
        None => SourceTree::read(folder, &settings.source.extra_roots),
    };
    tree.map_err(|error| match &error {
        AuditError::Git { .. } | AuditError::NotADirectory { .. } => Error::usage(&error).hint(error.hint()),
        AuditError::Root { .. } => {
            let hint = error.hint();
            Error::failed(error).hint(hint)
        }
    })
}

fn options(settings: &Settings) -> AuditOptions {
    let mut options = AuditOptions::thor();
    let named = |role: &str| settings.source.names.get(role).cloned().unwrap_or_default();
    options.helpers.extend(named("helpers"));
    options.named_listeners = named("listeners");
    options.listeners.extend(options.named_listeners.iter().cloned());
    options.base_urls.extend(named("base_urls"));
    options.suppressions.clone_from(&settings.source.suppressions);
    options.mappings.clone_from(&settings.source.mappings);
    options.today = Some(Clock::wall().to_zoned(TimeZone::UTC).date());
    options
}

/// The facts of every feature; `None` where nothing of any feature was recognised: that is no tree of Thor.
pub fn facts(report: &AuditReport, code: &BTreeMap<String, CodeFingerprint>) -> Option<SourceFacts> {
    report.features.iter().any(|facts| facts.recognised).then(|| SourceFacts {
        files: report.searched.files,
        parsed: report.searched.parsed,
        unparsed: report.searched.unparsed.iter().map(|file| file.path.clone()).collect(),
        unresolved: report.findings.iter().filter(|it| it.kind.is_of_unknown_target()).count(),
        mapped: report.mapped.len(),
        accepted: report.suppressed.len(),
        scripts: report.searched.typescript,
        jobs: jobs(report),
        routes: report.routes.iter().cloned().collect(),
        features: report
            .features
            .iter()
            .map(|facts| {
                let code = code.get(&facts.feature).cloned();
                (facts.feature.clone(), FeatureSource { code, ..of_feature(report, facts) })
            })
            .collect(),
    })
}

fn of_feature(report: &AuditReport, facts: &FeatureFacts) -> FeatureSource {
    let own = || report.findings.iter().filter(|it| it.feature.as_deref() == Some(&facts.feature));
    let seen = |wanted: &dyn Fn(&Finding) -> bool| -> Vec<Seen> {
        let found: BTreeSet<Seen> = own().filter(|it| wanted(it)).map(seen).collect();
        found.into_iter().collect()
    };
    let of = |kind: FindingKind| seen(&move |it: &Finding| it.kind == kind);
    let sources: BTreeSet<String> = facts.sources.iter().cloned().collect();
    let left: Vec<&Finding> = report.left(&facts.feature);
    let left_of = |kinds: &[FindingKind]| -> Vec<Seen> {
        left.iter().filter(|it| kinds.contains(&it.kind)).map(|it| self::seen(it)).collect()
    };
    let asks = [FindingKind::Poller, FindingKind::Fetch, FindingKind::OneShotFetch];
    let callers: BTreeSet<&crate::model::gate::Place> = facts.callers_left.iter().collect();
    let unread = [FindingKind::UnparsedFile, FindingKind::ForeignFile];
    let may_be_own = |it: &&Finding| it.feature.as_deref().is_none_or(|own| own == facts.feature);
    let broken = [FindingKind::MissingModule, FindingKind::MissingName];
    let timers = facts.timers.iter().filter(|timer| timer.role == TimerRole::Rest).map(|timer| Timer {
        seen: Seen { name: timer.symbol.clone(), place: timer.place.clone() },
        serves: timer.serves.iter().cloned().collect(),
        fastest_ms: pace(own().filter(|it| it.kind == FindingKind::Timer && it.place() == timer.place)),
    });
    let job = |it: &Finding| {
        it.kind == FindingKind::Timer && it.timer_role == Some(TimerRole::Producer) && !it.inert
    };
    // What the broker or another event starts needs no job.
    let live = |it: &Finding| it.kind == FindingKind::Broadcast && !it.inert;
    FeatureSource {
        recognised: facts.recognised,
        producers: if facts.job_found { seen(&job) } else { seen(&live) },
        broadcasts: seen(&live),
        gated_broadcasts: if facts.broadcast_gated_by_flag {
            of(FindingKind::FlagGatedBroadcast)
        } else {
            Vec::new()
        },
        handlers: of(FindingKind::Handler),
        missing_modules: report
            .findings
            .iter()
            .filter(|it| broken.contains(&it.kind))
            .filter(|it| sources.contains(&it.path) || it.feature.as_deref() == Some(&facts.feature))
            .map(self::seen)
            .collect(),
        unsearched: facts.unsearched.clone(),
        timers: timers.collect(),
        producing: facts
            .timers
            .iter()
            .filter(|timer| timer.role == TimerRole::Producer)
            .map(|timer| Seen { name: timer.symbol.clone(), place: timer.place.clone() })
            .collect(),
        endpoints: endpoints(facts),
        refused: refused(facts),
        stopped: timers_that(facts, |it| it.stopped, |it| !it.stopped),
        unclear: unclear(facts),
        bases: bases(facts, own()),
        views: left_of(&[FindingKind::RestView]),
        pollers: of(FindingKind::Poller),
        disabled: of(FindingKind::DisabledPoller),
        polled: polled(own().filter(|it| !it.inert), &facts.led),
        idle: own()
            .filter(|it| it.kind == FindingKind::Poller && it.inert)
            .flat_map(|it| it.endpoints.iter().cloned())
            .collect(),
        pages: facts.pages.clone(),
        listening: facts.listening,
        deaf: facts.deaf.clone(),
        silent_pages: of(FindingKind::SilentPage),
        unresolved: report
            .findings
            .iter()
            .filter(|it| it.kind.is_of_unknown_target())
            .filter(|it| facts.unresolved.contains(&it.place()))
            .map(self::seen)
            .collect(),
        unread: report
            .findings
            .iter()
            .filter(|it| unread.contains(&it.kind))
            .filter(may_be_own)
            .map(self::seen)
            .collect(),
        callers: seen(&|it| asks.contains(&it.kind) && callers.contains(&it.place())),
        urls: left_of(&[FindingKind::UnroutedUrl]),
        flag_reads: of(FindingKind::FlagRead),
        hazards: facts
            .hazards
            .iter()
            .map(|it| Hazard {
                kind: it.kind,
                place: it.place.clone(),
                reason: it.reason.clone(),
                fingerprint: it.fingerprint.clone(),
            })
            .collect(),
        sources,
        code: None,
    }
}

/// The names of all timers, however they are registered, and where.
fn jobs(report: &AuditReport) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for timer in report.findings.iter().filter(|it| it.kind == FindingKind::Timer) {
        found.entry(job_key(&timer.symbol)).or_default().insert(timer.path.clone());
    }
    found
}

/// How often a timer runs: no more often than the loop that runs it goes round.
fn pace<'f>(findings: impl Iterator<Item = &'f Finding> + Clone) -> Option<u64> {
    let interval = findings.clone().flat_map(|it| it.interval_ms.iter().copied()).min();
    let beat = findings.flat_map(|it| it.beat_ms.iter().copied()).min();
    interval.max(beat)
}

/// What it hangs on whether timers run and endpoints answer.
fn bases<'f>(facts: &'f FeatureFacts, own: impl Iterator<Item = &'f Finding>) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for class in own.filter(|it| it.kind == FindingKind::JobClass && !it.basis.is_empty()) {
        found.entry(class.symbol.clone()).or_default().insert(&class.basis);
    }
    for timer in facts.timers.iter().filter(|it| it.role != TimerRole::Unclear && !it.basis.is_empty()) {
        found.entry(timer.symbol.clone()).or_default().insert(&timer.basis);
    }
    for endpoint in &facts.endpoints {
        for path in &endpoint.paths {
            found.entry(path.clone()).or_default().insert(&endpoint.basis);
        }
    }
    let joined = |all: BTreeSet<&str>| all.into_iter().collect::<Vec<_>>().join(" | ");
    found.into_iter().map(|(name, all)| (name, joined(all))).collect()
}

/// Each path that pages poll, with the shortest interval.
fn polled<'f>(findings: impl Iterator<Item = &'f Finding>, led: &[String]) -> Vec<Polled> {
    let all: Vec<&Finding> = findings.collect();
    let fallback = |finding: &Finding| {
        all.iter().any(|it| it.kind == FindingKind::FallbackPoller && it.place() == finding.place())
    };
    let mut found: BTreeMap<&str, Polled> = BTreeMap::new();
    for finding in all.iter().filter(|it| it.kind == FindingKind::Poller) {
        for endpoint in &finding.endpoints {
            let entry = found.entry(endpoint).or_insert_with(|| Polled {
                endpoint: endpoint.clone(),
                fastest_ms: None,
                fallback: true,
                unclear: true,
                led: led.contains(endpoint),
                place: finding.place(),
            });
            let fastest = finding.interval_ms.iter().min().copied();
            entry.fastest_ms = entry.fastest_ms.into_iter().chain(fastest).min();
            entry.fallback &= fallback(finding);
            entry.unclear &= finding.unclear;
        }
    }
    found.into_values().collect()
}

fn seen(finding: &Finding) -> Seen {
    Seen { name: finding.symbol.clone(), place: finding.place() }
}

/// The URL paths that no route answers.
fn refused(facts: &FeatureFacts) -> BTreeSet<String> {
    let answered = |path: &String| facts.endpoints.iter().any(|it| !it.refused && it.paths.contains(path));
    let all = facts.endpoints.iter().filter(|it| it.refused).flat_map(|it| it.paths.iter().cloned());
    all.filter(|path| !answered(path)).collect()
}

/// The names of the feature's timers some of whose places are of one kind and none of another.
fn timers_that(
    facts: &FeatureFacts,
    holds: fn(&TimerFact) -> bool,
    spoils: fn(&TimerFact) -> bool,
) -> BTreeSet<String> {
    let spoilt =
        |name: &str| facts.timers.iter().any(|it| job_key(&it.symbol) == job_key(name) && spoils(it));
    let all = facts.timers.iter().filter(|it| it.role != TimerRole::Unclear && holds(it));
    all.map(|it| it.symbol.clone()).filter(|name| !spoilt(name)).collect()
}

/// The timers of which it is not known whether they run, and the URL paths that a view may answer and that none surely
/// does.
fn unclear(facts: &FeatureFacts) -> BTreeSet<String> {
    let paths = |holds: fn(&EndpointFact) -> bool| -> BTreeSet<String> {
        facts.endpoints.iter().filter(|it| holds(it)).flat_map(|it| it.paths.iter().cloned()).collect()
    };
    let mut found = &paths(|it| it.unclear) - &paths(|it| !it.unclear && !it.refused);
    found.extend(timers_that(facts, |it| it.unclear, |it| !it.unclear && !it.stopped));
    found
}

/// Each URL path once, with the first route that leads to it.
fn endpoints(facts: &FeatureFacts) -> Vec<Seen> {
    let mut found: BTreeMap<&str, Seen> = BTreeMap::new();
    for endpoint in &facts.endpoints {
        for path in &endpoint.paths {
            found.entry(path).or_insert_with(|| Seen { name: path.clone(), place: endpoint.route.clone() });
        }
    }
    found.into_values().collect()
}
