//! A WebSocket: opened, talked to, read as fast as it comes.
//!
//! The reader stamps and queues, nothing else; only where the queue is full it waits, and with it the server. Every end of a connection is an arrival with its close
//! code; so is every attempt that failed. Thor's own keep-alive is spoken, protocol pings are answered.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use crate::clock::Clock;
use crate::frames::{for_each_event, passes};
use crate::json::locate::locate;
use crate::json::pointer::Pointer;
use crate::model::time::Nanos;
use crate::observe::cookies::Cookies;
use crate::observe::handshake::HandshakeError;
use crate::observe::http::{add_secrets, no_header_env, socket_headers, socket_url};
use crate::observe::network::{MachineNetwork, Network};
use crate::observe::opening::Opening;
use crate::observe::proxy;
use crate::observe::queue::{Arrived, Outlet};
use crate::observe::upgrade::Upgrade;
use crate::settings::{Backend, Ping, Pong, SocketSettings};
use crate::system;

/// How a mute connection is told from a dead one.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// After this much silence Thor's own ping is sent, and again after each further such time.
    pub idle: Duration,
    /// As many pings without any sign of life mean that nobody is there.
    pub pings: u32,
}

impl Default for Patience {
    /// As Thor's own frontend does: `docs/thor.md`, idle connections.
    fn default() -> Self {
        Self { idle: Duration::from_secs(15), pings: 3 }
    }
}

/// Bytes both ways, by TCP, by TLS or by a unix socket.
pub trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for S {}

pub type ClientStream = WebSocketStream<Box<dyn ByteStream>>;

/// Where and how to connect.
pub struct WebSocket {
    upgrade: Upgrade,
    is_secure: bool,
    host: String,
    port: u16,
    proxy: Option<url::Url>,
    tls: Arc<ClientConfig>,
    connect_timeout: Duration,
    max_message: usize,
    socket: SocketSettings,
    patience: Patience,
    clock: Clock,
    queue: Outlet,
    network: Arc<dyn Network>,
    /// What a login earned, where it earns any.
    cookies: Option<Cookies>,
    unix_socket: Option<PathBuf>,
}

impl WebSocket {
    /// # Errors
    /// Where the URL or a configured header cannot be used, in words.
    pub fn new(
        backend: &Backend,
        tls: &Arc<ClientConfig>,
        clock: Clock,
        queue: Outlet,
    ) -> Result<Self, String> {
        let url = &backend.ws_url;
        let mut headers = HeaderMap::new();
        for (name, value) in &backend.headers {
            let bad = || format!("`backend.headers`: {name:?} cannot be a header");
            let value = HeaderValue::from_str(value).map_err(|_| bad())?;
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?, value);
        }
        add_secrets(&mut headers, &backend.header_env).map_err(|name| no_header_env(&name))?;
        // The socket's own stand in the place of the backend's.
        headers.extend(socket_headers(backend)?);
        headers.insert(
            http::header::USER_AGENT,
            HeaderValue::from_static(concat!("thor-cutover/", env!("CARGO_PKG_VERSION"))),
        );
        let socket = &backend.socket;
        if let Some(variable) = socket.on_open.iter().find_map(|step| step.text.as_ref().err()) {
            return Err(format!("`socket.on_open` needs {variable}, which is not set"));
        }
        let upgrade = Upgrade { url: socket_url(backend), headers, protocols: socket.protocols.clone() };
        Ok(Self {
            upgrade,
            is_secure: url.scheme() == "wss",
            host: url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default().unwrap_or(80),
            proxy: backend.proxy.clone(),
            tls: Arc::clone(tls),
            connect_timeout: backend.connect_timeout,
            max_message: backend.max_message,
            socket: backend.socket.clone(),
            patience: Patience::default(),
            clock,
            queue,
            network: Arc::new(MachineNetwork),
            cookies: None,
            unix_socket: backend.unix_socket.clone(),
        })
    }

    /// The same with the cookies of a login.
    #[must_use]
    pub fn with_cookies(mut self, cookies: Option<Cookies>) -> Self {
        self.cookies = cookies;
        self
    }

    /// The same by another network.
    #[must_use]
    pub fn with_network(mut self, network: Arc<dyn Network>) -> Self {
        self.network = network;
        self
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// One attempt: name, TCP, TLS, handshake.
    ///
    /// # Errors
    /// [`HandshakeError`], told apart by what to do about it.
    pub async fn connect(&self) -> Result<ClientStream, HandshakeError> {
        match timeout(self.connect_timeout, self.attempt()).await {
            Ok(done) => {
                let stream = done?;
                let is_open = self.socket.on_open.is_empty();
                self.queue.push(if is_open { Arrived::Open } else { Arrived::Opening });
                Ok(stream)
            }
            Err(_) => Err(HandshakeError::Timeout(self.connect_timeout)),
        }
    }

    /// Says on a connection what is to be said first, and queues that it is open then. What comes meanwhile is queued like
    /// all messages.
    ///
    /// # Errors
    /// [`HandshakeError::Opening`] where the server does not answer as configured.
    pub async fn open(&self, stream: &mut ClientStream) -> Result<(), HandshakeError> {
        if self.socket.on_open.is_empty() {
            return Ok(());
        }
        let opening = Opening {
            socket: &self.socket,
            stream,
            limit: self.connect_timeout,
            max_message: self.max_message,
            heard: |message| self.arrived(message).into_iter().for_each(|arrived| self.queue.push(arrived)),
        };
        opening.run().await?;
        self.queue.push(Arrived::Open);
        Ok(())
    }

    /// A frame as its messages are queued; none for what carries no data.
    fn arrived(&self, frame: Message) -> Vec<Arrived> {
        match frame {
            Message::Text(text) if self.socket.separator.is_none() => vec![Arrived::Text(text)],
            Message::Text(text) => {
                self.socket.messages(&text).map(|message| Arrived::Text(message.into())).collect()
            }
            Message::Binary(content) => vec![Arrived::Binary {
                bytes: content.len(),
                content: self.socket.decodes_binary.then_some(content),
            }],
            _ => Vec::new(),
        }
    }

    async fn attempt(&self) -> Result<ClientStream, HandshakeError> {
        let address = format!("{}:{}", self.host, self.port);
        let plain = self.plain_stream(&address).await?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(self.max_message))
            .max_frame_size(Some(self.max_message));
        let stream: Box<dyn ByteStream> = if self.is_secure {
            let name = ServerName::try_from(self.host.clone())
                .map_err(|error| HandshakeError::Tls { address: address.clone(), why: error.to_string() })?;
            let connected = TlsConnector::from(Arc::clone(&self.tls)).connect(name, plain).await;
            Box::new(connected.map_err(|error| HandshakeError::of_tls(&error, address.clone()))?)
        } else {
            plain
        };
        let cookies = self.cookies.as_ref().and_then(Cookies::header);
        self.upgrade.ask(stream, config, address, cookies).await
    }

    /// What the handshake goes over.
    async fn plain_stream(&self, address: &str) -> Result<Box<dyn ByteStream>, HandshakeError> {
        if let Some(path) = &self.unix_socket {
            let failed = |error: std::io::Error| HandshakeError::Unreachable {
                address: path.display().to_string(),
                why: error.to_string(),
            };
            return Ok(Box::new(system::unix_stream(path).await.map_err(failed)?));
        }
        if let Some(proxy) = &self.proxy {
            let tunnel = proxy::tunnel(proxy, &self.host, self.port).await?;
            // small frames both ways: waiting to fill a packet only delays pongs
            let _ = tunnel.set_nodelay(true);
            return Ok(Box::new(tunnel));
        }
        let connected = self.network.connect(&self.host, self.port).await;
        connected.map_err(|error| HandshakeError::of_connect(&self.host, address.to_owned(), &error))
    }

    /// Reads to the end of the connection: its close code and reason.
    pub(super) async fn read(&self, stream: &mut ClientStream) -> (u16, String) {
        let mut heard_at = self.clock.now();
        let mut pings = 0;
        let Patience { idle, pings: most } = self.patience;
        let mut clock_watch = interval(Duration::from_secs(1).min(idle));
        clock_watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ping_at = self.socket.ping_every.map(|every| heard_at + every);
        loop {
            tokio::select! {
                biased;
                frame = stream.next() => {
                    heard_at = self.clock.now();
                    pings = 0;
                    match frame {
                        Some(Ok(Message::Text(text))) => {
                            let reply = self.reply(&text);
                            if self.socket.separator.is_none() {
                                self.queue.push_or_wait(Arrived::Text(text)).await;
                            } else {
                                for arrived in self.arrived(Message::Text(text)) {
                                    self.queue.push_or_wait(arrived).await;
                                }
                            }
                            if let Some(reply) = reply
                                && let Some(end) = self.send(stream, Message::text(reply)).await
                            {
                                return end;
                            }
                        }
                        Some(Ok(message @ Message::Binary(_))) => {
                            for arrived in self.arrived(message) {
                                self.queue.push_or_wait(arrived).await;
                            }
                        }
                        Some(Ok(Message::Close(frame))) => {
                            // sends the answer to the close frame, which is all that is left to do
                            let _ = timeout(Duration::from_millis(200), stream.flush()).await;
                            return frame.map_or((1005, String::new()), |frame| {
                                (frame.code.into(), frame.reason.as_str().to_owned())
                            });
                        }
                        Some(Ok(_)) => {}
                        Some(Err(error)) => return ended(&error, self.max_message),
                        None => return (1006, "the connection ended without a close frame".to_owned()),
                    }
                }
                _ = clock_watch.tick() => {
                    let Some(ping) = self.ping() else { continue };
                    let now = self.clock.now();
                    if let (Some(at), Some(every)) = (ping_at, self.socket.ping_every)
                        && now >= at
                    {
                        ping_at = Some(now + every);
                        if let Some(end) = self.send(stream, ping.clone()).await {
                            return end;
                        }
                        continue;
                    }
                    let silence = self.clock.now().since(heard_at);
                    if silence < idle * (pings + 1) {
                        continue;
                    }
                    if pings == most {
                        return (1006, format!("no answer to {most} pings: nobody is there any more"));
                    }
                    pings += 1;
                    if let Some(end) = self.send(stream, ping).await {
                        return end;
                    }
                }
            }
        }
    }

    /// Sends within a second, or not at all; how the connection ended, if it did.
    async fn send(&self, stream: &mut ClientStream, message: Message) -> Option<(u16, String)> {
        match timeout(Duration::from_secs(1), stream.send(message)).await {
            Ok(Ok(())) | Err(_) => None,
            Ok(Err(error)) => Some(ended(&error, self.max_message)),
        }
    }

    /// What is sent into silence.
    fn ping(&self) -> Option<Message> {
        match &self.socket.ping {
            Ping::Thor => {
                let Nanos(now) = self.clock.now();
                Some(Message::text(format!("{{\"type\":\"ping\",\"timestamp\":{}}}", now / 1_000_000)))
            }
            Ping::Protocol => Some(Message::Ping(Bytes::new())),
            Ping::Text(text) => Some(Message::text(text.as_str())),
            Ping::None => None,
        }
    }

    /// The answer to a ping of the server's own.
    fn reply(&self, frame: &str) -> Option<String> {
        let Pong { when, text } = self.socket.pong.as_ref()?;
        let mut reply = None;
        // What is no JSON asks for nothing; it is counted like every other frame.
        for message in self.socket.messages(frame) {
            let _ = for_each_event(&self.socket.routing, message, |_, event| {
                if reply.is_none() && passes(event, when) {
                    reply = Some(filled(text, event));
                }
            });
        }
        reply
    }
}

/// The text with `{/pointer}` replaced by what the message has there: a string's content, or anything else as it stands.
fn filled(text: &str, message: &str) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{/") {
        let Some((pointer, after)) = after.split_once('}') else { break };
        let pointer = format!("/{pointer}").parse::<Pointer>().unwrap_or_default();
        let found = locate(message, &[pointer]).ok().and_then(|found| found[0]).unwrap_or("null");
        whole.push_str(before);
        whole.push_str(found.strip_prefix('"').and_then(|found| found.strip_suffix('"')).unwrap_or(found));
        rest = after;
    }
    whole.push_str(rest);
    whole
}

/// The close code that stands for an error: 1006 where the network broke, else what we would say ourselves.
fn ended(error: &Error, limit: usize) -> (u16, String) {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { size, .. }) => {
            (1009, format!("a message of {size} bytes is over the limit of {limit}"))
        }
        Error::Capacity(error) => (1009, error.to_string()),
        Error::Utf8(_) => (1007, "a text message is not UTF-8".to_owned()),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::ConnectionClosed => {
            (1006, "the connection ended without a close frame".to_owned())
        }
        Error::Protocol(error) => (1002, error.to_string()),
        other => (1006, other.to_string()),
    }
}
