//! One window, observed on a thread of its own: gone on with or begun, recorded, judged, kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use crate::cli::ShadowDiffArgs;
use crate::clock::Clock;
use crate::commands::identifiers;
use crate::commands::known_code::KnownCode;
use crate::commands::provenance::{self, FlagAsWritten};
use crate::commands::served_flags::{LastServed, ask_and_wait};
use crate::commands::shadow_diff::evidence::{EvidenceKeeper, RunAccount, RunStart};
use crate::commands::shadow_diff::order::{JudgedRun, RunOrder};
use crate::commands::shadow_diff::outside::Outside;
use crate::commands::shadow_diff::record::Beginning;
use crate::commands::shadow_diff::signals::Signals;
use crate::commands::shadow_diff::stop_rule::RunLength;
use crate::commands::shadow_diff::watch::RunLook;
use crate::commands::watch::board::Board;
use crate::commands::watch::journal::{Journal, JournalFolder, binding, observer, resumable, settle};
use crate::commands::watch::log::Log;
use crate::commands::watch::notify::Notifier;
use crate::commands::watch::{WindowNews, hindrance};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::evidence::LedgerPlace;
use crate::live::{Live, Subject, Truth, WatchedFeature};
use crate::model::facts::ledger::FlagState;
use crate::model::feature::Feature;
use crate::model::run::RunReport;
use crate::observe::pseudonyms::Pseudonyms;
use crate::recording::{Config, existing};
use crate::settings::Settings;
use crate::watch::{DueWindow, WindowEnding};

/// What a window is observed by.
#[derive(Clone)]
pub struct WindowOrder {
    pub due: DueWindow,
    pub settings: Arc<Settings>,
    pub environment: Arc<Environment>,
    pub journals: Arc<JournalFolder>,
    pub source: Option<PathBuf>,
    pub revision: Option<String>,
    pub known: Arc<KnownCode>,
    pub log: Log,
    pub board: Board,
    pub notifier: Option<Notifier>,
    pub served: LastServed,
    pub told: UnboundedSender<WindowNews>,
}

/// A window that is being observed, as whoever ordered it holds it.
pub struct OpenWindow {
    pub closes: Timestamp,
    pub features: Vec<String>,
    /// The flags as they stood when it began; none before, and none once it is told that one was flipped.
    pub flags: Option<BTreeMap<String, FlagAsWritten>>,
    /// The first file of its recording, once it has begun, and how many there are.
    pub recording: Option<PathBuf>,
    pub parts: usize,
    until: watch::Sender<Timestamp>,
    interrupt: UnboundedSender<()>,
}

impl OpenWindow {
    /// It ends as a run of this length does: polling stops, and what was pushed late still counts.
    pub fn close_at(&self, at: Timestamp) {
        self.until.send_replace(at);
    }

    /// It ends at once, its evidence kept.
    pub fn interrupt(&self) {
        // one that has ended already needs no word
        let _ = self.interrupt.send(());
    }
}

/// What a window came to.
pub struct WindowEnd {
    pub how: WindowEnding,
    /// Whether all that is recorded is on the ledger, or beside it.
    pub is_kept: bool,
    /// Whether it is beside the ledger.
    pub is_spooled: bool,
    pub report: Option<RunReport>,
}

/// Begins to observe.
///
/// # Errors
/// The system has no thread to give.
pub fn open(order: WindowOrder) -> Result<OpenWindow> {
    let tail = order.settings.features.iter().filter(|it| order.due.features.contains(&it.name));
    // polling stops D before the end, and the session shall be covered to its last second
    let tail = tail.map(|feature| feature.push_delay).max().unwrap_or_default();
    let ends = order.due.closes.saturating_add(tail).unwrap_or(order.due.closes);
    let (until, until_when) = watch::channel(ends);
    let (interrupt, interrupts) = unbounded_channel();
    let (closes, features) = (order.due.closes, order.due.features.clone());
    std::thread::Builder::new()
        .name("window".to_owned())
        .spawn(move || {
            let key = order.due.key.clone();
            let end = observed(&order, until_when, interrupts);
            // whoever ordered it may be gone: then nobody waits for this
            let _ = order.told.send(WindowNews::Ended { key, end: Box::new(end) });
        })
        .map_err(|error| Error::failed(anyhow::Error::new(error).context("starting a thread")))?;
    Ok(OpenWindow { closes, features, flags: None, recording: None, parts: 0, until, interrupt })
}

fn observed(
    order: &WindowOrder,
    until: watch::Receiver<Timestamp>,
    interrupts: UnboundedReceiver<()>,
) -> WindowEnd {
    let end = prepare(order).and_then(|window| window.observe(until, interrupts));
    let mut end = end.unwrap_or_else(|error| {
        order.log.window(&order.due.key, &format!("not observed: {error}"));
        if let Some(hint) = &error.hint {
            order.log.window(&order.due.key, &format!("hint: {hint}"));
        }
        let how = WindowEnding::Failed(hindrance(&error));
        WindowEnd { how, is_kept: true, is_spooled: false, report: None }
    });
    let pieces = order.journals.of(&order.due.key);
    end.is_kept &= pieces.is_ok_and(|pieces| pieces.iter().all(|piece| piece.is_kept));
    end
}

/// A window with everything that it needs to be observed.
struct Prepared<'o> {
    order: &'o WindowOrder,
    features: Vec<Feature>,
    pseudonyms: Option<Pseudonyms>,
    configured: Vec<Feature>,
    evidence: EvidenceKeeper,
    subject: Subject,
    journal: Journal,
    flags_begun: BTreeMap<String, FlagAsWritten>,
    /// Whether there is something of it to go on with.
    is_resumed: bool,
}

/// Looks into git, the source tree and the env files, and finds what there is of the window.
fn prepare(order: &WindowOrder) -> Result<Prepared<'_>> {
    let (settings, environment) = (&*order.settings, &*order.environment);
    let features = settings.select(&order.due.features)?;
    let pseudonyms = match settings.identifiers.is_empty() {
        true => None,
        false => Some(Pseudonyms::new(identifiers::key(settings)?, &settings.identifiers)),
    };
    let configured = match &pseudonyms {
        Some(pseudonyms) => pseudonyms.features(&features),
        None => features.clone(),
    };
    let account = settings.backend.account_id.as_deref().map(|account| match &pseudonyms {
        Some(pseudonyms) => pseudonyms.of(account).into_owned(),
        None => account.to_owned(),
    });
    let target = order.due.key.target.clone();
    if let Some(url) = &settings.flags.served_url {
        // what a window is evidence of is known before it begins
        match ask_and_wait(url, settings) {
            Ok(facts) => order.served.put(&target, facts),
            Err(why) => order.log.warn_of(&order.due.key, &format!("what files declare counts: {why}")),
        }
    }
    let flags_begun = provenance::flags_now(settings, environment, order.served.of(&target));
    let flags: BTreeMap<String, FlagState> =
        flags_begun.iter().map(|(feature, (state, _))| (feature.clone(), *state)).collect();
    let served = order.served.clone();
    let subject = Subject {
        target: settings.backend.rest_url.to_string(),
        begun: crate::model::time::Nanos::ZERO,
        features: features.iter().map(|feature| watched(feature, &flags)).collect(),
    };
    let accounts = pseudonyms.as_ref().map(Pseudonyms::accounts_seen).unwrap_or_default();
    let evidence = EvidenceKeeper::of(
        &arguments(order, None),
        settings,
        &features,
        RunAccount {
            configured: account,
            key: pseudonyms.as_ref().map(Pseudonyms::fingerprint),
            seen: accounts.clone(),
        },
        flags,
        RunStart {
            at: Clock::wall(),
            observer: std::process::id(),
            known: &order.known,
            served: Box::new(move || served.of(&target)),
            outside: &Outside::machine(),
        },
        environment,
    )?;
    let circumstances = evidence.circumstances().cloned().ok_or_else(|| {
        Error::failed(anyhow::anyhow!("the service keeps its evidence, and there is nothing to keep it by"))
    })?;
    let config = Config { features: configured.clone(), thresholds: settings.thresholds.clone() };
    let binding = binding(&circumstances, &config);
    let unreadable = |error| Error::failed(anyhow::Error::new(error).context("looking for earlier windows"));
    let mut pieces = order.journals.of(&order.due.key).map_err(unreadable)?;
    let resumed = resumable(&pieces, &binding).cloned();
    let is_other = |piece: &Journal| resumed.as_ref().is_none_or(|it| it.recording() != piece.recording());
    for piece in pieces.iter_mut().filter(|piece| !piece.is_kept && is_other(piece)) {
        order
            .log
            .settled(&order.due.key, &settle(piece, &LedgerPlace::from(&settings.evidence), Clock::wall())?);
    }
    let is_resumed = resumed.is_some();
    let mut journal = match resumed {
        Some(journal) => journal,
        None => order
            .journals
            .begin(&order.due.key, order.due.closes, &order.due.features, binding, circumstances)
            .map_err(|error| Error::failed(anyhow::Error::new(error).context("beginning a window")))?,
    };
    if let Some(seen) = &journal.so_far.account_seen {
        accounts.remember(seen);
    }
    journal.closes = order.due.closes;
    Ok(Prepared {
        order,
        features,
        pseudonyms,
        configured,
        evidence,
        subject,
        journal,
        flags_begun,
        is_resumed,
    })
}

impl Prepared<'_> {
    fn observe(
        self,
        until: watch::Receiver<Timestamp>,
        interrupts: UnboundedReceiver<()>,
    ) -> Result<WindowEnd> {
        let Self { order, features, pseudonyms, configured, evidence, subject, mut journal, .. } = self;
        let (is_resumed, flags) = (self.is_resumed, self.flags_begun);
        let base = journal.recording();
        let parts_before = existing(&base).len();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| Error::failed(anyhow::Error::new(error).context("starting the runtime")))?;
        let before = is_resumed.then(|| journal.clone());
        let observer = observer(&order.due.key, std::process::id());
        let outside = Outside::machine();
        let arguments = arguments(order, Some(&base));
        let begun = Beginning::of(&arguments, &order.settings, configured, observer, false, &outside);
        let beginning = match begun {
            Ok(beginning) => beginning,
            Err(error) => return Err(undone(&journal, before.as_ref(), parts_before, error)),
        };
        match &beginning.said {
            Some(said) => order.log.window(&order.due.key, said),
            None => {
                journal.circumstances.started_at = beginning.clock.started_at();
                journal.circumstances.observer = beginning.observer;
            }
        }
        journal.is_kept = false;
        journal
            .save()
            .map_err(|error| Error::failed(anyhow::Error::new(error).context("writing a journal")))?;
        // whoever ordered it may be gone: then nobody asks for it
        let begun = WindowNews::Begun { key: order.due.key.clone(), recording: base.clone(), flags };
        let _ = order.told.send(begun);
        let journal = Arc::new(Mutex::new(journal));
        let noted = Arc::clone(&journal);
        let locked =
            |journal: &Mutex<Journal>| journal.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let evidence = evidence.of_recording(
            locked(&journal).circumstances,
            &base,
            Box::new(move |ending| {
                let mut journal = noted.lock().unwrap_or_else(PoisonError::into_inner);
                journal.so_far = ending.clone();
                // it is written again with the next look; what is lost with it is only what was known since
                let _ = journal.save();
            }),
        );
        let run = RunOrder {
            settings: &order.settings,
            environment: &order.environment,
            features: &features,
            every: None,
            samples: None,
            length: RunLength::Decided,
            until: Some(until),
            is_traced: false,
            outside: &outside,
        };
        let (log, key) = (order.log.clone(), order.due.key.clone());
        let see = |_: &mut Signals| Live::told(subject, move |line| log.window(&key, line));
        let mut signals = Signals::told_by(interrupts);
        let mut note = |look: RunLook<'_>| {
            order.board.look(&order.due.key, look);
            if let Some(notifier) = &order.notifier {
                notifier.look(Clock::wall(), &order.due.key, look.report);
            }
        };
        let judged =
            runtime.block_on(run.run(beginning, pseudonyms, &evidence, &mut signals, see, &mut note));
        let JudgedRun { report, failure, .. } = match judged {
            Ok(judged) => judged,
            Err(error) => return Err(undone(&locked(&journal), before.as_ref(), parts_before, error)),
        };
        let outcome = runtime.block_on(evidence.keep(report.clone()));
        runtime.shutdown_background();
        let how = match &failure {
            Some(error) => {
                order.log.window(&order.due.key, &format!("cannot go on: {error}"));
                WindowEnding::Failed(hindrance(error))
            }
            None => WindowEnding::Completed,
        };
        let (is_kept, is_spooled) = order.log.kept(&order.due.key, &report, &outcome);
        if is_kept {
            let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.is_kept = true;
            let saved = journal.save();
            // then it is settled once more, which changes nothing on the ledger
            saved.unwrap_or_else(|error| order.log.window(&order.due.key, &format!("its journal: {error}")));
        }
        Ok(WindowEnd { how, is_kept, is_spooled, report: Some(report) })
    }
}

/// Where nothing was observed, nothing is left on disk but what was there before.
fn undone(journal: &Journal, before: Option<&Journal>, parts_before: usize, error: Error) -> Error {
    let parts = existing(&journal.recording());
    let removed = match before {
        None => journal.remove(),
        Some(before) => {
            let mut later = parts.iter().skip(parts_before).rev();
            later.try_for_each(fs_err::remove_file).and_then(|()| before.save())
        }
    };
    // what stays is settled later as what it is: a window in which nothing was observed
    match removed {
        Ok(()) => error,
        Err(why) => Error { source: error.source.context(format!("(and {why})")), ..error },
    }
}

fn arguments(order: &WindowOrder, record: Option<&Path>) -> ShadowDiffArgs {
    ShadowDiffArgs {
        features: order.due.features.clone(),
        record: record.map(Path::to_owned),
        rotate: Some(order.settings.watch.rotate),
        resume: true,
        source: order.source.clone(),
        revision: order.revision.clone(),
        ..ShadowDiffArgs::default()
    }
}

fn watched(feature: &Feature, flags: &BTreeMap<String, FlagState>) -> WatchedFeature {
    let is_on = flags.get(&feature.name) == Some(&FlagState::On);
    WatchedFeature::new(feature, if is_on { Truth::WebSocket } else { Truth::Rest })
}
