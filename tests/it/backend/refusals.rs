//! What cannot begin says so at once: exit 4 or 2, and what to check.

use std::time::Duration;

use super::{Backend, Run, Tool};

#[track_caller]
fn assert_says(run: &Run, words: &[&str]) {
    assert_eq!(run.stdout, "", "no answer, so nothing on stdout");
    for word in words {
        assert!(run.stderr.contains(word), "no {word:?} in:\n{}", run.stderr);
    }
    assert!(run.stderr.contains("hint: "), "says what to do:\n{}", run.stderr);
    assert!(run.took < Duration::from_secs(10), "took {:?}", run.took);
}

#[test]
fn a_backend_that_is_not_there() {
    let backend = Backend::start(&["--paused"]);
    let tool = Tool::by_contract(&backend);
    let url = backend.said("rest_url").to_owned();
    drop(backend);
    for features in ["account_balance", "global_market"] {
        let run = tool.run(&format!("shadow-diff {features} --rest-url {url}")).exits(4);
        assert_says(&run, &[url.trim_start_matches("http://")]);
    }
}

#[test]
fn a_feature_that_is_misspelt() {
    let backend = Backend::start(&["--paused"]);
    let run = Tool::by_contract(&backend).run("shadow-diff account_balence").exits(2);
    assert_says(&run, &["account_balence", "account_balance"]);
}

#[test]
fn an_origin_that_is_not_allowed() {
    let backend = Backend::start(&["--tick", "0.3"]);
    let run = Tool::quick(&backend).run("shadow-diff global_market --origin http://evil.example").exits(4);
    assert_says(&run, &["403", "rigin"]);
}

#[test]
fn a_password_that_is_wrong() {
    let backend = Backend::start(&["--tick", "0.3"]);
    let run =
        Tool::quick(&backend).with_password("hunter2-wrong").run("shadow-diff account_balance").exits(4);
    assert_says(&run, &["Invalid credentials"]);
    assert!(!run.stderr.contains("hunter2-wrong"), "{}", run.stderr);
}

#[test]
fn a_path_without_its_slash_and_a_server_without_websockets() {
    let backend = Backend::start(&["--tick", "0.3"]);
    let without_slash = backend.said("ws_url").trim_end_matches('/').to_owned();
    let run =
        Tool::quick(&backend).run(&format!("shadow-diff global_market --ws-url {without_slash}")).exits(4);
    assert_says(&run, &["500", "slash"]);
    drop(backend);
    let plain = Backend::start(&["--wsgi"]);
    let run = Tool::quick(&plain).run("shadow-diff global_market").exits(4);
    assert_says(&run, &["404"]);
}
