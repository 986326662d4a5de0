//! `watch`: the observer as a service. [`crate::watch`] says what to do and when; here it is done.
//!
//! A thread a window, with sockets and pollers of its own; this one sleeps, listens to signals and keeps the books.

mod board;
mod configured;
mod errands;
mod flags;
mod http;
pub mod journal;
mod log;
mod notify;
mod reload;
mod storing;
mod window;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::cli::{Cli, WatchArgs};
use crate::clock::Clock;
use crate::commands::known_code::KnownCode;
use crate::commands::provenance::FlagAsWritten;
use crate::commands::served_flags::FLAGS_EVERY;
use crate::commands::signals::{SystemWord, SystemWords};
use crate::commands::watch::board::Board;
use crate::commands::watch::configured::Configured;
use crate::commands::watch::flags::AskedBackends;
use crate::commands::watch::journal::JournalFolder;
use crate::commands::watch::log::Log;
use crate::commands::watch::notify::Notifier;
use crate::commands::watch::window::{OpenWindow, WindowEnd, WindowOrder};
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::model::facts::flags::FlagFacts;
use crate::model::feature::span;
use crate::observe::auth::AuthError;
use crate::recording::existing;
use crate::report::Answer;
use crate::report::watch::{WatchReport, WatchedWindow};
use crate::watch::{
    Action, CloseOrder, DueWindow, Hindrance, Scheduler, WatchEvent, WindowEnding, WindowKey,
};

/// How long at most it sleeps without looking at the clock: a machine that was suspended is late by no more than this.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Observes every session until a signal ends it.
///
/// # Errors
/// Usage and configuration; another service observes into the same folder; a second signal.
pub fn run(cli: &Cli, arguments: &WatchArgs, environment: &Environment) -> Result<Box<dyn Answer>> {
    let configured = Configured::load(cli, arguments, environment)?;
    let journals = Arc::new(JournalFolder::open(&configured.watch.folder)?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failed(anyhow::Error::new(error).context("starting the runtime")))?;
    let (told, hears) = unbounded_channel();
    let log = Log { is_quiet: cli.global.quiet, names_targets: configured.plans.len() > 1 };
    let notifier = Notifier::begin(&configured.watch.notify, &log)?;
    let now = Clock::wall();
    let mut service = WatchService {
        cli,
        arguments,
        environment: Arc::new(environment.clone()),
        scheduler: Scheduler::new(configured.plans.clone(), now),
        open: BTreeMap::new(),
        ended: VecDeque::new(),
        told_of_sleep: None,
        configured,
        journals,
        known: Arc::default(),
        log,
        board: Board::default(),
        notifier,
        backends: AskedBackends::default(),
        told,
    };
    runtime.block_on(service.serve(hears))
}

/// What a thread tells.
pub enum WindowNews {
    /// It is being observed, and recorded there.
    Begun {
        key: WindowKey,
        recording: PathBuf,
        flags: BTreeMap<String, FlagAsWritten>,
    },
    /// What a target's backend serves of its flags.
    Served {
        target: String,
        answer: std::result::Result<FlagFacts, String>,
    },
    Ended {
        key: WindowKey,
        end: Box<WindowEnd>,
    },
    Settled {
        key: WindowKey,
        is_kept: bool,
    },
    Merged {
        target: String,
        is_done: bool,
    },
    /// How many files are whole and not in the store; none where it is not known.
    Stored {
        waiting: Option<usize>,
    },
}

struct WatchService<'a> {
    cli: &'a Cli,
    arguments: &'a WatchArgs,
    environment: Arc<Environment>,
    configured: Configured,
    scheduler: Scheduler,
    open: BTreeMap<WindowKey, OpenWindow>,
    ended: VecDeque<WatchedWindow>,
    /// The opening that the log was told of last.
    told_of_sleep: Option<Timestamp>,
    journals: Arc<JournalFolder>,
    known: Arc<KnownCode>,
    log: Log,
    board: Board,
    notifier: Option<Notifier>,
    backends: AskedBackends,
    told: UnboundedSender<WindowNews>,
}

impl WatchService<'_> {
    async fn serve(&mut self, mut hears: UnboundedReceiver<WindowNews>) -> Result<Box<dyn Answer>> {
        let mut words = SystemWords::install()
            .map_err(|error| Error::failed(anyhow::Error::new(error).context("catching signals")))?;
        if let Some(listen) = self.configured.listen {
            let address = http::serve(listen, self.board.clone()).await?;
            self.log.say(&format!("metrics on http://{address}/metrics, health on http://{address}/healthz"));
        }
        self.begin()?;
        let mut is_stopping = false;
        loop {
            let now = Clock::wall();
            self.ask_for_flags(now);
            self.look_at_flags(now);
            self.look_at_parts(now);
            while let Some(action) = self.scheduler.poll(now) {
                if let Action::Exit { in_order } = action {
                    self.notifier.iter().for_each(Notifier::finish);
                    return Ok(Box::new(self.report(in_order)));
                }
                self.perform(action, now);
            }
            self.tell_of_sleep(now);
            self.board.alive(now, &self.scheduler);
            let left = self.scheduler.wake_at(now).duration_since(now);
            let longest = if self.open.is_empty() { LONGEST_SLEEP } else { FLAGS_EVERY };
            let left = Duration::try_from(left).unwrap_or_default().min(longest);
            // what is due at once has just been done
            let left = left.max(Duration::from_millis(50));
            tokio::select! {
                biased;
                word = words.next() => match word {
                    SystemWord::Stop if is_stopping => {
                        let why = "interrupted a second time: the evidence may not have been kept";
                        return Err(Error::failed(anyhow::anyhow!(why)));
                    }
                    SystemWord::Stop => {
                        is_stopping = true;
                        self.log.say("ending: open windows are closed and kept");
                        self.scheduler.handle(Clock::wall(), WatchEvent::Stop);
                    }
                    SystemWord::Reload => self.reload(),
                },
                Some(told) = hears.recv() => self.hear(told),
                () = tokio::time::sleep(left) => {}
            }
        }
    }

    /// Says what will be watched, and finds what an earlier process left.
    fn begin(&mut self) -> Result<()> {
        self.configured.warnings.iter().for_each(|warning| self.log.warn(&format!("warning: {warning}")));
        for plan in &self.configured.plans {
            let url =
                crate::secrets::shown_url(self.configured.settings[&plan.name].backend.rest_url.as_str());
            self.log.say(&format!("watching {} of {} ({url})", plan.features.join(", "), plan.name));
        }
        let (journals, unreadable) = self.journals.all().map_err(|error| {
            Error::failed(anyhow::Error::new(error).context("looking for windows of an earlier process"))
        })?;
        unreadable.iter().for_each(|why| self.log.warn(&format!("warning: a window is left alone: {why}")));
        let now = Clock::wall();
        for journal in journals {
            match (journal.is_kept, journal.saved_at()) {
                (true, Some(at)) => self.board.kept(&journal.key, at),
                (true, None) => {}
                (false, _) => self.scheduler.handle(now, WatchEvent::Left(journal.key)),
            }
        }
        self.may_have_more(now);
        Ok(())
    }

    fn perform(&mut self, action: Action, now: Timestamp) {
        match action {
            Action::Open(due) => self.open(due, now),
            Action::Close { key, by } => {
                let Some(window) = self.open.get(&key) else { return };
                match by {
                    // from now on nothing is polled any more; the last pushes still count
                    CloseOrder::Other => window.close_at(now),
                    CloseOrder::Stop => window.interrupt(),
                }
            }
            Action::Settle(key) => self.settle(key),
            Action::Merge { target } => self.merge(target),
            Action::Store => self.store(),
            Action::Prune => self.prune(now),
            Action::Exit { .. } => {}
        }
    }

    fn open(&mut self, due: DueWindow, now: Timestamp) {
        let key = due.key.clone();
        let Some(settings) = self.configured.settings.get(&key.target) else { return };
        if !self.open.keys().any(|other| other.target == key.target) {
            self.backends.served.forget(&key.target);
        }
        self.log.window(&key, &format!("open; observing {} until {}", due.features.join(", "), due.closes));
        let order = WindowOrder {
            settings: Arc::clone(settings),
            environment: Arc::clone(&self.environment),
            journals: Arc::clone(&self.journals),
            source: self.arguments.source.clone(),
            revision: self.arguments.revision.clone(),
            known: Arc::clone(&self.known),
            log: self.log.clone(),
            board: self.board.clone(),
            notifier: self.notifier.clone(),
            served: self.backends.served.clone(),
            told: self.told.clone(),
            due,
        };
        match window::open(order) {
            Ok(window) => {
                self.board.opened(&key);
                self.open.insert(key, window);
            }
            Err(error) => {
                self.log.warn_of(&key, &format!("not observed: {error}"));
                let how = WindowEnding::Failed(Hindrance::Passing);
                self.scheduler.handle(now, WatchEvent::Ended { key, how, is_kept: true });
            }
        }
    }

    fn hear(&mut self, told: WindowNews) {
        let now = Clock::wall();
        match told {
            WindowNews::Served { target, answer } => self.backends.heard(&target, answer, &self.log),
            WindowNews::Begun { key, recording, flags } => {
                if let Some(window) = self.open.get_mut(&key) {
                    window.flags = Some(flags);
                    window.parts = existing(&recording).len();
                    window.recording = Some(recording);
                }
                // what it goes on with will not change any more
                self.may_have_more(now);
            }
            WindowNews::Ended { key, end } => {
                let window = self.open.remove(&key);
                let WindowEnd { how, is_kept, is_spooled, report } = *end;
                let has_report = report.is_some();
                self.may_have_more(now);
                if let (Some(report), Some(window)) = (report, window) {
                    if let Some(notifier) = &self.notifier {
                        notifier.ended(now, &key, &report, is_kept);
                    }
                    let verdicts =
                        report.features.iter().map(|it| (it.feature.clone(), it.verdict)).collect();
                    if self.ended.len() == WatchReport::MAX_WINDOWS {
                        self.ended.pop_front();
                    }
                    self.ended.push_back(WatchedWindow {
                        target: key.target.clone(),
                        session: key.session.clone(),
                        opens: key.opens,
                        closes: window.closes,
                        verdicts,
                        is_kept,
                    });
                }
                let has_failed = matches!(how, WindowEnding::Failed(_));
                let has_evidence = is_kept && !is_spooled && has_report;
                self.board.closed(&key, has_evidence.then_some(now), has_failed);
                if is_spooled {
                    self.scheduler.handle(now, WatchEvent::Spooled { target: key.target.clone() });
                }
                let was_given_up = self.scheduler.given_up().count();
                self.scheduler.handle(now, WatchEvent::Ended { key: key.clone(), how, is_kept });
                if let Some(again) = self.scheduler.opens_again(&key) {
                    self.log.window(&key, &format!("again at {}", again.strftime("%H:%M:%SZ")));
                }
                if self.scheduler.given_up().count() > was_given_up {
                    let why = "given up: waiting does not cure it; SIGHUP reads the configuration anew";
                    self.log.warn_of(&key, why);
                }
            }
            WindowNews::Settled { key, is_kept } => {
                self.may_have_more(now);
                if is_kept {
                    self.board.kept(&key, now);
                }
                self.scheduler.handle(now, WatchEvent::Settled { key, is_kept });
            }
            WindowNews::Merged { target, is_done } => {
                self.scheduler.handle(now, WatchEvent::Merged { target, is_done });
            }
            WindowNews::Stored { waiting } => {
                self.board.recordings_wait(waiting);
                self.scheduler.handle(now, WatchEvent::Stored { is_done: waiting == Some(0) });
            }
        }
    }

    /// Finds recordings that were gone on with in another file.
    fn look_at_parts(&mut self, now: Timestamp) {
        if !self.is_storing() {
            return;
        }
        let mut has_more = false;
        for window in self.open.values_mut() {
            let parts = window.recording.as_deref().map_or(0, |recording| existing(recording).len());
            has_more |= parts > window.parts;
            window.parts = parts;
        }
        if has_more {
            self.may_have_more(now);
        }
    }

    fn is_storing(&self) -> bool {
        self.configured.settings.values().any(|settings| settings.recording_store.is_some())
    }

    /// That a file may have become whole, where whole ones are brought to a store.
    fn may_have_more(&mut self, now: Timestamp) {
        if self.is_storing() {
            self.scheduler.handle(now, WatchEvent::Unstored);
        }
    }

    /// Says once until when there is nothing to observe.
    fn tell_of_sleep(&mut self, now: Timestamp) {
        if !self.open.is_empty() || self.scheduler.is_trying_again() {
            self.told_of_sleep = None;
            return;
        }
        let Some(next) = self.scheduler.next_opening(now) else { return };
        if self.told_of_sleep == Some(next.key.opens) {
            return;
        }
        self.told_of_sleep = Some(next.key.opens);
        let minutes = next.key.opens.duration_since(now).as_secs().unsigned_abs().max(60) / 60;
        let wait = span::display(Duration::from_secs(minutes * 60));
        self.log
            .say(&format!("no market is open; {} opens at {}, in {wait}", next.key.session, next.key.opens));
    }

    fn report(&self, in_order: bool) -> WatchReport {
        WatchReport {
            schema: "thor-cutover/watch/1".to_owned(),
            exit_code: if in_order { 0 } else { 4 },
            windows: self.ended.iter().cloned().collect(),
            given_up: self.scheduler.given_up().map(str::to_owned).collect(),
        }
    }
}

/// Whether waiting helps.
fn hindrance(error: &Error) -> Hindrance {
    let of_credentials = error.source.chain().find_map(|cause| cause.downcast_ref::<AuthError>());
    match of_credentials {
        Some(AuthError::Unset { .. } | AuthError::Missing(_) | AuthError::NotAHeader) => Hindrance::Lasting,
        Some(AuthError::TokenRefused(_) | AuthError::LoginRefused { .. }) => Hindrance::Refused,
        Some(AuthError::TokenFile { .. } | AuthError::NoAnswer { .. }) => Hindrance::Passing,
        None if error.kind == ErrorKind::Usage => Hindrance::Lasting,
        None => Hindrance::Passing,
    }
}
