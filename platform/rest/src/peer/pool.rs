//! The connections of one thread to one peer.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cleave_core::Clock;

use super::address::PeerAddress;
use super::body::Answer;
use super::choice;
use super::connection::{ConnectError, Connection, Unanswered};
use super::endpoint::{AddressBook, Endpoint, Failure, Standing};
use super::request::Request;
use super::round_trip::RoundTrip;
use crate::{MemoryServer, PipeAddress};

/// A connection that was idle for longer is not used again. The server keeps one for longer than this (see
/// [`crate::server::KEEP_ALIVE`]), so that it never closes one that is just being taken.
pub(crate) const MAX_IDLE: Duration = Duration::from_secs(30);

/// How many calls one thread has under way to one replica; more are refused at once.
const MAX_IN_FLIGHT: usize = 512;

/// Why an attempt brought no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Attempt {
    /// Nobody takes connections: nothing of the request has left, and to try again is always safe.
    #[error("{0}")]
    NoConnection(ConnectError),
    /// Nothing of the request has left either, because of this.
    #[error("{0}")]
    NotSent(String),
    /// The connection broke after the request, or a part of it, had left.
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    /// What the request was made of broke off.
    #[error("the request broke off: {0}")]
    Withdrawn(io::Error),
    /// Too much is under way already.
    #[error("{MAX_IN_FLIGHT} calls are under way already")]
    Full,
}

pub(super) struct Pool {
    peer: String,
    clock: Arc<dyn Clock>,
    addresses: Option<RefCell<AddressBook>>,
    replicas: RefCell<Vec<Rc<Replica>>>,
    /// How far away they seem to be; none where they are as near as they are.
    pub(super) round_trip: Option<RoundTrip>,
}

/// One replica as this thread reaches it.
pub(super) struct Replica {
    place: Place,
    idle: RefCell<Vec<Idle>>,
    in_flight: Cell<usize>,
}

enum Place {
    Network(Arc<Endpoint>),
    Memory(Rc<MemoryServer>),
    Thread(PipeAddress),
}

struct Idle {
    connection: Connection,
    since: Instant,
}

impl Pool {
    pub(super) fn network(peer: &str, mut addresses: AddressBook, clock: Arc<dyn Clock>) -> Self {
        let known = addresses.borrow_and_update().iter().map(Replica::at).collect();
        let (peer, addresses) = (peer.to_owned(), Some(RefCell::new(addresses)));
        Self { peer, clock, addresses, replicas: RefCell::new(known), round_trip: None }
    }

    pub(super) fn memory(server: Rc<MemoryServer>, clock: Arc<dyn Clock>) -> Self {
        Self::within(Place::Memory(server), clock)
    }

    pub(super) fn thread(address: PipeAddress, clock: Arc<dyn Clock>) -> Self {
        Self::within(Place::Thread(address), clock)
    }

    /// The only replica there is, in this process.
    fn within(place: Place, clock: Arc<dyn Clock>) -> Self {
        let replica = Rc::new(Replica::new(place));
        let replicas = RefCell::new(vec![replica]);
        Self { peer: String::new(), clock, addresses: None, replicas, round_trip: None }
    }

    /// Sends a sealed request to one of the replicas, to another one than that which has `failed` if there is any. Leaves the one
    /// that fails now there.
    pub(super) async fn send(
        &self,
        request: &mut Request,
        is_repeatable: bool,
        failed: &mut Option<Rc<Replica>>,
    ) -> Result<Answer, Attempt> {
        self.follow_addresses();
        let chosen =
            choice::choose(&self.replicas.borrow(), failed.as_ref(), is_repeatable, || self.clock.instant());
        let replica = chosen.ok_or(Attempt::NotSent("no address is known".to_owned()))?;
        let trying = Trying { pool: self, replica: &replica, is_decided: Cell::new(false) };
        let sent = self.send_to(&replica, request).await;
        trying.decide(&sent);
        if sent.is_err() {
            *failed = Some(replica.clone());
        }
        sent
    }

    async fn send_to(&self, replica: &Rc<Replica>, request: &mut Request) -> Result<Answer, Attempt> {
        let mut lease = replica.lease(&self.clock).await?;
        if let Some(round_trip) = &self.round_trip {
            let passed = round_trip.pass(self.clock.as_ref()).await;
            passed.map_err(|error| Attempt::NotSent(format!("no timer for its round trip: {error}")))?;
        }
        match lease.connection.exchange(request).await {
            Ok(head) => Ok(Answer::new(head, lease)),
            Err(Unanswered::NotSent(error)) => Err(Attempt::NotSent(error.to_string())),
            Err(Unanswered::Broken(error)) => Err(Attempt::Broken(error)),
            Err(Unanswered::Withdrawn(error)) => Err(Attempt::Withdrawn(error)),
        }
    }

    /// Where the next request would go.
    pub(super) fn next_address(&self) -> Option<PeerAddress> {
        self.follow_addresses();
        let chosen = choice::choose(&self.replicas.borrow(), None, false, || self.clock.instant())?;
        chosen.endpoint().map(|endpoint| endpoint.address().clone())
    }

    /// Whether a request that failed can go somewhere else.
    pub(super) fn has_others(&self) -> bool {
        self.replicas.borrow().len() > 1
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
            .map(|endpoint| {
                let known = replicas.iter().find(|replica| replica.is(endpoint));
                known.map_or_else(|| Replica::at(endpoint), Rc::clone)
            })
            .collect();
    }
}

/// One attempt at a replica. Dropped before it is decided, it is one to which no answer came in time.
struct Trying<'pool> {
    pool: &'pool Pool,
    replica: &'pool Rc<Replica>,
    is_decided: Cell<bool>,
}

impl Trying<'_> {
    fn decide<T>(&self, sent: &Result<T, Attempt>) {
        self.is_decided.set(true);
        match sent {
            Ok(_) => self.replica.succeeded(&self.pool.peer),
            Err(Attempt::NoConnection(_)) => self.failed(Failure::NoConnection),
            Err(Attempt::Broken(_)) => self.failed(Failure::NoAnswer),
            // A connection that its server had closed meanwhile, a request that broke off or too much work of our own is no fault of
            // the replica.
            Err(Attempt::NotSent(_) | Attempt::Withdrawn(_) | Attempt::Full) => self.replica.undecided(),
        }
    }

    fn failed(&self, failure: Failure) {
        let Place::Network(endpoint) = &self.replica.place else { return };
        let may_eject = || choice::may_eject(&self.pool.replicas.borrow());
        endpoint.failed(&self.pool.peer, failure, self.pool.clock.instant(), may_eject);
    }
}

impl Drop for Trying<'_> {
    fn drop(&mut self) {
        if !self.is_decided.get() {
            self.failed(Failure::NoAnswer);
        }
    }
}

impl Replica {
    fn new(place: Place) -> Self {
        Self { place, idle: RefCell::default(), in_flight: Cell::new(0) }
    }

    fn at(endpoint: &Arc<Endpoint>) -> Rc<Self> {
        Rc::new(Self::new(Place::Network(endpoint.clone())))
    }

    fn is(&self, endpoint: &Arc<Endpoint>) -> bool {
        matches!(&self.place, Place::Network(own) if Arc::ptr_eq(own, endpoint))
    }

    fn endpoint(&self) -> Option<&Endpoint> {
        match &self.place {
            Place::Network(endpoint) => Some(endpoint),
            Place::Memory(_) | Place::Thread(_) => None,
        }
    }

    /// How many calls of this process are under way there.
    pub(super) fn load(&self) -> usize {
        self.endpoint().map_or_else(|| self.in_flight.get(), Endpoint::in_flight)
    }

    pub(super) fn standing(&self, now: Instant) -> Standing {
        self.endpoint().map_or(Standing::Sound, |endpoint| endpoint.standing(now))
    }

    pub(super) fn begin_trial(&self) -> bool {
        self.endpoint().is_some_and(Endpoint::begin_trial)
    }

    pub(super) fn is_ejected(&self) -> bool {
        self.endpoint().is_some_and(Endpoint::is_ejected)
    }

    fn succeeded(&self, peer: &str) {
        if let Some(endpoint) = self.endpoint() {
            endpoint.succeeded(peer);
        }
    }

    /// An attempt has shown nothing about the replica; if it was its trial, somebody else has to try it.
    fn undecided(&self) {
        if let Some(endpoint) = self.endpoint() {
            endpoint.give_up_trial();
        }
    }

    async fn lease(self: &Rc<Self>, clock: &Arc<dyn Clock>) -> Result<Lease, Attempt> {
        if self.in_flight.get() >= MAX_IN_FLIGHT {
            return Err(Attempt::Full);
        }
        let place = Counted::new(self.clone());
        if let Some(connection) = self.take_idle(clock.instant()) {
            return Ok(Lease { connection, clock: clock.clone(), counted: place });
        }
        let connection = match &self.place {
            Place::Network(endpoint) => {
                Connection::open(endpoint.address()).await.map_err(Attempt::NoConnection)?
            }
            Place::Memory(server) => Connection::open_in_memory(server),
            Place::Thread(address) => Connection::open_to_thread(address).map_err(Attempt::NoConnection)?,
        };
        Ok(Lease { connection, clock: clock.clone(), counted: place })
    }

    /// The connection that was used last, so that those of a busy time grow old and go.
    fn take_idle(&self, now: Instant) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        while let Some(Idle { mut connection, since }) = idle.pop() {
            if now.duration_since(since) > MAX_IDLE {
                idle.clear();
            } else if connection.is_quiet() {
                return Some(connection);
            }
        }
        None
    }
}

/// A connection in use for one request.
pub(super) struct Lease {
    pub(super) connection: Connection,
    clock: Arc<dyn Clock>,
    counted: Counted,
}

impl Lease {
    pub(super) fn give_back(self) {
        let since = self.clock.instant();
        self.counted.0.idle.borrow_mut().push(Idle { connection: self.connection, since });
    }
}

/// One call under way, for as long as it lives.
struct Counted(Rc<Replica>);

impl Counted {
    fn new(replica: Rc<Replica>) -> Self {
        replica.in_flight.set(replica.in_flight.get() + 1);
        if let Some(endpoint) = replica.endpoint() {
            endpoint.begin();
        }
        Self(replica)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get() - 1);
        if let Some(endpoint) = self.0.endpoint() {
            endpoint.end();
        }
    }
}
