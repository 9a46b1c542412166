//! A place between two services at which answers get lost, or become others.
//!
//! It carries whole requests to the real peer and whole answers back, one connection after the other to the peer, and asks
//! a judge about each exchange when the peer has answered, so when it has committed.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// A request and what it was answered.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

/// What becomes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives.
    Arrives,
    /// The connection is closed instead.
    IsLost,
    /// It comes when the caller has given up.
    IsLate,
    /// The request arrives a second time, and the second answer is the one that arrives.
    IsTheSecond,
    /// These bytes arrive instead, and the connection is closed.
    Becomes(&'static [u8]),
}

type Judge = dyn Fn(&Exchange) -> Fate + Send + Sync;

/// A proxy with an address of its own.
pub(crate) struct Proxy {
    address: SocketAddr,
    line: Arc<Line>,
    thread: Option<JoinHandle<()>>,
}

struct Line {
    target: Mutex<Option<SocketAddr>>,
    judge: Box<Judge>,
    closed: AtomicBool,
}

impl Proxy {
    /// A proxy that leads nowhere yet: who comes early is turned away.
    pub(crate) fn new(judge: impl Fn(&Exchange) -> Fate + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let line = Line { target: Mutex::default(), judge: Box::new(judge), closed: AtomicBool::new(false) };
        let line = Arc::new(line);
        let serves = line.clone();
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming() {
                if serves.closed.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(connection), line) = (connection, serves.clone()) else { continue };
                // It ends with the connection. What went wrong is what the caller sees: no answer.
                std::thread::spawn(move || drop(line.carry(connection)));
            }
        });
        Self { address, line, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says where the real peer is.
    pub(crate) fn lead_to(&self, target: SocketAddr) {
        *self.line.target.lock().expect("nobody panics with this lock") = Some(target);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.line.closed.store(true, Ordering::Relaxed);
        // It wakes the thread, which must not wait for more than the connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the proxy's thread ends in peace");
        }
    }
}

impl Line {
    /// Carries the requests of one connection until it is closed.
    fn carry(&self, connection: TcpStream) -> io::Result<()> {
        connection.set_nodelay(true)?;
        let mut caller = BufReader::new(connection);
        while let Some(request) = Message::read(&mut caller)? {
            let answer = self.ask(&request)?;
            let mut words = request.first_line().split(' ').map(str::to_owned);
            let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let answer = match (self.judge)(&Exchange { method, path, body: answer.body().to_vec() }) {
                Fate::Arrives => answer,
                Fate::IsTheSecond => self.ask(&request)?,
                Fate::IsLost => return Ok(()),
                Fate::Becomes(bytes) => return caller.get_mut().write_all(bytes),
                Fate::IsLate => {
                    // A caller who waits says nothing more; one who has given up closes the connection.
                    let _nothing = caller.fill_buf()?;
                    return Ok(());
                }
            };
            caller.get_mut().write_all(&answer.bytes)?;
        }
        Ok(())
    }

    fn ask(&self, request: &Message) -> io::Result<Message> {
        let target = *self.target.lock().expect("nobody panics with this lock");
        let mut peer = TcpStream::connect(target.ok_or(io::ErrorKind::ConnectionRefused)?)?;
        peer.set_nodelay(true)?;
        peer.write_all(&request.bytes)?;
        Message::read(&mut BufReader::new(peer))?.ok_or(io::ErrorKind::UnexpectedEof.into())
    }
}

/// A request or an answer as it stands on the wire.
struct Message {
    bytes: Vec<u8>,
    head_length: usize,
}

impl Message {
    /// The next one; none where the connection has ended before it.
    fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            if stream.read_until(b'\n', &mut bytes)? == 0 {
                return if bytes.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
        let mut message = Self { head_length: bytes.len(), bytes };
        if message.header("transfer-encoding").is_some_and(|coding| coding == "chunked") {
            message.read_chunks(stream)?;
        } else {
            let length = message.header("content-length").and_then(|text| text.parse().ok());
            message.read_exactly(stream, length.unwrap_or(0))?;
        }
        Ok(Some(message))
    }

    fn read_chunks(&mut self, stream: &mut BufReader<TcpStream>) -> io::Result<()> {
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            self.bytes.extend_from_slice(line.as_bytes());
            let size = usize::from_str_radix(line.trim_end(), 16).map_err(io::Error::other)?;
            self.read_exactly(stream, size + 2)?;
            if size == 0 {
                return Ok(());
            }
        }
    }

    fn read_exactly(&mut self, stream: &mut BufReader<TcpStream>, count: usize) -> io::Result<()> {
        let start = self.bytes.len();
        self.bytes.resize(start + count, 0);
        stream.read_exact(&mut self.bytes[start..])
    }

    fn head(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.head_length]).unwrap_or_default()
    }

    fn first_line(&self) -> &str {
        self.head().lines().next().unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head().lines().filter_map(|line| line.split_once(':'));
        let mut found = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim())
    }

    fn body(&self) -> &[u8] {
        &self.bytes[self.head_length..]
    }
}
