//! Bytes to and from a deployment, with TLS around them or without.

use std::io::{self, ErrorKind, Read, Write};

use rustls::{ClientConnection, StreamOwned};

use super::{HandshakeError, Tls};

/// A socket, blocking or not, on which a deployment is spoken to.
#[derive(Debug)]
pub(crate) enum Wire<Socket: Read + Write> {
    Plain(Socket),
    Tls { stream: Box<StreamOwned<ClientConnection, Socket>>, tls: Tls },
}

impl<Socket: Read + Write> Wire<Socket> {
    pub(crate) fn new(socket: Socket, tls: Option<&Tls>) -> io::Result<Self> {
        let Some(tls) = tls else { return Ok(Self::Plain(socket)) };
        let connection = tls.connection().map_err(io::Error::other)?;
        Ok(Self::Tls { stream: Box::new(StreamOwned::new(connection, socket)), tls: tls.clone() })
    }

    pub(crate) fn socket(&self) -> &Socket {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls { stream, .. } => &stream.sock,
        }
    }

    /// Whether neither side knows the other yet.
    pub(crate) fn is_shaking_hands(&self) -> bool {
        matches!(self, Self::Tls { stream, .. } if stream.conn.is_handshaking())
    }

    /// Goes on with the handshake as far as the socket lets it; true once nothing of it is left to do.
    pub(crate) fn shake_hands(&mut self) -> io::Result<bool> {
        let Self::Tls { stream, tls } = self else { return Ok(true) };
        while stream.conn.is_handshaking() {
            match stream.conn.complete_io(&mut stream.sock) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                    return Ok(false);
                }
                Err(error) => {
                    return Err(HandshakeError::of(&tls.name, &error).map_or(error, io::Error::other));
                }
            }
        }
        Ok(true)
    }

    /// What it means that the handshake is not done though nobody waits any longer.
    pub(crate) fn out_of_time(&self) -> io::Error {
        match self {
            Self::Plain(_) => ErrorKind::TimedOut.into(),
            Self::Tls { tls, .. } => io::Error::other(HandshakeError::silent(&tls.name)),
        }
    }

    /// Whether a read that fills less than it could has found the socket empty.
    pub(crate) fn short_read_is_last(&self) -> bool {
        matches!(self, Self::Plain(_))
    }
}

impl<Socket: Read + Write> Read for Wire<Socket> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls { stream, .. } => stream.read(buffer),
        }
    }
}

impl<Socket: Read + Write> Write for Wire<Socket> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls { stream, .. } => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls { stream, .. } => stream.flush(),
        }
    }
}
