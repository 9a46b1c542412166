//! A bare echo: what the kernel takes to carry so many bytes there and so many back, with nothing at the other end.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::affinity::CpuSets;

/// Both sizes stand in front of what is sent.
const HEAD_BYTES: usize = 8;

/// What is read at once, as a server would.
const ROOM_BYTES: usize = 64 * 1024;

/// An echo in a thread of its own on the servers' processors, with one connection to it.
pub(super) struct Echo {
    /// None only while it is dropped.
    stream: Option<TcpStream>,
    server: Option<JoinHandle<()>>,
    sent: Vec<u8>,
    received: Vec<u8>,
}

impl Echo {
    pub(super) fn start(cpu_sets: &CpuSets, patience: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let stream = TcpStream::connect(listener.local_addr()?)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        let (mut served, _) = listener.accept()?;
        served.set_nodelay(true)?;
        // The thread inherits the processors of who starts it. It ends with the connection.
        let (mut room, mut ready) = (vec![0; ROOM_BYTES], Vec::new());
        let serve = move || while answer(&mut served, &mut room, &mut ready).is_ok() {};
        let server = cpu_sets.on_servers(|| thread::Builder::new().name("echo".to_owned()).spawn(serve))?;
        Ok(Self { stream: Some(stream), server: Some(server), sent: Vec::new(), received: Vec::new() })
    }

    /// How long it takes to send `request_bytes` and to have received `answer_bytes`.
    pub(super) fn exchange(&mut self, request_bytes: usize, answer_bytes: usize) -> io::Result<Duration> {
        let (request_bytes, answer_bytes) = (request_bytes.max(HEAD_BYTES), answer_bytes.max(1));
        let size = |bytes: usize| u32::try_from(bytes).map(u32::to_be_bytes).map_err(io::Error::other);
        self.sent.resize(request_bytes, b'.');
        self.sent[..4].copy_from_slice(&size(request_bytes)?);
        self.sent[4..HEAD_BYTES].copy_from_slice(&size(answer_bytes)?);
        self.received.resize(answer_bytes, 0);
        let stream = self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let began = Instant::now();
        stream.write_all(&self.sent)?;
        stream.read_exact(&mut self.received)?;
        Ok(began.elapsed())
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        drop(self.stream.take());
        if let Some(server) = self.server.take() {
            // It has nothing to say about its end.
            let _ended = server.join();
        }
    }
}

/// Reads one request, in one piece where it comes in one, and answers it with so much of what is ready.
fn answer(stream: &mut TcpStream, room: &mut [u8], ready: &mut Vec<u8>) -> io::Result<()> {
    let mut read = 0;
    while read < HEAD_BYTES {
        match stream.read(&mut room[read..])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => read += more,
        }
    }
    let size = |from: usize| {
        let bytes = [room[from], room[from + 1], room[from + 2], room[from + 3]];
        u32::from_be_bytes(bytes) as usize
    };
    let (request_bytes, answer_bytes) = (size(0), size(4));
    while read < request_bytes {
        match stream.read(room)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => read += more,
        }
    }
    ready.resize(answer_bytes.max(ready.len()), b'.');
    stream.write_all(&ready[..answer_bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_with_as_many_bytes_as_are_asked_for() {
        let cpu_sets = CpuSets { servers: Vec::new(), generator: None, shared: true };
        let mut echo = Echo::start(&cpu_sets, Duration::from_secs(10)).expect("it starts");
        for (request_bytes, answer_bytes) in [(0, 0), (200, 5_000), (100_000, 1), (300, 300_000)] {
            echo.exchange(request_bytes, answer_bytes).expect("an answer");
            assert_eq!(echo.received.len(), answer_bytes.max(1));
        }
    }
}
