//! What the system tells a run or the service: to end, or to read its configuration anew.

use std::io;

/// A word of the system's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemWord {
    /// SIGINT or SIGTERM; Ctrl-C.
    Stop,
    /// SIGHUP. Systems other than Unix have none: there the service is started again.
    #[cfg_attr(not(unix), expect(dead_code, reason = "nobody says it there"))]
    Reload,
}

/// The signals, from now on no longer fatal by themselves.
pub struct SystemWords {
    #[cfg(unix)]
    streams: [tokio::signal::unix::Signal; 3],
}

impl SystemWords {
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
        Ok(Self { streams })
    }

    /// # Errors
    /// None here.
    #[cfg(not(unix))]
    pub fn install() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    #[cfg(unix)]
    pub async fn next(&mut self) -> SystemWord {
        let [interrupt, terminate, hangup] = &mut self.streams;
        tokio::select! {
            _ = interrupt.recv() => SystemWord::Stop,
            _ = terminate.recv() => SystemWord::Stop,
            _ = hangup.recv() => SystemWord::Reload,
        }
    }

    /// Waits for the next one.
    #[cfg(not(unix))]
    pub async fn next(&mut self) -> SystemWord {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        SystemWord::Stop
    }
}
