//! The connections of one thread to one peer.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cleave_core::Clock;
use http::{Request, Response};
use hyper::client::conn::http1::SendRequest;

use super::address::{AddressBook, PeerAddress};
use super::body::{Outgoing, PooledBody};
use super::connection::{connect, connect_in_memory};
use crate::MemoryServer;

/// A connection that was idle for longer is not used again. The server keeps one for longer than this (see
/// [`crate::server::KEEP_ALIVE`]), so that it never closes one that is just being taken.
pub(crate) const MAX_IDLE: Duration = Duration::from_secs(30);

/// How many calls one thread has under way to one replica; more are refused at once.
const MAX_IN_FLIGHT: usize = 512;

/// Why an attempt brought no answer.
#[derive(Debug)]
pub(super) enum Attempt {
    /// Nothing of the request has left: to try again is always safe.
    NotSent(String),
    /// The connection broke after the request, or a part of it, had left.
    Broken(hyper::Error),
    /// Too much is under way already.
    Full,
}

impl fmt::Display for Attempt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(reason) => formatter.write_str(reason),
            Self::Broken(error) => write!(formatter, "the connection broke: {error}"),
            Self::Full => write!(formatter, "{MAX_IN_FLIGHT} calls are under way already"),
        }
    }
}

pub(super) struct Pool {
    clock: Arc<dyn Clock>,
    addresses: Option<RefCell<AddressBook>>,
    replicas: RefCell<Vec<Rc<Replica>>>,
}

struct Replica {
    place: Place,
    idle: RefCell<Vec<Idle>>,
    in_flight: Cell<usize>,
}

enum Place {
    Network(PeerAddress),
    Memory(Rc<MemoryServer>),
}

struct Idle {
    sender: SendRequest<Outgoing>,
    since: Instant,
}

impl Pool {
    pub(super) fn network(mut addresses: AddressBook, clock: Arc<dyn Clock>) -> Self {
        let known = addresses.borrow_and_update().iter().map(Replica::at).collect();
        Self { clock, addresses: Some(RefCell::new(addresses)), replicas: RefCell::new(known) }
    }

    pub(super) fn memory(server: Rc<MemoryServer>, clock: Arc<dyn Clock>) -> Self {
        let replica = Rc::new(Replica::new(Place::Memory(server)));
        Self { clock, addresses: None, replicas: RefCell::new(vec![replica]) }
    }

    pub(super) async fn send(&self, request: Request<Outgoing>) -> Result<Response<PooledBody>, Attempt> {
        self.follow_addresses();
        let replica = self.least_loaded().ok_or(Attempt::NotSent("no address is known".to_owned()))?;
        let mut lease = replica.lease(&self.clock).await?;
        match lease.sender.try_send_request(request).await {
            Ok(response) => Ok(response.map(|incoming| PooledBody::new(incoming, lease))),
            Err(mut error) => Err(match error.take_message() {
                Some(_unsent) => Attempt::NotSent(error.into_error().to_string()),
                None => Attempt::Broken(error.into_error()),
            }),
        }
    }

    /// Takes over new addresses; replicas that stay keep their connections.
    fn follow_addresses(&self) {
        let Some(addresses) = &self.addresses else { return };
        let mut addresses = addresses.borrow_mut();
        // An error means that nobody will change them any more.
        if !addresses.has_changed().unwrap_or(false) {
            return;
        }
        let mut replicas = self.replicas.borrow_mut();
        *replicas = addresses
            .borrow_and_update()
            .iter()
            .map(|address| {
                let known = replicas.iter().find(|replica| replica.is_at(address));
                known.map_or_else(|| Replica::at(address), Rc::clone)
            })
            .collect();
    }

    fn least_loaded(&self) -> Option<Rc<Replica>> {
        let mut replicas = self.replicas.borrow_mut();
        // Turning the list makes equals take turns.
        if replicas.len() > 1 {
            replicas.rotate_left(1);
        }
        replicas.iter().min_by_key(|replica| replica.in_flight.get()).map(Rc::clone)
    }
}

impl Replica {
    fn new(place: Place) -> Self {
        Self { place, idle: RefCell::default(), in_flight: Cell::new(0) }
    }

    fn at(address: &PeerAddress) -> Rc<Self> {
        Rc::new(Self::new(Place::Network(address.clone())))
    }

    fn is_at(&self, address: &PeerAddress) -> bool {
        matches!(&self.place, Place::Network(own) if own == address)
    }

    async fn lease(self: &Rc<Self>, clock: &Arc<dyn Clock>) -> Result<Lease, Attempt> {
        if self.in_flight.get() >= MAX_IN_FLIGHT {
            return Err(Attempt::Full);
        }
        let place = Counted::new(self.clone());
        if let Some(sender) = self.take_idle(clock.instant()) {
            return Ok(Lease { sender, clock: clock.clone(), counted: place });
        }
        let connected = match &self.place {
            Place::Network(address) => connect(address).await,
            Place::Memory(server) => connect_in_memory(server).await,
        };
        let sender = connected.map_err(|error| Attempt::NotSent(error.to_string()))?;
        Ok(Lease { sender, clock: clock.clone(), counted: place })
    }

    /// The connection that was used last, so that those of a busy time grow old and go.
    fn take_idle(&self, now: Instant) -> Option<SendRequest<Outgoing>> {
        let mut idle = self.idle.borrow_mut();
        while let Some(Idle { sender, since }) = idle.pop() {
            if now.duration_since(since) > MAX_IDLE {
                idle.clear();
            } else if sender.is_ready() {
                return Some(sender);
            }
        }
        None
    }
}

/// A connection in use for one request.
pub(super) struct Lease {
    sender: SendRequest<Outgoing>,
    clock: Arc<dyn Clock>,
    counted: Counted,
}

impl Lease {
    pub(super) fn give_back(self) {
        if self.sender.is_closed() {
            return;
        }
        let since = self.clock.instant();
        self.counted.0.idle.borrow_mut().push(Idle { sender: self.sender, since });
    }
}

/// One call under way, for as long as it lives.
struct Counted(Rc<Replica>);

impl Counted {
    fn new(replica: Rc<Replica>) -> Self {
        replica.in_flight.set(replica.in_flight.get() + 1);
        Self(replica)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get() - 1);
    }
}
