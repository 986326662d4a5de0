//! Calls that cannot work say why, at once, and with the right exit code.

use std::time::{Duration, Instant};

use crate::observe::server::{Reply, Server};

use super::{against, observe, stderr, thor, thor_cutover};

#[test]
fn a_backend_that_is_not_there_is_exit_4_within_ten_seconds() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    #[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
    let started = Instant::now();
    let output = thor_cutover(folder.path())
        .args(["shadow-diff", "account_balance", "--rest-url", &format!("http://127.0.0.1:{port}")])
        .output()
        .unwrap();
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(output.status.code(), Some(4));
    let said = stderr(&output);
    assert!(said.contains("refused") && said.contains("hint: ") && said.contains("rest_url"), "{said}");
}

#[tokio::test]
async fn rest_that_refuses_or_never_answers_is_exit_4_within_ten_seconds() {
    let server = Server::start(|_| Reply::Hang).await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (rest_url, said) in
        [(server.rest_url(), "no answer within 8s"), (format!("http://127.0.0.1:{port}"), "refused")]
    {
        let folder = tempfile::tempdir().unwrap();
        let mut command = tokio::process::Command::new(assert_cmd::cargo::cargo_bin("thor-cutover"));
        command.current_dir(folder.path()).env_clear().args([
            "shadow-diff",
            "global_market",
            "--rest-url",
            &rest_url,
        ]);
        #[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
        let started = Instant::now();
        let output = command.args(["--ws-url", &server.ws_url()]).output().await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        assert!(
            stderr(&output).contains(said) && stderr(&output).contains("rest_url"),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn a_misspelt_feature_is_exit_2_with_the_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    let output = thor_cutover(folder.path()).args(["shadow-diff", "acount_balance"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean `account_balance`?"), "{}", stderr(&output));
}

#[test]
fn a_wrong_password_and_missing_credentials_are_exit_4() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let output = against(&emulator, folder.path())
        .env("THOR_PASSWORD", "wrong-hunter2")
        .args(["shadow-diff", "account_balance"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    let said = stderr(&output);
    assert!(said.contains("Invalid credentials") && !said.contains("wrong-hunter2"), "{said}");
    let output = against(&emulator, folder.path())
        .env_remove("THOR_USER")
        .env_remove("THOR_PASSWORD")
        .args(["shadow-diff", "account_balance"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(stderr(&output).contains("credentials are needed"), "{}", stderr(&output));
}

#[test]
fn an_origin_that_is_not_allowed_is_exit_4_and_named() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let output =
        observe(&emulator, folder.path(), &["account_balance", "--origin", "http://elsewhere.example"]);
    assert_eq!(output.status.code(), Some(4));
    let said = stderr(&output);
    assert!(said.contains("http://elsewhere.example") && said.contains("ALLOWED_HOSTS"), "{said}");
}

#[test]
fn a_pace_that_would_hurt_and_a_format_that_is_none_are_exit_2() {
    let emulator = thor(Vec::new());
    let folder = tempfile::tempdir().unwrap();
    let output = observe(&emulator, folder.path(), &["--every", "1ms"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let output = observe(&emulator, folder.path(), &["--for", "1s", "--format", "sarif"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}
