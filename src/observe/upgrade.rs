//! The opening handshake, through hyper: the answer is read as a browser reads it (RFC 6455, Fetch).
//!
//! `Connection: keep-alive, Upgrade` is an upgrade; an extension or a subprotocol that was not offered ends it. The
//! library's own handshake is stricter in the first and laxer in the second.

use std::future::poll_fn;
use std::pin::Pin;

use http::header::{CONNECTION, HOST, HeaderMap, HeaderValue, LOCATION, UPGRADE};
use http::{HeaderName, Request, Response, StatusCode, Version};
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use url::Url;

use crate::observe::handshake::HandshakeError;
use crate::observe::http::innermost;
use crate::observe::websocket::{ByteStream, ClientStream};

/// Read of the body of a refusal: enough for what a server has to say.
const MAX_REFUSAL: usize = 64 << 10;

const PROTOCOL: HeaderName = http::header::SEC_WEBSOCKET_PROTOCOL;

/// What is asked for.
pub struct Upgrade {
    /// With its query.
    pub url: Url,
    /// Besides those that every handshake has.
    pub headers: HeaderMap,
    /// Subprotocols that are offered.
    pub protocols: Vec<String>,
}

impl Upgrade {
    /// Asks on an open connection, and takes it over once the server agrees.
    pub async fn ask(
        &self,
        stream: Box<dyn ByteStream>,
        config: WebSocketConfig,
        address: String,
        cookies: Option<HeaderValue>,
    ) -> Result<ClientStream, HandshakeError> {
        let key = generate_key();
        let mut request = self.request(&key)?;
        if let Some(cookies) = cookies {
            request.headers_mut().insert(http::header::COOKIE, cookies);
        }
        let broken = |error: &hyper::Error| {
            let why = innermost(error);
            if error.is_parse() || error.is_user() {
                HandshakeError::Protocol(why)
            } else {
                HandshakeError::Unreachable { address: address.clone(), why }
            }
        };
        let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
            .title_case_headers(true)
            .handshake::<_, String>(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        // ends with the sender, or hands the stream over
        let driver = tokio::spawn(connection.with_upgrades());
        let mut response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let refusal = self.refusal(response).await;
            driver.abort();
            return Err(refusal);
        }
        check(&response, &key, &self.protocols)?;
        let upgraded = hyper::upgrade::on(&mut response).await.map_err(|error| broken(&error))?;
        let parts = upgraded
            .downcast::<TokioIo<Box<dyn ByteStream>>>()
            .map_err(|_| HandshakeError::Protocol("the connection cannot be taken over".to_owned()))?;
        let (stream, early) = (parts.io.into_inner(), parts.read_buf.to_vec());
        Ok(ClientStream::from_partially_read(stream, early, Role::Client, Some(config)).await)
    }

    fn request(&self, key: &str) -> Result<Request<String>, HandshakeError> {
        let url = &self.url;
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let target =
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let unusable =
            |error: http::Error| HandshakeError::Protocol(format!("ws_url cannot be asked for: {error}"));
        let mut request = Request::builder()
            .uri(target)
            .header(HOST, host)
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(http::header::SEC_WEBSOCKET_VERSION, "13")
            .header(http::header::SEC_WEBSOCKET_KEY, key)
            .body(String::new())
            .map_err(unusable)?;
        if !self.protocols.is_empty() {
            let offered =
                HeaderValue::from_str(&self.protocols.join(", ")).map_err(|error| unusable(error.into()))?;
            request.headers_mut().insert(PROTOCOL, offered);
        }
        request.headers_mut().extend(self.headers.clone());
        Ok(request)
    }

    async fn refusal(&self, response: Response<Incoming>) -> HandshakeError {
        let status = response.status().as_u16();
        let location = text_of(response.headers(), &LOCATION).map(str::to_owned);
        let mut body = response.into_body();
        let mut said = Vec::new();
        while said.len() < MAX_REFUSAL
            && let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await
        {
            said.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
        }
        let origin = text_of(&self.headers, &http::header::ORIGIN).unwrap_or_default();
        HandshakeError::of_refusal(status, location.as_deref(), &said, origin, self.url.path())
    }
}

/// What a browser asks of an answer before it opens the socket.
fn check(response: &Response<Incoming>, key: &str, offered: &[String]) -> Result<(), HandshakeError> {
    let headers = response.headers();
    let wrong = |why: String| Err(HandshakeError::Protocol(why));
    if response.version() != Version::HTTP_11 {
        return wrong(format!("it upgrades in {:?}", response.version()));
    }
    if !text_of(headers, &UPGRADE).is_some_and(|value| value.trim().eq_ignore_ascii_case("websocket")) {
        return wrong("its answer has no `Upgrade: websocket`".to_owned());
    }
    if !tokens(headers, &CONNECTION).any(|token| token.eq_ignore_ascii_case("upgrade")) {
        return wrong("its answer has no `Connection: Upgrade`".to_owned());
    }
    let accepted = text_of(headers, &http::header::SEC_WEBSOCKET_ACCEPT).map(str::trim);
    if accepted != Some(derive_accept_key(key.as_bytes()).as_str()) {
        return wrong("its Sec-WebSocket-Accept does not belong to this handshake".to_owned());
    }
    if let Some(extension) = tokens(headers, &http::header::SEC_WEBSOCKET_EXTENSIONS).next() {
        return Err(HandshakeError::not_offered("extension", extension));
    }
    let chosen: Vec<&str> =
        headers.get_all(PROTOCOL).iter().map(|value| value.to_str().unwrap_or("?").trim()).collect();
    match chosen.as_slice() {
        [] if offered.is_empty() => Ok(()),
        [] => wrong(format!("it chose none of the subprotocols {}", offered.join(", "))),
        [one] if offered.iter().any(|protocol| protocol == one) => Ok(()),
        [one, ..] => Err(HandshakeError::not_offered("subprotocol", one)),
    }
}

fn text_of<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The members of a list that may stand in several headers of this name.
fn tokens<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).into_iter().map(|value| value.to_str().unwrap_or("?"));
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|token| !token.is_empty())
}
