//! What of a run goes to the ledger: bound to target, account, rules, revision, code and flags.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::cli::ShadowDiffArgs;
use crate::commands::shadow_diff::record::Beginning;
use crate::commands::{provenance, source};
use crate::environment::Environment;
use crate::error::{Error, Result as OrError};
use crate::evidence::git;
use crate::evidence::{Circumstances, Kept, Ledger, LedgerError, keep_run, record};
use crate::judge::JUDGING;
use crate::model::facts::fingerprint::CodeFingerprint;
use crate::model::facts::ledger::FlagState;
use crate::model::feature::Feature;
use crate::model::run::RunReport;
use crate::report::run::RunAnswer;
use crate::settings::Settings;

/// Where this run's evidence goes; nowhere with `--no-evidence`.
pub struct EvidenceKeeper {
    store: Option<Arc<Store>>,
}

struct Store {
    settings: Settings,
    circumstances: Circumstances,
    /// Kept open between the records of one run; locked while one is being written, so that a slow store gets
    /// one at a time.
    ledger: Mutex<Option<Ledger>>,
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
        account: Option<String>,
        flags: BTreeMap<String, FlagState>,
        beginning: &Beginning,
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
            started_at: beginning.clock.started_at(),
            target: settings.backend.rest_url.clone(),
            account,
            revision: revision.clone(),
            code: code(arguments, settings, &folder, revision.is_some())?,
            judging: JUDGING,
            flags,
            rules: features
                .iter()
                .map(|feature| (feature.name.clone(), crate::contract::digest_one(feature)))
                .collect(),
            keys: provenance::keys(settings, features),
            observer: beginning.observer,
        };
        let store = Store { settings: settings.clone(), circumstances, ledger: Mutex::new(None) };
        Ok(Self { store: Some(Arc::new(store)) })
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
            let open = ledger.take().map_or_else(|| Ledger::open(&store.settings.evidence.store), Ok);
            *ledger = open.and_then(|mut ledger| ledger.record_run(&run).map(|_| ledger)).ok();
        });
    }
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
    keep_run(&store.settings, &record(report, &store.circumstances))
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
