//! Everything a decision is made from, gathered once: for `checklist`, and for `enable`, which refuses without GO.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use crate::audit::KnownView;
use crate::clock::Clock;
use crate::commands::trust::{distrust, trusted_keys};
use crate::commands::{bindings, source};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::evidence::logs::{self, Writer};
use crate::evidence::{Ledger, content_id, git, target_of};
use crate::judge::JUDGING;
use crate::judge::decision::{Asked, Decided, Facts, decide};
use crate::model::facts::flags::{Disagreement, FlagFacts};
use crate::model::facts::git::GitFacts;
use crate::model::facts::ledger::{Baseline, LedgerFacts, Revision, Seen};
use crate::model::facts::logs::LogFacts;
use crate::model::facts::source::SourceFacts;
use crate::model::feature::Feature;
use crate::settings::Settings;

/// What was asked on the command line about the surroundings of a decision.
#[derive(Debug, Clone, Default)]
pub struct Asking {
    pub folder: PathBuf,
    pub revision: Option<String>,
    /// Look back at the tree as it was at this revision.
    pub since: Option<String>,
    /// Logs of the backend, and of a browser's console.
    pub logs: Vec<PathBuf>,
    pub console_logs: Vec<PathBuf>,
}

/// The facts, owned.
#[derive(Debug)]
pub struct Gathered {
    pub ledger: LedgerFacts,
    pub flags: FlagFacts,
    pub disagreements: BTreeMap<String, Vec<Disagreement>>,
    pub source: Option<SourceFacts>,
    pub since: Vec<Baseline>,
    pub git: GitFacts,
    pub logs: Option<LogFacts>,
    pub rules: BTreeMap<String, String>,
    pub target: String,
    pub now: Timestamp,
    pub warnings: Vec<String>,
}

impl Gathered {
    pub fn gather(settings: &Settings, asking: &Asking, environment: &Environment) -> Result<Self> {
        let now = Clock::wall();
        let mut warnings = settings.warnings.clone();
        let trusted = trusted_keys(settings)?;
        let mut ledger = match Ledger::read(&settings.evidence)? {
            Some(mut ledger) => {
                warnings.extend_from_slice(ledger.warnings());
                let since = oldest_needed(&mut ledger, settings, now)?;
                ledger.facts(since)?
            }
            None => LedgerFacts::default(),
        };
        warnings.extend(distrust(&mut ledger, &trusted));
        let (flags, disagreements) = bindings::declared_flags(settings, environment);
        warnings.extend_from_slice(&flags.warnings);
        let since = match &asking.since {
            Some(revision) => earlier(settings, &asking.folder, revision)?,
            None => Vec::new(),
        };
        let views = known_views(ledger.baselines.iter().chain(&since));
        let audited = source::audit_of(settings, &asking.folder, None, &views, true)?;
        warnings.extend(audited.warnings.iter().cloned());
        let source = source::facts(&audited);
        let sources: BTreeSet<String> = source
            .iter()
            .flat_map(|it| it.features.values())
            .flat_map(|it| it.sources.iter().cloned())
            .collect();
        let mut git = git::facts(&asking.folder, &ledger, &sources, asking.revision.as_deref());
        if let Some(source) = &source {
            git.removed_at = removed_at(&asking.folder, source, ledger.baselines.iter().chain(&since));
        }
        Ok(Self {
            ledger,
            flags,
            disagreements,
            source,
            since,
            git,
            logs: logs(settings, asking)?,
            rules: bindings::rules(settings),
            target: target_of(&settings.backend.rest_url),
            now,
            warnings,
        })
    }

    pub fn decide(&self, settings: &Settings, feature: &Feature, asked: Asked) -> Decided {
        decide(&self.facts(settings), feature, asked)
    }

    pub fn facts<'a>(&'a self, settings: &'a Settings) -> Facts<'a> {
        Facts {
            features: &settings.features,
            ledger: &self.ledger,
            flags: &self.flags,
            disagreements: &self.disagreements,
            source: self.source.as_ref(),
            since: &self.since,
            git: &self.git,
            logs: self.logs.as_ref(),
            sessions: &settings.sessions,
            thresholds: &settings.thresholds,
            max_age: settings.evidence.max_age,
            trusted_keys: &settings.evidence.trusted_keys,
            settings: &settings.said,
            target: &self.target,
            rules: &self.rules,
            judging: JUDGING,
            now: self.now,
        }
    }
}

/// Runs older than this can be evidence of nothing: expired now, and when the oldest grant was given.
fn oldest_needed(ledger: &mut Ledger, settings: &Settings, now: Timestamp) -> Result<Timestamp> {
    let reference = ledger.oldest("grant")?.map_or(now, |grant| grant.min(now));
    let age = SignedDuration::try_from(settings.evidence.max_age).unwrap_or(SignedDuration::MAX);
    Ok(reference.checked_sub(age).unwrap_or(Timestamp::MIN))
}

/// When each feature's missing timers and endpoints went: not after the last commit that touched their files.
fn removed_at<'b>(
    folder: &Path,
    source: &SourceFacts,
    baselines: impl Iterator<Item = &'b Baseline>,
) -> BTreeMap<String, Timestamp> {
    let mut files: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for baseline in baselines {
        let now = source.features.get(&baseline.feature);
        let is_there = |seen: &Seen| {
            now.is_some_and(|it| {
                it.endpoints
                    .iter()
                    .chain(it.timers.iter().map(|timer| &timer.seen))
                    .any(|it| it.name == seen.name)
            })
        };
        let gone = baseline.timers.iter().chain(&baseline.endpoints).filter(|seen| !is_there(seen));
        files.entry(&baseline.feature).or_default().extend(gone.map(|seen| seen.place.path.as_str()));
    }
    let touched = |(feature, paths): (&str, BTreeSet<&str>)| {
        Some((feature.to_owned(), git::last_touched(folder, paths.into_iter())?))
    };
    files.into_iter().filter_map(touched).collect()
}

/// What an audit of an earlier revision saw of each feature's REST path.
fn earlier(settings: &Settings, folder: &Path, revision: &str) -> Result<Vec<Baseline>> {
    let Some(facts) = source::facts(&source::audit_of(settings, folder, Some(revision), &[], true)?) else {
        return Err(Error::usage(format!("no source tree of Thor in {} at {revision}", folder.display()))
            .hint("name a revision before the deletion with --since REV"));
    };
    let revision = bindings::revision(folder, Some(revision));
    Ok(baselines(&facts, revision.as_ref(), Timestamp::UNIX_EPOCH))
}

/// The views that were there before: the audit looks whether they still are, routed or not.
fn known_views<'b>(baselines: impl Iterator<Item = &'b Baseline>) -> Vec<KnownView> {
    let of = |baseline: &'b Baseline| {
        baseline.views.iter().map(|seen| KnownView {
            feature: baseline.feature.clone(),
            path: seen.place.path.clone(),
            symbol: seen.name.clone(),
        })
    };
    let found: BTreeSet<KnownView> = baselines.flat_map(of).collect();
    found.into_iter().collect()
}

/// What there is of each feature's timers and endpoints, worth remembering.
pub fn baselines(facts: &SourceFacts, revision: Option<&Revision>, at: Timestamp) -> Vec<Baseline> {
    let worth = facts.features.iter().filter(|(_, it)| !it.timers.is_empty() || !it.endpoints.is_empty());
    worth
        .map(|(feature, it)| {
            let timers: Vec<Seen> = it.timers.iter().map(|timer| timer.seen.clone()).collect();
            let names: Vec<&str> =
                timers.iter().chain(&it.endpoints).map(|seen| seen.name.as_str()).collect();
            Baseline {
                id: content_id("baseline", &[&[feature.as_str()], names.as_slice()].concat()),
                at,
                feature: feature.clone(),
                revision: revision.cloned(),
                timers,
                endpoints: it.endpoints.clone(),
                views: it.views.clone(),
                imported: None,
            }
        })
        .collect()
}

/// What the given logs tell; `None` where none were given.
fn logs(settings: &Settings, asking: &Asking) -> Result<Option<LogFacts>> {
    let backend = asking.logs.iter().map(|path| (path, Writer::Backend));
    let all: Vec<_> = backend.chain(asking.console_logs.iter().map(|path| (path, Writer::Console))).collect();
    if all.is_empty() {
        return Ok(None);
    }
    let mut facts = LogFacts::default();
    for (path, writer) in all {
        let failed = |error| Error::failed(error).hint("--log-file and --console-log name readable files");
        let name = path.display().to_string();
        let log = fs_err::File::open(path).map_err(failed)?;
        let (lines, errors) = logs::read(log, &name, writer, &settings.features).map_err(failed)?;
        facts.files.push((name, lines));
        facts.errors.extend(errors);
    }
    Ok(Some(facts))
}
