//! An embedded Thor on loopback: its REST endpoints and `/ws/`, with a seeded moving market and faults
//! that can be planted.
//!
//! `world` moves, `shape` writes it as Thor does, `spoil` and `broadcast` plant faults: all pure. `stage`
//! holds the state, `routes` and `socket` serve it, `server` runs the thread. Nothing here judges, and
//! nothing of the rest of the tool but the clock is known here.

pub mod broadcast;
mod dice;
pub mod fault;
mod fixed;
mod handshake;
mod routes;
mod server;
pub mod shape;
mod socket;
mod spoil;
mod stage;
mod tokens;
pub mod world;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

pub use fault::{Fault, FaultSide, PlayedFeature};
pub use stage::Counters;
pub use tokens::{PASSWORD, USER};
pub use world::Dialect;

use crate::error::{Error, Result};
use server::Server;
use stage::EmulatorState;

/// How the emulated Thor is set up. The same options give the same market, but for wall-clock time.
#[derive(Debug, Clone)]
pub struct Options {
    pub seed: u64,
    pub dialect: Dialect,
    /// From one step of the market to the next; each step broadcasts.
    pub tick: Duration,
    /// Ticks from one closed bar to the next.
    pub bar_ticks: u32,
    /// Ticks from one market status change to the next.
    pub market_ticks: u32,
    /// Holdings of the account; six are named, the rest numbered.
    pub holdings: usize,
    pub faults: Vec<Fault>,
    /// How long an access token is good; Thor's is five hours.
    pub access_lifetime: Duration,
    /// What `/api/cutover/flags/` serves; flags not named are off.
    pub flags: BTreeMap<String, bool>,
    /// Loopback port; 0 takes a free one.
    pub port: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            dialect: Dialect::A,
            tick: Duration::from_millis(250),
            bar_ticks: 4,
            market_ticks: 4,
            holdings: 6,
            faults: Vec::new(),
            access_lifetime: Duration::from_secs(5 * 3_600),
            flags: BTreeMap::new(),
            port: 0,
        }
    }
}

/// A running emulator. Dropping it stops it, within two seconds, without a close frame, as Daphne stops.
#[derive(Debug)]
pub struct Emulator {
    stage: Arc<EmulatorState>,
    address: SocketAddr,
    _server: Server,
}

impl Emulator {
    /// Starts serving on loopback; when this returns, connections are accepted.
    pub fn start(options: Options) -> Result<Self> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        let listener = std::net::TcpListener::bind(wanted)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .with_context(|| format!("listening on {wanted} for the emulated Thor"))
            .map_err(|error| Error::failed(error).hint("is the port taken? port 0 takes a free one"))?;
        let address = listener.local_addr().context("asking for the emulator's own address")?;
        let stage = Arc::new(EmulatorState::new(options));
        let server = Server::start(listener, Arc::clone(&stage))?;
        Ok(Self { stage, address, _server: server })
    }

    /// `http://127.0.0.1:<port>`, also the Origin that the handshake accepts.
    pub fn rest_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `ws://127.0.0.1:<port>/ws/`, the slash included.
    pub fn ws_url(&self) -> String {
        format!("ws://{}/ws/", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Plants one more fault; what it says of "after" counts from now.
    pub fn plant(&self, fault: Fault) {
        self.stage.plant(fault);
    }

    /// Takes all faults back.
    pub fn clear(&self) {
        self.stage.clear();
    }

    /// Ends every access token that is out; refresh tokens go on working.
    pub fn expire_tokens(&self) {
        self.stage.expire_tokens();
    }

    /// What has happened so far.
    pub fn counters(&self) -> Counters {
        self.stage.counters()
    }
}
