//! From a symptom to its most likely cause where the server is not Thor: nothing is known of it but what every HTTP and
//! WebSocket server does. Pure.

use super::causes::{Addresses, Unconnected, trouble};
use crate::model::diagnosis::LikelyCause;

pub fn not_connected(how: Unconnected, scene: &Addresses) -> LikelyCause {
    let Addresses { peer, .. } = scene;
    let cause = match how {
        Unconnected::Refused => {
            format!(
                "nothing listens on {peer}: the backend is not running, or [backend] rest_url names another port"
            )
        }
        Unconnected::TimedOut => {
            format!("{peer} does not answer at all: a firewall, a VPN that is off, or the wrong host")
        }
        Unconnected::Other => format!("the network does not lead to {peer}"),
    };
    trouble(cause, format!("nc -vz {}", peer.replacen(':', " ", 1)))
}

pub fn public_rest(status: u16, is_html: bool, path: &str, scene: &Addresses) -> Option<LikelyCause> {
    let ask = format!("curl -si {}{path}", scene.rest_url);
    let cause = match status {
        200..=299 if !is_html => return None,
        200..=299 => {
            format!("{path} answers with a page, not with JSON: another program, or a login page of a proxy")
        }
        301 | 302 | 307 | 308 => format!("{path} is redirected, and redirects are not followed"),
        400 => format!(
            "the backend does not understand the request for {path}, or refuses the host {}",
            scene.peer
        ),
        404 => format!("no route serves {path}: check the feature's rest.path and [backend] rest_url"),
        502..=504 => "the proxy is there, the backend behind it is not".to_owned(),
        _ => format!("the backend fails with {status} behind {path}"),
    };
    Some(trouble(cause, ask))
}

pub fn unauthorized(status: u16, sent_a_token: bool) -> LikelyCause {
    if status == 403 {
        return trouble("the credentials are known, and may not read this", "use credentials that may");
    }
    if !sent_a_token {
        return trouble(
            "the endpoint needs credentials: no token is configured, and what [backend] header_env and query_env give, if anything, is not accepted",
            "name the variable of an access token with [auth] token_env, or of a header's value with [backend] header_env; if it is given, look whether it has expired",
        );
    }
    trouble("the backend does not accept the token", "get a new one, and look whether it has expired")
}

pub fn handshake(status: u16, scene: &Addresses) -> LikelyCause {
    let ask = format!(
        "curl -si -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' {}",
        scene.ws_url.replacen("ws", "http", 1)
    );
    match status {
        401 => trouble(
            "the handshake needs credentials, or does not accept those that it is given",
            "give them with [socket] header_env or query_env, each the name of a variable; if they are given, look whether they have expired",
        ),
        403 => trouble(
            format!(
                "the handshake is forbidden: the Origin {} may not connect, or credentials are missing",
                scene.origin
            ),
            scene.again("--origin", "<the address of a page that may>"),
        ),
        404 => {
            trouble("no WebSocket is served at this path", "set [backend] ws_url to the server's own path")
        }
        301 | 302 | 307 | 308 => trouble(
            "the handshake is redirected, which no browser follows",
            "set [backend] ws_url to where it leads",
        ),
        502..=504 => trouble(
            "the proxy does not reach the backend, or does not forward Upgrade",
            "check the proxy's Upgrade and Connection headers",
        ),
        _ => trouble(format!("the handshake is answered with {status}"), ask),
    }
}

pub fn closed(code: u16, reopens: Option<u16>, scene: &Addresses) -> LikelyCause {
    match (code, reopens) {
        (_, Some(status)) if status != 101 => handshake(status, scene),
        (1006, _) => trouble(
            "the connection broke off without a close frame: the server stopped, or a proxy's idle limit",
            "look at the server's log; a server that wants pings of its own gets them by [socket] ping or pong",
        ),
        (1008 | 4000..=4999, _) => trouble(
            format!("the server closes the socket with {code}: by its own rules something is missing"),
            "look at what it wants first, such as a login or a subscription: [socket] on_open",
        ),
        (1009, _) => trouble("a message is larger than the limit", "set [backend] max_message higher"),
        _ => trouble(format!("the server closes the socket with {code}"), "look at its log"),
    }
}

pub fn unanswered_ping(ping: &str) -> LikelyCause {
    trouble(
        format!("messages come, and {ping}, which is sent where [socket] ping says nothing, is not answered"),
        "set [socket] ping to \"protocol\", which every server answers, or to the text that this one answers",
    )
}

pub fn mute(pong: bool) -> LikelyCause {
    let cause = if pong {
        "the server answers pings and sends nothing: it wants to be asked first, or nothing happens"
    } else {
        "the socket is open and nothing comes: the server wants to be asked first, or nothing happens"
    };
    trouble(cause, "send what subscribes with [socket] on_open, or listen longer with --for")
}

pub fn silent(feature: &str, types: &[String], came: &str) -> LikelyCause {
    let types: Vec<String> = types.iter().map(|name| format!("`{name}`")).collect();
    trouble(
        format!("no message of {feature} is of the type {}; what came: {came}", types.join(" or ")),
        "check [socket] type and each and the feature's ws.types, or subscribe with [socket] on_open",
    )
}

/// Other messages came, and none of a feature that is sent on change only: it may still come.
pub fn unheard(feature: &str, types: &[String], came: &str, is_binary: bool) -> LikelyCause {
    let types: Vec<String> = types.iter().map(|name| format!("`{name}`")).collect();
    let next = if is_binary {
        "write [socket] decode = \"auto\", which reads JSON in binary frames, also compressed"
    } else {
        "check the feature's ws.types against these, [socket] type and each; where they are right, listen longer with --for"
    };
    trouble(
        format!(
            "no message of {feature} is of the type {}: nothing has changed, or its messages are of another type; what \
             came: {came}",
            types.join(" or ")
        ),
        next,
    )
}

/// `separator`: what stands between several messages in one frame, where that is it.
pub fn unreadable(separator: Option<char>) -> LikelyCause {
    match separator {
        Some(separator) => trouble(
            "a frame has several messages, one after the other",
            format!(
                "take them apart with [socket] separator = {}",
                match separator {
                    '\n' => "\"\\n\"".to_owned(),
                    other => format!("\"\\u{:04x}\"", u32::from(other)),
                }
            ),
        ),
        None => trouble(
            "the server speaks something else than JSON",
            "let a program translate it: [socket] transport = \"command\", as docs/foreign.md shows for Socket.IO and msgpack",
        ),
    }
}

pub fn filtered(feature: &str) -> LikelyCause {
    trouble(
        format!("messages of {feature} arrive, and its ws.filter lets none pass"),
        "compare ws.filter with a recorded message: thor-cutover shadow-diff --record FILE",
    )
}
