//! What a run lives through: expired tokens, closed sockets, answers that fail now and then.

use std::time::Duration;

use serde_json::json;

use super::{Backend, Tool};

fn quick_backend(more: &[&str]) -> Backend {
    let mut arguments = vec!["--tick", "0.3", "--market-ticks", "2", "--bar-ticks", "2"];
    arguments.extend(more);
    Backend::start(&arguments)
}

#[test]
fn a_token_that_ends_during_the_run_is_renewed() {
    let backend = quick_backend(&["--access-seconds", "2"]);
    let run = Tool::quick(&backend).shadow_diff("account_balance", 9).exits(0);
    assert_eq!(run.feature("account_balance")["rest_errors"], 0);
}

#[test]
fn all_tokens_revoked_during_the_run_are_asked_for_again() {
    let backend = quick_backend(&[]);
    let door = backend.door();
    let revoke = || door.plant(json!({"name": "token_expiry", "refresh": true}));
    let run = Tool::quick(&backend)
        .shadow_diff_while("account_balance positions", 9, Duration::from_secs(4), revoke)
        .exits(0);
    assert_eq!(run.feature("positions")["rest_errors"], 0);
}

#[test]
fn a_type_without_a_handler_closes_the_socket_and_the_run_goes_on() {
    let backend = quick_backend(&[]);
    let door = backend.door();
    let close = || door.plant(json!({"name": "unknown_type", "count": 1}));
    let run = Tool::quick(&backend)
        .shadow_diff_while("account_balance", 14, Duration::from_secs(4), close)
        .exits(0);
    let connection = &run.json()["connection"];
    assert_eq!(connection["closes"]["1011"], 1, "{connection}");
    assert_eq!(connection["reconnects"], 1, "{connection}");
}

#[test]
fn answers_that_fail_now_and_then_are_counted() {
    let backend = quick_backend(&["--fault", "http_500_rate:rate=0.1,feature=account_balance"]);
    let run = Tool::quick(&backend).shadow_diff("account_balance", 9).exits(0);
    assert!(run.feature("account_balance")["rest_errors"].as_u64().unwrap() > 0, "{}", run.stdout);
}

#[test]
fn answers_that_all_fail_are_an_error_not_a_verdict() {
    let backend = quick_backend(&["--fault", "http_html_error:feature=account_balance"]);
    let run = Tool::quick(&backend).shadow_diff("account_balance", 6).exits(4);
    assert_eq!(run.json()["verdict"], "error");
}

#[test]
fn a_sign_in_page_instead_of_json_is_an_error_not_a_verdict() {
    let backend = quick_backend(&["--fault", "http_html_error:feature=account_balance,status=200"]);
    Tool::quick(&backend).shadow_diff("account_balance", 6).exits(4);
}
