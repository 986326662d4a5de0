//! What a running backend serves of its flags: asked once, or again and again while it is observed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;
use url::Url;

use crate::flags::served::served;
use crate::model::facts::flags::FlagFacts;
use crate::observe::tls;
use crate::settings::Settings;

/// How long an answer is waited for at most.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the flags are looked at while something is observed: each look is at some small files, and one request to
/// a backend that serves them.
pub const FLAGS_EVERY: Duration = Duration::from_secs(5);

/// Asks `url` once.
///
/// # Errors
/// A line for a person.
pub async fn ask(url: &Url, settings: &Settings) -> Result<FlagFacts, String> {
    let timeout = settings.backend.request_timeout.min(PATIENCE);
    let tls = tls::client_config(settings.backend.ca_file.as_deref(), None, url.scheme() == "https")
        .map_err(|error| error.to_string())?;
    served(url, &settings.features, (*tls).clone(), timeout).await
}

/// The same on a thread that has no runtime.
///
/// # Errors
/// A line for a person.
pub fn ask_and_wait(url: &Url, settings: &Settings) -> Result<FlagFacts, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start the network: {error}"))?;
    runtime.block_on(ask(url, settings))
}

/// What a backend served last; nothing where it is not asked.
pub type LastFlags = Box<dyn Fn() -> FlagFacts + Send + Sync>;

/// What was served last, by target; shared by the threads of a service. One that does not answer any more has said what
/// it said last.
#[derive(Debug, Clone, Default)]
pub struct LastServed(Arc<Mutex<BTreeMap<String, FlagFacts>>>);

impl LastServed {
    /// Empty where nothing was served.
    pub fn of(&self, target: &str) -> FlagFacts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(target).cloned().unwrap_or_default()
    }

    pub fn put(&self, target: &str, facts: FlagFacts) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(target.to_owned(), facts);
    }

    /// What was served yesterday says nothing of today.
    pub fn forget(&self, target: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(target);
    }
}

/// The backend of one run, asked for its flags as long as this lives.
#[derive(Debug, Default)]
pub struct AskedBackend {
    served: LastServed,
    /// Why the newest question has no answer.
    silent: Arc<Mutex<Option<String>>>,
    asking: Option<AbortHandle>,
}

impl AskedBackend {
    /// Its name among the targets.
    const TARGET: &str = "";

    /// Asks once before anything is observed, and then again and again; nobody where no URL is configured.
    pub async fn begin(settings: &Settings) -> Self {
        let Some(url) = settings.flags.served_url.clone() else { return Self::default() };
        let mut backend = Self::default();
        let hear = {
            let (served, silent) = (backend.served.clone(), Arc::clone(&backend.silent));
            move |answer: Result<FlagFacts, String>| {
                let why = answer.map(|facts| served.put(Self::TARGET, facts)).err();
                *silent.lock().unwrap_or_else(PoisonError::into_inner) = why;
            }
        };
        hear(ask(&url, settings).await);
        let settings = settings.clone();
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(FLAGS_EVERY).await;
                hear(ask(&url, &settings).await);
            }
        });
        backend.asking = Some(task.abort_handle());
        backend
    }

    /// What it served last.
    pub fn served(&self) -> LastFlags {
        let served = self.served.clone();
        Box::new(move || served.of(Self::TARGET))
    }

    /// What to say where it did not answer when it was asked last.
    pub fn trouble(&self) -> Option<String> {
        let why = self.silent.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        Some(format!("warning: what the backend serves of its flags is not known as of now: {why}"))
    }
}

impl Drop for AskedBackend {
    fn drop(&mut self) {
        if let Some(asking) = &self.asking {
            asking.abort();
        }
    }
}
