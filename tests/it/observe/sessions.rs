//! Ways to be let in and to be answered: schemes, tokens of other names, cookies, ETags, pages, certificates, unix sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use thor_cutover::error::Error;
use thor_cutover::model::feature::NextPage;
use thor_cutover::model::observation::Event;
use thor_cutover::settings::Csrf;

use super::server::{Asked, Order, Reply, Server};
use super::{Setup, Watcher, tls};

fn header<'a>(asked: &'a Asked, name: &str) -> &'a str {
    asked.headers.get(name).map_or("", String::as_str)
}

fn bodies(watcher: &Watcher) -> Vec<String> {
    let answers = watcher.seen.iter().filter_map(|seen| match &seen.event {
        Event::Rest(answer) => Some(answer.body.to_string()),
        _ => None,
    });
    answers.collect()
}

async fn answers(watcher: &mut Watcher, count: usize) {
    watcher.until_count("answer", count, |event| matches!(event, Event::Rest(_))).await;
}

#[tokio::test]
async fn a_login_of_another_kind_is_spoken() {
    let server = Server::start(|asked| match asked.target.as_str() {
        "/login/" => Reply::json("{\"data\":{\"token\":\"abc-123-def\",\"renew\":\"ren-456-ghi\"}}"),
        "/refresh/" => Reply::json("{\"data\":{\"token\":\"fresh-789-jkl\"}}"),
        _ if header(asked, "authorization") == "Token fresh-789-jkl" => Reply::json("{}"),
        _ => Reply::status(401, "{\"detail\":\"expired\"}"),
    })
    .await;
    let mut setup = Setup::of(&server).with_login();
    setup.auth.scheme = "Token".to_owned();
    let login = setup.auth.login.as_mut().unwrap();
    login.password_field = "pwd".to_owned();
    login.access = "/data/token".parse().unwrap();
    login.refresh = "/data/renew".parse().unwrap();
    let mut watcher = setup.begin().await.unwrap();
    watcher.answer().await;
    let asked = server.asked();
    let body = |path: &str| asked.iter().find(|it| it.target == path).unwrap().body.clone();
    assert_eq!(body("/login/"), "{\"email\":\"ann@thor.example\",\"pwd\":\"hunter2-the-secret\"}");
    assert_eq!(body("/refresh/"), "{\"renew\":\"ren-456-ghi\"}");
    assert!(asked.iter().any(|it| header(it, "authorization") == "Token abc-123-def"));
}

#[tokio::test]
async fn a_token_may_stand_alone() {
    let server = Server::start(|asked| match header(asked, "authorization") {
        "plain-token-1" => Reply::json("{}"),
        _ => Reply::status(401, "{}"),
    })
    .await;
    let mut setup = Setup::of(&server);
    setup.auth.scheme = String::new();
    setup.auth.token_env = Some("PLAIN".to_owned());
    setup.set("PLAIN", "plain-token-1");
    setup.features[0].rest.auth = true;
    setup.begin().await.unwrap().answer().await;
}

/// The session's cookies go with every request and every handshake, are earned again after a 401, and change as the
/// server sets them.
#[tokio::test]
async fn a_login_earns_cookies_for_both_sides() {
    let logins = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&logins);
    let server = Server::start(move |asked| match asked.target.as_str() {
        "/login/" => {
            let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
            assert_eq!(header(asked, "cookie"), "", "the old session is forgotten");
            let session = format!("sessionid=session-{number}-abcdef; HttpOnly; Path=/");
            Reply::with_headers(
                200,
                &[("Set-Cookie", &session), ("Set-Cookie", "csrf=cs-99887766")],
                "{\"ok\":true}",
            )
        }
        _ if header(asked, "cookie").contains("session-2-abcdef") => Reply::json("{}"),
        _ => Reply::status(401, "{\"detail\":\"who are you\"}"),
    })
    .await;
    let mut setup = Setup::of(&server).with_login();
    setup.auth.login.as_mut().unwrap().cookies = true;
    setup.auth.login.as_mut().unwrap().refresh_path = None;
    let mut watcher = setup.begin().await.unwrap();
    watcher.answer().await;
    assert_eq!(logins.load(Ordering::SeqCst), 2);
    assert_eq!(server.handshakes()[0]["cookie"], "csrf=cs-99887766; sessionid=session-1-abcdef");
    server.order(Order::Cut);
    watcher.until_count("handshake", 2, |event| matches!(event, Event::Open)).await;
    assert_eq!(server.handshakes()[1]["cookie"], "csrf=cs-99887766; sessionid=session-2-abcdef");
    // what the server sees echoed is nowhere
    server.say("{\"type\":\"positions\",\"echo\":\"session-2-abcdef cs-99887766\"}");
    let seen = watcher.message("echo").await;
    assert!(format!("{seen:?}").contains("[secret] [secret]"), "{seen:?}");
}

/// Django's own login says the cookie that a GET of the page set again in a header, and refuses one that does not.
#[tokio::test]
async fn a_login_that_wants_a_csrf_token_gets_it_and_its_cookie_alone_is_no_session() {
    for gives_session in [true, false] {
        let server = Server::start(move |asked| match (asked.method.as_str(), asked.target.as_str()) {
            ("GET", "/login/") => {
                Reply::with_headers(405, &[("Set-Cookie", "csrftoken=cs-99887766; Path=/")], "{}")
            }
            ("POST", "/login/") => {
                assert_eq!(header(asked, "cookie"), "csrftoken=cs-99887766");
                assert_eq!(header(asked, "x-csrftoken"), "cs-99887766");
                assert!(header(asked, "referer").ends_with("/login/"), "{:?}", asked.headers);
                let cookies: &[(&str, &str)] =
                    if gives_session { &[("Set-Cookie", "sessionid=session-1-abcdef")] } else { &[] };
                Reply::with_headers(200, cookies, "{}")
            }
            _ if header(asked, "cookie").contains("session-1-abcdef") => Reply::json("{}"),
            _ => Reply::status(401, "{}"),
        })
        .await;
        let mut setup = Setup::of(&server).with_login();
        let login = setup.auth.login.as_mut().unwrap();
        login.cookies = true;
        login.csrf = Some(Csrf { cookie: "csrftoken".to_owned(), header: "X-CSRFToken".to_owned() });
        match setup.begin().await {
            Ok(mut watcher) => {
                assert!(gives_session, "a CSRF cookie is no session");
                watcher.answer().await;
            }
            Err(error) => {
                let error = Error::from(error).to_string();
                assert!(!gives_session && error.contains("neither a cookie nor a token"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_login_without_a_cookie_or_a_token_is_refused_in_words() {
    let server = Server::start(|_| Reply::json("{\"welcome\":true}")).await;
    for (cookies, word) in [(true, "neither a cookie nor a token at /access"), (false, "no token at /access")]
    {
        let mut setup = Setup::of(&server).with_login();
        setup.auth.login.as_mut().unwrap().cookies = cookies;
        let error = Error::from(setup.begin().await.err().unwrap());
        assert!(error.to_string().contains(word), "{error}");
    }
}

/// 304 is an answer: what was said before still holds, and it is told again.
#[tokio::test]
async fn unchanged_is_an_answer() {
    let count = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |asked| {
        let number = count.fetch_add(1, Ordering::SeqCst) / 3;
        let etag = format!("W/\"v{number}\"");
        if header(asked, "if-none-match") == etag {
            return Reply::with_headers(304, &[("ETag", &etag)], "");
        }
        Reply::with_headers(200, &[("ETag", &etag)], &format!("{{\"n\":{number}}}"))
    })
    .await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    answers(&mut watcher, 8).await;
    let expected = [0, 0, 0, 1, 1, 1, 2, 2].map(|n| format!("{{\"n\":{n}}}"));
    assert_eq!(bodies(&watcher)[..8], expected);
    assert!(watcher.seen.iter().all(|seen| !matches!(seen.event, Event::RestError { .. })));
    let asked = server.asked();
    assert_eq!(header(&asked[0], "if-none-match"), "");
    assert!(asked.iter().filter(|it| !header(it, "if-none-match").is_empty()).count() >= 6);
}

#[tokio::test]
async fn unchanged_with_nothing_before_is_an_error_and_no_store_is_obeyed() {
    let server = Server::start(|_| Reply::of(304, "application/json", &[], b"")).await;
    Setup::of(&server).begin().await.unwrap().rest_error("there is no answer before it").await;
    let server = Server::start(|asked| {
        assert_eq!(header(asked, "if-none-match"), "");
        Reply::with_headers(200, &[("ETag", "\"x\""), ("Cache-Control", "no-store")], "{}")
    })
    .await;
    let mut watcher = Setup::of(&server).begin().await.unwrap();
    answers(&mut watcher, 3).await;
}

#[tokio::test]
async fn pages_are_put_together_on_the_same_host_only_and_not_without_end() {
    fn page(asked: &Asked, host: &str) -> String {
        let number: usize = asked.target.split("page=").nth(1).and_then(|it| it.parse().ok()).unwrap_or(1);
        let next = if number < 3 {
            format!("\"http://{host}/api/positions?page={}\"", number + 1)
        } else {
            "null".to_owned()
        };
        format!("{{\"count\":3,\"next\":{next},\"results\":[{{\"n\":{number}}}]}}")
    }
    let server = Server::start(|asked| Reply::json(page(asked, header(asked, "host")))).await;
    let mut setup = Setup::of(&server);
    setup.features[0].rest.select = "/results".parse().unwrap();
    setup.features[0].rest.next = Some(NextPage::At("/next".parse().unwrap()));
    let mut watcher = setup.begin().await.unwrap();
    watcher.answer().await;
    assert_eq!(
        bodies(&watcher)[0],
        "{\"count\":3,\"next\":null,\"results\":[{\"n\":1},{\"n\":2},{\"n\":3}]}"
    );
    // unfollowed it is named
    setup.features[0].rest.next = None;
    setup.begin().await.unwrap().rest_error("only the first page of several").await;

    let foreign = Server::start(|asked| Reply::json(page(asked, "evil.example"))).await;
    let mut setup = Setup::of(&foreign);
    setup.features[0].rest.next = Some(NextPage::At("/next".parse().unwrap()));
    setup.begin().await.unwrap().rest_error("on another host, and credentials never follow").await;

    let count = Arc::new(AtomicUsize::new(0));
    let endless = Server::start(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        Reply::json(format!("{{\"next\":\"?page={number}\",\"results\":[]}}"))
    })
    .await;
    let mut setup = Setup::of(&endless);
    setup.features[0].rest.next = Some(NextPage::At("/next".parse().unwrap()));
    setup.begin().await.unwrap().rest_error("it does not end after 50 pages").await;
}

#[tokio::test]
async fn pages_are_found_by_the_link_header_too() {
    let server = Server::start(|asked| {
        if asked.target.contains("page=2") {
            return Reply::json("[2]");
        }
        Reply::with_headers(200, &[("Link", "</api/positions?page=2&token=hush>; rel=\"next\"")], "[1]")
    })
    .await;
    let mut setup = Setup::of(&server);
    setup.features[0].rest.next = Some(NextPage::Link);
    let mut watcher = setup.begin().await.unwrap();
    watcher.answer().await;
    assert_eq!(bodies(&watcher)[0], "[1,2]");
    setup.features[0].rest.next = None;
    let seen = setup.begin().await.unwrap().rest_error("`Link` names a next one at /api/positions;").await;
    assert!(!format!("{seen:?}").contains("hush"), "{seen:?}");
}

#[tokio::test]
async fn a_client_shows_its_certificate_on_both_sides() {
    let server = Server::start(|_| Reply::json("{}")).await;
    let address = tls::in_front_of(&server, Some("client-ca.pem")).await;
    let mut setup = Setup::at(&format!("https://{address}"), &format!("wss://{address}/ws/"));
    setup.backend.ca_file = Some(tls::fixture("ca.pem"));
    let own = |key: &str| thor_cutover::settings::ClientCertificate {
        certificate: tls::fixture("client.pem"),
        key: tls::fixture(key),
    };
    setup.backend.client_certificate = Some(own("client.key"));
    let mut watcher = setup.begin().await.unwrap();
    watcher.answer().await;
    server.say("{\"type\":\"positions\"}");
    watcher.message("positions").await;

    setup.backend.client_certificate = None;
    let error = Error::from(setup.begin().await.err().unwrap());
    assert_eq!(error.exit_code(), 4, "{error}");
    for (key, word) in [
        ("client.pem", "holds no private key"),
        ("none.key", "cannot use the key"),
        ("server.key", "cannot use the key"),
    ] {
        setup.backend.client_certificate = Some(own(key));
        let error = Error::from(setup.begin().await.err().unwrap());
        assert!(error.to_string().contains(word) && error.hint.unwrap().contains("client_key"), "{key}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_backend_behind_a_unix_socket_is_reached_on_both_sides() {
    let server = Server::start(|_| Reply::json("{\"by\":\"unix\"}")).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("thor.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let upstream = server.address;
    tokio::spawn(async move {
        while let Ok((mut unix, _)) = listener.accept().await {
            tokio::spawn(async move {
                if let Ok(mut tcp) = tokio::net::TcpStream::connect(upstream).await {
                    // a client that hangs up is no event here
                    let _ = tokio::io::copy_bidirectional(&mut unix, &mut tcp).await;
                }
            });
        }
    });
    let mut setup = Setup::at("http://thor.invalid", "ws://thor.invalid/ws/");
    setup.backend.unix_socket = Some(path.clone());
    let mut watcher = setup.begin().await.unwrap();
    watcher.answer().await;
    assert_eq!(bodies(&watcher)[0], "{\"by\":\"unix\"}");
    server.say("{\"type\":\"positions\"}");
    watcher.message("positions").await;
    assert_eq!(server.handshakes()[0]["host"], "thor.invalid");
    setup.backend.unix_socket = Some(folder.path().join("none.sock"));
    let error = Error::from(setup.begin().await.err().unwrap());
    assert!(
        error.to_string().contains("none.sock") || format!("{error:?}").contains("none.sock"),
        "{error:?}"
    );
}
