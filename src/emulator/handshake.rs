//! The WebSocket's door: which upgrade is let in, and what Channels and Daphne say to the others.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::upgrade::OnUpgrade;
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::broadcast::Frame;
use super::socket;
use super::stage::EmulatorState;

type Shared = (Arc<EmulatorState>, broadcast::Sender<Frame>);

/// Takes requests that want to become a WebSocket out of the HTTP path; Daphne decides by the header alone.
pub(super) async fn instead_of_http(
    State((stage, hub)): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    if !wants_upgrade(request.headers()) {
        return next.run(request).await;
    }
    if let Err(status) = admit(&stage, &request) {
        stage.count(|counters| counters.handshakes_refused += 1);
        return status.into_response();
    }
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
    let (Some(key), Some(upgrade)) = (key, request.extensions_mut().remove::<OnUpgrade>()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    stage.count(|counters| counters.handshakes += 1);
    tokio::spawn(socket::run(upgrade, stage, hub.subscribe()));
    let headers: [(HeaderName, &str); 3] = [
        (header::UPGRADE, "WebSocket"),
        (header::CONNECTION, "Upgrade"),
        (header::SEC_WEBSOCKET_ACCEPT, key.as_str()),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response()
}

fn wants_upgrade(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

fn admit(stage: &EmulatorState, request: &Request) -> Result<(), StatusCode> {
    if let Some(planted) = stage.handshake_status() {
        return Err(StatusCode::from_u16(planted).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    }
    let origin = request.headers().get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    match origin {
        None | Some("null") => return Err(StatusCode::FORBIDDEN),
        Some(origin) => {
            match url::Url::parse(origin).ok().and_then(|url| url.host_str().map(str::to_owned)) {
                None => return Err(StatusCode::BAD_REQUEST),
                Some(host) if !is_allowed(&host) => return Err(StatusCode::FORBIDDEN),
                Some(_) => {}
            }
        }
    }
    // The URL router has no route for anything else and raises: no redirect, no 404.
    if request.uri().path() != "/ws/" {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    Ok(())
}

/// Whether the host is one of ours; only the host counts, not scheme or port.
pub(super) fn is_allowed(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// The host of a `Host` header.
pub(super) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_host_does_not_count() {
        for allowed in ["localhost:8000", "127.0.0.1", "[::1]:9", "localhost"] {
            assert!(is_allowed(without_port(allowed)), "{allowed}");
        }
        for foreign in ["example.com:80", "", "localhost.example.com"] {
            assert!(!is_allowed(without_port(foreign)), "{foreign}");
        }
    }
}
