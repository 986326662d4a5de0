//! Ctrl-C and its kin, as signals or as keys of the live view: the first ends a run cleanly, the second at once.

use std::io;

use crate::live::Interrupts;

/// The signals that end a run, from now on no longer fatal by themselves.
pub struct Signals {
    #[cfg(unix)]
    streams: Option<[tokio::signal::unix::Signal; 3]>,
    /// Whether the process's own are heard.
    #[cfg(not(unix))]
    hears_process: bool,
    /// From the keys, while a terminal is read key by key and sends no signals; or from whoever ordered the run.
    keys: Option<Interrupts>,
}

impl Signals {
    /// # Errors
    /// Where the system does not let signals be caught.
    #[cfg(unix)]
    pub fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let streams = [
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ];
        Ok(Self { streams: Some(streams), keys: None })
    }

    /// # Errors
    /// None here.
    #[cfg(not(unix))]
    pub fn install() -> io::Result<Self> {
        Ok(Self { hears_process: true, keys: None })
    }

    /// Not the process's signals, which somebody else listens to, but what that one says.
    pub fn told_by(interrupts: Interrupts) -> Self {
        Self {
            #[cfg(unix)]
            streams: None,
            #[cfg(not(unix))]
            hears_process: false,
            keys: Some(interrupts),
        }
    }

    /// Counts the keys as signals from now on.
    pub fn listen_to(&mut self, keys: Interrupts) {
        self.keys = Some(keys);
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        let keys = async {
            match &mut self.keys {
                Some(keys) => match keys.recv().await {
                    Some(()) => {}
                    // the view is gone, and with it the keys
                    None => std::future::pending().await,
                },
                None => std::future::pending().await,
            }
        };
        #[cfg(unix)]
        let signal = {
            let streams = &mut self.streams;
            async {
                let Some([interrupt, terminate, hangup]) = streams else {
                    return std::future::pending().await;
                };
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hangup.recv() => {}
                }
            }
        };
        #[cfg(not(unix))]
        let hears_process = self.hears_process;
        #[cfg(not(unix))]
        let signal = async move {
            if !hears_process || tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = signal => {}
            () = keys => {}
        }
    }
}
