//! From a symptom to its most likely cause in Thor's terms and the next thing to type. Pure.
//!
//! What Channels, Daphne, DRF and SimpleJWT do to a client was measured on the real ones.

use super::plain_causes as plain;
use crate::model::diagnosis::LikelyCause;

/// The addresses that advice has to name.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    pub rest_url: String,
    pub ws_url: String,
    pub origin: String,
    /// `host:port` of the connection that is tried.
    pub peer: String,
    pub port: u16,
    /// Whether the server is Thor: otherwise nothing of its ways is known.
    pub is_thor: bool,
    /// Options of this call, so that a proposed command keeps them.
    pub given: Vec<(&'static str, String)>,
}

impl Addresses {
    /// This call once more, with one option set.
    pub(super) fn again(&self, option: &str, value: &str) -> String {
        let kept = self.given.iter().filter(|(given, _)| *given != option);
        let kept: String = kept.map(|(given, value)| format!(" {given} {value}")).collect();
        format!("thor-cutover doctor{kept} {option} {value}")
    }
}

/// How a TCP connection failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unconnected {
    Refused,
    TimedOut,
    Other,
}

pub(super) fn trouble(cause: impl Into<String>, next: impl Into<String>) -> LikelyCause {
    LikelyCause { cause: cause.into(), next: next.into() }
}

pub fn name_unknown(host: &str) -> LikelyCause {
    trouble(
        format!("the name {host} is not known here"),
        format!("getent hosts {host} — then set [backend] rest_url to the host of the backend"),
    )
}

pub fn not_connected(how: Unconnected, scene: &Addresses) -> LikelyCause {
    if !scene.is_thor {
        return plain::not_connected(how, scene);
    }
    let Addresses { peer, port, .. } = scene;
    match how {
        Unconnected::Refused => trouble(
            format!(
                "nothing listens on {peer}: Thor is not running, or [backend] rest_url names another port"
            ),
            format!(
                "start it (daphne -p {port} <project>.asgi:application), or thor-cutover doctor --rest-url http://<host>:<port>"
            ),
        ),
        Unconnected::TimedOut => trouble(
            format!("{peer} does not answer at all: a firewall, a VPN that is off, or the wrong host"),
            format!("nc -vz {}", peer.replacen(':', " ", 1)),
        ),
        Unconnected::Other => trouble(
            format!("the network does not lead to {peer}"),
            format!("nc -vz {}", peer.replacen(':', " ", 1)),
        ),
    }
}

pub fn tls(why: &str, scene: &Addresses) -> LikelyCause {
    if why.contains("UnknownIssuer") || why.contains("unknown issuer") {
        return trouble(
            "the certificate comes from an authority that this machine does not trust",
            "set [backend] ca_file to that authority's PEM file",
        );
    }
    if why.contains("corrupt message") || why.contains("InvalidContentType") {
        return trouble(
            format!(
                "{} does not speak TLS: it serves plain HTTP, TLS ends at the proxy before it",
                scene.peer
            ),
            scene.again("--rest-url", &scene.rest_url.replacen("https", "http", 1)),
        );
    }
    trouble("the TLS handshake fails", format!("openssl s_client -connect {}", scene.peer))
}

/// A REST answer that is not data, from an endpoint that needs no login.
pub fn public_rest(status: u16, is_html: bool, path: &str, scene: &Addresses) -> Option<LikelyCause> {
    if !scene.is_thor {
        return plain::public_rest(status, is_html, path, scene);
    }
    let url = format!("{}{path}", scene.rest_url);
    match status {
        200..=299 if !is_html => None,
        301 | 302 | 307 | 308 => Some(trouble(
            format!(
                "{path} is redirected: a slash at its end is missing or one too many, or a proxy asks for https"
            ),
            format!("curl -sI {url}"),
        )),
        400 => Some(trouble(
            format!("Django refuses the host: {} is not in ALLOWED_HOSTS", scene.peer),
            "add it to ALLOWED_HOSTS and restart Thor, or use a host that is in it with --rest-url",
        )),
        404 => Some(trouble(
            format!(
                "no route serves {path}: another program listens on {}, or Thor is in another state",
                scene.peer
            ),
            format!("curl -si {url} — and try `contract = \"thor-b\"` (or thor-a) in thor-cutover.toml"),
        )),
        200..=299 => Some(trouble(
            format!(
                "{} answers with a page, not with Thor's API: another program, or a login page of a proxy",
                scene.peer
            ),
            "thor-cutover doctor --rest-url http://<host>:<port> with the backend's own port, not the frontend's",
        )),
        502..=504 => Some(trouble(
            "the proxy is there, Thor behind it is not",
            "start Thor, then run thor-cutover doctor again",
        )),
        _ => Some(trouble(
            format!("Thor's view behind {path} fails with {status}"),
            format!("curl -si {url} — and read Thor's log"),
        )),
    }
}

/// 401 or 403 although credentials were sent, or none were.
pub fn unauthorized(status: u16, sent_a_token: bool, said: &str, scene: &Addresses) -> LikelyCause {
    if !scene.is_thor {
        return plain::unauthorized(status, sent_a_token);
    }
    if status == 403 {
        return trouble(
            "the user is logged in and not allowed: Thor has not approved it yet",
            "approve the user in Thor's admin, or log in as one that is approved",
        );
    }
    if !sent_a_token {
        return trouble(
            "the endpoint needs a login and no credentials are configured",
            "export THOR_USER=… THOR_PASSWORD=… (or name the token with [auth] token_env), then run it again",
        );
    }
    let cause = if said.contains("not valid") || said.contains("expired") || said.contains("token_not_valid")
    {
        "the access token is expired or of another Thor: an access token lives five hours"
    } else {
        "Thor does not accept the token"
    };
    trouble(
        cause,
        "get a new token; or drop it and export THOR_USER=… THOR_PASSWORD=…, so that it is renewed by itself",
    )
}

pub fn account_unknown(account: Option<&str>) -> LikelyCause {
    match account {
        Some(account) => trouble(
            format!(
                "this user has no account {}: [backend] account_id is of another user or another database",
                ending(account)
            ),
            "look the account up in Thor's admin, then set [backend] account_id in thor-cutover.toml",
        ),
        None => trouble(
            "this user has no account, and the configuration names none",
            "set [backend] account_id in thor-cutover.toml",
        ),
    }
}

/// Enough of an account number to recognise it, not enough to pass it on.
fn ending(account: &str) -> String {
    let hidden = account.chars().count().saturating_sub(4);
    let end: String = account.chars().skip(hidden).collect();
    if hidden > 0 { format!("…{end}") } else { end }
}

/// The handshake was answered with something else than 101.
pub fn handshake(status: u16, scene: &Addresses) -> LikelyCause {
    if !scene.is_thor {
        return plain::handshake(status, scene);
    }
    let slashed = scene.ws_url.split(['?', '#']).next().unwrap_or_default().ends_with('/');
    match status {
        403 => trouble(
            format!("Channels refuses the Origin {}: its host is not in ALLOWED_HOSTS", scene.origin),
            scene.again("--origin", &format!("http://localhost:{}", scene.port)),
        ),
        400 => trouble(
            format!("the Origin {} has no host in it", scene.origin),
            scene.again("--origin", &format!("http://localhost:{}", scene.port)),
        ),
        404 => trouble(
            "a plain WSGI server (runserver without Daphne, gunicorn) serves Thor: it has REST, and no WebSocket",
            format!("daphne -p {} <project>.asgi:application", scene.port),
        ),
        500 if !slashed => trouble(
            "the slash at the end of ws_url is missing: Thor's router has no route for it and raises",
            scene.again("--ws-url", &format!("{}/", scene.ws_url)),
        ),
        500 => trouble(
            "Thor's channel layer is down: Redis does not answer, and every handshake fails with it",
            "redis-cli ping — start Redis, then run thor-cutover doctor again",
        ),
        301 | 302 | 307 | 308 => trouble(
            "a proxy redirects the handshake, most likely to https: a WebSocket is never redirected by Thor",
            scene.again("--ws-url", &scene.ws_url.replacen("ws://", "wss://", 1)),
        ),
        502..=504 => trouble(
            "the proxy does not reach Daphne, or does not forward Upgrade",
            "check the proxy's Upgrade and Connection headers, and that Daphne runs",
        ),
        _ => trouble(
            format!("the handshake is answered with {status}"),
            format!("curl -si -H 'Connection: Upgrade' -H 'Upgrade: websocket' {}", scene.rest_url),
        ),
    }
}

/// The socket was closed while listening. `reopens`: what a second handshake was answered with.
pub fn closed(code: u16, reopens: Option<u16>, scene: &Addresses) -> LikelyCause {
    if !scene.is_thor {
        return plain::closed(code, reopens, scene);
    }
    match (code, reopens) {
        (1011, Some(status)) if status != 101 => handshake(status, scene),
        (1011, _) => trouble(
            "Thor broadcasts a type that its consumer has no method for: Channels closes every client with 1011",
            "thor-cutover audit — find the broadcast whose type has no `async def <type>` in the consumer",
        ),
        (1006, _) => trouble(
            "the connection broke off without a close frame: Daphne stopped, or a proxy's idle limit",
            "look at Daphne's log; behind a proxy raise its read timeout above 60 s",
        ),
        (1009, _) => trouble(
            "a message is larger than the limit (Daphne: 1 MiB)",
            "set [backend] max_message higher, or send fewer entities in one message",
        ),
        _ => trouble(format!("Thor closes the socket with {code}"), "look at Daphne's log"),
    }
}

/// The socket is open and nothing at all came, or not even a pong.
pub fn mute(pong: bool, scene: &Addresses) -> LikelyCause {
    if !scene.is_thor {
        return plain::mute(pong);
    }
    if pong {
        trouble(
            "the consumer answers and no broadcast reaches it: the heartbeat loop does not run, or has no channel layer",
            "check that one worker holds Redis's leader lock and runs the heartbeat (thor's management command)",
        )
    } else {
        trouble(
            "the socket is open and dead: a proxy keeps it, or the consumer hangs",
            "connect to Daphne directly: thor-cutover doctor --ws-url ws://<daphne host>:<port>/ws/",
        )
    }
}

/// Other messages came, this feature's did not.
pub fn silent(feature: &str, types: &[String], came: &str, scene: &Addresses) -> LikelyCause {
    if !scene.is_thor {
        return plain::silent(feature, types, came);
    }
    let types: Vec<String> = types.iter().map(|name| format!("`{name}`")).collect();
    trouble(
        format!(
            "no job broadcasts {}: the producer is not registered, the broadcast is behind the flag, or its error is swallowed",
            types.join(" or ")
        ),
        format!("thor-cutover checklist {feature} --decision shadow"),
    )
}

/// All its messages were for others.
pub fn filtered(feature: &str, scene: &Addresses) -> LikelyCause {
    if !scene.is_thor {
        return plain::filtered(feature);
    }
    trouble(
        format!(
            "messages of {feature} arrive, all for another account, symbol or country than the configured one"
        ),
        "set [backend] account_id (the broker's account text, as messages have it), or the feature's ws.filter",
    )
}

pub fn redis(why: &str) -> LikelyCause {
    trouble(
        format!("this Redis does not answer ({why}): if it is the channel layer's, nothing can be delivered"),
        "redis-cli ping — start Redis, then restart Thor's workers",
    )
}

pub fn another_redis() -> LikelyCause {
    trouble(
        "no Redis answers there, and messages arrive all the same: the channel layer has another one",
        "--redis with the address in Thor's CHANNEL_LAYERS (CONFIG, hosts)",
    )
}

pub fn flags(why: &str, url: &str) -> LikelyCause {
    trouble(format!("the served flags cannot be read: {why}"), format!("curl -si {url}"))
}

pub fn contract(configured: &str, fits: &str) -> LikelyCause {
    trouble(
        format!("the server answers as {fits}, and {configured} is configured"),
        format!("set contract = \"{fits}\" in thor-cutover.toml"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(ws_url: &str) -> Addresses {
        Addresses {
            rest_url: "http://localhost:8000".into(),
            ws_url: ws_url.into(),
            origin: "https://app.example".into(),
            peer: "localhost:8000".into(),
            port: 8000,
            is_thor: true,
            given: vec![("--rest-url", "http://localhost:8000".into()), ("--ws-url", ws_url.into())],
        }
    }

    #[test]
    fn the_same_status_means_different_things_with_and_without_a_slash() {
        let slash = scene("ws://localhost:8000/ws/");
        let none = scene("ws://localhost:8000/ws");
        assert!(handshake(500, &none).cause.contains("slash"));
        assert_eq!(
            handshake(500, &none).next,
            "thor-cutover doctor --rest-url http://localhost:8000 --ws-url ws://localhost:8000/ws/"
        );
        assert!(handshake(500, &slash).cause.contains("Redis"));
        assert!(handshake(403, &slash).cause.contains("https://app.example"));
        assert!(handshake(404, &slash).cause.contains("WSGI"));
    }

    #[test]
    fn a_1011_is_a_missing_handler_unless_the_door_stays_shut() {
        let slash = scene("ws://localhost:8000/ws/");
        assert!(closed(1011, Some(101), &slash).cause.contains("no method"));
        assert!(closed(1011, Some(500), &slash).cause.contains("Redis"));
    }

    #[test]
    fn data_is_no_trouble_and_a_page_is() {
        let scene = scene("ws://localhost:8000/ws/");
        assert_eq!(public_rest(200, false, "/api/x/", &scene), None);
        for (status, is_html, word) in
            [(200, true, "page"), (301, false, "slash"), (400, true, "ALLOWED_HOSTS"), (404, true, "route")]
        {
            let cause = public_rest(status, is_html, "/api/x/", &scene).unwrap().cause;
            assert!(cause.contains(word), "{status}: {cause}");
        }
    }

    #[test]
    fn refusals_of_credentials_are_told_apart() {
        let expired = r#"{"code":"token_not_valid"}"#;
        let thor = scene("ws://localhost:8000/ws/");
        assert!(unauthorized(401, true, expired, &thor).cause.contains("five hours"));
        assert!(unauthorized(401, false, "", &thor).cause.contains("no credentials"));
        assert!(unauthorized(403, true, "", &thor).cause.contains("approved"));
    }

    #[test]
    fn of_a_server_that_is_not_thor_nothing_is_said_that_only_thor_does() {
        let other = Addresses { is_thor: false, ..scene("ws://localhost:8000/stream") };
        let mut all: Vec<LikelyCause> = Vec::new();
        for status in [200, 301, 400, 401, 403, 404, 418, 500, 503] {
            all.extend(public_rest(status, true, "/api/x", &other));
            all.extend([unauthorized(status, true, "", &other), unauthorized(status, false, "", &other)]);
            all.extend([handshake(status, &other), closed(1011, Some(status), &other)]);
        }
        for code in [1000, 1006, 1008, 1009, 1011, 4401] {
            all.push(closed(code, Some(101), &other));
        }
        for how in [Unconnected::Refused, Unconnected::TimedOut, Unconnected::Other] {
            all.push(not_connected(how, &other));
        }
        all.extend([mute(true, &other), mute(false, &other), filtered("x", &other)]);
        all.extend([
            silent("x", &["y".to_owned()], "3 z", &other),
            name_unknown("h"),
            tls("corrupt message", &other),
        ]);
        for LikelyCause { cause, next } in all {
            for word in ["Thor", "Daphne", "Channels", "Django", "THOR_", "Redis", "ALLOWED_HOSTS"] {
                assert!(!cause.contains(word) && !next.contains(word), "{word}: {cause} — {next}");
            }
        }
    }
}
