//! What a server may send that no server should: each ends as an incident, nothing crashes, nothing leaks.

use std::time::Duration;

use thor_cutover::model::observation::Event;

use super::Setup;
use super::server::{Order, Reply, Server};

#[tokio::test]
async fn a_frame_without_end_closes_the_connection_before_it_fills_the_memory() {
    let server = Server::start(|_| Reply::json("{}")).await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    watcher.until("open", |event| *event == Event::Open).await;
    // a text frame that announces 64 MiB
    let mut head = vec![0x81, 127];
    head.extend_from_slice(&(64u64 << 20).to_be_bytes());
    server.order(Order::Raw(head));
    let seen = watcher.closed(1009).await;
    assert!(matches!(seen.event, Event::Closed { reason, .. } if reason.contains("67108864")));
    watcher.until_count("open", 2, |event| *event == Event::Open).await;
}

#[tokio::test]
async fn nesting_of_any_depth_is_read_without_recursion() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let body = deep.clone();
    let server = Server::start(move |_| Reply::json(body.clone())).await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    watcher.answer().await;
    server.say(&deep);
    watcher.message("[[[[").await;
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let server = Server::start(|_| Reply::json(format!("\"{}\"", "x".repeat(2 << 20)))).await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    watcher.rest_error("larger than 1048576 bytes").await;
}

#[tokio::test]
async fn a_small_body_that_unpacks_to_a_large_one_is_cut_off_too() {
    let bomb = super::gzip(&vec![b'0'; 4 << 20]);
    assert!(bomb.len() < 10_000);
    let server =
        Server::start(move |_| Reply::of(200, "application/json", &[("Content-Encoding", "gzip")], &bomb))
            .await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    watcher.rest_error("larger than 1048576 bytes").await;
}

#[tokio::test]
async fn an_answer_that_drips_ends_at_the_time_limit() {
    let server = Server::start(|_| {
        let Reply::Bytes(bytes) = Reply::json("{\"a\": 1}") else { unreachable!() };
        Reply::Drip(bytes, Duration::from_millis(100))
    })
    .await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    watcher.rest_error("no whole answer within 2s").await;
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed_and_gets_no_token() {
    let other = Server::start(|_| Reply::json("{}")).await;
    let elsewhere = format!("{}/steal?token=abc", other.rest_url());
    let named = other.rest_url();
    let server = Server::start(move |_| Reply::with_headers(302, &[("Location", &elsewhere)], "")).await;
    let mut setup = Setup::of(&server);
    setup.features[0].rest.auth = true;
    setup.auth.token_env = Some("THOR_TOKEN".to_owned());
    setup.set("THOR_TOKEN", "secret");
    let mut watcher = setup.begin().await.unwrap();
    let seen = watcher.rest_error("302 Found to").await;
    let Event::RestError { error, .. } = seen.event else { unreachable!() };
    assert!(error.contains(&named) && !error.contains("abc"), "{error}");
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_path_that_leads_to_another_host_is_not_asked() {
    let other = Server::start(|_| Reply::json("{}")).await;
    let server = Server::start(|_| Reply::json("{}")).await;
    let mut setup = Setup::of(&server);
    setup.features[0].rest.path = format!("//{}/api", other.address);
    let mut watcher = setup.begin().await.unwrap();
    // whatever it is taken for, it stays here
    watcher.until("end of a poll", |event| matches!(event, Event::Rest(_) | Event::RestError { .. })).await;
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn terminal_escapes_in_reasons_are_shown_and_not_obeyed() {
    let server = Server::start(|_| Reply::status(500, "{\"detail\":\"\\u001b[2J\\u202e\"}")).await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    let seen = watcher.rest_error("500").await;
    server.order(Order::Close(4001, "\u{1b}]0;owned\u{7}"));
    let closed = watcher.closed(4001).await;
    for text in [format!("{:?}", seen.event), format!("{:?}", closed.event)] {
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    }
    let Event::Closed { reason, .. } = closed.event else { unreachable!() };
    assert!(!reason.chars().any(char::is_control), "{reason:?}");
}

#[tokio::test]
async fn account_numbers_become_pseudonyms_before_anything_sees_them() {
    let body = "{\"account_id\":\"PAPER-7-4C1D22AB\",\"rows\":[{\"account_number\":12345678}]}";
    let server = Server::start(move |_| Reply::json(body)).await;
    let mut setup = Setup::of(&server);
    setup.identifiers = vec!["account_id".to_owned(), "account_number".to_owned()];
    setup.features[0].rest.path = "/api?account_id={account}".to_owned();
    setup.features[0].rest.for_each.insert("account".to_owned(), vec!["PAPER-7-4C1D22AB".to_owned()]);
    let mut watcher = setup.begin().await.unwrap();
    watcher.answer().await;
    server.say("{\"type\":\"balances\",\"data\":{\"account_id\":\"PAPER-7-4C1D22AB\"}}");
    watcher.message("balances").await;
    let seen = format!("{:?}", watcher.seen);
    assert!(!seen.contains("4C1D22AB") && !seen.contains("12345678"), "{seen}");
    assert!(seen.matches("acct-").count() >= 4, "{seen}");
    assert_eq!(server.asked()[0].target, "/api?account_id=PAPER-7-4C1D22AB", "the request itself is real");
}
