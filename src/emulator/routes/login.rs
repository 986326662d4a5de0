//! Login and refresh, with SimpleJWT's answers to what is wrong.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::emulator::stage::EmulatorState;
use crate::emulator::tokens::{self, PASSWORD, TokenKind, USER};

/// Seven days, and no rotation.
const REFRESH_LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// The access token outlives its generation when it is expired by hand; refresh tokens have none.
const REFRESH_GENERATION: u64 = 0;

/// `POST /api/users/login/`
pub(super) async fn log_in(State(stage): State<Arc<EmulatorState>>, body: Bytes) -> Response {
    let fields = match fields(&body) {
        Ok(fields) => fields,
        Err(refusal) => return refusal,
    };
    let given = |name: &str| fields.get(name).and_then(Value::as_str);
    match (given("email"), given("password")) {
        (Some(USER), Some(PASSWORD)) => {
            stage.count(|counters| counters.logins += 1);
            let refresh =
                tokens::issue(TokenKind::Refresh, REFRESH_GENERATION, Clock::wall(), REFRESH_LIFETIME);
            axum::Json(json!({ "refresh": refresh, "access": stage.issue_access() })).into_response()
        }
        (Some(_), Some(_)) => bad_request(json!({ "non_field_errors": ["Invalid credentials"] })),
        (email, password) => bad_request(missing(&[("email", email), ("password", password)])),
    }
}

/// `POST /api/users/token/refresh/`
pub(super) async fn refresh(State(stage): State<Arc<EmulatorState>>, body: Bytes) -> Response {
    let fields = match fields(&body) {
        Ok(fields) => fields,
        Err(refusal) => return refusal,
    };
    match fields.get("refresh").and_then(Value::as_str) {
        None => bad_request(missing(&[("refresh", None)])),
        Some(token) if tokens::is_good(token, TokenKind::Refresh, REFRESH_GENERATION, Clock::wall()) => {
            stage.count(|counters| counters.refreshes += 1);
            axum::Json(json!({ "access": stage.issue_access() })).into_response()
        }
        Some(_) => {
            stage.count(|counters| counters.unauthorized += 1);
            super::admission::unauthorized(
                json!({ "detail": "Token is invalid or expired", "code": "token_not_valid" }),
            )
        }
    }
}

/// What SimpleJWT says of a token that is not good.
pub(super) fn bad_token(class: &str, kind: &str) -> Value {
    json!({
        "detail": "Given token not valid for any token type",
        "code": "token_not_valid",
        "messages": [{ "token_class": class, "token_type": kind, "message": "Token is invalid or expired" }],
    })
}

#[expect(clippy::result_large_err, reason = "the error is the response itself")]
fn fields(body: &[u8]) -> Result<Map<String, Value>, Response> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(super::detail(StatusCode::BAD_REQUEST, "JSON parse error - an object is expected")),
    }
}

fn missing(fields: &[(&str, Option<&str>)]) -> Value {
    let absent = fields.iter().filter(|(_, value)| value.is_none());
    absent.map(|(name, _)| ((*name).to_owned(), json!(["This field is required."]))).collect()
}

fn bad_request(body: Value) -> Response {
    (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
}
