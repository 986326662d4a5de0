//! The REST side: what counts as an answer, what as an incident, and how often the server is asked.

use std::time::Duration;

use thor_cutover::model::feature::Post;
use thor_cutover::model::observation::{Event, RestAnswer};
use thor_cutover::observe::key::PseudonymKey;
use thor_cutover::observe::pseudonyms::Pseudonyms;

use super::server::{Reply, Server};
use super::{Setup, feature};

#[tokio::test]
async fn an_answer_is_stamped_on_both_sides_and_kept_as_text() {
    let server = Server::start(|_| Reply::json("{\"cash\": 50000.00}")).await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    let seen = watcher.answer().await;
    let Event::Rest(RestAnswer { feature, sent, status, body, bound }) = seen.event else { unreachable!() };
    assert_eq!((feature.as_ref(), status, body.as_ref()), ("positions", 200, "{\"cash\": 50000.00}"));
    assert!(sent <= seen.at && bound.is_empty());
    let asked = server.asked().remove(0);
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", "/api/positions"));
    assert_eq!(asked.headers["accept"], "application/json");
    assert!(!asked.headers.contains_key("authorization"));
}

#[tokio::test]
async fn what_is_no_data_is_an_incident_with_its_reason() {
    for (reply, reason) in [
        (
            Reply::status(404, "{\"detail\":\"No Account matches the given query.\"}"),
            "404 Not Found: No Account",
        ),
        (Reply::status(500, "{\"error\":\"boom\"}"), "500 Internal Server Error: boom"),
        (Reply::of(404, "text/html", &[], b"<title>Page not found</title>"), "HTML page: Page not found"),
        (Reply::of(200, "text/html", &[], b"<html><title>Log in</title>"), "HTML instead of JSON: Log in"),
        (Reply::status(200, ""), "empty"),
        (Reply::status(204, ""), "empty"),
        (Reply::json("{\"count\":2,\"next\":\"http://x/?page=2\",\"results\":[]}"), "first page"),
        (Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}".to_vec()), "no whole answer"),
        (Reply::Bytes(b"SSH-2.0-OpenSSH\r\n".to_vec()), "invalid HTTP"),
        (
            Reply::with_headers(301, &[("Location", "/api/positions/")], ""),
            "301 Moved Permanently to /api/positions/",
        ),
    ] {
        let server = Server::start(move |_| reply.clone()).await;
        let mut watcher = Setup::of(&server).begin().await.unwrap();
        watcher.rest_error(reason).await;
        let answers = watcher.seen.iter().filter(|seen| matches!(seen.event, Event::Rest(_))).count();
        assert_eq!(answers, 0, "{reason}");
    }
}

#[tokio::test]
async fn gzip_is_understood() {
    let body = super::gzip(b"{\"a\":1}");
    let server =
        Server::start(move |_| Reply::of(200, "application/json", &[("Content-Encoding", "gzip")], &body))
            .await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    let seen = watcher
        .until("answer or error", |event| matches!(event, Event::Rest(_) | Event::RestError { .. }))
        .await;
    let Event::Rest(answer) = seen.event else { panic!("{seen:?}") };
    assert_eq!(*answer.body, *"{\"a\":1}");
    assert!(server.asked()[0].headers["accept-encoding"].contains("gzip"));
}

#[tokio::test]
async fn a_template_is_one_request_for_each_value_and_says_which() {
    let server = Server::start(|asked| Reply::json(format!("{:?}", asked.target))).await;
    let mut setup = Setup::of(&server);
    setup.features[0].rest.path = "/api/session?market=USA&future={symbol}".to_owned();
    setup.features[0].rest.for_each.insert("symbol".to_owned(), vec!["ES".to_owned(), "Y M".to_owned()]);
    let mut watcher = setup.begin().await.unwrap();
    watcher.until_count("answer", 2, |event| matches!(event, Event::Rest(_))).await;
    let answers: Vec<_> = watcher
        .seen
        .iter()
        .filter_map(|seen| match &seen.event {
            Event::Rest(answer) => Some((answer.body.to_string(), answer.bound[0].clone())),
            _ => None,
        })
        .take(2)
        .collect();
    assert_eq!(
        answers[0],
        ("\"/api/session?market=USA&future=ES\"".to_owned(), ("symbol".into(), "ES".into()))
    );
    assert_eq!(
        answers[1],
        ("\"/api/session?market=USA&future=Y%20M\"".to_owned(), ("symbol".into(), "Y M".into()))
    );
}

#[tokio::test]
async fn the_server_is_not_asked_more_often_than_agreed() {
    let server = Server::start(|_| Reply::json("{}")).await;
    let mut setup = Setup::of(&server);
    setup.every = Some(Duration::from_millis(1));
    let mut watcher = setup.begin().await.unwrap();
    watcher.until_count("answer", 10, |event| matches!(event, Event::Rest(_))).await;
    let sent: Vec<_> = watcher
        .seen
        .iter()
        .filter_map(|seen| match &seen.event {
            Event::Rest(answer) => Some(answer.sent),
            _ => None,
        })
        .collect();
    let took = sent[9].since(sent[0]);
    assert!(took >= Duration::from_millis(9 * 50 - 10), "ten polls within {took:?}");
}

#[tokio::test]
async fn wishes_are_granted_at_once_then_twice_a_second_and_two_for_each_regular_answer_at_most() {
    for (every, allowed) in [(Duration::from_secs(1), 4..=6), (Duration::from_secs(60), 2..=2)] {
        let server = Server::start(|_| Reply::json("{}")).await;
        let mut setup = Setup::of(&server);
        setup.every = Some(every);
        let mut watcher = setup.begin().await.unwrap();
        watcher.answer().await;
        let begun = watcher.clock.now();
        let mut answers = 1;
        while watcher.clock.now().since(begun) < Duration::from_millis(1200) {
            watcher.observer.want_sample(0, watcher.clock.now());
            let mut batch = Vec::new();
            watcher.observer.ready(watcher.clock.now() + Duration::from_millis(20)).await;
            watcher.observer.take(&mut batch);
            answers += batch.len();
        }
        assert!(allowed.contains(&answers), "{answers} answers beside one every {every:?}");
    }
}

#[tokio::test]
async fn a_request_to_wait_is_obeyed() {
    let server = Server::start(|_| Reply::with_headers(429, &[("Retry-After", "30")], "{}")).await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    watcher.rest_error("asked to wait 30s").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_poller_that_is_told_to_stop_asks_no_more() {
    let server = Server::start(|_| Reply::json("{}")).await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    watcher.answer().await;
    watcher.observer.stop_polling(0);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let asked = server.asked().len();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(server.asked().len(), asked);
}

#[tokio::test]
async fn features_poll_side_by_side() {
    let server =
        Server::start(|asked| if asked.target == "/slow" { Reply::Hang } else { Reply::json("{}") }).await;
    let mut setup = Setup::of(&server);
    setup.features = vec![feature("slow", "/slow"), feature("fast", "/fast")];
    let mut watcher = setup.begin().await.unwrap();
    watcher
        .until_count(
            "answer of fast",
            5,
            |event| matches!(event, Event::Rest(answer) if answer.feature == "fast"),
        )
        .await;
    watcher.rest_error("no whole answer within 2s").await;
}

/// A question by POST that changes nothing, as GraphQL's: account numbers in it stay the observer's.
#[tokio::test]
async fn a_post_that_only_reads_is_asked_as_it_is_written_and_shown_without_account_numbers() {
    let server = Server::start(|_| Reply::json("{\"data\":[]}")).await;
    let mut setup = Setup::of(&server);
    let body = "{\"query\":\"{ positions }\",\"variables\":{\"account_id\":\"PLANTED-ACCOUNT\"}}";
    let reads = "a query of GraphQL".to_owned();
    setup.features[0].rest.post = Some(Post { body: body.to_owned(), reads });
    let mut watcher = setup.begin().await.unwrap();
    watcher.answer().await;
    let asked = server.asked().remove(0);
    assert_eq!((asked.method.as_str(), asked.body.as_str()), ("POST", body));
    assert_eq!(asked.headers["content-type"], "application/json");
    let pseudonyms = Pseudonyms::new(PseudonymKey::of([7; 32]), &["account_id".to_owned()]);
    let shown = format!("{:?}", pseudonyms.features(&setup.features));
    assert!(shown.contains("acct-") && !shown.contains("PLANTED"), "{shown}");
    let digest = thor_cutover::contract::digest(&setup.features);
    setup.features[0].rest.post.as_mut().unwrap().reads = "said otherwise".to_owned();
    assert_eq!(thor_cutover::contract::digest(&setup.features), digest);
    setup.features[0].rest.post.as_mut().unwrap().body = "{}".to_owned();
    assert_ne!(thor_cutover::contract::digest(&setup.features), digest);
}
