//! One POST of JSON to a URL that is a secret: no error, log or redirect names it.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret as _, SecretString};

use crate::observe::tls;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Posts, and waits for an answer that takes it (2xx).
///
/// # Errors
/// In words, without the URL.
pub async fn post(url: &SecretString, body: String) -> Result<(), String> {
    tls::install_provider();
    let url = url::Url::parse(url.expose_secret()).map_err(|error| format!("not a URL: {error}"))?;
    let tls = tls::client_config(None, None, url.scheme() == "https").map_err(|error| error.to_string())?;
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(rustls::ClientConfig::clone(&tls))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .user_agent(concat!("thor-cutover/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| error.without_url().to_string())?;
    let request = client.post(url).header(CONTENT_TYPE, "application/json").body(body);
    let answer = request.send().await.map_err(|error| error.without_url().to_string())?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(format!("it answers {status}")),
    }
}
