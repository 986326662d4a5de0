//! The endpoints of the four features, aliases included.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use super::{Parameters, detail, page};
use crate::clock::Clock;
use crate::emulator::fault::{FaultSide, PlayedFeature};
use crate::emulator::shape::rest;
use crate::emulator::spoil;
use crate::emulator::stage::EmulatorState;
use crate::emulator::world::book::Account;
use crate::emulator::world::{Dialect, World};

/// Answers for a feature, with whatever is planted against it.
async fn answer(
    stage: &EmulatorState,
    feature: PlayedFeature,
    bound: Option<&str>,
    body: impl FnOnce(&World) -> Option<Value>,
) -> Response {
    let plan = stage.rest(feature);
    if plan.delay > Duration::ZERO {
        tokio::time::sleep(plan.delay).await;
    }
    if plan.fails {
        return page(StatusCode::INTERNAL_SERVER_ERROR, "Server Error (500)");
    }
    let Some(mut body) = body(&plan.world) else {
        return detail(StatusCode::NOT_FOUND, "No Account matches the given query.");
    };
    spoil::payload(&plan.planted, (feature, FaultSide::Rest), bound, &mut body);
    axum::Json(body).into_response()
}

/// `?account_id=` as primary key or broker id; without it A takes the lowest id, B the newest broker account.
fn account<'w>(world: &'w World, parameters: &HashMap<String, String>) -> Option<&'w Account> {
    let accounts = [&world.account, &world.other_account];
    match parameters.get("account_id").map(String::as_str) {
        Some(wanted) => accounts
            .into_iter()
            .find(|account| account.broker_account_id == wanted || account.id.to_string() == wanted),
        None if world.dialect == Dialect::A => Some(&world.account),
        None => Some(&world.other_account),
    }
}

pub(super) async fn balance(
    State(stage): State<Arc<EmulatorState>>,
    Query(parameters): Parameters,
) -> Response {
    let body = |world: &World| account(world, &parameters).map(|account| rest::balance(world, account));
    answer(&stage, PlayedFeature::AccountBalance, None, body).await
}

pub(super) async fn positions(
    State(stage): State<Arc<EmulatorState>>,
    Query(parameters): Parameters,
) -> Response {
    let body = |world: &World| account(world, &parameters).map(|account| rest::positions(world, account));
    answer(&stage, PlayedFeature::Positions, None, body).await
}

pub(super) async fn activity(
    State(stage): State<Arc<EmulatorState>>,
    Query(parameters): Parameters,
) -> Response {
    let body = |world: &World| account(world, &parameters).map(|account| rest::activity(world, account));
    answer(&stage, PlayedFeature::Positions, None, body).await
}

pub(super) async fn session(
    State(stage): State<Arc<EmulatorState>>,
    Query(parameters): Parameters,
) -> Response {
    let given = |name: &str| parameters.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let (Some(market), Some(future)) = (given("market"), given("future")) else {
        return detail(StatusCode::BAD_REQUEST, "market and future are required");
    };
    let country = match market.to_lowercase().as_str() {
        "new york" | "us" | "usa" => "USA",
        "tokyo" => "Japan",
        "london" => "United Kingdom",
        _ => market,
    };
    let future = future.to_uppercase();
    let body = |world: &World| Some(rest::session(world, country, &future));
    answer(&stage, PlayedFeature::Intraday, Some(&future), body).await
}

pub(super) async fn markets(State(stage): State<Arc<EmulatorState>>) -> Response {
    answer(&stage, PlayedFeature::GlobalMarket, None, |world| Some(rest::markets(world, Clock::wall()))).await
}
