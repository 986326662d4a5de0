//! The links below HTTP: name, TCP, TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::causes::{self, Addresses, Unconnected};
use crate::model::diagnosis::{LikelyCause, Link};
use crate::system;

/// The addresses behind a name; none where it is not known.
pub async fn resolve(host: &str, port: u16, limit: Duration) -> (Link, Vec<SocketAddr>) {
    const CODE: &str = "dns";
    let bare = host.trim_matches(['[', ']']);
    if bare.parse::<std::net::IpAddr>().is_ok() {
        let addresses = lookup_host((bare, port)).await.map(Iterator::collect).unwrap_or_default();
        return (Link::not_needed(CODE, format!("{bare} is an address")), addresses);
    }
    let found = match timeout(limit, lookup_host((bare, port))).await {
        Ok(Ok(addresses)) => Ok(addresses.collect::<Vec<_>>()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {limit:?}")),
    };
    match found {
        Ok(addresses) if !addresses.is_empty() => {
            let shown: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            (Link::holds(CODE, format!("{bare} is {}", shown.join(", "))), addresses)
        }
        Ok(_) => {
            (Link::broken(CODE, format!("{bare} has no address"), causes::name_unknown(bare)), Vec::new())
        }
        Err(why) => (Link::broken(CODE, format!("{bare}: {why}"), causes::name_unknown(bare)), Vec::new()),
    }
}

/// A connection to the first address that takes one.
pub async fn connect(
    addresses: &[SocketAddr],
    scene: &Addresses,
    limit: Duration,
) -> (Link, Option<TcpStream>) {
    const CODE: &str = "tcp";
    let mut failed = Vec::new();
    let mut worst = Unconnected::Other;
    for address in addresses {
        let (how, why) = match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                let earlier =
                    if failed.is_empty() { String::new() } else { format!(" (but {})", failed.join(", ")) };
                return (Link::holds(CODE, format!("{address} accepts{earlier}")), Some(stream));
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                (Unconnected::Refused, "refused".to_owned())
            }
            Ok(Err(error)) => (Unconnected::Other, error.to_string()),
            Err(_) => (Unconnected::TimedOut, format!("no answer within {limit:?}")),
        };
        failed.push(format!("{address} {why}"));
        worst = how;
    }
    (Link::broken(CODE, failed.join(", "), causes::not_connected(worst, scene)), None)
}

/// A connection by a unix socket.
pub async fn unix_socket(path: &std::path::Path, limit: Duration) -> Link {
    const CODE: &str = "unix-socket";
    let shown = path.display();
    let why = match timeout(limit, system::unix_stream(path)).await {
        Ok(Ok(_)) => return Link::holds(CODE, format!("{shown} accepts")),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {limit:?}"),
    };
    let trouble = LikelyCause {
        cause: "nothing listens on [backend] unix_socket, or this user may not connect to it".to_owned(),
        next: format!("ls -l {shown} — and start the backend with this socket"),
    };
    Link::broken(CODE, format!("{shown}: {why}"), trouble)
}

/// A TLS handshake with the same trust as REST and WebSocket have.
pub async fn secure(
    stream: TcpStream,
    host: &str,
    config: Arc<ClientConfig>,
    scene: &Addresses,
    limit: Duration,
) -> Link {
    const CODE: &str = "tls";
    let name = match ServerName::try_from(host.trim_matches(['[', ']']).to_owned()) {
        Ok(name) => name,
        Err(error) => return Link::broken(CODE, error.to_string(), causes::name_unknown(host)),
    };
    let why = match timeout(limit, TlsConnector::from(config).connect(name, stream)).await {
        Ok(Ok(secured)) => {
            let (_, session) = secured.get_ref();
            let version =
                session.protocol_version().map_or_else(String::new, |version| format!("{version:?}, "));
            return Link::holds(CODE, format!("{version}certificate trusted"));
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no handshake within {limit:?}"),
    };
    let trouble = causes::tls(&why, scene);
    Link::broken(CODE, why, trouble)
}
