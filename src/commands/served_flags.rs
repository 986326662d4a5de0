//! What a running backend serves of its flags: asked once, or again and again while it is observed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use crate::flags::served::served;
use crate::model::facts::flags::FlagFacts;
use crate::observe::tls;
use crate::settings::Settings;

/// How long an answer is waited for at most.
const PATIENCE: Duration = Duration::from_secs(10);

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
