//! Faults planted in the real backend: each is found, under its right kind, field and entity.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Backend, Run, Tool};

/// Watches one feature of a backend in which `fault` was planted from the start.
fn watched(feature: &str, fault: &str, tick: &str, seconds: u32) -> Run {
    let backend =
        Backend::start(&["--tick", tick, "--market-ticks", "2", "--bar-ticks", "3", "--fault", fault]);
    Tool::tight(&backend).shadow_diff(feature, seconds).exits(1)
}

/// A fault in what is said: the finding of this kind and field (`""`: the whole entity).
fn found(feature: &str, fault: &str, kind: &str, field: &str) -> Value {
    watched(feature, fault, "0.3", 8).finding(feature, kind, field)
}

/// A fault in how it is said: this kind names more samples than any other.
fn named(feature: &str, run: &Run, kind: &str) -> Value {
    let report = run.feature(feature);
    let outcomes = report["outcomes"].as_object().unwrap();
    let most = outcomes
        .iter()
        .filter(|(kind, _)| BLOCKING.contains(&kind.as_str()))
        .max_by_key(|(_, count)| count.as_u64())
        .map(|(kind, _)| kind.as_str());
    assert_eq!(most, Some(kind), "{report:#}");
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["kind"] == kind).unwrap().clone()
}

const BLOCKING: [&str; 11] = [
    "value",
    "missing_in_ws",
    "missing_in_rest",
    "dropped_push",
    "stalled",
    "reordered",
    "ws_late",
    "stale_rest",
    "late_or_stale",
    "invariant",
    "unreadable",
];

/// Watches a clean backend in which `fault` is planted three seconds after the run began.
fn watched_later(feature: &str, fault: Value) -> Run {
    let backend = Backend::start(&["--tick", "0.3", "--market-ticks", "2", "--bar-ticks", "3"]);
    let door = backend.door();
    Tool::tight(&backend)
        .shadow_diff_while(feature, 12, Duration::from_secs(3), || door.plant(fault))
        .exits(1)
}

#[test]
fn a_price_off_by_a_cent_is_a_value() {
    let finding = found("positions", "value_off_by_cent:entity=NVDA", "value", "/mark_price");
    assert_eq!(finding["entity"], json!({"/symbol": "NVDA", "/asset_type": "EQ"}));
    assert_eq!(finding["passes_with"], "0.01");
    assert!(finding["rest"].is_string() && finding["ws"].is_string(), "{finding}");
}

#[test]
fn a_broken_serializer_field_is_a_value() {
    found(
        "account_balance",
        "value_off_by_cent:feature=account_balance,side=rest,field=cash",
        "value",
        "/cash",
    );
}

#[test]
fn a_broken_serializer_field_is_named_to_a_person_with_both_values() {
    let fault = "wrong_value:feature=account_balance,side=rest,field=cash,value=1.25";
    let backend = Backend::start(&["--tick", "0.3", "--fault", fault]);
    let words = "shadow-diff account_balance --for 6s --every 100ms --no-evidence --color never";
    let run = Tool::tight(&backend).run(words).exits(1);
    for word in ["NO-GO", "account_balance", "/cash", "1.25"] {
        assert!(run.stdout.contains(word), "no {word} in:\n{}", run.stdout);
    }
}

#[test]
fn a_price_off_in_a_bar_is_a_value() {
    let finding = found("intraday", "value_off_by_cent:feature=intraday,entity=ES", "value", "/close");
    assert_eq!(finding["entity"], json!({"/symbol": "ES"}));
}

#[test]
fn a_wrong_market_status_is_a_value() {
    found("global_market", "value_off_by_cent:feature=global_market,entity=*", "value", "/status");
}

#[test]
fn a_wrong_nested_field_is_a_value() {
    found(
        "global_market",
        "wrong_value:feature=global_market,entity=*,field=market_status/current_state,value=HOLIDAY_CLOSED",
        "value",
        "/market_status/current_state",
    );
}

#[test]
fn cents_for_dollars_are_a_value() {
    found("positions", "wrong_scale:field=market_value", "value", "/market_value");
}

#[test]
fn a_rounded_number_is_a_value() {
    found(
        "account_balance",
        "rounded:feature=account_balance,field=net_liquidation",
        "value",
        "/net_liquidation",
    );
}

#[test]
fn a_field_frozen_in_the_messages_is_a_value() {
    found("account_balance", "frozen_ws_field:feature=account_balance,field=cash", "value", "/cash");
}

#[test]
fn a_cached_balance_without_cash_is_a_value() {
    let run = watched("account_balance", "redis_partial", "0.3", 8);
    run.finding("account_balance", "value", "/cash");
    run.finding("account_balance", "value", "/equity");
}

#[test]
fn a_field_removed_from_the_messages_is_missing_in_ws() {
    let finding = found("positions", "field_missing:field=unrealized_pl", "missing_in_ws", "/unrealized_pl");
    assert_eq!(finding["ws"], Value::Null);
}

#[test]
fn a_field_removed_from_rest_is_missing_in_rest() {
    let fault = "field_missing:feature=account_balance,side=rest,field=buying_power";
    let finding = found("account_balance", fault, "missing_in_rest", "/buying_power");
    assert_eq!(finding["rest"], Value::Null);
}

#[test]
fn a_position_left_out_of_the_messages_is_missing_in_ws() {
    let finding = found("positions", "entity_missing:entity=NVDA", "missing_in_ws", "");
    assert_eq!(finding["entity"]["/symbol"], "NVDA");
}

#[test]
fn a_position_that_rest_does_not_know_is_missing_in_rest() {
    let finding = found("positions", "missing_in_rest", "missing_in_rest", "");
    assert_eq!(finding["entity"]["/symbol"], "GHOST");
}

#[test]
fn a_push_that_never_came_is_a_dropped_push() {
    let run = watched("account_balance", "drop_push:feature=account_balance,every=4", "0.3", 12);
    let finding = named("account_balance", &run, "dropped_push");
    assert!(finding["wrong_ms"].as_u64().is_some_and(|wrong| wrong > 0), "{finding}");
}

#[test]
fn a_status_change_that_was_not_pushed_is_a_dropped_push() {
    let run = watched("global_market", "drop_push:feature=global_market,every=4", "0.3", 12);
    named("global_market", &run, "dropped_push");
}

#[test]
fn a_bar_that_was_not_pushed_is_a_dropped_push() {
    let run = watched("intraday", "drop_push:feature=intraday,every=5", "0.3", 12);
    named("intraday", &run, "dropped_push");
}

#[test]
fn pushes_beyond_their_delay_are_late() {
    let run = watched("account_balance", "late_push:feature=account_balance,seconds=3", "0.3", 16);
    let finding = named("account_balance", &run, "ws_late");
    let excess = finding["excess_ms"].as_u64().unwrap();
    assert!((1_000..3_000).contains(&excess), "3 s late, 1 s allowed: {finding}");
}

#[test]
fn an_old_answer_is_stale() {
    let run = watched("account_balance", "stale_rest:feature=account_balance,seconds=3", "0.3", 12);
    let finding = named("account_balance", &run, "stale_rest");
    let excess = finding["excess_ms"].as_u64().unwrap();
    assert!((1_500..4_000).contains(&excess), "3 s old, 0.5 s allowed: {finding}");
}

#[test]
fn a_cache_that_nobody_writes_is_stale() {
    let run = watched_later("account_balance", json!({"name": "redis_stale"}));
    named("account_balance", &run, "stale_rest");
}

/// The older state stays on the screen for a tick: longer than REST may be stale.
#[test]
fn two_messages_in_the_wrong_order_are_reordered() {
    let run = watched("account_balance", "reorder:feature=account_balance,every=4", "1.2", 14);
    named("account_balance", &run, "reordered");
}

#[test]
fn a_feature_that_falls_silent_is_stalled() {
    let run = watched_later("positions", json!({"name": "silent_feature", "feature": "positions"}));
    named("positions", &run, "stalled");
}

#[test]
fn a_socket_that_falls_mute_is_stalled() {
    let run = watched_later("account_balance", json!({"name": "mute"}));
    named("account_balance", &run, "stalled");
}

#[test]
fn a_truncated_message_of_the_feature_is_unreadable() {
    let truncated = r#"{"type":"positions","data":{"positions":["#;
    let run = watched_later("positions", json!({"name": "ws_not_json", "every": 10, "text": truncated}));
    named("positions", &run, "unreadable");
}

/// What the old rules took for the lateness that is allowed: each of these stood on the screen, and none may be go.
fn is_not_go(feature: &str, fault: &str, codes: &[&str]) {
    let backend =
        Backend::start(&["--tick", "0.3", "--market-ticks", "2", "--bar-ticks", "3", "--fault", fault]);
    let run = Tool::quick(&backend).shadow_diff(feature, 14);
    assert!(matches!(run.code, 1 | 3), "{}", run.stdout);
    let report = run.feature(feature);
    let gates = report["gates"].as_array().unwrap();
    let open = |gate: &&Value| gate["verdict"] != "go";
    let open: Vec<&str> = gates.iter().filter(open).map(|gate| gate["code"].as_str().unwrap()).collect();
    assert!(open.iter().any(|code| codes.contains(code)), "{open:?} names none of {codes:?}: {report:#}");
}

#[test]
fn a_second_sender_with_an_older_state_is_not_go() {
    is_not_go("positions", "second_sender", &["parity", "justified"]);
    is_not_go("account_balance", "second_sender:feature=account_balance", &["parity", "justified"]);
}

#[test]
fn messages_swapped_within_the_allowed_delay_are_not_go() {
    is_not_go("account_balance", "reorder:feature=account_balance,every=3", &["parity", "justified"]);
}

#[test]
fn a_position_that_comes_and_goes_is_not_go() {
    is_not_go("positions", "missing_in_rest:every=3", &["parity", "justified"]);
}

#[test]
fn a_rest_that_fails_every_other_time_is_not_go() {
    is_not_go("account_balance", "http_500_rate:rate=0.5", &["rest-errors"]);
}
