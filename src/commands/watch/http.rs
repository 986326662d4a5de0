//! `/metrics`, `/healthz` and `/livez`, for whoever may reach the address: on loopback unless somebody said otherwise.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::clock::Clock;
use crate::commands::watch::board::Board;
use crate::error::{Error, Result};
use crate::watch::metrics::MEDIA_TYPE;

/// Whether only this machine reaches it, or somebody said that others may.
///
/// # Errors
/// Usage: others would reach it, and nobody said that they may.
pub fn refuse_unmeant(listen: SocketAddr, may_be_reached: bool) -> Result<()> {
    if listen.ip().is_loopback() || may_be_reached {
        return Ok(());
    }
    Err(Error::usage(format!("/metrics on {listen} can be read by everybody who reaches this machine"))
        .hint("listen on 127.0.0.1, or say that it is meant: --expose, or expose = true in [watch]"))
}

/// Serves until the process ends; returns the address, whose port may have been 0.
///
/// # Errors
/// The address cannot be listened on.
pub async fn serve(listen: SocketAddr, board: Board) -> Result<SocketAddr> {
    let failed = |error: std::io::Error| {
        Error::failed(anyhow::Error::new(error).context(format!("listening on {listen} for /metrics")))
            .hint("is the port taken? [watch] listen or --listen name another one")
    };
    let listener = tokio::net::TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let routes = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/livez", get(livez));
    // it ends with the process; that it ended sooner shows as a scrape that fails
    tokio::spawn(async move { axum::serve(listener, routes.with_state(board)).await });
    Ok(address)
}

async fn metrics(State(board): State<Board>) -> impl IntoResponse {
    match board.exposition(resident_memory()) {
        Ok(text) => (StatusCode::OK, [(header::CONTENT_TYPE, MEDIA_TYPE)], text),
        // an empty page would pass for a service that has nothing to show
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, "text/plain")], error.to_string())
        }
    }
}

async fn healthz(State(board): State<Board>) -> impl IntoResponse {
    let (is_well, said) = board.health(Clock::wall());
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json")], said.to_string())
}

/// Whether a restart would help; it does not bring back a target that was given up.
async fn livez(State(board): State<Board>) -> impl IntoResponse {
    match board.is_alive(Clock::wall()) {
        true => (StatusCode::OK, "ok"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "stalled"),
    }
}

/// Bytes of memory that the process has; `None` where the system has no `/proc`.
fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}
