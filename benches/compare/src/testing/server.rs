//! A tiny HTTP server on threads, which the tests load.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A server that answers every request with what its handler says, until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    ending: Arc<AtomicBool>,
}

impl Server {
    /// Starts a server; the handler gets the path and the number of the request, and gives status and body.
    pub(crate) fn start(handler: impl Fn(&str, u64) -> (u16, String) + Send + Sync + 'static) -> Self {
        Self::start_with_header("", handler)
    }

    /// The same over TLS.
    pub(crate) fn start_over_tls(
        tls: Arc<ServerConfig>,
        handler: impl Fn(&str, u64) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        Self::listen("", Some(tls), handler)
    }

    /// The same with one more header, a whole line with its end, in every answer.
    pub(crate) fn start_with_header(
        header: &'static str,
        handler: impl Fn(&str, u64) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        Self::listen(header, None, handler)
    }

    fn listen(
        header: &'static str,
        tls: Option<Arc<ServerConfig>>,
        handler: impl Fn(&str, u64) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let ending = Arc::new(AtomicBool::new(false));
        let handler = Arc::new(handler);
        let count = Arc::new(AtomicU64::new(0));
        let flag = Arc::clone(&ending);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if flag.load(Ordering::SeqCst) {
                    break;
                }
                let (handler, count) = (Arc::clone(&handler), Arc::clone(&count));
                let Ok(stream) = stream else { continue };
                let _ = stream.set_nodelay(true);
                match &tls {
                    None => thread::spawn(move || serve(stream, header, &count, &*handler)),
                    Some(tls) => {
                        let connection = ServerConnection::new(Arc::clone(tls)).expect("a configuration");
                        let stream = StreamOwned::new(connection, stream);
                        thread::spawn(move || serve(stream, header, &count, &*handler))
                    }
                };
            }
        });
        Self { address, ending }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

/// Answers the bodyless requests of one connection until its end.
fn serve(
    mut stream: impl Read + Write,
    header: &str,
    count: &AtomicU64,
    handler: &dyn Fn(&str, u64) -> (u16, String),
) {
    let mut request = Vec::new();
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        let mut searched = request.len().saturating_sub(3);
        request.extend_from_slice(&buffer[..length]);
        while let Some(end) = request[searched..].windows(4).position(|window| window == b"\r\n\r\n") {
            let end = searched + end;
            searched = 0;
            let head: Vec<u8> = request.drain(..end + 4).collect();
            let head = String::from_utf8_lossy(&head);
            let path = head.split(' ').nth(1).unwrap_or_default();
            let (status, body) = handler(path, count.fetch_add(1, Ordering::SeqCst));
            let length = body.len();
            let answer = format!("HTTP/1.1 {status} X\r\n{header}content-length: {length}\r\n\r\n{body}");
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}
