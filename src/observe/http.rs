//! One HTTP client for everything that is asked: bounded in time and size, no redirects, no proxies
//! but the configured one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, Url};
use rustls::ClientConfig;
use secrecy::ExposeSecret as _;

use crate::clock::Clock;
use crate::model::rest_cause::{RestCause, Unusable};
use crate::model::time::Nanos;
use crate::observe::cookies::Cookies;
use crate::observe::network::{MachineNetwork, Network};
use crate::settings::{Backend, FromVariable};

/// Why no answer came. None of them names the URL: its query may hold an account number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The server was never reached: refused, unknown host, TLS, no route.
    #[error("{0}")]
    Unreachable(String),
    #[error("no whole answer within {0:?}")]
    Timeout(Duration),
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// It broke off on the way.
    #[error("{0}")]
    Broken(String),
}

impl Unanswered {
    pub fn cause(&self) -> RestCause {
        match self {
            Self::Unreachable(_) => RestCause::Unreachable,
            Self::Timeout(_) => RestCause::Timeout,
            Self::TooLarge(_) => RestCause::TooLarge,
            Self::Broken(_) => RestCause::Broken,
        }
    }
}

impl From<Unanswered> for Unusable {
    fn from(unanswered: Unanswered) -> Self {
        Self::new(unanswered.cause(), unanswered.to_string())
    }
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answered {
    /// Just before the request was sent.
    pub sent: Nanos,
    pub status: u16,
    pub location: Option<String>,
    /// How long a 429 or 503 asks to wait.
    pub retry_after: Option<Duration>,
    /// By which it can be asked whether it still holds.
    pub etag: Option<HeaderValue>,
    /// The header that may say where the answer goes on.
    pub link: Option<String>,
    pub body: Vec<u8>,
}

/// A client bound to one backend: it never leaves its host.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
    network: Arc<dyn Network>,
    base: Url,
    /// Secrets for each request's query.
    query: BTreeMap<String, FromVariable>,
    timeout: Duration,
    max_body: usize,
    /// What a login earned, where it earns any.
    cookies: Option<Cookies>,
}

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("`backend.headers`: {0:?} cannot be a header")]
    Header(String),
    #[error("cannot set up the HTTP client: {0}")]
    Client(String),
    #[error("{path:?} does not stay on {host}")]
    Foreign { path: String, host: String },
}

impl Http {
    /// # Errors
    /// [`HttpError`]: a configured header or proxy is impossible.
    pub fn new(backend: &Backend, tls: &Arc<ClientConfig>) -> Result<Self, HttpError> {
        let mut tls = ClientConfig::clone(tls);
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let mut headers = HeaderMap::new();
        for (name, value) in &backend.headers {
            let bad = || HttpError::Header(name.clone());
            let value = HeaderValue::from_str(value).map_err(|_| bad())?;
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?, value);
        }
        add_secrets(&mut headers, &backend.header_env).map_err(HttpError::Header)?;
        let client = |error: reqwest::Error| HttpError::Client(innermost(&error.without_url()));
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(backend.connect_timeout)
            .timeout(backend.request_timeout)
            .user_agent(concat!("thor-cutover/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers);
        #[cfg(unix)]
        if let Some(path) = &backend.unix_socket {
            builder = builder.unix_socket(path.as_path());
        }
        if let Some(proxy) = &backend.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(client)?);
        }
        Ok(Self {
            client: builder.build().map_err(client)?,
            network: Arc::new(MachineNetwork),
            base: backend.rest_url.clone(),
            query: backend.query_env.clone(),
            timeout: backend.request_timeout,
            max_body: backend.max_message,
            cookies: None,
        })
    }

    /// The same with the cookies of a login: kept, and sent with everything.
    #[must_use]
    pub fn with_cookies(mut self, cookies: Option<Cookies>) -> Self {
        self.cookies = cookies;
        self
    }

    /// The same by another network.
    #[must_use]
    pub fn with_network(mut self, network: Arc<dyn Network>) -> Self {
        self.network = network;
        self
    }

    pub fn cookies(&self) -> Option<&Cookies> {
        self.cookies.as_ref()
    }

    /// Largest body, in bytes.
    pub(super) fn max_body(&self) -> usize {
        self.max_body
    }

    /// A request for a path of the backend.
    ///
    /// # Errors
    /// [`HttpError::Foreign`] where the path would lead to another host: credentials never follow.
    pub fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, HttpError> {
        let url = self.url(path)?;
        Ok(self.with_session(self.client.request(method, url)))
    }

    /// The URL of a path of the backend, its secrets included.
    ///
    /// # Errors
    /// As [`Self::request`].
    pub(super) fn url(&self, path: &str) -> Result<Url, HttpError> {
        let foreign = || HttpError::Foreign {
            path: path.split('?').next().unwrap_or_default().to_owned(),
            host: self.base.host_str().unwrap_or_default().to_owned(),
        };
        // a base such as https://host/thor keeps its own path before the feature's
        let joined = format!("{}/{}", self.base.as_str().trim_end_matches('/'), path.trim_start_matches('/'));
        let url = Url::parse(&joined).map_err(|_| foreign())?;
        if url.origin() != self.base.origin() {
            return Err(foreign());
        }
        Ok(with_query(url, &self.query))
    }

    /// The URL of a path without anything secret.
    pub(super) fn page(&self, path: &str) -> String {
        let base = self.base.as_str().trim_end_matches('/');
        format!("{base}/{}", path.split('?').next().unwrap_or_default().trim_start_matches('/'))
    }

    /// A GET of a URL that an answer named, on the backend's own host.
    pub(super) fn follow(&self, url: Url) -> RequestBuilder {
        debug_assert_eq!(url.origin(), self.base.origin());
        self.with_session(self.client.get(with_query(url, &self.query)))
    }

    fn with_session(&self, request: RequestBuilder) -> RequestBuilder {
        match self.cookies.as_ref().and_then(Cookies::header) {
            Some(cookies) => request.header(reqwest::header::COOKIE, cookies),
            None => request,
        }
    }

    /// A request whose answer does not end.
    pub(super) fn endless(&self, url: Url, headers: HeaderMap) -> RequestBuilder {
        const NEVER: Duration = Duration::from_secs(u32::MAX as u64);
        self.with_session(self.client.get(url).headers(headers).timeout(NEVER))
    }

    /// Sends, and reads the whole answer within the limits of time and size.
    ///
    /// # Errors
    /// [`Unanswered`], with the instant before sending.
    pub async fn send(&self, clock: Clock, request: RequestBuilder) -> Result<Answered, (Nanos, Unanswered)> {
        let sent = clock.now();
        self.exchange(clock, sent, request).await.map_err(|error| (sent, error))
    }

    async fn exchange(
        &self,
        clock: Clock,
        sent: Nanos,
        request: RequestBuilder,
    ) -> Result<Answered, Unanswered> {
        let mut response = self.network.send(request, self.timeout).await?;
        let header = |name: reqwest::header::HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        if let Some(cookies) = &self.cookies {
            cookies.take(response.headers());
        }
        let location = header(reqwest::header::LOCATION);
        let link = header(reqwest::header::LINK);
        let may_be_kept =
            !header(reqwest::header::CACHE_CONTROL).is_some_and(|control| control.contains("no-store"));
        let etag = response.headers().get(reqwest::header::ETAG).filter(|_| may_be_kept).cloned();
        let retry_after = header(reqwest::header::RETRY_AFTER).and_then(|text| pause(&text, clock));
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unanswered(error, self.timeout))? {
            if body.len() + chunk.len() > self.max_body {
                return Err(Unanswered::TooLarge(self.max_body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answered { sent, status, location, retry_after, etag, link, body })
    }
}

/// What became of a request that the client gave up; `limit` is how long it may have taken.
pub(super) fn unanswered(error: reqwest::Error, limit: Duration) -> Unanswered {
    let error = error.without_url();
    if error.is_connect() {
        Unanswered::Unreachable(innermost(&error))
    } else if error.is_timeout() {
        Unanswered::Timeout(limit)
    } else {
        Unanswered::Broken(innermost(&error))
    }
}

/// Adds the headers whose values come from variables, as far as these are set; the name of one that cannot be a header.
pub(super) fn add_secrets(
    headers: &mut HeaderMap,
    secrets: &BTreeMap<String, FromVariable>,
) -> Result<(), String> {
    for (name, from) in secrets {
        let bad = || name.clone();
        let Some(value) = &from.value else { continue };
        let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| bad())?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?, value);
    }
    Ok(())
}

/// What whatever pushes over HTTP is asked for with, beside what every request has: the secrets of `[socket]` and the
/// origin.
///
/// # Errors
/// Where one of them cannot be a header, in words.
pub(super) fn socket_headers(backend: &Backend) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    add_secrets(&mut headers, &backend.socket.header_env).map_err(|name| no_header_env(&name))?;
    let origin = HeaderValue::from_str(&backend.origin)
        .map_err(|_| format!("`backend.origin` cannot be a header: {:?}", backend.origin))?;
    headers.insert(reqwest::header::ORIGIN, origin);
    Ok(headers)
}

pub(super) fn no_header_env(name: &str) -> String {
    format!("`header_env`: {name:?} cannot be a header")
}

/// Where whatever pushes is asked for, with its secrets.
pub(super) fn socket_url(backend: &Backend) -> Url {
    with_query(with_query(backend.ws_url.clone(), &backend.query_env), &backend.socket.query_env)
}

/// The URL with the configured secrets in its query.
fn with_query(mut url: Url, secrets: &BTreeMap<String, FromVariable>) -> Url {
    for (name, from) in secrets {
        // An answer that says where it goes on may have said it back.
        let is_there = url.query_pairs().any(|(known, _)| known == name.as_str());
        if let Some(value) = from.value.as_ref().filter(|_| !is_there) {
            url.query_pairs_mut().append_pair(name, value.expose_secret());
        }
    }
    url
}

/// `Retry-After` in seconds or as a date; an absurd one counts as an hour.
fn pause(text: &str, clock: Clock) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_secs(3600);
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let date = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    let pause = date.timestamp().duration_since(clock.wall_now());
    Some(Duration::try_from(pause).unwrap_or_default().min(LONGEST))
}

/// The cause a person can act on: libraries wrap it in layers that say nothing more.
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
