//! Endpoints beside the four features: statuses, health, quotes, served flags.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::Parameters;
use crate::clock::Clock;
use crate::emulator::fault::PlayedFeature;
use crate::emulator::shape::rest;
use crate::emulator::stage::EmulatorState;

pub(super) async fn live_status(State(stage): State<Arc<EmulatorState>>) -> Response {
    axum::Json(rest::live_status(&stage.world(), Clock::wall())).into_response()
}

pub(super) async fn intraday_health(State(stage): State<Arc<EmulatorState>>) -> Response {
    axum::Json(rest::intraday_health(&stage.world(), Clock::wall())).into_response()
}

pub(super) async fn quotes(
    State(stage): State<Arc<EmulatorState>>,
    Query(parameters): Parameters,
) -> Response {
    let symbols = parameters.get("symbols").map_or("", String::as_str);
    axum::Json(rest::quotes(&stage.world(), symbols, Clock::wall())).into_response()
}

pub(super) async fn flags(State(stage): State<Arc<EmulatorState>>) -> Response {
    let mut served: serde_json::Map<String, Value> = PlayedFeature::ALL
        .iter()
        .map(|feature| (format!("WS_FEATURE_{}", feature.as_str().to_uppercase()), json!(false)))
        .collect();
    served.extend(stage.options.flags.iter().map(|(name, on)| (name.clone(), json!(on))));
    axum::Json(served).into_response()
}

pub(super) async fn broker_health() -> Response {
    let body = json!({ "connected": false, "broker": "SCHWAB", "approval_state": "not_connected", "last_error": null });
    axum::Json(body).into_response()
}
