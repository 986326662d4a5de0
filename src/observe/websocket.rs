//! The WebSocket side: one connection for all features, kept up, read as fast as it comes.
//!
//! The reader stamps and queues, nothing else; only where the queue is full it waits, and with it the server. Every end of a connection is an arrival with its close
//! code; so is every attempt that failed. Thor's own keep-alive is spoken, protocol pings are answered.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::ClientConfig;
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use crate::clock::Clock;
use crate::model::text::{cut, visible};
use crate::model::time::Nanos;
use crate::observe::handshake::HandshakeError;
use crate::observe::http::with_query;
use crate::observe::proxy;
use crate::observe::queue::{Arrived, Queue};
use crate::observe::schedule::{Backoff, Jitter};
use crate::observe::stop::Stop;
use crate::secrets::redacted;
use crate::settings::Backend;

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

/// A connection that lived this long has proven itself: the next pause starts small again.
const PROVEN: Duration = Duration::from_secs(5);

pub type ClientStream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Where and how to connect.
pub struct WebSocket {
    request: Request,
    host: String,
    port: u16,
    origin: String,
    proxy: Option<url::Url>,
    tls: Arc<ClientConfig>,
    connect_timeout: Duration,
    max_message: usize,
    patience: Patience,
    clock: Clock,
    queue: Arc<Queue>,
}

impl WebSocket {
    /// # Errors
    /// Where the URL or a configured header cannot be used, in words.
    pub fn new(
        backend: &Backend,
        tls: &Arc<ClientConfig>,
        clock: Clock,
        queue: Arc<Queue>,
    ) -> Result<Self, String> {
        let url = &backend.ws_url;
        let mut request = with_query(url.clone(), &backend.query_env)
            .as_str()
            .into_client_request()
            .map_err(|error| format!("ws_url cannot be used: {error}"))?;
        let headers = request.headers_mut();
        for (name, value) in &backend.headers {
            let bad = || format!("`backend.headers`: {name:?} cannot be a header");
            let value = HeaderValue::from_str(value).map_err(|_| bad())?;
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?, value);
        }
        for (name, from) in &backend.header_env {
            let bad = || format!("`backend.header_env`: {name:?} cannot be a header");
            let Some(value) = &from.value else { continue };
            let value = HeaderValue::from_str(value.expose_secret()).map_err(|_| bad())?;
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?, value);
        }
        let origin = HeaderValue::from_str(&backend.origin)
            .map_err(|_| format!("`backend.origin` cannot be a header: {:?}", backend.origin))?;
        headers.insert("Origin", origin);
        headers.insert(
            "User-Agent",
            HeaderValue::from_static(concat!("thor-cutover/", env!("CARGO_PKG_VERSION"))),
        );
        Ok(Self {
            request,
            host: url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default().unwrap_or(80),
            origin: backend.origin.clone(),
            proxy: backend.proxy.clone(),
            tls: Arc::clone(tls),
            connect_timeout: backend.connect_timeout,
            max_message: backend.max_message,
            patience: Patience::default(),
            clock,
            queue,
        })
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
            Ok(done) => done,
            Err(_) => Err(HandshakeError::Timeout(self.connect_timeout)),
        }
    }

    async fn attempt(&self) -> Result<ClientStream, HandshakeError> {
        let address = format!("{}:{}", self.host, self.port);
        let tcp = match &self.proxy {
            Some(proxy) => proxy::tunnel(proxy, &self.host, self.port).await?,
            None => TcpStream::connect((self.host.as_str(), self.port))
                .await
                .map_err(|error| HandshakeError::of_connect(&self.host, address.clone(), &error))?,
        };
        // small frames both ways: waiting to fill a packet only delays pongs
        let _ = tcp.set_nodelay(true);
        let config = WebSocketConfig::default()
            .max_message_size(Some(self.max_message))
            .max_frame_size(Some(self.max_message));
        let connector = Connector::Rustls(Arc::clone(&self.tls));
        let path = self.request.uri().path();
        client_async_tls_with_config(self.request.clone(), tcp, Some(config), Some(connector))
            .await
            .map(|(stream, _)| stream)
            .map_err(|error| HandshakeError::of_handshake(error, address, &self.origin, path))
    }

    /// Reads an open connection, and connects again whenever it ends, until told to stop.
    /// `opened` changes with every connection.
    pub async fn run(
        &self,
        mut stream: ClientStream,
        mut stop: Stop,
        opened: watch::Sender<u64>,
        jitter: Jitter,
    ) {
        let mut backoff = Backoff::new(jitter);
        loop {
            self.queue.push(Arrived::Open);
            opened.send_modify(|count| *count += 1);
            let since = self.clock.now();
            tokio::select! {
                biased;
                () = stop.asked() => {
                    // politeness only: the run is over, whatever becomes of the farewell
                    let _ = timeout(Duration::from_millis(200), stream.close(None)).await;
                    return;
                }
                (code, reason) = self.read(&mut stream) => {
                    let reason = cut(&visible(&redacted(&reason)), 200);
                    self.queue.push(Arrived::Closed { code, reason });
                }
            }
            if self.clock.now().since(since) >= PROVEN {
                backoff.reset();
            }
            let again = self.connect_again(&mut backoff);
            tokio::select! {
                biased;
                () = stop.asked() => return,
                fresh = again => stream = fresh,
            }
        }
    }

    async fn connect_again(&self, backoff: &mut Backoff) -> ClientStream {
        loop {
            sleep(backoff.pause()).await;
            match self.connect().await {
                Ok(stream) => return stream,
                Err(error) => self.queue.push(Arrived::ConnectFailed { reason: error.to_string() }),
            }
        }
    }

    /// Reads to the end of the connection: its close code and reason.
    async fn read(&self, stream: &mut ClientStream) -> (u16, String) {
        let mut heard_at = self.clock.now();
        let mut pings = 0;
        let Patience { idle, pings: most } = self.patience;
        let mut clock_watch = interval(Duration::from_secs(1).min(idle));
        clock_watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                frame = stream.next() => {
                    heard_at = self.clock.now();
                    pings = 0;
                    match frame {
                        Some(Ok(Message::Text(text))) => self.queue.push_or_wait(Arrived::Text(text)).await,
                        Some(Ok(Message::Binary(bytes))) => {
                            self.queue.push(Arrived::Binary { bytes: bytes.len() });
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
                    let silence = self.clock.now().since(heard_at);
                    if silence < idle * (pings + 1) {
                        continue;
                    }
                    if pings == most {
                        return (1006, format!("no answer to {most} pings: nobody is there any more"));
                    }
                    pings += 1;
                    let ping = Message::Text(self.ping());
                    match timeout(Duration::from_secs(1), stream.send(ping)).await {
                        Ok(Ok(())) | Err(_) => {}
                        Ok(Err(error)) => return ended(&error, self.max_message),
                    }
                }
            }
        }
    }

    fn ping(&self) -> Utf8Bytes {
        let Nanos(now) = self.clock.now();
        format!("{{\"type\":\"ping\",\"timestamp\":{}}}", now / 1_000_000).into()
    }
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
