//! Client and origin of a proxy in one thread: what they cost is the same for every proxy, and as little as can be.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

const LISTENER: Token = Token(0);
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
const RIGHT: &[u8] = b"HTTP/1.1 200 ";
const LARGEST_MESSAGE: usize = 16 * 1024;

/// A proxy that loses an answer must not hold up the benchmark for ever.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whoever asks a proxy, and whoever answers it.
pub(crate) struct Ends {
    poll: Poll,
    events: Events,
    listener: TcpListener,
    streams: Vec<Stream>,
    answer: Vec<u8>,
    body_length: usize,
}

/// One connection; its token is its place and one more.
struct Stream {
    socket: TcpStream,
    side: Side,
    received: Vec<u8>,
}

enum Side {
    /// From a proxy.
    Origin,
    /// To a proxy, since when a request is under way there.
    Client { asked: Option<Instant> },
}

/// Connections to one proxy.
pub(crate) struct Clients(Vec<Token>);

impl Ends {
    /// An origin that answers everything with this body.
    pub(crate) fn new(body: &[u8]) -> Self {
        let poll = Poll::new().expect("readiness of sockets");
        let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE).expect("it can be watched");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\ncontent-type: application/json\r\n\r\n",
            body.len()
        );
        let answer = [head.as_bytes(), body].concat();
        let events = Events::with_capacity(256);
        Self { poll, events, listener, streams: Vec::new(), answer, body_length: body.len() }
    }

    /// Where the origin listens.
    pub(crate) fn origin(&self) -> SocketAddr {
        self.listener.local_addr().expect("it is bound")
    }

    /// Opens so many connections to a proxy.
    pub(crate) fn connect(&mut self, proxy: SocketAddr, count: usize) -> Clients {
        let mut clients = Vec::new();
        for _ in 0..count {
            let socket = std::net::TcpStream::connect(proxy).expect("the proxy listens");
            socket.set_nonblocking(true).expect("a socket takes the option");
            clients.push(self.add(TcpStream::from_std(socket), Side::Client { asked: None }));
        }
        Clients(clients)
    }

    /// Keeps `clients` busy for so long; the latency of each request.
    #[expect(clippy::disallowed_methods, reason = "measuring is reading the clock")]
    pub(crate) fn load(&mut self, clients: &Clients, request: &[u8], length: Duration) -> Vec<Duration> {
        let start = Instant::now();
        let mut latencies = Vec::new();
        let mut under_way = 0;
        let mut idle = clients.0.iter().copied().collect::<VecDeque<_>>();
        loop {
            while start.elapsed() < length
                && let Some(client) = idle.pop_front()
            {
                self.ask(client, request);
                under_way += 1;
            }
            if under_way == 0 {
                return latencies;
            }
            assert!(start.elapsed() < length + PATIENCE, "{under_way} requests are not answered");
            for token in self.ready() {
                if token == LISTENER {
                    self.accept();
                } else if let Some(latency) = self.read(token) {
                    latencies.push(latency);
                    idle.push_back(token);
                    under_way -= 1;
                }
            }
        }
    }

    fn ready(&mut self) -> Vec<Token> {
        match self.poll.poll(&mut self.events, Some(PATIENCE)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => panic!("readiness of sockets: {error}"),
            _ => self.events.iter().map(mio::event::Event::token).collect(),
        }
    }

    fn accept(&mut self) {
        while let Ok((socket, _)) = self.listener.accept() {
            let token = self.add(socket, Side::Origin);
            // The first request may have come before anybody watched.
            self.read(token);
        }
    }

    fn add(&mut self, mut socket: TcpStream, side: Side) -> Token {
        let token = Token(self.streams.len() + 1);
        socket.set_nodelay(true).expect("a socket takes the option");
        self.poll.registry().register(&mut socket, token, Interest::READABLE).expect("it can be watched");
        self.streams.push(Stream { socket, side, received: Vec::with_capacity(LARGEST_MESSAGE) });
        token
    }

    #[expect(clippy::disallowed_methods, reason = "measuring is reading the clock")]
    fn ask(&mut self, client: Token, request: &[u8]) {
        let stream = &mut self.streams[client.0 - 1];
        stream.side = Side::Client { asked: Some(Instant::now()) };
        stream.socket.write_all(request).expect("a small request has room in the socket");
    }

    /// Takes what has come. Answers it on the origin's side; on the client's, tells the latency of a whole answer.
    #[expect(clippy::disallowed_methods, reason = "measuring is reading the clock")]
    fn read(&mut self, token: Token) -> Option<Duration> {
        let Stream { socket, side, received } = &mut self.streams[token.0 - 1];
        let mut buffer = [0; LARGEST_MESSAGE];
        loop {
            match socket.read(&mut buffer) {
                Ok(0) if matches!(side, Side::Origin) => {
                    // A proxy may close what it keeps open; a second reading of the end would spin.
                    let _already_gone = self.poll.registry().deregister(socket);
                    return None;
                }
                Ok(0) => panic!("a proxy has closed a client's connection"),
                Ok(count) => received.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("a connection broke: {error}"),
            }
            // Less than there was room for: nothing is left, and the next bytes are told.
            if received.len() < LARGEST_MESSAGE {
                break;
            }
        }
        match side {
            Side::Origin => {
                if received.ends_with(END_OF_HEAD) {
                    received.clear();
                    socket.write_all(&self.answer).expect("a small answer has room in the socket");
                }
                None
            }
            Side::Client { asked } => {
                let head = received.windows(END_OF_HEAD.len()).position(|bytes| bytes == END_OF_HEAD)?;
                if received.len() < head + END_OF_HEAD.len() + self.body_length {
                    return None;
                }
                assert!(
                    received.starts_with(RIGHT)
                        && received.len() == head + END_OF_HEAD.len() + self.body_length,
                    "a wrong answer: {}",
                    String::from_utf8_lossy(received)
                );
                received.clear();
                asked.take().map(|asked| asked.elapsed())
            }
        }
    }
}
