//! A server on loopback that does exactly what a test tells it to, politely or not.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    pub body: String,
}

/// The bytes of an answer, and how they are sent.
#[derive(Debug, Clone)]
pub enum Reply {
    Bytes(Vec<u8>),
    /// One byte each time.
    Drip(Vec<u8>, std::time::Duration),
    /// Nothing, ever.
    Hang,
}

impl Reply {
    pub fn json(body: impl Into<String>) -> Self {
        Self::of(200, "application/json", &[], body.into().as_bytes())
    }

    pub fn status(status: u16, body: &str) -> Self {
        Self::of(status, "application/json", &[], body.as_bytes())
    }

    pub fn with_headers(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        Self::of(status, "application/json", headers, body.as_bytes())
    }

    pub fn of(status: u16, kind: &str, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let mut head =
            format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        Self::Bytes(bytes)
    }
}

/// What a socket is told to do.
#[derive(Debug, Clone)]
pub enum Order {
    Send(Message),
    Close(u16, &'static str),
    /// Ends the TCP connection without a word.
    Cut,
    /// Bytes that no WebSocket would send.
    Raw(Vec<u8>),
}

type Rest = dyn Fn(&Asked) -> Reply + Send + Sync;

/// Stops when dropped.
pub struct Server {
    pub address: SocketAddr,
    orders: broadcast::Sender<Order>,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

struct Shared {
    rest: Box<Rest>,
    /// Status that refuses a handshake; 0 accepts.
    refuse: Mutex<u16>,
    asked: Mutex<Vec<Asked>>,
    heard: Mutex<Vec<Message>>,
    handshakes: Mutex<Vec<HashMap<String, String>>>,
}

impl Server {
    pub async fn start(rest: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let orders = broadcast::Sender::new(10_000);
        let shared = Arc::new(Shared {
            rest: Box::new(rest),
            refuse: Mutex::new(0),
            asked: Mutex::default(),
            heard: Mutex::default(),
            handshakes: Mutex::default(),
        });
        let task = tokio::spawn(accept(listener, orders.clone(), Arc::clone(&shared)));
        Self { address, orders, shared, task }
    }

    pub fn rest_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn ws_url(&self) -> String {
        format!("ws://{}/ws/", self.address)
    }

    /// Tells every open socket.
    pub fn order(&self, order: Order) {
        let _ = self.orders.send(order);
    }

    pub fn say(&self, text: &str) {
        self.order(Order::Send(Message::text(text)));
    }

    pub fn refuse_handshakes(&self, status: u16) {
        *self.shared.refuse.lock().unwrap() = status;
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub fn heard(&self) -> Vec<Message> {
        self.shared.heard.lock().unwrap().clone()
    }

    pub fn handshakes(&self) -> Vec<HashMap<String, String>> {
        self.shared.handshakes.lock().unwrap().clone()
    }

    pub fn sockets(&self) -> usize {
        self.orders.receiver_count()
    }

    /// For a task of its own.
    pub fn handle(&self) -> Handle {
        Handle { orders: self.orders.clone(), shared: Arc::clone(&self.shared) }
    }
}

/// What a script does with a server.
pub struct Handle {
    orders: broadcast::Sender<Order>,
    shared: Arc<Shared>,
}

impl Handle {
    pub fn order(&self, order: Order) {
        let _ = self.orders.send(order);
    }

    pub fn say(&self, text: &str) {
        self.order(Order::Send(Message::text(text)));
    }

    pub fn heard(&self) -> Vec<Message> {
        self.shared.heard.lock().unwrap().clone()
    }

    pub fn handshakes(&self) -> usize {
        self.shared.handshakes.lock().unwrap().len()
    }

    pub fn sockets(&self) -> usize {
        self.orders.receiver_count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, orders: broadcast::Sender<Order>, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let serve: Pin<Box<dyn Future<Output = Option<()>> + Send>> =
            Box::pin(connection(stream, orders.clone(), Arc::clone(&shared)));
        connections.spawn(serve);
    }
}

async fn connection(stream: TcpStream, orders: broadcast::Sender<Order>, shared: Arc<Shared>) -> Option<()> {
    let mut head = vec![0; 64 * 1024];
    loop {
        let length = stream.peek(&mut head).await.ok()?;
        let text = String::from_utf8_lossy(&head[..length]);
        if text.contains("\r\n\r\n") {
            break if text.to_ascii_lowercase().contains("upgrade: websocket") {
                socket(stream, orders, shared).await
            } else {
                http(stream, shared).await
            };
        }
        if length == 0 {
            return None;
        }
        tokio::task::yield_now().await;
    }
}

async fn http(mut stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let mut read = Vec::new();
    loop {
        let asked = loop {
            if let Some((asked, used)) = parse(&read) {
                read.drain(..used);
                break asked;
            }
            if stream.read_buf(&mut read).await.ok()? == 0 {
                return None;
            }
        };
        shared.asked.lock().unwrap().push(asked.clone());
        match (shared.rest)(&asked) {
            Reply::Bytes(bytes) => stream.write_all(&bytes).await.ok()?,
            Reply::Drip(bytes, pause) => {
                for byte in bytes {
                    stream.write_all(&[byte]).await.ok()?;
                    tokio::time::sleep(pause).await;
                }
            }
            Reply::Hang => std::future::pending().await,
        }
    }
}

fn parse(read: &[u8]) -> Option<(Asked, usize)> {
    let end = memchr::memmem::find(read, b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&read[..end]);
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers = headers(lines);
    let length: usize = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let body = read.get(end..end + length)?;
    let body = String::from_utf8_lossy(body).into_owned();
    Some((Asked { method, target, headers, body }, end + length))
}

fn headers<'l>(lines: impl Iterator<Item = &'l str>) -> HashMap<String, String> {
    lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect()
}

async fn socket(stream: TcpStream, orders: broadcast::Sender<Order>, shared: Arc<Shared>) -> Option<()> {
    use futures_util::{SinkExt as _, StreamExt as _};

    let refuse = *shared.refuse.lock().unwrap();
    let handshakes = &shared.handshakes;
    #[expect(clippy::result_large_err, reason = "the signature of the library's callback")]
    let callback = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let headers = request.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()));
        handshakes.lock().unwrap().push(headers.collect());
        if refuse == 0 {
            return Ok(response);
        }
        let mut error = ErrorResponse::new(None);
        *error.status_mut() = http::StatusCode::from_u16(refuse).unwrap();
        Err(error)
    };
    let mut socket = tokio_tungstenite::accept_hdr_async(stream, callback).await.ok()?;
    let mut orders = orders.subscribe();
    loop {
        tokio::select! {
            order = orders.recv() => match order.ok()? {
                Order::Send(message) => socket.send(message).await.ok()?,
                Order::Close(code, reason) => {
                    let frame = CloseFrame { code: code.into(), reason: reason.into() };
                    socket.close(Some(frame)).await.ok()?;
                }
                Order::Cut => return None,
                Order::Raw(bytes) => socket.get_mut().write_all(&bytes).await.ok()?,
            },
            message = socket.next() => shared.heard.lock().unwrap().push(message?.ok()?),
        }
    }
}
