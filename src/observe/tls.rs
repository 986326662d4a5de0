//! One TLS configuration for both sides, so that REST and WebSocket trust exactly the same servers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::bounded::{self, MAX_SECRET_FILE};
use crate::secrets;
use crate::settings::ClientCertificate;

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read the certificates of `ca_file` {path}: {why}")]
    CaFile { path: PathBuf, why: String },
    #[error("cannot read the certificate of `client_certificate` {path}: {why}")]
    Certificate { path: PathBuf, why: String },
    #[error("cannot use the key of `client_key` {path}: {why}")]
    Key { path: PathBuf, why: String },
    #[error("the system has no trusted certificates: {why}")]
    NoRoots { why: String },
    #[error("the TLS library refuses its own defaults: {0}")]
    Library(#[from] rustls::Error),
}

/// What to check where it fails.
pub const HINT: &str = "check [backend] ca_file, client_certificate and client_key";

/// Makes one cryptography provider the process's own, before anything else can choose another.
/// Calling it again changes nothing.
pub fn install_provider() {
    // an error only says that somebody was first; the configuration below names its provider anyway
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The client's configuration: the system's roots and those of `ca_file`. The system's are read only if
/// `is_needed`, since a plain connection should not wait for them; so is the client's own certificate.
///
/// # Errors
/// [`TlsError`]: a file is unreadable or does not hold what it should, or nothing at all is trusted.
pub fn client_config(
    ca_file: Option<&Path>,
    own: Option<&ClientCertificate>,
    is_needed: bool,
) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    if is_needed {
        let native = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(native.certs);
        if let Some(path) = ca_file {
            add_file(&mut roots, path)?;
        }
        if roots.is_empty() {
            let why = native.errors.first().map_or_else(|| "none found".to_owned(), ToString::to_string);
            return Err(TlsError::NoRoots { why });
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let config = match own.filter(|_| is_needed) {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let chain = chain(&own.certificate)?;
            let key = private_key(&own.key)?;
            let failed =
                |error: rustls::Error| TlsError::Key { path: own.key.clone(), why: error.to_string() };
            builder.with_client_auth_cert(chain, key).map_err(failed)?
        }
    };
    Ok(Arc::new(config))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |why: String| TlsError::Certificate { path: path.to_owned(), why };
    let file = CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))?;
    let chain = file.collect::<Result<Vec<_>, _>>().map_err(|error| failed(error.to_string()))?;
    if chain.is_empty() { Err(failed("it holds no certificate in PEM form".to_owned())) } else { Ok(chain) }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let failed = |why: String| TlsError::Key { path: path.to_owned(), why };
    let text = bounded::read_text(path, MAX_SECRET_FILE).map_err(|error| failed(error.to_string()))?;
    // A server has no way to say it back; but nothing that is read as a secret is left out of the register.
    text.lines().filter(|line| !line.starts_with("-----")).for_each(secrets::register);
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes());
    key.map_err(|_| failed("it holds no private key in PEM form that is not encrypted".to_owned()))
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), TlsError> {
    let failed = |why: String| TlsError::CaFile { path: path.to_owned(), why };
    let mut found = 0;
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))? {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
        found += 1;
    }
    if found == 0 { Err(failed("it holds no certificate in PEM form".to_owned())) } else { Ok(()) }
}
