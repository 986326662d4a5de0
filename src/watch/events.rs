//! The words between the machine and whoever performs.

use crate::model::session::Session;
use crate::watch::calendar::{DueWindow, WindowKey};

/// What is to be watched of one target.
#[derive(Debug, Clone)]
pub struct TargetPlan {
    pub name: String,
    /// In the order of the cutover.
    pub features: Vec<String>,
    pub sessions: Vec<Session>,
    /// Of everything that what is observed depends on: another one closes what is open and opens it anew.
    pub digest: String,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Observe until the session closes, and go on with what there is of this window.
    Open(DueWindow),
    /// End an open window before its session closes.
    Close { key: WindowKey, by: CloseOrder },
    /// Judge what a window that cannot be gone on with left on disk, and keep it.
    Settle(WindowKey),
    /// Bring what waits beside the ledger into it.
    Merge { target: String },
    /// Bring the files of recordings that are whole into the store.
    Store,
    /// Look for recordings that are outdated.
    Prune,
    /// Nothing is open any more, and nothing will be.
    Exit { in_order: bool },
}

/// Why a window ends before its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseOrder {
    /// What is observed from now on is evidence of something else: it ends as a run of a wished length does.
    Other,
    /// The service ends: at once.
    Stop,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum WatchEvent {
    /// Found on disk when the service began: its evidence is not kept to the last observation.
    Left(WindowKey),
    /// A window ended, whoever ended it.
    Ended { key: WindowKey, how: WindowEnding, is_kept: bool },
    /// A left window was judged from its recording, and kept; or not.
    Settled { key: WindowKey, is_kept: bool },
    /// Evidence waits beside a target's ledger, which would not take it.
    Spooled { target: String },
    /// The ledger was asked again to take it.
    Merged { target: String, is_done: bool },
    /// A file of a recording is whole that is not in the store yet.
    Unstored,
    /// Files were brought to the store; `is_done`: all that were whole by then.
    Stored { is_done: bool },
    /// The configuration was read anew.
    Reloaded(Vec<TargetPlan>),
    /// The flags of these features say something else than when their windows were opened.
    Flipped { target: String, features: Vec<String> },
    /// A signal to end.
    Stop,
}

/// How a window ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowEnding {
    /// With its session.
    Completed,
    /// By order.
    Ordered,
    Failed(Hindrance),
}

/// What kept a window from going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hindrance {
    /// Something that may be otherwise in a minute: a server that is down, a disk that is full.
    Passing,
    /// The server refuses the credentials.
    Refused,
    /// What only a person can change: the configuration.
    Lasting,
}
