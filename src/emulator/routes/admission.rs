//! Who may ask: allowed hosts, known tokens, a login where one is needed.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::{login, page};
use crate::emulator::handshake;
use crate::emulator::stage::EmulatorState;

/// Django's ALLOWED_HOSTS, for REST only.
pub(super) async fn known_host(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if handshake::is_allowed(handshake::without_port(host)) {
        next.run(request).await
    } else {
        page(StatusCode::BAD_REQUEST, "Bad Request (400)")
    }
}

/// A token that is not good is refused on public endpoints as well.
pub(super) async fn known_token(
    State(stage): State<Arc<EmulatorState>>,
    request: Request,
    next: Next,
) -> Response {
    let good = bearer(request.headers()).is_none_or(|token| stage.access_is_good(token));
    let response =
        if good { next.run(request).await } else { unauthorized(login::bad_token("AccessToken", "access")) };
    if response.status() == StatusCode::UNAUTHORIZED {
        stage.count(|counters| counters.unauthorized += 1);
    }
    response
}

pub(super) async fn login_required(request: Request, next: Next) -> Response {
    if bearer(request.headers()).is_none() {
        return unauthorized(json!({ "detail": "Authentication credentials were not provided." }));
    }
    next.run(request).await
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

pub(super) fn unauthorized(body: Value) -> Response {
    let challenge = [(header::WWW_AUTHENTICATE, r#"Bearer realm="api""#)];
    (StatusCode::UNAUTHORIZED, challenge, axum::Json(body)).into_response()
}
