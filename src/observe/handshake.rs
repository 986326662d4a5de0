//! What goes wrong before a WebSocket is open, each with its fix.

use std::io;
use std::time::Duration;

use tokio_tungstenite::tungstenite;

use crate::observe::answer;
use crate::observe::http::innermost;

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
}

impl HandshakeError {
    /// What to check.
    pub fn hint(&self) -> String {
        match self {
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
            Self::Status(_) | Self::Protocol(_) => "check [backend] ws_url: scheme, host, port and path".to_owned(),
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

    pub(super) fn of_handshake(error: tungstenite::Error, address: String, origin: &str, path: &str) -> Self {
        use tungstenite::Error;
        let origin = origin.to_owned();
        match error {
            Error::Http(response) => {
                let status = response.status().as_u16();
                let location = response.headers().get("location").and_then(|value| value.to_str().ok());
                let body = response.body().as_deref().unwrap_or_default();
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
            Error::Tls(error) => Self::Tls { address, why: innermost(&error) },
            Error::Io(error) if is_tls(&error) => Self::Tls { address, why: innermost(&error) },
            Error::Io(error) => Self::Unreachable { address, why: innermost(&error) },
            other => Self::Protocol(innermost(&other)),
        }
    }
}

fn is_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

fn is_resolution(error: &io::Error) -> bool {
    error.to_string().contains("lookup address") || error.raw_os_error().is_none()
}
