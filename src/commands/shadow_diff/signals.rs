//! Ctrl-C and its kin, as signals or as keys of the live view: the first ends a run cleanly, the second at once.

use std::io;

use crate::commands::signals::SystemWords;
use crate::live::Interrupts;

/// The signals that end a run, from now on no longer fatal by themselves.
pub struct Signals {
    /// The process's own; none where somebody else listens to them.
    words: Option<SystemWords>,
    /// From whoever ordered the run.
    told: Option<Interrupts>,
    /// From the keys, while a terminal is read key by key and sends no signals.
    keys: Option<Interrupts>,
}

impl Signals {
    /// # Errors
    /// Where the system does not let signals be caught.
    pub fn install() -> io::Result<Self> {
        Ok(Self { words: Some(SystemWords::install()?), told: None, keys: None })
    }

    /// Not the process's signals, which somebody else listens to, but what that one says.
    pub fn told_by(interrupts: Interrupts) -> Self {
        Self { words: None, told: Some(interrupts), keys: None }
    }

    /// Counts the keys as signals from now on.
    pub fn listen_to(&mut self, keys: Interrupts) {
        self.keys = Some(keys);
    }

    /// Waits for the next one; each word of the system's ends a run.
    pub async fn next(&mut self) {
        let Self { words, told, keys } = self;
        let signal = async {
            match words {
                Some(words) => drop(words.next().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = signal => {}
            () = interrupted(told) => {}
            () = interrupted(keys) => {}
        }
    }
}

/// Waits for the next word; for ever where nobody can say one any more.
async fn interrupted(interrupts: &mut Option<Interrupts>) {
    let word = match interrupts {
        Some(interrupts) => interrupts.recv().await,
        None => None,
    };
    if word.is_none() {
        std::future::pending().await
    }
}
