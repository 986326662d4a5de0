//! What of a run goes to the ledger: bound to target, account, rules, revision, code and flags.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::cli::ShadowDiffArgs;
use crate::commands::known_code::KnownCode;
use crate::commands::remember::after_a_run;
use crate::commands::served_flags::LastFlags;
use crate::commands::shadow_diff::outside::Outside;
use crate::commands::{provenance, source};
use crate::environment::Environment;
use crate::error::{Error, Result as OrError};
use crate::evidence::{
    Circumstances, Kept, Ledger, LedgerError, RunEnding, command_line, git, keep_by, record, target_of,
};
use crate::judge::JUDGING;
use crate::model::facts::fingerprint::CodeFingerprint;
use crate::model::facts::ledger::{Entry, FlagState, RecordingDigest, RecordingPart, Revision, RunBy};
use crate::model::feature::Feature;
use crate::model::run::RunReport;
use crate::observe::pseudonyms::AccountsSeen;
use crate::report::run::RunAnswer;
use crate::settings::Settings;

/// Where this run's evidence goes; nowhere with `--no-evidence`.
pub struct EvidenceKeeper {
    store: Option<Arc<Store>>,
}

struct Store {
    settings: Settings,
    environment: Environment,
    arguments: ShadowDiffArgs,
    outside: Outside,
    /// Where the source is looked for.
    folder: PathBuf,
    /// Whether what is there is Thor's.
    is_thors: bool,
    accounts: AccountsSeen,
    circumstances: Circumstances,
    /// The flags' values when the run began, as they are written.
    written: BTreeMap<String, Option<String>>,
    served: LastFlags,
    /// Flags that were once found another way than when the run began: that they are back does not mend it.
    flipped: Mutex<BTreeMap<String, FlagState>>,
    /// Kept open between the records of one run; locked while one is being written, so that a slow store gets
    /// one at a time.
    ledger: Mutex<Option<Ledger>>,
    /// Told of what is known so far, whenever a record is kept aside: what a kill leaves to whoever goes on.
    so_far: Option<NoteEnding>,
}

type NoteEnding = Box<dyn Fn(&RunEnding) + Send + Sync>;

/// When a run began, by whom, and what is known of the code already.
pub struct RunStart<'k> {
    pub at: Timestamp,
    pub observer: u32,
    pub known: &'k KnownCode,
    /// What the backend serves of its flags.
    pub served: LastFlags,
    pub outside: &'k Outside,
}

/// Whose account a run is about.
pub struct RunAccount {
    /// As it was configured, as a pseudonym.
    pub configured: Option<String>,
    /// Fingerprint of the pseudonyms' key.
    pub key: Option<String>,
    /// As answers named it, up to any moment of the run.
    pub seen: AccountsSeen,
}

/// What became of the evidence.
pub enum EvidenceOutcome {
    NotWanted,
    Done(Result<Kept, LedgerError>),
    /// The store's own code broke down.
    Lost(String),
}

impl EvidenceKeeper {
    pub fn of(
        arguments: &ShadowDiffArgs,
        settings: &Settings,
        features: &[Feature],
        account: RunAccount,
        flags: BTreeMap<String, FlagState>,
        start: RunStart<'_>,
        environment: &Environment,
    ) -> OrError<Self> {
        if arguments.no_evidence {
            return Ok(Self { store: None });
        }
        let folder = provenance::source_folder(settings, arguments.source.as_deref(), environment);
        // Where there is no tree of Thor, the checkout here is another one.
        let is_thors =
            settings.source.none.is_none() || arguments.source.is_some() || arguments.revision.is_some();
        let revision =
            is_thors.then(|| provenance::revision(&folder, arguments.revision.as_deref())).flatten();
        let circumstances = Circumstances {
            started_at: start.at,
            target: target_of(&settings.backend.rest_url),
            account: account.configured,
            key: account.key,
            by: Some(RunBy {
                user: environment.user.clone(),
                host: environment.host.clone(),
                command: command_line(&environment.arguments),
            }),
            revision: revision.clone(),
            code: start.known.of(settings, &folder, revision.as_ref(), start.at, || {
                code(arguments, settings, &folder, revision.is_some())
            })?,
            judging: JUDGING,
            flags,
            rules: features
                .iter()
                .map(|feature| (feature.name.clone(), crate::contract::digest_one(feature)))
                .collect(),
            keys: provenance::keys(settings, features),
            observer: start.observer,
        };
        let store = Store {
            settings: settings.clone(),
            environment: environment.clone(),
            arguments: arguments.clone(),
            outside: start.outside.clone(),
            folder,
            is_thors,
            accounts: account.seen,
            circumstances,
            written: provenance::flags_as_written(
                settings,
                &provenance::flags_with(settings, environment, (start.served)()),
            ),
            served: start.served,
            flipped: Mutex::default(),
            ledger: Mutex::new(None),
            so_far: None,
        };
        Ok(Self { store: Some(Arc::new(store)) })
    }

    /// Whether evidence is kept that no decision will count, because nobody knows of which code it is.
    pub fn is_of_no_code(&self) -> bool {
        self.store.as_ref().is_some_and(|store| {
            is_of_no_code(&store.settings, store.circumstances.revision.as_ref(), &store.circumstances.code)
        })
    }

    /// What the run is bound to; none where nothing is kept.
    pub fn circumstances(&self) -> Option<&Circumstances> {
        self.store.as_ref().map(|store| &store.circumstances)
    }

    /// Before anything is kept: the run is the one that began under these circumstances, and that is recorded there.
    #[must_use]
    pub fn of_recording(mut self, circumstances: Circumstances, base: &Path, so_far: NoteEnding) -> Self {
        if let Some(store) = self.store.as_mut().and_then(Arc::get_mut) {
            store.circumstances = circumstances;
            store.arguments.record = Some(base.to_owned());
            store.so_far = Some(so_far);
        }
        self
    }

    /// Keeps a run's evidence: the one seam between observing and the ledger.
    pub async fn keep(&self, report: RunReport) -> EvidenceOutcome {
        let Some(store) = self.store.clone() else { return EvidenceOutcome::NotWanted };
        let task = tokio::task::spawn_blocking(move || keep_evidence(&store, &report));
        match task.await {
            Ok(done) => EvidenceOutcome::Done(done),
            Err(error) => EvidenceOutcome::Lost(error.to_string()),
        }
    }

    /// Keeps what is known so far, without full reports and without making the run wait: what a kill leaves.
    /// Failure is left to the end to tell.
    pub fn keep_aside(&self, report: RunReport) {
        let Some(store) = self.store.clone() else { return };
        tokio::task::spawn_blocking(move || {
            let Ok(mut ledger) = store.ledger.try_lock() else { return };
            let mut run = record(&report, &store.circumstances);
            run.reports.clear();
            let mut ending = store.ending();
            if ending.revision != store.circumstances.revision {
                ending.code = store.code_now();
            }
            if let Some(note) = &store.so_far {
                note(&ending);
            }
            ending.add_to(&mut run);
            let open = || Ledger::open_by(&*store.outside.stores, &store.settings.evidence);
            let open = ledger.take().map_or_else(open, Ok);
            *ledger = open.and_then(|mut ledger| ledger.record_run(&run).map(|_| ledger)).ok();
        });
    }
}

/// Said of evidence that is of no known code.
pub fn of_no_code(is_thor: bool) -> String {
    let (tree, whose, none) = match is_thor {
        true => ("source tree of Thor", "Thor's", ""),
        false => (
            "source tree that can be read",
            "the backend's",
            ", or say with [source] none why there is no such tree",
        ),
    };
    format!(
        "there is no {tree} here, so this evidence is of no known code and no decision will count it; name {whose} checkout \
         with --source DIR or [source] root{none}"
    )
}

/// Whether evidence that begins now would be of no known code.
///
/// # Errors
/// A tree that is named and not there, or cannot be read.
pub fn would_be_of_no_code(
    arguments: &ShadowDiffArgs,
    settings: &Settings,
    environment: &Environment,
) -> OrError<bool> {
    let folder = provenance::source_folder(settings, arguments.source.as_deref(), environment);
    let revision = provenance::revision(&folder, arguments.revision.as_deref());
    let code = code(arguments, settings, &folder, revision.is_some())?;
    Ok(is_of_no_code(settings, revision.as_ref(), &code))
}

/// Why evidence of a known tree would be of no known revision, which decisions ask for as well.
pub fn unknown_revision(
    arguments: &ShadowDiffArgs,
    settings: &Settings,
    environment: &Environment,
) -> Option<String> {
    if settings.source.none.is_some() || arguments.revision.is_some() {
        return None;
    }
    let folder = provenance::source_folder(settings, arguments.source.as_deref(), environment);
    let why = git::refusal(&folder)?;
    Some(format!("evidence will be of no known revision: git says of {}: {why}", folder.display()))
}

/// Whether nothing says which code was observed, and nobody said that there is none to say it of.
fn is_of_no_code(
    settings: &Settings,
    revision: Option<&Revision>,
    code: &BTreeMap<String, CodeFingerprint>,
) -> bool {
    settings.source.none.is_none() && revision.is_none() && code.is_empty()
}

/// Refuses a `--source` without a tree of Thor.
///
/// # Errors
/// Usage, or what kept the tree from being read.
pub fn refuse_source(
    arguments: &ShadowDiffArgs,
    settings: &Settings,
    environment: &Environment,
) -> OrError<()> {
    if arguments.no_evidence || arguments.source.is_none() {
        return Ok(());
    }
    let folder = provenance::source_folder(settings, arguments.source.as_deref(), environment);
    code(arguments, settings, &folder, true).map(drop)
}

/// The code behind each feature as the run begins: of the working tree as it stands, or of the revision that is
/// said to be observed. None where there is no tree of Thor and nobody said that there is one, or where the revision
/// is not in it.
fn code(
    arguments: &ShadowDiffArgs,
    settings: &Settings,
    folder: &Path,
    is_checkout: bool,
) -> OrError<BTreeMap<String, CodeFingerprint>> {
    let said = arguments.revision.as_deref();
    let is_named = arguments.source.is_some() || settings.source.root.is_some();
    // The current folder by itself may be anybody's home.
    if said.is_some_and(|said| git::resolve(folder, said).is_err()) || !(is_named || is_checkout) {
        return Ok(BTreeMap::new());
    }
    match source::fingerprinted(settings, folder, said, &source::Known::default()) {
        Ok((_, code)) if code.is_empty() && arguments.source.is_some() => {
            Err(Error::usage(format!("no source tree of Thor in {}", folder.display()))
                .hint("name Thor's checkout with --source DIR"))
        }
        Ok((_, code)) => Ok(code),
        Err(error) if is_named => Err(error),
        Err(_) => Ok(BTreeMap::new()),
    }
}

fn keep_evidence(store: &Store, report: &RunReport) -> Result<Kept, LedgerError> {
    // its own connection would only stand in the way of the last word
    drop(store.ledger.lock().unwrap_or_else(PoisonError::into_inner).take());
    let mut run = record(report, &store.circumstances);
    let mut ending = store.ending();
    // of a commit without a change in it everything is said
    if ending.revision != store.circumstances.revision
        || ending.revision.as_ref().is_none_or(|revision| !revision.dirty.is_empty())
    {
        ending.code = store.code_now();
    }
    let digested = store.arguments.record.as_deref().map(recording_digest).transpose();
    let mut troubles = Vec::new();
    match digested {
        Ok(recording) => ending.recording = recording,
        Err(error) => troubles.push(format!("the run cannot be verified later: its recording: {error}")),
    }
    ending.add_to(&mut run);
    let Outside { stores, time, .. } = &store.outside;
    let mut kept = keep_by(&**stores, &store.settings.evidence, &[Entry::Run(Box::new(run))], time.wall())?;
    if let Kept::Recorded { warnings, .. } = &mut kept {
        warnings.extend(troubles);
        // The current folder by itself may be anybody's home.
        let said = store.arguments.source.as_deref();
        let source = &store.settings.source;
        if said.is_some()
            || source.root.is_some()
            || source.none.is_some()
            || store.circumstances.revision.is_some()
        {
            warnings.extend(after_a_run(&store.settings, said, &store.environment));
        }
    }
    Ok(kept)
}

impl Store {
    /// What is known of the run's end as of now.
    fn ending(&self) -> RunEnding {
        let facts = provenance::flags_with(&self.settings, &self.environment, (self.served)());
        let mut flags = provenance::flag_states(&self.settings, &facts);
        // `0` that became `1` is off to Thor before and after, and yet somebody meant to flip it
        for (feature, written) in provenance::flags_as_written(&self.settings, &facts) {
            let is_same = self.circumstances.flags.get(&feature) == flags.get(&feature);
            if is_same && self.written.get(&feature) != Some(&written) {
                flags.insert(feature, FlagState::Unknown);
            }
        }
        let mut flipped = self.flipped.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = &self.circumstances.flags;
        flipped.extend(
            flags
                .iter()
                .filter(|(name, now)| begun.get(*name) != Some(*now))
                .map(|(name, now)| (name.clone(), *now)),
        );
        flags.extend(flipped.iter().map(|(name, seen)| (name.clone(), *seen)));
        RunEnding {
            account_seen: self.accounts.joined(),
            revision: self
                .is_thors
                .then(|| provenance::revision(&self.folder, self.arguments.revision.as_deref()))
                .flatten(),
            flags,
            ..RunEnding::default()
        }
    }

    /// The code as it is by now, of each feature that had some when the run began; none where `--revision` said what
    /// is observed. What cannot be read any more is like nothing.
    fn code_now(&self) -> BTreeMap<String, CodeFingerprint> {
        let begun = &self.circumstances;
        if begun.code.is_empty() || self.arguments.revision.is_some() {
            return BTreeMap::new();
        }
        let mut now = code(&self.arguments, &self.settings, &self.folder, true).unwrap_or_default();
        let of_now = |(feature, code): (&String, &CodeFingerprint)| {
            let nothing = || CodeFingerprint { version: code.version, definitions: Vec::new() };
            (feature.clone(), now.remove(feature).unwrap_or_else(nothing))
        };
        begun.code.iter().map(of_now).collect()
    }
}

/// The digests of every part of a recording, by the name that was typed for it.
pub fn recording_digest(base: &Path) -> std::io::Result<RecordingDigest> {
    let part =
        |path: PathBuf| Ok(RecordingPart { sha256: digest_of(&path)?, file: path.display().to_string() });
    let parts = crate::recording::existing(base).into_iter().map(part);
    Ok(RecordingDigest { parts: parts.collect::<std::io::Result<_>>()? })
}

/// SHA-256 of a file, in hexadecimal, whatever its size.
pub fn digest_of(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut digest = Sha256::new();
    let mut bytes = vec![0; 1 << 20];
    loop {
        match file.read(&mut bytes)? {
            0 => return Ok(crate::evidence::chain::hex(&digest.finalize())),
            read => digest.update(&bytes[..read]),
        }
    }
}

impl EvidenceOutcome {
    /// Tells the answer where the evidence is; evidence that was not kept is a failure of the tool.
    pub fn tell(self, answer: &mut RunAnswer) {
        match self {
            Self::NotWanted => {}
            Self::Done(Ok(Kept::Recorded { path, warnings })) => {
                warnings.into_iter().for_each(|warning| answer.hint(format!("warning: {warning}")));
                answer.hint(format!("evidence kept in {}", path.display()));
            }
            Self::Done(Ok(Kept::Spooled { path, why })) => answer.fail(&Error::failed(why).hint(format!(
                "the evidence is safe in {} and is taken over when the ledger can be written",
                path.display()
            ))),
            Self::Done(Err(error)) => answer.fail(&Error::from(error)),
            Self::Lost(why) => answer.fail(&Error::failed(anyhow::anyhow!("keeping the evidence: {why}"))),
        }
    }
}
