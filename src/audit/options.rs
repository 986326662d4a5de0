//! What a user may tell the audit: names that differ, what to accept and until when.

use crate::model::facts::audit::Suppression;

/// What `[source]` says of the audit, and the day on which it is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditOptions {
    /// Functions that broadcast, for trees in which their definition cannot be followed.
    pub helpers: Vec<String>,
    /// Functions of the frontend that take a message type and listen.
    pub listeners: Vec<String>,
    /// Bases that clients put before a path, beside those found in the source.
    pub base_urls: Vec<String>,
    pub suppressions: Vec<Suppression>,
    /// Suppressions that expired before this day no longer hold.
    pub today: Option<jiff::civil::Date>,
}

impl AuditOptions {
    /// The names of Thor's own code.
    pub fn thor() -> Self {
        Self {
            helpers: ["broadcast_to_websocket_sync", "broadcast_to_websocket_async"]
                .map(str::to_owned)
                .to_vec(),
            listeners: ["useWebSocketMessage", "useWsMessage"].map(str::to_owned).to_vec(),
            ..Self::default()
        }
    }
}
