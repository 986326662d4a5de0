//! Tokens: earned, renewed, refused; and nowhere to be read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use thor_cutover::error::Error;
use thor_cutover::model::observation::Event;

use super::server::{Asked, Reply, Server};
use super::{Setup, Watcher};

/// Thor's login, with a token that names its number.
#[derive(Default)]
struct Tokens {
    logins: AtomicUsize,
    refreshes: AtomicUsize,
}

fn tokens(access: &str) -> Reply {
    Reply::json(format!("{{\"access\":\"{access}\",\"refresh\":\"r\"}}"))
}

fn refused() -> Reply {
    Reply::status(401, "{\"detail\":\"Given token not valid for any token type\"}")
}

fn token_of(asked: &Asked) -> &str {
    asked.headers.get("authorization").map_or("", |value| value.trim_start_matches("Bearer "))
}

/// A server whose data need one of `good`; the nth login or refresh gives what `earn` says.
async fn server(
    earn: impl Fn(&str, usize) -> Reply + Send + Sync + 'static,
    good: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> (Server, Arc<Tokens>) {
    let counts = Arc::new(Tokens::default());
    let counted = Arc::clone(&counts);
    let server = Server::start(move |asked| match asked.target.as_str() {
        "/login/" => earn("login", counted.logins.fetch_add(1, Ordering::Relaxed) + 1),
        "/refresh/" => earn("refresh", counted.refreshes.fetch_add(1, Ordering::Relaxed) + 1),
        _ if good(token_of(asked)) => Reply::json("{}"),
        _ => refused(),
    })
    .await;
    (server, counts)
}

fn counts(tokens: &Tokens) -> (usize, usize) {
    (tokens.logins.load(Ordering::Relaxed), tokens.refreshes.load(Ordering::Relaxed))
}

async fn refusal(watcher: &mut Watcher) -> Error {
    for _ in 0..200 {
        if let Some(refusal) = watcher.observer.refusal() {
            return Error::from(thor_cutover::observe::ContactError::from(refusal));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no refusal");
}

#[tokio::test]
async fn a_login_earns_the_token_of_every_request() {
    let (server, made) = server(|_, _| tokens("a1"), |token| token == "a1").await;
    let mut watcher = Setup::of(&server).with_login().begin().await.unwrap();
    watcher.until_count("answer", 3, |event| matches!(event, Event::Rest(_))).await;
    assert_eq!(counts(&made), (1, 0));
    let login = server.asked().into_iter().find(|asked| asked.target == "/login/").unwrap();
    assert_eq!(login.method, "POST");
    assert_eq!(login.body, "{\"email\":\"ann@thor.example\",\"password\":\"hunter2-the-secret\"}");
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let earn = |how: &str, n: usize| {
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode("{\"iat\":100,\"exp\":101}");
        tokens(&format!("x.{claims}.{how}{n}"))
    };
    let (server, made) = server(earn, |token| token.starts_with("x.")).await;
    let mut watcher = Setup::of(&server).with_login().begin().await.unwrap();
    watcher.until_count("answer", 25, |event| matches!(event, Event::Rest(_))).await;
    let (logins, refreshes) = counts(&made);
    assert!(logins == 1 && (1..=4).contains(&refreshes), "{logins} logins, {refreshes} refreshes");
    assert!(watcher.seen.iter().all(|seen| !matches!(seen.event, Event::RestError { .. })));
}

#[tokio::test]
async fn a_refused_token_is_refreshed_once_then_earned_anew() {
    let earn = |how: &str, n: usize| tokens(&format!("{how}{n}"));
    let (server, made) = server(earn, |token| token == "login2").await;
    let mut watcher = Setup::of(&server).with_login().begin().await.unwrap();
    watcher.answer().await;
    assert_eq!(counts(&made), (2, 1));
    assert!(watcher.observer.refusal().is_none());
}

#[tokio::test]
async fn a_login_that_takes_its_time_is_no_gap() {
    let slow = |_: &str, _| {
        let Reply::Bytes(bytes) = tokens("a1") else { unreachable!() };
        let pause = Duration::from_millis(2600) / bytes.len() as u32;
        Reply::Drip(bytes, pause)
    };
    let (server, _) = server(slow, |token| token == "a1").await;
    let mut setup = Setup::of(&server).with_login();
    setup.backend.request_timeout = Duration::from_secs(9);
    let mut watcher = setup.begin().await.unwrap();
    watcher.answer().await;
    assert!(watcher.seen.iter().all(|seen| !matches!(seen.event, Event::Gap { .. })), "{:?}", watcher.seen);
}

#[tokio::test]
async fn a_login_that_does_not_help_ends_it_and_is_not_repeated() {
    let (server, made) = server(|how, n| tokens(&format!("{how}{n}")), |_| false).await;
    let mut watcher = Setup::of(&server).with_login().begin().await.unwrap();
    let error = refusal(&mut watcher).await;
    assert!(error.to_string().contains("does not accept the token"), "{error}");
    assert_eq!(error.exit_code(), 4);
    assert!(counts(&made).0 <= 3, "{:?}", counts(&made));
}

#[tokio::test]
async fn a_wrong_password_is_said_at_once_and_tried_once() {
    let wrong = |_: &str, _| Reply::status(400, "{\"non_field_errors\":[\"Invalid credentials\"]}");
    let (server, made) = server(wrong, |_| false).await;
    let error = Error::from(Setup::of(&server).with_login().begin().await.err().unwrap());
    assert!(error.to_string().contains("Invalid credentials"), "{error}");
    assert!(error.hint.unwrap().contains("password"));
    assert_eq!((error.kind, counts(&made)), (thor_cutover::error::ErrorKind::Failed, (1, 0)));
}

#[tokio::test]
async fn credentials_that_are_needed_and_missing_are_said() {
    let (server, _) = server(|_, _| refused(), |_| false).await;
    let mut setup = Setup::of(&server);
    setup.features[0].rest.auth = true;
    let mut watcher = setup.begin().await.unwrap();
    let error = refusal(&mut watcher).await;
    assert!(error.to_string().contains("credentials are needed"), "{error}");
    let mut half = Setup::of(&server).with_login();
    half.environment.variables.remove("THOR_PASSWORD");
    let error = Error::from(half.begin().await.err().unwrap());
    assert!(error.to_string().contains("THOR_PASSWORD"), "{error}");
}

#[tokio::test]
async fn a_token_file_is_read_again_when_its_token_is_refused() {
    let (server, _) = server(|_, _| refused(), |token| token == "second").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "first\n").unwrap();
    let mut setup = Setup::of(&server);
    setup.features[0].rest.auth = true;
    setup.auth.token_file = Some(path.clone());
    let begun = setup.begin();
    std::fs::write(&path, "first\n").unwrap();
    let mut watcher = begun.await.unwrap();
    std::fs::write(&path, "second\n").unwrap();
    watcher.answer().await;
}

/// The same path answers without credentials on another backend: they are sent only where they are needed.
#[tokio::test]
async fn a_public_path_gets_no_token_until_it_asks_for_one() {
    let (server, _) = server(|_, _| tokens("a1"), |token| token.is_empty()).await;
    let mut setup = Setup::of(&server).with_login();
    setup.features[0].rest.auth = false;
    setup.begin().await.unwrap().answer().await;
    assert!(server.asked().iter().all(|asked| !asked.headers.contains_key("authorization")));

    let (server, _) = self::server(|_, _| tokens("a1"), |token| token == "a1").await;
    let mut setup = Setup::of(&server).with_login();
    setup.features[0].rest.auth = false;
    setup.begin().await.unwrap().answer().await;
}

#[tokio::test]
async fn secrets_are_in_no_error_and_no_observation() {
    let secret = "hunter2-the-secret";
    let echo = |_: &str, _| Reply::status(500, "{\"detail\":\"database down\"}");
    let (server, _) = server(echo, |_| false).await;
    let mut setup = Setup::of(&server).with_login();
    let error = Error::from(setup.begin().await.err().unwrap());
    assert!(!format!("{error:?}").contains(secret), "{error:?}");
    setup.auth.token_env = Some("THOR_TOKEN".to_owned());
    setup.set("THOR_TOKEN", secret);
    let mut watcher = setup.begin().await.unwrap();
    let error = refusal(&mut watcher).await;
    watcher.rest_error("401").await;
    assert!(!format!("{error:?}").contains(secret) && !format!("{:?}", watcher.seen).contains(secret));
}
