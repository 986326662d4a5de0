//! What a close code of the WebSocket means when Thor's server sends it, or when nobody does.
//!
//! Source: `docs/thor.md`, measured on Channels, Daphne and Redis.

/// The cause a person should think of first; `None` where the code is the server's own.
pub fn meaning(code: u16) -> Option<&'static str> {
    Some(match code {
        1000 | 1001 => "the server said goodbye",
        1005 => "closed without a code",
        1006 => "no close frame: the server or the program stopped, or the network broke",
        1007 => "a text message was not UTF-8",
        1002 => "the server broke the WebSocket protocol",
        1009 => "a message was over the limit: [backend] max_message",
        1011 => {
            "an error in the server; in Thor's consumer a broadcast type without a handler, a message over 1 MiB, or Redis gone"
        }
        _ => return None,
    })
}
