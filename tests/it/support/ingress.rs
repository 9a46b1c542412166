//! What stands before a store and speaks TLS, as an ingress of a cluster does.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// An ingress for the host `localhost`, whose certificate is that of an authority that nobody else knows. It ends with its runtime.
pub(crate) struct Ingress {
    pub(crate) address: SocketAddr,
    folder: TempDir,
    _runtime: Runtime,
}

impl Ingress {
    /// Passes what it is asked to `store` and back.
    pub(crate) fn before(store: SocketAddr) -> Self {
        let (server, authority) = certified();
        let folder = tempfile::tempdir().expect("a folder can be made");
        fs::write(folder.path().join("authority.pem"), authority).expect("it can be written");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be built");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        runtime.spawn(async move {
            while let Ok((outside, _)) = listener.accept().await {
                let acceptor = TlsAcceptor::from(Arc::clone(&server));
                tokio::spawn(async move {
                    let (Ok(mut outside), Ok(mut inside)) =
                        (acceptor.accept(outside).await, TcpStream::connect(store).await)
                    else {
                        return;
                    };
                    let _delayed = inside.set_nodelay(true);
                    // Whoever hangs up is done.
                    let _ended = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
        Self { address, folder, _runtime: runtime }
    }

    /// The file of the authority that vouches for it.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }
}

/// A server that proves to be `localhost`, and its authority as PEM.
fn certified() -> (Arc<ServerConfig>, String) {
    let key = || KeyPair::generate().expect("a key can be made");
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, key()).expect("it can be signed");
    let own = key();
    let certificate = CertificateParams::new(["localhost".to_owned()]).expect("it is a name");
    let certificate = certificate.signed_by(&own, &authority).expect("it can be signed");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(own.serialize_der().into()));
    (Arc::new(config.expect("the key is that of the certificate")), authority.pem())
}
