//! What is said once a socket is open: the messages of `[socket] on_open`, and what they wait for.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use secrecy::ExposeSecret as _;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::frames::{for_each_event, inflated, passes};
use crate::json::locate::locate;
use crate::json::pointer::Pointer;
use crate::model::text::{cut, visible};
use crate::observe::handshake::HandshakeError;
use crate::observe::websocket::ClientStream;
use crate::secrets::redacted;
use crate::settings::{MessagePattern, SocketSettings};

/// Messages remembered while opening: a later step may wait for one that is there already.
const REMEMBERED: usize = 64;

/// A connection on which the server has not yet been told what is wanted.
pub(super) struct Opening<'s, H> {
    pub socket: &'s SocketSettings,
    pub stream: &'s mut ClientStream,
    /// For each step.
    pub limit: Duration,
    pub max_message: usize,
    /// Gets every message: what comes early is data too.
    pub heard: H,
}

/// What an event means to whoever waits for another.
enum Reaction {
    Yes,
    No,
    Other,
}

impl<H: FnMut(Message)> Opening<'_, H> {
    /// Sends everything, in order.
    pub async fn run(mut self) -> Result<(), HandshakeError> {
        let mut known: Vec<String> = Vec::new();
        for (index, step) in self.socket.on_open.iter().enumerate() {
            let number = index + 1;
            if let Some(after) = &step.after {
                let is_there = known.iter().any(|event| passes(event, after));
                let yes = |event: &str| if passes(event, after) { Reaction::Yes } else { Reaction::Other };
                if !is_there {
                    self.wait(number, after, yes, &mut known).await?;
                }
            }
            let Ok(text) = &step.text else {
                return Err(failed(number, "one of its variables is not set"));
            };
            let send = self.stream.send(Message::text(text.expose_secret()));
            match timeout(self.limit, send).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(failed(number, format!("it cannot be sent: {error}"))),
                Err(_) => {
                    return Err(failed(number, format!("the server takes nothing for {:?}", self.limit)));
                }
            }
            if let Some(expect) = &step.expect {
                self.wait(number, expect, |event| answer(event, expect), &mut known).await?;
            }
        }
        Ok(())
    }

    /// Reads until an event decides.
    async fn wait(
        &mut self,
        number: usize,
        pattern: &MessagePattern,
        decide: impl Fn(&str) -> Reaction,
        known: &mut Vec<String>,
    ) -> Result<(), HandshakeError> {
        let deadline = sleep(self.limit);
        tokio::pin!(deadline);
        let mut last = None;
        loop {
            let next = tokio::select! {
                biased;
                next = self.stream.next() => next,
                () = &mut deadline => {
                    let heard = last.map_or_else(
                        || "nothing came".to_owned(),
                        |last: String| format!("the last message was {}", shown(&last)),
                    );
                    let why = format!("no {} within {:?}; {heard}", written(pattern), self.limit);
                    return Err(failed(number, why));
                }
            };
            let text = match next {
                None => return Err(failed(number, "the connection ended")),
                Some(Err(error)) => return Err(failed(number, format!("the connection broke: {error}"))),
                Some(Ok(Message::Close(frame))) => {
                    let said = frame.map_or_else(
                        || "the server closed without a word".to_owned(),
                        |frame| format!("the server closed with {}: {}", frame.code, shown(&frame.reason)),
                    );
                    return Err(failed(number, said));
                }
                Some(Ok(message)) => {
                    let text = self.text_of(&message);
                    (self.heard)(message);
                    text
                }
            };
            let Some(text) = text else { continue };
            let mut said = Reaction::Other;
            // What is no JSON decides nothing; it is counted like every other frame.
            for message in self.socket.messages(&text) {
                let _ = for_each_event(&self.socket.routing, message, |_, event| {
                    if matches!(said, Reaction::Other) {
                        said = decide(event);
                        if matches!(said, Reaction::No) {
                            last = Some(event.to_owned());
                        }
                    }
                    if known.len() < REMEMBERED {
                        known.push(event.to_owned());
                    }
                });
            }
            match said {
                Reaction::Yes => return Ok(()),
                Reaction::No => {
                    let event = last.unwrap_or(text);
                    return Err(failed(number, format!("the server says no: {}", shown(&event))));
                }
                Reaction::Other => last = Some(text),
            }
        }
    }

    fn text_of(&self, message: &Message) -> Option<String> {
        match message {
            Message::Text(text) => Some(text.as_str().to_owned()),
            Message::Binary(bytes) if self.socket.decodes_binary => inflated(bytes, self.max_message).ok(),
            _ => None,
        }
    }
}

/// An answer that has what is looked for at some of the places, or at the only one, and something else at another, says
/// no; one that lacks the places or agrees with none of several is about something else.
fn answer(event: &str, expect: &MessagePattern) -> Reaction {
    let one = |(pointer, wanted)| passes(event, [(pointer, wanted)]);
    let agreeing = expect.iter().filter(|pair| one(*pair)).count();
    let has = |pointer| locate(event, &[pointer]).is_ok_and(|found| found[0].is_some());
    let there = expect.keys().filter(|pointer| has(*pointer)).count();
    if agreeing == expect.len() && is_rpc_error(event) && !expect.keys().any(is_about_the_error) {
        Reaction::No
    } else if agreeing == expect.len() {
        Reaction::Yes
    } else if there == expect.len() && (expect.len() == 1 || agreeing > 0) {
        Reaction::No
    } else {
        Reaction::Other
    }
}

/// An answer of JSON-RPC that says no has the request's id, too, and an `error`.
fn is_rpc_error(event: &str) -> bool {
    let pointers = ["jsonrpc", "error"].map(|name| Pointer::root().join(name));
    let found = locate(event, &[&pointers[0], &pointers[1]]);
    found.is_ok_and(|found| found[0].is_some() && found[1].is_some_and(|error| error != "null"))
}

fn is_about_the_error(pointer: &Pointer) -> bool {
    pointer.tokens().first().is_some_and(|token| token == "error")
}

fn failed(step: usize, why: impl Into<String>) -> HandshakeError {
    HandshakeError::Opening { step, why: redacted(&why.into()).into_owned() }
}

fn written(pattern: &MessagePattern) -> String {
    let pairs: Vec<String> =
        pattern.iter().map(|(pointer, wanted)| format!("{pointer} = {wanted:?}")).collect();
    format!("message with {}", pairs.join(", "))
}

fn shown(text: &str) -> String {
    cut(&visible(&redacted(text)), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_yes_or_no_or_is_about_something_else() {
        let pattern = |pairs: &[(&str, &str)]| -> MessagePattern {
            pairs.iter().map(|(at, text)| (at.parse().unwrap(), (*text).to_owned())).collect()
        };
        let auth = pattern(&[("/type", "auth_ok")]);
        let result = pattern(&[("/id", "2"), ("/success", "true")]);
        let rpc = pattern(&[("/id", "1")]);
        let refusal = pattern(&[("/id", "1"), ("/error/code", "-5")]);
        for (event, expect, said) in [
            (r#"{"type":"auth_ok"}"#, &auth, 'y'),
            (r#"{"type":"auth_invalid","message":"no"}"#, &auth, 'n'),
            (r#"{"hello":1}"#, &auth, 'o'),
            (r#"{"id":2,"success":true}"#, &result, 'y'),
            (r#"{"id":2,"success":false,"error":"no"}"#, &result, 'n'),
            (r#"{"id":1,"success":false}"#, &result, 'o'),
            (r#"{"id":2,"type":"event"}"#, &result, 'o'),
            (r#"{"jsonrpc":"2.0","id":1,"result":"0xab"}"#, &rpc, 'y'),
            (r#"{"jsonrpc":"2.0","id":1,"result":"0xab","error":null}"#, &rpc, 'y'),
            (r#"{"jsonrpc":"2.0","id":1,"error":{"code":-5,"message":"no such"}}"#, &rpc, 'n'),
            (r#"{"jsonrpc":"2.0","id":1,"error":{"code":-5}}"#, &refusal, 'y'),
            (r#"{"jsonrpc":"2.0","id":2,"error":{"code":-5}}"#, &rpc, 'n'),
        ] {
            let found = match answer(event, expect) {
                Reaction::Yes => 'y',
                Reaction::No => 'n',
                Reaction::Other => 'o',
            };
            assert_eq!(found, said, "{event}");
        }
    }
}
