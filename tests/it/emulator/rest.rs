//! REST as Thor answers it: types, authentication, slashes, redirects, HTML.

use serde_json::{Value, json};
use thor_cutover::emulator::{Dialect, Emulator, Options, PASSWORD, USER};

use super::{Rest, quick};

fn start() -> Emulator {
    Emulator::start(quick()).unwrap()
}

fn start_b() -> Emulator {
    Emulator::start(Options { dialect: Dialect::B, ..quick() }).unwrap()
}

#[tokio::test]
async fn balance_is_floats_and_positions_are_strings_of_fixed_scale() {
    let emulator = start();
    let rest = Rest::logged_in(&emulator).await;
    for path in ["/api/accounts/balance/", "/api/actandpos/accounts/balance"] {
        let body = rest.json(path).await;
        for field in ["net_liquidation", "equity", "cash", "buying_power", "day_trade_bp"] {
            assert!(body[field].is_f64(), "{path} {field}: {}", body[field]);
        }
        assert_eq!(body["account_id"], "PAPER-1-4C1D22AB");
        assert_eq!(body["source"], "db");
    }
    let body = rest.json("/api/actandpos/positions").await;
    assert_eq!(body["positions"].as_array().unwrap().len(), 6);
    for position in body["positions"].as_array().unwrap() {
        let scale = |field: &str| position[field].as_str().unwrap().rsplit_once('.').unwrap().1.len();
        assert_eq!([scale("quantity"), scale("mark_price"), scale("market_value")], [4, 6, 2]);
    }
    assert!(body["account"]["net_liq"].is_string());
    let activity = rest.json("/api/actandpos/activity/today").await;
    assert!(activity["account"]["net_liq"].is_string());
    assert!(activity["account_status"]["net_liq"].is_f64());
}

#[tokio::test]
async fn accounts_are_found_by_key_and_by_broker_id() {
    let emulator = start();
    let rest = Rest::logged_in(&emulator).await;
    for wanted in ["1", "PAPER-1-4C1D22AB"] {
        let body = rest.json(&format!("/api/accounts/balance/?account_id={wanted}")).await;
        assert_eq!(body["account_id"], "PAPER-1-4C1D22AB");
    }
    let other = rest.json("/api/actandpos/positions?account_id=2").await;
    assert_eq!(other["positions"], json!([]));
    let unknown = rest.get("/api/accounts/balance/?account_id=77").await;
    assert_eq!(unknown.status(), 404);
    let body: Value = unknown.json().await.unwrap();
    assert_eq!(body, json!({"detail": "No Account matches the given query."}));
    let newest = start_b();
    let rest = Rest::logged_in(&newest).await;
    assert_eq!(rest.json("/api/accounts/balance/").await["account_id"], "9F2C77E01B");
}

#[tokio::test]
async fn credentials_are_asked_for_where_thor_asks() {
    let emulator = start();
    let mut rest = Rest::anonymous(&emulator);
    let refused = rest.get("/api/accounts/balance/").await;
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["www-authenticate"], r#"Bearer realm="api""#);
    assert_eq!(rest.get("/api/global-markets/markets/").await.status(), 200);
    rest.token = Some("nonsense".to_owned());
    for path in ["/api/global-markets/markets/", "/api/accounts/balance/"] {
        let refused = rest.get(path).await;
        assert_eq!(refused.status(), 401, "a bad token is refused on public endpoints too: {path}");
        assert_eq!(refused.json::<Value>().await.unwrap()["code"], "token_not_valid");
    }
    assert_eq!(emulator.counters().unauthorized, 3);
}

#[tokio::test]
async fn login_and_refresh_answer_as_simple_jwt() {
    let emulator = start();
    let rest = Rest::anonymous(&emulator);
    let wrong = rest.post("/api/users/login/", json!({"email": USER, "password": "guess"})).await;
    assert_eq!(wrong.status(), 400);
    let body: Value = wrong.json().await.unwrap();
    assert_eq!(body, json!({"non_field_errors": ["Invalid credentials"]}));
    let incomplete = rest.post("/api/users/login/", json!({"email": USER})).await;
    assert_eq!(incomplete.json::<Value>().await.unwrap(), json!({"password": ["This field is required."]}));
    let tokens: Value = rest
        .post("/api/users/login/", json!({"email": USER, "password": PASSWORD}))
        .await
        .json()
        .await
        .unwrap();
    let refreshed = rest.post("/api/users/token/refresh/", json!({"refresh": tokens["refresh"]})).await;
    let refreshed: Value = refreshed.json().await.unwrap();
    assert!(refreshed["access"].is_string() && refreshed.get("refresh").is_none(), "no rotation");
    let bad = rest.post("/api/users/token/refresh/", json!({"refresh": tokens["access"]})).await;
    assert_eq!(bad.status(), 401);
    assert_eq!(rest.get("/api/users/login/").await.status(), 405);
    let counters = emulator.counters();
    assert_eq!((counters.logins, counters.refreshes), (1, 1));
}

#[tokio::test]
async fn an_expired_token_is_refused_and_a_refreshed_one_taken() {
    let emulator = start();
    let rest = Rest::anonymous(&emulator);
    let login = json!({"email": USER, "password": PASSWORD});
    let tokens: Value = rest.post("/api/users/login/", login).await.json().await.unwrap();
    let mut rest = Rest { token: tokens["access"].as_str().map(str::to_owned), ..rest };
    rest.json("/api/accounts/balance/").await;
    emulator.expire_tokens();
    assert_eq!(rest.get("/api/accounts/balance/").await.status(), 401);
    let again = rest.post("/api/users/token/refresh/", json!({"refresh": tokens["refresh"]})).await;
    rest.token = again.json::<Value>().await.unwrap()["access"].as_str().map(str::to_owned);
    rest.json("/api/accounts/balance/").await;
}

#[tokio::test]
async fn slashes_are_per_url() {
    let emulator = start();
    let rest = Rest::logged_in(&emulator).await;
    for (path, to) in [
        ("/api/accounts/balance?account_id=1", "/api/accounts/balance/?account_id=1"),
        ("/api/global-markets/markets", "/api/global-markets/markets/"),
    ] {
        let moved = rest.get(path).await;
        assert_eq!(moved.status(), 301, "{path}");
        assert_eq!(moved.headers()["location"], to);
    }
    for path in [
        "/api/actandpos/positions/",
        "/api/session/?market=USA&future=ES",
        "/api/positions/",
        "/api/account/balance/",
        "/",
    ] {
        let missing = rest.get(path).await;
        assert_eq!(missing.status(), 404, "{path}");
        assert!(missing.headers()["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
    }
    let later = start_b();
    let rest = Rest::logged_in(&later).await;
    assert_eq!(rest.get("/api/session?market=USA&future=ES").await.status(), 301);
    rest.json("/api/session/?market=USA&future=ES").await;
}

#[tokio::test]
async fn session_bars_have_no_time_and_no_history() {
    let emulator = start();
    let rest = Rest::anonymous(&emulator);
    let body = rest.json("/api/session?market=New%20York&future=es").await;
    assert_eq!((&body["market"], &body["future"]), (&json!("USA"), &json!("ES")));
    let bar = body["intraday_latest"].as_object().unwrap();
    assert_eq!(bar.keys().collect::<Vec<_>>(), ["close", "high", "low", "open", "spread", "volume"]);
    assert!(bar["open"].is_f64() && bar["volume"].is_i64());
    assert_eq!(rest.json("/api/session?market=Tokyo&future=ES").await["intraday_latest"], Value::Null);
    let incomplete = rest.get("/api/session?market=USA").await;
    assert_eq!(incomplete.status(), 400);
    assert!(incomplete.json::<Value>().await.unwrap()["detail"].is_string());
}

#[tokio::test]
async fn markets_are_a_page_with_clocks_in_a_and_a_bare_array_in_b() {
    let emulator = start();
    let rest = Rest::anonymous(&emulator);
    for alias in ["global-markets", "worldclock", "world-markets"] {
        let page = rest.json(&format!("/api/{alias}/markets/")).await;
        assert_eq!((&page["count"], &page["next"]), (&json!(9), &Value::Null));
        let rows = page["results"].as_array().unwrap();
        assert!(rows.windows(2).all(|pair| pair[0]["country"].as_str() < pair[1]["country"].as_str()));
        assert!(rows[0]["weight"].is_string());
        assert!(rows[0]["market_status"]["seconds_to_next_event"].is_i64());
    }
    let first = rest.json("/api/global-markets/markets/").await;
    let second = rest.json("/api/global-markets/markets/").await;
    assert_ne!(first["results"][0]["current_time"], second["results"][0]["current_time"], "clocks run");
    let live = rest.json("/api/global-markets/markets/live_status/").await;
    assert_eq!(live["total_markets"], 9);

    let later = start_b();
    let rows = Rest::anonymous(&later).json("/api/global-markets/markets/").await;
    assert_eq!(rows.as_array().unwrap().len(), 9);
    assert_eq!(rows[8]["is_active"], false, "inactive markets are listed");
    assert!(rows[0].get("current_time").is_none());
}

#[tokio::test]
async fn neighbours_answer() {
    let flags = std::iter::once(("WS_FEATURE_POSITIONS".to_owned(), true)).collect();
    let emulator = Emulator::start(Options { flags, ..quick() }).unwrap();
    let rest = Rest::logged_in(&emulator).await;
    let served = rest.json("/api/cutover/flags/").await;
    assert_eq!(served["WS_FEATURE_POSITIONS"], true);
    assert_eq!(served["WS_FEATURE_INTRADAY"], false);
    assert_eq!(rest.json("/api/feed/quotes/snapshot/?symbols=ES,YM,XX").await["count"], 2);
    assert_eq!(rest.json("/api/schwab/health/").await["connected"], false);
    assert_eq!(rest.json("/api/intraday/health").await["markets"][0]["market"], "USA");
}

#[tokio::test]
async fn a_foreign_host_and_a_date_header_are_not_thors() {
    let emulator = start();
    let rest = Rest::anonymous(&emulator);
    let url = format!("{}/api/global-markets/markets/", emulator.rest_url());
    let foreign = rest.client.get(&url).header("Host", "example.com").send().await.unwrap();
    assert_eq!(foreign.status(), 400);
    let answer = rest.get("/api/global-markets/markets/").await;
    assert!(!answer.headers().contains_key("date"), "Daphne sends none");
}
