//! https and wss with one trust: what one side accepts or refuses, so does the other.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thor_cutover::error::Error;
use thor_cutover::model::observation::Event;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::Setup;
use super::server::{Reply, Server};

pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/tls").join(name)
}

/// TLS in front of a plain server, for clients of this authority only where one is named; ends with the test's runtime.
pub async fn in_front_of(server: &Server, clients: Option<&str>) -> SocketAddr {
    let certificates =
        CertificateDer::pem_file_iter(fixture("server.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(fixture("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(CertificateDer::from_pem_file(fixture(authority)).unwrap()).unwrap();
            let verifier =
                rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let config = builder.with_single_cert(certificates, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, upstream) = (listener.local_addr().unwrap(), server.address);
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let (Ok(mut tls), Ok(mut plain)) =
                    (acceptor.accept(tcp).await, TcpStream::connect(upstream).await)
                else {
                    return;
                };
                // a client that hangs up is no event here
                let _ = tokio::io::copy_bidirectional(&mut tls, &mut plain).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn a_private_authority_is_trusted_by_both_sides_once_it_is_named() {
    let server = Server::start(|_| Reply::json("{}")).await;
    let address = in_front_of(&server, None).await;
    let mut setup = Setup::at(&format!("https://{address}"), &format!("wss://{address}/ws/"));
    setup.backend.ca_file = Some(fixture("ca.pem"));
    let mut watcher = setup.begin().await.unwrap();
    watcher.answer().await;
    server.say("{\"type\":\"positions\"}");
    watcher.message("positions").await;
    assert!(watcher.seen.iter().all(|seen| !matches!(seen.event, Event::RestError { .. })));
}

#[tokio::test]
async fn an_unknown_authority_is_refused_by_both_sides() {
    let server = Server::start(|_| Reply::json("{}")).await;
    let address = in_front_of(&server, None).await;
    let setup = Setup::at(&format!("https://{address}"), &format!("wss://{address}/ws/"));
    let error = Error::from(setup.begin().await.err().unwrap());
    assert!(error.to_string().contains("TLS with"), "{error}");
    assert!(error.hint.unwrap().contains("ca_file"));

    let rest_only = Setup::at(&format!("https://{address}"), &server.ws_url());
    let mut watcher = rest_only.begin().await.unwrap();
    watcher.rest_error("certificate").await;
}
