//! Why is nothing arriving? Each link of the chain in order, each with its most likely cause and its fix.
//!
//! Probes return links, `causes` says in Thor's terms what a symptom means, `hearing` listens sans-IO.
//! Everything here only reads: GETs, one handshake, one ping. It judges the chain, never Thor's data.

mod causes;
mod embedded;
mod entity_key;
mod hearing;
mod list_frames;
mod network;
mod plain_causes;
mod redis;
mod rest;
mod routes;
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
use crate::observe::cookies::Cookies;
use crate::observe::http::Http;
use crate::observe::queue::{Limits, Queue};
use crate::observe::tls;
use crate::observe::websocket::{Patience, WebSocket};
use crate::secrets::shown_url;
use crate::settings::{Backend, Settings, Transport};
use causes::Addresses;
use hearing::Hearing;
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

    /// Links that share one stretch of time: it is told with the last of them, for which it was waited.
    fn add_all(&mut self, links: impl IntoIterator<Item = Link>) {
        let mut links: Vec<Link> = links.into_iter().collect();
        let last = links.pop();
        self.links.extend(links);
        if let Some(last) = last {
            self.add(last);
        }
    }

    /// Whether messages of a feature arrived.
    fn has_news(&self) -> bool {
        self.links.iter().any(|link| link.code.starts_with("feature:") && link.state == LinkState::Holds)
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
        let cookies = self.settings.auth.earns_cookies().then(Cookies::default);
        let rest_holds = self.reach(&mut chain, &backend.rest_url, &config).await;
        let mut fits = None;
        if rest_holds {
            fits = self.ask(&mut chain, &config, cookies.clone()).await?;
        } else {
            chain.leave_out(&["contract", "rest", "auth", "account"], "the backend is reached");
        }
        for name in Backend::sockets_of(self.features) {
            let socket = self.socket(name, cookies.as_ref());
            let same_peer = peer(&backend.rest_url) == peer(&socket.backend.ws_url);
            if rest_holds || !same_peer {
                socket.open(&mut chain, &config).await?;
            } else {
                let needs = "the backend is reached";
                chain.leave_out(&[&socket.code("websocket-handshake")], needs);
                socket.leave_out_listening(&mut chain, needs);
            }
        }
        match self.redis {
            Some(url) => {
                let link = redis::ping(url, backend.connect_timeout).await;
                chain.add(if chain.has_news() { redis::beside_the_point(link) } else { link })
            }
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
                Backend::sockets_of(self.features)
                    .into_iter()
                    .map(|name| shown_channel(&backend.for_socket(name.as_deref())))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        )
    }

    fn trust(&self) -> Result<Arc<ClientConfig>> {
        tls::install_provider();
        let backend = &self.settings.backend;
        let sockets = Backend::sockets_of(self.features).into_iter();
        let mut urls = sockets.map(|name| backend.for_socket(name.as_deref()).ws_url);
        let is_secure =
            backend.rest_url.scheme() == "https" || urls.any(|url| matches!(url.scheme(), "wss" | "https"));
        tls::client_config(backend.ca_file.as_deref(), backend.client_certificate.as_ref(), is_secure)
            .map_err(|error| Error::failed(error).hint(tls::HINT))
    }

    /// DNS, TCP and TLS of one URL; through a proxy, the proxy's.
    async fn reach(&self, chain: &mut Chain, url: &Url, config: &Arc<ClientConfig>) -> bool {
        let backend = &self.settings.backend;
        if let Some(path) = &backend.unix_socket {
            return chain.add(network::unix_socket(path, backend.connect_timeout).await);
        }
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
    async fn ask(
        &self,
        chain: &mut Chain,
        config: &Arc<ClientConfig>,
        cookies: Option<Cookies>,
    ) -> Result<Option<String>> {
        let settings = self.settings;
        let backend = &settings.backend;
        let earns_cookies = cookies.is_some();
        let http = Http::new(backend, config).map_err(Error::usage)?.with_cookies(cookies);
        let scene = self.scene(&backend.rest_url);
        let probe = RestProbe { http: &http, clock: self.clock, scene: &scene, rest_url: &backend.rest_url };
        let (link, fits) = probe.fit(&settings.contract).await;
        chain.add(link);
        chain.add(probe.status(self.features).await);
        match Auth::new(&settings.auth, self.environment, http.clone(), self.clock) {
            Ok(auth) => {
                if earns_cookies {
                    // Where it fails the next link, or the handshake, says so.
                    let _ = auth.bearer().await;
                }
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

    /// The socket of this name, with what it carries.
    fn socket<'c>(&'c self, name: Option<String>, cookies: Option<&Cookies>) -> SocketExamination<'c> {
        let backend = self.settings.backend.for_socket(name.as_deref());
        let ours = self.features.iter().filter(|feature| feature.socket == name);
        // Cookies go to the host that gave them.
        let is_at_home = backend.ws_url.host() == backend.rest_url.host();
        SocketExamination {
            of: self,
            features: ours.cloned().collect(),
            cookies: cookies.filter(|_| is_at_home).cloned(),
            backend,
            name,
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

fn shown_channel(backend: &Backend) -> String {
    match &backend.socket.transport {
        Transport::WebSocket => format!("WebSocket {}", shown_url(backend.ws_url.as_str())),
        Transport::Sse => format!("events {}", shown_url(backend.ws_url.as_str())),
        Transport::Command(command) => format!("program {}", command.first().map_or("", |it| it)),
    }
}

/// One of the sockets, and the features that it carries.
struct SocketExamination<'a> {
    of: &'a Examination<'a>,
    /// In `[sockets]`; `None`: the one of `[socket]`.
    name: Option<String>,
    backend: Backend,
    features: Vec<Feature>,
    cookies: Option<Cookies>,
}

impl SocketExamination<'_> {
    /// A link's code, which names the socket where there may be several.
    fn code(&self, code: &str) -> String {
        self.name.as_ref().map_or_else(|| code.to_owned(), |name| format!("{code}:{name}"))
    }

    fn named(&self, mut link: Link) -> Link {
        if !link.code.starts_with("feature:") {
            link.code = self.code(&link.code);
        }
        link
    }

    /// Handshake, and what is heard after it.
    async fn open(&self, chain: &mut Chain, config: &Arc<ClientConfig>) -> Result<()> {
        let Self { of, backend, features, .. } = self;
        if backend.socket.transport != Transport::WebSocket {
            return self.overhear(chain, config).await;
        }
        let queue = Arc::new(Queue::new(of.clock, Limits::default()));
        let socket = WebSocket::new(backend, config, of.clock, queue.outlet(0))
            .map_err(Error::usage)?
            .with_cookies(self.cookies.clone());
        let scene = self.scene();
        let opened = socket.connect().await;
        chain.add(self.named(websocket::handshake(&opened, &scene)));
        let Ok(mut stream) = opened else {
            self.leave_out_listening(chain, "the handshake succeeds");
            return Ok(());
        };
        let steps = backend.socket.on_open.len();
        if steps > 0 {
            let opening = websocket::opening(&socket.open(&mut stream).await, steps, &scene);
            if !chain.add(self.named(opening)) {
                self.leave_out_listening(chain, "the server answers as expected");
                return Ok(());
            }
        }
        let mut early = Vec::new();
        queue.take(&mut early);
        let hearing = websocket::listen(stream, features, backend, &early, of.clock, of.listen).await;
        let reopens = match hearing.closed {
            Some(_) => websocket::reopens(&socket).await,
            None => None,
        };
        self.add_heard(chain, &hearing, reopens, &scene);
        Ok(())
    }

    /// What comes by a channel that is no WebSocket.
    async fn overhear(&self, chain: &mut Chain, config: &Arc<ClientConfig>) -> Result<()> {
        const CODE: &str = "channel";
        let Self { of, backend, features, .. } = self;
        let scene = self.scene();
        let queue = Arc::new(Queue::new(of.clock, Limits::default()));
        let cookies = self.cookies.clone();
        let channel = Channel::new(backend, config, of.clock, queue.outlet(0), Patience::default(), cookies)
            .map_err(Error::usage)?;
        match channel.connect().await {
            Ok(open) => {
                chain.add(self.named(Link::holds(CODE, "open")));
                let hearing =
                    websocket::overhear(&channel, open, &queue, features, of.clock, of.listen).await;
                self.add_heard(chain, &hearing, None, &scene);
            }
            Err(error) => {
                let trouble = LikelyCause { cause: error.to_string(), next: error.hint(scene.is_thor) };
                chain.add(self.named(Link::broken(CODE, error.to_string(), trouble)));
                self.leave_out_listening(chain, "the channel opens");
            }
        }
        Ok(())
    }

    fn add_heard(&self, chain: &mut Chain, hearing: &Hearing, reopens: Option<u16>, scene: &Addresses) {
        let links = websocket::links(hearing, reopens, scene);
        chain.add_all(links.into_iter().map(|link| self.named(link)));
    }

    fn leave_out_listening(&self, chain: &mut Chain, needs: &str) {
        let codes = ["first-frame", "heartbeat", "connection"].map(|code| self.code(code));
        chain.leave_out(&codes.each_ref().map(String::as_str), needs);
        for feature in &self.features {
            chain.leave_out(&[&format!("feature:{}", feature.name)], needs);
        }
    }

    fn scene(&self) -> Addresses {
        let mut scene = self.of.scene(&self.backend.ws_url);
        scene.ws_url = shown_url(self.backend.ws_url.as_str());
        scene
    }
}

/// Host and port of a URL.
fn peer(url: &Url) -> (String, u16) {
    let port = url.port_or_known_default().unwrap_or(80);
    (url.host_str().unwrap_or_default().to_owned(), port)
}
