//! TLS to a deployment that runs behind it: whom to trust, and what a failed handshake means.

mod failure;
mod wire;

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use thiserror::Error;

pub use failure::HandshakeError;
pub(crate) use wire::Wire;

/// The authorities whose certificates are believed. Clones share what they have learned of the servers.
#[derive(Debug, Clone)]
pub struct Authorities(Arc<ClientConfig>);

/// How one deployment is spoken to: by this name, which its certificate has to be for.
#[derive(Debug, Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

/// Why no authority or no name is there to check a certificate with.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The file of the authority cannot be read.
    #[error(
        "{file} holds no certificates that can be trusted ({reason}): it has to be PEM, as the authority that signed the certificate gives it"
    )]
    Authority {
        /// Where it was looked for.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The system trusts nobody.
    #[error(
        "this system trusts no authority{reason}: install its certificates (the package ca-certificates), or name the file of one with \
         --authority"
    )]
    NoAuthorities {
        /// What went wrong while they were looked for, if anything.
        reason: String,
    },
    /// No certificate can be for this.
    #[error("{0:?} is no name that a certificate can be for: write a host name or an IP address")]
    Name(String),
    /// The library of TLS refuses its own settings.
    #[error("TLS cannot be set up")]
    Setup(#[from] rustls::Error),
}

impl Authorities {
    /// Those of the system (or of the file that `SSL_CERT_FILE` names), and those of a PEM file.
    pub fn of_system_and(file: Option<&Path>) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        let native = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(native.certs);
        if let Some(file) = file {
            add_from(file, &mut roots)?;
        }
        if roots.is_empty() {
            let reasons = native.errors.iter().map(|error| format!(" ({error})"));
            return Err(TlsError::NoAuthorities { reason: reasons.collect() });
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    /// Speaks to whoever proves to be `host`, a name or an IP address.
    pub fn for_host(&self, host: &str) -> Result<Tls, TlsError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| TlsError::Name(host.to_owned()))?;
        Ok(Tls { config: Arc::clone(&self.0), name })
    }
}

fn add_from(file: &Path, roots: &mut RootCertStore) -> Result<(), TlsError> {
    let refused = |reason: String| TlsError::Authority { file: file.display().to_string(), reason };
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| refused(error.to_string()))?;
    if certificates.is_empty() {
        return Err(refused("there is none in it".to_owned()));
    }
    certificates
        .into_iter()
        .try_for_each(|certificate| roots.add(certificate))
        .map_err(|error| refused(error.to_string()))
}

impl Tls {
    fn connection(&self) -> Result<ClientConnection, rustls::Error> {
        ClientConnection::new(Arc::clone(&self.config), self.name.clone())
    }
}

#[cfg(test)]
mod tests;
