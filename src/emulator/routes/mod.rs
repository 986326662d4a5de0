//! Thor's URLs, slash for slash; what is redirected and what is HTML.

mod admission;
mod features;
mod login;
mod neighbours;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::json;
use tokio::sync::broadcast;

use super::broadcast::Frame;
use super::handshake;
use super::stage::EmulatorState;
use super::world::Dialect;
use admission::{known_host, known_token, login_required};
use features::{activity, balance, markets, positions, session};
use neighbours::{broker_health, flags, intraday_health, live_status, quotes};

type Parameters = Query<HashMap<String, String>>;

/// Every path that ends in a slash: without it, Django redirects.
const SLASHED_A: [&str; 6] = [
    "/api/global-markets/markets/",
    "/api/worldclock/markets/",
    "/api/world-markets/markets/",
    "/api/global-markets/markets/live_status/",
    "/api/worldclock/markets/live_status/",
    "/api/world-markets/markets/live_status/",
];
const SLASHED_B: [&str; 3] = ["/api/session/", "/api/intraday/health/", "/api/global-markets/markets/"];
const SLASHED: [&str; 6] = [
    "/api/users/login/",
    "/api/users/token/refresh/",
    "/api/accounts/balance/",
    "/api/schwab/health/",
    "/api/cutover/flags/",
    "/api/feed/quotes/snapshot/",
];

pub(super) fn router(stage: Arc<EmulatorState>, hub: broadcast::Sender<Frame>) -> Router {
    let dialect = stage.options.dialect;
    let private = Router::new()
        .route("/api/accounts/balance/", get(balance))
        .route("/api/actandpos/accounts/balance", get(balance))
        .route("/api/actandpos/positions", get(positions))
        .route("/api/actandpos/activity/today", get(activity))
        .route("/api/schwab/health/", get(broker_health))
        .route_layer(from_fn(login_required));
    let mut public = Router::new()
        .route("/api/cutover/flags/", get(flags))
        .route("/api/feed/quotes/snapshot/", get(quotes));
    public = match dialect {
        Dialect::A => SLASHED_A
            .iter()
            .fold(public, |router, path| match path.ends_with("live_status/") {
                true => router.route(path, get(live_status)),
                false => router.route(path, get(markets)),
            })
            .route("/api/session", get(session))
            .route("/api/intraday/health", get(intraday_health)),
        Dialect::B => public
            .route("/api/session/", get(session))
            .route("/api/intraday/health/", get(intraday_health))
            .route("/api/global-markets/markets/", get(markets)),
    };
    let authenticated =
        private.merge(public).route_layer(from_fn_with_state(Arc::clone(&stage), known_token));
    Router::new()
        .merge(authenticated)
        .route("/api/users/login/", post(login::log_in))
        .route("/api/users/token/refresh/", post(login::refresh))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(from_fn(known_host))
        .layer(from_fn_with_state((Arc::clone(&stage), hub), handshake::instead_of_http))
        .with_state(stage)
}

fn detail(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(json!({ "detail": text }))).into_response()
}

/// Django's own pages are HTML, whatever was asked for.
fn page(status: StatusCode, title: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><title>{title}</title></head>\n<body><h1>{title}</h1></body>\n</html>\n"
    );
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

async fn not_found(State(stage): State<Arc<EmulatorState>>, request: Request) -> Response {
    let slashed = format!("{}/", request.uri().path());
    let of_state: &[&str] = match stage.options.dialect {
        Dialect::A => &SLASHED_A,
        Dialect::B => &SLASHED_B,
    };
    if SLASHED.iter().chain(of_state).any(|path| *path == slashed) {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let to = [(header::LOCATION, format!("{slashed}{query}"))];
        return (StatusCode::MOVED_PERMANENTLY, to).into_response();
    }
    page(StatusCode::NOT_FOUND, "Not Found")
}

async fn method_not_allowed(request: Request) -> Response {
    let text = format!("Method \"{}\" not allowed.", request.method());
    detail(StatusCode::METHOD_NOT_ALLOWED, &text)
}
