//! A word to a task that it is time to end.

use tokio::sync::watch;

/// The task's side.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    pub fn of(sender: &watch::Sender<bool>) -> Self {
        Self(sender.subscribe())
    }

    /// Waits for the word; an observer that is gone has said it too.
    pub async fn asked(&mut self) {
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }
}
