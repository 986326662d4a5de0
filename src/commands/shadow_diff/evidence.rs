//! What of a run goes to the ledger: bound to target, account, rules, revision and flags.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::cli::ShadowDiffArgs;
use crate::commands::bindings;
use crate::commands::remember::after_a_run;
use crate::commands::shadow_diff::record::Beginning;
use crate::environment::Environment;
use crate::error::Error;
use crate::evidence::{Circumstances, Ending, Kept, Ledger, LedgerError, command_line, keep, record};
use crate::judge::JUDGING;
use crate::model::facts::ledger::{Entry, FlagState, RecordingDigest, RecordingPart, RunBy};
use crate::model::feature::Feature;
use crate::model::run::RunReport;
use crate::observe::pseudonyms::AccountsSeen;
use crate::report::run::RunAnswer;
use crate::settings::Settings;

/// Where this run's evidence goes; nowhere with `--no-evidence`.
pub struct Evidence {
    store: Option<Arc<Store>>,
}

struct Store {
    settings: Settings,
    environment: Environment,
    /// What `--revision` said, if anything.
    revision: Option<String>,
    /// The first file of the recording, if there is one.
    recording: Option<PathBuf>,
    /// Where the source is looked for.
    folder: PathBuf,
    accounts: AccountsSeen,
    circumstances: Circumstances,
    /// Kept open between the records of one run; locked while one is being written, so that a slow store gets
    /// one at a time.
    ledger: Mutex<Option<Ledger>>,
}

/// Whose account a run is about.
pub struct Account {
    /// As it was configured, as a pseudonym.
    pub configured: Option<String>,
    /// Fingerprint of the pseudonyms' key.
    pub key: Option<String>,
    /// As answers named it, up to any moment of the run.
    pub seen: AccountsSeen,
}

/// What became of the evidence.
pub enum Outcome {
    NotWanted,
    Done(Result<Kept, LedgerError>),
    /// The store's own code broke down.
    Lost(String),
}

impl Evidence {
    pub fn of(
        arguments: &ShadowDiffArgs,
        settings: &Settings,
        features: &[Feature],
        account: Account,
        flags: BTreeMap<String, FlagState>,
        beginning: &Beginning,
        environment: &Environment,
    ) -> Self {
        let folder = bindings::source_folder(settings, None, environment);
        let circumstances = || Circumstances {
            started_at: beginning.clock.started_at(),
            target: settings.backend.rest_url.clone(),
            account: account.configured.clone(),
            key: account.key.clone(),
            by: Some(RunBy {
                user: environment.user.clone(),
                host: environment.host.clone(),
                command: command_line(&environment.arguments),
            }),
            settings: Some(settings.said.clone()),
            revision: bindings::revision(&folder, arguments.revision.as_deref()),
            judging: JUDGING,
            flags: flags.clone(),
            rules: features
                .iter()
                .map(|feature| (feature.name.clone(), crate::contract::digest_one(feature)))
                .collect(),
            observer: beginning.observer,
        };
        let store = (!arguments.no_evidence).then(|| {
            Arc::new(Store {
                settings: settings.clone(),
                environment: environment.clone(),
                revision: arguments.revision.clone(),
                recording: arguments.record.clone(),
                folder: folder.clone(),
                accounts: account.seen.clone(),
                circumstances: circumstances(),
                ledger: Mutex::new(None),
            })
        });
        Self { store }
    }

    /// Keeps a run's evidence: the one seam between observing and the ledger.
    pub async fn keep(&self, report: RunReport) -> Outcome {
        let Some(store) = self.store.clone() else { return Outcome::NotWanted };
        let task = tokio::task::spawn_blocking(move || keep_evidence(&store, &report));
        match task.await {
            Ok(done) => Outcome::Done(done),
            Err(error) => Outcome::Lost(error.to_string()),
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
            store.ending().add_to(&mut run);
            let open = ledger.take().map_or_else(|| Ledger::open(&store.settings.evidence), Ok);
            *ledger = open.and_then(|mut ledger| ledger.record_run(&run).map(|_| ledger)).ok();
        });
    }
}

fn keep_evidence(store: &Store, report: &RunReport) -> Result<Kept, LedgerError> {
    // its own connection would only stand in the way of the last word
    drop(store.ledger.lock().unwrap_or_else(PoisonError::into_inner).take());
    let mut run = record(report, &store.circumstances);
    let mut ending = store.ending();
    let digested = store.recording.as_deref().map(recording_digest).transpose();
    let mut troubles = Vec::new();
    match digested {
        Ok(recording) => ending.recording = recording,
        Err(error) => troubles.push(format!("the run cannot be verified later: its recording: {error}")),
    }
    ending.add_to(&mut run);
    let mut kept = keep(&store.settings.evidence, &[Entry::Run(Box::new(run))])?;
    if let Kept::Recorded { warnings, .. } = &mut kept {
        warnings.extend(troubles);
        // without a checkout nothing can be remembered of the source, and no decision was GO
        if store.circumstances.revision.is_some() || store.settings.source.root.is_some() {
            warnings.extend(after_a_run(&store.settings, &store.folder, &store.environment));
        }
    }
    Ok(kept)
}

impl Store {
    /// What is known of the run's end as of now.
    fn ending(&self) -> Ending {
        let (flags, _) = bindings::declared_flags(&self.settings, &self.environment);
        Ending {
            account_seen: self.accounts.joined(),
            revision: bindings::revision(&self.folder, self.revision.as_deref()),
            flags: bindings::flag_states(&self.settings, &flags),
            recording: None,
        }
    }
}

/// The digests of every part of a recording, by the name that was typed for it.
fn recording_digest(base: &Path) -> std::io::Result<RecordingDigest> {
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

impl Outcome {
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
