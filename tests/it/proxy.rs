//! A proxy on loopback between the observer and a Thor, which does to the traffic what networks do.
//!
//! It speaks as much HTTP and WebSocket as it needs to find requests and frames; what it does not spoil it
//! passes on byte by byte.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What is done to the traffic from now on. "One in n" counts frames or requests; 0 is never.
#[derive(Debug, Clone, Default)]
pub struct Spoil {
    /// Every frame towards the client waits this long; order is kept.
    pub delay: Duration,
    pub drop_one_in: u64,
    pub duplicate_one_in: u64,
    /// A frame that is let pass only after its successor.
    pub reorder_one_in: u64,
    /// Requests that are answered 500 and never reach the server.
    pub fail_one_in: u64,
    /// Nothing passes, in either direction; connections stay open.
    pub stall: bool,
    pub bytes_per_second: Option<u64>,
    /// What becomes of the text of a frame towards the client; `None`: it is withheld.
    pub rewrite: Option<fn(&str) -> Option<String>>,
}

/// Ends every connection when dropped.
pub struct Proxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

struct Shared {
    upstream: SocketAddr,
    spoil: Mutex<Spoil>,
    /// Changes when connections are to be cut.
    cuts: watch::Sender<u64>,
    frames: AtomicU64,
    requests: AtomicU64,
    failed: AtomicU64,
    sockets: AtomicU64,
}

impl Proxy {
    pub async fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstream,
            spoil: Mutex::default(),
            cuts: watch::Sender::new(0),
            frames: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            sockets: AtomicU64::new(0),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, task }
    }

    pub fn rest_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn ws_url(&self) -> String {
        format!("ws://{}/ws/", self.address)
    }

    pub fn spoil(&self, spoil: Spoil) {
        *self.shared.spoil.lock().unwrap() = spoil;
    }

    /// Ends every connection without a word; new ones are taken.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|count| *count += 1);
    }

    /// Handshakes passed on.
    pub fn sockets(&self) -> u64 {
        self.shared.sockets.load(Ordering::Relaxed)
    }

    /// Requests answered 500 by the proxy itself.
    pub fn failed(&self) -> u64 {
        self.shared.failed.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let mut cuts = shared.cuts.subscribe();
            tokio::select! {
                _ = cuts.changed() => {}
                _ = connection(client, &shared) => {}
            }
        });
    }
}

async fn connection(client: TcpStream, shared: &Shared) -> Option<()> {
    let server = TcpStream::connect(shared.upstream).await.ok()?;
    client.set_nodelay(true).ok()?;
    server.set_nodelay(true).ok()?;
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    loop {
        let request = message(&mut from_client, shared).await?;
        let is_handshake =
            String::from_utf8_lossy(&request).to_ascii_lowercase().contains("upgrade: websocket");
        let count = shared.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let fail_one_in = shared.spoil.lock().unwrap().fail_one_in;
        if !is_handshake && fail_one_in > 0 && count.is_multiple_of(fail_one_in) {
            shared.failed.fetch_add(1, Ordering::Relaxed);
            let answer = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n{}";
            to_client.write_all(answer).await.ok()?;
            continue;
        }
        to_server.write_all(&request).await.ok()?;
        let answer = message(&mut from_server, shared).await?;
        send(&mut to_client, &answer, shared).await?;
        if is_handshake && answer.starts_with(b"HTTP/1.1 101") {
            shared.sockets.fetch_add(1, Ordering::Relaxed);
            tokio::select! {
                _ = upwards(from_client, to_server, shared) => {}
                _ = downwards(from_server, to_client, shared) => {}
            }
            return None;
        }
    }
}

/// One HTTP message, head and body.
async fn message(from: &mut OwnedReadHalf, shared: &Shared) -> Option<Vec<u8>> {
    let mut read = Vec::new();
    let mut wanted = None;
    loop {
        if let Some(wanted) = wanted
            && read.len() >= wanted
        {
            return Some(read);
        }
        if wanted.is_none()
            && let Some(end) = memchr::memmem::find(&read, b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
            let length = head
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next()?.trim().parse().ok());
            if head.contains("transfer-encoding: chunked") {
                while !read.ends_with(b"0\r\n\r\n") {
                    some(from, &mut read, 1 << 16, shared).await?;
                }
                return Some(read);
            }
            wanted = Some(end + 4 + length.unwrap_or(0));
            continue;
        }
        // a handshake's answer may be followed by frames at once: no byte more than the head is taken
        let most = if wanted.is_some() { 1 << 16 } else { 1 };
        some(from, &mut read, most, shared).await?;
    }
}

async fn some(from: &mut OwnedReadHalf, read: &mut Vec<u8>, most: usize, shared: &Shared) -> Option<()> {
    let mut piece = vec![0; most];
    let length = from.read(&mut piece).await.ok().filter(|length| *length > 0)?;
    stalled(shared).await;
    read.extend_from_slice(&piece[..length]);
    Some(())
}

async fn stalled(shared: &Shared) {
    while shared.spoil.lock().unwrap().stall {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn send(to: &mut OwnedWriteHalf, bytes: &[u8], shared: &Shared) -> Option<()> {
    stalled(shared).await;
    let limit = shared.spoil.lock().unwrap().bytes_per_second;
    let Some(limit) = limit else { return to.write_all(bytes).await.ok() };
    for piece in bytes.chunks((limit / 20).max(1) as usize) {
        to.write_all(piece).await.ok()?;
        tokio::time::sleep(Duration::from_secs_f64(piece.len() as f64 / limit as f64)).await;
    }
    Some(())
}

async fn upwards(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: &Shared) -> Option<()> {
    loop {
        let mut read = Vec::new();
        some(&mut from, &mut read, 1 << 16, shared).await?;
        to.write_all(&read).await.ok()?;
    }
}

async fn downwards(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: &Shared) -> Option<()> {
    let (frames, mut waiting) = tokio::sync::mpsc::unbounded_channel::<Due>();
    let sending = async {
        while let Some((due, frame)) = waiting.recv().await {
            tokio::time::sleep_until(due).await;
            send(&mut to, &frame, shared).await?;
        }
        Some(())
    };
    let reading = async {
        let mut held = None;
        loop {
            let (is_data, frame) = frame(&mut from).await?;
            let spoil = shared.spoil.lock().unwrap().clone();
            #[expect(clippy::disallowed_methods, reason = "a delay needs a beginning")]
            let due = tokio::time::Instant::now() + spoil.delay;
            let count = if is_data { shared.frames.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 };
            let hits = |one_in: u64| is_data && one_in > 0 && count.is_multiple_of(one_in);
            if hits(spoil.drop_one_in) {
                continue;
            }
            let frame = match spoil.rewrite.filter(|_| is_data).map(|rewrite| rewritten(&frame, rewrite)) {
                Some(None) => continue,
                Some(Some(frame)) => frame,
                None => frame,
            };
            if hits(spoil.reorder_one_in) {
                held = Some(frame);
                continue;
            }
            if hits(spoil.duplicate_one_in) {
                frames.send((due, frame.clone())).ok()?;
            }
            frames.send((due, frame)).ok()?;
            if let Some(held) = held.take() {
                frames.send((due, held)).ok()?;
            }
        }
    };
    tokio::select! {
        ended = sending => ended,
        ended = reading => ended,
    }
}

/// A text frame with what is made of its text; `None` where it is withheld.
fn rewritten(frame: &[u8], rewrite: fn(&str) -> Option<String>) -> Option<Vec<u8>> {
    let head = match frame[1] & 0x7f {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    let text = rewrite(&String::from_utf8_lossy(&frame[head..]))?;
    let mut whole = vec![frame[0]];
    match text.len() {
        short @ ..126 => whole.push(short as u8),
        length if length < 1 << 16 => {
            whole.push(126);
            whole.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            whole.push(127);
            whole.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    whole.extend_from_slice(text.as_bytes());
    Some(whole)
}

/// A frame, and when it may go on.
type Due = (tokio::time::Instant, Vec<u8>);

/// One frame of a server, unmasked; whether it carries data.
async fn frame(from: &mut OwnedReadHalf) -> Option<(bool, Vec<u8>)> {
    let mut frame = vec![0; 2];
    from.read_exact(&mut frame).await.ok()?;
    let more = match frame[1] & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let mut length = [0; 8];
    from.read_exact(&mut length[8 - more..]).await.ok()?;
    frame.extend_from_slice(&length[8 - more..]);
    let length = if more == 0 { u64::from(frame[1] & 0x7f) } else { u64::from_be_bytes(length) };
    let start = frame.len();
    frame.resize(start + length as usize, 0);
    from.read_exact(&mut frame[start..]).await.ok()?;
    Some((frame[0] & 0x0f < 8, frame))
}
