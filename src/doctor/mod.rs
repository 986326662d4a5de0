//! Why is nothing arriving? Each link of the chain in order, each with its most likely cause and its fix.
//!
//! Probes return links, `causes` says in Thor's terms what a symptom means, `hearing` listens sans-IO.
//! Everything here only reads: GETs, one handshake, one ping. It judges the chain, never Thor's data.

mod causes;
mod hearing;
mod network;
mod plain_causes;
mod redis;
mod rest;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use url::Url;

use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::model::diagnosis::{Diagnosis, LikelyCause, Link, LinkState};
use crate::model::feature::Feature;
use crate::model::time::Nanos;
use crate::observe::auth::Auth;
use crate::observe::channel::Channel;
use crate::observe::http::Http;
use crate::observe::queue::{Limits, Queue};
use crate::observe::tls;
use crate::observe::websocket::{Patience, WebSocket};
use crate::secrets::shown_url;
use crate::settings::{Settings, Transport};
use causes::Addresses;
use rest::RestProbe;

/// What to examine, and how long to listen at most.
#[derive(Debug)]
pub struct Examination<'a> {
    pub settings: &'a Settings,
    /// The features to wait for.
    pub features: &'a [Feature],
    pub environment: &'a Environment,
    pub listen: Duration,
    /// The channel layer's Redis, if it may be asked.
    pub redis: Option<&'a Url>,
    /// Options of this call, for the commands that are proposed.
    pub given: Vec<(&'static str, String)>,
    pub clock: Clock,
}

/// The links so far, each with the time it took.
struct Chain {
    clock: Clock,
    since: Nanos,
    links: Vec<Link>,
}

impl Chain {
    /// Adds a link; whether what depends on it can be tried.
    fn add(&mut self, mut link: Link) -> bool {
        let now = self.clock.now();
        let took = now.since(self.since).as_millis();
        self.since = now;
        if !matches!(link.state, LinkState::NotNeeded | LinkState::Unknown) {
            link.took_ms = Some(u64::try_from(took).unwrap_or(u64::MAX));
        }
        let holds = link.state != LinkState::Broken;
        self.links.push(link);
        holds
    }

    /// Links that share one stretch of time: it is told with the first of them.
    fn add_all(&mut self, links: impl IntoIterator<Item = Link>) {
        let mut links = links.into_iter();
        if let Some(first) = links.next() {
            self.add(first);
        }
        self.links.extend(links);
    }

    /// What cannot be tried before something else holds.
    fn leave_out(&mut self, codes: &[&str], needs: &str) {
        self.links.extend(codes.iter().map(|code| Link::unknown(code, format!("not tried before {needs}"))));
    }
}

impl Examination<'_> {
    /// Walks the chain.
    ///
    /// # Errors
    /// Only where the configuration cannot be tried at all: a header or certificate file that is unusable.
    pub async fn run(&self) -> Result<Diagnosis> {
        let mut chain = Chain { clock: self.clock, since: self.clock.now(), links: Vec::new() };
        chain.add(self.configuration());
        let backend = &self.settings.backend;
        let config = self.trust()?;
        let rest_holds = self.reach(&mut chain, &backend.rest_url, &config).await;
        let mut fits = None;
        if rest_holds {
            fits = self.ask(&mut chain, &config).await?;
        } else {
            chain.leave_out(&["contract", "rest", "auth", "account"], "the backend is reached");
        }
        let same_peer = peer(&backend.rest_url) == peer(&backend.ws_url);
        if rest_holds || !same_peer {
            self.open(&mut chain, &config).await?;
        } else {
            chain.leave_out(&["websocket-handshake"], "the backend is reached");
            self.leave_out_listening(&mut chain, "the backend is reached");
        }
        match self.redis {
            Some(url) => chain.add(redis::ping(url, backend.connect_timeout).await),
            None => {
                chain.add(Link::not_needed(redis::CODE, "not asked; --redis redis://localhost:6379 asks it"))
            }
        };
        if rest_holds {
            chain.add(self.flags(&config).await?);
        } else {
            chain.leave_out(&["flags"], "the backend is reached");
        }
        Ok(Diagnosis::of(chain.links, fits))
    }

    fn configuration(&self) -> Link {
        const CODE: &str = "configuration";
        let settings = self.settings;
        let file = settings.file.as_deref().map_or_else(
            || "no thor-cutover.toml, all defaults".to_owned(),
            |path| path.strip_prefix(&self.environment.folder).unwrap_or(path).display().to_string(),
        );
        let backend = &settings.backend;
        Link::holds(
            CODE,
            format!(
                "{file}; contract {}, REST {}, {}",
                settings.contract,
                shown_url(backend.rest_url.as_str()),
                match &backend.socket.transport {
                    Transport::WebSocket => format!("WebSocket {}", shown_url(backend.ws_url.as_str())),
                    Transport::Sse => format!("events {}", shown_url(backend.ws_url.as_str())),
                    Transport::Command(command) => format!("program {}", command.first().map_or("", |it| it)),
                }
            ),
        )
    }

    fn trust(&self) -> Result<Arc<ClientConfig>> {
        tls::install_provider();
        let backend = &self.settings.backend;
        let is_secure = backend.rest_url.scheme() == "https" || backend.ws_url.scheme() == "wss";
        tls::client_config(backend.ca_file.as_deref(), is_secure)
            .map_err(|error| Error::failed(error).hint("check [backend] ca_file"))
    }

    /// DNS, TCP and TLS of one URL; through a proxy, the proxy's.
    async fn reach(&self, chain: &mut Chain, url: &Url, config: &Arc<ClientConfig>) -> bool {
        let backend = &self.settings.backend;
        let near = backend.proxy.as_ref().unwrap_or(url);
        let limit = backend.connect_timeout;
        let (host, port) = peer(near);
        let scene = self.scene(near);
        let (link, addresses) = network::resolve(&host, port, limit).await;
        if !chain.add(link) {
            chain.leave_out(&["tcp", "tls"], "the name is known");
            return false;
        }
        let (link, stream) = network::connect(&addresses, &scene, limit).await;
        chain.add(link);
        let Some(stream) = stream else {
            chain.leave_out(&["tls"], "the connection is accepted");
            return false;
        };
        if backend.proxy.is_some() {
            return chain.add(Link::unknown("tls", "a proxy is in between; REST and WebSocket will tell"));
        }
        match url.scheme() {
            "https" | "wss" => {
                chain.add(network::secure(stream, &host, Arc::clone(config), &scene, limit).await)
            }
            scheme => chain.add(Link::not_needed("tls", format!("{scheme} is plain"))),
        }
    }

    /// Contract, REST, credentials, account.
    async fn ask(&self, chain: &mut Chain, config: &Arc<ClientConfig>) -> Result<Option<String>> {
        let settings = self.settings;
        let backend = &settings.backend;
        let http = Http::new(backend, config).map_err(Error::usage)?;
        let scene = self.scene(&backend.rest_url);
        let probe = RestProbe { http: &http, clock: self.clock, scene: &scene, rest_url: &backend.rest_url };
        let (link, fits) = probe.fit(&settings.contract).await;
        chain.add(link);
        chain.add(probe.status(self.features).await);
        match Auth::new(&settings.auth, self.environment, http.clone(), self.clock) {
            Ok(auth) => {
                chain.add_all(probe.account(self.features, &auth, backend.account_id.as_deref()).await);
            }
            Err(error) => {
                let trouble = LikelyCause { cause: error.to_string(), next: error.hint().to_owned() };
                chain.add(Link::broken("auth", "the credentials are incomplete", trouble));
                chain.leave_out(&["account"], "the login works");
            }
        }
        Ok(fits)
    }

    async fn flags(&self, config: &Arc<ClientConfig>) -> Result<Link> {
        let backend = &self.settings.backend;
        let http = Http::new(backend, config).map_err(Error::usage)?;
        let scene = self.scene(&backend.rest_url);
        let probe = RestProbe { http: &http, clock: self.clock, scene: &scene, rest_url: &backend.rest_url };
        Ok(probe.flags(self.settings.flags.served_url.as_ref()).await)
    }

    /// What comes by a channel that is no WebSocket.
    async fn overhear(&self, chain: &mut Chain, config: &Arc<ClientConfig>) -> Result<()> {
        const CODE: &str = "channel";
        let backend = &self.settings.backend;
        let scene = self.scene(&backend.ws_url);
        let queue = Arc::new(Queue::new(self.clock, Limits::default()));
        let channel =
            Channel::new(backend, config, self.clock, &queue, Patience::default()).map_err(Error::usage)?;
        match channel.connect().await {
            Ok(open) => {
                chain.add(Link::holds(CODE, "open"));
                let hearing =
                    websocket::overhear(&channel, open, &queue, self.features, self.clock, self.listen).await;
                chain.add_all(websocket::links(&hearing, None, &scene));
            }
            Err(error) => {
                let trouble = LikelyCause { cause: error.to_string(), next: error.hint(scene.is_thor) };
                chain.add(Link::broken(CODE, error.to_string(), trouble));
                self.leave_out_listening(chain, "the channel opens");
            }
        }
        Ok(())
    }

    /// Handshake, and what is heard after it.
    async fn open(&self, chain: &mut Chain, config: &Arc<ClientConfig>) -> Result<()> {
        let backend = &self.settings.backend;
        if backend.socket.transport != Transport::WebSocket {
            return self.overhear(chain, config).await;
        }
        let queue = Arc::new(Queue::new(self.clock, Limits::default()));
        let socket = WebSocket::new(backend, config, self.clock, Arc::clone(&queue)).map_err(Error::usage)?;
        let scene = self.scene(&backend.ws_url);
        let opened = socket.connect().await;
        chain.add(websocket::handshake(&opened, &scene));
        let Ok(mut stream) = opened else {
            self.leave_out_listening(chain, "the handshake succeeds");
            return Ok(());
        };
        let steps = backend.socket.on_open.len();
        if steps > 0 && !chain.add(websocket::opening(&socket.open(&mut stream).await, steps, &scene)) {
            self.leave_out_listening(chain, "the server answers as expected");
            return Ok(());
        }
        let mut early = Vec::new();
        queue.take(&mut early);
        let hearing =
            websocket::listen(stream, self.features, backend, &early, self.clock, self.listen).await;
        let reopens = match hearing.closed {
            Some(_) => websocket::reopens(&socket).await,
            None => None,
        };
        chain.add_all(websocket::links(&hearing, reopens, &scene));
        Ok(())
    }

    fn leave_out_listening(&self, chain: &mut Chain, needs: &str) {
        chain.leave_out(&["first-frame", "heartbeat", "connection"], needs);
        for feature in self.features {
            chain.leave_out(&[&format!("feature:{}", feature.name)], needs);
        }
    }

    fn scene(&self, url: &Url) -> Addresses {
        let backend = &self.settings.backend;
        let (host, port) = peer(url);
        Addresses {
            rest_url: backend.rest_url.as_str().trim_end_matches('/').to_owned(),
            ws_url: shown_url(backend.ws_url.as_str()),
            origin: backend.origin.clone(),
            peer: format!("{host}:{port}"),
            port,
            is_thor: self.settings.is_thor(),
            given: self.given.clone(),
        }
    }
}

/// Host and port of a URL.
fn peer(url: &Url) -> (String, u16) {
    let port = url.port_or_known_default().unwrap_or(80);
    (url.host_str().unwrap_or_default().to_owned(), port)
}
