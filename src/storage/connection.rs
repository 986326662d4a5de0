//! The store's HTTP by the client that everything else here uses: one TLS library, one set of trusted certificates, no
//! redirects, and no proxy of the environment but `AWS_PROXY_URL`.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use object_store::ClientOptions;
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};

use crate::model::feature::span;
use crate::observe::tls;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two pieces of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Makes the client.
#[derive(Debug)]
pub struct StoreConnector;

impl HttpConnector for StoreConnector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let failed = |why: String| object_store::Error::Generic { store: "S3", source: why.into() };
        tls::install_provider();
        let option = |key: ClientConfigKey| options.get_config_value(&key);
        let allows_http = option(ClientConfigKey::AllowHttp).is_some_and(|it| it == "true");
        // a machine's own role is asked for with less patience: most have none
        let patience = option(ClientConfigKey::ConnectTimeout).and_then(|text| span::parse(&text).ok());
        let tls = tls::client_config(None, None, true).map_err(|error| failed(error.to_string()))?;
        let mut client = reqwest::Client::builder()
            .tls_backend_preconfigured(rustls::ClientConfig::clone(&tls))
            .https_only(!allows_http)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .no_gzip()
            .connect_timeout(patience.unwrap_or(CONNECT_TIMEOUT).min(CONNECT_TIMEOUT))
            .read_timeout(READ_TIMEOUT)
            .user_agent(concat!("thor-cutover/", env!("CARGO_PKG_VERSION")));
        let unusable = |error: reqwest::Error| failed(error.without_url().to_string());
        if let Some(proxy) = option(ClientConfigKey::ProxyUrl).filter(|url| !url.is_empty()) {
            client = client.proxy(reqwest::Proxy::all(proxy).map_err(unusable)?);
        }
        let client = client.build().map_err(unusable)?;
        Ok(HttpClient::new(StoreClient(client)))
    }
}

#[derive(Debug)]
struct StoreClient(reqwest::Client);

type StoreAnswer<'f> = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'f>>;

impl HttpService for StoreClient {
    // as `async_trait` writes it
    fn call<'life0, 'async_trait>(&'life0 self, request: HttpRequest) -> StoreAnswer<'async_trait>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let url = parts.uri.to_string();
            let body = whole(body).await?;
            let request = self.0.request(parts.method, url).headers(parts.headers).body(body);
            let answer = request.send().await.map_err(refused)?;
            let (parts, body) = http::Response::<reqwest::Body>::from(answer).into_parts();
            Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(AnswerBody(body))))
        })
    }
}

/// A request's body is in memory anyway, in pieces: one part of an upload.
async fn whole(mut body: impl Body<Data = Bytes, Error = HttpError> + Unpin) -> Result<Vec<u8>, HttpError> {
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

/// What kind of failure it was decides whether it is tried again. The URL is not in it: it may be signed.
fn refused(error: reqwest::Error) -> HttpError {
    let kind = match &error {
        error if error.is_timeout() => HttpErrorKind::Timeout,
        error if error.is_connect() => HttpErrorKind::Connect,
        error if error.is_decode() => HttpErrorKind::Decode,
        error if error.is_request() => HttpErrorKind::Request,
        error if error.is_body() => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error.without_url())
}

/// The answer's body, whose errors are the store's.
struct AnswerBody(reqwest::Body);

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        Pin::new(&mut self.0).poll_frame(cx).map_err(refused)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
