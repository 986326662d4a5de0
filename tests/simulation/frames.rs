//! What a client has read of a WebSocket, by RFC 6455 alone: the numbers of the messages that are whole.

/// Bytes of a server, a piece at a time.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    /// Whether the handshake's answer is behind us, and whether it was an upgrade.
    upgraded: Option<bool>,
}

impl Frames {
    /// The numbers of the messages that these bytes complete.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<u64> {
        self.bytes.extend_from_slice(bytes);
        if self.upgraded.is_none()
            && let Some(end) = self.bytes.windows(4).position(|four| four == b"\r\n\r\n")
        {
            self.upgraded = Some(self.bytes.starts_with(b"HTTP/1.1 101"));
            self.bytes.drain(..end + 4);
        }
        let mut numbers = Vec::new();
        while self.upgraded == Some(true)
            && let Some((opcode, payload)) = self.frame()
        {
            if opcode == 1 {
                numbers.extend(number(&payload));
            }
        }
        numbers
    }

    /// The first frame, once it is whole. A server masks nothing, and this one divides nothing.
    fn frame(&mut self) -> Option<(u8, String)> {
        let opcode = self.bytes.first()? & 0x0f;
        let (head, length) = match self.bytes.get(1)? & 0x7f {
            126 => (4, usize::from(u16::from_be_bytes(self.bytes.get(2..4)?.try_into().ok()?))),
            127 => (10, u64::from_be_bytes(self.bytes.get(2..10)?.try_into().ok()?) as usize),
            short => (2, usize::from(short)),
        };
        let payload = String::from_utf8_lossy(self.bytes.get(head..head + length)?).into_owned();
        self.bytes.drain(..head + length);
        Some((opcode, payload))
    }
}

/// The number that the server gave a message or an answer.
pub fn number(text: &str) -> Option<u64> {
    let after = text.split_once("\"seq\":")?.1;
    let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    after[..end].parse().ok()
}
