//! The least that a request over HTTP can be: bytes that are ready, blocking sockets, a thread on either side.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

const END_OF_HEAD: &[u8] = b"\r\n\r\n";
const LARGEST_MESSAGE: usize = 16 * 1024;

/// A connection whose other end answers every request with the same bytes.
pub(crate) struct BarePair<Stream> {
    stream: Stream,
    request: Vec<u8>,
    answer_length: usize,
    buffer: Vec<u8>,
}

impl BarePair<TcpStream> {
    /// Over loopback.
    pub(crate) fn over_tcp(request: &[u8], answer: &[u8]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let stream = TcpStream::connect(listener.local_addr().expect("its port")).expect("it listens");
        let (served, _) = listener.accept().expect("somebody has connected");
        stream.set_nodelay(true).expect("a stream takes the option");
        served.set_nodelay(true).expect("a stream takes the option");
        Self::between(stream, served, request, answer)
    }
}

impl BarePair<UnixStream> {
    /// Over a socket file.
    pub(crate) fn over_unix(path: &Path, request: &[u8], answer: &[u8]) -> Self {
        let listener = UnixListener::bind(path).expect("a socket file");
        let stream = UnixStream::connect(path).expect("it listens");
        let (served, _) = listener.accept().expect("somebody has connected");
        Self::between(stream, served, request, answer)
    }
}

impl<Stream: Read + Write + Send + 'static> BarePair<Stream> {
    fn between(stream: Stream, served: Stream, request: &[u8], answer: &[u8]) -> Self {
        let answer_length = answer.len();
        let answer = answer.to_vec();
        thread::spawn(move || answer_all(served, &answer));
        Self { stream, request: request.to_vec(), answer_length, buffer: vec![0; LARGEST_MESSAGE] }
    }

    /// There and back.
    pub(crate) fn exchange(&mut self) {
        self.stream.write_all(&self.request).expect("the other end is there");
        let mut length = 0;
        while length < self.answer_length {
            length += self.stream.read(&mut self.buffer[length..]).expect("an answer");
        }
        assert_eq!(length, self.answer_length, "more came than was expected");
    }
}

/// Ends when the other end has gone.
fn answer_all(mut stream: impl Read + Write, answer: &[u8]) {
    let (mut buffer, mut length) = (vec![0; LARGEST_MESSAGE], 0);
    while let Ok(read @ 1..) = stream.read(&mut buffer[length..]) {
        length += read;
        if buffer[..length].ends_with(END_OF_HEAD) {
            if stream.write_all(answer).is_err() {
                return;
            }
            length = 0;
        }
    }
}
