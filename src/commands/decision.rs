//! Everything a decision is made from, gathered once: for `checklist`, and for `enable`, which refuses without GO.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::audit::{KnownPage, KnownView};
use crate::clock::Clock;
use crate::commands::trust::{distrust, trusted_keys};
use crate::commands::{history, provenance, source};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::evidence::logs::{self, LogWriter};
use crate::evidence::{Ledger, LedgerPlace, content_id, git, target_of};
use crate::judge::JUDGING;
use crate::judge::decision::{Asked, Decided, DecisionFacts, decide};
use crate::model::facts::fingerprint::CodeFingerprint;
use crate::model::facts::flags::{FlagDisagreement, FlagFacts};
use crate::model::facts::git::GitFacts;
use crate::model::facts::ledger::{Baseline, EffectiveKey, LedgerFacts, Revision, Seen};
use crate::model::facts::logs::LogFacts;
use crate::model::facts::source::{SourceFacts, Timer};
use crate::model::feature::Feature;
use crate::settings::Settings;

/// What was asked on the command line about the surroundings of a decision.
#[derive(Debug, Clone, Default)]
pub struct Asking {
    /// Thor's source tree, and the checkout whose revision counts.
    pub folder: PathBuf,
    /// The tree is known to git and to the ledger only: nothing in it is read.
    pub unaudited: bool,
    pub revision: Option<String>,
    /// Look back at the tree as it was at this revision.
    pub since: Option<String>,
    /// Logs of the backend, and of a browser's console.
    pub logs: Vec<PathBuf>,
    pub console_logs: Vec<PathBuf>,
}

impl Asking {
    /// Asks about the source tree of `--source`, `[source] root` or the current folder; about none where the
    /// configuration says that there is none and no other one is named.
    pub fn of(settings: &Settings, said: Option<&Path>, environment: &Environment) -> Self {
        Self {
            folder: provenance::source_folder(settings, said, environment),
            unaudited: said.is_none() && settings.source.none.is_some(),
            ..Self::default()
        }
    }
}

/// The facts, owned.
#[derive(Debug)]
pub struct Gathered {
    pub ledger: LedgerFacts,
    pub flags: FlagFacts,
    pub disagreements: BTreeMap<String, Vec<FlagDisagreement>>,
    pub source: Option<SourceFacts>,
    /// Why there is no source tree, where the configuration says so and none was named all the same.
    pub no_source: Option<String>,
    pub since: Vec<Baseline>,
    /// Timers and endpoints that are absent and of which nobody can say whether they ever were there, and why.
    pub untold: BTreeMap<String, String>,
    pub git: GitFacts,
    pub logs: Option<LogFacts>,
    pub rules: BTreeMap<String, String>,
    pub keys: BTreeMap<String, BTreeMap<String, EffectiveKey>>,
    pub target: String,
    pub now: Timestamp,
    pub warnings: Vec<String>,
}

impl Gathered {
    pub fn gather(settings: &Settings, asking: &Asking, environment: &Environment) -> Result<Self> {
        let now = Clock::wall();
        let (ledger, warnings) = ledger_facts(settings, now, 1, LedgerPlace::PATIENCE)?;
        Self::around(ledger, warnings, now, settings, asking, environment)
    }

    /// Everything else, around what the ledger says.
    pub fn around(
        ledger: LedgerFacts,
        mut warnings: Vec<String>,
        now: Timestamp,
        settings: &Settings,
        asking: &Asking,
        environment: &Environment,
    ) -> Result<Self> {
        warnings.splice(0..0, settings.warnings.iter().cloned());
        let (flags, disagreements) = provenance::declared_flags(settings, environment);
        warnings.extend_from_slice(&flags.warnings);
        let mut since = match &asking.since {
            Some(revision) => named(settings, &asking.folder, revision)?,
            None if asking.unaudited => Vec::new(),
            None if ledger.baselines.is_empty() => match git::before(&asking.folder) {
                Some(commit) => earlier(settings, &asking.folder, &commit)?.unwrap_or_default(),
                None => Vec::new(),
            },
            None => read_again(settings, &asking.folder, &ledger.baselines),
        };
        let no_source = settings.source.none.clone().filter(|_| asking.unaudited);
        let mut untold = BTreeMap::new();
        let source = if asking.unaudited {
            None
        } else {
            let read = |since: &[Baseline]| {
                let known = known(ledger.baselines.iter().chain(since));
                source::fingerprinted(settings, &asking.folder, None, &known)
            };
            let (mut audited, mut code) = read(&since)?;
            if let Some(facts) = source::facts(&audited, &code) {
                let known = since.len();
                untold = history::look_back(settings, &asking.folder, &facts, &ledger.baselines, &mut since);
                if since.len() > known {
                    (audited, code) = read(&since)?;
                }
            }
            warnings.extend(audited.warnings.iter().cloned());
            source::facts(&audited, &code)
        };
        let sources: BTreeSet<String> = source
            .iter()
            .flat_map(|it| it.features.values())
            .flat_map(|it| it.sources.iter().cloned())
            .collect();
        // Where there is no tree of Thor, the checkout here is another one; starting `git` costs milliseconds.
        let no_checkout = match asking.revision {
            Some(_) => false,
            None => no_source.is_some() || (asking.unaudited && !is_checkout(&asking.folder)),
        };
        let mut git = if no_checkout {
            GitFacts::default()
        } else {
            git::facts(&asking.folder, &ledger, &sources, asking.revision.as_deref())
        };
        if let Some(source) = &source {
            git.removed_at = removed_at(&asking.folder, source, ledger.baselines.iter().chain(&since));
        }
        Ok(Self {
            ledger,
            flags,
            disagreements,
            source,
            no_source,
            since,
            untold,
            git,
            logs: logs(settings, asking)?,
            rules: provenance::rules(settings),
            keys: provenance::keys(settings, &settings.features),
            target: target_of(&settings.backend.rest_url),
            now,
            warnings,
        })
    }

    /// The code behind a feature, as it is now.
    pub fn code(&self, feature: &str) -> Option<CodeFingerprint> {
        self.source.as_ref()?.features.get(feature)?.code.clone()
    }

    pub fn decide(&self, settings: &Settings, feature: &Feature, asked: Asked) -> Decided {
        decide(&self.facts(settings), feature, asked)
    }

    pub fn facts<'a>(&'a self, settings: &'a Settings) -> DecisionFacts<'a> {
        DecisionFacts {
            features: &settings.features,
            ledger: &self.ledger,
            flags: &self.flags,
            disagreements: &self.disagreements,
            source: self.source.as_ref(),
            no_source: self.no_source.as_deref(),
            since: &self.since,
            untold: &self.untold,
            git: &self.git,
            logs: self.logs.as_ref(),
            sessions: &settings.sessions,
            thresholds: &settings.thresholds,
            max_age: settings.evidence.max_age,
            trusted_keys: &settings.evidence.trusted_keys,
            target: &self.target,
            rules: &self.rules,
            keys: &self.keys,
            judging: JUDGING,
            now: self.now,
        }
    }
}

/// What the ledger says, and what a person should know about how it was opened; nothing where there is none.
/// Runs are read back to `ages` times the age at which evidence expires; `wait` is for others, or for a server.
pub fn ledger_facts(
    settings: &Settings,
    now: Timestamp,
    ages: u32,
    wait: Duration,
) -> Result<(LedgerFacts, Vec<String>)> {
    let trusted = trusted_keys(settings)?;
    let Some(mut ledger) = Ledger::read(LedgerPlace::from(&settings.evidence).within(wait))? else {
        return Ok((LedgerFacts::default(), Vec::new()));
    };
    let since = oldest_needed(&mut ledger, settings, now, ages)?;
    let mut facts = ledger.facts(since)?;
    let mut warnings = ledger.warnings().to_vec();
    warnings.extend(distrust(&mut facts, &trusted));
    Ok((facts, warnings))
}

/// Runs older than this can be evidence of nothing: expired now, and when the oldest grant was given.
fn oldest_needed(ledger: &mut Ledger, settings: &Settings, now: Timestamp, ages: u32) -> Result<Timestamp> {
    let reference = ledger.oldest("grant")?.map_or(now, |grant| grant.min(now));
    let age = SignedDuration::try_from(settings.evidence.max_age.saturating_mul(ages));
    Ok(reference.checked_sub(age.unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MIN))
}

/// Whether git may know the folder.
fn is_checkout(folder: &Path) -> bool {
    folder.ancestors().any(|folder| folder.join(".git").exists())
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
                    .chain(&it.producing)
                    .any(|it| it.name == seen.name)
            })
        };
        let seen = baseline.timers.iter().chain(&baseline.producers).chain(&baseline.endpoints);
        let gone = seen.filter(|seen| !is_there(seen));
        files.entry(&baseline.feature).or_default().extend(gone.map(|seen| seen.place.path.as_str()));
    }
    let touched = |(feature, paths): (&str, BTreeSet<&str>)| {
        Some((feature.to_owned(), git::last_touched(folder, paths.into_iter())?))
    };
    files.into_iter().filter_map(touched).collect()
}

/// Without fingerprints: nothing is bound to it.
fn earlier_facts(settings: &Settings, folder: &Path, revision: &str) -> Result<Option<SourceFacts>> {
    let report = source::audit_of(settings, folder, Some(revision), &source::Known::default())?;
    Ok(source::facts(&report, &BTreeMap::new()))
}

/// What an audit of an earlier revision saw of each feature's REST path; `None` where nothing of Thor was there.
pub(super) fn earlier(settings: &Settings, folder: &Path, revision: &str) -> Result<Option<Vec<Baseline>>> {
    let facts = earlier_facts(settings, folder, revision)?;
    Ok(facts.map(|facts| {
        let revision = provenance::revision(folder, Some(revision));
        baselines(&facts, revision.as_ref(), Timestamp::UNIX_EPOCH)
    }))
}

/// The same of the revision that was named, which has to have a tree.
fn named(settings: &Settings, folder: &Path, revision: &str) -> Result<Vec<Baseline>> {
    earlier(settings, folder, revision)?.ok_or_else(|| {
        Error::usage(format!("no source tree of Thor in {} at {revision}", folder.display()))
            .hint("name a revision before the deletion with --since REV")
    })
}

/// The baselines on the ledger, read once more at their revisions under today's rules and configuration: the oldest
/// and the newest few of them. What git no longer has counts as it was recorded.
fn read_again(settings: &Settings, folder: &Path, recorded: &[Baseline]) -> Vec<Baseline> {
    let head = provenance::revision(folder, None);
    let mut commits: Vec<&str> = Vec::new();
    for baseline in recorded.iter().rev() {
        let Some(revision) = &baseline.revision else { continue };
        let clean = revision.dirty.is_empty();
        let is_head =
            head.as_ref().is_some_and(|head| head.commit == revision.commit && head.dirty.is_empty());
        if clean && !is_head && !commits.contains(&revision.commit.as_str()) {
            commits.push(&revision.commit);
        }
    }
    if commits.len() > BASELINES_READ {
        let oldest = commits.pop();
        commits.truncate(BASELINES_READ - 1);
        commits.extend(oldest);
    }
    commits
        .into_iter()
        .filter_map(|commit| earlier(settings, folder, commit).ok().flatten())
        .flatten()
        .collect()
}

/// Reading a tree of the past takes as long as an audit.
const BASELINES_READ: usize = 3;

/// What was there before: the audit looks whether views still are, routed or not, and whether pages still do anything.
fn known<'b>(baselines: impl Iterator<Item = &'b Baseline> + Clone) -> source::Known {
    let of = |baseline: &'b Baseline| {
        baseline
            .pages
            .iter()
            .map(|seen| KnownPage { feature: baseline.feature.clone(), symbol: seen.name.clone() })
    };
    let pages: BTreeSet<KnownPage> = baselines.clone().flat_map(of).collect();
    source::Known { views: known_views(baselines), pages: pages.into_iter().collect() }
}

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
    let worth = facts
        .features
        .iter()
        .filter(|(_, it)| !it.timers.is_empty() || !it.endpoints.is_empty() || !it.polled.is_empty());
    worth
        .map(|(feature, it)| {
            let timers: Vec<Seen> = it.timers.iter().map(|timer| timer.seen.clone()).collect();
            let polling = it.pages.iter().filter(|page| page.polls);
            let pages: Vec<Seen> =
                polling.map(|page| Seen { name: page.name.clone(), place: page.place.clone() }).collect();
            let polled: Vec<String> = it
                .polled
                .iter()
                .map(|polled| {
                    let led = if polled.led { " led" } else { "" };
                    format!("{} {}{led}", polled.endpoint, polled.fastest_ms.unwrap_or_default())
                })
                .collect();
            let pace = |timer: &Timer| Some((timer.seen.name.clone(), timer.fastest_ms?));
            let paces: BTreeMap<String, u64> = it.timers.iter().filter_map(pace).collect();
            let paced: Vec<String> = paces.iter().map(|(name, pace)| format!("{name} {pace}")).collect();
            // Of what is stopped nobody knows what would start it again.
            let doubtful: BTreeSet<String> = &it.unclear | &it.stopped;
            let unclear: Vec<String> = doubtful.iter().map(|path| format!("{path} unclear")).collect();
            let bases: Vec<String> = it.bases.iter().map(|(name, basis)| format!("{name} {basis}")).collect();
            let producers = it.producing.clone();
            let names: Vec<&str> = timers
                .iter()
                .chain(&producers)
                .chain(it.endpoints.iter().filter(|seen| !it.refused.contains(&seen.name)))
                .chain(&pages)
                .map(|seen| seen.name.as_str())
                .chain(polled.iter().chain(&paced).chain(&unclear).chain(&bases).map(String::as_str))
                .collect();
            Baseline {
                id: content_id("baseline", &[&[feature.as_str()], names.as_slice()].concat()),
                at,
                feature: feature.clone(),
                revision: revision.cloned(),
                timers,
                producers,
                paces,
                endpoints: it
                    .endpoints
                    .iter()
                    .filter(|seen| !it.refused.contains(&seen.name))
                    .cloned()
                    .collect(),
                unclear: Some(doubtful),
                bases: it.bases.clone(),
                jobs: facts.jobs.keys().cloned().collect(),
                views: it.views.clone(),
                polled: it.polled.clone(),
                pages,
                imported: None,
            }
        })
        .collect()
}

/// What the given logs tell; `None` where none were given.
fn logs(settings: &Settings, asking: &Asking) -> Result<Option<LogFacts>> {
    let backend = asking.logs.iter().map(|path| (path, LogWriter::Backend));
    let all: Vec<_> =
        backend.chain(asking.console_logs.iter().map(|path| (path, LogWriter::Console))).collect();
    if all.is_empty() {
        return Ok(None);
    }
    let mut facts = LogFacts::default();
    for (path, writer) in all {
        let failed = |error| Error::failed(error).hint("--log-file and --console-log name readable files");
        let name = path.display().to_string();
        let log = fs_err::File::open(path).map_err(failed)?;
        let (file, errors) = logs::read(log, &name, writer, &settings.features).map_err(failed)?;
        facts.files.push(file);
        facts.errors.extend(errors);
    }
    Ok(Some(facts))
}
