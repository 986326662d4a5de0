//! One client's WebSocket: every broadcast goes out, pings come back as pongs, nonsense kills it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role};

use super::broadcast::Frame;
use super::stage::EmulatorState;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Daphne pings after this much silence from the client, and resets the connection at the second limit.
const PING_AFTER: Duration = Duration::from_secs(20);
const RESET_AFTER: Duration = Duration::from_secs(50);
/// How long a closing handshake may take.
const CLOSING: Duration = Duration::from_secs(2);

/// Why a socket ends.
enum Ending {
    /// Without a close frame: 1006 at the other end.
    Cut,
    Code(u16),
}

pub(super) async fn run(upgrade: OnUpgrade, stage: Arc<EmulatorState>, hub: broadcast::Receiver<Frame>) {
    let Ok(upgraded) = upgrade.await else { return };
    let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
    if let Ending::Code(code) = talk(&mut socket, &stage, hub).await {
        let goodbye = async {
            let frame = CloseFrame { code: code.into(), reason: "".into() };
            if socket.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = socket.next().await {}
            }
        };
        // A client that does not answer the close is cut.
        let _ = tokio::time::timeout(CLOSING, goodbye).await;
    }
}

async fn talk(socket: &mut Socket, stage: &EmulatorState, mut hub: broadcast::Receiver<Frame>) -> Ending {
    let mut heard = stage.clock.now();
    let mut wake = tokio::time::interval(PING_AFTER / 4);
    loop {
        let reply = tokio::select! {
            frame = hub.recv() => match frame {
                Ok(Frame::Text(_, text)) => Some(Message::Text(text)),
                Ok(Frame::Close(1006)) | Err(RecvError::Closed) => return Ending::Cut,
                Ok(Frame::Close(code)) => return Ending::Code(code),
                Err(RecvError::Lagged(_)) => {
                    stage.count(|counters| counters.overrun += 1);
                    return Ending::Cut;
                }
            },
            incoming = socket.next() => {
                heard = stage.clock.now();
                match incoming {
                    Some(Ok(Message::Text(text))) => match answer(&text, stage) {
                        Ok(reply) => reply,
                        Err(ending) => return ending,
                    },
                    // The consumer expects text and raises.
                    Some(Ok(Message::Binary(_))) => return Ending::Code(1011),
                    // Pings and the closing handshake are answered by the protocol layer.
                    Some(Ok(_)) => None,
                    Some(Err(_)) | None => return Ending::Cut,
                }
            },
            _ = wake.tick() => {
                let quiet = stage.clock.now().since(heard);
                if quiet >= RESET_AFTER {
                    return Ending::Cut;
                }
                (quiet >= PING_AFTER && !stage.is_mute()).then(|| Message::Ping(Default::default()))
            }
        };
        if let Some(reply) = reply
            && socket.send(reply).await.is_err()
        {
            return Ending::Cut;
        }
    }
}

/// What the consumer makes of a text: an object may be a ping, broken JSON is ignored, any other JSON raises.
fn answer(text: &str, stage: &EmulatorState) -> Result<Option<Message>, Ending> {
    let Ok(message) = serde_json::from_str::<Value>(text) else { return Ok(None) };
    let Some(fields) = message.as_object() else { return Err(Ending::Code(1011)) };
    if fields.get("type").and_then(Value::as_str) != Some("ping") {
        return Ok(None);
    }
    stage.count(|counters| counters.pings += 1);
    if stage.is_mute() {
        return Ok(None);
    }
    let pong = json!({ "type": "pong", "timestamp": fields.get("timestamp") });
    Ok(Some(Message::text(pong.to_string())))
}
