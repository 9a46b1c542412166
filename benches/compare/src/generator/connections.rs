//! The generator's connections and the loop that moves their bytes.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use super::{Load, Prepared};
use crate::http::ResponseReader;
use crate::interruption::{HEARD_WITHIN, Interruption};
use crate::tls::{Tls, Wire};

/// Bounds of the generator, equal for all subjects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections that are opened at once, and kept busy by the closed loop.
    pub(crate) connections: usize,
    /// More are opened up to this number where the open loop finds none free.
    pub(crate) connections_most: usize,
    /// A request without an answer for so long is given up.
    pub(crate) request_timeout: Duration,
    /// A send later than this after its intended start is late.
    pub(crate) late: Duration,
    /// Whether the generator may keep its processor busy while it waits.
    pub(crate) spin: bool,
}

/// Sends requests to one deployment over connections that it keeps from phase to phase.
pub(crate) struct Generator {
    /// Not empty. Connections are opened to each in turn.
    addresses: Vec<SocketAddr>,
    tls: Option<Tls>,
    opened: usize,
    limits: Limits,
    interruption: Interruption,
    poll: Poll,
    events: Events,
    /// The index is the token; a place is empty after its connection broke.
    connections: Vec<Option<Connection>>,
    free: VecDeque<usize>,
    busy: usize,
    timeouts_checked: Instant,
    buffer: Vec<u8>,
}

struct Connection {
    stream: Wire<TcpStream>,
    reader: ResponseReader,
    exchange: Option<Exchange>,
}

struct Exchange {
    request: usize,
    written: usize,
    intended: Instant,
    sent: Instant,
}

/// A request that came to its end.
pub(super) struct Done {
    pub(super) intended: Instant,
    pub(super) finished: Instant,
    pub(super) outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered { accepted: bool },
    Broken,
    GivenUp,
}

/// How long before a send a resting generator wakes: timers and wake-ups of the kernel may take as long.
const WAKE_EARLY: Duration = Duration::from_micros(100);

/// How often connections are searched for requests to give up.
const TIMEOUT_CHECK: Duration = Duration::from_millis(20);

impl Generator {
    /// A generator with its connections open, and the handshakes of TLS made on them.
    pub(crate) fn new(
        addresses: Vec<SocketAddr>,
        tls: Option<Tls>,
        limits: Limits,
        interruption: &Interruption,
    ) -> io::Result<Self> {
        if addresses.is_empty() {
            return Err(ErrorKind::AddrNotAvailable.into());
        }
        let mut generator = Self {
            addresses,
            tls,
            opened: 0,
            limits,
            interruption: interruption.clone(),
            poll: Poll::new()?,
            events: Events::with_capacity(256),
            connections: Vec::new(),
            free: VecDeque::new(),
            busy: 0,
            timeouts_checked: Instant::now(),
            buffer: vec![0; 64 * 1024],
        };
        for _ in 0..limits.connections {
            let place = generator.open()?;
            generator.free.push_back(place);
        }
        generator.shake_hands()?;
        Ok(generator)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Connections that are open, but say nothing yet.
    #[cfg(test)]
    pub(crate) fn shaking_hands(&self) -> usize {
        self.connections.iter().flatten().filter(|connection| connection.stream.is_shaking_hands()).count()
    }

    pub(super) fn interruption(&self) -> &Interruption {
        &self.interruption
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Connections with a request under way.
    pub(super) fn busy(&self) -> usize {
        self.busy
    }

    pub(super) fn idle(&self) -> bool {
        self.busy == 0
    }

    /// Sends on the connection that has rested longest, or on a new one; false where all are taken.
    pub(super) fn send_on_any(
        &mut self,
        load: Load<'_>,
        request: usize,
        intended: Instant,
        done: &mut Vec<Done>,
    ) -> bool {
        let open = self.free.len() + self.busy;
        let place = match self.free.pop_front() {
            Some(place) => place,
            None if open >= self.limits.connections_most => return false,
            None => {
                let Ok(place) = self.open() else {
                    done.push(Done { intended, finished: Instant::now(), outcome: Outcome::Broken });
                    return true;
                };
                place
            }
        };
        let Some(connection) = &mut self.connections[place] else { return false };
        self.busy += 1;
        connection.exchange = Some(Exchange { request, written: 0, intended, sent: Instant::now() });
        if connection.write(load.requests).is_err() {
            self.close(place, Outcome::Broken, Instant::now(), done);
        }
        true
    }

    /// Moves what can be moved until about `next`, or once where the generator spins, and reports what ended.
    pub(super) fn pump(&mut self, load: Load<'_>, next: Instant, done: &mut Vec<Done>) -> io::Result<()> {
        self.rest(next)?;
        match self.poll.poll(&mut self.events, Some(Duration::ZERO)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        let ready: Vec<(usize, bool, bool)> = self
            .events
            .iter()
            .map(|event| (event.token().0, event.is_writable(), event.is_read_closed() || event.is_error()))
            .collect();
        for (place, writable, ended) in ready {
            self.serve(place, load, writable, ended, done);
        }
        let now = Instant::now();
        if now - self.timeouts_checked >= TIMEOUT_CHECK {
            self.timeouts_checked = now;
            let timeout = self.limits.request_timeout;
            for place in 0..self.connections.len() {
                let overdue = self.connections[place]
                    .as_ref()
                    .and_then(|connection| connection.exchange.as_ref())
                    .is_some_and(|exchange| now - exchange.sent >= timeout);
                if overdue {
                    self.close(place, Outcome::GivenUp, now, done);
                }
            }
        }
        Ok(())
    }

    /// Closes every connection with a request under way and tells of each.
    pub(super) fn abandon(&mut self, now: Instant) -> Vec<Done> {
        let mut done = Vec::new();
        for place in 0..self.connections.len() {
            if self.connections[place].as_ref().is_some_and(|connection| connection.exchange.is_some()) {
                self.close(place, Outcome::GivenUp, now, &mut done);
            }
        }
        done
    }

    /// Where the servers share this processor, leaves it to them until an answer arrives or the next send is near.
    fn rest(&self, next: Instant) -> io::Result<()> {
        if self.limits.spin {
            return Ok(());
        }
        let gap =
            next.saturating_duration_since(Instant::now()).saturating_sub(WAKE_EARLY).min(TIMEOUT_CHECK);
        if gap.is_zero() {
            std::thread::yield_now();
            return Ok(());
        }
        // The poll itself counts in milliseconds; asking whether it has something counts in nanoseconds.
        let timeout = Timespec::try_from(gap).map_err(io::Error::other)?;
        let answers = self.poll.registry().as_fd();
        match rustix::event::poll(&mut [PollFd::new(&answers, PollFlags::IN)], Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn open(&mut self) -> io::Result<usize> {
        let empty = self.connections.iter().position(Option::is_none);
        let place = empty.unwrap_or(self.connections.len());
        if empty.is_none() {
            self.connections.push(None);
        }
        let address = self.addresses[self.opened % self.addresses.len()];
        self.opened += 1;
        let mut socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        self.poll.registry().register(&mut socket, Token(place), Interest::READABLE | Interest::WRITABLE)?;
        let stream = Wire::new(socket, self.tls.as_ref())?;
        self.connections[place] =
            Some(Connection { stream, reader: ResponseReader::default(), exchange: None });
        Ok(place)
    }

    /// All at the same time. No request waits for a handshake but one for which a connection more has to be opened.
    fn shake_hands(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + self.limits.request_timeout;
        loop {
            let mut unfinished = None;
            for Connection { stream, .. } in self.connections.iter_mut().flatten() {
                if !stream.shake_hands()? {
                    unfinished = Some(stream);
                }
            }
            let Some(stream) = unfinished else { return Ok(()) };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(stream.out_of_time());
            }
            self.interruption.check()?;
            match self.poll.poll(&mut self.events, Some(left.min(HEARD_WITHIN))) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
        }
    }

    fn serve(&mut self, place: usize, load: Load<'_>, writable: bool, ended: bool, done: &mut Vec<Done>) {
        let Some(connection) = self.connections.get_mut(place).and_then(Option::as_mut) else { return };
        if (writable || connection.stream.is_shaking_hands()) && connection.write(load.requests).is_err() {
            return self.close(place, Outcome::Broken, Instant::now(), done);
        }
        loop {
            let Some(connection) = &mut self.connections[place] else { return };
            let read = connection.stream.read(&mut self.buffer);
            let finished = Instant::now();
            let length = match read {
                Ok(0) => {
                    let last = connection.exchange.as_ref().and_then(|_| connection.reader.finish().ok());
                    let outcome = last.map_or(Outcome::Broken, |response| Outcome::Answered {
                        accepted: load.journey.accepts(&response),
                    });
                    return self.close(place, outcome, finished, done);
                }
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                    return;
                }
                Err(_) => return self.close(place, Outcome::Broken, finished, done),
            };
            let drained = length < self.buffer.len() && connection.stream.short_read_is_last();
            connection.reader.push(&self.buffer[..length]);
            let Some(exchange) = &connection.exchange else {
                // Bytes that nobody asked for.
                return self.close(place, Outcome::Broken, finished, done);
            };
            match connection.reader.take(&load.requests[exchange.request].method) {
                Err(_) => return self.close(place, Outcome::Broken, finished, done),
                Ok(None) => {}
                Ok(Some(response)) => {
                    let outcome = Outcome::Answered { accepted: load.journey.accepts(&response) };
                    if response.closes_connection() || !connection.reader.is_empty() {
                        return self.close(place, outcome, finished, done);
                    }
                    self.finish(place, outcome, finished, done);
                    self.free.push_back(place);
                }
            }
            // A short read has emptied the socket; more bytes, or its end, make another event.
            if drained && !ended {
                return;
            }
        }
    }

    /// Ends the exchange of a connection, if it has one.
    fn finish(&mut self, place: usize, outcome: Outcome, finished: Instant, done: &mut Vec<Done>) {
        let exchange = self.connections[place].as_mut().and_then(|connection| connection.exchange.take());
        if let Some(Exchange { intended, .. }) = exchange {
            self.busy -= 1;
            done.push(Done { intended, finished, outcome });
        }
    }

    fn close(&mut self, place: usize, outcome: Outcome, finished: Instant, done: &mut Vec<Done>) {
        self.finish(place, outcome, finished, done);
        self.free.retain(|free| *free != place);
        // Dropping the stream closes it, which takes it out of the poll as well.
        self.connections[place] = None;
    }
}

impl Connection {
    /// Writes what is left of the request, as far as the socket takes it.
    fn write(&mut self, requests: &[Prepared]) -> io::Result<()> {
        let Some(exchange) = &mut self.exchange else { return Ok(()) };
        let bytes = &requests[exchange.request].bytes;
        while exchange.written < bytes.len() {
            match self.stream.write(&bytes[exchange.written..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => exchange.written += written,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        match self.stream.flush() {
            Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                Err(error)
            }
            _ => Ok(()),
        }
    }
}
