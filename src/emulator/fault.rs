//! What can be planted: one wrong thing each, in the words of the differences it causes.

use std::time::Duration;

use crate::model::time::Nanos;

/// The four features the emulator plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlayedFeature {
    AccountBalance,
    Positions,
    Intraday,
    GlobalMarket,
}

impl PlayedFeature {
    pub const ALL: [Self; 4] = [Self::AccountBalance, Self::Positions, Self::Intraday, Self::GlobalMarket];

    /// The name in configuration and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountBalance => "account_balance",
            Self::Positions => "positions",
            Self::Intraday => "intraday",
            Self::GlobalMarket => "global_market",
        }
    }
}

/// Where a payload is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultSide {
    Rest,
    WebSocket,
}

/// One planted fault. Entities are named by symbol, by symbol and asset type (`SPY/OP`), or by country;
/// fields by JSON Pointer inside one entity, as that side calls them.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Off by the least that its type can be: a cent, one, a flipped boolean, one letter.
    Value {
        feature: PlayedFeature,
        side: FaultSide,
        entity: Option<String>,
        field: String,
    },
    MissingEntity {
        feature: PlayedFeature,
        side: FaultSide,
        entity: String,
    },
    MissingField {
        feature: PlayedFeature,
        side: FaultSide,
        field: String,
    },
    /// The feature's messages stop `after` this long; zero: it never says a word.
    Silent {
        feature: PlayedFeature,
        after: Duration,
    },
    /// Every message of the feature arrives this much later.
    Late {
        feature: PlayedFeature,
        by: Duration,
    },
    /// One message in so many never arrives; 1 drops all.
    Dropped {
        feature: PlayedFeature,
        one_in: u32,
    },
    /// Every message twice.
    Duplicated {
        feature: PlayedFeature,
    },
    /// One message in so many arrives after its successor.
    Reordered {
        feature: PlayedFeature,
        one_in: u32,
    },
    /// Messages about another account and another country's future on the same socket; no fault of the stream.
    Foreign,
    /// REST answers with the state of so long ago.
    StaleRest {
        feature: PlayedFeature,
        by: Duration,
    },
    /// REST reads its state at once and answers so much later.
    SlowRest {
        feature: PlayedFeature,
        by: Duration,
    },
    /// So many of a hundred feature requests are answered with 500.
    RestErrors {
        percent: u8,
    },
    /// Nothing moves any more; periodic messages go on.
    Frozen,
    /// Sockets stay open and nothing comes, not even pongs.
    Mute {
        after: Duration,
    },
    /// Every socket is closed once with this code; 1006 is no close frame at all.
    Close {
        code: u16,
        after: Duration,
    },
    /// The consumer has no method for the feature's type: each broadcast closes every socket with 1011.
    HandlerMissing {
        feature: PlayedFeature,
    },
    /// Handshakes are answered with this status: 404 as behind WSGI, 500 as without Redis.
    Handshake {
        status: u16,
    },
}

/// A fault and since when it works, on the emulator's clock.
#[derive(Debug, Clone)]
pub(super) struct Planted {
    pub fault: Fault,
    pub since: Nanos,
    /// For what happens once.
    pub spent: bool,
}

impl Planted {
    pub fn new(fault: Fault, since: Nanos) -> Self {
        Self { fault, since, spent: false }
    }

    /// Whether so much time has passed since planting.
    pub fn reached(&self, after: Duration, now: Nanos) -> bool {
        now.since(self.since) >= after
    }
}
