//! Notices on their way: to a program's stdin, or to a URL, on a thread of their own. What does not get through after
//! some tries is said in the log.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{BlockingRetryable as _, ExponentialBuilder};
use jiff::Timestamp;
use secrecy::SecretString;

use crate::commands::watch::log::Log;
use crate::error::{Error, Result};
use crate::model::run::RunReport;
use crate::model::text::counted;
use crate::observe::webhook;
use crate::settings::NotifySettings;
use crate::system;
use crate::watch::WindowKey;
use crate::watch::notices::{Notice, NoticeBook};

/// Notices that may wait; further ones are lost, and said.
const WAITING: usize = 64;
/// A program that takes longer is ended, with what it started.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long the end of the service waits for notices.
const LAST_WAIT: Duration = Duration::from_secs(10);
/// Tries after the first.
const RETRIES: usize = 3;

/// Shared by all windows.
#[derive(Debug, Clone)]
pub struct Notifier {
    book: Arc<Mutex<NoticeBook>>,
    on_their_way: SyncSender<Notice>,
    /// Given out, and neither delivered nor given up.
    open: Arc<AtomicUsize>,
    log: Log,
}

impl Notifier {
    /// Begins to deliver; none where nobody is to be told.
    ///
    /// # Errors
    /// Usage: the URL's variable is not set; the system has no thread to give.
    pub fn begin(settings: &NotifySettings, log: &Log) -> Result<Option<Self>> {
        let url = match &settings.url {
            Some(named) => match &named.value {
                Some(value) => Some(value.clone()),
                None => {
                    let name = &named.variable;
                    return Err(Error::usage(format!(
                        "[watch.notify] url_env names {name}, which is not set"
                    ))
                    .hint("set it to the URL that takes a POST of JSON"));
                }
            },
            None => None,
        };
        if settings.command.is_empty() && url.is_none() {
            return Ok(None);
        }
        let (on_their_way, waiting) = sync_channel(WAITING);
        let open = Arc::new(AtomicUsize::new(0));
        let done = Arc::clone(&open);
        let (command, of_thread) = (settings.command.clone(), log.clone());
        std::thread::Builder::new()
            .name("notify".to_owned())
            .spawn(move || {
                while let Ok(notice) = waiting.recv() {
                    deliver(&notice, &command, url.as_ref(), &of_thread);
                    done.fetch_sub(1, Ordering::SeqCst);
                }
            })
            .map_err(|error| Error::failed(anyhow::Error::new(error).context("starting a thread")))?;
        let book = Arc::new(Mutex::new(NoticeBook::new(settings.per_hour)));
        Ok(Some(Self { book, on_their_way, open, log: log.clone() }))
    }

    pub fn look(&self, now: Timestamp, key: &WindowKey, report: &RunReport) {
        let notices = self.book.lock().unwrap_or_else(PoisonError::into_inner).look(now, key, report);
        notices.into_iter().for_each(|notice| self.send(notice));
    }

    pub fn ended(&self, now: Timestamp, key: &WindowKey, report: &RunReport, is_kept: bool) {
        let notice =
            self.book.lock().unwrap_or_else(PoisonError::into_inner).ended(now, key, report, is_kept);
        self.send(notice);
    }

    /// Waits for what is on its way, before the process ends.
    pub fn finish(&self) {
        let mut waited = Duration::ZERO;
        while self.open.load(Ordering::SeqCst) > 0 && waited < LAST_WAIT {
            std::thread::sleep(LOOK_EVERY);
            waited += LOOK_EVERY;
        }
        let left = self.open.load(Ordering::SeqCst);
        if left > 0 {
            self.log.warn(&format!("not notified, the service ends: {}", counted(left, "notice", "notices")));
        }
    }

    fn send(&self, notice: Notice) {
        self.open.fetch_add(1, Ordering::SeqCst);
        match self.on_their_way.try_send(notice) {
            Ok(()) => {}
            Err(TrySendError::Full(notice) | TrySendError::Disconnected(notice)) => {
                self.open.fetch_sub(1, Ordering::SeqCst);
                self.log.warn(&format!("not notified, too many wait: {}", notice.text));
            }
        }
    }
}

fn deliver(notice: &Notice, command: &[String], url: Option<&SecretString>, log: &Log) {
    let text = serde_json::to_string(notice).expect("texts and numbers under names");
    let text = crate::secrets::redact(text);
    let policy = || ExponentialBuilder::default().with_max_times(RETRIES).with_jitter();
    let tell = |whom: &str, done: std::result::Result<(), String>| {
        if let Err(why) = done {
            log.warn(&format!("not notified, {whom}: {why}: {}", notice.text));
        }
    };
    if !command.is_empty() {
        let run = || run(command, &text);
        tell("the command failed", run.retry(policy()).sleep(std::thread::sleep).call());
    }
    if let Some(url) = url {
        let post = || post(url, &text);
        tell("the URL did not take it", post.retry(policy()).sleep(std::thread::sleep).call());
    }
}

fn post(url: &SecretString, text: &str) -> std::result::Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(webhook::post(url, text.to_owned()))
}

/// Runs the program with the notice on its stdin; what it prints is nobody's.
fn run(command: &[String], text: &str) -> std::result::Result<(), String> {
    let (program, arguments) = command.split_first().ok_or("no program is named")?;
    let mut child = system::in_own_group(&mut Command::new(program))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{program}: {error}"))?;
    // a program that does not read its stdin has been told nevertheless
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(text.as_bytes()));
    let mut waited = Duration::ZERO;
    loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("{program}: {status}")),
            None if waited >= PATIENCE => {
                let ended = system::end_group(&mut child);
                let how =
                    ended.map_or_else(|error| format!(", and cannot be ended: {error}"), |()| String::new());
                return Err(format!("{program} takes longer than {PATIENCE:?}{how}"));
            }
            None => std::thread::sleep(LOOK_EVERY),
        }
        waited += LOOK_EVERY;
    }
}
