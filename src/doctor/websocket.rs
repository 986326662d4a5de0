//! The links of the WebSocket side: handshake, first frame, heartbeat, and what each feature says.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::causes::{self, Addresses};
use super::hearing::{Heard, Hearing};
use super::plain_causes;
use super::routes::RouteProposal;
use crate::clock::Clock;
use crate::frames::inflated;
use crate::model::diagnosis::{LikelyCause, Link};
use crate::model::feature::{Delivery, Feature};
use crate::model::text::{counted, cut, visible};
use crate::model::time::Nanos;
use crate::observe::channel::{Channel, OpenChannel};
use crate::observe::handshake::HandshakeError;
use crate::observe::queue::{Arrival, Arrived, Queue};
use crate::observe::schedule::Jitter;
use crate::observe::stop::Stop;
use crate::observe::websocket::{ClientStream, WebSocket};
use crate::secrets::redacted;
use crate::settings::{Backend, Ping};

/// Thor's ping; the pong has no envelope.
const PING: &str = r#"{"type":"ping","timestamp":1}"#;
/// How often the listener looks at the clock while nothing comes.
const LOOK: Duration = Duration::from_millis(250);

/// What came of one handshake.
pub fn handshake(result: &Result<ClientStream, HandshakeError>, scene: &Addresses) -> Link {
    const CODE: &str = "websocket-handshake";
    match result {
        Ok(_) => Link::holds(CODE, "101 Switching Protocols"),
        Err(error) => {
            let trouble = match status_of(error) {
                Some(status) => causes::handshake(status, scene),
                None => LikelyCause { cause: error.to_string(), next: error.hint(scene.is_thor) },
            };
            Link::broken(CODE, error.to_string(), trouble)
        }
    }
}

/// The HTTP status behind a refusal, where there is one.
fn status_of(error: &HandshakeError) -> Option<u16> {
    match error {
        HandshakeError::Origin { .. } => Some(403),
        HandshakeError::BadOrigin { .. } => Some(400),
        HandshakeError::NotFound => Some(404),
        HandshakeError::ServerError { said, .. } | HandshakeError::Status(said) => {
            said.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        }
        _ => None,
    }
}

/// Listens until everybody spoke or could have, pings once, and closes politely.
pub async fn listen(
    mut stream: ClientStream,
    features: &[Feature],
    backend: &Backend,
    early: &[Arrival],
    clock: Clock,
    limit: Duration,
) -> Hearing {
    let opened = early
        .iter()
        .find(|arrival| matches!(arrival.what, Arrived::Opening | Arrived::Open))
        .map(|arrival| arrival.at);
    let mut hearing = Hearing::new(features, opened.unwrap_or_else(|| clock.now()));
    hearing.expects_pong = backend.socket.ping == Ping::Thor;
    hearing.expect(&backend.socket);
    for arrival in early {
        match &arrival.what {
            // the channel has taken frames apart already
            Arrived::Text(text) => hearing.take(arrival.at, text),
            Arrived::Binary { content, .. } => binary(&mut hearing, arrival.at, content.as_deref(), backend),
            _ => {}
        }
    }
    if hearing.expects_pong && stream.send(Message::text(PING)).await.is_err() {
        hearing.closed = Some((1006, clock.now()));
    }
    while !hearing.is_done(clock.now(), limit) {
        match timeout(LOOK, stream.next()).await {
            Err(_) => {}
            Ok(Some(Ok(Message::Text(text)))) => {
                let now = clock.now();
                backend.socket.messages(&text).for_each(|message| hearing.take(now, message));
            }
            Ok(Some(Ok(Message::Binary(content)))) => {
                let content = backend.socket.decodes_binary.then_some(&*content);
                binary(&mut hearing, clock.now(), content, backend);
            }
            Ok(Some(Ok(Message::Close(frame)))) => {
                let code = frame.as_ref().map_or(1005, |frame| frame.code.into());
                hearing.close_reason =
                    frame.map_or_else(String::new, |frame| frame.reason.as_str().to_owned());
                hearing.closed = Some((code, clock.now()));
            }
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) => hearing.closed = Some((1006, clock.now())),
        }
    }
    // Politeness only: what was to be heard was heard.
    let _ = timeout(LOOK, stream.close(None)).await;
    hearing
}

/// Listens to a channel that is no WebSocket, until everybody spoke or could have.
pub async fn overhear(
    channel: &Channel,
    open: OpenChannel,
    queue: &Arc<Queue>,
    features: &[Feature],
    clock: Clock,
    limit: Duration,
) -> Hearing {
    let mut hearing = Hearing::new(features, clock.now());
    hearing.expects_pong = false;
    let stop = watch::Sender::new(false);
    let (outlet, opened) = (queue.outlet(0), watch::Sender::new(0));
    let run = channel.run(Some(open), clock, &outlet, Stop::of(&stop), opened, Jitter::seeded(1));
    tokio::pin!(run);
    let mut batch = Vec::new();
    while !hearing.is_done(clock.now(), limit) {
        tokio::select! {
            () = &mut run => break,
            () = sleep(LOOK) => {}
        }
        queue.take(&mut batch);
        for arrival in &batch {
            match &arrival.what {
                Arrived::Text(text) => hearing.take(arrival.at, text),
                Arrived::Binary { .. } => hearing.take_binary(arrival.at),
                Arrived::Closed { code, reason } => {
                    hearing.close_reason.clone_from(reason);
                    hearing.closed = Some((*code, arrival.at));
                }
                _ => {}
            }
        }
    }
    hearing
}

/// A binary frame: read where the configuration says so.
fn binary(hearing: &mut Hearing, at: Nanos, content: Option<&[u8]>, backend: &Backend) {
    match content.and_then(|content| inflated(content, backend.max_message).ok()) {
        Some(text) => hearing.take(at, &text),
        None => hearing.take_binary(at),
    }
}

/// What the configured messages after the handshake came to.
pub fn opening(result: &Result<(), HandshakeError>, steps: usize, scene: &Addresses) -> Link {
    const CODE: &str = "opening";
    match result {
        Ok(()) => Link::holds(CODE, format!("{steps} sent, and answered as [socket] on_open expects")),
        Err(error) => Link::broken(
            CODE,
            error.to_string(),
            LikelyCause { cause: error.to_string(), next: error.hint(scene.is_thor) },
        ),
    }
}

/// Whether a second handshake is let in, told by its status; asked only after a close.
pub async fn reopens(socket: &WebSocket) -> Option<u16> {
    match socket.connect().await {
        Ok(_) => Some(101),
        Err(error) => status_of(&error),
    }
}

/// The links that one hearing tells.
pub fn links(hearing: &Hearing, reopens: Option<u16>, scene: &Addresses) -> Vec<Link> {
    let mut links =
        vec![first_frame(hearing, scene), heartbeat(hearing, scene), connection(hearing, reopens, scene)];
    links.extend(routes(hearing, scene));
    links.extend(hearing.features.iter().map(|heard| feature(heard, hearing, scene)));
    links
}

/// By what the messages could be routed, of a server that is not Thor; and what could be written where a feature was not
/// heard.
fn routes(hearing: &Hearing, scene: &Addresses) -> Option<Link> {
    const CODE: &str = "routing";
    if scene.is_thor {
        return None;
    }
    if let Some(first) = hearing.routes.first_unreadable() {
        let found = format!(
            "{}, none of them JSON: {first}",
            counted(hearing.frames - hearing.binary, "message", "messages")
        );
        return Some(Link::broken(CODE, found, plain_causes::unreadable(hearing.routes.separator())));
    }
    let RouteProposal { counted, written } = hearing.routes.propose()?;
    // What is sent on change only may still come, unless nothing at all is told apart.
    let may_come = |heard: &&Heard| heard.delivery == Delivery::OnChange && hearing.knows_types();
    let unheard = hearing.features.iter().filter(|heard| heard.first.is_none() && !may_come(heard));
    let unheard: Vec<&str> = unheard.map(|heard| heard.name.as_str()).collect();
    if unheard.is_empty() || written.is_empty() {
        return Some(Link::holds(CODE, counted));
    }
    let trouble = LikelyCause {
        cause: format!(
            "the messages may be told apart by something else than what {} is configured by",
            unheard.join(", ")
        ),
        next: format!("what was heard suggests: {written}"),
    };
    Some(Link::doubtful(CODE, counted, trouble))
}

fn first_frame(hearing: &Hearing, scene: &Addresses) -> Link {
    const CODE: &str = "first-frame";
    match (hearing.first_frame, hearing.closed) {
        (Some(at), _) => {
            Link::holds(CODE, format!("came {} after the handshake", seconds(hearing.after(at))))
        }
        (None, Some((code, at))) => {
            Link::unknown(CODE, format!("closed with {code} after {}", seconds(hearing.after(at))))
        }
        (None, None) => Link::broken(CODE, "nothing came, not even a pong", causes::mute(false, scene)),
    }
}

fn heartbeat(hearing: &Hearing, scene: &Addresses) -> Link {
    const CODE: &str = "heartbeat";
    if !hearing.expects_pong {
        return Link::not_needed(CODE, "no answer is waited for: [socket] ping");
    }
    let broadcasts = hearing.frames - u64::from(hearing.pong.is_some());
    match hearing.pong {
        Some(_) if broadcasts == 0 && hearing.closed.is_none() => {
            Link::broken(CODE, "the pong came and nothing else did", causes::mute(true, scene))
        }
        Some(at) => Link::holds(CODE, format!("ping answered after {}", seconds(hearing.after(at)))),
        None if hearing.closed.is_some() => Link::unknown(CODE, "closed before the pong"),
        None if hearing.frames == 0 => Link::unknown(CODE, "nothing came at all"),
        None if !scene.is_thor => {
            Link::doubtful(CODE, "no answer to the ping", plain_causes::unanswered_ping(PING))
        }
        None => {
            let trouble = LikelyCause {
                cause:
                    "messages come and Thor's ping is not answered: another consumer, or a relay in between"
                        .to_owned(),
                next: "look at the consumer's `receive`: it answers {\"type\":\"ping\"} with a pong"
                    .to_owned(),
            };
            Link::doubtful(CODE, "no pong", trouble)
        }
    }
}

fn connection(hearing: &Hearing, reopens: Option<u16>, scene: &Addresses) -> Link {
    const CODE: &str = "connection";
    match hearing.closed {
        None => Link::holds(CODE, format!("stays open, {}", counted(hearing.frames, "frame", "frames"))),
        Some((code, at)) => {
            let said = match hearing.close_reason.as_str() {
                "" => String::new(),
                reason => format!(": {}", cut(&visible(&redacted(reason)), 120)),
            };
            let found = format!("closed with {code} after {}{said}", seconds(hearing.after(at)));
            Link::broken(CODE, found, causes::closed(code, reopens, scene))
        }
    }
}

fn feature(heard: &Heard, hearing: &Hearing, scene: &Addresses) -> Link {
    let code = format!("feature:{}", heard.name);
    let listened = hearing.closed.map(|(_, at)| hearing.after(at));
    match heard.first {
        Some(at) => {
            let others = match heard.filtered {
                0 => String::new(),
                others => format!(", and {others} for others"),
            };
            let after = seconds(hearing.after(at));
            Link::holds(&code, format!("first after {after}, {} in all{others}", heard.messages))
        }
        None if heard.filtered > 0 => {
            let found =
                format!("{}, none for this configuration", counted(heard.filtered, "message", "messages"));
            Link::broken(&code, found, causes::filtered(&heard.name, scene))
        }
        None if listened.is_some() => Link::unknown(&code, "not told before the connection stays open"),
        None if hearing.frames == 0 => Link::unknown(&code, "nothing came at all"),
        None if heard.delivery == Delivery::OnChange && !scene.is_thor && hearing.has_others() => {
            Link::doubtful(
                &code,
                format!("none of {}", counted(hearing.frames, "frame", "frames")),
                plain_causes::unheard(&heard.name, &heard.types, &hearing.came(), hearing.binary > 0),
            )
        }
        None if heard.delivery == Delivery::OnChange => {
            Link::unknown(&code, "nothing yet: it is sent on change only")
        }
        None if !scene.is_thor && hearing.frames > 0 && !hearing.knows_types() => Link::broken(
            &code,
            hearing.came(),
            causes::silent(&heard.name, &heard.types, &hearing.came(), scene),
        ),
        None if hearing.waited < heard.patience() => Link::unknown(
            &code,
            format!(
                "nothing in {}; its cadence is {}: listen longer with --for",
                seconds(hearing.waited),
                seconds(heard.every)
            ),
        ),
        None => {
            let found =
                format!("nothing in {}, declared every {}", seconds(hearing.waited), seconds(heard.every));
            Link::broken(&code, found, causes::silent(&heard.name, &heard.types, &hearing.came(), scene))
        }
    }
}

fn seconds(duration: Duration) -> String {
    match duration {
        short if short < Duration::from_secs(1) => format!("{} ms", short.as_millis()),
        long => format!("{:.1} s", long.as_secs_f64()),
    }
}
