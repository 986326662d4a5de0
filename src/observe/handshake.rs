//! What goes wrong before a WebSocket is open, each with its fix.

use std::io;
use std::time::Duration;

use crate::model::text::{cut, visible};
use crate::observe::answer;
use crate::observe::http::innermost;
use crate::secrets::redacted;

/// Why there is no connection. What Channels and Daphne answer: `docs/thor.md`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    #[error("the host {host} is not known")]
    UnknownHost { host: String },
    #[error("connection refused by {address}")]
    Refused { address: String },
    #[error("{address} cannot be reached: {why}")]
    Unreachable { address: String, why: String },
    #[error("TLS with {address} failed: {why}")]
    Tls { address: String, why: String },
    #[error("the proxy {proxy} does not connect: {why}")]
    Proxy { proxy: String, why: String },
    #[error("no handshake within {0:?}")]
    Timeout(Duration),
    #[error("handshake refused: 403 Forbidden (Origin: {origin})")]
    Origin { origin: String },
    #[error("handshake refused: 400 Bad Request (Origin: {origin})")]
    BadOrigin { origin: String },
    #[error("no WebSocket at this path: 404 Not Found")]
    NotFound,
    #[error("handshake refused: {said} at {path}")]
    ServerError { path: String, said: String },
    #[error("handshake refused: {0}")]
    Status(String),
    #[error("not a WebSocket server: {0}")]
    Protocol(String),
    #[error("the handshake is answered with the {what} {named}, which nobody offered: a browser refuses it")]
    NotOffered { what: &'static str, named: String },
    #[error("no event stream: {0}")]
    NoEvents(String),
    #[error("the program {program:?} cannot be started: {why}")]
    Program { program: String, why: String },
    #[error("the socket is open, but step {step} of [socket] on_open fails: {why}")]
    Opening { step: usize, why: String },
}

impl HandshakeError {
    /// What to check. Of a server that is not Thor nothing is known but what every server does.
    pub fn hint(&self, is_thor: bool) -> String {
        match self {
            Self::Unreachable { why, .. } | Self::Tls { why, .. } if may_want_a_certificate(why) => {
                "the server ended the connection once TLS was up: it may want a client certificate, which [backend] \
                 client_certificate and client_key name"
                    .to_owned()
            }
            Self::Refused { .. } | Self::Unreachable { .. } | Self::Timeout(_) if !is_thor => {
                "is the backend running there? Check [backend] rest_url and ws_url (or --rest-url, --ws-url), port included"
                    .to_owned()
            }
            Self::Origin { .. } | Self::BadOrigin { .. } if !is_thor => {
                "set [backend] origin (or --origin) to that of a page that may connect, and give credentials that the \
                 handshake needs with [socket] header_env or query_env"
                    .to_owned()
            }
            Self::NotFound if !is_thor => "check the path of [backend] ws_url".to_owned(),
            Self::ServerError { .. } if !is_thor => "look into the server's log".to_owned(),
            Self::UnknownHost { .. } => "check the host in [backend] ws_url (or --ws-url)".to_owned(),
            Self::Refused { .. } | Self::Unreachable { .. } | Self::Timeout(_) => {
                "is Thor running there? Check [backend] rest_url and ws_url (or --rest-url, --ws-url), port included".to_owned()
            }
            Self::Tls { .. } => {
                "is the port right for wss? For a private authority name its certificate with [backend] ca_file".to_owned()
            }
            Self::Proxy { .. } => "check [backend] proxy; only http:// proxies can carry the WebSocket".to_owned(),
            Self::Origin { .. } | Self::BadOrigin { .. } => {
                "Channels takes only Origins whose host is in ALLOWED_HOSTS: set [backend] origin (or --origin) to one that a browser would send".to_owned()
            }
            Self::NotFound => {
                "the plain WSGI server (runserver without Daphne) has no WebSocket, and /ws/ needs its path: start Daphne, check [backend] ws_url".to_owned()
            }
            Self::ServerError { path, .. } if !path.ends_with('/') => {
                format!("Channels answers 500 where the slash is missing: use {path}/ in [backend] ws_url")
            }
            Self::ServerError { .. } => {
                "look into the server's log; Channels answers 500 too while its Redis is gone".to_owned()
            }
            Self::Status(said) if said.starts_with("401") => {
                "give the credentials that the handshake needs with [socket] header_env or query_env, each the name of a \
                 variable; if they are given, the server does not accept them"
                    .to_owned()
            }
            Self::Status(_) | Self::Protocol(_) => "check [backend] ws_url: scheme, host, port and path".to_owned(),
            Self::NoEvents(_) => {
                "check [backend] ws_url, which is the stream's own http(s) URL, and the credentials that it needs: [socket] \
                 header_env or query_env"
                    .to_owned()
            }
            Self::Program { .. } => "check [socket] command: the program and its arguments".to_owned(),
            Self::Opening { .. } => {
                "check [socket] on_open: what it sends, its variables, and the pointers that it waits for".to_owned()
            }
            Self::NotOffered { what: "subprotocol", .. } => {
                "offer it with [socket] protocols, or see to it that the server answers with none".to_owned()
            }
            Self::NotOffered { .. } => {
                "see to it that the server, or the proxy before it, answers with no extension that was not offered"
                    .to_owned()
            }
        }
    }

    /// Whether trying again at once may help: the server may just be starting.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. } | Self::Unreachable { .. } | Self::Timeout(_) | Self::ServerError { .. }
        )
    }

    pub(super) fn of_connect(host: &str, address: String, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused { address },
            // name resolution has no kind of its own
            _ if is_resolution(error) => Self::UnknownHost { host: host.to_owned() },
            _ => Self::Unreachable { address, why: error.to_string() },
        }
    }

    pub(super) fn of_tls(error: &io::Error, address: String) -> Self {
        let why = innermost(error);
        if is_tls(error) { Self::Tls { address, why } } else { Self::Unreachable { address, why } }
    }

    /// An answer with another status than 101.
    pub(super) fn of_refusal(
        status: u16,
        location: Option<&str>,
        body: &[u8],
        origin: &str,
        path: &str,
    ) -> Self {
        let origin = origin.to_owned();
        let said = || answer::refused(status, location, body);
        match status {
            403 => Self::Origin { origin },
            400 => Self::BadOrigin { origin },
            404 => Self::NotFound,
            500.. => Self::ServerError { path: path.to_owned(), said: said() },
            200..300 => Self::Protocol(format!("it answers {} instead of upgrading", said())),
            _ => Self::Status(said()),
        }
    }

    pub(super) fn not_offered(what: &'static str, named: &str) -> Self {
        Self::NotOffered { what, named: cut(&visible(&redacted(named)), 80) }
    }
}

/// How TLS of version 1.3 says so, and what is left where the server says nothing.
fn may_want_a_certificate(why: &str) -> bool {
    ["CertificateRequired", "close_notify", "BadCertificate", "HandshakeFailure"]
        .iter()
        .any(|word| why.contains(word))
}

fn is_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

fn is_resolution(error: &io::Error) -> bool {
    error.to_string().contains("lookup address") || error.raw_os_error().is_none()
}
