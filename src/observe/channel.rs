//! Whatever pushes: a WebSocket, an event stream over HTTP, or the lines of a program. Kept up, read as it comes.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::model::text::{cut, visible};
use crate::observe::cookies::Cookies;
use crate::observe::event_stream::{EventStream, OpenEventStream};
use crate::observe::handshake::HandshakeError;
use crate::observe::network::Network;
use crate::observe::program::{Program, RunningProgram};
use crate::observe::queue::{Arrived, Outlet};
use crate::observe::schedule::{Backoff, Jitter};
use crate::observe::stop::Stop;
use crate::observe::websocket::{ClientStream, Patience, WebSocket};
use crate::secrets::redacted;
use crate::settings::{Backend, Transport};

/// A connection that lived this long has proven itself: the next pause starts small again.
const PROVEN: Duration = Duration::from_secs(5);

pub enum Channel {
    WebSocket(Box<WebSocket>),
    EventStream(Box<EventStream>),
    Program(Box<Program>),
}

/// A channel that is open.
pub enum OpenChannel {
    WebSocket(Box<ClientStream>),
    EventStream(Box<OpenEventStream>),
    Program(Box<RunningProgram>),
}

impl OpenChannel {
    /// Whether it has turned out to be connected; what asks for a connection itself is once it is there.
    fn is_open(&self) -> bool {
        match self {
            Self::Program(running) => running.is_open(),
            Self::WebSocket(_) | Self::EventStream(_) => true,
        }
    }
}

impl Channel {
    /// # Errors
    /// Where the configuration cannot be used, in words.
    pub fn new(
        backend: &Backend,
        tls: &Arc<ClientConfig>,
        clock: Clock,
        queue: Outlet,
        patience: Patience,
        cookies: Option<Cookies>,
    ) -> Result<Self, String> {
        Ok(match &backend.socket.transport {
            Transport::WebSocket => {
                let web_socket = WebSocket::new(backend, tls, clock, queue)?;
                Self::WebSocket(Box::new(web_socket.with_patience(patience).with_cookies(cookies)))
            }
            Transport::Sse => Self::EventStream(Box::new(EventStream::new(backend, tls, queue, cookies)?)),
            Transport::Command(command) => {
                Self::Program(Box::new(Program::new(command, backend.max_message, queue)))
            }
        })
    }

    /// The same by another network; an event stream and a program have ways of their own.
    #[must_use]
    pub fn with_network(self, network: Arc<dyn Network>) -> Self {
        match self {
            Self::WebSocket(web_socket) => Self::WebSocket(Box::new(web_socket.with_network(network))),
            other => other,
        }
    }

    /// One attempt.
    ///
    /// # Errors
    /// [`HandshakeError`], told apart by what to do about it.
    pub async fn connect(&self) -> Result<OpenChannel, HandshakeError> {
        Ok(match self {
            Self::WebSocket(web_socket) => OpenChannel::WebSocket(Box::new(web_socket.connect().await?)),
            Self::EventStream(events) => OpenChannel::EventStream(Box::new(events.connect().await?)),
            Self::Program(program) => OpenChannel::Program(Box::new(program.start()?)),
        })
    }

    /// Says on an open connection what is to be said first.
    ///
    /// # Errors
    /// [`HandshakeError::Opening`] where the server does not answer as configured.
    pub async fn open(&self, open: &mut OpenChannel) -> Result<(), HandshakeError> {
        match (self, open) {
            (Self::WebSocket(web_socket), OpenChannel::WebSocket(stream)) => web_socket.open(stream).await,
            _ => Ok(()),
        }
    }

    /// Reads an open connection, and connects again whenever it ends, until told to stop. With none it connects first.
    /// `opened` changes with every connection.
    pub async fn run(
        &self,
        open: Option<OpenChannel>,
        clock: Clock,
        queue: &Outlet,
        mut stop: Stop,
        opened: watch::Sender<u64>,
        jitter: Jitter,
    ) {
        let mut backoff = Backoff::new(jitter);
        let mut open = match open {
            Some(open) => open,
            None => tokio::select! {
                biased;
                () = stop.asked() => return,
                fresh = self.connect_again(queue, &mut backoff) => fresh,
            },
        };
        loop {
            opened.send_modify(|count| *count += 1);
            let since = clock.now();
            tokio::select! {
                biased;
                () = stop.asked() => {
                    if let OpenChannel::WebSocket(stream) = &mut open {
                        // politeness only: the run is over, whatever becomes of the farewell
                        let _ = timeout(Duration::from_millis(200), stream.close(None)).await;
                    }
                    return;
                }
                (code, reason) = self.read(&mut open) => {
                    let reason = cut(&visible(&redacted(&reason)), 200);
                    queue.push(match open.is_open() {
                        true => Arrived::Closed { code, reason },
                        false => Arrived::ConnectFailed { reason },
                    });
                }
            }
            if clock.now().since(since) >= PROVEN {
                backoff.reset();
            }
            let again = self.connect_again(queue, &mut backoff);
            tokio::select! {
                biased;
                () = stop.asked() => return,
                fresh = again => open = fresh,
            }
        }
    }

    /// Reads to the end of the connection: its close code and reason.
    async fn read(&self, open: &mut OpenChannel) -> (u16, String) {
        match (self, open) {
            (Self::WebSocket(web_socket), OpenChannel::WebSocket(stream)) => web_socket.read(stream).await,
            (Self::EventStream(events), OpenChannel::EventStream(stream)) => events.read(stream).await,
            (Self::Program(program), OpenChannel::Program(running)) => program.read(running).await,
            _ => (1006, "the connection is of another channel".to_owned()),
        }
    }

    async fn connect_again(&self, queue: &Outlet, backoff: &mut Backoff) -> OpenChannel {
        loop {
            let pause = match self {
                Self::EventStream(events) => events.retry().max(backoff.pause()),
                _ => backoff.pause(),
            };
            sleep(pause).await;
            match self.connect().await {
                Ok(mut open) => match self.open(&mut open).await {
                    Ok(()) => return open,
                    Err(error) => queue.push(Arrived::ConnectFailed { reason: error.to_string() }),
                },
                Err(error) => queue.push(Arrived::ConnectFailed { reason: error.to_string() }),
            }
        }
    }
}
