//! One TLS configuration for both sides, so that REST and WebSocket trust exactly the same servers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read the certificates of `ca_file` {path}: {why}")]
    CaFile { path: PathBuf, why: String },
    #[error("the system has no trusted certificates: {why}")]
    NoRoots { why: String },
    #[error("the TLS library refuses its own defaults: {0}")]
    Library(#[from] rustls::Error),
}

/// Makes one cryptography provider the process's own, before anything else can choose another.
/// Calling it again changes nothing.
pub fn install_provider() {
    // an error only says that somebody was first; the configuration below names its provider anyway
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The client's configuration: the system's roots and those of `ca_file`. The system's are read only if
/// `is_needed`, since a plain connection should not wait for them.
///
/// # Errors
/// [`TlsError`]: `ca_file` is unreadable or holds no certificate, or nothing at all is trusted.
pub fn client_config(ca_file: Option<&Path>, is_needed: bool) -> Result<Arc<ClientConfig>, TlsError> {
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
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
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
