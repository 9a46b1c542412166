//! What a failed handshake means to whoever asked for it.

use std::io::{self, ErrorKind};

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, Error};
use thiserror::Error as ErrorMessage;

/// How the library of TLS calls a certificate that a server should not have; it has no variant of its own.
const OF_AUTHORITY: &str = "CaUsedAsEndEntity";

/// Why the other side of a connection is not believed, or does not understand.
#[derive(Debug, Clone, PartialEq, Eq, ErrorMessage)]
pub enum HandshakeError {
    /// Nobody who is trusted has signed the certificate.
    #[error(
        "the certificate of {0} is signed by nobody who is trusted here: name the file of its authority (PEM) with --authority"
    )]
    UnknownAuthority(
        /// Who should have proved itself.
        String,
    ),
    /// The certificate is somebody else's.
    #[error(
        "the certificate of {name} is not for that name{presented}: ask by a name that is in it, or have it made for this one"
    )]
    WrongName {
        /// Who should have proved itself.
        name: String,
        /// Whom it is for, where that is known.
        presented: String,
    },
    /// It was valid once.
    #[error("the certificate of {0} has expired: have it renewed; or is the clock of this machine wrong?")]
    Expired(
        /// Who should have proved itself.
        String,
    ),
    /// It will be valid later.
    #[error(
        "the certificate of {0} is not valid yet: is the clock of this machine wrong, or that of its authority?"
    )]
    NotYet(
        /// Who should have proved itself.
        String,
    ),
    /// Something else is wrong with the certificate.
    #[error("the certificate of {name} is refused: {reason}")]
    Certificate {
        /// Who should have proved itself.
        name: String,
        /// What the library of TLS says.
        reason: String,
    },
    /// Bytes came that are no TLS.
    #[error(
        "{0} does not speak TLS on that port: write http:// if it speaks HTTP without it, or give the port on which it speaks TLS"
    )]
    NoTls(
        /// Who was asked.
        String,
    ),
    /// The server wants something that the generator does not have.
    #[error("{name} refuses the handshake: {reason}")]
    Refused {
        /// Who was asked.
        name: String,
        /// What it wants instead.
        reason: String,
    },
    /// Nothing came in time.
    #[error(
        "{0} did not finish the TLS handshake in time: does it speak TLS on that port, and how far away is it?"
    )]
    Silent(
        /// Who was asked.
        String,
    ),
    /// Anything else.
    #[error("the TLS handshake with {name} failed: {reason}")]
    Other {
        /// Who was asked.
        name: String,
        /// What the library of TLS says.
        reason: String,
    },
}

impl HandshakeError {
    pub(super) fn silent(name: &ServerName<'_>) -> Self {
        Self::Silent(name.to_str().into_owned())
    }

    /// What an error of a connection tells of its handshake; none where it is one of the network.
    pub(super) fn of(name: &ServerName<'_>, error: &io::Error) -> Option<Self> {
        let name = name.to_str().into_owned();
        let Some(cause) = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>()) else {
            let hung_up = error.kind() == ErrorKind::UnexpectedEof;
            let reason = "it hung up in the midst of it (does it speak TLS on that port?)".to_owned();
            return hung_up.then_some(Self::Other { name, reason });
        };
        Some(match cause {
            Error::InvalidCertificate(error) => Self::of_certificate(name, error),
            Error::InvalidMessage(_) => Self::NoTls(name),
            Error::AlertReceived(alert) => Self::Refused { name, reason: wanted(*alert) },
            Error::NoApplicationProtocol => Self::Refused {
                name,
                reason: "it does not offer HTTP/1.1, which the generator speaks".to_owned(),
            },
            Error::PeerIncompatible(reason) => Self::Refused { name, reason: format!("{reason:?}") },
            other => Self::Other { name, reason: other.to_string() },
        })
    }

    /// The one that a connection could not be opened for, if that was it.
    pub(crate) fn in_it(error: &io::Error) -> Option<Self> {
        error.get_ref().and_then(|cause| cause.downcast_ref::<Self>()).cloned()
    }

    fn of_certificate(name: String, error: &CertificateError) -> Self {
        match error {
            // An authority that was made anew has its name still, and another key.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownAuthority(name),
            CertificateError::NotValidForName => Self::WrongName { name, presented: String::new() },
            CertificateError::NotValidForNameContext { presented, .. } => {
                let presented = match presented.as_slice() {
                    [] => ", and for no other".to_owned(),
                    names => format!(", but for {}", names.join(", ")),
                };
                Self::WrongName { name, presented }
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired(name),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYet(name),
            other => {
                let reason = format!("{other:?}");
                if !reason.contains(OF_AUTHORITY) {
                    return Self::Certificate { name, reason };
                }
                let reason = "it is that of an authority, which vouches for others: have one made for the server \
                              (basicConstraints CA:FALSE)";
                Self::Certificate { name, reason: reason.to_owned() }
            }
        }
    }
}

fn wanted(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateRequired => {
            "it wants a certificate of the client, and the generator has none".to_owned()
        }
        AlertDescription::NoApplicationProtocol => {
            "it does not offer HTTP/1.1, which the generator speaks".to_owned()
        }
        AlertDescription::UnrecognisedName => "it does not know that name".to_owned(),
        AlertDescription::ProtocolVersion => "it speaks neither TLS 1.2 nor 1.3".to_owned(),
        other => format!("it says {other:?}"),
    }
}
