//! An authority that nobody trusts but who is told to, and servers with certificates of it.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

/// An authority, which signs whatever a test needs.
pub(crate) struct Certificates(CertifiedIssuer<'static, KeyPair>);

impl Certificates {
    pub(crate) fn of(authority_name: &str) -> Self {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, authority_name);
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(authority, key).expect("a certificate"))
    }

    /// What whoever trusts it has in a file.
    pub(crate) fn authority_pem(&self) -> String {
        self.0.pem()
    }

    /// A server that proves to be this host.
    pub(crate) fn server_for(&self, host: &str) -> Arc<ServerConfig> {
        self.server(&CertificateParams::new([host.to_owned()]).expect("a name"))
    }

    /// A server with any certificate.
    pub(crate) fn server(&self, certificate: &CertificateParams) -> Arc<ServerConfig> {
        let key = KeyPair::generate().expect("a key");
        let certificate = certificate.signed_by(&key, &self.0).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            );
        Arc::new(config.expect("a certificate and its key"))
    }
}
