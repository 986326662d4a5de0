//! What looks different and is not: each stays go, and the report says what was seen.

use serde_json::{Value, json};

use super::{Backend, Run, Tool};

fn quick_backend(fault: &str) -> Backend {
    Backend::start(&["--tick", "0.3", "--market-ticks", "2", "--bar-ticks", "2", "--fault", fault])
}

/// All four features are go although `fault` acts.
fn stays_go(fault: &str) -> Run {
    let backend = quick_backend(fault);
    let run = Tool::quick(&backend).shadow_diff("", 9).exits(0);
    assert!(backend.door().applied() > 0, "the fault never acted: {fault}");
    run
}

fn noted(report: &Value, kind: &str) -> bool {
    report["notes"].as_array().unwrap().iter().any(|note| note["kind"] == kind)
}

#[test]
fn messages_under_their_aliases() {
    stays_go("alias_types");
}

#[test]
fn messages_under_dotted_names() {
    stays_go("alias_types:style=dotted");
}

#[test]
fn a_type_of_its_own_inside_the_data_does_not_route() {
    stays_go("inner_type:inner=positions");
}

#[test]
fn numbers_as_text() {
    let run = stays_go("text_numbers:feature=account_balance");
    assert!(noted(&run.feature("account_balance"), "type"), "{}", run.stdout);
}

#[test]
fn each_message_twice() {
    let run = stays_go("duplicates");
    assert!(noted(&run.feature("positions"), "duplicate"), "{}", run.stdout);
}

#[test]
fn messages_of_another_account_symbol_and_country_are_filtered() {
    let run = stays_go("foreign_account");
    for feature in ["account_balance", "positions", "intraday"] {
        assert!(run.feature(feature)["filtered"].as_u64().unwrap() > 5, "{feature}: {}", run.stdout);
    }
}

#[test]
fn an_instant_that_differs_on_every_read() {
    let backend = quick_backend("utcnow");
    Tool::quick(&backend).shadow_diff("account_balance", 9).exits(0);
}

#[test]
fn a_source_that_flips_between_redis_and_database() {
    let backend = quick_backend("source_flip");
    Tool::quick(&backend).shadow_diff("account_balance", 9).exits(0);
}

#[test]
fn a_frame_that_is_no_message_is_counted() {
    let run = stays_go("ws_not_json:every=20");
    assert!(run.json()["connection"]["bad_frames"].as_u64().unwrap() > 0, "{}", run.stdout);
}

#[test]
fn a_field_declared_rest_only_may_be_missing_in_the_messages() {
    let backend = quick_backend("field_missing:field=currency");
    let undeclared = Tool::quick(&backend).shadow_diff("positions", 9).exits(1);
    assert_eq!(undeclared.finding("positions", "missing_in_ws", "/currency")["ws"], json!(null));
    let declared = Tool::quick_with(&backend, r#"rest_only = ["/id", "/description", "/currency"]"#);
    declared.shadow_diff("positions", 9).exits(0);
}
