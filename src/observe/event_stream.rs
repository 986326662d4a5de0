//! Server-sent events (HTML standard, section 9.2): a stream over HTTP, read as a browser's EventSource reads it.
//!
//! Each event becomes a message: `{"type": …, "id": …, "data": …}`, its data as JSON where it is JSON. What the server
//! gave the last event as an id is sent back after a reconnect.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use rustls::ClientConfig;
use sse_stream::{Sse, SseByteStream};
use tokio::time::timeout;
use url::Url;

use crate::json::grammar::is_json;
use crate::observe::answer;
use crate::observe::cookies::Cookies;
use crate::observe::handshake::HandshakeError;
use crate::observe::http::{Http, innermost, socket_headers, socket_url};
use crate::observe::queue::{Arrived, Outlet};
use crate::settings::Backend;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A server that asks for a longer pause before a reconnect is not waited for.
const LONGEST_RETRY: Duration = Duration::from_secs(60);

pub struct EventStream {
    http: Http,
    url: Url,
    headers: HeaderMap,
    connect_timeout: Duration,
    max_message: usize,
    queue: Outlet,
    resume: Mutex<Resume>,
}

/// What outlives a connection.
#[derive(Debug, Default, Clone)]
struct Resume {
    last_id: String,
    retry: Duration,
}

/// The body of an answer, as events.
pub struct OpenEventStream {
    response: reqwest::Response,
}

impl EventStream {
    /// # Errors
    /// Where a configured header or the proxy cannot be used, in words.
    pub fn new(
        backend: &Backend,
        tls: &Arc<ClientConfig>,
        queue: Outlet,
        cookies: Option<Cookies>,
    ) -> Result<Self, String> {
        let mut headers = socket_headers(backend)?;
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // Compressed, events would wait for each other.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        Ok(Self {
            http: Http::new(backend, tls).map_err(|error| error.to_string())?.with_cookies(cookies),
            url: socket_url(backend),
            headers,
            connect_timeout: backend.connect_timeout,
            max_message: backend.max_message,
            queue,
            resume: Mutex::default(),
        })
    }

    /// Asks for the stream.
    ///
    /// # Errors
    /// [`HandshakeError`] where the answer is no event stream.
    pub async fn connect(&self) -> Result<OpenEventStream, HandshakeError> {
        let mut headers = self.headers.clone();
        let last_id = self.resume().last_id;
        if !last_id.is_empty()
            && let Ok(value) = HeaderValue::from_str(&last_id)
        {
            headers.insert(LAST_EVENT_ID, value);
        }
        let address = format!(
            "{}:{}",
            self.url.host_str().unwrap_or_default(),
            self.url.port_or_known_default().unwrap_or(80)
        );
        let asked = timeout(self.connect_timeout, self.http.endless(self.url.clone(), headers).send()).await;
        let response = match asked {
            Err(_) => return Err(HandshakeError::Timeout(self.connect_timeout)),
            Ok(Err(error)) => {
                let why = innermost(&error.without_url());
                return Err(HandshakeError::Unreachable { address, why });
            }
            Ok(Ok(response)) => response,
        };
        let status = response.status().as_u16();
        let header = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
        let kind = header(CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if status == 200 && kind.eq_ignore_ascii_case("text/event-stream") {
            self.queue.push(Arrived::Open);
            return Ok(OpenEventStream { response });
        }
        if status == 200 {
            return Err(HandshakeError::NoEvents(format!("its content type is {kind:?}")));
        }
        let location = header(http::header::LOCATION).map(str::to_owned);
        let mut said = Vec::new();
        let mut response = response;
        while said.len() < 64 << 10
            && let Ok(Ok(Some(chunk))) = timeout(self.connect_timeout, response.chunk()).await
        {
            said.extend_from_slice(&chunk);
        }
        Err(HandshakeError::NoEvents(answer::refused(status, location.as_deref(), &said)))
    }

    /// Reads to the end of the stream: its close code and reason.
    pub async fn read(&self, open: &mut OpenEventStream) -> (u16, String) {
        let unread = Arc::new(AtomicUsize::new(0));
        let mut events = SseByteStream::new(self.chunks(open, Arc::clone(&unread)));
        loop {
            match events.next().await {
                Some(Ok(event)) => {
                    unread.store(0, Ordering::Relaxed);
                    if let Some(message) = self.message(event) {
                        self.queue.push_or_wait(Arrived::Text(message.into())).await;
                    }
                }
                Some(Err(error)) => return (1006, innermost(&error)),
                None => return (1006, "the server ended the stream".to_owned()),
            }
        }
    }

    /// The bytes of the body, until one event grows beyond the limit.
    fn chunks<'s>(
        &'s self,
        open: &'s mut OpenEventStream,
        unread: Arc<AtomicUsize>,
    ) -> Pin<Box<dyn Stream<Item = io::Result<tokio_tungstenite::tungstenite::Bytes>> + Send + 's>> {
        let limit = self.max_message;
        Box::pin(futures_util::stream::unfold((open, false), move |(open, ended)| {
            let unread = Arc::clone(&unread);
            async move {
                if ended {
                    return None;
                }
                match open.response.chunk().await {
                    Ok(Some(chunk)) => {
                        let size = unread.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len();
                        if size > limit.saturating_add(1 << 16) {
                            let why = format!("an event is over the limit of {limit} bytes");
                            return Some((Err(io::Error::other(why)), (open, true)));
                        }
                        Some((Ok(chunk), (open, false)))
                    }
                    Ok(None) => None,
                    Err(error) => {
                        let why = innermost(&error.without_url());
                        Some((Err(io::Error::other(why)), (open, true)))
                    }
                }
            }
        }))
    }

    /// The message that an event is; `None` for one without data, which a page does not get either.
    fn message(&self, event: Sse) -> Option<String> {
        let mut resume = self.resume.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = event.id.filter(|id| !id.contains('\0')) {
            resume.last_id = id;
        }
        if let Some(retry) = event.retry {
            resume.retry = Duration::from_millis(retry).min(LONGEST_RETRY);
        }
        let data = event.data.filter(|data| !data.is_empty())?;
        let quoted = |text: &str| serde_json::to_string(text).expect("a string into memory");
        let kind = event.event.filter(|kind| !kind.is_empty());
        let kind = quoted(kind.as_deref().unwrap_or("message"));
        let id = match resume.last_id.as_str() {
            "" => String::new(),
            id => format!(",\"id\":{}", quoted(id)),
        };
        let data = if is_json(&data) { data } else { quoted(&data) };
        Some(format!("{{\"type\":{kind}{id},\"data\":{data}}}"))
    }

    /// How long the server wants a reconnect to wait.
    pub fn retry(&self) -> Duration {
        self.resume().retry
    }

    fn resume(&self) -> Resume {
        self.resume.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
